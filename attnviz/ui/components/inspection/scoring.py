"""Scoring on the page: begun once per process, found again after a reload, drawn on as it goes."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event

import streamlit as st

from attnviz.errors import N_, AttnvizError, ModelFolderError
from attnviz.folders import weights_digest
from attnviz.runs import Run
from attnviz.ui import address
from attnviz.ui.components import background
from attnviz.ui.components.background import Job, Progress
from attnviz.ui.components.inspection import chosen
from attnviz.ui.components.training_view import duration
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import _, escape_markdown, explain_error

EVERY = 0.5  # seconds between two looks at a job
AHEAD = 5.0  # seconds that comparing waits at most, until somebody sees what is scored
FRESH = 5.0  # seconds at least between two drawings of the views while rows come in
LIVE = ("overview", "queue", "causes", "slices")  # views that follow the scoring
CHANGED = N_(
    "The model in {folder} is not the one that this run began with: its weights have changed. "
    "Score the file again, which makes another run."
)


def finished(run: Run) -> bool:
    """Whether every row is scored, and what needs the whole file is done."""
    return run.done and run.compared


def at_work(run: Run) -> bool:
    job = background.kept(_name(run))
    return job is not None and not job.finished()


def start(run: Run) -> None:
    """Score what is missing, beside the page; nothing happens where that is going on.

    Raises
    ------
    ModelFolderError
        If the run's model cannot be opened, or is another by now.
    """
    folder = run.about.model
    classifier = loaded_classifier(folder)
    if weights_digest(folder) != run.about.weights:
        raise ModelFolderError(CHANGED, folder=folder)
    background.keep(_name(run), partial(_score, classifier, run.folder))


def stop(run: Run) -> None:
    """End the scoring of a run; back when nothing writes into its folder any more."""
    background.forget(_name(run))


def _name(run: Run) -> str:
    return f"score {run.folder.resolve()}"


def _score(classifier, folder: Path, progress: Progress) -> None:
    from attnviz.inspection.later import finish
    from attnviz.inspection.scoring import score_run

    score_run(classifier, Run.open(folder), lambda pace: progress(pace.done, pace.rows, pace))
    progress(0, 1)
    _seen(folder).wait(AHEAD)  # what follows would make the first drawing slow
    while not (run := Run.open(folder)).compared:  # its labels may change meanwhile
        finish(run, progress, classifier)


_SEEN: dict[Path, Event] = {}


def _seen(folder: Path) -> Event:
    """Set once a view of all the run's texts was drawn."""
    return _SEEN.setdefault(folder.resolve(), Event())


def show(run: Run) -> None:
    """How far a run is, with what can be done about it; nothing where it is finished."""
    job = background.kept(_name(run))
    if job is not None and not job.finished():
        _watch(run, job, run.scored, time.monotonic())
        return
    failed = job is not None and _says_why(run, job)
    if finished(run):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if not failed:
            st.markdown(":material/pause_circle: " + _stopped(run))
        if st.button(_("Resume"), icon=":material/play_arrow:", key="inspect-resume"):
            resume(run)


def resume(run: Run) -> None:
    """Go on where scoring stopped, and draw the page anew; says why where it cannot."""
    try:
        with st.spinner(_("Opening the model…")):
            start(run)
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    st.rerun()


def _stopped(run: Run) -> str:
    if run.done:
        return _("Every row is scored; the texts have still to be compared with one another.")
    return _("Stopped. Rows scored: {done} of {rows}. What is scored is kept.").format(
        done=f"{run.scored:,}", rows=f"{run.about.rows:,}"
    )


def _says_why(run: Run, job: Job) -> bool:
    """The message of a job that failed."""
    try:
        job.result()
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
    except OSError as error:
        text = _("Scoring stopped: {reason}. What is scored is kept.")
        st.error(text.format(reason=escape_markdown(str(error))), icon=":material/error:")
    except Exception:  # a defect of ours is shown once; the run can be opened again
        background.forget(_name(run))
        raise
    else:
        return False
    return True


@st.fragment(run_every=EVERY)
def _watch(run: Run, job: Job, drawn: int, since: float) -> None:
    """The bar, drawn anew by itself; the page around it has `drawn` rows, `since` that moment."""
    if job.finished() or _is_stale(run, drawn, since):
        address.draw_anew()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(job.share, 1.0), _stopping() if job.cancelled else said(job.note))
        st.button(_("Cancel"), on_click=job.cancel, disabled=job.cancelled, key="inspect-cancel")


def _stopping() -> str:
    return _("Stopping…")


def said(pace: object) -> str:
    """How far scoring is, in words; what comes after it reports no pace."""
    if pace is None:
        return _("Comparing the texts with one another…")
    return _("Rows: {done} of {rows} · {rate} a second · {left} left").format(
        done=f"{pace.done:,}",
        rows=f"{pace.rows:,}",
        rate=f"{pace.rate:,.0f}",
        left=duration(pace.left),
    )


def drawing(run: Run, draw: Callable[[], object]) -> None:
    """Draw a view, and note how long it took, and that the run was seen."""
    start, whole = time.monotonic(), run.done
    draw()
    if whole:
        _seen(run.folder).set()
    st.session_state["inspect-took"] = time.monotonic() - start


def _is_stale(run: Run, drawn: int, since: float) -> bool:
    """Whether the views should be drawn anew, with rows that were scored since.

    Not while a text is open: it would be read anew under the reader's eyes. A view that takes long
    is drawn less often.
    """
    view = st.session_state.get(chosen.VIEW, LIVE[0])
    if view not in LIVE or (view == "queue" and chosen.opened_row(run)):
        return False
    if run.scored == drawn:
        return False
    if not drawn or run.done:  # the first results, and those of all texts, are shown at once
        return True
    due = since + max(FRESH, 10 * st.session_state.get("inspect-took", 0.0))
    return time.monotonic() > due
