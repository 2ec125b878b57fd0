"""Which sheet of a workbook is read; and bounds on what a small file can ask for."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from itertools import islice
from typing import BinaryIO

from attnviz.data.classes import NO_PART
from attnviz.data.files import BLOCK
from attnviz.data.members import LOOKED_AT, ROWS, worth_of
from attnviz.data.table import Notice, Table, is_blank, listed
from attnviz.errors import N_, FileError

MAX_SHEETS = 1_000
MAX_CELLS = 16_384  # of a row, in any spreadsheet program

SHEETS = N_("Read from the sheet “{sheet}”. Other sheets left out: {others} (--part chooses).")
TOO_MANY_SHEETS = N_("{name} has more than {limit:,} sheets. Save the one with the texts alone.")
TOO_WIDE = N_("{name} has a row of more than {limit:,} cells. Save it with fewer columns.")
_SHEET = re.compile(rb"<(?:\w+:)?sheet[ />]")
_PLACE = re.compile(rb"<(?:\w+:)?(?:(row)|c)(?=[ />])")


def refuse_giants(name: str, data: bytes) -> None:
    """`FileError` for more sheets or wider rows than any program has: they take minutes to open."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        listing = packed.read("xl/workbook.xml") if "xl/workbook.xml" in packed.namelist() else b""
        if len(_SHEET.findall(listing)) > MAX_SHEETS:
            raise FileError(TOO_MANY_SHEETS, name=name, limit=MAX_SHEETS)
        for part in packed.namelist():
            if part.endswith(".xml"):
                with packed.open(part) as source:
                    _refuse_wide_rows(name, source)


def _refuse_wide_rows(name: str, source: BinaryIO) -> None:
    cells, rest = None, b""  # None above the first row: other parts hold tags of that name
    while block := source.read(BLOCK):
        text = rest + block
        end = max(text.rfind(b"<"), 0)  # a tag that is cut in two is looked at with the next block
        for match in _PLACE.finditer(text, 0, end):
            if match[1]:
                cells = 0
            elif cells is not None:
                cells += 1
                if cells > MAX_CELLS:
                    raise FileError(TOO_WIDE, name=name, limit=MAX_CELLS)
        rest = text[end:] if len(text) - end < BLOCK else b""


def choose_sheet(
    name: str, titles: Sequence[str], part: str | None, rows_of: Callable
) -> tuple[int, list[Notice]]:
    """The place of the sheet that is asked for, else of the first with texts and labels.

    `rows_of(place)` begins a pass over the cells of a sheet's rows.
    """
    if part is not None:
        fitting = [i for i, title in enumerate(titles) if title.casefold() == part.casefold()]
        if not fitting:
            raise FileError(NO_PART, name=name, part=part, known=listed(titles))
        return fitting[0], []
    places = range(min(len(titles), LOOKED_AT))
    place = max(places, key=lambda i: _worth(rows_of(i))) if len(titles) > 1 else 0
    others = listed([title for i, title in enumerate(titles) if i != place])
    said = Notice(SHEETS, {"sheet": titles[place], "others": others})
    return place, [said] if len(titles) > 1 else []


def _worth(rows) -> int:
    """How much a sheet looks like labelled texts; -1 for an empty one."""
    filled = list(islice((row for row in rows if not is_blank(row)), ROWS))
    if not filled:
        return -1
    width = max(map(len, filled))
    cells = tuple(tuple(row) + ("",) * (width - len(row)) for row in filled)
    names = next((row for row in cells if sum(map(bool, row)) > 1), cells[0])
    return worth_of(Table(names, cells, tuple(range(len(cells))), "Excel"))
