"""Files in the shapes that people have: which columns are taken, and what their labels mean.

Each row of `FILES` is a file of which the truth is known. What is right is told apart from what is
refused: a wrong mapping is never among the outcomes.
"""

import pytest

from attnviz.data import choose_columns, columns_line, match_labels, value_counts
from attnviz.data.class_names import ClassFile
from attnviz.data.names import rating_kind
from attnviz.data.table import Table

TWO = ("negative", "positive")
THREE = ("negative", "neutral", "positive")
FIVE = ("negative", "neutral", "positive", "very negative", "very positive")
ZH = ("差评", "好评")
ZH_BY_ORDER = ("好评", "差评")  # as sorting has it: 0 is the positive one
EMOTIONS = ("anger", "fear", "joy", "love", "sadness", "surprise")
NEWS = ("education", "finance", "game", "sports", "stocks")
INTENTS = tuple(f"intent_{number}" for number in range(150))
STARS = tuple(f"{number} star{'s' * (number > 1)}" for number in range(1, 6))
SPAM = ("ham", "spam")
TREC = ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")
ZH_NEWS = (
    *("education", "entertainment", "finance", "game", "politics"),
    *("realty", "science", "society", "sports", "stocks"),
)

TEXTS = (
    "The soup was warm and the staff kind",
    "The soup was cold, the staff were rude",
    "I loved every minute of this little play",
    "房间很干净，服务也很热情，下次还会来",
)


def table(columns: dict[str, list], rows: int = 24) -> Table:
    """Columns that repeat their values; a column called TEXT gets a text of its own in each row."""
    cells = {
        name: [
            f"{TEXTS[row % 4]} {row}" if v == "TEXT" else str(v[row % len(v)])
            for row in range(rows)
        ]
        for name, v in columns.items()
    }
    return Table(
        tuple(cells), tuple(zip(*cells.values(), strict=True)), tuple(range(rows)), "utf-8"
    )


def chosen(columns: dict[str, list], known, rows: int = 24):
    found = table(columns, rows)
    return found, choose_columns(found, value_counts(found), known)


def read(columns: dict[str, list], known, rows: int = 24):
    """Text column, label column, mapping."""
    found, best = chosen(columns, known, rows)
    if best.label is None:
        return best.text, None, {}
    counts = value_counts(found)[best.label]
    match = match_labels(counts, known, rating=rating_kind(best.label))
    return best.text, best.label, dict(match.mapping)


