"""Drawings of a training run: every function takes a `History` and returns an Altair chart, or
None where the run recorded nothing of the kind.

All charts over steps share one x axis and one left margin, so that they can stand one below the
other. Everything that was recorded is drawn, and the data lie inside the charts.
"""

import json
import math
from collections.abc import Callable, Sequence
from itertools import cycle, islice

import altair as alt
import numpy as np

from attnviz.history import WINDOW, History, layer_title

MARGIN = 48  # px for the labels of a y axis
PADDING = {"left": 0, "right": 6, "top": 4, "bottom": 4}
COMPARED = 6  # training steps whose numbers a tooltip puts below each other
LEAST_RANGE = 100  # a log axis spans two decades at least: noise must not look like a trend
LEAST_NORM = 1e-100
MOST_RANGE = 1e15  # and no more than float numbers keep beside each other

# 3.6 to 5 to 1 against both the light and the dark page; dashes tell apart what hues cannot.
BLUE, ORANGE, GREY = "#2f7fd1", "#c8641e", "#7a8591"
COLORS = (BLUE, ORANGE, "#1a8f5f", "#d1487f", "#0f8c9c", "#9b5fc0", "#a0603a", "#8a7a12")
SOLID, DASHES = [1, 0], ([1, 0], [7, 3], [2, 2])
# The last step stands out: darkest on a light page, lightest on a dark one.
VIRIDIS_ON_LIGHT, VIRIDIS_ON_DARK = [0.85, 0], [0.2, 1]

Translate = Callable[[str], str]
Series = dict[str, list[dict]]  # name of a line → its points: step, epoch, value


def _same(text: str) -> str:
    return text


def loss(history: History, *, translate: Translate = _same) -> alt.LayerChart | None:
    """Loss in training and on the validation files; the evaluation that was kept has a ring."""
    training = {translate("Training"): _points(history.steps, "loss")}
    lines = training | {translate("Validation"): _points(history.evaluations, "loss")}
    layers = [
        _lines(lines, [BLUE, ORANGE], legend=alt.Legend(title=None, orient="top-right")),
        *_crosshair(training, ".5~g", translate),
        *_evaluations(history, "loss", translate("Validation loss"), ".5~g", translate),
    ]
    y = alt.Y("value:Q", title=None, axis=_axis("~g"), scale=alt.Scale(zero=False))
    return _over_steps(history, layers, y, translate("Loss"), 210, translate)


def accuracy(history: History, *, translate: Translate = _same) -> alt.LayerChart | None:
    """Accuracy on the validation files; the best has a ring and its number."""
    if not (best := history.best):
        return None
    title = translate("Validation accuracy")
    lines = {title: _points(history.evaluations, "accuracy")}
    side = -1 if best["step"] > _last_step(history) / 2 else 1
    number = (
        alt.Chart(_data(_points([best], "accuracy")))
        .mark_text(align="right" if side < 0 else "left", dx=8 * side, dy=-11, fontSize=12)
        .encode(x="step:Q", y="value:Q", text=alt.Text("value:Q", format=".1%"))
    )
    points = _evaluations(history, "accuracy", title, ".2%", translate)
    layers = [_lines(lines, [ORANGE]), *points, number]
    y = alt.Y("value:Q", title=None, axis=_axis(".1~%"), scale=alt.Scale(zero=False, padding=12))
    return _over_steps(history, layers, y, title, 150, translate)


def gradients(history: History, *, translate: Translate = _same) -> alt.LayerChart | None:
    """Gradient norm of each layer and of all together, before clipping, on a log scale."""
    names = (name for entry in history.steps for name in entry.get("gradient_norms") or {})
    lines = {translate("All layers"): _positive(_points(history.steps, "gradient_norm"))}
    for name in dict.fromkeys(names):
        points = _points(history.steps, name, inside="gradient_norms")
        lines[layer_title(name, translate)] = _positive(points)
    values = [p["value"] for points in lines.values() for p in points if p["value"]]
    if not values:
        return None
    legend = alt.Legend(
        title=None,
        orient="bottom",
        columns=alt.ExprRef("max(2, floor(width / 175))"),
        labelLimit=alt.ExprRef("width < 400 ? 100 : 150"),
        symbolType="stroke",
        symbolSize=300,
        offset=4,
    )
    layers = [
        _lines(lines, [GREY, *COLORS], [SOLID, *islice(cycle(DASHES), len(COLORS))], legend),
        *_crosshair(lines, ".4~g", translate),
    ]
    title = translate("Gradient norm")
    if clip := history.clip_norm:
        values.append(clip)
        limit = alt.Chart(_data([{"value": clip}])).mark_rule(color=GREY, strokeDash=[4, 4])
        layers.append(limit.encode(y="value:Q"))
        title = translate("Gradient norm, clipped above {norm} (dashed)").format(norm=f"{clip:g}")
    return _over_steps(history, layers, _log(values), title, 310, translate)


