"""What several methods of attribution make of each token, and how far they are apart.

Letters in shapes: T tokens, M methods.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from attnviz.errors import N_

TITLES = {
    "gradient_x_input": N_("Gradient × input"),
    "integrated_gradients": N_("Integrated gradients"),
    "occlusion": N_("Occlusion"),
    "attention": N_("Attention"),
    "votes": N_("Votes"),
}
"""Key of `attnviz.explain.attributions.ATTRIBUTIONS` → its name for a person."""

DISPUTED = 0.5
"""From this disagreement on a token is disputed: its worst rank is √T times its best, or more."""

DIGITS = 6  # single precision tells no closer values apart, so closer ones tie


@dataclass(frozen=True, eq=False)
class Attributions:
    """The scores of one class's logit by every method, as numbers and as ranks.

    Only ranks can be compared: a share of attention, a logit that is lost without a word and a
    derivative have no unit in common.

    Parameters
    ----------
    label
        The class whose logit is explained.
    scores
        Name → (T,) float64. Positive speaks for the class, negative against it; attention alone
        has no sign and sums to 1. Pieces of one word share its occlusion.
    logit, baseline_logit
        Of the text, and of as many zero embeddings; both after temperature, as in the trace.
    """

    label: str
    scores: Mapping[str, np.ndarray]
    logit: float
    baseline_logit: float

    @cached_property
    def ranks(self) -> dict[str, np.ndarray]:
        """Name → (T,) in 1…T by |score|, 1 the strongest; ties share the mean of their ranks."""
        return {name: _ranks(values) for name, values in self.scores.items()}

    @cached_property
    def ranking(self) -> tuple[str, ...]:
        """Names of the methods that tell tokens apart: not attention that is the same everywhere.

        Where there is but one token, there is nothing to rank.
        """
        return tuple(name for name, ranks in self.ranks.items() if np.ptp(ranks))

    @cached_property
    def rank_range(self) -> np.ndarray:
        """(2, T): the best and the worst rank that any method of `ranking` gives a token."""
        if not self.ranking:
            return np.ones((2, len(next(iter(self.scores.values())))))
        ranks = np.stack([self.ranks[name] for name in self.ranking])  # (M, T)
        return np.stack([ranks.min(axis=0), ranks.max(axis=0)])

    @cached_property
    def disagreement(self) -> np.ndarray:
        """(T,) in 0…1: log(worst rank / best rank) / log T.

        0 where all methods give a token one rank, 1 where the first of one is the last of another.
        The logarithm is what makes second or twentieth matter and 82nd or 100th not.
        """
        best, worst = self.rank_range
        return np.log(worst / best) / np.log(max(len(best), 2))

    @property
    def disputed(self) -> np.ndarray:
        """(T,) bool: tokens on which the methods disagree so far that it should be seen.

        Only a token that some method ranks among the first √T can be one.
        """
        return self.disagreement >= DISPUTED

    @property
    def agreement(self) -> np.ndarray:
        """(M, M) in −1…1: Spearman's ρ of any two methods of `scores`, NaN where one ranks none."""
        ranks = np.stack(list(self.ranks.values()))
        with np.errstate(invalid="ignore"):
            return np.atleast_2d(np.corrcoef(ranks))  # of ranks, Pearson's r is Spearman's ρ

    @property
    def convergence(self) -> float:
        """Error of integrated gradients: Σ_t score_t − (logit − baseline logit), 0 if exact.

        The law of completeness (Sundararajan et al. 2017, proposition 1) holds for the integral;
        the sum of fifty steps that stands for it misses it by so much. NaN without the method.
        """
        if "integrated_gradients" not in self.scores:
            return float("nan")
        return float(self.scores["integrated_gradients"].sum()) - self.explained

    @property
    def explained(self) -> float:
        """What integrated gradients should sum to: logit − baseline logit."""
        return self.logit - self.baseline_logit

    def only(self, names: Sequence[str]) -> "Attributions":
        """The same of these methods alone, in this order."""
        return replace(self, scores={name: self.scores[name] for name in names})

    def strongest(self, most: int | None = None) -> np.ndarray:
        """Tokens that any method ranks highest, in the order of the text; by default all."""
        return np.sort(np.lexsort((self.rank_range[1], self.rank_range[0]))[:most])

    def most_disputed(self, most: int | None = None) -> np.ndarray:
        """Tokens on which the methods are farthest apart, the farthest first; by default all."""
        return np.argsort(-self.disagreement, kind="stable")[:most]


def _ranks(scores: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    strength = np.abs(scores)
    largest = strength.max(initial=0)
    if largest > 0:
        strength = np.round(strength / largest, DIGITS)
    return rankdata(-strength)
