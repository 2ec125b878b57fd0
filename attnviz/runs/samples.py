"""Samples as a run keeps them: in one column of rows.parquet, beside those of text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attnviz.runs.rows import Counted, write_chunks
from attnviz.runs.run import Run
from attnviz.runs.schema import CHUNK
from attnviz.samples import Sample, SampleFile

COLUMN = "sample"  # of rows.parquet
LARGEST_CHUNK = 64_000_000  # bytes of values that are in memory at once

KindRow = tuple[int, tuple[str, ...], Sample]  # number in the file, cells, the sample itself


def sample_type():
    """The Arrow type of `COLUMN`: values as bytes, and what is needed to read them."""
    import pyarrow as pa

    mark = pa.struct([("first", pa.int32()), ("last", pa.int32()), ("what", pa.string())])
    return pa.struct(
        [
            ("values", pa.binary()),
            ("dtype", pa.string()),
            ("shape", pa.list_(pa.int32())),
            ("label", pa.string()),
            ("name", pa.string()),
            ("channels", pa.list_(pa.string())),
            ("times", pa.list_(pa.string())),
            ("step", pa.float64()),
            ("step_unit", pa.string()),
            ("marks", pa.list_(mark)),
        ]
    )


def packed(sample: Sample) -> dict:
    """What `unpacked` reads back."""
    values = np.ascontiguousarray(sample.values)
    marks = [{"first": first, "last": last, "what": what} for first, last, what in sample.marks]
    return {
        "values": values.tobytes(),
        "dtype": values.dtype.str,
        "shape": list(values.shape),
        **{name: getattr(sample, name) for name in ("label", "name", "step", "step_unit")},
        **{name: list(getattr(sample, name)) for name in ("channels", "times")},
        "marks": marks,
    }


def unpacked(found: dict) -> Sample:
    """A sample whose values are read-only."""
    values = np.frombuffer(found["values"], np.dtype(found["dtype"])).reshape(found["shape"])
    return Sample(
        values,
        **{name: found[name] for name in ("label", "name", "step", "step_unit")},
        **{name: tuple(found[name]) for name in ("channels", "times")},
        marks=tuple((mark["first"], mark["last"], mark["what"]) for mark in found["marks"]),
    )


@dataclass
class SampleRows:
    """Rows of samples on their way into rows.parquet, and how they were cut into chunks.

    A chunk holds at most `CHUNK` samples and `LARGEST_CHUNK` bytes of values, but one sample at
    least; `chunks` has their lengths when all are written.
    """

    columns: tuple[str, ...]
    rows: Iterable[KindRow]
    chunks: tuple[int, ...] = ()

    def write(self, path: Path, progress=None) -> Counted:
        """As `attnviz.runs.rows.write_rows`, with the column of the samples."""
        return write_chunks(path, self.columns, self._cut(), progress, {COLUMN: sample_type()})

    def _cut(self) -> Iterator[tuple[tuple, list[tuple[str, ...]], dict[str, list]]]:
        part, size = [], 0
        for row in self.rows:
            weight = row[2].values.nbytes
            if part and (len(part) == CHUNK or size + weight > LARGEST_CHUNK):
                yield self._chunk(part)
                part, size = [], 0
            part.append(row)
            size += weight
        if part:
            yield self._chunk(part)

    def _chunk(self, part: Sequence[KindRow]) -> tuple:
        self.chunks += (len(part),)
        lines, cells, samples = zip(*part, strict=True)
        return lines, list(zip(*cells, strict=True)), {COLUMN: list(map(packed, samples))}


def read_sample_chunk(run: Run, number: int) -> tuple[list[int], list[Sample]]:
    """Numbers and samples of one chunk of a run."""
    from pyarrow import parquet

    with run.reading(), parquet.ParquetFile(run.rows_path) as file:
        table = file.read_row_group(number, columns=["row", COLUMN])
    return table["row"].to_pylist(), list(map(unpacked, table[COLUMN].to_pylist()))


def samples_at(run: Run, rows: Sequence[int]) -> list[Sample]:
    """The samples in these rows, in their order; only their chunks are read.

    Raises `FileError` where the run's files are damaged, and `IndexError` for no row of it.
    """
    import pyarrow.compute as compute
    from pyarrow import parquet

    ends = np.cumsum(run.about.lengths)
    found = {}
    with run.reading(), parquet.ParquetFile(run.rows_path) as file:
        for number in sorted({int(np.searchsorted(ends, row, "right")) for row in rows}):
            table = file.read_row_group(number, columns=["row", COLUMN])
            chosen = table.filter(compute.is_in(table["row"], _numbers(rows)))
            pairs = zip(chosen["row"].to_pylist(), chosen[COLUMN].to_pylist(), strict=True)
            found |= {row: unpacked(sample) for row, sample in pairs}
    return [found[row] for row in rows]


def _numbers(rows: Sequence[int]):
    import pyarrow as pa

    return pa.array(list(map(int, rows)), pa.int64())


def kept_samples(run: Run) -> SampleFile:
    """The samples of a run, for another model to read the same file; the file may be gone."""
    kind = {"series": "series", "frames": "films"}.get(run.about.input, "pictures")

    def start(tell) -> Iterator[Sample]:
        for number in range(run.parts):
            yield from read_sample_chunk(run, number)[1]

    first = samples_at(run, [0])[0]
    about = {"channels": first.channels, "step": first.step, "step_unit": first.step_unit}
    split = run.about.reading.get("split")
    return SampleFile(run.about.file, kind, start, split=split, **about)
