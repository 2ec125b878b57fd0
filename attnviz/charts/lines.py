"""What charts over training steps are made of: lines, crosshairs, evaluations, axes."""

import json
import math
from collections.abc import Callable, Sequence
from itertools import cycle, islice

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, INK
from attnviz.history import WINDOW, History

MARGIN = 48  # px for the labels of a y axis
PADDING = {"left": 0, "right": 6, "top": 4, "bottom": 4}
LEAST_RANGE = 100  # a log axis spans two decades at least: noise must not look like a trend
LEAST_NORM = 1e-100
MOST_RANGE = 1e15  # and no more than float numbers keep beside each other

SOLID = [1, 0]

Translate = Callable[[str], str]
Series = dict[str, list[dict]]  # name of a line → its points: step, epoch, value


def running_median(values: Sequence[float]) -> np.ndarray:
    """The median of `WINDOW` neighbours around each value, of fewer at the ends."""
    padded = np.pad(np.asarray(values, dtype=np.float64), WINDOW // 2, constant_values=np.nan)
    if not len(values):
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    return np.nanmedian(windows, axis=1)


def points_of(entries: Sequence[dict], field: str, inside: str | None = None) -> list[dict]:
    """Where and what a field is in each entry, or in a table inside it."""
    found = [((entry.get(inside) or {}) if inside else entry).get(field) for entry in entries]
    return [
        {"step": entry["step"], "epoch": entry.get("epoch"), "value": value}
        for entry, value in zip(entries, found, strict=True)
        if value is not None
    ]


def positive(points: list[dict]) -> list[dict]:
    """Where a logarithm has no place for a value, the line breaks."""
    return [{**point, "value": point["value"] if point["value"] > 0 else None} for point in points]


def inline(rows: list[dict]) -> dict:
    """Data inside the chart itself: no limit of rows, no global setting of Altair touched."""
    return {"values": rows}


def draw_lines(
    lines: Series, colors: Sequence, dashes: Sequence = (SOLID,), legend: alt.Legend | None = None
) -> alt.Chart:
    """One line per name; colour and dash say which, and a click on the legend fades the others."""
    names = list(lines)
    rows = [{**point, "name": name} for name, points in lines.items() for point in points]
    color, dash = (
        alt.Scale(domain=names, range=list(islice(cycle(looks), len(names))))
        for looks in (colors, dashes)
    )
    chart = (
        alt.Chart(inline(rows))
        .mark_line(strokeWidth=1.5, clip=True)
        .encode(
            color=alt.Color("name:N", scale=color, legend=legend),
            strokeDash=alt.StrokeDash("name:N", scale=dash, legend=legend),
        )
    )
    if legend is None:
        return chart
    chosen = alt.selection_point(fields=["name"], bind="legend")
    faded = alt.condition(chosen, alt.value(1), alt.value(0.15))
    return chart.encode(opacity=faded).add_params(chosen)


def crosshair(
    lines: Series, number: str, translate: Translate, along: str = "step"
) -> list[alt.Chart]:
    """An upright rule where the pointer is, with the exact numbers of all lines there."""
    rows: dict[float, dict] = {}
    for place, points in enumerate(lines.values()):
        for point in points:
            row = rows.setdefault(point[along], {along: point[along], "epoch": point.get("epoch")})
            row[f"line{place}"] = point["value"]
    shown = place_of_a_step(translate)
    if along != "step":
        shown = [alt.Tooltip(f"{along}:Q", title=translate("Tokens before the last one read"))]
    shown += [
        alt.Tooltip(f"line{place}:Q", title=name, format=number) for place, name in enumerate(lines)
    ]
    near = alt.selection_point(
        fields=[along], on="pointermove", clear="pointerout", nearest=True, empty=False
    )
    seen = alt.condition(near, alt.value(0.9), alt.value(0))
    rule = alt.Chart(inline(list(rows.values()))).mark_rule(color=GREY)
    rule = rule.encode(x=f"{along}:Q", opacity=seen, tooltip=shown).add_params(near)
    return [rule] if rows else []


def place_of_a_step(translate: Translate) -> list[alt.Tooltip]:
    step = alt.Tooltip("step:Q", title=translate("Step"), format=",d")
    return [step, alt.Tooltip("epoch:Q", title=translate("Epoch"), format=".2~f")]


def mark_evaluations(
    history: History, field: str, title: str, number: str, translate: Translate
) -> list[alt.Chart]:
    """A point per evaluation, and a ring around the one whose weights were kept."""
    points = points_of(history.evaluations, field)
    ring = points_of([history.best] if history.best else [], field)
    tooltip = [*place_of_a_step(translate), alt.Tooltip("value:Q", title=title, format=number)]
    return [
        alt.Chart(inline(rows))
        .mark_point(color=INK, opacity=1, **look)
        .encode(x="step:Q", y="value:Q", tooltip=tooltip)
        for rows, look in (
            (points, {"filled": True, "size": 40}),
            (ring, {"size": 170, "strokeWidth": 2}),
        )
        if rows
    ]


def dash(number: int) -> list[int]:
    """The dashes of the lines of one colour: none, then long ones with more and more dots."""
    return [7, 3, *[2, 2] * (number - 1)] if number else SOLID


def one_line(
    history: History, field: str, title: str, number: str, y: alt.Y, translate: Translate
) -> alt.LayerChart | None:
    """A field of the steps as one line; None where no step recorded it."""
    lines = {title: points_of(history.steps, field)}
    layers = [draw_lines(lines, [INK]), *crosshair(lines, number, translate)]
    return over_steps(history, layers, y, title, 120, translate)


def over_steps(
    history: History,
    layers: list[alt.Chart],
    y: alt.Y,
    title: str,
    height: int,
    translate: Translate,
) -> alt.LayerChart | None:
    """Layers on the common x axis, the first of them with lines; None where that is empty."""
    if not layers[0].data["values"]:
        return None
    first = json.dumps(translate("Step {step}").format(step=0))
    label = f"datum.value ? format(datum.value, '~s') : {first}"  # a title would cost a line
    x = alt.X(
        "step:Q",
        title=None,
        scale=alt.Scale(domain=[0, last_step(history)], nice=False),
        axis=alt.Axis(grid=False, tickCount=6, labelExpr=label, labelFlush=True),
    )
    return alt.layer(layers[0].encode(x=x, y=y), *layers[1:]).properties(
        title=alt.Title(title, anchor="start", fontSize=13, offset=6),
        width="container",
        height=height,
        padding=PADDING,
    )


def last_step(history: History) -> int:
    return max([1, *(entry["step"] for entry in [*history.steps, *history.evaluations])])


def axis_of(number: str, ticks: Sequence[float] | None = None) -> alt.Axis:
    ticks = {"tickCount": 4} if ticks is None else {"values": list(ticks)}
    return alt.Axis(format=number, minExtent=MARGIN, maxExtent=MARGIN, **ticks)


def log_axis(values: list[float]) -> alt.Y:
    """A log axis around positive values, with bounds on how much it shows."""
    high = max(max(values), LEAST_NORM) * 1.3
    low = max(min(values) / 1.3, high / MOST_RANGE)
    if high / low < LEAST_RANGE:
        middle = math.sqrt(high) * math.sqrt(low)
        low, high = middle / LEAST_RANGE**0.5, middle * LEAST_RANGE**0.5
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    powers = range(first, last + 1, 1 + (last - first) // 5)
    axis = axis_of(".0e", [float(f"1e{power}") for power in powers])
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    return alt.Y("value:Q", title=None, axis=axis, scale=scale)