def clipped(history: History, *, translate: Translate = _same) -> alt.LayerChart | None:
    """The share of steps whose gradient was clipped."""
    if history.clip_norm is None:
        return None
    y = alt.Y("value:Q", title=None, axis=_axis("~%", [0, 0.5, 1]), scale=alt.Scale(domain=[0, 1]))
    return _one_line(history, "clipped", translate("Clipped steps"), ".1%", y, translate)


def learning_rate(history: History, *, translate: Translate = _same) -> alt.LayerChart | None:
    """The learning rate: its warm-up and its decay."""
    y = alt.Y("value:Q", title=None, axis=_axis("~g"), scale=alt.Scale(domainMin=0))
    title = translate("Learning rate")
    return _one_line(history, "learning_rate", title, ".4~g", y, translate)


CHARTS = {
    "loss": loss,
    "accuracy": accuracy,
    "gradients": gradients,
    "clipped": clipped,
    "learning_rate": learning_rate,
}
"""Everything over steps, in the order in which a page shows it."""


def reach(
    history: History, direction: str, *, translate: Translate = _same, dark: bool = False
) -> alt.LayerChart | None:
    """‖∂loss/∂h_t‖ by the distance from the position read last, one line per recorded step.

    Lines are running medians over `WINDOW` positions, since attention gives each position a
    gradient of its own; the log scale is the same for every direction of a run.
    """
    smooth = [(entry, running_median(entry["norms"])) for entry in history.state_gradients]
    values = [value for _, norms in smooth for value in norms if value > 0]
    chosen = [(entry["step"], norms) for entry, norms in smooth if entry["direction"] == direction]
    longest = max((len(norms) for _, norms in chosen), default=0)
    if not values or not longest:
        return None
    rows = [
        {"step": step, "distance": distance, "value": float(value) if value > 0 else None}
        for step, norms in chosen
        for distance, value in enumerate(norms)
    ]
    x = alt.X(
        "distance:Q",
        title=translate("Tokens before the last one read"),
        scale=alt.Scale(domain=[0, max(1, longest - 1)], nice=False),
        axis=alt.Axis(grid=False, tickCount=6, format="d"),
    )
    scheme = alt.SchemeParams("viridis", extent=VIRIDIS_ON_DARK if dark else VIRIDIS_ON_LIGHT)
    legend = alt.Legend(
        orient="top", titleOrient="left", gradientLength=120, gradientThickness=8, tickCount=2
    )
    color = alt.Color(
        "step:Q",
        title=translate("Step"),
        scale=alt.Scale(scheme=scheme),
        legend=legend if len(chosen) > 1 else None,
    )
    width = alt.condition(f"datum.step == {chosen[-1][0]}", alt.value(2.5), alt.value(1.2))
    lines = alt.Chart(_data(rows)).mark_line(clip=True)
    lines = lines.encode(x=x, y=_log(values), detail="step:N", color=color, strokeWidth=width)
    hover = _crosshair(_compared(chosen, translate), ".2~e", translate, along="distance")
    return alt.layer(lines, *hover).properties(width="container", height=290, padding=PADDING)


def _compared(chosen: list[tuple[int, np.ndarray]], translate: Translate) -> Series:
    """Some of the recorded steps, the first and the last among them."""
    places = sorted({round(place) for place in np.linspace(0, len(chosen) - 1, COMPARED)})
    return {
        translate("Step {step}").format(step=f"{chosen[place][0]:,}"): [
            {"distance": distance, "value": float(value)}
            for distance, value in enumerate(chosen[place][1])
        ]
        for place in places
    }