NEG, POS, NONE = "negative", "positive", ""
SIDES = {"1": NEG, "2": NEG, "3": NONE, "4": POS, "5": POS}
YESNO = ["yes", "no", "yes"]
FILES = [
    # The model's names win, whatever else there is.
    (
        {"text": "TEXT", "label": ["positive", "negative"]},
        TWO,
        "text",
        "label",
        dict(zip(TWO, TWO, strict=True)),
    ),
    (
        {
            "review_body": "TEXT",
            "verified_purchase": YESNO,
            "star_rating": [1, 5, 3],
            "sentiment_label": ["pos", "neg"],
        },
        TWO,
        "review_body",
        "sentiment_label",
        {"pos": POS, "neg": NEG},
    ),
    (
        {"body": "TEXT", "flag": [0, 1], "verdict": ["Positive", "NEGATIVE"]},
        TWO,
        "body",
        "verdict",
        {"Positive": POS, "NEGATIVE": NEG},
    ),
    (
        {
            "sentence": "TEXT",
            "label": [100, 101, 103],
            "label_desc": ["news_sports", "news_finance", "news_game"],
        },
        NEWS,
        "sentence",
        "label_desc",
        {"news_sports": "sports", "news_finance": "finance", "news_game": "game"},
    ),
    (
        {"utterance": "TEXT", "domain": ["a", "b"], "intent": list(INTENTS)},
        INTENTS,
        "utterance",
        "intent",
        {name: name for name in INTENTS},
    ),
    (
        {"text": "TEXT", "prediction": ["negative", "positive"], "label": ["positive", "negative"]},
        TWO,
        "text",
        "label",
        {"positive": POS, "negative": NEG},
    ),
    (
        {
            "text": "TEXT",
            "airline_sentiment": ["neutral", "positive", "negative"],
            "airline_sentiment_confidence": [0.3, 1.0],
            "airline_sentiment_gold": ["", "", "", "", "", "negative"],
        },
        TWO,
        "text",
        "airline_sentiment",
        {"positive": POS, "negative": NEG},
    ),
    (
        {"tweet": "TEXT", "Sentiment": ["Extremely Negative", "Positive", "Neutral"]},
        TWO,
        "tweet",
        "Sentiment",
        {"Extremely Negative": NEG, "Positive": POS},
    ),
    (
        {"text": "TEXT", "feeling": ["__label__joy", "__label__fear"]},
        EMOTIONS,
        "text",
        "feeling",
        {"__label__joy": "joy", "__label__fear": "fear"},
    ),
    (
        {"text": "TEXT", "category": ["Ｓｐａｍ", "ham "]},
        SPAM,
        "text",
        "category",
        {"Ｓｐａｍ": "spam", "ham": "ham"},
    ),
    (
        {"评论内容": "TEXT", "城市": ["上海", "北京"], "评价": ["好评", "差评"]},
        ZH,
        "评论内容",
        "评价",
        {"好评": "好评", "差评": "差评"},
    ),
    (
        {"content": "TEXT", "情感分类": ["正向", "负向", "中性"]},
        TWO,
        "content",
        "情感分类",
        {"正向": POS, "负向": NEG},
    ),
    (
        {"content": "TEXT", "态度": ["褒义", "贬义"]},
        ZH,
        "content",
        "态度",
        {"褒义": "好评", "贬义": "差评"},
    ),
    # Numbers under a label's name.
    ({"text": "TEXT", "label": [0, 1]}, TWO, "text", "label", {"0": NEG, "1": POS}),
    (
        {"text": "TEXT", "is_positive_label": [0, 1]},
        TWO,
        "text",
        "is_positive_label",
        {"0": NEG, "1": POS},
    ),
    ({"text": "TEXT", "label": ["１", "０"]}, ZH, "text", "label", {"１": "好评", "０": "差评"}),
    ({"text": "TEXT", "label": [0, 1]}, ZH_BY_ORDER, "text", "label", {"0": "差评", "1": "好评"}),
    ({"text": "TEXT", "label": [1, 2]}, TWO, "text", "label", {"1": NEG, "2": POS}),
    (
        {"text": "TEXT", "label": ["__label__1", "__label__2"]},
        TWO,
        "text",
        "label",
        {"__label__1": NEG, "__label__2": POS},
    ),
    (
        {"text": "TEXT", "polarity": [0, 2, 4]},
        TWO,
        "text",
        "polarity",
        {"0": NEG, "2": NONE, "4": POS},
    ),
    (
        {"Phrase": "TEXT", "Sentiment": [0, 1, 2, 3, 4]},
        TWO,
        "Phrase",
        "Sentiment",
        {"0": NEG, "1": NEG, "2": NONE, "3": POS, "4": POS},
    ),
    (
        {"clean_text": "TEXT", "category": ["-1.0", "0.0", "1.0"]},
        TWO,
        "clean_text",
        "category",
        {"-1.0": NEG, "0.0": NONE, "1.0": POS},
    ),
    ({"text": "TEXT", "label": [-1, 1]}, TWO, "text", "label", {"-1": NEG, "1": POS}),
    (
        {"text": "TEXT", "label": [-2, -1, 0, 1, 2]},
        TWO,
        "text",
        "label",
        {"-2": NEG, "-1": NEG, "0": NONE, "1": POS, "2": POS},
    ),
    (
        {"text": "TEXT", "label": [-1, 0, 1]},
        THREE,
        "text",
        "label",
        {"-1": NEG, "0": "neutral", "1": POS},
    ),
    (
        {"text": "TEXT", "label": [0, 1, 2]},
        THREE,
        "text",
        "label",
        {"0": NEG, "1": "neutral", "2": POS},
    ),
    (
        {"text": "TEXT", "label": [0, 1, 2, 3, 4]},
        FIVE,
        "text",
        "label",
        {"0": "very negative", "1": NEG, "2": "neutral", "3": POS, "4": "very positive"},
    ),
    (
        {"text": "TEXT", "label": [0, 1, 2, 3, 4, 5]},
        EMOTIONS,
        "text",
        "label",
        {str(n): name for n, name in enumerate(EMOTIONS)},
    ),
    (
        {"text": "TEXT", "label": [0, 5, -1]},
        EMOTIONS,
        "text",
        "label",
        {"0": "anger", "5": "surprise", "-1": NONE},
    ),
    (
        {"text": "TEXT", "target": [1, 2, 3, 4, 5, 6]},
        EMOTIONS,
        "text",
        "target",
        {str(n): name for n, name in enumerate(EMOTIONS, 1)},
    ),
    ({"text": "TEXT", "class": [0, 1]}, SPAM, "text", "class", {"0": "ham", "1": "spam"}),
    ({"text": "TEXT", "label": [1, 5]}, STARS, "text", "label", {"1": "1 star", "5": "5 stars"}),
    ({"text": "TEXT", "label": [7, 8]}, ("7", "8", "9"), "text", "label", {"7": "7", "8": "8"}),
    # Ratings.
    (
        {
            "review_body": "TEXT",
            "vine": ["Y", "N"],
            "star_rating": [1, 2, 3, 4, 5],
            "helpful_votes": [0, 3],
        },
        TWO,
        "review_body",
        "star_rating",
        SIDES,
    ),
    (
        {
            "text": "TEXT",
            "stars": ["1.0", "3.0", "5.0"],
            "useful": [0, 1],
            "funny": [0, 1],
            "cool": [0, 1, 2],
        },
        TWO,
        "text",
        "stars",
        {"1.0": NEG, "3.0": NONE, "5.0": POS},
    ),
    (
        {"reviewText": "TEXT", "overall": [1, 2, 3, 4, 5], "verified": ["true", "false"]},
        TWO,
        "reviewText",
        "overall",
        SIDES,
    ),
    (
        {"review": "TEXT", "rating": ["0.5", "1.5", "3.0", "4.5"]},
        TWO,
        "review",
        "rating",
        {"0.5": NEG, "1.5": NEG, "3.0": NONE, "4.5": POS},
    ),
    (  # the lowest is a half above the end
        {"review": "TEXT", "rating": ["1.5", "2.0", "4.5", "5.0"]},
        TWO,
        "review",
        "rating",
        {"1.5": NEG, "2.0": NEG, "4.5": POS, "5.0": POS},
    ),
    (
        {"review": "TEXT", "rating": ["1.0", "1.5", "4.5"]},
        TWO,
        "review",
        "rating",
        {"1.0": NEG, "1.5": NEG, "4.5": POS},
    ),
    (  # in the middle of a scale, whichever it is
        {"review": "TEXT", "rating": ["2.5", "3.5"]},
        TWO,
        "review",
        None,
        {},
    ),
    (
        {"review": "TEXT", "rating": [1, 2, 3]},  # a scale of three, as nothing is above 3
        TWO,
        "review",
        "rating",
        {"1": NEG, "2": NONE, "3": POS},
    ),
    (
        {"review": "TEXT", "satisfaction": [1, 4, 5, 6, 7]},
        TWO,
        "review",
        "satisfaction",
        {"1": NEG, "4": NONE, "5": POS, "6": POS, "7": POS},
    ),
    (  # low effort is good: nobody can tell whether the numbers mean it so
        {"text": "TEXT", "effort_score": [1, 7]},
        TWO,
        "text",
        None,
        {},
    ),
    (  # Steam
        {"review_text": "TEXT", "review_score": [-1, 1], "review_votes": [0, 1, 0]},
        TWO,
        "review_text",
        "review_score",
        {"-1": NEG, "1": POS},
    ),
    (
        {"comment": "TEXT", "How satisfied are you?": [1, 3, 5]},
        TWO,
        "comment",
        "How satisfied are you?",
        {"1": NEG, "3": NONE, "5": POS},
    ),
    ({"text": "TEXT", "label": ["😡", "😀"]}, TWO, "text", "label", {"😡": NEG, "😀": POS}),
    (
        {"agent_message": "TEXT", "customer_message": "TEXT", "label": [0, 1]},
        TWO,
        "customer_message",
        "label",
        {"0": NEG, "1": POS},
    ),
    (
        {"text": "TEXT", "waiting_satisfaction": [1, 3, 5]},
        TWO,
        "text",
        "waiting_satisfaction",
        {"1": NEG, "3": NONE, "5": POS},
    ),
    (
        {"text": "TEXT", "NPS": [0, 6, 7, 8, 9, 10]},
        TWO,
        "text",
        "NPS",
        {"0": NEG, "6": NEG, "7": NONE, "8": NONE, "9": POS, "10": POS},
    ),
    (
        {"text": "TEXT", "would you recommend us": [1, 5, 3]},
        TWO,
        "text",
        "would you recommend us",
        {"1": NEG, "3": NONE, "5": POS},
    ),
    (
        {"text": "TEXT", "rating": ["4,5", "1,0", "3,0"]},
        TWO,
        "text",
        "rating",
        {"4,5": POS, "1,0": NEG, "3,0": NONE},
    ),
    (
        {"text": "TEXT", "评分": ["4.8分", "1.2分", "3.1分"]},
        TWO,
        "text",
        "评分",
        {"4.8分": POS, "1.2分": NEG, "3.1分": NONE},
    ),
    ({"text": "TEXT", "mark": ["star5", "star1"]}, TWO, "text", None, {}),
    (
        {"text": "TEXT", "label": ["star5", "star1"]},
        TWO,
        "text",
        "label",
        {"star5": POS, "star1": NEG},
    ),
    # Neither the ends of a scale nor most of its steps: it could be of any.
    ({"text": "TEXT", "rating": [1, 2]}, TWO, "text", None, {}),
    ({"text": "TEXT", "rating": [4, 5]}, TWO, "text", None, {}),
    ({"text": "TEXT", "rating": [8, 9]}, TWO, "text", None, {}),
    # Words in other languages, and pairs of letters or none.
    ({"text": "TEXT", "label": ["P", "N"]}, TWO, "text", "label", {"P": POS, "N": NEG}),
    ({"text": "TEXT", "label": ["+", "-"]}, TWO, "text", "label", {"+": POS, "-": NEG}),
    ({"text": "TEXT", "label": ["P+", "N+"]}, TWO, "text", "label", {"P+": POS, "N+": NEG}),
    ({"text": "TEXT", "label": ["neg.", "pos."]}, TWO, "text", "label", {"neg.": NEG, "pos.": POS}),
    ({"text": "TEXT", "label": ["P", "X"]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": ["N", "X", "Q"]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": ["good", "spam"]}, TWO, "text", "label", {}),
    *(
        ({"text": "TEXT", "stand": [neg, pos]}, TWO, "text", "stand", {neg: NEG, pos: POS})
        for neg, pos in [("negativ", "positiv"), ("négatif", "positif"), ("negativo", "positivo")]
    ),
    # Topics by other names, for a model that has these topics alone.
    (
        {"text": "TEXT", "type": ["Human", "Location", "Description"]},
        TREC,
        "text",
        "type",
        {"Human": "HUM", "Location": "LOC", "Description": "DESC"},
    ),
    ({"text": "TEXT", "label": ["Human", "Location"]}, ("HUM", "LOC"), "text", "label", {}),
    (
        {"text": "TEXT", "label": ["体育", "房产", "时政"]},
        ZH_NEWS,
        "text",
        "label",
        {"体育": "sports", "房产": "realty", "时政": "politics"},
    ),
    (
        {"review": "TEXT", "rating": [1, 4, 5, 6, 7, 10]},
        TWO,
        "review",
        "rating",
        {"1": NEG, "4": NEG, "5": NONE, "6": NONE, "7": POS, "10": POS},
    ),
    (
        {"review": "TEXT", "rating": ["5 stars", "1 star", "3-star"]},
        TWO,
        "review",
        "rating",
        {"5 stars": POS, "1 star": NEG, "3-star": NONE},
    ),
    (
        {"review": "TEXT", "rating": ["★★★★☆", "★☆☆☆☆"]},
        TWO,
        "review",
        "rating",
        {"★★★★☆": POS, "★☆☆☆☆": NEG},
    ),
    (
        {"review": "TEXT", "rating": ["⭐⭐⭐⭐⭐", "⭐", "⭐⭐⭐"]},
        TWO,
        "review",
        "rating",
        {"⭐⭐⭐⭐⭐": POS, "⭐": NEG, "⭐⭐⭐": NONE},
    ),
    ({"review": "TEXT", "score": ["4/5", "1/5"]}, TWO, "review", "score", {"4/5": POS, "1/5": NEG}),
    (
        {"review": "TEXT", "rating": ["5.0 out of 5 stars", "2.0 out of 5 stars"]},
        TWO,
        "review",
        "rating",
        {"5.0 out of 5 stars": POS, "2.0 out of 5 stars": NEG},
    ),
    (
        {"review": "TEXT", "score": ["9/10", "3/10", "5/10"]},
        TWO,
        "review",
        "score",
        {"9/10": POS, "3/10": NEG, "5/10": NONE},
    ),
    (
        {"评论": "TEXT", "星级": ["五星", "一星", "三星"]},
        ZH,
        "评论",
        "星级",
        {"五星": "好评", "一星": "差评", "三星": NONE},
    ),
    (
        {"评论": "TEXT", "评分": ["5星", "四颗星", "2星"]},
        ZH,
        "评论",
        "评分",
        {"5星": "好评", "四颗星": "好评", "2星": "差评"},
    ),
    (
        {"content": "TEXT", "评论数": [1, 2, 3], "score": [5, 1]},
        TWO,
        "content",
        "score",
        {"5": POS, "1": NEG},
    ),
    (
        {"text": "TEXT", "product_category": ["Home", "Garden"], "stars": [1, 5]},
        TWO,
        "text",
        "stars",
        {"1": NEG, "5": POS},
    ),
    # What has no name.
    ({"column 1": [0, 4], "column 2": "TEXT"}, TWO, "column 2", "column 1", {"0": NEG, "4": POS}),
    ({"column 1": "TEXT", "column 2": [0, 1]}, TWO, "column 1", "column 2", {"0": NEG, "1": POS}),
    # Columns that hold none: nothing is made up.
    ({"text": "TEXT", "verified_purchase": YESNO}, TWO, "text", None, {}),
    ({"text": "TEXT", "helpful": ["true", "false"]}, TWO, "text", None, {}),
    ({"text": "TEXT", "flag": [0, 1]}, TWO, "text", None, {}),
    ({"text": "TEXT", "date": ["2024-01-01", "2024-01-02"]}, TWO, "text", None, {}),
    ({"text": "TEXT", "funny": [0, 1, 2], "useful": [0, 1]}, EMOTIONS, "text", None, {}),
    ({"text": "TEXT", "rating": [0, 1, 2, 3, 4, 5]}, EMOTIONS, "text", None, {}),
    (
        {
            "text": "TEXT",
            "attnviz_prediction": ["positive", "negative"],
            "attnviz_true": ["positive", "negative"],
        },
        TWO,
        "text",
        None,
        {},
    ),
    # What a model says is not the truth; people's labels beside it are.
    ({"text": "TEXT", "model_prediction": [POS, NEG], "confidence": [0.9]}, TWO, "text", None, {}),
    ({"text": "TEXT", "predicted_label": [POS, NEG]}, TWO, "text", None, {}),
    (
        {"text": "TEXT", "gpt4_label": [POS, NEG], "human_label": [NEG, POS]},
        TWO,
        "text",
        "human_label",
        {POS: POS, NEG: NEG},
    ),
    (
        {
            "text": "TEXT",
            "label.responses": ["['positive']", "['negative']"],
            "label.responses.status": ["['submitted']"],
            "label.suggestion": [NEG, POS],
        },
        TWO,
        "text",
        "label.responses",
        {"['positive']": POS, "['negative']": NEG},
    ),
    (
        {"text": "TEXT", "label": ['["joy"]', '["fear"]']},
        EMOTIONS,
        "text",
        "label",
        {'["joy"]': "joy", '["fear"]': "fear"},
    ),
    # Texts are neither the same in each row nor the answers to the texts.
    (
        {"says": "TEXT", "text": ["Thank you very much for your kind words"], "label": [POS, NEG]},
        TWO,
        "says",
        "label",
        {POS: POS, NEG: NEG},
    ),
    (
        {
            "guest says": "TEXT",
            "our answer": [f"Dear guest {n}, thank you for {'so ' * 20}much" for n in range(24)],
            "label": [POS, NEG],
        },
        TWO,
        "guest says",
        "label",
        {POS: POS, NEG: NEG},
    ),
    # A named column whose values fit nothing is taken, and none of its values.
    ({"text": "TEXT", "label": [-1]}, TWO, "text", "label", {"-1": NONE}),
    ({"text": "TEXT", "label": [0, 1, 2]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": [0, 1, 2, 3]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": [-1, 0]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": [0, 1]}, THREE, "text", "label", {}),
    ({"text": "TEXT", "label": [0, 1, 27]}, EMOTIONS, "text", "label", {}),
    ({"text": "TEXT", "label": ["0", "1", "other"]}, EMOTIONS, "text", "label", {}),
    ({"text": "TEXT", "label": ["17,3", "2", "5"]}, EMOTIONS, "text", "label", {}),
    ({"text": "TEXT", "polarity": [-0.3, 0.0, 0.8]}, TWO, "text", "polarity", {}),
    ({"text": "TEXT", "label": [0.0, 0.5, 1.0]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": [0, 50, 100]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": [1, 2, 3, 4, 5, 6, 7]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": [5, 1, "5 stars"]}, TWO, "text", "label", {}),
    ({"text": "TEXT", "label": ["0", "1", "2", "3", "4"]}, STARS, "text", "label", {}),
]


@pytest.mark.parametrize(
    ("columns", "known", "text", "label", "mapping"), FILES, ids=range(len(FILES))
)
def test_columns_and_meanings_are_the_true_ones_or_none(columns, known, text, label, mapping):
    rows = 300 if known is INTENTS else 24
    assert read(columns, known, rows) == (text, label, mapping)


# Where a model is yet to be trained.

TRAIN = [
    ({"text": "TEXT", "label": ["a", "b"]}, "label", False),
    ({"text": "TEXT", "label": [0, 1]}, "label", False),
    (
        {
            "review_body": "TEXT",
            "vine": ["Y", "N"],
            "verified_purchase": ["N", "Y"],
            "star_rating": [5, 1, 3],
        },
        "star_rating",
        False,
    ),
    ({"text": "TEXT", "useful": [0, 1], "stars": [1, 5]}, "stars", False),
    (
        {"text": "TEXT", "product_category": ["a", "b"], "sentiment_label": ["pos", "neg"]},
        "sentiment_label",
        False,
    ),
    (
        {"sentence": "TEXT", "label": [100, 101], "label_desc": ["news_story", "news_game"]},
        "label_desc",
        False,
    ),
    (
        {"text": "TEXT", "product_category": ["a", "b"], "star_rating": [1, 5, 3]},
        "star_rating",
        True,
    ),
    ({"text": "TEXT", "sentiment": ["a", "b"], "emotion": ["x", "y", "z"]}, "emotion", True),
    ({"text": "TEXT", "kind": ["x", "y", "z"]}, "kind", False),
    ({"text": "TEXT", "kind": ["x", "y"], "shape": ["p", "q", "r"]}, None, False),
    ({"text": "TEXT", "verified": YESNO}, None, False),
    ({"text": "TEXT", "answer": ["0", "1"]}, None, False),
    ({"text": "TEXT", "country": ["US", "DE"]}, None, False),
    ({"text": "TEXT", "day": ["1/2/2024", "2/2/2024"]}, None, False),
    ({"text": "TEXT", "polarity": [0.3, -0.5, 0.25]}, None, False),
    ({"text": "TEXT", "id": list(range(24))}, None, False),
    ({"column 1": "TEXT", "column 2": [0, 1]}, "column 2", False),
    ({"content": "TEXT", "城市": ["上海", "北京"], "标签": [1, 0]}, "标签", False),
    ({"content": "TEXT", "意图名称": ["查天气", "订票"]}, "意图名称", False),
]


@pytest.mark.parametrize(("columns", "label", "undecided"), TRAIN, ids=range(len(TRAIN)))
def test_training_takes_a_column_by_its_name_or_asks(columns, label, undecided):
    _, best = chosen(columns, None)
    assert best.undecided is undecided
    if not undecided:
        assert best.label == label
    else:
        assert label in (best.label, *best.others)


# What is said.


def test_a_prediction_alone_is_no_label_and_the_reason_is_said():
    _, best = chosen({"text": "TEXT", "prediction": [POS, NEG]}, TWO)
    assert best.label is None
    assert "“prediction” is named like a model's predictions" in str(best.why)
    assert "--label-column" in str(best.why)
    assert chosen({"text": "TEXT", "prediction": [POS, NEG]}, None)[1].label is None


def test_where_no_column_looks_like_labels_those_of_few_values_are_named():
    _, best = chosen({"text": "TEXT", "flag": ["x", "y"], "id": list(range(24))}, TWO)
    assert best.label is None
    assert "few values (“flag”: x, y)" in str(best.why)
    assert "--label-column NAME" in str(best.why)
    assert "--label FOUND=LABEL" in str(best.why)


def test_the_line_names_both_columns_why_and_what_the_labels_mean():
    found, best = chosen({"review": "TEXT", "id": list(range(24)), "stars": [1, 3, 5]}, TWO)
    match = match_labels(value_counts(found)["stars"], TWO, rating=True)
    assert str(columns_line(best, match.scheme)) == (
        "Texts from the column “review” (its name); labels from the column “stars” (its ratings), "
        "taken for stars from 1 to 5: 1 = negative; 5 = positive; neither, so without a label: 3 "
        "(8)."
    )


def test_zero_and_one_are_said_to_be_assumed():
    match = match_labels({"0": 3, "1": 4}, TWO)
    assert str(match.scheme) == (
        "assumed: 0 = negative; 1 = positive. If it is the other way round, say so "
        "(--label FOUND=LABEL)"
    )


ANSWER = ["We thank you for your visit and hope to see you again soon, dear guest of our house"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("guest wrote", "host replied"),
        ("Kommentar", "Antwort des Hotels"),
        ("Opinión", "Respuesta del hotel"),
        ("feedback", "internal notes"),
        ("买家说", "卖家说"),
        ("Verbatim", "Action taken"),
    ],
)
def test_an_answer_that_is_longer_than_what_it_answers_is_not_the_text(text, answer):
    answers = [f"{ANSWER[0]}, number {number}" for number in range(24)]
    _, best = chosen({"stars": [1, 5], text: "TEXT", answer: answers}, TWO)
    assert best.text == text


def test_where_only_length_speaks_for_a_column_shorter_texts_are_named():
    longer = [f"{ANSWER[0]} {ANSWER[0]}, number {number}" for number in range(24)]
    _, best = chosen({"went well": "TEXT", "plot": longer}, TWO)
    assert best.text == "plot"
    (said,) = best.notices
    assert "Other columns hold texts too, which are not read: “went well”." in str(said)


def test_other_columns_that_are_as_full_of_texts_are_said():
    _, best = chosen({"went well": "TEXT", "went badly": "TEXT", "id": "ID"}, TWO)
    (said,) = best.notices
    unread = {"went well", "went badly"} - {best.text}
    assert f"Other columns hold texts too, which are not read: “{unread.pop()}”." in str(said)


@pytest.mark.parametrize(
    "cells",
    [
        ["same words in each row"],
        [1, 2, 3],
        ["short", "ones"],
        [f"2024/03/{n + 10} 9:10:{n + 10} AM GMT+1" for n in range(12)],
    ],
)
def test_columns_of_other_things_are_no_texts_that_are_not_read(cells):
    _, best = chosen({"text": "TEXT", "other": cells, "label": [POS, NEG]}, TWO)
    assert not best.notices


def test_text_and_label_that_seem_exchanged_are_said():
    _, best = chosen({"label": "TEXT", "text": [POS, NEG]}, TWO)
    assert "Text and label seem exchanged: “label” holds sentences" in str(best.notices[0])


def test_two_columns_that_are_as_likely_are_left_to_the_person():
    _, best = chosen({"text": "TEXT", "rater_1": ["pos", "neg"], "rater_2": ["neg", "pos"]}, TWO)
    assert best.undecided
    assert {best.label, *best.others} == {"rater_1", "rater_2"}
    same = {"text": "TEXT", "label": ["pos", "neg"], "sentiment": ["positive", "negative"]}
    assert not chosen(same, TWO)[1].undecided  # both say the same


def test_columns_that_differ_by_case_alone_are_said():
    cells = {"Text": "TEXT", "text": "TEXT", "Label": ["pos", "neg"], "label": ["neg", "pos"]}
    _, best = chosen(cells, TWO)
    assert (best.text, best.label) == ("text", "label")
    assert [str(notice) for notice in best.notices] == [
        "The columns “Text”, “text” differ by case alone. “text” was taken.",
        "The columns “label”, “Label” differ by case alone. “label” was taken.",
    ]


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        (["-1"], "hidden labels"),
        (["0", "1", "2"], "another set of classes"),
        (["0", "7", "x"], "numbers and words at once (0, 7, x)"),
        (["0.3", "-0.2"], "scores (0.3, -0.2) and no classes"),
        (["17,3", "2"], "several labels at once (17,3)"),
    ],
)
def test_what_fits_nothing_has_a_reason(numbers, reason):
    match = match_labels(dict.fromkeys(numbers, 3), TWO)
    assert not any(match.mapping.values())
    assert reason in str(match.notices[0])


@pytest.mark.parametrize("name", ["effort_score", "errorRate", "complaint rating", "难度评分"])
def test_a_rating_of_which_low_may_be_good_asks_what_its_numbers_stand_for(name):
    _, best = chosen({"text": ["TEXT"], name: [1, 2, 4, 5]}, THREE)
    assert best.label is None
    assert str(best.why) == (
        f"a low number in the column “{name}” may be the good one. If it holds the labels, say "
        "what its numbers stand for (--label-column NAME --label FOUND=LABEL)"
    )
    match = match_labels({"1": 3, "5": 3}, THREE, rating=rating_kind(name))
    assert (match.how, match.mapping) == ("nothing", {})
    assert "a low number may be the good one" in str(match.notices[0])
    given = {"1": "positive", "5": "negative"}
    assert match_labels({"1": 3, "5": 3}, THREE, given, rating=rating_kind(name)).mapping == given


@pytest.mark.parametrize("name", ["negative_sentiment", "label_negative", "is_toxic", "负面标签"])
@pytest.mark.parametrize("values", [("0", "1"), ("no", "yes"), ("False", "True")])
def test_a_column_that_asks_whether_a_text_is_bad_has_no_order_that_can_be_assumed(name, values):
    match = match_labels(dict.fromkeys(values, 3), TWO, rating=rating_kind(name))
    assert (match.how, match.mapping) == ("nothing", {})
    assert "may be the good one" in str(match.notices[0])
    words = match_labels({"negative": 3, "positive": 3}, TWO, rating=rating_kind(name))
    assert words.how == "name"


@pytest.mark.parametrize("name", ["positive_negative", "is_positive", "正负面", "sentiment_label"])
def test_a_column_of_both_sides_or_of_the_good_one_is_no_such_question(name):
    assert rating_kind(name) == ""


def test_what_people_say_of_our_house_is_no_answer_and_answers_are_named():
    room = [f"Room number {n} of the house" for n in range(24)]
    said, answer = (
        "What did you like about our hotel?",
        [f"Thank you, guest {n}!" for n in range(24)],
    )
    columns = {said: "TEXT", "Room description": room, "reply": answer}
    _, best = chosen(columns, None)
    assert best.text == said
    assert any("reply" in str(notice) for notice in best.notices)


def test_numbers_of_rows_are_no_labels_to_learn_whatever_they_are_called():
    columns = {"text": "TEXT", "annotation_id": list(range(500, 524)), "sentiment": [POS, NEG]}
    _, best = chosen(columns, None)
    assert (best.label, best.others) == ("sentiment", ())


@pytest.mark.parametrize("name", ["Bewertung", "Valoración", "Оценка", "評価"])
def test_ratings_are_known_in_other_languages(name):
    assert rating_kind(name) == "rating"


@pytest.mark.parametrize("name", ["star_rating", "price_stars", "Étoiles", "星级", "별점"])
def test_ratings_in_stars_are_of_five_even_where_no_text_has_the_most(name):
    """Amazon's “critical reviews” have 1 to 3 stars, and 3 of 5 is no praise."""
    assert rating_kind(name) == "stars"
    found = match_labels({"1": 3, "2": 3, "3": 3}, THREE, rating=rating_kind(name))
    assert found.mapping == {"1": "negative", "2": "negative", "3": "neutral"}


def test_ratings_from_0_to_4_are_such_whatever_their_column_is_called():
    counts = dict.fromkeys("01234", 3)
    for rating in ("", "rating"):
        found = match_labels(counts, THREE, rating=rating).mapping
        assert [found[raw] for raw in "01234"] == [*["negative"] * 2, "neutral", *["positive"] * 2]


@pytest.mark.parametrize("name", ["overall", "error satisfaction"])
def test_a_rating_of_which_high_is_good_needs_no_word(name):
    assert rating_kind(name) == "rating"


def test_a_list_beside_the_file_names_its_numbers_if_it_fits_whole():
    names = ClassFile("class.txt", ("sports", "finance", "game"))
    match = match_labels({"0": 3, "2": 4}, NEWS, named=names)
    assert dict(match.mapping) == {"0": "sports", "2": "game"}
    assert str(match.scheme) == "named by class.txt beside the file: 0 = sports; 2 = game"
    assert match_labels({"0": 3, "3": 4}, NEWS, named=names).how == "number"  # it has no 3
    strange = ClassFile("class.txt", ("sports", "cooking"))
    assert match_labels({"0": 3, "1": 4}, NEWS, named=strange).how == "number"


def test_characters_that_turn_a_line_around_are_named():
    found = {"pos\u202e": 3, "neg": 4, "\u2066x": 1}
    _, best = chosen({"text": "TEXT", "label\u202e": ["pos", "neg"]}, TWO)
    assert "label‹U+202E›" in str(columns_line(best, match_labels({"neg": 1}, TWO).scheme))
    assert "\u202e" not in str(match_labels({**found, "0": 2}, EMOTIONS).notices[0])
