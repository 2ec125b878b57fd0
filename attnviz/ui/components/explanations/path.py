"""The signal path: one token through the network, one card for each part, as data flows."""

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.panels import row_labels
from attnviz.trace import DIRECTIONS, Trace
from attnviz.ui.components.answer import signed as short
from attnviz.ui.components.explanations import choices, screen
from attnviz.ui.components.explanations.path_card import Card, span_text
from attnviz.ui.components.explanations.path_cards import (
    STAGE_CARDS,
    show_attention,
    show_embedding,
    show_self_attention,
    show_text,
    show_vote,
    token_pills,
)
from attnviz.ui.components.explanations.path_flow import flow_html
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import DIRECTION_NAMES, label_name
from attnviz.ui.components.tables import even, same_as_numbers, show_positions
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import escape_markdown

NEIGHBOURS = 4  # tokens shown on either side of the chosen one


VERDICT = N_("{token} gets {share} of the attention and adds {vote} to {label}.")
OTHERWISE = N_("{token} has {share} of the weight and adds {vote} to {label}.")
"""The first line; the second where weights follow a rule and none is learnt."""


def show(folder: str, trace: Trace, key: str) -> None:
    """The table with the chosen token in view; beside it what that token gets and adds, and its way
    through the network from left to right. Each step in full is folded."""
    row = choices.chosen_token(trace)
    with screen.options(key):
        label = choices.choose_label(trace, key)
    left, right = st.columns([36, 64], gap="medium")
    with left:
        screen.table(trace, screen.beside(trace), key, in_view=True)
    with right, st.container(key=f"{key}-stays-in-view"):
        with st.spinner(_("Opening the model…")):
            classifier = loaded_classifier(folder)
            from attnviz.explain.path import signal_path
        card = Card(folder, trace, key, label, signal_path(classifier, trace, row))
        screen.verdict(verdict_line(card), why_line(card), key)
        _neighbours(card)
        st.html(flow_html(card))
        expander = screen.details(key)
        if expander is not None:
            with expander:
                _cards(card)
        _twin(card)


def verdict_line(card: Card) -> str:
    """What the token gets and adds, in at most twelve words."""
    share = float(card.trace.attention[card.path.row].mean())
    said = VERDICT if card.trace.pooling == "attention" else OTHERWISE
    return _(said).format(
        token=screen.quoted(row_labels(card.trace), card.path.row),
        share=f"{share:.0%}",
        vote=short(float(card.path.votes[card.label])),
        label=escape_markdown(label_name(card.trace.labels[card.label])),
    )


def why_line(card: Card) -> str:
    """What the position can know of the text, before its state is weighed."""
    first, last = card.path.reach
    if first == last:
        return _("Its position knows this token alone.")
    if last - first + 1 == card.path.tokens:
        return _("Its position has read the whole text: what it adds is not the word’s alone.")
    return _("Its position has read {tokens}: what it adds is not the word’s alone.").format(
        tokens=span_text(card.path.reach)
    )


def _cards(card: Card) -> None:
    """Each part of the network in full, in the order in which data flows."""
    st.caption(
        _(
            "Follow one token from its vector to its vote. A position mixes what it has read, so "
            "the further down, the more its numbers tell of its neighbours too."
        )
    )
    show_text(card)
    show_embedding(card)
    for stage in card.path.stages:
        STAGE_CARDS[stage](card)
    show_self_attention(card)
    show_attention(card)
    show_vote(card)


def _neighbours(card: Card) -> None:
    """The token among its neighbours, each of which a click makes the chosen one; “…” stands where
    the text goes on."""
    row, last = card.path.row, card.path.tokens - 1
    first, end = max(0, row - NEIGHBOURS), min(last, row + NEIGHBOURS)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _step_button(_("Previous"), "chevron_left", row - 1, row == 0, f"{card.key}-previous")
        if first > 0:
            st.markdown("…", width="content")
        token_pills(card, range(first, end + 1))
        if end < last:
            st.markdown("…", width="content")
        _step_button(_("Next"), "chevron_right", row + 1, row == last, f"{card.key}-next")


def _step_button(help: str, icon: str, to: int, disabled: bool, key: str) -> None:
    st.button(
        help,
        icon=f":material/{icon}:",
        key=key,
        on_click=choices.remember_token,
        args=(to,),
        disabled=disabled,
        type="tertiary",
    )


def _twin(card: Card) -> None:
    """The numbers of the charts as tables."""
    from attnviz.charts.path import memory_rows

    expander = same_as_numbers(f"{card.key}-twin")
    if expander is None:
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
    show_positions(expander, columns)
    for memory in card.path.memories:
        names = {"layer": memory.layer + 1, "direction": DIRECTIONS[memory.direction]}
        expander.caption(f"{names['layer']} · {_(DIRECTION_NAMES[names['direction']])}")
        rows = pd.DataFrame(memory_rows(memory, translate=_))
        table = rows.pivot(index="unit", columns="part", values="value").loc[rows.unit.unique()]
        expander.dataframe(**even(table[rows.part.unique()]), width="stretch")
