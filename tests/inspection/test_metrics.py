"""A run in numbers, against scikit-learn and plain loops over its rows."""

import json

import numpy as np
import pytest
from sklearn import metrics as reference

from attnviz.errors import FileError
from attnviz.evaluation import expected_calibration_error, wilson
from attnviz.evidence import to_plain
from attnviz.inspection import metrics as module
from attnviz.inspection import sentences
from attnviz.inspection.metrics import metrics
from attnviz.inspection.scoring import score_run
from attnviz.inspection.slicing import slice_table
from attnviz.runs import Filter
from attnviz.runs import about as about_module
from tests.scored_runs import make_run, random_rows

BLANK = ("  ", "neutral", "web")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, classifier):
    """A scored run with unread texts, texts without label, and labels that no model knows."""
    rows = [*random_rows(211, classifier.labels, seed=3), BLANK, BLANK, ("", "", "web")]
    rows += [("a film", "unheard of", "shop"), ("a good film", " positive ", "")]
    run = make_run(tmp_path_factory.mktemp("metrics") / "mixed", classifier, rows)
    run.change(temperature=1.7)
    score_run(classifier, run)
    return run


@pytest.fixture(scope="module")
def overview(mixed):
    return metrics(mixed)


@pytest.fixture(scope="module")
def rows(mixed):
    """All that is known of each row."""
    return mixed.page(most=1_000, columns="*")


@pytest.fixture(scope="module")
def labelled(rows):
    return rows[rows["outcome"].notna()]


@pytest.fixture(scope="module")
def read(labelled, classifier):
    """True class (N,) and probabilities (N, C) of the labelled texts that could be read."""
    kept = labelled[labelled["predicted"].notna()]
    logits = np.stack(kept["logits"].tolist()).astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return np.array([classifier.labels.index(name) for name in kept["truth"]]), shares


def test_every_text_is_counted_once(overview, rows, labelled):
    assert (overview.rows, overview.scored, overview.unread) == (216, 216, 3)
    assert (overview.labelled, overview.unknown) == (len(labelled), 1)
    assert overview.confusion.sum() + overview.blank.sum() == len(labelled)
    assert overview.blank.tolist() == [0, 2, 0]
    for number, name in enumerate(overview.labels):
        assert overview.predicted[number] == (rows["predicted"] == name).sum()
        for other, found in enumerate(overview.labels):
            pair = (labelled["truth"] == name) & (labelled["predicted"] == found)
            assert overview.confusion[number, other] == pair.sum()


def test_copies_of_labelled_texts_are_counted(tmp_path, classifier):
    rows = [("a film", "positive", ""), ("a film", "negative", ""), ("good", "positive", "")]
    rows += [("a film", "", ""), ("", "positive", ""), ("", "positive", "")]
    run = make_run(tmp_path / "run", classifier, rows)
    score_run(classifier, run)
    found = metrics(run)
    assert found.copies == 1
    assert "have the same label" not in sentences.of_accuracy(found)
    assert any("copies of one before: 1." in said for said in sentences.of_gaps(found))


def test_where_all_have_one_label_no_frequent_class_is_the_measure(tmp_path, classifier):
    rows = [("a film", "positive", ""), ("good", "positive", "")]
    run = make_run(tmp_path / "run", classifier, rows)
    score_run(classifier, run)
    assert sentences.of_accuracy(metrics(run)).endswith("of 2. All of them have the same label.")


def test_accuracy_counts_unread_texts_as_mistakes_and_has_wilsons_interval(overview, labelled):
    right = int((labelled["truth"] == labelled["predicted"]).sum())
    assert overview.accuracy == right / len(labelled)
    assert overview.mistakes == len(labelled) - right
    assert tuple(overview.interval) == wilson(right, len(labelled))
    assert overview.baseline == labelled["truth"].value_counts().max() / len(labelled)


