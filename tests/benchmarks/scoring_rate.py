"""What scoring a file costs beside what it must:

python -m tests.benchmarks.scoring_rate [MODEL] [TEXTS] [ROUNDS]

Rows a second of `score_run` (tokenizing, evidence from the inside, Parquet files) as a ratio to
those of two loops over the same texts that keep nothing:

- bare forward passes, a chunk at a time in the very same batches;
- naive: 64 texts in the file's order, each batch padded to its longest text.

Median, lowest and highest of ratios timed in turn in this run, on two threads, or on one with
OMP_NUM_THREADS=1. The texts are the sample's sentences, 1 to 25 of them in a row: most short, some
long, as people write.
"""

import random
import shutil
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import torch

from attnviz.classifier import Classifier, buckets
from attnviz.data import read_table
from attnviz.folders import PRETRAINED
from attnviz.inspection.reading import BATCH_SIZE
from attnviz.inspection.scoring import score_run
from attnviz.runs.schema import CHUNK
from attnviz.threads import threads
from tests.benchmarks.pairs import ratios
from tests.scored_runs import make_run

SAMPLE = Path(__file__).parents[2] / "attnviz" / "ui" / "samples" / "reviews_en.csv"
LONGEST = 25  # sentences of a text


def mixed_texts(count: int, seed: int = 0) -> list[str]:
    """Texts of 1 … 25 sentences, as many of 1 as of 5 … 25: lengths even on a logarithmic scale."""
    chance = random.Random(seed)
    sentences = [
        part.strip() + "."
        for text in read_table(SAMPLE).column("text")
        for part in text.split(".")
        if part.strip()
    ]
    sizes = [int(LONGEST ** chance.random()) for _ in range(count)]
    return [" ".join(chance.choices(sentences, k=size)) for size in sizes]


@torch.inference_mode()
def bare(classifier: Classifier, texts: list[str]) -> None:
    """Forward passes in the batches of `score_run`."""
    for start in range(0, len(texts), CHUNK):
        pieces = _read(classifier, texts[start : start + CHUNK])
        for numbers in buckets([len(ids) for ids in pieces], BATCH_SIZE):
            _forward(classifier, [pieces[number] for number in numbers])


@torch.inference_mode()
def naive(classifier: Classifier, texts: list[str]) -> None:
    """Forward passes in the file's order."""
    for start in range(0, len(texts), BATCH_SIZE):
        _forward(classifier, _read(classifier, texts[start : start + BATCH_SIZE]))


def _read(classifier: Classifier, texts: list[str]) -> list[list[int]]:
    most = classifier.network.config.max_tokens
    return [ids[:most] for ids in classifier.encode(texts)]


def _forward(classifier: Classifier, pieces: list[list[int]]) -> None:
    batch = classifier.tokenizer.pad({"input_ids": pieces}, return_tensors="pt")
    with threads(2):
        classifier.network(batch["input_ids"], batch["attention_mask"])


def scored(classifier: Classifier, run) -> None:
    shutil.rmtree(run.folder / "scores", ignore_errors=True)
    score_run(classifier, run)


def line(name: str, texts: int, found: list[float], one: float, other: float) -> str:
    middle, rates = statistics.median(found), (1000 * texts / time for time in (other, one))
    spread = f"{min(found):.2f}–{max(found):.2f}"
    return "{:<46} {:5.2f} ×  ({})   {:,.0f} / {:,.0f} rows/s".format(name, middle, spread, *rates)


def main() -> None:
    given = dict(enumerate(sys.argv))
    classifier = Classifier.from_pretrained(given.get(1, PRETRAINED / "en-sentiment"))
    texts, rounds = mixed_texts(int(given.get(2, CHUNK))), int(given.get(3, 7))
    tokens = sorted(map(len, _read(classifier, texts)))
    middle = tokens[len(tokens) // 2]
    print(f"{len(texts):,} texts of {tokens[0]} to {tokens[-1]} tokens, half at most {middle}")
    with tempfile.TemporaryDirectory() as place:
        run = make_run(
            Path(place) / "run", classifier, [(text,) for text in texts], ["text"], "text", None
        )
        ours = partial(scored, classifier, run)
        for name, loop in (("bare forward passes (≥ 0.8)", bare), ("naive padding (≥ 2.5)", naive)):
            found = ratios(partial(loop, classifier, texts), ours, rounds=rounds)
            print(line(f"score_run / {name}", len(texts), *found), flush=True)


if __name__ == "__main__":
    main()
