"""Single long series to forecast: the carbon dioxide of the air, and the power of a solar plant."""

import warnings

import numpy as np
import pandas as pd

from attnviz.samples.needs import library
from attnviz.samples.photovoltaic import MODULE, MODULES, STRINGS
from attnviz.samples.sample import Sample
from attnviz.samples.weather import Sky, on_the_modules

SITE, ZONE = (36.7, 117.0), 8  # Jinan; hours before UTC
POWER_YEARS = {"train": (2021, 2), "validation": (2023, 1), "test": (2024, 1)}  # first, how many
DAY_LIKE_DAY = 0.29  # Graham, Hollands and Huget (1988): of the clearness of days
HOUR_LIKE_HOUR = 0.4  # Aguiar and Collares-Pereira (1992): of hours within a day
CO2_PARTS = {"train": (None, "1987"), "validation": ("1984", "1990"), "test": ("1987", None)}


def co2() -> dict[str, Sample]:
    """Monthly means of the carbon dioxide at Mauna Loa, 1958–2001, in ppm: whole, and in parts.

    Keys: "co2" is the whole; "train" ends with 1987, "validation" with 1990, "test" with 2001. The
    latter two begin with four years of the part before, which a forecast looks back on: with a
    look back of 48 months, no month is forecast in two parts. A month without measurements is NaN.
    The data are those of statsmodels: Keeling and Whorf (2004), in the public domain.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        weekly = library("statsmodels.datasets.co2").load_pandas().data["co2"]
    monthly = weekly.resample("MS").mean()
    parts = {"co2": monthly} | {name: monthly[a:b] for name, (a, b) in CO2_PARTS.items()}
    return {name: _months(part) for name, part in parts.items()}


def _months(values: pd.Series) -> Sample:
    times = tuple(values.index.strftime("%Y-%m"))
    column = values.to_numpy(np.float32)[:, None]
    return Sample(column, channels=("CO2 (ppm)",), times=times, step=1.0, step_unit="month")


def plant(first_year: int, years: int, seed: int) -> Sample:
    """The hourly power of a synthetic plant of 48 modules of 300 W, with light and temperature.

    Channels "P (W)", "G (W/m²)", "T (°C)"; a value is that of the middle of the hour that begins
    at its time. Sun, clear sky and modules are physics, as in `attnviz.samples.photovoltaic`; all
    modules are alike. Clouds and air are random: hours and days resemble those before a little,
    winters are greyer. The same seed gives the same years.

    Raises
    ------
    AttnvizError
        If pvlib is not installed.
    """
    local = pd.date_range(f"{first_year}", f"{first_year + years}", freq="h", inclusive="left")
    middle = (local + pd.Timedelta(minutes=30) - pd.Timedelta(hours=ZONE)).tz_localize("UTC")
    rng = np.random.default_rng([seed, first_year])
    day = np.arange(len(local)) / 24
    summer = -np.cos((local.day_of_year.to_numpy() - 15) / 365.25 * 2 * np.pi)
    nights = np.arange(len(day) // 24 + 1)
    weather = np.interp(day, nights, _like_before(len(nights), DAY_LIKE_DAY, rng))
    hour = _like_before(len(day), HOUR_LIKE_HOUR, rng)
    share = 0.15 + 0.9 / (1 + np.exp(-(0.9 + 0.4 * summer + 1.6 * weather + 0.7 * hour)))
    air = 14 + 13 * summer + 4 * np.sin((day % 1 - 0.375) * 2 * np.pi) + 2 * weather
    sky = on_the_modules(SITE, middle, share, 3.0, air, 2 * np.exp(0.4 * hour))
    values = np.column_stack([np.round(_power(sky)), np.round(sky.light, 1), np.round(sky.heat, 1)])
    return Sample(
        values.astype(np.float32) + 0.0,
        channels=("P (W)", "G (W/m²)", "T (°C)"),
        times=tuple(local.strftime("%Y-%m-%d %H:%M")),
        step=1.0,
        step_unit="h",
    )


def _power(sky: Sky) -> np.ndarray:
    """What all modules give at their maximum power in W, (T,)."""
    system = library("pvlib").pvsystem
    power, day = np.zeros(len(sky.light)), sky.light > 1
    found = system.calcparams_cec(sky.light[day], sky.heat[day], **MODULE)
    best = system.max_power_point(*found, method="newton")
    power[day] = STRINGS * MODULES * np.asarray(best["p_mp"])
    return power


def _like_before(count: int, likeness: float, rng: np.random.Generator) -> np.ndarray:
    """A first-order autoregression of variance 1, (count,); `likeness` from 0 to 1."""
    steps = rng.normal(0, np.sqrt(1 - likeness**2), count)
    steps[0] = rng.normal()
    for n in range(1, count):
        steps[n] += likeness * steps[n - 1]
    return steps
