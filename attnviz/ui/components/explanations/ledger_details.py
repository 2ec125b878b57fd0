"""What lies behind a vote ledger: its sum, its formula, its charts, all numbers."""

import numpy as np
import streamlit as st

from attnviz.evidence.formulas import number
from attnviz.evidence.ledger import VoteLedger
from attnviz.panels import row_labels
from attnviz.trace import Trace
from attnviz.ui.components import vega
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.tables import same_as_numbers, show_positions
from attnviz.ui.components.trace_view import signed
from attnviz.ui.translation import escape_markdown, gap

NAMED = 6
FORMULAS = {
    "head": (r"\sum_t \alpha_t\,(w_c \cdot %s_t)", r"\sum_t \alpha_t\,((w_c - w_d) \cdot %s_t)"),
    "heads": (
        r"\sum_t \sum_a \alpha_{ta}\,(w_{ca} \cdot %s_{ta})",
        r"\sum_t \sum_a \alpha_{ta}\,((w_{ca} - w_{da}) \cdot %s_{ta})",
    ),
    "units": (
        r"\sum_t \sum_n \alpha_{tn}\, w_{cn} %s_{tn}",
        r"\sum_t \sum_n \alpha_{tn}\,(w_{cn} - w_{dn})\, %s_{tn}",
    ),
}
"""The sum of votes: with one head, several heads, weights for each unit; alone, as a margin. `%s`
is the letter of what is weighed."""


def _sum(record: VoteLedger) -> str:
    """The law with this text's numbers."""
    numbers = {
        "label": class_name(record.label),
        "logit": signed(record.logit),
        "bias": signed(record.bias),
        "votes": signed(record.vote.sum()),
    }
    if record.against is None:
        return _("logit of {label} {logit} = bias {bias} + all votes {votes}").format(**numbers)
    return _(
        "logit of {label} − logit of {against} {logit} = bias {bias} + all votes {votes}"
    ).format(**numbers, against=class_name(record.against))


def _pulls(record: VoteLedger, tokens: tuple[str, ...]) -> str:
    """What pulls most each way."""
    votes = record.position_vote
    high, low = int(votes.argmax()), int(votes.argmin())
    label = class_name(record.label)
    said = []
    if votes[high] > 0:
        said.append(
            _("{token} pulls most towards {label} ({vote}).").format(
                token=_token(high, tokens), label=label, vote=f"+{signed(votes[high])}"
            )
        )
    if votes[low] < 0:
        said.append(
            _("{token} pulls most away from it ({vote}).").format(
                token=_token(low, tokens), vote=signed(votes[low])
            )
            if said
            else _("{token} pulls most away from {label} ({vote}).").format(
                token=_token(low, tokens), label=label, vote=signed(votes[low])
            )
        )
    elif said:
        said.append(_("No position pulls away from it."))
    return gap(" ").join(said) or _("No position pulls either way.")


def dissent(record: VoteLedger, tokens: tuple[str, ...]) -> str:
    """Whether what was attended to argues the other way."""
    places = np.flatnonzero(record.disagrees)
    if not len(places):
        return (
            _("No position with more than the mean attention votes against the sign of this logit.")
            if record.against is None
            else _("No position with more than the mean attention votes against the outcome.")
        )
    order = places[np.argsort(-record.position_attention[places], kind="stable")]
    named = gap(", ").join(_token(place, tokens) for place in order[:NAMED])
    said = (
        _(
            ":orange[**◆**] Much attention, opposite vote. Positions with more than the mean "
            "attention that vote against the sign of this logit, {count} of {total}: {tokens}"
        )
        if record.against is None
        else _(
            ":orange[**◆**] Much attention, opposite vote. Positions with more than the mean "
            "attention that vote against the outcome, {count} of {total}: {tokens}"
        )
    )
    return said.format(
        count=len(places),
        total=len(tokens),
        tokens=named + (" …" if len(places) > NAMED else ""),
    )


def _token(place: int, tokens: tuple[str, ...]) -> str:
    return f"“{escape_markdown(tokens[place])}” ({place + 1})"


def class_name(label: str) -> str:
    return escape_markdown(label_name(label))


