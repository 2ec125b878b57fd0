"""Scores of the methods of attribution as a page gets them: kept, asked for, watched, cancelled."""

from dataclasses import replace
from functools import partial

import streamlit as st

from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.trace import Trace
from attnviz.ui.components import background
from attnviz.ui.components.background import AT_ONCE, Job, watch
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.state import keep_latest, loaded_classifier, remembered, weights_version
from attnviz.ui.translation import gap

UNASKED = 100  # tokens; of longer texts, what takes seconds waits to be asked for
CHEAP = 10  # passes over the text
KEPT = 8


def scores(
    folder: str, trace: Trace, label: int, methods: list[str], key: str
) -> Attributions | None:
    """Scores by those of the methods that are known by now, kept for the session; None if none."""
    if not methods:
        st.info(_("Choose a method, or several to compare them."))
        return None
    asked = (folder, weights_version(folder), trace.identity, label)
    known = st.session_state.setdefault("attributions", {})
    missing = [name for name in methods if asked not in known or name not in known[asked].scores]
    wanted = _wanted(trace, missing, asked)
    if waiting := [name for name in missing if name not in wanted]:
        _offer(folder, trace, waiting, asked, key)
    if wanted:
        found = _compute(folder, trace, label, wanted, asked, key)
        if found is not None:  # until then, what is known already
            before = known[asked].scores if asked in known else {}
            known[asked] = replace(found, scores=dict(before) | dict(found.scores))
            keep_latest(known, KEPT)
    methods = [name for name in methods if asked in known and name in known[asked].scores]
    return known[asked].only(methods) if methods else None


def _wanted(trace: Trace, missing: list[str], asked: tuple) -> list[str]:
    """What to begin with: all of it on a short text or when asked, nothing after a cancel."""
    from attnviz.explain.attributions import COSTS

    answer = st.session_state.get("attributions-asked", {}).get(asked)
    if answer is None and len(trace.tokens) > UNASKED:
        return [name for name in missing if COSTS[name](trace) <= CHEAP]
    return [] if answer is False else missing


def _offer(folder: str, trace: Trace, methods: list[str], asked: tuple, key: str) -> None:
    """A button for the rest, and about how long that takes."""
    names = gap(", ").join(_(TITLES[name]) for name in methods)
    seconds = _seconds(folder, trace, methods)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Compute"), on_click=_ask, args=(asked, True), key=f"{key}-compute", type="primary"
        )
        st.markdown(
            _("{names}: about {seconds} s for this text (tokens: {count}).").format(
                names=names, count=len(trace.tokens), seconds=max(1, round(seconds))
            )
        )


def _seconds(folder: str, trace: Trace, methods: list[str]) -> float:
    """The estimate for a text, timed once."""
    from attnviz.explain.attributions import estimated_seconds

    place = (folder, weights_version(folder), trace.identity, *methods)

    def find() -> float:
        return estimated_seconds(loaded_classifier(folder), trace, methods)

    return remembered("attributions-seconds", place, find)


def _ask(asked: tuple, answer: bool) -> None:
    st.session_state["attributions-asked"] = {asked: answer}


def _compute(
    folder: str, trace: Trace, label: int, methods: list[str], asked: tuple, key: str
) -> Attributions | None:
    """What the methods find; None while they are at work, which the page shows."""
    from attnviz.explain.attributions import attribute

    wanted = (*asked, *methods)
    before, job = st.session_state.get("attributions-job", (None, None))
    if job is not None and before != wanted:
        job.cancel()  # nobody waits for it any more
    if job is None or before != wanted or job.cancelled:
        job = Job(partial(attribute, loaded_classifier(folder), trace, label, methods))
        st.session_state["attributions-job"] = (wanted, job)
    if not job.finished(AT_ONCE):
        watch(job, _("Reading the text again and again…"), partial(_ask, asked, False), key)
        return None
    if job.error is not None:
        forget = partial(st.session_state.pop, "attributions-job", None)
        background.say_failure(job.error, forget, key)
        return None
    del st.session_state["attributions-job"]
    return job.result()
