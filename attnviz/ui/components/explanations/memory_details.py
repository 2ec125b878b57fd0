"""Who wrote this memory: which token's writing is still there, and where the rest was lost."""

import pandas as pd
import streamlit as st

from attnviz.evidence.memory import Erasure, Memory, Remnant
from attnviz.panels import TITLES, Panel, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus, vega
from attnviz.ui.components.explanations import screen
from attnviz.ui.components.explanations.choices import choose_token
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.components.tables import even, same_as_numbers, show_positions
from attnviz.ui.state import remembered, weights_version
from attnviz.ui.translation import escape_markdown, gap

MAP_WIDTH = 400  # px: the page is wide, and few panels stand here

SENTENCES = 5
ANY = -1
KEPT = 8  # memories of a session whose events are known


def show(folder: str, trace: Trace, layer: int, direction: int, count: int, key: str) -> None:
    """The map of what each token left, sentences about it, shares and half-lives, the numbers.

    Of `layer` and `direction`; `count` units are drawn, 0 for all.
    """
    from attnviz.charts.memory import memory_panels, memory_units
    from attnviz.explain.memory import memory

    found = memory(trace, _choose_position(trace, direction, key), layer, direction)
    labels = row_labels(trace)
    st.latex(_formula(found, trace))
    st.markdown(_reading(found, labels))
    st.caption(
        _(
            "A row is a token, a column a unit: what the token wrote there and is still left of "
            "it, purple negative and green positive; beside it, which share of the write that is."
        )
    )
    units = memory_units(found)[: count or None]
    panels = memory_panels(found, units, translate=_)
    screen.table(trace, panels, f"{key}-map", MAP_WIDTH)
    _sentences(folder, trace, found, labels, key)
    _charts(found, labels, key)
    _twin(found, panels, labels, key)


