"""The running mean of the weights: by hand, and after a run was cut off."""

from types import SimpleNamespace

import pytest
from torch import nn

from attnviz.training.averaging import Average


def network(value):
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, value)
    return layer


def step(average, layer, value, number):
    nn.init.constant_(layer.weight, value)
    average.on_step_end(None, SimpleNamespace(global_step=number), None)


def test_the_mean_by_hand():
    layer = network(8.0)
    average = Average(layer, 0.2)
    average.on_train_begin(None, None, None)
    step(average, layer, 3.0, 1)  # the decay is 2 / 11 at the first step
    assert float(average.mean[0]) == pytest.approx(8 * 2 / 11 + 3 * 9 / 11)
    step(average, layer, 5.0, 2)  # and 0.2 from the second on
    expected = 0.2 * (8 * 2 / 11 + 3 * 9 / 11) + 0.8 * 5
    with average.in_place():
        assert float(layer.weight.detach()) == pytest.approx(expected)
        assert float(average.mean[0]) == 5
    assert float(layer.weight.detach()) == 5


def test_without_a_decay_the_weights_stay(tmp_path):
    layer = network(8.0)
    average = Average(layer, 0.0)
    average.on_train_begin(None, None, None)
    step(average, layer, 3.0, 1)
    with average.in_place():
        assert float(layer.weight.detach()) == 3
    average.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_goes_on_has_the_mean_and_the_weights_of_its_checkpoint(tmp_path):
    layer = network(8.0)
    average = Average(layer, 0.2)
    average.on_train_begin(None, None, None)
    step(average, layer, 3.0, 1)
    with average.in_place():
        saved = float(layer.weight.detach())  # what Trainer writes into its checkpoint
        average.save(tmp_path)
    again = network(saved)  # as Trainer loads it
    resumed = Average(again, 0.2)
    resumed.restore(tmp_path)
    resumed.on_train_begin(None, None, None)
    assert float(again.weight.detach()) == 3
    assert float(resumed.mean[0]) == pytest.approx(float(average.mean[0]))
