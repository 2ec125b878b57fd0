"""Which units of a panel are shown, in which order, in which colour range."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attnviz.errors import AttnvizError
from attnviz.panels.panel import Panel, extent


def _alike(values: np.ndarray) -> np.ndarray:
    """Columns that rise and fall together side by side.

    Each column is a point on the plane of the two leading principal components of the correlation
    matrix, and they are put in the order of their angles (Friendly 2002, section 3).
    """
    spread = values - values.mean(axis=0)
    spread = spread / np.maximum(np.linalg.norm(spread, axis=0), 1e-12)
    if spread.shape[1] < 3:
        return np.arange(spread.shape[1])
    _shares, vectors = np.linalg.eigh((spread.T @ spread).astype(np.float64))
    angles = np.arctan2(vectors[:, -2], vectors[:, -1])
    order = np.argsort(angles, kind="stable")
    gaps = np.diff(angles[order], append=angles[order[0]] + 2 * np.pi)
    return np.roll(order, -(int(gaps.argmax()) + 1))  # the circle is cut where it is emptiest


ORDERS = {
    "index": lambda values: np.arange(values.shape[1]),
    "variance": lambda values: np.argsort(-values.var(axis=0), kind="stable"),
    "largest value": lambda values: np.argsort(-np.abs(values).max(axis=0), kind="stable"),
    "similarity": _alike,
}


def unit_order(chosen: Sequence[Panel], order: str) -> np.ndarray | None:
    """One order of the units for all gates and states among the panels; None without any.

    What `f`, `i` and `o` of one unit do together is read along one column, so they are sorted
    together: every panel is centred and divided by its largest value, and the stack of all is what
    a row of `ORDERS` looks at.
    """
    recurrent = [panel.values for panel in chosen if panel.group == "remembers"]
    if not recurrent:
        return None
    if order == "variance":
        recurrent = [values - values.mean(axis=0) for values in recurrent]
    scaled = [values / (float(np.abs(values).max(initial=0)) or 1.0) for values in recurrent]
    return ORDERS[order](np.concatenate(scaled))


def pick_units(
    panel: Panel,
    order: str | np.ndarray = "index",
    limit: int | None = None,
    only: Sequence[int] = (),
) -> Panel:
    """The same panel with some of its columns, ordered by a row of `ORDERS` or as `order` lists.

    `only` keeps the columns of these numbers that exist; without it `limit` keeps the first so
    many. Panels that are `whole` stay so. The colour range follows the columns that remain.
    """
    if panel.whole:
        return panel
    chosen = ORDERS[order](panel.values) if isinstance(order, str) else order
    chosen = chosen[np.isin(chosen, list(only))] if only else chosen[:limit]
    values = panel.values[:, chosen]
    low, high = (0.0, 1.0) if panel.ramp == "gates" else extent(values, panel.signed)
    columns = tuple(panel.columns[index] for index in chosen)
    return replace(panel, values=values, columns=columns, low=low, high=high)


def parse_units(text: str) -> tuple[int, ...]:
    """The numbers that a person wrote as `3, 17, 20-31`, ascending and without repeats.

    Raises
    ------
    AttnvizError
        If a part is neither a number nor a range of numbers.
    """
    units: set[int] = set()
    for part in re.split(r"[\s,;，、；]+", text.strip()):
        match = re.fullmatch(r"(\d{1,6})(?:[-–](\d{1,6}))?", part)
        if part and not match:
            raise AttnvizError(
                "“{part}” names no units. Write numbers and ranges: 3, 17, 20-31.", part=part
            )
        if match:
            first, last = sorted((int(match[1]), int(match[2] or match[1])))
            units.update(range(first, min(last, first + 9_999) + 1))
    return tuple(sorted(units))


RANGES = ("panel", "family")


def with_range(chosen: Sequence[Panel], mode: str) -> list[Panel]:
    """The same panels with the colour range that the user chose.

    `panel`: each has its own. `family`: panels of one family, such as all feature maps, share one.
    Gates are always drawn on 0…1 and shares of attention from 0.
    """
    if mode == "panel":
        return list(chosen)
    free = [panel for panel in chosen if panel.mark == "cells" and panel.ramp != "gates"]
    shared: dict[str, tuple[float, float]] = {}
    for panel in free:
        low, high = shared.get(panel.family, (panel.low, panel.high))
        shared[panel.family] = min(low, panel.low), max(high, panel.high)
    return [
        replace(panel, low=shared[panel.family][0], high=shared[panel.family][1])
        if panel in free
        else panel
        for panel in chosen
    ]
