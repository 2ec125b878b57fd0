"""Which units of the last layer make a class's logit."""

import numpy as np

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
    with threads(1):
        attended = attend(classifier, trace)
    context = (attended.weights * attended.values).sum(1)[0]  # (A, V)
    weight, _bias = head(classifier)
    contributions = weight[label] * context  # (A, V)
    units = attended_states(classifier, trace).shape[1]
    found = contributions if contributions.numel() == units else contributions.sum(0)
    return found.flatten().numpy()
