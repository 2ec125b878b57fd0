"""What became of a word: how much of what it wrote is still in the memory, token by token."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.memory import Fate
from attnviz.explain.answer import answer
from attnviz.panels import Panel, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.explanations import choices, memory_details, screen
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import UNIT_COUNTS
from attnviz.ui.state import settings_of
from attnviz.ui.translation import gap

VERDICTS = {
    "halved": N_("Half of {token} is forgotten after {count} tokens; {share} reaches the end."),
    "kept": N_("{token} is remembered: {share} of it reaches the end."),
    "halved back": N_(
        "Half of {token} is forgotten after {count} tokens; {share} reaches the start."
    ),
    "kept back": N_("{token} is remembered: {share} of it reaches the start."),
    "last": N_("{token} is read last: nothing of it has faded yet."),
    "nothing": N_("{token} wrote nothing into the memory."),
}
"""The first line, by what happened; `back` where the memory reads backwards alone."""
MATTERS = {
    "last": N_("The answer is read from the last states alone, so only what reaches them counts."),
    "attention": N_(
        "The answer need not wait for that: attention reads every token where it stands."
    ),
    "other": N_("The answer need not wait for that: it takes in the states of every token."),
}
"""By `Trace.pooling`, what it means for the answer."""
LONGEST = N_("Most of it is left in unit {unit}, {share} of what was written there.")


def fits(trace: Trace) -> bool:
    """Whether the network remembers: not where it has no recurrent layer."""
    from attnviz.explain.memory import fits

    return fits(trace)


def show(folder: str, trace: Trace, key: str) -> None:
    """A word, what is left of it along the text, unit by unit, and how fast every word fades."""
    from attnviz.explain.memory import fate

    labels, row = row_labels(trace), telling_word(trace)
    with screen.options(key):
        layer = choices.choose_layer(trace, key)
        found = fate(trace, row, layer)
        direction = choices.choose_direction(trace, key, main_direction(found))
        count = menus.selectbox(
            _("How many units"),
            UNIT_COUNTS,
            index=2,
            width=120,
            key=f"{key}-count",
            format_func=lambda number: str(number or _("all")),
        )
    why = gap(" ").join([_lasting(folder, found, direction), why_line(found, trace, direction)])
    screen.verdict(verdict_line(found, labels, direction), why.strip(), key)
    shown = [*screen.beside(trace), *_panels(found, trace, labels, direction, count)]
    screen.table(trace, shown, key, pinned=row)
    expander = screen.details(key, _("Who wrote this memory"))
    if expander is not None:
        with expander:
            memory_details.show(folder, trace, layer, direction, count, key)


def telling_word(trace: Trace) -> int:
    """The row to begin with: the one that was chosen, else the first negation of the text, else
    the word that the answer rests on most."""
    from attnviz.inspection.negation import negations

    if st.session_state.get(choices.TOKEN) is not None:
        return choices.chosen_token(trace)
    if trace.task == "forecast":  # no class leads
        return choices.chosen_token(trace)
    for negation in negations(trace.text or ""):
        for row, (start, end) in enumerate(trace.offsets):
            if start < negation.end and end > negation.start:
                return row
    return answer(trace).carriers[0].row


def main_direction(found: Fate) -> int:
    """Forward, unless the word is the last that it reads and the network reads backwards, too."""
    last = found.row == found.kept.shape[1] - 1
    return 1 if last and len(found.kept) > 1 and found.row > 0 else 0


def verdict_line(found: Fate, labels: Sequence[str], direction: int) -> str:
    """What became of the word in the memory of one reading direction, in at most twelve words."""
    since = found.read_since(direction)
    kind = "halved" if np.isfinite(found.half_life(direction)) else "kept"
    kind += " back" * direction
    if not since[0]:
        kind = "nothing"
    elif len(since) == 1:
        kind = "last"
    return _(VERDICTS[kind]).format(
        token=screen.quoted(labels, found.row),
        count=f"{found.half_life(direction):.1f}",
        share=memory_details.percent(found.reaches_the_end(direction)),
    )


def _lasting(folder: str, found: Fate, direction: int) -> str:
    """The half-life in time, where the model knows how long a step is."""
    settings, half = settings_of(folder), found.half_life(direction)
    if settings.get("step") is None or not np.isfinite(half) or not found.read_since(direction)[0]:
        return ""
    step = settings["step"] * settings.get("stride", 1)
    time = f"{half * step:.3g} {settings.get('step_unit', '')}".strip()
    return _("{count} steps are {time}.").format(count=f"{half:.1f}", time=time)


def why_line(found: Fate, trace: Trace, direction: int) -> str:
    """What that means for the answer, and where most of the word is left."""
    said = [_(MATTERS.get(trace.pooling, MATTERS["other"]))]
    last = 0 if direction else -1
    left = np.abs(found.written[direction] * found.kept[direction, last])
    if left.any() and len(found.read_since(direction)) > 1:
        unit = int(left.argmax())
        share = memory_details.percent(found.kept[direction, last, unit])
        said.append(_(LONGEST).format(unit=unit, share=share))
    return gap(" ").join(said)


def _panels(
    found: Fate, trace: Trace, labels: Sequence[str], direction: int, count: int
) -> list[Panel]:
    """What is left of the word in all units, unit by unit, and the half-life of every word."""
    from attnviz.explain.memory import word_half_lives

    token = labels[found.row]
    # Below the word what reading forward keeps, above it what reading backward does.
    left = found.left.max(axis=0)
    most = np.argsort(-np.abs(found.written[direction]), kind="stable")[: count or None]
    kept = found.kept[direction][:, most]
    order = np.argsort(-kept.sum(axis=0), kind="stable")  # longest memory first
    lives = word_half_lives(trace, found.layer, direction)
    finite = lives[np.isfinite(lives)]
    longest = float(finite.max(initial=1.0))
    return [
        screen.bars(
            "memory/left_both_ways" if len(found.kept) > 1 else "memory/left",
            _("Left of “{token}”").format(token=token),
            left,
            "gates",
            1.0,
            named=0.04,
        ),
        screen.cells(
            "gates/survival",
            _("Unit by unit, where it wrote most"),
            kept[:, order],
            [str(unit) for unit in most[order]],
        ),
        screen.bars(
            "memory/half_life",
            _("Half-life"),
            lives,
            "detectors",
            longest,
            named=0.0,
        ),
    ]
