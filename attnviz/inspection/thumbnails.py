"""Small pictures of samples: a line of the channel that stands out, or the middle frame."""

import base64
from collections.abc import Sequence

import numpy as np

from attnviz.samples import Sample

POINTS = 60  # of a line
SIDE = 24  # pixels of a picture, at most


def thumbnails(samples: Sequence[Sample], together: bool = False) -> list[dict]:
    """What a page draws of each sample, beside the others.

    Of a series `line`, at most 60 numbers 0 … 1 or None where values are missing, and `channel`,
    its name: the one that lies farthest from its mean over all these samples, in standard
    deviations; `together`, that of the first sample for all, so that they can be compared. Of a
    film or picture `width`, `height` and `grey`, bytes in base 64, of the middle frame.
    """
    series = [sample for sample in samples if sample.values.ndim == 2]
    scales = _scales(series)
    channel = None
    if together and series:
        channel = _strongest(series[0], scales[series[0].values.shape[1]])
    return [
        _line(sample, scales[sample.values.shape[1]], channel)
        if sample.values.ndim == 2
        else _picture(sample.values)
        for sample in samples
    ]


def _scales(series: Sequence[Sample]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Number of channels → mean and standard deviation of each over all samples."""
    found = {}
    for count in {sample.values.shape[1] for sample in series}:
        values = np.concatenate([s.values for s in series if s.values.shape[1] == count])
        there = np.isfinite(values)
        number = np.maximum(there.sum(0), 1)
        mean = np.where(there, values, 0).sum(0, dtype=float) / number
        spread = np.where(there, values - mean, 0)
        found[count] = mean, np.sqrt((spread**2).sum(0, dtype=float) / number)
    return found


def _strongest(sample: Sample, scale: tuple[np.ndarray, np.ndarray]) -> int:
    """The number of the channel that lies farthest from its mean."""
    mean, spread = scale
    away = np.abs(np.asarray(sample.values, float) - mean) / np.where(spread > 0, spread, 1)
    return int(np.nan_to_num(away).max(0).argmax())


def _line(sample: Sample, scale: tuple[np.ndarray, np.ndarray], channel: int | None = None) -> dict:
    channel = _strongest(sample, scale) if channel is None else channel
    line = _averaged(np.asarray(sample.values[:, channel], float))
    low, high = np.nanmin(line, initial=np.inf), np.nanmax(line, initial=-np.inf)
    shown = (line - low) / (high - low) if high > low else np.where(np.isnan(line), np.nan, 0.5)
    names = sample.channels
    return {
        "line": [None if np.isnan(value) else round(float(value), 3) for value in shown],
        "channel": names[channel] if channel < len(names) else "",
    }


def _averaged(values: np.ndarray) -> np.ndarray:
    """At most `POINTS` means of neighbours, NaN where none is there."""
    parts = np.array_split(values, min(POINTS, len(values)))
    return np.array(
        [part[~np.isnan(part)].mean() if (~np.isnan(part)).any() else np.nan for part in parts]
    )


def _picture(values: np.ndarray) -> dict:
    frame = values[len(values) // 2] if values.ndim == 4 else values
    grey = frame.mean(2)
    rows, columns = (
        np.linspace(0, size - 1, min(SIDE, size)).round().astype(int) for size in grey.shape
    )
    small = grey[np.ix_(rows, columns)].round().astype(np.uint8)
    packed = base64.b64encode(small.tobytes()).decode("ascii")
    return {"width": small.shape[1], "height": small.shape[0], "grey": packed}
