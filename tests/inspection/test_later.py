"""What needs the whole file: planted duplicates, flipped labels, and neighbours counted again."""

import numpy as np
import pyarrow as pa
import pytest

from attnviz.inspection import duplicates as near
from attnviz.inspection import later
from attnviz.inspection.duplicates import duplicates, minhash
from attnviz.inspection.later import doubtful_labels, finish, outliers
from attnviz.inspection.scoring import score_run
from attnviz.runs import run as run_module
from attnviz.runs.schema import scores_schema
from tests.scored_runs import make_run, random_rows

LONG = (
    "the film was good and the music was wonderful and the actors were good in every second of it"
)


def rows_of(*texts_and_labels):
    return [(text, label, "web") for text, label in texts_and_labels]


def found_in(tmp_path, classifier, *texts_and_labels):
    run = make_run(tmp_path / "run", classifier, rows_of(*texts_and_labels))
    return duplicates(run).tolist()


def test_equal_texts_with_another_label_point_to_the_first(tmp_path, classifier):
    assert (
        found_in(
            tmp_path,
            classifier,
            ("Good film!", "positive"),
            ("good  FILM", "positive"),
            ("(good, film)", "negative"),
            ("good film", ""),
            ("another film", "negative"),
            ("!!!", "positive"),
            ("???", "negative"),
            (" ", "positive"),
            ("\n", "negative"),
            ("😀", "positive"),
            ("😡", "negative"),
        )
        == [2, 2, 0] + [-1] * 8
    )


def test_one_edited_word_is_a_near_duplicate_and_more_are_not(tmp_path, classifier):
    other = LONG.replace("good", "bad").replace("wonderful", "terrible").replace("second", "bit")
    assert found_in(
        tmp_path,
        classifier,
        (LONG, "positive"),
        (LONG.replace("wonderful", "terrible"), "negative"),
        (LONG.replace("wonderful", "awful"), "positive"),
        (other, "neutral"),
        ("something quite different stands here", "neutral"),
    ) == [1, 2, 1, -1, -1]  # “awful” shares more with “terrible” than “wonderful” does


def test_labels_that_the_model_does_not_know_are_labels_too(tmp_path, classifier):
    assert found_in(tmp_path, classifier, ("a", "x"), ("a", "y"), ("b", "x"), ("b", "x")) == [
        *(1, 0, -1, -1)
    ]


def test_a_long_file_has_equal_ones_only(tmp_path, classifier, monkeypatch):
    monkeypatch.setattr(near, "NEAR_ROWS", 3)
    pairs = [(LONG, "positive"), (LONG + " too", "negative"), (LONG + "!", "neutral"), ("a", "x")]
    assert found_in(tmp_path, classifier, *pairs) == [2, -1, 0, -1]


