"""What the trust check of one text and that of a sample share: words, numbers and charts."""

from attnviz.errors import N_
from attnviz.evidence.trust import MOST_DIVERGENT, Reason, Verdict
from attnviz.ui.translation import _

VERDICTS = {
    True: N_("Here attention **is load-bearing**, because {reasons}."),
    False: N_("Here attention **is not load-bearing**, because {reasons}."),
    None: N_("Whether attention is load-bearing here is **undecided**: {reasons}."),
}
REASONS = {
    ("permuted", True): N_("permuting it changes the prediction by {value} (median)"),
    ("permuted", False): N_("permuting it changes the prediction by only {value} (median)"),
    ("uniform", True): N_("weighing all tokens alike changes it by {value}"),
    ("uniform", False): N_("weighing all tokens alike changes it by only {value}"),
    ("adversarial", True): N_(
        "no attention farther away than a JS divergence of {value} (of at most {most}) was found "
        "that gives the same prediction"
    ),
    ("adversarial", False): N_(
        "a wholly different attention (JS divergence {value} of at most {most}) gives the same "
        "prediction"
    ),
    ("removal", True): N_(
        "deleting the tokens it weighs most costs {value} more probability than deleting random "
        "ones"
    ),
    ("removal", False): N_(
        "deleting the tokens it weighs most costs hardly more probability than deleting random "
        "ones ({value})"
    ),
}
"""What a measure says, if its vote is that attention is load-bearing, and if it is not."""


def verdict_sentence(verdict: Verdict) -> str:
    """What follows from the measures, and those that say otherwise."""
    if not verdict.reasons:
        return _(
            "Here attention weighs every token alike, so permuting it changes nothing by "
            "construction: there is **nothing to trust or to doubt**."
        )
    if verdict.load_bearing is None:
        reasons = _joined([_said(reason) for reason in verdict.reasons])
        return _(VERDICTS[None]).format(reasons=reasons)
    sides: dict[bool, list[str]] = {True: [], False: []}
    for reason in verdict.reasons:
        sides[reason.load_bearing == verdict.load_bearing].append(_said(reason))
    sentence = _(VERDICTS[verdict.load_bearing]).format(reasons=_joined(sides[True]))
    if sides[False]:
        sentence += " " + _("Against that: {reasons}.").format(reasons=_joined(sides[False]))
    return sentence


def _said(reason: Reason) -> str:
    text = _(REASONS[reason.measure, reason.load_bearing])
    return text.format(value=number(reason.value), most=number(MOST_DIVERGENT))


def _joined(parts: list[str]) -> str:
    *some, last = parts
    if not some:
        return last
    listed = some[0]
    for part in some[1:]:
        listed = _("{some}, {more}").format(some=listed, more=part)
    return _("{some}, and {last}").format(some=listed, last=last)


def number(value: float, form: str = ".2f") -> str:
    """Two decimals with a true minus sign; never a minus before zero."""
    text = f"{value:{form}}"
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")