def _formula(record: VoteLedger, trace: Trace, config) -> str:
    """The law in letters, with the temperature where there is one."""
    from attnviz.explain.formulas.place import weighed_symbol

    kind = "heads" if record.attention.shape[1] > 1 else "head"
    letter = weighed_symbol(config, trace)
    alone, margin = (
        votes.replace("%s", letter) for votes in FORMULAS["units" if record.per_unit else kind]
    )
    tempered = config.temperature != 1
    opening, end = (r"\tfrac{1}{\tau}\Bigl(", r"\Bigr)") if tempered else ("", "")
    # Line by line, for a narrow screen.
    if record.against is None:
        lines = [rf"&\mathrm{{logit}}_c = {opening}b_c", f"&+ {alone}{end}"]
    else:
        lines = [r"&\mathrm{logit}_c - \mathrm{logit}_d"]
        lines += [f"&= {opening}b_c - b_d", f"&+ {margin}{end}"]
    if tempered:
        lines.append(rf"&\tau = {number(config.temperature)}")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def _charts(record: VoteLedger, tokens: tuple[str, ...], sides: tuple[str, str], key: str) -> None:
    from attnviz.charts import ledger as charts

    st.markdown("### " + _("What each position says"))
    st.caption(
        _(
            "Attention is how much a position counts, argument which way its state speaks, and the "
            "vote, what is added to the logit, is their product. Votes belong to positions: a "
            "state mixes its neighbours."
        )
        + gap(" ")
        + (
            _(
                "A shaded row with ◆ has more than the mean attention and votes against the sign "
                "of this logit."
            )
            if record.against is None
            else _(
                "A shaded row with ◆ has more than the mean attention and votes against the "
                "outcome."
            )
        )
    )
    if record.per_unit:
        st.caption(
            _(
                "In this network each unit of a position has a weight of its own, so a vote is a "
                "sum over units, not the product of the two columns."
            )
        )
    elif record.attention.shape[1] > 1:
        st.caption(
            _(
                "The product holds in each of the {count} heads. Drawn are the mean of their "
                "attention and the sums of their arguments and votes."
            ).format(count=record.attention.shape[1])
        )
    most = charts.STRONGEST
    if len(tokens) > most:
        everything = st.toggle(
            _("All {count} positions, not only the {most} strongest votes").format(
                count=len(tokens), most=most
            ),
            key=f"{key}-all",
        )
        most = None if everything else most
    rows = charts.ledger_rows(record, tokens, most)
    vega.draw(_spec("ledger", sides, language()), f"{key}-ledger", rows)
    st.markdown("### " + _("From the bias to the logit, vote by vote"))
    rows = charts.waterfall_rows(record, tokens, translate=_)
    vega.draw(_spec("waterfall", sides, language()), f"{key}-waterfall", rows)


@st.cache_data(show_spinner=False, max_entries=16)
def _spec(name: str, sides: tuple[str, str], language_name: str) -> str:
    """A chart for rows of any number: checking its schema costs Altair more than all the rest."""
    from attnviz.charts import ledger as charts

    nothing = np.zeros((1, 1))
    record = VoteLedger("", None, 0.0, 0.0, nothing, nothing, nothing, False)
    return getattr(charts, name)(record, [""], sides=sides, translate=_).to_json()


def twin(record: VoteLedger, tokens: tuple[str, ...], key: str) -> None:
    """Every position in numbers, head by head where there are several."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    columns: dict[str, object] = {_("Token"): tokens}
    titles = {"attention": _("Attention"), "argument": _("Argument"), "vote": _("Vote")}
    for name, title in titles.items():
        columns[title] = getattr(record, f"position_{name}")
    columns[_("Running total")] = record.bias + record.position_vote.cumsum()
    against = _("Against the sign") if record.against is None else _("Against the outcome")
    columns[against] = record.disagrees
    heads = record.attention.shape[1]
    for head in range(heads if heads > 1 else 0):
        for name, title in titles.items():
            values = getattr(record, name)[:, head]
            columns[_("{title}, head {head}").format(title=title, head=head)] = values
    show_positions(expander, columns)


def show(
    record: VoteLedger, trace: Trace, sides: tuple[str, str], config: object, key: str
) -> None:
    """The sum in words and as a formula, the three columns as a chart, the waterfall."""
    tokens = row_labels(trace)
    st.markdown("**" + _sum(record) + "**")
    st.markdown(_pulls(record, tokens))
    st.latex(_formula(record, trace, config))
    _charts(record, tokens, sides, key)
