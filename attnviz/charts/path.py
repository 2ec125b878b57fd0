"""Small charts for the cards of a signal path.

What a chart draws is a list of rows that another function makes, so that a page can check a chart's
schema once and then give it the rows of each new token.
"""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.tokens import BY_PLACE, GREY, INK, same
from attnviz.colours import ATTENTION, ink
from attnviz.evidence.path import MemoryStep
from attnviz.panels import row_labels
from attnviz.trace import Trace

STRIP_HEIGHT, BAR_HEIGHT = 56, 9
UNITS = 4
KEPT, WRITTEN, STATE = ink("before"), ink("word"), INK


def position_strip(
    rows: list[dict],
    title: str,
    *,
    color: str = ATTENTION["light"],
    negative: str | None = None,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """A thin bar for every position of the text, with a pointer above the chosen one.

    `rows` are those of `strip_rows`. Values below zero are drawn in `negative`; of values without
    signs only the chosen one has its `color`, the others are grey.
    """
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        tooltip=[
            alt.Tooltip("token:N", title=translate("Token")),
            alt.Tooltip("value:Q", title=title, format=".5f"),
        ]
    )
    tested = "datum.value < 0" if negative else "!datum.here"
    colored = alt.condition(tested, alt.value(negative or GREY), alt.value(color))
    scale = alt.Scale(nice=False, zero=True)
    bars = base.mark_bar().encode(
        x=alt.X("place:Q", axis=None, scale=scale),
        x2="end:Q",
        y=alt.Y("value:Q", axis=None, scale=alt.Scale(range=[STRIP_HEIGHT, 12], zero=True)),
        y2=alt.Y2Datum(0),
        color=colored,
        opacity=alt.condition("datum.here", alt.value(1), alt.value(0.5)),
    )
    pointer = (
        base.transform_filter("datum.here")
        .mark_point(shape="triangle-down", filled=True, size=60, opacity=1, color=GREY)
        .encode(x=alt.X("middle:Q", axis=None, scale=scale), y=alt.value(5))
    )
    return (bars + pointer).properties(height=STRIP_HEIGHT, width="container")


def strip_rows(trace: Trace, values: Sequence[float], row: int) -> list[dict]:
    """What `position_strip` draws, in the order of the text.

    Number and characters of a token, its value, whether it is the chosen one, and three places on
    the axis: where its bar begins, ends and has its middle.
    """
    return [
        {
            "token": f"{place + 1} · {label}",
            "value": float(value),
            "here": place == row,
            "place": place,
            "end": place + 0.86,
            "middle": place + 0.43,
        }
        for place, (label, value) in enumerate(zip(row_labels(trace), values, strict=True))
    ]


def memory_bars(rows: list[dict], *, translate: Callable[[str], str] = same) -> alt.Chart:
    """What was kept and written and what came of it: a typical unit, then the largest writes.

    `rows` are those of `memory_rows`.
    """
    names = list(part_names(translate).values())
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "unit:N",
                sort=BY_PLACE,
                title=None,
                axis=alt.Axis(ticks=False, domain=False, labelLimit=110),
            ),
            yOffset=alt.YOffset("part:N", sort=names),
            x=alt.X("value:Q", title=None, axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=names, range=[KEPT, WRITTEN, STATE]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=[
                alt.Tooltip("unit:N", title=translate("Unit")),
                alt.Tooltip("part:N", title=translate("Part")),
                alt.Tooltip("value:Q", title=translate("Value"), format=".4f"),
            ],
        )
        .properties(height=alt.Step(BAR_HEIGHT, **{"for": "offset"}), width="container")
    )


def memory_rows(memory: MemoryStep, *, translate: Callable[[str], str] = same) -> list[dict]:
    """What `memory_bars` draws, top to bottom: unit, part, value.

    The typical unit is the root of the mean square over all units, so that it shares the scale of
    single units; the others obey kept + written = state, signs and all.
    """
    names = part_names(translate)
    vectors = {name: getattr(memory, name) for name in names}
    rows = [
        {
            "unit": translate("typical unit"),
            "part": names[part],
            "value": float(np.sqrt(np.mean(np.square(values)))),
        }
        for part, values in vectors.items()
    ]
    for unit in memory.strongest(UNITS).tolist():
        name = translate("unit {name}").format(name=unit)
        rows += [
            {"unit": name, "part": names[part], "value": float(values[unit])}
            for part, values in vectors.items()
        ]
    return [row | {"place": place} for place, row in enumerate(rows)]


def part_names(translate: Callable[[str], str] = same) -> dict[str, str]:
    """The parts of `kept + written = state`, for a person."""
    return {
        "kept": translate("kept"),
        "written": translate("written"),
        "state": translate("state"),
    }
