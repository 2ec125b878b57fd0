"""Long computations beside the page: how far they are, and a button that ends them.

A run of the script inside a fragment is not interrupted by a click in the same fragment, so what
takes seconds there runs in a thread of its own, and a small fragment asks after it.
"""

import logging
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

import streamlit as st

from attnviz.errors import AttnvizError, reason
from attnviz.ui import address
from attnviz.ui.state import keep_latest
from attnviz.ui.translation import _, escape_markdown, explain_error

_LOG = logging.getLogger(__name__)

AT_ONCE = 1.0  # seconds that a page waits before it shows how far the work is
EVERY = 0.4
KEPT = 16  # answers of a store
ABANDONED = 180.0  # seconds without a look at it; a tab in the background asks once a minute


class Cancelled(BaseException):
    """Raised where the work reports its progress, to end it."""


Progress = Callable[..., None]


class Job:
    """`compute(progress)` in a thread; it must call `progress(done, total)` now and then.

    A third argument of `progress` is for the page to read in `note`. A job that is `kept` goes on
    when nobody looks at it.
    """

    def __init__(self, compute: Callable[[Progress], object], kept: bool = False) -> None:
        self.share = 0.0
        self.note: object = None
        self._kept = kept
        self._found: object = None
        self.error: Exception | None = None
        self._stop = Event()
        self._looked = time.monotonic()
        self._thread = Thread(target=self._run, args=(compute,), daemon=True)
        self._thread.start()

    def _run(self, compute: Callable) -> None:
        try:
            self._found = compute(self._progress)
        except Cancelled:
            pass
        except Exception as error:  # for the page to say, or to raise again
            self.error = error
            if not isinstance(error, AttnvizError | OSError):
                _LOG.exception("a computation beside the page failed")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a library's own, which would end a page without a word
            self.error = AttnvizError("The work ended early: {error}", error=str(error)[:200])

    def _progress(self, done: float, total: float, note: object = None) -> None:
        self.share = done / total if total else 0.0
        self.note = note
        if not self._kept and time.monotonic() - self._looked > ABANDONED:
            self.cancel()
        if self._stop.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """The work ends when it next reports; its result is lost."""
        self._stop.set()

    def finished(self, seconds: float = 0.0) -> bool:
        """Whether it has ended, waiting for it so long. A job that nobody asks ends by itself."""
        self._looked = time.monotonic()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    def result(self) -> object:
        """What was found, once finished; what went wrong is raised here."""
        if self.error is not None:
            raise self.error
        return self._found


_JOBS: dict[str, Job] = {}
_TURN = Lock()


def keep(name: str, compute: Callable[[Progress], object]) -> Job:
    """The job of this name, begun if none is at work: one per process, whoever looks at it.

    It goes on when the page is left or reloaded, and is found again under its name.
    """
    with _TURN:
        job = _JOBS.get(name)
        if job is None or job.finished():
            job = _JOBS[name] = Job(compute, kept=True)
        return job


def kept(name: str) -> Job | None:
    """The latest job of a name, at work or ended, unless it was forgotten."""
    return _JOBS.get(name)


def forget(name: str) -> None:
    """End a job of a name and lose it; back when it has ended."""
    with _TURN:
        job = _JOBS.pop(name, None)
    if job is not None:
        job.cancel()
        job.finished(ABANDONED)


def asked(
    store: str, about: tuple, compute: Callable[[Progress], object], text: str, again: str, key: str
) -> object | None:
    """What `compute` found `about` something, kept for the session under the name of a `store`.

    None while it is at work, under a bar with `text`; after a stop, under a button `again`; and
    after a failure, under what went wrong and a button to try again.
    """
    jobs = st.session_state.setdefault(store, {})
    job = jobs.get(about)
    if job is not None and job.cancelled:
        if not st.button(again, key=f"{key}-again"):
            return None
        job = None
    if job is None:
        for old in [old for old, other in jobs.items() if not other.finished()]:
            jobs.pop(old).cancel()  # nobody waits for it any more
        jobs[about] = job = Job(compute)
        keep_latest(jobs, KEPT)
    if not job.finished(AT_ONCE):
        watch(job, text, lambda: None, key)
        return None
    if job.error is not None:
        say_failure(job.error, lambda: jobs.pop(about, None), key)
        return None
    return job.result()


def is_asked(store: str, about: tuple) -> bool:
    """Whether it is at work, or has ended well, badly or by a click."""
    return about in st.session_state.get(store, {})


def has_failed(store: str, about: tuple) -> bool:
    """Whether it has ended with an error, which `asked` shows."""
    job = st.session_state.get(store, {}).get(about)
    return job is not None and job.finished() and job.error is not None


def drop(store: str, about: tuple) -> None:
    """Lose what was found, so that it is computed anew."""
    st.session_state.get(store, {}).pop(about, None)


def say_failure(error: Exception, retry: Callable[[], object], key: str) -> None:
    """What went wrong in one line, and a button that tries again, by calling `retry`."""
    if isinstance(error, AttnvizError):
        said = explain_error(error)
    else:  # a defect of ours, or a machine that is out of memory
        said = _("This could not be computed: {reason}.").format(
            reason=escape_markdown(f"{type(error).__name__}: {reason(error)}")
        )
    st.warning(said, icon=":material/info:")
    st.button(_("Try again"), on_click=retry, key=f"{key}-retry", icon=":material/refresh:")


@st.fragment(run_every=EVERY)
def watch(job: Job, text: str, on_cancel: Callable[[], object], key: str) -> None:
    """How far a job is, with a button to cancel it; draws the page anew when it has ended.

    `on_cancel` is called when the button is clicked, after the job was told to end.
    """

    def cancel() -> None:
        job.cancel()
        on_cancel()

    if job.finished() or job.cancelled:
        address.draw_anew()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(job.share, 1.0), text)
        st.button(_("Cancel"), on_click=cancel, key=f"{key}-cancel")