def test_scores_of_each_class_are_those_of_scikit_learn(overview, labelled):
    truth, found = labelled["truth"], labelled["predicted"].fillna("")
    options = {"labels": overview.labels, "zero_division": np.nan}
    expected = reference.precision_recall_fscore_support(truth, found, **options)
    names = ("precision", "recall", "f1", "support")
    for name, values in zip(names, expected, strict=True):
        np.testing.assert_allclose(getattr(overview, name), values, err_msg=name)
    macro = reference.f1_score(truth, found, labels=overview.labels, average="macro")
    assert overview.macro_f1 == pytest.approx(macro)


def test_areas_are_those_of_scikit_learn(overview, read):
    truth, shares = read
    for number in range(3):
        wanted = truth == number
        area = reference.roc_auc_score(wanted, shares[:, number])
        average = reference.average_precision_score(wanted, shares[:, number])
        assert overview.auc[number] == pytest.approx(area, abs=1e-6)
        assert overview.average_precision[number] == pytest.approx(average, abs=1e-6)
    assert overview.macro_auc == pytest.approx(overview.auc.mean())
    assert overview.macro_average_precision == pytest.approx(overview.average_precision.mean())


def test_every_point_of_a_curve_is_reached_by_a_threshold(overview, read):
    truth, shares = read
    assert len(overview.curves) == 3
    for curve in overview.curves:
        number = overview.labels.index(curve.label)
        wanted, score = truth == number, shares[:, number]
        reached, exact = {(0.0, 0.0)}, {(0.0, 1.0)}
        for threshold in score:
            taken = score >= threshold - 1e-12
            hits = (taken & wanted).sum()
            reached.add((round((taken & ~wanted).sum() / (~wanted).sum(), 6), hits))
            exact.add((hits, round(hits / taken.sum(), 6)))
        hits = (curve.true_positives * wanted.sum()).round().tolist()
        assert set(zip(curve.false_positives.round(6), hits, strict=True)) <= reached
        hits = (curve.recall * wanted.sum()).round().tolist()
        assert set(zip(hits, curve.precision.round(6), strict=True)) <= exact
        for rates in (curve.false_positives, curve.true_positives, curve.recall[::-1]):
            assert (rates[0], rates[-1]) == (0, 1)
            assert (np.diff(rates) >= 0).all()


@pytest.mark.parametrize(("name", "power"), [("calibration", 1), ("untempered", 1.7)])
def test_calibration_bins_hold_the_texts_as_sure_as_they_say(overview, read, name, power):
    truth, shares = read
    shares = shares**power / (shares**power).sum(axis=1, keepdims=True)
    found = getattr(overview, name)
    for place in range(15):
        inside = [
            (max(row), row.argmax() == label)
            for row, label in zip(shares, truth, strict=True)
            if place / 15 < max(row) <= (place + 1) / 15
        ]
        assert found.texts[place] == len(inside)
        assert found.right[place] == sum(right for _, right in inside)
        assert tuple(found.interval[place]) == pytest.approx(
            wilson(found.right[place], found.texts[place]), nan_ok=True
        )
        if inside:
            assert found.confidence[place] == pytest.approx(np.mean([sure for sure, _ in inside]))
    assert found.texts.sum() == len(truth) == overview.sampled
    assert found.error == pytest.approx(expected_calibration_error(shares, truth), abs=1e-6)
    gaps = found.texts / len(truth) * abs(found.accuracy - found.confidence)
    assert found.error == pytest.approx(np.nansum(gaps), abs=1e-6)


@pytest.mark.parametrize("kind", ["tokens", "confidence"])
def test_groups_of_a_measure_part_the_labelled_texts(overview, labelled, kind):
    (groups,) = (part for part in overview.groups if part.kind == kind)
    known = labelled.dropna(subset=[kind])
    assert groups.texts.sum() == len(known)
    assert len(groups.texts) > 5
    assert (groups.low[1:] > groups.high[:-1]).all()
    for low, high, texts, right, interval in zip(
        groups.low, groups.high, groups.texts, groups.right, groups.interval, strict=True
    ):
        inside = known[(known[kind] >= low) & (known[kind] <= high)]
        assert (texts, right) == (len(inside), (inside["outcome"] == "right").sum())
        assert tuple(interval) == wilson(right, texts)


