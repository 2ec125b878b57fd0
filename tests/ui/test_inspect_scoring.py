"""Scoring on the Inspect page: shown, cancelled, resumed, found again, and what goes wrong."""

import sys
import time
from threading import Event
from types import SimpleNamespace

import pytest

from attnviz.folders import weights_digest
from attnviz.inspection import scoring as engine
from attnviz.inspection.scoring import Pace, score_run
from attnviz.runs import Run
from attnviz.runs import about as about_module
from attnviz.runs.schema import later_schema
from attnviz.ui.components import background
from attnviz.ui.components.inspection import scoring
from attnviz.ui.components.inspection.chosen import VIEW, Opened
from tests.scored_runs import make_run, random_rows
from tests.ui.page_driving import INSPECT_PAGE, button, done, messages, run, visit

ROWS, CHUNK = 101, 31


class Work:
    """Stands before every chunk and counts: a chunk is scored when `allow` has let it."""

    def __init__(self, real):
        self._real, self._open = real, Event()
        self.chunks, self.begun, self.finished = [], Event(), 0
        self.open = self._open.set

    def score(self, classifier, vocabulary, rows, texts, moved=lambda count: None):
        if self.chunks:
            self.begun.set()
            assert self._open.wait(30)
        self.chunks.append(rows[0])
        return self._real(classifier, vocabulary, rows, texts, moved)

    def finish(self, run, progress=None, classifier=None):
        self.finished += 1
        progress(1, 2)
        run.write_later(later_schema().empty_table())


@pytest.fixture
def work(monkeypatch):
    """Scoring that goes on after the first chunk when the test says `open`."""
    found = Work(engine.score_chunk)
    monkeypatch.setattr(engine, "score_chunk", found.score)
    later = SimpleNamespace(finish=found.finish)
    monkeypatch.setitem(sys.modules, "attnviz.inspection.later", later)
    yield found
    found.open()


@pytest.fixture
def new_run(shelf, classifier, tmp_path, monkeypatch):
    """A run of four chunks on the shelf of runs, not scored yet."""
    monkeypatch.setattr(about_module, "CHUNK", CHUNK)
    monkeypatch.setattr("tests.scored_runs.CHUNK", CHUNK)
    rows = random_rows(ROWS, classifier.labels)
    made = make_run(tmp_path / "runs" / "new", classifier, rows, model=shelf)
    made.change(weights=weights_digest(shelf), name="new")
    yield made
    background.forget(scoring._name(made))


def open_run():
    at = visit()
    at.query_params["run"] = "new"
    at.session_state[VIEW] = "slices"
    return run(at.switch_page(INSPECT_PAGE))


def resume(at):
    button(at, "Resume").click()
    return run(at)


def texts(at):
    kinds = (at.markdown, at.caption)
    return "\n".join([*messages(at), *(element.value for kind in kinds for element in kind)])


def await_end(new_run):
    assert background.kept(scoring._name(new_run)).finished(60)


def bar(at):
    found = at.get("progress")
    return found[0].proto.text if found else None


def test_how_far_it_is_is_said_in_words():
    pace = Pace(12_000, 50_000, 1_340.2, 28.4)
    expected = "Rows: 12,000 of 50,000 · 1,340 a second · 28 s left"
    assert scoring.said(pace) == expected
    assert scoring.said(Pace(1, 10**6, 90.0, 11_111)).endswith("3.1 h left")
    assert scoring.said(None) == "Comparing the texts with one another…"


def test_scoring_shows_how_far_it_is_and_the_views_what_is_there(new_run, work, monkeypatch):
    monkeypatch.setattr(
        scoring, "FRESH", -1.0
    )  # a page that is drawn anew has nothing to draw anew
    at = open_run()
    assert "Stopped. Rows scored: 0 of 101" in texts(at)
    resume(at)
    assert work.begun.wait(30)
    run(at)
    assert bar(at).startswith("Rows: 31 of 101 · ")
    assert "Rows so far: 31 of 101" in texts(at)
    work.open()
    done(at)
    assert bar(at) is None
    assert "So far" not in texts(at)
    assert new_run.done
    assert work.finished == 1
    assert not [b for b in at.button if b.label == "Resume"]


def test_a_run_that_is_being_scored_is_found_again_and_scored_once(new_run, work):
    """By a session that reloads the page, or another one: each chunk is read a single time."""
    first = resume(open_run())
    assert work.begun.wait(30)
    second = open_run()
    assert bar(second).startswith("Rows: 31 of 101")
    scoring.start(new_run)
    work.open()
    done(second)
    done(first)
    assert work.chunks == [0, 31, 62, 93]
    assert work.finished == 1


