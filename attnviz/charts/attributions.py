"""What several methods of attribution make of each token, as ranks on one axis."""

from collections.abc import Callable, Sequence

import altair as alt

from attnviz.charts.tokens import GREY, INK, same, token_axis
from attnviz.colours import ATTENTION, METHODS
from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.panels import told_apart

STRONGEST = 40
ROW_STEP, LOWER = 24, 4  # pixels between two tokens, and between two methods of one
MARK = "◆"
LEGEND = "width < 260 ? 1 : width < 480 ? 2 : {count}"
"""Columns of the legend, by the pixels that the drawing gets."""

TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

SHAPES = {
    "gradient_x_input": "triangle-up",
    "integrated_gradients": "circle",
    "occlusion": "square",
    "attention": "diamond",
    "votes": "cross",
}
"""A row for each method. The colour-blind tell them apart by these."""

ORDERS = {
    "text": lambda record, most: record.strongest(most),
    "disagreement": lambda record, most: record.most_disputed(most),
}
"""Which tokens are drawn, top to bottom, where there are more than `most`."""


def attribution_ranks(
    record: Attributions,
    tokens: Sequence[str],
    order: str = "text",
    most: int | None = STRONGEST,
    *,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """A row for each token, in it a mark for the rank that each method gives it, 1 at the left.

    A bar joins the best and the worst of them; a disputed token (`record.disputed`) has a dark
    bar, a sign before its name and both ranks at the end of its row. Of a long text `most` tokens
    are drawn, all with None: by a key of `ORDERS` those that any method ranks highest, in the
    order of the text, or those on which the methods are farthest apart.
    """
    data = alt.InlineData(values=rank_rows(record, tokens, order, most, translate=translate))
    base = alt.Chart(data).encode(y=token_axis())
    once = base.transform_filter("datum.first")
    count = len(record.disagreement)
    spans = once.mark_bar(height=5, cornerRadius=2.5).encode(
        x=_rank_axis("best", count, translate),
        x2="worst:Q",
        color=_if_disputed(INK, GREY),
        opacity=_if_disputed(0.85, 0.3),
    )
    shades = once.mark_rect(color=INK).encode(
        x=alt.value(0),
        x2=alt.value("width"),
        opacity=_if_disputed(0.12, 0),
    )
    between = (
        once.transform_filter("datum.disputed")
        .mark_text(align="left", fontSize=11)
        .encode(x=alt.value({"expr": "width + 6"}), text="range:N")
    )
    return alt.layer(
        shades, spans, *_marks(base, record.ranking, count, translate), between
    ).properties(height=alt.Step(ROW_STEP), width="container")


def rank_rows(
    record: Attributions,
    tokens: Sequence[str],
    order: str = "text",
    most: int | None = STRONGEST,
    *,
    translate: Callable[[str], str] = same,
) -> list[dict]:
    """What `attribution_ranks` draws, top to bottom: a row for each token and method.

    Its rank and score by the method; for the token, the best and the worst of its ranks, its
    disagreement and whether it is disputed. `first` marks one row of each token.
    """
    best, worst = record.rank_range
    names, rows = told_apart(tokens), []
    for number, place in enumerate(ORDERS[order](record, most).tolist()):
        disputed = bool(record.disputed[place])
        token = {
            "row": f"{place}:{MARK} {names[place]}" if disputed else f"{place}:{names[place]}",
            "place": number,
            "position": place + 1,
            "token": tokens[place],
            "best": float(best[place]),
            "worst": float(worst[place]),
            "range": f"{best[place]:.4g} – {worst[place]:.4g}",
            "disagreement": float(record.disagreement[place]),
            "disputed": disputed,
        }
        for name in record.ranking:
            rank, score = record.ranks[name][place], record.scores[name][place]
            by_method = {"name": name, "method": translate(TITLES[name])}
            by_method |= {"rank": float(rank), "score": float(score)}
            rows.append(token | by_method | {"first": name == record.ranking[0]})
    return rows


def _marks(
    base: alt.Chart, names: Sequence[str], count: int, translate: Callable[[str], str]
) -> list[alt.Chart]:
    """A layer for each method, each a little lower, so that equal ranks can all be seen."""
    titles = [translate(TITLES[name]) for name in names]
    legend = alt.Legend(
        title=None,
        orient="top",
        columns=alt.ExprRef(LEGEND.format(count=len(titles))),
        symbolSize=90,
        labelLimit=200,
    )
    hues = METHODS["light"] | {"attention": ATTENTION["light"]}
    colors, shapes = (
        alt.Scale(domain=titles, range=[looks[name] for name in names]) for looks in (hues, SHAPES)
    )
    points = base.encode(
        x=_rank_axis("rank", count, translate),
        color=alt.Color("method:N", scale=colors, legend=legend),
        shape=alt.Shape("method:N", scale=shapes, legend=legend),
        tooltip=[
            alt.Tooltip("position:O", title=translate("Position")),
            alt.Tooltip("token:N", title=translate("Token")),
            alt.Tooltip("method:N", title=translate("Method")),
            alt.Tooltip("rank:Q", title=translate("Rank")),
            alt.Tooltip("score:Q", title=translate("Score"), format="+.5f"),
            alt.Tooltip("disagreement:Q", title=translate("Disagreement"), format=".2f"),
        ],
    )
    lowest = (len(names) - 1) / 2
    return [
        points.transform_filter(alt.datum.name == name).mark_point(
            filled=True, size=58, opacity=1, yOffset=LOWER * (number - lowest)
        )
        for number, name in enumerate(names)
    ]


def _rank_axis(field: str, count: int, translate: Callable[[str], str]) -> alt.X:
    """Ranks on a logarithmic scale, 1 at the left: what comes first matters most."""
    last = max(count, 2)
    return alt.X(
        f"{field}:Q",
        title=translate("Rank (1 = strongest)"),
        scale=alt.Scale(type="log", domain=[1, last], nice=False, padding=8),
        axis=alt.Axis(
            orient="top",
            values=[tick for tick in TICKS if tick < 0.8 * last] + [last],
            format="d",
            domain=False,
        ),
    )


def _if_disputed(value: object, other: object):
    return alt.condition("datum.disputed", alt.value(value), alt.value(other))
