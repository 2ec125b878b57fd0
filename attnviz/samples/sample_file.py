"""The `SampleFile` that every reader returns: a file's samples one after the other."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from attnviz.data.files import go_on
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.samples.sample import Sample, Tagged

KINDS = ("series", "films", "pictures")
MAX_VALUES = 20_000_000  # numbers of a file of series
MAX_STEPS = 1_000_000  # of one series
MAX_PIXELS = 50_000_000  # of one picture
MAX_BYTES_OF_PICTURES = 200_000_000  # of all pictures of one film or one array
LARGEST = 1e30  # a number beyond is a mark for “no value”, or a fault: float32 ends at 3e38

NO_SAMPLE = N_("{name} holds no sample. Choose a file with at least one.")
NO_VALUE = N_("{name} holds no number: every value in it is missing. Check how it was saved.")
TOO_MANY_VALUES = N_("{name} holds more than {limit:,} numbers. Split it into smaller files.")
TOO_LONG = N_(
    "{name}, {sample}: {count:,} steps are more than {limit:,}. Cut the series into pieces, or "
    "average over neighbouring steps."
)
MISSING = N_("Missing values: {count:,} of {all:,} (the first in {where}).")
INFINITE = N_(
    "Infinite values, or beyond ±{limit:g}, read as missing: {count:,} (the first in {where})."
)
EMPTY_SAMPLES = N_("Samples without any value: {count:,} (the first is {where}).")
NO_TOKENS = N_("Texts without a token, left out: {count:,}.")
NO_SPLIT = N_("{name} has no part “{split}”. Choose one of: {known}.")
NO_SPLITS = N_("{name} has no parts such as train and test. Leave out --split.")
SPLIT = N_("Parts of the file: {known}. Read: {split} (--split chooses).")
SAME_SPLIT = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing", "eval"), "test"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
}
"""What parts of the data are called → the name that they have here, the first to be read first."""


@dataclass(frozen=True)
class SampleReading:
    """The user's word on how a file of samples is read; None leaves it to the reader.

    Parameters
    ----------
    split
        Which part of a file that has several: "train", "validation" or "test".
    kind
        What an array or a folder of pictures holds, one of `KINDS`.
    layout
        How a table stands: "long" with a step in each row, or "wide" with a sample in each row.
    tags
        Which column of a tagged text holds the tags: its number from 1, or "upos", "xpos".
    """

    split: str | None = None
    kind: str | None = None
    layout: str | None = None
    tags: str | int | None = None


class SampleFile:
    """A file's samples, read anew whenever one iterates: each a `Sample`, or a `Tagged` text.

    `kind` is "series", "sound", "films", "pictures" or "tagged". `channels`, `step` and `step_unit`
    are those of the first sample, known before. `notices` says, a line each, what was guessed,
    converted or left out; it and `classes` (the file's own list of classes or tags, else those that
    the samples have, sorted) are complete after an iteration. `splits` names the parts of a file
    that has several, and `split` the one that is read. Iterating raises `FileError` where the file
    is broken, and when it holds no sample or no value at all.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        start: Callable[[Tell], Iterator[Sample | Tagged]],
        *,
        channels: Sequence[str] = (),
        classes: Sequence[str] = (),
        step: float | None = None,
        step_unit: str = "",
        splits: Sequence[str] = (),
        split: str | None = None,
        notices: Sequence[Notice] = (),
    ) -> None:
        """`start` begins a pass over the samples; it tells what it notices on the way."""
        self.name, self.kind = name, kind
        self.channels, self.step, self.step_unit = tuple(channels), step, step_unit
        self.classes, self.splits, self.split = tuple(classes), tuple(splits), split
        self.notices = list(notices)
        self._start, self._known, self._listed = start, tuple(notices), bool(classes)

    def unchecked(self, tell: Tell) -> Iterator[Sample | Tagged]:
        """The samples as the reader gives them, for whoever puts several files together."""
        return self._start(tell)

    def part_of(
        self, splits: Sequence[str], split: str | None, notices: Sequence[Notice]
    ) -> "SampleFile":
        """The same, as the part of a larger file, of which there is more to tell."""
        if splits:
            self.splits, self.split = tuple(splits), split
        self._known = (*notices, *self._known)
        self.notices[:] = self._known
        return self

    def __iter__(self) -> Iterator[Sample | Tagged]:
        told, cleaning, labels, count, empty = [], Cleaning(self.name), set(), 0, 0
        for sample in self._start(told.append):
            go_on()
            if isinstance(sample, Tagged) and not sample.tokens:
                empty += 1
                continue
            count += 1
            if isinstance(sample, Tagged):
                labels.update(sample.tags or ())
            else:
                labels.update(() if sample.label is None else (sample.label,))
                sample = cleaning.cleaned(sample) if sample.values.ndim == 2 else sample
            yield sample
        if not count:
            raise FileError(NO_SAMPLE, name=self.name)
        if not self._listed:
            self.classes = tuple(sorted(labels, key=natural))
        if empty:
            told.append(Notice(NO_TOKENS, {"count": empty}))
        self.notices[:] = [*self._known, *told, *cleaning.notices()]


