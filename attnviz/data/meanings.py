"""What a label means whatever it is called: words of sentiment, numbers, stars."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

MEANINGS = {  # grade of sentiment → what it is called, as `plain` spells it
    -2: (
        *("n+",),
        *("verynegative", "extremelynegative", "stronglynegative", "highlynegative", "verybad"),
        *(
            "terrible",
            "awful",
            "verydissatisfied",
            "非常负面",
            "非常消极",
            "非常差",
            "很差",
            "极差",
        ),
        *("非常不满意",),
    ),
    -1: (
        *("negative", "neg", "bad", "unfavorable", "unfavourable", "unhappy", "dislike", "poor"),
        *("-", "negativ", "négatif", "négative", "negativo", "negativa", "detractor"),
        *("😡", "😠", "😢", "😞", "🙁", "☹", "💔", ":(", ":-("),
        *("thumbsdown", "👎", "notrecommended", "rotten", "bearish", "somewhatnegative", "false"),
        *(
            "slightlynegative",
            "dissatisfied",
            "no",
            "n",
            "负面",
            "负",
            "负向",
            "消极",
            "差评",
            "坏",
        ),
        *("差", "不好", "否定", "不推荐", "不满意", "较差", "负面评价", "负类", "贬", "贬义"),
        *("負面", "負", "負向", "消極", "負評", "差評", "貶", "貶義"),
    ),
    0: (
        *(
            "neutral",
            "neu",
            "passive",
            "mixed",
            "average",
            "中性",
            "中立",
            "中评",
            "中",
            "一般",
            "还行",
            "中評",
        ),
        *("neithernegativenorpositive", "中性评价"),
    ),
    1: (
        *("positive", "pos", "good", "favorable", "favourable", "happy", "like", "thumbsup", "👍"),
        *("😀", "😃", "😄", "😊", "😍", "🙂", "❤", "♥", ":)", ":-)"),
        *("p", "+", "positiv", "positif", "positivo", "positiva", "promoter"),
        *("recommended", "fresh", "bullish", "somewhatpositive", "slightlypositive", "satisfied"),
        *("true", "yes", "y", "正面", "正", "正向", "积极", "好评", "好", "肯定", "推荐", "满意"),
        *("正面评价", "正类", "褒", "褒义", "積極", "正評", "好評", "褒義"),
    ),
    2: (
        *("p+",),
        *("verypositive", "extremelypositive", "stronglypositive", "highlypositive", "verygood"),
        *(
            "excellent",
            "verysatisfied",
            "非常正面",
            "非常积极",
            "非常好",
            "很好",
            "力荐",
            "非常满意",
        ),
    ),
}
_GRADES = {word: grade for grade, words in MEANINGS.items() for word in words}
ANSWERS = frozenset(("yes", "no", "y", "n", "true", "false", "t", "f", "0", "1", "是", "否"))
MISSING = frozenset(
    ("nan", "n/a", "na", "null", "none", "-", "?", "nil", "#n/a", "\\n", "无", "空")
)

STARS, POINTS, OF_FIVE, OF_TEN = "stars", "points", "of 5", "of 10"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMERALS = {word: number for number, word in enumerate(_WORDS)}
_NUMERALS |= {sign: number for number, sign in enumerate("零一二三四五六七八九十")} | {
    "两": 2,
    "半": 0.5,
}
_NUMBER = r"[+-]?\d{1,9}(?:\.\d*)?"
_COMMA = re.compile(r"(?<=\d),(?=\d(?!\d))")  # of a decimal: "4,5"
_SPELLED = rf"({_NUMBER}|{'|'.join(_NUMERALS)})"
_PLAIN = re.compile(rf"(?:__label__|(?:label|class)[ _-]*)?({_NUMBER})")
_STARS = re.compile(rf"{_SPELLED}[ _-]*(?:stars?|星级?|颗星|顆星|[★⭐])|stars?[ _-]*({_NUMBER})")
_POINTS = re.compile(rf"{_SPELLED}\s*(?:分|points?)")
_SHARE = re.compile(rf"(?:rated\s*)?({_NUMBER})\s*(?:/|out of)\s*(5|10)(?:\.0)?(?:\s*stars?)?")
_ONE_ITEM = re.compile(r"""\[\s*(["']?)([^"',\[\]]+)\1\s*\]""")
_DRAWN = re.compile(r"[★⭐🌟☆✩✰½\s]+")


@dataclass(frozen=True)
class Quantity:
    """A number in a label, and in what it is counted: None where nothing says so."""

    number: float
    unit: str | None = None


def plain(label: str) -> str:
    """A label without what spellings differ by: case, width, spaces, underscores and hyphens."""
    text = unicodedata.normalize("NFKC", one_item(label)).casefold()
    return re.sub(r"[\s_\ufe0f]|(?<=\w)-", "", text)


def one_item(raw: str) -> str:
    """The item of a list of one that is written as in Python or JSON: "['a']", '["a"]', "[1]"."""
    match = _ONE_ITEM.fullmatch(raw.strip())
    return match[2] if match else raw


def is_missing(raw: str, beside: Collection[str] = ()) -> bool:
    """Whether a value marks a missing one; "-" does not where "+" is `beside` it."""
    return plain(raw) in MISSING and not (raw.strip() == "-" and "+" in beside)


def grade(label: str) -> int | None:
    """Sentiment from -2, very negative, to 2, very positive; None for what is no word of it."""
    bare = plain(label)
    return _GRADES.get(bare, _GRADES.get(bare.rstrip(".")))


def grades_of(found: Collection[str]) -> dict[str, int]:
    """The grades of those values that have one. What could be chance alone is left out.

    Letters, signs and answers, as P and N, count as a pair; and of two words none does if the
    other is no word of sentiment.
    """
    grades = {raw: degree for raw in found if (degree := grade(raw)) is not None}
    rest = [raw for raw in found if raw not in grades and plain(raw) not in MISSING]
    if len(grades) == len(rest) == 1:
        return {}
    if {degree > 0 for degree in grades.values() if degree} != {True, False}:
        grades = {raw: degree for raw, degree in grades.items() if not _is_sign(plain(raw))}
    return grades


def _is_sign(bare: str) -> bool:
    return bare in ANSWERS or (bare.isascii() and len(bare.strip(".")) < 2)


def quantity(raw: str, comma: bool = False) -> Quantity | None:
    """The number that a label is: "2.0", "LABEL_2", "２", "4 stars", "★★★☆", "四星", "4/5".

    With `comma` also "4,5", which elsewhere may be two labels.
    """
    if stars := _drawn(raw.replace("\ufe0f", "")):
        return stars
    text = unicodedata.normalize("NFKC", one_item(raw)).strip().casefold().replace("−", "-")
    text = _COMMA.sub(".", text) if comma else text
    if match := _PLAIN.fullmatch(text):
        return Quantity(float(match[1]))
    if match := _SHARE.fullmatch(text):
        return Quantity(float(match[1]), OF_FIVE if match[2] == "5" else OF_TEN)
    for pattern, unit in (_STARS, STARS), (_POINTS, POINTS):
        if match := pattern.fullmatch(text):
            spelled = next(filter(None, match.groups()))
            number = _NUMERALS.get(spelled)
            return Quantity(float(spelled) if number is None else number, unit)
    return None


def _drawn(raw: str) -> Quantity | None:
    """Stars that are drawn: the full ones count, in front of as many empty ones as there may be."""
    if not raw.strip() or not _DRAWN.fullmatch(raw):
        return None
    full = sum(map(raw.count, "★⭐🌟"))
    return Quantity(full + 0.5 * raw.count("½"), STARS)


def sides(known: Sequence[str]) -> Mapping[int, str]:
    """Grade of sentiment → the model's label for it; empty for a model of something else."""
    grades = {grade(label): label for label in known}
    is_sentiment = None not in grades and {-1, 1} <= set(grades) and len(grades) == len(known)
    return grades if is_sentiment else {}


def side_of(degree: int, ours: Mapping[int, str]) -> str | None:
    """The model's label for a grade: the nearest of the same sign; "" where it has no neutral.

    None if the model has grades on that side, and not this one.
    """
    if degree in ours:
        return ours[degree]
    return "" if degree == 0 else ours.get(1 if degree > 0 else -1)
