"""Packed files: what a .gz or a .zip holds, as a `File` of its own.

What an archive says of its sizes is never believed: bytes are counted as they are unpacked.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from attnviz.data.files import BLOCK, File
from attnviz.data.table import Notice, listed
from attnviz.errors import N_, FileError

PACKED = (".gz", ".zip")
RATIO = 100  # texts shrink to a tenth at best, a bomb to a thousandth
MAX_MEMBERS = 10_000
MAX_UNPACKED = 5  # times `max_bytes`: what a spreadsheet or document may unpack to
MIN_UNPACKED = 50_000_000  # what even the smallest spreadsheet or document may unpack to
MAX_ROW = 100_000_000  # characters of one row, which has to lie in memory whole

BROKEN = N_("{name} cannot be unpacked: {reason}. It may be cut off: copy or pack it again.")
BOMB = N_(
    "{name} unpacks to more than {limit:,} bytes, more than texts can. Unpack it yourself if you "
    "trust it, and give the file."
)
NESTED = N_("{name} holds another archive. Unpack the outer one first.")
NAMELESS = N_("{name} does not say what it holds. Name it after that: reviews.csv.gz, for example.")
NOTHING = N_("{name} holds no file that ends in one of {known}. Pack such a file.")
MANY = N_("{name} holds more than {limit:,} files. Pack the one with the texts alone.")
ENCRYPTED = N_("{name} is protected by a password. Pack it again without one.")
OTHERS = N_("Read from the archive: {member}. Left out: {others}.")
_ERRORS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def gunzipped(file: File, known: tuple[str, ...]) -> File:
    """The file in a .gz, whose name is that of the archive without .gz."""
    file.refuse_empty()
    ending = Path(Path(file.name).stem).suffix.lower()
    if not ending:
        raise FileError(NAMELESS, name=file.name)
    return _inner(file, file.name, ending, gzip.open)


def unzipped(file: File, known: tuple[str, ...]) -> File:
    """The first file by name, in a .zip, whose ending is known."""
    file.refuse_empty()
    try:
        with file.on_disk() as packed, zipfile.ZipFile(packed) as archive:
            members = [item for item in archive.infolist() if not _is_hidden(item)]
    except (*_ERRORS, ValueError, KeyError) as error:
        raise _broken(file, error) from error
    if len(members) > MAX_MEMBERS:
        raise FileError(MANY, name=file.name, limit=MAX_MEMBERS)
    endings = {item.filename: Path(item.filename).suffix.lower() for item in members}
    readable = sorted(name for name, ending in endings.items() if ending in known)
    first = next((name for name in readable if endings[name] not in PACKED), None)
    if first is None and readable:
        raise FileError(NESTED, name=file.name)
    if first is None:
        raise FileError(
            NOTHING, name=file.name, known=", ".join(e for e in known if e not in PACKED)
        )
    chosen = next(item for item in members if item.filename == first)
    if chosen.flag_bits & 1:
        raise FileError(ENCRYPTED, name=file.name)
    others = sorted(name for name in endings if name != first)
    values = {"member": first, "others": listed(others)}
    notices = [Notice(OTHERS, values)] if others else []
    inner = _inner(
        file, f"{file.name}/{first}", endings[first], lambda packed: _member(packed, first)
    )
    return replace(inner, notices=(*file.notices, *notices))


def weigh(file: File, data: bytes) -> None:
    """Unpack every part of a spreadsheet or document once and let it go, counting its bytes.

    Raises `FileError` for a bomb and for what is no archive.
    """
    limit = min(MAX_UNPACKED * file.max_bytes, max(MIN_UNPACKED, RATIO * len(data)))
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MAX_MEMBERS:
                raise FileError(MANY, name=file.name, limit=MAX_MEMBERS)
            for item in archive.infolist():
                with archive.open(item) as part:
                    while block := part.read(BLOCK):
                        total += len(block)
                        if total > limit:
                            raise FileError(BOMB, name=file.name, limit=limit)
    except (*_ERRORS, ValueError, KeyError) as error:
        raise _broken(file, error) from error


def _is_hidden(item: zipfile.ZipInfo) -> bool:
    """Folders, and what a Mac adds."""
    path = Path(item.filename)
    return item.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts


def _member(packed: BinaryIO, name: str) -> BinaryIO:
    return zipfile.ZipFile(packed).open(name)


def _inner(file: File, name: str, ending: str, unpack: Callable[[BinaryIO], BinaryIO]) -> File:
    if ending in PACKED:
        raise FileError(NESTED, name=file.name)
    limit = max(file.max_bytes, RATIO * (file.size or 0))

    def unpacked() -> BinaryIO:
        packed = file.on_disk()
        try:
            return io.BufferedReader(_Bounded(file, packed, unpack(packed), limit), BLOCK)
        except (*_ERRORS, ValueError, KeyError) as error:
            packed.close()
            raise _broken(file, error) from error

    return File(name, ending, unpacked, file.max_bytes, None, False, file.notices)


class _Bounded(io.RawIOBase):
    """What is unpacked, up to a limit; what goes wrong on the way is a `FileError`."""

    def __init__(self, file: File, packed: BinaryIO, inner: BinaryIO, limit: int) -> None:
        self.file, self.packed, self.inner, self.limit, self.count = file, packed, inner, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        try:
            data = self.inner.read(len(buffer))
        except (*_ERRORS, ValueError) as error:
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


def _broken(file: File, error: Exception) -> FileError:
    reason = " ".join(str(error).split())[:200].rstrip(". ") or type(error).__name__
    return FileError(BROKEN, name=file.name, reason=reason)
