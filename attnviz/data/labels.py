"""A file's labels matched to a model's: by name, by number, or by what both mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from attnviz.data.class_names import ClassFile, list_notice, names_of_numbers
from attnviz.data.label_numbers import Way, by_number, pairs_of, some
from attnviz.data.meanings import (
    ANSWERS,
    MISSING,
    grade,
    grades_of,
    plain,
    quantity,
    side_of,
    sides,
)
from attnviz.data.table import Notice
from attnviz.data.topics import by_topic
from attnviz.errors import N_

GIVEN = N_("matched as you said")
NAME = N_("matched by name")
MEANING = N_("matched by what they mean: {pairs}")
SEVERAL = N_(
    "Some rows have several labels at once ({examples}), which a model of one label a text cannot "
    "be compared with: the rows count as unlabelled."
)
MIXED = N_(
    "The labels are numbers and words at once ({found}), so it cannot be told what the numbers "
    "stand for. Say it for each, or choose another column."
)
NO_IS_GOOD = N_(
    "By the name of the column, a no may be the good one: it cannot be told which answer stands "
    "for which label. Say it for each."
)
_NUMBERS = re.compile(r"\d+(?:\s*[,;|]\s*\d+)+")
UNLABELLED = ("hidden", "score")
"""Ways in which a column is understood as one that holds no labels."""


@dataclass(frozen=True)
class LabelMatch:
    """Which label of the model each label of a file stands for.

    `mapping` goes from the file's label, as it is spelled there, to the model's, or to "" where a
    row with it counts as unlabelled; `unknown` holds those without a counterpart, most frequent
    first. `how` is "given", "name", "meaning", "file" (a list of names beside it), "number" or
    "scale", and `scheme` says so in words; or it is "hidden" or "score" where the values are
    understood and are no labels, and "nothing" where they are not. `notices` say what else was
    assumed, or why nothing fits.
    """

    mapping: Mapping[str, str] = field(hash=False)
    unknown: tuple[str, ...]
    how: str
    scheme: Notice | None = None
    notices: tuple[Notice, ...] = ()


def match_labels(
    found: Mapping[str, int],
    known: Sequence[str],
    given: Mapping[str, str] | None = None,
    *,
    rating: str = "",
    named: ClassFile | None = None,
) -> LabelMatch:
    """The labels of a file, each with how often it occurs, matched to those that a model knows.

    What the user has `given` wins. Names and words may match in part: the rest is unknown. Case,
    spaces, underscores, hyphens, the width of letters and a beginning that all labels share
    ("news_", "__label__") do not matter, and words of sentiment match by what they mean. Numbers
    fit as a whole or not at all: as names in the list `named`; as numbers in the model's own
    labels; for sentiment as 0 and 1, 1 and 2, or on one of `SCALES`; as positions 0 … C − 1, or
    1 … C if C occurs and 0 does not. A -1 beside them, or alone, is a hidden label. `rating` is
    the `rating_kind` of the column. Empty labels are left out: a row without a label is no
    mistake.
    """
    if given:
        alone = match_labels(found, known, rating=rating, named=named)
        if all(alone.mapping.get(raw, "") == label for raw, label in given.items()):
            return alone  # nothing is said that would not be so anyway
    given = {raw: label for raw, label in (given or {}).items() if raw in found}
    rest = [raw for raw in found if raw.strip() and raw not in given]
    quantities = {raw: q for raw in rest if (q := quantity(raw, bool(rating))) is not None}
    numbers_alone = quantities and len(quantities) == len(rest)
    match = Way("nothing") if numbers_alone else _by_word(rest, known)
    if rating == "low" and rest and not numbers_alone and all(map(is_answer, rest)):
        match = Way("nothing", notices=(Notice(NO_IS_GOOD),))
    if not match.mapping and quantities:
        words = [raw for raw in rest if raw not in quantities and plain(raw) not in MISSING]
        beside = None if words else _named_beside(list(quantities), known, named)
        match = (
            _mixed(words, found) if words else beside or by_number(quantities, found, known, rating)
        )
    unknown = sorted((raw for raw in rest if raw not in match.mapping), key=lambda raw: -found[raw])
    mapping = {**match.mapping, **given}
    if given and not match.mapping:
        return LabelMatch(mapping, tuple(unknown), "given", Notice(GIVEN))
    return LabelMatch(mapping, tuple(unknown), match.how, match.scheme, match.notices)


def named_rows(found: Mapping[str, int], known: Sequence[str]) -> int:
    """How many rows have a label that is the model's by name, or by what the word means.

    Yes and no are not counted: they may answer any question.
    """
    words = [raw for raw in found if quantity(raw) is None]
    by_name = _by_name(words, known)
    by_meaning = _by_meaning([raw for raw in words if not is_answer(raw)], known)
    return max(sum(found[raw] for raw in pairs) for pairs in (by_name, by_meaning))


def is_answer(raw: str) -> bool:
    """Whether a value is one of yes and no, true and false, 0 and 1: it may answer anything."""
    return plain(raw).removesuffix(".0") in ANSWERS


# Words.


def _by_word(found: Sequence[str], known: Sequence[str]) -> Way:
    ways = {"name": _by_name(found, known), "meaning": _by_meaning(found, known)}
    how = max(ways, key=lambda way: len(ways[way]))
    if ways[how]:
        values = {"pairs": pairs_of(ways[how])}
        return Way(how, ways[how], Notice(NAME) if how == "name" else Notice(MEANING, values))
    return _several(found) or Way("nothing")


def _by_name(found: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    names = {plain(label): label for label in reversed(known)}
    exact = {label: label for label in known}  # where two labels differ by case alone
    shared = _shared_start(found)
    pairs = {}
    for raw in found:
        label = exact.get(raw.strip()) or names.get(plain(raw))
        pairs[raw] = label or (names.get(plain(raw.strip()[shared:])) if shared else None)
    return {raw: label for raw, label in pairs.items() if label is not None}


def _by_meaning(found: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """For a model whose labels are words of sentiment, or the topics of a known data set."""
    ours, shared = sides(known), _shared_start(found)
    if not ours:
        return by_topic(found, known)
    words = {raw: raw.strip()[shared:] if grade(raw) is None else raw for raw in found}
    grades = grades_of(set(words.values()))
    pairs = {raw: side_of(grades[word], ours) for raw, word in words.items() if word in grades}
    return {raw: label for raw, label in pairs.items() if label}


def _shared_start(found: Sequence[str]) -> int:
    """How many characters all labels begin with, up to a mark that ends a word; 0 for none."""
    bare = [raw.strip() for raw in found]
    first, last = min(bare, default=""), max(bare, default="")
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    if len(bare) == 1:
        same = len("__label__") if first.startswith("__label__") else 0
    return max((first.rfind(mark, 0, same) + 1 for mark in "_-:/. "), default=0)


def _several(found: Sequence[str]) -> Way | None:
    """Several numbers in one label, as "17,3"."""
    several = [raw for raw in found if _NUMBERS.fullmatch(raw.strip())]
    said = Notice(SEVERAL, {"examples": some(several)})
    return Way("score", notices=(said,)) if several else None


def _mixed(words: Sequence[str], found: Mapping[str, int]) -> Way:
    said = Notice(MIXED, {"found": some(list(found))})
    return _several(words) or Way("nothing", notices=(said,))


def _named_beside(
    found: Sequence[str], known: Sequence[str], named: ClassFile | None
) -> Way | None:
    """By a list of names beside the file, if all of them are labels of the model."""
    names = names_of_numbers(found, named)
    labels = _by_word(named.classes, known).mapping if names else {}
    if not names or len(labels) < len(set(named.classes)):
        return None
    mapping = {raw: labels[name] for raw, name in names.items()}
    return Way("file", mapping, list_notice(named, mapping))
