"""Causes of mistakes that can be seen from the inside: what each tag means, and where to look.

A tag is a condition on what is known of a text (`attnviz.runs.schema`), so that a million texts
are tagged by one query, and a threshold is written once. Whether a tag is there where it should be,
and only there, is measured on texts whose truth is known, with the shipped models:
`tests/inspection/test_causes_truth.py` has the figures.

There is no tag “forgotten”: none of the shipped networks loses the beginning of a text. With 25
neutral sentences behind the only one that matters, family/last, whose head reads the last state, is
right in 97 % (100 % with that sentence at the end), en-sentiment in 82 % (88 %); what is lost is
lost at either end. Nor one for sarcasm: see `CHANGELOG.md` for what was tried.
"""

from dataclasses import dataclass

from attnviz.errors import N_


@dataclass(frozen=True)
class Cause:
    """A tag: its title, what it says, its condition in SQL over the view `texts`, and the evidence.

    Parameters
    ----------
    evidence
        Where the evidence is shown once a text is open.
    row
        The column with the token that the evidence is about.
    question
        The explanation that shows it (a key of `QUESTIONS` of the pages); None for the token table.
    labelled
        Whether it needs the true class; such a tag marks mistakes by its definition.
    at_mistakes
        Whether the condition means an error only where the outcome is wrong, so that only mistakes
        have the tag, while its lift compares how often the condition holds at both.
    tested
        The column that says of which texts the condition is known, where not of all.
    inputs
        What the rows must be to have it, keys of `attnviz.kinds.INPUT_KINDS`; none for all.
    """

    title: str
    says: str
    condition: str
    evidence: str
    row: str | None = None
    question: str | None = None
    labelled: bool = False
    at_mistakes: bool = False
    tested: str | None = None
    inputs: tuple[str, ...] = ()

    @property
    def tagged(self) -> str:
        """The condition under which a text has the tag."""
        if not self.at_mistakes:
            return self.condition
        return f"({self.condition}) AND outcome = 'wrong'"

    @property
    def needs_truth(self) -> bool:
        """Whether no text without a true class can have it."""
        return self.labelled or self.at_mistakes


CAUSES = {
    "cut": Cause(
        N_("Cut before the end"),
        N_("The text has more tokens than the model reads at once; its end was not read."),
        "cut > 0",
        N_("the line below the prediction that says how many tokens were read"),
    ),
    "foreign": Cause(
        N_("Language not trained on"),
        N_(
            "At least half of the text is in a language that the training texts did not have, as "
            "its letters, its most frequent words and the number of pieces per word tell."
        ),
        "foreign_share >= 0.5",
        N_("the orange line below the prediction, with the numbers of this text"),
        inputs=("text",),
    ),
    "rare": Cause(
        N_("Strong vote on a rare piece"),
        N_(
            "One of the three strongest votes stands on a piece that the model hardly knows: a "
            "single byte, or a part of a word that it must spell in three pieces or more."
        ),
        "rare_row IS NOT NULL",
        N_("the vote ledger, with that token chosen"),
        "rare_row",
        "ledger",
        inputs=("text",),
    ),
    "missing": Cause(
        N_("Strong vote on a missing value"),
        N_(
            "One of the three strongest votes stands on a step at which a value is missing: the "
            "network read the channel's mean there."
        ),
        "missing_row IS NOT NULL",
        N_("the vote ledger, with that step chosen"),
        "missing_row",
        "ledger",
        inputs=("series",),
    ),
    "range": Cause(
        N_("Strong vote out of range"),
        N_(
            "One of the three strongest votes stands on a step with a value more than 4 standard "
            "deviations of the training files from what its channel is measured from."
        ),
        "range_row IS NOT NULL",
        N_("the vote ledger, with that step chosen"),
        "range_row",
        "ledger",
        inputs=("series",),
    ),
    "cancelled": Cause(
        N_("Votes cancel"),
        N_(
            "Large votes for the prediction stand against almost as large ones for the "
            "runner-up: the smaller side has at least 60% of the larger."
        ),
        "votes_for >= 1 AND votes_against BETWEEN 0.6 * votes_for AND votes_for / 0.6",
        N_("the vote ledger, with the strongest vote chosen"),
        "strongest_row",
        "ledger",
    ),
    "flat": Cause(
        N_("Attention flat"),
        N_("Attention hardly prefers any token: its entropy is at least 90% of the largest."),
        "attention_entropy >= 0.9 AND tokens >= 5",
        N_("the question “Can attention be trusted?”"),
        None,
        "trust",
    ),
    "idle": Cause(
        N_("Attention on idle words"),
        N_(
            "Punctuation and stop words, such as “the” and “of”, have at least 60% of the "
            "attention."
        ),
        "attention_idle >= 0.6 AND tokens >= 5",
        N_("the question “Can attention be trusted?”, with that token chosen"),
        "idle_row",
        "trust",
        inputs=("text",),
    ),
    "negation": Cause(
        N_("Negation not understood"),
        N_(
            "A clause with a negation decides the outcome, and without the negation the outcome is "
            "the same. Only models of two opposite classes, such as positive and negative."
        ),
        "negation_row IS NOT NULL",
        N_("the test below the text, and the vote ledger, with the negation chosen"),
        "negation_row",
        "ledger",
        at_mistakes=True,
        tested="negation_tested",
        inputs=("text",),
    ),
    "outvoted": Cause(
        N_("Beginning outvoted"),
        N_(
            "The votes of the first half of the text add up against the prediction, by at least 5% "
            "of all votes; the second half outvotes them."
        ),
        "outvoted_row IS NOT NULL",
        N_("the test below the text, and the vote ledger, with its strongest vote chosen"),
        "outvoted_row",
        "ledger",
    ),
    "single": Cause(
        N_("One position decides"),
        N_(
            "One position has at least a fifth of all votes, and without it the runner-up would "
            "win."
        ),
        "decisive_row IS NOT NULL AND strongest_share >= 0.2 AND tokens > 1",
        N_("the vote ledger, with that position chosen"),
        "decisive_row",
        "ledger",
    ),
    "close": Cause(
        N_("Tiny margin"),
        N_("The two likeliest classes are less than 10 points apart."),
        "margin < 0.1",
        N_("the vote ledger"),
        None,
        "ledger",
    ),
    "duplicate": Cause(
        N_("Near-duplicate with another label"),
        N_(
            "Almost the same text stands in the file with another label, and the model does not "
            "surely (90% each) read both as labelled."
        ),
        "duplicate_of IS NOT NULL",
        N_("the other text"),
        labelled=True,
        inputs=("text",),
    ),
    "phrase": Cause(
        N_("Recurring phrase"),
        N_(
            "The text holds a phrase that stands in five mistakes or more, and surely more often "
            "in mistakes than in correct texts."
        ),
        "phrase IS NOT NULL",
        N_("the list of recurring phrases under Causes, and the test below the text"),
        labelled=True,
        inputs=("text",),
    ),
    "suspect": Cause(
        N_("Label or model?"),
        N_(
            "The model contradicts the label more surely than it usually errs (cleanlab), and "
            "gives it less than 7% once its probabilities are as sure as it is right on this "
            "file. Either may be wrong: read the text."
        ),
        "suspect AND label_quality < 0.07",
        N_("the true class beside the predicted one"),
        labelled=True,
    ),
}


def causes_of(kind: str) -> dict[str, Cause]:
    """Those of `CAUSES` that rows of an input (a key of `INPUT_KINDS`) can have."""
    return {tag: c for tag, c in CAUSES.items() if not c.inputs or kind in c.inputs}
