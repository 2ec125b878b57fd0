"""How far a gradient reaches back through the recurrence."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from attnviz.modeling import CnnLstmAttentionForSequenceClassification


def state_gradients(
    network: CnnLstmAttentionForSequenceClassification,
    batch: Mapping[str, Tensor],
    target: Callable[[Tensor], Tensor],
) -> np.ndarray:
    """‖∂target/∂h_t‖ in the last recurrent layer: (B, D, T), in the order in which each D reads.

    `batch` holds arguments of the network, `attention_mask` (B, T) among them. The derivative is
    the whole one, through h_t's part in all later states too. `target` makes a
    scalar from the logits (B, C); to give each text its own gradient it must be a sum over texts.
    Position 0 is the first that the direction reads, padding stands last and is 0. The layer runs
    step by step, which costs several times a plain pass. A network without recurrence gives D = 0.
    """
    mask = batch["attention_mask"]
    if "recurrent" not in network.config.stages:
        return np.zeros((len(mask), 0, mask.shape[1]), dtype=np.float32)
    cells, states = network.recurrent.layers[-1], []
    # cuDNN derives from no recurrent layer that is not training.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False), ExitStack() as stack:
        for cell in cells:
            stack.enter_context(_step_by_step(cell, states))
        value = target(network(**batch).logits)
    flat = [state for steps in states for state in steps]
    found = torch.autograd.grad(value, flat, materialize_grads=True)
    # The norm in float64, where the squares of small numbers do not vanish.
    norms = torch.stack([part.double().norm(dim=1).float() for part in found], dim=1)  # (B, D · T)
    norms = norms.unflatten(1, (len(cells), -1))  # (B, D, T)
    return (norms * mask[:, None]).cpu().numpy()


def by_distance_from_the_end(norms: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Norms (B, T) of texts with so many tokens each, as means (T,): entry d is d before the last.

    Positions that no text has are left out, so the result is as long as the longest text.
    """
    longest = int(lengths.max())
    distances = lengths[:, None] - 1 - np.arange(longest)[None]  # (B, T)
    return np.array([norms[:, :longest][distances == d].mean() for d in range(longest)])


@contextmanager
def _step_by_step(cell: nn.Module, kept: list[list[Tensor]]) -> Iterator[None]:
    """The cell keeps each of its hidden states as a node of the graph."""

    def forward(inputs: Tensor) -> Tensor:
        kept.append(list(cell.steps(inputs)))
        return torch.stack(kept[-1], dim=1)

    cell.forward = forward
    try:
        yield
    finally:
        del cell.forward
