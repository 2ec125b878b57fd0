"""The sum behind one logit: how much each position counts, which way it argues, what it adds."""

from dataclasses import dataclass

import numpy as np

ABOVE_MEAN = 1.001
"""So many times the mean is more than the mean: rounding alone must not lift a position."""


@dataclass(frozen=True, eq=False)
class VoteLedger:
    """Every vote for one class, or for one class against another, as a product of two numbers.

    The law: `logit = bias + vote.sum()`, up to the rounding of the trace's float32. With `against`,
    bias, argument, vote and logit are those of `label` less those of `against`, and the law holds
    for the differences as it does for each class; only such differences move a probability.

    Parameters
    ----------
    label, against
        Names of the class and of the one that it is weighed against, or None for the class alone.
    bias, logit
        After temperature, as in the trace.
    attention
        (T, A) in 0…1, each column sums to 1: how much each head makes of a position.
    argument
        (T, A): w · v, what the class would gain if the head read this position alone.
    vote
        (T, A): what is added to the logit. Equal to attention · argument, unless `per_unit`.
    per_unit
        True where the units of a position have weights of their own, as under max pooling. Then
        attention is their mean, vote is Σ_u α_u w_u h_u, and the product law does not hold.
    """

    label: str
    against: str | None
    bias: float
    logit: float
    attention: np.ndarray
    argument: np.ndarray
    vote: np.ndarray
    per_unit: bool

    @property
    def position_attention(self) -> np.ndarray:
        """(T,) mean over the heads; sums to 1."""
        return self.attention.mean(axis=1)

    @property
    def position_argument(self) -> np.ndarray:
        """(T,) sum over the heads: the vote per unit of attention where all heads agree on it."""
        return self.argument.sum(axis=1)

    @property
    def position_vote(self) -> np.ndarray:
        """(T,) sum over the heads: what the position adds to the logit."""
        return self.vote.sum(axis=1)

    @property
    def disagrees(self) -> np.ndarray:
        """(T,) bool: more than the mean attention, 1 / T, and a vote of the sign that the logit
        does not have.

        The vote, not the argument: of one head they have one sign, and where they differ (several
        heads, weights for each unit) it is the vote that counted. With `against` the sign of the
        logit is the decision between the two classes, so the mark stands at what was listened to
        and overruled. The sign of one class's logit decides nothing; there the mark says only
        that the position pulled the other way than the sum went.
        """
        high = self.position_attention * len(self.attention) > ABOVE_MEAN
        return high & (self.position_vote * self.logit < 0)

    def strongest(self, most: int | None = None) -> np.ndarray:
        """Positions of the `most` largest |votes|, in the order of the text; by default of all."""
        return np.sort(np.argsort(-np.abs(self.position_vote), kind="stable")[:most])
