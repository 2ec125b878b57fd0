"""Synthetic days of a photovoltaic array of four strings, healthy or with one fault.

A day is what a logger keeps: the current of each string, the voltage of the array, the light in
the plane of the modules and their temperature. The modules are single diodes with the parameters
of a real type in the CEC's list, in three parts with a bypass diode each; the inverter holds the
array where its power is largest. Nothing here was measured on a plant.

What is simpler than life: one fault at a time; no fuses, no blocking diodes and no limits of the
inverter; no dirt, no snow, no shade that all strings share; strings differ by their light alone;
a string ages overnight.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attnviz.samples.needs import library
from attnviz.samples.sample import Sample
from attnviz.samples.weather import STEP, STEPS, TIMES, Sky, a_day

STRINGS, MODULES, SUBSTRINGS = 4, 12, 3  # in parallel; in a row; parts of a module with a diode
PARTS = MODULES * SUBSTRINGS
CHANNELS = (*(f"I{n + 1} (A)" for n in range(STRINGS)), "V (V)", "G (W/m²)", "T (°C)")
NOISE = np.array([0.02] * STRINGS + [0.8, 4, 0.4])  # of the sensors, one standard deviation
DECIMALS = [2] * STRINGS + [1, 1, 1]
LOST = 0.002  # of the values
DARK = 20  # W/m² below which the inverter sleeps
SEEN = 150  # W/m²; a fault that meets less light shows nothing
BYPASS = -0.6  # V over a bypass diode that conducts

MODULE = {  # Canadian Solar CS6X-300M in the CEC's list as of SAM 2018.11.11 (NREL), at 25 °C
    "alpha_sc": 0.004326,  # A/K
    "a_ref": 1.861184,  # V
    "I_L_ref": 8.745869,  # A
    "I_o_ref": 2.736802e-10,  # A
    "R_sh_ref": 545.178589,  # Ω
    "R_s": 0.366101,  # Ω
    "Adjust": 4.722239,  # %
}
AMPERES = np.linspace(-12, 14, 261)  # where the voltage of a part is computed
VOLTS = np.arange(0, 641.0)  # where the currents of the strings are


def substring(light: np.ndarray, heat: np.ndarray, resistance: float = 1) -> np.ndarray:
    """The voltage of a third of a module at each of `AMPERES`, (T, 261) in V, falling.

    The single-diode equation with the CEC's parameters (Dobos 2012), solved with Lambert's W (Jain
    and Kapoor 2004); below −0.6 V the bypass diode conducts. `light` (T,) is in W/m², `heat` (T,)
    in °C; `resistance` multiplies that in series.
    """
    system = library("pvlib").pvsystem
    found = system.calcparams_cec(np.maximum(light, 1), heat, **MODULE)
    current, saturation, series, shunt, thermal = (np.reshape(x, (-1, 1)) for x in found)
    with np.errstate(over="ignore"):
        volts = system.v_from_i(AMPERES, current, saturation, series * resistance, shunt, thermal)
    return np.maximum(volts / SUBSTRINGS, BYPASS)


def currents(curve: np.ndarray) -> np.ndarray:
    """The current at each of `VOLTS` (T, 641), from voltages at each of `AMPERES` (T, 261)."""
    return np.stack([np.interp(VOLTS, row[::-1], AMPERES[::-1]) for row in curve])


def at_maximum_power(amperes: np.ndarray, light: np.ndarray) -> np.ndarray:
    """The current of each string and the voltage of the array, (T, STRINGS + 1).

    `amperes` (STRINGS, T, 641) are the currents at each of `VOLTS`. Where there is no light, all
    are 0.
    """
    best = (amperes.sum(0) * VOLTS).argmax(1)
    out = np.concatenate([amperes[:, np.arange(len(best)), best], VOLTS[None, best]]).T
    return np.where(light[:, None] < DARK, 0, out)


@dataclass(frozen=True, eq=False)
class Array:
    """The healthy array under one sky.

    Parameters
    ----------
    sky
        T steps.
    shares
        What each string gets of the light, (STRINGS,), about 1.
    """

    sky: Sky
    shares: np.ndarray

    def part(self, string: int, share=1.0, resistance: float = 1) -> np.ndarray:
        """A third of a module of a string, (T, 261) in V, with a share (T,) of its light."""
        return substring(self.sky.light * self.shares[string] * share, self.sky.heat, resistance)

    @cached_property
    def parts(self) -> np.ndarray:
        """A healthy third of a module of each string, (STRINGS, T, 261) in V."""
        return np.stack([self.part(string) for string in range(STRINGS)])

    @cached_property
    def amperes(self) -> np.ndarray:
        """The current of each healthy string at each of `VOLTS`, (STRINGS, T, 641) in A."""
        return np.stack([currents(PARTS * parts) for parts in self.parts])


@dataclass(frozen=True, eq=False)
class Fault:
    """What a fault does: the currents (STRINGS, T, 641) with it, from `first` to before `last`."""

    amperes: np.ndarray
    first: int
    last: int
    what: str


def open_string(array: Array, rng: np.random.Generator) -> Fault:
    """A string is interrupted for the rest of the day: no current flows in it."""
    string, first = _string_and_start(rng)
    return _replaced(array, string, first, STEPS, 0.0, f"open string, string {string + 1}")


def shorted_modules(array: Array, rng: np.random.Generator) -> Fault:
    """Two to five of a string's twelve modules are bridged for the rest of the day."""
    string, first = _string_and_start(rng)
    count = int(rng.integers(2, 6))
    left = currents((PARTS - count * SUBSTRINGS) * array.parts[string][first:])
    what = f"shorted modules, {count} of {MODULES} in string {string + 1}"
    return _replaced(array, string, first, STEPS, left, what)


