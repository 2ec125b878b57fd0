"""The vote ledger adds up, and each of its numbers is that of a loop that anybody would write."""

from dataclasses import replace

import numpy as np
import pytest

from attnviz.attention import ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError
from attnviz.evidence.ledger import VoteLedger
from attnviz.explain.ledger import vote_ledger
from attnviz.recurrent import RECURRENTS
from tests.networks import NETWORKS

TEXT = "I didn't like it: it's a bad, bad film! 电影"
KINDS = NETWORKS | {
    **{f"{kind} attention": {"attention": kind} for kind in ATTENTIONS},
    **{f"{kind} cell": {"recurrent": kind} for kind in RECURRENTS},
    "warm": {"temperature": 1.7, "attention": "linear", "num_attention_heads": 3},
}


@pytest.fixture(scope="module", params=KINDS)
def traced(request, build_network, tokenizer):
    """A classifier of every kind, and its trace of one text."""
    classifier = Classifier(build_network(**KINDS[request.param]), tokenizer)
    return classifier, classifier.trace(TEXT)


def test_the_bias_and_all_votes_make_the_logit(traced):
    classifier, trace = traced
    for number in range(3):
        found = vote_ledger(classifier, trace, number)
        assert found.logit == pytest.approx(trace.logits[number], rel=1e-6)
        assert found.bias + found.vote.sum() == pytest.approx(found.logit, abs=2e-5)


def test_the_votes_are_those_that_the_network_counted(traced):
    classifier, trace = traced
    for number in range(3):
        found = vote_ledger(classifier, trace, number)
        np.testing.assert_allclose(found.position_vote, trace.votes[:, number], atol=2e-5)
        np.testing.assert_allclose(found.attention, trace.attention, atol=1e-6)


def attended_values(network, trace) -> np.ndarray:
    """What the attention weighs, (T, N), from the trace alone."""
    if network.config.stages[-1] == "recurrent":
        last = trace.states["hidden"][:, -1]  # (T, D, H)
        states = np.concatenate([last[:, d] for d in range(last.shape[1])], axis=1).astype(float)
    else:
        weights = trace.channel_weights
        states = np.hstack([m * weights.get(k, 1.0) for k, m in trace.feature_maps.items()])
    if trace.self_attention is None:
        return states
    layer, size = network.attention.queries_keys_values, states.shape[1]
    rows = layer.weight.detach().double().numpy()[2 * size :]
    read = states @ rows.T + layer.bias.detach().double().numpy()[2 * size :]  # (T, N)
    each = size // len(trace.self_attention)
    return states + np.hstack(
        [
            weights.astype(float) @ read[:, head * each : (head + 1) * each]
            for head, weights in enumerate(trace.self_attention)
        ]
    )


def test_an_argument_is_the_classes_weights_times_what_the_head_reads(traced):
    classifier, trace = traced
    network = classifier.network
    values = attended_values(network, trace)
    rows = network.head.weight.detach().double().numpy() / network.config.temperature
    heads, size = trace.attention.shape[1], rows.shape[1] // trace.attention.shape[1]
    found = vote_ledger(classifier, trace, 2).argument
    assert found.shape == (len(trace.tokens), heads)
    for position in range(len(trace.tokens)):
        for head in range(heads):
            first = head * size if trace.self_attention is not None else 0
            total = 0.0
            for unit in range(size):
                total += rows[2, head * size + unit] * values[position, first + unit]
            assert found[position, head] == pytest.approx(total, abs=2e-5)


def test_a_vote_is_attention_times_argument_unless_units_have_weights_of_their_own(traced):
    classifier, trace = traced
    found = vote_ledger(classifier, trace, 1)
    config = classifier.network.config
    both_ends = config.attention == "last" and config.bidirectional
    assert found.per_unit == (config.attention == "max" or both_ends)
    product = found.attention * found.argument
    assert (found.vote == product).all() != found.per_unit


def test_of_one_token_all_units_weigh_alike(traced):
    classifier, _trace = traced
    found = vote_ledger(classifier, classifier.trace("good"))
    assert found.vote.shape[0] == 1
    assert not found.per_unit
    assert (found.vote == found.attention * found.argument).all()


def test_of_pooled_maxima_each_unit_votes_where_it_is_largest(build_network, tokenizer):
    classifier = Classifier(build_network(attention="max"), tokenizer)
    trace = classifier.trace(TEXT)
    states = attended_values(classifier.network, trace)
    row = classifier.network.head.weight.detach().double().numpy()[0]
    votes = np.zeros(len(trace.tokens))
    for unit in range(states.shape[1]):
        votes[states[:, unit].argmax()] += row[unit] * states[:, unit].max()
    found = vote_ledger(classifier, trace, 0)
    np.testing.assert_allclose(found.position_vote, votes, atol=1e-6)


