"""Encoded texts or samples as the batches of a training run."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from attnviz.tasks import IGNORED


class Collator:
    """What `Trainer` asks for a batch: the network's arguments, labels, the teacher's logits."""

    def __init__(self, processor) -> None:
        self.processor = processor

    def __call__(self, items: Sequence[dict]) -> dict[str, Tensor]:
        batch = self.processor.batch([item["inputs"] for item in items])
        batch["labels"] = _together([item["labels"] for item in items])
        if "teacher_logits" in items[0]:
            batch["teacher_logits"] = torch.tensor([item["teacher_logits"] for item in items])
        return batch


def _together(labels: Sequence) -> Tensor:
    """Numbers (B,), coming values (B, C), or a label for each position (B, T), padded."""
    if np.ndim(labels[0]) == 0:
        return torch.tensor(labels)
    rows = [torch.as_tensor(np.asarray(row)) for row in labels]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=IGNORED)


def blanked(batch: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """The same batch with a random share of its positions blank: padding, or no value at all.

    Iyyer et al. (2015), section 3, “word dropout”.
    """
    if "input_ids" in batch:
        ids = batch["input_ids"]
        blank = torch.rand(ids.shape[:2], device=ids.device) < share
        return batch | {"input_ids": _filled(ids, blank, 0)}
    values = batch["input_values"]
    if not share:
        return batch
    blank = torch.rand(values.shape[:2], device=values.device) < share
    nothing = torch.nan if values.dim() == 3 else 0.0  # a missing value, or a black frame
    return batch | {"input_values": _filled(values, blank, nothing)}


def _filled(values: Tensor, blank: Tensor, value: float) -> Tensor:
    return values.masked_fill(blank.reshape(*blank.shape, *[1] * (values.dim() - 2)), value)


def shuffled(batch: dict[str, Tensor], channels: Sequence[int]) -> dict[str, Tensor]:
    """The same batch with the numbered channels of each sample in a random order.

    For channels that are alike, such as the strings of an array: which of them it is says nothing.
    """
    if not channels:
        return batch
    values, chosen = batch["input_values"].clone(), torch.tensor(channels)
    for sample in values:
        sample[:, chosen] = sample[:, chosen[torch.randperm(len(chosen))]]
    return batch | {"input_values": values}


class Measure(NamedTuple):
    """What chooses the epoch that is kept: a key of `attnviz.history.METRICS`, and its value.

    `of(logits, labels)` of all validation samples together; `field` of `History` has what the
    saved model is worth on each file.
    """

    metric: str
    of: Callable[[np.ndarray, np.ndarray], float]
    field: str


def _accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    return float((logits.argmax(-1) == labels).mean())


def _mean_absolute_error(logits: np.ndarray, labels: np.ndarray) -> float:
    """Of all coming values that are known, in the unit of their channel."""
    return float(np.nanmean(np.abs(logits - labels)))


MEASURES = {
    "classify": Measure("accuracy", _accuracy, "accuracy"),
    "forecast": Measure("mae", _mean_absolute_error, "scores"),
}
"""A row for each key of `attnviz.tasks.TASKS`."""
