"""The columns of a table as numbers or cells, and what they are called."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from attnviz.data import READERS, RowStream, header
from attnviz.data.decoding import Text, find_text
from attnviz.data.endings import CUT
from attnviz.data.files import File, go_on
from attnviz.data.reading import Reading
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError, Phrase
from attnviz.samples.cell_numbers import are_numbers, has_decimal_commas, is_missing, numbers
from attnviz.samples.sample_file import MAX_VALUES, TOO_MANY_VALUES
from attnviz.samples.table_roles import Column
from attnviz.samples.units import split_unit

OF_HEADERS = (header.NO_HEADER, header.NAMED)  # which name options that are of texts alone
CHUNK = 10_000  # rows that are turned into numbers at once
HEAD = 500  # rows by which columns are known to hold numbers
LONGEST_UNIT = 12  # characters

NO_NUMBER = N_(
    "Cells that are no number, read as missing: {count:,} (the first “{cell}”, {unit} {line})."
)
COMMAS = N_("Numbers were read with a decimal comma, as in “{example}”.")
NO_HEADER = N_("The first row holds numbers, so the columns have no names.")
UNITS = N_("Units stand in {unit} {line}, below the names.")
OTHER_NUMBERS = N_(
    "{name}, line {line}: other numbers than above: {found}, not {expected}. Write one step or one "
    "sample on each line."
)
NO_NUMBERS = N_(
    "{name}, line {line}: “{cell}” is no number. Write numbers that spaces part, or save a .csv."
)
ROWS = (N_("line"), N_("row"))  # what the `unit` of a `RowStream` may be
_NO_NAME = re.compile(r"column \d+( \(\d+\))?")  # what `attnviz.data.stream.unique` calls it
_BETWEEN = re.compile(r"\s*[,;]\s*|\s+")


@dataclass(frozen=True)
class Columns:
    """A table by columns: each (R,) float64 or R cells, with its name, and the line of each row.

    `unit` is what a row is called; `headed` says whether the columns have names of their own.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    unit: str = "line"
    headed: bool = True
    notices: tuple[Notice, ...] = ()


def columns_of(file: File) -> Columns:
    """The columns of a table; a row of units below the names goes to them: "I1 (A)"."""
    stream = _opened(file)
    head = stream.head(HEAD)
    cells = list(zip(*head.rows, strict=True))
    digits = [c for column in cells for c in column if any(map(str.isdigit, c))]
    commas = has_decimal_commas(digits, stream.delimiter)
    numeric = [are_numbers(column, commas) or all(map(is_missing, column)) for column in cells]
    columns, lines, said = _columns(stream, numeric, commas)
    names, units = _with_units(file, stream, numeric)
    unused = (header.EXTRA_ROWS, *OF_HEADERS) if units else OF_HEADERS
    notices = [*units, *(n for n in stream.notices if n.template not in unused), *said]
    if stream.header == 0:
        notices = [Notice(NO_HEADER), *notices]
    if commas:
        notices.append(Notice(COMMAS, {"example": next(c for c in digits if "," in c)}))
    headed = stream.header != 0
    return Columns(names, tuple(columns), tuple(lines), stream.unit, headed, tuple(notices))


def _opened(file: File) -> RowStream:
    """The rows of a table; without a header where its first row holds numbers like the others."""
    stream = READERS[file.ending](file, Reading())
    if len(stream.columns) == 1 and file.ending in CUT:  # commas in a .tsv, for example
        file = replace(file, ending=".csv")
        stream = READERS[file.ending](file, Reading())
    names = [name for name in stream.columns if not _NO_NAME.fullmatch(name)]
    # A name that stands twice is "0.5 (2)" then.
    found = [bare for name in names if _is_number(bare := name.partition(" (")[0])]
    numbered = [[str(n + first) for n in range(len(found))] for first in (0, 1)]
    if stream.header and 2 * len(found) > len(names) and found not in numbered:
        stream = READERS[file.ending](file, Reading(header=0))
    return stream


def _is_number(cell: str) -> bool:
    return are_numbers([cell]) or are_numbers([cell], commas=True)


