"""Cells that stand where a text should, and only mark it as missing: "[deleted]", "NaN"."""

from collections import Counter
from collections.abc import Iterable, Mapping

from attnviz.data.table import Notice, visible
from attnviz.errors import N_

MISSING_TEXTS = frozenset(
    (
        *("[deleted]", "[removed]", "[deleted by user]", "[removed by reddit]"),  # Reddit
        *("[ deleted by user ]", "[ removed by reddit ]"),
        *("nan", "<na>", "nat"),  # pandas
        *("null", "(null)", "n/a", "#n/a", "#value!", "#ref!"),  # databases and spreadsheets
    )
)
NO_TEXTS = N_("Rows whose text only marks a missing one, so that it is not read: {marks}.")


def is_no_text(cell: str) -> bool:
    """Whether a cell only marks a missing text; an empty one marks nothing."""
    return len(cell) < 40 and cell.strip().casefold() in MISSING_TEXTS


def texts_alone(cells: Iterable[str]) -> list[str]:
    """The cells, those that mark a missing text empty."""
    return ["" if is_no_text(cell) else cell for cell in cells]


def no_text_notices(cells: Iterable[str]) -> list[Notice]:
    """How many of the cells mark a missing text, each mark by itself; nothing if none does."""
    return mark_notices(Counter(cell.strip() for cell in cells if is_no_text(cell)))


def mark_notices(marks: Mapping[str, int]) -> list[Notice]:
    """The same of marks that are counted."""
    shown = ", ".join(f"“{visible(mark)}” ({count:,})" for mark, count in marks.items())
    return [Notice(NO_TEXTS, {"marks": shown})] if marks else []
