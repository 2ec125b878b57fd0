"""How strongly a logit answers to each position, and whether that lasts back to the beginning."""

from dataclasses import dataclass

import numpy as np

PARTS = 10
REACHES, LOST = 0.1, 0.001


@dataclass(frozen=True)
class Fade:
    """How a gradient changes on its way back from where reading ended to where it began.

    Parameters
    ----------
    ratio
        Median norm in the tenth that was read first by that in the tenth that was read last.
        Medians, for one token with much attention must not stand for a tenth of a text. Infinite
        where the last tenth has none; NaN where neither has, and for fewer than ten tokens.
    half_distance
        Tokens over which the norm halves: from a straight line through its logarithm, by least
        squares. Exact where the fading is exponential, an average elsewhere; infinite where the
        norm does not fall towards the beginning. Positions without a gradient are left out.
    dip
        The weakest tenth by the weaker of the first and the last; far below 1 where the signal
        comes from both ends and does not meet. NaN where the weaker end has none.
    """

    ratio: float
    half_distance: float
    dip: float

    @property
    def verdict(self) -> str:
        """`reaches` from a tenth of the last tenth's norm on, `lost` below a thousandth, between
        them `fades`; `unknown` where there is no ratio. Orders of magnitude, not a theorem.
        """
        if np.isnan(self.ratio):
            return "unknown"
        if self.ratio >= REACHES:
            return "reaches"
        return "fades" if self.ratio >= LOST else "lost"


@dataclass(frozen=True, eq=False)
class Reach:
    """Norms of one logit's gradient along the text, in the order of the text.

    Parameters
    ----------
    label, logit
        The class, and its logit after temperature, from which all is derived.
    hidden
        (T, D) ‖∂logit/∂h_t‖ in the last recurrent layer, through the recurrence: h_t's part in all
        later states included. D is 0 in a network without recurrence.
    embedding
        (T,) ‖∂logit/∂x_t‖ of the token's embedding: through all layers and both directions.
    """

    label: str
    logit: float
    hidden: np.ndarray
    embedding: np.ndarray

    @property
    def embedding_fade(self) -> Fade:
        """From the last token back to the first."""
        return fade(self.embedding)

    @property
    def hidden_fades(self) -> tuple[Fade, ...]:
        """One for each direction, in its order of reading: backward begins at the last token."""
        turned = (self.hidden[:: -1 if number else 1, number] for number in range(self.directions))
        return tuple(fade(norms) for norms in turned)

    @property
    def directions(self) -> int:
        return self.hidden.shape[1]


def fade(norms: np.ndarray) -> Fade:
    """What became of norms (T,) in the order of reading, the last nearest to the logit."""
    medians = tenths(norms)
    first, last = (medians[0], medians[-1]) if len(medians) == PARTS else (np.nan, np.nan)
    weaker = np.minimum(first, last)
    return Fade(_quotient(first, last), _half_distance(norms), _quotient(medians.min(), weaker))


def tenths(norms: np.ndarray) -> np.ndarray:
    """Medians of ten stretches of equal length to within a token, (10,); of T if T is smaller."""
    return np.array([np.median(part) for part in np.array_split(norms, min(PARTS, len(norms)))])


def _half_distance(norms: np.ndarray) -> float:
    distances = np.arange(len(norms))[::-1][norms > 0]
    if len(distances) < 2:
        return float("inf")
    slope = np.polynomial.Polynomial.fit(distances, np.log2(norms[norms > 0]), 1).convert().coef[1]
    return float(-1 / slope) if slope < 0 else float("inf")


def _quotient(above: float, below: float) -> float:
    if below == 0:
        return float("nan" if above == 0 else "inf")
    return float(above / below)
