"""Anatomy of a gate: what opens and closes it at each token, how often it is at an end."""

import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.gates import SATURATED, GateAnatomy, Saturation
from attnviz.panels import TITLES, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus, token_table, vega
from attnviz.ui.components.explanations.choices import (
    choose_direction,
    choose_layer,
    choose_token,
    choose_unit,
    leading_unit,
)
from attnviz.ui.components.tables import even
from attnviz.ui.examples import examples_for
from attnviz.ui.state import loaded_classifier, weights_version
from attnviz.ui.translation import _, escape_markdown, language, mark

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
LARGEST = {
    "input": N_(
        "At {token} the input weighs most in unit {unit}: it adds {part} to a sum of {sum}."
    ),
    "recurrent": N_(
        "At {token} the previous hidden state weighs most in unit {unit}: it adds {part} to a sum "
        "of {sum}."
    ),
    "bias": N_("At {token} the bias weighs most in unit {unit}: it adds {part} to a sum of {sum}."),
    "peephole": N_(
        "At {token} the cell state weighs most in unit {unit}: it adds {part} to a sum of {sum}."
    ),
}
TABLE_STRINGS = {
    "table_label": N_("Weights of the gate, one row for each of its units"),
    "token": N_("Unit"),
    "row": N_("row {row} of {rows}"),
}


def fits(trace: Trace) -> bool:
    """Whether the network has gates: not where it has no recurrent layer."""
    return bool(trace.gates)


def show(folder: str, trace: Trace, key: str) -> None:
    """One unit's gate along the text, how often the gate is saturated, its weights, the numbers."""
    with st.spinner(_("Opening the model…")):
        classifier = loaded_classifier(folder)
    found, unit, token = _choose(classifier, trace, key)
    labels = row_labels(trace)
    st.latex(_formula(found, unit, token))
    st.markdown(_reading(found, unit, token, labels))
    _along_the_text(found, unit, token, labels, key)
    text, sample = _saturation(folder, trace, found, unit, key)
    _weights(classifier, trace, found, unit, key)
    _twin(found, unit, labels, text, sample, key)


def _choose(classifier, trace: Trace, key: str) -> tuple[GateAnatomy, int, int]:
    """The anatomy of the chosen gate, the token, and the unit, at first the one with the largest
    part in the predicted class."""
    from attnviz.explain.gates import gate_anatomy, gate_names
    from attnviz.explain.units import stage_parts

    names = gate_names(trace)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        gate = menus.selectbox(
            _("Gate"),
            names,
            index=names.index("forget") if "forget" in names else 0,
            format_func=lambda name: _(TITLES[name]),
            key=f"{key}-gate-{'-'.join(names)}",
            width=180,
        )
        layer, direction = choose_layer(trace, key), choose_direction(trace, key)
        found = gate_anatomy(classifier, trace, gate, layer, direction)
        parts = stage_parts(classifier, trace, int(trace.probabilities.argmax()))["recurrent"]
        unit = choose_unit(trace, key, leading_unit(trace, parts, None, layer, direction))
        token = choose_token(trace, key)
    return found, unit, token


def _formula(found: GateAnatomy, unit: int, token: int) -> str:
    """The gate's equation, and under it the same with the numbers of one token and unit."""
    squash = SYMBOLS[found.activation]
    numbers = " ".join(_signed(values[token, unit]) for values in found.parts.values())
    return (
        rf"\begin{{aligned}} {LETTERS[found.gate]}_t &= {squash}\big("
        rf"{' + '.join(found.terms.values())}\big) \\ &= {squash}({numbers.lstrip('+')}) \\ &= "
        rf"{squash}({found.pre_activation[token, unit]:.3f}) = {found.value[token, unit]:.3f}"
        r"\end{aligned}"
    )


def _reading(found: GateAnatomy, unit: int, token: int, labels: tuple[str, ...]) -> str:
    """Which part decides at the chosen token; what the picture shows."""
    largest = max(found.parts, key=lambda name: abs(found.parts[name][token, unit]))
    said = _(LARGEST[largest]).format(
        token=f"“{escape_markdown(labels[token])}”",
        unit=unit,
        part=_signed(found.parts[largest][token, unit]).replace("-", "−"),
        sum=_signed(found.pre_activation[token, unit]).replace("-", "−"),
    )
    if found.direction:
        said += mark(" ") + _(
            "In this direction t − 1 is the token to the right: it was read before."
        )
    return said


def _signed(value: float) -> str:
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


def _saturation(
    folder: str, trace: Trace, found: GateAnatomy, unit: int, key: str
) -> tuple[Saturation, Saturation]:
    """The chart of how often each unit is at an end; the counts of this text and of the sample."""
    from attnviz.charts.gates import saturation_rows
    from attnviz.explain.gates import saturation

    st.markdown("### " + _("How often it is saturated"))
    texts = tuple(examples_for(folder).values())
    text = saturation(trace)[found.gate]
    counts = _sample_counts(folder, weights_version(folder), texts)
    sample = Saturation(*counts[found.gate])
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
            texts=len(texts),
            sampled=sample.tokens,
            unit=unit,
        )
    )
    return text, sample


@st.cache_data(show_spinner=False, max_entries=8)
def _sample_counts(folder: str, version: int, texts: tuple[str, ...]) -> dict[str, tuple]:
    """Gate → low, high, tokens of a `Saturation`, over the texts; takes some 30 ms."""
    from attnviz.explain.gates import saturation_over

    counted = saturation_over(loaded_classifier(folder), texts)
    return {name: (one.low, one.high, one.tokens) for name, one in counted.items()}


def _weights(classifier, trace: Trace, found: GateAnatomy, unit: int, key: str) -> None:
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


def _twin(
    found: GateAnatomy,
    unit: int,
    labels: tuple[str, ...],
    text: Saturation,
    sample: Saturation,
    key: str,
) -> None:
    """The same numbers as plain tables: the unit at every token, the saturation of every unit."""
    expander = st.expander(_("The same as numbers"), key=f"{key}-twin", on_change="rerun")
    if not expander.open:
        return
    from attnviz.charts.gates import PART_NAMES

    columns = {_("Token"): labels}
    columns |= {_(PART_NAMES[name]): values[:, unit] for name, values in found.parts.items()}
    columns |= {_("Sum"): found.pre_activation[:, unit], _("Value"): found.value[:, unit]}
    rows = pd.RangeIndex(1, len(labels) + 1)
    expander.dataframe(**even(pd.DataFrame(columns, index=rows)), width="stretch")
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
