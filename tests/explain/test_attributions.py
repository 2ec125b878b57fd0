"""Attributions against Captum called plainly, against loops, and against closed forms."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from attnviz import threads as turns
from attnviz.attention import ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError
from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.explain import attributions
from attnviz.explain.affine import STARTS, affine_start
from attnviz.explain.attributions import ATTRIBUTIONS, COSTS, STEPS, attribute, estimated_seconds
from attnviz.modeling import STAGES
from attnviz.recurrent import RECURRENTS
from tests.networks import NETWORKS

TEXT = "The film wasn't good; unbelievably bad actors, 电影 good!"
EVERY = (
    NETWORKS
    | {f"cell {kind}": {"recurrent": kind} for kind in RECURRENTS}
    | {f"attention {kind}": {"attention": kind} for kind in ATTENTIONS}
)


@pytest.fixture(params=EVERY)
def any_classifier(request, build_network, tokenizer):
    return Classifier(build_network(3, temperature=1.7, **EVERY[request.param]), tokenizer)


@pytest.fixture(scope="module")
def smooth(build_network, tokenizer):
    """A network without a kink, on which fifty steps are plenty."""
    network = build_network(9, order="lstm", num_hidden_layers=1)
    return Classifier(network, tokenizer)


@pytest.fixture(params=[1, 2])
def on_cores(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


def embedded(trace):
    return torch.tensor(trace.embeddings)[None]


def logit_of(classifier, label):
    """Logits of a class from embeddings (B, T, E), by the network's own forward."""
    return lambda values: classifier.network(inputs_embeds=values).logits[:, label]


def assert_same(found, expected):
    """To 1e-4 of the largest score."""
    expected = np.asarray(expected)
    largest = np.abs(expected).max()
    assert largest > 1e-5
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * largest)


def test_every_method_has_a_title_and_a_cost_and_every_first_stage_a_start():
    assert set(ATTRIBUTIONS) == set(TITLES) == set(COSTS)
    assert set(STARTS) == set(STAGES)


def test_a_network_is_what_follows_its_affine_start(any_classifier):
    trace = any_classifier.trace(TEXT)
    values = embedded(trace)
    start = affine_start(any_classifier.network)
    with torch.no_grad():
        assert_same(start.logits(start.read(values))[0], trace.logits)
        zero, once, twice = (start.read(values * factor) for factor in (0, 1, 2))
    torch.testing.assert_close(twice - once, once - zero, rtol=0, atol=1e-5)


