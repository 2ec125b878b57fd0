"""Mistakes against correct texts: the sums, the statistics, the examples."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from attnviz.errors import AttnvizError, FileError
from attnviz.evidence.contrast import EXAMPLES
from attnviz.inspection.contrast import compare, contrast, fewest_texts
from attnviz.inspection.margin import Parts
from attnviz.runs import Filter
from tests.balanced_runs import balanced_run
from tests.scored_runs import make_run, random_rows

MISTAKES, CORRECT = 23, 41
SIDE = np.repeat([0, 1], [MISTAKES, CORRECT])
ROWS = np.arange(100, 100 + len(SIDE))


def parts_of(values, counts=None):
    values = np.asarray(values, dtype=float)
    counts = np.ones(values.shape, dtype=int) if counts is None else counts
    names = tuple(f"thing {number}" for number in range(values.shape[1]))
    return Parts(names, values, counts, np.tile(np.arange(values.shape[1]), (len(values), 1)))


@pytest.fixture(scope="module")
def balanced(build_network, tokenizer, tmp_path_factory):
    return balanced_run(tmp_path_factory.mktemp("balanced"), build_network, tokenizer)


@pytest.fixture(scope="module")
def run(balanced):
    return balanced[0]


@pytest.fixture(scope="module")
def classifier(balanced):
    return balanced[1]


@pytest.fixture(scope="module")
def cell(run):
    """The largest cell of mistakes: truth, predicted."""
    found = run.query(
        "SELECT truth, predicted FROM texts WHERE outcome = 'wrong' "
        "GROUP BY ALL ORDER BY count(*) DESC, truth, predicted LIMIT 1"
    )
    return found["truth"][0], found["predicted"][0]


@pytest.fixture(scope="module")
def record(run, classifier, cell):
    return contrast(classifier, run, *cell)


def test_on_both_sides_the_bias_and_all_parts_are_the_mean_margin(record, run, classifier, cell):
    for side, predicted in enumerate((cell[1], cell[0])):
        rows = run.page(Filter(truth=(cell[0],), prediction=(predicted,)), most=1_000)
        assert record.rows[side].tolist() == rows["row"].tolist()
        assert record.found[side] == len(rows)
        logits = np.array([classifier.trace(text).logits for text in rows["text"]], dtype=float)
        first, second = (classifier.labels.index(name) for name in (cell[1], cell[0]))
        margin = (logits[:, first] - logits[:, second]).mean()
        assert record.margin[side] == pytest.approx(margin, rel=1e-4)
        for kind in ("words", "units", "positions"):
            found = record.kinds[kind]
            total = record.bias + found.mean[side].sum() + found.rest[side]
            assert total == pytest.approx(margin, rel=1e-4), kind
    assert record.margin[0] > 0 > record.margin[1]


def test_a_word_is_counted_where_it_stands_on_each_side(record, run):
    words = record.kinds["words"]
    texts = [
        [
            text.lower().split()
            for text in run.page(Filter(rows=tuple(rows.tolist())), most=1_000)["text"]
        ]
        for rows in record.rows
    ]
    for name in ("good", "film", "电影"):
        place = words.names.index(name)
        for side in (0, 1):
            assert words.texts[side, place] == sum(name in text for text in texts[side])
            often = sum(text.count(name) for text in texts[side])
            assert words.occurrences[side, place] == often
            votes = words.mean[side, place] * len(texts[side])
            assert words.each[side, place] * often == pytest.approx(votes)


def test_examples_hold_the_word(record, run):
    words = record.kinds["words"]
    place = words.names.index("good")
    for side in (0, 1):
        rows = [row for row in words.examples[side, place] if row >= 0]
        assert set(rows) <= set(record.rows[side].tolist())
        assert len(rows) == min(EXAMPLES, words.texts[side, place])
        for row, token in zip(rows, words.places[side, place], strict=False):
            assert "good" in run.page(Filter(rows=(int(row),)))["text"][0]
            assert token >= 0


def test_examples_pull_the_way_of_the_difference_in_mistakes_and_against_it_in_correct_texts():
    values = np.random.default_rng(19).normal(size=(len(SIDE), 2))
    values[SIDE == 0] += [9, -9]
    counts = np.ones(values.shape, dtype=int)
    counts[5, 0] = 0  # it would be the best example, but the thing is not there
    values[5, 0] = 99
    found = compare(parts_of(values, counts), SIDE, ROWS)
    for thing, way in enumerate((1, -1)):
        assert np.sign(found.difference[thing]) == way
        for side in (0, 1):
            pull = values[:, thing] * (way if side == 0 else -way)
            pull[(side != SIDE) | (counts[:, thing] == 0)] = -np.inf
            best = np.argsort(-pull)[:EXAMPLES]
            assert found.examples[side, thing].tolist() == ROWS[best].tolist()
            assert found.places[side, thing].tolist() == [thing] * EXAMPLES


def test_of_many_texts_a_sample_is_read_that_the_seed_decides(run, classifier, cell):
    some, same, other = (
        contrast(classifier, run, *cell, most=5, seed=seed).rows for seed in (1, 1, 2)
    )
    assert [len(part) for part in some] == [5, 5]
    assert all((a == b).all() for a, b in zip(some, same, strict=True))
    assert not all((a == b).all() for a, b in zip(some, other, strict=True))


def test_progress_counts_the_texts_and_may_end_the_work(run, classifier, cell):
    class StopError(Exception):
        pass

    seen = []

    def stop(done, total):
        seen.append((done, total))
        if done == total:
            raise StopError

    with pytest.raises(StopError):
        contrast(classifier, run, *cell, progress=stop)
    assert seen[-1][0] == seen[-1][1]


# The statistics, of numbers that are known.


def test_p_is_that_of_welchs_test():
    values = np.random.default_rng(3).normal(size=(len(SIDE), 7))
    values[SIDE == 0] *= 5
    found = compare(parts_of(values), SIDE, ROWS)
    expected = ttest_ind(values[SIDE == 0], values[SIDE == 1], equal_var=False)
    np.testing.assert_allclose(found.p, expected.pvalue)
    np.testing.assert_allclose(found.difference / found.error, expected.statistic)


def test_q_is_the_least_rate_of_false_discoveries_at_which_a_thing_is_found():
    values = np.random.default_rng(5).normal(size=(len(SIDE), 11))
    values[SIDE == 0, 2] += 1.5
    found = compare(parts_of(values), SIDE, ROWS)
    order = np.argsort(found.p)
    steps = [found.p[order[n]] * 11 / (n + 1) for n in range(11)]
    for rank, thing in enumerate(order):
        assert found.q[thing] == pytest.approx(min(1, *steps[rank:], 1))
    assert np.flatnonzero(found.certain).tolist() == [2]


def test_a_small_fact_stands_before_large_noise():
    chance = np.random.default_rng(7)
    values = np.concatenate(
        [chance.normal(scale=20, size=(len(SIDE), 13)), chance.normal(size=(len(SIDE), 1))], axis=1
    )
    values[SIDE == 0, 13] += 2
    found = compare(parts_of(values), SIDE, ROWS)
    assert np.abs(found.difference[:13]).max() > abs(found.difference[13])
    assert found.order[0] == 13


def test_groups_that_do_not_differ_give_hardly_a_discovery():
    """Of 60 random splits about 3 have one, at a rate of 5 %; 12 would be less than 1 in 10,000."""
    chance = np.random.default_rng(11)
    discoveries = 0
    for _ in range(60):
        values = chance.normal(size=(len(SIDE), 29)) * (chance.random((len(SIDE), 29)) < 0.3)
        discoveries += compare(parts_of(values), SIDE, ROWS).certain.any()
    assert discoveries < 12


def test_what_occurs_in_hardly_any_text_is_left_to_the_rest():
    values = np.random.default_rng(13).normal(size=(len(SIDE), 3))
    counts = np.ones(values.shape, dtype=int)
    values[2:, 1], counts[2:, 1] = 0, 0
    found = compare(parts_of(values, counts), SIDE, ROWS, fewest=3)
    assert found.names == ("thing 0", "thing 2")
    assert found.rest == pytest.approx([values[:2, 1].sum() / MISTAKES, 0])
    assert [fewest_texts(count) for count in (2, 49, 50, 400)] == [3, 3, 4, 11]


def test_what_never_varies_has_no_error_and_is_never_certain():
    values = np.zeros((len(SIDE), 2))
    values[:, 1] = 3
    found = compare(parts_of(values), SIDE, ROWS)
    assert np.isnan([found.error, found.p, found.q]).all()
    assert not found.certain.any()
    assert not found.difference.any()


@pytest.mark.parametrize(("mistakes", "correct"), [(1, 5), (5, 1), (0, 3), (3, 0)])
def test_few_texts_give_plain_differences_and_no_certainty(mistakes, correct):
    side = np.repeat([0, 1], [mistakes, correct])
    values = np.random.default_rng(17).normal(size=(len(side), 3))
    found = compare(parts_of(values), side, np.arange(len(side)))
    means = [values[side == n].mean(0) if (side == n).any() else np.zeros(3) for n in (0, 1)]
    np.testing.assert_allclose(found.difference, means[0] - means[1])
    assert not found.certain.any()
    np.testing.assert_array_equal(found.order, np.argsort(-np.abs(found.difference)))


# What cannot be compared.


def test_a_file_without_labels_is_refused(own_run, classifier):
    own_run.change(label_column=None, label_map={})
    with pytest.raises(FileError, match="no labels"):
        contrast(classifier, own_run, "negative", "positive")


def test_a_run_without_such_texts_is_refused(tmp_path, classifier):
    run = make_run(tmp_path / "new", classifier, random_rows(7, classifier.labels))
    with pytest.raises(FileError, match="No text of class negative"):
        contrast(classifier, run, "negative", "positive")


@pytest.mark.parametrize("pair", [("negative", "fine"), ("negative", "negative")])
def test_two_classes_of_the_model_are_needed(run, classifier, pair):
    with pytest.raises(AttnvizError):
        contrast(classifier, run, *pair)


def test_the_telling_kind_has_the_largest_difference_that_is_hardly_chance(record):
    sizes = {}
    for kind, compared in record.kinds.items():
        certain = [
            abs(a - b) for a, b, q in zip(*compared.mean, compared.q, strict=True) if q <= 0.05
        ]
        sizes[kind] = max(certain, default=0.0)
    assert sizes[record.telling] == max(sizes.values())


def words_of(mistakes, correct):
    """One word: (votes each time, texts with it of ten) on each side; ten texts a side."""
    values, counts = np.zeros((20, 1)), np.zeros((20, 1), dtype=int)
    for start, (vote, texts) in ((0, mistakes), (10, correct)):
        values[start : start + texts], counts[start : start + texts] = vote, 1
    side = np.repeat([0, 1], 10)
    return compare(parts_of(values, counts), side, np.arange(20), sparse=True)


def test_a_word_is_missing_where_its_absence_and_not_its_vote_makes_the_difference():
    cases = {
        # in 0 of 10 mistakes and 2 of 10 correct texts, −2 each: it does not add +0.4
        ((0, 0), (-2, 2)): True,
        ((-2, 1), (-2, 4)): True,  # rarer, with the same vote
        ((-1, 4), (-2, 5)): False,  # nearly as often: (0.4 − 0.5)·(−1.5) = 0.15 of 0.6
        ((2, 4), (0, 0)): False,  # stands in the mistakes alone
        ((2, 1), (2, 5)): True,  # would have pulled towards the wrong class: missing as well
        ((-3, 2), (-1, 4)): False,  # rarer, but against it more strongly: −0.6 instead of −0.4
    }
    for (mistakes, correct), missing in cases.items():
        found = words_of(mistakes, correct)
        assert found.missing.tolist() == [missing], (mistakes, correct)
        assert found.ranked(missing).tolist() == [0]
        assert found.ranked(not missing).tolist() == []


def test_what_is_missing_leads_only_where_nothing_that_is_there_is_certain():
    values, counts = np.zeros((len(SIDE), 2)), np.zeros((len(SIDE), 2), dtype=int)
    values[SIDE == 1, 0], counts[SIDE == 1, 0] = -9 + ROWS[SIDE == 1] % 2, 1  # missing, and large
    values[:, 1], counts[:, 1] = (SIDE == 0) + ROWS % 2 / 10, 1  # there, small and certain
    found = compare(parts_of(values, counts), SIDE, ROWS, sparse=True)
    assert found.missing.tolist() == [True, False]
    assert found.order[0] == 0
    assert found.first == 1
    values[:, 1] = ROWS % 2  # there, and no difference
    assert compare(parts_of(values, counts), SIDE, ROWS, sparse=True).first == 0


def test_units_and_sides_without_texts_have_nothing_missing():
    values = -np.ones((len(SIDE), 3))
    counts = np.ones(values.shape, dtype=int)
    counts[SIDE == 0] = 0
    assert not compare(parts_of(values, counts), SIDE, ROWS).missing.any()
    alone = compare(parts_of(values, counts), np.zeros(len(SIDE), dtype=int), ROWS, sparse=True)
    assert not alone.missing.any()