def test_minhash_estimates_the_similarity_of_sets():
    pairs = [(LONG, LONG[: len(LONG) * 2 // 3]), (LONG, LONG.upper()), ("a", "b"), ("", "!")]
    pairs.append((LONG, LONG.replace("wonderful", "terrible")))
    pairs.append(("这部电影很好看，音乐也很好听", "这部电影很难看，音乐也很好听"))
    for one, other in pairs:
        sets = [
            {t[i : i + 3] for i in range(max(1, len(t) - 2))}
            for t in (" ".join(near_letters(text).split()) for text in (one, other))
        ]
        jaccard = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
        estimate = (minhash(one) == minhash(other)).mean()
        assert estimate == pytest.approx(jaccard, abs=0.13)  # three standard deviations


def near_letters(text):
    return "".join(c if c.isalnum() else " " for c in text.lower())


def test_a_text_of_a_million_signs_is_hashed_in_parts(monkeypatch):
    text = "".join(chr(97 + (i * i) % 26) + chr(97 + i % 23) for i in range(3_000))
    whole = minhash(text)
    monkeypatch.setattr(near, "AT_A_TIME", 7)
    assert (minhash(text) == whole).all()


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(run_module, "CHUNK", 31)
    monkeypatch.setattr("tests.scored_runs.CHUNK", 31)


def labelled_by_the_model(folder, classifier, count, flipped):
    """A run whose labels are the predictions, but for those of some sure texts."""
    rows = [text for text, _, _ in random_rows(count, classifier.labels)]
    found = classifier.predict(rows)
    names = list(found.labels)
    sure = np.argsort(-found.probabilities.max(1))[:flipped]
    for number in sure:
        names[number] = classifier.labels[int(found.probabilities[number].argmin())]
    run = make_run(folder, classifier, rows_of(*zip(rows, names, strict=True)))
    score_run(classifier, run)
    return run, sorted(sure.tolist())


def test_flipped_labels_of_sure_texts_are_found(tmp_path, classifier, small_chunks):
    run, flipped = labelled_by_the_model(tmp_path / "run", classifier, 101, 5)
    finish(run)
    found = run.page(most=200)
    assert sorted(found["row"][found["suspect"].fillna(False)]) == flipped
    np.testing.assert_allclose(found["label_quality"], found["p_truth"], atol=1e-5)


def test_doubtful_labels_are_those_of_cleanlab(tmp_path, classifier, small_chunks):
    from cleanlab.filter import find_label_issues

    chance = np.random.default_rng(0)
    truths = chance.integers(3, size=97)
    logits = chance.normal(size=(97, 3)) + 3 * np.eye(3)[truths]
    truths = np.where(chance.random(97) < 0.1, chance.integers(3, size=97), truths)
    rows = [("a text", classifier.labels[truth], "web") for truth in truths]
    run = make_run(tmp_path / "run", classifier, rows)
    schema = scores_schema(3, classifier.network.head.in_features)
    for part in range(run.parts):
        table = [
            {"row": row, "logits": logits[row].tolist(), "prediction": int(logits[row].argmax())}
            for row in range(97)[part * 31 : part * 31 + 31]
        ]
        filled = [dict.fromkeys(schema.names) | row for row in table]
        run.write_part(part, pa.Table.from_pylist(filled, schema=schema))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = find_label_issues(truths, shares, filter_by="low_self_confidence", n_jobs=1)
    assert 3 < expected.sum() < 20
    quality, suspect = doubtful_labels(run, later._truths(run))
    np.testing.assert_array_equal(suspect == 1, expected)
    np.testing.assert_allclose(quality, shares[range(97), truths], rtol=1e-5)


def test_one_class_in_the_file_gives_no_doubt(tmp_path, classifier):
    rows = [(text, "positive", "") for text, _, _ in random_rows(13, classifier.labels)]
    run = make_run(tmp_path / "run", classifier, rows)
    score_run(classifier, run)
    finish(run)
    assert run.page()[["label_quality", "suspect", "duplicate_of"]].isna().all().all()


def test_a_class_that_the_file_lacks_takes_no_part(tmp_path, classifier):
    rows = [
        (text, classifier.labels[number % 2], "")
        for number, (text, _, _) in enumerate(random_rows(41, classifier.labels))
    ]
    run = make_run(tmp_path / "run", classifier, rows)
    score_run(classifier, run)
    finish(run)
    found = run.page()
    pairs = np.exp(np.stack(run.page(columns="logits")["logits"].tolist())[:, :2])
    own = pairs[range(41), [n % 2 for n in range(41)]] / pairs.sum(1)
    np.testing.assert_allclose(found["label_quality"], own, atol=1e-5)


def test_outliers_are_the_mean_distance_to_the_nearest_others(tmp_path, classifier, small_chunks):
    from sklearn.neighbors import NearestNeighbors

    rows = [*random_rows(71, classifier.labels), (" ", "positive", "web")]
    run = make_run(tmp_path / "run", classifier, rows)
    score_run(classifier, run)
    vectors = np.stack(run.page(columns="context", most=71)["context"].tolist()).astype(float)
    neighbours = NearestNeighbors(n_neighbors=10, metric="cosine").fit(vectors)
    expected = neighbours.kneighbors()[0].mean(1)  # without itself
    found = outliers(run)
    np.testing.assert_allclose(found[:71], expected, atol=2e-6)
    assert np.isnan(found[71])


def test_a_long_file_is_compared_with_a_sample(tmp_path, run, monkeypatch):
    every = outliers(run)
    monkeypatch.setattr(later, "REFERENCE", 37)
    sample = outliers(run)
    assert (sample >= every - 1e-6).all()
    assert (sample > every + 1e-6).any()
    np.testing.assert_array_equal(outliers(run), sample)


def test_finishing_twice_gives_the_same_file_and_says_how_far_it_is(own_run):
    seen = []
    finish(own_run, lambda done, total: seen.append((done, total)))
    first = (own_run.folder / "later.parquet").read_bytes()
    finish(own_run)
    assert (own_run.folder / "later.parquet").read_bytes() == first
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (4 * 113, 4 * 113)


def test_without_labels_only_outliers_are_computed(own_run):
    own_run.change(label_column=None, label_map={})
    finish(own_run)
    found = own_run.page(most=200)
    assert found["outlier"].notna().all()
    assert found[["label_quality", "suspect", "duplicate_of"]].isna().all().all()


def test_one_row_has_no_neighbour_and_no_doubt(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, rows_of(("good", "positive")))
    score_run(classifier, run)
    finish(run)
    assert run.page()[["outlier", "suspect", "duplicate_of"]].isna().all().all()


def test_what_is_not_scored_cannot_be_finished(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, rows_of(("good", "positive")))
    with pytest.raises(ValueError, match="not scored yet"):
        finish(run)
