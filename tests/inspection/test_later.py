"""What needs the whole file: planted duplicates, flipped labels, and neighbours counted again."""

import numpy as np
import pyarrow as pa
import pytest

from attnviz.classifier import Classifier
from attnviz.folders import PRETRAINED
from attnviz.inspection import duplicates as near
from attnviz.inspection import later
from attnviz.inspection.duplicates import duplicates, minhash
from attnviz.inspection.later import doubtful_labels, finish, outliers, told_apart
from attnviz.inspection.scoring import score_run
from attnviz.runs import about as about_module
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


def test_the_nearest_of_another_class_is_that_of_plain_loops(monkeypatch):
    monkeypatch.setattr(near, "ROWS_AT_A_TIME", 7)
    chance = np.random.default_rng(0)
    values = np.tile(np.arange(128, dtype=np.uint32), (37, 1))
    values[chance.random(values.shape) < 0.15] = 1_000
    classes = chance.integers(-1, 3, size=37)
    expected = {}
    for row in range(37):
        others = [
            o for o in range(37) if min(classes[[row, o]]) >= 0 and classes[o] != classes[row]
        ]
        shares = {
            o: float((values[row] == values[o]).mean())
            for o in others
            if (values[row] == values[o]).reshape(near.BANDS, -1).all(1).any()
        }
        if shares and max(shares.values()) >= near.SIMILAR:
            expected[row] = min(shares, key=lambda o: (-shares[o], o))
    assert 10 < len(expected) < 37
    monkeypatch.setattr(near, "COMPARED", 37)
    assert dict(near._near_pairs(values, classes, lambda rows: None)) == expected


class Kind(int):
    """A class that counts how often one is compared with another."""

    compared = 0
    __hash__ = int.__hash__

    def __eq__(self, other):
        Kind.compared += 1
        return int(self) == int(other)

    def __ne__(self, other):
        return not self == other


SHARES = {"two in turn": [1, 1], "one text against all": [19_999, 1], "a hundred": [1] * 100}


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
def test_a_crowd_of_equal_texts_takes_time_linear_in_it(shares):
    names = [Kind(kind) for kind, share in enumerate(shares) for _ in range(share)]
    kinds = (names * 20_000)[:20_000]
    classes = np.array([*kinds, None], dtype=object)[:-1]
    Kind.compared = 0
    seen = 0
    for rows, others in near._opposed([np.arange(20_000)], classes):
        seen += len(rows)
        assert others.shape == (len(rows), near.COMPARED)
        row = int(rows[0])
        first = [other for other in range(20_000) if int(kinds[other]) != int(kinds[row])]
        assert set(others[0].tolist()) == set(first[: near.COMPARED])
    assert seen == 20_000
    assert Kind.compared < 8 * 20_000


def test_comparing_can_be_ended_while_texts_are_read_and_while_they_are_compared(run):
    told = []

    def stop(rows):
        told.append(rows)
        if told[last:]:
            raise KeyboardInterrupt

    for last in (2, run.about.rows, run.about.rows + 3):
        told.clear()
        with pytest.raises(KeyboardInterrupt):
            duplicates(run, stop)
        assert told == [1] * min(last + 1, run.about.rows) + [0] * (last + 1 - run.about.rows)


def test_every_thousand_rows_that_are_compared_the_comparing_can_be_ended(monkeypatch):
    monkeypatch.setattr(near, "ROWS_AT_A_TIME", 10)
    values, told = np.zeros((100, 128), dtype=np.uint32), []
    list(near._near_pairs(values, np.arange(100) % 2, told.append))
    assert told == [0] * near.BANDS * (1 + 10)


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


