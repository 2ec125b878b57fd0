"""A file's channels for those that a model reads: by name, else by order, in the model's units."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attnviz.data.table import Notice, listed
from attnviz.errors import N_, SampleError
from attnviz.samples.sample import Sample
from attnviz.samples.units import factor, split_unit

OTHER_CHANNELS = N_(
    "{sample} has other channels than the model reads. The sample's: {found}. The model's: "
    "{known}. Name its columns as the model's, or leave out those that are not among them."
)
OTHER_UNIT = N_(
    "{sample}: the channel {channel} is in {found}, and the model reads it in {wanted}; one cannot "
    "be turned into the other. Bring it in {wanted}."
)
BY_ORDER = N_("Channels were taken in their order, as their names are not the model's: {pairs}.")
CONVERTED = N_("Units were converted: {pairs}.")
LEFT_OUT = N_("Channels that the model does not read, left out: {channels}.")
NO_UNIT = N_("Channels without a unit, taken for the model's: {pairs}.")
SHOWN = 8  # pairs in a notice


def matched(sample: Sample, channels: Sequence[str]) -> tuple[Sample, list[Notice]]:
    """The sample with the model's K channels, in its order and units; and what was done for that.

    Names fit whatever their case, spaces and units. Where they do not all fit but there are as
    many, and none of those that fit stands elsewhere, the order says which is which. Raises
    `SampleError` with both lists where neither helps, and for a unit that cannot be converted.
    """
    places, by_order = _places(sample, channels)
    own = sample.channels or tuple(f"channel {n + 1}" for n in range(sample.values.shape[1]))
    notices = []
    if by_order and sample.channels and any(map(_names_one, own)):
        pairs = [f"{own[place]} = {name}" for place, name in zip(places, channels, strict=True)]
        notices.append(Notice(BY_ORDER, {"pairs": _some(pairs)}))
    kind = np.result_type(sample.values.dtype, np.float32)  # whole numbers become fractions
    values = sample.values[:, places].astype(kind)
    converted, bare = [], []
    for column, (place, name) in enumerate(zip(places, channels, strict=True)):
        unit, wanted = split_unit(own[place])[1], split_unit(name)[1]
        if unit and wanted:
            a, b = _factor(sample, own[place], unit, wanted)
            if (a, b) != (1.0, 0.0):
                values[:, column] = values[:, column].astype(float) * a + b
                converted.append(f"{own[place]} → {wanted}")
        elif wanted and not by_order:
            bare.append(f"{own[place]} = {name}")
    left = [name for place, name in enumerate(own) if place not in places]
    for template, key, told in (
        (CONVERTED, "pairs", _some(converted)),
        (NO_UNIT, "pairs", _some(bare)),
        (LEFT_OUT, "channels", listed(left)),
    ):
        if told:
            notices.append(Notice(template, {key: told}))
    return replace(sample, values=values, channels=tuple(channels)), notices


def _places(sample: Sample, channels: Sequence[str]) -> tuple[list[int], bool]:
    """Where each of the model's channels stands in the sample, and whether their order says it."""
    count = sample.values.shape[1]
    own = [plain(name) for name in sample.channels]
    wanted = [plain(name) for name in channels]
    if len(own) == count and len(set(own)) == count and len(set(wanted)) == len(wanted):
        places = [own.index(name) if name in own else None for name in wanted]
        if None not in places:
            return places, False
        elsewhere = any(p is not None and p != place for place, p in enumerate(places))
    else:
        elsewhere = False
    if count == len(channels) and not elsewhere:
        return list(range(count)), True
    found = listed(sample.channels or [f"channel {n + 1}" for n in range(count)])
    name = sample.name or "sample"
    raise SampleError(OTHER_CHANNELS, sample=name, found=found, known=listed(channels))


def plain(name: str) -> str:
    """A channel's name as names are compared: without unit, case, spaces, hyphens and lines."""
    return re.sub(r"[\s_\-.]+", "", split_unit(name)[0]).casefold()


def _names_one(name: str) -> bool:
    """Whether a name says anything: “channel 3” does not."""
    return re.fullmatch(r"(channel|column) \d+", name) is None


def _factor(sample: Sample, channel: str, unit: str, wanted: str) -> tuple[float, float]:
    found = factor(unit, wanted)
    if found is None:
        values = {"channel": channel, "found": unit, "wanted": wanted}
        raise SampleError(OTHER_UNIT, sample=sample.name or "sample", **values)
    return found


def _some(pairs: Sequence[str]) -> str:
    return "; ".join(pairs[:SHOWN]) + ("; …" if len(pairs) > SHOWN else "")
