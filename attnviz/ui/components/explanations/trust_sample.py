"""The trust check over a sample on a page: does attention count in texts like these?"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.trust import MEASURES, TITLES, Trust, TrustSample
from attnviz.ui.components import background, vega
from attnviz.ui.components.background import AT_ONCE, Job, watch
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.components.tables import even, same_as_numbers
from attnviz.ui.examples import examples_for
from attnviz.ui.state import loaded_classifier, weights_version

MOST_TEXTS = 200
ANSWERS = {True: N_("counts"), False: N_("hardly counts"), None: N_("undecided")}
DRAWN = ("permuted", "adversarial", "largest")  # measures in the chart
QUANTILES = (N_("Lowest"), N_("Lower quarter"), N_("Median"), N_("Upper quarter"), N_("Highest"))


@dataclass
class Run:
    """The texts that were asked for, and their checks so far, which `job` makes one by one."""

    asked: tuple
    texts: list[str]
    checks: list[Trust | None]
    job: Job


def show(folder: str, key: str) -> None:
    """The texts, a button, and what was found in those that have been checked."""
    examples = "\n".join(examples_for(folder).values())
    typed = st.text_area(
        _("Texts, one per line"),
        examples,
        height=140,
        key=f"{key}-texts-{Path(folder).name}",
        persist_state="session",
    )
    texts = [line.strip() for line in typed.splitlines() if line.strip()]
    if len(texts) > MOST_TEXTS:
        st.caption(
            _("Only the first texts are checked: {most} of {count}.").format(
                most=MOST_TEXTS, count=len(texts)
            )
        )
    texts = texts[:MOST_TEXTS]
    asked = (folder, weights_version(folder), tuple(texts))
    if st.button(
        _("Check texts: {count}").format(count=len(texts)),
        key=f"{key}-check",
        type="primary",
        disabled=not texts,
    ):
        _start(folder, asked, texts)
    run = st.session_state.get("trust-run")
    if run is None or run.asked[0] != folder:
        return
    if run.asked != asked:
        st.caption(_("Below is still the sample before."))
    if not run.job.cancelled and not run.job.finished(AT_ONCE):
        watch(run.job, _("Altering the attention…"), lambda: None, key)
        return
    if run.job.error is not None:
        background.say_failure(run.job.error, lambda: _start(folder, asked, texts), key)
    checks = list(run.checks)  # a job that was cancelled may just be adding its last
    if any(checks):
        _results(TrustSample.of(run.texts[: len(checks)], checks), len(run.texts), key)
    elif len(checks) == len(run.texts):
        st.markdown(_("None of these texts can be read."))


def _start(folder: str, asked: tuple, texts: list[str]) -> None:
    from attnviz.explain.trust import check_text

    before = st.session_state.get("trust-run")
    if before is not None:
        before.job.cancel()
    classifier = loaded_classifier(folder)
    checks: list[Trust | None] = []

    def compute(progress: Callable[[float, float], None]) -> None:
        def tell(part: float, whole: float) -> None:
            progress(len(checks) + part / whole, len(texts))

        for text in texts:
            tell(0, 1)  # a text that cannot be read says nothing itself
            checks.append(check_text(classifier, text, progress=tell))

    st.session_state["trust-run"] = Run(asked, texts, checks, Job(compute))


def _results(record: TrustSample, wanted: int, key: str) -> None:
    """How often attention counts, the spread of every measure, a dot for each text."""
    st.markdown("### " + _verdicts(record))
    done, read = len(record.texts), int((record.tokens > 0).sum())
    if done < wanted:
        st.caption(
            _("Cancelled. Texts checked: {done} of {count}.").format(done=done, count=wanted)
        )
    if read < done:
        st.caption(_("Texts that cannot be read: {count}.").format(count=done - read))
    data = b"".join(record.measures[name].tobytes() for name in DRAWN)
    st.caption(
        _(
            "A dot for each text. To the right of the dashed line, permuting the weights changes "
            "the prediction; below the other, no wholly different attention predicts the same."
        )
    )
    vega.draw(_spec(record, data, language()), f"{key}-dots")
    st.dataframe(**even(_spread(record)), hide_index=True)
    expander = same_as_numbers(f"{key}-twin")
    if expander is not None:
        expander.dataframe(**even(_table(record)), hide_index=True)


@st.cache_data(show_spinner=False, max_entries=8)
def _spec(_record: TrustSample, data: bytes, language_name: str) -> str:
    from attnviz.charts.trust import sample

    return sample(_record, translate=_).to_json()


def _verdicts(record: TrustSample) -> str:
    read = [
        verdict for verdict, tokens in zip(record.verdicts, record.tokens, strict=True) if tokens
    ]
    return _(
        "Texts checked: {count}. Attention counts in {yes} of them, hardly in {no}, undecided in "
        "{rest}."
    ).format(
        yes=sum(verdict is True for verdict in read),
        no=sum(verdict is False for verdict in read),
        rest=sum(verdict is None for verdict in read),
        count=len(read),
    )


def _spread(record: TrustSample) -> pd.DataFrame:
    """Each measure with its median and range over the texts."""
    rows = {_(TITLES[name]): record.quantiles(name) for name in MEASURES}
    found = pd.DataFrame.from_dict(rows, orient="index", columns=[_(name) for name in QUANTILES])
    return found.rename_axis(_("Measure")).reset_index()


def _table(record: TrustSample) -> pd.DataFrame:
    """Each text with its measures."""
    columns = {
        _("Text"): record.texts,
        _("Tokens"): record.tokens,
        _("Attention"): [
            _(ANSWERS[verdict]) if tokens else ""
            for verdict, tokens in zip(record.verdicts, record.tokens, strict=True)
        ],
    }
    return pd.DataFrame(columns | {_(TITLES[name]): record.measures[name] for name in MEASURES})
