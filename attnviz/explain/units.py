"""What units of the last layer, and filters, add to the logit of a class."""

import numpy as np
import torch

from attnviz.classifier import Classifier
from attnviz.explain.layers import attend, attended_states, head
from attnviz.threads import threads
from attnviz.trace import Trace


def unit_contributions(classifier: Classifier, trace: Trace, label: int) -> np.ndarray:
    """What each unit that the attention weighs adds to the logit of class `label`: (N,).

    N counts all filters, or the units of all directions, of the last stage, in the order of
    `attnviz.explain.layers.attended_states`. `logits[label] = bias[label] + sum`, for the head is
    linear on the context; heads that weigh the same units are added up. With self-attention these
    are units of what it made of the states, not of the states.
    """
    classifier = classifier.at(trace.place)
    with threads(1):
        attended = attend(classifier, trace)
    context = (attended.weights * attended.values).sum(1)[0]  # (A, V)
    weight, _bias = head(classifier)
    contributions = weight[label] * context  # (A, V)
    units = attended_states(classifier, trace).shape[1]
    found = contributions if contributions.numel() == units else contributions.sum(0)
    return found.flatten().numpy()


def stage_parts(classifier: Classifier, trace: Trace, label: int) -> dict[str, np.ndarray]:
    """Stage of the order → (T, N): response × gradient of the logit of class `label`.

    For each token and each filter, or unit of the last recurrent layer (all directions), how fast
    the logit rises as this response grows by a factor: its part in the prediction, to first order.
    """
    classifier = classifier.at(trace.place)
    network = classifier.network
    states = torch.from_numpy(trace.embeddings.copy())[None]  # (1, T, E)
    mask = torch.ones(states.shape[:2], dtype=torch.bool)
    kept: dict[str, torch.Tensor] = {}
    with threads(1), torch.enable_grad():
        for name in network.config.stages:
            states, _ = network.get_submodule(name)(states, mask, False)
            states = states if states.requires_grad else states.requires_grad_()
            kept[name] = states
        logits, _shares, _attended = network.conclude(states, mask)
        gradients = torch.autograd.grad(logits[0, label], list(kept.values()))
    return {
        name: (value.detach() * gradient)[0].double().numpy()
        for (name, value), gradient in zip(kept.items(), gradients, strict=True)
    }


def leading(parts: np.ndarray, row: int) -> int:
    """Which of N has the largest part at this token, of (T, N); over all tokens where none has."""
    at_row = np.abs(parts[row])
    return int((at_row if at_row.any() else np.abs(parts.sum(axis=0))).argmax())
