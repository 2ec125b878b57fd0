"""What if: a stretch is blanked, scaled or shifted, frames are reversed, and what that moves."""

from dataclasses import replace

import streamlit as st

from attnviz.errors import N_
from attnviz.samples import Sample
from attnviz.samples.changing import OF_AN_INPUT, TITLES, Change, changed
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.entrances import reading
from attnviz.ui.components.entrances.brought import Chosen, input_of
from attnviz.ui.translation import _, escape_markdown

CHANGES = "sample-changes"  # in the session: key of a sample → what was done to it
ALL = -1  # in the menu of channels
AMOUNTS = {"scale": (N_("Times"), 0.5), "shift": (N_("Plus"), 1.0)}
"""Changes that need a number: what it is called, and the first one."""


def applied(folder: str, chosen: Chosen, before: Trace) -> tuple[Sample, Trace]:
    """The sample after what was done to it, and its trace: `before` where nothing was.

    Raises
    ------
    AttnvizError
        If nothing that can be read is left.
    """
    done = _done(chosen)
    if not done:
        return chosen.sample, before
    sample = replace(reading.as_read(folder, chosen.sample, chosen.key)[0], label=None)
    for change in done:
        sample = changed(sample, change)
    return sample, reading.trace_of(folder, sample, (chosen.key, tuple(done)))


def _done(chosen: Chosen) -> list[Change]:
    key, done = st.session_state.get(CHANGES, (None, []))
    return done if key == chosen.key else []


def _do(chosen: Chosen, change: Change) -> None:
    st.session_state[CHANGES] = chosen.key, [*_done(chosen), change]


def undo(chosen: Chosen) -> None:
    """Take the last change back."""
    st.session_state[CHANGES] = chosen.key, _done(chosen)[:-1]


def tools(folder: str, chosen: Chosen, before: Trace) -> None:
    """A stretch to choose and what can be done to it, behind a button; Undo beside it."""
    kinds = OF_AN_INPUT.get(input_of(folder), ())
    if not kinds:
        return
    if _done(chosen):
        st.button(
            _("Undo"),
            on_click=undo,
            args=(chosen,),
            type="tertiary",
            key="sample-undo",
            icon=":material/undo:",
        )
    with st.popover(_("What if…"), type="tertiary", key="what-if"), st.container(width=340):
        _choose(kinds, chosen, before)


def _choose(kinds: tuple[str, ...], chosen: Chosen, before: Trace) -> None:
    tokens, last = before.tokens, len(before.tokens) - 1
    first, end = st.select_slider(
        _("Stretch"),
        range(len(tokens)),
        value=(0, last),
        # Each with its number: a slider goes by what it shows, and times of day come again.
        format_func=lambda step: f"{escape_markdown(tokens[step])} ({step + 1})",
        key=f"what-if-stretch-{len(tokens)}",
    )
    channel = _channel(before)
    place = before.offsets[first][0], before.offsets[end][1]
    for kind in kinds:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            amount = _amount(kind, before, channel)
            change = Change(kind, *place, channel, amount)
            st.button(_(TITLES[kind]), on_click=_do, args=(chosen, change), key=f"what-if-{kind}")


def _channel(trace: Trace) -> int | None:
    """Which channel is changed; None for all."""
    if len(trace.channels) < 2:
        return None
    chosen = menus.selectbox(
        _("Channel"),
        [ALL, *range(len(trace.channels))],
        format_func=lambda number: _("all") if number == ALL else trace.channels[number],
        key=f"what-if-channel-{len(trace.channels)}",
    )
    return None if chosen == ALL else chosen


def _amount(kind: str, trace: Trace, channel: int | None) -> float:
    if kind not in AMOUNTS:
        return 0.0
    name, first = AMOUNTS[kind]
    return st.number_input(_(name), value=first, key=f"what-if-amount-{kind}", width=120)
