"""Series, films and pictures on their way into the network."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.data.table import Notice
from attnviz.errors import N_, SampleError
from attnviz.processing.fitting import fitted, pictures
from attnviz.processing.reading import Reading
from attnviz.samples import Sample

SEGMENTS = 32  # stretches into which a long sample is cut where something is taken out of it
LARGEST = 1e30  # what is beyond this is no measurement

NOT_FINITE = N_("Values that are infinite or beyond 1e30, read as missing: {count:,}.")
STRIDED = N_("Every {stride} steps are averaged into one position.")


def samples_of(samples: Iterable[Sample | np.ndarray]) -> list[Sample]:
    """N samples as a list: of a list, a generator or an array (N, …) of values alone.

    Raises
    ------
    SampleError
        If it is a text, or holds one.
    """
    if isinstance(samples, str | bytes | Sample):
        raise SampleError("Give a list of samples, not one.")
    return [_sample(value, row) for row, value in enumerate(samples)]


def _sample(value: object, row: int) -> Sample:
    if isinstance(value, Sample):
        return value
    if (
        isinstance(value, str | bytes)
        or getattr(value, "dtype", np.dtype(float)).kind not in "fiub"
    ):
        raise SampleError(
            "Sample {row} is {value}, of type {type}; this model reads numbers, not texts.",
            row=row,
            value=str(value)[:50],
            type=type(value).__name__,
        )
    return Sample(np.asarray(value))


class SampleProcessor:
    """What the processors of samples share: padding, and what a text's processor has too."""

    def __init__(self, config: CnnLstmAttentionConfig, tokenizer: object = None) -> None:
        self.config = config

    blank = 0  # positions are blanked by value, not by the number of a token

    def all_of(self, samples: Iterable[Sample | np.ndarray]) -> list[Sample]:
        return samples_of(samples)

    def encode(self, samples: Sequence[Sample]) -> list[np.ndarray]:
        """The values of each as the network takes them; none of a sample that cannot be read."""
        return [self.read(sample).inputs for sample in samples]

    def notices_of(self, samples: Sequence[Sample]) -> list[Notice]:
        """What was guessed or converted of any of them, each once."""
        said = (Notice(*pair) for sample in samples for pair in self.read(sample).notices)
        return list({str(notice): notice for notice in said}.values())

    def cut(self, values: np.ndarray, most: int | None = None) -> np.ndarray:
        """As much of one as the network reads (`read` has cut already), or its first steps."""
        return values[:most]

    def batch(self, encoded: Sequence[np.ndarray]) -> dict[str, Tensor]:
        """Arguments of the network, padded on the right with zeros."""
        lengths = [len(values) for values in encoded]
        shape = (len(encoded), max(lengths), *encoded[0].shape[1:])
        padded, mask = np.zeros(shape, dtype=np.float32), np.zeros(shape[:2], dtype=bool)
        for row, values in enumerate(encoded):
            padded[row, : len(values)], mask[row, : len(values)] = values, True
        return {
            "input_values": torch.from_numpy(padded),
            "attention_mask": torch.from_numpy(mask),
        }


class SeriesProcessor(SampleProcessor):
    """Series: the model's channels in its units and at its step, averaged by its stride."""

    def read(self, sample: Sample | np.ndarray) -> Reading:
        """One series, with all that a page says of its steps.

        Raises
        ------
        SampleError
            If it has no values, other channels than the model reads, or a step that cannot be
            brought to the model's.
        """
        sample, notices = fitted(_sample(sample, 0), self.config)
        values, endless = _finite(sample.values)
        if endless:
            notices.append((NOT_FINITE, {"count": endless}))
        stride = self.config.stride
        if stride > 1:
            values = _averaged(values, stride)
            notices.append((STRIDED, {"stride": stride}))
        most, count = self.config.max_tokens, len(values)
        first = max(0, count - most) if self.config.task == "forecast" else 0
        kept = values[first : first + most]
        starts = range(first * stride, (first + len(kept)) * stride, stride)
        end = len(sample.values)
        return Reading(
            inputs=kept,
            tokens=times_of(sample, self.config, starts),
            offsets=tuple((start, min(start + stride, end)) for start in starts),
            words=segments(len(kept)),
            truncated=count - len(kept),
            values=kept,
            channels=tuple(self.config.channels),
            marks=_marks(sample.marks, stride, first, len(kept)),
            notices=tuple(notices),
        )


