"""Scores of the methods of attribution as a page gets them: kept, asked for, watched, cancelled."""

from dataclasses import replace
from functools import partial

import streamlit as st

from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.trace import Trace
from attnviz.ui.components.background import AT_ONCE, Job, watch
from attnviz.ui.state import loaded_classifier, weights_version
from attnviz.ui.translation import _

UNASKED = 100  # tokens; of longer texts, what takes seconds waits to be asked for
CHEAP = 10  # passes over the text
KEPT = 8


def scores(
    folder: str, trace: Trace, label: int, methods: list[str], key: str
) -> Attributions | None:
    """Scores by those of the methods that are known by now, kept for the session; None if none."""
    from attnviz.explain.attributions import COSTS

    if not methods:
        st.info(_("Choose a method, or several to compare them."))
        return None
    asked = (folder, weights_version(folder), trace.text, label)
    known = st.session_state.setdefault("attributions", {})
    missing = [name for name in methods if asked not in known or name not in known[asked].scores]
    cheap = [name for name in missing if COSTS[name](trace) <= CHEAP]
    costly = [name for name in missing if name not in cheap]
    if costly and not _wanted(folder, trace, costly, asked, key):
        missing = cheap
    if missing:
        found = _compute(folder, trace, label, missing, asked, key)
        if found is None:  # until then, what is known already
            methods = [name for name in methods if name not in missing]
        else:
            before = known[asked].scores if asked in known else {}
            known[asked] = replace(found, scores=dict(before) | dict(found.scores))
            for old in list(known)[:-KEPT]:
                del known[old]
    methods = [name for name in methods if asked in known and name in known[asked].scores]
    return known[asked].only(methods) if methods else None


def _wanted(folder: str, trace: Trace, methods: list[str], asked: tuple, key: str) -> bool:
    """Whether to begin with what takes time: at once on a short text, else when asked."""
    from attnviz.explain.attributions import estimated_seconds

    answer = st.session_state.get("attributions-asked", {}).get(asked)
    if answer is None:
        answer = len(trace.tokens) <= UNASKED
    if answer:
        return True
    names = ", ".join(_(TITLES[name]) for name in methods)
    seconds = estimated_seconds(loaded_classifier(folder), trace, methods)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Compute"), on_click=_ask, args=(asked, True), key=f"{key}-compute", type="primary"
        )
        st.markdown(
            _("{names}: for these {count} tokens about {seconds} seconds.").format(
                names=names, count=len(trace.tokens), seconds=max(1, round(seconds))
            )
        )
    return False


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
    del st.session_state["attributions-job"]
    return job.result()
