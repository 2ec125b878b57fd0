"""Recurrent cells that tell what their gates did.

The contract of every cell: `cell(input_size, hidden_size)` builds one layer in one direction;
calling it with inputs (B, T, I) in the order of reading returns hidden states (B, T, H);
`cell.steps(inputs)` yields the same states (B, H) one by one, each a node of the autograd graph;
`cell.trace(inputs, hidden, turn)` with both in the order of the text returns two dicts, gates and
states, name → (B, T, H). `turn` takes (B, T, …) from one order to the other and back.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from attnviz.padding import Turn

Traced = tuple[dict[str, Tensor], dict[str, Tensor]]


class LSTM(nn.LSTM):
    """Long short-term memory with forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

    i, f, o = σ(W x_t + U h_{t-1} + b), g = tanh(…), c_t = f c_{t-1} + i g, h_t = o tanh(c_t).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs)[0]

    def steps(self, inputs: Tensor) -> Iterator[Tensor]:
        state = None
        for step in inputs.split(1, dim=1):
            _, (hidden, cell) = super().forward(step, state)
            hidden = hidden[0]  # (B, H); the next step reads the very node that is yielded
            state = hidden[None], cell
            yield hidden

    def trace(self, inputs: Tensor, hidden: Tensor, turn: Turn) -> Traced:
        """Gates input, forget, output and states candidate, cell, hidden, each (B, T, H).

        The fused layer hides its gates, but once it has run every h_{t-1} is known: one matrix
        product over (x_t, h_{t-1}) recovers all gates of all steps, and only c_t is left to an
        elementwise recurrence. Equal to a step-by-step `nn.LSTMCell` to about 1e-6.
        """
        bias = self.bias_ih_l0 + self.bias_hh_l0
        activations = _activations(inputs, hidden, turn, self.weight_ih_l0, self.weight_hh_l0, bias)
        i, f, g, o = activations.chunk(4, dim=-1)  # PyTorch's order
        return _lstm_trace(i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh(), hidden, turn)


