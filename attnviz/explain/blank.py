"""What a network is given where nothing is there: what explanations put in place of what they take.

A text has no word there (zeros), a series the mean of each channel (zeros again, since channels are
standardised), a film a black frame and a picture black lines. Of a film or picture zeros would be
no picture at all.
"""

import torch
from torch import Tensor

from attnviz.classifier import Classifier
from attnviz.kinds import PICTURE_INPUTS
from attnviz.threads import threads
from attnviz.trace import Trace


def blank(classifier: Classifier, trace: Trace) -> Tensor:
    """Embeddings (1, T, E) of a text or sample of the same length that holds nothing."""
    embeddings = torch.zeros(1, *trace.embeddings.shape)
    if classifier.network.config.input not in PICTURE_INPUTS:
        return embeddings
    black = torch.zeros(1, *trace.values.shape)
    with threads(1), torch.inference_mode():
        return classifier.network.embedding(black, None).clone()
