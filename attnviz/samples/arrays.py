"""Arrays of NumPy, .npz and .npy: many series, films or pictures, or one. Nothing is unpickled."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.lib import format as npy

from attnviz.data.files import File
from attnviz.errors import N_, FileError, reason
from attnviz.samples.array_samples import NO_SAMPLES, samples_of
from attnviz.samples.sample_file import (
    MAX_BYTES_OF_PICTURES,
    MAX_VALUES,
    SAME_SPLIT,
    TOO_MANY_VALUES,
    SampleFile,
    SampleReading,
    choose_split,
)

BROKEN = N_(
    "{name} cannot be read as {ending}: {reason}. It may be cut off: copy or save it again."
)
PICKLED = N_(
    "{name}: {array} holds Python objects, which are never unpickled. Save it as an array of "
    "numbers: pad the series with NaN to one length, or save their lengths beside them as len."
)

ROLES = {
    **dict.fromkeys(("x", "data", "inputs", "input", "features", "values", "series"), "X"),
    **dict.fromkeys(("images", "frames", "videos", "films", "samples", "signals", "arr0"), "X"),
    **dict.fromkeys(("y", "label", "labels", "target", "targets"), "y"),
    **dict.fromkeys(("len", "length", "lengths", "lens"), "len"),
    **dict.fromkeys(("classes", "class_names", "label_names", "classnames"), "classes"),
    **dict.fromkeys(("channels", "channel_names", "columns", "feature_names"), "channels"),
    **dict.fromkeys(("names", "ids", "id"), "names"),
    **{name: name for name in ("times", "step", "step_unit", "marks", "mark_names")},
}
"""What arrays are called → what they hold."""

LARGEST_HEADER = 10_000  # characters; NumPy's own bound


@dataclass(frozen=True)
class _Array:
    """An array of a file before it is read."""

    key: str
    shape: tuple[int, ...]
    dtype: np.dtype


def read_npz(file: File, reading: SampleReading) -> SampleFile:
    """Samples under the usual names, in each part of the data if there are several.

    X (n, T, K), (n, T, h, w[, c]) or (n, h, w[, c]); y (n,) numbers or names; len (n,) steps that
    each sample has; classes (C,) names of the numbers in y; channels (K,); names (n,); times (T,)
    or (n, T); step and step_unit; marks (m, 3) of sample, first step, last step exclusive, and
    mark_names (m,). Each may end in _train, _test and so on. Other arrays are left alone.
    """
    data = file.whole()
    headers = _headers(file, data)
    parts, common = _parts(headers)
    split, said = choose_split(file.name, [name for name in parts if name], reading.split)
    chosen = {**common, **parts.get("", {}), **parts.get(split or "", {})}
    if "X" not in chosen:
        found = ", ".join(f"{h.key} {h.shape}" for h in headers.values()) or "—"
        raise FileError(NO_SAMPLES, name=file.name, found=found)
    for header in chosen.values():
        _refuse_giant(file, header)
    with _explained(file), np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        loaded = {role: arrays[header.key] for role, header in chosen.items()}
    splits = [name for name in parts if name]
    notices = [*file.notices, *said]
    keys = {role: header.key for role, header in chosen.items()}
    return samples_of(file, loaded, keys, reading, notices, splits=splits, split=split)


def read_npy(file: File, reading: SampleReading) -> SampleFile:
    """One array: a series (T,) or (T, K), or many samples in the shapes of `read_npz`."""
    choose_split(file.name, (), reading.split)
    data = file.whole()
    with _explained(file):
        _refuse_giant(file, _header("X", io.BytesIO(data)))
        values = np.load(io.BytesIO(data), allow_pickle=False)
    key = {"X": file.name}
    return samples_of(file, {"X": values}, key, reading, file.notices)


@contextmanager
def _explained(file: File) -> Iterator[None]:
    """Whatever NumPy and zipfile stumble over becomes one line."""
    try:
        yield
    except FileError:
        raise
    except Exception as error:
        values = {"ending": file.ending, "reason": reason(error)}
        raise FileError(BROKEN, name=file.name, **values) from error


def _headers(file: File, data: bytes) -> dict[str, _Array]:
    """Name → shape and kind of each array, before anything is unpacked."""
    found = {}
    with _explained(file), zipfile.ZipFile(io.BytesIO(data)) as packed:
        for item in packed.namelist():
            if item.endswith(".npy"):
                key = item.removesuffix(".npy")
                with packed.open(item) as stream:
                    found[key] = _header(key, stream)
    return found


def _header(key: str, stream) -> _Array:
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream, LARGEST_HEADER)
    return _Array(key, shape, dtype)


def _refuse_giant(file: File, header: _Array) -> None:
    if header.dtype.hasobject:
        raise FileError(PICKLED, name=file.name, array=header.key)
    limit = MAX_BYTES_OF_PICTURES if header.dtype == np.uint8 else MAX_VALUES
    if np.prod(header.shape, dtype=float) > limit:
        raise FileError(TOO_MANY_VALUES, name=file.name, limit=limit)


def _parts(headers: Mapping[str, _Array]) -> tuple[dict[str, dict], dict]:
    """Part of the data, "" for none → role → array; and what belongs to all parts."""
    parts, common = {}, {}
    for key, header in headers.items():
        role, split = _meaning(key)
        if role is None:
            continue
        place = parts.setdefault(split, {}) if role == "X" or split else common
        place.setdefault(role, header)
    return {name: part for name, part in parts.items() if "X" in part}, common


def _meaning(key: str) -> tuple[str | None, str]:
    """What an array holds by its name, and of which part: ("X", "train") of "XTrain"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", key).casefold()
    words = [word for word in re.split(r"[^a-z0-9]+", words) if word]
    splits = [word for word in words if word in SAME_SPLIT]
    rest = [word for word in words if word not in SAME_SPLIT]
    return ROLES.get("_".join(rest), ROLES.get("".join(rest))), splits[0] if splits else ""
