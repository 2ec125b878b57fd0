"""Light and warmth on the modules of a solar plant, made by pvlib from a clear sky and clouds.

The sun's position and the clear sky are physics. The clouds, the temperature of the air and the
wind are random processes of ours, with no source: they look like weather, they are nobody's
measurements.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attnviz.samples.needs import library

STEPS, STEP = 72, 10  # a day from 06:00 to 18:00 of the sun's time, in minutes
TIMES = tuple(f"{6 + i * STEP // 60:02}:{i * STEP % 60:02}" for i in range(STEPS))

SITES = {  # split → name → degrees north, degrees east; no site stands in two
    "train": {
        "Berlin": (52.5, 13.4),
        "Jinan": (36.7, 117.0),
        "Shenzhen": (22.5, 114.1),
        "Cape Town": (-33.9, 18.4),
        "Madrid": (40.4, -3.7),
        "Delhi": (28.6, 77.2),
    },
    "validation": {"Lyon": (45.8, 4.8), "Wuhan": (30.6, 114.3), "Pretoria": (-25.7, 28.2)},
    "test": {
        "Copenhagen": (55.7, 12.6),
        "Tucson": (32.2, -111.0),
        "Lanzhou": (36.1, 103.8),
        "Nairobi": (-1.3, 36.8),
        "Brisbane": (-27.5, 153.0),
        "Sapporo": (43.1, 141.3),
    },
}
DAYS = {"train": (0, 1, 2), "validation": (3,), "test": (4,)}  # split → days of the year modulo 5


@dataclass(frozen=True, eq=False)
class Sky:
    """What the modules get, T steps.

    Parameters
    ----------
    light
        Irradiance in the plane of the modules in W/m², (T,) float64, at least 0.
    heat
        Temperature of the modules in °C, (T,) float64.
    """

    light: np.ndarray
    heat: np.ndarray


def a_day(split: str, rng: np.random.Generator) -> Sky:
    """One of the days of a split at one of its sites, `STEPS` steps of `STEP` minutes."""
    sites = list(SITES[split].values())
    site = sites[rng.integers(len(sites))]
    number = int(rng.integers(73)) * 5 + int(rng.choice(DAYS[split]))
    start = pd.Timestamp("2023-01-01 06:00") + pd.Timedelta(days=number)
    start -= pd.Timedelta(hours=site[1] / 15)  # 06:00 by the sun
    times = pd.date_range(start, periods=STEPS, freq=f"{STEP}min", tz="UTC")
    air = rng.uniform(-2, 32) + 6 * np.sin((np.arange(STEPS) - 20) / STEPS * np.pi)
    air += rng.normal(0, 0.3, STEPS)
    return on_the_modules(site, times, clouds(rng), rng.uniform(2, 5), air, rng.uniform(0.5, 5))


def clouds(rng: np.random.Generator) -> np.ndarray:
    """The share of the clear sky's light that passes, (STEPS,), from 0.05 to 1.08.

    A slow change between clear, hazy, broken and overcast, and fast flicker where it is not clear.
    Above 1, the edge of a bright cloud adds to the sun.
    """
    kinds = rng.choice([1.0, 0.85, 0.5, 0.25], 7, p=[0.5, 0.25, 0.15, 0.1])
    slow = np.interp(np.arange(STEPS), np.linspace(0, STEPS - 1, 7), kinds)
    flicker = np.convolve(rng.normal(0, 1, STEPS + 2), np.ones(3) / 3, "valid")
    share = slow + 0.35 * flicker * slow * (slow < 0.95) + rng.normal(0, 0.01, STEPS)
    return np.clip(share, 0.05, 1.08)


def on_the_modules(site, times, share, turbidity, air, wind) -> Sky:
    """The light and the temperature of modules that face the equator, at a tilt of 0.8 latitudes.

    Clear sky: Ineichen and Perez (2002); share of diffuse light: Erbs et al. (1982); onto the plane
    with an isotropic sky: Liu and Jordan (1963); temperature of the modules: Faiman (2008). All as
    pvlib computes them.

    Parameters
    ----------
    site
        Degrees north and east.
    times
        A pandas DatetimeIndex in UTC, T steps.
    share, air, wind
        The share of the clear sky's light (T,), the air's temperature in °C and the wind in m/s,
        (T,) or one number.
    turbidity
        Linke's, about 2 where the air is clear and 5 where it is hazy.

    Raises
    ------
    AttnvizError
        If pvlib is not installed.
    """
    light = _in_the_plane(site, times, share, turbidity)
    heat = library("pvlib").temperature.faiman(light, air, wind)
    return Sky(light, np.asarray(heat, float))


def _in_the_plane(site, times, share, turbidity) -> np.ndarray:
    """The light on the modules in W/m², (T,)."""
    pvlib = library("pvlib")
    with warnings.catch_warnings():  # of pandas, about what pvlib calls
        warnings.simplefilter("ignore", DeprecationWarning)
        place = pvlib.location.Location(*site)
        sun = place.get_solarposition(times)
        clear = place.get_clearsky(times, solar_position=sun, linke_turbidity=turbidity)
        horizontal = clear["ghi"].to_numpy() * share
        parts = pvlib.irradiance.erbs(horizontal, sun["zenith"].to_numpy(), times)
        plane = pvlib.irradiance.get_total_irradiance(
            surface_tilt=0.8 * abs(site[0]),
            surface_azimuth=180 if site[0] > 0 else 0,
            solar_zenith=sun["apparent_zenith"].to_numpy(),
            solar_azimuth=sun["azimuth"].to_numpy(),
            dni=parts["dni"],
            ghi=horizontal,
            dhi=parts["dhi"],
        )
    return np.maximum(np.nan_to_num(np.asarray(plane["poa_global"], float)), 0)
