"""What follows from a trust check: on models whose answer is known, by its rule, over a sample."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from attnviz.classifier import Classifier
from attnviz.evidence.trust import TrustSample
from attnviz.explain.trust import trust_check, trust_over
from tests.explain.test_trust import TEXT, TWO

# Two models whose answer is known


@pytest.fixture
def build_known(build_network, tokenizer):
    """A function that makes a network in which the t-th different token of the text argues
    `values[t]` for “yes” and is scored `scores[t]`."""

    def build(values, scores, text=TEXT):
        network = build_network(
            order="cnn", kernel_sizes=[1], attention="linear", embedding_size=3, filters=3, **TWO
        )
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        ids = list(dict.fromkeys(ids))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
            network.convolutions.by_size["1"].weight[:, :, 0] = torch.eye(3)
            network.attention.query.weight[0, 2] = 1
            network.head.weight[1, :2] = torch.tensor([1.0, -1.0])
            for number, value, score in zip(ids, values, scores, strict=False):
                row = [max(value, 0), max(-value, 0), score]  # what relu lets through
                network.embedding.weight[number] = torch.tensor(row)
        return Classifier(network, tokenizer)

    return build


def test_attention_that_decides_everything_is_load_bearing(build_known):
    values, scores = [-8.0] * 40, [0.0] * 40
    values[5], scores[5] = 8.0, 9.0
    classifier = build_known(values, scores)
    record = trust_check(classifier, classifier.trace(TEXT))
    assert record.measures["permuted"] > 0.99
    assert record.measures["changed"] > 0.8
    assert record.measures["uniform"] > 0.9
    assert record.measures["adversarial"] < 0.35
    assert record.measures["comprehensiveness"] > 0.9
    assert abs(record.measures["sufficiency"]) < 0.05
    assert record.verdict.load_bearing is True
    assert [reason.load_bearing for reason in record.verdict.reasons] == [True] * 4


def test_attention_that_decides_nothing_is_not_load_bearing(build_known):
    scores = np.random.default_rng(1).uniform(0, 4, 40)
    classifier = build_known([1.0] * 40, scores)
    record = trust_check(classifier, classifier.trace(TEXT))
    assert np.ptp(record.attention) > 0.1
    assert record.permuted.max() < 1e-6
    assert record.measures["changed"] == 0
    assert record.measures["uniform"] < 1e-6
    assert record.measures["adversarial"] > 0.6
    assert abs(record.measures["comprehensiveness"]) < 1e-6
    assert record.leave_one_out.max() == 0  # rounding in single precision is not ranked
    assert np.isnan(record.measures["tau_leave_one_out"])
    assert record.verdict.load_bearing is False
    assert [reason.load_bearing for reason in record.verdict.reasons] == [False] * 4


@pytest.mark.parametrize("votes", list(product([True, False], repeat=4)), ids=str)
def test_the_permutations_decide_if_most_of_the_others_agree(votes, classifier, trace):
    permuted, uniform, adversarial, removal = votes
    record = trust_check(classifier, trace, permutations=3, integrated_gradients=trace.votes[:, 0])
    attention = record.attention
    altered = replace(
        record,
        permuted=np.full(3, 0.051 if permuted else 0.05),
        uniform=record.probabilities + np.array([1, 0, -1]) * (0.051 if uniform else 0.049),
        adversarial=attention if adversarial else np.eye(len(attention))[:, [attention.argmin()]],
        comprehensiveness=np.full_like(record.comprehensiveness, 0.3 + 0.06 * removal),
        random_comprehensiveness=np.full_like(record.random_comprehensiveness, 0.3),
    )
    found = altered.verdict
    assert tuple(reason.load_bearing for reason in found.reasons) == votes
    agreeing = sum(vote == permuted for vote in votes[1:])
    assert found.load_bearing is (permuted if agreeing >= 2 else None)


def test_a_measure_that_is_not_defined_has_no_vote_and_half_is_not_most(classifier, trace):
    record = trust_check(classifier, trace, permutations=3, integrated_gradients=trace.votes[:, 0])
    altered = replace(
        record,
        adversarial=None,
        adversarial_probabilities=None,
        uniform=record.probabilities,
        comprehensiveness=np.full_like(record.comprehensiveness, 0.36),
        random_comprehensiveness=np.full_like(record.random_comprehensiveness, 0.3),
    )
    votes = {reason.measure: reason.load_bearing for reason in altered.verdict.reasons}
    assert votes.keys() == {"permuted", "uniform", "removal"}
    assert votes["uniform"] != votes["removal"]
    assert altered.verdict.load_bearing is None


@pytest.fixture(scope="module")
def measured(classifier, trace):
    return trust_check(classifier, trace, integrated_gradients=trace.votes[:, 0])


@pytest.mark.parametrize(("above", "vote"), [(4, True), (5, None)])
def test_removal_has_a_vote_only_where_random_tokens_seldom_cost_as_much(above, vote, measured):
    """Of 99 draws four are (1 + 4) / 100 = 5 %."""
    drawn = np.zeros((99, len(measured.sizes)))
    drawn[:above] = 0.5
    altered = replace(
        measured,
        comprehensiveness=np.full(len(measured.sizes), 0.3),
        random_comprehensiveness=drawn,
    )
    assert altered.measures["removal"] == pytest.approx(0.3 - 0.5 * above / 99)
    assert altered.measures["removal_chance"] == pytest.approx((1 + above) / 100)
    (reason,) = (r for r in altered.verdict.reasons if r.measure == "removal")
    assert reason.load_bearing is vote


@pytest.mark.parametrize(("far", "vote"), [(30, False), (45, None), (55, None), (70, True)])
def test_permutations_near_the_limit_decide_nothing(far, vote, measured):
    """The 95 % interval of a median of 100 lies between its 41st and its 60th value."""
    distances = np.repeat([0.01, 0.2], [100 - far, far])
    altered = replace(measured, permuted=distances)
    assert altered.permuted_interval == (np.sort(distances)[40], np.sort(distances)[59])
    assert altered.verdict.reasons[0].load_bearing is vote
    if vote is None:
        assert altered.verdict.load_bearing is None


# Sixteen texts each: attention decides, decides nothing, or is a rule


def texts_of_words(tokenizer, count, seed):
    """`count` texts of 12–25 different tokens that the tokenizer reads one by one."""
    generator = np.random.default_rng(seed)
    vocabulary = sorted({t for t in tokenizer.get_vocab() if t.isalpha() and len(t) > 1})
    texts = []
    while len(texts) < count:
        words = generator.permutation(vocabulary)[: generator.integers(12, 26)]
        text = " ".join(words)
        if len(tokenizer(text, add_special_tokens=False)["input_ids"]) == len(words):
            texts.append(text)
    return texts


@pytest.fixture
def verdicts(build_known, tokenizer):
    """A function: how many of 16 texts get each verdict, where the tokens of each text argue and
    are scored as `make(generator, tokens)` says."""

    def count(make):
        found = []
        for number, text in enumerate(texts_of_words(tokenizer, 16, 7)):
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            classifier = build_known(*make(np.random.default_rng(number), len(ids)), text)
            record = trust_check(classifier, classifier.trace(text))
            found.append(record.verdict.load_bearing)
        return {answer: found.count(answer) for answer in (True, False, None)}

    return count


def one_decides(generator, tokens):
    """One token says yes and gets nearly all the attention, the others say no."""
    chosen, place = np.zeros(tokens), generator.integers(tokens)
    chosen[place] = 1
    return 12 * chosen - 4, 9 * chosen + generator.uniform(0, 1, tokens)


def all_agree(generator, tokens):
    """Attention has favourites, but all tokens say the same, more or less."""
    return 2 + generator.uniform(0, 0.1, tokens), generator.uniform(0, 5, tokens)


def on_nothing(generator, tokens):
    """All attention is on one token, which says what any other says."""
    chosen = np.zeros(tokens)
    chosen[generator.integers(tokens)] = 9
    return np.full(tokens, 1.0), chosen


def barely_listens(generator, tokens):
    """Scores hardly differ, so that in effect the mean decides."""
    return generator.normal(0.8, 0.5, tokens), generator.uniform(0, 0.05, tokens)


def test_verdicts_on_texts_whose_truth_is_known(verdicts):
    """Where one token decides, all 16 are called load-bearing; in none of 48 texts where attention
    decides nothing is it: precision 1, recall 1 on these."""
    assert verdicts(one_decides)[True] == 16
    for make in (all_agree, on_nothing, barely_listens):
        assert verdicts(make) == {True: 0, False: 16, None: 0}, make.__name__


def test_tokens_that_tie_are_not_ranked_by_their_place(build_known):
    """Were it by place, the first tokens would be removed whatever the seed."""
    values = [9.0] * 10 + [0.0] * 30
    classifier = build_known(values, [0.0] * 40)
    trace = classifier.trace(TEXT)
    found = {
        trust_check(classifier, trace, seed=seed).measures["comprehensiveness"] for seed in range(5)
    }
    assert len(found) > 1


# Over a sample


def test_a_sample_holds_the_measures_of_each_text_and_none_of_what_cannot_be_read(classifier):
    texts, done = [TEXT, "  ", "A bad film!"], []
    sample = trust_over(
        classifier,
        texts,
        permutations=11,
        seed=3,
        progress=lambda part, whole: done.append((part, whole)),
    )
    assert sample.texts == tuple(texts)
    for place in (0, 2):
        alone = trust_check(classifier, classifier.trace(texts[place]), permutations=11, seed=3)
        assert sample.tokens[place] == len(alone.attention)
        assert sample.verdicts[place] is alone.verdict.load_bearing
        for name, value in alone.measures.items():
            assert sample.measures[name][place] == value
    assert sample.tokens[1] == 0
    assert all(np.isnan(values[1]) for values in sample.measures.values())
    low, *_, middle, _, high = sample.quantiles("permuted")
    assert (low, high) == tuple(sorted(sample.measures["permuted"][[0, 2]]))
    assert middle == pytest.approx((low + high) / 2)
    assert done == sorted(done)
    assert done[-1] == (3, 3)


def test_a_measure_that_no_text_has_has_no_quantiles(build_network, tokenizer):
    classifier = Classifier(build_network(attention="max"), tokenizer)
    sample = trust_over(classifier, ["A bad film!"], permutations=3)
    assert np.isnan(sample.quantiles("adversarial")).all()
    empty = TrustSample.of([], [])
    assert np.isnan(empty.quantiles("permuted")).all()
