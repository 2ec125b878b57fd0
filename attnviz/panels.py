"""Which numbers of a trace belong together, and how they are coloured.

A panel is a block of columns beside the tokens. Every kind of panel is one row of `PANELS`; a
network with other gates or states gets its panels without a change here or on the page, because
gates and states carry the names that the cell gave them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

import numpy as np

from attnviz.errors import N_, AttnvizError
from attnviz.invisible import named_if_blank
from attnviz.trace import DIRECTIONS, Trace

TITLES = {
    "input": N_("Input gate"),
    "forget": N_("Forget gate"),
    "output": N_("Output gate"),
    "reset": N_("Reset gate"),
    "update": N_("Update gate"),
    "candidate": N_("Candidate"),
    "cell": N_("Cell state"),
    "new": N_("New state"),
    "hidden": N_("Hidden state"),
}

WEIGHTS = {
    "attention": N_("Attention"),
    "mean": N_("Equal weights"),
    "max": N_("Share of pooled units"),
    "last": N_("Share of last states"),
}
"""`Trace.pooling` → what its weights are called: they are attention where scores are learnt."""

POSITIVE, SIGNED = (0.0, 1.0), (-1.0, 1.0)

VOTED_LABELS = 6
"""So many classes have a column of votes: the most probable ones, the predicted one first."""


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
        "bars" for a few columns that are read as lengths, "cells" for a heat map.
    bounds
        The values that this quantity can take at most, for the fixed colour range.
    whole
        True where columns are no units but heads, classes or tokens, whose order has a meaning:
        they are never sorted or left out.
    """

    key: str
    title: str
    values: np.ndarray
    columns: tuple[str, ...]
    signed: bool
    low: float
    high: float
    mark: str
    bounds: tuple[float, float]
    detail: str = ""
    whole: bool = False

    @property
    def family(self) -> str:
        """The part of the key before the slash: `gates`, `states`, `feature_maps`, …"""
        return self.key.partition("/")[0]


def _panel(
    key: str, title: str, values, columns, bounds, mark="cells", detail="", whole=False
) -> Panel:
    signed = bounds[0] < 0
    low, high = _extent(values, signed)
    names = tuple(str(column) for column in columns)
    values = np.asarray(values)
    return Panel(key, title, values, names, signed, low, high, mark, bounds, str(detail), whole)


def _extent(values: np.ndarray, signed: bool) -> tuple[float, float]:
    if not values.size:
        return (-1.0, 1.0) if signed else (0.0, 1.0)
    if signed:
        reach = float(np.abs(values).max()) or 1.0
        return -reach, reach
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + 1.0)


def _attention(trace: Trace, layer: int, direction: int) -> list[Panel]:
    heads = range(trace.attention.shape[1])
    panel = _panel(
        "attention", WEIGHTS[trace.pooling], trace.attention, heads, POSITIVE, "bars", whole=True
    )
    return [_from_zero(panel)]


def _votes(trace: Trace, layer: int, direction: int, most: int = VOTED_LABELS) -> list[Panel]:
    """The classes by their probability; where some are left out, the title says of how many."""
    shown = np.argsort(-trace.probabilities, kind="stable")[:most]
    names = [trace.labels[index] for index in shown]
    values, labels = trace.votes[:, shown], len(trace.labels)
    title, detail = N_("Votes"), ""
    if len(shown) < labels:
        title, detail = N_("Votes, classes: {detail}"), f"{len(shown)} / {labels}"
    return [_panel("votes", title, values, names, SIGNED, "bars", detail, whole=True)]


def _self_attention(trace: Trace, layer: int, direction: int) -> list[Panel]:
    """How each token (rows) reads the others (columns), one panel for each head."""
    if trace.self_attention is None:
        return []
    names = [f"{number} {label}" for number, label in enumerate(row_labels(trace), start=1)]
    title = N_("Self-attention, head {detail}")
    return [
        _from_zero(
            _panel(
                f"self_attention/{head}", title, values, names, POSITIVE, detail=head, whole=True
            )
        )
        for head, values in enumerate(trace.self_attention)
    ]


def _feature_maps(trace: Trace, layer: int, direction: int) -> list[Panel]:
    title = N_("Feature maps, kernel size {detail}")
    return [
        _panel(f"feature_maps/{size}", title, maps, range(maps.shape[1]), POSITIVE, detail=size)
        for size, maps in trace.feature_maps.items()
    ]


