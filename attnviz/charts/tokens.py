"""What a trace holds, drawn along its tokens."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.colours import ATTENTION, OTHERS, ink, sides
from attnviz.panels import row_labels
from attnviz.trace import Trace

ROW_HEIGHT = 16
INK, GREY = ink("ink"), OTHERS["light"]
NAMED_CHANNELS = 3
BY_PLACE = alt.EncodingSortField("place", op="min")
"""How rows stand in the order of their numbers. Their order in the data is not enough: where a page
gives a drawn chart other data, names that it knows already would keep their old places."""


def same(text: str) -> str:
    """The translation into English."""
    return text


def attention(trace: Trace, *, translate: Callable[[str], str] = same) -> alt.Chart:
    """How much each token counts: one bar per token, averaged over the heads."""
    color = alt.value(ATTENTION["light"])
    values = trace.attention.mean(axis=1)
    return _token_bars(trace, values, translate("Attention"), translate, color)


def votes(
    trace: Trace, label: str | None = None, *, translate: Callable[[str], str] = same
) -> alt.Chart:
    """What each position adds to the logit of `label`, by default of the predicted class.

    A vote has the colour of the class that it speaks for.
    """
    index = trace.labels.index(trace.prediction if label is None else label)
    title = f"{translate('Votes')}: {trace.labels[index]}"
    towards, against = map(alt.value, sides(trace.probabilities, index))
    color = alt.condition("datum.value < 0", against, towards)
    return _token_bars(trace, trace.votes[:, index], title, translate, color)


def channel_attention(
    trace: Trace, *, translate: Callable[[str], str] = same
) -> alt.LayerChart | None:
    """The weight of every filter, 0…1, the strongest of each kernel size first and by name.

    None where the network has no channel attention.
    """
    rows = channel_rows(trace, translate=translate)
    if not rows:
        return None
    place = alt.X("place:Q", title=None, axis=None, scale=alt.Scale(nice=False))
    base = alt.Chart(alt.InlineData(values=rows))
    bars = base.mark_bar(color=ink("detector")).encode(
        x=place,
        x2="end:Q",
        y2=alt.Y2Datum(0),
        y=alt.Y(
            "weight:Q",
            title=None,
            scale=alt.Scale(domain=[0, 1], range=[112, 34]),  # room for two lines above
            axis=alt.Axis(values=[0, 0.5, 1]),
        ),
        tooltip=[
            alt.Tooltip("size:O", title=translate("Kernel size")),
            alt.Tooltip("filter:O", title=translate("Filter")),
            alt.Tooltip("weight:Q", title=translate("Channel attention"), format=".4f"),
        ],
    )
    names = (
        base.transform_filter("datum.name")
        .mark_text(align="left", baseline="top", lineBreak="\n")
        .encode(x=place, y=alt.value(0), text="name:N")
    )
    return (bars + names).properties(height=112, width="container")


def channel_rows(trace: Trace, *, translate: Callable[[str], str] = same) -> list[dict]:
    """What `channel_attention` draws, left to right: a row for each filter.

    Kernel size, number of the filter and its weight; `place` and `end` of its bar; in `name`, for
    the first of each kernel size, the size and the numbers of its strongest filters.
    """
    found = trace.channel_weights
    gap = max(1, sum(map(len, found.values())) // 60)
    rows, place = [], 0
    for size, weights in found.items():
        order = np.argsort(-weights, kind="stable")
        best = ", ".join(map(str, order[:NAMED_CHANNELS]))
        best += " …" if len(order) > NAMED_CHANNELS else ""
        title = translate("Kernel size {detail}").format(detail=size)
        for rank, number in enumerate(order.tolist()):
            rows.append(
                {
                    "size": size,
                    "filter": number,
                    "weight": float(weights[number]),
                    "place": place + rank,
                    "end": place + rank + 0.85,
                    "name": f"{title}\n{best}" if rank == 0 else "",
                }
            )
        place += len(order) + gap
    return rows


def _token_bars(
    trace: Trace, values: np.ndarray, title: str, translate: Callable, color
) -> alt.Chart:
    data = records(row=_row_names(trace), place=np.arange(len(values)), value=values)
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=token_axis(translate("Token")),
            x=alt.X("value:Q", title=title),
            color=color,
            tooltip=[
                alt.Tooltip("row:N", title=translate("Token")),
                alt.Tooltip("value:Q", title=title, format=".5f"),
            ],
        )
        .properties(height=alt.Step(ROW_HEIGHT), width="container")
    )


def ramp(stops: Sequence[str], low: float, high: float) -> alt.Scale:
    """A colour scale through all stops of a ramp, evenly from low to high."""
    places = np.linspace(low, high, len(stops)).tolist()
    return alt.Scale(domain=places, range=list(stops), clamp=True, interpolate="rgb")


def token_axis(title: str | None = None, *, named: bool = True) -> alt.Y:
    """Tokens down the drawing, by the fields `row` and `place`.

    Rows are named `position:token` so that repeated tokens stay apart; labels show the token.
    Every label stays, in its place: Streamlit's theme would thin them out and shift the first.
    """
    axis = alt.Axis(
        labelExpr="substring(datum.label, indexof(datum.label, ':') + 1)",
        labelFontSize=11,
        labelLimit=140,
        labelOverlap=False,
        labelFlush=False,
        labelBound=False,
        ticks=False,
    )
    return alt.Y("row:N", sort=BY_PLACE, title=title, axis=axis if named else None)


def records(**columns: Sequence) -> alt.InlineData:
    """Data inside the chart itself: no limit of rows, no global setting of Altair touched."""
    plain = [np.asarray(column).tolist() for column in columns.values()]
    return alt.InlineData(
        values=[dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]
    )


def _row_names(trace: Trace) -> list[str]:
    return [f"{number}:{label}" for number, label in enumerate(row_labels(trace))]
