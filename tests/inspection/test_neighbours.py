"""Nearest texts by context vector: exact, whatever the chunks, in the file and in the reference."""

import json
from pathlib import Path

import numpy as np
import pytest

from attnviz.errors import TextError
from attnviz.folders import PRETRAINED, weights_digest
from attnviz.inspection.neighbours import (
    REFERENCE,
    context_of,
    cosines,
    neighbours,
    reference_neighbours,
    write_reference,
)
from attnviz.inspection.scoring import score_run
from attnviz.runs import Run
from attnviz.runs import about as about_module
from tests.scored_runs import make_run, random_rows

SHIPPED = sorted(path.parent.name for path in PRETRAINED.glob(f"*/{REFERENCE}"))


def contexts_by_row(run):
    found = run.query("SELECT row, context FROM texts WHERE prediction IS NOT NULL ORDER BY row")
    return found["row"].to_numpy(), np.stack(found["context"]).astype(np.float64)


def test_neighbours_are_the_largest_cosines_of_all_other_texts(run):
    rows, contexts = contexts_by_row(run)
    for place in (0, 52, 112):
        found = neighbours(run, int(rows[place]), most=7)
        expected = [
            contexts[n] @ contexts[place] / np.sqrt(contexts[n] @ contexts[n])
            for n in range(len(rows))
        ] / np.sqrt(contexts[place] @ contexts[place])
        expected[place] = -np.inf
        best = np.argsort(-expected, kind="stable")[:7]
        assert found.rows.tolist() == rows[best].tolist()
        np.testing.assert_allclose(found.similarity, expected[best], atol=1e-5)


def test_neighbours_bring_their_text_their_label_and_their_outcome(run):
    found = neighbours(run, 3, most=20)
    known = run.page(most=1_000).set_index("row").loc[found.rows]
    assert list(found.texts) == known["text"].tolist()
    assert list(found.predictions) == known["predicted"].tolist()
    assert [truth or "" for truth in found.truths] == known["label"].tolist()
    assert [outcome or "" for outcome in found.outcomes] == known["outcome"].fillna("").tolist()
    assert sum(found.labels.values()) == sum(truth is not None for truth in found.truths)
    assert list(found.labels.values()) == sorted(found.labels.values(), reverse=True)


def test_chunks_do_not_change_the_neighbours(tmp_path, classifier, run, monkeypatch):
    monkeypatch.setattr(about_module, "CHUNK", 31)
    monkeypatch.setattr("tests.scored_runs.CHUNK", 31)
    cut = make_run(tmp_path / "cut", classifier, random_rows(113, classifier.labels))
    score_run(classifier, cut)
    assert cut.parts == 4
    one, other = neighbours(cut, 40), neighbours(run, 40)
    assert one.rows.tolist() == other.rows.tolist()
    np.testing.assert_allclose(one.similarity, other.similarity, atol=1e-3)


def test_progress_counts_the_texts_and_may_end_the_search(run):
    seen = []
    neighbours(run, 3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(113, 113)]
    with pytest.raises(ZeroDivisionError):
        neighbours(run, 3, progress=lambda done, total: 1 / 0)


def test_fewer_texts_than_asked_for_are_all_neighbours(tmp_path, classifier):
    rows = [("good film", "positive", ""), (" ", "neutral", ""), ("bad", "", "")]
    run = make_run(tmp_path / "run", classifier, rows)
    score_run(classifier, run)
    found = neighbours(run, 0)
    assert (found.rows.tolist(), found.truths) == ([2], (None,))
    alone = make_run(tmp_path / "alone", classifier, rows[:1])
    score_run(classifier, alone)
    assert neighbours(alone, 0).texts == ()


def test_a_text_without_a_token_has_no_neighbours(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, [("good", "", ""), ("  ", "", "")])
    for row in (0, 1):  # before and after scoring
        with pytest.raises(TextError, match="has not been read"):
            neighbours(run, row)
        score_run(classifier, run)


def test_a_vector_of_length_0_is_like_nothing():
    contexts = np.array([[3, 4], [0, 0], [-3, -4], [4, -3]], dtype=np.float32)
    assert cosines(contexts, np.array([6, 8], dtype=np.float32)).tolist() == [1, 0, -1, 0]
    assert not cosines(contexts, np.zeros(2, dtype=np.float32)).any()


@pytest.fixture
def referred(own_run, classifier, model_folder):
    """A run whose model has a reference of five texts, one of which stands in the file."""
    texts = ["good film", "bad film", own_run.page()["text"][4], "电影 很好", "the actors"]
    write_reference(classifier, model_folder, texts, ["a", "b", "a", "b", "c"])
    own_run.change(model=str(model_folder), weights=weights_digest(model_folder))
    return own_run, texts


def test_reference_texts_are_ranked_by_the_cosine_of_their_contexts(referred, classifier):
    run, texts = referred
    found = reference_neighbours(run, 4, most=3)
    own = context_of(classifier, texts[2]).astype(float)
    expected = {}
    for text in texts[:2] + texts[3:]:  # the text itself is no neighbour
        other = context_of(classifier, text).astype(float)
        expected[text] = other @ own / np.sqrt((other @ other) * (own @ own))
    best = sorted(expected, key=expected.get, reverse=True)[:3]
    assert list(found.texts) == best
    np.testing.assert_allclose(found.similarity, [expected[t] for t in best], atol=2e-3)
    labels = dict(zip(texts, ["a", "b", "a", "b", "c"], strict=True))
    assert found.truths == tuple(labels[text] for text in best)
    assert list(found.predictions) == classifier.predict(best).labels


def test_a_reference_of_other_weights_is_none(referred):
    run, _ = referred
    run.change(weights="0" * 12)
    assert reference_neighbours(run, 4) is None


def test_a_broken_reference_is_none(referred):
    run, _ = referred
    (Path(run.about.model) / REFERENCE).write_bytes(b"spoilt")
    assert reference_neighbours(run, 4) is None
    run.change(model="gone")
    assert reference_neighbours(run, 4) is None


def test_a_context_is_that_of_the_scored_file(run, classifier):
    text, stored = run.query("SELECT text, context FROM texts WHERE row = 7").iloc[0]
    np.testing.assert_allclose(context_of(classifier, text), stored, rtol=2e-3, atol=2e-3)


def test_the_sentiment_models_bring_a_reference():
    assert {"en-sentiment", "zh-sentiment"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_reference_is_small_and_what_the_model_says_today(name):
    from pyarrow import parquet

    from attnviz.classifier import Classifier

    folder = PRETRAINED / name
    assert (folder / REFERENCE).stat().st_size < 100_000
    table = parquet.read_table(folder / REFERENCE)
    assert table.schema.metadata[b"weights"].decode() == weights_digest(folder)
    config = json.loads((folder / "config.json").read_text())
    assert set(table["label"].unique().to_pylist()) == set(config["id2label"].values())
    classifier = Classifier.from_pretrained(folder)
    texts, vectors = table["text"].to_pylist(), table["context"].to_pylist()
    for number in range(0, len(texts), 29):
        now = context_of(classifier, texts[number])
        np.testing.assert_allclose(vectors[number], now, rtol=2e-3, atol=2e-3)


def test_a_run_opened_again_has_the_same_neighbours(run):
    again = neighbours(Run.open(run.folder), 9)
    assert again.rows.tolist() == neighbours(run, 9).rows.tolist()
