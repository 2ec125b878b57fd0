"""The trust check, drawn: altered predictions, tokens removed, the most different attention."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, INK, ROW_HEIGHT, ramp, same, token_axis
from attnviz.colours import ATTENTION, RAMPS
from attnviz.errors import N_
from attnviz.evidence.trust import MOST_DIVERGENT, SAME, THRESHOLDS, TITLES, Trust, TrustSample
from attnviz.panels import told_apart

STRONGEST = 40
HEIGHTS = {"permutations": 230, "removal": 260, "sample": 380}  # on a page with all around them
LEAST = 0.2  # that the axis of distances shows, so that a small one looks small
BINS = 40  # of 0.025, so that the limit of 0.05 lies between two
BAND = 0.9  # of the random draws
ENDS = ((1 - BAND) / 2, (1 + BAND) / 2)
BEGINNING = 80  # characters of a text that a tooltip shows
COLUMNS = {"attention": (0.0, 0.46), "adversarial": (0.54, 1.0)}
"""Where the two columns of bars begin and end, in widths of the drawing."""
LOOKS = {"attention": {}, "adversarial": {"filled": False, "strokeWidth": 1.5}}
"""A hollow bar is what might have been."""

EXTENTS = {"permuted": 1.0, "uniform": 1.0, "adversarial": MOST_DIVERGENT}
REMOVALS = {
    "comprehensiveness": N_("Lost without these tokens"),
    "sufficiency": N_("Lost with these tokens alone"),
}
"""What can be done with a rationale → what the chart of it measures."""

Translate = Callable[[str], str]


def permutations(trust: Trust, *, translate: Translate = same) -> alt.LayerChart:
    """How far the permutations move the prediction: bars that count them.

    A solid line stands at their median, a dashed one where two predictions count as the same.
    """
    rows = permutation_rows(trust, translate=translate)
    base = alt.Chart(alt.InlineData(values=rows))
    title = translate("Total variation distance of the prediction")
    farthest = max(float(row.get("end", row["value"])) for row in rows)
    end = min(1.0, max(LEAST, farthest))
    scale = alt.Scale(domain=[0, end], nice=False)
    x = alt.X("value:Q", title=title, scale=scale, axis=alt.Axis(tickCount=6))
    bars = (
        base.transform_filter("datum.kind === 'bin'")
        .mark_bar(color=GREY, binSpacing=1)
        .encode(
            x=x.bin("binned"),
            x2="end:Q",
            y=alt.Y("count:Q", title=translate("Permutations"), axis=alt.Axis(tickMinStep=1)),
            tooltip=[
                alt.Tooltip("value:Q", title=translate("From"), format=".3f"),
                alt.Tooltip("end:Q", title=translate("To"), format=".3f"),
                alt.Tooltip("count:Q", title=translate("Permutations")),
            ],
        )
    )
    layers = [bars]
    for kind, dash, height in (("limit", [4, 4], -6), ("median", [1, 0], -20)):
        of_kind = base.transform_filter(f"datum.kind === '{kind}'")
        layers.append(of_kind.mark_rule(color=INK, strokeDash=dash, strokeWidth=2).encode(x=x))
        for side, align in (("<=", "left"), (">", "right")):
            text = of_kind.transform_filter(f"datum.value {side} {end / 2}").mark_text(align=align)
            layers.append(text.encode(x=x, y=alt.value(height), text="text:N"))
    return alt.layer(*layers).properties(height=HEIGHTS["permutations"], width="container")


def permutation_rows(trust: Trust, *, translate: Translate = same) -> list[dict]:
    """What `permutations` draws: bins (from `value` to `end`), median and limit."""
    counts, edges = np.histogram(trust.permuted, bins=BINS, range=(0, 1))
    rows = [
        {"kind": "bin", "value": start, "end": end, "count": count}
        for start, end, count in zip(
            edges.tolist(), edges[1:].tolist(), counts.tolist(), strict=False
        )
        if count
    ]
    median = float(np.median(trust.permuted))
    said = translate("median {value}").format(value=f"{median:.3f}")
    limit = translate("the same up to {value}").format(value=f"{SAME:.2f}")
    rows.append({"kind": "median", "value": median, "text": said})
    rows.append({"kind": "limit", "value": SAME, "text": limit})
    return rows


def removal(trust: Trust, name: str, *, translate: Translate = same) -> alt.LayerChart:
    """What the predicted class loses, by how many tokens were removed or left (`REMOVALS`).

    One line follows the attention, the other the mean of random tokens, in a band that holds
    `BAND` of the draws: what lies above it happens by chance in one draw of twenty.
    """
    rows = removal_rows(trust, name, translate=translate)
    names = [translate("most attention"), translate("random")]
    scale = alt.Scale(domain=names, range=[ATTENTION["light"], GREY])
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "count:O",
            title=translate("Number of tokens"),
            axis=alt.Axis(labelAngle=0),
        ),
        color=alt.Color(
            "tokens:N",
            title=None,
            scale=scale,
            legend=alt.Legend(
                orient="top", symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=2
            ),
        ),
        tooltip=[
            alt.Tooltip("tokens:N", title=translate("Tokens")),
            alt.Tooltip("count:Q", title=translate("Number of tokens")),
            alt.Tooltip("share:Q", title=translate("Share of the text"), format=".0%"),
            alt.Tooltip("value:Q", title=translate(REMOVALS[name]), format="+.4f"),
        ],
    )
    y = alt.Y("value:Q", title=translate("Probability"), axis=alt.Axis(format=".2~f"))
    band = base.mark_area(opacity=0.2, tooltip=False).encode(y=alt.Y("low:Q"), y2="high:Q")
    dash = alt.StrokeDash(
        "tokens:N", scale=alt.Scale(domain=names, range=[[1, 0], [5, 3]]), legend=None
    )
    lines = base.mark_line().encode(y=y, strokeDash=dash)
    points = base.mark_point(filled=True, size=45, opacity=1).encode(y=y)
    zero = base.mark_rule(color=GREY, opacity=0.5).encode(
        y=alt.datum(0), x=alt.value(0), x2=alt.value("width"), color=alt.value(GREY)
    )
    return alt.layer(zero, band, lines, points).properties(
        height=HEIGHTS["removal"], width="container"
    )


def removal_rows(trust: Trust, name: str, *, translate: Translate = same) -> list[dict]:
    """What `removal` draws: for each size, what attention's tokens and random ones cost."""
    drawn = getattr(trust, f"random_{name}")  # (R, B)
    of_attention = getattr(trust, name)
    lines = [
        (translate("most attention"), of_attention, of_attention, of_attention),
        (translate("random"), drawn.mean(axis=0), *np.quantile(drawn, ENDS, axis=0)),
    ]
    return [
        {"tokens": tokens, "count": count, "share": count / len(trust.attention)}
        | {"value": value, "low": low, "high": high}
        for tokens, *values in lines
        for count, value, low, high in zip(
            *(column.tolist() for column in (trust.sizes, *values)), strict=True
        )
    ]


