"""Figures of training texts in one script, as `language.json` holds them."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, pstdev


@dataclass(frozen=True)
class Script:
    """Figures of the training texts in one script.

    `share` 0…1 of all units. `pieces` per unit and `bytes`, the share of units spelt in bytes:
    mean and standard deviation over texts. `frequent`, 0…1: the share of words that are among the
    most frequent ones. `traditional`, 0…1: the share of units that only Traditional Chinese has;
    None where it was not counted.
    """

    share: float
    pieces: tuple[float, float]
    bytes: tuple[float, float]
    frequent: float
    traditional: float | None = None


def figures_of(
    parts: Sequence[Sequence[str]],
    share: float,
    frequent: frozenset[str],
    cut: Callable[[str], int],
) -> Script:
    counts = [list(map(cut, units)) for units in parts]
    return Script(
        share=round(share, 4),
        pieces=_mean_and_spread([fmean(pieces) for pieces in counts]),
        bytes=_mean_and_spread(list(map(spelt_in_bytes, parts, counts))),
        frequent=round(share_known(units := [u for part in parts for u in part], frequent), 4),
        traditional=round(share_traditional(units), 4),
    )


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    return round(fmean(values), 4), round(pstdev(values), 4)


def spelt_in_bytes(units: Sequence[str], pieces: Sequence[int]) -> float:
    """The share of units that take more pieces than they have letters."""
    return fmean(count > len(unit) for count, unit in zip(pieces, units, strict=True))


def share_known(units: Sequence[str], frequent: Container[str]) -> float:
    return fmean(unit.lower() in frequent for unit in units)


def share_traditional(units: Sequence[str]) -> float:
    return fmean(map(is_traditional, units))


@lru_cache(2**14)
def is_traditional(unit: str) -> bool:
    """Whether a character is in Big5 (1984, Traditional) and not in GB 2312 (1980, Simplified)."""
    return _is_in(unit, "big5") and not _is_in(unit, "gb2312")


def _is_in(unit: str, codec: str) -> bool:
    try:
        return len(unit) == 1 and bool(unit.encode(codec))
    except UnicodeEncodeError:
        return False


def read_script(found: Mapping) -> Script:
    pairs = {name: tuple(map(float, found[name])) for name in ("pieces", "bytes")}
    if any(len(pair) != 2 for pair in pairs.values()):
        raise ValueError("a mean and a spread")
    counted = found.get("traditional")
    traditional = None if counted is None else float(counted)
    return Script(
        float(found["share"]), frequent=float(found["frequent"]), traditional=traditional, **pairs
    )
