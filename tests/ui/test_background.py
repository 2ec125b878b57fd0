"""Jobs beside the page: their result, their end, and what becomes of one that nobody asks after."""

from threading import Event

import pytest

from attnviz.errors import TextError
from attnviz.ui.components import background
from attnviz.ui.components.background import Job


def test_a_finished_job_holds_its_result():
    job = Job(lambda progress: progress(1, 4) or "found")
    assert job.finished(10)
    assert (job.result(), job.share, job.cancelled) == ("found", 0.25, False)


def test_an_error_is_raised_where_the_result_is_asked_for():
    def compute(progress):
        raise TextError("nothing to read")

    job = Job(compute)
    assert job.finished(10)
    with pytest.raises(TextError, match="nothing"):
        job.result()


def endless(running: Event):
    def compute(progress):
        while True:
            progress(0, 1)
            running.set()

    return compute


def test_a_cancelled_job_ends():
    running = Event()
    job = Job(endless(running))
    assert running.wait(10)
    assert not job.finished()
    job.cancel()
    assert job.finished(10)
    assert job.cancelled


def test_a_job_that_nobody_asks_after_ends_by_itself(monkeypatch):
    monkeypatch.setattr(background, "ABANDONED", 0.05)
    job = Job(endless(Event()))
    job._thread.join(10)
    assert not job._thread.is_alive()
    assert job.cancelled
