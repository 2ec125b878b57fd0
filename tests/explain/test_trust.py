"""The trust check against plain float64 loops, and on models whose answer is known."""

from itertools import combinations
from math import exp, log, sqrt

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau

from attnviz.attention import ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.evidence import to_plain
from attnviz.evidence.distances import jensen_shannon, kendall_tau, total_variation
from attnviz.evidence.trust import (
    MEASURES,
    MOST_DIVERGENT,
    SAME,
    THRESHOLDS,
    TITLES,
)
from attnviz.explain.attributions import ATTRIBUTIONS
from attnviz.explain.removal import shortened
from attnviz.explain.trust import PERCENTS, sizes_of, trust_check
from attnviz.explain.weighing import permuted, uniform, weigh
from attnviz.threads import _TURN
from tests.networks import NETWORKS

TEXT = "The film was good, good!  Wonderful actors: 电影 很好 😀"
KINDS = {f"attention {kind}": {"attention": kind} for kind in ATTENTIONS}
KINDS |= {"three labels, warm": {"temperature": 1.7}, **NETWORKS}


@pytest.fixture(scope="module", params=KINDS, ids=str)
def opened(request, build_network, tokenizer):
    """A classifier of every order, cell and attention, with the trace of one text."""
    classifier = Classifier(build_network(**KINDS[request.param]), tokenizer)
    return classifier, classifier.trace(TEXT)


@pytest.fixture(scope="module")
def checked(opened):
    classifier, trace = opened
    scores = np.arange(len(trace.tokens)) % 7 - 3.0
    settings = {"permutations": 23, "draws": 3, "seed": 5}
    return trust_check(classifier, trace, integrated_gradients=scores, **settings)


def softmax(logits):
    largest = max(logits)
    shares = [exp(value - largest) for value in logits]
    return [share / sum(shares) for share in shares]


def distance(first, second):
    return sum(abs(p - q) for p, q in zip(first, second, strict=True)) / 2


def head_says(classifier, weights, values):
    """Probabilities by loops over tokens, heads and units: weights (T, A, U), values (T, A, V)."""
    network = classifier.network
    matrix, bias = network.head.weight.tolist(), network.head.bias.tolist()
    tokens, heads, size = values.shape
    logits = []
    for row, logit in zip(matrix, bias, strict=True):
        for head in range(heads):
            for unit in range(size):
                column = row[head * size + unit]
                for token in range(tokens):
                    share = weights[token, head, unit if weights.shape[2] > 1 else 0]
                    logit += column * share * values[token, head, unit]
        logits.append(logit / network.config.temperature)
    return softmax(logits)


def read(classifier, ids):
    """Probabilities of a text of these token numbers, read alone."""
    if not ids:
        temperature = classifier.network.config.temperature
        return softmax([value / temperature for value in classifier.network.head.bias.tolist()])
    with torch.inference_mode():
        logits = classifier.network(torch.tensor([ids]), torch.ones(1, len(ids))).logits
    return softmax(logits[0].tolist())


def numbers(classifier):
    return classifier.tokenizer(TEXT, add_special_tokens=False)["input_ids"]


def attended(classifier, trace):
    """Weights and values, caught on their way through the network."""
    caught = []
    hook = classifier.network.attention.register_forward_hook(lambda *parts: caught.append(parts))
    read(classifier, numbers(classifier))
    hook.remove()
    result = caught[0][2]
    return result.weights[0].double().numpy(), result.values[0].double().numpy()


def test_under_its_own_attention_the_head_says_what_the_network_said(opened, checked):
    _, trace = opened
    assert checked.probabilities == pytest.approx(trace.probabilities, abs=2e-5)
    assert checked.label == trace.probabilities.argmax()
    assert np.array_equal(checked.attention, trace.attention.astype(np.float64))


