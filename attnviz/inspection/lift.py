"""Which cause is systematic: how much oftener each tag stands at mistakes than at correct texts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log, sqrt

from attnviz.errors import N_
from attnviz.runs import CAUSES, Filter, Run, causes_of

Z = 1.96  # 95 %
SCORED = "(prediction IS NOT NULL OR outcome IS NOT NULL)"  # unread texts are mistakes, too
FEWEST = 5
"""Mistakes with a tag below which it is never called systematic: the interval is too sure there."""


@dataclass(frozen=True)
class Lift:
    """How often a tag stands at texts.

    Parameters
    ----------
    tag
        A key of `CAUSES`.
    wrong, right
        How many mistakes and how many correct texts have the tag.
    wrong_texts, right_texts
        How many mistakes and correct texts there are.
    count, texts
        The same of all texts that were scored, those without a label included.
    """

    tag: str
    wrong: int
    right: int
    wrong_texts: int
    right_texts: int
    count: int
    texts: int

    @property
    def wrong_share(self) -> float | None:
        """The tag's share of the mistakes, None where there is none."""
        return self.wrong / self.wrong_texts if self.wrong_texts else None

    @property
    def right_share(self) -> float | None:
        """The tag's share of the correct texts, None where there is none."""
        return self.right / self.right_texts if self.right_texts else None

    @property
    def excess(self) -> float:
        """So many mistakes have the tag beyond those that would if it stood at them as often as at
        correct texts; 0 where there is nothing to compare."""
        if not (self.wrong_texts and self.right_texts):
            return 0.0
        return self.wrong - self.wrong_texts * self.right_share

    @property
    def sure(self) -> float:
        """So many mistakes have the tag surely (97.5 %) beyond those that would by chance: 0 or
        more, `wrong · (1 − 1 / lower end)`."""
        if self.interval is None or self.interval[0] <= 1:
            return 0.0
        return self.wrong * (1 - 1 / self.interval[0])

    @property
    def lift(self) -> float | None:
        """`wrong_share / right_share`, inf where only mistakes have the tag; None without any."""
        if not (self.wrong_texts and self.right_texts) or self.wrong == self.right == 0:
            return None
        return self.wrong_share / self.right_share if self.right else inf

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % confidence interval of the lift, None where there is no lift.

        Katz et al. (1978), method C: log lift ± 1.96 √(1/a − 1/n + 1/b − 1/m) for a of n mistakes
        and b of m correct texts, with ½ added to each count (Walter 1975), so that there is one for
        no text too; then its lower end is 0 (no mistake) or its upper one inf (no correct text).
        """
        if self.lift is None:
            return None
        a, n, b, m = (
            count + 0.5 for count in (self.wrong, self.wrong_texts, self.right, self.right_texts)
        )
        middle, reach = log(a / n) - log(b / m), Z * sqrt(1 / a - 1 / n + 1 / b - 1 / m)
        low, high = exp(middle - reach), exp(middle + reach)
        return low if self.wrong else 0.0, high if self.right else inf

    @property
    def systematic(self) -> bool:
        """Whether the whole interval lies above 1, and the mistakes are not just a few."""
        return self.wrong >= FEWEST and self.interval is not None and self.interval[0] > 1


def tag_lifts(run: Run, chosen: Filter | None = None) -> list[Lift]:
    """All tags over a filter's texts, the systematic ones first, by how many mistakes they mark
    surely beyond what chance would (`Lift.sure`), then the others by `Lift.excess`.

    Of the systematic ones and of the others, tags that are found by means of the label come last: a
    text whose label the model contradicts is a mistake by definition, so its lift says little.
    Without labels all are sorted
    by count, and those that need labels are left out. So are those that the run has no columns for
    (`unmeasured`), and those that were tested at none of the texts. The filter's own outcome is set
    aside, since both are compared.
    """
    where, values = replace(chosen or Filter(), outcome=None).where(run.about.columns)
    labelled = bool(run.about.label_map)
    absent = unmeasured(run)
    causes = causes_of(run.about.input).items()
    tags = [tag for tag, cause in causes if labelled or not cause.needs_truth]
    tags = [tag for tag in tags if tag not in absent]
    columns = []
    for tag in tags:
        cause = CAUSES[tag]
        known = cause.tested or "true"
        columns += [
            f"count(*) FILTER (WHERE ({condition}) AND outcome IS NOT DISTINCT FROM {what})"
            for condition in (cause.condition, known)
            for what in ("'wrong'", "'right'")
        ]
        columns += [f"count(*) FILTER (WHERE ({c}) AND {SCORED})" for c in (cause.condition, known)]
    with run.connect() as connection:
        sql = f"SELECT {', '.join(columns)} FROM texts WHERE {where}"
        found = iter(connection.execute(sql, values).fetchone())
    lifts = [Lift(tag, *(next(found) for _ in range(6))) for tag in tags]
    lifts = [lift for lift in lifts if lift.texts or not CAUSES[lift.tag].tested]
    return sorted(lifts, key=_order)


def number(value: float) -> str:
    """A lift as one reads it: 0.41, 3.8, 16, ∞."""
    if value in (0, inf):
        return "∞" if value else "0"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def of_labels(lifts: Sequence[Lift], translate: Callable[[str], str] = str) -> str:
    """The systematic causes that need the label, with their numbers; "" where there is none."""
    said = []
    for lift in lifts:
        if not (lift.systematic and CAUSES[lift.tag].labelled):
            continue
        text = N_("{title} {lift} ×")
        if lift.tag == "suspect":
            text = N_("mistakes that may be wrong labels ({wrong} of {mistakes})")
        said.append(
            translate(text).format(
                title=translate(CAUSES[lift.tag].title),
                lift=number(lift.lift),
                wrong=f"{lift.wrong:,}",
                mistakes=f"{lift.wrong_texts:,}",
            )
        )
    return translate(", ").join(said)


def unmeasured(run: Run) -> list[str]:
    """The tags that nothing can be said of: an older version scored the file, without what they
    need. Score the file again to have them."""
    lacking = run.lacking()
    causes = causes_of(run.about.input).items()
    return [tag for tag, c in causes if lacking & set(re.findall(r"\w+", c.condition))]


def _order(lift: Lift) -> tuple:
    place = list(CAUSES).index(lift.tag)
    sure = -lift.sure if lift.systematic else 0
    labelled = CAUSES[lift.tag].labelled
    return not lift.systematic, labelled, sure, -lift.excess, -lift.count, place
