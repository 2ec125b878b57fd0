"""From arrays and what stands beside them to samples: which axis is what, whose label is which."""

import warnings
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from attnviz.data.files import File
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.samples.pixels import as_pixels
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import (
    KINDS,
    LARGEST,
    SampleFile,
    SampleReading,
    numbered_channels,
    trimmed,
)

LONGER, CALMER, LOOKED_AT = 2, 0.5, 100  # how channels × time is known, see `_is_turned`

NO_SAMPLES = N_(
    "{name} holds no array of samples. Name it X, of shape (samples, time, channels), and its "
    "classes y. It has: {found}."
)
UNLIKE = N_("{name}: {array} has {found:,} entries for {expected:,} samples. Save one for each.")
BAD_LENGTH = N_("{name}: {array} says {found} steps for sample {sample}, which has {limit}.")
NO_KIND = N_("{name}: an array of shape {shape} cannot be read as {kind}.")
SHAPE = N_("{array}, of shape {shape}, was read as {meaning}.")
SERIES = N_("samples × time × channels")
TURNED = N_("samples × channels × time")
ALIKE = N_(
    "samples × channels × time, as neighbours along the last axis are alike (if it is samples × "
    "time × channels, name the channels in an array channels)"
)
ONE_CHANNEL = N_("samples × time, one channel")
ONE_SERIES = N_("one series, time × channels")
FILMS = N_("films: samples × time × rows × columns")
PICTURES = N_("pictures: samples × rows × columns")
NO_CLASS = N_("{name}: {array} holds the class number {found}; classes names {count:,}.")


def samples_of(
    file: File,
    arrays: Mapping[str, np.ndarray],
    keys: Mapping[str, str],
    reading: SampleReading,
    notices: Sequence[Notice],
    **splits: object,
) -> SampleFile:
    """Samples from arrays by their role, such as "X" and "y"; `keys` says what a file calls them.

    `splits` go to the `SampleFile`. Raises `FileError` where the arrays do not fit together.
    """
    kind, X, meaning = _shaped(file, arrays, reading)  # noqa: N806
    shape = " × ".join(map(str, arrays["X"].shape))
    values = {"array": keys["X"], "shape": shape, "meaning": Notice(meaning)}
    if meaning != SERIES or "channels" not in arrays:  # else nothing was guessed
        notices = [*notices, Notice(SHAPE, values)]
    notices = list(notices)
    if kind != "series":
        X, said = as_pixels(X)  # noqa: N806
        notices += said
    for role in ("y", "len", "names"):
        if role in arrays and len(np.atleast_1d(arrays[role])) != len(X):
            found = {"array": keys[role], "found": arrays[role].size, "expected": len(X)}
            raise FileError(UNLIKE, name=file.name, **found)
    beside = _Beside(file.name, arrays, keys)
    step, unit = beside.step()
    about = {"channels": (), "step": step, "step_unit": unit}
    if kind == "series":
        about["channels"] = beside.channels(X.shape[2])

    def start(tell: Tell) -> Iterator[Sample]:
        for place, values in enumerate(X):
            values = beside.cut(place, values) if kind != "pictures" else values
            times = beside.times(place, len(values)) if kind != "pictures" else ()
            named = {"label": beside.label(place), "name": beside.name(place)}
            yield Sample(values, **named, times=times, marks=beside.marks(place), **about)

    return SampleFile(
        file.name, kind, start, classes=beside.classes, notices=notices, **about, **splits
    )


def _shaped(
    file: File, arrays: Mapping[str, np.ndarray], reading: SampleReading
) -> tuple[str, np.ndarray, str]:
    """The kind of the samples, an array of them, and what its axes were taken for."""
    X, many = arrays["X"], "y" in arrays or "len" in arrays  # noqa: N806
    kind, last = reading.kind, X.shape[-1] if X.ndim else 0
    if X.dtype.kind not in "fiub" or X.size == 0 or (kind and kind not in KINDS):
        found = f"{X.dtype} {X.shape}"
        raise FileError(NO_SAMPLES, name=file.name, found=found)
    if kind is None:
        grey = X.dtype == np.uint8 and X.ndim == 3 and min(X.shape[1:]) >= 8
        coloured = X.ndim == 4 and last in (1, 3, 4)
        kind = "pictures" if grey or coloured else "series" if X.ndim <= 3 else "films"
    channels = len(np.ravel(arrays.get("channels", ())))
    if (kind, X.ndim) == ("series", 3):
        turned = channels == X.shape[1] != last or (X.shape[1] == 1 and last > 1)
        if not (turned or channels or "len" in arrays) and _is_turned(X):
            return kind, X.swapaxes(1, 2), ALIKE
        return kind, (X.swapaxes(1, 2) if turned else X), TURNED if turned else SERIES
    if kind == "series" and X.ndim <= 2:
        if X.ndim == 2 and many:
            return kind, X[:, :, None], ONE_CHANNEL
        return kind, X.reshape(1, len(X), -1), ONE_SERIES
    shapes = {"films": (FILMS, 4), "pictures": (PICTURES, 3)}
    if kind in shapes:
        meaning, least = shapes[kind]
        if X.ndim == least:
            return kind, X[..., None], meaning
        if X.ndim == least + 1 and last in (1, 3, 4):
            return kind, X, meaning
        if X.ndim == least - 1:  # a single one
            return kind, X[None, ..., None], meaning
    raise FileError(NO_KIND, name=file.name, shape=X.shape, kind=kind)


