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
"""Kind of test, whether it holds → what it says."""


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
    """

    tag: str
    kind: str
    phrase: str
    instead: str
    label: str
    before: float
    after: float
    holds: bool

    def said(self, translate: Translate = str) -> str:
        """The result in one sentence."""
        title = CAUSES[self.tag].title if self.tag in CAUSES else ""
        return translate(WORDS[self.kind, self.holds]).format(
            tag=translate(title),
            phrase=self.phrase,
            instead=self.instead or "…",
            label=self.label,
            before=percent(self.before),
            after=percent(self.after),
        )
