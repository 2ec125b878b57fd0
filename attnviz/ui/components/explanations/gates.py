"""Anatomy of a gate: what opens and closes it at each token, how often it is at an end."""

import numpy as np
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.gates import GateAnatomy
from attnviz.evidence.verdicts import opening
from attnviz.panels import TITLES, Panel, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.explanations import gate_details, screen
from attnviz.ui.components.explanations.choices import (
    choose_direction,
    choose_layer,
    choose_token,
    choose_unit,
    leading_unit,
)
from attnviz.ui.components.explanations.gate_details import signed
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import gap

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
VERDICTS = {
    "input": N_("At {token}, unit {unit} lets in {value} of what is new."),
    "forget": N_("At {token}, unit {unit} keeps {value} of what it stored."),
    "output": N_("At {token}, unit {unit} shows {value} of what it stores."),
    "reset": N_("At {token}, unit {unit} recalls {value} of its state before."),
    "update": N_("At {token}, unit {unit} keeps {value} of its state before."),
    "candidate": N_("At {token}, unit {unit} could write {value}."),
    "new": N_("At {token}, unit {unit} could write {value}."),
}
"""Gate or candidate → the first line."""
PUSHES = {
    "input": N_("Push of the word"),
    "recurrent": N_("Push of the state"),
    "peephole": N_("Push of the cell"),
}
"""Part of a gate → the title of its column."""


def fits(trace: Trace) -> bool:
    """Whether the network has gates: not where it has no recurrent layer."""
    return bool(trace.gates)


def show(folder: str, trace: Trace, key: str) -> None:
    """What one unit's gate does at a token, what pushes it along the text; its formula, how often
    it is saturated and its weights are folded."""
    with st.spinner(_("Opening the model…")):
        classifier = loaded_classifier(folder)
    found, unit, token = _choose(classifier, trace, key)
    labels = row_labels(trace)
    screen.verdict(
        verdict_line(found, unit, token, labels), _reading(found, unit, token, labels), key
    )
    screen.table(trace, [*screen.beside(trace), *_panels(found, unit)], key)
    expander = screen.details(key)
    if expander is not None:
        with expander:
            gate_details.show(folder, trace, found, unit, token, key)
    gate_details.weight_maps(classifier, trace, found, unit, key)
    gate_details.twin(folder, trace, found, unit, labels, key)


def verdict_line(found: GateAnatomy, unit: int, token: int, labels: tuple[str, ...]) -> str:
    """What the gate does in this unit at this token, in at most twelve words."""
    value = found.value[token, unit]
    shown = f"{value:+.2f}".replace("-", "−") if found.activation == "tanh" else f"{value:.0%}"
    token_ = screen.quoted(labels, token)
    return _(VERDICTS[found.gate]).format(token=token_, unit=unit, value=shown)


def _panels(found: GateAnatomy, unit: int) -> list[Panel]:
    """What pushes the gate at every token, and what it does, as columns of the table. All pushes
    are on one scale: they are added up."""
    moving = [name for name in found.parts if name != "bias"]
    columns = {f"push/{name}": found.parts[name][:, unit] for name in moving}
    titles = [_(PUSHES[name]) for name in moving]
    columns["push/sum"], titles = found.pre_activation[:, unit], [*titles, _("Sum, with the bias")]
    every = np.concatenate(list(columns.values()))
    low, high = min(float(every.min()), 0.0), max(float(every.max()), 0.0)
    span = (high - low) or 1.0
    pushes = [
        screen.bars(key, title, values, "signed", high + span / 20, low=low - span / 20)
        for (key, values), title in zip(columns.items(), titles, strict=True)
    ]
    value, title = found.value[:, unit], _(TITLES[found.gate])
    if found.activation == "tanh":
        return [*pushes, screen.signed_bars(f"states/{found.gate}", title, value, named=0.0)]
    return [*pushes, screen.bars(f"gates/{found.gate}", title, value, "gates", 1.0, named=0.0)]


def _choose(classifier, trace: Trace, key: str) -> tuple[GateAnatomy, int, int]:
    """The anatomy of the chosen gate, the token, and the unit, at first the one with the largest
    part in the predicted class."""
    from attnviz.explain.gates import gate_anatomy, gate_names
    from attnviz.explain.units import stage_parts

    names = gate_names(trace)
    with screen.options(key):
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


def _reading(found: GateAnatomy, unit: int, token: int, labels: tuple[str, ...]) -> str:
    """Which part decides at the chosen token; what the picture shows."""
    result = opening(found, unit, token)
    largest = result.part
    said = _(LARGEST[largest]).format(
        token=screen.quoted(labels, token),
        unit=unit,
        part=signed(found.parts[largest][token, unit]).replace("-", "−"),
        sum=signed(found.pre_activation[token, unit]).replace("-", "−"),
    )
    if len(labels) > 1:
        high, low = result.highest, result.lowest
        said += gap(" ") + _("It is highest at {high}, lowest at {low}.").format(
            high=screen.quoted(labels, high), low=screen.quoted(labels, low)
        )
    if found.direction:
        said += gap(" ") + _(
            "In this direction t − 1 is the token to the right: it was read before."
        )
    return said
