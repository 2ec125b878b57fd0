"""Two runs over the same texts, drawn: the probability of the true class before and after."""

from collections.abc import Callable, Mapping

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, same
from attnviz.colours import ink

COLORS = {
    "fixed": ink("positive"),
    "broken": ink("negative"),
    "wrong": ink("wrong"),
    "right": ink("right"),
    "other": ink("wrong"),
    "same": ink("right"),
}
"""Change → colour."""
UNCHANGED = ("right", "same")  # drawn first, so that they cover nothing else
SHAPES = {"fixed": "triangle-up", "broken": "triangle-down", "wrong": "cross"}
HEIGHT = 380
OPENED = "opened"  # the selection that a click makes


def before_and_after(
    points: np.ndarray,
    changes: list[str],
    titles: Mapping[str, str],
    axes: tuple[str, str],
    *,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """A mark for each text: (P, 2) probabilities, before across and after upwards.

    `changes` are P keys of `titles`, which name them in the legend. On the dashed line nothing has
    changed. A click selects a mark under the name `OPENED`, with its `place` in `points`.
    """
    behind = sorted(range(len(points)), key=lambda place: changes[place] not in UNCHANGED)
    rows = [
        {
            "place": place,
            "before": float(old),
            "after": float(new),
            "change": titles[changes[place]],
            "opacity": 0.5 if changes[place] in UNCHANGED else 1.0,
        }
        for place, (old, new) in ((place, points[place]) for place in behind)
    ]
    drawn = [name for name in titles if name in set(changes)]
    color = alt.Color(
        "change:N",
        title=None,
        scale=alt.Scale(
            domain=[titles[name] for name in drawn], range=[COLORS[name] for name in drawn]
        ),
        legend=alt.Legend(orient="top", columns=2),
    )
    shape = alt.Shape(
        "change:N",
        title=None,
        scale=alt.Scale(
            domain=[titles[name] for name in drawn],
            range=[SHAPES.get(name, "circle") for name in drawn],
        ),
    )
    share = alt.Scale(domain=[0, 1])
    picked = alt.selection_point(name=OPENED, fields=["place"], on="click", clear=False)
    marks = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=64)
        .encode(
            x=alt.X("before:Q", title=axes[0], scale=share, axis=alt.Axis(format="%")),
            y=alt.Y("after:Q", title=axes[1], scale=share, axis=alt.Axis(format="%")),
            color=color,
            shape=shape,
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("change:N", title=translate("Change")),
                alt.Tooltip("before:Q", title=axes[0], format=".1%"),
                alt.Tooltip("after:Q", title=axes[1], format=".1%"),
            ],
        )
        .add_params(picked)
    )
    ends = alt.InlineData(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}])
    line = alt.Chart(ends).mark_line(color=GREY, strokeDash=[4, 4]).encode(x="x:Q", y="y:Q")
    return alt.layer(line, marks).properties(height=HEIGHT, width="container")
