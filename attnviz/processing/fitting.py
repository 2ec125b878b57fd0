"""Samples of other channels, rates and sizes than a model reads, brought to what it reads."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import N_, SampleError
from attnviz.samples import Sample
from attnviz.samples.matching import matched
from attnviz.samples.rates import resampled

Notices = list[tuple[str, Mapping[str, object]]]

RESIZED = N_("Pictures of {rows} × {columns} pixels are scaled to {height} × {width}.")
GREY = N_("Colours are read as grey.")
COLOURED = N_("Grey is read as red, green and blue alike.")
NO_FILM = N_(
    "A film has the axes frames, rows, columns, colours (1 or 3); this sample has the shape "
    "{shape}."
)
NO_PICTURE = N_(
    "A picture has the axes rows, columns, colours (1 or 3); this sample has the shape {shape}."
)
GREY_WEIGHTS = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, section 2.5.1


def fitted(sample: Sample, config: CnnLstmAttentionConfig) -> tuple[Sample, Notices]:
    """A series with the model's channels in its order and units, at its step.

    Raises
    ------
    SampleError
        If it has no values, other channels, a unit that cannot be converted, or a step that is too
        far from the model's.
    """
    values = np.asarray(sample.values)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or not values.size:
        raise SampleError(
            "A series has an axis of steps and one of channels, and at least one of each; this "
            "sample has the shape {shape}.",
            shape=str(np.shape(sample.values)),
        )
    sample, notices = matched(replace(sample, values=values), config.channels)
    if config.step is not None:
        sample, more = resampled(sample, config.step, config.step_unit)
        notices += more
    return sample, [(notice.template, notice.values) for notice in notices]


def pictures(
    values: np.ndarray, config: CnnLstmAttentionConfig, axes: int
) -> tuple[np.ndarray, tuple[tuple[str, Mapping[str, object]], ...]]:
    """Pixels 0…255 of the model's size and colours: a film (T, h, w, c) or a picture (h, w, c).

    Raises
    ------
    SampleError
        If there are no pixels, or another number of axes.
    """
    pixels = np.asarray(values)
    if pixels.ndim == axes - 1:
        pixels = pixels[..., None]  # grey, without an axis of colours
    if pixels.ndim != axes or not pixels.size or pixels.shape[-1] not in (1, 3, 4):
        template = NO_FILM if axes == 4 else NO_PICTURE
        raise SampleError(template, shape=str(np.shape(values)))
    notices: Notices = []
    pixels = _coloured(pixels[..., :3], config.picture[2], notices)
    rows, columns = config.picture[:2]
    if pixels.shape[-3:-1] != (rows, columns):
        sizes = {"rows": pixels.shape[-3], "columns": pixels.shape[-2]}
        notices.append((RESIZED, sizes | {"height": rows, "width": columns}))
        pixels = _resized(pixels, rows, columns)
    return np.clip(np.nan_to_num(pixels), 0, 255).round().astype(np.uint8), tuple(notices)


def _coloured(pixels: np.ndarray, colours: int, notices: Notices) -> np.ndarray:
    if pixels.shape[-1] == colours:
        return pixels
    if colours == 1:
        notices.append((GREY, {}))
        return (pixels.astype(np.float32) @ GREY_WEIGHTS)[..., None]
    notices.append((COLOURED, {}))
    return np.repeat(pixels, 3, axis=-1)


def _resized(pixels: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Each picture by itself, each colour by itself, averaged where it shrinks (Pillow)."""
    from PIL import Image

    planes = np.moveaxis(pixels, -1, 0).reshape(-1, *pixels.shape[-3:-1])  # (c · T, h, w)
    scaled = [
        np.asarray(Image.fromarray(plane.astype(np.float32)).resize((columns, rows), Image.BOX))
        for plane in planes
    ]
    stacked = np.stack(scaled).reshape(pixels.shape[-1], *pixels.shape[:-3], rows, columns)
    return np.moveaxis(stacked, 0, -1)
