"""Files of series, sound, films, pictures and tagged texts, read as samples.

`read_samples` gives the samples of a file one after the other, `read_tagged` the texts of one whose
tokens have tags. What was guessed, converted or left out is said in the `notices` of what they
give. Nothing is unpickled, run, or written to disk.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from attnviz.data.archives import COMPRESSED, unpacked
from attnviz.data.endings import ARROW, CUT, JSON
from attnviz.data.files import MAX_BYTES, File, Source, opened
from attnviz.errors import N_, FileError
from attnviz.samples.arrays import read_npy, read_npz
from attnviz.samples.many_files import folder, read_collection, read_zip
from attnviz.samples.matching import matched
from attnviz.samples.matlab import read_mat
from attnviz.samples.monash import read_tsf
from attnviz.samples.pictures import FILMS, PICTURES, read_picture
from attnviz.samples.rates import resampled, spacing
from attnviz.samples.sample import Sample, Tagged
from attnviz.samples.sample_file import SampleFile, SampleReading
from attnviz.samples.sound import log_mel, read_wav
from attnviz.samples.tables import read_plain_samples, read_table_samples
from attnviz.samples.tagged import read_columns
from attnviz.samples.tagged_records import read_records, read_rows
from attnviz.samples.uea import read_arff, read_ts
from attnviz.samples.units import converted, split_unit
from attnviz.samples.video import VIDEOS, read_video

__all__ = [
    "SAMPLE_READERS",
    "TAGGED_READERS",
    "Sample",
    "SampleFile",
    "SampleReading",
    "Tagged",
    "converted",
    "log_mel",
    "matched",
    "read_samples",
    "read_tagged",
    "resampled",
    "spacing",
    "split_unit",
]

UNKNOWN = N_("{name} does not end in one of {known}. Save its samples as such a file.")
EMPTY = N_("{name} is empty. Choose a file that holds at least one sample.")

Reader = Callable[[File, SampleReading], SampleFile]


def read_samples(
    source: Source, name: str | None = None, *, max_bytes: int = MAX_BYTES, **reading
) -> SampleFile:
    """The series, sounds, films or pictures of a file: a path, or bytes with the upload's `name`.

    The name's ending picks the reader of `SAMPLE_READERS`; a packed file (.gz, .bz2, .xz) is what
    it holds, and a folder is read like a .zip. `reading` holds fields of `SampleReading`, such as
    `split`, which overrule what would be guessed. Raises `FileError` here or while one iterates.
    """
    return _opened(source, name, max_bytes, SampleReading(**reading), SAMPLE_READERS)


def read_tagged(
    source: Source, name: str | None = None, *, max_bytes: int = MAX_BYTES, **reading
) -> SampleFile:
    """The tagged texts of a file, each a `Tagged`; by the readers of `TAGGED_READERS`.

    As `read_samples` else; `tags` names the column or key that holds the tags.
    """
    return _opened(source, name, max_bytes, SampleReading(**reading), TAGGED_READERS)


def _opened(
    source: Source,
    name: str | None,
    max_bytes: int,
    reading: SampleReading,
    readers: Mapping[str, Reader],
) -> SampleFile:
    read = partial(_read, readers=readers)
    if not isinstance(source, bytes) and Path(source).is_dir():
        path = Path(source)
        found = folder(path, max_bytes)
        return read_collection(found, path.name, reading, read=read, known=tuple(readers))
    name = Path(source).name if name is None else name
    _reader(name, Path(name).suffix.lower(), readers)  # so no other file is opened
    return read(opened(source, name, max_bytes, bounded=True), reading)


def _read(file: File, reading: SampleReading, *, readers: Mapping[str, Reader]) -> SampleFile:
    if file.ending in COMPRESSED:
        return _read(unpacked(file), reading, readers=readers)
    read = _reader(file.name, file.ending, readers)
    if not file.start(1):
        raise FileError(EMPTY, name=file.name)
    return read(file, reading)


def _reader(name: str, ending: str, readers: Mapping[str, Reader]):
    if ending in COMPRESSED:
        return unpacked
    if ending not in readers:
        raise FileError(UNKNOWN, name=name, known=", ".join(readers))
    return readers[ending]


def _zipped(file: File, reading: SampleReading) -> SampleFile:
    read = partial(_read, readers=SAMPLE_READERS)
    return read_zip(file, reading, read=read, known=tuple(SAMPLE_READERS))


def _zipped_texts(file: File, reading: SampleReading) -> SampleFile:
    read = partial(_read, readers=TAGGED_READERS)
    return read_zip(file, reading, read=read, known=tuple(TAGGED_READERS))


# A file and a `SampleReading` → its samples. One row is a new format, on the pages too.
SAMPLE_READERS = {
    ".npz": read_npz,
    ".npy": read_npy,
    **dict.fromkeys((*CUT, ".parquet", *ARROW, ".xlsx"), read_table_samples),
    **dict.fromkeys((".txt", ".dat", ".asc"), read_plain_samples),
    ".ts": read_ts,
    ".arff": read_arff,
    ".tsf": read_tsf,
    ".mat": read_mat,
    ".wav": read_wav,
    **dict.fromkeys((*PICTURES, *FILMS), read_picture),
    **dict.fromkeys(VIDEOS, read_video),
    ".zip": _zipped,
}

# The same for texts whose tokens have tags.
TAGGED_READERS = {
    **dict.fromkeys((".conllu", ".conll", ".bio", ".bmes", ".iob", ".txt", ".tsv"), read_columns),
    **dict.fromkeys(JSON[:-1], read_records),
    **dict.fromkeys((".parquet", *ARROW), read_rows),
    ".zip": _zipped_texts,
}
