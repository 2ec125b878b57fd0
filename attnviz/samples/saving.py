"""Samples of ours as files: what `attnviz make` writes, and the readers of this folder read."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from attnviz.samples.sample import Sample
from attnviz.writing import written_whole


def save_samples(path: Path, samples: Sequence[Sample], classes: Iterable[str]) -> None:
    """Samples of one shape and one rate as `.npz`: arrays of numbers and of text, no objects.

    X (n, …) as the samples' values; y (n,) int64, which of `classes` each is; classes, channels,
    times, step, step_unit; marks (m, 3) int64 of sample, first step, last step exclusive, and
    mark_names (m,) what they are; intervals (n, 2) int64, the first of each sample's marks, (0, 0)
    where it has none. The same samples give the same bytes. Raises `WriteError`.
    """
    first, names = samples[0], list(classes)
    marks = [(n, *mark) for n, sample in enumerate(samples) for mark in sample.marks]
    arrays = {
        "X": np.stack([sample.values for sample in samples]),
        "y": np.array([names.index(sample.label) for sample in samples], np.int64),
        "classes": np.array(names),
    }
    if first.channels:
        arrays["channels"] = np.array(first.channels)
    if first.times:
        arrays["times"] = np.array(first.times)
    if first.step is not None:
        arrays |= {"step": np.array(first.step), "step_unit": np.array(first.step_unit)}
    if marks:
        of_each = [sample.marks[0][:2] if sample.marks else (0, 0) for sample in samples]
        arrays["marks"] = np.array([mark[:3] for mark in marks], np.int64)
        arrays["mark_names"] = np.array([mark[3] for mark in marks])
        arrays["intervals"] = np.array(of_each, np.int64)
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def save_table(path: Path, sample: Sample) -> None:
    """A series as CSV: time and one column a channel, an empty cell where a value is missing.

    Raises `WriteError`.
    """
    with written_whole(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as f:
        table = csv.writer(f, lineterminator="\n")
        table.writerow(["time", *sample.channels])
        for time, row in zip(sample.times, sample.values, strict=True):
            table.writerow([time, *("" if np.isnan(value) else f"{value:.6g}" for value in row)])
