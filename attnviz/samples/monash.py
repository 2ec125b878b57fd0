"""The Monash forecasting archive's files, .tsf: many series of one rate, each with its beginning.

Godahewa et al. (2021), "Monash Time Series Forecasting Archive".
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from attnviz.data.decoding import Text, find_text
from attnviz.data.files import File
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.samples.rates import SECONDS
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import SampleFile, SampleReading, choose_split
from attnviz.samples.stamps import Stamps, read_stamps, readable
from attnviz.samples.uea import NO_DATA, numbers_of

FIELDS = N_("{name}, line {line}: {found} parts between “:” where {expected} should stand.")
NO_FREQUENCY = N_(
    "The file's frequency “{frequency}” is not known here, so the rate is not either."
)
FREQUENCIES = {
    **{"yearly": (1, "year"), "quarterly": (3, "month"), "monthly": (1, "month")},
    **{"weekly": (7, "day"), "daily": (1, "day"), "hourly": (1, "h"), "half_hourly": (30, "min")},
    **{"10_minutes": (10, "min"), "minutely": (1, "min"), "4_seconds": (4, "s")},
    **{"seconds": (1, "s"), "secondly": (1, "s")},
}
"""How often values come, as the archive says it → step and unit."""
CHANNEL = "value"


def read_tsf(file: File, reading: SampleReading) -> SampleFile:
    """A series of one channel from each line: its attributes and its values, parted by ":"."""
    choose_split(file.name, (), reading.split)
    text = find_text(file)
    attributes, frequency, first = _head(text)
    step, unit = FREQUENCIES.get(frequency, (None, ""))
    notices = list(text.notices)
    if frequency and step is None:
        notices.append(Notice(NO_FREQUENCY, {"frequency": frequency}))
    start = partial(_series, text, attributes, step, unit, first)
    about = {"channels": (CHANNEL,), "step": step, "step_unit": unit}
    return SampleFile(file.name, "series", start, notices=notices, **about)


def _head(text: Text) -> tuple[list[tuple[str, str]], str, int]:
    """Name and kind of each attribute, the frequency, and the line at which the series begin."""
    attributes, frequency = [], ""
    for number, line in enumerate(text.lines(), 1):
        word, *values = line.split() or [""]
        word = word.casefold()
        if word == "@data":
            return attributes, frequency, number + 1
        if word == "@attribute" and len(values) > 1:
            attributes.append((values[0], values[1].casefold()))
        elif word == "@frequency" and values:
            frequency = values[0].casefold()
    raise FileError(NO_DATA, name=text.file.name)


def _series(
    text: Text,
    attributes: list[tuple[str, str]],
    step: float | None,
    unit: str,
    first: int,
    tell: Tell,
) -> Iterator[Sample]:
    kinds = [kind for _, kind in attributes]
    for number, line in enumerate(text.lines(), 1):
        line = line.strip()
        if number < first or not line or line[0] == "#":
            continue
        parts = line.split(":")
        if len(parts) != len(attributes) + 1:
            found = {"found": len(parts), "expected": len(attributes) + 1}
            raise FileError(FIELDS, name=text.file.name, line=number, **found)
        values = numbers_of(text.file.name, number, parts[-1].split(","))
        name = parts[0] if kinds[:1] == ["string"] else f"line {number}"
        times = ()
        if "date" in kinds and step is not None:
            times = _times(parts[kinds.index("date")], len(values), step, unit)
        yield Sample(values[:, None], None, name, (CHANNEL,), times, step, unit)


def _times(begin: str, count: int, step: float, unit: str) -> tuple[str, ...]:
    """The times of so many steps from a beginning such as "1979-01-01 00-00-00"."""
    day, _, clock = begin.strip().partition(" ")
    stamps = read_stamps([f"{day} {clock.replace('-', ':')}".strip()])
    if stamps is None or np.isnan(stamps.seconds).any():
        return ()
    start = np.datetime64(int(stamps.seconds[0]), "s")
    if unit in ("month", "year"):
        months = int(step) * (12 if unit == "year" else 1)
        moved = start.astype("datetime64[M]") + np.arange(count) * months
        seconds = moved.astype("datetime64[s]").astype(np.int64).astype(float)
        return readable(Stamps(seconds, clocked=False))
    seconds = stamps.seconds[0] + np.arange(count) * step * SECONDS[unit]
    return readable(Stamps(seconds, clocked=unit != "day"))
