"""The vote ledger, drawn: three columns on one token axis, and the sum as a waterfall."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, ROW_HEIGHT, same, token_axis
from attnviz.colours import ATTENTION, ink
from attnviz.evidence.ledger import VoteLedger
from attnviz.panels import told_apart

STRONGEST, STEPS = 40, 24
SIDES = ink("positive"), ink("negative")
"""Colours of a vote for the class and of one against it, where those of the classes (`sides` of
`attnviz.colours`) are not given."""

NUMBERS = 128  # pixels beside the waterfall: two columns of numbers
MARK = "◆"
COLUMNS = {"attention": (0.0, 0.28), "argument": (0.36, 0.64), "vote": (0.72, 1.0)}
"""Where each column of the ledger begins and ends, in widths of the drawing."""


def ledger(
    record: VoteLedger,
    tokens: Sequence[str],
    most: int | None = STRONGEST,
    *,
    sides: tuple[str, str] = SIDES,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """Attention (bars of a share), argument and vote (signed bars) of each position, side by side.

    A position that `record.disagrees` marks has a shaded row, a sign before its token, and the
    colour of its vote at its attention as well. `sides` are the colours of a vote for the class
    and of one against it. Of a long text the `most` strongest votes are drawn, all with None.
    """
    titles = {
        "attention": translate("Attention"),
        "argument": translate("Argument"),
        "vote": translate("Vote"),
    }
    base = alt.Chart(alt.InlineData(values=ledger_rows(record, tokens, most))).encode(
        y=token_axis(),
        tooltip=[
            alt.Tooltip("position:O", title=translate("Position")),
            alt.Tooltip("token:N", title=translate("Token")),
            *(
                alt.Tooltip(f"{name}:Q", title=title, format=".5f")
                for name, title in titles.items()
            ),
        ],
    )
    shade = base.mark_rect(color=GREY).encode(
        x=alt.value(0),
        x2=alt.value("width"),
        opacity=alt.condition("datum.disagrees", alt.value(0.28), alt.value(0)),
    )
    columns = [_column(base, name, title, sides) for name, title in titles.items()]
    return (
        alt.layer(shade, *columns)
        .resolve_scale(x="independent")
        .properties(height=alt.Step(ROW_HEIGHT), width="container")
    )


def ledger_rows(
    record: VoteLedger, tokens: Sequence[str], most: int | None = STRONGEST
) -> list[dict]:
    """What `ledger` draws, top to bottom in the order of the text: a row for each position.

    Its position from 1, its token, its attention, argument and vote over all heads, whether it
    disagrees; `row` is the label of the axis.
    """
    columns = {name: getattr(record, f"position_{name}").tolist() for name in COLUMNS}
    names = told_apart(tokens)
    disagrees = record.disagrees.tolist()
    return [
        {
            "row": f"{place}:{MARK} {names[place]}"
            if disagrees[place]
            else f"{place}:{names[place]}",
            "place": place,
            "position": place + 1,
            "token": tokens[place],
            **{name: values[place] for name, values in columns.items()},
            "disagrees": disagrees[place],
        }
        for place in record.strongest(most).tolist()
    ]


def waterfall(
    record: VoteLedger,
    tokens: Sequence[str],
    most: int = STEPS,
    *,
    sides: tuple[str, str] = SIDES,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """From the bias, vote by vote in the order of the text, down to the logit.

    Each bar goes from the running total before it to the one after it; what it adds and the new
    total stand beside it. Of a long text the `most` strongest votes are drawn, and the others as
    one bar at the end.
    """
    rows = waterfall_rows(record, tokens, most, translate=translate)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=token_axis(),
        tooltip=[
            alt.Tooltip("name:N", title=translate("Step")),
            alt.Tooltip("value:Q", title=translate("Adds"), format="+.5f"),
            alt.Tooltip("end:Q", title=translate("Running total"), format=".5f"),
        ],
    )
    bars = base.mark_bar(height={"band": 0.84}).encode(
        x=alt.X(
            "start:Q",
            title=None,
            scale=alt.Scale(range=[0, {"expr": f"width - {NUMBERS}"}]),
            axis=alt.Axis(orient="top", tickCount=4),
        ),
        x2="end:Q",
        color=_side("value", sides, alt.when("datum.ends").then(alt.value(GREY))),
        opacity=alt.condition("datum.others", alt.value(0.5), alt.value(1)),
    )
    middle, right = alt.value({"expr": f"width - {NUMBERS // 2}"}), alt.value("width")
    adds = base.mark_text(align="right").encode(
        x=middle,
        text=alt.condition("!datum.ends", alt.Text("value:Q", format="+.4f"), alt.value("")),
    )
    totals = base.mark_text(align="right").encode(x=right, text=alt.Text("end:Q", format=".4f"))
    headings = [
        base.transform_filter("indexof(datum.row, 'bias:') === 0")
        .mark_text(align="right", fontWeight="bold")
        .encode(x=x, y=alt.value(-12), text=alt.value(text))
        for x, text in ((middle, translate("adds")), (right, translate("total")))
    ]
    return alt.layer(bars, adds, totals, *headings).properties(
        height=alt.Step(ROW_HEIGHT), width="container"
    )


def waterfall_rows(
    record: VoteLedger,
    tokens: Sequence[str],
    most: int = STEPS,
    *,
    translate: Callable[[str], str] = same,
) -> list[dict]:
    """What `waterfall` draws, top to bottom: the bias, the votes, the rest, the logit.

    What each step adds (`value`), the running total before (`start`) and after it (`end`). The
    last step ends at the logit itself: the trace's float32 leaves a difference in the sixth digit
    or so, which no picture should show as a different number.
    """
    votes = record.position_vote
    kept = record.strongest(most if len(votes) > most + 1 else None)  # no bar for one other alone
    apart = told_apart(tokens)
    names = [f"{place}:{apart[place]}" for place in kept]
    values = votes[kept].tolist()
    if others := len(votes) - len(kept):
        names.append("others:" + translate("other positions: {count}").format(count=others))
        values.append(float(votes.sum() - votes[kept].sum()))
    totals = np.cumsum([record.bias, *values]).tolist()
    totals[-1] = record.logit
    steps = [_step("bias:" + translate("bias"), 0.0, record.bias, ends=True)]
    for name, start, end, value in zip(names, totals, totals[1:], values, strict=False):
        steps.append(_step(name, start, end) | {"value": value})
    if others:
        steps[-1]["others"] = True
    steps.append(_step("logit:" + translate("logit"), 0.0, record.logit, ends=True))
    return [step | {"place": place} for place, step in enumerate(steps)]


def _step(row: str, start: float, end: float, ends: bool = False) -> dict:
    name = row.partition(":")[2]
    step = {"row": row, "name": name, "value": end - start, "start": start, "end": end}
    return step | {"ends": ends, "others": False}


def _column(base: alt.Chart, name: str, title: str, sides: tuple[str, str]) -> alt.Chart:
    """Bars on a scale of their own, which takes up its part of the drawing's width."""
    ends = [{"expr": f"width * {end}"} for end in COLUMNS[name]]
    color = _side(name, sides)
    if name == "attention":  # a share has no side, except where it went to one who disagrees
        attention = alt.value(ATTENTION["light"])
        color = _side("vote", sides, alt.when("!datum.disagrees").then(attention))
    return base.mark_bar(height={"band": 0.84}).encode(
        x=alt.X(
            f"{name}:Q",
            title=title,
            scale=alt.Scale(range=ends),
            axis=alt.Axis(orient="top", tickCount=3),
        ),
        color=color,
    )


def _side(field: str, sides: tuple[str, str], first: alt.Then | None = None) -> alt.Then:
    """The colours of both sides by sign, after a condition that comes before either."""
    towards, against = map(alt.value, sides)
    when = first.when if first else alt.when
    return when(f"datum.{field} < 0").then(against).otherwise(towards)
