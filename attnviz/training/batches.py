"""Encoded texts or samples as the batches of a training run."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.modeling import CnnLstmAttentionTrunk
from attnviz.spans import scheme_of
from attnviz.tag_scores import scores_of
from attnviz.tasks import IGNORED

AT_A_TIME = 256  # sequences whose tags are decoded together


class Collator:
    """What `Trainer` asks for a batch: the network's arguments, labels, the teacher's logits."""

    def __init__(self, processor) -> None:
        self.processor = processor

    def __call__(self, items: Sequence[dict]) -> dict[str, Tensor]:
        batch = self.processor.batch([item["inputs"] for item in items])
        batch["labels"] = _together([item["labels"] for item in items])
        if "row" in items[0]:
            batch["row"] = torch.tensor([item["row"] for item in items])
        if "teacher_logits" in items[0]:
            batch["teacher_logits"] = torch.tensor([item["teacher_logits"] for item in items])
        return batch


def _together(labels: Sequence) -> Tensor:
    """Numbers (B,), coming values (B, C), or a label for each position (B, T), padded."""
    if np.ndim(labels[0]) == 0:
        return torch.tensor(labels)
    rows = [torch.as_tensor(np.asarray(row)) for row in labels]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=IGNORED)


def blanked(batch: dict[str, Tensor], share: float, token: int = 0) -> dict[str, Tensor]:
    """The same batch with a random share of its positions blank: `token`, or no value at all.

    Iyyer et al. (2015), section 3, “word dropout”. Of a word with its letters they are all left.
    """
    if "input_ids" in batch:
        ids = batch["input_ids"]
        blank = torch.rand(ids.shape[:2], device=ids.device) < share
        return batch | {"input_ids": _filled(ids, blank, token)}
    values = batch["input_values"]
    if not share:
        return batch
    blank = torch.rand(values.shape[:2], device=values.device) < share
    if not values.is_floating_point():
        words = values.clone()
        words[..., 0] = values[..., 0].masked_fill(blank, token)
        return batch | {"input_values": words}
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

    `of(network, logits, labels)` of all validation samples together.
    """

    metric: str
    of: Callable[[CnnLstmAttentionTrunk, np.ndarray, np.ndarray], float]


def _accuracy(network: CnnLstmAttentionTrunk, logits: np.ndarray, labels: np.ndarray) -> float:
    return float((logits.argmax(-1) == labels).mean())


def _token_accuracy(
    network: CnnLstmAttentionTrunk, logits: np.ndarray, labels: np.ndarray
) -> float:
    return _tag_scores(network, logits, labels)["token_accuracy"]


def _span_f1(network: CnnLstmAttentionTrunk, logits: np.ndarray, labels: np.ndarray) -> float:
    return _tag_scores(network, logits, labels)["span_f1"]


def _tag_scores(
    network: CnnLstmAttentionTrunk, logits: np.ndarray, labels: np.ndarray
) -> dict[str, float]:
    names, said = network.config.id2label, []
    tagged = labels != IGNORED  # where Trainer has padded as well
    for first in range(0, len(logits), AT_A_TIME):
        part = torch.from_numpy(logits[first : first + AT_A_TIME])
        said += list(network.decode(part, torch.from_numpy(tagged[first : first + AT_A_TIME])))
    rows = [
        ([names[n] for n in true[kept]], [names[n] for n in path[kept].tolist()])
        for true, path, kept in zip(labels, said, tagged, strict=True)
    ]
    return scores_of(list(names.values()), *map(list, zip(*rows, strict=True)))


def _mean_absolute_error(
    network: CnnLstmAttentionTrunk, logits: np.ndarray, labels: np.ndarray
) -> float:
    """Of all coming values that are known, in the unit of their channel."""
    return float(np.nanmean(np.abs(logits - labels)))


def measure_of(config: CnnLstmAttentionConfig) -> Measure:
    """What a network of this configuration is judged by."""
    spans = config.task == "tag" and scheme_of(config.id2label.values()) is not None
    return MEASURES["spans" if spans else config.task]


MEASURES = {
    "classify": Measure("accuracy", _accuracy),
    "forecast": Measure("mae", _mean_absolute_error),
    "tag": Measure("token_accuracy", _token_accuracy),
    "spans": Measure("span_f1", _span_f1),
}
"""A row for each key of `attnviz.tasks.TASKS`, and one for tags that spell out spans."""