def attentions(
    trust: Trust,
    tokens: Sequence[str],
    most: int | None = STRONGEST,
    *,
    translate: Translate = same,
) -> alt.LayerChart:
    """The network's attention beside the most different one that predicts the same.

    Both are means over the heads, each on its own scale: what counts is where the weights are. Of a
    long text the `most` tokens are drawn that have the largest weight in either, all with None.
    For networks that have an `adversarial`.
    """
    titles = {
        "attention": translate("Attention"),
        "adversarial": translate("Most different"),
    }
    rows = attention_rows(trust, tokens, most)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=token_axis(translate("Token")),
        tooltip=[
            alt.Tooltip("position:O", title=translate("Position")),
            alt.Tooltip("token:N", title=translate("Token")),
            *(
                alt.Tooltip(f"{name}:Q", title=title, format=".5f")
                for name, title in titles.items()
            ),
        ],
    )
    columns = [
        base.mark_bar(height={"band": 0.84}, color=ATTENTION["light"], **LOOKS[name]).encode(
            x=alt.X(
                f"{name}:Q",
                title=titles[name],
                scale=alt.Scale(range=[{"expr": f"width * {end}"} for end in ends], nice=False),
                axis=alt.Axis(orient="top", tickCount=3),
            )
        )
        for name, ends in COLUMNS.items()
    ]
    return (
        alt.layer(*columns)
        .resolve_scale(x="independent")
        .properties(height=alt.Step(ROW_HEIGHT), width="container")
    )