def _with_units(
    file: File, stream: RowStream, numeric: Sequence[bool]
) -> tuple[tuple[str, ...], list[Notice]]:
    """The names with the units that stand in a row of their own below them, and what to say.

    The stream leaves such a row out as none of the data. Its cells are short and no numbers.
    """
    extra = next((n for n in stream.notices if n.template == header.EXTRA_ROWS), None)
    if extra is None or extra.values["count"] != 1:
        return stream.columns, []
    line = int(extra.values["lines"])
    head = READERS[file.ending](file, Reading(header=0)).head()
    cells = next((row for n, row in zip(head.lines, head.rows, strict=True) if n == line), ())
    plain = [split_unit(f"x {cell}")[1] or cell.strip() for cell in cells]
    if len(plain) != len(numeric) or any(_is_number(c) or len(c) > LONGEST_UNIT for c in plain):
        return stream.columns, []
    pairs = zip(stream.columns, plain, numeric, strict=True)
    names = tuple(f"{n} ({u})" if is_one and not is_missing(u) else n for n, u, is_one in pairs)
    return names, [Notice(UNITS, {"unit": Phrase(stream.unit), "line": line})]


def _columns(
    stream: RowStream, numeric: Sequence[bool], commas: bool
) -> tuple[list[Column], list[int], list[Notice]]:
    """Each column as numbers or as cells, the line of each row, and what was no number."""
    parts: list[list] = [[] for _ in numeric]
    lines: list[int] = []
    wrong, first = 0, {}
    for numbers_of_rows, rows in _chunks(stream):
        for place, column in enumerate(zip(*rows, strict=True)):
            if not numeric[place]:
                parts[place].extend(column)
                continue
            values, bad = numbers(column, commas)
            parts[place].append(values)
            wrong += len(bad)
            if bad and not first:
                first = {"cell": column[bad[0]][:40], "line": numbers_of_rows[bad[0]]}
        lines.extend(numbers_of_rows)
        if len(lines) * sum(numeric) > MAX_VALUES:
            raise FileError(TOO_MANY_VALUES, name=stream.name, limit=MAX_VALUES)
    columns = [
        np.concatenate(part) if is_numeric else part
        for part, is_numeric in zip(parts, numeric, strict=True)
    ]
    if not wrong:
        return columns, lines, []
    return (
        columns,
        lines,
        [Notice(NO_NUMBER, {"count": wrong, "unit": Phrase(stream.unit), **first})],
    )


def _chunks(stream: RowStream) -> Iterator[tuple[list[int], list[tuple[str, ...]]]]:
    lines, rows = [], []
    for line, cells in stream:
        lines.append(line)
        rows.append(cells)
        if len(rows) == CHUNK:
            go_on()
            yield lines, rows
            lines, rows = [], []
    if rows:
        yield lines, rows


# Numbers that spaces part, as `numpy.savetxt` and many instruments write them.


def plain_columns_of(file: File) -> Columns:
    """The columns of a text of numbers; the first line, or one behind "#" or "%", may name them."""
    text = find_text(file)
    names, rows, lines = [], [], []
    for number, line in enumerate(text.lines(), 1):
        line = line.strip()
        if not line:
            continue
        bare = line.lstrip("#% ")
        cells = _BETWEEN.split(bare.strip(" ,;"))
        if bare != line:
            names = cells if not rows else names
        elif not rows and not names and not any(map(_is_number, cells)):
            names = cells
        else:
            rows.append(_row(text, number, cells, len(rows[0]) if rows else None))
            lines.append(number)
            if len(rows) * len(rows[0]) > MAX_VALUES:
                raise FileError(TOO_MANY_VALUES, name=file.name, limit=MAX_VALUES)
    values = np.array(rows) if rows else np.empty((0, len(names)))
    headed = len(names) == values.shape[1] > 0
    if not headed:
        names = [f"column {n + 1}" for n in range(values.shape[1])]
    said = () if headed else (Notice(NO_HEADER),)
    columns, notices = tuple(values.T), (*text.notices, *said)
    return Columns(tuple(names), columns, tuple(lines), headed=headed, notices=notices)


def _row(text: Text, line: int, cells: Sequence[str], expected: int | None) -> np.ndarray:
    values, wrong = numbers(cells)
    if wrong:
        raise FileError(NO_NUMBERS, name=text.file.name, line=line, cell=cells[wrong[0]][:40])
    if expected is not None and len(cells) != expected:
        found = {"found": len(cells), "expected": expected}
        raise FileError(OTHER_NUMBERS, name=text.file.name, line=line, **found)
    return values
