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
    """A function that makes a network in which token t of the text argues `values[t]` for “yes”
    and is scored `scores[t]`."""

    def build(values, scores):
        network = build_network(
            order="cnn", kernel_sizes=[1], attention="linear", embedding_size=3, filters=3, **TWO
        )
        ids = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
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
        comprehensiveness=record.random_comprehensiveness.mean(axis=0) + 0.06 * removal,
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
        comprehensiveness=record.random_comprehensiveness.mean(axis=0) + 0.06,
    )
    votes = {reason.measure: reason.load_bearing for reason in altered.verdict.reasons}
    assert votes.keys() == {"permuted", "uniform", "removal"}
    assert votes["uniform"] != votes["removal"]
    assert altered.verdict.load_bearing is None


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
