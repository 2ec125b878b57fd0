"""Explore: type a text, see inside the network."""

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.trace import Trace
from attnviz.ui.components import trace_view
from attnviz.ui.examples import EXAMPLES
from attnviz.ui.state import loaded_classifier, model_folder, read_text, stored_example
from attnviz.ui.translation import _, explain_error

folder = model_folder()
example = stored_example(folder)
if "text" not in st.session_state:
    st.session_state["text"] = example.text if example else next(iter(EXAMPLES.values()))


def choose(text: str) -> None:
    st.session_state["text"] = text


def last_readable(folder: str, text: str) -> Trace | None:
    """The trace of the text; after an error, said in its place, that of the text before."""
    try:
        with st.spinner(_("Opening the model…")):
            trace = read_text(folder, text)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")
        before, trace = st.session_state.get("shown", (None, None))
        if before != folder:
            return None
        st.caption(_("Below is still the text before."))
    st.session_state["shown"] = (folder, trace)
    return trace


left, right = st.columns([3, 2], gap="medium")
with left:
    st.text_area(
        _("Your text"),
        key="text",
        height=112,
        persist_state="session",
        placeholder=_("Type or paste a text, then press Ctrl + Enter."),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(_("Look inside"), type="primary")
        for name, text in EXAMPLES.items():
            st.button(_(name), on_click=choose, args=(text,), type="tertiary")
with right:
    trace = last_readable(folder, st.session_state["text"])
    if trace is not None:
        trace_view.summary(trace, key="explore")
if trace is not None:
    trace_view.show(trace, key="explore")
    if trace is example:
        try:
            loaded_classifier(folder)  # the picture stands without it; make the next text fast
        except AttnvizError as error:
            right.warning(explain_error(error), icon=":material/info:")
