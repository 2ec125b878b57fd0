"""Anatomy of a gate: its parts along the text, how often it is saturated, its weights."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, INK, ROW_HEIGHT, same, token_axis
from attnviz.colours import ink
from attnviz.errors import N_
from attnviz.evidence.gates import SATURATED, GateAnatomy, Saturation
from attnviz.panels import Panel, told_apart

DRAWN_TOKENS = 60
PART_NAMES = {
    "input": N_("input"),
    "recurrent": N_("previous hidden state"),
    "bias": N_("bias"),
    "peephole": N_("cell state"),
}
PART_COLORS = [ink("word"), ink("before"), GREY, INK]
SIGNS = ink("negative"), ink("positive")
SPLIT = "width * 0.66", "width * 0.72"  # the logits end, the gate's value begins


def gate_parts(
    record: GateAnatomy,
    unit: int,
    labels: Sequence[str],
    token: int,
    *,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """One unit's gate at each token: the parts stacked from zero, their sum, the gate beside it.

    Of a long text the 60 tokens around `token`, whose row is marked.
    """
    rows = gate_rows(record, unit, labels, token, translate=translate)
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=token_axis())
    once = base.transform_filter("datum.once")
    parts = alt.Scale(range=[0, {"expr": SPLIT[0]}])
    # All rows in every layer, or the layers would disagree about the order of the tokens.
    band = once.mark_rect(color=GREY).encode(
        x=alt.value(0),
        x2=alt.value("width"),
        opacity=alt.condition("datum.chosen", alt.value(0.22), alt.value(0)),
    )
    tooltip = [
        alt.Tooltip("row:N", title=translate("Token")),
        alt.Tooltip("sum:Q", title=translate("Sum"), format="+.4f"),
        alt.Tooltip("value:Q", title=translate("Value"), format=".4f"),
    ]
    total = once.mark_text(text="◆", fontSize=13).encode(
        x=alt.X("sum:Q", scale=parts), tooltip=tooltip
    )
    value = _value(once, record.activation == "tanh", translate).encode(tooltip=tooltip)
    drawn = alt.layer(band, _stacked(base, parts, translate) + total, value)
    drawn = drawn.resolve_scale(x="independent")
    return drawn.properties(height=alt.Step(ROW_HEIGHT), width="container")


def _stacked(base: alt.Chart, scale: alt.Scale, translate: Callable[[str], str]) -> alt.Chart:
    """The parts of the pre-activation, those below zero to the left of it."""
    return base.mark_bar(height=11).encode(
        x=alt.X(
            "logit:Q",
            stack="zero",
            scale=scale,
            title=translate("Parts and their sum ◆"),
            axis=alt.Axis(tickCount=5, format="~g"),
        ),
        color=alt.Color(
            "part:N",
            sort=None,
            scale=alt.Scale(range=PART_COLORS),
            legend=alt.Legend(title=None, orient="top", columns=2, labelLimit=200),
        ),
        tooltip=[
            alt.Tooltip("row:N", title=translate("Token")),
            alt.Tooltip("part:N", title=translate("Part")),
            alt.Tooltip("logit:Q", title=translate("Adds"), format="+.4f"),
        ],
    )


def _value(once: alt.Chart, signed: bool, translate: Callable[[str], str]) -> alt.Chart:
    """The gate itself, 0…1, or a candidate, −1…1, in the rest of the width."""
    ends, ticks = ([-1, 1], [-1, 0, 1]) if signed else ([0, 1], [0, 0.5, 1])
    color = alt.condition("datum.value < 0", *map(alt.value, SIGNS))
    return once.mark_bar(height=11).encode(
        x=alt.X(
            "value:Q",
            scale=alt.Scale(domain=ends, range=[{"expr": SPLIT[1]}, _WIDTH]),
            title=translate("Value"),
            axis=alt.Axis(values=ticks, format="~g", orient="bottom"),
        ),
        color=color if signed else alt.value(ink("gate")),
    )


_WIDTH = {"expr": "width"}


def gate_rows(
    record: GateAnatomy,
    unit: int,
    labels: Sequence[str],
    token: int,
    *,
    translate: Callable[[str], str] = same,
) -> list[dict]:
    """What `gate_parts` draws: a row for each token in sight and each part.

    `once` marks the first row of a token, `chosen` the rows of `token`; `sum` is the
    pre-activation, `value` the gate.
    """
    total, names = record.pre_activation[:, unit], told_apart(labels)
    first = max(0, min(token - DRAWN_TOKENS // 2, len(labels) - DRAWN_TOKENS))
    return [
        {
            "row": f"{place}:{names[place]}",
            "place": place,
            "part": translate(PART_NAMES[name]),
            "logit": float(values[place, unit]),
            "sum": float(total[place]),
            "value": float(record.value[place, unit]),
            "once": number == 0,
            "chosen": place == token,
        }
        for place in range(first, min(first + DRAWN_TOKENS, len(labels)))
        for number, (name, values) in enumerate(record.parts.items())
    ]


def gate_saturation(
    text: Saturation,
    sample: Saturation,
    record: GateAnatomy,
    unit: int,
    *,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """One bar per unit: up for the share of tokens at the high end, down for the low end.

    Bars are this text, dots the sample; the units saturated most often come first, `unit` is
    marked. Both are counted as in `attnviz.explain.gates.saturation`.
    """
    rows = saturation_rows(text, sample, record, unit)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "place:Q",
            title=translate("Units, most often saturated first"),
            scale=alt.Scale(nice=False),
            axis=alt.Axis(labels=False, ticks=False, grid=False),
        )
    )
    axis = alt.Axis(labelExpr="format(abs(datum.value), '~%')", tickCount=5)
    least = alt.Scale(domain=alt.DomainUnionWith(unionWith=[-0.1, 0.1]))  # both ends are in sight
    tooltip = [
        alt.Tooltip("unit:O", title=translate("Unit")),
        alt.Tooltip("text:Q", title=translate("This text"), format=".1%"),
        alt.Tooltip("sample:Q", title=translate("Sample"), format=".1%"),
    ]
    signed = record.activation == "tanh"
    ends = SIGNS if signed else (ink("closed"), ink("gate"))
    color = alt.condition("datum.text < 0", *map(alt.value, ends))
    marked = base.transform_filter("datum.chosen").mark_rect(color=GREY, opacity=0.3)
    bars = base.mark_bar().encode(
        x2="end:Q",
        y=alt.Y("text:Q", axis=axis, scale=least, title=translate("Share of tokens")),
        y2=alt.Y2Datum(0),
        color=color,
        tooltip=tooltip,
    )
    dots = (
        base.transform_filter("datum.sample != 0")
        .mark_circle(size=14, color=GREY, opacity=1)
        .encode(x="middle:Q", y=alt.Y("sample:Q", scale=least), tooltip=tooltip)
    )
    low, high = SATURATED[record.activation]
    ends = (("top", f"> {high:g}", 0, 3), ("bottom", f"< {low:g}", "height", -3))
    named = [
        base.mark_text(align="right", baseline=baseline, dy=dy, text=text.replace("-", "−"))
        .transform_aggregate(rows="count()")  # one mark, not one for each row
        .encode(x=alt.value("width"), y=alt.value(y))
        for baseline, text, y, dy in ends
    ]
    band = marked.encode(x2="end:Q", y=alt.value(0), y2=alt.value("height"))
    return alt.layer(band, bars, dots, *named).properties(height=280, width="container")


def saturation_rows(
    text: Saturation, sample: Saturation, record: GateAnatomy, unit: int
) -> list[dict]:
    """What `gate_saturation` draws: two rows for each unit, the high end and, negative, the low.

    The unit's place from the left, and `text` and `sample`, −1…1.
    """
    place = record.layer, record.direction
    (low, high), (often_low, often_high) = (
        [share[place] for share in found.shares] for found in (text, sample)
    )
    order = np.argsort(-(low + high + often_low + often_high), kind="stable")
    ends = ((high, often_high), (-low, -often_low))
    return [
        {
            "place": rank,
            "middle": rank + 0.4,
            "end": rank + 0.8,
            "unit": int(number),
            "text": float(here[number]),
            "sample": float(often[number]),
            "chosen": bool(number == unit),
        }
        for rank, number in enumerate(order)
        for here, often in ends
    ]


def weight_panels(
    record: GateAnatomy, inputs: Sequence[str], *, translate: Callable[[str], str] = same
) -> list[Panel]:
    """The gate's weights and biases for the token table, with a unit in each row.

    `inputs` are I names for what the layer reads. Columns of the recurrent weights are the units
    whose previous hidden state is read.
    """
    weights = record.weights
    units = tuple(str(unit) for unit in range(len(weights.bias)))
    single = {
        "b": (translate("Bias"), weights.bias),
        "b′": (translate("Bias of the state"), weights.recurrent_bias),
        "p": (translate("Peephole"), weights.peephole),
    }
    return [
        _panel("weights/input", translate("W: weights of the input"), weights.input, inputs),
        _panel(
            "states/U",
            translate("U: weights of the previous hidden state"),
            weights.recurrent,
            units,
        ),
        *(
            _panel(f"weights/{name}", title, values[:, None], (name,), "bars")
            for name, (title, values) in single.items()
            if values is not None
        ),
    ]


def _panel(
    key: str, title: str, values: np.ndarray, columns: Sequence[str], mark: str = "cells"
) -> Panel:
    reach = float(np.abs(values).max(initial=0)) or 1.0
    return Panel(
        key=key,
        title=title,
        values=values,
        columns=tuple(columns),
        signed=True,
        low=-reach,
        high=reach,
        mark=mark,
        ramp="signed",
        whole=True,
    )
