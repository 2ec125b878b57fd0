"""Contrast: what makes the network take texts of one class for another, ranked, with examples."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.evidence.contrast import Contrast
from attnviz.folders import weights_digest
from attnviz.runs import Filter, Run
from attnviz.ui.components import background, menus
from attnviz.ui.components.inspection import contrast_parts
from attnviz.ui.components.inspection.chosen import choose_filter, chosen_filter, state_of
from attnviz.ui.components.inspection.contrast_words import finding, label
from attnviz.ui.components.inspection.opened import CHANGED
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.state import loaded_classifier, weights_version
from attnviz.ui.translation import _, escape_markdown, explain_error, gap

FEW = 3  # mistakes; fewer are no pattern
MEANINGS = {
    "vocabulary": N_(
        "Which words make a difference by being there, or by being missing: how often a word "
        "occurs, times its mean vote, which is the same for both sides."
    ),
    "words": N_(
        "The votes of the positions where a word stands. A position's state mixes its neighbours, "
        "so in a mistake nearly all words vote otherwise, and common ones stand high."
    ),
    "filters": N_(
        "Response × gradient: how fast the margin rises as a filter responds more strongly. True "
        "to first order; exact where its way to the logits is linear."
    ),
    "units": N_(
        "A unit of the context adds its value times the difference of its two weights, exactly."
    ),
    "positions": N_("All votes of a tenth of the text, from its beginning to its end."),
}


@dataclass(frozen=True)
class Cell:
    """Texts of one class taken for another, and how many of them are scored."""

    truth: str
    predicted: str
    count: int


def show(run: Run, key: str) -> None:
    """A cell of the confusion matrix, and what makes the difference in it."""
    if not run.about.label_map:
        st.info(
            _(
                "Contrast compares mistakes with correct texts, so it needs labels. Choose a "
                "column of labels that the model knows."
            ),
            icon=":material/info:",
        )
        return
    cells = [Cell(*cell) for cell in _cells(state_of(run))]
    if not cells:
        st.info(_("None of the texts that are scored is a mistake."), icon=":material/info:")
        return
    cell = _choose_cell(run, cells, key)
    try:
        record = _contrast(run, cell, f"{key}-job")
        if record is not None:
            _show(run, record, key)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")


@st.cache_data(show_spinner=False, max_entries=8)
def _cells(state: tuple) -> list[tuple[str, str, int]]:
    found = Run.open(state[0]).query(
        "SELECT truth, predicted, count(*) AS count FROM texts WHERE outcome = 'wrong' AND "
        "predicted IS NOT NULL GROUP BY ALL ORDER BY count DESC, truth, predicted"
    )
    return [tuple(row) for row in found.itertuples(index=False)]


def _choose_cell(run: Run, cells: list[Cell], key: str) -> Cell:
    """The true class and what it was taken for: at first the queue's, else the largest cell."""
    wanted = chosen_filter(run)
    first = next(
        (c for c in cells if (c.truth,) == wanted.truth and (c.predicted,) == wanted.prediction),
        cells[0],
    )
    counts: dict[str, int] = {}
    for cell in cells:
        counts[cell.truth] = counts.get(cell.truth, 0) + cell.count
    truths = sorted(counts, key=lambda name: (-counts[name], name))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        truth = menus.selectbox(
            _("True class"),
            truths,
            index=truths.index(first.truth),
            format_func=lambda name: f"{label_name(name)} ({counts[name]:,})",
            key=f"{key}-truth-{first.truth}",
            width=260,
        )
        those = {cell.predicted: cell for cell in cells if cell.truth == truth}
        names = list(those)
        predicted = menus.selectbox(
            _("Taken for"),
            names,
            index=names.index(first.predicted) if truth == first.truth else 0,
            format_func=lambda name: f"{label_name(name)} ({those[name].count:,})",
            key=f"{key}-predicted-{truth}-{first.predicted}",
            width=260,
        )
        st.button(
            _("Open these mistakes"),
            on_click=choose_filter,
            args=(run, Filter(truth=(truth,), prediction=(predicted,)), "queue"),
            key=f"{key}-queue",
            icon=":material/arrow_forward:",
        )
    return those[predicted]


