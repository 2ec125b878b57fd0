"""Gates and states of recurrent cells, against step-by-step computations."""

import numpy as np
import pytest
import torch

from attnviz.recurrent import LSTM, RECURRENTS, linear_recurrence

BATCH, STEPS, INPUTS, HIDDEN = 2, 5, 3, 7


def same(values):
    return values


def backwards(values):
    return values.flip(1)


def random_cell(kind, seed: int = 0):
    torch.manual_seed(seed)
    cell = kind(INPUTS, HIDDEN)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.normal_()
    return cell, torch.randn(BATCH, STEPS, INPUTS)


def traced(cell, inputs, turn):
    with torch.inference_mode():
        hidden = turn(cell(turn(inputs)))
        return hidden, *cell.trace(inputs, hidden, turn)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def lstm_step_by_step(cell: LSTM, inputs: np.ndarray, order) -> dict[str, np.ndarray]:
    """The equations of the docstring in NumPy float64, one step at a time."""
    w, u = (cell.get_parameter(f"weight_{n}_l0").detach().double().numpy() for n in ("ih", "hh"))
    b = cell.bias_ih_l0.detach().double().numpy() + cell.bias_hh_l0.detach().double().numpy()
    names = ("input", "forget", "output", "candidate", "cell", "hidden")
    found = {name: np.zeros((BATCH, STEPS, HIDDEN)) for name in names}
    h = c = np.zeros((BATCH, HIDDEN))
    for step in order:
        i, f, g, o = np.split(inputs[:, step] @ w.T + h @ u.T + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        values = (sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g), c, h)
        for name, value in zip(names, values, strict=True):
            found[name][:, step] = value
    return found


@pytest.mark.parametrize(("turn", "order"), [(same, (0, 1, 2, 3, 4)), (backwards, (4, 3, 2, 1, 0))])
def test_lstm_gates_and_states_equal_its_equations_step_by_step(turn, order):
    cell, inputs = random_cell(LSTM)
    _, gates, states = traced(cell, inputs, turn)
    wanted = lstm_step_by_step(cell, inputs.double().numpy(), order)
    assert set(gates) | set(states) == set(wanted)
    assert set(gates) == {"input", "forget", "output"}
    for name, values in (gates | states).items():
        np.testing.assert_allclose(values.numpy(), wanted[name], atol=1e-5, rtol=0, err_msg=name)


@torch.no_grad()
def test_lstm_gates_and_states_equal_lstm_cell():
    cell, inputs = random_cell(LSTM, seed=1)
    _, gates, states = traced(cell, inputs, same)
    reference = torch.nn.LSTMCell(INPUTS, HIDDEN)
    reference.load_state_dict({n.removesuffix("_l0"): p for n, p in cell.state_dict().items()})
    h = c = torch.zeros(BATCH, HIDDEN)
    for step in range(STEPS):
        h, c = reference(inputs[:, step], (h, c))
        torch.testing.assert_close(states["hidden"][:, step], h, atol=1e-5, rtol=0)
        torch.testing.assert_close(states["cell"][:, step], c, atol=1e-5, rtol=0)
        # No gate is spare: the cell state is rebuilt from them.
        before = states["cell"][:, step - 1] if step else torch.zeros_like(c)
        written = gates["input"][:, step] * states["candidate"][:, step]
        kept = gates["forget"][:, step] * before
        torch.testing.assert_close(kept + written, c, atol=1e-5, rtol=0)
        shown = gates["output"][:, step] * torch.tanh(c)
        torch.testing.assert_close(shown, h, atol=1e-5, rtol=0)


def test_what_each_token_wrote_adds_up_to_the_last_cell_state():
    cell, inputs = random_cell(LSTM)
    _, gates, states = traced(cell, inputs, same)
    i, f = (gates[name].double().numpy() for name in ("input", "forget"))
    g = states["candidate"].double().numpy()
    total = sum(f[:, t + 1 :].prod(axis=1) * i[:, t] * g[:, t] for t in range(STEPS))
    np.testing.assert_allclose(states["cell"][:, -1].numpy(), total, atol=1e-5, rtol=0)


def test_a_linear_recurrence_by_hand():
    decay = torch.tensor([9.0, 0.5, 0.0, 2.0]).view(1, 4, 1)  # there is nothing before step 0
    written = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1)
    assert linear_recurrence(decay, written).flatten().tolist() == [1.0, 2.5, 3.0, 10.0]
    assert written.flatten().tolist() == [1.0, 2.0, 3.0, 4.0]


# The contract of every row of RECURRENTS.

every_cell = pytest.mark.parametrize("kind", RECURRENTS.values(), ids=RECURRENTS)
both_ways = pytest.mark.parametrize("turn", [same, backwards])


@every_cell
@both_ways
def test_gates_and_states_of_every_cell_have_a_row_for_every_token(kind, turn):
    hidden, gates, states = traced(*random_cell(kind), turn)
    assert hidden.shape == (BATCH, STEPS, HIDDEN)
    assert gates
    for values in (*gates.values(), *states.values()):
        assert values.shape == (BATCH, STEPS, HIDDEN)
    assert not set(gates) & set(states)


@every_cell
@both_ways
def test_gates_of_every_cell_lie_between_0_and_1_and_differ(kind, turn):
    _, gates, _ = traced(*random_cell(kind), turn)
    for gate in gates.values():
        assert gate.min() >= 0
        assert gate.max() <= 1
        assert gate.std() > 0.05


@every_cell
@both_ways
def test_the_hidden_state_of_every_cell_is_what_it_returned(kind, turn):
    hidden, _, states = traced(*random_cell(kind), turn)
    torch.testing.assert_close(states["hidden"], hidden, atol=0, rtol=0)


@every_cell
def test_every_cell_reads_in_its_order_and_never_ahead(kind):
    cell, inputs = random_cell(kind)
    changed = inputs.clone()
    changed[:, 3] += 5
    for turn, before, after in ((same, slice(0, 3), slice(3, 5)), (backwards, [4], slice(0, 4))):
        first, second = traced(cell, inputs, turn), traced(cell, changed, turn)
        pairs = [(first[0], second[0])]
        pairs += [(first[n][name], second[n][name]) for n in (1, 2) for name in first[n]]
        for left, right in pairs:
            torch.testing.assert_close(left[:, before], right[:, before], atol=1e-6, rtol=0)
            assert ((left - right)[:, after].abs().amax(dim=(0, 2)) > 1e-4).all()


@every_cell
@both_ways
def test_a_text_in_a_batch_gives_every_cell_the_same_numbers_as_alone(kind, turn):
    cell, inputs = random_cell(kind)
    hidden, gates, states = traced(cell, inputs, turn)
    for number in range(BATCH):
        alone = traced(cell, inputs[number : number + 1], turn)
        torch.testing.assert_close(alone[0][0], hidden[number], atol=1e-6, rtol=0)
        for name, values in (gates | states).items():
            one = (alone[1] | alone[2])[name][0]
            torch.testing.assert_close(one, values[number], atol=1e-6, rtol=0)


@every_cell
def test_one_token_is_enough_for_every_cell(kind):
    cell, inputs = random_cell(kind)
    whole, short = traced(cell, inputs, same), traced(cell, inputs[:, :1], same)
    for name, values in (short[1] | short[2]).items():
        full = (whole[1] | whole[2])[name]
        torch.testing.assert_close(values, full[:, :1], atol=1e-6, rtol=0)
