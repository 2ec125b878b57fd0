"""What several explanations ask for: a class, a token, a layer and a direction, a unit.

What was chosen in one explanation stays there while another, another text or another model is open,
as far as it exists there; a token is chosen for all explanations of a text.
"""

from collections.abc import Callable

import numpy as np
import streamlit as st

from attnviz.panels import recurrent_shape, row_labels
from attnviz.trace import DIRECTIONS, Trace
from attnviz.ui.components import menus
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import DIRECTION_NAMES, label_name

TOKEN = "token"  # in the session: the row that was last chosen, in a list or in the table
TOKEN_OF = "token_of"  # and the text in which it stands
AT_OPENING = "token_at_opening"  # and the row that is pinned when the whole table opens


def choose_label(trace: Trace, key: str) -> int:
    """A class, by default the predicted one."""
    predicted = int(trace.probabilities.argmax())
    return menus.selectbox(
        _("Class"),
        range(len(trace.labels)),
        index=predicted,
        format_func=lambda number: label_name(trace.labels[number]),
        # A new prediction brings a widget of its own, so that it is what stands there first.
        key=f"{key}-label-{predicted}-{len(trace.labels)}",
        persist_state="session",
        width=180,
    )


def chosen_token(trace: Trace) -> int:
    """The row that was last chosen; the one with most attention where none was."""
    row = st.session_state.get(TOKEN)
    if row is None or row >= len(trace.tokens):
        return int(trace.attention.mean(axis=1).argmax())
    return row


def forget_token_of_another_text(trace: Trace) -> None:
    """A row says nothing about another text, nor about another model's tokens of the same."""
    place = (trace.identity, trace.tokens)
    if st.session_state.get(TOKEN_OF) != place:
        st.session_state[TOKEN_OF] = place
        st.session_state.pop(TOKEN, None)
        open_at_chosen_token()


def remember_token(row: int) -> None:
    """The row that a list or the table beside it was asked for."""
    note_pin(row)
    open_at_chosen_token()


def note_pin(row: int | None) -> None:
    """The row that was pinned in the whole table, or that none is. The table knows, so nothing that
    it is sent may change: it would be painted again."""
    st.session_state[TOKEN] = row


def open_at_chosen_token() -> None:
    """The whole table opens with the chosen row pinned."""
    st.session_state[AT_OPENING] = st.session_state.get(TOKEN)


def token_at_opening() -> int | None:
    return st.session_state.get(AT_OPENING)


def choose_token(trace: Trace, key: str) -> int:
    """A token, by its place and its characters."""
    labels = row_labels(trace)

    st.session_state[f"{key}-token"] = chosen_token(trace)
    return menus.selectbox(
        _("Token"),
        range(len(labels)),
        format_func=lambda row: f"{row + 1} · {labels[row]}",
        key=f"{key}-token",
        on_change=lambda: remember_token(st.session_state[f"{key}-token"]),
        width=180,
    )


def choose_layer(trace: Trace, key: str) -> int:
    """A recurrent layer from 0, asked for where there are several."""
    layers, _directions = recurrent_shape(trace)
    if layers == 1:
        return 0
    return menus.selectbox(
        _("Layer"),
        range(layers),
        index=layers - 1,
        format_func=lambda number: str(number + 1),
        width=90,
        key=f"{key}-layer-{layers}",
        persist_state="session",
    )


def choose_direction(trace: Trace, key: str, first: int | None = None) -> int:
    """Index of a reading direction in `DIRECTIONS`, asked for where there are two; until one is
    chosen, `first` as it changes, or forward."""
    _layers, directions = recurrent_shape(trace)
    if directions == 1:
        return 0
    key = f"{key}-direction"
    start = {"default": "forward"} if first is None else {}
    changed = None if first is None else follow(key, DIRECTIONS[first], trace)
    name = st.segmented_control(
        _("Reading direction"),
        DIRECTIONS,
        required=True,
        format_func=lambda name: _(DIRECTION_NAMES[name]),
        key=key,
        persist_state="session",
        on_change=changed,
        **start,
    )
    return DIRECTIONS.index(name)


def choose_unit(trace: Trace, key: str, default: int) -> int:
    """A unit of the hidden state, by its number."""
    units = next(iter(trace.states.values())).shape[3]
    return choose_number("unit", _("Unit"), units, default, trace, key)


def leading_unit(
    trace: Trace, parts: np.ndarray, row: int | None, layer: int, direction: int
) -> int:
    """The unit of a layer and direction with the largest part in a prediction, at a token or, with
    None, over all.

    Parts (T, D · H) are those of the last layer; of an earlier one it is the unit whose hidden
    state is the largest there, or varies most.
    """
    hidden = trace.states["hidden"]  # (T, L, D, H)
    units = hidden.shape[3]
    if layer < hidden.shape[1] - 1:
        own = hidden[:, layer, direction]
        return int((own.var(axis=0) if row is None else np.abs(own[row])).argmax())
    own = parts[:, direction * units :][:, :units]
    at_row = own.sum(axis=0) if row is None or not own[row].any() else own[row]
    return int(np.abs(at_row).argmax())


def leading_direction(trace: Trace, parts: np.ndarray, row: int) -> int:
    """The reading direction of the unit with the largest part at a token: parts (T, D · H)."""
    return int(np.abs(parts[row]).argmax()) // trace.states["hidden"].shape[3]


def choose_number(name: str, title: str, count: int, default: int, trace: Trace, key: str) -> int:
    """One of `count` numbers: the default, also as it changes, until another is chosen for this
    text. The key holds no translated text, so another language keeps the choice."""
    key = f"{key}-{name}-{count}"
    changed = follow(key, default, trace)
    return int(st.number_input(title, 0, count - 1, key=key, on_change=changed, width=120))


def follow(key: str, default: object, trace: Trace) -> Callable[[], None]:
    """Set a box to its default unless the user changed it for this text; what to call on change."""
    by_hand = f"{key}-by-hand"
    if st.session_state.get(by_hand) != trace.identity:
        st.session_state[key] = default

    def changed() -> None:
        st.session_state[by_hand] = trace.identity

    return changed