class Cleaning:
    """Values of series as float32, with NaN for what is infinite or out of all bounds; counted."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._all, self._samples, self._empty = 0, 0, 0
        self._missing, self._infinite = 0, 0
        self._where: dict[str, str] = {}

    def cleaned(self, sample: Sample) -> Sample:
        """The sample with float32 values; `FileError` where it is too long."""
        values = np.asarray(sample.values)
        if len(values) > MAX_STEPS:
            where = {"name": self._name, "sample": sample.name or "1"}
            raise FileError(TOO_LONG, **where, count=len(values), limit=MAX_STEPS)
        self._samples += 1
        self._all += values.size
        if self._all > MAX_VALUES:
            raise FileError(TOO_MANY_VALUES, name=self._name, limit=MAX_VALUES)
        missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
        with np.errstate(invalid="ignore"):
            infinite = np.abs(values) > LARGEST
        if infinite.any():
            values = np.where(infinite, np.nan, values)
        self._missing += self._count("missing", missing, sample)
        self._infinite += self._count("infinite", infinite, sample)
        if values.size == 0 or (missing | infinite).all():
            self._empty += 1
            self._where.setdefault("empty", sample.name or str(self._samples))
        return replace(sample, values=np.ascontiguousarray(values, np.float32))

    def _count(self, kind: str, mask: np.ndarray, sample: Sample) -> int:
        count = int(mask.sum())
        if count and kind not in self._where:
            step, channel = np.argwhere(mask)[0]
            time = sample.times[step] if sample.times else str(step + 1)
            names = sample.channels or [f"channel {n + 1}" for n in range(mask.shape[1])]
            self._where[kind] = ", ".join(filter(None, (sample.name, names[channel], time)))
        return count

    def notices(self) -> list[Notice]:
        """What there is to tell after the last sample; `FileError` if no value was there."""
        if self._samples and self._empty == self._samples:
            raise FileError(NO_VALUE, name=self._name)
        found = []
        if self._missing:
            values = {"count": self._missing, "all": self._all, "where": self._where["missing"]}
            found.append(Notice(MISSING, values))
        if self._infinite:
            values = {"count": self._infinite, "where": self._where["infinite"], "limit": LARGEST}
            found.append(Notice(INFINITE, values))
        if self._empty:
            values = {"count": self._empty, "where": self._where["empty"]}
            found.append(Notice(EMPTY_SAMPLES, values))
        return found


def trimmed(values: np.ndarray) -> np.ndarray:
    """A series (T, K) without the steps at its end that hold no value in any channel.

    Files pad short series so. One step stays, so that a series without values is one.
    """
    filled = np.flatnonzero(~np.isnan(values).all(axis=1))
    return values[: filled[-1] + 1 if len(filled) else 1]


def natural(name: str) -> list[tuple[float, str]]:
    """A key that sorts names as people do: "2" before "10", "frame 9" before "frame 10"."""
    parts = re.split(r"(\d+)", name)
    return [(float(part), "") if part.isdecimal() else (-1.0, part) for part in parts]


def numbered_channels(count: int) -> tuple[str, ...]:
    """What channels are called that have no name."""
    return tuple(f"channel {number}" for number in range(1, count + 1))


def choose_split(
    name: str, splits: Sequence[str], wanted: str | None
) -> tuple[str | None, list[Notice]]:
    """Which part of a file is read: the `wanted` one, else the first in the order of `SAME_SPLIT`.

    `splits` holds the names that the file uses. Raises `FileError` if the part isn't there.
    """
    if not splits:
        if wanted is not None:
            raise FileError(NO_SPLITS, name=name)
        return None, []
    order = list(dict.fromkeys(SAME_SPLIT.values()))
    same = {split: SAME_SPLIT.get(split.casefold(), split) for split in splits}
    known = ", ".join(splits)
    if wanted is not None:
        asked = SAME_SPLIT.get(wanted.casefold(), wanted)
        chosen = next((s for s in splits if wanted == s or same[s] == asked), None)
        if chosen is None:
            raise FileError(NO_SPLIT, name=name, split=wanted, known=known)
    else:
        chosen = min(splits, key=lambda s: order.index(same[s]) if same[s] in order else 9)
    said = [Notice(SPLIT, {"known": known, "split": chosen})] if len(splits) > 1 else []
    return chosen, said
