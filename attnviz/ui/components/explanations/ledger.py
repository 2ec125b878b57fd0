"""The vote ledger on a page: how much each token counts, which way it argues, what it adds."""

from collections.abc import Sequence

import numpy as np

from attnviz.colours import sides
from attnviz.errors import N_
from attnviz.evidence.ledger import VoteLedger
from attnviz.evidence.verdicts import count
from attnviz.panels import Panel, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.answer import signed as short
from attnviz.ui.components.explanations import ledger_details, screen
from attnviz.ui.components.explanations.choices import choose_label
from attnviz.ui.components.explanations.ledger_details import class_name, dissent
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.state import loaded_classifier

ALONE = -1  # in the list of rivals
VERDICTS = {
    "alone": N_("{token} alone outweighs all other votes: {vote} of {logit}."),
    "for": N_("{count} of {total} vote for {label}; {token} most ({vote})."),
    "against": N_("{count} of {total} vote against {label}; {token} most ({vote})."),
    "bias": N_("The bias decides ({bias}): all votes together say the opposite ({votes})."),
}
"""The first line, by how the positions voted (`attnviz.evidence.verdicts.count`)."""
VERDICTS_OF_FORECASTS = VERDICTS | {
    "for": N_("{count} of {total} raise {label}; {token} most ({vote})."),
    "against": N_("{count} of {total} lower {label}; {token} most ({vote})."),
}
"""The same of a coming value, which votes raise or lower from what it is measured from."""


def show(folder: str, trace: Trace, key: str) -> None:
    """One class's ledger: who voted how in a line, attention × argument = vote in the table; its
    sum, formula and charts are folded."""
    from attnviz.explain.ledger import vote_ledger

    with screen.options(key):
        label = choose_label(trace, key)
        against = _choose_rival(trace, label, key)
    classifier = loaded_classifier(folder)
    record = vote_ledger(classifier, trace, label, against)
    tokens = row_labels(trace)
    screen.verdict(verdict_line(record, tokens, trace.task), dissent(record, tokens), key)
    screen.table(trace, _panels(record, trace, screen.poles(trace, label, against)), key)
    expander = screen.details(key)
    if expander is not None:
        with expander:
            colours = sides(trace.probabilities, label, against)
            ledger_details.show(record, trace, colours, classifier.network.config, key)
    ledger_details.twin(record, tokens, key)


def verdict_line(record: VoteLedger, tokens: Sequence[str], task: str = "classify") -> str:
    """Who decided it, in at most twelve words."""
    result = count(record)
    kind = "for" if result.wins else "against"
    kind = "bias" if result.by_bias else "alone" if result.alone else kind
    verdicts = VERDICTS_OF_FORECASTS if task == "forecast" else VERDICTS
    return _(verdicts[kind]).format(
        token="" if result.leader is None else screen.quoted(tokens, result.leader),
        vote=short(result.vote),
        logit=short(record.logit),
        count=result.side,
        total=len(tokens),
        label=class_name(record.label),
        bias=short(record.bias),
        votes=short(float(record.vote.sum())),
    )


def _panels(record: VoteLedger, trace: Trace, poles: dict[str, tuple]) -> list[Panel]:
    """Attention × argument = vote, where one head weighs whole positions, and the sum so far, as
    columns of the table."""
    product = not record.per_unit and record.attention.shape[1] == 1
    votes, argument = record.position_vote, record.position_argument
    total = record.bias + votes.cumsum()
    named = 0.08 * float(np.abs(votes).max(initial=0.0)) or None
    columns = (
        ("ledger/argument", _("× Argument") if product else _("Argument"), argument, None),
        ("ledger/vote", _("= Vote") if product else _("Vote"), votes, named),
        ("ledger/total", _("Sum so far, with the bias"), total, 0.0),
    )
    return [
        *screen.beside(trace, ("attention",)),
        *(
            screen.signed_bars(column, title, values, "classes", named=least, **poles)
            for column, title, values, least in columns
        ),
    ]


def _choose_rival(trace: Trace, label: int, key: str) -> int | None:
    """The class to weigh against, by default the most probable other one; None for none. A coming
    value stands alone."""
    if trace.task == "forecast":
        return None
    order = np.argsort(-trace.probabilities, kind="stable").tolist()
    rivals = [number for number in order if number != label]
    chosen = menus.selectbox(
        _("Compared with"),
        [*rivals, ALONE],
        format_func=lambda number: (
            _("nothing: the class alone") if number == ALONE else label_name(trace.labels[number])
        ),
        key=f"{key}-rival-{label}-{rivals[:1]}-{len(rivals)}",
        width=220,
        help=_(
            "Probabilities depend on the differences of the logits alone, so a class is best "
            "explained against its rival: the votes of both are subtracted."
        ),
    )
    return None if chosen == ALONE else chosen
