"""Every kind of panel, one row of `PANELS` each.

A network with other gates or states gets its panels without a change here or on the page, because
gates and states carry the names that the cell gave them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from attnviz.colours import class_hues
from attnviz.errors import N_
from attnviz.invisible import named_if_blank
from attnviz.panels.channels import read_panels
from attnviz.panels.panel import Panel, panel_of
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
PLAIN = {
    "input": N_("Lets in"),
    "forget": N_("Keeps"),
    "output": N_("Shows"),
    "reset": N_("Recalls"),
    "update": N_("Keeps"),
    "candidate": N_("Could write"),
    "cell": N_("Stores"),
    "new": N_("Could write"),
    "hidden": N_("Passes on"),
}
"""What a gate or state does, in one plain word that stands before its term."""

WEIGHTS = {
    "attention": N_("Attention"),
    "mean": N_("Equal weights"),
    "max": N_("Share of pooled units"),
    "last": N_("Share of last states"),
}
"""`Trace.pooling` → what its weights are called: they are attention where scores are learnt."""

POSITIVE, SIGNED = False, True  # whether values lie on both sides of 0

VOTED_LABELS = 6
"""This many classes have a column of votes unless asked otherwise, the most probable first."""

NAMED_SHARE = 0.05
"""Votes of at least this share of the lead, and at least this much attention, are written out."""
NAMED_OF_LARGEST = 0.08
"""And votes of at least this share of the largest, where the lead is small."""


def _channels(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    return read_panels(trace)


def _tags(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    """Of a tagger how probable each tag is at each position, for the tags that the text has most.

    Beside it what each position would say alone, where the chain overruled one.
    """
    if trace.tags is None:
        return []
    tags, hues = trace.tags, class_hues(trace.probabilities)
    order = np.argsort(-tags.marginals.sum(0), kind="stable")[:voted].tolist()
    names = [trace.labels[number] for number in order]
    more = {"whole": True, "ramp": "classes", "classes": tuple((hues[n], hues[n]) for n in order)}
    shares = {"chosen": (N_("Tag probabilities"), tags.marginals)}
    if tags.overruled.any():
        own = np.exp(tags.logits - tags.logits.max(1, keepdims=True))
        shares["alone"] = (
            N_("Tag probabilities, each position alone"),
            own / own.sum(1, keepdims=True),
        )
    return [
        replace(
            panel_of(f"tags/{key}", title, values[:, order], names, POSITIVE, "bars", **more),
            low=0.0,
            high=1.0,
        )
        for key, (title, values) in shares.items()
    ]


def _votes(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    """Of two classes one column, the prediction's votes less the other's; else a column a class.

    Of a forecast a heat map, a column for each coming value.
    """
    if trace.task == "forecast":
        title = N_("Votes for each coming value")
        more = {"whole": True, "ramp": "signed"}
        return [panel_of("votes", title, trace.votes, trace.labels, SIGNED, **more)]
    order = np.argsort(-trace.probabilities, kind="stable")
    lead = float(trace.logits[order[0]] - trace.logits[order[1]])
    if len(order) == 2:
        values = (trace.votes[:, order[0]] - trace.votes[:, order[1]])[:, None]
        pairs = (tuple(order.tolist()),)
    else:
        order = order[:voted]
        values = trace.votes[:, order]
        pairs = tuple((place, place) for place in order.tolist())
    names = [trace.labels[first] for first, _ in pairs]
    rival = trace.labels[pairs[0][1]] if len(trace.labels) == 2 else ""
    hues = class_hues(trace.probabilities)
    pairs = tuple((hues[first], hues[second]) for first, second in pairs)
    named = max(NAMED_SHARE * lead, NAMED_OF_LARGEST * float(np.abs(values).max()))
    more = {"whole": True, "ramp": "classes", "classes": pairs, "named": named}
    panel = panel_of("votes", N_("Votes"), values, names, SIGNED, "bars", rival, **more)
    least = panel.high / 4  # room on the side where there is next to nothing
    low, high = min(float(values.min()), -least), max(float(values.max()), least)
    return [replace(panel, low=low, high=high)]


def _attention(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    """Drawn from 0, and never so large that even shares look like a peak."""
    heads = range(trace.attention.shape[1])
    even = 1 / len(trace.tokens)
    more = {"whole": True, "ramp": "attention", "level": even}
    more["named"] = max(NAMED_SHARE, 2 * even)
    panel = panel_of(
        "attention", WEIGHTS[trace.pooling], trace.attention, heads, POSITIVE, "bars", **more
    )
    return [replace(panel, low=0.0, high=max(float(panel.values.max()), min(1.0, 3 * even)))]


def _self_attention(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    """How each token (rows) reads the others (columns), one panel for each head."""
    if trace.self_attention is None:
        return []
    names = [f"{number} {label}" for number, label in enumerate(row_labels(trace), start=1)]
    title = N_("Self-attention, head {detail}")
    return [
        _from_zero(
            panel_of(
                f"self_attention/{head}",
                title,
                values,
                names,
                POSITIVE,
                detail=head,
                whole=True,
                ramp="attention",
            )
        )
        for head, values in enumerate(trace.self_attention)
    ]


def _feature_maps(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    title = N_("Feature maps, kernel size {detail}")
    one, more = (N_("1 token"), N_("{detail} tokens"))
    if trace.text is None:
        one, more = N_("1 step"), N_("{detail} steps")
    return [
        panel_of(
            f"feature_maps/{size}",
            title,
            maps,
            range(maps.shape[1]),
            POSITIVE,
            detail=size,
            plain=one if size == 1 else more,
        )
        for size, maps in trace.feature_maps.items()
    ]


def _channel_attention(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    """What the next stage reads: each map times its channel's weight, which its name tells."""
    title = N_("Weighed feature maps, kernel size {detail}")
    found = []
    for size, weights in trace.channel_weights.items():
        names = [f"{number} × {weight:.2f}" for number, weight in enumerate(weights)]
        values = trace.feature_maps[size] * weights
        key = f"channel_attention/{size}"
        found.append(panel_of(key, title, values, names, POSITIVE, detail=size))
    return found


