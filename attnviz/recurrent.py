"""Recurrent cells that tell what their gates did.

The contract of every cell: `cell(input_size, hidden_size)` builds one layer in one direction;
calling it with inputs (B, T, I) in the order of reading returns hidden states (B, T, H);
`cell.trace(inputs, hidden, turn)` with both in the order of the text returns two dicts, gates and
states, name → (B, T, H). `turn` takes (B, T, …) from one order to the other and back.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


class LSTM(nn.LSTM):
    """Long short-term memory with forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

    i, f, o = σ(W x_t + U h_{t-1} + b), g = tanh(…), c_t = f c_{t-1} + i g, h_t = o tanh(c_t).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs)[0]

    def trace(
        self, inputs: Tensor, hidden: Tensor, turn: Callable[[Tensor], Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Gates input, forget, output and states candidate, cell, hidden, each (B, T, H).

        The fused layer hides its gates, but once it has run every h_{t-1} is known: one matrix
        product over (x_t, h_{t-1}) recovers all gates of all steps, and only c_t is left to an
        elementwise recurrence. Equal to a step-by-step `nn.LSTMCell` to about 1e-6.
        """
        previous = turn(functional.pad(turn(hidden)[:, :-1], (0, 0, 1, 0)))  # (B, T, H), h_0 = 0
        bias = self.bias_ih_l0 + self.bias_hh_l0
        activations = functional.linear(inputs, self.weight_ih_l0, bias).flatten(0, 1)
        activations = torch.addmm(activations, previous.flatten(0, 1), self.weight_hh_l0.t())
        i, f, g, o = activations.unflatten(0, inputs.shape[:2]).chunk(4, dim=-1)  # PyTorch's order
        gates = {"input": i.sigmoid(), "forget": f.sigmoid(), "output": o.sigmoid()}
        candidate = g.tanh()
        cell = turn(linear_recurrence(turn(gates["forget"]), turn(gates["input"] * candidate)))
        return gates, {"candidate": candidate, "cell": cell, "hidden": hidden}


def linear_recurrence(decay: Tensor, written: Tensor) -> Tensor:
    """c_t = decay_t c_{t-1} + written_t from c_0 = 0, all (B, T, H); not differentiable.

    A plain loop: cumulative sums of logarithms would overflow where a gate closes, and dividing
    the hidden state by the output gate loses digits. In NumPy, whose calls on small arrays cost a
    third of torch's.
    """
    decays, result = (
        values.detach().cpu().transpose(0, 1).contiguous().numpy()  # (T, B, H)
        for values in (decay, written.clone())
    )
    for kept, before, now in zip(decays[1:], result, result[1:], strict=False):
        now += kept * before
    return torch.from_numpy(result).transpose(0, 1).to(written.device)


RECURRENTS = {"lstm": LSTM}
