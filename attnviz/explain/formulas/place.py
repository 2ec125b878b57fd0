"""Where in the network, at which token and in which unit an equation is looked at."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.explain.layers import attend, stage_output
from attnviz.trace import Trace

STRONGEST = 3


@dataclass(frozen=True, eq=False)
class Place:
    """One token on its way through one network; all counts from 0."""

    classifier: Classifier
    trace: Trace
    row: int
    label: int
    unit: int
    layer: int
    direction: int
    kernel_size: int | None
    filter: int
    head: int

    @property
    def config(self):
        return self.classifier.network.config

    @property
    def attention(self):
        """The attention module of the network."""
        return self.classifier.network.attention

    @cached_property
    def attended(self) -> tuple[np.ndarray, np.ndarray]:
        """What the attention weighs (T, A, V) and how (T, A, U), U = 1 or V."""
        found = attend(self.classifier, self.trace)
        return found.values[0].double().numpy(), found.weights[0].double().numpy()

    @cached_property
    def states(self) -> np.ndarray:
        """What the attention reads: (T, N)."""
        return stage_output(self.trace, self.config.stages[-1]).astype(np.float64)

    @cached_property
    def channel(self) -> int:
        """The filter's number among those of all kernel sizes."""
        return self.config.kernel_sizes.index(self.kernel_size) * self.config.filters + self.filter

    @property
    def state_unit(self) -> int:
        """The unit's, or filter's, number among what the attention reads: 0…N − 1."""
        if self.config.stages[-1] == "recurrent":
            return self.direction * self.config.hidden_size + self.unit
        return self.channel

    def symbol(self, stage: str) -> str:
        """LaTeX of what a stage, or `embedding`, returns; of a recurrence, its last layer."""
        return stage_symbol(self.config, self.trace, stage)

    @property
    def state(self) -> str:
        """LaTeX of what the attention reads."""
        return self.symbol(self.config.stages[-1])

    def read_by(self, stage: str) -> str:
        """LaTeX of what a stage reads."""
        place = self.config.stages.index(stage)
        return self.symbol(self.config.stages[place - 1] if place else "embedding")

    def hidden(self, layer: int) -> str:
        """LaTeX of a layer's hidden state; the number only where there are several."""
        return _hidden_symbol(self.config, layer)

    @property
    def t(self) -> int:
        """The token's number as a page shows it, from 1."""
        return self.row + 1


def weighed_symbol(config: CnnLstmAttentionConfig, trace: Trace) -> str:
    """LaTeX of what the attention weighs: self-attention has changed the states before."""
    if trace.self_attention is not None:
        return "u"
    return stage_symbol(config, trace, config.stages[-1])


def stage_symbol(config: CnnLstmAttentionConfig, trace: Trace, stage: str) -> str:
    """LaTeX of what a stage, or `embedding`, returns; of a recurrence, its last layer."""
    if stage == "recurrent":
        return _hidden_symbol(config, config.num_hidden_layers - 1)
    if stage == "convolutions":
        return "m" if trace.channel_attention is None else r"\tilde{m}"
    return "x"


def _hidden_symbol(config: CnnLstmAttentionConfig, layer: int) -> str:
    return "h" if config.num_hidden_layers == 1 else f"h^{{({layer + 1})}}"


def array(parameter: Tensor) -> np.ndarray:
    """The weights themselves: float32, not copied."""
    return parameter.detach().numpy()


def exact(parameter: Tensor) -> np.ndarray:
    """The weights in float64, in which no sum of theirs loses a digit that a page shows."""
    return array(parameter).astype(np.float64)


def products(
    left: np.ndarray, right: np.ndarray, symbol: str
) -> tuple[str, dict[str, float], dict[str, str]]:
    """Σ left · right as the strongest products one by one and the sum of the rest.

    Expression, inputs and labels of a `Formula`; `symbol` is LaTeX, with `%s` for a number.
    """
    shares = left * right
    order = np.argsort(-np.abs(shares), kind="stable")
    terms, inputs, labels = [], {}, {}
    for index in order[:STRONGEST].tolist():
        terms.append(f"weight_{index} * value_{index}")
        inputs |= {f"weight_{index}": left[index], f"value_{index}": right[index]}
        labels[f"value_{index}"] = symbol.replace("%s", str(index))
    if len(order) > STRONGEST:
        terms.append("rest")
        inputs["rest"] = shares[order[STRONGEST:]].sum()
        labels["rest"] = r"\ldots"
    return " + ".join(terms), {name: float(value) for name, value in inputs.items()}, labels
