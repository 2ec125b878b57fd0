"""A table of a run as a file that spreadsheets and programs open: CSV, XLSX, Parquet."""

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import ne
from pathlib import Path

from attnviz.data import Notice
from attnviz.data.guards import guarded
from attnviz.errors import N_, FileError
from attnviz.writing import temporary_path

CELL = 32_767  # characters of a cell in Excel
SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384

CELLS_CUT = N_(
    "Cells cut to the {most} characters that a spreadsheet holds: {count} (the first in row {row})."
)
ROWS_LEFT_OUT = N_("A spreadsheet holds {most} rows. Left out at the end: {count}. Take CSV.")
TOO_WIDE = N_("A spreadsheet holds {most} columns, and these are {count}. Take CSV or Parquet.")


@dataclass
class Sheet:
    """What a writer is given: names and types of the columns, their values batch after batch.

    `kinds` are Arrow's names of types. A batch is a list of columns of equal length, each a list
    of strings, numbers or None. What did not fit is told in `notices`, and in `apostrophes` how
    many cells were `guarded`.
    """

    names: list[str]
    kinds: list[str]
    batches: Iterable[list[list]]
    notices: list[Notice] = field(default_factory=list)
    apostrophes: int = 0


def _write_csv(sheet: Sheet, path: Path) -> int:
    """UTF-8 with a byte order mark, for Excel; no cell is a formula (`guarded`)."""
    rows = 0
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(guarded, sheet.names))
        for batch in sheet.batches:
            plain_cells = [
                [_csv_cell(value, kind) for value in values]
                for values, kind in zip(batch, sheet.kinds, strict=True)
            ]
            cells = [list(map(guarded, column)) for column in plain_cells]
            sheet.apostrophes += sum(
                sum(map(ne, *columns)) for columns in zip(cells, plain_cells, strict=True)
            )
            writer.writerows(zip(*cells, strict=True))
            rows += len(batch[0])
    return rows


def _csv_cell(value: object, kind: str) -> str:
    if value is None:
        return ""
    return f"{value:.6f}" if kind == "float32" else str(value)


def _write_xlsx(sheet: Sheet, path: Path) -> int:
    """Strings are written as strings, whatever they begin with; a row is on disk when the next
    begins."""
    if len(sheet.names) > SHEET_COLUMNS:
        raise FileError(TOO_WIDE, most=f"{SHEET_COLUMNS:,}", count=f"{len(sheet.names):,}")
    cut, rows, left_out = [], 0, 0
    with _workbook(path) as book:
        page = book.add_worksheet("attnviz")
        page.freeze_panes(1, 0)
        for place, name in enumerate(sheet.names):
            page.write_string(0, place, name[:CELL])
        for batch in sheet.batches:
            for cells in zip(*batch, strict=True):
                if rows + 1 >= SHEET_ROWS:
                    left_out += 1
                    continue
                rows += 1
                cut += [rows + 1] * _write_cells(page, rows, cells, sheet.kinds)
    if cut:
        values = {"most": f"{CELL:,}", "count": f"{len(cut):,}", "row": f"{cut[0]:,}"}
        sheet.notices.append(Notice(CELLS_CUT, values))
    if left_out:
        values = {"most": f"{SHEET_ROWS:,}", "count": f"{left_out:,}"}
        sheet.notices.append(Notice(ROWS_LEFT_OUT, values))
    return rows


@contextmanager
def _workbook(path: Path) -> Iterator:
    """A workbook, written when all is well; its parts lie beside it, and go in any case.

    Raises `OSError` where it cannot be written, which the library calls by other names.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import XlsxFileError

    parts = temporary_path(path)
    parts.mkdir()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with Workbook(str(path), {**options, "tmpdir": str(parts)}) as book:
            yield book
    except XlsxFileError as error:
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else None
        raise OSError(*(cause.args if cause else error.args)) from error
    finally:
        shutil.rmtree(parts, ignore_errors=True)


def _write_cells(page, row: int, cells: Iterable, kinds: Sequence[str]) -> int:
    """Returns how many cells were too long."""
    cut = 0
    for place, (value, kind) in enumerate(zip(cells, kinds, strict=True)):
        if value is None or value == "":
            continue
        if kind == "string":
            value = value.replace("\r\n", "\n")  # as Excel breaks lines in a cell
            cut += len(value) > CELL
            page.write_string(row, place, value[:CELL])
        else:
            page.write_number(row, place, value)
    return cut


def _write_parquet(sheet: Sheet, path: Path) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = [pa.type_for_alias(kind) for kind in sheet.kinds]
    schema = pa.schema(list(zip(sheet.names, kinds, strict=True)))
    rows = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in sheet.batches:
            arrays = [pa.array(values, kind) for values, kind in zip(batch, kinds, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            rows += len(batch[0])
    return rows


EXPORTS = {"csv": _write_csv, "xlsx": _write_xlsx, "parquet": _write_parquet}
"""Ending of the file → what writes it."""
GUARDED = ("csv",)
"""Those in which a cell may have an apostrophe in front."""
