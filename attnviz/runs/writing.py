"""Files that are there whole or not at all, whoever else writes them at the same time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A place to write to, which takes the name `path` at the end if nothing went wrong.

    The page and the command line may work on one run: each process and thread has a place of its
    own, and the last one that is ready wins.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
