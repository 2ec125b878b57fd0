"""What lies below an answer: the network as a strip, the table, and one question at a time.

The strip shows the parts of the network in the order in which data flow and is the switch for the
table's panels; the questions are links at its end. An open question keeps the table as its narrow
left, and adds its own columns there where it can, so that a word's row is a row of the chart too.
"""

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.trace import Trace
from attnviz.ui import address
from attnviz.ui.components import figures, trace_view
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
    wording,
)
from attnviz.ui.components.panel_choice import choose_panels
from attnviz.ui.translation import _, explain_error

VIEW, TOKEN = "view", "token"  # in the address: what is open, and the chosen token, from 1
EVERYTHING = "everything"
QUESTIONS = {
    "ledger": (N_("Who voted how?"), ledger),
    "attributions": (N_("Which words count?"), attributions),
    "trust": (N_("Can attention be trusted?"), trust),
    "memory": (N_("What became of a word?"), memory),
    "gates": (N_("What moves a gate?"), gates),
    "reach": (N_("How far do gradients reach?"), reach),
    "panel": (N_("One panel in full"), panel),
    "path": (N_("One token’s path"), path),
    "formulas": (N_("Formulas"), formulas),
}
"""Explanations of a text: name → question, module. One that does not fit every network says so by
a function `fits(trace)`."""

IN_SIGHT = 4  # questions that are links in the strip; the others open behind “more”


def go_to(key: str, question: str | None, token: int | None = None) -> None:
    """Open an explanation (a key of `QUESTIONS`) when `show` with this key is drawn next.

    `token` is the row that is chosen there. Without a question, or where it does not fit the
    network, that token's signal path opens, or else the whole table.
    """
    st.session_state[f"{key}-asked"] = (question, token)


def follow_link(key: str) -> None:
    """Open the explanation and the token that the address names when `show` is drawn next."""
    if address.arrived():
        choices.open_at_chosen_token()
    view, token = address.linked(VIEW), address.linked(TOKEN)
    if view is None and token is None:
        return
    view = st.query_params.get(VIEW, "") if view is None else view
    number = st.query_params.get(TOKEN, "") if token is None else token
    row = int(number) - 1 if number.isdecimal() and len(number) < 7 and int(number) else None
    st.session_state[f"{key}-asked"] = (view or EVERYTHING, row)


def _name_place(key: str) -> None:
    """The address names the explanation and the token, so that a reload comes back to them."""
    token = st.session_state.get(choices.TOKEN)
    address.write(VIEW, st.session_state.get(f"{key}-question") or "")
    address.write(TOKEN, "" if token is None else str(token + 1))


@st.fragment
def show(
    folder: str, trace: Trace, key: str, in_address: bool = False, in_sight: int = IN_SIGHT
) -> None:
    """What lies below a prediction. Only what is open is computed. The address says what that is
    where `in_address`; `in_sight` questions are links of their own."""
    choices.forget_token_of_another_text(trace)
    figures.forget(f"{key}-")
    figures.of_text(trace, folder)
    wording.note(trace)
    _follow(trace, key)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-strip"
    ):
        template = _("**Tokens** {count}") if trace.text is not None else _("**Steps** {count}")
        st.markdown(template.format(count=len(trace.tokens)) + " →", width="content")
        chosen = choose_panels(trace, key)
        st.space("stretch")
        _links(trace, key, in_sight)
    question = st.session_state.get(f"{key}-question")
    try:
        if question in _fitting(trace):
            _screen(question, folder, trace, key)
        else:
            trace_view.show(trace, chosen(), key)
        if in_address:
            _name_place(key)
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
    fallback = None if token is None or question == EVERYTHING else "path"
    _open(key, question if question in _fitting(trace) else fallback)


def _open(key: str, question: str | None) -> None:
    choices.open_at_chosen_token()
    st.session_state[f"{key}-question"] = question


def _links(trace: Trace, key: str, in_sight: int) -> None:
    """The questions that fit this network: the first few in sight, the rest one click away."""
    fitting = list(_fitting(trace))
    for name in fitting[:in_sight]:
        _link(name, key)
    if fitting[in_sight:]:
        with st.popover(
            _("More") if in_sight else _("Questions"), type="tertiary", key=f"{key}-more"
        ):
            for name in fitting[in_sight:]:
                _link(name, key)


def _link(name: str, key: str) -> None:
    title, _module = QUESTIONS[name]
    asked = st.session_state.get(f"{key}-question") == name
    st.button(
        wording._(title),
        on_click=_open,
        args=(key, None if asked else name),
        type="tertiary",
        key=f"{key}-{'asked' if asked else 'ask'}-{name}",
    )


def _screen(question: str, folder: str, trace: Trace, key: str) -> None:
    """A question alone: what it comes to, and the table with what it adds to each row."""
    with st.container(key=f"{key}-question-screen", gap="small"):
        with st.container(key=f"{key}-question-head"):
            st.markdown("## " + wording._(QUESTIONS[question][0]), width="content")
            st.button(
                _("Back to the whole table"),
                on_click=_open,
                args=(key, None),
                icon=":material/close:",
                type="tertiary",
                key=f"{key}-close",
            )
        figures.section(wording._(QUESTIONS[question][0]))
        QUESTIONS[question][1].show(folder, trace, f"{key}-{question}")


def _fitting(trace: Trace) -> dict:
    """The rows of `QUESTIONS` that say something of this network."""
    return {
        name: row
        for name, row in QUESTIONS.items()
        if getattr(row[1], "fits", lambda _: True)(trace)
    }
