"""What to look at first: the three causes that are surely commonest at mistakes, with examples."""

from dataclasses import dataclass
from html import escape
from math import inf, log

import numpy as np
import streamlit as st

from attnviz.evidence.phrases import Phrases
from attnviz.runs import CAUSES, Filter, Run
from attnviz.ui.components.inspection import order, pictures, text_list
from attnviz.ui.components.inspection.chosen import VIEW, choose_filter
from attnviz.ui.translation import _, escape_markdown

SHOWN = 3  # causes
EXAMPLES = 2  # texts of each
DRAWN = 4  # samples of each
BEGINNING = 110  # characters of a text
LOOKED_AT = 50  # texts among which the examples are
ALIKE = 30  # characters: texts that begin with the same are one example
AXIS = 64  # × at the end of the bar, which is logarithmic


@dataclass(frozen=True)
class Lead:
    """A cause to look at: a tag, or one recurring phrase.

    Parameters
    ----------
    tag
        A key of `CAUSES`.
    phrase
        The phrase, of the tag "phrase"; "" of any other.
    chosen
        The filter of its mistakes.
    wrong, texts
        How many of its texts are wrong, and how many there are.
    lift, low
        How much oftener it stands at mistakes than at correct texts, and at least so much (95 %).
    systematic
        Whether it is surely commoner at mistakes.
    """

    tag: str
    phrase: str
    chosen: Filter
    wrong: int
    texts: int
    lift: float
    low: float
    systematic: bool


def show(run: Run, key: str) -> None:
    """The causes, and below what marks mistakes by its definition, which is to be read."""
    leads = _leads(order.state_of(run))
    sure = [lead for lead in leads if lead.systematic]
    if not sure:
        st.caption(_("No cause stands at mistakes surely more often than at correct texts."))
        if leads:
            st.caption(_("These come nearest to it:"))
    for number, lead in enumerate((sure or leads)[:SHOWN]):
        _lead(run, number, lead, key)
    if not run.compared:
        st.caption(_("Phrases, near-duplicates and labels in doubt come with the comparison."))
    _to_read(run, key)


def _to_causes() -> None:
    st.session_state[VIEW] = "causes"


@st.cache_resource(show_spinner=False, max_entries=8)
def _leads(state: tuple) -> list[Lead]:
    """All that stand at mistakes, by the lower end of the interval."""
    from attnviz.inspection.lift import Lift, tag_lifts

    run = Run.open(state[0])
    lifts = [
        (lift, "", Filter(outcome="wrong", tags=(lift.tag,)))
        for lift in tag_lifts(run)
        if not CAUSES[lift.tag].labelled
    ]
    note = run.later_note("phrases")
    for found in Phrases.from_json(note).found if note else ():
        counts = (found.wrong, found.right, found.wrong_texts, found.right_texts)
        texts = found.wrong + found.right
        lift = Lift("phrase", *counts, texts, texts)
        lifts.append((lift, found.text, Filter(outcome="wrong", rows=found.rows)))
    leads = [
        Lead(
            *(lift.tag, phrase, chosen, lift.wrong, lift.wrong + lift.right),
            *(lift.lift, lift.interval[0], lift.systematic),
        )
        for lift, phrase, chosen in lifts
        if lift.wrong and lift.interval is not None
    ]
    return sorted(leads, key=lambda lead: -lead.low)


def _lead(run: Run, number: int, lead: Lead, key: str) -> None:
    title = f"“{lead.phrase}”" if lead.phrase else _(CAUSES[lead.tag].title)
    with st.container(gap=None, key=f"{key}-lead-{number}"):
        left, right = st.columns([7, 3], gap="medium")
        with left:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{escape_markdown(title)}**", width="content")
                st.caption(
                    _("wrong: {wrong} of {texts}").format(
                        wrong=f"{lead.wrong:,}", texts=f"{lead.texts:,}"
                    ),
                    width="content",
                )
                st.button(
                    _("Open the {count}").format(count=f"{lead.wrong:,}"),
                    on_click=choose_filter,
                    args=(run, lead.chosen, "queue"),
                    type="tertiary",
                    key=f"{key}-lead-open-{number}",
                )
            if run.about.of_samples:
                _samples(run, lead, f"{key}-lead-samples-{number}")
            else:
                st.html("".join(_example(text, lead.phrase) for text in _texts(run, lead)))
        with right:
            st.html(_bar(lead))


