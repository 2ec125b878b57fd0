"""What a network is asked: one label for the whole, or the coming values.

| key | logits | what is learnt | Transformers |
|---|---|---|---|
| classify | (B, C) | one of C labels | ForSequenceClassification |
| forecast | (B, C) | C coming values, in the target's unit less its level | …, as a regression |
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Task(NamedTuple):
    """How logits (B, C) become a loss, and what is said for sure of them (B, C).

    `loss(logits, labels, unit, smoothing)` gives one number a sample (B,); `unit` (C,) is what one
    standard deviation of a target is worth in its own unit.
    """

    loss: Callable[[Tensor, Tensor, Tensor, float], Tensor]
    probabilities: Callable[[Tensor], Tensor]


IGNORED = -100  # the label of what has none, as in torch


def _cross_entropy(logits: Tensor, labels: Tensor, unit: Tensor, smoothing: float) -> Tensor:
    return functional.cross_entropy(
        logits, labels, ignore_index=IGNORED, label_smoothing=smoothing, reduction="none"
    )


def _absolute_error(logits: Tensor, labels: Tensor, unit: Tensor, smoothing: float) -> Tensor:
    """Mean over the coming steps that are known, each in standard deviations."""
    known = ~labels.isnan()
    error = torch.where(known, (logits - labels.nan_to_num()) / unit, 0.0).abs()
    return error.sum(1) / known.sum(1).clamp(min=1)


TASKS = {
    "classify": Task(_cross_entropy, lambda logits: logits.softmax(-1)),
    "forecast": Task(_absolute_error, lambda logits: torch.full_like(logits, torch.nan)),
}
