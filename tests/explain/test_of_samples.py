"""Explanations of series, films and pictures: the same code, against independent computations."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attnviz.classifier import Classifier
from attnviz.explain.attributions import attribute
from attnviz.explain.blank import blank
from attnviz.explain.gates import gate_anatomy
from attnviz.explain.ledger import vote_ledger
from attnviz.explain.memory import memory
from attnviz.explain.path import signal_path
from attnviz.explain.reach import gradient_reach
from attnviz.explain.removal import without
from attnviz.explain.trust import trust_check
from attnviz.kinds import SAMPLE_INPUTS
from tests.test_inputs import network_of, sample_of

KINDS = pytest.mark.parametrize("kind", SAMPLE_INPUTS)


@pytest.fixture(scope="module")
def opened():
    """Kind → classifier and trace."""
    torch.set_num_threads(1)
    classifiers = {kind: Classifier(network_of(kind)) for kind in SAMPLE_INPUTS}
    return {kind: (c, c.trace(sample_of(kind))) for kind, c in classifiers.items()}


def logits_of(classifier: Classifier, embeddings: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        values = torch.tensor(embeddings, dtype=torch.float32)[None]
        return classifier.network(inputs_embeds=values).logits[0].numpy()


def read_raw(classifier: Classifier, values: np.ndarray) -> np.ndarray:
    """Logits of raw values, by the network's own door."""
    batch = classifier.processor.batch([classifier.processor.read(values).inputs])
    with torch.inference_mode():
        return classifier.network(**batch).logits[0].numpy()


@KINDS
def test_the_blank_is_the_mean_of_a_series_and_a_black_picture(opened, kind):
    classifier, trace = opened[kind]
    nothing = np.zeros_like(trace.values)
    if kind == "series":
        nothing += classifier.network.embedding.mean.numpy()
    wanted = classifier.trace(nothing).embeddings
    assert_allclose(blank(classifier, trace)[0], wanted, atol=1e-6)
    assert_allclose(logits_of(classifier, wanted), read_raw(classifier, nothing), atol=1e-5)


@KINDS
def test_integrated_gradients_add_up_to_the_logit_less_that_of_the_blank(opened, kind):
    classifier, trace = opened[kind]
    record = attribute(classifier, trace, methods=["integrated_gradients"])
    base = logits_of(classifier, blank(classifier, trace)[0].numpy())
    label = trace.labels.index(record.label)
    assert record.baseline_logit == pytest.approx(float(base[label]), abs=1e-5)
    gap = record.logit - record.baseline_logit
    assert record.scores["integrated_gradients"].sum() == pytest.approx(gap, abs=0.02 + 0.02 * gap)


@KINDS
def test_occlusion_is_what_the_logit_loses_without_a_stretch(opened, kind):
    classifier, trace = opened[kind]
    record = attribute(classifier, trace, methods=["occlusion"])
    label, base = trace.labels.index(record.label), blank(classifier, trace)[0].numpy()
    for word in sorted(set(trace.words))[::5]:
        gone = np.array(trace.words) == word
        changed = np.where(gone[:, None], base, trace.embeddings)
        loss = trace.logits[label] - logits_of(classifier, changed)[label]
        assert_allclose(record.scores["occlusion"][gone], loss, atol=1e-4)


def test_a_step_of_a_series_is_taken_out_as_a_missing_value(opened):
    classifier, trace = opened["series"]
    record = attribute(classifier, trace, methods=["occlusion"])
    label = trace.labels.index(record.label)
    missing = trace.values.copy()
    missing[7] = np.nan
    loss = trace.logits[label] - read_raw(classifier, missing)[label]
    assert record.scores["occlusion"][7] == pytest.approx(loss, abs=1e-4)


@KINDS
def test_gradient_x_input_is_counted_from_the_blank(opened, kind):
    classifier, trace = opened[kind]
    record = attribute(classifier, trace, methods=["gradient_x_input"])
    values = torch.tensor(trace.embeddings)[None].requires_grad_()
    label = trace.labels.index(record.label)
    (gradient,) = torch.autograd.grad(
        classifier.network(inputs_embeds=values).logits[0, label], values
    )
    wanted = (gradient[0] * (values.detach()[0] - blank(classifier, trace)[0])).sum(1)
    assert_allclose(record.scores["gradient_x_input"], wanted, rtol=1e-4, atol=1e-5)


@KINDS
def test_what_is_removed_is_blanked_and_time_stays(opened, kind):
    classifier, trace = opened[kind]
    generator = np.random.default_rng(0)
    kept = generator.random((5, len(trace.tokens))) < 0.5
    found, base = without(classifier, trace, kept), blank(classifier, trace)[0].numpy()
    for row, probabilities in zip(kept, found, strict=True):
        logits = logits_of(classifier, np.where(row[:, None], trace.embeddings, base))
        wanted = np.exp(logits - logits.max())
        assert_allclose(probabilities, wanted / wanted.sum(), rtol=1e-4, atol=1e-6)


@KINDS
def test_every_other_explanation_closes_on_samples(opened, kind):
    classifier, trace = opened[kind]
    ledger = vote_ledger(classifier, trace)
    assert_allclose(ledger.bias + ledger.vote.sum(), trace.logits.max(), atol=1e-4)
    record = memory(trace, len(trace.tokens) - 1)
    assert_allclose(record.state, trace.states["cell"][-1, 0, 0], atol=1e-5)
    assert_allclose((record.written * record.survival).sum(0), record.state, atol=1e-4)
    anatomy = gate_anatomy(classifier, trace, "forget")
    total = sum(anatomy.parts.values())
    assert_allclose(1 / (1 + np.exp(-total)), trace.gates["forget"][:, 0, 0], atol=1e-5)
    reach = gradient_reach(classifier, trace)
    assert reach.hidden.shape == (len(trace.tokens), 2)
    assert (reach.embedding > 0).any()
    assert signal_path(classifier, trace, 1) is not None


@KINDS
def test_the_trust_check_runs_on_samples_and_starts_from_their_own_prediction(opened, kind):
    classifier, trace = opened[kind]
    record = trust_check(classifier, trace, permutations=7, draws=3)
    assert_allclose(record.probabilities, trace.probabilities, atol=1e-5)
    assert len(record.leave_one_out) == len(trace.tokens)