def _texts(run: Run, lead: Lead) -> list[str]:
    """A few texts of the cause, the worst first; no two that begin alike."""
    rows = order.order(run, lead.chosen, "loss")[:LOOKED_AT]
    found = order.whole_texts(run, rows) if lead.phrase else order.page(run, rows)["text"]
    texts = [" ".join(text.split()) for text in found]
    return [*{text[:ALIKE]: text for text in reversed(texts)}.values()][::-1][:EXAMPLES]


def _samples(run: Run, lead: Lead, key: str) -> None:
    """The same of samples, drawn small."""
    rows = order.order(run, lead.chosen, "loss")[:DRAWN].tolist()
    drawn, names = text_list.pictures_of(run, rows), order.page(run, np.array(rows))["text"]
    with st.container(horizontal=True, key=key):
        for row, name in zip(rows, names, strict=True):
            pictures.show(drawn[row], name)


def _example(text: str, phrase: str) -> str:
    """The beginning of a text, or what stands around a phrase, which is marked."""
    place = text.lower().find(phrase) if phrase else -1
    start = max(0, place + len(phrase) - BEGINNING)
    shown = text[start : start + BEGINNING]
    before = "…" * bool(start)
    after = "…" * (start + BEGINNING < len(text))
    marked = escape(shown)
    if place >= 0:
        at = place - start
        parts = [escape(p) for p in (shown[:at], shown[at : at + len(phrase)])]
        marked = f"{parts[0]}<mark>{parts[1]}</mark>{escape(shown[at + len(phrase) :])}"
    return f'<p class="example" dir="auto">{before}{marked}{after}</p>'


def _bar(lead: Lead) -> str:
    """How much oftener, on a logarithmic bar: dark to the lower end, grey to the estimate."""
    from attnviz.inspection.lift import number

    ends = [100 * min(1, log(max(1, end)) / log(AXIS)) for end in (lead.low, min(lead.lift, AXIS))]
    often = _("{lift} × as frequent in mistakes").format(lift=number(lead.lift))
    if lead.lift == inf:
        often = _("in mistakes alone")
    surely = _("surely {low} × or more") if lead.low > 1 else _("not surely more ({low} × or more)")
    surely = surely.format(low=number(lead.low))
    return (
        f'<div class="lift"><b>{escape(often)}</b><div class="track">'
        f'<i style="width: {ends[1]:.1f}%"></i><i class="sure" style="width: {ends[0]:.1f}%"></i>'
        f"</div><small>{escape(surely)}</small></div>"
    )


def _to_read(run: Run, key: str) -> None:
    """Tags that mark mistakes by their definition: no causes, but worth reading; and all causes."""
    counted = order.counts(run).tags
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-read"):
        known = [tag for tag, cause in CAUSES.items() if cause.labelled and tag != "phrase"]
        if any(counted.get(tag) for tag in known):
            st.caption(_("Worth reading, no causes:"), width="content")
        for tag in known:
            if count := counted.get(tag):
                st.button(
                    f"{_(CAUSES[tag].title)} {count:,}",
                    on_click=choose_filter,
                    args=(run, Filter(outcome="wrong", tags=(tag,)), "queue"),
                    type="tertiary",
                    key=f"{key}-read-{tag}",
                )
        st.button(_("All causes"), on_click=_to_causes, type="tertiary", key=f"{key}-causes")
