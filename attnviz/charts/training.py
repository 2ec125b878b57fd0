"""Drawings of a training run: every function takes a `History` and returns an Altair chart, or
None where the run recorded nothing of the kind.

All charts over steps share one x axis and one left margin, so that they can stand one below the
other. Everything that was recorded is drawn, and the data lie inside the charts.
"""

import altair as alt
import numpy as np

from attnviz.charts.lines import (
    PADDING,
    SOLID,
    Series,
    Translate,
    axis_of,
    crosshair,
    dash,
    draw_lines,
    inline,
    last_step,
    log_axis,
    mark_evaluations,
    one_line,
    over_steps,
    points_of,
    positive,
    running_median,
)
from attnviz.charts.tokens import GREY, INK, same
from attnviz.colours import ATTENTION, METHODS, ink
from attnviz.history import METRICS, History, layer_title

LAYER_COLORS = {
    "embedding": ink("word"),
    "convolutions": ink("detector"),
    "recurrent": ink("gate"),
    "attention": ATTENTION["light"],
    "head": METHODS["light"]["votes"],
}
"""The first part of a layer's name → the colour of its gradients; dashes tell its numbers."""

COMPARED = 6  # training steps whose numbers a tooltip puts below each other
# The last step stands out: darkest on a light page, lightest on a dark one.
VIRIDIS_ON_LIGHT, VIRIDIS_ON_DARK = [0.85, 0], [0.2, 1]


def loss(history: History, *, translate: Translate = same) -> alt.LayerChart | None:
    """Loss in training and on the validation files; the evaluation that was kept has a ring."""
    training = {translate("Training"): points_of(history.steps, "loss")}
    lines = training | {translate("Validation"): points_of(history.evaluations, "loss")}
    layers = [
        draw_lines(lines, [GREY, INK], legend=alt.Legend(title=None, orient="top", offset=4)),
        *crosshair(training, ".5~g", translate),
        *mark_evaluations(history, "loss", translate("Validation loss"), ".5~g", translate),
    ]
    y = alt.Y("value:Q", title=None, axis=axis_of("~g"), scale=alt.Scale(zero=False))
    return over_steps(history, layers, y, translate("Loss"), 210, translate)


def metric(history: History, *, translate: Translate = same) -> alt.LayerChart | None:
    """The metric on the validation files that chose the epoch; the best has a ring and its number.

    Accuracy, or another key of `attnviz.history.METRICS`.
    """
    if not (best := history.best):
        return None
    key, kind = history.metric, METRICS[history.metric]
    title = translate(kind.validation)
    lines = {title: points_of(history.evaluations, key)}
    side = -1 if best["step"] > last_step(history) / 2 else 1
    number = (
        alt.Chart(inline(points_of([best], key)))
        .mark_text(align="right" if side < 0 else "left", dx=8 * side, dy=-11, fontSize=12)
        .encode(x="step:Q", y="value:Q", text=alt.Text("value:Q", format=kind.format))
    )
    points = mark_evaluations(
        history, key, title, ".2%" if "%" in kind.format else ".4~g", translate
    )
    layers = [draw_lines(lines, [INK]), *points, number]
    scale = alt.Scale(zero=False, padding=12)
    y = alt.Y("value:Q", title=None, axis=axis_of(kind.axis), scale=scale)
    return over_steps(history, layers, y, title, 150, translate)


def gradients(history: History, *, translate: Translate = same) -> alt.LayerChart | None:
    """Gradient norm of each layer and of all together, before clipping, on a log scale."""
    names = (name for entry in history.steps for name in entry.get("gradient_norms") or {})
    lines = {translate("All layers"): positive(points_of(history.steps, "gradient_norm"))}
    looks = [(INK, SOLID)]
    for name in dict.fromkeys(names):
        points = points_of(history.steps, name, inside="gradient_norms")
        lines[layer_title(name, translate)] = positive(points)
        color = LAYER_COLORS.get(name.partition(".")[0], GREY)
        before = sum(color == other for other, _dash in looks)
        looks.append((color, dash(before)))
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
        draw_lines(lines, *zip(*looks, strict=True), legend),
        *crosshair(lines, ".4~g", translate),
    ]
    title = translate("Gradient norm")
    if clip := history.clip_norm:
        values.append(clip)
        limit = alt.Chart(inline([{"value": clip}])).mark_rule(color=GREY, strokeDash=[4, 4])
        layers.append(limit.encode(y="value:Q"))
        title = translate("Gradient norm, clipped above {norm} (dashed)").format(norm=f"{clip:g}")
    return over_steps(history, layers, log_axis(values), title, 310, translate)


def clipped(history: History, *, translate: Translate = same) -> alt.LayerChart | None:
    """The share of steps whose gradient was clipped."""
    if history.clip_norm is None:
        return None
    share = alt.Scale(domain=[0, 1])
    y = alt.Y("value:Q", title=None, axis=axis_of("~%", [0, 0.5, 1]), scale=share)
    return one_line(history, "clipped", translate("Clipped steps"), ".1%", y, translate)


def learning_rate(history: History, *, translate: Translate = same) -> alt.LayerChart | None:
    """The learning rate: its warm-up and its decay."""
    y = alt.Y("value:Q", title=None, axis=axis_of("~g"), scale=alt.Scale(domainMin=0))
    title = translate("Learning rate")
    return one_line(history, "learning_rate", title, ".4~g", y, translate)


CHARTS = {
    "loss": loss,
    "metric": metric,
    "gradients": gradients,
    "clipped": clipped,
    "learning_rate": learning_rate,
}
"""Everything over steps, in the order in which a page shows it."""


def reach(
    history: History, direction: str, *, translate: Translate = same, dark: bool = False
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
    lines = alt.Chart(inline(rows)).mark_line(clip=True)
    lines = lines.encode(x=x, y=log_axis(values), detail="step:N", color=color, strokeWidth=width)
    hover = crosshair(_compared(chosen, translate), ".2~e", translate, along="distance")
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
