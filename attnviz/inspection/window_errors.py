"""A forecaster on a file: a row is a window, a mistake one that is worse than a season's repeat."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from attnviz.classifier import Classifier
from attnviz.data import Notice
from attnviz.errors import N_
from attnviz.forecasts import naive_error, seasonal_naive
from attnviz.processing.fitting import fitted
from attnviz.samples import Sample
from attnviz.samples.stamps import DAY, read_stamps
from attnviz.samples.windows import past, window_ends

OWN_SCALE = N_(
    "The model does not say how large the error of the seasonal naive was in its training files: "
    "that of these windows' pasts is taken."
)
WINDOWS = N_("Windows: {count:,}, each of {back:,} steps before and {ahead:,} that came.")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BY_TIME = {
    "hour": (("min", "h"), lambda seconds: (seconds % DAY // 3_600).astype(int)),
    "weekday": (("min", "h", "day"), lambda seconds: ((seconds // DAY + 3) % 7).astype(int)),
    "month": (("day", "month"), lambda seconds: 1 + _months(seconds)),
}
"""Part of a time stamp → units of a step for which errors are told by it, and how it is found."""


@dataclass(frozen=True, eq=False)
class WindowErrors:
    """What was forecast of N windows, C values each: target by target, then step by step.

    Parameters
    ----------
    names, starts
        N names of the windows; N times of their first coming step, "" where unknown.
    said, truth, naive
        (N, C) in the targets' units, NaN in `truth` where nothing is known.
    seconds
        (N, horizon): when each coming step was; NaN where unknown.
    scale
        What an error is divided by for MASE (Hyndman & Koehler 2006, eq. 4).
    spread
        (C,): half the width of the 80 % band; empty where the model has none.
    target, step_unit
        Names of the channels that are forecast; the unit of a step.
    """

    names: tuple[str, ...]
    starts: tuple[str, ...]
    said: np.ndarray
    truth: np.ndarray
    naive: np.ndarray
    seconds: np.ndarray
    scale: float
    spread: np.ndarray
    target: tuple[str, ...]
    step_unit: str
    notices: tuple[Notice, ...] = ()

    @property
    def errors(self) -> np.ndarray:
        """(N, C): what was said less what came."""
        return self.said - self.truth

    @property
    def mase(self) -> np.ndarray:
        """(N,): the mean absolute error of each window by `scale`; more than 1 is a mistake."""
        return np.nanmean(np.abs(self.errors), axis=1) / self.scale

    def figures(self) -> dict:
        """All windows together, by coming step, and by hour, weekday or month of what came."""
        size, naive = np.abs(self.errors), np.abs(self.naive - self.truth)
        known = ~np.isnan(size)
        found = {
            "windows": len(self.names),
            "mae": _mean(size),
            "rmse": np.sqrt(_mean(size**2)),
            "bias": _mean(self.errors),
            "mase": _mean(size) / self.scale,
            "naive_mae": _mean(naive),
            "naive_mase": _mean(naive) / self.scale,
            "windows_worse_than_scale": int((self.mase > 1).sum()),
        }
        if self.spread.size:
            found["coverage"] = (size <= self.spread)[known].mean()
        found = {name: v if isinstance(v, int) else float(v) for name, v in found.items()}
        return found | {"by_step": self._by_step(size, naive)} | self._by_time(size, naive)

    def _by_step(self, size: np.ndarray, naive: np.ndarray) -> list[dict]:
        ahead = self.seconds.shape[1]
        parts = [(n // ahead, n % ahead) for n in range(size.shape[1])]
        return [
            {"target": self.target[which], "step": step + 1} | _means(size[:, n], naive[:, n])
            for n, (which, step) in enumerate(parts)
        ]

    def _by_time(self, size: np.ndarray, naive: np.ndarray) -> dict[str, dict]:
        seconds = np.tile(self.seconds, (1, len(self.target)))
        known = ~np.isnan(seconds)
        found = {}
        for name, (units, part) in BY_TIME.items():
            if self.step_unit in units and known.any():
                values = part(seconds[known])
                chosen = {value: values == value for value in np.unique(values).tolist()}
                found[f"by_{name}"] = {
                    WEEKDAYS[value] if name == "weekday" else str(value): _means(
                        size[known][mask], naive[known][mask]
                    )
                    for value, mask in chosen.items()
                }
        return found

    def by_window(self) -> dict[str, Sequence]:
        """Columns of a table with a row for each window, in the order of the file."""
        size, naive = np.abs(self.errors), np.abs(self.naive - self.truth)
        return {
            "window": list(self.names),
            "start": list(self.starts),
            "mae": np.nanmean(size, axis=1),
            "naive_mae": np.nanmean(naive, axis=1),
            "bias": np.nanmean(self.errors, axis=1),
            "mase": self.mase,
            "mistake": self.mase > 1,
        }


def window_errors(
    classifier: Classifier,
    samples: Iterable[Sample],
    progress: Callable[[int], object] | None = None,
) -> WindowErrors:
    """Every window of a file's series, forecast and compared with what came.

    Raises
    ------
    FileError, SampleError
        If the file is broken, or a series has other channels or too few steps.
    """
    config = classifier.network.config
    back, ahead = config.max_tokens, config.horizon
    pasts, coming, seconds, starts, notices = [], [], [], [], []
    for sample in samples:
        sample, said = fitted(sample, config)
        notices += [Notice(*one) for one in said]
        clock = _clock(sample)
        for now, values in window_ends(sample, config.target, back, ahead):
            pasts.append(past(sample, now, back))
            coming.append(values)
            seconds.append(clock[now : now + ahead])
            starts.append(sample.times[now] if sample.times else "")
    said = classifier.predict(pasts, progress=progress).values.astype(np.float64)
    scale = config.naive_error
    if not scale > 0:
        scale = naive_error([one.values for one in pasts], config)
        notices.append(Notice(OWN_SCALE))
    counted = {"count": len(pasts), "back": back, "ahead": ahead}
    return WindowErrors(
        names=tuple(one.name for one in pasts),
        starts=tuple(starts),
        said=said,
        truth=np.asarray(coming, dtype=np.float64),
        naive=np.stack([seasonal_naive(one, config) for one in pasts]),
        seconds=np.array(seconds),
        scale=float(scale),
        spread=np.asarray(config.spread or (), dtype=np.float64),
        target=tuple(config.target),
        step_unit=config.step_unit,
        notices=(Notice(WINDOWS, counted), *dict.fromkeys(notices)),
    )


def _clock(sample: Sample) -> np.ndarray:
    """(T,) seconds from 1970; NaN where the times say no date or hour."""
    stamps = read_stamps(sample.times) if len(sample.times) == len(sample.values) else None
    known = stamps is not None and stamps.dated and stamps.known
    return stamps.seconds if known else np.full(len(sample.values), np.nan)


def _months(seconds: np.ndarray) -> np.ndarray:
    return seconds.astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12


def _means(size: np.ndarray, naive: np.ndarray) -> dict[str, float]:
    return {"mae": _mean(size), "naive_mae": _mean(naive)}


def _mean(values: np.ndarray) -> float:
    """The mean of what is there, NaN of nothing."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else float("nan")
