"""Rows below a table that sum it up and are no rows of it: “Total 40”, “Average 3.4”."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from attnviz.data.table import Notice, visible
from attnviz.errors import N_

LAST = 3  # rows of a footer, at most
FIRST = 200  # rows that tell what is usual
FEW, FEWEST = 20, 5  # different numbers of a column whose numbers are all known
LONGEST = 40  # characters of a cell that may sum up

FOOTERS = N_("Rows at the end that sum up the others, left out: {count} (line {line}: “{text}”).")
_SUM = re.compile(
    r"(?:(?:grand |sub-?)?totals?|sum|averages?|avg\.?|mean|median|count|number)"
    r"(?: (?:of|for|per|in|all|the|scores?|ratings?|stars?|grades?|points|values?|number|count"
    r"|reviews?|comments?|texts?|rows|entries|answers|responses|sentiment|length)){0,3}"
    r"|(?:合计|总计|小计|总数|共计|汇总|平均|均值)\w{0,4}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+−]?(?:\d+[.,]?\d*|[.,]\d+)\s*%?")
_VALUE = re.compile(r"\s*[:：=]?\s*\(?[-−]?\d[\d.,]*\s*%?\)?")

Row = tuple[int, tuple[str, ...]]


def without_footer(rows: Iterable[Row], told: list[Notice]) -> Iterator[Row]:
    """The rows but for those at the end that sum up the others, of which `told` gets a notice.

    A row sums up where a cell says so and all others are numbers, or where a number stands alone;
    and where it is unlike the others: emptier than each of them, or with a number that is no grade
    of a column that has few. So the review “Average” with three stars is a row like any other.
    """
    usual, held = _Usual(), deque()
    try:
        for row in rows:
            held.append(row)
            if len(held) > LAST:
                yield usual.seen(held.popleft())
    except Exception:
        yield from held  # those above a broken row are whole
        raise
    last = list(held)
    while last and len(last[0][1]) > 1:
        cells, below = last[-1][1], len(last) < len(held)
        if not _sums_up(cells) or not (below or usual.is_unlike(cells, last[:-1])):
            break
        last.pop()
    yield from last
    if left := list(held)[len(last) :]:
        line, cells = left[0]
        text = next(filter(str.strip, cells)).strip()
        told.append(Notice(FOOTERS, {"count": len(left), "line": line, "text": visible(text)}))


class _Usual:
    """How full rows are, and which values columns have, by the first rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def seen(self, row: Row) -> Row:
        if len(self.rows) < FIRST:
            self.rows.append(row[1])
        return row

    def is_unlike(self, cells: Sequence[str], above: Sequence[Row]) -> bool:
        rows = [*self.rows, *(cells for _, cells in above)]
        if len(rows) < LAST:
            return False
        fewest = min(sum(bool(cell.strip()) for cell in row) for row in rows)
        if sum(bool(cell.strip()) for cell in cells) < fewest:
            return True
        return any(
            number(cell) is not None and self._is_new(cell, [row[place] for row in rows])
            for place, cell in enumerate(cells)
        )

    @staticmethod
    def _is_new(cell: str, column: Sequence[str]) -> bool:
        """Whether a number is beyond those of a column that has few, or between them: no grade."""
        cells = {value.strip() for value in column if value.strip()}
        known = {number(value) for value in cells}
        if known == {None}:
            return len(cells) <= FEWEST  # labels that are words
        if None in known or len(known) > max(FEWEST, min(FEW, len(column) / 2)):
            return False
        value = number(cell)
        between = value % 1 and not any(one % 1 for one in known)
        return bool(known and (between or not min(known) <= value <= max(known)))


def number(cell: str) -> float | None:
    """The number in a cell, if it holds one and nothing else."""
    if not _NUMBER.fullmatch(cell.strip()):
        return None
    return float(cell.strip().rstrip("%").replace("−", "-").replace(",", "."))


def _sums_up(cells: Sequence[str]) -> bool:
    """Whether a row may: all of its cells say so or are numbers."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    others = [cell for cell in filled if number(cell) is None]
    if any(len(cell) > LONGEST for cell in filled):
        return False
    if not others:
        return len(filled) == 1
    has_number = len(others) < len(filled) or any(_says(cell)[1] for cell in others)
    return has_number and all(_says(cell)[0] for cell in others)


def _says(cell: str) -> tuple[bool, bool]:
    """Whether a cell says that it sums up, and whether it holds the sum too."""
    word = _VALUE.sub("", cell).rstrip(" :：=")
    return _SUM.fullmatch(word) is not None, _VALUE.search(cell) is not None
