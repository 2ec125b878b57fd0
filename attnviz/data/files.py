"""A file as every reader gets it: something that can be opened again and again."""

import codecs
import hashlib
import io
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from attnviz.data.table import EMPTY, Notice
from attnviz.errors import N_, FileError, reason

MAX_BYTES = 200_000_000  # of an upload, and of what must lie in memory whole
BLOCK = 1 << 20  # bytes read at a time

OLE = b"\xd0\xcf\x11\xe0"  # how Excel 97 and Word 97 begin, and what encrypts their successors

Source = str | Path | bytes  # a path, or a file's bytes
_check: ContextVar[Callable[[], object] | None] = ContextVar("check", default=None)

NOT_OPENED = N_("{name} cannot be opened: {reason}. Check the path.")
TOO_LARGE = N_("{name} has more than {limit:,} bytes. Split it into smaller files.")


@contextmanager
def watched(check: Callable[[], object]) -> Iterator[None]:
    """While a file is read here, `check` is called now and then; what it raises ends that."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def go_on() -> None:
    """For what takes long: whether anybody still wants it; see `watched`."""
    if (check := _check.get()) is not None:
        check()


class _Watched(io.RawIOBase):
    """A file that asks before each block whether it is still wanted."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self.stream.seekable()

    def readinto(self, buffer) -> int:
        go_on()
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def close(self) -> None:
        self.stream.close()
        super().close()


def _asking(stream: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_Watched(stream), BLOCK) if _check.get() else stream


@dataclass(frozen=True)
class File:
    """One file: a path, the bytes of an upload, or what an archive holds.

    `open` gives its bytes from the first one on. `size` is None where it is known only after
    unpacking; `seekable` tells whether what is opened can jump.
    """

    name: str
    ending: str  # lower case; it picks the reader
    open: Callable[[], BinaryIO]
    max_bytes: int = MAX_BYTES
    size: int | None = None
    seekable: bool = True
    notices: tuple[Notice, ...] = ()

    def blocks(self) -> Iterator[bytes]:
        with self.open() as stream:
            while block := stream.read(BLOCK):
                yield block

    def start(self, count: int = 8) -> bytes:
        with self.open() as stream:
            return stream.read(count)

    def refuse_empty(self) -> None:
        """`FileError` if nothing but white space is in the file."""
        start = self.start(1_000)
        if len(start) < 1_000 and not start.removeprefix(codecs.BOM_UTF8).strip():
            raise FileError(EMPTY, name=self.name)

    def whole(self) -> bytes:
        """All bytes, for formats that cannot be read in a stream; `FileError` if too many."""
        with self.open() as stream:
            data = stream.read(self.max_bytes + 1)
        if len(data) > self.max_bytes:
            raise FileError(TOO_LARGE, name=self.name, limit=self.max_bytes)
        return data

    def on_disk(self) -> BinaryIO:
        """The file opened so that one can jump in it, in flat memory: a packed one is unpacked."""
        if self.seekable:
            return self.open()
        copy = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
        with self.open() as stream:
            shutil.copyfileobj(stream, copy, BLOCK)
        copy.seek(0)
        return copy


def is_hidden(name: str) -> bool:
    """Whether tools left a file of a folder or archive beside the data: hidden and unfinished
    files, what a Mac adds, and caches of `datasets`."""
    path = PurePosixPath(name)
    cached = path.name.startswith("cache-") and path.suffix == ".arrow"
    marker = path.name.startswith("_") and not path.suffix  # such as Spark's _SUCCESS
    hidden = any(part.startswith((".", "__", "_temporary")) for part in path.parts)
    return cached or marker or hidden


def opened(source: Source, name: str | None, max_bytes: int, *, bounded: bool = False) -> File:
    """The file of a path or of bytes; bytes, and a path if `bounded`, may not be too many."""
    name = Path(source).name if name is None else name
    ending = Path(name).suffix.lower()
    if isinstance(source, bytes):
        file = File(name, ending, lambda: _asking(io.BytesIO(source)), max_bytes, len(source))
        return _checked(file) if len(source) > max_bytes else file

    def open_path() -> BinaryIO:
        with _explained(name):
            return _asking(open(source, "rb"))

    with _explained(name):
        status = Path(source).stat()
    file = File(name, ending, open_path, max_bytes, status.st_size)
    if not stat.S_ISREG(status.st_mode):  # a pipe gives its bytes only once
        return opened(file.whole(), name, max_bytes)
    open_path().close()  # so that what is wrong is said now
    return _checked(file) if bounded else file


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: NUL or a lone surrogate in the path
        said = getattr(error, "strerror", None) or reason(error)
        raise FileError(NOT_OPENED, name=name, reason=said) from error


def digest(
    source: Source, name: str | None = None, progress: Callable[[int], object] | None = None
) -> str:
    """SHA-256 of a file's name, which picks its reader, and its bytes. Raises `FileError`.

    `progress` gets how many bytes were added.
    """
    file = opened(source, name, MAX_BYTES if not isinstance(source, bytes) else len(source))
    found = hashlib.sha256(file.name.encode("utf-8", "surrogatepass") + b"\0")
    for block in file.blocks():
        found.update(block)
        if progress is not None:
            progress(len(block))
    return found.hexdigest()


def _checked(file: File) -> File:
    if file.size > file.max_bytes:
        raise FileError(TOO_LARGE, name=file.name, limit=file.max_bytes)
    return file
