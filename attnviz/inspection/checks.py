"""What a test of a piece of evidence on the text itself came to, and how that is said."""

from collections.abc import Callable
from dataclasses import dataclass

from attnviz.errors import N_
from attnviz.inspection.sentences import percent
from attnviz.runs import CAUSES

DECIDES = "decides"  # in place of a tag

Translate = Callable[[str], str]

WORDS = {
    (DECIDES, True): N_("Without “{phrase}” {label} goes from {before} to {after}."),
    (DECIDES, False): N_(
        "No short phrase decides: without the one that matters most, “{phrase}”, {label} is still "
        "{after}."
    ),
    ("swap", True): N_(
        "With “{instead}” in place of “{phrase}” {label} goes from {before} to {after}."
    ),
    ("swap", False): N_(
        "With “{instead}” in place of “{phrase}” {label} is still {after}: its place does not "
        "decide alone."
    ),
    ("word", True): N_("{tag}: without “{phrase}” {label} goes from {before} to {after}."),
    ("word", False): N_(
        "{tag} does not hold here, it is not through these words: without “{phrase}” {label} is "
        "still {after}."
    ),
    ("phrase", True): N_("{tag}: without “{phrase}” {label} goes from {before} to {after}."),
    ("phrase", False): N_(
        "{tag}: the network does not decide by these words here: without “{phrase}” {label} is "
        "still {after}. Look at the labels or the rest of the text."
    ),
    ("negation", True): N_(
        "{tag}: with “{instead}” in place of “{phrase}” {label} is {after}; the other sense, the "
        "same outcome."
    ),
    ("negation", False): N_(
        "{tag} does not hold here: with “{instead}” in place of “{phrase}” {label} goes from "
        "{before} to {after}."
    ),
    ("comparative", True): N_(
        "{tag}: with “{instead}” in place of “{phrase}” {label} goes from {before} to {after}; the "
        "same sense, another outcome."
    ),
    ("comparative", False): N_(
        "{tag} does not hold here: with “{instead}” in place of “{phrase}” {label} is {after}."
    ),
    ("alone", True): N_("{tag}: by itself, “{phrase}” is {label} with only {after}."),
    ("alone", False): N_(
        "{tag} does not hold here: by itself, “{phrase}” is {label} with {after} too."
    ),
    ("end", True): N_("{tag}: the part that was not read is {label} with only {after}."),
    ("end", False): N_(
        "{tag} does not hold here: the part that was not read is {label} with {after} too."
    ),
}
"""Kind of test, whether anything changes → what it says."""

FALL = 0.3
"""A fall of the probability from which words decide although the outcome is the same."""
SLIGHT = 0.1
"""A change of a probability by less is none."""
EFFECTS = {
    "turns": N_("The outcome turns."),
    "falls": N_("The outcome is the same, but the probability falls by {points} points or more."),
    "weakens": N_("That weakens it; the outcome is the same."),
    "strengthens": N_("The outcome is surer without these words."),
    "whole": N_("The phrase is nearly the whole text, so this proves nothing."),
}
"""What leaving words out did → what it says. Only the first two show that the words decide."""
PROVES = ("turns", "falls")


def effect(before: float, after: float, turned: bool, whole: bool) -> str:
    """A key of `EFFECTS`, "" for a change of less than `SLIGHT`."""
    if whole:
        return "whole"
    if turned:
        return "turns"
    if before - after >= FALL:
        return "falls"
    if abs(before - after) < SLIGHT:
        return ""
    return "weakens" if after < before else "strengthens"


@dataclass(frozen=True)
class Check:
    """One test of a piece of evidence.

    Parameters
    ----------
    tag
        A key of `CAUSES`, or `DECIDES`: what decides the outcome, whatever the tags say.
    kind
        What was done (a key of `WORDS`).
    phrase, instead
        The words that were taken out, read alone or swapped, and what stood there instead.
    label, before, after
        The predicted class, and its probability in the text and after the change.
    holds
        Whether the outcome changes as the tag says.
    effect
        Where words were left out or swapped, what that did: a key of `EFFECTS`, "" for nothing.
    """

    tag: str
    kind: str
    phrase: str
    instead: str
    label: str
    before: float
    after: float
    holds: bool
    effect: str = ""

    def said(self, translate: Translate = str) -> str:
        """The result in one sentence; a second says what words left out did."""
        title = CAUSES[self.tag].title if self.tag in CAUSES else ""
        said = translate(WORDS[self.kind, self.holds or bool(self.effect)]).format(
            tag=translate(title),
            phrase=self.phrase,
            instead=self.instead or "…",
            label=self.label,
            before=percent(self.before),
            after=percent(self.after),
        )
        if not self.effect:
            return said
        return f"{said} {translate(EFFECTS[self.effect]).format(points=round(100 * FALL))}"

    def sentence(self, translate: Translate = str) -> str:
        """The same for a place that names the tag already: without its title at the beginning."""
        title = translate(CAUSES[self.tag].title) if self.tag in CAUSES else ""
        rest = self.said(translate).removeprefix(title).lstrip(":： ") if title else ""
        return rest[:1].upper() + rest[1:] if rest else self.said(translate)