class FilmProcessor(SampleProcessor):
    """Films: frames of the size and colours that the model reads."""

    def read(self, sample: Sample | np.ndarray) -> Reading:
        """One film, with the number or time of each frame.

        Raises
        ------
        SampleError
            If it has no frame.
        """
        sample = _sample(sample, 0)
        frames, notices = pictures(sample.values, self.config, axes=4)
        kept = frames[: self.config.max_tokens]
        starts = range(len(kept))
        return Reading(
            inputs=kept,
            tokens=times_of(sample, self.config, starts, name="frame {number}"),
            offsets=tuple((start, start + 1) for start in starts),
            words=segments(len(kept)),
            truncated=len(frames) - len(kept),
            values=kept,
            marks=_marks(sample.marks, 1, 0, len(kept)),
            notices=notices,
        )


class PictureProcessor(SampleProcessor):
    """Pictures that are read row by row, column by column, or filter by filter."""

    def read(self, sample: Sample | np.ndarray) -> Reading:
        """One picture, with the number of each of its rows, columns or filters.

        Raises
        ------
        SampleError
            If it is no picture.
        """
        picture, notices = pictures(_sample(sample, 0).values, self.config, axes=3)
        rows, columns, _colours = self.config.picture
        shrunk = 2 ** len(self.config.picture_filters)
        lengths = {"rows": rows // shrunk, "columns": columns // shrunk}
        length = lengths.get(self.config.input) or self.config.picture_filters[-1]
        step = shrunk if self.config.input in lengths else 1
        return Reading(
            inputs=picture,
            tokens=tuple(f"{LINES[self.config.input]} {number + 1}" for number in range(length)),
            offsets=tuple((number * step, (number + 1) * step) for number in range(length)),
            words=tuple(range(length)),
            values=picture,
            notices=notices,
        )

    def cut(self, values: np.ndarray, most: int | None = None) -> np.ndarray:
        """A picture is read whole."""
        return values

    def batch(self, encoded: Sequence[np.ndarray]) -> dict[str, Tensor]:
        """Pictures are all of one size."""
        return {"input_values": torch.from_numpy(np.stack(encoded).astype(np.float32))}


LINES = {"rows": "row", "columns": "column", "filters": "filter"}


def segments(length: int) -> tuple[int, ...]:
    """At most `SEGMENTS` stretches of nearly equal length; of a short sample each step is one."""
    return tuple(step * min(SEGMENTS, length) // length for step in range(length))


def times_of(
    sample: Sample, config: CnnLstmAttentionConfig, starts: range, name: str = "{number}"
) -> tuple[str, ...]:
    """T strings: the file's own times, else the time since the start, else numbers."""
    if len(sample.times) == len(sample.values):
        return tuple(sample.times[start] for start in starts)
    if config.step is None:
        return tuple(name.format(number=place + 1) for place in range(len(starts)))
    return tuple(f"{start * config.step:.6g} {config.step_unit}".rstrip() for start in starts)


def _marks(marks: Iterable[tuple[int, int, str]], stride: int, first: int, length: int) -> tuple:
    moved = (
        (max(0, begin // stride - first), min(length, -(-end // stride) - first), what)
        for begin, end, what in marks
    )
    return tuple((begin, end, what) for begin, end, what in moved if begin < end)


def _finite(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Values float32 with NaN for what is no number, and how many were infinite."""
    with np.errstate(over="ignore"):
        values = np.array(values, dtype=np.float32)
    endless = np.abs(values) > LARGEST
    values[endless] = np.nan
    return values, int(endless.sum())


def _averaged(values: np.ndarray, stride: int) -> np.ndarray:
    """Means over `stride` steps (the last may be fewer) of the values that are there."""
    groups = -(-len(values) // stride)
    padded = np.full((groups * stride, values.shape[1]), np.nan, dtype=np.float32)
    padded[: len(values)] = values
    grouped = padded.reshape(groups, stride, -1)
    there = ~np.isnan(grouped)
    counts = there.sum(1)
    sums = np.where(there, grouped, 0).sum(1, dtype=np.float64)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)
