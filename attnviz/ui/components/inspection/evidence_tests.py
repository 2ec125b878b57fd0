"""What decides an open text, and whether its tags' evidence holds: tested by leaving words out."""

from dataclasses import replace

import streamlit as st

from attnviz.inspection.checks import Check
from attnviz.runs import CAUSES, Run
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.state import loaded_classifier, weights_version
from attnviz.ui.translation import _, escape_markdown

LONGEST = 1_000  # tokens: a longer text would keep the reader waiting


def checks(run: Run, found: dict, tokens: int) -> list[Check]:
    """What decides a text, then a test for each of its tags that has one; needs the model. Empty
    for a text so long that the reader would wait.

    Raises
    ------
    AttnvizError
        If the model cannot be opened, or nothing of the text can be read.
    """
    if tokens > LONGEST:
        return []
    folder, tags = run.about.model, tuple(found["tags"])
    pointed = {cause.row for cause in CAUSES.values() if cause.row} | {"phrase"}
    known = tuple((name, _plain(found.get(name))) for name in sorted(pointed))
    return _tested(folder, weights_version(folder), found["text"] or "", tags, known)


def line(result: Check) -> str:
    """A test in one line of Markdown."""
    named = replace(result, label=label_name(result.label))
    return f"{_icon(result)} {escape_markdown(named.sentence(_))}"


def _icon(result: Check) -> str:
    """A tick where the words decide, a cross where nothing changes, a line between the two."""
    if result.holds:
        return ":material/check:"
    return ":material/remove:" if result.effect else ":material/close:"


@st.cache_resource(show_spinner=False, max_entries=64)
def _tested(folder: str, version: int, text: str, tags: tuple, known: tuple) -> list:
    from attnviz.inspection.deletions import check_evidence

    return check_evidence(loaded_classifier(folder), text, tags, dict(known))


def _plain(value: object) -> object:
    """None for pandas' many ways to say nothing."""
    if value is None or value != value:
        return None
    return value if isinstance(value, str) else int(value)
