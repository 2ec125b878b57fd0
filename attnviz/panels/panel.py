"""A block of columns beside the tokens: its numbers, its names, how it is coloured."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

GROUPS = {
    "channels": "reads",
    "tags": "decides",
    "votes": "decides",
    "attention": "looks",
    "self_attention": "looks",
    "feature_maps": "detects",
    "channel_attention": "detects",
    "gates": "remembers",
    "states": "remembers",
}
"""Family → what that part of the network does, in the order of the table."""

LAID_FLAT = ("reads", "looks", "decides", "detects", "remembers")
"""The groups as they stand one below the other where time runs across the page: what counts when
lies directly below what was read."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A block of columns on the token axis.

    Parameters
    ----------
    key
        Unique in its trace, for instance `gates/forget`.
    title, detail
        For a person, in English: pages translate `title` and then set `detail` into its field.
    values
        (T, U) float32.
    columns
        U names, one for each column: unit or filter numbers, labels, attention heads, tokens.
    signed
        True where values lie on both sides of zero: drawn with a diverging palette centred at 0.
    low, high
        The values at the two ends of the palette.
    mark
        "bars" for a few columns that are read as lengths, "cells" for a heat map, "lines" for
        measured values in their own units, "film" and "picture" for `pictures`.
    whole
        True where columns are no units but heads, classes or tokens, whose order has a meaning:
        they are never sorted or left out.
    plain
        What it does in one plain word, in English, before the term in the title; "" for none.
    ramp
        The colour's name in `attnviz.colours`: "gates", "detectors", "signed" or "attention"; for
        votes "classes".
    classes
        For votes: one pair for each column, the hues (`attnviz.colours.class_hues`) of the class
        that a positive value speaks for and of the one that a negative value speaks for; the same
        where the column is of one class alone.
    level
        A value to mark with a line, such as the attention that all positions alike would have.
    named
        Values of at least this size are written beside their bars; None for none.
    scales
        For lines: one pair for each column, the ends of its scale, the same for all columns of one
        unit. Of other marks all columns lie between `low` and `high`.
    pictures
        uint8 (N, h, w, 1 or 3): the T frames of a film, or one picture whose columns are in the
        order in which it is read; None where nothing is seen.
    """

    key: str
    title: str
    values: np.ndarray
    columns: tuple[str, ...]
    signed: bool
    low: float
    high: float
    mark: str
    detail: str = ""
    whole: bool = False
    plain: str = ""
    ramp: str = "detectors"
    classes: tuple[tuple[int, int], ...] = ()
    level: float | None = None
    named: float | None = None
    scales: tuple[tuple[float, float], ...] = ()
    pictures: np.ndarray | None = None

    @property
    def group(self) -> str:
        """What it shows: what the network "reads", or the part of it that "decides", "looks",
        "detects" or "remembers"."""
        return GROUPS.get(self.family, "remembers")

    @property
    def family(self) -> str:
        """The part of the key before the slash: `gates`, `states`, `feature_maps`, …"""
        return self.key.partition("/")[0]


def laid_flat(chosen: Iterable[Panel]) -> list[Panel]:
    """The panels in the order in which the time table has them."""
    return sorted(chosen, key=lambda panel: LAID_FLAT.index(panel.group))


def panel_of(
    key: str, title: str, values, columns, signed: bool, mark="cells", detail="", **more
) -> Panel:
    low, high = extent(values, signed)
    names = tuple(str(column) for column in columns)
    values = np.asarray(values)
    return Panel(key, title, values, names, signed, low, high, mark, str(detail), **more)


def extent(values: np.ndarray, signed: bool) -> tuple[float, float]:
    if not values.size:
        return (-1.0, 1.0) if signed else (0.0, 1.0)
    if signed:
        reach = float(np.abs(values).max()) or 1.0
        return -reach, reach
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + 1.0)