def _contrast(run: Run, cell: Cell, key: str) -> Contrast | None:
    """The record, kept for the session; None while it is computed, or was cancelled."""
    folder = run.about.model
    labels = (run.about.label_column, *run.about.label_map.items())
    about = (str(run.folder), *labels, weights_version(folder), cell.truth, cell.predicted)

    def compute(progress: background.Progress) -> tuple[Contrast, int]:
        from attnviz.inspection.contrast import contrast  # which imports torch

        scored, classifier = run.scored, loaded_classifier(folder)
        record = contrast(classifier, run, cell.truth, cell.predicted, progress=progress)
        return record, scored

    again, text = _("Compare again"), _("Reading the texts again…")
    found = background.asked("contrasts", about, compute, text, again, key)
    if found is None:
        return None
    record, scored = found
    if scored != run.scored:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("More texts have been scored since."))
            anew = partial(background.drop, "contrasts", about)
            st.button(again, on_click=anew, key=f"{key}-anew")
    return record


def _show(run: Run, record: Contrast, key: str) -> None:
    if _digest(run.about.model, weights_version(run.about.model)) != run.about.weights:
        said = _(CHANGED).format(folder=escape_markdown(run.about.model))
        st.warning(said, icon=":material/info:")
    st.markdown(_margins(record))
    for said in _cautions(record):
        st.caption(said)
    from attnviz.charts.contrast import TITLES

    kinds = [kind for kind in TITLES if kind in record.kinds]
    kind = st.segmented_control(
        _("What is compared"),
        kinds,
        default=record.telling,
        required=True,
        format_func=lambda name: _(TITLES[name]),
        key=f"{key}-kind",
        persist_state="session",
        label_visibility="collapsed",
    )
    kind = kind if kind in kinds else record.telling
    st.markdown(_headline(record, kind))
    st.caption(_(MEANINGS[kind]))
    contrast_parts.show(run, record, kind, f"{key}-{kind}", _first_missing(record, kind))


@st.cache_data(show_spinner=False, max_entries=8)
def _digest(folder: str, version: int) -> str:
    return weights_digest(folder)


def _margins(record: Contrast) -> str:
    """The two margins that all below adds up to."""
    names = {"truth": label(record.truth), "predicted": label(record.predicted)}
    counts = [f"{len(rows):,}" for rows in record.rows]
    said = _(
        "In texts of *{truth}* taken for *{predicted}* ({count}) the logit of *{predicted}* is "
        "{margin} above that of *{truth}*, on average."
    ).format(**names, count=counts[0], margin=f"{record.margin[0]:.2f}")
    if not len(record.rows[1]):
        return said
    return (
        said
        + gap(" ")
        + _(
            "In those that were right ({count}) it is {margin} below. What makes up the difference?"
        ).format(count=counts[1], margin=f"{-record.margin[1]:.2f}")
    )


def _cautions(record: Contrast) -> list[str]:
    said = []
    read = [len(rows) for rows in record.rows]
    if list(record.found) != read:
        text = _(
            "Read were, drawn at random: mistakes {mistakes} of {all_mistakes}, correct texts "
            "{correct} of {all_correct}."
        )
        numbers = [f"{number:,}" for number in (*read, *record.found)]
        names = ("mistakes", "correct", "all_mistakes", "all_correct")
        said.append(text.format(**dict(zip(names, numbers, strict=True))))
    if read[0] < FEW:
        text = _("Such mistakes: {count}, too few to tell a pattern from chance.")
        said.append(text.format(count=read[0]))
    if not read[1]:
        said.append(
            _("No text of this class was right, so what stands below is what the mistakes add.")
        )
    return said


def _headline(record: Contrast, kind: str) -> str:
    """The first difference of the ranking, and whether it is certain; Markdown."""
    compared = record.kinds[kind]
    if not compared.names:
        return ""
    first = compared.first
    said = finding(record, kind, compared, first)
    if compared.certain[first]:
        return f"## {said}"
    caution = _("The first difference of {count}, and it may be chance:")
    return f"**{caution.format(count=f'{len(compared.names):,}')}** {said}"


def _first_missing(record: Contrast, kind: str) -> str:
    """What the first of what the mistakes lack does elsewhere; "" where they lack nothing, or where
    it leads the view as it is."""
    compared = record.kinds[kind]
    missing = compared.ranked(True)
    if not len(missing) or compared.first == missing[0]:
        return ""
    said = finding(record, kind, compared, int(missing[0]))
    if compared.certain[missing[0]]:
        return said
    caution = _("It may be chance:")
    return f"{caution} {said}"
