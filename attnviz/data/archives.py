"""Packed files: what a .gz, .bz2, .xz, .zip or .tar holds, as `File`s of their own.

What an archive says of its sizes is never believed: bytes are counted as they are unpacked. Nothing
is written to disk under a name of the archive, and links in it are left out.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from attnviz.data.files import BLOCK, File, is_hidden
from attnviz.errors import N_, FileError, reason

COMPRESSED = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
TARS = {".tgz": ".gz", ".tbz2": ".bz2", ".txz": ".xz"}  # short for .tar.gz and so on
PACKED = (*COMPRESSED, *TARS, ".tar", ".zip")
RATIO = 100  # texts shrink to a tenth at best, a bomb to a thousandth
MAX_MEMBERS = 200_000  # a corpus of reviews has 100,000, one a file
MAX_PARTS = 10_000  # of a spreadsheet or document
MAX_UNPACKED = 5  # times `max_bytes`: what a spreadsheet or document may unpack to
MIN_UNPACKED = 50_000_000  # what even the smallest spreadsheet or document may unpack to
MAX_ROW = 100_000_000  # characters of one row, which has to lie in memory whole

BROKEN = N_("{name} cannot be unpacked: {reason}. It may be cut off: copy or pack it again.")
BOMB = N_(
    "{name} unpacks to more than {limit:,} bytes, too many for its size. Unpack it yourself if you "
    "trust it, and give the file."
)
NESTED = N_("{name} holds another archive. Unpack the outer one first.")
NAMELESS = N_("{name} does not say what it holds. Name it after that: reviews.csv.gz, for example.")
MANY = N_("{name} holds more than {limit:,} files. Pack the one with the texts alone.")
ENCRYPTED = N_("{name} is protected by a password. Pack it again without one.")
_ERRORS = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
    *(NotImplementedError, RuntimeError, ValueError, KeyError, IndexError),
)


def unpacked(file: File) -> File:
    """The file in a .gz, .bz2 or .xz, whose name is that of the archive without its ending."""
    file.refuse_empty()
    if file.ending in TARS:
        return _inner(file, file.name, ".tar", COMPRESSED[TARS[file.ending]])
    ending = PurePosixPath(PurePosixPath(file.name).stem).suffix.lower()
    if not ending:
        raise FileError(NAMELESS, name=file.name)
    if ending in PACKED and ending != ".tar":
        raise FileError(NESTED, name=file.name)
    return _inner(file, file.name, ending, COMPRESSED[file.ending])


@dataclass(frozen=True)
class Archive:
    """The files in a .zip or a .tar by name, without folders, links and what a Mac adds."""

    file: File
    names: tuple[str, ...]

    def member(self, name: str, ending: str) -> File:
        """One of them as a file of its own."""
        unpack = _of_zip if self.file.ending == ".zip" else _of_tar
        return _inner(self.file, f"{self.file.name}/{name}", ending, lambda raw: unpack(raw, name))

    def contents(self, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """The bytes of several, in the order of the archive."""
        limit, total = _limit(self.file), 0
        with _clear(self.file), _raw(self.file) as raw:
            for name, stream in _streams(self.file, raw, wanted):
                with stream:
                    data = stream.read(MAX_ROW + 1)
                total += len(data)
                if total > limit or len(data) > MAX_ROW:
                    raise FileError(BOMB, name=self.file.name, limit=min(limit, MAX_ROW))
                yield name, data


def archive(file: File) -> Archive:
    """What a .zip or a .tar holds; `FileError` if it is broken, protected, or holds too much."""
    file.refuse_empty()
    with _clear(file), _raw(file) as raw:
        if file.ending == ".zip":
            items = [item for item in zipfile.ZipFile(raw).infolist() if not item.is_dir()]
            names = [item.filename for item in items]
            locked = any(item.flag_bits & 1 for item in items)
        else:
            names, locked = _tar_names(file, raw), False
    if len(names) > MAX_MEMBERS:
        raise FileError(MANY, name=file.name, limit=MAX_MEMBERS)
    if locked:
        raise FileError(ENCRYPTED, name=file.name)
    seen = [name for name in names if not is_hidden(name)]
    return Archive(file, tuple(dict.fromkeys(seen or names)))


def _tar_names(file: File, raw: BinaryIO) -> list[str]:
    names = []
    with tarfile.open(fileobj=raw, mode="r|") as tar:
        for item in tar:
            names += [item.name] if item.isreg() else []
            if len(names) > MAX_MEMBERS:
                raise FileError(MANY, name=file.name, limit=MAX_MEMBERS)
            tar.members = []  # which it would keep
    return names


def _streams(file: File, raw: BinaryIO, wanted: Collection[str]) -> Iterator[tuple[str, BinaryIO]]:
    if file.ending == ".zip":
        with zipfile.ZipFile(raw) as packed:
            for item in packed.infolist():
                if item.filename in wanted:
                    yield item.filename, packed.open(item)
        return
    with tarfile.open(fileobj=raw, mode="r|") as tar:
        for item in tar:
            if item.isreg() and item.name in wanted:
                yield item.name, tar.extractfile(item)
            tar.members = []


def _of_zip(raw: BinaryIO, name: str) -> BinaryIO:
    return zipfile.ZipFile(raw).open(name)


def _of_tar(raw: BinaryIO, name: str) -> BinaryIO:
    for item in (tar := tarfile.open(fileobj=raw, mode="r|")):  # noqa: SIM115  closed with `raw`
        if item.isreg() and item.name == name:
            return tar.extractfile(item)
        tar.members = []
    raise KeyError(name)


def weigh(file: File, data: bytes) -> None:
    """Unpack every part of a spreadsheet or document once and let it go, counting its bytes.

    Raises `FileError` for a bomb and for what is no archive.
    """
    limit = min(MAX_UNPACKED * file.max_bytes, max(MIN_UNPACKED, RATIO * len(data)))
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if len(packed.infolist()) > MAX_PARTS:
                raise FileError(MANY, name=file.name, limit=MAX_PARTS)
            for item in packed.infolist():
                with packed.open(item) as part:
                    while block := part.read(BLOCK):
                        total += len(block)
                        if total > limit:
                            raise FileError(BOMB, name=file.name, limit=limit)
    except _ERRORS as error:
        raise _broken(file, error) from error


def _raw(file: File) -> BinaryIO:
    """The packed bytes; only a .zip has to be jumped in."""
    return file.on_disk() if file.ending == ".zip" else file.open()


def _limit(file: File) -> int:
    return max(file.max_bytes, RATIO * (file.size or 0))


def _inner(file: File, name: str, ending: str, unpack: Callable[[BinaryIO], BinaryIO]) -> File:
    limit = _limit(file)

    def opened() -> BinaryIO:
        packed = _raw(file)
        try:
            return io.BufferedReader(_Bounded(file, packed, unpack(packed), limit), BLOCK)
        except _ERRORS as error:
            packed.close()
            raise _broken(file, error) from error

    return File(name, ending, opened, file.max_bytes, None, False, file.notices)


class _Bounded(io.RawIOBase):
    """What is unpacked, up to a limit; what goes wrong on the way is a `FileError`."""

    def __init__(self, file: File, packed: BinaryIO, inner: BinaryIO, limit: int) -> None:
        self.file, self.packed, self.inner, self.limit, self.count = file, packed, inner, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        try:
            data = self.inner.read(len(buffer))
        except _ERRORS as error:
            raise _broken(self.file, error) from error
        self.count += len(data)
        if self.count > self.limit:
            raise FileError(BOMB, name=self.file.name, limit=self.limit)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.inner.close()
        self.packed.close()
        super().close()


@contextmanager
def _clear(file: File) -> Iterator[None]:
    """What goes wrong in a library becomes a `FileError`."""
    try:
        yield
    except FileError:
        raise
    except _ERRORS as error:
        raise _broken(file, error) from error


def _broken(file: File, error: Exception) -> FileError:
    return FileError(BROKEN, name=file.name, reason=reason(error))
