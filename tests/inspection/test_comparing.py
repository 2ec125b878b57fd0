"""Slices of a run and comparisons of two, against plain loops over the rows."""

from collections import Counter
from math import inf

import numpy as np
import pytest
from scipy.stats import binomtest

from attnviz.evaluation import wilson
from attnviz.inspection import slicing
from attnviz.inspection.comparing import CHANGES, compare, mcnemar, shared_texts, text_hashes
from attnviz.inspection.scoring import score_run
from attnviz.inspection.slicing import slice_table, suggest_slices
from attnviz.runs import Filter
from tests.scored_runs import make_run, random_rows


def counts(rows):
    labelled = rows["outcome"].notna()
    return int(labelled.sum()), int((rows["outcome"] == "wrong").sum())


SLICES = {
    "web": (Filter(columns=(("source", "web"),)), lambda d: d["c2"] == "web"),
    "short, wrong": (Filter(outcome="wrong", tokens=(None, 20)), lambda d: d["tokens"] <= 20),
    "two words": (
        Filter(words='good "the film"'),
        lambda d: d["text"].str.contains("good") & False,
    ),
    "all": (Filter(), lambda d: d["tokens"] >= 0),
}


def test_a_slice_has_the_size_accuracy_and_lift_of_its_rows(run):
    rows = run.page(most=1_000)
    table = slice_table(run, {name: chosen for name, (chosen, _) in SLICES.items()})
    assert [found.name for found in table] == list(SLICES)
    for found in table:
        chosen, mask = SLICES[found.name]
        inside = mask(rows)
        if found.name == "two words":
            inside = rows["text"].str.contains("good") & rows["text"].str.contains("the film")
        (labelled, wrong), (rest, rest_wrong) = counts(rows[inside]), counts(rows[~inside])
        assert found.rows == run.count(chosen)
        assert (found.labelled, found.wrong) == (labelled, wrong)
        assert (found.rest, found.rest_wrong) == (rest, rest_wrong)
        assert found.accuracy == pytest.approx((labelled - wrong) / labelled if labelled else None)
        if labelled and rest:
            assert found.lift == pytest.approx((wrong / labelled) / (rest_wrong / rest))
            assert found.interval == wilson(labelled - wrong, labelled)


def test_a_slice_of_everything_has_no_lift(run):
    (found,) = slice_table(run, {"all": Filter()})
    assert (found.rest, found.lift) == (0, None)


def test_mistakes_that_all_lie_in_a_slice_lift_it_without_bound(run):
    wrong = tuple(run.page(Filter(outcome="wrong"), most=1_000)["row"].tolist())
    (found,) = slice_table(run, {"mistakes": Filter(rows=wrong)})
    assert (found.accuracy, found.rest_wrong, found.lift) == (0, 0, inf)


def test_no_slices_make_an_empty_table(run):
    assert slice_table(run, {}) == []


def test_a_planted_weakness_is_suggested_first(tmp_path, classifier):
    """Rows whose shop is “bad” get a label that the model does not give; a column of numbers, all
    different, makes no slices, and neither does one with the same value everywhere."""
    texts = [text for text, *_ in random_rows(211, classifier.labels)]
    predicted = classifier.predict(texts).labels
    other = {name: classifier.labels[place - 1] for place, name in enumerate(classifier.labels)}
    rows = []
    for number, (text, label) in enumerate(zip(texts, predicted, strict=True)):
        shop = ("bad", "good", "fine")[number % 3]
        wrong = shop == "bad" or number % 10 == 0
        rows.append((text, other[label] if wrong else label, shop, str(number), "one"))
    columns = ("review", "label", "shop", "id", "constant")
    run = make_run(tmp_path / "run", classifier, rows, columns)
    score_run(classifier, run)
    found = suggest_slices(run)
    assert found[0].chosen == Filter(columns=(("shop", "bad"),))
    assert found[0].accuracy == 0
    assert found[0].lift > 5
    assert not {name for s in found for name, _ in s.chosen.columns} & {"id", "constant", "label"}
    lows = [wilson(s.wrong, s.labelled)[0] for s in found]
    assert lows == sorted(lows, reverse=True)
    assert all(s.lift > 1 and s.labelled >= 10 for s in found)


