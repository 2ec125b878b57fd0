"""Whether attention lies where a fault was, though nobody said when: and in another day's interval.

python -m tests.benchmarks.attention_in_intervals MODEL pv/test.npz [--most 0.6]

Of the days that the model reads rightly and whose fault lasts at most a share of the day: how much
of the attention lies inside the day's own labelled interval, how much inside the interval of
another such day (a random other, the same for every model), and what share of the day it is.
"""

import argparse

import numpy as np

from attnviz.classifier import Classifier
from attnviz.samples import read_samples


def shares(classifier: Classifier, file: str, most: float, seed: int = 0) -> dict[str, np.ndarray]:
    """Fault → (N, 3): attention in the own interval, in another's, and the interval's share."""
    samples = [sample for sample in read_samples(file, kind="series") if sample.marks]
    predicted = classifier.predict(samples).labels
    rows: dict[str, list] = {}
    for sample, label in zip(samples, predicted, strict=True):
        if label != sample.label:
            continue
        trace = classifier.trace(sample)
        first, last, _what = trace.marks[0]
        if last - first <= most * len(trace.tokens):
            rows.setdefault(label, []).append((trace.attention.mean(1), first, last))
    generator = np.random.default_rng(seed)
    every = [(first, last) for found in rows.values() for _, first, last in found]
    result = {}
    for label, found in rows.items():
        measured = []
        for attention, first, last in found:
            others = [place for place in every if place != (first, last)]
            begin, end = others[generator.integers(len(others))]
            share = (last - first) / len(attention)
            measured.append((attention[first:last].sum(), attention[begin:end].sum(), share))
        result[label] = np.array(measured)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("file")
    parser.add_argument("--most", type=float, default=0.6)
    options = parser.parse_args()
    for model in options.models:
        found = shares(Classifier.from_pretrained(model), options.file, options.most)
        everything = np.concatenate(list(found.values()))
        for label, part in [*sorted(found.items()), ("all", everything)]:
            own, other, share = part.mean(axis=0)
            print(
                f"{model}: {label}: {len(part)} days, attention inside {own:.1%}, inside another "
                f"day's interval {other:.1%}, which are {share:.1%} of the day"
            )


if __name__ == "__main__":
    main()