def _choose_position(trace: Trace, direction: int, key: str) -> int:
    """The token at which the memory is looked at: where the head reads it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        where = {"end": _("after the last token read"), "token": _("at one token")}
        at = st.segmented_control(
            _("The memory"),
            where,
            default="end" if trace.pooling == "last" else "token",
            required=True,
            format_func=where.get,
            key=f"{key}-at-{trace.pooling == 'last'}",
        )
        last = 0 if direction else len(trace.tokens) - 1
        return choose_token(trace, key) if at == "token" else last


def _formula(found: Memory, trace: Trace) -> str:
    """The identity for this cell and direction, in LaTeX."""
    from attnviz.explain.memory import RECURRENCES, is_coupled

    state, gate, written = RECURRENCES[found.gate].letters
    reading, between = (
        (r"t \geq p", r"p \leq k < t") if found.direction else (r"t \leq p", r"t < k \leq p")
    )
    left, wrote = _("left of it"), _("written")
    identity = (
        rf"{state}_p = \sum_{{{reading}}} \underbrace{{\Big(\prod_{{{between}}} {gate}_k\Big)}}"
        rf"_{{\text{{{left}}}}} \; \underbrace{{{written}}}_{{\text{{{wrote}}}}}"
    )
    return identity + (r", \qquad f_t = 1 - i_t" if is_coupled(trace) else "")


def _reading(found: Memory, labels: tuple[str, ...]) -> str:
    """What the picture says, in two sentences."""
    largest, word = int(found.shares.argmax()), _largest_word(found, labels)
    text = (
        _(
            "What this layer remembers at {position} is exactly the sum of what each token wrote "
            "and the gates have kept since. The largest share, {share}, comes from {token}."
        )
        if word in (None, largest)
        else _(
            "What this layer remembers at {position} is exactly the sum of what each token wrote "
            "and the gates have kept since. Of the words, {word} has the largest share, "
            "{word_share}; a larger one, {share}, comes from {token}."
        )
    )
    said = text.format(
        position=_name(labels, found.position),
        share=percent(found.shares[largest]),
        token=_name(labels, largest),
        word=_name(labels, word or 0),
        word_share=percent(found.shares[word or 0]),
    )
    if found.shares.min() < -0.005:
        opposed = int(found.shares.argmin())
        said += gap(" ") + _(
            "{token} counts {share}: what is left of it points the other way and is outweighed."
        ).format(
            token=_name(labels, opposed),
            share="−" + percent(-found.shares[opposed]),
        )
    return said


def _largest_word(found: Memory, labels: tuple[str, ...]) -> int | None:
    """The token with a letter or digit that has the largest share; None where none has one."""
    words = [row for row, label in enumerate(labels) if any(map(str.isalnum, label))]
    best = max(words, key=lambda row: found.shares[row], default=None)
    return None if best is None or found.shares[best] <= 0 else best


def _name(labels: tuple[str, ...], row: int) -> str:
    """A token in a sentence, with its place where the text repeats it."""
    place = f" ({row + 1})" if labels.count(labels[row]) > 1 else ""
    return f"“{escape_markdown(labels[row])}”{place}"


def _events(
    folder: str, trace: Trace, found: Memory, writer: int | None
) -> tuple[list[Erasure], list[Remnant]]:
    """The largest erasures and remnants, found once: of a long text that takes a while."""
    from attnviz.explain.memory import erasures, remnants

    asked = (folder, weights_version(folder), trace.identity)
    asked += (found.layer, found.direction, found.position, writer)

    def find() -> tuple[list[Erasure], list[Remnant]]:
        return erasures(found, SENTENCES, writer), remnants(found, SENTENCES, writer)

    return remembered("memory-events", asked, find, KEPT)


def _sentences(folder: str, trace: Trace, found: Memory, labels: tuple[str, ...], key: str) -> None:
    """The largest erasures and what is still there, of all tokens or of one."""
    writer = menus.selectbox(
        _("Written by"),
        [ANY, *range(len(labels))],
        format_func=lambda row: _("any token") if row == ANY else f"{row + 1} · {labels[row]}",
        key=f"{key}-writer-{len(labels)}",
        width=180,
    )
    erasures, remnants = _events(folder, trace, found, None if writer == ANY else writer)
    erased = [
        _(
            "What {writer} wrote into unit {unit} ({written}) was erased at {eraser}: {lost} of it "
            "was lost there, {left} is left at {position}."
        ).format(
            writer=_name(labels, one.writer),
            unit=one.unit,
            written=_signed(one.written),
            eraser=_name(labels, one.eraser),
            lost=percent(one.lost),
            left=percent(one.left),
            position=_name(labels, found.position),
        )
        for one in erasures
    ]
    standing = [
        _(
            "What {writer} wrote into unit {unit} ({written}) still stands at {position}: {left}."
        ).format(
            writer=_name(labels, one.writer),
            unit=one.unit,
            written=_signed(one.written),
            position=_name(labels, found.position),
            left=percent(one.left),
        )
        for one in remnants
    ]
    left, right = st.columns(2, gap="medium")
    _listed(left, _("Erased"), erased, _("No single token erased half of a write."))
    _listed(right, _("Still there"), standing, _("Nothing written earlier is left."))


def _listed(place, title: str, sentences: list[str], nothing: str) -> None:
    place.markdown(f"### {title}")
    place.markdown("\n".join(f"- {sentence}" for sentence in sentences) or nothing)


def percent(share: float) -> str:
    """A share that never rounds to a 0% or 100% that it is not."""
    if 0 < share < 0.005:
        return "< 1%"
    if 0.995 <= share < 1:
        return "> 99%"
    return f"{100 * share:.0f}%"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _charts(found: Memory, labels: tuple[str, ...], key: str) -> None:
    """Each token's share of the memory, and each unit's half-life."""
    from attnviz.charts.memory import DRAWN_TOKENS, half_life_rows, share_rows
    from attnviz.explain.memory import RECURRENCES

    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("### " + _("Who wrote this memory"))
        spec = _shares_spec(found, labels, language())
        vega.draw(spec, f"{key}-shares", share_rows(found, labels))
        if found.shares.min() < 0:
            st.caption(
                _("A share below 0: what the token left points the other way than the memory.")
            )
        if len(labels) > DRAWN_TOKENS:
            st.caption(
                _("The {count} largest shares of {total} tokens, in the order of the text.").format(
                    count=DRAWN_TOKENS, total=len(labels)
                )
            )
    with right:
        st.markdown("### " + _("How long the units remember"))
        rows = half_life_rows(found)
        if not rows:
            st.caption(_("A text of one token has no half-lives: nothing had to be kept."))
            return
        vega.draw(_half_lives_spec(found, language()), f"{key}-half-lives", rows)
        gate = RECURRENCES[found.gate].letters[1]
        half = _("half-life")
        st.latex(rf"\text{{{half}}} = \ln \tfrac12 \,/\, \overline{{\ln {gate}_t}}")
        st.caption(
            _(
                "A unit's half-life says after how many tokens half of a write is left, by the "
                "geometric mean of its {gate} in this text. Below 1, most of a write is gone at "
                "the next token."
            ).format(gate=_(TITLES[found.gate]).lower())
        )


@st.cache_data(show_spinner=False, max_entries=2)
def _shares_spec(_found: Memory, _labels: tuple[str, ...], language_name: str) -> str:
    from attnviz.charts.memory import memory_shares

    return memory_shares(_found, _labels, translate=_).to_json()


@st.cache_data(show_spinner=False, max_entries=2)
def _half_lives_spec(_found: Memory, language_name: str) -> str:
    from attnviz.charts.memory import half_lives

    return half_lives(_found, translate=_).to_json()


def _twin(found: Memory, panels: list[Panel], labels: tuple[str, ...], key: str) -> None:
    """The same numbers as plain tables: of every token, and of every unit."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    columns = {_("Token"): labels, _("Share of the memory"): found.shares}
    for panel in panels:
        for index, name in enumerate(panel.columns):
            columns[f"{panel.title} · {name}"] = panel.values[:, index]
    show_positions(expander, columns)
    units = {_("State"): found.state, _("Half-life in tokens"): found.half_life}
    expander.dataframe(**even(pd.DataFrame(units).rename_axis(_("Unit"))), width="stretch")
