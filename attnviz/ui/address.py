"""What the address of a page says, so that a reload, or a link, comes back to what was open."""

from collections.abc import Mapping

import streamlit as st

TEXT = "text"  # in a link, and in the session: the text that is read
LONGEST_TEXT = 1_000  # characters of a text in a link
WRITTEN = "address"  # in the session: what the pages wrote into the address last
PAGE, PAGE_BEFORE = "page", "page_before"  # in the session: the open page, and the one before


def linked(name: str, kept: str | None = None) -> str | None:
    """What the address says, if it is not what a page wrote last: at the beginning of a session,
    or where the browser went back. "" where it says nothing any more.

    `kept` is what the session holds, as the address says it. Where that is not what was written, a
    click has changed it just now, and the browser asked with the address of before: so None.
    """
    written, named = st.session_state.setdefault(WRITTEN, {}), st.query_params.get(name, "")
    if named == written.get(name, ""):
        return None
    if name in written and kept is not None and kept != written[name]:
        return None
    written[name] = named
    return None if not named and arrived() else named  # another page's address had other names


def write(name: str, value: str) -> None:
    """Say something in the address; "" takes it away."""
    st.session_state.setdefault(WRITTEN, {})[name] = value
    if not value:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def open_again(names: Mapping[str, str]) -> None:
    """Take what an address said for news, although the pages have written into it since."""
    written = st.session_state.setdefault(WRITTEN, {})
    for name in names.keys() & written.keys():
        del written[name]
        st.query_params[name] = names[name]


def note_page(page: str) -> None:
    """Remember which page is open, and which was before."""
    st.session_state[PAGE_BEFORE] = st.session_state.get(PAGE)
    st.session_state[PAGE] = page


def arrived() -> bool:
    """Whether the open page is another than at the last rerun."""
    return st.session_state.get(PAGE_BEFORE) != st.session_state.get(PAGE)


def draw_anew() -> None:
    """Draw the whole page anew from a part of it that runs by itself. The browser may have asked
    for that part with an address from before a click."""
    for name, value in dict(st.session_state.get(WRITTEN, {})).items():
        write(name, value)
    st.rerun()
