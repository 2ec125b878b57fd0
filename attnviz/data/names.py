"""What columns are called: the words by which texts, labels and ratings are known, and others."""

import re

TEXT_NAMES = (
    *("text", "texts", "sentence", "review", "content", "comment", "document", "body", "message"),
    *("tweet", "post", "utterance", "full_text", "review_text", "review_body", "文本", "正文"),
    *("内容", "评论", "句子", "评论内容", "评价", "留言", "內容", "評論", "評價", "初评"),
    *("feedback", "verbatim", "kommentar", "bewertungstext", "rezension", "commentaire", "avis"),
    *("opinión", "reseña", "comentario", "recensione", "opinião", "отзыв", "комментарий"),
)
TEXT_WORDS = {*TEXT_NAMES, "reviews", "comments", "phrase", "query", "question"}
NO_TEXT_WORDS = {
    *("id", "ids", "uid", "date", "time", "count", "length", "len", "score", "rating", "stars"),
    *("url", "lang", "language", "user", "author", "type", "label", "labels", "sentiment"),
    *("title", "headline", "summary", "name", "number", "num", "votes", "class", "category"),
    *("target", "index", "source", "reply"),
}
NO_TEXT_SIGNS = ("时间", "日期", "编号", "数", "人", "标签", "类别", "情感", "星级", "评分")
LABEL_NAMES = (
    *("label", "labels", "class", "sentiment", "category", "target", "polarity", "gold", "tag"),
    *("标签", "类别", "情感", "分类", "情感倾向", "標籤", "類別", "分類"),
)
SURE_WORDS = {
    *("label", "labels", "sentiment", "sentiments", "intent", "intents", "emotion", "emotions"),
    *("polarity", "gold", "target", "targets", "y", "mood", "stance", "feeling"),
}
LABEL_WORDS = {
    *("class", "classes", "category", "categories", "topic", "topics", "tag", "tags", "genre"),
    *("coarse", "fine", "annotation", "verdict", "cls", "domain", "section", "subject"),
}
SURE_SIGNS = ("标签", "情感", "情绪", "意图", "倾向", "极性", "標籤", "意圖", "極性")
LABEL_SIGNS = ("类别", "分类", "類別", "分類", "类型")
NO_LABEL_WORDS = {
    *("confidence", "prob", "probability", "proba", "weight", "count", "time", "date", "url"),
    *("source", "annotator", "by", "at", "length", "reason", "votes"),
}
PREDICTED_WORDS = {
    *("pred", "preds", "predicted", "prediction", "predictions", "guess", "guessed"),
    *("suggestion", "suggestions", "suggested"),
}
PREDICTED_SIGNS = ("预测", "預測")
MACHINE_WORDS = {"model", "llm", "auto", "automatic", "machine", "score", "output"}
ANSWER_WORDS = {"answer", "answers", "reply", "replies", "response", "responses"} | {
    *("agent", "bot", "assistant", "operator", "replied", "responded", "answered", "internal"),
    *("antwort", "réponse", "respuesta", "risposta", "resposta", "ответ"),
}
ANSWER_SIGNS = ("回复", "回覆", "答复", "卖家", "商家", "客服")
RATING_WORDS = {
    *("rating", "ratings", "star", "stars", "score", "overall", "grade", "rate", "points"),
    *("satisfaction", "satisfied", "csat", "likert"),
    *("bewertung", "sterne", "étoiles", "puntuación", "valoración", "calificación", "estrellas"),
    *("avaliação", "estrelas", "valutazione", "stelle", "beoordeling", "оценка", "рейтинг"),
}
STAR_WORDS = {"star", "stars", "sterne", "étoiles", "estrellas", "estrelas", "stelle"}
STAR_SIGNS = ("星", "별점")
LOW_WORDS = {
    *("effort", "ces", "error", "errors", "fault", "faults", "defect", "defects", "bug", "bugs"),
    *("complaint", "complaints", "difficulty", "problems", "issues", "pain", "hassle"),
    *("price", "cost", "costs", "risk", "severity", "churn", "delay", "wait", "waiting", "stress"),
    *("dissatisfaction", "frustration", "anger", "toxicity", "rank", "ranking"),
    *("negative", "negativity", "neg", "bad", "unhappy", "dislike", "toxic", "hate", "hateful"),
    *("offensive", "abusive", "insult", "spam", "sarcasm", "sarcastic", "irony", "ironic", "fake"),
}
LOW_SIGNS = (
    "难度",
    "投诉",
    "价格",
    "成本",
    "错误",
    "风险",
    "排名",
    "费用",
    "不满意度",
    "负面",
    "负向",
    "差评",
)
HIGH_SIGNS = ("正",)
HIGH_WORDS = {
    "satisfaction",
    "satisfied",
    "csat",
    "star",
    "stars",
    "positive",
    "pos",
    "good",
}  # high is good, whatever stands beside
NPS_WORDS = {"nps", "recommend", "recommendation"}
RATING_SIGNS = ("评分", "星级", "星", "打分", "評分", "星級", "分数", "評価", "평점", "별점")
OTHER_WORDS = {
    *("id", "ids", "uid", "date", "time", "timestamp", "year", "month", "day", "hour"),
    *("created", "updated", "url", "link", "user", "author", "vine", "verified", "useful"),
    *("funny", "cool", "helpful", "votes", "vote", "count", "num", "number", "index", "idx"),
    *("no", "lang", "language", "country", "region", "city", "state", "place", "price"),
    *("length", "age", "gender", "sex", "split", "fold", "file", "source", "platform"),
    *("device", "version", "is", "has", "marketplace", "unnamed", "retweet", "likes", "replies"),
    *("branch", "store"),
}
OTHER_SIGNS = ("编号", "日期", "时间", "城市", "地区", "性别", "年龄", "价格", "用户", "编码")
USUAL_NAMES = frozenset(name.casefold() for name in (*TEXT_NAMES, *LABEL_NAMES))
OURS = "attnviz_"
"""How the columns begin that an export adds."""
_NO_NAME = re.compile(r"column \d+")  # what `attnviz.data.stream.unique` calls it


