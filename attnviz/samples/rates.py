"""How far apart the steps of a series are, and a series at another rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from attnviz.data.table import Notice
from attnviz.errors import N_, SampleError
from attnviz.samples.sample import Sample
from attnviz.samples.stamps import DAY, read_stamps

YEAR = 365.2425 * DAY
SECONDS = {
    **{"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "day": float(DAY), "week": 7.0 * DAY},
    **{"month": YEAR / 12, "quarter": YEAR / 4, "year": YEAR},
}
"""Unit of a step → its seconds; of the calendar's units the mean ones."""
CALENDAR = ("month", "quarter", "year")
SAME_STEP = 0.01  # by how much two steps may differ and be the same
FARTHEST = 20  # times as far apart, or as near: more cannot be the same signal
GAP = 1.5  # times the usual step: a gap

IRREGULAR = N_("Time stamps with another distance than the usual {step}: {count:,} of {all:,}.")
GAPS = N_("Gaps in the time stamps: {count:,}, the longest {longest} (after {where}).")
RESAMPLED = N_("From a step of {found} to the model's {wanted}, between its neighbours in time.")
EVENED = N_("Irregular time stamps: brought to the model's step of {wanted}, between neighbours.")
NO_RATE = N_(
    "{sample} doesn't say how far apart its steps are: taken for the model's {wanted}. Add a "
    "column of time stamps if that is wrong."
)
TOO_FAR = N_(
    "{sample} has a step of {found}, the model reads one of {wanted}: more than {limit} times "
    "apart. Bring a series with a step near {wanted}."
)


@dataclass(frozen=True)
class Spacing:
    """The usual `step` between time stamps in its natural `unit`; None and "" if there is none."""

    step: float | None = None
    unit: str = ""
    notices: tuple[Notice, ...] = ()
    irregular: int = 0


def spacing(times: np.ndarray | Sequence[str], names: Sequence[str] = ()) -> Spacing:
    """The usual step of times: seconds (T,), or strings of one form as `read_stamps` takes them.

    Its notices count stamps at another distance, and gaps; `names` are the times as a person reads
    them.
    """
    if len(times) and isinstance(times[0], str):
        found, names = read_stamps(times), names or times
        times = np.array([]) if found is None else found.seconds
    times = np.asarray(times, float)
    if len(times) < 2 or np.isnan(times).any():
        return Spacing()
    distances = np.diff(times)
    usual = float(np.median(distances))
    if not usual > 0:
        return Spacing()
    if (even := _even(times, usual)) is not None:
        return Spacing(*_round(even))
    step, unit, fits = _natural(times, distances, usual)
    notices, irregular, gaps = [], int((~fits).sum()), distances > GAP * usual
    others = irregular - int((gaps & ~fits).sum())
    if others:
        values = {"step": told(step, unit), "count": others, "all": len(distances)}
        notices.append(Notice(IRREGULAR, values))
    if gaps.any() and not (gaps & fits).all():
        widest = int(np.argmax(distances))
        where = names[widest] if len(names) else str(widest + 1)
        longest = told(*_round(float(distances[widest])))
        values = {"count": int((gaps & ~fits).sum()), "longest": longest, "where": where}
        notices.append(Notice(GAPS, values))
    return Spacing(step, unit, tuple(notices), irregular)


def _even(times: np.ndarray, usual: float) -> float | None:
    """The step of times that stand evenly but for the rounding of their stamps; None else.

    A signal of 64 Hz has stamps 15 and 16 ms apart where they are written in whole milliseconds.
    """
    quantum = 0.001 if usual < 1 else 1.0 if np.any(times % 60) else 0.0
    mean = float(times[-1] - times[0]) / (len(times) - 1)
    away = np.abs(times - times[0] - mean * np.arange(len(times))).max()
    exact = np.abs(np.diff(times) - usual).max() <= 1e-6 * usual
    if exact or not 0 < mean < DAY or quantum > mean / 4 or away > quantum:
        return None
    return mean


def _natural(
    times: np.ndarray, distances: np.ndarray, usual: float
) -> tuple[float, str, np.ndarray]:
    """The step in the unit that a person would use, and which distances are that."""
    days = usual / DAY
    if days >= 28 and not np.any(times % DAY):
        months = times.astype("datetime64[s]").astype("datetime64[M]")
        count = np.diff(months.astype(np.int64))
        usual_count = int(np.median(count))
        if usual_count and np.all(times == months.astype("datetime64[s]").astype(np.int64)):
            whole = usual_count % 12 == 0
            step = (usual_count / 12, "year") if whole else (float(usual_count), "month")
            return *step, count == usual_count
    return *_round(usual), np.abs(distances - usual) <= SAME_STEP * usual


