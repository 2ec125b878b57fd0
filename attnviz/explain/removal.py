"""What a network predicts when some tokens of a text, or steps of a sample, are gone."""

from collections.abc import Callable

import numpy as np
import torch

from attnviz.classifier import TOKENS_PER_BATCH, Classifier
from attnviz.explain.blank import blank
from attnviz.kinds import SAMPLE_INPUTS
from attnviz.threads import threads
from attnviz.trace import Trace


def without(
    classifier: Classifier,
    trace: Trace,
    kept: np.ndarray,
    progress: Callable[[float, float], object] | None = None,
) -> np.ndarray:
    """Probabilities (N, C) without the tokens that `kept` (N, T) does not keep.

    Words are deleted; steps of a sample are blanked, for deleting them would shift time, and so
    are the words of a tagger, which is asked of one position.
    """
    config = classifier.network.config
    stays = config.input in SAMPLE_INPUTS or config.task == "tag"
    return (blanked if stays else shortened)(classifier, trace, kept, progress)


def blanked(
    classifier: Classifier,
    trace: Trace,
    kept: np.ndarray,
    progress: Callable[[float, float], object] | None = None,
) -> np.ndarray:
    """Probabilities (N, C) of the sample with the steps that `kept` (N, T) does not keep blank.

    Equal rows are read once. `progress(done, total)` counts steps, after every batch.
    """
    distinct, places = np.unique(kept, axis=0, return_inverse=True)
    embeddings, base = torch.from_numpy(trace.embeddings.copy()), blank(classifier, trace)[0]
    at_once = max(1, TOKENS_PER_BATCH // len(embeddings))
    probabilities = []
    for part in np.array_split(distinct, -(-len(distinct) // at_once)):
        with threads(1), torch.inference_mode():
            mixed = torch.where(torch.from_numpy(part)[..., None], embeddings, base)
            logits = classifier.network(inputs_embeds=mixed).logits
        probabilities.append(logits.double().softmax(1).numpy())
        if progress:
            progress(sum(map(len, probabilities)) * len(embeddings), distinct.size)
    return np.concatenate(probabilities)[places.reshape(-1)]


def shortened(
    classifier: Classifier,
    trace: Trace,
    kept: np.ndarray,
    progress: Callable[[float, float], object] | None = None,
) -> np.ndarray:
    """Probabilities (N, C) of the text with only those of its tokens that `kept` (N, T) keeps.

    The rest is deleted, not masked: what follows moves up, as in a text that never had it. Where
    nothing is kept, the bias alone decides. Equal rows are read once. `progress(done, total)`
    counts tokens, after every batch.
    """
    distinct, places = np.unique(kept, axis=0, return_inverse=True)
    embeddings = torch.from_numpy(trace.embeddings.copy())  # (T, E)
    lengths = distinct.sum(axis=1)
    probabilities = np.empty((len(distinct), len(trace.labels)))
    done, work = 0, max(1, int(lengths.sum()))
    for numbers in _batches(lengths):
        # A text of no tokens stands as one position of padding.
        longest = max(1, int(lengths[numbers[0]]))
        order = np.argsort(~distinct[numbers], axis=1, kind="stable")[:, :longest]  # (B, longest)
        mask = np.arange(longest) < lengths[numbers, None]
        # Someone waits for this one text: on busy cores two threads can take 100 × as long as one.
        with threads(1), torch.inference_mode():
            logits = classifier.network(
                inputs_embeds=embeddings[order], attention_mask=torch.from_numpy(mask)
            ).logits
        probabilities[numbers] = logits.double().softmax(1).numpy()
        done += int(lengths[numbers].sum())
        if progress:
            progress(done, work)
    return probabilities[places.reshape(-1)]


def _batches(lengths: np.ndarray) -> list[np.ndarray]:
    """Numbers of texts, longest first, in batches of about `TOKENS_PER_BATCH` tokens."""
    order, batches = np.argsort(-lengths, kind="stable"), []
    while len(order):
        count = max(1, TOKENS_PER_BATCH // max(1, int(lengths[order[0]])))
        batches.append(order[:count])
        order = order[count:]
    return batches
