"""What if a stretch of a sample had been otherwise: blanked, scaled, shifted, in another order."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from attnviz.errors import N_, SampleError
from attnviz.samples.sample import Sample

SEED = 0


@dataclass(frozen=True)
class Change:
    """One change: a key of `CHANGES`, of the steps `first` to `last` (exclusive).

    `channel` is a number from 0, or None for all; `amount` what is multiplied by, or added.
    """

    kind: str
    first: int
    last: int
    channel: int | None = None
    amount: float = 0.0


def changed(sample: Sample, change: Change) -> Sample:
    """The sample after one change; its name, label and marks stay.

    Raises
    ------
    SampleError
        If nothing of it would be left, or a number is none.
    """
    if not np.isfinite(change.amount):
        raise SampleError("An amount must be a number; this is {value}.", value=str(change.amount))
    return CHANGES[change.kind](sample, change)


def _blank(sample: Sample, change: Change) -> Sample:
    """Missing values in a series, black in a picture."""
    empty = np.nan if sample.values.dtype.kind == "f" else 0
    return _stretch(sample, change, lambda part: np.full_like(part, empty))


def _scale(sample: Sample, change: Change) -> Sample:
    return _stretch(sample, change, lambda part: part * change.amount)


def _shift(sample: Sample, change: Change) -> Sample:
    return _stretch(sample, change, lambda part: part + change.amount)


def _stretch(sample: Sample, change: Change, alter: Callable) -> Sample:
    values = np.array(sample.values)
    place = [slice(change.first, change.last)]
    if change.channel is not None and values.ndim == 2:
        place.append(slice(change.channel, change.channel + 1))
    part = values[tuple(place)]
    if values.dtype == np.uint8:
        values[tuple(place)] = np.clip(alter(part.astype(np.float32)), 0, 255).round()
    else:
        values[tuple(place)] = alter(part)
    return replace(sample, values=values)


def _reverse(sample: Sample, change: Change) -> Sample:
    return _ordered(sample, change, np.arange(change.first, change.last)[::-1])


def _shuffle(sample: Sample, change: Change) -> Sample:
    """Another order by chance, always the same for the same stretch."""
    order = np.random.default_rng(SEED).permutation(np.arange(change.first, change.last))
    return _ordered(sample, change, order)


def _ordered(sample: Sample, change: Change, order: np.ndarray) -> Sample:
    values = np.array(sample.values)
    values[change.first : change.last] = sample.values[order]
    return replace(sample, values=values)


def _drop(sample: Sample, change: Change) -> Sample:
    """Without the stretch: what follows moves up."""
    length = len(sample.values)
    kept = np.r_[0 : change.first, change.last : length].astype(int)
    if not len(kept):
        raise SampleError("Nothing would be left. Choose a shorter stretch.")
    times = sample.times and tuple(sample.times[place] for place in kept)
    gone = change.last - change.first

    def moved(step: int) -> int:
        return step if step <= change.first else max(change.first, step - gone)

    marks = ((moved(first), moved(last), what) for first, last, what in sample.marks)
    marks = tuple(mark for mark in marks if mark[0] < mark[1])
    return replace(sample, values=sample.values[kept], times=times, marks=marks)


CHANGES = {
    "blank": _blank,
    "scale": _scale,
    "shift": _shift,
    "reverse": _reverse,
    "shuffle": _shuffle,
    "drop": _drop,
}
TITLES = {
    "blank": N_("Blank"),
    "scale": N_("Scale"),
    "shift": N_("Shift"),
    "reverse": N_("Reverse"),
    "shuffle": N_("Shuffle"),
    "drop": N_("Drop"),
}
OF_AN_INPUT = {
    "series": ("blank", "scale", "shift", "reverse"),
    "frames": ("reverse", "drop", "shuffle", "blank"),
    "rows": ("blank", "reverse"),
}
"""Which changes say something of what a network reads; a picture is changed by its rows."""
