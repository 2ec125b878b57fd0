"""The tests of a trust check as one table: passed or not, value, limit, every trial a dot."""

from dataclasses import dataclass
from html import escape

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.trust import MOST_DIVERGENT, SAME, Reason, Trust
from attnviz.ui.components.explanations.trust_parts import number
from attnviz.ui.components.explanations.wording import _

NAMES = {
    "permuted": (
        N_("Shuffle the weights"),
        N_("{count} shuffles move the answer by (median)"),
    ),
    "uniform": (N_("Weigh all tokens alike"), N_("{even} for each token moves the answer by")),
    "adversarial": (N_("Look somewhere else"), N_("The same answer from weights this different")),
    "removal": (N_("Take out what it looks at"), N_("Costs more than random tokens, by")),
}
"""Key of `THRESHOLDS` → what the test does, and what its value is."""
OUTCOMES = {
    True: ("✓", N_("speaks for attention")),
    False: ("✗", N_("speaks against attention")),
    None: ("?", N_("cannot tell")),
}
LEAST = 0.2  # that an axis of distances shows, so that a small one looks small
BINS = 48  # columns of dots along an axis
TALL = 10  # dots that stand on one another at their full size


@dataclass(frozen=True)
class Trials:
    """What is drawn of one test on an axis from `low` to `high`: attention would pass from `limit`
    on, or up to it where `below`. Filled `dots`, hollow `random` ones, a mark at `median`."""

    low: float
    high: float
    limit: float
    below: bool
    dots: tuple[float, ...]
    random: tuple[float, ...] = ()
    median: float | None = None


def tests_html(record: Trust) -> str:
    """A table of the tests that were made, as HTML."""
    heads = ("", _("Test"), _("Value"), _("Needed"), _("Every trial a dot"))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    rows = "".join(_row(reason, record) for reason in record.verdict.reasons)
    return f'<table class="trust-tests"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(reason: Reason, record: Trust) -> str:
    sign, outcome = OUTCOMES[reason.load_bearing]
    name, meaning = NAMES[reason.measure]
    said = _(meaning).format(count=len(record.permuted), even=f"{1 / len(record.attention):.1%}")
    if reason.load_bearing is None:
        said = f"{said} · {_near(reason, record)}"
    needed = ("≤ " if reason.measure == "adversarial" else "> ") + number(reason.threshold)
    kind = {True: "yes", False: "no", None: "open"}[reason.load_bearing]
    return (
        f'<tr><td class="sign {kind}" title="{escape(_(outcome))}">{sign}</td>'
        f'<th scope="row">{escape(_(name))}<small>{escape(said)}</small></th>'
        f'<td class="value">{number(reason.value)}</td><td class="needed">{needed}</td>'
        f'<td class="trials">{_strip(trials(record, reason.measure))}</td></tr>'
    )


def _near(reason: Reason, record: Trust) -> str:
    """Why a test cannot tell."""
    if reason.measure == "permuted":
        return _("too near to the limit for so few")
    chance = f"{record.measures['removal_chance']:.0%}"
    return _("random ones cost as much in {chance} of the draws").format(chance=chance)


def trials(record: Trust, measure: str) -> Trials:
    """The single trials behind a measure, on its axis."""
    if measure == "permuted":
        dots, median = record.permuted.tolist(), float(np.median(record.permuted))
        return Trials(0.0, max(LEAST, *dots), SAME, False, tuple(dots), median=median)
    if measure == "uniform":
        value = record.measures["uniform"]
        return Trials(0.0, max(LEAST, value), SAME, False, (value,))
    if measure == "adversarial":
        return Trials(0.0, MOST_DIVERGENT, MOST_DIVERGENT / 2, True, (record.divergence,))
    drawn = record.random_comprehensiveness.mean(axis=1)
    own, mean = float(record.comprehensiveness.mean()), float(drawn.mean())
    low, high = min(0.0, own, *drawn), max(LEAST, own, *drawn)
    return Trials(low, high, mean + SAME, False, (own,), tuple(drawn.tolist()), mean)


def _strip(shown: Trials) -> str:
    """Dots over an axis, as positioned marks: the tinted part is where attention would pass."""
    span = (shown.high - shown.low) or 1.0

    def place(value: float) -> float:
        return 100 * (min(max(value, shown.low), shown.high) - shown.low) / span

    limit = place(shown.limit)
    sides = f"left: 0; width: {limit:.1f}%" if shown.below else f"left: {limit:.1f}%; right: 0"
    parts = [
        f'<b class="pass" style="{sides}"></b><b class="limit" style="left: {limit:.1f}%"></b>'
    ]
    parts += _dots(shown.random, place, "random")
    parts += _dots(shown.dots, place, "dot" if len(shown.dots) > 1 else "dot alone")
    if shown.median is not None:
        parts.append(f'<b class="median" style="left: {place(shown.median):.1f}%"></b>')
    ends = f"<small>{number(shown.low)}</small><small>{number(shown.high)}</small>"
    return f'<div class="strip">{"".join(parts)}</div><div class="ends">{ends}</div>'


def _dots(values, place, kind: str) -> list[str]:
    """Dots that fall together stand on one another, closer where there are many."""
    columns = [round(place(value) * BINS / 100) for value in values]
    most = max((columns.count(column) for column in set(columns)), default=1)
    step = min(1.0, TALL / most)
    counted: dict[int, int] = {}
    marks = []
    for column in columns:
        level = counted[column] = counted.get(column, -1) + 1
        left, up = 100 * column / BINS, 4 * level * step
        marks.append(f'<i class="{kind}" style="left: {left:.1f}%; bottom: {up:.0f}px"></i>')
    return marks
