"""What one batch leaves behind, read off on the way: no second pass, no gates kept.

`MEASURES` computes, for each text, the columns `EVIDENCE` of `attnviz.runs.schema`. A batch costs
little more than its forward pass, so that a whole file is scored with its evidence at once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from attnviz.classifier import Classifier, buckets
from attnviz.inspection.batch import Batch, read_batch
from attnviz.inspection.vocabulary import IDLE, RARE, Vocabulary, cut
from attnviz.processing.reading import Reading
from attnviz.threads import threads

__all__ = ["MEASURES", "Batch", "measure", "read_texts"]

BATCH_SIZE = 64
NOTHING = float("nan")
STRONGEST = 3  # so many votes are the strongest
FARTHEST = 4  # standard deviations of the training files
AGAINST = 0.05  # of all votes: in test_causes_truth.py the least that is right in nine of ten
SHORTEST = 8  # tokens: in a shorter text nothing is early
SCORED = frozenset({"additive", "linear", "dot", "scaled_dot", "general", "multi_head"})
"""Kinds of attention that score the tokens by what they say."""


def read_texts(
    classifier: Classifier, vocabulary: Vocabulary, texts: list[str]
) -> Iterator[tuple[list[int], Batch]]:
    """Texts in batches of similar length: their numbers, and what was read of them.

    It is your turn (`threads`) while you hold a batch. Texts without a token never come up.
    """
    most = classifier.network.config.max_tokens
    pieces = cut(classifier.tokenizer, vocabulary, texts, most)
    for numbers in buckets([len(text.ids) for text in pieces], BATCH_SIZE):
        chosen = [pieces[number] for number in numbers]
        lengths = torch.tensor([len(text.ids) for text in chosen])
        ids = np.zeros((len(chosen), len(chosen[0].ids)), dtype=np.int64)  # longest first
        notes = np.zeros(ids.shape, dtype=np.uint8)
        for place, text in enumerate(chosen):
            ids[place, : len(text.ids)], notes[place, : len(text.ids)] = text.ids, text.notes
        ids, notes = torch.from_numpy(ids), torch.from_numpy(notes)
        mask = torch.arange(ids.shape[1])[None] < lengths[:, None]
        total = torch.tensor([text.total for text in chosen])
        with threads(2), torch.inference_mode():
            yield numbers, read_batch(classifier.network, vocabulary, ids, mask, total, notes)


def read_samples(
    classifier: Classifier, readings: Sequence[Reading | None]
) -> Iterator[tuple[list[int], Batch]]:
    """The same of samples as their processor reads them; None, which cannot be read, never comes
    up."""
    network, processor = classifier.network, classifier.processor
    sizes = [0 if reading is None else len(reading.tokens) for reading in readings]
    for numbers in buckets(sizes, BATCH_SIZE):
        chosen = [readings[number] for number in numbers]
        inputs = processor.batch([reading.inputs for reading in chosen])["input_values"]
        lengths = torch.tensor([len(reading.tokens) for reading in chosen])
        mask = torch.arange(int(lengths.max()))[None] < lengths[:, None]
        total = lengths + torch.tensor([reading.truncated for reading in chosen])
        with threads(2), torch.inference_mode():
            yield numbers, read_batch(network, None, inputs, mask, total)


def measure(batch: Batch) -> dict[str, np.ndarray]:
    """Column of `EVIDENCE` → (B,), NaN where it means nothing; positions are whole numbers."""
    found: dict[str, np.ndarray] = {}
    for measure in MEASURES.values():
        if not measure.inputs or batch.network.config.input in measure.inputs:
            columns = measure.of(batch).items()
            found |= {name: values.double().numpy() for name, values in columns}
    return found


def lengths(batch: Batch) -> dict[str, Tensor]:
    """How many tokens were read, and how many did not fit."""
    return {"tokens": batch.lengths, "cut": batch.total - batch.lengths}


def votes(batch: Batch) -> dict[str, Tensor]:
    """The votes for the margin: both sides' sums, the strongest one, and whether it decides.

    `votes_for` = Σ_t max(v_t, 0), `votes_against` = Σ_t max(−v_t, 0), `strongest_row` =
    argmax_t |v_t| and `strongest_share` = |v| there / Σ_t |v_t|. The position decides if the
    margin would change its sign without it: v > logit of the prediction − logit of the runner-up.
    """
    found = batch.votes
    sizes = found.abs()
    strongest = sizes.argmax(1, keepdim=True)  # (B, 1)
    largest = found.gather(1, strongest)[:, 0]
    top = batch.logits.gather(1, batch.best)
    decides = (largest > 0) & (top[:, 0] - top[:, 1] < largest)
    row = strongest[:, 0].double()
    return {
        "votes_for": found.clamp(min=0).sum(1),
        "votes_against": -found.clamp(max=0).sum(1),
        "strongest_row": row,
        "strongest_share": largest.abs() / sizes.sum(1),  # NaN where nobody votes
        "decisive_row": torch.where(decides, row, NOTHING),
    }


def entropy(batch: Batch) -> dict[str, Tensor]:
    """`attention_entropy` = −Σ_t α_t ln α_t / ln T, the mean over the heads: 0 … 1.

    0 where one token has all the weight, 1 where all have the same. Null for one token, and where
    tokens are not scored (`SCORED`).
    """
    if batch.network.config.attention not in SCORED:
        return {}
    weights = batch.attended.weights.mean(3)  # (B, T, A)
    entropies = -torch.special.xlogy(weights, weights).sum(1).mean(1)
    several = batch.lengths > 1
    shares = (entropies / batch.lengths.double().log()).clamp(0, 1)
    return {"attention_entropy": torch.where(several, shares, NOTHING)}


def idle(batch: Batch) -> dict[str, Tensor]:
    """`attention_idle` = Σ α_t over punctuation and stop words, the mean over the heads.

    `idle_row` is the one of them with most weight. Null where tokens are not scored (`SCORED`):
    what wins a maximum is not attended to.
    """
    if batch.network.config.attention not in SCORED:
        return {}
    weights = batch.weights * ((batch.notes & IDLE) > 0)  # (B, T)
    largest, row = weights.max(1)
    return {
        "attention_idle": weights.sum(1).clamp(max=1),
        "idle_row": torch.where(largest > 0, row.double(), NOTHING),
    }


def rare(batch: Batch) -> dict[str, Tensor]:
    """`rare_row`: of the `STRONGEST` votes, either way, the strongest on a hardly known piece.

    Such a piece is a single byte of a character that the vocabulary lacks, the unknown token, or a
    part of a word that the vocabulary cannot spell in less than three pieces
    (`PIECES_OF_THE_UNKNOWN`); in Han text single characters are normal, so there only bytes count.
    """
    return {"rare_row": _strongest_at(batch, (batch.notes & RARE) > 0)}


def outvoted(batch: Batch) -> dict[str, Tensor]:
    """`outvoted_row`: where the beginning of a text votes most against its outcome.

    Given where the votes of the first half of a text (of `SHORTEST` tokens or more) add up to
    `AGAINST` of all votes or more against the prediction, so that the second half outvotes them.
    Null where the context is the last state: there all votes stand where reading ends.
    """
    if batch.network.config.attention == "last":
        return {}
    rows = torch.arange(batch.votes.shape[1])[None]
    early = batch.votes * (2 * rows < batch.lengths[:, None])
    against = early.sum(1) <= -AGAINST * batch.votes.abs().sum(1)
    row = early.argmin(1).double()
    found = against & (batch.lengths >= SHORTEST) & (early.amin(1) < 0)
    return {"outvoted_row": torch.where(found, row, NOTHING)}


def missing(batch: Batch) -> dict[str, Tensor]:
    """`missing_row`: of the `STRONGEST` votes, the strongest at a step that lacks a value."""
    return {"missing_row": _strongest_at(batch, batch.ids.isnan().any(2))}


def out_of_range(batch: Batch) -> dict[str, Tensor]:
    """`range_row`: the same at a step with a value more than `FARTHEST` standard deviations away.

    Both are the network's own, learnt from the training files: what it reads is the value less its
    channel's mean (that of the sample, where it measures from there) by the deviation.
    """
    read = batch.network.embedding(batch.ids, batch.mask)  # (B, T, K)
    return {"range_row": _strongest_at(batch, (read.abs() > FARTHEST).any(2))}


def _strongest_at(batch: Batch, wanted: Tensor) -> Tensor:
    """(B,): the strongest of the `STRONGEST` votes at a wanted (B, T) position, NaN without."""
    sizes = batch.votes.abs().masked_fill(~batch.mask, -1)
    rows = sizes.topk(min(STRONGEST, sizes.shape[1]), dim=1).indices  # (B, 3), strongest first
    hit = wanted.gather(1, rows) & (sizes.gather(1, rows) > 0)
    row = rows.gather(1, hit.int().argmax(1, keepdim=True))[:, 0].double()  # the first of equals
    return torch.where(hit.any(1), row, NOTHING)


class Measure(NamedTuple):
    """What gives columns of `EVIDENCE`, and of which inputs (keys of `INPUT_KINDS`); () is all."""

    of: Callable[[Batch], dict[str, Tensor]]
    inputs: tuple[str, ...] = ()


MEASURES = {
    "lengths": Measure(lengths),
    "votes": Measure(votes),
    "entropy": Measure(entropy),
    "idle": Measure(idle, ("text",)),
    "rare": Measure(rare, ("text",)),
    "missing": Measure(missing, ("series",)),
    "range": Measure(out_of_range, ("series",)),
    "outvoted": Measure(outvoted),
}
"""A column that none of them gives stays empty."""