class CoupledLSTM(nn.Module):
    """LSTM whose forget gate is what the input gate leaves: f = 1 − i (Greff et al. 2017, CIFG).

    Since 1 − σ(x) = σ(−x), it is an `nn.LSTM` whose forget rows are the negated input rows, and
    that is how it is computed. Rows of the parameters: input, candidate, output, each H.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(3 * hidden_size))
        _initialise(self.weight_ih, self.weight_hh)

    def forward(self, inputs: Tensor) -> Tensor:
        return self._run(inputs, self._start(inputs), self._weights())[0]

    def steps(self, inputs: Tensor) -> Iterator[Tensor]:
        state, weights = self._start(inputs), self._weights()
        for step in inputs.split(1, dim=1):
            _, hidden, cell = self._run(step, state, weights)
            hidden = hidden[0]  # (B, H); the next step reads the very node that is yielded
            state = hidden[None], cell
            yield hidden

    def _run(self, inputs: Tensor, state: tuple, weights: list[Tensor]) -> tuple:
        """The kernel behind `nn.LSTM`: hidden states (B, T, H), last hidden and cell state."""
        return torch.lstm(inputs, state, weights, True, 1, 0.0, self.training, False, True)

    def _start(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        zeros = inputs.new_zeros(1, inputs.shape[0], self.weight_hh.shape[1])  # len: no export
        return zeros, zeros

    def _weights(self) -> list[Tensor]:
        rows = [_with_forget_rows(rows) for rows in (self.weight_ih, self.weight_hh, self.bias)]
        return [*rows, torch.zeros_like(rows[-1])]

    def trace(self, inputs: Tensor, hidden: Tensor, turn: Turn) -> Traced:
        """As `LSTM.trace`; the gates input and forget sum to 1."""
        activations = _activations(inputs, hidden, turn, self.weight_ih, self.weight_hh, self.bias)
        i, g, o = activations.chunk(3, dim=-1)
        return _lstm_trace(i.sigmoid(), (-i).sigmoid(), o.sigmoid(), g.tanh(), hidden, turn)


class PeepholeLSTM(nn.Module):
    """LSTM whose gates also see the cell state (Gers & Schmidhuber 2000; Gers et al. 2002, eq. 2).

    i, f = σ(W x_t + U h_{t-1} + p c_{t-1} + b), g = tanh(W x_t + U h_{t-1} + b),
    c_t = f c_{t-1} + i g, o = σ(W x_t + U h_{t-1} + p c_t + b), h_t = o tanh(c_t).
    No library has a fused kernel for it: the input's part of all gates is one matrix product, the
    rest a loop. Rows of the parameters: input, forget, candidate, output, each H; of `peephole`
    (3, H): input, forget, output.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size))
        self.peephole = nn.Parameter(torch.zeros(3, hidden_size))
        _initialise(self.weight_ih, self.weight_hh)

    def forward(self, inputs: Tensor) -> Tensor:
        if torch.jit.is_tracing() and torch.onnx.is_in_onnx_export():
            return self._onnx(inputs)
        if torch.is_grad_enabled():
            return torch.stack(list(self.steps(inputs)), dim=1)
        # The same in place: half as fast again on one text, but it leaves nothing to derive from.
        parts, recurrent = self._prepared(inputs)
        size = self.peephole.shape[1]
        hidden, cell = parts.new_zeros(2, parts.shape[1], size)  # each (B, H)
        found = parts.new_empty(len(parts), *cell.shape)  # (T, B, H)
        i_f = parts[..., : 2 * size].unflatten(2, (2, size))  # (T, B, 2, H)
        both, last = self.peephole[:2], self.peephole[2]
        steps = (parts, i_f, *i_f.unbind(2), *parts[..., 2 * size :].chunk(2, dim=2), found)
        for part, gates, i, f, g, o, now in zip(*steps, strict=True):
            part.addmm_(hidden, recurrent)
            gates.addcmul_(both, cell[:, None]).sigmoid_()
            cell.mul_(f).addcmul_(i, g.tanh_())
            o.addcmul_(last, cell).sigmoid_()
            hidden = torch.tanh(cell, out=now).mul_(o)
        return found.transpose(0, 1)

    def _onnx(self, inputs: Tensor) -> Tensor:
        """As ONNX's own LSTM, which has peepholes; a trace of the loop would fit one length."""
        i, f, g, o = range(4)  # here; there: input, output, forget, candidate
        size = self.hidden_size
        weight_ih, weight_hh, bias = (
            values.unflatten(0, (4, size))[[i, o, f, g]].flatten(0, 1)[None]  # (1, 4H, …)
            for values in (self.weight_ih, self.weight_hh, self.bias)
        )
        bias = torch.cat([bias, torch.zeros_like(bias)], dim=1)  # (1, 8H): of inputs, of states
        peephole = self.peephole[[0, 2, 1]].reshape(1, 3 * size)
        lengths = torch.ones_like(inputs[:, :, 0], dtype=torch.int32).sum(1, dtype=torch.int32)
        start = inputs.new_zeros(1, inputs.shape[0], size)
        layer = (weight_ih, weight_hh, bias, lengths, start, start, peephole)
        return _OnnxLSTM.apply(inputs.transpose(0, 1), *layer, size)[:, 0].transpose(0, 1)

    def steps(self, inputs: Tensor) -> Iterator[Tensor]:
        parts, recurrent = self._prepared(inputs)
        size = self.peephole.shape[1]
        both, last = self.peephole[:2].reshape(1, 2, size), self.peephole[2]
        hidden = cell = parts.new_zeros(parts.shape[1], size)  # (B, H)
        for part in parts:
            activations = torch.addmm(part, hidden, recurrent)  # (B, 4H)
            i_f = activations[:, : 2 * size].unflatten(1, (2, size))
            i, f = torch.addcmul(i_f, both, cell[:, None]).sigmoid().unbind(1)
            cell = torch.addcmul(f * cell, i, activations[:, 2 * size : 3 * size].tanh())
            output = torch.addcmul(activations[:, 3 * size :], last, cell).sigmoid()
            hidden = output * cell.tanh()
            yield hidden

    def _prepared(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """What the input adds to the activations (T, B, 4H); the recurrent weights (H, 4H)."""
        parts = functional.linear(inputs, self.weight_ih, self.bias)
        return _steps_first(parts), self.weight_hh.t().contiguous()

    @torch.no_grad()
    def trace(self, inputs: Tensor, hidden: Tensor, turn: Turn) -> Traced:
        """As `LSTM.trace`, but input and forget gates need the loop too: they see c_{t-1}."""
        activations = _activations(inputs, hidden, turn, self.weight_ih, self.weight_hh, self.bias)
        size = self.peephole.shape[1]
        i_f, g, o = activations.split([2 * size, size, size], dim=-1)
        candidate, last = g.tanh(), self.peephole[2]
        gates = _steps_first(turn(i_f)).unflatten(2, (2, size))  # (T, B, 2, H)
        cells = _steps_first(turn(candidate))  # (T, B, H)
        before = torch.zeros_like(cells[0])
        for both, i, f, cell in zip(gates, *gates.unbind(2), cells, strict=True):
            both.addcmul_(self.peephole[:2], before[:, None]).sigmoid_()
            before = cell.mul_(i).addcmul_(f, before)
        inward, forget = (turn(gate.transpose(0, 1)) for gate in gates.unbind(2))
        cell = turn(cells.transpose(0, 1))
        output = torch.addcmul(o, last, cell).sigmoid_()
        gates = {"input": inward, "forget": forget, "output": output}
        return gates, {"candidate": candidate, "cell": cell, "hidden": hidden}


class _OnnxLSTM(torch.autograd.Function):
    """The operator of ONNX; while a network is exported, only the shape of its result is read."""

    @staticmethod
    def forward(ctx, inputs: Tensor, *layer) -> Tensor:
        return inputs.new_zeros(inputs.shape[0], 1, inputs.shape[1], layer[-1])  # (T, 1, B, H)

    @staticmethod
    def symbolic(g, inputs, *layer):
        return g.op("LSTM", inputs, *layer[:-1], hidden_size_i=layer[-1])


class GRU(nn.GRU):
    """Gated recurrent unit (Cho et al. 2014, eq. 5–8, as PyTorch and cuDNN write it).

    r, z = σ(W x_t + U h_{t-1} + b), n = tanh(W x_t + b + r (U h_{t-1} + b')),
    h_t = (1 − z) n + z h_{t-1}: the update gate z says how much of the old state is kept.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs)[0]

    def steps(self, inputs: Tensor) -> Iterator[Tensor]:
        state = None
        for step in inputs.split(1, dim=1):
            hidden = super().forward(step, state)[1][0]  # (B, H)
            state = hidden[None]
            yield hidden

    def trace(self, inputs: Tensor, hidden: Tensor, turn: Turn) -> Traced:
        """Gates reset, update and states new, hidden, each (B, T, H), in two matrix products."""
        size = self.hidden_size
        previous = _previous(hidden, turn)
        read = functional.linear(inputs, self.weight_ih_l0, self.bias_ih_l0)  # (B, T, 3H)
        kept = functional.linear(previous, self.weight_hh_l0, self.bias_hh_l0)
        reset, update = (read[..., : 2 * size] + kept[..., : 2 * size]).sigmoid().chunk(2, dim=-1)
        new = torch.addcmul(read[..., 2 * size :], reset, kept[..., 2 * size :]).tanh()
        return {"reset": reset, "update": update}, {"new": new, "hidden": hidden}


def linear_recurrence(decay: Tensor, written: Tensor) -> Tensor:
    """c_t = decay_t c_{t-1} + written_t from c_0 = 0, all (B, T, H); not differentiable.

    A plain loop: cumulative sums of logarithms would overflow where a gate closes, and dividing
    the hidden state by the output gate loses digits. In NumPy, whose calls on small arrays cost a
    third of torch's but which knows no bfloat16.
    """
    dtype = torch.promote_types(written.dtype, torch.float32)
    decays, result = (
        _steps_first(values.detach().cpu().to(dtype)).numpy() for values in (decay, written)
    )
    for kept, before, now in zip(decays[1:], result, result[1:], strict=False):
        now += kept * before
    return torch.from_numpy(result).transpose(0, 1).to(written)


def _steps_first(values: Tensor) -> Tensor:
    """(B, T, H) → a contiguous copy (T, B, H)."""
    return values.transpose(0, 1).clone(memory_format=torch.contiguous_format)


def _previous(hidden: Tensor, turn: Turn) -> Tensor:
    """h_{t-1} (B, T, H), in the order of the text; h_0 = 0."""
    return turn(functional.pad(turn(hidden)[:, :-1], (0, 0, 1, 0)))


def _activations(
    inputs: Tensor, hidden: Tensor, turn: Turn, weight_ih: Tensor, weight_hh: Tensor, bias: Tensor
) -> Tensor:
    """W x_t + U h_{t-1} + b of all steps (B, T, rows) at once."""
    activations = functional.linear(inputs, weight_ih, bias).flatten(0, 1)
    previous = _previous(hidden, turn).flatten(0, 1)
    return torch.addmm(activations, previous, weight_hh.t()).unflatten(0, inputs.shape[:2])


def _lstm_trace(i: Tensor, f: Tensor, o: Tensor, g: Tensor, hidden: Tensor, turn: Turn) -> Traced:
    cell = turn(linear_recurrence(turn(f), turn(i * g)))
    return {"input": i, "forget": f, "output": o}, {"candidate": g, "cell": cell, "hidden": hidden}


def _with_forget_rows(rows: Tensor) -> Tensor:
    """Input, candidate, output → input, forget, candidate, output."""
    i, g, o = rows.chunk(3)
    return torch.cat([i, -i, g, o])


def _initialise(weight_ih: Tensor, weight_hh: Tensor) -> None:
    nn.init.xavier_uniform_(weight_ih)
    nn.init.orthogonal_(weight_hh)


RECURRENTS = {
    "lstm": LSTM,
    "coupled_lstm": CoupledLSTM,
    "peephole_lstm": PeepholeLSTM,
    "gru": GRU,
}
