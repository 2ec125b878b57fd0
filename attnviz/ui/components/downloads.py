"""Downloads whose file is made when the button is clicked, and that always arrive."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

FORMER = 6  # buttons that were drawn before, the clicks on which still arrive
KEY = "downloads"  # in the session: the ids of those buttons


def download(label: str, make: Callable, name: str, media: str, key: str, **options) -> None:
    """A button that downloads what `make` gives; `options` are those of `st.download_button`.

    Streamlit forgets a button's file as soon as the page has been drawn anew, while the browser
    may still show the button from before: a click that comes just then would be lost. So the files
    of the last few drawings are kept; such a click gets the file that its button stood for.
    """
    st.download_button(label, make, name, media, on_click="ignore", key=key, **options)
    with suppress(AttributeError, KeyError):  # a Streamlit that keeps its files otherwise
        _keep_former(make, key)


def _keep_former(make: Callable, key: str) -> None:
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    files = runtime.get_instance().media_file_mgr
    known = st.session_state.setdefault(KEY, {}).setdefault(key, [])
    with files._lock:
        made = files._deferred_callables
        known += [name for name, entry in made.items() if entry["callable"] is make]
        known[:] = [name for name in known[-FORMER:] if name in made]
        references = files._files_by_session_and_coord[context.session_id]
        for place, name in enumerate(known):
            references[f"{KEY} {key} {place}"] = name
