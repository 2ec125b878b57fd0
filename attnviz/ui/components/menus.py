"""Select boxes whose labels follow the language of the page at once.

What a browser keeps of a select box is the label of what is chosen, not its place in the list. So
after a switch of the language it would show the old label until a reload, unless the value is set
again.
"""

from collections.abc import Callable, Iterable

import streamlit as st

from attnviz.ui.translation import language

DRAWN = "menus-drawn"  # in the session: key of a select box → the language of its labels


def selectbox(label: str, options: Iterable, *, key: str, **settings):
    """`st.selectbox`, with labels that change with the language."""
    return _drawn(st.selectbox, label, options, key, settings, "index")


def multiselect(label: str, options: Iterable, *, key: str, **settings):
    """`st.multiselect`, with labels that change with the language."""
    return _drawn(st.multiselect, label, options, key, settings, "default")


def _drawn(widget: Callable, label: str, options: Iterable, key: str, settings: dict, first: str):
    drawn = st.session_state.setdefault(DRAWN, {})
    if drawn.get(key, language()) != language() and st.session_state.get(key) is not None:
        st.session_state[key] = st.session_state[key]
        settings = {name: value for name, value in settings.items() if name != first}
    drawn[key] = language()
    return widget(label, options, key=key, **settings)
