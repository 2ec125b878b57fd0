"""The one place where attnviz writes: a file is there whole or not at all, whoever else writes it.

What cannot be written is a `WriteError`, so that the page and the command line say it in one line.
"""

import os
import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from socket import gethostname
from threading import get_ident

from attnviz.errors import N_, WriteError, reason

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

NOT_WRITTEN = N_(
    "{path} could not be written: {reason}. Make room on the disk, or see that the folder may be "
    "written to, then try again."
)
IN_USE = N_("{path} could not be written: another process holds it (waited {seconds} s).")

PATIENCE = 30  # seconds that a lock is waited for; it is held for milliseconds
OLD = 86_400  # seconds after which a temporary file is nobody's, whoever wrote it
HOST = f"{zlib.crc32(gethostname().encode()):08x}"
LEFT_OVER = re.compile(r"\.(\d+)-\d+-([0-9a-f]{8})-\w+\.tmp$")  # process, host


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A place to write to, which takes the name `path` at the end if nothing went wrong.

    It lies in the same folder, and each process, thread and call has its own; the last one that is
    ready wins. What is no file, such as /dev/stdout, is written directly.

    Raises
    ------
    WriteError
        If it could not be written: a full disk, a folder that may not be written to.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        with explained(path):
            yield path
        return
    place = Path(os.path.realpath(path))  # the name of a link goes on naming the same file
    temporary = temporary_path(place)
    try:
        with explained(place):
            yield temporary
            _on_disk(temporary)
            if place.exists():
                shutil.copymode(place, temporary)
            temporary.replace(place)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a file of text in UTF-8, whole or not at all; raises `WriteError`."""
    with written_whole(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(text)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they lack; raises `WriteError`."""
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)


def append_whole(path: Path, data: bytes) -> None:
    """Add to the end of a file all of it or nothing; raises `WriteError`.

    Call it while you hold a lock (`locked`), where others may add to it too.
    """
    with explained(path), open(path, "ab", buffering=0) as file:
        before = file.tell()
        try:
            while data:
                data = data[file.write(data) :]
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(before)
            raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One at a time, over all threads and processes: around reading, changing and writing a file.

    `path` is a file of its own, which the lock makes. Raises `WriteError` if it cannot be made, or
    is held for more than half a minute.
    """
    deadline = time.monotonic() + PATIENCE
    with explained(path):
        while (release := _take(path)) is None:
            if time.monotonic() > deadline:
                raise WriteError(IN_USE, path=path, seconds=PATIENCE)
            time.sleep(0.005)
    try:
        yield
    finally:
        release()


def temporary_path(path: Path) -> Path:
    """A name in the same folder that nobody else takes, by which `tidy` knows who wrote it."""
    name = f"{path.name[:40]}.{os.getpid()}-{get_ident()}-{HOST}-{token_hex(4)}.tmp"
    return path.with_name(name)


def tidy(folder: Path) -> None:
    """Take away what processes that were killed have left in a folder and those in it.

    That is what a process of this computer wrote that is no more, and what is older than a day.
    """
    with suppress(OSError):
        for path in folder.rglob("*.tmp"):
            with suppress(OSError):
                if _is_left_over(path):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_left_over(path: Path) -> bool:
    if time.time() - path.stat().st_mtime > OLD:
        return True
    known = LEFT_OVER.search(path.name)
    return bool(known) and known[2] == HOST and not _is_alive(int(known[1]))


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there, asking would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's
        return True
    return True


def _on_disk(path: Path) -> None:
    """Wait until the content is on the disk: a name must not come before it."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Around what changes a file: what the system says against it is raised as `WriteError`."""
    try:
        yield
    except OSError as error:
        named = error.filename if isinstance(error.filename, str | bytes | os.PathLike) else path
        where = os.path.realpath(os.path.dirname(os.fsdecode(named)))
        if not Path(where).is_relative_to(os.path.realpath(path.parent)):
            raise  # of another file, which was read meanwhile
        said = os.strerror(error.errno) if error.errno else reason(error)
        raise WriteError(NOT_WRITTEN, path=path, reason=said) from error


def _take(path: Path) -> Callable[[], object] | None:
    """What releases the lock, or None if somebody has it."""
    if fcntl is not None:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:
            os.close(handle)
            raise
        return lambda: os.close(handle)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > PATIENCE / 2:  # its process was killed
                path.unlink()
        return None
    return lambda: path.unlink(missing_ok=True)
