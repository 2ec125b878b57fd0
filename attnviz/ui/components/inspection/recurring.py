"""The phrases that recur in a run's mistakes: each leads to its texts."""

import streamlit as st

from attnviz.evidence.phrases import Phrases
from attnviz.runs import Filter, Run
from attnviz.ui.components.inspection.chosen import choose_filter
from attnviz.ui.translation import _, escape_markdown

SHOWN = 60  # characters of a phrase


def show(run: Run, key: str) -> None:
    """A button for each phrase with its counts and interval, and how they were found."""
    note = run.later_note("phrases")
    phrases = None if note is None else Phrases.from_json(note)
    if phrases is None or not phrases.found:
        return
    for number, phrase in enumerate(phrases.found):
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-{number}"):
            st.button(
                escape_markdown(f"“{phrase.text[:SHOWN]}”"),
                key=f"{key}-open-{number}",
                on_click=choose_filter,
                args=(run, Filter(outcome="wrong", rows=phrase.rows), "queue"),
                help=_("Show these texts in the queue"),
            )
            low, high = phrase.interval
            st.markdown(
                _("wrong: **{wrong} of {texts}** ({low} to {high})").format(
                    wrong=f"{phrase.wrong:,}",
                    texts=f"{phrase.wrong + phrase.right:,}",
                    low=f"{low:.0%}",
                    high=f"{high:.0%}",
                ),
                width="content",
            )
    st.caption(
        _(
            "These stand out among the phrases that were searched ({count}), so their intervals "
            "(Wilson, 95%) are hopeful: in other texts they will stand out less."
        ).format(count=f"{phrases.searched:,}")
    )
