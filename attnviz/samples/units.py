"""Units of channels: which stands in a name, and numbers of one unit in another."""

import re

import numpy as np

from attnviz.errors import N_, FileError

NO_WAY = N_("Values in {unit} cannot be turned into {wanted}. Bring them in {wanted}.")

PREFIXES = {
    **{"f": -15, "p": -12, "n": -9, "µ": -6, "m": -3, "c": -2, "d": -1, "": 0},
    **{"h": 2, "k": 3, "M": 6, "G": 9, "T": 12},
}
"""SI prefix → power of ten (BIPM, The International System of Units, 9th edition 2019, table 7)."""

BASES = frozenset(
    (
        *("A", "V", "W", "Wh", "VA", "var", "VAr", "Ah", "Ω", "F", "H", "T", "C", "S", "Wb"),
        *("m", "g", "s", "Hz", "N", "Pa", "J", "mol", "cd", "lm", "lx", "bar", "l", "L", "K"),
        *("eV", "Nm", "B", "Bq", "Sv", "Gy", "rad", "dB", "t"),
    )
)
TEMPERATURES = {"°C": (1.0, 273.15), "K": (1.0, 0.0), "°F": (5 / 9, 459.67 * 5 / 9)}
"""Unit → factor and offset to kelvin."""
SAME = {
    **{
        "ohm": "Ω",
        "ohms": "Ω",
        "degc": "°C",
        "deg c": "°C",
        "celsius": "°C",
        "°c": "°C",
        "℃": "°C",
    },
    **{"degf": "°F", "fahrenheit": "°F", "°f": "°F", "℉": "°F", "kelvin": "K", "amp": "A"},
    **{"amps": "A", "ampere": "A", "volt": "V", "volts": "V", "watt": "W", "watts": "W"},
    **{"sec": "s", "second": "s", "seconds": "s", "percent": "%"},
}
_NAMED = re.compile(
    r"^(.*\S)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\]|（(?P<wide>[^（）]*)）)\s*$"
)


def split_unit(name: str) -> tuple[str, str]:
    """A channel's name and its unit: ("I1", "A") of "I1 (A)" and "I1 [A]"; "" without one."""
    match = _NAMED.fullmatch(name)
    if match is None:
        return name.strip(), ""
    return match[1].strip(), (match[2] or match[3] or match[4] or "").strip()


def factor(unit: str, wanted: str) -> tuple[float, float] | None:
    """(a, b) so that a number x in `unit` is a·x + b in the `wanted` one; None if there is none."""
    unit, wanted = _plain(unit), _plain(wanted)
    if unit == wanted:
        return 1.0, 0.0
    if unit in TEMPERATURES and wanted in TEMPERATURES:
        (a, b), (c, d) = TEMPERATURES[unit], TEMPERATURES[wanted]
        return a / c, (b - d) / c
    first, second = _power(unit), _power(wanted)
    if first is None or second is None or first[1] != second[1]:
        return None
    return 10.0 ** (first[0] - second[0]), 0.0


def converted(values: np.ndarray, unit: str, wanted: str) -> np.ndarray:
    """Numbers of one unit in another: 1,200 mA are 1.2 A. Raises `FileError` if that cannot be."""
    found = factor(unit, wanted)
    if found is None:
        raise FileError(NO_WAY, unit=unit or "—", wanted=wanted or "—")
    a, b = found
    return values if found == (1.0, 0.0) else (values * a + b).astype(values.dtype)


def _plain(unit: str) -> str:
    """A unit as it is spelt here: "W/m²" of "W/m^2", "µ" of the Greek letter and of "u"."""
    unit = unit.strip().replace("μ", "µ").replace("Ω", "Ω").replace("·", "")
    unit = re.sub(r"\^?2(?!\d)", "²", re.sub(r"\^?3(?!\d)", "³", unit))
    unit = re.sub(r"^u(?=[A-Z])", "µ", unit)
    return SAME.get(unit.casefold(), unit)


def _power(unit: str) -> tuple[int, str] | None:
    """The power of ten and the rest of a unit: (3, "W/m²") of "kW/m²"; None if it is no such."""
    head, slash, rest = unit.partition("/")
    if head in BASES:
        return 0, unit
    if head[:1] in PREFIXES and head[1:] in BASES:
        return PREFIXES[head[:1]], head[1:] + slash + rest
    return None
