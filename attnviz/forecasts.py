"""How good a forecast is: its error in the user's unit, beside the seasonal naive's."""

from collections.abc import Iterable

import numpy as np

from attnviz.classifier import Classifier
from attnviz.evaluation import Labelled
from attnviz.samples import Sample

COVERAGE = 0.8  # share of the coming values that lie within the band


def forecast_scores(classifier: Classifier, file: Labelled) -> dict[str, float]:
    """Errors of the forecasts of a file's windows, whose labels are the coming values.

    `mae` and `rmse` in the unit of the target; `naive_mae`, that of the seasonal naive; `mase`,
    the error by that of the seasonal naive in the training files (Hyndman & Koehler 2006, eq. 4);
    `naive_mase`, the same of the seasonal naive; `coverage`, the share 0…1 of the coming values
    inside the 80 % band. Values that are not known are left out.
    """
    config = classifier.network.config
    said = classifier.predict(file.texts).values.astype(np.float64)
    truth = np.asarray(file.labels, dtype=np.float64)
    naive = np.stack([seasonal_naive(sample, config) for sample in file.texts])
    error, naive_error = np.abs(said - truth), np.abs(naive - truth)
    within = config.naive_error or np.nan
    inside = error <= np.asarray(config.spread or np.nan)
    known = ~np.isnan(error)
    scores = {
        "mae": np.nanmean(error),
        "rmse": np.sqrt(np.nanmean(error**2)),
        "mase": np.nanmean(error) / within,
        "naive_mae": np.nanmean(naive_error),
        "naive_mase": np.nanmean(naive_error) / within,
        "coverage": inside[known].mean() if config.spread else np.nan,
    }
    return {name: float(value) for name, value in scores.items() if np.isfinite(value)}


def seasonal_naive(sample: Sample, config) -> np.ndarray:
    """(C,): each coming value is that of the same step in the last season; where that is missing,
    the mean of the season."""
    values = np.asarray(sample.values, dtype=np.float64)
    parts = []
    for name in config.target:
        last = values[-config.season :, config.channels.index(name)]
        last = np.where(np.isnan(last), _mean(last), last)
        parts.append(last[np.arange(config.horizon) % len(last)])
    return np.concatenate(parts)


def naive_error(pasts: Iterable[np.ndarray], config) -> float:
    """The mean absolute error of the seasonal naive, one season back, within pasts (T, K)."""
    columns = [config.channels.index(name) for name in config.target]
    apart = [
        np.abs(values[config.season :, columns] - values[: -config.season, columns]).reshape(-1)
        for values in pasts
    ]
    return _mean(np.concatenate(apart).astype(np.float64))


def _mean(values: np.ndarray) -> float:
    """The mean of what is there, NaN of nothing."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else float("nan")


def half_widths(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(C,): half the width of the band of each coming value, from validation windows (N, C).

    Split conformal (Lei et al. 2018, algorithm 2): the ⌈(N + 1) · 0.8⌉-th smallest absolute error,
    so that a new window's value lies inside with 80 % at least, if it is like these.
    """
    errors = np.abs(np.asarray(said, dtype=np.float64) - np.asarray(truth, dtype=np.float64))
    widths = []
    for column in errors.T:
        known = np.sort(column[~np.isnan(column)])
        place = min(len(known), int(np.ceil((len(known) + 1) * COVERAGE)))
        widths.append(known[place - 1] if place else np.nan)
    return np.array(widths)
