"""What lies behind a trust check: every measure, the charts of its trials, all numbers."""

import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.distances import total_variation
from attnviz.evidence.trust import MEASURES, MOST_DIVERGENT, TITLES, Trust
from attnviz.panels import row_labels
from attnviz.trace import Trace
from attnviz.ui.components import vega
from attnviz.ui.components.explanations import screen
from attnviz.ui.components.explanations.trust_parts import because, number
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.tables import even, same_as_numbers
from attnviz.ui.translation import escape_markdown, gap

MEANINGS = {
    "permuted": N_("How far the prediction moves when the weights change places: the median."),
    "changed": N_("So many permutations predict another class."),
    "uniform": N_("How far it moves when every token has the same weight."),
    "adversarial": N_("JS divergence, at most {most}: so different, and the same prediction."),
    "comprehensiveness": N_("Lost without the tokens of most attention; random ones: {random}."),
    "sufficiency": N_("Lost with these tokens alone; with random ones: {random}."),
    "tau_leave_one_out": N_("Whether attention ranks tokens as their deletion does: −1 to 1."),
    "tau_integrated_gradients": N_("Whether it ranks them as integrated gradients do: −1 to 1."),
}
"""The measures that stand on the page, with what each of them says."""


def show(record: Trust, trace: Trace, key: str) -> None:
    """Folded: the reasons in a sentence, each measure, its charts, the papers; and the numbers."""
    labels = row_labels(trace)
    expander = screen.details(key)
    if expander is not None:
        with expander:
            st.markdown(because(record))
            st.markdown(_context(record, trace))
            _grid(record)
            _charts(record, labels, key)
            st.caption(
                _(
                    "Permutation and adversarial attention: Jain & Wallace (2019). Uniform "
                    "attention: Wiegreffe & Pinter (2019). Comprehensiveness and sufficiency: "
                    "DeYoung et al. (2020). All ask whether the weights matter to the output of "
                    "this network, not whether people find them plausible."
                )
            )
    _twin(record, labels, key)


def _context(record: Trust, trace: Trace) -> str:
    """What the network does with its weights, where that is not what the sentence assumes."""
    said = [
        _("The prediction is {label}, with {share} of the probability.").format(
            label=escape_markdown(label_name(trace.labels[record.label])),
            share=f"{record.probabilities[record.label]:.1%}",
        )
    ]
    if record.attention.shape[1] > 1:
        said.append(
            _("Permuting moves all {count} heads together; divergences are their mean.").format(
                count=record.attention.shape[1]
            )
        )
    return gap(" ").join(said)


def _grid(record: Trust) -> None:
    """Each measure with one line that says what it means."""
    with st.container(horizontal=True, gap="small"):
        for name, meaning in MEANINGS.items():
            value = MEASURES[name](record)
            random = MEASURES.get(f"random_{name}")
            with st.container(width=285, gap=None):
                st.markdown(f"**{_shown(name, value)}** · {_(TITLES[name])}")
                st.caption(
                    _(meaning).format(
                        most=number(MOST_DIVERGENT),
                        random=number(random(record)) if random else "",
                    )
                )


def _shown(name: str, value: float) -> str:
    if value != value:
        return _("not defined")
    return f"{value:.0%}" if name == "changed" else number(value)