def test_groups_of_equal_size_hold_a_tenth_each(overview, labelled):
    (groups,) = (part for part in overview.groups if part.kind == "confidence")
    assert groups.texts.max() - groups.texts.min() <= 1 + len(labelled) // 50


def test_accuracy_by_a_column_counts_each_value(overview, labelled):
    (groups,) = (part for part in overview.groups if part.kind == "column")
    assert groups.title == "source"
    assert set(groups.values) == {"web", "shop", ""}
    for value, texts, right, share in zip(
        groups.values, groups.texts, groups.right, groups.accuracy, strict=True
    ):
        inside = labelled[labelled["c2"] == value]
        assert (texts, right) == (len(inside), (inside["outcome"] == "right").sum())
        assert share == right / texts


def test_columns_with_few_values_are_told_in_their_order(tmp_path, classifier):
    texts = [(text, label) for text, label, _ in random_rows(97, classifier.labels)]
    rows = [
        (*pair, str(number), str(number % 11), "same", "ab"[number % 3 == 0])
        for number, pair in enumerate(texts)
    ]
    columns = ("review", "label", "id", "stars", "lang", "half")
    run = make_run(tmp_path / "columns", classifier, rows, columns=columns)
    score_run(classifier, run)
    found = {part.title: part.values for part in metrics(run).groups if part.kind == "column"}
    assert found == {"stars": tuple(map(str, range(11))), "half": ("a", "b")}


def test_a_column_that_has_too_many_values_after_all_is_left_out(mixed, monkeypatch):
    monkeypatch.setattr(module, "PEEKED", 1)
    monkeypatch.setattr(module, "MOST_VALUES", 2)
    assert [part.kind for part in metrics(mixed).groups] == ["tokens", "confidence"]


def test_the_histogram_counts_every_prediction_by_its_outcome(overview, rows):
    counts = {name: [0] * 20 for name in ("right", "wrong", "unlabelled")}
    for outcome, sure in zip(rows["outcome"], rows["confidence"], strict=True):
        if sure == sure:
            name = outcome if isinstance(outcome, str) else "unlabelled"
            counts[name][min(int(sure * 20), 19)] += 1
    assert {name: part.tolist() for name, part in overview.histogram.items()} == counts


def test_a_filter_leaves_its_texts(mixed, rows):
    chosen = rows[rows["c2"] == "web"]
    found = metrics(mixed, Filter(columns=(("source", "web"),)))
    assert found.rows == len(chosen)
    assert found.labelled == chosen["outcome"].notna().sum()
    assert found.right == (chosen["outcome"] == "right").sum()
    with pytest.raises(FileError, match="no column"):
        metrics(mixed, Filter(columns=(("nothing", "web"),)))


def test_many_texts_are_sampled_for_curves_alone(mixed, overview, monkeypatch):
    monkeypatch.setattr(module, "MOST_SAMPLED", 53)
    found = metrics(mixed)
    assert found.sampled == found.calibration.texts.sum() == 53 < overview.sampled
    assert (found.confusion == overview.confusion).all()
    again = metrics(mixed)
    assert again.calibration.error == found.calibration.error != overview.calibration.error
    monkeypatch.setattr(module, "MOST_CELLS", 93)
    assert metrics(mixed).sampled == 31


def test_without_labels_everything_else_is_counted(mixed, rows, own_run):
    own_run.change(label_column=None, label_map={})
    found = metrics(own_run)
    assert (found.labelled, found.right, found.sampled, found.groups) == (0, 0, 0, ())
    assert found.curves == ()
    assert found.predicted.sum() == found.histogram["unlabelled"].sum() == found.rows
    numbers = (found.accuracy, found.macro_f1, found.macro_auc, found.baseline)
    assert np.isnan([*numbers, found.calibration.error, *found.interval]).all()


