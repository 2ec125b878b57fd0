"""A map of a file, drawn: a dot for each text, coloured by what is known of it."""

from collections import Counter
from collections.abc import Callable, Sequence

import altair as alt

from attnviz.charts.tokens import GREY, same
from attnviz.colours import CLASSES, hue, ink
from attnviz.errors import N_
from attnviz.evidence.similar import Map2D

HEIGHT = 460
BRUSHED = "brushed"  # the name of the selection: {"x": [from, to], "y": [from, to]}
COLOURED = {
    "outcome": N_("Right or wrong"),
    "truth": N_("True class"),
    "predicted": N_("Predicted class"),
}
"""What a dot's colour can say: a column of the view `texts` → its name for a person."""
OUTCOMES = {"wrong": N_("wrong"), "right": N_("right"), None: N_("no label")}
OUTCOME_COLORS = {"wrong": ink("wrong"), "right": ink("right"), None: ink("unlabelled")}
SHAPES = {"wrong": "cross", "right": "circle", None: "triangle-up"}


def map_chart(
    found: Map2D,
    texts: Sequence[dict],
    colour: str = "outcome",
    opened: int | None = None,
    *,
    labels: Sequence[str] = (),
    translate: Callable[[str], str] = same,
    name: Callable[[str], str] = same,
) -> alt.LayerChart:
    """Every text at its point; the shape tells its outcome, a ring the text that is open.

    `texts` holds, for each row of the map in its order, line, text (its beginning), truth,
    predicted and outcome. `colour` is a key of `COLOURED`; a class has its
    hue by its place among the model's `labels`, and of more than ten the most frequent have one.
    `name` is what a class is called. A rectangle can be drawn to choose.
    """
    rows = map_rows(found, texts, colour, labels=labels, translate=translate, name=name)
    looks = {row["group"]: row["color"] for row in sorted(rows, key=lambda row: row["rank"])}
    outcomes = {translate(title): SHAPES[key] for key, title in OUTCOMES.items()}
    brush = alt.selection_interval(BRUSHED, encodings=["x", "y"])
    hidden = alt.Axis(labels=False, ticks=False, domain=False, grid=False, title=None)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("x:Q", axis=hidden, scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", axis=hidden, scale=alt.Scale(zero=False)),
    )
    true_class, predicted_class = COLOURED["truth"], COLOURED["predicted"]
    points = (
        base.mark_point(filled=True, size=34)
        .encode(
            color=alt.Color(
                "group:N",
                title=None,
                scale=alt.Scale(domain=list(looks), range=list(looks.values())),
                legend=alt.Legend(
                    orient="top",
                    columns={"expr": "max(1, floor(width / 150))"},
                    labelLimit=140,
                    symbolOpacity=1,
                ),
            ),
            shape=alt.Shape(
                "outcome:N",
                scale=alt.Scale(domain=list(outcomes), range=list(outcomes.values())),
                legend=None,
            ),
            opacity=alt.condition(brush, alt.value(0.8), alt.value(0.15)),
            tooltip=[
                alt.Tooltip("line:Q", title=translate("Line")),
                alt.Tooltip("text:N", title=translate("Text")),
                alt.Tooltip("truth:N", title=translate(true_class)),
                alt.Tooltip("predicted:N", title=translate(predicted_class)),
            ],
        )
        .add_params(brush)
    )
    ring = base.transform_filter(f"datum.row === {-1 if opened is None else opened}").mark_point(
        shape="circle",
        size=220,
        filled=False,
        stroke=ink("marker"),
        strokeWidth=3,
        opacity=1,
        aria=False,
    )
    return alt.layer(points, ring).properties(height=HEIGHT, width="container")


def map_rows(
    found: Map2D,
    texts: Sequence[dict],
    colour: str,
    *,
    labels: Sequence[str] = (),
    translate: Callable[[str], str] = same,
    name: Callable[[str], str] = same,
) -> list[dict]:
    """What `map_chart` draws, mistakes last: `group` is what the colour says, `rank` its place in
    the legend."""
    groups = (
        _outcome_groups(translate)
        if colour == "outcome"
        else _classes([text[colour] for text in texts], labels, name)
    )
    rest = (translate("other classes"), GREY, len(groups))
    unknown = (translate(OUTCOMES[None]), ink("unlabelled"), len(groups) + 1)
    rows = []
    for row, (x, y), text in zip(found.rows.tolist(), found.points.tolist(), texts, strict=True):
        outcome = text["outcome"]
        group, color, rank = groups.get(text[colour], rest if text[colour] else unknown)
        rows.append(
            {
                "row": row,
                "x": x,
                "y": y,
                "line": text["line"],
                "text": text["text"],
                "truth": name(text["truth"]) if text["truth"] else "",
                "predicted": name(text["predicted"]) if text["predicted"] else "",
                "outcome": translate(OUTCOMES[outcome]),
                "wrong": outcome == "wrong",
                "group": group,
                "color": color,
                "rank": rank,
            }
        )
    return sorted(rows, key=lambda row: row["wrong"])  # so that none is hidden


def _outcome_groups(translate: Callable[[str], str]) -> dict:
    """Outcome → its name, colour and place."""
    return {
        key: (translate(title), OUTCOME_COLORS[key], place)
        for place, (key, title) in enumerate(OUTCOMES.items())
    }


def _classes(
    found: Sequence[str | None], labels: Sequence[str], name: Callable[[str], str]
) -> dict:
    """The most frequent classes, by name → what they are called, colour, place."""
    hues = len(CLASSES["light"])
    most = sorted(dict(Counter(label for label in found if label).most_common(hues)))
    order = list(labels) if {*most} <= {*labels} and len(labels) <= hues else most
    return {label: (name(label), hue(order.index(label)), order.index(label)) for label in most}
