"""A run's overview, drawn: which classes are confused, how far to trust a probability, where the
model is weak. Mistakes have the colour of letters, right texts are grey, in all of them."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.tokens import BY_PLACE, GREY, INK, same
from attnviz.colours import ink
from attnviz.errors import N_
from attnviz.evidence.overview import Groups, Overview

NUMBERED = 12  # classes; the cells of more are too small for a number
LEVEL = 4  # classes whose names have room beside one another
NAMED = 40  # classes; the axes of more have no names
PALE = 0.3  # opacity of right texts
DARK = 0.28  # share of the true class, from where on a cell of mistakes is dark
MATRIX = 400  # px, the height of a matrix of many classes
DRAWN_CLASSES = 20
DRAWN_VALUE = 30  # characters
HEIGHT = 330  # px on a page, with all around it
CELL, CLICKED = "cell", "group"  # names of what a click selects
OUTCOMES = {"right": N_("right"), "wrong": N_("wrong"), "unlabelled": N_("without label")}
OUTCOME_COLORS = {name: ink(name) for name in OUTCOMES}
STACKED = ("wrong", "right", "unlabelled")  # from below
GROUP_AXES = {"tokens": N_("Tokens"), "confidence": N_("Probability of the prediction")}

Translate = Callable[[str], str]


def confusion(
    overview: Overview,
    classes: Sequence[int] | None = None,
    *,
    names: Sequence[str] | None = None,
    translate: Translate = same,
) -> alt.LayerChart:
    """The confusion matrix of these classes, by default of all, in the order given.

    A mistake is as strong as its share of the true class (its square root, so that rare ones are
    seen), right texts are pale. Only cells with texts are drawn. A click selects `truth` and
    `prediction`, numbers of classes, under the name `CELL`.
    """
    chosen = list(range(len(overview.labels)) if classes is None else classes)
    shown = list(names or overview.labels)
    level = len(chosen) <= LEVEL
    rows = confusion_rows(overview, chosen, shown)
    clicked = alt.selection_point(name=CELL, fields=["truth", "prediction"])
    x, y = (
        channel(
            f"{field}:O",
            title=translate(title),
            scale=alt.Scale(domain=[shown[number] for number in chosen]),
            axis=alt.Axis(
                labels=len(chosen) <= NAMED,
                ticks=False,
                domain=False,
                labelLimit=110,
                labelOverlap=False,
                **angle,
            ),
        )
        for channel, field, title, angle in (
            (alt.X, "column", N_("Predicted class"), {"labelAngle": 0 if level else -45}),
            (alt.Y, "row", N_("True class"), {}),
        )
    )
    colors = alt.Scale(domain=[True, False], range=[ink("right"), ink("wrong")])
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    cells = base.mark_rect(cursor="pointer").encode(
        color=alt.Color("right:N", scale=colors, legend=None),
        opacity=alt.condition(
            alt.datum.right,
            alt.value(PALE),
            alt.Opacity(
                "share:Q", scale=alt.Scale(type="sqrt", domain=[0, 1], range=[0.2, 1]), legend=None
            ),
        ),
        stroke=alt.condition(clicked, alt.value(GREY), alt.value(None), empty=False),
        tooltip=[
            alt.Tooltip("row:N", title=translate("True class")),
            alt.Tooltip("column:N", title=translate("Predicted class")),
            alt.Tooltip("texts:Q", title=translate("Texts"), format=","),
            alt.Tooltip("share:Q", title=translate("Share of the true class"), format=".1%"),
        ],
    )
    layers = [cells.add_params(clicked)]
    if len(chosen) <= NUMBERED:
        dark = f"!datum.right && datum.share > {DARK}"
        letters = alt.condition(dark, alt.value(ink("page")), alt.value(INK))
        numbers = alt.Text("texts:Q", format=",")
        layers.append(
            base.mark_text(fontSize=13, fontWeight=600).encode(text=numbers, color=letters)
        )
    step = max(MATRIX // max(len(chosen), 1), 4)
    height = alt.Step(min(step, 60 if level else 36))
    return alt.layer(*layers).properties(height=height, width="container")


def confusion_rows(
    overview: Overview, classes: Sequence[int], names: Sequence[str] | None = None
) -> list[dict]:
    """What `confusion` draws: the cells with texts among these classes."""
    shown = names or overview.labels
    counts = overview.confusion[np.ix_(classes, classes)]
    rows = []
    for place, column in np.argwhere(counts).tolist():
        truth, prediction, texts = classes[place], classes[column], int(counts[place, column])
        rows.append(
            {"truth": truth, "prediction": prediction, "texts": texts, "right": truth == prediction}
            | {"row": shown[truth], "column": shown[prediction]}
            | {"share": texts / int(overview.support[truth])}
        )
    return rows


def accuracy(groups: Groups, overall: float, *, translate: Translate = same) -> alt.LayerChart:
    """The accuracy of each group with its 95 % interval, one below the other.

    The dashed line is the accuracy over all. A click selects `place`, the number of the group,
    under the name `CLICKED`.
    """
    rows = accuracy_rows(groups, translate=translate)
    clicked = alt.selection_point(name=CLICKED, fields=["place"])
    low = min((row["low"] for row in rows), default=0)
    scale = alt.Scale(domain=[np.floor(min(low, overall) * 10) / 10, 1], nice=False, zero=False)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y(
            "group:N",
            sort=BY_PLACE,
            title=translate(GROUP_AXES.get(groups.kind, groups.title)),
            axis=alt.Axis(ticks=False, domain=False, labelLimit=150, labelOverlap=False),
        ),
        tooltip=[
            alt.Tooltip("group:N", title=translate("Group")),
            alt.Tooltip("accuracy:Q", title=translate("Accuracy"), format=".1%"),
            alt.Tooltip("low:Q", title=translate("From"), format=".1%"),
            alt.Tooltip("high:Q", title=translate("To"), format=".1%"),
            alt.Tooltip("texts:Q", title=translate("Texts"), format=","),
        ],
    )
    axis = alt.Axis(format=".0%", tickCount=5)
    x = alt.X("accuracy:Q", title=translate("Accuracy"), scale=scale, axis=axis)
    line = alt.Chart(alt.InlineData(values=[{"overall": overall}])).mark_rule(
        color=GREY, strokeDash=[4, 4]
    )
    band = base.mark_rect(color=GREY, cursor="pointer").encode(  # as large as a click needs
        x=alt.value(0),
        x2=alt.value("width"),
        opacity=alt.condition(clicked, alt.value(0.2), alt.value(0), empty=False),
    )
    return alt.layer(
        line.encode(x=alt.X("overall:Q", scale=scale)),
        base.mark_rule(color=INK, strokeWidth=3, opacity=0.45).encode(
            x=alt.X("low:Q", scale=scale), x2="high:Q"
        ),
        base.mark_point(filled=True, color=INK, size=70, opacity=1).encode(x=x),
        band.add_params(clicked),
    ).properties(height=alt.Step(22), width="container")


def accuracy_rows(groups: Groups, *, translate: Translate = same) -> list[dict]:
    """What `accuracy` draws, top to bottom."""
    columns = (group_names(groups, translate=translate), groups.accuracy, groups.interval)
    counts = zip(groups.texts.tolist(), groups.right.tolist(), strict=True)
    return [
        {"place": place, "group": name, "accuracy": float(share), "low": low, "high": high}
        | {"texts": texts, "right": right}
        for place, (name, share, (low, high), (texts, right)) in enumerate(
            zip(columns[0], columns[1], columns[2].tolist(), counts, strict=True)
        )
    ]


def group_names(groups: Groups, *, translate: Translate = same) -> list[str]:
    """What the groups are called: ranges, or the values of a column, which stay apart."""
    if groups.kind == "column":
        cut = [value[:DRAWN_VALUE] + "…" * (len(value) > DRAWN_VALUE) for value in groups.values]
        taken = [f"{name} ({cut[:place].count(name) + 1})" for place, name in enumerate(cut)]
        names = zip(cut, taken, strict=True)
        return [
            (name if cut.count(name) == 1 else other) or translate("(empty)")
            for name, other in names
        ]
    form = "{:.0f}" if groups.kind == "tokens" else "{:.3f}"
    ranges = zip(groups.low.tolist(), groups.high.tolist(), strict=True)
    return ["–".join(dict.fromkeys(map(form.format, ends))) for ends in ranges]


def outcomes(overview: Overview, *, translate: Translate = same) -> alt.Chart:
    """How many texts have which probability: mistakes below, right ones above them, and on top
    those without a label, so that the height of a bar is the number of texts in it."""
    rows = outcome_rows(overview, translate=translate)
    found = [name for name, counts in overview.histogram.items() if counts.any()]
    names = [translate(OUTCOMES[name]) for name in found]
    colors = alt.Scale(domain=names, range=[OUTCOME_COLORS[name] for name in found])
    legend = alt.Legend(orient="top", title=None) if len(found) > 1 else None
    percent = alt.Axis(format=".0%", tickCount=5)
    x = alt.X(
        "start:Q",
        title=translate("Probability of the prediction"),
        scale=alt.Scale(domain=[0, 1]),
        axis=percent,
    )
    y = alt.Y("texts:Q", title=translate("Texts"), axis=alt.Axis(tickMinStep=1), stack="zero")
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(binSpacing=1)
        .encode(
            x=x.bin("binned"),
            x2="end:Q",
            y=y,
            color=alt.Color("outcome:N", scale=colors, legend=legend),
            order=alt.Order("level:Q"),
            tooltip=[
                alt.Tooltip("outcome:N", title=translate("Outcome")),
                alt.Tooltip("start:Q", title=translate("From"), format=".0%"),
                alt.Tooltip("end:Q", title=translate("To"), format=".0%"),
                alt.Tooltip("texts:Q", title=translate("Texts"), format=","),
                alt.Tooltip("share:Q", title=translate("Share of this outcome"), format=".1%"),
            ],
        )
        .properties(height=HEIGHT, width="container")
    )


def outcome_rows(overview: Overview, *, translate: Translate = same) -> list[dict]:
    """What `outcomes` draws: bins that hold texts, for each outcome."""
    return [
        {"outcome": translate(OUTCOMES[name]), "texts": int(counts[place])}
        | {"share": float(counts[place] / counts.sum())}
        | {"start": place / len(counts), "end": (place + 1) / len(counts)}
        | {"level": STACKED.index(name)}
        for name, counts in overview.histogram.items()
        for place in np.flatnonzero(counts).tolist()
    ]


def predictions(
    overview: Overview,
    *,
    names: Sequence[str] | None = None,
    translate: Translate = same,
) -> alt.LayerChart:
    """How often each class was predicted: the 20 most frequent ones."""
    rows = prediction_rows(overview, names)[:DRAWN_CLASSES]
    bars = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y(
            "class:N",
            sort=BY_PLACE,
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelLimit=170),
        ),
        x=alt.X(
            "texts:Q",
            title=None,
            axis=None,
            scale=alt.Scale(domainMax=1.15 * max((row["texts"] for row in rows), default=1)),
        ),
        tooltip=[
            alt.Tooltip("class:N", title=translate("Class")),
            alt.Tooltip("texts:Q", title=translate("Texts"), format=","),
            alt.Tooltip("share:Q", title=translate("Share"), format=".1%"),
        ],
    )
    numbers = bars.mark_text(align="left", dx=4).encode(text=alt.Text("texts:Q", format=","))
    drawn = bars.mark_bar(height=14, cornerRadius=2, color=INK) + numbers
    return drawn.properties(height=alt.Step(24), width="container")


def prediction_rows(overview: Overview, names: Sequence[str] | None = None) -> list[dict]:
    """How often each class was predicted, most often first; the chart draws the beginning."""
    shown, counts = names or overview.labels, overview.predicted.tolist()
    total = max(sum(counts), 1)
    order = np.argsort(-overview.predicted, kind="stable").tolist()
    return [
        {"place": place, "class": shown[number], "texts": counts[number]}
        | {"share": counts[number] / total}
        for place, number in enumerate(order)
    ]
