"""Three depths of one trace, one open at a time: everything, one part of it, one token."""

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.panels import panels, pick_units, row_labels
from attnviz.trace import Trace
from attnviz.ui import address
from attnviz.ui.components import token_table, trace_view
from attnviz.ui.components.explanations import (
    attributions,
    choices,
    formulas,
    gates,
    ledger,
    memory,
    panel,
    path,
    reach,
    trust,
)
from attnviz.ui.components.panel_choice import titled
from attnviz.ui.translation import _, explain_error

VIEW, TOKEN = "view", "token"  # in the address: what is open, and the chosen token, from 1
EVERYTHING = "everything"
DEPTHS = {
    "everything": N_("Everything"),
    "part": N_("One question"),
    "token": N_("One token"),
}
PARTS = {
    "ledger": (N_("Who voted how?"), ledger),
    "attributions": (N_("Which words count?"), attributions),
    "trust": (N_("Can attention be trusted?"), trust),
    "memory": (N_("Who wrote the memory?"), memory),
    "gates": (N_("What moves a gate?"), gates),
    "reach": (N_("How far do gradients reach?"), reach),
    "panel": (N_("One panel in full"), panel),
}
"""Explanations of a whole text: name → question, module. One that does not fit every network says
so by a function `fits(trace)`."""

ONE_TOKEN = {"path": (N_("Signal path"), path), "formulas": (N_("Formulas"), formulas)}
BESIDE_A_TOKEN = ("attention", "votes", "gates")
UNITS_BESIDE_A_TOKEN = 16


def go_to(key: str, question: str | None, token: int | None = None) -> None:
    """Open an explanation (a key of `PARTS`) when `show` with this key is drawn next.

    `token` is the row that is chosen there. Without a question, or where it does not fit the
    network, that token's signal path opens, or else the whole table.
    """
    st.session_state[f"{key}-asked"] = (question, token)


def follow_link(key: str) -> None:
    """Open the explanation and the token that the address names when `show` is drawn next."""
    view, token = address.linked(VIEW), address.linked(TOKEN)
    if view is None and token is None:
        return
    view = st.query_params.get(VIEW, "") if view is None else view
    number = st.query_params.get(TOKEN, "") if token is None else token
    row = int(number) - 1 if number.isdecimal() and len(number) < 7 and int(number) else None
    st.session_state[f"{key}-asked"] = (view or EVERYTHING, row)


def _name_place(trace: Trace, key: str) -> None:
    """The address names the explanation and the token, so that a reload comes back to them."""
    depth, token = st.session_state[f"{key}-depth"], st.session_state.get(choices.TOKEN)
    rows, own = {"part": (_fitting(trace), key), "token": (ONE_TOKEN, f"{key}-token")}.get(
        depth, ({}, key)
    )
    address.write(VIEW, st.session_state[_question_key(rows, own)] if rows else "")
    address.write(TOKEN, "" if token is None else str(token + 1))


@st.fragment
def show(folder: str, trace: Trace, key: str, in_address: bool = False) -> None:
    """What lies below a prediction. Only what is open is computed. The address says what that is
    where `in_address`."""
    choices.forget_token_of_another_text(trace)
    _follow(trace, key)
    st.session_state.setdefault(f"{key}-depth", "everything")
    depth = st.segmented_control(
        _("How deep"),
        DEPTHS,
        required=True,
        format_func=lambda name: _(DEPTHS[name]),
        key=f"{key}-depth",
        persist_state="session",
        label_visibility="collapsed",
    )
    try:
        SHOWN[depth](folder, trace, key)
        if in_address:
            _name_place(trace, key)
    except AttnvizError as error:  # a stored picture stands where the model cannot be opened
        st.warning(explain_error(error), icon=":material/info:")


def _follow(trace: Trace, key: str) -> None:
    """Do what `go_to` asked for, before the widgets are drawn."""
    asked = st.session_state.pop(f"{key}-asked", None)
    if asked is None:
        return
    question, token = asked
    token = token if token is not None and token < len(trace.tokens) else None
    if token is not None:
        choices.remember_token(token)
    depth = "everything" if token is None or question == EVERYTHING else "token"
    fitting = _fitting(trace)
    if question in ONE_TOKEN:
        depth = "token"
        st.session_state[_question_key(ONE_TOKEN, f"{key}-token")] = question
    if question in fitting:
        depth = "part"
        st.session_state[_question_key(fitting, key)] = question
    st.session_state[f"{key}-depth"] = depth


def _everything(folder: str, trace: Trace, key: str) -> None:
    trace_view.show(trace, key, on_pin=choices.remember_token)


def _part(folder: str, trace: Trace, key: str) -> None:
    name, explanation = _choose(_fitting(trace), key)
    explanation.show(folder, trace, f"{key}-{name}")


def _token(folder: str, trace: Trace, key: str) -> None:
    left, right = st.columns([4, 5], gap="medium")
    with right:
        name, explanation = _choose(ONE_TOKEN, f"{key}-token")
        explanation.show(folder, trace, f"{key}-{name}")
    with left, st.container(key=f"{key}-beside-the-cards"):
        _table_beside(trace, key)


def _table_beside(trace: Trace, key: str) -> None:
    """The token table, cut to what fits beside a column of cards; a click chooses the token."""
    strings = {name: _(text) for name, text in token_table.STRINGS.items()}
    chosen = [titled(p) for p in panels(trace, -1) if p.family in BESIDE_A_TOKEN]
    token_table.show(
        row_labels(trace),
        [pick_units(p, "variance", UNITS_BESIDE_A_TOKEN) for p in chosen],
        trace.words,
        strings,
        key=f"{key}-beside",
        pinned=choices.chosen_token(trace),
        on_pin=choices.remember_token,
    )


def _fitting(trace: Trace) -> dict:
    """The rows of `PARTS` that say something of this network."""
    return {n: row for n, row in PARTS.items() if getattr(row[1], "fits", lambda _: True)(trace)}


def _question_key(rows: dict, key: str) -> str:
    return f"{key}-question-{'-'.join(rows)}"


def _choose(rows: dict, key: str):
    """Name and module of the explanation that the user chose."""
    st.session_state.setdefault(_question_key(rows, key), next(iter(rows)))
    name = st.segmented_control(
        _("Question"),
        list(rows),
        required=True,
        format_func=lambda name: _(rows[name][0]),
        key=_question_key(rows, key),
        persist_state="session",
        label_visibility="collapsed",
    )
    return name, rows[name][1]


SHOWN = {"everything": _everything, "part": _part, "token": _token}
