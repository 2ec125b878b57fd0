"""What a network read where that was no text: measured channels, frames, a picture."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attnviz.errors import N_
from attnviz.panels.panel import Panel, panel_of
from attnviz.trace import Trace

LARGEST_SIDE = 128  # pixels of a picture on a page
MOST_BYTES = 8_000_000  # of all pictures of a film
BRIGHTEST = 255
BRIGHTNESS = N_("brightness")  # the one number of a frame, or of a line of a picture


def name_and_unit(channel: str) -> tuple[str, str]:
    """“I1 (A)” is I1, measured in A; a channel without brackets at its end has no unit: ""."""
    match = re.fullmatch(r"\s*(.*\S)\s*\(([^()]*)\)\s*", channel)
    return (match[1], match[2].strip()) if match else (channel, "")


def scales_of(values: np.ndarray, channels: Sequence[str]) -> tuple[tuple[float, float], ...]:
    """The ends of each channel's scale: the same for all that are measured in one unit, so that
    they can be compared; a channel without a unit has one of its own.

    `values`: (T, K) with NaN where one is missing.
    """
    units = [name_and_unit(channel)[1] or (number,) for number, channel in enumerate(channels)]
    ends = {}
    for unit in units:
        together = values[:, [other == unit for other in units]]
        known = together[np.isfinite(together)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        ends[unit] = (low, high) if high > low else (low - 0.5, high + 0.5)
    return tuple(ends[unit] for unit in units)


def read_panels(trace: Trace) -> list[Panel]:
    """What was read: measured channels as lines, a film, or a picture that is read line by line.

    A picture whose filters are read one after the other has no line at a position, and no panel.
    """
    if trace.values is None:
        return []
    return _OF_AXES[trace.values.ndim](trace)


def _series(trace: Trace) -> list[Panel]:
    """Values as they were measured; NaN where one is missing."""
    scales = scales_of(trace.values, trace.channels)
    ends = {"low": min(low for low, _ in scales), "high": max(high for _, high in scales)}
    known = np.nan_to_num(trace.values)
    panel = panel_of("channels", N_("Channels"), known, trace.channels, False, "lines", whole=True)
    return [replace(panel, values=trace.values, scales=scales, **ends)]


def _film(trace: Trace) -> list[Panel]:
    brightness = trace.values.mean(axis=(1, 2, 3)) / BRIGHTEST
    return [_seen(N_("Frames"), brightness, "film", trace.values)]


def _picture(trace: Trace) -> list[Panel]:
    """Turned so that the lines that are read one after the other are its columns."""
    kind = trace.tokens[0].partition(" ")[0]
    if kind not in ("row", "column"):
        return []
    picture = trace.values.swapaxes(0, 1) if kind == "row" else trace.values
    lines = np.array_split(np.arange(picture.shape[1]), len(trace.tokens))
    brightness = [picture[:, line].mean() / BRIGHTEST for line in lines]
    return [_seen(N_("Picture"), np.array(brightness), "picture", picture[None])]


def _seen(title: str, brightness: np.ndarray, mark: str, pictures: np.ndarray) -> Panel:
    """`pictures`: (N, h, w, c). Large ones are thinned out."""
    values = brightness.astype(np.float32)[:, None]
    panel = panel_of("channels", title, values, [BRIGHTNESS], False, mark, whole=True)
    every = max(1, -(-max(pictures.shape[1:3]) // LARGEST_SIDE))
    while pictures[:, ::every, ::every].nbytes > MOST_BYTES:
        every += 1
    thinned = np.ascontiguousarray(pictures[:, ::every, ::every])
    return replace(panel, low=0.0, high=1.0, pictures=thinned)


_OF_AXES = {2: _series, 3: _picture, 4: _film}
"""Number of axes of `Trace.values` → the panels of what was read."""