def test_a_margin_is_the_difference_of_two_ledgers_in_every_number(traced):
    classifier, trace = traced
    one, other = vote_ledger(classifier, trace, 0), vote_ledger(classifier, trace, 2)
    margin = vote_ledger(classifier, trace, 0, against=2)
    for name in ("bias", "logit", "argument", "vote"):
        difference = getattr(one, name) - getattr(other, name)
        np.testing.assert_allclose(getattr(margin, name), difference, atol=1e-9)
    np.testing.assert_array_equal(margin.attention, one.attention)
    assert margin.bias + margin.vote.sum() == pytest.approx(margin.logit, abs=3e-5)


def test_both_sides_of_a_margin_mark_the_same_positions(traced):
    classifier, trace = traced
    one, other = vote_ledger(classifier, trace, 0, 2), vote_ledger(classifier, trace, 2, 0)
    np.testing.assert_array_equal(one.disagrees, other.disagrees)


def test_temperature_divides_every_number_but_attention(build_network, tokenizer):
    cold, warm = (
        Classifier(build_network(temperature=degrees), tokenizer) for degrees in (1.0, 2.5)
    )
    before, after = (vote_ledger(each, each.trace(TEXT), 1) for each in (cold, warm))
    np.testing.assert_array_equal(after.attention, before.attention)
    for name in ("bias", "logit", "argument", "vote"):
        wanted = np.asarray(getattr(before, name)) / 2.5
        np.testing.assert_allclose(getattr(after, name), wanted, rtol=1e-5, atol=1e-7)


def test_a_class_has_a_name_and_a_number_and_the_predicted_one_is_the_default(classifier, trace):
    best = int(trace.logits.argmax())
    named = vote_ledger(classifier, trace, trace.prediction)
    numbered = vote_ledger(classifier, trace, best, (best + 1) % 3)
    assert vote_ledger(classifier, trace).label == named.label == trace.labels[best]
    assert named.against is None
    assert numbered.label == trace.prediction
    assert numbered.against == trace.labels[(best + 1) % 3]


@pytest.mark.parametrize("label", ["nothing", 3, -1])
def test_an_unknown_class_is_refused_and_the_known_ones_are_named(classifier, trace, label):
    with pytest.raises(AttnvizError, match=rf"{label}.*negative, neutral, positive"):
        vote_ledger(classifier, trace, label)
    with pytest.raises(AttnvizError, match=f"no class {label}"):
        vote_ledger(classifier, trace, 0, label)


def test_a_class_is_not_weighed_against_itself(classifier, trace):
    with pytest.raises(AttnvizError, match="neutral cannot be weighed against itself"):
        vote_ledger(classifier, trace, 1, "neutral")


# Positions that disagree, with numbers by hand.


def by_hand(attention, argument, bias=0.0) -> VoteLedger:
    attention, argument = (np.array(values, dtype=float) for values in (attention, argument))
    vote = attention * argument
    return VoteLedger("a", None, bias, bias + vote.sum(), attention, argument, vote, False)


def test_who_disagrees_has_more_than_the_mean_attention_and_votes_the_other_way():
    found = by_hand([[0.5], [0.3], [0.15], [0.05], [0.0]], [[4], [-2], [-3], [-5], [9]])
    assert found.logit > 0
    assert found.disagrees.tolist() == [False, True, False, False, False]


def test_the_outcome_that_is_disagreed_with_is_the_logit_not_the_sum_of_votes():
    against = by_hand([[0.5], [0.5], [0.0]], [[2], [-1], [0]], bias=-3.0)
    assert against.logit < 0
    assert against.disagrees.tolist() == [True, False, False]


def test_where_all_weigh_alike_nobody_has_much_attention():
    alike = np.full((7, 1), np.float32(1) / np.float32(7))
    assert alike.astype(float).max() > 1 / 7  # rounded up: it must not lift a position
    found = by_hand(alike, [[9], [-1], [-1], [-1], [-1], [-1], [-1]])
    assert not found.disagrees.any()


def test_of_several_heads_it_is_the_vote_that_disagrees():
    """The arguments sum to +1, but the head that listens argues the other way."""
    found = by_hand([[0.9, 0.1], [0.1, 0.9]], [[-1, 2], [8, 8]])
    assert found.position_argument.tolist() == [1, 16]
    np.testing.assert_allclose(found.position_vote, [-0.7, 8])
    assert found.position_attention.tolist() == [0.5, 0.5]
    tilted = replace(found, attention=np.array([[0.9, 0.2], [0.1, 0.8]]))
    assert tilted.disagrees.tolist() == [True, False]


def test_the_strongest_votes_come_in_the_order_of_the_text():
    found = by_hand([[0.2]] * 5, [[1], [-7], [2], [5], [-3]])
    assert found.strongest(3).tolist() == [1, 3, 4]
    assert found.strongest().tolist() == [0, 1, 2, 3, 4]
