"""Samples of ours as files: what `attnviz make` writes, and the readers of this folder read."""

import csv
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from attnviz.samples.needs import library
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


def save_table(path: Path, sample: Sample, time: str = "time") -> None:
    """A series as CSV: its times and one column a channel, an empty cell where a value is missing.

    `time` heads the first column. Raises `WriteError`.
    """
    with written_whole(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as f:
        table = csv.writer(f, lineterminator="\n")
        table.writerow([time, *sample.channels])
        for when, row in zip(sample.times, sample.values, strict=True):
            table.writerow([when, *("" if np.isnan(value) else f"{value:.6g}" for value in row)])


def save_archive(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Files under their names in a `.zip`, the same bytes for the same files.

    Raises `WriteError`.
    """
    with written_whole(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name)  # of 1980, whenever it is written
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def save_film(path: Path, sample: Sample) -> None:
    """A grey film (T, h, w, 1) as `.gif` of a tenth of a second a frame. Raises `WriteError`.

    Equal frames that follow each other become one that lasts longer.
    """
    first, *others = [_image(frame) for frame in sample.values]
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        first.save(file, "GIF", save_all=True, append_images=others, duration=100, loop=0)


def save_picture(path: Path, sample: Sample) -> None:
    """A grey picture (h, w, 1) as `.png`. Raises `WriteError`."""
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        _image(sample.values).save(file, "PNG")


def _image(picture: np.ndarray):
    return library("PIL.Image").fromarray(picture[..., 0])