def _round(seconds: float) -> tuple[float, str]:
    for unit in ("day", "h", "min"):
        count = seconds / SECONDS[unit]
        if count >= 1 and abs(count - round(count, 3)) < 1e-9:
            return round(count, 3), unit
    return float(f"{seconds:.6g}"), "s"


def told(step: float, unit: str) -> str:
    """A step as it is written: "10 min"."""
    return f"{step:g} {unit}".strip()


def seconds_of(sample: Sample) -> np.ndarray | None:
    """When each step was, in seconds; by the sample's times, else by its step; None if unknown."""
    count = len(sample.values)
    even = sample.step is not None and sample.step_unit in SECONDS
    if even and sample.step_unit in CALENDAR:  # as long as the calendar makes them
        return np.arange(count) * sample.step * SECONDS[sample.step_unit]
    stamps = read_stamps(sample.times) if len(sample.times) == count else None
    if stamps is not None and (np.diff(stamps.seconds) > 0).all():  # which NaN are not
        return stamps.seconds - stamps.seconds[0]
    if len(sample.times) == count and (numbers := _numbered(sample.times)) is not None:
        return numbers - numbers[0]
    return np.arange(count) * sample.step * SECONDS[sample.step_unit] if even else None


def _numbered(times: Sequence[str]) -> np.ndarray | None:
    """Times such as "0.5 s" in seconds."""
    parts = [time.split(" ") for time in times]
    if any(len(part) != 2 or part[1] not in SECONDS for part in parts):
        return None
    return np.array([float(number) * SECONDS[unit] for number, unit in parts])


def resampled(sample: Sample, step: float, unit: str) -> tuple[Sample, list[Notice]]:
    """A series with so long a step, each channel on the line between its neighbours in time.

    Where a neighbour is missing, or both stand on the two sides of a gap, the value is missing.
    What has that step already, to one per cent, comes back as it is. Raises `SampleError` for a
    step more than 20 times as long or as short.
    """
    wanted, name = told(step, unit), sample.name or "sample"
    times = seconds_of(sample)
    if times is None or len(times) < 2 or unit not in SECONDS:
        known = times is not None or unit not in SECONDS
        return sample, [] if known else [Notice(NO_RATE, {"sample": name, "wanted": wanted})]
    distances = np.diff(times)
    usual, target = float(np.median(distances)), step * SECONDS[unit]
    if sample.step is not None and sample.step_unit in SECONDS:
        usual = sample.step * SECONDS[sample.step_unit]
    regular = bool(np.all(np.abs(distances - usual) <= SAME_STEP * usual))
    regular = regular or _even(times, usual) is not None
    same = abs(usual - target) <= SAME_STEP * target
    if same and regular:
        return sample, []
    own = told(*_round(usual)) if sample.step is None else told(sample.step, sample.step_unit)
    if not 1 / FARTHEST <= usual / target <= FARTHEST:
        values = {"sample": name, "found": own, "wanted": wanted, "limit": FARTHEST}
        raise SampleError(TOO_FAR, **values)
    count = int(np.floor((times[-1] + SAME_STEP * target) / target)) + 1
    new = np.arange(count) * target
    values = _between(new, times, sample.values, GAP * max(usual, target))
    labels = ()
    if sample.times and same:
        labels = tuple(sample.times[p] for p in np.searchsorted(times, new, "right") - 1)
    marks = tuple(_moved(mark, times, new) for mark in sample.marks)
    said = Notice(EVENED, {"wanted": wanted})
    if not same:
        said = Notice(RESAMPLED, {"found": own, "wanted": wanted})
    changed = {"values": values, "times": labels, "step": step, "step_unit": unit, "marks": marks}
    return replace(sample, **changed), [said]


def _moved(mark: tuple[int, int, str], old: np.ndarray, new: np.ndarray) -> tuple[int, int, str]:
    """A marked interval in new steps."""
    first, last, what = mark
    end = int(np.searchsorted(new, old[last - 1], "right"))
    return min(int(np.searchsorted(new, old[first])), end - 1), end, what


def _between(new: np.ndarray, old: np.ndarray, values: np.ndarray, gap: float) -> np.ndarray:
    """Values (T, K) of old times at new ones; NaN within a gap and beside what is missing."""
    after = np.clip(np.searchsorted(old, new, "left"), 1, len(old) - 1)
    before = after - 1
    width = old[after] - old[before]
    share = np.clip((new - old[before]) / np.where(width > 0, width, 1), 0, 1)[:, None]
    first, second = values[before], values[after]
    found = np.where(share <= 1e-6, first, np.where(share >= 1 - 1e-6, second, 0))
    inner = (share > 1e-6) & (share < 1 - 1e-6)
    line = first * (1 - share) + second * share
    line = np.where((width > gap)[:, None], np.nan, line)
    return np.where(inner, line, found).astype(np.float32)
