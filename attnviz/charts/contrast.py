"""Mistakes against correct texts, drawn: what adds more to the wrong class, and what is missing."""

from collections.abc import Callable

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, ROW_HEIGHT, same, token_axis
from attnviz.colours import ink
from attnviz.errors import N_
from attnviz.evidence.contrast import INTERVAL, Compared

MOST = 20
PALE = 0.35
PICKED = "picked"  # the name of the selection: [{"thing": index}]
TITLES = {
    "vocabulary": N_("Words: how often"),
    "words": N_("Words: votes"),
    "filters": N_("Filters"),
    "units": N_("Context units"),
    "positions": N_("Positions"),
}
"""Key of `KINDS` → its name for a person."""
SUBTRACTED = {False: N_("Mistakes − correct texts"), True: N_("Correct texts − mistakes")}
"""Whether what is missing is drawn → what its bars are."""
NAMES = {
    "vocabulary": N_("Word"),
    "words": N_("Word"),
    "filters": N_("Kernel size · filter"),
    "units": N_("Unit of the context"),
    "positions": N_("Part of the text"),
}
"""Key of `KINDS` → what one of them is called."""


def differences(
    compared: Compared,
    kind: str,
    most: int = MOST,
    *,
    missing: bool = False,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """Bars of what is added more or, grey, less in the mistakes, with 95 % intervals.

    The first of the ranking are drawn, positions in the order of the text; those that may be chance
    are pale. A click on a row selects it. What is `missing` in the mistakes is a chart of its own:
    its bars say what it would have added, so that a word that pulls away from the wrong class
    points that way.
    """
    picked = alt.selection_point(PICKED, fields=["thing"], on="click", toggle=False)
    rows = difference_rows(compared, kind, most, missing)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=token_axis(),
        tooltip=[
            alt.Tooltip("name:N", title=translate(NAMES[kind])),
            alt.Tooltip("difference:Q", title=translate("Difference"), format="+.4f"),
            alt.Tooltip("mistakes:Q", title=translate("In the mistakes, a text"), format="+.4f"),
            alt.Tooltip(
                "correct:Q", title=translate("In the correct texts, a text"), format="+.4f"
            ),
            alt.Tooltip("in_mistakes:Q", title=translate("Mistakes with it")),
            alt.Tooltip("in_correct:Q", title=translate("Correct texts with it")),
            alt.Tooltip("q:Q", title="q", format=".2g"),
        ],
    )
    behind = (
        base.mark_rect(color=GREY, cursor="pointer")
        .encode(
            x=alt.value(0),
            x2=alt.value("width"),
            opacity=alt.condition(picked, alt.value(0.28), alt.value(0), empty=False),
        )
        .add_params(picked)
    )
    title = translate(SUBTRACTED[missing])
    bars = base.mark_bar(height={"band": 0.8}, cursor="pointer").encode(
        x=alt.X("drawn:Q", title=title, axis=alt.Axis(orient="top", tickCount=5)),
        color=alt.condition("datum.drawn < 0", alt.value(ink("right")), alt.value(ink("wrong"))),
        opacity=alt.condition("datum.certain", alt.value(1), alt.value(PALE)),
    )
    whiskers = base.mark_rule(color=GREY, strokeWidth=1.5, cursor="pointer").encode(
        x="low:Q", x2="high:Q"
    )
    return alt.layer(behind, bars, whiskers).properties(
        height=alt.Step(ROW_HEIGHT + 4), width="container"
    )


def difference_rows(
    compared: Compared, kind: str, most: int = MOST, missing: bool = False
) -> list[dict]:
    """What `differences` draws, top to bottom: `thing` is its index in the record, `drawn` the
    bar, `low` and `high` end its interval, null without an error."""
    in_order = kind == "positions" and not missing
    ranked = np.arange(len(compared.names)) if in_order else compared.ranked(missing)[:most]
    rows = []
    for place, thing in enumerate(ranked.tolist()):
        difference, reach = float(compared.difference[thing]), INTERVAL * compared.error[thing]
        known, drawn = reach == reach, -difference if missing else difference
        rows.append(
            {
                "place": place,
                "thing": thing,
                "row": f"{thing}:{compared.names[thing]}",
                "name": compared.names[thing],
                "difference": difference,
                "drawn": drawn,
                "low": drawn - float(reach) if known else None,
                "high": drawn + float(reach) if known else None,
                "mistakes": _number(compared.mean[0, thing]),
                "correct": _number(compared.mean[1, thing]),
                "in_mistakes": int(compared.texts[0, thing]),
                "in_correct": int(compared.texts[1, thing]),
                "q": _number(compared.q[thing]),
                "certain": bool(compared.certain[thing]),
            }
        )
    return rows


def _number(value: float) -> float | None:
    return float(value) if value == value else None
