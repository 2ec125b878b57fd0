"""What the trust check of one text and that of a sample share: words, numbers and charts."""

from collections.abc import Sequence

from attnviz.errors import N_
from attnviz.evidence.trust import MOST_DIVERGENT, SAME, Reason, Trust, Verdict
from attnviz.evidence.verdicts import looks
from attnviz.ui.components.explanations.screen import quoted
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.translation import gap

VERDICTS = {
    True: N_("Attention counts here: shuffling the weights changes the answer ({value})."),
    False: N_("Don’t rely on it here: shuffling the weights hardly changes the answer ({value})."),
    None: N_("Undecided: of {count} tests, {yes} speak for it and {no} against."),
}
"""The first line, by `Verdict.load_bearing`."""
LOOKS = {
    "there": N_(
        "It looks most at {token} ({share}), and the answer hangs on it: without it, it moves by "
        "{lost}."
    ),
    "elsewhere": N_(
        "It looks most at {token} ({share}), without which the answer moves by {lost}; the answer "
        "hangs on {needed}."
    ),
    "nowhere": N_(
        "It looks most at {token} ({share}); the answer hangs on no token alone: none moves it by "
        "more than {same}."
    ),
}
"""The line below: where it looks, and whether that is what the answer hangs on."""
BECAUSE = {
    True: N_("Attention **matters** here, because {reasons}."),
    False: N_("Attention **hardly matters** here, because {reasons}."),
    None: N_("Whether attention matters here is **undecided**: {reasons}."),
}
NOTHING = {
    "attention": (
        N_("Nothing to trust or doubt: attention weighs every token alike."),
        N_("So permuting its weights changes nothing, by construction."),
    ),
    "mean": (
        N_("Nothing to trust or doubt: it takes the mean of all tokens."),
        N_("This network has no attention. “Who voted how?” says what each position adds."),
    ),
    "max": (
        N_("Nothing to trust or doubt: each unit takes its largest value."),
        N_(
            "This network has no attention, and the weights only say at which token that value is. "
            "“Who voted how?” says what each position adds."
        ),
    ),
    "last": (
        N_("Nothing to trust or doubt: it reads its last states alone."),
        N_("This network has no attention. “What became of a word?” says what came into them."),
    ),
}
"""What decides the weights (`Trace.pooling`) → the first lines where nothing was tested."""
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


def verdict_line(trust: Trust) -> str:
    """The verdict in at most twelve words."""
    verdict: Verdict = trust.verdict
    if not verdict.reasons:
        return _(NOTHING[trust.pooling][0])
    votes = [reason.load_bearing for reason in verdict.reasons]
    return _(VERDICTS[verdict.load_bearing]).format(
        value=number(verdict.reasons[0].value),
        count=len(votes),
        yes=votes.count(True),
        no=votes.count(False),
    )


def why_line(trust: Trust, labels: Sequence[str]) -> str:
    """Where it looks and what the answer hangs on; or where to look where there is no verdict."""
    if not trust.verdict.reasons:
        return _(NOTHING[trust.pooling][1])
    facts = looks(trust)
    kind = "nowhere"
    if facts.needed:
        kind = "there" if facts.needed[0] == facts.attended else "elsewhere"
    needed = [f"{quoted(labels, row)} ({number(trust.leave_one_out[row])})" for row in facts.needed]
    return _(LOOKS[kind]).format(
        token=quoted(labels, facts.attended),
        share=f"{facts.share:.0%}",
        lost=number(facts.lost),
        needed=both(needed),
        same=number(SAME),
    )


def both(parts: Sequence[str]) -> str:
    """None, one or two things in a sentence."""
    if len(parts) < 2:
        return "".join(parts)
    return _("{words} and {last}").format(words=parts[0], last=parts[1])


def because(trust: Trust) -> str:
    """What follows from the measures, those that say otherwise, and those that cannot tell."""
    verdict: Verdict = trust.verdict
    if verdict.load_bearing is None:
        reasons = _joined([_said(reason, trust) for reason in verdict.reasons])
        return _(BECAUSE[None]).format(reasons=reasons)
    sides: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for reason in verdict.reasons:
        vote = reason.load_bearing
        side = None if vote is None else vote == verdict.load_bearing
        sides[side].append(_said(reason, trust))
    sentence = _(BECAUSE[verdict.load_bearing]).format(reasons=_joined(sides[True]))
    if sides[False]:
        sentence += gap(" ") + _("Against that: {reasons}.").format(reasons=_joined(sides[False]))
    if sides[None]:
        sentence += gap(" ") + _("Open: {reasons}.").format(reasons=_joined(sides[None]))
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
