"""A file that was exported from a run: to go on with that run instead of scoring it anew."""

from dataclasses import asdict
from pathlib import Path

import streamlit as st

from attnviz.data import Peek, Reading, open_rows
from attnviz.data.guards import is_export
from attnviz.errors import AttnvizError
from attnviz.inspection.restoring import restore_marks, run_of
from attnviz.runs import Run, find_runs
from attnviz.ui import visitors
from attnviz.ui.components.inspection.frame import open_run
from attnviz.ui.translation import _, escape_markdown, explain_error


def offer(data: bytes | Path, name: str, reading: Reading, seen: Peek) -> None:
    """Where the file is an export: the way back to its run, or why there is none."""
    if not is_export(seen.table.columns):
        return
    run = run_of(seen.table, find_runs(visitors.shelf()))
    if run is None:
        st.info(
            _(
                "This file was exported by attnviz, but its run is not on this computer. Score it "
                "anew: its marks and notes come along."
            ),
            icon=":material/history:",
        )
        return
    text = _("This file was exported from the run {name}. Its marks and notes can go back there.")
    st.info(text.format(name=escape_markdown(run.about.name)), icon=":material/history:")
    if st.button(_("Go on with this run"), icon=":material/undo:", key="inspect-go-on"):
        _go_on(run, data, name, reading)
    st.caption(_("Or score the file anew, as below: its own columns alone are read."))


def _go_on(run: Run, data: bytes | Path, name: str, reading: Reading) -> None:
    try:
        with st.spinner(_("Reading {name}…").format(name=escape_markdown(name))):
            restore_marks(run, open_rows(data, name, **asdict(reading)))
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    st.session_state.pop("inspect-given", None)
    open_run(run)
    st.rerun()
