"""Tables with a step in each row: cut into samples, in the order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_
from attnviz.samples.cell_numbers import is_missing
from attnviz.samples.rates import spacing
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import SampleFile
from attnviz.samples.stamps import Stamps
from attnviz.samples.table_columns import Columns
from attnviz.samples.table_roles import Column, Roles, groups_of, spelt, times_of

SORTED = N_("Steps were put in the order of time. Samples: {count:,}.")
STARTS = N_("Places where time begins anew, and with it a sample: {count:,}.")
REPEATED = N_("Steps with the same time as the one before: {count:,}.")
UNREADABLE = N_("Rows without a time that can be read: {count:,}. They keep their place.")
CHANGES = N_(
    "The class changes within {sample}, so it is drawn as marked intervals and is not its class."
)
FEW_STARTS = 0.1  # of all steps that may go back in time where samples follow one another
EARLY = 0.4  # share of all time within which each of them begins, and before whose end it ends


def long_samples(name: str, table: Columns, roles: Roles) -> SampleFile:
    """The series of a table by the roles of its columns."""
    series = _Long(name, table, roles)
    first = next(series.samples(lambda notice: None))
    said = roles.stamps.notices if roles.stamps else ()
    return SampleFile(
        name,
        "series",
        series.samples,
        channels=first.channels,
        step=first.step,
        step_unit=first.step_unit,
        notices=[*table.notices, *roles.notices, *said],
    )


class _Long:
    """A table whose rows are steps."""

    def __init__(self, name: str, table: Columns, roles: Roles) -> None:
        self._name, columns = name, table.columns
        self._channels = tuple(table.names[place] for place in roles.channels)
        self._values = np.stack([columns[place] for place in roles.channels], axis=1)
        self._labels = None if roles.label is None else _words(columns[roles.label])
        self._unreadable, self._stamps = _whole(roles.stamps)
        count = len(self._values)
        named = roles.sample is not None
        groups, keys = groups_of(columns[roles.sample] if named else None, count)
        self._starts = 0
        if not named and self._stamps is not None:
            groups, keys = self._by_starts(self._stamps.seconds)
        self._keys = keys
        order = np.argsort(groups, kind="stable")
        ends = np.cumsum(np.bincount(groups, minlength=len(keys)))
        self._rows = np.split(order, ends[:-1])

    def _by_starts(self, seconds: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Where time goes back now and then, another sample begins."""
        back = np.diff(seconds) < 0
        count, share = int(back.sum()), (seconds - seconds.min()) / (np.ptp(seconds) or 1)
        leaps = np.all(share[1:][back] <= EARLY) and np.all(share[:-1][back] >= 1 - EARLY)
        if not count or count > FEW_STARTS * len(seconds) or not leaps:
            return np.zeros(len(seconds), np.int64), [""]
        self._starts = count
        groups = np.concatenate([[0], np.cumsum(back)])
        return groups, [f"part {number}" for number in range(1, count + 2)]

    def samples(self, tell: Tell) -> Iterator[Sample]:
        """One after the other; tells of times and classes on the way."""
        if self._unreadable:
            tell(Notice(UNREADABLE, {"count": self._unreadable}))
        if self._starts:
            tell(Notice(STARTS, {"count": self._starts}))
        turned = repeated = 0
        told: set[str] = set()
        for key, rows in zip(self._keys, self._rows, strict=True):
            times, step = (), None
            if self._stamps is not None:
                seconds = self._stamps.seconds[rows]
                if np.any(np.diff(seconds) < 0):
                    turned, rows = turned + 1, rows[np.argsort(seconds, kind="stable")]
                    seconds = self._stamps.seconds[rows]
                repeated += int(np.sum(np.diff(seconds) == 0))
                times = times_of(replace(self._stamps, seconds=seconds))
                step = spacing(seconds, times) if self._stamps.known else None
                for notice in step.notices if step else ():
                    if notice.template not in told:
                        told.add(notice.template)
                        tell(notice)
            yield self._sample(key, rows, times, step, tell)
        if turned:
            tell(Notice(SORTED, {"count": turned}))
        if repeated:
            tell(Notice(REPEATED, {"count": repeated}))

    def _sample(self, key: str, rows: np.ndarray, times, step, tell: Tell) -> Sample:
        name, label, marks = key or self._name, None, ()
        if self._labels is not None:
            words = [self._labels[row] for row in rows]
            found = {word for word in words if word}
            if len(found) == 1:
                label = found.pop()
            elif found:
                marks = _intervals(words)
                tell(Notice(CHANGES, {"sample": name}))
        rate = (None, "") if step is None else (step.step, step.unit)
        return Sample(self._values[rows], label, name, self._channels, times, *rate, marks)


def _words(column: Column) -> list[str]:
    if isinstance(column, list):
        return ["" if is_missing(cell) else cell.strip() for cell in column]
    return [spelt(value) for value in column]


def _whole(stamps: Stamps | None) -> tuple[int, Stamps | None]:
    """How many stamps cannot be read, and all of them with these between their neighbours."""
    if stamps is None:
        return 0, None
    missing = np.isnan(stamps.seconds)
    if not missing.any():
        return 0, stamps
    places = np.arange(len(missing))
    seconds = np.interp(places, places[~missing], stamps.seconds[~missing])
    return int(missing.sum()), replace(stamps, seconds=seconds)


def _intervals(words: Sequence[str]) -> tuple[tuple[int, int, str], ...]:
    """(first step, last step exclusive, word) of each run of a word."""
    found, place = [], 0
    for word, run in groupby(words):
        count = len(list(run))
        if word:
            found.append((place, place + count, word))
        place += count
    return tuple(found)
