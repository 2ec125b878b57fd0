"""What each recurrent cell costs: `python -m tests.benchmarks.cell_cost`.

Medians of ratios to `torch.nn.LSTM` of the same size, both timed in turn in this run, with the
lowest and the highest; then the medians of both in milliseconds. One thread, random weights. For
scale, a naive loop over `nn.LSTMCell`.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch import Tensor, nn

from attnviz.recurrent import RECURRENTS
from tests.benchmarks.pairs import line, ratios

INPUTS = 288
SHAPES = ((32, 128), (256, 128), (512, 256))  # tokens, hidden size
BATCHES = (1, 32)


def same(values: Tensor) -> Tensor:
    return values


class Fused(nn.LSTM):
    """What all are measured by."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs)[0]


class Naive(nn.LSTMCell):
    """One step after the other."""

    def forward(self, inputs: Tensor) -> Tensor:
        state, kept = None, []
        for step in inputs.unbind(1):
            state = super().forward(step, state)
            kept.append(state[0])
        return torch.stack(kept, dim=1)


def reading(cell: nn.Module, inputs: Tensor):
    return torch.inference_mode()(lambda: cell(inputs))


def tracing(cell: nn.Module, inputs: Tensor):
    return torch.inference_mode()(lambda: cell.trace(inputs, cell(inputs), same))


def learning(cell: nn.Module, inputs: Tensor):
    def step() -> None:
        cell.zero_grad()
        cell(inputs).sum().backward()

    return step


def of_the_shape(tokens: int, hidden_size: int, batch: int):
    inputs = torch.randn(batch, tokens, INPUTS)
    rounds = max(5, min(41, 40_000 // (tokens * batch)))
    fused, *cells = (kind(INPUTS, hidden_size) for kind in (Fused, Naive, *RECURRENTS.values()))
    for name, cell in zip(("nn.LSTMCell, naive loop", *RECURRENTS), cells, strict=True):
        yield line(f"  {name}", *ratios(reading(cell, inputs), reading(fused, inputs), rounds))
        if hasattr(cell, "trace"):
            found = ratios(tracing(cell, inputs), reading(fused, inputs), rounds)
            yield line(f"  {name}, with trace", *found)
        found = ratios(learning(cell, inputs), learning(fused, inputs), rounds)
        yield line(f"  {name}, forward and backward", *found)


def main() -> None:
    torch.set_num_threads(1)
    for tokens, hidden_size in SHAPES:
        for batch in BATCHES:
            print(f"{tokens} tokens, hidden size {hidden_size}, batch {batch}", flush=True)
            for text in of_the_shape(tokens, hidden_size, batch):
                print(text, flush=True)


if __name__ == "__main__":
    main()
