"""What each part of the network read and returned, put together again from a trace.

A trace holds everything that leaves a layer, so what enters the next one needs no second pass.
"""

import numpy as np
import torch
from torch import Tensor

from attnviz.attention import Attended
from attnviz.classifier import Classifier
from attnviz.trace import Trace


def stage_input(classifier: Classifier, trace: Trace, stage: str) -> np.ndarray:
    """What a stage of the order reads: the embeddings, or what the stage before it returned.

    (T, I), I = embedding size or the size of the stage before. `stage` is a key of
    `attnviz.modeling.STAGES` that the network has.
    """
    stages = classifier.network.config.stages
    place = stages.index(stage)
    return stage_output(trace, stages[place - 1]) if place else trace.embeddings


def stage_output(trace: Trace, stage: str) -> np.ndarray:
    """What a stage returned: weighed feature maps (T, sum of F) or hidden states (T, D · H)."""
    if stage == "recurrent":
        return layer_output(trace, -1)
    weights = trace.channel_weights
    maps = [values * weights.get(size, 1) for size, values in trace.feature_maps.items()]
    return np.concatenate(maps, axis=1)


def layer_input(classifier: Classifier, trace: Trace, layer: int) -> np.ndarray:
    """What recurrent layer `layer` (from 0) reads: (T, I); both directions read the same."""
    if layer:
        return layer_output(trace, layer - 1)
    return stage_input(classifier, trace, "recurrent")


def layer_output(trace: Trace, layer: int) -> np.ndarray:
    """Hidden states of one recurrent layer, both directions side by side: (T, D · H)."""
    return trace.states["hidden"][:, layer].reshape(len(trace.tokens), -1)


def attended_states(classifier: Classifier, trace: Trace) -> np.ndarray:
    """What the attention weighs: (T, N), the output of the last stage."""
    return stage_output(trace, classifier.network.config.stages[-1])


def attend(classifier: Classifier, trace: Trace) -> Attended:
    """Values and weights of the attention again, each with a batch axis of 1."""
    states = torch.from_numpy(attended_states(classifier, trace).copy())[None]
    with torch.inference_mode():
        return classifier.network.attention(states, torch.ones(states.shape[:2], dtype=torch.bool))


def head(classifier: Classifier) -> tuple[Tensor, Tensor]:
    """The head after temperature: weights (C, A, V) and bias (C,), so that
    `logits = bias + Σ_t Σ_a weights · (attention · values)`."""
    network, attention = classifier.network, classifier.network.attention
    weight = network.in_unit(network.head.weight.detach().t()).t()  # (C, A · V)
    by_head = weight.unflatten(1, (attention.heads, attention.values_size))
    return by_head, network.in_unit(network.head.bias.detach())