def test_thirds_by_length_share_the_texts(run):
    thirds = slicing._of_lengths(run)
    sizes = [run.count(third) for third in thirds]
    assert sum(sizes) == run.about.rows
    assert min(sizes) > run.about.rows / 5


@pytest.mark.parametrize("pair", [(0, 0), (1, 0), (3, 11), (11, 3), (480, 530), (900, 1_013)])
def test_mcnemar_is_the_exact_binomial_test(pair):
    fixed, broken = pair
    changed = fixed + broken
    expected = binomtest(fixed, changed).pvalue if changed else 1.0
    assert mcnemar(fixed, broken) == pytest.approx(expected, rel=1e-9)


@pytest.fixture(scope="module")
def other(build_network, tokenizer):
    """Another network that reads the same labels."""
    from attnviz.classifier import Classifier

    return Classifier(build_network(seed=6), tokenizer)


@pytest.fixture(scope="module")
def after(tmp_path_factory, classifier, other, run):
    """The rows of `run`, read by the other network."""
    rows = random_rows(run.about.rows, classifier.labels)
    folder = tmp_path_factory.mktemp("runs") / "after"
    found = make_run(folder, other, rows)
    score_run(other, found)
    return found


def change(was, now):
    if not isinstance(was["outcome"], str) or not isinstance(now["outcome"], str):
        return "same" if was["predicted"] == now["predicted"] else "other"
    if was["outcome"] == now["outcome"]:
        return now["outcome"]
    return "fixed" if now["outcome"] == "right" else "broken"


def assert_comparison(found, pairs):
    """`found` says of `pairs` of rows (before, after) what a loop says."""
    changes = [change(was, now) for was, now in pairs]
    assert found.matched == len(pairs)
    assert found.counts == {name: changes.count(name) for name in CHANGES}
    assert min(found.counts[name] for name in ("fixed", "broken", "right", "wrong")) > 0
    for name in CHANGES:
        expected = [
            (-abs(now["p"] - was["p"]), was["row"], now["row"])
            for (was, now), kind in zip(pairs, changes, strict=True)
            if kind == name
        ]
        expected.sort(key=lambda row: (row[0], row[2]))
        assert found.rows[name].tolist() == [[one, two] for _, one, two in expected]
    for truth, texts, before, after, fixed, broken in found.classes:
        kinds = Counter(
            kind
            for (_, now), kind in zip(pairs, changes, strict=True)
            if now["truth"] == truth and kind not in ("same", "other")
        )
        assert texts == kinds.total()
        assert (before, after) == (
            kinds["right"] + kinds["broken"],
            kinds["right"] + kinds["fixed"],
        )
        assert (fixed, broken) == (kinds["fixed"], kinds["broken"])


def records(run):
    rows = run.page(most=1_000)
    rows["p"] = rows["p_truth"].fillna(rows["confidence"])
    return rows.to_dict("records")


def test_two_runs_of_a_file_are_compared_row_by_row(run, after):
    found = compare(run, after)
    pairs = list(zip(records(run), records(after), strict=True))
    assert found.by_row
    assert (found.before_only, found.after_only, found.relabelled) == (0, 0, 0)
    assert_comparison(found, pairs)
    right = [
        np.mean([r["outcome"] == "right" for r in s if r["label"]])
        for s in zip(*pairs, strict=True)
    ]
    assert found.accuracies == pytest.approx(right)
    assert {row[0] for row in found.classes} == set(run.about.labels)


def test_the_points_are_the_probabilities_of_their_rows(run, after):
    found = compare(run, after)
    old, new = ({row["row"]: row for row in records(side)} for side in (run, after))
    assert len(found.points) == run.about.rows
    for point, kind, (was, now) in zip(
        found.points, found.point_changes, found.point_rows, strict=True
    ):
        assert point.tolist() == [old[was]["p"], new[now]["p"]]
        assert CHANGES[kind] == change(old[was], new[now])


def test_a_run_compared_with_itself_has_not_changed(run):
    found = compare(run, run)
    assert found.counts["fixed"] == found.counts["broken"] == found.counts["other"] == 0
    assert found.chance == 1
    assert found.accuracies[0] == found.accuracies[1]


