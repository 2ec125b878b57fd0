"""A file's labels matched to a model's: by name, by number, or by what both mean."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from attnviz.data.table import Notice
from attnviz.errors import N_

FROM_ONE = N_(
    "Labels are numbers from 1 to {most}: 1 was taken for the model's first label, {first}."
)
STARS = N_(
    "Labels look like stars: 1 and 2 were taken for {negative}, 4 and 5 for {positive}; rows with "
    "3 have no label."
)
MEANINGS = {  # what two-way sentiment is called, as `_plain` spells it
    "negative": (
        *("negative", "neg", "bad", "unfavorable", "unhappy", "dislike", "thumbsdown", "false"),
        *("no", "n", "-1", "0", "负面", "负", "消极", "差评", "坏", "差", "不好", "否定", "負面"),
        *("消極", "負評", "差評", "贬", "贬义"),
    ),
    "positive": (
        *("positive", "pos", "good", "favorable", "happy", "like", "thumbsup", "true"),
        *("yes", "y", "1", "正面", "正", "积极", "好评", "好", "肯定", "積極", "正評"),
        *("好評", "褒", "褒义"),
    ),
}
_NUMBER = re.compile(r"(?:(?:label|class)[ _-]*)?([+-]?\d{1,9})(?:\.0*)?", re.IGNORECASE)


@dataclass(frozen=True)
class LabelMatch:
    """Which label of the model each label of a file stands for.

    `mapping` goes from the file's label, as it is spelled there, to the model's, or to "" where a
    row with it counts as unlabelled; `unknown` holds those without a counterpart, most frequent
    first. `how` is "given", "name", "number", "meaning" or, where nothing fits, "nothing".
    """

    mapping: Mapping[str, str] = field(hash=False)
    unknown: tuple[str, ...]
    how: str
    notices: tuple[Notice, ...] = ()


def match_labels(
    found: Mapping[str, int], known: Sequence[str], given: Mapping[str, str] | None = None
) -> LabelMatch:
    """The labels of a file, each with how often it occurs, matched to those that a model knows.

    What the user has `given` wins. Then the way counts that leaves the fewest labels unmatched,
    and of equals the first: by name (case, spaces, underscores, hyphens and the width of letters
    do not matter), by number (0 … C − 1, as "2", "2.0" or "LABEL_2"; 1 … C if 0 never occurs and
    C does), by meaning (two-way sentiment in English and Chinese, and one to five stars). Empty
    labels are left out: a row without a label is no mistake.
    """
    given = {raw: label for raw, label in (given or {}).items() if raw in found}
    rest = [raw for raw in found if raw.strip() and raw not in given]
    ways = {
        "name": _by_name(rest, known),
        "number": _by_number(rest, known),
        "meaning": _by_meaning(rest, known),
    }
    how, (mapping, notices) = max(ways.items(), key=lambda way: len(way[1][0]))
    unknown = sorted((raw for raw in rest if raw not in mapping), key=lambda raw: -found[raw])
    if not mapping:
        how = "given" if given else "nothing"
    return LabelMatch({**mapping, **given}, tuple(unknown), how, tuple(notices))


Way = tuple[dict[str, str], list[Notice]]


def _by_name(found: Sequence[str], known: Sequence[str]) -> Way:
    names = {_plain(label): label for label in reversed(known)}
    exact = {label: label for label in known}  # where two labels differ by case alone
    pairs = {raw: exact.get(raw.strip()) or names.get(_plain(raw)) for raw in found}
    return {raw: label for raw, label in pairs.items() if label is not None}, []


def _by_number(found: Sequence[str], known: Sequence[str]) -> Way:
    numbers = {raw: number for raw in found if (number := _number(raw)) is not None}
    if numbers and min(numbers.values()) == 1 and max(numbers.values()) == len(known):
        mapping = {raw: known[number - 1] for raw, number in numbers.items()}
        return mapping, [Notice(FROM_ONE, {"most": len(known), "first": known[0]})]
    return {raw: known[n] for raw, n in numbers.items() if 0 <= n < len(known)}, []


def _by_meaning(found: Sequence[str], known: Sequence[str]) -> Way:
    """Only for a model whose labels themselves mean negative and positive."""
    ours = {_meaning(label): label for label in known if _number(label) is None}
    if len(known) != 2 or set(ours) != set(MEANINGS) or not found:
        return {}, []
    numbers = {raw: _number(raw) for raw in found}
    stars = set(numbers.values())
    if None not in numbers.values() and stars <= {1, 2, 3, 4, 5} and max(stars) > 2:
        sides = {1: ours["negative"], 2: ours["negative"], 3: "", 4: ours["positive"]}
        mapping = {raw: sides.get(number, ours["positive"]) for raw, number in numbers.items()}
        return mapping, [Notice(STARS, ours)]
    pairs = {raw: ours.get(_meaning(raw)) for raw in found}
    return {raw: label for raw, label in pairs.items() if label is not None}, []


def _plain(label: str) -> str:
    text = unicodedata.normalize("NFKC", label).casefold()
    return re.sub(r"[\s_]|(?<=\w)-", "", text)


def _number(raw: str) -> int | None:
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", raw).strip())
    return int(match[1]) if match else None


def _meaning(label: str) -> str | None:
    number = _number(label)
    plain = _plain(label) if number is None else str(number)
    return next((side for side, names in MEANINGS.items() if plain in names), None)
