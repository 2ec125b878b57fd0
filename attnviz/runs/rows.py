"""From somebody's file to a run's rows.parquet, in flat memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
Chunk = tuple[Sequence[int], list[tuple[str, ...]], Mapping[str, Sequence]]
"""The lines of some rows, their columns of text, and those of other kinds by name."""

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
    if len(stream.columns) > MAX_COLUMNS:
        raise FileError(TOO_WIDE, name=stream.name, limit=MAX_COLUMNS)
    return write_chunks(path, stream.columns, _chunks(stream, chunk), progress)


def write_chunks(
    path: Path,
    columns: Sequence[str],
    chunks: Iterable[Chunk],
    progress: Callable[[int], object] | None = None,
    more: Mapping[str, object] | None = None,
) -> Counted:
    """The same of chunks, each a row group. `more` are columns of other kinds: name → Arrow type,
    whose values stand at the end of each chunk."""
    import pyarrow as pa
    from pyarrow import parquet

    own = {f"c{place}": pa.string() for place in range(len(columns))}
    schema = pa.schema({"row": pa.int64(), "line": pa.int64()} | own | dict(more or {}))
    make_folder(path.parent)
    written, counts = 0, ValueCounts(columns)
    with (
        written_whole(path) as temporary,
        parquet.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        for lines, cells, others in chunks:
            rows = range(written, written + len(lines))
            held = [rows, lines, *cells, *(others[name] for name in more or ())]
            arrays = [pa.array(one, kind) for one, kind in zip(held, schema.types, strict=True)]
            table = pa.Table.from_arrays(arrays, schema=schema)
            writer.write_table(table, row_group_size=len(lines))
            counts.add(cells)
            written += len(lines)
            if progress is not None:
                progress(len(lines))
    return Counted(written, counts.found())


def _chunks(stream: RowStream, size: int) -> Iterator[Chunk]:
    """So many rows at a time."""
    rows = iter(stream)
    while part := list(islice(rows, size)):
        lines, cells = zip(*part, strict=True)
        yield lines, list(zip(*cells, strict=True)), {}


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
