"""A series cut into pasts and the values that came: what a forecast is taught and judged with."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from attnviz.errors import N_, SampleError
from attnviz.samples.sample import Sample

SHORT = N_(
    "{name}: {steps:,} steps are too few for a forecast of {ahead:,} from {back:,} before. Bring a "
    "longer series, or choose a smaller --horizon or --max-tokens."
)
NO_TARGET = N_("{name} has no channel {target}. Its channels: {known}.")


def windows(
    sample: Sample, target: Sequence[str], back: int, ahead: int, first: int = 0, every: int = 1
) -> Iterator[tuple[Sample, np.ndarray]]:
    """Pasts of `back` steps, each with the `ahead` values that came (C,): see `window_ends`."""
    for now, coming in window_ends(sample, target, back, ahead, first, every):
        yield past(sample, now, back), coming


def window_ends(
    sample: Sample, target: Sequence[str], back: int, ahead: int, first: int = 0, every: int = 1
) -> Iterator[tuple[int, np.ndarray]]:
    """The first coming step of each window, and the values that came (C,), target by target.

    `first` is the number of the first coming step that may be taught; `every` so many steps there
    is a window. A window of which no coming value is known is left out.

    Raises
    ------
    SampleError
        If a target is no channel of the series, or no window fits into it.
    """
    values = np.asarray(sample.values, dtype=np.float32)
    if missing := [name for name in target if name not in sample.channels]:
        raise SampleError(
            NO_TARGET, name=sample.name, target=missing[0], known=", ".join(sample.channels)
        )
    columns = [sample.channels.index(name) for name in target]
    starts = range(max(0, first - back), len(values) - back - ahead + 1, every)
    if not starts:
        raise SampleError(SHORT, name=sample.name, steps=len(values), ahead=ahead, back=back)
    for start in starts:
        coming = values[start + back : start + back + ahead, columns].T.reshape(-1)  # (C,)
        if not np.isnan(coming).all():
            yield start + back, coming


def past(sample: Sample, now: int, back: int) -> Sample:
    """The `back` steps of a series before step `now`, as a sample of their own."""
    start = max(0, now - back)
    times = sample.times[start:now]
    name = f"{sample.name}, {times[-1]}" if times else f"{sample.name}, step {now}"
    marks = tuple(
        (max(begin, start) - start, min(end, now) - start, what)
        for begin, end, what in sample.marks
        if begin < now and end > start
    )
    return replace(
        sample, values=sample.values[start:now], times=times, name=name.lstrip(", "), marks=marks
    )
