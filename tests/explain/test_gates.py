"""A gate is the sum of its parts, squashed; saturation is counted as a person would."""

from dataclasses import replace

import numpy as np
import pytest

from attnviz.classifier import Classifier
from attnviz.errors import TextError
from attnviz.evidence.gates import ACTIVATIONS, SATURATED
from attnviz.explain.gates import (
    WEIGHTS,
    fits,
    gate_anatomy,
    gate_names,
    gate_weights,
    input_names,
    saturation,
    saturation_over,
)
from attnviz.recurrent import RECURRENTS
from tests.networks import NETWORKS
from tests.shipped_models import text_models

TEXT = "The film was good, good!  Wonderful actors: 电影 😀"
RECURRENT = [name for name, changes in NETWORKS.items() if changes.get("order") != "cnn"]
NAMES = {
    "lstm": {"input", "forget", "output", "candidate"},
    "coupled_lstm": {"input", "forget", "output", "candidate"},
    "peephole_lstm": {"input", "forget", "output", "candidate"},
    "gru": {"reset", "update", "new"},
}


@pytest.fixture(scope="module")
def opened(build_network, tokenizer):
    """A function that gives a classifier whose network is built with changes."""
    return lambda **changes: Classifier(build_network(**changes), tokenizer)


def anatomies(classifier, trace):
    layers, directions = trace.states["hidden"].shape[1:3]
    return [
        gate_anatomy(classifier, trace, gate, layer, direction)
        for gate in gate_names(trace)
        for layer in range(layers)
        for direction in range(directions)
    ]


def assert_lawful(classifier, trace):
    found = anatomies(classifier, trace)
    assert found
    for one in found:
        np.testing.assert_allclose(sum(one.parts.values()), one.pre_activation)
        activated = ACTIVATIONS[one.activation](one.pre_activation.astype(float))
        np.testing.assert_allclose(activated, one.value, atol=1e-5, err_msg=one.gate)
        assert one.parts.keys() == one.terms.keys()
        assert {part.shape for part in one.parts.values()} == {one.value.shape}


@pytest.mark.parametrize("cell", RECURRENTS)
def test_every_cell_tells_where_the_rows_of_its_gates_lie(opened, cell):
    assert WEIGHTS.keys() == RECURRENTS.keys()
    classifier = opened(recurrent=cell)
    trace = classifier.trace(TEXT)
    assert set(gate_names(trace)) == NAMES[cell]
    for layer, size in ((0, 39), (1, 22)):  # three kernel sizes of 13 filters; two directions of 11
        weights = gate_weights(classifier, layer, 1)
        assert weights.keys() == NAMES[cell]
        for one in weights.values():
            assert one.input.shape == (11, size)
            assert one.recurrent.shape == (11, 11)
            assert one.bias.shape == (11,)


@pytest.mark.parametrize("cell", RECURRENTS)
def test_the_parts_of_every_cells_gates_add_up_to_the_traced_gate(opened, cell):
    classifier = opened(recurrent=cell)
    assert_lawful(classifier, classifier.trace(TEXT))


@pytest.mark.parametrize("name", RECURRENT)
def test_the_parts_add_up_in_every_order_and_layer(opened, name):
    classifier = opened(**NETWORKS[name])
    assert_lawful(classifier, classifier.trace(TEXT))


@pytest.mark.parametrize("folder", text_models(), ids=lambda path: path.name)
def test_the_parts_add_up_in_every_shipped_model(folder):
    classifier = Classifier.from_pretrained(folder)
    trace = classifier.trace(TEXT)
    if fits(trace):
        assert_lawful(classifier, trace)


def test_a_network_without_recurrence_has_no_gate(opened):
    trace = opened(**NETWORKS["cnn"]).trace(TEXT)
    assert not fits(trace)
    assert gate_names(trace) == ()


# Each part against plain loops over the parameters, in double precision.


def parameters(classifier, layer, direction):
    cell = classifier.network.recurrent.layers[layer][direction]
    return {name: value.detach().double().numpy() for name, value in cell.named_parameters()}


def reading(trace, name, token, direction):
    """The state of layer 1 at the token that was read before this one."""
    before = token + 1 if direction else token - 1
    inside = 0 <= before < len(trace.tokens)
    values = trace.states[name][:, 1, direction].astype(float)
    return values[before] if inside else np.zeros(values.shape[1])


@pytest.mark.parametrize("direction", [0, 1])
def test_parts_of_an_lstm_gate_are_dot_products_with_its_own_rows(opened, direction):
    classifier = opened()
    trace = classifier.trace(TEXT)
    own = parameters(classifier, 1, direction)
    for place, gate in enumerate(("input", "forget", "candidate", "output")):
        found = gate_anatomy(classifier, trace, gate, 1, direction)
        for token in (0, 3, len(trace.tokens) - 1):
            read = trace.states["hidden"][token, 0].astype(float).ravel()
            before = reading(trace, "hidden", token, direction)
            for unit in (0, 10):
                row = place * 11 + unit
                given = sum(own["weight_ih_l0"][row, k] * read[k] for k in range(22))
                kept = sum(own["weight_hh_l0"][row, k] * before[k] for k in range(11))
                bias = own["bias_ih_l0"][row] + own["bias_hh_l0"][row]
                parts = {name: part[token, unit] for name, part in found.parts.items()}
                expected = {"input": given, "recurrent": kept, "bias": bias}
                assert parts == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("direction", [0, 1])
