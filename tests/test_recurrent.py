"""Gates and states of recurrent cells, against step-by-step computations."""

import numpy as np
import pytest
import torch

from attnviz.recurrent import GRU, LSTM, RECURRENTS, CoupledLSTM, PeepholeLSTM, linear_recurrence

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


# The equations of the docstrings in NumPy float64: one step from x, h and c of one text.


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def lstm_step(w, x, h, c):
    i, f, g, o = np.split(
        w["weight_ih_l0"] @ x + w["bias_ih_l0"] + w["weight_hh_l0"] @ h + w["bias_hh_l0"], 4
    )
    return written(sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g), c)


def coupled_step(w, x, h, c):
    i, g, o = np.split(w["weight_ih"] @ x + w["weight_hh"] @ h + w["bias"], 3)
    return written(sigmoid(i), 1 - sigmoid(i), sigmoid(o), np.tanh(g), c)


def peephole_step(w, x, h, c):
    i, f, g, o = np.split(w["weight_ih"] @ x + w["weight_hh"] @ h + w["bias"], 4)
    to_i, to_f, to_o = w["peephole"]
    i, f, g = sigmoid(i + to_i * c), sigmoid(f + to_f * c), np.tanh(g)
    return written(i, f, sigmoid(o + to_o * (f * c + i * g)), g, c)


def written(i, f, o, g, c):
    cell = f * c + i * g
    gates = {"input": i, "forget": f, "output": o}
    return gates, {"candidate": g, "cell": cell, "hidden": o * np.tanh(cell)}


def gru_step(w, x, h, _):
    from_x = np.split(w["weight_ih_l0"] @ x + w["bias_ih_l0"], 3)
    from_h = np.split(w["weight_hh_l0"] @ h + w["bias_hh_l0"], 3)
    reset, update = (sigmoid(from_x[n] + from_h[n]) for n in (0, 1))
    new = np.tanh(from_x[2] + reset * from_h[2])
    hidden = (1 - update) * new + update * h
    return {"reset": reset, "update": update}, {"new": new, "hidden": hidden}


EQUATIONS = {LSTM: lstm_step, CoupledLSTM: coupled_step, PeepholeLSTM: peephole_step, GRU: gru_step}


def by_hand(cell, inputs, order, nudged=None, nudge=0.0) -> dict[str, np.ndarray]:
    """Gates and states (B, T, H); to the hidden state of step `nudged`, `nudge` (B, H) is added."""
    weights = {name: values.double().numpy() for name, values in cell.state_dict().items()}
    found = {}
    for number, text in enumerate(inputs.double().numpy()):
        h = c = np.zeros(HIDDEN)
        for step in order:
            gates, states = EQUATIONS[type(cell)](weights, text[step], h, c)
            if step == nudged:
                states["hidden"] = states["hidden"] + nudge[number]
            h, c = states["hidden"], states.get("cell")
            for name, values in (gates | states).items():
                found.setdefault(name, np.zeros((BATCH, STEPS, HIDDEN)))[number, step] = values
    return found


every_cell = pytest.mark.parametrize("kind", RECURRENTS.values(), ids=RECURRENTS)
both_ways = pytest.mark.parametrize("turn", [same, backwards])


@every_cell
@pytest.mark.parametrize(("turn", "order"), [(same, (0, 1, 2, 3, 4)), (backwards, (4, 3, 2, 1, 0))])
def test_gates_and_states_of_every_cell_equal_its_equations_step_by_step(kind, turn, order):
    cell, inputs = random_cell(kind)
    _, gates, states = traced(cell, inputs, turn)
    wanted = by_hand(cell, inputs, order)
    assert set(gates) | set(states) == set(wanted)
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


@torch.no_grad()
def test_gru_states_equal_gru_cell():
    cell, inputs = random_cell(GRU, seed=1)
    _, gates, states = traced(cell, inputs, same)
    reference = torch.nn.GRUCell(INPUTS, HIDDEN)
    reference.load_state_dict({n.removesuffix("_l0"): p for n, p in cell.state_dict().items()})
    h = torch.zeros(BATCH, HIDDEN)
    for step in range(STEPS):
        before, h = h, reference(inputs[:, step], h)
        torch.testing.assert_close(states["hidden"][:, step], h, atol=1e-5, rtol=0)
        # No gate is spare: the update gate mixes the old state and the new.
        update, new = gates["update"][:, step], states["new"][:, step]
        torch.testing.assert_close(update * before + (1 - update) * new, h, atol=1e-5, rtol=0)


def test_a_coupled_lstm_forgets_what_its_input_gate_replaces():
    _, gates, _ = traced(*random_cell(CoupledLSTM), same)
    torch.testing.assert_close(gates["forget"] + gates["input"], torch.ones(BATCH, STEPS, HIDDEN))


