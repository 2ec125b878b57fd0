"""What training files of series, films and pictures hold, checked and made ready for a network."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from attnviz.errors import TrainingError
from attnviz.evaluation import Labelled
from attnviz.kinds import PICTURE_INPUTS
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.samples import Sample

SMALLEST = 1e-6  # of its mean: a channel that varies less, as by rounding, is left as it is


def described(samples: Sequence[Sample], network: Mapping[str, object]) -> dict[str, object]:
    """The fields of the configuration that the first sample answers, where they are not given.

    That is the names of the channels, the step and its unit of a series; the size of a picture.
    """
    first, known = samples[0], dict(network)
    values = np.asarray(first.values)
    if known.get("input") in PICTURE_INPUTS:
        shape = values.shape[-3:] if values.ndim > 2 else ()
        known.setdefault("picture", [int(side) for side in shape])
        if known["input"] == "frames":
            known.update(_times(first, known))
        return known
    count = values.shape[1] if values.ndim == 2 else 1
    names = first.channels or tuple(f"channel {number + 1}" for number in range(count))
    known.setdefault("channels", list(names))
    return known | _times(first, known)


def _times(sample: Sample, known: Mapping[str, object]) -> dict[str, object]:
    if sample.step is None or "step" in known:
        return {}
    return {"step": float(sample.step), "step_unit": sample.step_unit}


def coming(network: Mapping[str, object]) -> list[str]:
    """The names of the values that are forecast: "P (W) +3 h", channel by channel."""
    step, unit = network.get("step") or 1, network.get("step_unit") or ""
    return [
        f"{channel} +{ahead * step:.6g} {unit}".rstrip()
        for channel in network.get("target", ())
        for ahead in range(1, network.get("horizon", 0) + 1)
    ]


def encode(
    files: Sequence[Labelled], processor, label2id: Mapping[str, int], task: str
) -> list[dict]:
    """One dict for each sample, as `Trainer` wants them.

    The labels of a forecast are the coming values (C,), with NaN where one is not known.
    """
    items = []
    for file in files:
        inputs = processor.encode(file.texts)
        for sample, label in zip(inputs, file.labels, strict=True):
            known = label2id[label] if task == "classify" else np.asarray(label, dtype=np.float32)
            items.append({"inputs": sample, "labels": known, "row": len(items)})
    return items


def standardise(
    network: CnnLstmAttentionForSequenceClassification, items: Sequence[Mapping]
) -> None:
    """Measure the channels of the training samples, and keep it with the network's weights.

    Their mean and standard deviation (K,), of a channel that is measured from each sample's own
    level the deviation from it.

    Raises
    ------
    TrainingError
        If a channel has no value in any of the samples.
    """
    import torch

    embedding = network.embedding
    if network.config.input != "series":
        return
    series = [torch.from_numpy(np.asarray(item["inputs"], dtype=np.float32)) for item in items]
    together = torch.cat(series).double()
    empty = together.isnan().all(0)
    if empty.any():
        raise TrainingError(
            "The channel {name} has no value in any of the training samples. Take it out.",
            name=network.config.channels[int(empty.nonzero()[0])],
        )
    mean = together.nanmean(0)
    embedding.mean.copy_(mean)
    levels = [
        embedding.level(values[None], torch.ones(1, len(values), dtype=torch.bool)).double()
        for values in series
    ]
    apart = torch.cat([values - level for values, level in zip(series, levels, strict=True)])
    scale = apart.double().square().nanmean(0).sqrt()
    varies = scale > SMALLEST * mean.abs().clamp(min=1e-6)
    embedding.scale.copy_(torch.where(varies, scale, torch.ones_like(scale)))


def shared_samples(training: Sequence[Labelled], validation: Sequence[Labelled]) -> list[float]:
    """Of each validation file the share 0…1 of its samples that are trained on too, exactly."""
    learnt = {_digest(sample) for file in training for sample in file.texts}
    return [
        sum(_digest(sample) in learnt for sample in file.texts) / max(1, len(file.texts))
        for file in validation
    ]


def _digest(sample: Sample) -> bytes:
    values = np.ascontiguousarray(sample.values)
    return hashlib.blake2b(repr(values.shape).encode() + values.tobytes()).digest()
