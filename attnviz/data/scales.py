"""Scales of sentiment: numbers that say how good a thing is, and which of them is meant."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import ceil

from attnviz.data.meanings import OF_FIVE, OF_TEN, POINTS, STARS, Quantity
from attnviz.errors import N_


def _span(first: float, last: float, step: float = 1.0) -> frozenset[float]:
    return frozenset(round(first + step * n, 1) for n in range(round((last - first) / step) + 1))


@dataclass(frozen=True)
class Scale:
    """Numbers that grade sentiment: up to `low` is negative, from `high` positive, else neutral.

    A scale counts where all numbers of a file are among its `values` and `shown` by them: they
    could then be of no other; and where both ends of it occur, give or take a part of a step, or
    more than half of its whole steps. `middle` is what five steps lie around, or None where they
    are not five. `unit` is what labels of it are counted in where they say so.
    """

    title: str
    values: frozenset[float]
    low: float
    high: float
    shown: Callable[[Collection[float]], bool]
    middle: float | None = None
    units: tuple[str, ...] = ()
    rating: bool = False  # whether a column named like a rating is enough to show it
    lowest: float | None = None  # the end that counts, where `values` begin lower

    def grade(self, number: float, five: bool) -> int:
        if five and self.middle is not None:
            return int(number - self.middle)
        return -1 if number <= self.low else 1 if number >= self.high else 0

    def is_evident(self, found: Collection[float]) -> bool:
        """Whether numbers within a step of both ends, or more than half of over three whole steps,
        occur."""
        lowest = min(self.values) if self.lowest is None else self.lowest
        steps = {step for step in self.values if step >= lowest and step % 1 == 0}
        ends = min(found) < lowest + 1 and max(found) > max(steps) - 1
        return ends or (len(steps) > 3 and 2 * len(steps & set(map(ceil, found))) > len(steps))


NPS = Scale(
    N_("how likely people are to recommend it, from 0 to 10"),
    _span(0, 10),
    *(6, 9),
    lambda found: max(found) >= 8 or (0 in found and max(found) > 5),
)
"""The net promoter score (Reichheld 2003): detractors, passives and promoters."""
SCALES = (
    Scale(N_("ratings from 1 to 3"), _span(1, 3), 1, 3, lambda found: False, rating=True),
    Scale(N_("−1, 0 and 1"), _span(-1, 1), -1, 1, lambda found: {-1, 1} <= set(found)),
    Scale(N_("numbers from −2 to 2"), _span(-2, 2), -1, 1, lambda found: -2 in found, 0),
    Scale(N_("numbers from 0 to 4"), _span(0, 4), 1, 3, lambda found: {0, 4} <= set(found), 2),
    Scale(
        N_("stars from 1 to 5"),
        _span(1, 5),
        *(2, 4),
        lambda found: 5 in found,
        middle=3,
        units=(STARS, OF_FIVE, POINTS),
        rating=True,
    ),
    Scale(
        N_("half stars up to 5"),
        _span(0, 5, 0.5),
        *(2, 4),
        lambda found: max(found) > 2 and any(number % 1 for number in found),
        units=(STARS, OF_FIVE, POINTS),
        rating=True,
        lowest=1,
    ),
    Scale(
        N_("ratings from 1 to 7"),
        _span(1, 7),
        *(3, 5),
        lambda found: False,
        rating=True,
    ),
    Scale(
        N_("points from 1 to 10"),
        _span(0, 10, 0.5),
        *(4, 7),
        lambda found: max(found) >= 8,
        units=(OF_TEN, POINTS),
        rating=True,
        lowest=1,
    ),
    Scale(
        N_("fractions of stars up to 5"),
        _span(0, 5, 0.1),
        *(2, 4),
        lambda found: False,
        units=(STARS, OF_FIVE, POINTS),
        rating=True,
        lowest=1,
    ),
    Scale(
        N_("fractions of points up to 10"),
        _span(0, 10, 0.1),
        *(4, 7),
        lambda found: False,
        units=(OF_TEN, POINTS),
        rating=True,
        lowest=1,
    ),
)
"""The first whose values hold all numbers, and which they show, is the one. 1 … 10 as IMDB's own
labels have it (Maas et al. 2011): 5 and 6 are neither."""


def scale_of(quantities: Sequence[Quantity], rating: str) -> Scale | None:
    """The scale that all of these numbers lie on, if there is one that they show.

    A unit shows it too, and so does a column that is named like a rating; see `rating_kind`.
    """
    units = {quantity.unit for quantity in quantities}
    numbers = {quantity.number for quantity in quantities}
    if len(units) > 1 and not units <= {STARS, OF_FIVE}:
        return None
    unit = next(iter(units - {None}), None)
    fitting = [s for s in SCALES if numbers <= s.values and (unit is None or unit in s.units)]
    shown = [scale for scale in fitting if scale.shown(numbers)]
    if unit in (STARS, OF_FIVE, OF_TEN):
        shown = shown or fitting
    elif rating == "nps" and numbers <= NPS.values and NPS.shown(numbers):
        return NPS
    else:
        named = [scale for scale in fitting if scale.rating and max(numbers) > 1]
        if rating == "stars":  # which are five, even where no text has the most
            named = [scale for scale in named if STARS in scale.units]
        shown = [scale for scale in [*shown, *(rating and named)] if scale.is_evident(numbers)]
    return shown[0] if shown else None
