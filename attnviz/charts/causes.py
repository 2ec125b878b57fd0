"""How much oftener each tag stands at mistakes than at correct texts, drawn."""

from collections.abc import Callable, Sequence
from math import inf

import altair as alt

from attnviz.charts.tokens import BY_PLACE, GREY, INK, same
from attnviz.colours import ink
from attnviz.inspection.lift import Lift, number

LEAST_SPAN = 4.0
BEYOND = 2.0  # how far outside all numbers 0 and ∞ lie, as a factor
SHAPES = {0: "triangle-left", inf: "triangle-right"}
SIDE = 1.25  # how far inside its arrow the sign stands
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


def lift_chart(
    lifts: Sequence[Lift], titles: Sequence[str], *, translate: Callable[[str], str] = same
) -> alt.LayerChart | None:
    """A point for each lift and a rule for its interval, on a log axis with a line at 1.

    A lift of 0 or ∞ has no place on a log axis: it is an arrow out of the chart, with its sign.
    Filled where the whole interval lies above 1 on enough mistakes, else hollow and grey. None
    where no tag has a lift.
    """
    rows = lift_rows(lifts, titles)
    if not rows:
        return None
    low, most = _edges(lifts)
    scale = alt.Scale(type="log", domain=[low, most], nice=False)
    ticks = [value for value in TICKS if low * BEYOND <= value <= most / BEYOND]
    axis = alt.Axis(values=ticks, format="~g", grid=False)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y(
            "title:N",
            sort=BY_PLACE,
            title=None,
            axis=alt.Axis(
                ticks=False, domain=False, labelLimit=190, labelOverlap=False, labelFlush=False
            ),
        ),
        color=alt.Color("color:N", scale=None),
        tooltip=[
            alt.Tooltip("title:N", title=translate("Tag")),
            alt.Tooltip("lift:N", title=translate("Lift")),
            alt.Tooltip("interval:N", title=translate("95% interval")),
            alt.Tooltip("wrong:Q", title=translate("Mistakes with it")),
            alt.Tooltip("right:Q", title=translate("Correct texts with it")),
        ],
    )
    rules = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("left_end:Q", scale=scale, axis=axis, title=translate("Lift")), x2="right_end:Q"
    )
    points = base.mark_point(size=60, strokeWidth=2, opacity=1).encode(
        x="drawn:Q",
        shape=alt.Shape("shape:N", scale=None),
        fill=alt.Fill("fill:N", scale=None),
    )
    signs = base.mark_text(fontSize=13).encode(x="signed:Q", text="sign:N")
    one = alt.Chart(alt.InlineData(values=[{"one": 1}])).mark_rule(color=GREY, strokeDash=[3, 3])
    return (one.encode(x="one:Q") + rules + points + signs).properties(
        height=alt.Step(22), width="container"
    )


def lift_rows(lifts: Sequence[Lift], titles: Sequence[str]) -> list[dict]:
    """What `lift_chart` draws, top to bottom: numbers, the rule inside the chart, the colour."""
    rows, (first, last) = [], _edges(lifts)

    def inside(value: float) -> float:
        return min(max(value, first), last)

    for lift, title in zip(lifts, titles, strict=True):
        if lift.lift is None:
            continue
        low, high = lift.interval
        rows.append(
            {
                "place": len(rows),
                "title": title,
                "lift": number(lift.lift),
                "interval": f"{number(low)} – {number(high)}",
                "wrong": lift.wrong,
                "right": lift.right,
                "drawn": inside(lift.lift),
                "signed": inside(lift.lift) * {0: SIDE, inf: 1 / SIDE}.get(lift.lift, 1),
                "sign": number(lift.lift) if lift.lift in (0, inf) else "",
                "shape": SHAPES.get(lift.lift, "circle"),
                "left_end": inside(low),
                "right_end": inside(high),
                "color": INK if lift.systematic else GREY,
                "fill": INK if lift.systematic else ink("page"),
            }
        )
    return rows


def _edges(lifts: Sequence[Lift]) -> tuple[float, float]:
    """Where the axis begins and ends: outside every number that is drawn at its place."""
    ends = [end for lift in lifts if lift.lift is not None for end in (lift.lift, *lift.interval)]
    known = [end for end in ends if end not in (0, inf)]
    low, most = min([1 / LEAST_SPAN, *known]), max([LEAST_SPAN, *known])
    return low / BEYOND, most * BEYOND