def test_keeping_some_tokens_is_reading_the_others_as_zero(any_classifier):
    values = embedded(any_classifier.trace(TEXT))
    start = affine_start(any_classifier.network)
    kept = torch.rand(7, values.shape[1], generator=torch.manual_seed(1)).round()
    assert 0 < kept.mean() < 1
    with torch.no_grad():
        expected = start.read(values * kept[..., None])
        torch.testing.assert_close(start.reduced(values)(kept), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("tokens", [1, 10_000])  # a step at a time, all steps at once
def test_integrated_gradients_are_those_of_captum_called_plainly(
    any_classifier, tokens, on_cores, monkeypatch
):
    from captum.attr import IntegratedGradients

    monkeypatch.setattr(attributions, "TOKENS_PER_STEP_BATCH", tokens)
    monkeypatch.setattr(attributions, "LEAST_STEPS", 1)
    trace = any_classifier.trace(TEXT)
    plain = IntegratedGradients(logit_of(any_classifier, 1)).attribute(
        embedded(trace), n_steps=STEPS
    )
    found = attributions.integrated_gradients(any_classifier, trace, 1)
    assert_same(found, plain.sum(2)[0])


@pytest.mark.parametrize("tokens", [1, 10_000])
def test_occlusion_is_that_of_captum_called_plainly(any_classifier, tokens, on_cores, monkeypatch):
    from captum.attr import FeatureAblation

    monkeypatch.setattr(attributions, "TOKENS_PER_BATCH", tokens)
    trace = any_classifier.trace(TEXT)
    plain = FeatureAblation(logit_of(any_classifier, 1)).attribute(
        embedded(trace), feature_mask=torch.tensor(trace.words)[None, :, None]
    )
    assert_same(attributions.occlusion(any_classifier, trace, 1), plain[0, :, 0])


def test_gradient_x_input_is_the_first_term_of_taylor(any_classifier):
    trace = any_classifier.trace(TEXT)
    network, values = any_classifier.network, embedded(trace).double()
    found = attributions.gradient_x_input(any_classifier, trace, 2)
    step = 1e-6
    network.double()
    with torch.no_grad():
        nudges = step * torch.eye(values.shape[1], dtype=torch.double)[..., None]  # (T, T, 1)
        up, down = (logit_of(any_classifier, 2)(values * (1 + sign * nudges)) for sign in (1, -1))
    network.float()
    assert_same(found, (up - down) / (2 * step))


def test_occlusion_is_what_the_logit_loses_without_each_word_in_a_loop(any_classifier):
    trace = any_classifier.trace(TEXT)
    lost = []
    for word in trace.words:
        values = embedded(trace)
        values[0, np.array(trace.words) == word] = 0
        with torch.no_grad():
            lost.append(trace.logits[0] - float(logit_of(any_classifier, 0)(values)))
    assert_same(attributions.occlusion(any_classifier, trace, 0), lost)


def test_integrated_gradients_are_gauss_and_legendres_mean_in_double_precision(smooth):
    trace = smooth.trace(TEXT)
    places, weights = np.polynomial.legendre.leggauss(STEPS)
    values, mean = embedded(trace).double(), 0
    network = smooth.network.double()
    for place, weight in zip((places + 1) / 2, weights / 2, strict=True):
        point = (place * values).requires_grad_()
        (gradient,) = torch.autograd.grad(logit_of(smooth, 1)(point).sum(), point)
        mean = mean + weight * gradient
    network.float()
    found = attributions.integrated_gradients(smooth, trace, 1)
    assert_same(found, (mean * values).sum(2)[0])


def test_integrated_gradients_sum_to_what_the_text_adds_to_the_baseline(smooth):
    trace = smooth.trace(TEXT)
    found = attribute(smooth, trace, "positive", ["integrated_gradients"])
    with torch.no_grad():
        values = embedded(trace)
        text, nothing = (float(logit_of(smooth, 2)(x)) for x in (values, 0 * values))
    assert abs(text - nothing) > 0.1
    assert found.scores["integrated_gradients"].sum() == pytest.approx(text - nothing, abs=1e-4)
    assert found.explained == pytest.approx(text - nothing, abs=1e-5)
    assert abs(found.convergence) < 1e-4


def test_few_steps_leave_the_convergence_error_that_is_reported(smooth, monkeypatch):
    monkeypatch.setattr(attributions, "STEPS", 1)
    found = attribute(smooth, smooth.trace(TEXT), 1, ["integrated_gradients"])
    total = found.scores["integrated_gradients"].sum()
    assert found.convergence == total - (found.logit - found.baseline_logit)
    assert abs(found.convergence) > 1e-3


@pytest.fixture(scope="module")
def linear(build_network, tokenizer):
    """Every pre-activation is positive, with the text and without, and pooling is the mean."""
    network = build_network(7, order="cnn", attention="mean", temperature=1.3)
    with torch.no_grad():
        for layer in network.convolutions.by_size.values():
            layer.bias.fill_(9)
    return Classifier(network, tokenizer)


def test_on_a_linear_network_all_attributions_are_its_closed_form(linear):
    trace = linear.trace(TEXT)
    tokens, network = len(trace.tokens), linear.network
    parts = np.zeros(tokens)
    heads = network.head.weight[1].detach().double().numpy() / 1.3
    for place, layer in enumerate(network.convolutions.by_size.values()):
        weight = layer.weight.detach().double().numpy()  # (F, E, k)
        rows = heads[place * len(weight) : (place + 1) * len(weight)]
        size = weight.shape[2]
        for token in range(tokens):
            for tap in range(size):
                if 0 <= token + size // 2 - tap < tokens:  # the map has no place beyond the text
                    parts[token] += rows @ weight[:, :, tap] @ trace.embeddings[token] / tokens
    found = attribute(linear, trace, 1)
    of_words = [parts[np.array(trace.words) == word].sum() for word in trace.words]
    assert len(set(trace.words)) < tokens
    assert_same(found.scores["gradient_x_input"], parts)
    assert_same(found.scores["integrated_gradients"], parts)
    assert_same(found.scores["occlusion"], of_words)
    assert found.explained == pytest.approx(parts.sum(), abs=1e-3)


def test_attention_and_votes_are_those_of_the_trace(any_classifier):
    trace = any_classifier.trace(TEXT)
    found = attribute(any_classifier, trace, 2, ["votes", "attention"])
    assert list(found.scores) == ["votes", "attention"]
    np.testing.assert_array_equal(found.scores["votes"], trace.votes[:, 2])
    assert found.scores["attention"].sum() == pytest.approx(1, abs=1e-5)
    assert found.logit == trace.logits[2]
    assert np.isnan(found.convergence)


def test_progress_counts_up_to_the_whole_while_others_may_have_their_turn(classifier, trace):
    seen = []

    def progress(done, total):
        assert not turns._TURN.locked()
        seen.append((done, total))

    attribute(classifier, trace, progress=progress)
    done, totals = zip(*seen, strict=True)
    assert list(done) == sorted(done)
    assert set(totals) == {done[-1]} == {sum(cost(trace) for cost in COSTS.values())}
    assert len(seen) >= 4


@pytest.mark.parametrize("method", ["gradient_x_input", "integrated_gradients", "occlusion"])
def test_what_progress_raises_ends_the_work_and_leaves_nothing_behind(
    classifier, trace, method, monkeypatch
):
    monkeypatch.setattr(attributions, "TOKENS_PER_BATCH", 1)
    monkeypatch.setattr(attributions, "TOKENS_PER_STEP_BATCH", 1)
    monkeypatch.setattr(attributions, "LEAST_STEPS", 1)
    calls = []

    class Cancelled(BaseException):
        pass

    def cancel(done, total):
        calls.append(done)
        raise Cancelled

    before, count = classifier.trace(trace.text).logits, torch.get_num_threads()
    with pytest.raises(Cancelled):
        attribute(classifier, trace, methods=[method], progress=cancel)
    assert len(calls) == 1
    assert not turns._TURN.locked()
    assert torch.get_num_threads() == count
    assert torch.is_grad_enabled()
    network = classifier.network
    assert not network.training
    assert all(p.requires_grad and p.grad is None for p in network.parameters())
    np.testing.assert_array_equal(classifier.trace(trace.text).logits, before)


def test_it_works_where_gradients_are_switched_off(classifier, trace):
    expected = attribute(classifier, trace, 1)
    with torch.no_grad():
        found = attribute(classifier, trace, 1)
    for name, scores in expected.scores.items():
        np.testing.assert_allclose(found.scores[name], scores, rtol=0, atol=1e-6, err_msg=name)


def test_a_text_of_one_token_has_scores_and_no_dispute(classifier):
    trace = classifier.trace("a")
    found = attribute(classifier, trace)
    assert len(trace.tokens) == 1
    assert found.ranking == ()
    assert found.disagreement.tolist() == [0]
    assert found.scores["occlusion"] == pytest.approx(found.explained, abs=1e-5)


def test_the_predicted_class_is_the_default_and_an_estimate_is_a_time(classifier, trace):
    found = attribute(classifier, trace, methods=["votes"])
    assert found.label == trace.prediction
    assert estimated_seconds(classifier, trace, ["votes"]) == 0
    assert 0 < estimated_seconds(classifier, trace) < 600


def test_an_unknown_method_or_class_is_refused_by_name(classifier, trace):
    with pytest.raises(AttnvizError, match="no attribution method guessing.*occlusion"):
        attribute(classifier, trace, methods=["guessing"])
    with pytest.raises(AttnvizError, match="no class 3"):
        attribute(classifier, trace, 3)


def record(**scores):
    values = {name: np.array(numbers, dtype=np.float64) for name, numbers in scores.items()}
    return Attributions("positive", values, logit=2.0, baseline_logit=0.5)


def test_ranks_follow_the_size_without_the_sign_and_ties_share_their_mean():
    found = record(votes=[3, -5, 5, 0, 1e-9, -4, 3], attention=[0.1, 0.4, 0.3, 0.2, 0, 0, 0])
    assert found.ranks["votes"].tolist() == [4.5, 1.5, 1.5, 6.5, 6.5, 3, 4.5]
    assert found.ranks["attention"].tolist() == [4, 1, 2, 3, 6, 6, 6]
    assert found.rank_range.tolist() == [
        [4, 1, 1.5, 3, 6, 3, 4.5],
        [4.5, 1.5, 2, 6.5, 6.5, 6, 6],
    ]


def test_disagreement_is_the_logarithm_of_the_worst_rank_by_the_best():
    found = record(a=[9, 8, 7, 6, 5], b=[5, 8, 7, 6, 9])
    expected = [1, 0, 0, 0, 1]  # ranks 1 and 5, 2 and 2, 3 and 3, 4 and 4, 5 and 1
    np.testing.assert_allclose(found.disagreement, expected, atol=1e-12)
    found = record(a=[9, 8, 7, 6, 5], b=[8, 9, 7, 5, 6])
    expected = np.log([2, 2, 1, 5 / 4, 5 / 4]) / np.log(5)
    np.testing.assert_allclose(found.disagreement, expected, atol=1e-12)
    assert found.most_disputed(2).tolist() == [0, 1]
    assert found.strongest(3).tolist() == [0, 1, 2]
    assert found.strongest().tolist() == [0, 1, 2, 3, 4]


def test_attention_that_is_the_same_everywhere_takes_no_part_in_disputes():
    found = record(attention=[0.25] * 4, votes=[1, 2, 3, 4], occlusion=[-1, 2, -3, 4])
    assert found.ranking == ("votes", "occlusion")
    assert found.disagreement.tolist() == [0, 0, 0, 0]
    agreement = found.agreement
    assert np.isnan(agreement[0]).all()
    assert agreement[1, 2] == pytest.approx(1)


def test_agreement_is_spearmans_rho():
    a, b = [5, 4, 3, 2, 1], [4, 5, 1, 2, 3]
    squares = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
    rho = 1 - 6 * squares / (5 * (5**2 - 1))
    np.testing.assert_allclose(record(a=a, b=b).agreement, [[1, rho], [rho, 1]], atol=1e-12)


def test_a_kernel_wider_than_the_text_is_read_the_same(build_network, tokenizer):
    network = build_network(2, order="cnn", attention="mean", kernel_sizes=[7])
    classifier = Classifier(network, tokenizer)
    trace = classifier.trace("good film")
    values = embedded(trace)
    start = affine_start(network)
    layer = network.convolutions.by_size["7"]
    with torch.no_grad():
        expected = functional.conv1d(values.transpose(1, 2), layer.weight, layer.bias, padding=3)
        found = start.reduced(values)(torch.ones(1, values.shape[1]))
    torch.testing.assert_close(found, expected.transpose(1, 2), rtol=0, atol=1e-5)
