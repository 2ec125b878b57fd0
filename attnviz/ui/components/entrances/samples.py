"""A sample comes in: one that came with the model, one of a file, one drawn or spoken.

What was done to it afterwards (a stretch blanked, frames reversed) is a list of changes.
"""

from html import escape

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.kinds import INPUT_KINDS
from attnviz.trace import Trace
from attnviz.ui.components.entrances import (
    bringing,
    brought,
    forecast_answer,
    reading,
    sample_answer,
    what_if,
)
from attnviz.ui.components.entrances.brought import Chosen
from attnviz.ui.state import settings_of
from attnviz.ui.translation import _, explain_error

NOTHING = N_("This model came without a sample. Open a file of your own; the model reads {input}.")
ANSWERS = {"classify": sample_answer, "forecast": forecast_answer}
"""What is asked, a key of `attnviz.kinds.TASK_KINDS` → how the page says the answer: `part(folder,
chosen)` is what of the sample is read, `show(folder, chosen, sample, before, after, left)` says it,
where `after` is the trace after changes."""


def follow_link(folder: str) -> None:
    """The sample that the address names."""
    brought.follow_link(folder)


def show(folder: str, left, right) -> Trace | None:
    """The sample, what was done to it, and what the model says of it."""
    with left:
        head = st.container()
        row = bringing.ways_in(folder)
        try:
            chosen = brought.chosen(folder)
        except AttnvizError:  # said where the examples would stand
            return None
        head.html(_headline(folder, chosen))
        if chosen is None:
            kind = INPUT_KINDS[brought.input_of(folder)]
            st.info(_(NOTHING).format(input=_(kind.title)))
            return None
    answer = ANSWERS[settings_of(folder).get("task", "classify")]
    try:
        with left:
            chosen = answer.part(folder, chosen)
            place = st.container()
        with right, st.spinner(_("Opening the model…")):
            before = reading.trace_of(folder, chosen.sample, chosen.key)
            sample, after = what_if.applied(folder, chosen, before)
    except AttnvizError as error:
        right.warning(explain_error(error), icon=":material/info:")
        return None
    with row:
        what_if.tools(folder, chosen, before)
    with right:
        answer.show(folder, chosen, sample, before, after, place)
    with left:
        reading.strip(folder, after, chosen, before)
    return after


def _headline(folder: str, chosen: Chosen | None) -> str:
    """What is looked at, above the ways in."""
    title = chosen.title if chosen else _("No sample yet")
    kind = _(INPUT_KINDS[brought.input_of(folder)].title)
    note = " · ".join(filter(None, (kind, chosen.note if chosen else "")))
    return f'<div class="sample-head"><small>{escape(note)}</small><p>{escape(title)}</p></div>'
