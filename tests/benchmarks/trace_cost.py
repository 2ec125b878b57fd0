"""What it costs to look inside: `python -m tests.benchmarks.trace_cost`.

Medians of ratios between two things that were timed in turn in this run, with the lowest and the
highest; then the medians of both in milliseconds. One thread, no gradients, one text. The network
has the shipped model's shape and random weights; times do not depend on what it learned.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import sys
from pathlib import Path

import torch
from torch import nn

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.recurrent import LSTM
from attnviz.tokenization import load_tokenizer
from tests.benchmarks.pairs import line, ratios

MODEL = Path(__file__).parents[2] / "pretrained" / "en-sentiment"
SHAPES = ((32, 128), (256, 128), (512, 256))  # tokens, hidden size


def network(hidden_size: int, vocab_size: int) -> CnnLstmAttentionForSequenceClassification:
    config = CnnLstmAttentionConfig(
        vocab_size=vocab_size,
        embedding_size=300,
        filters=96,
        kernel_sizes=[1, 3, 5],
        hidden_size=hidden_size,
        bidirectional=True,
        max_tokens=1024,
    )
    return CnnLstmAttentionForSequenceClassification(config).eval()


def same(values: torch.Tensor) -> torch.Tensor:
    return values


def step_by_step(layer: LSTM, inputs: torch.Tensor) -> tuple[dict, dict]:
    """All gates and states by the textbook: one LSTMCell step after the other, its gates kept."""
    hidden = cell = inputs.new_zeros(len(inputs), layer.hidden_size)
    names = ("input", "forget", "output", "candidate", "cell", "hidden")
    kept = {name: [] for name in names}
    for step in inputs.unbind(1):
        activations = nn.functional.linear(step, layer.weight_ih_l0, layer.bias_ih_l0)
        activations = activations + nn.functional.linear(
            hidden, layer.weight_hh_l0, layer.bias_hh_l0
        )
        i, f, g, o = activations.chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        cell = f * cell + i * g
        hidden = o * cell.tanh()
        for name, value in zip(names, (i, f, o, g, cell, hidden), strict=True):
            kept[name].append(value)
    kept = {name: torch.stack(values, dim=1) for name, values in kept.items()}
    return {n: kept[n] for n in names[:3]}, {n: kept[n] for n in names[3:]}


def torch_cells(layer: LSTM, inputs: torch.Tensor):
    """A loop over `nn.LSTMCell`, which keeps its gates to itself: only hidden and cell states."""
    cell = nn.LSTMCell(layer.input_size, layer.hidden_size)
    cell.weight_ih, cell.weight_hh = layer.weight_ih_l0, layer.weight_hh_l0
    cell.bias_ih, cell.bias_hh = layer.bias_ih_l0, layer.bias_hh_l0

    def loop() -> tuple[torch.Tensor, torch.Tensor]:
        state, kept = None, []
        for step in inputs.unbind(1):
            state = cell(step, state)
            kept.append(state)
        return tuple(torch.stack(values, dim=1) for values in zip(*kept, strict=True))

    return loop


def of_the_layer(tokens: int, hidden_size: int) -> list[str]:
    layer, inputs = LSTM(288, hidden_size).eval(), torch.randn(1, tokens, 288)

    def ours():
        return layer.trace(inputs, layer(inputs), same)

    for mine, theirs in zip(ours(), step_by_step(layer, inputs), strict=True):
        for name, value in theirs.items():
            torch.testing.assert_close(mine[name], value, atol=1e-5, rtol=0)
    hidden = layer(inputs)
    alone = ratios(lambda: step_by_step(layer, inputs), lambda: layer.trace(inputs, hidden, same))
    loop = ratios(lambda: step_by_step(layer, inputs), ours)
    cells = ratios(torch_cells(layer, inputs), ours)
    fused = ratios(ours, lambda: layer(inputs))
    return [
        line("  step by step with gates / recovery of the gates (≥ 3)", *alone),
        line("  step by step with gates / fused + recovery", *loop),
        line("  nn.LSTMCell, no gates / fused + recovery", *cells),
        line("  fused + recovery / fused alone", *fused),
    ]


def of_the_network(tokens: int, hidden_size: int, tokenizer) -> list[str]:
    model = network(hidden_size, len(tokenizer))
    classifier = Classifier(model, tokenizer)
    text = " ".join(["film"] * tokens)
    ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
    assert ids.shape == (1, tokens), ids.shape
    mask = torch.ones_like(ids)

    def tokenize_and_run():
        encoded = tokenizer(text, add_special_tokens=False)["input_ids"]
        return model(torch.tensor([encoded]))

    network_only = ratios(lambda: model(ids, mask, output_trace=True), lambda: model(ids, mask))
    whole = ratios(lambda: classifier.trace(text), tokenize_and_run)
    return [
        line("  network with trace / without (≤ 1.25)", *network_only),
        line("  Classifier.trace / tokenize + network", *whole),
    ]


@torch.inference_mode()
def main() -> None:
    if not MODEL.is_dir():
        sys.exit(f"{MODEL} is missing: its tokenizer is needed")
    tokenizer = load_tokenizer(MODEL)
    for tokens, hidden_size in SHAPES:
        print(f"{tokens} tokens, hidden size {hidden_size}")
        for text in of_the_layer(tokens, hidden_size):
            print(text)
        for text in of_the_network(tokens, hidden_size, tokenizer):
            print(text, flush=True)


if __name__ == "__main__":
    main()
