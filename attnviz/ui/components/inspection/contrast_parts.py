"""One kind of thing in a contrast: its chart, its examples, its numbers."""

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.contrast import Compared, Contrast
from attnviz.runs import Filter, Run
from attnviz.ui.components import menus, vega
from attnviz.ui.components.inspection.chosen import Opened, open_row
from attnviz.ui.components.tables import even, same_as_numbers
from attnviz.ui.translation import _, escape_markdown, language

BEGINNING = 90  # characters of a text on a button
BEFORE = 30  # of them, before the word that it is an example of
READING = {
    False: N_(
        "Bars to the right pull more towards the wrong class, those to the left less. "
        "Lines are 95% intervals; "
        "pale bars may be chance (more than 5% false discoveries). Click one for examples."
    ),
    True: N_(
        "What these words would have added had they occurred as often as in the correct texts: "
        "to the left away from the wrong class, to the right towards it. Click one for examples."
    ),
}
"""Whether what is missing is drawn → how to read the chart."""
QUESTIONS = {
    "vocabulary": "ledger",
    "words": "ledger",
    "filters": None,
    "units": "memory",
    "positions": "ledger",
}
"""Which explanation an example opens; None for the path of its token."""
EXAMPLES_OF = {
    "vocabulary": N_("Examples of the word"),
    "words": N_("Examples of the word"),
    "filters": N_("Examples of the filter"),
    "units": N_("Examples of the unit"),
    "positions": N_("Examples of the stretch"),
}


def show(run: Run, record: Contrast, kind: str, key: str, missing: str = "") -> None:
    """Ranked charts of what is there and of what is missing, examples of what is chosen in one,
    all numbers in a table. `missing` is a sentence above the second chart."""
    compared = record.kinds[kind]
    if not compared.names:
        st.markdown(_("No word occurs often enough to be compared."))
        return
    chosen = f"{key}-thing-{record.truth}-{record.predicted}"
    things = _draw(compared, kind, chosen, f"{key}-map-{record.truth}-{record.predicted}", missing)
    if st.session_state.get(chosen) not in things:
        st.session_state[chosen] = compared.first
    thing = menus.selectbox(
        _(EXAMPLES_OF[kind]),
        things,
        format_func=lambda number: compared.names[number],
        key=chosen,
        width=260,
    )
    _examples(run, compared, kind, thing, key)
    _twin(compared, kind, key)


def _draw(compared: Compared, kind: str, chosen: str, key: str, said: str) -> list[int]:
    """The charts, of which a click sets `chosen`; what is drawn in them, in that order."""
    from attnviz.charts.contrast import PICKED, difference_rows

    data = b"".join(
        part.tobytes() for part in (compared.mean, compared.error, compared.q, compared.texts)
    )
    drawn = []
    for missing in (False, True):
        rows = difference_rows(compared, kind, missing=missing)
        if not rows:
            continue
        chart = f"{key}-missing" if missing else key

        def pick(chart: str = chart) -> None:
            for row in st.session_state[chart]["selection"].get(PICKED) or []:
                st.session_state[chosen] = row["thing"]

        if missing:
            st.markdown("### " + _("Missing or rarer in the mistakes"))
            st.markdown(said)
        vega.draw(
            _spec(compared, kind, missing, (compared.names, data), language()),
            chart,
            on_select=pick,
        )
        st.caption(_(READING[missing]))
        drawn += [row["thing"] for row in rows]
    return drawn


@st.cache_data(show_spinner=False, max_entries=16)
def _spec(_compared: Compared, kind: str, missing: bool, data: tuple, language_name: str) -> str:
    from attnviz.charts.contrast import differences

    return differences(_compared, kind, missing=missing, translate=_).to_json()


def _examples(run: Run, compared: Compared, kind: str, thing: int, key: str) -> None:
    """Where it pulls furthest: buttons that open the text at the token."""
    titles = (_("Mistakes"), _("Correct texts"))
    rows = compared.examples[:, thing]
    texts = _texts(str(run.folder), tuple(sorted({*rows[rows >= 0].tolist()})))
    for side, (place, title) in enumerate(zip(st.columns(2, gap="medium"), titles, strict=True)):
        with place:
            st.markdown(f"**{title}**")
            shown = [(row, at) for at, row in enumerate(rows[side].tolist()) if row in texts]
            if not shown:
                st.caption(_("It occurs in none of them."))
            for row, at in shown:
                line, text = texts[row]
                token = int(compared.places[side, thing, at])
                word = compared.names[thing] if kind in ("vocabulary", "words") else ""
                st.button(
                    f"{line} · {escape_markdown(excerpt(text, word))}",
                    on_click=open_row,
                    args=(run, Opened(row, QUESTIONS[kind], token)),
                    key=f"{key}-example-{side}-{row}",
                    width="stretch",
                )


@st.cache_data(show_spinner=False, max_entries=32)
def _texts(folder: str, rows: tuple[int, ...]) -> dict[int, tuple[int, str]]:
    """Row → line and text."""
    found = Run.open(folder).page(Filter(rows=rows), most=len(rows) + 1, columns="row, line, text")
    return {row: (line, text or "") for row, line, text in found.itertuples(index=False)}


def excerpt(text: str, word: str = "") -> str:
    """Some characters of a text, with the word in it, on one line."""
    text = " ".join(text.split())
    start = max(0, text.lower().find(word.lower()) - BEFORE) if word else 0
    start = 0 if len(text) <= BEGINNING else min(start, len(text) - BEGINNING)
    end = start + BEGINNING
    return "…" * (start > 0) + text[start:end] + "…" * (end < len(text))


def _twin(compared: Compared, kind: str, key: str) -> None:
    expander = same_as_numbers(f"{key}-twin")
    if expander is not None:
        expander.dataframe(**even(table(compared, kind)), hide_index=True)


def table(compared: Compared, kind: str) -> pd.DataFrame:
    """Everything that was compared, in the order of the ranking."""
    from attnviz.charts.contrast import NAMES

    order = np.concatenate([compared.ranked(False), compared.ranked(True)])
    sides = (_("mistakes"), _("correct"))
    columns = {
        _(NAMES[kind]): np.array(compared.names, dtype=object)[order],
        _("Difference"): compared.difference[order],
        _("Standard error"): compared.error[order],
        "q": compared.q[order],
    }
    if compared.missing.any():
        columns[_("Missing or rarer")] = compared.missing[order]
    for title, values in (
        (_("Adds a text, {side}"), compared.mean),
        (_("Adds each time, {side}"), compared.each),
        (_("Texts, {side}"), compared.texts),
    ):
        for side, name in enumerate(sides):
            columns[title.format(side=name)] = values[side, order]
    return pd.DataFrame(columns)
