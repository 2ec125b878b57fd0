"""What the screens of all questions share: a verdict, one line that says why, the rest folded."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from attnviz.colours import side_hues
from attnviz.panels import Panel, panels, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import token_table
from attnviz.ui.components.explanations.choices import chosen_token, remember_token
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import label_name, titled
from attnviz.ui.translation import escape_markdown

BESIDE = ("votes", "attention")
MAP_WIDTH = 300  # px
LONGEST_QUOTE = 24  # characters of a token in a sentence


def verdict(text: str, why: str, key: str) -> None:
    """What the question comes to, as its first line, and below it why; both Markdown."""
    with st.container(key=f"{key}-screen-verdict", gap=None):
        st.markdown("### " + text)
        if why:
            st.markdown(why)


def options(key: str):
    """Where the choices of a question stand, folded at the end of the verdict's line."""
    with st.container(key=f"{key}-screen-options", width="content"):
        return st.popover(_("Options"), icon=":material/tune:", type="tertiary")


def details(key: str, title: str = ""):
    """An expander for what only some want to know, or None while it is closed: it costs nothing
    then."""
    expander = st.expander(title or _("Details"), key=f"{key}-details", on_change="rerun")
    return expander if expander.open else None


def table(
    trace: Trace,
    shown: Sequence[Panel],
    key: str,
    map_width: int = MAP_WIDTH,
    pinned: int | None = None,
    in_view: bool = False,
) -> None:
    """The token table with these panels; a click on a row chooses its token. Until one is chosen
    `pinned` is, or else the one that all questions begin with. `in_view` scrolls
    the page to its row."""
    token_table.show(
        row_labels(trace),
        shown,
        trace.words,
        {name: _(text) for name, text in token_table.STRINGS.items()},
        key=f"{key}-table",
        map_width=map_width,
        pinned=chosen_token(trace) if pinned is None else pinned,
        of_text=token_table.text_name(trace),
        of_steps=trace.text is None,
        marks=trace.marks,
        on_pin=remember_token,
        in_view=in_view,
    )


def beside(trace: Trace, families: Sequence[str] = BESIDE) -> list[Panel]:
    """Panels of these families, as the narrow table beside a question shows them."""
    return [titled(panel) for panel in panels(trace, voted=1) if panel.family in families]


def bars(
    key: str,
    title: str,
    values: np.ndarray,
    ramp: str,
    high: float,
    *,
    low: float = 0.0,
    named: float | None = None,
    classes: tuple[tuple[int, int], ...] = (),
    ends: tuple[str, str] = ("", ""),
) -> Panel:
    """A column of bars, one for each token, from 0 between `low` and `high`. Of votes, `ends` are
    the names of what a negative and a positive one speak for."""
    values = np.asarray(values, dtype=np.float32)[:, None]
    more = {"whole": True, "ramp": ramp, "named": named, "classes": classes}
    against, towards = ends
    more["detail"] = against
    return Panel(key, title, values, (towards,), low < 0, low, high, "bars", **more)


def signed_bars(key: str, title: str, values: np.ndarray, ramp: str = "signed", **more) -> Panel:
    """A column of bars to both sides of 0, with room on the side where there is little."""
    values = np.asarray(values)
    reach = float(np.abs(values).max(initial=0.0)) or 1.0
    low, high = min(float(values.min()), -reach / 4), max(float(values.max()), reach / 4)
    return bars(key, title, values, ramp, high, low=low, **more)


def cells(key: str, title: str, values: np.ndarray, names: Sequence[str]) -> Panel:
    """Shares between 0 and 1 as a heat map, a column for each name."""
    values = np.asarray(values, dtype=np.float32)
    return Panel(key, title, values, tuple(names), False, 0.0, 1.0, "cells", ramp="gates")


def poles(trace: Trace, label: int, against: int | None) -> dict[str, tuple]:
    """Colours (`side_hues`) and names of bars for a class and against it, for `signed_bars`."""
    if trace.task == "forecast":
        hues = side_hues(trace.probabilities, label, None)
        return {"classes": (hues,), "ends": (_("lower"), _("higher"))}
    if against is None and len(trace.labels) == 2:
        against = 1 - label
    hues = side_hues(trace.probabilities, label, against)
    name = _("others") if against is None else label_name(trace.labels[against])
    return {"classes": (hues,), "ends": (name, label_name(trace.labels[label]))}


def quoted(labels: Sequence[str], row: int) -> str:
    """A token in a sentence, as Markdown, with its place where the text repeats it."""
    label = labels[row]
    shown = label if len(label) <= LONGEST_QUOTE else label[: LONGEST_QUOTE - 1] + "…"
    place = f" ({row + 1})" if list(labels).count(label) > 1 else ""
    return f"“{escape_markdown(shown.strip() or '␣')}”{place}"
