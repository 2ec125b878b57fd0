"""Pixels as a network reads them: uint8, from 0 for black to 255."""

import numpy as np

from attnviz.data.table import Notice
from attnviz.errors import N_
from attnviz.samples.cell_numbers import has_fractions

SCALED = N_("Pixels from {low:g} to {high:g} became 0 to 255.")
ROUNDED = N_("Pixels from {low:g} to {high:g} were rounded to whole numbers.")
OUTSIDE = N_(
    "Pixels without a number, below 0 or above 255 were set to the nearest value: {count:,}."
)


def as_pixels(values: np.ndarray) -> tuple[np.ndarray, list[Notice]]:
    """Numbers as uint8, and what was done to them.

    Fractions up to 1 are taken for shares of white, whole numbers beyond 255 for 16 bits.
    """
    if values.dtype == np.uint8:
        return values, []
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255), []
    values = values.astype(np.float32)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    told = {"low": low, "high": high}
    if low >= 0 and high <= 1 and has_fractions(values):
        return np.round(np.nan_to_num(values) * 255).astype(np.uint8), [Notice(SCALED, told)]
    if low >= 0 and 255 < high <= 65_535:
        return np.round(np.nan_to_num(values) / 257).astype(np.uint8), [Notice(SCALED, told)]
    notices = [Notice(ROUNDED, told)] if has_fractions(values) else []
    outside = int(np.sum(~((values >= 0) & (values <= 255))))
    if outside:
        notices.append(Notice(OUTSIDE, {"count": outside}))
    return np.clip(np.round(np.nan_to_num(values)), 0, 255).astype(np.uint8), notices