def _is_turned(X: np.ndarray) -> bool:  # noqa: N803
    """Whether an array is (samples, channels, time), by what it holds: along a longer last axis
    neighbours are far more alike than along the middle one."""
    if X.shape[2] < LONGER * X.shape[1]:
        return False
    some = X[:LOOKED_AT].astype(float)
    some = np.where(np.abs(some) < LARGEST, some, np.nan)

    def unrest(axis: int) -> float:
        """How far a step of an axis goes, of how far values spread along it."""
        moves = np.nanmean(np.abs(np.diff(some, axis=axis)))
        middle = np.nanmean(some, axis=axis, keepdims=True)
        return float(moves / (np.nanmean(np.abs(some - middle)) or 1))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is missing altogether
        return unrest(2) < CALMER * unrest(1)


class _Beside:
    """What a file says of each sample, beside its values."""

    def __init__(self, name: str, arrays: Mapping[str, np.ndarray], keys: Mapping[str, str]):
        self._file, self._arrays, self._keys = name, arrays, keys
        self.classes = tuple(str(name) for name in np.ravel(arrays.get("classes", ())))

    def channels(self, count: int) -> tuple[str, ...]:
        named = tuple(str(name) for name in np.ravel(self._arrays.get("channels", ())))
        return named if len(named) == count else numbered_channels(count)

    def step(self) -> tuple[float | None, str]:
        unit = str(np.ravel(self._arrays.get("step_unit", ""))[0])
        step = np.ravel(self._arrays.get("step", ()))
        return (float(step[0]), unit) if unit and step.size == 1 else (None, "")

    def cut(self, place: int, values: np.ndarray) -> np.ndarray:
        """A sample without what pads it."""
        if "len" not in self._arrays:
            return trimmed(values) if values.dtype.kind == "f" and values.ndim == 2 else values
        found, limit = int(np.ravel(self._arrays["len"])[place]), len(values)
        if not 1 <= found <= limit:
            said = {"array": self._keys["len"], "found": found, "sample": place + 1}
            raise FileError(BAD_LENGTH, name=self._file, limit=limit, **said)
        return values[:found]

    def name(self, place: int) -> str:
        names = self._arrays.get("names")
        return str(names[place]) if names is not None else f"sample {place + 1}"

    def label(self, place: int) -> str | None:
        y = self._arrays.get("y")
        if y is None:
            return None
        found = y[place]
        if np.ndim(found) == 1 and len(found) > 1:  # one-hot
            found = int(np.argmax(found))
        found = np.ravel(found)[0]
        if not self.classes or isinstance(found, str | np.str_):
            return f"{found:g}" if isinstance(found, np.floating) else str(found)
        if not 0 <= found < len(self.classes):
            values = {"array": self._keys["y"], "found": found, "count": len(self.classes)}
            raise FileError(NO_CLASS, name=self._file, **values)
        return self.classes[int(found)]

    def times(self, place: int, count: int) -> tuple[str, ...]:
        times = self._arrays.get("times")
        if times is None:
            return ()
        row = times[place] if times.ndim == 2 else times
        return tuple(map(str, row[:count])) if len(row) >= count else ()

    def marks(self, place: int) -> tuple[tuple[int, int, str], ...]:
        marks, names = self._arrays.get("marks"), self._arrays.get("mark_names")
        if marks is None or marks.ndim != 2 or marks.shape[1] != 3:
            return ()
        return tuple(
            (int(first), int(last), str(names[row]) if names is not None else "")
            for row, (sample, first, last) in enumerate(marks)
            if sample == place
        )
