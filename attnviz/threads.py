"""How many cores torch may take, and one turn after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

_TURN = Lock()
_ALL = torch.get_num_threads()  # asked later, a thread might tell what another has set meanwhile


@contextmanager
def threads(count: int) -> Iterator[None]:
    """torch on so many threads: on busy cores two of them can make one short text 100 × slower.

    The setting belongs to the whole process, so texts of other sessions wait for their turn; side
    by side they would take each other's cores and leave each other's setting behind. Afterwards
    torch has as many again as when this module was imported: OMP_NUM_THREADS decides how many.
    """
    with _TURN:
        torch.set_num_threads(min(count, _ALL))
        try:
            yield
        finally:
            torch.set_num_threads(_ALL)
