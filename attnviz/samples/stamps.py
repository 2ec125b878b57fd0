"""Time stamps as people and loggers write them, read as seconds; and times as a person reads them.

A column is known to hold stamps by its cells, whatever its name: all must be written alike.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attnviz.data.table import Notice
from attnviz.errors import N_
from attnviz.samples.cell_numbers import is_missing

DAY = 86_400  # seconds
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LEAST = 0.9  # of the cells that must be stamps of one form

DAY_FIRST = N_("Dates such as “{example}” were read as day, month, year.")
MONTH_FIRST = N_("Dates such as “{example}” were read as month, day, year.")
ZONES = N_("Time stamps have different time zones, so they are told in UTC.")

_CLOCK = (
    r"(?P<hour>\d{1,2})[:时](?P<minute>\d{2})(?:[:分](?P<second>\d{2}(?:[.,]\d+)?)秒?)?分?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_BEHIND = rf"(?:(?:\s*[T ,]\s*)?{_CLOCK})?"
_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_NAME = r"(?P<name>[A-Za-z]{3,9})"
FORMS = {
    "iso": rf"{_YEAR}[-/.年]{_MONTH}(?:[-/.月]{_DAY}日?)?月?{_BEHIND}",
    "either": rf"{_DAY}(?P<by>[-/.]){_MONTH}(?P=by)(?P<year>\d{{4}}|\d{{2}}){_BEHIND}",
    "named": rf"(?:[A-Za-z]{{3,9}}, )?{_DAY}[- .]{_NAME}\.?[- ,]+{_YEAR}{_BEHIND}",
    "chronicle": rf"{_YEAR}[- ]{_NAME}",
    "short": rf"{_NAME}[-' ](?P<year>\d{{2}})",
    "american": rf"{_NAME}\.?[- ](?:{_DAY},?\s+)?{_YEAR}{_BEHIND}",
    "quarter": rf"{_YEAR}[- ]?Q(?P<quarter>[1-4])",
    "month": rf"{_YEAR}M{_MONTH}",
    "compact": r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?",
    "clock": _CLOCK,
}
"""How a stamp may be written. The first form that fits all cells of a column is taken."""
_COMPILED = {key: re.compile(rf"\s*{form}\s*") for key, form in FORMS.items()}


@dataclass(frozen=True)
class Stamps:
    """A column of time stamps.

    `seconds` (T,) float64 count from 1970, or from midnight where `dated` is False; NaN where a
    cell is no stamp. `clocked` says whether the stamps have a time of day. Where `known` is False
    they are numbers of a unit that nobody says.
    """

    seconds: np.ndarray
    dated: bool = True
    clocked: bool = True
    known: bool = True
    notices: tuple[Notice, ...] = ()


def read_stamps(cells: Sequence[str], compact: bool = False) -> Stamps | None:
    """The stamps in a column's cells; None if it holds others or none.

    `compact` allows dates that are whole numbers, such as 20240131: for columns whose name says it.
    """
    given = [cell for cell in cells if not is_missing(cell)]
    if not given:
        return None
    for key, form in _COMPILED.items():
        first = form.fullmatch(given[0])
        if first is None or (key == "compact" and not compact):
            continue
        if key == "iso" and not first["zone"] and (quick := _iso(cells, first)) is not None:
            return quick
        found = [None if is_missing(cell) else form.fullmatch(cell) for cell in cells]
        if sum(match is not None for match in found) >= LEAST * len(given):
            return _stamps(found, key)
    return None


def _iso(cells: Sequence[str], first: re.Match) -> Stamps | None:
    """Stamps of ISO 8601 by NumPy, which is ten times as quick; None where one is written else."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of time zones
        try:
            stamps = np.array([cell.strip() for cell in cells], "datetime64[us]")
        except (ValueError, UserWarning):
            return None
    seconds = stamps.astype(np.int64) / 1e6
    seconds[np.isnat(stamps)] = np.nan
    return Stamps(seconds, clocked=first["hour"] is not None)