def running_median(values: Sequence[float]) -> np.ndarray:
    """The median of `WINDOW` neighbours around each value, of fewer at the ends."""
    padded = np.pad(np.asarray(values, dtype=np.float64), WINDOW // 2, constant_values=np.nan)
    if not len(values):
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    return np.nanmedian(windows, axis=1)


def _points(entries: Sequence[dict], field: str, inside: str | None = None) -> list[dict]:
    """Where and what a field is in each entry, or in a table inside it."""
    found = [((entry.get(inside) or {}) if inside else entry).get(field) for entry in entries]
    return [
        {"step": entry["step"], "epoch": entry.get("epoch"), "value": value}
        for entry, value in zip(entries, found, strict=True)
        if value is not None
    ]


def _positive(points: list[dict]) -> list[dict]:
    """Where a logarithm has no place for a value, the line breaks."""
    return [{**point, "value": point["value"] if point["value"] > 0 else None} for point in points]


def _data(rows: list[dict]) -> dict:
    """Data inside the chart itself: no limit of rows, no global setting of Altair touched."""
    return {"values": rows}


def _lines(
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
        alt.Chart(_data(rows))
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


def _crosshair(
    lines: Series, number: str, translate: Translate, along: str = "step"
) -> list[alt.Chart]:
    """An upright rule where the pointer is, with the exact numbers of all lines there."""
    rows: dict[float, dict] = {}
    for place, points in enumerate(lines.values()):
        for point in points:
            row = rows.setdefault(point[along], {along: point[along], "epoch": point.get("epoch")})
            row[f"line{place}"] = point["value"]
    shown = _place(translate)
    if along != "step":
        shown = [alt.Tooltip(f"{along}:Q", title=translate("Tokens before the last one read"))]
    shown += [
        alt.Tooltip(f"line{place}:Q", title=name, format=number) for place, name in enumerate(lines)
    ]
    near = alt.selection_point(
        fields=[along], on="pointermove", clear="pointerout", nearest=True, empty=False
    )
    seen = alt.condition(near, alt.value(0.9), alt.value(0))
    rule = alt.Chart(_data(list(rows.values()))).mark_rule(color=GREY)
    rule = rule.encode(x=f"{along}:Q", opacity=seen, tooltip=shown).add_params(near)
    return [rule] if rows else []


def _place(translate: Translate) -> list[alt.Tooltip]:
    step = alt.Tooltip("step:Q", title=translate("Step"), format=",d")
    return [step, alt.Tooltip("epoch:Q", title=translate("Epoch"), format=".2~f")]


def _evaluations(
    history: History, field: str, title: str, number: str, translate: Translate
) -> list[alt.Chart]:
    """A point per evaluation, and a ring around the one whose weights were kept."""
    points = _points(history.evaluations, field)
    ring = _points([history.best] if history.best else [], field)
    tooltip = [*_place(translate), alt.Tooltip("value:Q", title=title, format=number)]
    return [
        alt.Chart(_data(rows))
        .mark_point(color=ORANGE, opacity=1, **look)
        .encode(x="step:Q", y="value:Q", tooltip=tooltip)
        for rows, look in (
            (points, {"filled": True, "size": 40}),
            (ring, {"size": 170, "strokeWidth": 2}),
        )
        if rows
    ]


def _one_line(
    history: History, field: str, title: str, number: str, y: alt.Y, translate: Translate
) -> alt.LayerChart | None:
    lines = {title: _points(history.steps, field)}
    layers = [_lines(lines, [BLUE]), *_crosshair(lines, number, translate)]
    return _over_steps(history, layers, y, title, 120, translate)


def _over_steps(
    history: History,
    layers: list[alt.Chart],
    y: alt.Y,
    title: str,
    height: int,
    translate: Translate,
) -> alt.LayerChart | None:
    if not layers[0].data["values"]:
        return None
    first = json.dumps(translate("Step {step}").format(step=0))
    label = f"datum.value ? format(datum.value, '~s') : {first}"  # a title would cost a line
    x = alt.X(
        "step:Q",
        title=None,
        scale=alt.Scale(domain=[0, _last_step(history)], nice=False),
        axis=alt.Axis(grid=False, tickCount=6, labelExpr=label, labelFlush=True),
    )
    return alt.layer(layers[0].encode(x=x, y=y), *layers[1:]).properties(
        title=alt.Title(title, anchor="start", fontSize=13, offset=6),
        width="container",
        height=height,
        padding=PADDING,
    )


def _last_step(history: History) -> int:
    return max([1, *(entry["step"] for entry in [*history.steps, *history.evaluations])])


def _axis(number: str, ticks: Sequence[float] | None = None) -> alt.Axis:
    ticks = {"tickCount": 4} if ticks is None else {"values": list(ticks)}
    return alt.Axis(format=number, minExtent=MARGIN, maxExtent=MARGIN, **ticks)


def _log(values: list[float]) -> alt.Y:
    """A log axis around positive values, with bounds on how much it shows."""
    high = max(max(values), LEAST_NORM) * 1.3
    low = max(min(values) / 1.3, high / MOST_RANGE)
    if high / low < LEAST_RANGE:
        middle = math.sqrt(high) * math.sqrt(low)
        low, high = middle / LEAST_RANGE**0.5, middle * LEAST_RANGE**0.5
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    powers = range(first, last + 1, 1 + (last - first) // 5)
    axis = _axis(".0e", [float(f"1e{power}") for power in powers])
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    return alt.Y("value:Q", title=None, axis=axis, scale=scale)
