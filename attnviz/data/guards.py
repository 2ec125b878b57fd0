"""Cells that a spreadsheet would run as a formula, and the files in which attnviz has guarded them.

A guarded cell has an apostrophe in front. The files are known by columns that only an export of
attnviz has; in them the apostrophes are taken off again when they are read.
"""

import re
from collections.abc import Sequence
from unicodedata import category

from attnviz.data.names import OURS
from attnviz.data.stream import RowStream, rewritten

MARKING = tuple(OURS + name for name in ("row", "mark", "new_label", "note"))
"""The columns by which an exported file is known, and from which its marks come back."""
CORRECTED = OURS + "corrected"
"""The column by which a corrected file is known whose cells may have an apostrophe in front."""

FORMULAS = tuple("=+-@＝＋－＠")  # OWASP, CSV injection
BREAKS = tuple("\t\r\n")  # likewise, at the very beginning
INVISIBLE = ("Cc", "Cf", "Mn", "Zl", "Zp", "Zs")  # of Unicode; programs may leave them out
NUMBER = re.compile(r"[-+]?[.,]?\d[\d.,]*([eE][-+]?\d+)?%?", re.ASCII)  # runs nothing


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    One that would be, behind any apostrophes, blanks and characters that nobody sees, gets an
    apostrophe in front, so that `unguarded_cell` gives each back as it was. A number is
    none, whatever its sign: −1 stays a label that is −1.
    """
    return f"'{cell}" if _risky(cell) else cell


def unguarded_cell(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell[:1] == "'" and _risky(cell) else cell


def _risky(cell: str) -> bool:
    if cell[:1].isalnum():
        return False
    behind = cell.lstrip("'")
    if behind.startswith(BREAKS):
        return not NUMBER.fullmatch(behind)
    place = 0
    while place < len(cell) and (cell[place] == "'" or category(cell[place]) in INVISIBLE):
        place += 1
    return cell.startswith(FORMULAS, place) and not NUMBER.fullmatch(cell, place)


def is_export(columns: Sequence[str]) -> bool:
    """Whether a file with these columns was exported by attnviz."""
    return set(MARKING) <= set(columns)


def unguarded(stream: RowStream) -> RowStream:
    """The rows of an exported CSV without the apostrophes that keep formulas from running.

    So are those of a corrected file, whatever it was saved as since: only as CSV was it written
    with that column. Other files, and other kinds of export, come back as they are.
    """
    exported = stream.delimiter and is_export(stream.columns)
    if not exported and CORRECTED not in stream.columns:
        return stream
    columns = [unguarded_cell(column) for column in stream.columns]
    return rewritten(stream, columns, lambda cells: tuple(map(unguarded_cell, cells)))
