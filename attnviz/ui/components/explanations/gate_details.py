"""What lies behind a gate: its formula, its parts drawn, how often it is saturated, its weights."""

import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.gates import SATURATED, GateAnatomy, Saturation
from attnviz.panels import row_labels
from attnviz.trace import Trace
from attnviz.ui.components import token_table, vega
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.components.tables import even, same_as_numbers, show_positions
from attnviz.ui.examples import examples_for
from attnviz.ui.state import loaded_classifier, weights_version

MAP_WIDTH = 500  # px: the page is wide, and few panels stand here

LETTERS = {
    "input": "i",
    "forget": "f",
    "output": "o",
    "candidate": "g",
    "reset": "r",
    "update": "z",
    "new": "n",
}
"""Gate or candidate → its letter in formulas, as in `attnviz.recurrent`."""

SYMBOLS = {"sigmoid": r"\sigma", "tanh": r"\tanh"}
TABLE_STRINGS = {
    "table_label": N_("Weights of the gate, one row for each of its units"),
    "token": N_("Unit"),
    "row": N_("row {row} of {rows}"),
}


def _formula(found: GateAnatomy, unit: int, token: int) -> str:
    """The gate's equation, and under it the same with the numbers of one token and unit."""
    squash = SYMBOLS[found.activation]
    numbers = " ".join(signed(values[token, unit]) for values in found.parts.values())
    return (
        rf"\begin{{aligned}} {LETTERS[found.gate]}_t &= {squash}\big("
        rf"{' + '.join(found.terms.values())}\big) \\ &= {squash}({numbers.lstrip('+')}) \\ &= "
        rf"{squash}({found.pre_activation[token, unit]:.3f}) = {found.value[token, unit]:.3f}"
        r"\end{aligned}"
    )


def signed(value: float) -> str:
    return f"{value:+.3f}"


def _along_the_text(
    found: GateAnatomy, unit: int, token: int, labels: tuple[str, ...], key: str
) -> None:
    from attnviz.charts.gates import DRAWN_TOKENS, gate_rows

    st.markdown("### " + _("What opens and closes it along the text"))
    spec = _parts_spec(found, found.activation, language())
    rows = gate_rows(found, unit, labels, token, translate=_)
    vega.draw(spec, f"{key}-parts", rows)
    if len(labels) > DRAWN_TOKENS:
        st.caption(
            _("{count} of {total} tokens, around the chosen one.").format(
                count=DRAWN_TOKENS, total=len(labels)
            )
        )


def _saturation(folder: str, trace: Trace, found: GateAnatomy, unit: int, key: str) -> None:
    """The chart of how often each unit is at an end, in this text and over the sample."""
    from attnviz.charts.gates import saturation_rows

    st.markdown("### " + _("How often it is saturated"))
    text, sample = _counted(folder, trace, found)
    spec = _saturation_spec(text, sample, found, found.activation, language())
    vega.draw(spec, f"{key}-saturation", saturation_rows(text, sample, found, unit))
    low, high = SATURATED[found.activation]
    st.caption(
        _(
            "Bars: share of this text's tokens ({tokens}) at which a unit is above {high} (up) "
            "or below {low} (down). Dots: the same over the example texts of this model "
            "({texts}, tokens: {sampled}). A saturated gate hardly reacts, and hardly learns. "
            "Unit {unit} is marked."
        ).format(
            tokens=text.tokens,
            high=f"{high:g}",
            low=f"{low:g}".replace("-", "−"),
            texts=len(examples_for(folder)),
            sampled=sample.tokens,
            unit=unit,
        )
    )


def _counted(folder: str, trace: Trace, found: GateAnatomy) -> tuple[Saturation, Saturation]:
    """How often the gate is at an end in this text, and over the example texts."""
    from attnviz.explain.gates import saturation

    texts = tuple(examples_for(folder).values())
    counts = _sample_counts(folder, weights_version(folder), texts)
    return saturation(trace)[found.gate], Saturation(*counts[found.gate])


@st.cache_data(show_spinner=False, max_entries=8)
def _sample_counts(folder: str, version: int, texts: tuple[str, ...]) -> dict[str, tuple]:
    """Gate → low, high, tokens of a `Saturation`, over the texts; takes some 30 ms."""
    from attnviz.explain.gates import saturation_over

    counted = saturation_over(loaded_classifier(folder), texts)
    return {name: (one.low, one.high, one.tokens) for name, one in counted.items()}


def weight_maps(classifier, trace: Trace, found: GateAnatomy, unit: int, key: str) -> None:
    """Weights and biases as heat maps, a unit in each row, when they are asked for."""
    expander = st.expander(_("Weights and bias"), key=f"{key}-weights", on_change="rerun")
    if not expander.open:
        return
    from attnviz.charts.gates import weight_panels
    from attnviz.explain.gates import input_names

    names = input_names(classifier, trace, found.layer)
    units = [str(number) for number in range(len(found.weights.bias))]
    strings = {name: _(text) for name, text in (token_table.STRINGS | TABLE_STRINGS).items()}
    with expander:
        st.caption(
            _(
                "Row {unit} makes the gate of unit {unit}: its weights times what the layer reads "
                "and times the previous hidden state, plus the bias. Columns of W named 5/12 read "
                "filter 12 of kernel size 5; → 3 and ← 3 read unit 3 of the layer below."
            ).format(unit=unit)
        )
        token_table.show(
            units,
            weight_panels(found, names, translate=_),
            range(len(units)),
            strings,
            key=f"{key}-weight-map",
            map_width=MAP_WIDTH,
            pinned=unit,
        )


def twin(
    folder: str, trace: Trace, found: GateAnatomy, unit: int, labels: tuple[str, ...], key: str
) -> None:
    """The same numbers as plain tables: the unit at every token, the saturation of every unit."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    from attnviz.charts.gates import PART_NAMES

    text, sample = _counted(folder, trace, found)
    columns = {_("Token"): labels}
    columns |= {_(PART_NAMES[name]): values[:, unit] for name, values in found.parts.items()}
    columns |= {_("Sum"): found.pre_activation[:, unit], _("Value"): found.value[:, unit]}
    show_positions(expander, columns)
    place = found.layer, found.direction
    low, high = SATURATED[found.activation]
    shares = {
        f"{name} {sign} {edge:g}": share[place]
        for name, one in ((_("This text"), text), (_("Sample"), sample))
        for sign, edge, share in zip("<>", (low, high), one.shares, strict=True)
    }
    expander.dataframe(**even(pd.DataFrame(shares).rename_axis(_("Unit"))), width="stretch")


@st.cache_data(show_spinner=False, max_entries=4)
def _parts_spec(_found: GateAnatomy, activation: str, language_name: str) -> str:
    from attnviz.charts.gates import gate_parts

    return gate_parts(_found, 0, [""] * len(_found.value), 0, translate=_).to_json()


@st.cache_data(show_spinner=False, max_entries=4)
def _saturation_spec(
    _text: Saturation, _sample: Saturation, _found: GateAnatomy, activation: str, language_name: str
) -> str:
    from attnviz.charts.gates import gate_saturation

    return gate_saturation(_text, _sample, _found, 0, translate=_).to_json()


def show(folder: str, trace: Trace, found: GateAnatomy, unit: int, token: int, key: str) -> None:
    """The equation with this token's numbers, its parts along the text, saturation."""
    st.latex(_formula(found, unit, token))
    _along_the_text(found, unit, token, row_labels(trace), key)
    _saturation(folder, trace, found, unit, key)
