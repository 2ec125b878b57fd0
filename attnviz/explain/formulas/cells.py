"""Equations of the recurrent cells: every gate and state, by its name in the trace."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.formulas import Formula
from attnviz.evidence.gates import GateWeights
from attnviz.explain.formulas.place import Place
from attnviz.explain.gates import gate_weights
from attnviz.explain.layers import layer_input

LSTM, GRU = "Hochreiter & Schmidhuber 1997; Gers et al. 2000", "Cho et al. 2014, eq. 5–8"
GRU_CANDIDATE = "Cho et al. 2014, eq. 8, with the reset gate after the product, as cuDNN"
COUPLED, PEEPHOLE = "Greff et al. 2017 (CIFG)", "Gers et al. 2002, eq. 2"


class Variable(NamedTuple):
    """A gate or state of a cell: where the trace keeps it, its letter, its title."""

    key: str
    letter: str
    title: str

    @property
    def name(self) -> str:
        return self.key.partition("/")[2]


INPUT = Variable("gates/input", "i", N_("Input gate"))
FORGET = Variable("gates/forget", "f", N_("Forget gate"))
OUTPUT = Variable("gates/output", "o", N_("Output gate"))
RESET = Variable("gates/reset", "r", N_("Reset gate"))
UPDATE = Variable("gates/update", "z", N_("Update gate"))
CANDIDATE = Variable("states/candidate", "g", N_("Candidate"))
NEW = Variable("states/new", "n", N_("New state"))
CELL = Variable("states/cell", "c", N_("Cell state"))
HIDDEN = Variable("states/hidden", "h", N_("Hidden state"))


@dataclass(frozen=True, eq=False)
class Step:
    """One unit of one cell at one token: what it read and what stood there before."""

    place: Place
    weights: dict[str, GateWeights]  # by the name of the gate or candidate
    read: np.ndarray  # (I,)
    before: dict[str, np.ndarray]  # name of a state → (H,), at the token that was read before
    source: str

    @property
    def unit(self) -> int:
        return self.place.unit

    @property
    def previous(self) -> str:
        """Index of the token that was read before this one."""
        return "t+1" if self.place.direction else "t-1"

    @property
    def x(self) -> str:
        """LaTeX of what the layer reads."""
        place = self.place
        return place.hidden(place.layer - 1) if place.layer else place.read_by("recurrent")

    def now(self, variable: Variable) -> float:
        """A gate or state of this unit at this token, as the trace holds it."""
        place = self.place
        found = getattr(place.trace, variable.key.partition("/")[0])[variable.name]
        return float(found[place.row, place.layer, place.direction, self.unit])

    def dot(self, weights: np.ndarray, values: np.ndarray) -> float:
        """This unit's row of the weights times a vector."""
        return float(weights[self.unit].astype(np.float64) @ values.astype(np.float64))

    def formula(
        self, variable: Variable, symbolic: str, expression: str, source: str = "", **rest
    ) -> Formula:
        """One equation; `source` where it is not that of the whole cell."""
        return Formula(
            key=variable.key,
            step="recurrent",
            title=variable.title,
            source=source or self.source,
            symbolic=f"{variable.letter}_t = {symbolic}",
            left=rf"{variable.letter}_{{{self.place.t},{self.unit}}}",
            expression=expression,
            result=self.now(variable),
            **rest,
        )


def recurrent(place: Place) -> list[Formula]:
    """Every gate and state of the chosen layer and direction."""
    row = place.row + (1 if place.direction else -1)
    inside = 0 <= row < len(place.trace.tokens)
    before = {
        name: states[row, place.layer, place.direction] if inside else np.zeros(states.shape[3])
        for name, states in place.trace.states.items()
    }
    source, build = CELL_FORMULAS[place.config.recurrent]
    weights = gate_weights(place.classifier, place.layer, place.direction)
    read = layer_input(place.classifier, place.trace, place.layer)[place.row]
    return build(Step(place, weights, read, before, source))


def _lstm(step: Step) -> list[Formula]:
    return [
        _activated(step, INPUT),
        _activated(step, FORGET),
        _activated(step, CANDIDATE, function="tanh"),
        _cell(step),
        _activated(step, OUTPUT),
        _hidden(step),
    ]


def _coupled_lstm(step: Step) -> list[Formula]:
    forget = step.formula(
        FORGET,
        symbolic="1 - i_t",
        expression="1 - input",
        inputs={"input": step.now(INPUT)},
        labels={"input": "i"},
    )
    return [
        _activated(step, INPUT),
        forget,
        _activated(step, CANDIDATE, function="tanh"),
        _cell(step),
        _activated(step, OUTPUT),
        _hidden(step),
    ]