def partial_shading(array: Array, rng: np.random.Generator) -> Fault:
    """A shadow passes over some parts of a string in one and a half to five hours."""
    string, length = int(rng.integers(STRINGS)), int(rng.integers(9, 30))
    first = int(rng.integers(6, STEPS - length - 3))
    last = first + length
    depth, most = rng.uniform(0.3, 0.85), int(rng.integers(3, PARTS // 2))
    passing = np.zeros(STEPS)
    passing[first:last] = np.sin(np.pi * (np.arange(length) + 0.5) / length)
    count = np.ceil(most * np.minimum(1, 2 * passing))[:, None]
    shaded = array.part(string, 1 - depth * np.minimum(1, 1.6 * passing))
    mixed = (PARTS - count) * array.parts[string] + count * shaded
    what = f"partial shading, string {string + 1}"
    return _replaced(array, string, first, last, currents(mixed[first:last]), what)


def degradation(array: Array, rng: np.random.Generator) -> Fault:
    """A string has aged: it uses 5–18 % less light, its series resistance is 1.5–4 times as high.

    Both change over years, so the interval is the whole day.
    """
    string, loss, times = int(rng.integers(STRINGS)), rng.uniform(0.05, 0.18), rng.uniform(1.5, 4)
    aged = currents(PARTS * array.part(string, 1 - loss, times))
    return _replaced(array, string, 0, STEPS, aged, f"degradation, string {string + 1}")


def line_line(array: Array, rng: np.random.Generator) -> Fault:
    """Two strings touch at modules of different potential, through 0–5 Ω, for the rest of the day.

    See `joined` for the circuit.
    """
    string, first = _string_and_start(rng)
    other = int((string + rng.integers(1, STRINGS)) % STRINGS)
    apart = int(rng.integers(3, 7))
    low = int(rng.integers(1, MODULES - apart))
    ohms = rng.uniform(0, 5)
    amperes = array.amperes.copy()
    for t in range(first, STEPS):
        if array.sky.light[t] >= DARK:
            pair = array.parts[[string, other], t] * SUBSTRINGS
            amperes[[string, other], t] = joined(pair, low, low + apart, ohms)
    what = f"line-line, strings {string + 1} and {other + 1}, {apart} modules apart"
    return Fault(amperes, first, STEPS, what)


def joined(modules: np.ndarray, low: int, high: int, ohms: float) -> np.ndarray:
    """The currents (2, 641) of two strings at each of `VOLTS` where a path of `ohms` joins them.

    `modules` (2, 261) is the voltage of one module of each string at each of `AMPERES`. The path
    leads from above module `high` of the second string to above module `low` of the first, counted
    from the negative end; the currents are those at the positive end. With i through the path:
    low·u₁(I₁ − i) + (12 − low)·u₁(I₁) = V, high·u₂(I₂ + i) + (12 − high)·u₂(I₂) = V and
    high·u₂(I₂ + i) − low·u₁(I₁ − i) = ohms·i (Kirchhoff), of which the last decides on i.
    """
    through = np.linspace(0, 12, 25)
    found = np.empty((2, len(through), len(VOLTS)))
    excess = np.empty((len(through), len(VOLTS)))
    for k, i in enumerate(through):
        taps = []
        for which, (count, step) in enumerate(((low, -i), (high, i))):
            voltage = modules[which]
            below = count * np.interp(AMPERES + step, AMPERES, voltage)
            whole = below + (MODULES - count) * voltage
            found[which, k] = np.interp(VOLTS, whole[::-1], AMPERES[::-1])
            taps.append(count * np.interp(found[which, k] + step, AMPERES, voltage))
        excess[k] = taps[1] - taps[0] - ohms * i
    k = np.clip((excess > 0).sum(0), 1, len(through) - 1)  # falls with i: the first that is not
    at = np.arange(len(VOLTS))
    before, after = excess[k - 1, at], excess[k, at]
    part = np.clip(before / np.where(before == after, 1, before - after), 0, 1)
    return found[:, k - 1, at] * (1 - part) + found[:, k, at] * part


def _string_and_start(rng: np.random.Generator) -> tuple[int, int]:
    """Where and when a fault begins that lasts: in the first two thirds of the day."""
    return int(rng.integers(STRINGS)), int(rng.integers(STEPS * 2 // 3))


def _replaced(array: Array, string: int, first: int, last: int, with_what, what: str) -> Fault:
    amperes = array.amperes.copy()
    amperes[string, first:last] = with_what
    return Fault(amperes, first, last, what)


def day(state: str, split: str, rng: np.random.Generator) -> Sample:
    """One day in a state that `STATES` names, at a site and on a day of the split.

    A day whose light does not reach 150 W/m² while the fault is there shows nothing of it, and
    another is drawn. The values are as sensors give them: with noise, rounded, a few of them lost.
    """
    while True:
        sky = a_day(split, rng)
        array = Array(sky, rng.normal(1, 0.006, STRINGS))
        if sky.light.max() <= SEEN:
            continue
        fault = STATES[state](array, rng) if STATES[state] else Fault(array.amperes, 0, 0, "")
        if not fault.what or sky.light[fault.first : fault.last].max() > SEEN:
            break
    exact = np.column_stack([at_maximum_power(fault.amperes, sky.light), sky.light, sky.heat])
    values = exact + rng.normal(0, 1, exact.shape) * NOISE
    values = np.stack([np.round(values[:, k], d) for k, d in enumerate(DECIMALS)], 1) + 0.0
    values[rng.random(values.shape) < LOST] = np.nan
    marks = ((fault.first, fault.last, fault.what),) if fault.what else ()
    about = {"channels": CHANNELS, "times": TIMES, "step": float(STEP), "step_unit": "min"}
    return Sample(values.astype(np.float32), label=state, marks=marks, **about)


def days(count: int, seed: int, split: str) -> Iterator[Sample]:
    """`count` days of a split ("train", "validation" or "test"), the states in turn.

    The same seed gives the same days, and more of them begin with the same.

    Raises
    ------
    AttnvizError
        If pvlib is not installed.
    """
    states, part = list(STATES), ("train", "validation", "test").index(split)
    for number in range(count):
        rng = np.random.default_rng([seed, part, number])
        yield day(states[number % len(states)], split, rng)


STATES = {
    "normal": None,
    "open string": open_string,
    "shorted modules": shorted_modules,
    "partial shading": partial_shading,
    "degradation": degradation,
    "line-line": line_line,
}
