"""What a network is asked: one label for the whole, the coming values, or a tag for each position.

| key | logits | what is learnt | Transformers |
|---|---|---|---|
| classify | (B, C) | one of C labels | ForSequenceClassification |
| forecast | (B, C) | C coming values, in the target's unit less its level | …, as a regression |
| tag | (B, T, C) | one of C tags for every position | ForTokenClassification |
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Task(NamedTuple):
    """How logits (B, C), of tags (B, T, C), become a loss, and their probabilities.

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


def _tags(logits: Tensor, labels: Tensor, unit: Tensor, smoothing: float) -> Tensor:
    """Each sequence's share of the mean over all positions with a tag, times B."""
    losses = functional.cross_entropy(
        logits.transpose(1, 2),
        labels,
        ignore_index=IGNORED,
        label_smoothing=smoothing,
        reduction="none",
    )  # (B, T)
    return by_positions(losses.sum(1), labels != IGNORED)


def by_positions(sums: Tensor, counted: Tensor) -> Tensor:
    """Sums over positions (B,) so that their mean is the mean over all that count (B, T)."""
    return sums * len(sums) / counted.sum().clamp(min=1)


def _absolute_error(logits: Tensor, labels: Tensor, unit: Tensor, smoothing: float) -> Tensor:
    """Mean over the coming steps that are known, each in standard deviations."""
    known = ~labels.isnan()
    error = torch.where(known, (logits - labels.nan_to_num()) / unit, 0.0).abs()
    return error.sum(1) / known.sum(1).clamp(min=1)


TASKS = {
    "classify": Task(_cross_entropy, lambda logits: logits.softmax(-1)),
    "tag": Task(_tags, lambda logits: logits.softmax(-1)),
    "forecast": Task(_absolute_error, lambda logits: torch.full_like(logits, torch.nan)),
}
