"""Long computations beside the page: how far they are, and a button that ends them.

A run of the script inside a fragment is not interrupted by a click in the same fragment, so what
takes seconds there runs in a thread of its own, and a small fragment asks after it.
"""

import time
from collections.abc import Callable
from threading import Event, Thread

import streamlit as st

from attnviz.ui.translation import _

AT_ONCE = 1.0  # seconds that a page waits before it shows how far the work is
EVERY = 0.4
ABANDONED = 180.0  # seconds without a look at it; a tab in the background asks once a minute


class Cancelled(BaseException):
    """Raised where the work reports its progress, to end it."""


class Job:
    """`compute(progress)` in a thread; it must call `progress(done, total)` now and then."""

    def __init__(self, compute: Callable[[Callable[[float, float], None]], object]) -> None:
        self.share = 0.0
        self._found: object = None
        self._error: Exception | None = None
        self._stop = Event()
        self._looked = time.monotonic()
        self._thread = Thread(target=self._run, args=(compute,), daemon=True)
        self._thread.start()

    def _run(self, compute: Callable) -> None:
        try:
            self._found = compute(self._progress)
        except Cancelled:
            pass
        except Exception as error:  # for the page to raise again
            self._error = error

    def _progress(self, done: float, total: float) -> None:
        self.share = done / total if total else 0.0
        if time.monotonic() - self._looked > ABANDONED:
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
        if self._error is not None:
            raise self._error
        return self._found


@st.fragment(run_every=EVERY)
def watch(job: Job, text: str, on_cancel: Callable[[], object], key: str) -> None:
    """How far a job is, with a button to cancel it; draws the page anew when it has ended.

    `on_cancel` is called when the button is clicked, after the job was told to end.
    """

    def cancel() -> None:
        job.cancel()
        on_cancel()

    if job.finished() or job.cancelled:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(job.share, 1.0), text)
        st.button(_("Cancel"), on_click=cancel, key=f"{key}-cancel")
