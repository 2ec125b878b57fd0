"""Anatomy of a gate: what the input, the previous hidden state and the bias make of it.

i, f, o = σ(W x_t + U h_{t-1} + b) (Hochreiter & Schmidhuber 1997; Gers et al. 2000), plus p c
with peepholes (Gers et al. 2002, eq. 2); n = tanh(W x_t + b + r (U h_{t-1} + b')) in the GRU
(Cho et al. 2014, eq. 8, as PyTorch writes it). Each term is a part of the pre-activation.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor, nn

from attnviz.classifier import Classifier
from attnviz.errors import TextError
from attnviz.evidence.gates import SATURATED, GateAnatomy, GateWeights, Saturation
from attnviz.explain.layers import layer_input
from attnviz.trace import Trace

SQUASHED = ("candidate", "new")  # states that are made as gates are, but with tanh


def fits(trace: Trace) -> bool:
    """Whether the trace holds a gate: not where the network has no recurrent layer."""
    return bool(trace.gates)


def gate_names(trace: Trace) -> tuple[str, ...]:
    """What can be taken apart: the gates of the cell, then its candidate."""
    return (*trace.gates, *(name for name in SQUASHED if name in trace.states))


def gate_anatomy(
    classifier: Classifier, trace: Trace, gate: str, layer: int = 0, direction: int = 0
) -> GateAnatomy:
    """The parts of one gate's pre-activation at every token and unit, and its weights.

    `gate` is one of `gate_names`; `trace` is the classifier's own and fits (`fits`).
    """
    weights = gate_weights(classifier, layer, direction)[gate]
    states = {name: values[:, layer, direction] for name, values in trace.states.items()}
    hidden = _previous(states["hidden"], direction)  # (T, H), h_{t-1} in the order of reading
    parts = {
        "input": layer_input(classifier, trace, layer) @ weights.input.T,
        "recurrent": hidden @ weights.recurrent.T,
        "bias": np.broadcast_to(weights.bias, hidden.shape),
    }
    terms = {"input": "W x_t", "recurrent": "U h_{t-1}", "bias": "b"}
    if weights.recurrent_bias is not None:
        reset = trace.gates["reset"][:, layer, direction]
        parts["recurrent"] = reset * (parts["recurrent"] + weights.recurrent_bias)
        terms["recurrent"] = r"r_t \odot (U h_{t-1} + b')"
    if weights.peephole is not None:
        current = weights.sees_current
        cell = states["cell"] if current else _previous(states["cell"], direction)
        parts["peephole"] = weights.peephole * cell
        terms["peephole"] = r"p \odot c_t" if current else r"p \odot c_{t-1}"
    return GateAnatomy(
        gate=gate,
        layer=layer,
        direction=direction,
        activation=_activation(gate),
        parts=parts,
        terms=terms,
        value=states[gate] if gate in SQUASHED else trace.gates[gate][:, layer, direction],
        weights=weights,
    )


def gate_weights(
    classifier: Classifier, layer: int = 0, direction: int = 0
) -> dict[str, GateWeights]:
    """Name of each gate and candidate of one layer and direction → its rows of the parameters."""
    network = classifier.network
    return WEIGHTS[network.config.recurrent](network.recurrent.layers[layer][direction])


def input_names(classifier: Classifier, trace: Trace, layer: int = 0) -> tuple[str, ...]:
    """I names for what a recurrent layer reads, in its order.

    `5/12` is filter 12 of kernel size 5, `→ 3` and `← 3` are unit 3 of the layer below in its
    forward and backward direction, `3` is place 3 of the embedding.
    """
    if layer:
        arrows = "→←"[: trace.states["hidden"].shape[2]]
        units = range(trace.states["hidden"].shape[3])
        return tuple(f"{arrow} {unit}" for arrow in arrows for unit in units)
    if classifier.network.config.stages[0] == "recurrent":
        return tuple(str(place) for place in range(trace.embeddings.shape[1]))
    maps = trace.feature_maps.items()
    return tuple(f"{size}/{number}" for size, map_ in maps for number in range(map_.shape[1]))


def saturation(trace: Trace) -> dict[str, Saturation]:
    """How often each unit of each gate and candidate was saturated in one text."""
    found = {}
    for name in gate_names(trace):
        values = trace.states[name] if name in SQUASHED else trace.gates[name]
        low, high = SATURATED[_activation(name)]
        found[name] = Saturation(
            (values < low).sum(axis=0), (values > high).sum(axis=0), len(values)
        )
    return found


def saturation_over(
    classifier: Classifier,
    texts: Iterable[str],
    progress: Callable[[int], object] | None = None,
) -> dict[str, Saturation]:
    """The same over many texts, one after the other, keeping only counts.

    Texts without a token are left out. `progress`, if given, is called with 1 after each text.

    Raises
    ------
    TextError
        If no text holds a token.
    """
    total: dict[str, Saturation] = {}
    for text in texts:
        try:
            found = saturation(classifier.trace(text))
        except TextError:
            found = {}
        total = {name: total[name] + one if total else one for name, one in found.items()} or total
        if progress:
            progress(1)
    if not total:
        raise TextError("There is nothing to read: the text is empty or holds only spaces.")
    return total


def _activation(gate: str) -> str:
    return "tanh" if gate in SQUASHED else "sigmoid"


def _previous(states: np.ndarray, direction: int) -> np.ndarray:
    """The state (T, H) before each token in the order of reading; 0 before the first one read."""
    before = np.zeros_like(states)
    if direction:
        before[:-1] = states[1:]
    else:
        before[1:] = states[:-1]
    return before


def _rows(
    names: Sequence[str], weight_ih: Tensor, weight_hh: Tensor, bias: Tensor
) -> dict[str, GateWeights]:
    """Parameters whose rows belong to these gates, one after the other, H rows each."""
    parts = [
        np.split(values.detach().numpy(), len(names)) for values in (weight_ih, weight_hh, bias)
    ]
    return {name: GateWeights(*rows) for name, *rows in zip(names, *parts, strict=True)}


def _lstm(cell: nn.Module) -> dict[str, GateWeights]:
    names = ("input", "forget", "candidate", "output")
    return _rows(names, cell.weight_ih_l0, cell.weight_hh_l0, cell.bias_ih_l0 + cell.bias_hh_l0)


def _coupled(cell: nn.Module) -> dict[str, GateWeights]:
    names = ("input", "candidate", "output")
    found = _rows(names, cell.weight_ih, cell.weight_hh, cell.bias)
    own = found["input"]  # 1 − σ(x) = σ(−x)
    return found | {"forget": GateWeights(-own.input, -own.recurrent, -own.bias)}


def _peephole(cell: nn.Module) -> dict[str, GateWeights]:
    names = ("input", "forget", "candidate", "output")
    found = _rows(names, cell.weight_ih, cell.weight_hh, cell.bias)
    own = zip(("input", "forget", "output"), cell.peephole.detach().numpy(), strict=True)
    for name, row in own:
        found[name] = replace(found[name], peephole=row, sees_current=name == "output")
    return found


def _gru(cell: nn.Module) -> dict[str, GateWeights]:
    names = ("reset", "update", "new")
    joint = cell.bias_ih_l0 + cell.bias_hh_l0
    found = _rows(names, cell.weight_ih_l0, cell.weight_hh_l0, joint)
    size = cell.hidden_size
    biases = (cell.bias_ih_l0, cell.bias_hh_l0)
    outer, inner = (bias.detach().numpy()[2 * size :] for bias in biases)
    found["new"] = replace(found["new"], bias=outer, recurrent_bias=inner)
    return found


WEIGHTS = {"lstm": _lstm, "coupled_lstm": _coupled, "peephole_lstm": _peephole, "gru": _gru}
"""Key of `RECURRENTS` → where the rows of each gate lie in a cell's parameters."""
