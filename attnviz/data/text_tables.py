"""A file of texts that is a table: told by its lines, each of which has the same cells."""

import re
from collections.abc import Sequence

from attnviz.data.cell_kinds import Column, column, compare
from attnviz.data.header import HIGHEST, title_rows, with_row_numbers
from attnviz.data.splitting import Cut
from attnviz.data.table import SAMPLE, Notice
from attnviz.data.table_layout import LONG_DELIMITERS, Sample
from attnviz.errors import N_

SURE = (*LONG_DELIMITERS, "\t")  # which no text holds in each of its lines
OTHERS = (",", ";", "|")
MOST = 0.95  # of the lines that must have the same number of cells
_CELL = r"""(?:"(?:[^"\\]|\\.|"")*"|NA|[-+]?\d[\d.eE+-]*)"""
_QUOTED = re.compile(rf"{_CELL}(?: {_CELL})+")  # as R writes a row unless told otherwise
LONGEST_WORD = 20  # characters of a cell that is a label or a key

READ_AS = N_(
    "The lines were read as a table, with {delimiter!r} between the cells. --delimiter '' if each "
    "line is one text."
)
PERHAPS = N_(
    "Every line holds {delimiter!r}, but was read as one text. --delimiter {delimiter!r} if it is "
    "a row of cells."
)


def find_table(sample: Sample) -> tuple[str | None, tuple[Notice, ...]]:
    """The delimiter that makes lines of text a table, None if none does; and what to tell."""
    perhaps, start = (), "".join(sample.lines[: HIGHEST + 1])
    quoted = all(map(_QUOTED.fullmatch, map(str.rstrip, filter(str.strip, sample.lines))))
    for delimiter in (*SURE, *OTHERS, *[" "] * quoted):
        if delimiter not in start:
            continue
        quoting = "none" if delimiter in SURE else "backslash" if '\\"' in start else "double"
        rows = [cells for _, cells, _ in sample.rows(Cut(delimiter, quoting), SAMPLE)]
        if not rows:  # delimiters alone
            continue
        rows = rows[title_rows(list(enumerate(rows))) :]
        rows = [cells for _, cells in with_row_numbers(list(enumerate(rows)))]
        if not _are_even(rows, MOST if delimiter in SURE else 1):
            continue
        rows = [cells for cells in rows if len(cells) == len(rows[0])]
        columns = [column(cells) for cells in zip(*rows[1:], strict=True)]
        if sum(2 * found.filled >= len(rows) - 1 for found in columns) < 2:
            continue  # nothing stands before or behind it
        if _is_table(rows, columns, delimiter):
            return delimiter, (Notice(READ_AS, {"delimiter": delimiter}),)
        if delimiter == "\t" and not perhaps:
            perhaps = (Notice(PERHAPS, {"delimiter": delimiter}),)
    return None, perhaps


def _are_even(rows: Sequence[Sequence[str]], most: float) -> bool:
    width = len(rows[0])
    return len(rows) > 1 < width and sum(len(row) == width for row in rows) >= most * len(rows)


def _is_table(rows: Sequence[Sequence[str]], columns: Sequence[Column], delimiter: str) -> bool:
    """Whether the columns, those below the first row, are of several kinds or have names."""
    if compare(rows[0], columns).names and max(map(len, rows[0])) <= 2 * LONGEST_WORD:
        return True
    whole = [column(cells) for cells in zip(*rows, strict=True)]
    if delimiter in SURE:
        return len(rows) > 2 and any(map(_is_side, whole, zip(*rows, strict=True)))
    spaced = sum(cell.startswith(" ") for row in rows for cell in row[1:])
    return 2 * spaced < len(rows) and any(
        found.settled and len(found.values) > 1 and not any(" " in value for value in found.values)
        for found in whole
    )


def _is_side(found: Column, cells: Sequence[str]) -> bool:
    """Whether a column holds labels or keys beside the texts."""
    if found.kind in ("number", "date", "value"):
        return True
    words = [cell.strip() for cell in cells]
    return all(len(word) <= LONGEST_WORD and len(word.split()) <= 1 for word in words)
