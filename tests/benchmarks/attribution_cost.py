"""What attributions cost: `python -m tests.benchmarks.attribution_cost`.

Captum called plainly on the embeddings against ours, both timed in turn in this run on the same
number of threads: the median of plain / ours with the lowest and the highest ratio, the medians of
both in milliseconds. Then how many plain passes over the text each is worth, the pass timed in
turn with it, and how far their scores are apart at most, by the largest score.

Aims: occlusion at least 2.5 ×, integrated gradients (50 steps) at least 1.4 ×.
"""

import os

os.environ["OMP_NUM_THREADS"] = "2"


import numpy as np
import torch
from captum.attr import FeatureAblation, IntegratedGradients

from attnviz import threads as turns
from attnviz.classifier import Classifier
from attnviz.explain.attributions import STEPS, integrated_gradients, occlusion
from attnviz.trace import Trace
from tests.benchmarks.pairs import line, ratios

FOLDER = "pretrained/en-sentiment"
TEXT = (
    "I went in expecting very little, and for the first half hour I was right: the jokes fall "
    "flat and the hero is a bore. But then something wonderful happens. The old actress walks in, "
    "says one line, and the whole film wakes up. I cannot say it is a good film, yet I would not "
    "have missed that last hour for anything. "
)
TOKENS = {30: 31, 60: 15, 250: 5}  # tokens → rounds
LABEL = 1


def text_of(classifier: Classifier, tokens: int) -> Trace:
    """The trace of the first so many tokens of the text."""
    whole = classifier.trace(TEXT * 5)
    trace = classifier.trace(whole.text[: whole.offsets[tokens - 1][1]])
    assert len(trace.tokens) == tokens
    return trace


def plain(classifier: Classifier, trace: Trace) -> dict:
    """Captum as its documentation calls it, on the embeddings."""
    values = torch.tensor(trace.embeddings)[None]
    words = torch.tensor(trace.words)[None, :, None]

    def logits(embeddings: torch.Tensor) -> torch.Tensor:
        return classifier.network(inputs_embeds=embeddings).logits

    def ablate() -> np.ndarray:
        found = FeatureAblation(logits).attribute(values, target=LABEL, feature_mask=words)
        return found[0, :, 0].numpy()

    def integrate() -> np.ndarray:
        found = IntegratedGradients(logits).attribute(values, target=LABEL, n_steps=STEPS)
        return found.detach().sum(2)[0].numpy()

    return {"occlusion": ablate, "integrated gradients": integrate}


def ours(classifier: Classifier, trace: Trace) -> dict:
    return {
        "occlusion": lambda: occlusion(classifier, trace, LABEL),
        "integrated gradients": lambda: integrated_gradients(classifier, trace, LABEL),
    }


def of_a_text(classifier: Classifier, trace: Trace, rounds: int):
    values = torch.tensor(trace.embeddings)[None]
    single = torch.inference_mode()(lambda: classifier.network(inputs_embeds=values))
    one, other = plain(classifier, trace), ours(classifier, trace)
    for name in one:
        yield line(f"  {name}: plain Captum / ours", *ratios(one[name], other[name], rounds))
        for who, call in (("plain", one[name]), ("ours", other[name])):
            yield line(f"  {name}: {who}, in passes", *ratios(call, single, 3))
        expected = one[name]()
        error = np.abs(other[name]() - expected).max() / np.abs(expected).max()
        yield f"  {name}: largest difference {error:.1e} of the largest score"


def main() -> None:
    classifier = Classifier.from_pretrained(FOLDER)
    for threads in (2, 1):
        torch.set_num_threads(threads)
        turns._ALL = threads  # ours too
        for tokens, rounds in TOKENS.items():
            trace = text_of(classifier, tokens)
            count = len(set(trace.words))
            print(f"{tokens} tokens, {count} words, {threads} thread(s)", flush=True)
            for text in of_a_text(classifier, trace, rounds):
                print(text, flush=True)


if __name__ == "__main__":
    main()