def test_permuting_moves_the_weights_of_all_heads_together(opened):
    classifier, trace = opened
    weights, values = attended(classifier, trace)
    found = permuted(weigh(classifier, trace), 3, np.random.default_rng(11))
    tokens = len(trace.tokens)
    orders = np.random.default_rng(11).permuted(np.tile(np.arange(tokens), (3, 1)), axis=1)
    for order, probabilities in zip(orders, found, strict=True):
        assert sorted(order) == list(range(tokens))
        assert probabilities == pytest.approx(
            head_says(classifier, weights[order], values), abs=2e-5
        )


def test_uniform_attention_is_the_mean_of_the_values(opened, checked):
    classifier, trace = opened
    weights, values = attended(classifier, trace)
    wanted = head_says(classifier, np.full_like(weights, 1 / len(weights)), values)
    assert uniform(weigh(classifier, trace)) == pytest.approx(wanted, abs=2e-5)
    assert checked.measures["uniform"] == pytest.approx(
        distance(wanted, trace.probabilities.tolist()), abs=5e-5
    )


def test_every_permutation_is_kept_with_its_distance_and_class(opened, checked):
    assert checked.permuted.shape == checked.permuted_labels.shape == (23,)
    changed = checked.permuted_labels != checked.label
    assert checked.measures["changed"] == changed.mean()
    assert checked.measures["permuted"] == sorted(checked.permuted)[11]
    assert (checked.permuted[changed] > 0).all()


def test_without_tokens_the_network_reads_the_shorter_text(opened):
    classifier, trace = opened
    kept = np.random.default_rng(3).random((13, len(trace.tokens))) < 0.6
    kept[4], kept[7], kept[9] = False, True, kept[2]
    found = shortened(classifier, trace, kept)
    ids = numbers(classifier)
    for row, probabilities in zip(kept, found, strict=True):
        rest = [number for number, stays in zip(ids, row, strict=True) if stays]
        assert probabilities == pytest.approx(read(classifier, rest), abs=2e-5)


