"""Which texts of a run to look at, and in which order: plain data that becomes SQL."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields

from attnviz.errors import N_, FileError
from attnviz.runs.causes import CAUSES

OUTCOMES = ("wrong", "right")
MARKS = ("keep", "relabel", "drop")
UNMARKED = "none"

_DOUBT = f"coalesce({CAUSES['suspect'].condition}, false)"
# By their definition such labels have the least probability: they would always lead the worst.
SORTS = {
    "line": (N_("Line in the file"), "row"),
    "loss": (
        N_("Worst first, labels in doubt last"),
        f"{_DOUBT}, p_truth, row",
    ),
    "doubt": (N_("Labels in doubt first"), f"{_DOUBT} DESC, p_truth, row"),
    "confident": (N_("Most confident first"), "confidence DESC, row"),
    "unsure": (N_("Least confident first"), "margin, row"),
    "long": (N_("Longest first"), "tokens DESC, row"),
    "short": (N_("Shortest first"), "tokens, row"),
    "outlier": (N_("Most unusual first"), "outlier DESC NULLS LAST, row"),
    "tags": (N_("Most tags first"), "len(tags) DESC, p_truth, row"),
}
"""Name → title and SQL."""


@dataclass(frozen=True)
class Filter:
    """A choice of texts; an empty field leaves all. All fields must hold.

    Parameters
    ----------
    outcome
        "wrong" or "right".
    truth, prediction, tags, marks
        Any of these; `marks` may hold "none" for texts without one.
    confidence, tokens
        From, to, both included; None is open.
    words
        Each word must occur, in any case; a phrase stands in quotation marks.
    columns
        Pairs (column of the file, value).
    rows
        Row numbers.
    """

    outcome: str | None = None
    truth: tuple[str, ...] = ()
    prediction: tuple[str, ...] = ()
    confidence: tuple[float | None, float | None] = (None, None)
    tokens: tuple[int | None, int | None] = (None, None)
    words: str = ""
    tags: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[int, ...] = ()

    def where(self, columns: tuple[str, ...] = ()) -> tuple[str, list[object]]:
        """The condition on the view `texts`, and the values of its question marks.

        `columns` are those of the file, in their order. Raises `FileError` if the filter names one
        that is not there, or a tag that is none.
        """
        parts: list[tuple[str, list[object]]] = []
        if self.outcome:
            parts.append(("outcome = ?", [self.outcome]))
        for name, column in (("truth", "truth"), ("prediction", "predicted")):
            if chosen := getattr(self, name):
                parts.append((f"{column} IN ({_marks(chosen)})", list(chosen)))
        for name in ("confidence", "tokens"):
            low, high = getattr(self, name)
            parts += [(f"{name} >= ?", [low])] * (low is not None)
            parts += [(f"{name} <= ?", [high])] * (high is not None)
        parts += [("contains(lower(text), lower(?))", [word]) for word in split_words(self.words)]
        if self.tags:
            if unknown := [tag for tag in self.tags if tag not in CAUSES]:
                raise FileError(N_("There is no tag “{tag}”."), tag=unknown[0])
            parts.append((" OR ".join(f"({CAUSES[tag].tagged})" for tag in self.tags), []))
        if self.marks:
            parts.append((f"coalesce(mark, '{UNMARKED}') IN ({_marks(self.marks)})", [*self.marks]))
        for name, value in self.columns:
            if name not in columns:
                raise FileError(N_("The file has no column “{column}”."), column=name)
            parts.append((f"c{columns.index(name)} = ?", [value]))
        if self.rows:
            parts.append((f"row IN ({_marks(self.rows)})", list(self.rows)))
        sql = " AND ".join(f"({condition})" for condition, _ in parts) or "true"
        return sql, [value for _, values in parts for value in values]

    def to_dict(self) -> dict:
        """What differs from an empty filter, JSON-ready."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value != getattr(EVERYTHING, name)}

    @classmethod
    def from_dict(cls, found: Mapping) -> "Filter":
        """What `to_dict` gave, also by way of JSON. Raises `FileError` for anything else."""
        try:
            known = {field.name for field in fields(cls)}
            if not set(found) <= known:
                raise ValueError(sorted(set(found) - known)[0])
            values = {name: _tuples(value) for name, value in found.items()}
            if wrong := [name for name, value in values.items() if not KINDS[name](value)]:
                raise ValueError(f"{wrong[0]} {found[wrong[0]]!r}")
            return cls(**values)
        except (TypeError, ValueError) as error:
            template = N_("This is no filter: {reason}.")
            raise FileError(template, reason=error) from error


EVERYTHING = Filter()


def split_words(words: str) -> list[str]:
    """Words and quoted phrases, as a search box reads them."""
    try:
        return shlex.split(words.replace("\\", "\\\\").replace("'", "\\'"))
    except ValueError:  # a quotation mark that is still open
        return words.replace('"', " ").split()


def _texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(text, str) for text in value)


def _numbers(value: object) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(number, int) and 0 <= number < 1 << 63 for number in value
    )


def _range(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(end is None or isinstance(end, int | float) for end in value)
    )


def _pairs(value: object) -> bool:
    return isinstance(value, tuple) and all(_texts(pair) and len(pair) == 2 for pair in value)


KINDS = {
    "outcome": lambda value: value in (None, *OUTCOMES),
    **dict.fromkeys(("truth", "prediction", "tags", "marks"), _texts),
    **dict.fromkeys(("confidence", "tokens"), _range),
    "words": lambda value: isinstance(value, str),
    "columns": _pairs,
    "rows": _numbers,
}
"""Field of a filter → whether a value from outside may be in it."""


def _marks(values: tuple) -> str:
    return ", ".join("?" * len(values))


def _tuples(value: object) -> object:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