def _gates(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    return [
        replace(_recurrent("gates", name, values[:, layer, direction], POSITIVE), low=0.0, high=1.0)
        for name, values in trace.gates.items()
    ]


def _states(trace: Trace, layer: int, direction: int, voted: int) -> list[Panel]:
    return [
        _recurrent("states", name, values[:, layer, direction], SIGNED)
        for name, values in trace.states.items()
    ]


def _recurrent(family: str, name: str, values: np.ndarray, signed: bool) -> Panel:
    """One gate or state of all units, (T, H)."""
    more = {"plain": PLAIN.get(name, ""), "ramp": "gates" if family == "gates" else "signed"}
    title = TITLES.get(name, name)
    return panel_of(f"{family}/{name}", title, values, range(values.shape[1]), signed, **more)


def _from_zero(panel: Panel) -> Panel:
    """Shares start at 0, also where all are equal."""
    return replace(panel, low=0.0, high=float(panel.values.max()))


PANELS = {
    "channels": _channels,
    "tags": _tags,
    "votes": _votes,
    "attention": _attention,
    "self_attention": _self_attention,
    "feature_maps": _feature_maps,
    "channel_attention": _channel_attention,
    "gates": _gates,
    "states": _states,
}


def panels(
    trace: Trace, layer: int = 0, direction: str = "forward", *, voted: int = VOTED_LABELS
) -> list[Panel]:
    """All panels of a trace in the order in which they are drawn.

    Of more than two classes the `voted` most probable have a column of votes. `layer` counts
    from 0, a negative one from the last. A direction that the network does not have falls back to
    forward, and a layer to the last, so that a page may keep its choice when the model changes.
    """
    layers, directions = recurrent_shape(trace)
    layer = max(min(layer, layers - 1), -layers)
    index = min(DIRECTIONS.index(direction), directions - 1)
    return [panel for build in PANELS.values() for panel in build(trace, layer, index, voted)]


def recurrent_shape(trace: Trace) -> tuple[int, int]:
    """Recurrent layers and reading directions, L and D; 1 and 1 where nothing is recurrent."""
    return next(iter(trace.states.values())).shape[1:3] if trace.states else (1, 1)


def row_labels(trace: Trace) -> tuple[str, ...]:
    """T strings for a person: the token's characters, numbered where several pieces share them.

    A character that the vocabulary lacks is read as its bytes, four for most emoji: 😀 1/4 … 4/4.
    One that leaves no mark has its code: U+200D. Where no text was read, the steps' own names.
    """
    if trace.text is None:
        return trace.tokens
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