def test_comprehensiveness_and_sufficiency_are_what_the_shorter_texts_lose(opened, checked):
    classifier, trace = opened
    ids, attention = numbers(classifier), trace.attention.mean(axis=1)
    whole = read(classifier, ids)[checked.label]
    wanted = sorted({max(1, -(-len(ids) * percent // 100)) for percent in PERCENTS})
    assert checked.sizes.tolist() == wanted
    for place, count in enumerate(wanted):
        order = np.argsort(-attention, kind="stable")
        if attention[order[count - 1]] == attention[order[count]]:
            continue  # chance decides between tokens that tie
        best = set(order[:count].tolist())
        rest = read(classifier, [ids[t] for t in range(len(ids)) if t not in best])
        alone = read(classifier, [ids[t] for t in range(len(ids)) if t in best])
        assert checked.comprehensiveness[place] == pytest.approx(
            whole - rest[checked.label], abs=5e-5
        )
        assert checked.sufficiency[place] == pytest.approx(whole - alone[checked.label], abs=5e-5)
    for name in ("comprehensiveness", "sufficiency"):
        assert checked.measures[name] == pytest.approx(sum(getattr(checked, name)) / len(wanted))
        assert getattr(checked, f"random_{name}").shape == (3, len(wanted))
    beyond = checked.comprehensiveness.mean() - checked.random_comprehensiveness.mean()
    assert checked.measures["removal"] == pytest.approx(beyond)
    own = checked.comprehensiveness.mean()
    as_much = sum(draw.mean() >= own - 1e-6 for draw in checked.random_comprehensiveness)
    assert checked.measures["removal_chance"] == pytest.approx((1 + as_much) / 4)


def test_leaving_one_out_is_the_distance_to_the_text_without_it(opened, checked):
    classifier, _ = opened
    ids = numbers(classifier)
    whole = read(classifier, ids)
    wanted = [distance(whole, read(classifier, ids[:t] + ids[t + 1 :])) for t in range(len(ids))]
    assert checked.leave_one_out == pytest.approx(wanted, abs=2e-5)


def test_the_rankings_are_compared_by_their_magnitudes(checked):
    attention = checked.attention.mean(axis=1)
    for name in ("leave_one_out", "integrated_gradients"):
        wanted = kendalltau(attention, np.abs(getattr(checked, name))).statistic
        assert checked.measures[f"tau_{name}"] == pytest.approx(wanted, nan_ok=True)


def test_the_most_different_attention_predicts_the_same_and_is_one(opened, checked):
    classifier, trace = opened
    weights, values = attended(classifier, trace)
    if weights.shape[2] > 1:
        assert checked.adversarial is None
        assert np.isnan(checked.measures["adversarial"])
        return
    found = checked.adversarial
    assert found.shape == trace.attention.shape
    assert (found >= 0).all()
    assert found.sum(axis=0) == pytest.approx(1)
    predicted = head_says(classifier, found[..., None], values)
    assert checked.adversarial_probabilities == pytest.approx(predicted, abs=2e-5)
    assert distance(predicted, trace.probabilities.tolist()) <= SAME + 2e-5
    assert 0 < checked.measures["adversarial"] <= MOST_DIVERGENT


def test_attention_that_is_alike_everywhere_or_follows_from_a_rule_has_no_verdict(opened, checked):
    kind = opened[0].network.config.attention
    alike, ruled = kind in ("mean", "uniform"), kind in ("max", "last")
    assert checked.constant is alike
    assert (checked.pooling == "attention") is not (alike or ruled)
    if alike:
        assert checked.permuted.max() < 1e-12
    if alike or ruled:
        assert checked.verdict.reasons == ()
        assert checked.verdict.load_bearing is None
    else:
        assert checked.verdict.reasons


def test_each_size_of_a_rationale_is_a_number_of_tokens_and_counts_once():
    assert sizes_of(1).tolist() == [1]
    assert sizes_of(4).tolist() == [1, 2]
    assert sizes_of(18).tolist() == [1, 2, 4, 9]
    assert sizes_of(100).tolist() == [1, 5, 10, 20, 50]
    assert sizes_of(365).tolist() == [4, 19, 37, 73, 183]


def test_a_record_and_its_verdict_travel_as_plain_values(checked):
    plain = to_plain(checked)
    assert plain["measures"].keys() == MEASURES.keys()
    for reason in plain["verdict"]["reasons"]:
        assert reason.keys() == {"measure", "value", "threshold", "load_bearing"}


# Two classes and one head: the best attention is known exactly.


def farthest(attention, arguments, bias, tolerance):
    """The largest divergence at the same prediction, for logits of two classes and one head.

    The divergence is convex, and the attentions with the same prediction are a simplex between two
    parallel planes. So the maximum is at a corner: a single token, or two on one of the planes.
    """
    margins = arguments[:, 1] - arguments[:, 0]
    offset = bias[1] - bias[0]
    own = 1 / (1 + exp(-(offset + attention @ margins)))
    limits = [p for p in (own - tolerance, own + tolerance) if 0 < p < 1]
    planes = [log(p / (1 - p)) - offset for p in limits]
    candidates = []
    for token in np.eye(len(margins)):
        if abs(1 / (1 + exp(-(offset + token @ margins))) - own) <= tolerance:
            candidates.append(token)
    for first, second in combinations(range(len(margins)), 2):
        for plane in planes:
            if (margins[first] - plane) * (margins[second] - plane) < 0:
                share = (plane - margins[second]) / (margins[first] - margins[second])
                pair = np.zeros(len(margins))
                pair[first], pair[second] = share, 1 - share
                candidates.append(pair)
    return max(divergence(candidate, attention) for candidate in candidates)


def divergence(first, second):
    total = 0.0
    for p, q in zip(first, second, strict=True):
        total += p / 2 * log(2 * p / (p + q)) if p else 0
        total += q / 2 * log(2 * q / (p + q)) if q else 0
    return total


TWO = {"id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}}


@pytest.mark.parametrize("seed", range(5))
def test_the_search_nearly_reaches_the_best_attention(seed, build_network, tokenizer):
    classifier = Classifier(build_network(seed, **TWO), tokenizer)
    trace = classifier.trace(TEXT)
    record = trust_check(classifier, trace, integrated_gradients=np.zeros(len(trace.tokens)))
    arguments = trace.votes.astype(np.float64) / trace.attention  # one head
    best = farthest(record.attention[:, 0], arguments, trace.bias.tolist(), SAME)
    assert 0.9 * best < record.measures["adversarial"] <= best + 1e-4


def test_a_larger_tolerance_finds_no_less(build_network, tokenizer):
    classifier = Classifier(build_network(1, **TWO), tokenizer)
    trace = classifier.trace(TEXT)
    scores = np.zeros(len(trace.tokens))
    found = [
        trust_check(classifier, trace, tolerance=tolerance, integrated_gradients=scores)
        for tolerance in (1e-4, 0.3)
    ]
    assert total_variation(found[0].adversarial_probabilities, found[0].probabilities) <= 1e-4
    assert found[0].measures["adversarial"] <= found[1].measures["adversarial"]


# Edges


def test_a_single_token_has_nothing_to_permute(build_network, tokenizer):
    for name in ATTENTIONS:
        classifier = Classifier(build_network(attention=name), tokenizer)
        trace = classifier.trace("a")
        assert len(trace.tokens) == 1
        record = trust_check(classifier, trace, permutations=7)
        assert record.constant
        assert record.permuted.max() < 1e-12
        lost = record.probabilities[record.label] - read(classifier, [])[record.label]
        assert record.comprehensiveness == pytest.approx([lost], abs=2e-5)
        assert record.verdict.load_bearing is None
        assert record.measures["entropy"] == 0


def test_the_same_seed_gives_the_same_record(classifier, trace):
    first, again, other = (
        trust_check(classifier, trace, permutations=7, seed=seed) for seed in (2, 2, 3)
    )
    assert to_plain(first) == to_plain(again)
    assert to_plain(first) != to_plain(other)


def test_integrated_gradients_are_those_of_the_predicted_class(classifier, trace):
    label = int(trace.probabilities.argmax())
    wanted = ATTRIBUTIONS["integrated_gradients"](classifier, trace, label)
    assert trust_check(classifier, trace).integrated_gradients == pytest.approx(wanted, abs=1e-6)


def test_progress_grows_to_its_end_while_nobody_else_must_wait(classifier, trace):
    calls = []

    def progress(done, total):
        assert not _TURN.locked()
        calls.append(done / total)

    trust_check(classifier, trace, progress=progress)
    assert calls == sorted(calls)
    assert calls[-1] == 1
    assert len(calls) > 2


def test_what_progress_raises_ends_the_check(classifier, trace):
    def cancel(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trust_check(classifier, trace, progress=cancel)
    assert not _TURN.locked()


# The formulas themselves


def test_distances_are_those_of_the_definitions():
    generator = np.random.default_rng(7)
    first, second = generator.dirichlet([0.3] * 11, size=(2, 5))[:, :, :]
    for p, q in zip(first, second, strict=True):
        assert total_variation(p, q) == pytest.approx(distance(p, q))
        assert jensen_shannon(p, q) == pytest.approx(divergence(p, q))
    apart = np.array([0.25, 0.75, 0, 0])
    assert jensen_shannon(apart, apart[::-1]) == pytest.approx(log(2))
    assert jensen_shannon(apart, apart) == 0
    assert total_variation(apart, apart[::-1]) == 1


def test_rankings_are_compared_as_kendall_did():
    generator = np.random.default_rng(5)
    for _ in range(20):
        first, second = generator.integers(0, 7, size=(2, 23)).astype(float)
        assert kendall_tau(first, second) == pytest.approx(kendalltau(first, second).statistic)
    assert kendall_tau(np.array([1.0, 2, 3]), np.array([10.0, 20, 15])) == pytest.approx(1 / 3)
    assert kendall_tau(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])) == pytest.approx(2 / sqrt(6))
    assert np.isnan(kendall_tau(np.ones(3), np.arange(3.0)))


def test_every_measure_has_a_title_and_every_vote_a_measure():
    assert TITLES.keys() == MEASURES.keys()
    assert THRESHOLDS.keys() <= MEASURES.keys()
