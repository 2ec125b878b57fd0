"""Tables of series: .csv, .tsv, .parquet, .xlsx; a step in each row, or a sample in each."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from attnviz.data import READERS, RowStream, header
from attnviz.data.files import File, go_on
from attnviz.data.reading import Reading
from attnviz.data.table import Notice, listed
from attnviz.errors import N_, FileError, Phrase
from attnviz.samples.cell_numbers import are_numbers, has_decimal_commas, is_missing, numbers
from attnviz.samples.long_tables import long_samples
from attnviz.samples.sample_file import (
    MAX_VALUES,
    TOO_MANY_VALUES,
    SampleFile,
    SampleReading,
    choose_split,
)
from attnviz.samples.table_roles import Column, find_roles
from attnviz.samples.wide_tables import find_wide, wide_samples

OF_HEADERS = (header.NO_HEADER, header.NAMED)  # which name options that are of texts alone
CHUNK = 10_000  # rows that are turned into numbers at once
HEAD = 500  # rows by which columns are known to hold numbers

NO_NUMBERS = N_(
    "{name} has no column of numbers over time; its columns are: {columns}. Give each channel a "
    "column with a number in each row."
)
TEXTS = N_(
    "{name} is a table of texts and no series: the column “{column}”. Choose a model of texts for "
    "it, or a file with a column of numbers for each channel."
)
NO_NUMBER = N_(
    "Cells that are no number, read as missing: {count:,} (the first “{cell}”, {unit} {line})."
)
COMMAS = N_("Numbers were read with a decimal comma, as in “{example}”.")
_NO_NAME = re.compile(r"column \d+( \(\d+\))?")  # what `attnviz.data.stream.unique` calls it
ROWS = (N_("line"), N_("row"))  # what the `unit` of a `RowStream` may be
NO_HEADER = N_("The first row holds numbers, so the columns have no names.")


def read_table_samples(file: File, reading: SampleReading) -> SampleFile:
    """The series of a table.

    Long: one step a row, a column for each channel, with or without a time column, a column that
    names the sample and one with its class. Wide: one sample a row, its columns numbered: I1_0,
    I1_1, … Raises `FileError` where no column holds numbers.
    """
    choose_split(file.name, (), reading.split)
    stream = _opened(file)
    head = stream.head(HEAD)
    cells = list(zip(*head.rows, strict=True))
    commas = has_decimal_commas(
        [c for column in cells for c in column if _digits(c)], stream.delimiter
    )
    numeric = [are_numbers(column, commas) or all(map(is_missing, column)) for column in cells]
    columns, lines, said = _columns(stream, numeric, commas)
    notices = [*(n for n in stream.notices if n.template not in OF_HEADERS), *said]
    if stream.header == 0:
        notices = [Notice(NO_HEADER), *notices]
    if commas:
        example = next(c for column in cells for c in column if "," in c and _digits(c))
        notices.append(Notice(COMMAS, {"example": example}))
    names = stream.columns
    wide = find_wide(names, columns, headed=stream.header != 0, layout=reading.layout)
    if wide is not None:
        return wide_samples(file.name, stream.unit, wide, columns, lines, notices)
    roles = find_roles(names, columns)
    if roles.prose and roles.time is None:
        prose = next(p for p in roles.left_out)
        raise FileError(TEXTS, name=file.name, column=names[prose])
    if not roles.channels:
        raise FileError(NO_NUMBERS, name=file.name, columns=listed(names))
    return long_samples(file.name, names, columns, roles, notices)


def _digits(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _opened(file: File) -> RowStream:
    """The rows of a table; without a header where its first row holds numbers like the others."""
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
    said = (
        [Notice(NO_NUMBER, {"count": wrong, "unit": Phrase(stream.unit), **first})] if wrong else []
    )
    return columns, lines, said


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