def test_a_peephole_lstm_without_peepholes_is_an_lstm():
    cell, inputs = random_cell(PeepholeLSTM)
    plain = LSTM(INPUTS, HIDDEN)
    with torch.no_grad():
        cell.peephole.zero_()
        plain.bias_hh_l0.zero_()
        plain.weight_ih_l0.copy_(cell.weight_ih)
        plain.weight_hh_l0.copy_(cell.weight_hh)
        plain.bias_ih_l0.copy_(cell.bias)
    torch.testing.assert_close(cell(inputs), plain(inputs), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", [LSTM, CoupledLSTM, PeepholeLSTM])
def test_what_each_token_wrote_adds_up_to_the_last_cell_state(kind):
    cell, inputs = random_cell(kind)
    _, gates, states = traced(cell, inputs, same)
    i, f = (gates[name].double().numpy() for name in ("input", "forget"))
    g = states["candidate"].double().numpy()
    total = sum(f[:, t + 1 :].prod(axis=1) * i[:, t] * g[:, t] for t in range(STEPS))
    np.testing.assert_allclose(states["cell"][:, -1].numpy(), total, atol=1e-5, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_linear_recurrence_by_hand(dtype):
    decay = torch.tensor([9.0, 0.5, 0.0, 2.0], dtype=dtype).view(1, 4, 1)  # nothing before step 0
    written = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=dtype).view(1, 4, 1)
    found = linear_recurrence(decay, written)
    assert found.dtype == dtype
    assert found.flatten().tolist() == [1.0, 2.5, 3.0, 10.0]
    assert written.flatten().tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_linear_recurrence_in_half_precision_rounds_once():
    written = torch.full((1, 4099, 1), 2**-12, dtype=torch.float16)
    assert linear_recurrence(torch.ones_like(written), written)[0, -1].item() == 1.0009765625


# Step by step.


@every_cell
def test_the_steps_of_every_cell_are_what_it_returns(kind):
    cell, inputs = random_cell(kind)
    steps = list(cell.steps(inputs))
    assert [step.shape for step in steps] == [(BATCH, HIDDEN)] * STEPS
    torch.testing.assert_close(torch.stack(steps, dim=1), cell(inputs), atol=1e-6, rtol=0)
    with torch.inference_mode():
        torch.testing.assert_close(torch.stack(steps, dim=1), cell(inputs), atol=1e-6, rtol=0)


@every_cell
@pytest.mark.parametrize("training", [False, True])
def test_the_gradient_of_a_step_goes_through_the_recurrence(kind, training):
    cell, inputs = random_cell(kind)
    cell.double().train(training)
    steps = list(cell.steps(inputs.double()))
    weights = np.random.default_rng(0).normal(size=(BATCH, HIDDEN))
    loss = (steps[-1] * torch.from_numpy(weights)).sum()
    gradients = torch.autograd.grad(loss, steps)
    for step, unit in [(0, 2), (1, 5), (3, 0)]:
        nudge, ends = np.zeros((BATCH, HIDDEN)), []
        for size in (1e-6, -1e-6):
            nudge[1, unit] = size
            hidden = by_hand(cell, inputs, range(STEPS), step, nudge)["hidden"]
            ends.append((hidden[:, -1] * weights).sum())
        wanted = (ends[0] - ends[1]) / 2e-6
        assert gradients[step][1, unit].item() == pytest.approx(wanted, abs=1e-7)
        assert abs(wanted) > 1e-6
    torch.testing.assert_close(gradients[-1], torch.from_numpy(weights))


@every_cell
@pytest.mark.parametrize("training", [False, True])
def test_gradients_of_every_cell_equal_difference_quotients(kind, training):
    cell, inputs = random_cell(kind)
    cell.double().train(training)
    inputs = inputs.double()
    weights = torch.randn(BATCH, STEPS, HIDDEN, dtype=torch.float64)
    (cell(inputs) * weights).sum().backward()
    for name, parameter in cell.named_parameters():
        for place in (0, parameter.numel() // 2, parameter.numel() - 1):
            losses = []
            for step in (1e-6, -2e-6):
                with torch.no_grad():
                    parameter.view(-1)[place] += step
                    losses.append((cell(inputs) * weights).sum().item())
            with torch.no_grad():
                parameter.view(-1)[place] += 1e-6
            slope = (losses[0] - losses[1]) / 2e-6
            assert parameter.grad.view(-1)[place].item() == pytest.approx(slope, abs=1e-7), name


# The contract of every row of RECURRENTS.


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


@every_cell
@both_ways
def test_reading_and_tracing_leave_inputs_and_weights_of_every_cell_alone(kind, turn):
    cell, inputs = random_cell(kind)
    for texts in (inputs, inputs[:1]):  # one text needs no copy to stand steps first
        before = [texts.clone(), *(values.clone() for values in cell.state_dict().values())]
        hidden, gates, states = traced(cell, texts, turn)
        again = traced(cell, texts, turn)
        for left, right in zip(before, [texts, *cell.state_dict().values()], strict=True):
            assert torch.equal(left, right)
        for left, right in zip(
            (hidden, *(gates | states).values()),
            (again[0], *(again[1] | again[2]).values()),
            strict=True,
        ):
            assert torch.equal(left, right)


@every_cell
@both_ways
def test_huge_inputs_stay_finite_in_every_cell(kind, turn):
    cell, inputs = random_cell(kind)
    hidden, gates, states = traced(cell, inputs * 1e6, turn)
    for values in (hidden, *gates.values(), *states.values()):
        assert values.isfinite().all()


@every_cell
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_cell_works_in_half_precision(kind, dtype):
    cell, inputs = random_cell(kind)
    _, gates, states = traced(cell, inputs, backwards)
    found = traced(cell.to(dtype), inputs.to(dtype), backwards)
    for name, values in (gates | states).items():
        half = (found[1] | found[2])[name]
        assert half.dtype == dtype
        torch.testing.assert_close(half.float(), values, atol=0.2, rtol=0)
