"""A matrix of weights as a picture, made by hand: one small image costs the server no schema."""

import numpy as np

from attnviz.colours import RAMPS

SMALL = 200  # pixels
STOPS = np.array([[*bytes.fromhex(stop[1:])] for stop in RAMPS["light"]["signed"]])  # (7, 3)


def matrix_image(values: np.ndarray, size: int = SMALL) -> np.ndarray:
    """(rows, columns) weights as (height, width, 3) uint8: purple negative, green positive.

    0 is the middle of the ramp, the largest absolute weight one of its ends. Each weight is a
    square of pixels, as many as fit into `size`; a wide row of few weights becomes a stripe.
    """
    reach = float(np.abs(values).max()) or 1.0
    shares = np.asarray(values, dtype=np.float64) / reach  # −1…1
    places = np.linspace(-1, 1, len(STOPS))
    colors = np.stack([np.interp(shares, places, STOPS[:, part]) for part in range(3)], axis=-1)
    pixels = np.rint(colors).astype(np.uint8)  # (rows, columns, 3)
    rows, columns = values.shape
    across = max(1, size // columns)
    down = max(1, min(size // rows, 3 * across if rows > 1 else 14))
    return pixels.repeat(down, axis=0).repeat(across, axis=1)
