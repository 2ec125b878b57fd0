"""Select boxes whose labels follow the language of the page at once.

What a browser keeps of a select box is the label of what is chosen, not its place in the list. So
after a switch of the language it would show the old label until a reload, unless the value is set
again. One that stands in a closed popover goes on to send its old label, which names no option any
more: then what was chosen before holds.
"""

from collections.abc import Callable, Iterable

import streamlit as st

from attnviz.ui.translation import language

DRAWN = "menus-drawn"  # in the session: key of a box → its language and value when drawn


def selectbox(label: str, options: Iterable, *, key: str, **settings):
    """`st.selectbox`, with labels that change with the language."""
    return _drawn(st.selectbox, label, options, key, settings, "index")


def multiselect(label: str, options: Iterable, *, key: str, **settings):
    """`st.multiselect`, with labels that change with the language."""
    return _drawn(st.multiselect, label, options, key, settings, "default")


def _drawn(widget: Callable, label: str, options: Iterable, key: str, settings: dict, first: str):
    drawn, options = st.session_state.setdefault(DRAWN, {}), list(options)
    chosen = st.session_state.get(key)
    if chosen is not None and key in drawn:
        before, kept = drawn[key]
        if not _among(chosen, options) and _among(kept, options):
            chosen, before = kept, None
        if before != language():
            st.session_state[key] = chosen
            settings = {name: value for name, value in settings.items() if name != first}
    value = widget(label, options, key=key, **settings)
    drawn[key] = language(), value
    return value


def _among(chosen: object, options: list) -> bool:
    return all(one in options for one in (chosen if isinstance(chosen, list) else [chosen]))
