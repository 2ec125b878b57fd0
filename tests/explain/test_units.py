"""The units' shares add up to the logit, and each is what the logit loses without its unit."""

import numpy as np
import pytest
import torch

from attnviz.classifier import Classifier
from attnviz.explain.layers import attended_states, layer_input, stage_input
from attnviz.explain.units import leading, stage_parts, unit_contributions
from tests.networks import NETWORKS

TEXT = "The film was good, good!  Wonderful actors: 电影 很好"


@pytest.fixture(params=NETWORKS)
def reader(request, build_network, tokenizer):
    return Classifier(build_network(**NETWORKS[request.param], temperature=1.7), tokenizer)


@pytest.mark.parametrize("label", range(3))
def test_contributions_and_bias_add_up_to_the_logit(reader, label):
    trace = reader.trace(TEXT)
    total = trace.bias[label] + unit_contributions(reader, trace, label).sum()
    assert total == pytest.approx(trace.logits[label], abs=1e-4)


def test_there_is_one_contribution_for_each_unit_that_attention_weighs(reader):
    trace = reader.trace(TEXT)
    units = attended_states(reader, trace).shape[1]
    assert unit_contributions(reader, trace, 1).shape == (units,)


def test_a_logit_loses_what_its_unit_contributed(build_network, tokenizer):
    """With uniform attention a unit can be left out of the context by its rows in the head."""
    reader = Classifier(build_network(attention="uniform"), tokenizer)
    trace = reader.trace(TEXT)
    found = unit_contributions(reader, trace, 2)
    with torch.no_grad():
        reader.network.head.weight[2, 5] = 0
    assert trace.logits[2] - reader.trace(TEXT).logits[2] == pytest.approx(found[5], abs=1e-5)


def test_what_layers_read_is_put_together_from_the_trace(reader):
    """Against what really went in, seen by hooks."""
    network, seen = reader.network, {}
    for name in (*network.config.stages, "attention"):
        part = network.get_submodule(name)
        part.register_forward_pre_hook(lambda _, given, name=name: seen.update({name: given[0][0]}))
    trace = reader.trace(TEXT)
    for name in network.config.stages:
        found = stage_input(reader, trace, name)
        np.testing.assert_allclose(found, seen[name].numpy(), atol=1e-6)
    np.testing.assert_allclose(attended_states(reader, trace), seen["attention"].numpy(), atol=1e-6)


def test_the_second_layer_reads_both_directions_of_the_first(classifier):
    trace, seen = classifier.trace(TEXT), []
    cell = classifier.network.recurrent.layers[1][0]
    handle = cell.register_forward_pre_hook(lambda _, given: seen.append(given[0][0]))
    classifier.trace(TEXT)
    handle.remove()
    np.testing.assert_allclose(layer_input(classifier, trace, 1), seen[0].numpy(), atol=1e-6)


def test_a_part_is_how_fast_the_logit_rises_as_a_response_grows(reader):
    """Against the network with one response at one token scaled up and down, by a hook."""
    trace, network, step = reader.trace(TEXT), reader.network, 1e-2
    parts = stage_parts(reader, trace, 1)
    assert set(parts) == set(network.config.stages)
    for name, values in parts.items():
        assert len(values) == len(trace.tokens)
        row, unit = np.unravel_index(np.abs(values).argmax(), values.shape)
        assert leading(values, row) == unit
        logits = []
        for factor in (1 + step, 1 - step):

            def scale(_module, _given, result, factor=factor, row=row, unit=unit):
                states = result[0].clone()
                states[:, row, unit] *= factor
                return states, *result[1:]

            handle = network.get_submodule(name).register_forward_hook(scale)
            logits.append(reader.trace(TEXT).logits[1])
            handle.remove()
        rise = (float(logits[0]) - float(logits[1])) / (2 * step)
        assert rise == pytest.approx(values[row, unit], rel=0.02, abs=2e-3)


def test_where_nothing_responds_the_whole_text_decides():
    parts = np.array([[0.0, 0, 0], [1, -4, 2], [1, 3, 2]])
    assert leading(parts, 0) == 2  # sums 2, −1, 4
    assert leading(parts, 1) == 1
