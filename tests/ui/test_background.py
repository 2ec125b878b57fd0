"""Jobs beside the page: their result, their end, and what becomes of one that nobody asks after."""

from threading import Event

import pytest

from attnviz.errors import AttnvizError, TextError
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


def test_a_fault_that_a_library_raises_beside_all_exceptions_ends_the_job_with_a_message():
    class PanicException(BaseException):
        pass

    def compute(progress):
        raise PanicException("retry-limit-in-match over")

    job = Job(compute)
    assert job.finished(10)
    with pytest.raises(AttnvizError, match="The work ended early: retry-limit-in-match over"):
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


def test_a_kept_job_goes_on_when_nobody_asks_and_is_found_again(monkeypatch):
    monkeypatch.setattr(background, "ABANDONED", -1.0)
    go, done = Event(), Event()

    def compute(progress):
        progress(1, 4, "a quarter")
        done.set()
        go.wait(10)
        progress(2, 4)
        return "found"

    job = background.keep("law", compute)
    assert done.wait(10)
    assert background.keep("law", compute) is background.kept("law") is job
    assert (job.share, job.note) == (0.25, "a quarter")
    go.set()
    assert job.finished(10)
    assert (job.result(), job.cancelled) == ("found", False)
    assert background.keep("law", compute) is not job
    background.forget("law")
    assert background.kept("law") is None


def test_forgetting_a_job_ends_it():
    running = Event()
    job = background.keep("endless", endless(running))
    assert running.wait(10)
    background.forget("endless")
    assert job.finished()
    assert job.cancelled
