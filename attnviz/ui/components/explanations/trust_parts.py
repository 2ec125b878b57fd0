"""What the trust check of one text and that of a sample share: words, numbers and charts."""

from attnviz.errors import N_
from attnviz.evidence.trust import MOST_DIVERGENT, SAME, Reason, Trust, Verdict
from attnviz.ui.translation import _, mark

VERDICTS = {
    True: N_("Here attention **is load-bearing**, because {reasons}."),
    False: N_("Here attention **is not load-bearing**, because {reasons}."),
    None: N_("Whether attention is load-bearing here is **undecided**: {reasons}."),
}
NOTHING = {
    "attention": N_(
        "Here attention weighs every token alike, so permuting it changes nothing by "
        "construction: there is **nothing to trust or to doubt**."
    ),
    "mean": N_(
        "This network has no attention: it takes the mean of all tokens, so there is **nothing to "
        "trust or to doubt**. “Who voted how?” says what each position adds."
    ),
    "max": N_(
        "This network has no attention: each unit takes its largest value, and the weights only "
        "say at which token. So there is **nothing to trust or to doubt**. “Who voted how?” says "
        "what each position adds."
    ),
    "last": N_(
        "This network has no attention: it reads its last states alone, so there is **nothing to "
        "trust or to doubt**. “Who wrote the memory?” says what came into them."
    ),
}
"""What decides the weights (`Trace.pooling`) → why there is no verdict."""
REASONS = {
    ("permuted", None): N_(
        "permuting it changes the prediction by {value} (median), too near to {same} for so few "
        "permutations to tell"
    ),
    ("removal", None): N_(
        "deleting the tokens it weighs most costs {value} more probability than deleting random "
        "ones, but random ones cost as much in {chance} of the draws"
    ),
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
"""What a measure says, if its vote is that attention is load-bearing, if it is that it is not, and
if chance does not let it tell."""


def verdict_sentence(trust: Trust) -> str:
    """What follows from the measures, those that say otherwise, and those that cannot tell."""
    verdict: Verdict = trust.verdict
    if not verdict.reasons:
        return _(NOTHING[trust.pooling])
    if verdict.load_bearing is None:
        reasons = _joined([_said(reason, trust) for reason in verdict.reasons])
        return _(VERDICTS[None]).format(reasons=reasons)
    sides: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for reason in verdict.reasons:
        vote = reason.load_bearing
        side = None if vote is None else vote == verdict.load_bearing
        sides[side].append(_said(reason, trust))
    sentence = _(VERDICTS[verdict.load_bearing]).format(reasons=_joined(sides[True]))
    if sides[False]:
        sentence += mark(" ") + _("Against that: {reasons}.").format(reasons=_joined(sides[False]))
    if sides[None]:
        sentence += mark(" ") + _("Open: {reasons}.").format(reasons=_joined(sides[None]))
    return sentence


def _said(reason: Reason, trust: Trust) -> str:
    text = _(REASONS[reason.measure, reason.load_bearing])
    return text.format(
        value=number(reason.value),
        most=number(MOST_DIVERGENT),
        same=number(SAME),
        chance=f"{trust.measures['removal_chance']:.0%}",
    )


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
