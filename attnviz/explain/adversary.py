"""The most different attention that predicts the same (Jain & Wallace 2019, section 4.2.2)."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from attnviz.explain.weighing import Weighing

STARTS, STEPS, LEARNING_RATE = 16, 200, 0.3
SPREAD = (1.0, 3.0)  # of the logits that a start draws: from nearly uniform to a few tokens
PENALTY = (3.0, 100.0)  # for each unit of distance too much
HALVINGS = 30
TINY = 1e-300


def adversarial(
    weighing: Weighing, tolerance: float, generator: np.random.Generator
) -> np.ndarray | None:
    """An attention (T, A) as far from the network's as can be, with the same prediction.

    It maximises the Jensen-Shannon divergence, averaged over the heads, where the prediction's
    total variation distance is at most `tolerance`. Adam climbs the relaxed objective (their
    eq. 4–6) on the logits of α'. Ours deviates in two ways: starts do not repel each other, since
    only the best is kept, and they differ in spread and penalty instead; and what lies outside the
    tolerance at the end is drawn back towards α. A search gives a lower bound. None where each
    unit has weights of its own, for which a divergence is not defined.
    """
    if weighing.weights.shape[2] > 1:
        return None
    weights = weighing.weights[..., 0]  # (T, A)
    arguments = weighing.arguments().flatten(0, 2)  # (T · A, C)

    def logits(attentions: Tensor) -> Tensor:
        return attentions.flatten(1) @ arguments + weighing.bias  # (S, C)

    own = logits(weights[None])  # (1, C)

    def excess(found: Tensor) -> Tensor:
        """How much farther from the prediction than is tolerated: (S,)."""
        return (found.softmax(1) - own.softmax(1)).abs().sum(1) / 2 - tolerance

    drawn = torch.from_numpy(generator.standard_normal((STARTS, *weights.shape)))
    found = _climb(drawn, weights, lambda attentions: excess(logits(attentions)))
    reached = logits(found)
    steps = _farthest(lambda step: excess(own + step[:, None] * (reached - own)))
    found = weights + steps[:, None, None] * (found - weights)
    return found[_divergence(found, weights).argmax()].numpy()


def _climb(drawn: Tensor, weights: Tensor, excess: Callable[[Tensor], Tensor]) -> Tensor:
    """Where the starts end: (S, T, A), each column a distribution; some may predict otherwise."""
    spreads = torch.linspace(*SPREAD, STARTS, dtype=torch.float64)
    penalties = torch.from_numpy(np.geomspace(*PENALTY, STARTS))
    with torch.enable_grad():
        scores = (drawn * spreads[:, None, None]).requires_grad_()  # (S, T, A)
        optimizer = torch.optim.Adam([scores], lr=LEARNING_RATE)
        for _ in range(STEPS):
            found = scores.softmax(1)
            penalty = penalties * torch.relu(excess(found))
            optimizer.zero_grad()
            (penalty - _divergence(found, weights)).sum().backward()
            optimizer.step()
    return scores.detach().softmax(1)


def _farthest(excess: Callable[[Tensor], Tensor]) -> Tensor:
    """For each start, how far from α (0) towards what was found (1) the prediction stays: (S,).

    The logits are linear in the weights, so halving the way needs no further pass. The divergence
    is convex on it and 0 at α, so farther is never less different.
    """
    high = torch.ones(STARTS, dtype=torch.float64)
    low = (excess(high) <= 0).double()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        fits = excess(middle) <= 0
        low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
    return low


def _divergence(found: Tensor, weights: Tensor) -> Tensor:
    """Jensen-Shannon divergence (S,) over the tokens, averaged over the heads."""
    found = found + TINY  # the derivative of x log x is infinite at 0
    mixture = (found + weights) / 2
    terms = torch.xlogy(found, found / mixture) + torch.xlogy(weights, weights / mixture)
    return terms.sum(1).mean(1) / 2
