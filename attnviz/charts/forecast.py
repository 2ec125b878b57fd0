"""A forecast, drawn: past, forecast with its band, what came, and the seasonal naive, in units."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.lines import inline
from attnviz.charts.tokens import GREY, INK, same
from attnviz.colours import CLASSES
from attnviz.errors import N_

HEIGHT = 190
COMING = CLASSES["light"][1]
LINES = {
    "past": (N_("past"), GREY, [1, 0]),
    "forecast": (N_("forecast"), COMING, [1, 0]),
    "truth": (N_("what came"), INK, [1, 0]),
    "naive": (N_("seasonal naive"), GREY, [4, 3]),
}
"""What is drawn: its name, colour and dashes."""


def forecast(
    past: np.ndarray,
    lines: dict[str, np.ndarray],
    spread: np.ndarray | None,
    times: Sequence[str],
    unit: str,
    *,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """Lines of one channel in its unit; the axis goes on into the future.

    `past` (T,) with NaN where a value is missing; `lines` are rows of `LINES` beside it, each
    (H,); `spread` (H,) half the width of the 80 % band around the forecast; `times` (T + H).
    """
    rows = forecast_rows(past, lines, times, translate=translate)
    names = [translate(LINES[key][0]) for key in ("past", *lines)]
    looks = [LINES[key] for key in ("past", *lines)]
    names_of_steps = alt.param(name="times", value=list(times))
    axis = alt.Axis(labelExpr="times[datum.value]", tickMinStep=1, grid=False, tickCount=8)
    place = alt.X("place:Q", title=None, axis=axis, scale=alt.Scale(nice=False))
    value = alt.Y(
        "value:Q", title=unit or None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)
    )
    drawn = (
        alt.Chart(inline(rows))
        .mark_line(strokeWidth=1.8)
        .encode(
            x=place,
            y=value,
            color=_scale(alt.Color, names, [look[1] for look in looks]),
            strokeDash=_scale(alt.StrokeDash, names, [look[2] for look in looks]),
            tooltip=[
                alt.Tooltip("name:N", title=translate("Line")),
                alt.Tooltip("time:N", title=translate("Time")),
                alt.Tooltip("value:Q", title=unit or translate("Value"), format=",.5~g"),
            ],
        )
    )
    layers = [drawn]
    if spread is not None:
        layers.insert(0, _band(len(past), lines["forecast"], spread, place))
    now = alt.Chart(inline([{"place": len(past) - 0.5}])).mark_rule(strokeDash=[2, 3], color=GREY)
    layers.append(now.encode(x=place))
    return (
        alt.layer(*layers).add_params(names_of_steps).properties(height=HEIGHT, width="container")
    )


def forecast_rows(
    past: np.ndarray,
    lines: dict[str, np.ndarray],
    times: Sequence[str],
    *,
    translate: Callable[[str], str] = same,
) -> list[dict]:
    """What `forecast` draws, line by line: place on the axis, time, value (None where missing)."""
    parts = {"past": (0, past)} | {name: (len(past), values) for name, values in lines.items()}
    return [
        {
            "place": first + step,
            "time": times[first + step],
            "name": translate(LINES[name][0]),
            "value": None if np.isnan(value) else float(value),
        }
        for name, (first, values) in parts.items()
        for step, value in enumerate(values)
    ]


def _band(first: int, middle: np.ndarray, spread: np.ndarray, place: alt.X) -> alt.Chart:
    rows = [
        {"place": first + step, "low": float(value - width), "high": float(value + width)}
        for step, (value, width) in enumerate(zip(middle, spread, strict=True))
    ]
    band = alt.Chart(inline(rows)).mark_area(opacity=0.2, color=COMING)
    return band.encode(x=place, y=alt.Y("low:Q", title=None), y2="high:Q")


def _scale(channel: Callable, names: list[str], looks: list):
    legend = alt.Legend(title=None, orient="top")
    return channel("name:N", scale=alt.Scale(domain=names, range=looks), legend=legend)
