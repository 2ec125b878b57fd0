"""A matrix of weights as a picture, made by hand: one small image costs the server no schema."""

import numpy as np

SMALL = 200  # pixels
NEGATIVE, NEUTRAL, POSITIVE = (44, 111, 187), (242, 242, 240), (200, 100, 30)
"""The hues of `attnviz.charts.tokens`, BLUE and ORANGE, around a grey that both themes bear."""


def matrix_image(values: np.ndarray, size: int = SMALL) -> np.ndarray:
    """(rows, columns) weights as (height, width, 3) uint8: blue negative, orange positive.

    0 is neutral, the largest absolute weight has the full colour. Each weight is a square of
    pixels, as many as fit into `size`; a wide row of few weights becomes a stripe.
    """
    reach = float(np.abs(values).max()) or 1.0
    shares = np.asarray(values, dtype=np.float64) / reach  # −1…1
    ends = np.where((shares < 0)[..., None], np.array(NEGATIVE), np.array(POSITIVE))
    colors = NEUTRAL + (ends - np.array(NEUTRAL)) * np.abs(shares)[..., None]
    pixels = np.rint(colors).astype(np.uint8)  # (rows, columns, 3)
    rows, columns = values.shape
    across = max(1, size // columns)
    down = max(1, min(size // rows, 3 * across if rows > 1 else 14))
    return pixels.repeat(down, axis=0).repeat(across, axis=1)
