"""Texts of different lengths in one batch: each in its place, and turned within its own length."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from attnviz.errors import TextError

Turn = Callable[[Tensor], Tensor]
"""Takes (B, T, …) from one order of positions to another."""


def padding_turns(mask: Tensor) -> tuple[Turn, Turn]:
    """Two functions of (B, T, …): padding on the left goes to the right, and back again.

    Recurrent layers read each text from the first position, so that padding never leaks into it.
    The mask (B, T) is True at tokens.

    Raises
    ------
    TextError
        If padding stands between two tokens of a text.
    """
    steps = mask.shape[1]
    if not (torch.jit.is_tracing() or torch.compiler.is_compiling()):  # which must fit any mask
        if not bool((mask[:, 1:] > mask[:, :-1]).any()):
            return unturned, unturned
        if bool(((mask[:, 1:] != mask[:, :-1]).sum(1) > 1 + ~mask[:, 0]).any()):
            raise TextError(
                "The attention mask leaves out tokens in the middle of a text. Give 1 to all "
                "tokens of a text, and 0 to the padding before or behind them."
            )
    first = mask.int().argmax(1, keepdim=True)  # (B, 1): where each text begins
    positions = torch.arange(steps, device=mask.device)[None]  # (1, T)
    ahead, behind = positions + first, positions - first
    ahead = torch.where(ahead < steps, ahead, ahead - steps)
    behind = torch.where(behind < 0, behind + steps, behind)
    return partial(_picked, places=ahead), partial(_picked, places=behind)


def _picked(values: Tensor, places: Tensor) -> Tensor:
    """(B, T, …) with the positions (B, T) of each text."""
    return values.gather(
        1, places.reshape(*places.shape, *[1] * (values.dim() - 2)).expand_as(values)
    )


def unturned(values: Tensor) -> Tensor:
    """The values as they are."""
    return values


def reversal(lengths: Tensor, steps: int) -> Turn:
    """A function that reverses (B, T, …) within each text's length and is its own inverse."""
    exported = torch.jit.is_tracing() or torch.compiler.is_compiling()  # must fit any lengths
    if not exported and bool((lengths == steps).all()):
        return lambda values: values.flip(1)
    positions = torch.arange(steps, device=lengths.device)[None]  # (1, T)
    turned = torch.where(positions < lengths[:, None], lengths[:, None] - 1 - positions, positions)
    return partial(_picked, places=turned)
