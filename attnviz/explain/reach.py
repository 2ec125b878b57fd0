"""The gradient view: does a logit still answer to the beginning of the text?"""

import numpy as np
import torch

from attnviz.classifier import Classifier
from attnviz.evidence.reach import Reach
from attnviz.explain.classes import class_index
from attnviz.gradients import state_gradients
from attnviz.threads import threads
from attnviz.trace import Trace


def gradient_reach(classifier: Classifier, trace: Trace, label: int | str | None = None) -> Reach:
    """‖∂logit/∂h_t‖ of the last recurrent layer (T, D) and ‖∂logit/∂x_t‖ of the embeddings (T,).

    `label` is the predicted class by default. Both are in the order of the text. A gradient that
    shrinks with the distance from the end is what keeps a recurrent network from using what it
    read long ago (Bengio et al. 1994; Pascanu et al. 2013, eq. 5); attention gives each state a
    second, direct way to the logit.

    Raises
    ------
    AttnvizError
        If the model has no such class.
    """
    classifier = classifier.at(trace.place)
    index = class_index(trace, label)
    return Reach(
        label=trace.labels[index],
        logit=float(trace.logits[index]),
        hidden=_hidden(classifier, trace, index),
        embedding=_embedding(classifier, trace, index),
    )


def _hidden(classifier: Classifier, trace: Trace, label: int) -> np.ndarray:
    embeddings = torch.from_numpy(trace.embeddings.copy())[None]  # (1, T, E), whatever was read
    mask = torch.ones(embeddings.shape[:2], dtype=torch.bool)
    with threads(1):
        norms = state_gradients(
            classifier.network,
            {"inputs_embeds": embeddings, "attention_mask": mask},
            lambda logits: logits[:, label].sum(),
        )[0]  # (D, T) in the order of reading
    norms[1:] = norms[1:, ::-1]  # the backward direction's first token is the text's last
    return norms.T


def _embedding(classifier: Classifier, trace: Trace, label: int) -> np.ndarray:
    embeddings = torch.from_numpy(trace.embeddings.copy())[None].requires_grad_()  # (1, T, E)
    with threads(1), torch.enable_grad():
        logits = classifier.network(inputs_embeds=embeddings).logits
        (gradient,) = torch.autograd.grad(logits[0, label], embeddings)
    return gradient[0].double().norm(dim=1).numpy()  # squares of 1e-23 are 0 in float32
