"""Attributions on a page: which words count, by several methods, and where these disagree."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.evidence.verdicts import firsts
from attnviz.panels import Panel, row_labels
from attnviz.panels.panel import panel_of
from attnviz.trace import Trace
from attnviz.ui.components.explanations import attribution_details, screen
from attnviz.ui.components.explanations.attribution_details import rivals
from attnviz.ui.components.explanations.attribution_scores import scores
from attnviz.ui.components.explanations.choices import choose_label
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.state import loaded_classifier, remembered, weights_version
from attnviz.ui.translation import gap

NAMED = 3
WRITTEN = 0.3  # of the largest score: what is written beside its bar
VERDICTS = {
    "all": N_("All {count} methods put {token} first."),
    "most": N_("{most} of {count} methods put {token} first; {method} puts {other}."),
    "one": N_("{method} puts {token} first."),
    "none": N_("The methods disagree on what comes first: {named}."),
    "nothing": N_("No method tells these tokens apart."),
}
"""The first line, by what comes first (`attnviz.evidence.verdicts.firsts`)."""
FARTHEST = N_("The methods are farthest apart on {named}.")
SIDE_BY_SIDE = ("votes", "attention", "integrated_gradients", "gradient_x_input", "occlusion")
"""Key of `TITLES` in the order of the columns: what the table always shows comes first."""


def show(folder: str, trace: Trace, key: str) -> None:
    """What the methods put first, a column for each, and where they disagree; ranks, formulas and
    numbers are folded."""
    with screen.options(key):
        label = choose_label(trace, key)
        methods = _choose_methods(key)
    record = scores(folder, trace, label, methods, key)
    if record is None:
        return
    tokens = row_labels(trace)
    screen.verdict(verdict_line(record, tokens), why_line(record, tokens), key)
    screen.table(
        trace, _panels(record, trace, label) + _by_channel(folder, record, trace, label), key
    )
    expander = screen.details(key)
    if expander is not None:
        with expander:
            attribution_details.show(record, tokens, key)
    attribution_details.twin(record, tokens, key)


def verdict_line(record: Attributions, tokens: Sequence[str]) -> str:
    """What the methods put first, in at most twelve words."""
    result = firsts(record)
    if not result.places:
        return _(VERDICTS["nothing"])
    (first, names), *others = result.places
    kind = "none"
    if not others:
        kind = "all" if result.methods > 1 else "one"
    elif 2 * len(names) > result.methods:
        kind = "most"
    other, by = others[0] if others else (first, names)
    named = [screen.quoted(tokens, row) for row, _methods in result.places[:NAMED]]
    return _(VERDICTS[kind]).format(
        count=result.methods,
        most=len(names),
        token=screen.quoted(tokens, first),
        method=_(TITLES[by[0]]),
        other=screen.quoted(tokens, other),
        named=gap(", ").join(named) + ("…" if len(result.places) > NAMED else ""),
    )


def why_line(record: Attributions, tokens: Sequence[str]) -> str:
    """Where the methods are farthest apart."""
    place = int(record.most_disputed(1)[0])
    if len(record.ranking) < 2 or not record.disagreement[place]:
        return ""
    return _(FARTHEST).format(named=rivals(record, tokens, place))


def _panels(record: Attributions, trace: Trace, label: int) -> list[Panel]:
    """A column of bars for each method, each on its own scale: they have no unit in common."""
    poles = screen.poles(trace, label, None)
    shown = []
    for name in (name for name in SIDE_BY_SIDE if name in record.scores):
        values = record.scores[name]
        largest = float(np.abs(values).max(initial=0.0))
        named = WRITTEN * largest or None
        title = _(TITLES[name])
        if name == "attention":
            shown += screen.beside(trace, ("attention",))
        else:
            column = screen.signed_bars(
                f"scores/{name}", title, values, "classes", named=named, **poles
            )
            shown.append(column)
    return shown


def _by_channel(folder: str, record: Attributions, trace: Trace, label: int) -> list[Panel]:
    """Integrated gradients of every channel at every step, where channels are read.

    Saliency of recurrent networks mixes up when and which (Ismail et al. 2020), so the map stands
    beside the votes, which are exact.
    """
    if not trace.channels or "integrated_gradients" not in record.scores:
        return []
    from attnviz.explain.attributions import integrated_gradients_by_unit

    about = (folder, weights_version(folder), trace.identity, label)
    scores = remembered(
        "channel-scores",
        about,
        lambda: integrated_gradients_by_unit(loaded_classifier(folder), trace, label),
    )
    more = {"whole": True, "ramp": "signed"}
    return [panel_of("scores/channels", _("By channel"), scores, trace.channels, True, **more)]


def _choose_methods(key: str) -> list[str]:
    chosen = st.pills(
        _("Methods"),
        list(TITLES),
        selection_mode="multi",
        default=list(TITLES),
        format_func=lambda name: _(TITLES[name]),
        key=f"{key}-methods",
    )
    return [name for name in TITLES if name in chosen]
