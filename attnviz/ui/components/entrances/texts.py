"""A text comes in: typed or pasted, an example of ours, or one that a link brought."""

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.explain.answer import answer as summarize
from attnviz.trace import Trace
from attnviz.ui import address, state
from attnviz.ui.components import (
    answer,
    language_line,
    long_text,
    shading,
    trace_view,
)
from attnviz.ui.components.entrances import tag_answer
from attnviz.ui.examples import examples_for, is_example
from attnviz.ui.state import (
    EDITING,
    FIELD,
    choose_text,
    read_text,
    stored_example,
)
from attnviz.ui.translation import _, explain_error

LINKED = "linked-text"  # in the session: the text that a link brought
KEPT_TEXTS = 20  # that can be brought back


def first_text(folder: str) -> str:
    """What stands in the text area before anybody types."""
    example = stored_example(folder)
    return example.text if example else next(iter(examples_for(folder).values()))


def offer_text(folder: str) -> None:
    """A text that fits the model, in place of an example of another; what was typed stays."""
    before = st.session_state.get("explored", folder)
    st.session_state["explored"] = folder
    text = state.text()
    ours = text is None or is_example(text) or text == first_text(before)
    if text is None or (before != folder and ours and not fits(text, before, folder)):
        choose_text(first_text(folder))


def fits(text: str, before: str, folder: str) -> bool:
    """Whether an example of the model before may stay: two networks are best compared on one."""
    texts = examples_for(folder)
    return text in texts.values() or (examples_for(before) is texts and not stored_example(folder))


def follow_link(folder: str) -> None:
    """The text that the address names."""
    if text := address.linked(address.TEXT):
        st.session_state[LINKED] = text = text[: address.LONGEST_TEXT]
        replace_text(text)


def name_text(text: str) -> None:
    """The address goes on naming the text that it brought. What is typed stays in the session: an
    address is kept in histories and logs, so a text goes into it only when the person says so."""
    address.write(address.TEXT, text if text == st.session_state.get(LINKED) else "")


def last_readable(folder: str, text: str) -> Trace | None:
    """The trace of the text; after an error, said in its place, that of the text before."""
    try:
        with st.spinner(_("Opening the model…")):
            trace = read_text(folder, text)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")
        st.session_state[EDITING] = True  # what was typed stays in the field, to be mended
        before, trace = st.session_state.get("shown", (None, None))
        if before != folder:
            return None
        st.caption(_("Below is still the text before."))
    st.session_state["shown"] = (folder, trace)
    return trace


def replace_text(text: str) -> None:
    """Another text in place of the one before, if there is one, which `bring_back` brings back."""
    if (before := state.text()) is not None:
        st.session_state.setdefault("texts_before", []).append(before)
        del st.session_state["texts_before"][:-KEPT_TEXTS]
    choose_text(text)


def bring_back() -> None:
    choose_text(st.session_state["texts_before"].pop())


def edit(editing: bool) -> None:
    st.session_state[EDITING] = editing


def send() -> None:
    """Read what is in the field. A click on the button also ends the typing, so both call this in
    one run of the page, and the second finds the field already read."""
    if FIELD in st.session_state:
        choose_text(st.session_state[FIELD])


def text_field() -> None:
    """The field to type in, while the text is edited. What was sent is kept beside the field's own
    state, which goes with the field."""
    st.session_state.setdefault(FIELD, state.text())
    st.text_area(
        _("Your text"),
        key=FIELD,
        height=140,
        placeholder=_("Type or paste a text, then press Ctrl + Enter."),
        on_change=send,
        label_visibility="collapsed",
    )


def below_the_text(folder: str, editing: bool, trace: Trace | None, result, shade) -> None:
    """Edit, the examples, and what the shades mean."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="under-text"):
        if editing:
            st.button(_("Look inside"), type="primary", on_click=send, key="look")
        else:
            st.button(_("Edit text"), type="primary", on_click=edit, args=(True,), key="edit")
        if st.session_state.get("texts_before"):
            st.button(
                _("Undo"),
                on_click=bring_back,
                type="tertiary",
                key="bring-back",
                icon=":material/undo:",
            )
        st.caption(_("Try:"), width="content")
        for name, text in examples_for(folder).items():
            st.button(_(name), on_click=replace_text, args=(text,), type="tertiary")
        if result is not None and not editing:
            answer.legend(trace, result, shade)
            shading.choose()


def show(folder: str, left, right) -> Trace | None:
    """The text with its words shaded, and what the model says of it; the trace of what is looked
    at, which is a window of a text that is too long to be read at once."""
    offer_text(folder)
    with right:
        trace = last_readable(folder, state.text())
        if trace is not None:
            whole, trace = trace, long_text.choose_window(folder, trace, key="explore")
    editing = st.session_state.setdefault(EDITING, False) or trace is None
    tagger = trace is not None and trace.tags is not None
    result = summarize(trace) if trace is not None and not tagger else None
    with left:
        shade = None
        if editing:
            text_field()
        elif tagger:
            tag_answer.chips(trace)
        else:
            place = st.container()
            shade = shading.chosen(folder, trace, key="explore")
            with place:
                answer.shaded_text(trace, result, key="explore-text", shade=shade)
        below_the_text(folder, editing, trace, result, shade)
        name_text(state.text())
        if trace is not None:
            trace_view.warnings(trace)
            language_line.of_text(folder, whole.text, key="explore")
    if trace is not None:
        with right:
            if tagger:
                tag_answer.block(trace)
                trace = tag_answer.seen(trace)
                tag_answer.place_line(trace)
            else:
                answer.block(trace, result, of_window=trace is not whole)
    return trace
