"""Excel's .xlsx: the sheet with the texts, as the text that Excel shows."""

import datetime as dt
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from attnviz.data.archives import weigh
from attnviz.data.files import BLOCK, File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.sheets import choose_sheet, refuse_giants
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError

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
    "(columns: {expected}). Give that column a name in the first row, or delete the cell."
)
TOO_MANY_ROWS = N_("{name} has a row beyond {limit:,}. Save it again in a spreadsheet program.")
FORMULAS = N_(
    "Formulas without a stored result: {count} (the first in cell {cell}). Their cells are empty: "
    "open the file in a spreadsheet program and save it."
)
MERGED = N_("Merged cells: {count}. Only the first row of each has its value.")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell[ /]")
_OLE = b"\xd0\xcf\x11\xe0"  # an old .xls file, and what an encrypted .xlsx is wrapped in


def read_xlsx(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """The rows below the first that is not blank, which is the header. Lines are row numbers."""
    file.refuse_empty()
    data = file.whole()
    if data.startswith(_OLE):
        raise FileError(PROTECTED, name=file.name)
    weigh(file, data)
    refuse_giants(file.name, data)
    with _workbook(file.name, data) as book:
        titles = [sheet.title for sheet in book.worksheets]
        place, said = choose_sheet(
            file.name, titles, reading.part, lambda i: _cells(file.name, book.worksheets[i])
        )
        header = _header(file.name, book.worksheets[place]) if titles else []
    notices = [*file.notices, *said]
    start = partial(_rows, file.name, data, place, len(header))
    stream = RowStream(file.name, header, "Excel", start, notices=notices, unit="row")
    if len(titles) > 1:
        stream.parts, stream.part = tuple(titles), titles[place]
    return stream


def _cells(name: str, sheet) -> Iterator[list[str]]:
    return (list(map(_text, values)) for _, values in _numbered(name, sheet))


def _header(name: str, sheet) -> list[str]:
    """The first row that holds anything, without the empty cells at its end; [] if none does."""
    for _, values in _numbered(name, sheet):
        cells = [_text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            return cells
    return []


def _rows(name: str, data: bytes, place: int, width: int, tell: Tell) -> Iterator[Row]:
    headed = False
    with _workbook(name, data) as book:
        for number, values in _numbered(name, book.worksheets[place]):
            row = tuple(map(_text, values))
            beyond = next((i for i in range(width, len(row)) if row[i].strip()), None)
            if not headed:
                headed = any(map(str.strip, row))
                if not headed:
                    yield number, ()
            elif beyond is not None:
                where = {"line": number, "cell": f"{_letters(beyond)}{number}"}
                raise FileError(BEYOND, name=name, expected=width, **where)
            else:
                yield number, (row + ("",) * width)[:width]
        formulas, merged = _marks(book, place)
    if formulas and (empty := _without_result(name, data, place)):
        tell(Notice(FORMULAS, {"count": len(empty), "cell": empty[0]}))
    if merged:
        tell(Notice(MERGED, {"count": merged}))


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
            if number > MAX_ROWS:
                raise FileError(TOO_MANY_ROWS, name=name, limit=MAX_ROWS)
            yield number, row
    except (FileError, GeneratorExit):
        raise
    except Exception as error:
        raise _broken(name, error) from error


def _marks(book, place: int) -> tuple[bool, int]:
    """Whether a sheet has formulas, and how many merged cells: by its XML, for neither is told."""
    sheet = book.worksheets[place]
    formulas, merged, rest = False, 0, b""
    with book._archive.open(sheet._worksheet_path) as part:
        while block := part.read(BLOCK):
            block = rest + block
            formulas = formulas or _FORMULA.search(block) is not None
            end = block.rfind(b"<")  # a tag that is cut in two is looked at with the next block
            merged += len(_MERGED.findall(block, 0, max(end, 0)))
            rest = block[max(end, 0) :]
    return formulas, merged + len(_MERGED.findall(rest))


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
    reason = " ".join(str(error).split())[:200].rstrip(". ") or type(error).__name__
    return FileError(BROKEN, name=name, reason=reason)
