"""Files of series, sound, films, pictures and tagged texts, read as samples.

`read_samples` gives the samples of a file one after the other, `read_tagged` the texts of one whose
tokens have tags. What was guessed, converted or left out is said in the `notices` of what they
give. Nothing is unpickled, run, or written to disk.
"""

from pathlib import Path

from attnviz.data.archives import COMPRESSED, unpacked
from attnviz.data.endings import ARROW, CUT
from attnviz.data.files import MAX_BYTES, File, Source, opened
from attnviz.errors import N_, FileError
from attnviz.samples.arrays import read_npy, read_npz
from attnviz.samples.matlab import read_mat
from attnviz.samples.sample import Sample, Tagged
from attnviz.samples.sample_file import SampleFile, SampleReading
from attnviz.samples.tables import read_table_samples
from attnviz.samples.uea import read_arff, read_ts

__all__ = [
    "SAMPLE_READERS",
    "Sample",
    "SampleFile",
    "SampleReading",
    "Tagged",
    "read_samples",
]

UNKNOWN = N_("{name} does not end in one of {known}. Save its samples as such a file.")
EMPTY = N_("{name} is empty. Choose a file that holds at least one sample.")


def read_samples(
    source: Source, name: str | None = None, *, max_bytes: int = MAX_BYTES, **reading
) -> SampleFile:
    """The samples of a file: a path, or bytes with the `name` of the upload.

    The name's ending picks the reader of `SAMPLE_READERS`; a packed file (.gz, .bz2, .xz) is what
    it holds. `reading` holds fields of `SampleReading`, such as `split`, which overrule what would
    be guessed. Raises `FileError` here or while one iterates.
    """
    name = Path(source).name if name is None else name
    _reader(name, Path(name).suffix.lower())  # so no other file is opened
    return _read(opened(source, name, max_bytes, bounded=True), SampleReading(**reading))


def _read(file: File, reading: SampleReading) -> SampleFile:
    if file.ending in COMPRESSED:
        return _read(unpacked(file), reading)
    read = _reader(file.name, file.ending)
    if not file.start(1):
        raise FileError(EMPTY, name=file.name)
    return read(file, reading)


def _reader(name: str, ending: str):
    if ending in COMPRESSED:
        return unpacked
    if ending not in SAMPLE_READERS:
        raise FileError(UNKNOWN, name=name, known=", ".join(SAMPLE_READERS))
    return SAMPLE_READERS[ending]


# A file and a `SampleReading` → its samples. One row is a new format, on the pages too.
SAMPLE_READERS = {
    ".npz": read_npz,
    ".npy": read_npy,
    **dict.fromkeys((*CUT, ".parquet", *ARROW, ".xlsx"), read_table_samples),
    ".ts": read_ts,
    ".arff": read_arff,
    ".mat": read_mat,
}
