"""How many cores torch may take, and one turn after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

_TURN = Lock()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """torch on so many threads: on busy cores two of them can make one short text 100 × slower.

    The setting belongs to the whole process, so texts of other sessions wait for their turn; side
    by side they would take each other's cores and leave each other's setting behind.
    """
    with _TURN:
        before = torch.get_num_threads()
        torch.set_num_threads(min(count, before))
        try:
            yield
        finally:
            torch.set_num_threads(before)