def test_the_reset_gate_weighs_only_the_states_part_of_a_new_state(opened, direction):
    classifier = opened(recurrent="gru")
    trace = classifier.trace(TEXT)
    own = parameters(classifier, 1, direction)
    found = gate_anatomy(classifier, trace, "new", 1, direction)
    assert "r_t" in found.terms["recurrent"]
    for token in (0, 5, len(trace.tokens) - 1):
        reset = trace.gates["reset"][token, 1, direction]
        before = reading(trace, "hidden", token, direction)
        kept = reset * (own["weight_hh_l0"][22:] @ before + own["bias_hh_l0"][22:])
        np.testing.assert_allclose(found.parts["recurrent"][token], kept, atol=1e-5)
        np.testing.assert_allclose(found.parts["bias"][token], own["bias_ih_l0"][22:], atol=1e-6)


@pytest.mark.parametrize("direction", [0, 1])
def test_peepholes_see_the_cell_before_except_the_output_gates(opened, direction):
    classifier = opened(recurrent="peephole_lstm")
    trace = classifier.trace(TEXT)
    peephole = parameters(classifier, 1, direction)["peephole"]
    for row, gate in enumerate(("input", "forget", "output")):
        found = gate_anatomy(classifier, trace, gate, 1, direction)
        assert found.terms["peephole"] == rf"p \odot c_{'t' if gate == 'output' else '{t-1}'}"
        for token in (0, 5, len(trace.tokens) - 1):
            seen = reading(trace, "cell", token, direction)
            if gate == "output":
                seen = trace.states["cell"][token, 1, direction]
            part = found.parts["peephole"][token]
            np.testing.assert_allclose(part, peephole[row] * seen, atol=1e-6)
    assert "peephole" not in gate_anatomy(classifier, trace, "candidate", 1, direction).parts


def test_the_coupled_forget_gate_has_the_input_gates_parts_turned(opened):
    classifier = opened(recurrent="coupled_lstm")
    trace = classifier.trace(TEXT)
    forget, given = (gate_anatomy(classifier, trace, gate) for gate in ("forget", "input"))
    for name, part in given.parts.items():
        assert forget.parts[name].tolist() == (-part).tolist()


# Names of what is read


@pytest.mark.parametrize(
    ("changes", "layer", "first", "last"),
    [
        ({}, 0, "1/0", "5/12"),
        ({}, 1, "→ 0", "← 10"),
        ({"order": "lstm"}, 0, "0", "6"),
        ({"order": "lstm-cnn"}, 0, "0", "6"),
        ({"bidirectional": False}, 1, "→ 0", "→ 10"),
    ],
)
def test_every_input_of_a_layer_has_its_name(opened, changes, layer, first, last):
    classifier = opened(**changes)
    names = input_names(classifier, classifier.trace(TEXT), layer)
    assert (names[0], names[-1]) == (first, last)
    assert len(set(names)) == gate_weights(classifier, layer)["input"].input.shape[1]


# Saturation


def test_saturation_counts_what_lies_beyond_the_limits(trace):
    gate = np.full(trace.gates["forget"].shape, 0.5)
    gate[:3, 0, 0, 2] = 0.049
    gate[3:5, 0, 0, 2] = 0.951
    gate[:, 1, 1, 7] = 0.06
    states = dict(trace.states) | {"candidate": gate * 2 - 1}
    found = saturation(replace(trace, gates=dict(trace.gates) | {"forget": gate}, states=states))
    tokens = len(trace.tokens)
    for name in ("forget", "candidate"):  # tanh(x) = 2σ(2x) − 1: the same limits
        low, high = found[name].shares
        assert low[0, 0, 2] == 3 / tokens
        assert high[0, 0, 2] == 2 / tokens
        assert low.sum() + high.sum() == pytest.approx(5 / tokens)
    np.testing.assert_allclose(2 * np.array(SATURATED["sigmoid"]) - 1, SATURATED["tanh"])


@pytest.mark.parametrize("cell", RECURRENTS)
def test_saturation_over_texts_counts_all_their_tokens(opened, cell):
    classifier = opened(recurrent=cell)
    texts = ["The film was good.", "   ", "Bad music, bad!", "电影"]
    calls = []
    found = saturation_over(classifier, iter(texts), calls.append)
    assert calls == [1, 1, 1, 1]
    traces = [classifier.trace(text) for text in texts if text.strip()]
    assert found.keys() == NAMES[cell]
    for name, one in found.items():
        kind = "states" if name in ("candidate", "new") else "gates"
        values = np.concatenate([getattr(trace, kind)[name] for trace in traces])
        low, high = SATURATED["tanh" if kind == "states" else "sigmoid"]
        assert one.tokens == len(values)
        np.testing.assert_allclose(one.shares[0], (values < low).mean(axis=0))
        np.testing.assert_allclose(one.shares[1], (values > high).mean(axis=0))
        assert one.low.sum() + one.high.sum() > 0


def test_texts_without_a_token_have_no_saturation(classifier):
    with pytest.raises(TextError, match="nothing to read"):
        saturation_over(classifier, ["", "  "])
