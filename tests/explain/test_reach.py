"""Gradients along the text are those of finite differences; fading is what was built in."""

import copy
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from attnviz.attention import ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError
from attnviz.evidence.reach import Reach, fade, tenths
from attnviz.explain.reach import gradient_reach
from attnviz.recurrent import RECURRENTS
from tests.networks import NETWORKS

TEXT = "it's a bad, bad film! 电影"
STEP = 1e-6
KINDS = NETWORKS | {
    **{f"{kind} attention": {"attention": kind} for kind in ATTENTIONS},
    **{f"{kind} cell": {"recurrent": kind} for kind in RECURRENTS},
    "warm": {"temperature": 1.7},
}


@pytest.fixture(scope="module", params=KINDS)
def traced(request, build_network, tokenizer):
    classifier = Classifier(build_network(**KINDS[request.param]), tokenizer)
    return classifier, classifier.trace(TEXT)


def logits_of(network, embeddings: torch.Tensor, label: int) -> np.ndarray:
    with torch.no_grad():
        return network(inputs_embeds=embeddings).logits[:, label].numpy()


def test_the_embeddings_norm_is_that_of_finite_differences(traced):
    classifier, trace = traced
    network = copy.deepcopy(classifier.network).double()
    tokens, size = trace.embeddings.shape
    steps = STEP * torch.eye(tokens * size, dtype=torch.float64).unflatten(1, (tokens, size))
    embeddings = torch.tensor(trace.embeddings, dtype=torch.float64)[None]  # (1, T, E)
    up, down = (logits_of(network, embeddings + sign * steps, 1) for sign in (1, -1))
    wanted = np.linalg.norm(((up - down) / (2 * STEP)).reshape(tokens, size), axis=1)
    found = gradient_reach(classifier, trace, 1).embedding
    assert found.shape == (tokens,)
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


def nudged(cell, inputs: torch.Tensor, place: int) -> Iterator[torch.Tensor]:
    """The cell's states for 2H texts alike, changed at `place`: unit u of text u by STEP, of text
    H + u by −STEP. What is read later starts from there."""
    for position, state in enumerate(cell.steps(inputs)):
        if position == place:
            size = state.shape[1]
            state[:size] += STEP * torch.eye(size, dtype=state.dtype)
            state[size:] -= STEP * torch.eye(size, dtype=state.dtype)
        yield state.clone()


def test_the_states_norm_is_that_of_finite_differences_in_the_order_of_the_text(traced):
    classifier, trace = traced
    found = gradient_reach(classifier, trace, 2).hidden
    if not trace.states:
        assert found.shape == (len(trace.tokens), 0)
        return
    network = copy.deepcopy(classifier.network).double()
    tokens, _layers, directions, size = trace.states["hidden"].shape
    assert found.shape == (tokens, directions)
    embeddings = torch.tensor(trace.embeddings, dtype=torch.float64).expand(2 * size, -1, -1)
    for direction in range(directions):
        cell = network.recurrent.layers[-1][direction]
        for position in range(tokens):
            place = tokens - 1 - position if direction else position  # backward reads from the end
            cell.forward = lambda inputs, cell=cell, place=place: torch.stack(
                list(nudged(cell, inputs, place)), dim=1
            )
            up, down = np.split(logits_of(network, embeddings, 2), 2)
            wanted = np.linalg.norm((up - down) / (2 * STEP))
            assert found[position, direction] == pytest.approx(wanted, rel=1e-3, abs=1e-5)
        del cell.forward


def test_the_tokens_of_a_trace_name_the_embeddings_that_it_read(classifier, trace):
    ids = classifier.tokenizer.convert_tokens_to_ids(list(trace.tokens))
    rows = classifier.network.embedding.weight.detach().numpy()[ids]
    np.testing.assert_array_equal(rows, trace.embeddings)


def test_the_class_is_the_predicted_one_or_the_one_that_was_named(classifier, trace):
    found = gradient_reach(classifier, trace)
    assert found.label == trace.prediction
    assert found.logit == trace.logits.max()
    named = gradient_reach(classifier, trace, "neutral")
    assert named.logit == trace.logits[1]
    assert not np.allclose(named.embedding, found.embedding)


def test_an_unknown_class_is_refused(classifier, trace):
    with pytest.raises(AttnvizError, match="no class 17"):
        gradient_reach(classifier, trace, 17)


def test_the_network_is_left_as_it_was(classifier, trace):
    gradient_reach(classifier, trace)
    again = classifier.trace(trace.text)
    np.testing.assert_array_equal(again.logits, trace.logits)
    assert all(parameter.grad is None for parameter in classifier.network.parameters())


# Networks that were built to keep or to forget.


def keeper(build_network, tokenizer, kept: float, recurrent: float = 0.0) -> Classifier:
    """One direction, the last state read, embeddings near 0, so that all gates but the forget gate
    are 1/2, tanh is linear, and c_t = (kept + recurrent / 4) c_{t-1} + x_t / 2, h_t = c_t / 2."""
    network = build_network(
        order="lstm", attention="last", bidirectional=False, num_hidden_layers=1, max_tokens=997
    )
    cell = network.recurrent.layers[0][0]
    with torch.no_grad():
        network.embedding.weight.mul_(1e-6)
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias_ih_l0[11:22] = float(np.log(kept / (1 - kept)))  # rows of the forget gate
        cell.weight_ih_l0[22:29] = torch.eye(7)  # of the candidate
        cell.weight_hh_l0[22:33] = recurrent * torch.eye(11)
    return Classifier(network, tokenizer)


