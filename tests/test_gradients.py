"""Gradients through the recurrence are those of a loop that anybody would write."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from attnviz.gradients import by_distance_from_the_end, state_gradients
from attnviz.recurrent import RECURRENTS

LENGTHS = (7, 2, 5)
MASK = (torch.arange(7)[None] < torch.tensor(LENGTHS)[:, None]).long()
LABELS = torch.tensor([2, 0, 1])


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(1, 300, (3, 7), generator=torch.Generator().manual_seed(0))


def loss(logits: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(logits, LABELS[: len(logits)], reduction="sum")


def looped_states(network, inputs: torch.Tensor) -> list[list[torch.Tensor]]:
    """States of the last layer of one text (1, T, I), for each direction in its order."""
    layers = network.recurrent.layers
    for number, cells in enumerate(layers):
        found = []
        for cell, order in zip(cells, (range(inputs.shape[1]), None), strict=False):
            order = order or range(inputs.shape[1])[::-1]
            step = nn.LSTMCell(cell.input_size, cell.hidden_size)
            for name, value in cell.named_parameters():
                getattr(step, name.removesuffix("_l0")).data = value.data
            state, states = None, []
            for place in order:
                state = step(inputs[:, place], state)
                if number == len(layers) - 1:
                    state[0].retain_grad()
                states.append(state[0])
            found.append(states)
        forward, backward = found
        inputs = torch.cat([torch.stack(forward, 1), torch.stack(backward[::-1], 1)], dim=-1)
    found.append(inputs)
    return found


def test_the_norms_are_those_of_a_plain_loop_text_by_text(build_network, ids):
    network = build_network()
    norms = state_gradients(network, {"input_ids": ids, "attention_mask": MASK}, loss)
    assert norms.shape == (3, 2, 7)
    assert norms.dtype == np.float32
    for row, length in enumerate(LENGTHS):
        mask = torch.ones(1, length, dtype=torch.bool)
        read, _ = network.convolutions(network.embedding(ids[row : row + 1, :length]), mask, False)
        *directions, states = looped_states(network, read)
        attended = network.attention(states, mask)
        context = (attended.weights * attended.values).sum(1).flatten(1)
        functional.cross_entropy(network.head(context), LABELS[row : row + 1]).backward()
        for number, steps in enumerate(directions):
            wanted = [float(state.grad.norm()) for state in steps]
            np.testing.assert_allclose(norms[row, number, :length], wanted, rtol=1e-4)
            assert (norms[row, number, length:] == 0).all()


@pytest.mark.parametrize("kind", RECURRENTS)
@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_last_state_has_the_direct_gradient_alone_in_every_cell(
    build_network, ids, kind, bidirectional
):
    """Nothing is read after it, so only attention and head stand between it and the logits."""
    network = build_network(recurrent=kind, bidirectional=bidirectional)
    seen = {}

    def keep(module, inputs, output):
        seen["states"] = inputs[0].detach().requires_grad_()

    handle = network.attention.register_forward_hook(keep)
    norms = state_gradients(network, {"input_ids": ids, "attention_mask": MASK}, loss)
    handle.remove()
    attended = network.attention(seen["states"], MASK.bool())
    context = (attended.weights * attended.values).sum(1).flatten(1)
    loss(network.head(context)).backward()
    direct = seen["states"].grad.unflatten(2, (-1, 11)).norm(dim=3)  # (B, T, D)
    assert norms.shape == (3, 1 + bidirectional, 7)
    for row, length in enumerate(LENGTHS):
        last = [direct[row, length - 1, 0], direct[row, 0, -1]][: 1 + bidirectional]
        np.testing.assert_allclose(norms[row, :, length - 1], last, rtol=1e-4)
        assert (norms[row, :, :length] > 0).all()
        assert (norms[row, :, length:] == 0).all()
        if length > 1:
            assert not np.allclose(norms[row, 0, 0], direct[row, 0, 0], rtol=1e-3)


@pytest.mark.parametrize("kind", RECURRENTS)
def test_a_text_has_the_same_gradient_alone_and_in_a_batch(build_network, ids, kind):
    network = build_network(recurrent=kind)
    together = state_gradients(network, {"input_ids": ids, "attention_mask": MASK}, loss)
    for row, length in enumerate(LENGTHS):
        label = LABELS[row : row + 1]
        text = {"input_ids": ids[row : row + 1], "attention_mask": MASK[row : row + 1]}
        alone = state_gradients(
            network,
            {name: part[:, :length] for name, part in text.items()},
            lambda logits, label=label: functional.cross_entropy(logits, label),
        )
        np.testing.assert_allclose(together[row, :, :length], alone[0], rtol=1e-4, atol=1e-8)


def test_the_network_is_left_as_it_was(build_network, ids):
    network = build_network()
    before = network(ids, MASK).logits
    with torch.no_grad():
        state_gradients(network, {"input_ids": ids, "attention_mask": MASK}, loss)
    assert torch.equal(network(ids, MASK).logits, before)
    assert all(parameter.grad is None for parameter in network.parameters())
    for cell in network.recurrent.modules():
        assert "forward" not in vars(cell)


def test_it_is_left_as_it_was_even_after_an_error(build_network, ids):
    network = build_network()
    with pytest.raises(ZeroDivisionError):
        state_gradients(network, {"input_ids": ids, "attention_mask": MASK}, lambda logits: 1 / 0)
    assert not any("forward" in vars(cell) for cell in network.recurrent.modules())


def test_a_network_without_recurrence_has_no_direction(build_network, ids):
    batch = {"input_ids": ids, "attention_mask": MASK}
    assert state_gradients(build_network(order="cnn"), batch, loss).shape == (3, 0, 7)


# What the curve is for.


@pytest.mark.parametrize(("strength", "falls"), [(0.1, True), (1.0, True), (6.0, False)])
def test_the_curve_of_a_network_at_rest_vanishes_or_explodes_as_computed_by_hand(
    build_network, strength, falls
):
    """Only the last state is read; at rest all states are 0, all gates 1/2 and tanh is linear.

    Then c' = c/2 + s h/2 and h' = c'/2, so that ∂h_T/∂h_{T-d} = s/4 · (1/2 + s/4)^(d-1): a
    recurrent weight s below 2 makes the gradient vanish, one above 2 makes it explode.
    """
    network = build_network(
        **{"order": "lstm", "attention": "last", "num_hidden_layers": 1, "bidirectional": False}
    )
    cell = network.recurrent.layers[0][0]
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.weight_hh_l0[22:33] = strength * torch.eye(11)  # rows of the candidate
    ids = torch.ones(5, 31, dtype=torch.long)
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    norms = state_gradients(network, batch, lambda logits: logits.sum())
    found = by_distance_from_the_end(norms[:, 0], np.full(5, 31))
    wanted = [1, *(strength / 4 * (0.5 + strength / 4) ** (d - 1) for d in range(1, 31))]
    np.testing.assert_allclose(found / found[0], wanted, rtol=1e-4)
    assert (np.diff(found) < 0).all() if falls else (np.diff(found) > 0).all()


def test_means_by_distance_are_taken_from_each_texts_own_end():
    norms = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0], [5, 6, 0, 0, 0]], dtype=np.float32)
    found = by_distance_from_the_end(norms, np.array([3, 1, 2]))
    np.testing.assert_allclose(found, [(3 + 4 + 6) / 3, (2 + 5) / 2, 1])


def test_a_gradient_of_nothing_counts_as_nothing_where_there_is_a_token():
    found = by_distance_from_the_end(np.array([[0.0, 2.0], [4.0, 0.0]]), np.array([2, 1]))
    np.testing.assert_allclose(found, [3, 0])
