"""Texts that the network takes for alike: their neighbours, and a map of a file."""

from collections import Counter
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The n texts with the nearest context vectors, nearest first.

    Parameters
    ----------
    similarity
        (n,) cosine in −1…1; 1 for the same direction.
    rows
        (n,) rows of the file, −1 for texts that are not in it.
    texts
        n strings.
    truths, predictions
        n class names; None where the label is not known, the prediction not made.
    """

    similarity: np.ndarray
    rows: np.ndarray
    texts: tuple[str, ...]
    truths: tuple[str | None, ...]
    predictions: tuple[str | None, ...]

    @property
    def outcomes(self) -> tuple[str | None, ...]:
        """n of "right", "wrong", or None without a label."""
        return tuple(
            None if truth is None else "right" if truth == said else "wrong"
            for truth, said in zip(self.truths, self.predictions, strict=True)
        )

    @property
    def labels(self) -> dict[str, int]:
        """Class → how many of them have that label, the most frequent first."""
        return dict(Counter(truth for truth in self.truths if truth is not None).most_common())


@dataclass(frozen=True, eq=False)
class Map2D:
    """S texts of a file on a plane: near in it are texts that the network takes for alike.

    Distances say who is next to whom, not how far groups lie apart; the axes mean nothing.

    Parameters
    ----------
    rows
        (S,) rows of the file.
    points
        (S, 2).
    method
        "t-SNE", or "PCA" where there are too few texts for neighbourhoods.
    of
        How many texts of the file had a context vector when the map was made.
    """

    rows: np.ndarray
    points: np.ndarray
    method: str
    of: int

    def inside(self, x: tuple[float, float], y: tuple[float, float]) -> np.ndarray:
        """Rows of the file in a rectangle, borders included, in their order."""
        low, high = np.array([sorted(x), sorted(y)]).T
        within = ((self.points >= low) & (self.points <= high)).all(1)
        return np.sort(self.rows[within])
