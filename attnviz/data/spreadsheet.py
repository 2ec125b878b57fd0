"""Excel's .xlsx: the sheet with the texts, as the text that Excel shows."""

import datetime as dt
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from attnviz.data.archives import weigh
from attnviz.data.bad_rows import BadRows
from attnviz.data.blocks import choose_table
from attnviz.data.files import BLOCK, OLE, File, go_on
from attnviz.data.header import NO_ROW, Header, find_header, trimmed
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.sheets import choose_sheet, refuse_giants
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import EMPTY, SAMPLE, Notice, is_blank
from attnviz.errors import N_, FileError, reason

MAX_ROWS = 1_048_576  # of any spreadsheet program

BROKEN = N_(
    "{name} cannot be read as a spreadsheet: {reason}. Open it in a spreadsheet program and save "
    "it again as .xlsx, or as .csv."
)
PROTECTED = N_(
    "{name} is protected by a password, or is an old .xls file. Open it and save it as .xlsx "
    "without a password."
)
BEYOND = N_(
    "{name}, row {line}: a value stands in cell {cell}, beyond the last column of the header "
    "(columns: {expected}). Give that column a name in the header, say which row that is "
    "(--header-row), delete the cell, or leave out such rows (--skip-bad-rows)."
)
TOO_MANY_ROWS = N_("{name} has a row beyond {limit:,}. Save it again in a spreadsheet program.")
FORMULAS = N_(
    "Formulas without a stored result: {count} (the first in cell {cell}). Their cells are empty: "
    "open the file in a spreadsheet program and save it."
)
MERGED = N_("Merged cells: {count}. Only the first row of each has its value.")
HIDDEN = N_(
    "Rows that the workbook hides, by hand or by a filter, read like the others: {count}. Delete "
    "them or copy the visible ones if they do not belong to it."
)
_HIDDEN = re.compile(rb'<(?:\w+:)?row [^>]*hidden="(?:1|true)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell[ /]")


def read_xlsx(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """The rows below the header, which is the first row or stands below a title.

    Lines are row numbers.
    """
    file.refuse_empty()
    data = file.whole()
    if data.startswith(OLE):
        raise FileError(PROTECTED, name=file.name)
    weigh(file, data)
    refuse_giants(file.name, data)
    with _workbook(file.name, data) as book:
        titles = [sheet.title for sheet in book.worksheets]
        place, said = choose_sheet(
            file.name, titles, reading.part, lambda i: _cells(file.name, book.worksheets[i])
        )
        found = (
            _found(file.name, book.worksheets[place], reading) if titles else _Found(Header(0, ()))
        )
    notices = [*file.notices, *said, *found.notices]
    start = partial(_rows, file.name, data, place, found, reading.skip_bad_rows)
    stream = RowStream(
        file.name, found.header.names, "Excel", start, notices=notices, unit="row", footed=True
    )
    stream.header = found.header.line
    if len(titles) > 1:
        stream.parts, stream.part = tuple(titles), titles[place]
    return stream


def _cells(name: str, sheet) -> Iterator[list[str]]:
    return (list(map(_text, values)) for _, values in _numbered(name, sheet))


@dataclass(frozen=True)
class _Found:
    """Where the rows of a sheet's table stand."""

    header: Header
    first: int = 1
    last: int | None = None  # the row at which another table begins
    notices: tuple[Notice, ...] = ()


def _found(name: str, sheet, reading: Reading) -> _Found:
    """The table of a sheet, by its first rows."""
    rows, blank, given = [], [], reading.header
    for number, cells in enumerate(_cells(name, sheet), 1):
        if number >= (given or 1):
            if cells := trimmed(cells):
                rows.append((number, cells))
            else:
                blank.append(number)
            if len(rows) == SAMPLE:
                break
    if not rows:
        raise FileError(NO_ROW if given else EMPTY, name=name, line=given)
    rows, last, said = choose_table(rows, blank, first=given is not None)
    width = max(len(cells) for _, cells in rows)
    rows = [(number, cells + [""] * (width - len(cells))) for number, cells in rows]
    header = find_header(rows, given=given)
    if header.line:
        header = replace(header, names=tuple(trimmed(header.names)))
    first = header.line + 1 if header.line else rows[0][0]
    return _Found(header, first, last, (*said, *header.notices))


def _rows(
    name: str, data: bytes, place: int, found: _Found, skip: bool, tell: Tell
) -> Iterator[Row]:
    width, bad, count = len(found.header.names), BadRows(skip), 0
    with _workbook(name, data) as book:
        for number, values in _numbered(name, book.worksheets[place]):
            if found.last and number >= found.last:
                break
            row = tuple(map(_text, values))
            beyond = next((i for i in range(width, len(row)) if row[i].strip()), None)
            if number < found.first or number in found.header.extra:
                if is_blank(row):
                    yield number, ()
            elif beyond is not None:
                where = {"line": number, "cell": f"{_letters(beyond)}{number}"}
                bad.add(FileError(BEYOND, name=name, expected=width, **where), count)
            else:
                count += 1
                yield number, (row + ("",) * width)[:width]
        for notice in bad.settle(count):
            tell(notice)
        formulas, merged, hidden = _marks(book, place)
    if formulas and (empty := _without_result(name, data, place)):
        tell(Notice(FORMULAS, {"count": len(empty), "cell": empty[0]}))
    if merged:
        tell(Notice(MERGED, {"count": merged}))
    if hidden:
        tell(Notice(HIDDEN, {"count": hidden}))


@contextmanager
def _workbook(name: str, data: bytes, results: bool = True) -> Iterator:
    """The open workbook: with the results of formulas as they were stored, or the formulas."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that it does not know
        try:
            # A stream of its own for each; read_only reads sheets row by row.
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=results)
        except Exception as error:  # of whatever its parsers stumble over
            raise _broken(name, error) from error
        try:
            yield book
        finally:
            book.close()


def _numbered(name: str, sheet, values_only: bool = True) -> Iterator[tuple[int, tuple]]:
    """Each row with its number; those that the file leaves out are empty."""
    try:
        sheet.reset_dimensions()  # which some programs write wrong
        for number, row in enumerate(sheet.iter_rows(values_only=values_only), 1):
            go_on()
            if number > MAX_ROWS:
                raise FileError(TOO_MANY_ROWS, name=name, limit=MAX_ROWS)
            yield number, row
    except (FileError, GeneratorExit):
        raise
    except Exception as error:
        raise _broken(name, error) from error


def _marks(book, place: int) -> tuple[bool, int, int]:
    """Whether a sheet has formulas, how many merged cells and how many hidden rows: by its XML, for
    a book that is read row by row tells of none."""
    sheet = book.worksheets[place]
    formulas, merged, hidden, rest = False, 0, 0, b""
    with book._archive.open(sheet._worksheet_path) as part:
        while block := part.read(BLOCK):
            block = rest + block
            formulas = formulas or _FORMULA.search(block) is not None
            end = block.rfind(b"<")  # a tag that is cut in two is looked at with the next block
            merged += len(_MERGED.findall(block, 0, max(end, 0)))
            hidden += len(_HIDDEN.findall(block, 0, max(end, 0)))
            rest = block[max(end, 0) :]
    return formulas, merged + len(_MERGED.findall(rest)), hidden + len(_HIDDEN.findall(rest))


def _without_result(name: str, data: bytes, place: int) -> list[str]:
    """The cells with a formula that no program has reckoned yet."""
    found = []
    with _workbook(name, data) as results, _workbook(name, data, results=False) as formulas:
        rows = (_numbered(name, book.worksheets[place], False) for book in (results, formulas))
        for (number, reckoned), (_, written) in zip(*rows, strict=True):
            for column, (result, cell) in enumerate(zip(reckoned, written, strict=True)):
                if cell.data_type == "f" and result.value is None:
                    found.append(f"{_letters(column)}{number}")
    return found


def _text(value: object) -> str:
    """A cell as a person would read it: 5 and not 5.0, dates as 2024-01-31."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.15g}"  # as many digits as Excel keeps
    if isinstance(value, dt.datetime):
        return str(value.date() if value.time() == dt.time() else value)
    return _unescaped(value) if isinstance(value, str) else str(value)


def _unescaped(text: str) -> str:
    """`_x000D_` and the like, which Excel writes for characters that XML does not hold."""
    from openpyxl.utils.escape import unescape

    return unescape(text)


def _letters(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(column + 1)


def _broken(name: str, error: Exception) -> FileError:
    return FileError(BROKEN, name=name, reason=reason(error))
