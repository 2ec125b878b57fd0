"""Two runs side by side: two versions of a model, or two models, on the same texts."""

import math
from collections import Counter

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.inspection.comparing import Comparison, compare, same_file, shared_texts, text_hashes
from attnviz.runs import Run, find_runs
from attnviz.ui import visitors
from attnviz.ui.components import background, menus
from attnviz.ui.components.inspection import compare_parts
from attnviz.ui.components.inspection.chosen import state_of
from attnviz.ui.components.inspection.compare_parts import Pair
from attnviz.ui.components.inspection.frame import model_name, when
from attnviz.ui.translation import _, escape_markdown, gap

SURE = 0.05  # the level of McNemar's test below which the page speaks of a difference
VERDICTS = {
    True: N_("Accuracy went from {before} to {after}: {fixed} fixed, {broken} broken."),
    False: N_(
        "Accuracy of {first}: {before}, of {second}: {after}. Only {second} right: {fixed}, only "
        "{first} right: {broken}."
    ),
}
"""Whether the two are versions of one model → what is said of their accuracies."""


def show(run: Run, key: str) -> None:
    """Choose another run; counts, test, chart and lists of what differs."""
    other = _choose(run, key)
    if other is None:
        return
    pair = Pair.of(run, other)
    try:
        found = _compared(*pair.runs, key)
    except AttnvizError:
        st.warning(_("The other run cannot be read any more."), icon=":material/info:")
        return
    if found is None:
        return
    st.caption(_matched(found, pair))
    if not found.matched:
        st.info(
            _("No text has been scored in both runs so far, so there is nothing to compare."),
            icon=":material/info:",
        )
        return
    st.markdown("## " + _verdict(found, pair))
    compare_parts.lists(run, found, pair, key)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        compare_parts.chart(run, found, pair, key)
    with right:
        compare_parts.tables(found, pair)


def _choose(run: Run, key: str) -> Run | None:
    """Another run with a text of this one, those of the same file first."""
    everyone = [
        other for other in find_runs(visitors.shelf()) if other.folder.name != run.folder.name
    ]
    others = [other for other in everyone if _related(run, other)]
    others.sort(key=lambda other: not same_file(run, other))  # keeps the latest first in each
    if not others:
        text = (
            N_("No other run has a text in common with this one, so none can be compared with it.")
            if everyone
            else N_("This is the only run.")
        )
        advice = _(
            "Score the same file with another model, or with the same after training it further, "
            "to see here what has changed."
        )
        st.info(f"{_(text)} {advice}", icon=":material/info:")
        return None
    if len(others) < len(everyone):
        text = _("Runs without a text of this one, which are not offered: {count}.")
        st.caption(text.format(count=len(everyone) - len(others)))
    names = _names(run, others)
    named = {other.folder.name: other for other in others}
    name = menus.selectbox(
        _("Compare with"),
        named,
        format_func=names.get,
        key=f"{key}-with-{run.folder.name}-{len(named)}",
        persist_state="session",
        width=620,
    )
    return named[name]


def _related(run: Run, other: Run) -> bool:
    """Whether the two have a text in common; a run that cannot be read has none."""
    if same_file(run, other):
        return True
    try:
        hashes = [
            _hashes(str(one.folder), one.about.digest, one.about.rows) for one in (run, other)
        ]
    except AttnvizError:
        return False
    return shared_texts(*hashes) > 0


@st.cache_data(show_spinner=False, max_entries=50)
def _hashes(folder: str, digest: str, rows: int):
    return text_hashes(Run.open(folder))


def _names(run: Run, others: list[Run]) -> dict[str, str]:
    """Folder → how the run is called in the list; with its folder where two would be the same."""
    outlines = {}
    for other in others:
        about = other.about
        parts = [about.name, model_name(about.model), when(about.created)]
        parts.append(_("same file") if same_file(run, other) else _("another file"))
        outlines[other.folder.name] = " · ".join(parts)
    counts = Counter(outlines.values())
    return {
        folder: f"{outline} · {folder}" if counts[outline] > 1 else outline
        for folder, outline in outlines.items()
    }


def _compared(before: Run, after: Run, key: str) -> Comparison | None:
    """The comparison, kept for the session; None while it is made, or after a stop."""
    return background.asked(
        "comparisons",
        (_nearly(before), _nearly(after)),
        lambda progress: compare(before, after, progress),
        _("Comparing the two runs…"),
        _("Compare the two runs"),
        key,
    )


def _nearly(run: Run) -> tuple:
    """What a comparison depends on; of a run that is being scored, in steps that leave it time."""
    state = state_of(run)
    return state if run.done else (*state[:1], int(math.log2(run.scored + 1)), *state[2:])


def _matched(found: Comparison, pair: Pair) -> str:
    """What is compared, and how many texts were found in both."""
    before, after = map(_side, pair.runs)
    if pair.versions:
        text = _("Before: {before}, after: {after}, by the time when they were begun.")
    else:
        text = _("Two models: {before} and {after}.")
    parts = [text.format(before=before, after=after)]
    if pair.versions and pair.runs[0].about.weights == pair.runs[1].about.weights:
        parts.append(_("The weights are the same in both."))
    count = f"{found.matched:,}"
    if found.by_row:
        parts.append(_("Rows of the same file scored in both: {count}.").format(count=count))
    else:
        text = _("The files differ. Equal texts found in both: {count}.")
        parts.append(text.format(count=count))
    if found.before_only or found.after_only:
        text = _("Texts left out: {before} of the first run, {after} of the second.")
        left = {"before": f"{found.before_only:,}", "after": f"{found.after_only:,}"}
        parts.append(text.format(**left))
    if found.relabelled:
        text = _("Texts whose true class is not the same in both: {count}.")
        parts.append(text.format(count=f"{found.relabelled:,}"))
    return gap(" ").join(parts)


def _side(run: Run) -> str:
    model = escape_markdown(model_name(run.about.model))
    return f"**{escape_markdown(run.about.name)}** ({model})"


def _verdict(found: Comparison, pair: Pair) -> str:
    """What differs in one sentence, and whether chance could have done it."""
    if found.accuracies is None:
        share = f"{found.counts['other'] / found.matched:.1%}"
        text = (
            _("Predictions that are others now: {count} ({share}).")
            if pair.versions
            else _("Predictions that differ: {count} ({share}).")
        )
        return text.format(count=f"{found.counts['other']:,}", share=share)
    old, new = found.accuracies
    first, second = map(escape_markdown, pair.names)
    moved = _(VERDICTS[pair.versions]).format(
        first=first,
        second=second,
        before=f"{old:.1%}",
        after=f"{new:.1%}",
        fixed=f"{found.counts['fixed']:,}",
        broken=f"{found.counts['broken']:,}",
    )
    p = found.chance
    written = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    if p < SURE:
        return moved + gap(" ") + _("That is more than chance would do ({p}).").format(p=written)
    return moved + gap(" ") + _("Chance alone could do that ({p}).").format(p=written)
