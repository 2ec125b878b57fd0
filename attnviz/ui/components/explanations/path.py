"""The signal path: one token through the network, one card for each part, as data flows."""

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.panels import row_labels
from attnviz.trace import DIRECTIONS, Trace
from attnviz.ui.components.explanations import choices
from attnviz.ui.components.explanations.path_card import Card
from attnviz.ui.components.explanations.path_cards import (
    STAGE_CARDS,
    show_attention,
    show_embedding,
    show_self_attention,
    show_text,
    show_vote,
)
from attnviz.ui.components.panel_choice import DIRECTION_NAMES
from attnviz.ui.components.tables import even
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import _


def show(folder: str, trace: Trace, key: str) -> None:
    """One column of cards for the chosen token."""
    st.caption(
        _(
            "Follow one token from its vector to its vote. A position mixes what it has read, so "
            "the further down, the more its numbers tell of its neighbours too."
        )
    )
    row = choices.chosen_token(trace)
    label = _controls(trace, row, key)
    with st.spinner(_("Opening the model…")):
        classifier = loaded_classifier(folder)
        from attnviz.explain.path import signal_path
    card = Card(folder, trace, key, label, signal_path(classifier, trace, row))
    show_text(card)
    show_embedding(card)
    for stage in card.path.stages:
        STAGE_CARDS[stage](card)
    show_self_attention(card)
    show_attention(card)
    show_vote(card)
    _twin(card)


def _controls(trace: Trace, row: int, key: str) -> int:
    """Buttons to the tokens before and behind, and the class whose votes are told."""
    last = len(trace.tokens) - 1

    def move(to: int) -> None:
        st.session_state[choices.TOKEN] = to

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            _("Previous"),
            icon=":material/chevron_left:",
            key=f"{key}-previous",
            on_click=move,
            args=(row - 1,),
            disabled=row == 0,
        )
        st.button(
            _("Next"),
            icon=":material/chevron_right:",
            key=f"{key}-next",
            on_click=move,
            args=(row + 1,),
            disabled=row == last,
        )
        return choices.choose_label(trace, key)


def _twin(card: Card) -> None:
    """The numbers of the charts as tables."""
    from attnviz.charts.path import memory_rows

    expander = st.expander(_("The same as numbers"), key=f"{card.key}-twin", on_change="rerun")
    if not expander.open:
        return
    trace = card.trace
    columns = {
        _("Token"): row_labels(trace),
        _("Length of the vector"): np.linalg.norm(trace.embeddings, axis=1),
        _("Attention"): trace.attention.mean(axis=1),
        _("Vote"): trace.votes[:, card.label],
    }
    if card.path.reads is not None:
        columns[_("How much it is read")] = card.path.reads.mean(axis=0)
    rows = pd.RangeIndex(1, len(trace.tokens) + 1)
    expander.dataframe(**even(pd.DataFrame(columns, index=rows)), width="stretch")
    for memory in card.path.memories:
        names = {"layer": memory.layer + 1, "direction": DIRECTIONS[memory.direction]}
        expander.caption(f"{names['layer']} · {_(DIRECTION_NAMES[names['direction']])}")
        rows = pd.DataFrame(memory_rows(memory, translate=_))
        table = rows.pivot(index="unit", columns="part", values="value").loc[rows.unit.unique()]
        expander.dataframe(**even(table[rows.part.unique()]), width="stretch")
