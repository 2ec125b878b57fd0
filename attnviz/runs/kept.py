"""The rows that a run keeps, as a reader gives them: for another model to read the same file."""

from collections.abc import Iterator

from attnviz.data import Reading, RowStream
from attnviz.data.stream import Row
from attnviz.runs.run import Run


def kept_rows(run: Run) -> RowStream:
    """The rows of a run's file, with their lines there; the file itself may be gone."""
    about = run.about
    names = [f"c{number}" for number in range(len(about.columns))]

    def start(tell) -> Iterator[Row]:
        from pyarrow import parquet

        with run.reading(), parquet.ParquetFile(run.rows_path) as file:
            for batch in file.iter_batches(columns=["line", *names]):
                cells = [batch[name].to_pylist() for name in names]
                for line, *row in zip(batch["line"].to_pylist(), *cells, strict=True):
                    yield line, tuple(cell or "" for cell in row)

    stream = RowStream(about.file, about.columns, about.encoding, start, delimiter=about.delimiter)
    stream.reading = Reading(**about.reading)
    return stream