def _charts(record: Trust, tokens: tuple[str, ...], key: str) -> None:
    from attnviz.charts.trust import BAND, REMOVALS, STRONGEST

    st.markdown("### " + _("Permuting the weights"))
    st.caption(
        _(
            "Each of {count} permutations gives the same weights to other tokens. Bars far to the "
            "right mean that it matters which token has which weight. The distance of two "
            "predictions is {formula}."
        ).format(
            count=len(record.permuted),
            formula=r"$\mathrm{TVD} = \tfrac{1}{2} \sum_c \lvert p_c - p'_c \rvert$",
        )
    )
    vega.draw(_permutations(record, record.permuted.tobytes(), language()), f"{key}-permuted")
    st.markdown("### " + _("Removing the tokens of most attention"))
    st.caption(
        _(
            "If attention points at what the prediction rests on, the probability of the "
            "predicted class falls more without its tokens than without random ones, and less "
            "with its tokens alone. The band holds {share} of {count} random draws."
        ).format(share=f"{BAND:.0%}", count=len(record.random_sufficiency))
    )
    for name, column in zip(REMOVALS, st.columns(len(REMOVALS)), strict=True):
        data = getattr(record, name).tobytes() + getattr(record, f"random_{name}").tobytes()
        with column:
            st.markdown(f"**{_(TITLES[name])}** · {_(REMOVALS[name])}")
            vega.draw(_removal(record, name, data, language()), f"{key}-{name}")
    distance = total_variation(record.adversarial_probabilities, record.probabilities)
    st.markdown("### " + _("The most different attention with the same prediction"))
    st.caption(
        _(
            "Both predict the same, up to {distance} of probability. The farther apart they are, "
            "the less the left one alone can be why. Another such attention may exist even where "
            "the weights matter, so this never decides alone. Their distance is {formula}, where m "
            "is the mean of both."
        ).format(
            distance=number(distance),
            formula=r"$\mathrm{JS} = \tfrac{1}{2} \mathrm{KL}(\alpha \Vert m)"
            r" + \tfrac{1}{2} \mathrm{KL}(\alpha' \Vert m)$",
        )
    )
    if len(tokens) > STRONGEST:
        st.caption(
            _("Drawn are the {count} tokens with the largest weights.").format(count=STRONGEST)
        )
    data = record.attention.tobytes() + record.adversarial.tobytes()
    vega.draw(_attentions(record, tokens, data, language()), f"{key}-attentions")


# Building a chart costs Altair tenths of a second of schema checks, so once is enough.


@st.cache_data(show_spinner=False, max_entries=32)
def _permutations(_record: Trust, data: bytes, language_name: str) -> str:
    from attnviz.charts.trust import permutations

    return permutations(_record, translate=_).to_json()


@st.cache_data(show_spinner=False, max_entries=32)
def _removal(_record: Trust, name: str, data: bytes, language_name: str) -> str:
    from attnviz.charts.trust import removal

    return removal(_record, name, translate=_).to_json()


@st.cache_data(show_spinner=False, max_entries=16)
def _attentions(_record: Trust, tokens: tuple[str, ...], data: bytes, language_name: str) -> str:
    from attnviz.charts.trust import attentions

    return attentions(_record, tokens, translate=_).to_json()


def _twin(record: Trust, tokens: tuple[str, ...], key: str) -> None:
    """Everything that was drawn as plain tables."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    with expander:
        st.dataframe(**even(_measures_table(record)), hide_index=True)
        st.dataframe(**even(_removal_table(record)), hide_index=True)
        st.dataframe(**even(_token_table(record, tokens)), width="stretch")
        permuted = pd.DataFrame({_("Permutations"): record.permuted})
        st.dataframe(**even(permuted), width="content")


def _measures_table(record: Trust) -> pd.DataFrame:
    values = {_(TITLES[name]): value for name, value in record.measures.items()}
    return pd.DataFrame({_("Measure"): values.keys(), _("Value"): values.values()})


def _removal_table(record: Trust) -> pd.DataFrame:
    columns = {_("Number of tokens"): record.sizes}
    for name in ("comprehensiveness", "sufficiency"):
        columns[_(TITLES[name])] = getattr(record, name)
        drawn = getattr(record, f"random_{name}")
        columns[_(TITLES[f"random_{name}"])] = drawn.mean(axis=0)
    return pd.DataFrame(columns)


def _token_table(record: Trust, tokens: tuple[str, ...]) -> pd.DataFrame:
    columns, different = {_("Token"): tokens}, TITLES["adversarial"]
    weights = {_("Attention"): record.attention, _(different): record.adversarial}
    for title, values in weights.items():
        heads = values.shape[1]
        names = [title if heads == 1 else f"{title} · {head}" for head in range(1, heads + 1)]
        columns |= dict(zip(names, values.T, strict=True))
    columns[_("Leave one out")] = record.leave_one_out
    columns[_("Integrated gradients")] = record.integrated_gradients
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(tokens) + 1))
