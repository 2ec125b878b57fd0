"""MATLAB's .mat files up to version 7: a cell array of sequences, or an array of numbers.

The container of version 5 to 7: "MAT-File Format", The MathWorks. Objects in it are not read.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from attnviz.data.files import BLOCK, File, go_on
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError, reason
from attnviz.samples.array_samples import samples_of
from attnviz.samples.cell_numbers import has_fractions
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import (
    SAME_SPLIT,
    SampleFile,
    SampleReading,
    choose_split,
    numbered_channels,
    trimmed,
)

NEWER = N_("{name} is of MATLAB's version 7.3, which is HDF5. Save it with save(…, '-v7').")
BROKEN = N_("{name} cannot be read as a .mat file: {reason}. Save it again with save(…, '-v7').")
BOMB = N_("{name} unpacks to more than {limit:,} bytes. Save fewer sequences in a file.")
OBJECTS = N_(
    "{name} holds a categorical, table, string or another object of MATLAB, which cannot be read "
    "outside it: {found}. Save labels as cellstr(labels) and tables as table2array(T)."
)
NO_SEQUENCES = N_(
    "{name} holds no numbers over time: a cell array of sequences, or an array. It has: {found}."
)
CELLS = N_("{key}: a cell array of {count:,}, each read as {axes}.")
AS_IS = N_("time × channels")
TURNED = N_("channels × time")
LABELS = N_("Classes: the variable “{key}”.")
UNLIKE = N_("{name}: the sequences of {key} have different numbers of channels: {found}.")
ANOTHER = N_("Other variables of numbers, not read: {keys}.")

MAX_UNPACKED = 1_000_000_000  # bytes of all variables
COMPRESSED = 15  # the type of an element whose contents are compressed (table 1-1)
LABEL = re.compile(r"(?i)label|class|categor|target|^[yt]|resp|f_nv")


def read_mat(file: File, reading: SampleReading) -> SampleFile:
    """Sequences and their classes.

    A cell array of matrices, channels × time as MATLAB's toolbox has them or time × channels, told
    apart by which side is the same in all; beside it labels, as cellstr, characters or numbers. An
    array (time, channels) is one series; one of three axes holds many. Raises `FileError` for
    version 7.3, for a `categorical` and other objects, and where no numbers are.
    """
    data = file.whole()
    if data[:10] == b"MATLAB 7.3" or data[:4] == b"\x89HDF" or data[512:516] == b"\x89HDF":
        raise FileError(NEWER, name=file.name)
    _weigh(file, data)
    found = _loaded(file, data)
    cells = {k: v for k, v in found.items() if _is_sequences(v)}
    arrays = {k: v for k, v in found.items() if v.dtype.kind in "fiub" and v.ndim >= 2}
    parts = {key: _split_of(key) for key in (cells or arrays)}
    splits = [split for split in dict.fromkeys(parts.values()) if split]
    split, said = choose_split(file.name, splits, reading.split)
    notices = [*file.notices, *said]
    options = {"splits": splits, "split": split}
    if cells:
        keys = [key for key in cells if parts[key] == (split or "")] or list(cells)
        key = max(keys, key=lambda k: sum(c.size for c in cells[k].ravel()))
        return _of_cells(file, key, cells[key].ravel(), found, notices, options)
    large = {k: v for k, v in arrays.items() if v.shape.count(1) < v.ndim - 1 or v.size > 8}
    if not large:
        listed = ", ".join(f"{key} {value.shape}" for key, value in found.items()) or "—"
        raise FileError(NO_SEQUENCES, name=file.name, found=listed)
    keys = [key for key in large if parts[key] == (split or "")] or list(large)
    return _of_array(file, max(keys, key=lambda k: large[k].size), found, reading, notices, options)


def _weigh(file: File, data: bytes) -> None:
    """`FileError` for a file that unpacks to more than memory holds, before it is read."""
    order, place, total = "<" if data[126:128] == b"IM" else ">", 128, 0
    while place + 8 <= len(data):
        kind, size = struct.unpack(f"{order}II", data[place : place + 8])
        place += 8
        if kind == COMPRESSED:
            unpack = zlib.decompressobj()
            rest = data[place : place + size]
            while rest and not unpack.eof:
                go_on()
                try:
                    total += len(unpack.decompress(rest, BLOCK))
                except zlib.error:
                    return  # said by whoever reads it
                rest = unpack.unconsumed_tail
                if total > MAX_UNPACKED:
                    raise FileError(BOMB, name=file.name, limit=MAX_UNPACKED)
        place += size


def _loaded(file: File, data: bytes) -> dict[str, np.ndarray]:
    """Name → value of each variable."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatlabFunction, MatlabOpaque

    try:
        found = loadmat(io.BytesIO(data), chars_as_strings=True)
    except NotImplementedError as error:
        raise FileError(NEWER, name=file.name) from error
    except Exception as error:  # of whatever its parser stumbles over
        raise FileError(BROKEN, name=file.name, reason=reason(error)) from error
    odd = [k for k, v in found.items() if isinstance(v, MatlabOpaque | MatlabFunction)]
    if odd:
        listed = ", ".join(key for key in odd if key != "None") or "—"
        raise FileError(OBJECTS, name=file.name, found=listed)
    return {k: v for k, v in found.items() if not k.startswith("__") and isinstance(v, np.ndarray)}


