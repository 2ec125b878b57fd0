"""Similar texts: what the network takes for the same as one text, and a map of the whole file."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.evidence.similar import Neighbours
from attnviz.runs import Run
from attnviz.ui.components import background
from attnviz.ui.components.inspection import pictures, similar_map, text_list
from attnviz.ui.components.inspection.chosen import (
    Opened,
    chosen_filter,
    open_row,
    opened_row,
    state_of,
)
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.tables import even
from attnviz.ui.translation import _, escape_markdown, explain_error, gap

SHOWN_CHARACTERS = 300
GROWTH = 1.1  # while scoring goes on, looked for again when there are so many times as many texts
MOST = 10


def show(run: Run, key: str) -> None:
    """The neighbours of one text as a table, and the map."""
    if not run.scored:
        st.info(_("No text is scored yet."), icon=":material/info:")
        return
    try:
        _neighbours(run, key)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")
    st.markdown("## " + _("Map of the file"))
    try:
        similar_map.show(run, f"{key}-map")
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")


def _neighbours(run: Run, key: str) -> None:
    row = _choose_row(run, key)
    text = _text(state_of(run), row)
    st.container(border=True).text((text["text"] or "")[:SHOWN_CHARACTERS])
    known = ((_("True class"), text["truth"]), (_("Predicted class"), text["predicted"]))
    st.caption(" · ".join(f"{title}{gap(': ')}{_label(name)}" for title, name in known if name))
    found = _found(run, row, key)
    if found is None:
        return
    st.markdown("## " + sentence(text["truth"], found))
    if run.about.of_samples:
        _draw(run, [row, *found.rows.tolist()], [text["text"], *found.texts])
    _table(run, found, f"{key}-rows-{row}")
    st.caption(
        _(
            "Similar is what the network takes for alike: the cosine of the context vectors that "
            "its head reads. Click a text to open it."
        )
    )
    reference = _reference(state_of(run), row, (run.about.model, run.about.weights))
    if reference is not None:
        expander = st.expander(
            _("Nearest among the sample texts that came with the model"),
            key=f"{key}-reference",
            on_change="rerun",
        )
        if expander.open:
            expander.dataframe(**even(_frame(reference).drop(columns=_("Line"))), hide_index=True)


def _draw(run: Run, rows: list[int], names: Sequence[str]) -> None:
    """Samples small, side by side, by the channel in which the first stands out."""
    drawn = text_list.pictures_of(run, rows, together=True)
    if channel := drawn[rows[0]].get("channel"):
        st.caption(escape_markdown(channel))
    with st.container(horizontal=True):
        for row, name in zip(rows, names, strict=True):
            pictures.show(drawn[row], name)


def _choose_row(run: Run, key: str) -> int:
    """The row that is open, else the first mistake of the queue; another by its line."""
    opened, state = opened_row(run), state_of(run)
    first = _first(state, str(chosen_filter(run).to_dict())) if opened is None else opened.row
    low, high = _lines(state)
    line = st.number_input(
        _("Line"),
        low,
        high,
        int(_text(state, first)["line"]),
        key=f"{key}-line-{first}",
        width=180,
    )
    return _row_of(state, int(line))


@st.cache_data(show_spinner=False, max_entries=16)
def _first(state: tuple, _chosen: str) -> int:
    """The worst mistake, or the first text where none is known."""
    found = Run.open(state[0]).query(
        "SELECT row FROM texts WHERE prediction IS NOT NULL "
        "ORDER BY outcome = 'wrong' DESC NULLS LAST, p_truth, row LIMIT 1"
    )
    return int(found["row"][0]) if len(found) else 0


@st.cache_data(show_spinner=False, max_entries=4)
def _lines(state: tuple) -> tuple[int, int]:
    found = Run.open(state[0]).query("SELECT min(line) AS low, max(line) AS high FROM texts")
    return int(found["low"][0]), int(found["high"][0])


@st.cache_data(show_spinner=False, max_entries=64)
def _row_of(state: tuple, line: int) -> int:
    """The row that stands on a line; a row of several lines is named by its first."""
    sql = "SELECT row FROM texts WHERE line <= ? ORDER BY line DESC LIMIT 1"
    return int(Run.open(state[0]).query(sql, [line])["row"][0])


@st.cache_data(show_spinner=False, max_entries=64)
def _text(state: tuple, row: int) -> dict:
    sql = "SELECT row, line, text, truth, predicted FROM texts WHERE row = ?"
    found = Run.open(state[0]).query(sql, [row])
    return found.astype(object).where(found.notna(), None).to_dict("records")[0]


def _found(run: Run, row: int, key: str) -> Neighbours | None:
    """The neighbours, kept for the session; None while they are looked for, or after a stop."""
    from attnviz.inspection.neighbours import neighbours

    step = run.scored if run.done else int(math.log(run.scored, GROWTH))
    asked = (str(run.folder), run.about.label_column, *run.about.label_map.items(), step, row)
    return background.asked(
        "neighbours",
        asked,
        lambda progress: neighbours(run, row, MOST, progress),
        _("Looking for similar texts…"),
        _("Look for similar texts"),
        key,
    )


@st.cache_resource(show_spinner=False, max_entries=64)
def _reference(state: tuple, row: int, model: tuple[str, str]) -> Neighbours | None:
    from attnviz.inspection.neighbours import reference_neighbours

    return reference_neighbours(Run.open(state[0]), row, MOST)


def sentence(truth: str | None, found: Neighbours) -> str:
    """What the neighbours say of a text's label; Markdown."""
    count = len(found.texts)
    if not count:
        return _("There is no other text to compare it with.")
    if truth is None or not found.labels:
        said = [name for name in found.predictions if name is not None]
        most = max(sorted(set(said)), key=said.count)
        return _("Nearest texts predicted *{label}*: {some} of {count}.").format(
            some=said.count(most), count=count, label=_label(most)
        )
    label, some = next(iter(found.labels.items()))
    same = found.labels.get(truth, 0)
    if some > same and 2 * some > count:
        return _(
            "Nearest texts labelled *{label}*: {some} of {count}; as it is, *{truth}*: {same}. "
            "The label or the text is unusual."
        ).format(some=some, count=count, label=_label(label), same=same, truth=_label(truth))
    wrong = sum(
        (name, outcome) == (truth, "wrong")
        for name, outcome in zip(found.truths, found.outcomes, strict=True)
    )
    said = (
        _(
            "Nearest texts labelled as it is, *{truth}*: {same} of {count}; mistaken of these: "
            "{wrong}. The model gets this kind of text wrong."
        )
        if 2 * wrong > same
        else _("Nearest texts labelled as it is, *{truth}*: {same} of {count}.")
    )
    return said.format(same=same, count=count, truth=_label(truth), wrong=wrong)


def _label(name: str) -> str:
    return escape_markdown(label_name(name))


def _table(run: Run, found: Neighbours, key: str) -> None:
    def pick() -> None:
        for row, _column in st.session_state[key]["selection"]["cells"]:
            open_row(run, Opened(int(found.rows[row])))

    frame = _frame(found)
    lines = {row: _text(state_of(run), row)["line"] for row in found.rows.tolist()}
    frame[_("Line")] = [lines[row] for row in found.rows.tolist()]
    st.dataframe(
        frame,
        hide_index=True,
        on_select=pick,
        selection_mode="single-cell",
        key=key,
        column_config={
            _("Similarity"): st.column_config.NumberColumn(format="%.3f", width=90),
            _("Line"): st.column_config.NumberColumn(width=70),
            _("Text"): st.column_config.TextColumn(width=640),
        },
    )


def _frame(found: Neighbours) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("Similarity"): found.similarity,
            _("Line"): None,
            _("Text"): [text[:SHOWN_CHARACTERS] for text in found.texts],
            _("True class"): [label_name(name) if name else "" for name in found.truths],
            _("Predicted class"): [label_name(name) if name else "" for name in found.predictions],
        }
    )
