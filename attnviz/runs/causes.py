"""Causes of mistakes that can be seen from the inside: what each tag means, and where to look.

A tag is a condition on what is known of a text (`attnviz.runs.schema`), so that a million texts
are tagged by one query, and a threshold is written once. The thresholds were set on the files that
the shipped models were validated with (film reviews, sentences, Chinese shop reviews, requests of
150 kinds), so that a tag marks a few texts in a hundred, not half of the file.
"""

from dataclasses import dataclass

from attnviz.errors import N_

UNHEARD = 1.5
"""A reaction of the filters to a negation below this is none; an ordinary word has about 2."""
FORGOTTEN = 0.1
"""What is left of a write below this share is forgotten."""


@dataclass(frozen=True)
class Cause:
    """A tag: its title, what it says, its condition in SQL over the view `texts`, and the evidence.

    `row` names the column with the token that the evidence is about, `question` the explanation
    that shows it (a key of `PARTS` in the pages), or None for the token table. `labelled` says
    that it needs the true class.
    """

    title: str
    says: str
    condition: str
    row: str | None = None
    question: str | None = None
    labelled: bool = False


CAUSES = {
    "cut": Cause(
        N_("Cut before the end"),
        N_("The text has more tokens than the model reads at once; its end was not read."),
        "cut > 0",
    ),
    "foreign": Cause(
        N_("Language not trained on"),
        N_(
            "At least half of the text is in a language that the training texts did not have, as "
            "its letters, its most frequent words and the number of pieces per word tell."
        ),
        "foreign_share >= 0.5",
    ),
    "rare": Cause(
        N_("Strong vote on a rare piece"),
        N_(
            "One of the three strongest votes stands on a piece that the model hardly knows: a "
            "single byte, or a part of a word that it must spell in three pieces or more."
        ),
        "rare_row IS NOT NULL",
        "rare_row",
        "ledger",
    ),
    "cancelled": Cause(
        N_("Votes cancel"),
        N_(
            "Large votes for the prediction stand against almost as large ones for the "
            "runner-up: the smaller side has at least 60% of the larger."
        ),
        "votes_for >= 1 AND votes_against BETWEEN 0.6 * votes_for AND votes_for / 0.6",
        "strongest_row",
        "ledger",
    ),
    "flat": Cause(
        N_("Attention flat"),
        N_("Attention hardly prefers any token: its entropy is at least 90% of the largest."),
        "attention_entropy >= 0.9 AND tokens >= 5",
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
        "idle_row",
        "trust",
    ),
    "negation": Cause(
        N_("Negation not noticed"),
        N_(
            "A negation stands in the text, and no filter changes by more than 1.5 times its usual "
            "size when it is taken out; an ordinary word changes one by about 2."
        ),
        "negation_row IS NOT NULL",
        "negation_row",
    ),
    "forgotten": Cause(
        N_("Early vote forgotten"),
        N_(
            "A strong vote against the prediction stands in the first half of the text; of "
            "what was written into the memory there, less than 10% is left at the end."
        ),
        "forgotten_row IS NOT NULL",
        "forgotten_row",
        "memory",
    ),
    "single": Cause(
        N_("One position decides"),
        N_(
            "One position has at least a fifth of all votes, and without it the runner-up would "
            "win."
        ),
        "decisive_row IS NOT NULL AND strongest_share >= 0.2 AND tokens > 1",
        "decisive_row",
        "ledger",
    ),
    "close": Cause(
        N_("Tiny margin"),
        N_("The two likeliest classes are less than 10 points apart."),
        "margin < 0.1",
        None,
        "ledger",
    ),
    "duplicate": Cause(
        N_("Near-duplicate with another label"),
        N_("Almost the same text stands in the file with another label."),
        "duplicate_of IS NOT NULL",
        labelled=True,
    ),
    "suspect": Cause(
        N_("Probably mislabelled"),
        N_(
            "The model contradicts the label more surely than it usually errs (cleanlab), and "
            "gives it less than 2%."
        ),
        "suspect AND label_quality < 0.02",
        labelled=True,
    ),
}