def test_texts_of_another_file_are_matched_by_their_words(tmp_path, classifier, other, run):
    """Shuffled, some left out, some twice: the k-th of equal texts meets the k-th."""
    rows = random_rows(run.about.rows, classifier.labels)
    chosen = [*range(100, 20, -1), 50, 50]
    after = make_run(tmp_path / "after", other, [rows[n] for n in chosen])
    after.change(digest="2" * 64)
    score_run(other, after)
    found = compare(run, after)
    assert not found.by_row
    old, new, pairs, used = records(run), records(after), [], set()
    for now in new:
        for was in old:
            if was["text"] == now["text"] and was["row"] not in used:
                used.add(was["row"])
                pairs.append((was, now))
                break
    assert 0 < len(pairs) < len(chosen)
    assert_comparison(found, pairs)
    assert found.before_only == len(old) - len(pairs)
    assert found.after_only == len(new) - len(pairs)


def test_without_labels_a_comparison_says_whose_prediction_is_another(tmp_path, classifier, other):
    rows = random_rows(61, classifier.labels)
    runs = []
    for name, model in (("one", classifier), ("two", other)):
        runs.append(make_run(tmp_path / name, model, rows, label=None))
        runs[-1].change(label_map={})
        score_run(model, runs[-1])
    found = compare(*runs)
    assert found.labelled == 0
    assert found.accuracies is None
    texts = [text for text, *_ in rows]
    differ = np.not_equal(classifier.predict(texts).labels, other.predict(texts).labels).sum()
    assert (found.counts["other"], found.counts["same"]) == (differ, 61 - differ)
    assert found.classes == ()


def test_labels_that_changed_between_two_runs_are_counted(own_run, run):
    own_run.change(label_map={"negative": "positive", "neutral": "neutral", "positive": "positive"})
    found = compare(run, own_run)
    assert found.relabelled == run.count(Filter(truth=("negative",))) > 0


def test_what_is_not_scored_yet_is_left_out(tmp_path, classifier, run):
    fresh = make_run(tmp_path / "new", classifier, random_rows(run.about.rows, classifier.labels))
    found = compare(run, fresh)
    assert (found.matched, found.before_only, found.chance) == (0, run.about.rows, 1)
    (slice_,) = slice_table(fresh, {"all": Filter()})
    assert (slice_.rows, slice_.accuracy, slice_.interval, slice_.lift) == (0, None, None, None)
    assert suggest_slices(fresh) == []


def test_a_comparison_says_how_far_it_is(run):
    told = []
    compare(run, run, lambda done, total: told.append(done / total))
    assert told == [0, 0.25, 0.5, 0.75]


def test_all_texts_with_a_probability_in_both_runs_can_be_drawn(tmp_path, classifier, other):
    """An empty text has none; without a label the probability is that of the prediction."""
    rows = [("a good film", "positive"), ("  ", "negative"), ("bad", ""), ("", ""), ("so so", "x")]
    runs = []
    for name, model in (("one", classifier), ("two", other)):
        made = make_run(tmp_path / name, model, rows, ("review", "label"))
        score_run(model, made)
        runs.append(made)
    found = compare(*runs)
    assert (found.matched, found.drawable, len(found.points)) == (5, 3, 3)


def test_texts_that_two_runs_share_are_counted_once(tmp_path, classifier, run):
    rows = random_rows(run.about.rows, classifier.labels)
    texts = {text for text, *_ in rows}
    part = [*rows[3:11], *rows[3:5], ("not in the other", "positive", "web")]
    other = make_run(tmp_path / "part", classifier, part)
    expected = len(texts & {text for text, *_ in part})
    assert shared_texts(text_hashes(run), text_hashes(other)) == expected > 0
    assert len(text_hashes(other)) == len({text for text, *_ in part})


def test_empty_texts_are_none_that_two_runs_share(tmp_path, classifier, other):
    blank = ("", "positive", "web")
    one = make_run(tmp_path / "one", classifier, [("a good film", "positive", "web"), blank])
    two = make_run(tmp_path / "two", other, [("a bad film", "negative", "web"), blank])
    two.change(digest="2" * 64)
    assert shared_texts(text_hashes(one), text_hashes(two)) == 0
    score_run(classifier, one)
    score_run(other, two)
    found = compare(one, two)
    assert (found.matched, found.before_only, found.after_only) == (0, 2, 2)