def test_a_file_of_one_class_has_no_curves(tmp_path, classifier):
    texts = [text for text, *_ in random_rows(7, classifier.labels)]
    run = make_run(tmp_path / "one", classifier, [(text, "neutral", "web") for text in texts])
    score_run(classifier, run)
    found = metrics(run)
    assert found.support.tolist() == [0, 7, 0]
    assert np.isnan(found.auc).all()
    assert found.curves == ()
    assert found.baseline == 1
    assert found.recall[1] == found.accuracy
    assert np.isnan(found.recall[[0, 2]]).all()


@pytest.mark.parametrize("rows", [[BLANK], [("a good film", "positive", "web")]])
def test_one_row_is_enough(tmp_path, classifier, rows):
    run = make_run(tmp_path / "one", classifier, rows)
    score_run(classifier, run)
    found = metrics(run)
    assert (found.rows, found.labelled, found.right + found.mistakes) == (1, 1, 1)


def test_of_a_run_that_is_half_scored_the_half_is_counted(tmp_path, classifier, monkeypatch):
    monkeypatch.setattr(about_module, "CHUNK", 31)
    monkeypatch.setattr("tests.scored_runs.CHUNK", 31)
    run = make_run(tmp_path / "half", classifier, random_rows(79, classifier.labels))
    assert metrics(run).scored == metrics(run).labelled == 0
    score_run(classifier, run)
    run.part_path(1).unlink()
    found = metrics(run)
    assert (found.rows, found.scored, found.predicted.sum()) == (79, 48, 48)
    assert found.labelled == run.count(Filter(outcome="right")) + run.count(Filter(outcome="wrong"))


def test_numbers_travel_as_json(overview):
    plain = to_plain(overview)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert {"accuracy", "macro_f1", "precision", "confusion", "labels"} <= plain.keys()


def test_classes_taken_for_each_other_stand_side_by_side():
    confusion = np.diag(np.full(11, 40))
    for one, other in ((0, 7), (7, 3), (2, 9)):
        confusion[one, other] = 13
    order = module._order(confusion).tolist()
    assert sorted(order) == list(range(11))
    place = order.index
    assert abs(place(0) - place(7)) == abs(place(7) - place(3)) == abs(place(2) - place(9)) == 1


def test_mistakes_are_ranked_and_the_worst_classes_kept(overview):
    pairs = overview.confused()
    assert [size for *_, size in pairs] == sorted((size for *_, size in pairs), reverse=True)
    assert sum(size for *_, size in pairs) == overview.confusion.sum() - overview.right
    for truth, found, size in pairs:
        assert overview.confusion[truth, found] == size > 0
        assert truth != found
    assert overview.confused(2) == pairs[:2]
    errors = [
        sum(size for truth, found, size in pairs if number in (truth, found)) for number in range(3)
    ]
    assert overview.confusable(3) == [0, 1, 2]
    assert set(overview.confusable(2)) == set(np.argsort(errors)[1:].tolist())


def test_mistakes_are_as_many_in_every_number_and_sentence(overview, mixed):
    """Unread texts with a label are mistakes: in the overview, its sentences, the queue, slices."""
    assert mixed.count(Filter(outcome="wrong")) == overview.mistakes
    (everything,) = slice_table(mixed, {"all": Filter()})
    assert (everything.labelled, everything.wrong) == (overview.labelled, overview.mistakes)
    said = sentences.of_outcomes(overview)
    assert f"of {overview.mistakes:,}." in said
    assert "Without the texts that hold nothing to read: 2." in sentences.of_calibration(overview)
    (gap,) = (text for text in sentences.of_gaps(overview) if "and so mistakes" in text)
    assert gap.endswith(": 2.")