def words_of(column: str) -> set[str]:
    """The words of a name in snake, kebab or camel case, in small letters."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", column)
    return set(re.findall(r"[^\W_]+", re.sub(r"\d+", " ", split).casefold()))


def is_usual_name(column: str) -> bool:
    """Whether a column is called as those of texts or of labels usually are."""
    return column.casefold() in USUAL_NAMES


def is_text_name(column: str) -> bool:
    """Whether a name holds a word of texts, and none of what is only about them."""
    words = words_of(column)
    if not column.isascii():
        named = any(not word.isascii() and word in column for word in TEXT_WORDS)
        return named and not _holds(column, NO_TEXT_SIGNS)
    return bool(TEXT_WORDS & words) and not NO_TEXT_WORDS & words


def label_name(column: str) -> int:
    """3 for a name of labels, 2 for one that holds a sure word, 1 for another word, 0 for none."""
    if column.casefold() in SURE_WORDS.union(LABEL_NAMES):
        return 3
    words = words_of(column)
    if NO_LABEL_WORDS & words:
        return 0
    if SURE_WORDS & words or _holds(column, SURE_SIGNS):
        return 2
    return int(bool(LABEL_WORDS & words) or _holds(column, LABEL_SIGNS))


def rating_kind(column: str) -> str:
    """ "rating" for a name of ratings: `overall`, 评分; "stars" for one of ratings in stars:
    `star_rating`, 星级; "nps" for one that asks whether people recommend a thing; "low" where a
    low number, or a no, may be the good one: `effort_score`, `error_rate`, `is_negative`,
    难度评分; else ""."""
    words = words_of(column)
    if NO_LABEL_WORDS & words:
        return ""
    high = HIGH_WORDS & words or _holds(column, HIGH_SIGNS)
    if not high and (LOW_WORDS & words or _holds(column, LOW_SIGNS)):
        return "low"
    if NPS_WORDS & words:
        return "nps"
    if STAR_WORDS & words or _holds(column, STAR_SIGNS):
        return "stars"
    return "rating" if RATING_WORDS & words or _holds(column, RATING_SIGNS) else ""


def is_prediction_name(column: str) -> bool:
    """Whether a column is named like the predictions of a model, which are no truth."""
    return bool(PREDICTED_WORDS & words_of(column)) or _holds(column, PREDICTED_SIGNS)


def may_be_predicted(column: str) -> bool:
    """Whether a name may mean labels that a model gave: `gpt4_label`, `auto_label`."""
    words = words_of(column)
    return bool(MACHINE_WORDS & words) or any("gpt" in word for word in words)


def is_answer_name(column: str) -> bool:
    """Whether a column is named like answers to texts: `reply`, `our answer`, `商家回复`."""
    return bool(ANSWER_WORDS & words_of(column)) or _holds(column, ANSWER_SIGNS)


def is_other_name(column: str) -> bool:
    """Whether a column is named like what is neither text nor label: dates, places, counts."""
    return bool(OTHER_WORDS & words_of(column)) or _holds(column, OTHER_SIGNS)


def has_no_name(column: str) -> bool:
    """Whether the file has no name for a column."""
    return _NO_NAME.fullmatch(column) is not None


def _holds(column: str, signs: tuple[str, ...]) -> bool:
    return any(sign in column for sign in signs)
