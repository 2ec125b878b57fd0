"""What a label means whatever it is called: words of sentiment, numbers, stars, their scales."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from attnviz.errors import N_

MEANINGS = {  # grade of sentiment → what it is called, as `plain` spells it
    -2: (
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
        *("recommended", "fresh", "bullish", "somewhatpositive", "slightlypositive", "satisfied"),
        *("true", "yes", "y", "正面", "正", "正向", "积极", "好评", "好", "肯定", "推荐", "满意"),
        *("正面评价", "正类", "褒", "褒义", "積極", "正評", "好評", "褒義"),
    ),
    2: (
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
MISSING = frozenset(("nan", "n/a", "na", "null", "none", "-", "?", "nil", "#n/a", "无", "空"))

STARS, POINTS, OF_FIVE, OF_TEN = "stars", "points", "of 5", "of 10"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMERALS = {word: number for number, word in enumerate(_WORDS)}
_NUMERALS |= {sign: number for number, sign in enumerate("零一二三四五六七八九十")} | {
    "两": 2,
    "半": 0.5,
}
_NUMBER = r"[+-]?\d{1,9}(?:\.\d*)?"
_SPELLED = rf"({_NUMBER}|{'|'.join(_NUMERALS)})"
_PLAIN = re.compile(rf"(?:__label__|(?:label|class)[ _-]*)?({_NUMBER})")
_STARS = re.compile(rf"{_SPELLED}[ _-]*(?:stars?|星级?|颗星|顆星|[★⭐])")
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
    return _GRADES.get(plain(label))


def quantity(raw: str) -> Quantity | None:
    """The number that a label is: "2.0", "LABEL_2", "２", "4 stars", "★★★☆", "四星", "4/5"."""
    if stars := _drawn(raw.replace("\ufe0f", "")):
        return stars
    text = unicodedata.normalize("NFKC", one_item(raw)).strip().casefold().replace("−", "-")
    if match := _PLAIN.fullmatch(text):
        return Quantity(float(match[1]))
    if match := _SHARE.fullmatch(text):
        return Quantity(float(match[1]), OF_FIVE if match[2] == "5" else OF_TEN)
    for pattern, unit in (_STARS, STARS), (_POINTS, POINTS):
        if match := pattern.fullmatch(text):
            number = _NUMERALS.get(match[1])
            return Quantity(float(match[1]) if number is None else number, unit)
    return None


def _drawn(raw: str) -> Quantity | None:
    """Stars that are drawn: the full ones count, in front of as many empty ones as there may be."""
    if not raw.strip() or not _DRAWN.fullmatch(raw):
        return None
    full = sum(map(raw.count, "★⭐🌟"))
    return Quantity(full + 0.5 * raw.count("½"), STARS)


# Scales of sentiment.


def _span(first: float, last: float, step: float = 1.0) -> frozenset[float]:
    return frozenset(first + step * place for place in range(int((last - first) / step) + 1))


@dataclass(frozen=True)
class Scale:
    """Numbers that grade sentiment: up to `low` is negative, from `high` positive, else neutral.

    A scale counts where all numbers of a file are among its `values` and `shown` by them: they
    could then be of no other. `middle` is what five steps lie around, or None where they are not
    five. `unit` is what labels of it are counted in where they say so.
    """

    title: str
    values: frozenset[float]
    low: float
    high: float
    shown: Callable[[Collection[float]], bool]
    middle: float | None = None
    units: tuple[str, ...] = ()
    rating: bool = False  # whether a column named like a rating is enough to show it

    def grade(self, number: float, five: bool) -> int:
        if five and self.middle is not None:
            return int(number - self.middle)
        return -1 if number <= self.low else 1 if number >= self.high else 0


SCALES = (
    Scale(N_("−1, 0 and 1"), _span(-1, 1), -1, 1, lambda found: {-1, 1} <= set(found)),
    Scale(N_("numbers from −2 to 2"), _span(-2, 2), -1, 1, lambda found: -2 in found, 0),
    Scale(N_("numbers from 0 to 4"), _span(0, 4), 1, 3, lambda found: {0, 4} <= set(found), 2),
    Scale(
        N_("stars from 1 to 5"),
        _span(1, 5),
        *(2, 4),
        lambda found: 5 in found or set(found) == {4},
        middle=3,
        units=(STARS, OF_FIVE, POINTS),
        rating=True,
    ),
    Scale(
        N_("half stars up to 5"),
        _span(0, 5, 0.5),
        *(2, 4),
        lambda found: max(found) > 2 and any(number % 1 for number in found),
        units=(STARS, OF_FIVE, POINTS),
        rating=True,
    ),
    Scale(
        N_("points from 1 to 10"),
        _span(0, 10, 0.5),
        *(4, 7),
        lambda found: max(found) >= 8,
        units=(OF_TEN, POINTS),
        rating=True,
    ),
)
"""The first whose values hold all numbers, and which they show, is the one. 1 … 10 as IMDB's own
labels have it (Maas et al. 2011): 5 and 6 are neither."""


def scale_of(quantities: Sequence[Quantity], rating: bool) -> Scale | None:
    """The scale that all of these numbers lie on, if there is one that they show.

    A unit shows it too, and so does a column that is named like a rating.
    """
    units = {quantity.unit for quantity in quantities}
    numbers = {quantity.number for quantity in quantities}
    if len(units) > 1 and not units <= {STARS, OF_FIVE}:
        return None
    unit = next(iter(units - {None}), None)
    fitting = [s for s in SCALES if numbers <= s.values and (unit is None or unit in s.units)]
    shown = [scale for scale in fitting if scale.shown(numbers)]
    if not shown and unit in (STARS, OF_FIVE, OF_TEN):
        shown = fitting
    if not shown and rating and max(numbers) > 1:
        shown = [scale for scale in fitting if scale.rating]
    return shown[0] if shown else None


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
