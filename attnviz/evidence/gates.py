"""What a gate of a recurrent layer is made of, and how often it stands fully open or closed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

ACTIVATIONS = {
    "sigmoid": lambda values: 1 / (1 + np.exp(-values)),
    "tanh": np.tanh,
}
SATURATED = {"sigmoid": (0.05, 0.95), "tanh": (-0.9, 0.9)}
"""Activation → below and above what it is saturated. tanh(x) = 2σ(2x) − 1: both mean the same."""


@dataclass(frozen=True, eq=False)
class GateWeights:
    """The rows of a cell's parameters that belong to one gate or candidate.

    Letters in shapes: I input of the layer, H hidden size.

    Parameters
    ----------
    input, recurrent, bias
        W (H, I), U (H, H), b (H,).
    recurrent_bias
        b' (H,) where the cell adds one to U h_{t-1} before the reset gate weighs both, else None.
    peephole
        p (H,) where the gate also sees the cell state, else None: c_{t-1}, or c_t where
        `sees_current`.
    """

    input: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    recurrent_bias: np.ndarray | None = None
    peephole: np.ndarray | None = None
    sees_current: bool = False


@dataclass(frozen=True, eq=False)
class GateAnatomy:
    """A gate or candidate of one layer and direction, taken apart at every token.

    The law: `activation(pre_activation) == value` up to the rounding of float32. Token axis in
    the order of the text; "previous" is meant in the order of reading.

    Parameters
    ----------
    gate, layer, direction
        Name in `Trace.gates` or `Trace.states`; recurrent layer; index in `DIRECTIONS`.
    activation
        Key of `ACTIVATIONS`.
    parts
        name → (T, H), logits that add up to the pre-activation: `input` W x_t, `recurrent`
        U h_{t-1}, `bias` b, and `peephole` where the cell has one.
    terms
        The same names → LaTeX of that part, as this cell computes it.
    value
        (T, H), the traced gate, in 0…1 (sigmoid) or −1…1 (tanh).
    weights
        What the parts were computed with.
    """

    gate: str
    layer: int
    direction: int
    activation: str
    parts: Mapping[str, np.ndarray]
    terms: Mapping[str, str]
    value: np.ndarray
    weights: GateWeights

    @property
    def pre_activation(self) -> np.ndarray:
        """(T, H): the sum of all parts."""
        return sum(self.parts.values())


@dataclass(frozen=True, eq=False)
class Saturation:
    """How often units of one gate stood near an end of their range: see `SATURATED`.

    `low` and `high` are counts (L, D, H), `tokens` is how many tokens they were counted over.
    Counts of two texts add up to those of both.
    """

    low: np.ndarray
    high: np.ndarray
    tokens: int

    def __add__(self, other: "Saturation") -> "Saturation":
        return Saturation(self.low + other.low, self.high + other.high, self.tokens + other.tokens)

    @property
    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Shares of tokens 0…1 at the low and at the high end, each (L, D, H)."""
        return self.low / self.tokens, self.high / self.tokens
