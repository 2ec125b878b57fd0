"""Rows of a batch shared out among the cores, one thread of torch on each.

A recurrent layer is a chain of small products. Two cores that share each of them wait for one
another at every step, the more so where the cores are busy; two halves of the batch do not.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from attnviz.threads import threads

CORES = 2


def cores() -> int:
    """How many this process may use: 2, or 1 where it has no more."""
    with threads(CORES):
        return torch.get_num_threads()


def side_by_side(compute: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """`compute(rows)`, for a function that treats each row by itself; it takes a turn of its own.

    What one core raises is raised here, after the other has finished.
    """
    wants_gradient = torch.is_grad_enabled()  # each thread has a switch of its own

    def on_one_core(part: Tensor) -> Tensor:
        torch.set_num_threads(1)
        with torch.set_grad_enabled(wants_gradient):
            return compute(part)

    with threads(CORES):
        parts = rows.chunk(torch.get_num_threads())
        if len(parts) == 1:
            return on_one_core(rows)
        with ThreadPoolExecutor(len(parts)) as pool:
            return torch.cat(list(pool.map(on_one_core, parts)))
