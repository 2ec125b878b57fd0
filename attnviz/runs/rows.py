"""From somebody's file to a run's rows.parquet, in flat memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from attnviz.data import RowStream
from attnviz.data.no_texts import texts_alone
from attnviz.data.peek import ValueCounts
from attnviz.errors import N_, FileError
from attnviz.runs.about import About
from attnviz.runs.schema import CHUNK
from attnviz.writing import make_folder, written_whole

MAX_COLUMNS = 2_000

TOO_WIDE = N_("{name} has more than {limit:,} columns. Leave out those that nobody will look at.")


@dataclass(frozen=True)
class Counted:
    """What was written: how many rows, and for each column with few values how often each occurs.

    A column of more than 1,000 different values, or of long ones, is left out. Values are without
    spaces around them, as questions to a run compare them.
    """

    rows: int
    values: Mapping[str, Mapping[str, int]] = field(hash=False)


def write_rows(
    stream: RowStream,
    path: Path,
    *,
    chunk: int = CHUNK,
    progress: Callable[[int], object] | None = None,
) -> Counted:
    """Write the rows as the Parquet file of a run: row, line, c0, c1, …; whole or not at all.

    Row groups hold `chunk` rows, so that each chunk of scores reads one. `progress` gets how many
    rows were added; what it raises ends the writing, and nothing is left. Raises `FileError` where
    the file is broken.
    """
    import pyarrow as pa
    from pyarrow import parquet

    if len(stream.columns) > MAX_COLUMNS:
        raise FileError(TOO_WIDE, name=stream.name, limit=MAX_COLUMNS)
    names = [f"c{place}" for place in range(len(stream.columns))]
    schema = pa.schema(
        [("row", pa.int64()), ("line", pa.int64()), *((name, pa.string()) for name in names)]
    )
    make_folder(path.parent)
    written, counts = 0, ValueCounts(stream.columns)
    with (
        written_whole(path) as temporary,
        parquet.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        for lines, cells in _chunks(stream, chunk):
            rows = range(written, written + len(lines))
            columns = [pa.array(column, pa.string()) for column in cells]
            arrays = [pa.array(rows, pa.int64()), pa.array(lines, pa.int64()), *columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=chunk)
            counts.add(cells)
            written += len(lines)
            if progress is not None:
                progress(len(lines))
    return Counted(written, counts.found())


def _chunks(stream: RowStream, size: int) -> Iterator[tuple[tuple, list[tuple[str, ...]]]]:
    """The lines and the columns of so many rows at a time."""
    rows = iter(stream)
    while part := list(islice(rows, size)):
        lines, cells = zip(*part, strict=True)
        yield lines, list(zip(*cells, strict=True))


def text_cell(about: About) -> str:
    """The name that the text column has in rows.parquet."""
    return f"c{about.columns.index(about.text_column)}"


def read_chunk(rows, cell: str, number: int) -> tuple[list[int], list[str]]:
    """Numbers and texts of one chunk of rows.parquet, a path or an open file.

    What only marks a missing text, as "[deleted]", is no text, and so empty.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(rows) as file:
        table = file.read_row_group(number, columns=["row", cell])
    return table["row"].to_pylist(), texts_alone(text or "" for text in table[cell].to_pylist())
