"""What lies behind attributions: where they disagree, ranks, how each is computed, all numbers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.ui.components import vega
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.tables import even, same_as_numbers, show_positions
from attnviz.ui.components.trace_view import signed
from attnviz.ui.translation import escape_markdown, gap

NAMED = 3  # tokens
CONVERGED = 0.05  # share of the size of all scores; our own choice
ORDER_NAMES = {"text": N_("In the order of the text"), "disagreement": N_("Most disputed first")}
HOW = {
    "gradient_x_input": (
        r"x_t \cdot \frac{\partial\,\mathrm{logit}_c}{\partial x_t}",
        N_("The embedding times the slope at it: the part it would have in a linear network."),
    ),
    "integrated_gradients": (
        r"x_t \cdot \int_0^1 \frac{\partial\,\mathrm{logit}_c(a\,x)}{\partial x_t}\,da",
        N_("The same with the mean slope on the way from zero embeddings to the text."),
    ),
    "occlusion": (
        r"\mathrm{logit}_c(x) - \mathrm{logit}_c(x\ \text{%s})",
        N_(
            "What the logit loses with a word's embeddings at zero; each piece has the whole of it."
        ),
    ),
    "attention": (
        r"\alpha_t",
        N_("How much the position counts. Alike for every class, and without a sign."),
    ),
    "votes": (
        r"\tfrac{1}{\tau} \sum_a w_{ca} \cdot (\alpha_{ta} \odot v_{ta})",
        N_(
            "What the position adds to the logit, over all heads a, with the temperature τ. Its "
            "state mixes the words around it."
        ),
    ),
}
"""A row for each method: its formula, where `%s` is `WITHOUT` in words, and what it says."""
WITHOUT = N_("without the word of t")


def _dispute(record: Attributions, tokens: Sequence[str]) -> str:
    """On which tokens the methods differ most, and how alike they rank all of them."""
    if len(tokens) == 1:
        return _("There is but one token, so there is nothing to rank.")
    said = []
    for name in record.scores:
        if name not in record.ranking:
            said.append(
                _("{method} is the same at every token here, so it ranks none.").format(
                    method=_(TITLES[name])
                )
            )
    if len(record.ranking) < 2:
        return gap(" ").join(said)
    worst = [place for place in record.most_disputed(NAMED) if record.disagreement[place] > 0]
    disputed = [place for place in worst if record.disputed[place]]
    if disputed:
        named = gap("; ").join(rivals(record, tokens, place) for place in disputed)
        said.insert(0, _("**The methods disagree most on {named}.**").format(named=named))
    elif worst:
        named = rivals(record, tokens, worst[0])
        said.insert(
            0, _("**The methods largely agree.** Farthest apart: {named}.").format(named=named)
        )
    return gap(" ").join([*said, *_alike(record)])


def rivals(record: Attributions, tokens: Sequence[str], place: int) -> str:
    """A token, the method that puts it highest and the one that puts it lowest."""
    ranks = {name: record.ranks[name][place] for name in record.ranking}
    high, low = min(ranks, key=ranks.get), max(ranks, key=ranks.get)
    return _("“{token}” ({position}): rank {best} by {high}, {worst} by {low}").format(
        token=escape_markdown(tokens[place]),
        position=place + 1,
        best=f"{ranks[high]:.4g}",
        high=_(TITLES[high]),
        worst=f"{ranks[low]:.4g}",
        low=_(TITLES[low]),
    )


def _alike(record: Attributions) -> list[str]:
    """The two methods that rank most alike, and the two that do least."""
    names, agreement = list(record.scores), record.agreement
    pairs = [
        (agreement[i, j], names[i], names[j])
        for i in range(len(names))
        for j in range(i)
        if not np.isnan(agreement[i, j])
    ]
    if len(pairs) < 2:
        return []
    (least, *worst), (most, *best) = min(pairs), max(pairs)
    first, second, third, fourth = (_(TITLES[name]) for name in (*best, *worst))
    return [
        _(
            "Most alike rank {first} and {second} (Spearman's ρ {most}), least {third} and "
            "{fourth} (ρ {least})."
        ).format(
            first=first,
            second=second,
            third=third,
            fourth=fourth,
            most=f"{most:.2f}".replace("-", "−"),
            least=f"{least:.2f}".replace("-", "−"),
        )
    ]


def _ranks(record: Attributions, tokens: Sequence[str], key: str) -> None:
    """The chart and its two controls."""
    from attnviz.charts.attributions import STRONGEST, rank_rows

    with st.container(horizontal=True, vertical_alignment="center"):
        order = st.segmented_control(
            _("Order"),
            list(ORDER_NAMES),
            default="text",
            required=True,
            format_func=lambda name: _(ORDER_NAMES[name]),
            key=f"{key}-order",
            label_visibility="collapsed",
        )
        most = STRONGEST
        if len(tokens) > most and st.toggle(
            _("All {count} tokens, not only {most}").format(count=len(tokens), most=most),
            key=f"{key}-all",
        ):
            most = None
    st.caption(
        _(
            "Each row is a token, each mark the rank that a method gives it by the size of its "
            "score. A long bar means that the methods disagree; where the worst rank is √T times "
            "the best or more, of T tokens, the row is marked with ◆. The axis is logarithmic: "
            "what comes first matters most."
        )
    )
    rows = rank_rows(record, tokens, order, most, translate=_)
    vega.draw(_spec(len(tokens), record.ranking, language()), f"{key}-ranks", rows)


@st.cache_data(show_spinner=False, max_entries=16)
def _spec(count: int, names: tuple[str, ...], language_name: str) -> str:
    """The chart of any text of so many tokens: its rows are filled in later."""
    from attnviz.charts.attributions import attribution_ranks

    different = np.arange(count) if count > 1 else np.zeros(1)
    record = Attributions("", dict.fromkeys(names, different), 0.0, 0.0)
    return attribution_ranks(record, [""] * count, most=1, translate=_).to_json()


def _convergence(record: Attributions) -> str:
    """What integrated gradients should add up to, what they do, and what that means."""
    scores = record.scores["integrated_gradients"]
    # Where the text changes the logit little, its scores cancel out: their size is the measure.
    size = max(abs(record.explained), float(np.abs(scores).sum()))
    share = abs(record.convergence) / size if size else 0.0
    said = _(
        "Integrated gradients must add up to what the text changes in the logit of {label}: "
        "{logit} with it, {baseline} with zero embeddings, so {explained}. They add up to {total}: "
        "convergence error {error}, {share} of {size}, which is all scores added without their "
        "signs, or that change where it is larger."
    ).format(
        label=escape_markdown(label_name(record.label)),
        logit=signed(record.logit),
        baseline=signed(record.baseline_logit),
        explained=signed(record.explained),
        total=signed(scores.sum()),
        error=signed(record.convergence),
        share=f"{share:.1%}",
        size=signed(size),
    )
    if share <= CONVERGED:
        return said + gap(" ") + _("That is little: their fifty steps are enough here.")
    return said + gap(" ") + _(":orange[**That is much: take their ranks with care here.**]")


def _how(record: Attributions) -> None:
    st.markdown("### " + _("How each method computes its score"))
    for name in record.scores:
        formula, text = HOW[name]
        st.markdown(f"**{_(TITLES[name])}**: {_(text)}")
        st.latex(formula.replace("%s", _(WITHOUT)))


def twin(record: Attributions, tokens: Sequence[str], key: str) -> None:
    """Every score and rank, and how alike any two methods rank."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    columns: dict[str, object] = {_("Token"): tokens}
    for name, values in record.scores.items():
        columns[_(TITLES[name])] = values
        columns[_("{method}, rank").format(method=_(TITLES[name]))] = record.ranks[name]
    columns[_("Disagreement")] = record.disagreement
    show_positions(expander, columns)
    titles = [_(TITLES[name]) for name in record.scores]
    expander.caption(_("How alike two methods rank the tokens: Spearman's ρ, −1 to 1"))
    expander.dataframe(**even(pd.DataFrame(record.agreement, titles, titles)), width="stretch")


def show(record: Attributions, tokens: Sequence[str], key: str) -> None:
    """What is disputed in a sentence, the ranks as a chart, convergence, the formulas."""
    st.markdown(_dispute(record, tokens))
    if record.ranking:
        _ranks(record, tokens, key)
    if "integrated_gradients" in record.scores:
        st.markdown(_convergence(record))
    _how(record)
