"""A running mean of the weights over many steps, which is judged and kept in place of them.

Polyak & Juditsky (1992); the mean forgets exponentially, as in Tarvainen & Valpola (2017), eq. 2:
m ← d · m + (1 − d) · w, where d is less in the first steps, which are far from the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn
from transformers import TrainerCallback

GOING = "going.pth"  # in a checkpoint, whose own weights are the mean: those of the last step


class Average(TrainerCallback):
    """The mean m of a network's weights with decay d; with d = 0 it is the weights themselves."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.parameters, self.decay = list(network.parameters()), decay
        self.mean: list[torch.Tensor] = []
        self.going: list[torch.Tensor] | None = None

    def restore(self, checkpoint: Path) -> None:
        """Go on from a checkpoint, whose weights are those of the mean."""
        if (checkpoint / GOING).is_file():
            self.going = torch.load(checkpoint / GOING, weights_only=True)

    @torch.no_grad()
    def on_train_begin(self, args, state, control, **kwargs) -> None:
        if not self.decay:
            return
        self.mean = [parameter.detach().clone() for parameter in self.parameters]
        for parameter, going in zip(self.parameters, self.going or [], strict=False):
            parameter.copy_(going)

    @torch.no_grad()
    def on_step_end(self, args, state, control, **kwargs) -> None:
        if self.decay:
            steps = state.global_step
            decay = min(self.decay, (1 + steps) / (10 + steps))
            torch._foreach_lerp_(self.mean, self.parameters, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The network has the mean for its weights."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def save(self, folder: Path) -> None:
        """Write the weights of the last step beside the mean, while that is in their place."""
        if self.mean:
            torch.save(self.mean, folder / GOING)

    @torch.no_grad()
    def _exchange(self) -> None:
        for mean, parameter in zip(self.mean, self.parameters, strict=False):
            kept = parameter.clone()
            parameter.copy_(mean)
            mean.copy_(kept)
