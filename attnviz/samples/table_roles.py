"""What the columns of a table of series are: time, sample, class, channels; by name and content."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from attnviz.data.cell_kinds import is_prose
from attnviz.data.names import LABEL_NAMES, words_of
from attnviz.data.table import Notice, listed
from attnviz.errors import N_
from attnviz.samples.cell_numbers import has_fractions, is_missing
from attnviz.samples.stamps import Stamps, read_stamps, readable
from attnviz.samples.units import split_unit

TIME = N_("Time: the column “{column}”.")
NO_UNIT = N_(
    "Time: the column “{column}”, whose unit is not said, so the rate is not known. Name it "
    "“{column} (s)”, for example."
)
TIMES = N_("Time: the columns “{column}” and “{clock}” together.")
LABEL = N_("Classes: the column “{column}”.")
SAMPLES = N_("Samples: one for each value of the column “{column}”.")
COUNTERS = N_("Columns that only number the rows, left out: {columns}.")
LEFT_OUT = N_("Columns left out, for they hold no numbers over time: {columns}.")

TIME_NAMES = frozenset(
    (
        *("time", "t", "timestamp", "timestamps", "date", "datetime", "ds", "stamp", "date time"),
        *("second", "seconds", "sec", "secs", "s", "ms", "millisecond", "milliseconds", "minute"),
        *("minutes", "min", "hour", "hours", "day", "days", "month", "year", "years", "elapsed"),
        *("elapsed time", "unix", "epoch", "zeit", "datum", "fecha", "temps", "uhrzeit", "period"),
        *("时间", "日期", "时刻", "时间戳", "秒", "采样时间", "年", "年份", "月份"),
    )
)
INDEX_NAMES = frozenset(
    ("", "index", "idx", "step", "steps", "frame", "row", "unnamed: 0", "#", "n", "no", "序号")
)
ID_NAMES = frozenset(
    (
        *("id", "case", "case id", "unique id", "series", "series id", "sample", "sample id"),
        *("trial", "trial id", "recording", "run", "run id", "sequence", "sequence id", "segment"),
        *("segment id", "episode", "unit id", "样本", "样本编号", "样本id", "编号", "序列"),
    )
)
CLASS_NAMES = frozenset(
    (
        *LABEL_NAMES,
        *("y", "fault", "fault type", "fault_type", "state", "activity", "status", "condition"),
        *(
            "label name",
            "classe",
            "klasse",
            "f_nv",
            "anomaly",
            "is anomaly",
            "故障",
            "故障类型",
            "状态",
            "标记",
        ),
    )
)
MOST_CLASSES = 1_000
MOST_CHANGES = 0.2  # share of the rows at which a number that is a class may change
PROSE = 0.5  # share of a column's cells that read like texts

Column = np.ndarray | list[str]  # numbers, or the cells


@dataclass(frozen=True)
class Roles:
    """Which columns of a table are what, by place; and what to say of it."""

    channels: tuple[int, ...]
    time: int | None = None
    clock: int | None = None  # a time of day beside a date
    sample: int | None = None
    label: int | None = None
    stamps: Stamps | None = None
    left_out: tuple[int, ...] = ()
    prose: bool = False
    notices: tuple[Notice, ...] = ()


def find_roles(names: Sequence[str], columns: Sequence[Column]) -> Roles:
    """What each column of a table is.

    A column's name says it first; else what it holds: stamps, numbers that rise evenly in the first
    column, words that stay the same within each sample.
    """
    plain = [_plain(name) for name in names]
    words = [place for place, column in enumerate(columns) if isinstance(column, list)]
    taken: set[int] = set()
    time, clock, stamps = _time(plain, names, columns)
    taken |= {place for place in (time, clock) if place is not None}
    sample = _first(plain, ID_NAMES, taken)
    taken |= {sample} - {None}
    label = _label_by_name(plain, columns, taken)
    if label is None:
        label = _label_by_content(columns, sample, [place for place in words if place not in taken])
    taken |= {label} - {None}
    rest = [place for place in range(len(names)) if place not in taken | set(words)]
    index = [place for place in rest if _is_index(plain[place]) and _rises(columns[place])]
    channels = tuple(place for place in rest if place not in index or len(index) == len(rest))
    out = tuple(place for place in words if place not in taken)
    told = [Notice(LEFT_OUT, {"columns": listed([names[place] for place in out])})] if out else []
    if index and len(index) < len(rest):
        told.append(Notice(COUNTERS, {"columns": listed([names[place] for place in index])}))
    if sample is not None:
        told.insert(0, Notice(SAMPLES, {"column": names[sample]}))
    if label is not None:
        told.insert(0, Notice(LABEL, {"column": names[label]}))
    if time is not None:
        values = {"column": names[time], "clock": "" if clock is None else names[clock]}
        known = TIME if stamps.known else NO_UNIT
        told.insert(0, Notice(known if clock is None else TIMES, values))
    prose = any(_is_prose(columns[place]) for place in out)
    return Roles(channels, time, clock, sample, label, stamps, out, prose, tuple(told))


def _plain(name: str) -> str:
    """A name in small letters, without its unit and what parts its words."""
    return re.sub(r"[\s_\-]+", " ", split_unit(name)[0]).strip().casefold()


def _first(names: Sequence[str], known: frozenset, taken: set[int]) -> int | None:
    return next((p for p, name in enumerate(names) if name in known and p not in taken), None)


def _is_prose(cells: Column) -> bool:
    given = [cell for cell in cells[:200] if not is_missing(cell)]
    return bool(given) and sum(map(is_prose, given)) >= PROSE * len(given)


def _is_index(name: str) -> bool:
    return name in INDEX_NAMES or re.fullmatch(r"column \d+", name) is not None


def _rises(column: Column) -> bool:
    """Whether numbers go up by one from each row to the next, perhaps anew for each sample."""
    if isinstance(column, list) or len(column) < 2:
        return False
    return float(np.mean(np.diff(column) == 1)) > 0.5


# Time.


def _time(
    plain: Sequence[str], names: Sequence[str], columns: Sequence[Column]
) -> tuple[int | None, int | None, Stamps | None]:
    """The column of times, that of a clock beside dates, and the stamps that they hold."""
    found = [(p, s) for p, c in enumerate(columns) if (s := _stamps_in(plain[p], names[p], c))]
    if not found:
        return None, None, None
    words = [pair for pair in found if isinstance(columns[pair[0]], list)] or found
    place, stamps = words[0]
    dates = [pair for pair in words if pair[1].dated]
    clocks = [pair for pair in words if not pair[1].dated and pair[1].clocked]
    if dates and clocks and not dates[0][1].clocked:
        place, stamps = dates[0]
        other, clock = clocks[0]
        of_day = clock.seconds % 86_400  # the date says which day it is
        both = replace(stamps, seconds=stamps.seconds + of_day, clocked=True)
        return place, other, both
    return (dates or words)[0][0], None, (dates or words)[0][1]


UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds", "毫秒"), 0.001),
    **dict.fromkeys(("us", "µs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "分钟"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时"), 3600.0),
    **dict.fromkeys(("d", "day", "days", "天"), 86_400.0),
}
"""What a column of times says of its unit → seconds."""


def _stamps_in(plain: str, name: str, column: Column) -> Stamps | None:
    if isinstance(column, list):
        return read_stamps(column)
    named = plain in TIME_NAMES or bool(words_of(name) & {"time", "timestamp", "datetime"})
    if not named or len(column) < 2 or not np.isfinite(column).all():
        return None
    unit, whole = split_unit(name)[1].casefold(), not has_fractions(column)
    low, high = float(column.min()), float(column.max())
    if whole and low >= 1600 and high <= 2200 and unit == "":  # years
        return read_stamps([f"{int(year)}-01" for year in column])
    if whole and low >= 19_000_000 and high <= 21_001_231:
        return read_stamps([f"{int(day)}" for day in column], compact=True)
    for scale in (1.0, 1e3, 1e6, 1e9):  # since 1970, in s, ms, µs, ns
        if low / scale >= 3e8 and high / scale <= 4e9:
            return Stamps(column / scale)
    if not unit:
        words = re.split(r"[^a-zµ一-鿿]+", name.casefold())
        unit = next((word for word in reversed(words) if word in UNITS), "")
    if unit not in UNITS:
        rises = float(np.mean(np.diff(column) > 0)) > 0.5
        return Stamps(column, dated=False, clocked=False, known=False) if rises else None
    return Stamps(column * UNITS[unit], dated=False, clocked=False)


def times_of(stamps: Stamps) -> tuple[str, ...]:
    """The times as a person reads them; plain numbers of seconds as "0.5 s"."""
    if stamps.dated or stamps.clocked:
        return readable(stamps)
    unit = " s" if stamps.known else ""
    return tuple(f"{second:.9g}{unit}" for second in stamps.seconds)


# Classes.


def groups_of(column: Column | None, count: int) -> tuple[np.ndarray, list[str]]:
    """The number of each row's group, in the order of their first rows; and what they are called.

    Without a column all rows are one group, which has no name.
    """
    if column is None:
        return np.zeros(count, np.int64), [""]
    cells = [spelt(value) for value in column] if not isinstance(column, list) else column
    order: dict[str, int] = {}
    places = np.array([order.setdefault(cell.strip(), len(order)) for cell in cells], np.int64)
    return places, list(order)


def spelt(value: float) -> str:
    """A number as a class or a sample is called: "3" of 3.0."""
    return "" if np.isnan(value) else f"{value:.12g}"


def _label_by_name(names: Sequence[str], columns: Sequence[Column], taken: set[int]) -> int | None:
    """The first column that is called as classes are; numbers must be few, whole and lasting."""
    for place, name in enumerate(names):
        if name not in CLASS_NAMES or place in taken:
            continue
        column = columns[place]
        if isinstance(column, list):
            return place
        given = column[~np.isnan(column)]
        whole = len(given) > 0 and not has_fractions(given)
        lasting = len(given) < 2 or float(np.mean(np.diff(given) != 0)) <= MOST_CHANGES
        if whole and lasting and len(np.unique(given)) <= MOST_CLASSES:
            return place
    return None


def _label_by_content(
    columns: Sequence[Column], sample: int | None, words: Sequence[int]
) -> int | None:
    """The first column of words that stay the same within each sample, but not in all of them."""
    if sample is None:
        return None
    groups, names = groups_of(columns[sample], len(columns[sample]))
    for place in words:
        kinds, values = groups_of(columns[place], len(columns[place]))
        pairs = len({*zip(groups.tolist(), kinds.tolist(), strict=True)})
        if pairs == len(names) and 2 <= len(values) < len(names):
            return place
    return None
