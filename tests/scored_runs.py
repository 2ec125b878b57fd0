"""Runs for tests: rows in, a scored run out, and one with mistakes of every kind of label."""

import random

from attnviz.folders import weights_digest
from attnviz.inspection.scoring import score_run
from attnviz.runs import About, Run
from attnviz.runs.schema import CHUNK, later_schema

COLUMNS = ("review", "label", "source")
WORDS = ["the", "a", "film", "was", "is", "not", "didn't", "good", "bad", "wonderful", "terrible"]
WORDS += ["music", "actors", ",", ".", "!", "电影", "好看"]


def make_run(folder, classifier, rows, columns=COLUMNS, text="review", label="label", model="tiny"):
    """A run of `rows` (tuples of strings) on disk, not scored yet."""
    import pyarrow as pa
    from pyarrow import parquet

    folder.mkdir(parents=True)
    cells = {f"c{i}": [row[i] for row in rows] for i in range(len(columns))}
    numbers = {"row": pa.array(range(len(rows)), pa.int64())}
    numbers["line"] = pa.array(range(2, len(rows) + 2), pa.int64())
    parquet.write_table(pa.table(numbers | cells), folder / "rows.parquet", row_group_size=CHUNK)
    about = About(
        name="reviews.csv",
        created="2026-11-21T12:00:00+00:00",
        model=str(model),
        weights="0" * 12,
        labels=classifier.labels,
        context=classifier.network.head.in_features,
        temperature=classifier.network.config.temperature,
        file="reviews.csv",
        digest="1" * 64,
        encoding="utf-8",
        delimiter=",",
        columns=tuple(columns),
        text_column=text,
        label_column=label,
        label_map={name: name for name in classifier.labels},
        rows=len(rows),
    )
    return Run.create(folder, about)


def random_rows(count, labels, seed=0):
    """Texts of 1 to 40 words, each with a label and a source; every 17th has no label."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        words = chance.choices(WORDS, k=chance.randint(1, 40))
        label = "" if number % 17 == 16 else chance.choice(labels)
        rows.append((" ".join(words), label, chance.choice(["web", "shop"])))
    return rows


def scored_run(folder, classifier, count=113, **options):
    """A run of random rows, scored."""
    run = make_run(folder, classifier, random_rows(count, classifier.labels), **options)
    score_run(classifier, run)
    return run


def finished_run(folder, classifier, rows, model):
    """A run as a page leaves it: of the model in its folder, scored, nothing left to compare."""
    run = make_run(folder, classifier, rows, model=model)
    run.change(weights=weights_digest(model))
    score_run(classifier, run)
    run.write_later(later_schema().empty_table())
    return run
