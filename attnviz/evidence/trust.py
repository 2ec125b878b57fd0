"""How much a prediction rests on its attention: what was measured, and the verdict that follows.

Letters in shapes: T tokens, A attention heads, C labels, P permutations, B sizes of a rationale,
R draws of random tokens, N texts.

A verdict is about learnt attention. Weights that follow from a rule, as those of mean or max
pooling, and weights that are all alike have none: there is nothing to trust or to doubt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.distances import jensen_shannon, kendall_tau, total_variation

MOST_DIVERGENT = float(np.log(2))
"""Two distributions without a common token have this Jensen-Shannon divergence, none has more."""

SAME = 0.05
"""Two predictions are the same if their total variation distance is at most this.

That is the larger of the two tolerances of Jain & Wallace (2019, section 4.2.2); with two classes,
five points of probability."""

THRESHOLDS = {"permuted": SAME, "uniform": SAME, "adversarial": MOST_DIVERGENT / 2, "removal": SAME}
"""Key of `MEASURES` → where its vote turns. Half the largest divergence is our own choice, as is
the use of `SAME` for probabilities that removal costs: the papers name no limits for a verdict."""


ROUNDING = 1e-6  # of probabilities in single precision: what differs by less is the same
CHANCE = 0.05
"""What random draws do as often as this, attention did not do (one-sided)."""


@dataclass(frozen=True)
class Reason:
    """What one measure says of the attention: `measure` is a key of `THRESHOLDS`.

    `load_bearing` is None where the draws cannot tell on which side of the threshold the value
    lies: the 95 % interval of the median permutation holds it, or random tokens cost as much in
    more than `CHANCE` of their draws.
    """

    measure: str
    value: float
    threshold: float
    load_bearing: bool | None


@dataclass(frozen=True)
class Verdict:
    """Whether attention is load-bearing, or None where that is undecided; and every vote."""

    load_bearing: bool | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, eq=False)
class Trust:
    """One text, its attention, and what became of the prediction when either was altered.

    Distances between predictions are total variation distances, ½ Σ_c |p_c − p'_c|, in 0…1.
    Arrays are float64.

    Parameters
    ----------
    label
        Index of the predicted class, whose probability comprehensiveness and sufficiency follow.
    probabilities, attention
        (C,) and (T, A), as the network computes them; each column of the attention sums to 1.
    pooling
        What decides the weights, as in `Trace`: "attention", or a rule that learns nothing.
    constant
        True where every token has the same weight, so that no order of the weights differs.
    permuted, permuted_labels
        (P,) distances under permuted attention, and P indices of the class then predicted.
    uniform
        (C,) probabilities where every token has the weight 1/T.
    sizes
        (B,) ascending, each once; a rationale is so many tokens, those of most attention.
    comprehensiveness, sufficiency
        (B,) in −1…1: what the predicted class loses without the rationale, and with it alone.
    random_comprehensiveness, random_sufficiency
        (R, B), the same for as many tokens drawn at random.
    leave_one_out
        (T,) distance to the prediction without each token, to six decimals: single precision
        gives no more, and noise must not be ranked.
    integrated_gradients
        (T,) signed shares of the predicted class's logit.
    adversarial, adversarial_probabilities
        (T, A) and (C,): the most different attention that was found to predict the same, each
        column a distribution; None where every unit has weights of its own.
    """

    label: int
    probabilities: np.ndarray
    attention: np.ndarray
    pooling: str
    constant: bool
    permuted: np.ndarray
    permuted_labels: np.ndarray
    uniform: np.ndarray
    sizes: np.ndarray
    comprehensiveness: np.ndarray
    sufficiency: np.ndarray
    random_comprehensiveness: np.ndarray
    random_sufficiency: np.ndarray
    leave_one_out: np.ndarray
    integrated_gradients: np.ndarray
    adversarial: np.ndarray | None
    adversarial_probabilities: np.ndarray | None

    @property
    def mean_attention(self) -> np.ndarray:
        """(T,), averaged over the heads."""
        return self.attention.mean(axis=1)

    @property
    def divergence(self) -> float:
        """Jensen-Shannon divergence of the two attentions, averaged over the heads: 0…ln 2."""
        if self.adversarial is None:
            return float("nan")
        return float(jensen_shannon(self.adversarial, self.attention).mean())

    @property
    def measures(self) -> dict[str, float]:
        """Every row of `MEASURES`."""
        return {name: measure(self) for name, measure in MEASURES.items()}

    @property
    def verdict(self) -> Verdict:
        """Whether attention is load-bearing here.

        The permutations decide, if most of the other measures that can tell agree with them;
        otherwise it is undecided. There are no reasons where no attention was altered: it is
        constant, or the network has none.

        On 64 texts of constructed networks whose truth is known (tests/explain) it is right in all:
        in 16 where one token decides, in 48 where attention decides nothing.
        """
        if self.constant or self.pooling != "attention":
            return Verdict(None, ())
        reasons = tuple(_votes(self))
        first, *others = (reason.load_bearing for reason in reasons)
        others = [vote for vote in others if vote is not None]
        agreeing = sum(vote == first for vote in others)
        return Verdict(first if 2 * agreeing > len(others) else None, reasons)

    @property
    def permuted_interval(self) -> tuple[float, float]:
        """95 % interval of the median distance, by order statistics: no more than what so few
        permutations can tell of it."""
        from scipy.stats import binom

        ordered = np.sort(self.permuted)
        low = int(binom.ppf(CHANCE / 2, len(ordered), 0.5))
        return float(ordered[low]), float(ordered[len(ordered) - 1 - low])


def _votes(trust: Trust):
    for measure, threshold in THRESHOLDS.items():
        value = MEASURES[measure](trust)
        if np.isnan(value):
            continue
        vote: bool | None = bool(value > threshold) != (measure == "adversarial")
        if measure == "permuted":
            low, high = trust.permuted_interval
            vote = None if low <= threshold < high else vote
        elif measure == "removal" and vote and MEASURES["removal_chance"](trust) > CHANCE:
            vote = None
        yield Reason(measure, value, threshold, vote)


def _mean(name: str) -> Callable[[Trust], float]:
    """The mean over all sizes (and draws): “area over the perturbation curve” in DeYoung et al.

    Over these sizes alone, each once; size 0, which costs nothing, is not among them.
    """
    return lambda trust: float(getattr(trust, name).mean())


def _removal(trust: Trust) -> float:
    return float(trust.comprehensiveness.mean() - trust.random_comprehensiveness.mean())


def _removal_chance(trust: Trust) -> float:
    """One-sided p: in how many draws random tokens cost at least as much, and the text itself.

    With the usual 1 in numerator and denominator, so that R draws never tell less than 1 / (R + 1).
    """
    drawn = trust.random_comprehensiveness.mean(axis=1)
    as_much = drawn >= trust.comprehensiveness.mean() - ROUNDING
    return float((1 + as_much.sum()) / (1 + len(drawn)))


def _entropy(trust: Trust) -> float:
    """Of the mean attention, by the largest that T tokens can have; 0 of a single token."""
    shares = trust.mean_attention[trust.mean_attention > 0]
    return float(-(shares * np.log(shares)).sum() / np.log(max(len(trust.attention), 2)))


MEASURES: dict[str, Callable[[Trust], float]] = {
    "permuted": lambda trust: float(np.median(trust.permuted)),
    "changed": lambda trust: float((trust.permuted_labels != trust.label).mean()),
    "uniform": lambda trust: float(total_variation(trust.uniform, trust.probabilities)),
    "adversarial": lambda trust: trust.divergence,
    "comprehensiveness": _mean("comprehensiveness"),
    "random_comprehensiveness": _mean("random_comprehensiveness"),
    "removal": _removal,
    "removal_chance": _removal_chance,
    "sufficiency": _mean("sufficiency"),
    "random_sufficiency": _mean("random_sufficiency"),
    "tau_leave_one_out": lambda trust: kendall_tau(trust.mean_attention, trust.leave_one_out),
    "tau_integrated_gradients": lambda trust: kendall_tau(
        trust.mean_attention, np.abs(trust.integrated_gradients)
    ),
    "largest": lambda trust: float(trust.mean_attention.max()),
    "entropy": _entropy,
}
"""Name → one number of a trust check; NaN where it is not defined. `removal` is what deleting the
tokens of most attention costs beyond deleting random ones, `removal_chance` how often random ones
cost as much all the same."""

TITLES = {
    "permuted": N_("Permuted attention"),
    "changed": N_("Other class when permuted"),
    "uniform": N_("Uniform attention"),
    "adversarial": N_("Most different attention"),
    "comprehensiveness": N_("Comprehensiveness"),
    "random_comprehensiveness": N_("Comprehensiveness of random tokens"),
    "removal": N_("Comprehensiveness beyond random"),
    "removal_chance": N_("Random draws that cost as much"),
    "sufficiency": N_("Sufficiency"),
    "random_sufficiency": N_("Sufficiency of random tokens"),
    "tau_leave_one_out": N_("τ with leave-one-out"),
    "tau_integrated_gradients": N_("τ with integrated gradients"),
    "largest": N_("Largest weight"),
    "entropy": N_("Entropy of the attention"),
}
"""Key of `MEASURES` → its name for a person."""


@dataclass(frozen=True, eq=False)
class TrustSample:
    """The measures of N texts.

    Parameters
    ----------
    texts
        N strings.
    tokens
        (N,) how many were read, 0 where a text cannot be read: all its measures are NaN.
    measures
        Key of `MEASURES` → (N,).
    verdicts
        N of True, False or None, as in `Verdict`; None for texts that cannot be read too.
    """

    texts: tuple[str, ...]
    tokens: np.ndarray
    measures: Mapping[str, np.ndarray]
    verdicts: tuple[bool | None, ...]

    @classmethod
    def of(cls, texts: Sequence[str], checks: Sequence[Trust | None]) -> "TrustSample":
        """Texts and their trust checks, None where a text could not be read."""
        unread = dict.fromkeys(MEASURES, np.nan)
        rows = [unread if check is None else check.measures for check in checks]
        measures = {name: np.array([row[name] for row in rows], float) for name in MEASURES}
        tokens = np.array([0 if check is None else len(check.attention) for check in checks], int)
        verdicts = tuple(None if check is None else check.verdict.load_bearing for check in checks)
        return cls(tuple(texts), tokens, MappingProxyType(measures), verdicts)

    def quantiles(self, measure: str) -> np.ndarray:
        """Lowest, lower quartile, median, upper quartile, highest: (5,); NaN where none is."""
        values = self.measures[measure]
        values = values[~np.isnan(values)]
        return np.quantile(values, [0, 0.25, 0.5, 0.75, 1]) if len(values) else np.full(5, np.nan)
