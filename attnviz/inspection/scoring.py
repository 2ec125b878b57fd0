"""Scoring a run: chunk after chunk, each kept as soon as it is read, so that any stop costs one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from attnviz.classifier import Classifier
from attnviz.errors import SampleError
from attnviz.inspection.reading import Batch, measure, read_samples, read_texts
from attnviz.inspection.vocabulary import Vocabulary, vocabulary_of
from attnviz.processing.reading import Reading
from attnviz.runs import Run
from attnviz.runs.rows import read_chunk, text_cell
from attnviz.runs.samples import read_sample_chunk
from attnviz.runs.schema import EVIDENCE, scores_schema
from attnviz.samples import Sample
from attnviz.writing import tidy


@dataclass(frozen=True)
class Pace:
    """How far scoring is: rows done and in all, rows a second of this go, seconds left."""

    done: int
    rows: int
    rate: float
    left: float


def score_run(
    classifier: Classifier, run: Run, progress: Callable[[Pace], object] | None = None
) -> None:
    """Score the chunks that are missing. `progress` may raise to stop; what is kept stays.

    Raises
    ------
    FileError
        If the run's rows cannot be read any more, or its scores not written.
    """
    tidy(run.folder)
    moved, of_samples = pacing(run, progress), run.about.of_samples
    vocabulary = None if of_samples else vocabulary_of(classifier.tokenizer)
    for number in run.missing():
        if of_samples:
            rows, values = read_sample_chunk(run, number)
        else:
            with run.reading():
                rows, values = read_chunk(run.rows_path, text_cell(run.about), number)
        run.write_part(number, score_chunk(classifier, vocabulary, rows, values, moved))


def pacing(run: Run, progress: Callable[[Pace], object] | None) -> Callable[[int], None]:
    """What turns “so many rows more” into a pace, from now on."""
    start, before = time.monotonic(), run.scored
    done = before

    def moved(count: int) -> None:
        nonlocal done
        done += count
        if progress and done > before:  # no text, no pace
            rate = (done - before) / max(time.monotonic() - start, 1e-9)
            progress(Pace(done, run.about.rows, rate, (run.about.rows - done) / rate))

    return moved


def score_chunk(
    classifier: Classifier,
    vocabulary: Vocabulary | None,
    rows: list[int],
    texts: list[str] | list[Sample],
    moved: Callable[[int], object] = lambda count: None,
):
    """Texts as an Arrow table of `scores_schema`: the same texts always give the same numbers.

    Without a `vocabulary` they are samples; one that cannot be read has no prediction.
    """
    import pyarrow as pa

    network = classifier.network
    labels, context = len(classifier.labels), network.head.in_features
    batches = (
        read_samples(classifier, readable(classifier, texts))
        if vocabulary is None
        else read_texts(classifier, vocabulary, texts)
    )
    columns = {name: np.full(len(texts), np.nan) for name in (*NUMBERS, *EVIDENCE)}
    columns["logits"] = np.full((len(texts), labels), np.nan, dtype=np.float32)
    columns["context"] = np.full((len(texts), context), np.nan, dtype=np.float16)
    for numbers, batch in batches:
        for name, values in (_outcome(batch) | measure(batch)).items():
            columns[name][numbers] = values
        moved(len(numbers))
    if classifier.language:
        judged = map(classifier.language.judge, texts)
        columns["foreign_share"] = np.array(
            [found.foreign if found else np.nan for found in judged]
        )
    unread = np.isnan(columns["prediction"])
    moved(int(unread.sum()))
    columns["tokens"][unread] = columns["cut"][unread] = 0
    schema = scores_schema(labels, context)
    arrays = {"row": pa.array(rows, pa.int64())}
    for name in ("logits", "context"):
        kind = schema.field(name).type
        flat = pa.array(columns[name].reshape(-1), kind.value_type)
        arrays[name] = pa.FixedSizeListArray.from_arrays(flat, type=kind, mask=pa.array(unread))
    for name in (*NUMBERS, *EVIDENCE):
        arrays[name] = pa.array(columns[name], from_pandas=True).cast(schema.field(name).type)
    return pa.table([arrays[name] for name in schema.names], schema=schema)


def readable(classifier: Classifier, samples: Sequence[Sample]) -> list[Reading | None]:
    """Each sample as the network takes it; None for one that it cannot read."""
    found = []
    for sample in samples:
        try:
            found.append(classifier.processor.read(sample))
        except SampleError:
            found.append(None)
    return found


NUMBERS = ("prediction", "runner_up", "confidence", "margin", "lse")


def _outcome(batch: Batch) -> dict[str, np.ndarray]:
    probabilities = batch.logits.softmax(1)
    top = probabilities.gather(1, batch.best).numpy()
    alone = batch.logits.shape[1] == 1
    return {
        "prediction": batch.best[:, 0].numpy(),
        "runner_up": batch.best[:, 1].numpy(),
        "confidence": top[:, 0],
        "margin": top[:, 0] if alone else top[:, 0] - top[:, 1],
        "lse": batch.logits.logsumexp(1).numpy(),
        "logits": batch.logits.numpy(),
        "context": batch.context.numpy(),
    }
