"""What a model's probabilities are worth, drawn: reliability, ROC and precision-recall curves."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, INK, same
from attnviz.colours import CLASSES, hue
from attnviz.errors import N_
from attnviz.evidence.overview import Overview

CURVES = {
    "roc": (
        ("false_positives", N_("Share of the other texts taken for it")),
        ("true_positives", N_("Share of its texts found (recall)")),
    ),
    "precision_recall": (
        ("recall", N_("Share of its texts found (recall)")),
        ("precision", N_("Share of what is taken for it that is right (precision)")),
    ),
}
"""Kind → field and title of the x axis, and of the y axis."""

HEIGHT = 350  # px on a page, with all around it
LEGEND_ROW = 16

Translate = Callable[[str], str]


def reliability(overview: Overview, *, translate: Translate = same) -> alt.LayerChart:
    """How often the model is right where it is so sure, with and without its temperature.

    On the dashed line it is exactly as good as it says; below, it is too sure of itself. Bars are
    95 % intervals.
    """
    rows = reliability_rows(overview, translate=translate)
    series = list(dict.fromkeys(row["series"] for row in rows))
    scale = alt.Scale(domain=series, range=[GREY, INK][-len(series) :])
    shares = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format=".0%", tickCount=5)
    legend = alt.Legend(orient="top", title=None) if len(series) > 1 else None
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "confidence:Q",
            title=translate("Probability of the prediction"),
            scale=shares,
            axis=axis,
        ),
        color=alt.Color("series:N", scale=scale, legend=legend),
        tooltip=[
            alt.Tooltip("confidence:Q", title=translate("Mean probability"), format=".1%"),
            alt.Tooltip("accuracy:Q", title=translate("Accuracy"), format=".1%"),
            alt.Tooltip("texts:Q", title=translate("Texts"), format=","),
        ],
    )
    y = alt.Y("accuracy:Q", title=translate("Accuracy"), scale=shares, axis=axis)
    diagonal = alt.Chart(alt.InlineData(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        color=GREY, strokeDash=[4, 4], strokeWidth=1
    )
    return alt.layer(
        diagonal.encode(x="x:Q", y="y:Q"),
        base.mark_rule(opacity=0.6).encode(y=alt.Y("low:Q", scale=shares), y2="high:Q"),
        base.mark_line(strokeWidth=1.5).encode(y=y),
        base.mark_point(filled=True, size=45, opacity=1).encode(y=y),
    ).properties(height=HEIGHT, width="container")


def reliability_rows(overview: Overview, *, translate: Translate = same) -> list[dict]:
    """What `reliability` draws: bins that hold texts; without temperature only if it differs."""
    drawn = {translate("with its temperature"): overview.calibration}
    if overview.temperature != 1:
        drawn = {translate("without temperature"): overview.untempered} | drawn
    return [
        {"series": series, "texts": int(found.texts[place])}
        | {"confidence": float(found.confidence[place]), "accuracy": float(found.accuracy[place])}
        | dict(zip(("low", "high"), found.interval[place].tolist(), strict=True))
        for series, found in drawn.items()
        for place in np.flatnonzero(found.texts).tolist()
    ]


def curves(
    overview: Overview,
    kind: str,
    *,
    names: Sequence[str] | None = None,
    translate: Translate = same,
) -> alt.Chart:
    """ROC or precision-recall curves (a key of `CURVES`), each class against the rest."""
    (_x, x_title), (_y, y_title) = CURVES[kind]
    shown = dict(zip(overview.labels, names or overview.labels, strict=True))
    order = [shown[curve.label] for curve in overview.curves]
    rows = curve_rows(overview, kind, shown)
    places = [overview.labels.index(curve.label) for curve in overview.curves]
    colors = [hue(place) for place in places]
    dashes = [[1, 0] if place < len(CLASSES["light"]) else [5, 3] for place in places]
    legend = alt.Legend(orient="bottom", title=None, columns=2, labelLimit=160)
    axis = alt.Axis(format=".0%", tickCount=5)
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(strokeWidth=1.5, interpolate="step-after" if kind == "roc" else "linear")
        .encode(
            x=alt.X("x:Q", title=translate(x_title), scale=alt.Scale(domain=[0, 1]), axis=axis),
            y=alt.Y("y:Q", title=translate(y_title), scale=alt.Scale(domain=[0, 1]), axis=axis),
            order="place:Q",
            color=alt.Color("class:N", scale=alt.Scale(domain=order, range=colors), legend=legend),
            strokeDash=alt.StrokeDash(
                "class:N", scale=alt.Scale(domain=order, range=dashes), legend=legend
            ),
            tooltip=[
                alt.Tooltip("class:N", title=translate("Class")),
                alt.Tooltip("x:Q", title=translate(x_title), format=".1%"),
                alt.Tooltip("y:Q", title=translate(y_title), format=".1%"),
            ],
        )
        .properties(height=HEIGHT + LEGEND_ROW * (len(order) + 1) // 2, width="container")
    )


def curve_rows(overview: Overview, kind: str, names: dict[str, str]) -> list[dict]:
    """What `curves` draws, along each curve; `names` are those that the page shows."""
    (x, _x), (y, _y) = CURVES[kind]
    return [
        {"class": names[curve.label], "place": place, "x": across, "y": up}
        for curve in overview.curves
        for place, (across, up) in enumerate(
            zip(getattr(curve, x).tolist(), getattr(curve, y).tolist(), strict=True)
        )
    ]