def test_a_cancelled_run_keeps_its_chunks_and_goes_on_to_the_same_numbers(
    new_run, work, classifier, tmp_path
):
    at = resume(open_run())
    assert work.begun.wait(30)
    run(at)
    at.button(key="inspect-cancel").click()
    work.open()
    run(at)
    await_end(new_run)
    run(at)
    assert "Stopped. Rows scored: 31 of 101" in texts(at)
    assert Run.open(new_run.folder).missing() == [1, 2, 3]
    done(resume(at))
    assert work.chunks[0] == 0
    assert work.chunks.count(0) == 1
    rows = random_rows(ROWS, classifier.labels)
    whole = make_run(tmp_path / "whole", classifier, rows)
    score_run(classifier, whole)
    assert new_run.page(most=200).equals(whole.page(most=200))


def test_what_was_killed_after_the_last_chunk_is_only_finished(new_run, work, classifier):
    work.open()
    score_run(classifier, new_run)
    work.chunks.clear()
    at = open_run()
    assert "Every row is scored" in texts(at)
    done(resume(at))
    assert (work.chunks, work.finished) == ([], 1)
    assert scoring.finished(new_run)


def test_weights_that_changed_meanwhile_score_nothing(new_run, work):
    new_run.change(weights="f" * 12)
    at = resume(open_run())
    assert "its weights have changed" in at.error[0].value
    assert (new_run.scored, work.chunks) == (0, [])


def test_rows_that_cannot_be_read_any_more_get_a_message(new_run, work):
    new_run.rows_path.unlink()
    at = done(resume(open_run()))
    assert "Scoring stopped" in texts(at) or "damaged" in texts(at)
    assert not scoring.at_work(new_run)


def test_a_run_that_is_deleted_while_it_is_scored_is_gone(new_run, work):
    at = resume(open_run())
    assert work.begun.wait(30)
    run(at)
    background.kept(scoring._name(new_run)).cancel()
    work.open()
    button(at, "Delete this run").click()
    run(at)
    assert not new_run.folder.exists()
    assert background.kept(scoring._name(new_run)) is None


@pytest.fixture
def session(monkeypatch):
    """The session as a plain dict."""
    found = {}
    monkeypatch.setattr(scoring.st, "session_state", found)
    return found


def test_first_results_and_those_of_all_texts_are_shown_at_once(own_run, session, monkeypatch):
    """Comparing the texts goes on for long after that, and changes none of these numbers."""
    monkeypatch.setattr(time, "monotonic", lambda: 1_000.0)
    scored = own_run.scored
    assert own_run.done
    assert scoring._is_stale(own_run, scored - 1, 1_000.0)
    assert not scoring._is_stale(own_run, scored, 0.0)
    monkeypatch.setattr(Run, "done", False)
    assert scoring._is_stale(own_run, 0, 1_000.0)
    assert not scoring._is_stale(own_run, scored - 1, 1_000.0)


def test_comparing_waits_until_a_view_of_all_texts_is_drawn(own_run, session):
    seen = scoring._seen(own_run.folder)
    assert not seen.is_set()
    scoring.drawing(own_run, lambda: None)
    assert seen.is_set()


def test_views_are_drawn_anew_for_new_rows_but_not_all_the_time(own_run, session, monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 1_000.0)
    monkeypatch.setattr(Run, "done", False)
    scored = own_run.scored
    assert scoring._is_stale(own_run, scored - 1, 900.0)
    assert not scoring._is_stale(own_run, scored, 900.0)
    assert not scoring._is_stale(own_run, scored - 1, 1_001.0 - scoring.FRESH)
    session["inspect-took"] = 20.0
    assert not scoring._is_stale(own_run, scored - 1, 900.0)
    scoring.drawing(own_run, lambda: None)
    assert scoring._is_stale(own_run, scored - 1, 900.0)


def test_an_open_text_is_left_alone(own_run, session):
    session[VIEW] = "queue"
    assert scoring._is_stale(own_run, 0, -1e9)
    session["inspect-opened"] = {own_run.folder.name: Opened(3)}
    assert not scoring._is_stale(own_run, 0, -1e9)
    session[VIEW] = "overview"
    assert scoring._is_stale(own_run, 0, -1e9)
    session[VIEW] = "contrast"
    assert not scoring._is_stale(own_run, 0, -1e9)