def test_a_long_text_is_compared_by_its_beginning(tmp_path, classifier):
    start = "".join(chr(97 + (i * i) % 26) + chr(97 + i % 23) for i in range(near.LOOKED_AT // 2))
    assert len(start) == near.LOOKED_AT
    assert (minhash(start + LONG) == minhash(start)).all()
    assert (minhash(start[: -len(LONG)] + LONG) != minhash(start)).any()
    empty = "!" * near.LOOKED_AT
    pairs = [(start + "a", "positive"), (start + "b", "negative")]
    pairs += [(empty + "good", "positive"), (empty + "bad", "negative")]
    assert found_in(tmp_path, classifier, *pairs) == [1, 0, -1, -1]


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(about_module, "CHUNK", 31)
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


def _write_logits(run, classifier, logits, chunk=2_000):
    schema = scores_schema(logits.shape[1], classifier.network.head.in_features)
    for part in range(run.parts):
        table = [
            {"row": row, "logits": logits[row].tolist(), "prediction": int(logits[row].argmax())}
            for row in range(len(logits))[part * chunk : part * chunk + chunk]
        ]
        filled = [dict.fromkeys(schema.names) | row for row in table]
        run.write_part(part, pa.Table.from_pylist(filled, schema=schema))


def test_doubtful_labels_are_those_of_cleanlab(tmp_path, classifier, small_chunks):
    from cleanlab.filter import find_label_issues

    chance = np.random.default_rng(0)
    truths = chance.integers(3, size=97)
    logits = chance.normal(size=(97, 3)) + 3 * np.eye(3)[truths]
    truths = np.where(chance.random(97) < 0.1, chance.integers(3, size=97), truths)
    rows = [("a text", classifier.labels[truth], "web") for truth in truths]
    run = make_run(tmp_path / "run", classifier, rows)
    _write_logits(run, classifier, logits, 31)
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
    logits = np.stack(run.page(columns="logits")["logits"].tolist())[:, :2]
    pairs = np.exp(logits / float(run.later_note("temperature")))
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


def test_the_more_a_model_is_too_sure_the_more_is_asked_before_a_label_is_doubted(
    tmp_path, classifier
):
    """Three of four right at a probability of 0.99: as sure as it is right at 0.75 ∶ 0.25."""
    logit = float(np.log(0.99 / 0.01))
    run = make_run(tmp_path / "run", classifier, random_rows(40, classifier.labels))
    truths = np.arange(40) % 2
    right = np.arange(40) % 8 >= 2  # of each class three of four
    logits = np.zeros((40, len(classifier.labels)))
    logits[:, 2:] = -50
    logits[range(40), np.where(right, truths, 1 - truths)] = logit
    _write_logits(run, classifier, logits)
    temperature = later.file_temperature(run, truths)
    assert temperature == pytest.approx(logit / np.log(3), rel=1e-3)
    quality, _ = doubtful_labels(run, truths, temperature=temperature)
    assert quality[right].tolist() == pytest.approx([0.75] * 30, abs=1e-3)
    assert quality[~right].tolist() == pytest.approx([0.25] * 10, abs=1e-3)
    _write_logits(run, classifier, logits / 10)
    assert later.file_temperature(run, truths) == 1  # not sure enough: nothing to flatten


def test_near_duplicates_that_the_model_surely_reads_as_labelled_are_none(tmp_path):
    """“awful” for “wonderful” turns the sense; the second pair has one label against the model."""
    english = Classifier.from_pretrained(PRETRAINED / "en-sentiment")
    first = "The room that we had in the old house by the long road in the north is wonderful."
    second = "The book that I got for the long way home on the late train in the north is great."
    rows = [
        (first, "positive", "web"),
        (first.replace("wonderful", "awful"), "negative", "web"),
        (second, "positive", "web"),
        (second.replace("late", "slow"), "negative", "web"),
    ]
    run = make_run(tmp_path / "run", english, rows)
    score_run(english, run)
    found = run.page(sort="line")
    assert found["outcome"].tolist() == ["right", "right", "right", "wrong"]
    assert found["confidence"][:2].min() >= 0.9
    assert duplicates(run).tolist() == [1, 0, 3, 2]
    assert told_apart(run, duplicates(run)).tolist() == [-1, -1, 3, 2]
