"""What the head would say if attention were other than it is: the network below stays as it ran."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from attnviz.classifier import Classifier
from attnviz.explain.layers import attend, head
from attnviz.trace import Trace

AT_A_TIME = 4_000_000  # weights times values, so that 1,000 tokens take tens of megabytes


class Weighing(NamedTuple):
    """Everything behind the attention, in float64: values · weights → context → head.

    T tokens, A heads, U sets of weights per head (as many as units, else 1) of W units each, C
    labels. Self-attention lies before: its values are mixed already and are not mixed anew.
    """

    values: Tensor  # (T, A, U, W)
    weights: Tensor  # (T, A, U), over the tokens each column sums to 1
    head: Tensor  # (A, U, W, C)
    bias: Tensor  # (C,)

    def logits(self, weights: Tensor) -> Tensor:
        """Logits (N, C) under other weights (N, T, A, U), all divided by the temperature."""
        contexts = torch.einsum("ntau,tauw->nauw", weights, self.values)
        return contexts.flatten(1) @ self.head.flatten(0, 2) + self.bias

    def probabilities(self, weights: Tensor) -> Tensor:
        """The softmax of `logits`."""
        return self.logits(weights).softmax(1)

    def under(self, attention: np.ndarray) -> np.ndarray:
        """Probabilities (C,) under an attention (T, A), where U is 1."""
        return self.probabilities(torch.from_numpy(attention)[None, ..., None])[0].numpy()

    def arguments(self) -> Tensor:
        """(T, A, U, C): what each token says for each class at full weight, so that
        `logits = bias + Σ weights · arguments`."""
        return torch.einsum("tauw,auwc->tauc", self.values, self.head)


def weigh(classifier: Classifier, trace: Trace) -> Weighing:
    """The values, weights and head of a trace; call it while it is your turn (`threads`)."""
    attended, (weight, bias) = attend(classifier, trace), head(classifier)
    weights = attended.weights[0].double()  # (T, A, U)
    sets = weights.shape[2]
    values = attended.values[0].double().unflatten(2, (sets, -1))  # (T, A, U, W)
    behind = weight.double().unflatten(2, (sets, -1)).movedim(0, 3)  # (A, U, W, C)
    return Weighing(values, weights, behind, bias.double())


def permuted(weighing: Weighing, count: int, generator: np.random.Generator) -> np.ndarray:
    """Probabilities (P, C) with the weights at other tokens, `count` times.

    Jain & Wallace (2019, section 4.2.1). All heads and units move together: what
    stood at one token stands together at another.
    """
    tokens = len(weighing.weights)
    orders = generator.permuted(np.tile(np.arange(tokens), (count, 1)), axis=1)  # (P, T)
    each = max(1, AT_A_TIME // weighing.weights.numel())
    parts = torch.from_numpy(orders).split(each)
    return torch.cat([weighing.probabilities(weighing.weights[part]) for part in parts]).numpy()


def uniform(weighing: Weighing) -> np.ndarray:
    """Probabilities (C,) where every token has the weight 1/T (Wiegreffe & Pinter 2019, 3.2)."""
    alike = torch.full_like(weighing.weights, 1 / len(weighing.weights))
    return weighing.probabilities(alike[None])[0].numpy()


def constant(weighing: Weighing) -> bool:
    """Whether every token has the same weight, by construction or because there is only one."""
    return bool((weighing.weights == weighing.weights[:1]).all())