def _stamps(found: Sequence[re.Match | None], key: str) -> Stamps | None:
    fields = [match.groupdict() if match else None for match in found]
    notices = []
    first = next(field for field in fields if field)
    if key == "either":
        swapped, notices = _order(found, [field for field in fields if field])
        for field in fields:
            if field and swapped:
                field["day"], field["month"] = field["month"], field["day"]
    zones = {field.get("zone") or "" for field in fields if field}
    clocked = first.get("hour") is not None
    days = np.array([np.nan if f is None else _days(f, key) for f in fields])
    if np.isnan(days).sum() > (1 - LEAST) * len(days) + sum(f is None for f in fields):
        return None
    clock = np.array([np.nan if f is None else _clock(f, len(zones) > 1) for f in fields])
    if key == "clock":
        days = _midnights(clock)
    if len(zones) > 1:
        notices.append(Notice(ZONES))
    return Stamps(days * DAY + clock, key != "clock", clocked, notices=tuple(notices))


def _order(found: Sequence, fields: Sequence[dict]) -> tuple[bool, list[Notice]]:
    """Whether what looks like day and month stands the other way round; and what to say of it."""
    firsts = [int(field["day"]) for field in fields]
    seconds = [int(field["month"]) for field in fields]
    example = {"example": next(match[0].strip() for match in found if match)}
    if max(firsts) > 12:
        return False, []
    if max(seconds) > 12:
        return True, []
    calmer = _unrest(fields, swapped=True) < _unrest(fields, swapped=False)
    if fields[0]["by"] != "." and calmer:
        return True, [Notice(MONTH_FIRST, example)]
    return False, [Notice(DAY_FIRST, example)]


def _unrest(fields: Sequence[dict], swapped: bool) -> int:
    """How far the dates jump to and fro, in days, where they are read in one of two ways."""
    names = ("month", "day") if not swapped else ("day", "month")
    days = [372 * int(f["year"]) + 31 * int(f[names[0]]) + int(f[names[1]]) for f in fields]
    return int(np.abs(np.diff(days)).sum())


def _days(field: dict, key: str) -> float:
    """Days since 1970; NaN for a day that no calendar has."""
    if key == "clock":
        return 0.0
    year = int(field["year"])
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    if field.get("quarter"):
        month = 3 * int(field["quarter"]) - 2
    elif field.get("name"):
        name = field["name"].casefold()[:3]
        if name not in MONTHS:
            return float("nan")
        month = MONTHS.index(name) + 1
    else:
        month = int(field["month"])
    try:
        day = np.datetime64(f"{year:04d}-{month:02d}-{int(field.get('day') or 1):02d}", "D")
    except ValueError:
        return float("nan")
    return float(day.astype(np.int64))


def _clock(field: dict, to_utc: bool) -> float:
    """Seconds since midnight, in the stamp's own zone or in UTC."""
    if field.get("hour") is None:
        return 0.0
    hour, minute = int(field["hour"]), int(field["minute"])
    second = float((field.get("second") or "0").replace(",", "."))
    if half := (field.get("half") or "").casefold()[:1]:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 24 or minute > 59 or second >= 61:
        return float("nan")
    zone = field.get("zone") or ""
    offset = 0
    if to_utc and zone[:1] in ("+", "-"):
        digits = zone[1:].replace(":", "")
        offset = (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (1 if zone[0] == "+" else -1)
    return hour * 3600 + minute * 60 + second - offset


def _midnights(clock: np.ndarray) -> np.ndarray:
    """Which day it is where stamps hold no date: another one wherever the clock begins anew."""
    with np.errstate(invalid="ignore"):
        began = np.diff(clock, prepend=clock[:1]) < -DAY / 2
    return np.cumsum(began).astype(float)


def readable(stamps: Stamps) -> tuple[str, ...]:
    """Times as short as they can be told apart: "07:20" within a day, "1958-03" where months go by.

    They can be read back by `read_stamps`, to a thousandth of a second.
    """
    seconds = np.round(np.nan_to_num(stamps.seconds), 3)
    stamp = (seconds * 1000).round().astype("datetime64[ms]")
    days = stamp.astype("datetime64[D]")
    unit = "ms" if np.any(seconds % 1) else "s" if np.any(seconds % 60) else "m"
    whole = np.datetime_as_string(stamp, unit=unit)
    if not stamps.clocked and not np.any(seconds % DAY):
        units = [u for u in ("Y", "M") if (days == days.astype(f"datetime64[{u}]")).all()]
        return tuple(np.datetime_as_string(days, unit=[*units, "D"][0]).tolist())
    if not stamps.dated or (days == days[:1]).all():
        return tuple(text[11:] for text in whole.tolist())
    return tuple(text.replace("T", " ") for text in whole.tolist())
