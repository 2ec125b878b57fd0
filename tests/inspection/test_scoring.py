"""Scoring a run: the numbers, and going on after a stop."""

import numpy as np
import pytest

from attnviz.inspection import scoring
from attnviz.inspection.scoring import score_run
from attnviz.runs import about as about_module
from tests.scored_runs import make_run, random_rows


def test_logits_and_contexts_are_those_of_the_trace(run, classifier):
    rows = run.page(columns="text, logits, context", most=5)
    head = classifier.network.head
    for text, logits, context in rows.values.tolist():
        trace = classifier.trace(text)
        np.testing.assert_allclose(logits, trace.logits, atol=1e-5)
        again = head.weight.detach().numpy() @ np.float32(context) + head.bias.detach().numpy()
        np.testing.assert_allclose(again, trace.logits, rtol=5e-3, atol=5e-2)


def test_votes_of_the_margin_are_those_of_the_trace(run, classifier):
    for found in run.page(most=30).to_dict("records"):
        trace = classifier.trace(found["text"])
        best, second = np.argsort(-trace.logits)[:2]
        votes = trace.votes[:, best] - trace.votes[:, second]
        np.testing.assert_allclose(found["votes_for"], votes[votes > 0].sum(), rtol=1e-4, atol=1e-5)
        assert found["votes_against"] == pytest.approx(-votes[votes < 0].sum(), rel=1e-4, abs=1e-5)
        strongest = int(abs(votes).argmax())
        assert found["strongest_row"] == strongest
        without = trace.logits[best] - trace.logits[second] - votes[strongest]
        assert (found["decisive_row"] == strongest) == (without < 0)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(about_module, "CHUNK", 31)
    monkeypatch.setattr("tests.scored_runs.CHUNK", 31)


class StopError(Exception):
    pass


def test_a_stopped_run_goes_on_where_it_was(tmp_path, classifier, small_chunks):
    rows = random_rows(101, classifier.labels)
    whole = make_run(tmp_path / "whole", classifier, rows)
    score_run(classifier, whole)
    stopped = make_run(tmp_path / "stopped", classifier, rows)

    def stop(pace):
        if pace.done > 40:
            raise StopError

    with pytest.raises(StopError):
        score_run(classifier, stopped, stop)
    assert stopped.missing() == [1, 2, 3]
    assert stopped.scored == 31
    seen = []
    score_run(classifier, stopped, seen.append)
    assert seen[-1].done == seen[-1].rows == 101
    assert stopped.page(most=200).equals(whole.page(most=200))


def test_a_text_without_a_token_has_no_prediction_and_is_a_mistake(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, [("good", "positive", ""), (" ", "neutral", "")])
    paces = []
    scoring.score_run(classifier, run, paces.append)
    assert paces[-1].done == 2
    found = run.page()
    assert found["predicted"].isna().tolist() == [False, True]
    assert found["outcome"][1] == "wrong"
    assert found["tokens"].tolist() == [1, 0]