@pytest.mark.parametrize(
    ("kept", "verdict"), [(0.9999, "reaches"), (0.95, "fades"), (0.5, "lost"), (0.0001, "lost")]
)
def test_what_the_forget_gates_keep_decides_whether_the_signal_reaches_the_beginning(
    build_network, tokenizer, kept, verdict
):
    """∂logit / ∂x_{T-d} shrinks by the forget gate at each step: kept^d, computed by hand."""
    classifier = keeper(build_network, tokenizer, kept)
    found = gradient_reach(classifier, classifier.trace("good " * 70))
    wanted = kept ** np.arange(70.0)[::-1]
    seen = wanted > 1e-30  # float32 holds no less
    np.testing.assert_allclose((found.embedding / found.embedding[-1])[seen], wanted[seen], 1e-4)
    fading = found.embedding_fade
    assert fading.verdict == verdict
    if kept > 0.001:
        assert fading.ratio == pytest.approx(np.median(wanted[:7]) / np.median(wanted[-7:]), 1e-3)
        assert fading.half_distance == pytest.approx(np.log(2) / -np.log(kept), rel=1e-3)


@pytest.mark.parametrize(("kept", "verdict"), [(0.9999, "reaches"), (0.0001, "lost")])
def test_the_same_holds_of_the_states_once_they_write_into_the_memory(
    build_network, tokenizer, kept, verdict
):
    """∂h_T / ∂h_{T-d} = s/4 · (kept + s/4)^(d-1) with a recurrent weight s on the candidate."""
    classifier = keeper(build_network, tokenizer, kept, recurrent=0.02)
    found = gradient_reach(classifier, classifier.trace("good " * 23))
    wanted = [1, *(0.005 * (kept + 0.005) ** (d - 1) for d in range(1, 23))][::-1]
    seen = np.array(wanted) > 1e-18  # squares in float32
    ratios = found.hidden[:, 0] / found.hidden[-1, 0]
    np.testing.assert_allclose(ratios[seen], np.array(wanted)[seen], rtol=1e-3)
    # The last state alone acts directly, not through what is written.
    fading = fade(found.hidden[:-1, 0])
    assert fading.verdict == verdict
    assert (fading.half_distance < 1) == (verdict == "lost")


def test_a_bidirectional_network_that_reads_its_ends_alone_is_deaf_in_the_middle(
    build_network, tokenizer
):
    network = build_network(order="lstm", attention="last", num_hidden_layers=1)
    with torch.no_grad():
        for cell in network.recurrent.layers[0]:
            cell.weight_hh_l0.zero_()
            cell.bias_ih_l0[11:22] = -3.0
            cell.bias_hh_l0[11:22] = 0.0
            cell.weight_ih_l0.mul_(0.1)
    classifier = Classifier(network, tokenizer)
    found = gradient_reach(classifier, classifier.trace("bad " * 41))
    assert found.embedding_fade.verdict == "reaches"
    assert found.embedding_fade.dip < 1e-6


# The verdict, with numbers by hand.


def test_exponential_fading_has_its_half_distance():
    found = fade(0.5 ** (np.arange(30)[::-1] / 7))
    assert found.half_distance == pytest.approx(7)
    assert found.ratio == pytest.approx(0.5 ** (27 / 7))
    assert found.verdict == "fades"


def test_what_grows_towards_the_beginning_never_halves():
    found = fade(np.arange(30.0, 0.0, -1))
    assert found.half_distance == float("inf")
    assert found.ratio == pytest.approx(29 / 2)
    assert found.verdict == "reaches"


def test_a_tenth_is_judged_by_its_median():
    norms = np.ones(50)
    norms[2] = 1000.0
    assert fade(norms).ratio == 1
    np.testing.assert_array_equal(tenths(np.arange(20.0)), np.arange(10) * 2 + 0.5)


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (0.1, 1.0, "reaches"),
        (0.099, 1.0, "fades"),
        (0.001, 1.0, "fades"),
        (0.00099, 1.0, "lost"),
        (0.0, 1.0, "lost"),
        (1.0, 0.0, "reaches"),
        (0.0, 0.0, "unknown"),
    ],
)
def test_the_verdict_follows_the_ratio_by_orders_of_magnitude(first, last, verdict):
    norms = np.full(20, 0.5)
    norms[:2], norms[-2:] = first, last
    assert fade(norms).verdict == verdict


@pytest.mark.parametrize("tokens", [1, 2, 9])
def test_a_text_of_fewer_than_ten_tokens_has_no_verdict(tokens):
    assert fade(np.linspace(1, 2, tokens)).verdict == "unknown"


def test_no_gradient_anywhere_is_no_error():
    found = fade(np.zeros(31))
    assert found.verdict == "unknown"
    assert found.half_distance == float("inf")


def test_each_direction_fades_in_its_own_order_of_reading():
    falls = 0.5 ** np.arange(40.0)[::-1]
    record = Reach("a", 0.0, np.stack([falls, falls[::-1]], axis=1), falls)
    forward, backward = record.hidden_fades
    assert forward.half_distance == pytest.approx(1)
    assert backward == forward