def _channel_attention(trace: Trace, layer: int, direction: int) -> list[Panel]:
    """What the next stage reads: each map times its channel's weight, which its name tells."""
    title = N_("Weighed feature maps, kernel size {detail}")
    found = []
    for size, weights in trace.channel_weights.items():
        names = [f"{number} × {weight:.2f}" for number, weight in enumerate(weights)]
        values = trace.feature_maps[size] * weights
        key = f"channel_attention/{size}"
        found.append(_panel(key, title, values, names, POSITIVE, detail=size))
    return found


def _gates(trace: Trace, layer: int, direction: int) -> list[Panel]:
    return [
        _panel(
            f"gates/{name}",
            TITLES.get(name, name),
            values[:, layer, direction],
            range(values.shape[3]),
            POSITIVE,
        )
        for name, values in trace.gates.items()
    ]


def _states(trace: Trace, layer: int, direction: int) -> list[Panel]:
    return [
        _panel(
            f"states/{name}",
            TITLES.get(name, name),
            values[:, layer, direction],
            range(values.shape[3]),
            SIGNED,
        )
        for name, values in trace.states.items()
    ]


def _from_zero(panel: Panel) -> Panel:
    """Shares start at 0, also where all are equal."""
    return replace(panel, low=0.0, high=float(panel.values.max()))


PANELS = {
    "attention": _attention,
    "votes": _votes,
    "self_attention": _self_attention,
    "feature_maps": _feature_maps,
    "channel_attention": _channel_attention,
    "gates": _gates,
    "states": _states,
}


def panels(
    trace: Trace,
    layer: int = 0,
    direction: str = "forward",
    *,
    voted: int = VOTED_LABELS,
) -> list[Panel]:
    """All panels of a trace in the order in which they are drawn; votes of at most `voted` classes.

    `layer` counts from 0, a negative one from the last. A direction that the network does not
    have falls back to forward, and a layer to the last, so that a page may keep its choice when
    the model changes.
    """
    layers, directions = recurrent_shape(trace)
    layer = max(min(layer, layers - 1), -layers)
    index = min(DIRECTIONS.index(direction), directions - 1)
    kinds = PANELS | {"votes": partial(_votes, most=voted)}
    return [panel for build in kinds.values() for panel in build(trace, layer, index)]


def recurrent_shape(trace: Trace) -> tuple[int, int]:
    """Recurrent layers and reading directions, L and D; 1 and 1 where nothing is recurrent."""
    return next(iter(trace.states.values())).shape[1:3] if trace.states else (1, 1)


def row_labels(trace: Trace) -> tuple[str, ...]:
    """T strings for a person: the token's characters, numbered where several pieces share them.

    A character that the vocabulary lacks is read as its bytes, four for most emoji: 😀 1/4 … 4/4.
    One that leaves no mark has its code: U+200D.
    """
    labels: list[str] = []
    for place, group in groupby(range(len(trace.tokens)), key=lambda row: trace.offsets[row]):
        pieces = len(list(group))
        surface = named_if_blank(trace.text[slice(*place)])
        numbers = [f" {number}/{pieces}" for number in range(1, pieces + 1)]
        labels += [surface + number for number in numbers] if pieces > 1 else [surface]
    return tuple(labels)


def told_apart(labels: Sequence[str]) -> tuple[str, ...]:
    """The same labels; one that occurs several times has its position behind it: rainy (3)."""
    counts = Counter(labels)
    return tuple(
        f"{label} ({place})" if counts[label] > 1 else label
        for place, label in enumerate(labels, start=1)
    )


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
    low, high = _extent(values, panel.signed)
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


RANGES = ("panel", "family", "fixed")


def with_range(chosen: Sequence[Panel], mode: str) -> list[Panel]:
    """The same panels with the colour range that the user chose.

    `panel`: each has its own. `family`: panels of one family (all gates, all feature maps) share
    one. `fixed`: what the quantity can take at most, 0…1 or −1…1; larger values saturate.
    """
    if mode == "fixed":
        return [replace(panel, low=panel.bounds[0], high=panel.bounds[1]) for panel in chosen]
    if mode == "panel":
        return list(chosen)
    shared: dict[str, tuple[float, float]] = {}
    for panel in chosen:
        low, high = shared.get(panel.family, (panel.low, panel.high))
        shared[panel.family] = min(low, panel.low), max(high, panel.high)
    return [
        replace(panel, low=shared[panel.family][0], high=shared[panel.family][1])
        for panel in chosen
    ]