def attention_rows(trust: Trust, tokens: Sequence[str], most: int | None = STRONGEST) -> list[dict]:
    """What `attentions` draws, in the order of the text: `row` is the label of the axis."""
    pairs = np.stack([trust.mean_attention, trust.adversarial.mean(axis=1)], axis=1)  # (T, 2)
    kept = np.sort(np.argsort(-pairs.max(axis=1), kind="stable")[:most])
    names = told_apart(tokens)
    return [
        {"row": f"{place}:{names[place]}", "place": place, "position": place + 1}
        | {"token": tokens[place], "attention": weights[0], "adversarial": weights[1]}
        for place, weights in zip(kept.tolist(), pairs[kept].tolist(), strict=True)
    ]


def sample(
    record: TrustSample,
    x: str = "permuted",
    y: str = "adversarial",
    *,
    translate: Translate = same,
) -> alt.LayerChart:
    """One dot for each text: two measures against each other, the largest weight as its colour.

    Dashed lines stand where a measure's vote turns. Texts without one of the measures are left
    out.
    """
    rows = sample_rows(record, x, y)
    base = alt.Chart(alt.InlineData(values=rows))
    largest = TITLES["largest"]
    shown = {"x": TITLES[x], "y": TITLES[y], "color": largest}
    places = {
        channel: {
            "title": translate(TITLES[measure]),
            "scale": _extent(measure, [row[channel] for row in rows]),
        }
        for channel, measure in (("x", x), ("y", y))
    }
    horizontal, vertical = alt.X("x:Q", **places["x"]), alt.Y("y:Q", **places["y"])
    dots = base.mark_circle(size=90, opacity=1, stroke=GREY, strokeWidth=1).encode(
        x=horizontal,
        y=vertical,
        color=alt.Color(
            "color:Q",
            title=translate(largest),
            scale=ramp(RAMPS["light"]["attention"], 0, 1),
            legend=alt.Legend(orient="top", gradientLength=120),
        ),
        tooltip=[
            alt.Tooltip("text:N", title=translate("Text")),
            *(
                alt.Tooltip(f"{channel}:Q", title=translate(title), format=".4f")
                for channel, title in shown.items()
            ),
        ],
    )
    rules = [
        alt.Chart(alt.InlineData(values=[{channel: THRESHOLDS[measure]}]))
        .mark_rule(color=GREY, strokeDash=[4, 4])
        .encode(**{channel: f"{channel}:Q"})
        for channel, measure in (("x", x), ("y", y))
        if measure in THRESHOLDS
    ]
    return alt.layer(*rules, dots).properties(height=HEIGHTS["sample"], width="container")


def _extent(measure: str, values: list[float]) -> alt.Scale:
    """From 0 past the largest value and the threshold, within what the measure can be."""
    if measure not in EXTENTS:
        return alt.Scale()
    end = max([2 * THRESHOLDS[measure], *(1.1 * value for value in values)])
    return alt.Scale(domain=[0, min(EXTENTS[measure], end)], nice=False)


def sample_rows(record: TrustSample, x: str = "permuted", y: str = "adversarial") -> list[dict]:
    """What `sample` draws: the text's beginning and its measures as `x`, `y` and `color`."""
    columns = [record.measures[name].tolist() for name in (x, y, "largest")]
    return [
        {"text": text[:BEGINNING], "x": first, "y": second, "color": largest}
        for text, first, second, largest in zip(record.texts, *columns, strict=True)
        if not np.isnan([first, second, largest]).any()
    ]