def _is_sequences(value: np.ndarray) -> bool:
    return (
        value.dtype == object
        and value.size > 0
        and all(
            isinstance(c, np.ndarray) and c.ndim == 2 and c.dtype.kind in "fiu" and c.size
            for c in value.ravel()
        )
    )


def _split_of(key: str) -> str:
    """Of which part of the data a variable is: "train" of "XTrain"."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", key)
    return next((word for word in map(str.casefold, words) if word in SAME_SPLIT), "")


def _of_cells(
    file: File,
    key: str,
    sequences: Sequence[np.ndarray],
    found: Mapping[str, np.ndarray],
    notices: list[Notice],
    options: Mapping[str, object],
) -> SampleFile:
    rows, columns = {c.shape[0] for c in sequences}, {c.shape[1] for c in sequences}
    same_rows, same_columns = len(rows) == 1, len(columns) == 1
    if not same_rows and not same_columns:
        numbers = ", ".join(map(str, sorted(rows)[:8]))
        raise FileError(UNLIKE, name=file.name, key=key, found=numbers)
    # Where both sides are the same in all, series are longer than they have channels.
    turned = same_rows and (not same_columns or sequences[0].shape[0] < sequences[0].shape[1])
    series = [c.T if turned else c for c in sequences]
    values = {"key": key, "count": len(series), "axes": Notice(TURNED if turned else AS_IS)}
    notices = [*notices, Notice(CELLS, values)]
    labels, said = _labels(found, key, len(series))
    channels = numbered_channels(series[0].shape[1])

    def start(tell: Tell) -> Iterator[Sample]:
        for place, (values, label) in enumerate(zip(series, labels, strict=True), 1):
            yield Sample(trimmed(values.astype(float)), label, f"{key}{{{place}}}", channels)

    notices += said
    return SampleFile(file.name, "series", start, channels=channels, notices=notices, **options)


def _of_array(
    file: File,
    key: str,
    found: Mapping[str, np.ndarray],
    reading: SampleReading,
    notices: list[Notice],
    options: Mapping[str, object],
) -> SampleFile:
    """An array of numbers, in the shapes of `array_samples`; one of two axes is one series, unless
    another variable has a class for each of its rows."""
    array = found[key]
    if array.ndim == 2 and 1 in array.shape:
        array = array.reshape(-1, 1)
    arrays = {"X": array}
    if array.ndim > 2 or len(array) > 1:
        labels, said = _labels(found, key, len(array))
        if any(labels):
            arrays["y"] = np.array(labels)
            notices = [*notices, *said]
    keys = {"X": key, "y": "y"}
    others = [k for k, v in found.items() if k != key and v.dtype.kind in "fiu" and v.size > 1]
    if others and "y" not in arrays:
        notices = [*notices, Notice(ANOTHER, {"keys": ", ".join(others)})]
    return samples_of(file, arrays, keys, reading, notices, **options)


def _labels(
    found: Mapping[str, np.ndarray], key: str, count: int
) -> tuple[list[str | None], list[Notice]]:
    """A class for each of so many sequences, from the variable that is called so, else any."""
    fitting = {k: words for k, v in found.items() if k != key and (words := _words(v, count))}
    same = [k for k in fitting if _split_of(k) == _split_of(key)]
    named = [k for k in same or fitting if LABEL.search(k)]
    chosen = next(iter([*named, *same, *fitting]), None)
    if chosen is None:
        return [None] * count, []
    return fitting[chosen], [Notice(LABELS, {"key": chosen})]


def _words(value: np.ndarray, count: int) -> list[str] | None:
    """The entries of a variable as words, if it has so many; None else."""
    if value.dtype == object and value.size == count:
        cells = [np.asarray(cell).ravel() for cell in value.ravel()]
        if all(cell.size == 1 and cell.dtype.kind in "Ufiu" for cell in cells):
            return [_word(cell[0]) for cell in cells]
    if value.dtype.kind == "U" and value.size == count:  # a matrix of characters, a row a label
        return [str(row).strip() for row in value.ravel()]
    whole = value.dtype.kind in "fiub" and value.size == count and count > 1
    if whole and value.ndim == 2 and 1 in value.shape and not has_fractions(value):
        return [_word(number) for number in value.ravel()]
    return None


def _word(value: object) -> str:
    return str(value).strip() if isinstance(value, str) else f"{float(value):g}"
