"""Files from outside: regular ones, up to a size, whatever lies in their place."""

import json
import os
import stat
from pathlib import Path

from attnviz.errors import ModelFolderError

MB = 1_000_000
MOST_HEADER = 10 * MB  # of a safetensors file; a network of ours has some dozens of weights


def read_file(path: Path, most: int) -> bytes:
    """All of a regular file of at most so many bytes; a pipe or a device is never opened.

    Raises
    ------
    OSError
        If it is missing or cannot be read.
    ModelFolderError
        If it is something else than a file, or larger.
    """
    _check_regular(path)
    with open(path, "rb") as file:
        data = file.read(min(most, os.fstat(file.fileno()).st_size) + 1)
    if len(data) > most:
        raise ModelFolderError(
            "{path} is larger than {most} MB. A model folder of attnviz holds no such file.",
            path=path,
            most=most // MB,
        )
    return data


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name → shape of every weight, from the header of a safetensors file alone.

    Raises
    ------
    OSError
        If it is missing or cannot be read.
    ValueError
        If it is no whole safetensors file, or its weights are no floating-point numbers.
    """
    _check_regular(path)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= MOST_HEADER:
            raise ValueError("It does not begin as a safetensors file.")
        header = json.loads(file.read(length))
        size = os.fstat(file.fileno()).st_size
    if not isinstance(header, dict):
        raise ValueError("Its header is no table of weights.")
    header.pop("__metadata__", None)
    entries = {name: _entry(name, entry) for name, entry in header.items()}
    end = 8 + length + max((stop for _, stop in entries.values()), default=0)
    if end != size:
        raise ValueError(f"It has {size:,} bytes, and its header speaks of {end:,}.")
    return {name: shape for name, (shape, _) in entries.items()}


def _entry(name: str, entry: object) -> tuple[tuple[int, ...], int]:
    """Shape, and where the numbers end."""
    if not isinstance(entry, dict):
        raise ValueError(f"Its header says nothing of {name}.")
    shape, places, kind = (entry.get(key) for key in ("shape", "data_offsets", "dtype"))
    numbers = [*shape, *places] if isinstance(shape, list) and isinstance(places, list) else [None]
    if not all(type(number) is int and 0 <= number < 2**62 for number in numbers) or not places:
        raise ValueError(f"Its header gives {name} no shape.")
    if kind not in ("F16", "BF16", "F32", "F64"):
        raise ValueError(f"{name} is of type {kind}; weights are F16, BF16, F32 or F64.")
    return tuple(shape), places[-1]


def _check_regular(path: Path) -> None:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ModelFolderError("{path} is no file.", path=path)


def in_megabytes(size: int) -> str:
    """A number of bytes as people read it: 1.2 MB, 38 kB."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
