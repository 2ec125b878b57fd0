"""What the explanations cost beside one forward pass, and in milliseconds, for 60 tokens.

python -m tests.benchmarks.explanation_cost [MODEL]

The server's part of a view: what is computed and the rows of its chart, one thread. The goal is
100 ms for a waterfall, a memory map and a gate anatomy.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import sys
from functools import partial

import torch

from attnviz.charts.ledger import waterfall_rows
from attnviz.classifier import Classifier
from attnviz.explain.formulas import formulas
from attnviz.explain.gates import gate_anatomy
from attnviz.explain.ledger import vote_ledger
from attnviz.explain.memory import erasures, memory
from attnviz.explain.path import signal_path
from attnviz.explain.reach import gradient_reach
from attnviz.folders import PRETRAINED
from attnviz.panels import row_labels
from tests.benchmarks.pairs import line, ratios

TEXT = "It is not a bad film at all, and the cast gives everything they have. " * 4
TOKENS = 60


def main() -> None:
    folder = sys.argv[1] if len(sys.argv) > 1 else PRETRAINED / "en-sentiment"
    classifier = Classifier.from_pretrained(folder)
    text = " ".join(TEXT.split()[:TOKENS])
    trace = classifier.trace(text)
    ids = torch.tensor([classifier.tokenizer(text, add_special_tokens=False)["input_ids"]])
    last = len(trace.tokens) - 1
    gate = next(iter(trace.gates))
    calls = {
        "vote ledger and waterfall": lambda: waterfall_rows(
            vote_ledger(classifier, trace, 0, 1), row_labels(trace)
        ),
        "memory map and its sentences": lambda: erasures(memory(trace, last), 5),
        "gate anatomy": partial(gate_anatomy, classifier, trace, gate, 0, 0),
        "signal path": partial(signal_path, classifier, trace, last),
        "all formulas of one token": partial(formulas, classifier, trace, last, 0),
        "gradient view": partial(gradient_reach, classifier, trace, 0),
    }

    @torch.inference_mode()
    def forward():
        classifier.network(ids)

    print(f"{len(trace.tokens)} tokens, {folder}; explanation / plain forward pass")
    for name, call in calls.items():
        print(line(name, *ratios(call, forward, rounds=15)))


if __name__ == "__main__":
    main()
