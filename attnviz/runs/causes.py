"""Causes of mistakes that can be seen from the inside: what each tag means, and where to look.

A tag is a condition on what is known of a text (`attnviz.runs.schema`), so that a million texts
are tagged by one query, and a threshold is written once.
"""

from dataclasses import dataclass

from attnviz.errors import N_


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
    "cancelled": Cause(
        N_("Votes cancel"),
        N_("Large votes for the prediction stand against almost as large ones for the runner-up."),
        "votes_for >= 1 AND votes_against >= 0.6 * votes_for AND votes_for >= 0.6 * votes_against",
        "strongest_row",
        "ledger",
    ),
    "flat": Cause(
        N_("Attention flat"),
        N_("Attention hardly prefers any token: its entropy is 95 % of the largest possible."),
        "attention_entropy >= 0.95 AND tokens >= 5",
        None,
        "trust",
    ),
    "single": Cause(
        N_("One position decides"),
        N_("One position has half of all votes, and without it the runner-up would win."),
        "decisive_row IS NOT NULL AND strongest_share >= 0.5",
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
        N_("The model contradicts the label more surely than it usually errs (cleanlab)."),
        "suspect",
        labelled=True,
    ),
}
