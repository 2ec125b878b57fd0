"""Mistakes against correct texts of one class: what makes the difference, piece by piece."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

FALSE_DISCOVERIES = 0.05
"""Of all that is called a difference, so much may be chance (Benjamini & Hochberg 1995)."""

INTERVAL = 1.96  # standard errors, on both sides of a difference: 95 %

KINDS = ("vocabulary", "words", "filters", "units", "positions")
BINS = 10
EXAMPLES = 3
SPARSE = ("vocabulary", "words")  # kinds of which most things occur hardly ever


@dataclass(frozen=True, eq=False)
class Compared:
    """n things of one kind, and what each adds to the margin on both sides.

    The margin is the logit of the predicted class of the mistakes minus that of their true class.
    The first axis of two is always mistakes, correct texts.

    Parameters
    ----------
    names
        n strings: a word, "kernel size·filter", the number of a unit, "0–10%" of the text.
    mean
        (2, n): what a thing adds to the margin of a text, mean over all texts of the side, also
        those in which it does not occur. NaN where a side has no texts.
    texts, occurrences
        (2, n): in how many texts it occurs, and how often in all: a word; a filter that responds,
        at so many tokens; the tokens of a stretch of the text (in parts, where one lies across a
        border); a unit, once in each text.
    each
        (2, n): mean of what it adds each time that it occurs; NaN where it does not.
    error, p, q
        (n,): standard error of `difference`; p of Welch's t-test (1947); the same
        corrected for n tests (Benjamini & Hochberg 1995). NaN where a side has fewer than two
        texts, or none of the texts differ.
    missing
        (n,) bool: rarer in the mistakes than in the correct texts, and that, rather than other
        votes, makes up at least half of the difference. Of dense kinds nothing is missing.
    rest
        (2,): what is added by things too rare to be listed.
    examples, places
        (2, n, EXAMPLES): rows of the file in which the thing pulls furthest the way of its
        difference, and on the other side furthest the other way; the token where it does so most.
        −1 where there are no more.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    texts: np.ndarray
    occurrences: np.ndarray
    each: np.ndarray
    error: np.ndarray
    p: np.ndarray
    q: np.ndarray
    missing: np.ndarray
    rest: np.ndarray
    examples: np.ndarray
    places: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """(n,): mistakes minus correct; where a side has no texts, so much as the other says."""
        mistakes, correct = self.mean
        if np.isnan(self.mean).all(axis=1).any():
            return np.where(np.isnan(correct), mistakes, -correct)
        return mistakes - correct

    @property
    def certain(self) -> np.ndarray:
        """(n,) bool: a difference that is hardly chance, q ≤ `FALSE_DISCOVERIES`."""
        return self.q <= FALSE_DISCOVERIES

    @property
    def surely(self) -> np.ndarray:
        """(n,): so much of |difference| is left at the near end of its 95 % interval; below 0 where
        the interval holds 0, NaN where there is no error."""
        return np.abs(self.difference) - INTERVAL * self.error

    @property
    def order(self) -> np.ndarray:
        """(n,) indices, the most that is surely there first, so that large noise stands below small
        facts. Without errors the largest difference comes first."""
        return np.lexsort((-np.abs(self.difference), -np.nan_to_num(self.surely, nan=-np.inf)))

    def ranked(self, missing: bool) -> np.ndarray:
        """The part of `order` that is missing in the mistakes, or the part that is there."""
        return self.order[self.missing[self.order] == missing]

    @property
    def first(self) -> int:
        """What leads the ranking. What is missing in the mistakes leads only where nothing that is
        there is certain."""
        there, missing = self.ranked(False), self.ranked(True)
        leads = len(there) and (self.certain[there[0]] or not len(missing))
        return int((there if leads else missing)[0])


@dataclass(frozen=True, eq=False)
class Contrast:
    """Texts of class `truth` taken for `predicted`, against those of the class that were right.

    The law, for words, units and positions: on both sides `bias + mean.sum(1) + rest` is the mean
    margin. What filters add is measured by gradients, and sums up only where the way from them to
    the logits is linear. The vocabulary counts a word each time with its mean vote over both sides,
    so that only how often it occurs makes a difference.

    The mistakes were chosen for a margin above 0 and the correct texts for one below: that their
    sums differ is no discovery, and in a mistake nearly every word votes a little otherwise. What
    adds most to the difference is where it comes from.

    Parameters
    ----------
    truth, predicted
        Names of the classes.
    found
        (2,): how many texts the file has on each side.
    rows
        Rows of those that were read, at most as many as were asked for: two arrays.
    margin
        (2,): mean margin of each side; NaN without texts.
    bias
        The predicted class's bias minus the true one's, after temperature.
    kinds
        Key of `KINDS` → what was compared; no filters where the network has no convolutions.
    """

    truth: str
    predicted: str
    found: np.ndarray
    rows: tuple[np.ndarray, np.ndarray]
    margin: np.ndarray
    bias: float
    kinds: Mapping[str, Compared]

    @property
    def telling(self) -> str:
        """The kind with the largest difference that is hardly chance, else the first kind."""
        sizes = {
            kind: float(np.abs(found.difference[found.certain]).max(initial=0))
            for kind, found in self.kinds.items()
        }
        return max(sizes, key=sizes.__getitem__)
