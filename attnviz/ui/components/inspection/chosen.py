"""What the views of the Inspect page share: the filter, the open row, which view is open."""

from dataclasses import dataclass

import streamlit as st

from attnviz.runs import Filter, Run

VIEW = "inspect-view"  # in the session: the key of the view that is open


@dataclass(frozen=True)
class Opened:
    """A row that is open below the queue; `question` and `token` lead to a cause's evidence."""

    row: int
    question: str | None = None
    token: int | None = None


def chosen_filter(run: Run) -> Filter:
    """The filter of this run's queue; at first its mistakes, or everything without labels."""
    first = Filter(outcome="wrong") if run.about.label_map else Filter()
    return st.session_state.setdefault("inspect-filters", {}).get(run.folder.name, first)


def choose_filter(run: Run, chosen: Filter, view: str | None = None) -> None:
    """Another filter, and another view if asked. Call it in a callback."""
    st.session_state.setdefault("inspect-filters", {})[run.folder.name] = chosen
    if view:
        st.session_state[VIEW] = view


def opened_row(run: Run) -> Opened | None:
    """The row that is open, if one is."""
    return st.session_state.get("inspect-opened", {}).get(run.folder.name)


def open_row(run: Run, opened: Opened | None) -> None:
    """Open a row in the queue; None closes it. Call it in a callback."""
    st.session_state.setdefault("inspect-opened", {})[run.folder.name] = opened
    if opened is not None:
        st.session_state[VIEW] = "queue"