def _gru(step: Step) -> list[Formula]:
    n = step.weights["new"]
    new = step.formula(
        NEW,
        source=GRU_CANDIDATE,
        symbolic=rf"\tanh\bigl(W_n {step.x}_t + b_n + r_t \odot (U_n h_{{{step.previous}}} "
        r"+ b'_n)\bigr)",
        expression="tanh(input_part + bias + reset * (state_part + state_bias))",
        inputs={
            "input_part": step.dot(n.input, step.read),
            "bias": float(n.bias[step.unit]),
            "reset": step.now(RESET),
            "state_part": step.dot(n.recurrent, step.before["hidden"]),
            "state_bias": float(n.recurrent_bias[step.unit]),
        },
        labels={
            "input_part": rf"W {step.x}_t",
            "bias": "b",
            "reset": "r",
            "state_part": rf"U h_{{{step.previous}}}",
            "state_bias": "b'",
        },
        matrices={"W_n": n.input, "U_n": n.recurrent},
    )
    hidden = step.formula(
        HIDDEN,
        symbolic=rf"(1 - z_t) \odot n_t + z_t \odot h_{{{step.previous}}}",
        expression="(1 - update) * new + update * before",
        inputs={
            "update": step.now(UPDATE),
            "new": step.now(NEW),
            "before": float(step.before["hidden"][step.unit]),
        },
        labels={"update": "z", "new": "n", "before": rf"h_{{{step.previous}}}"},
    )
    return [_activated(step, RESET), _activated(step, UPDATE), new, hidden]


def _activated(step: Step, variable: Variable, function: str = "sigmoid") -> Formula:
    """W x_t + U h_{t-1} + b, squeezed; with a peephole, plus p times the cell state it sees."""
    rows, letter, previous = step.weights[variable.name], variable.letter, step.previous
    inputs = {
        "input_part": step.dot(rows.input, step.read),
        "state_part": step.dot(rows.recurrent, step.before["hidden"]),
    }
    labels = {"input_part": rf"W {step.x}_t", "state_part": rf"U h_{{{previous}}}", "bias": "b"}
    matrices = {f"W_{letter}": rows.input, f"U_{letter}": rows.recurrent}
    seen = ""
    if rows.peephole is not None:
        index = "t" if rows.sees_current else previous
        cell = step.now(CELL) if rows.sees_current else float(step.before["cell"][step.unit])
        inputs["peephole_part"] = float(rows.peephole[step.unit]) * cell
        labels["peephole_part"] = rf"p\, c_{{{index}}}"
        matrices[f"p_{letter}"] = rows.peephole[None]
        seen = rf" + p_{letter} \odot c_{{{index}}}"
    inputs["bias"] = float(rows.bias[step.unit])
    squeezed = {"sigmoid": r"\sigma", "tanh": r"\tanh"}[function]
    return step.formula(
        variable,
        symbolic=rf"{squeezed}\bigl(W_{letter} {step.x}_t + U_{letter} h_{{{previous}}}{seen} "
        rf"+ b_{letter}\bigr)",
        expression=f"{function}({' + '.join(inputs)})",
        inputs=inputs,
        labels=labels,
        matrices=matrices,
    )


def _cell(step: Step) -> Formula:
    return step.formula(
        CELL,
        symbolic=rf"f_t \odot c_{{{step.previous}}} + i_t \odot g_t",
        expression="forget * before + input * candidate",
        inputs={
            "forget": step.now(FORGET),
            "before": float(step.before["cell"][step.unit]),
            "input": step.now(INPUT),
            "candidate": step.now(CANDIDATE),
        },
        labels={
            "forget": "f",
            "before": rf"c_{{{step.previous}}}",
            "input": "i",
            "candidate": "g",
        },
    )


def _hidden(step: Step) -> Formula:
    return step.formula(
        HIDDEN,
        symbolic=r"o_t \odot \tanh(c_t)",
        expression="output * tanh(cell)",
        inputs={"output": step.now(OUTPUT), "cell": step.now(CELL)},
        labels={"output": "o", "cell": "c"},
    )


CELL_FORMULAS = {
    "lstm": (LSTM, _lstm),
    "coupled_lstm": (COUPLED, _coupled_lstm),
    "peephole_lstm": (PEEPHOLE, _lstm),
    "gru": (GRU, _gru),
}
"""A row for each key of `RECURRENTS`: where its equations stand, and the function that makes them.
The formulas bear the names that the cell gives its gates and states in a trace."""
