"""Cells of a table as numbers: missing values, decimal commas, thousands and the like."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

MISSING = frozenset(
    (
        *("", "?", "-", "--", "—", "–", "na", "n/a", "#n/a", "#na", "nan", "null", "none", "nil"),
        *("missing", "<na>", "nat", "\\n", "无", "缺失", "空"),
    )
)
"""How people write that there is no value, in small letters."""

LEAST = 0.8  # of the cells of a column of numbers that must be numbers
_COMMA = re.compile(r"[-+−]?(\d{1,3}(\.\d{3})+|\d+)?,\d+([eE][-+]?\d+)?")
_LIKE = re.compile(r"[-+−]?[\d.,]+([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")


def is_missing(cell: str) -> bool:
    return cell.strip().casefold() in MISSING


def has_decimal_commas(cells: Iterable[str], delimiter: str | None) -> bool:
    """Whether the numbers of a table have a comma before their fractions: "1,5"."""
    like = [c for cell in cells if "," in cell and _LIKE.fullmatch(c := cell.strip())]
    sure = delimiter != ","  # else they stand in quotation marks, and may part thousands
    return bool(like) and all(
        _COMMA.fullmatch(cell) and (sure or not _THOUSANDS.fullmatch(cell)) for cell in like
    )


def numbers(cells: Sequence[str], commas: bool = False) -> tuple[np.ndarray, list[int]]:
    """The cells as float64, NaN where a value is missing; and where a cell is no number.

    `commas` says that fractions stand behind a comma, as in German or French.
    """
    if not commas:
        try:
            return np.array([cell or "nan" for cell in cells], np.float64), []
        except ValueError:
            pass
    values, wrong = np.full(len(cells), np.nan), []
    for place, cell in enumerate(cells):
        number = _number(cell, commas)
        if number is None:
            wrong.append(place)
        else:
            values[place] = number
    return values, wrong


def has_fractions(values: np.ndarray) -> bool:
    """Whether some of the numbers that are there are not whole."""
    values = np.asarray(values, np.float64)
    return bool(np.any(values[np.isfinite(values)] % 1))


def are_numbers(cells: Sequence[str], commas: bool = False) -> bool:
    """Whether a column holds numbers: most of its cells that are not missing."""
    given = [cell for cell in cells if not is_missing(cell)]
    return bool(given) and len(numbers(given, commas)[1]) <= (1 - LEAST) * len(given)


def _number(cell: str, commas: bool) -> float | None:
    cell = cell.strip().replace("−", "-")
    if cell.casefold() in MISSING:
        return float("nan")
    if commas:
        cell = cell.replace(".", "").replace(",", ".") if "," in cell else cell
    elif _THOUSANDS.fullmatch(cell):
        cell = cell.replace(",", "")
    try:
        return float(cell.removesuffix("%").replace("\xa0", "").replace("\u202f", ""))
    except ValueError:
        return None
