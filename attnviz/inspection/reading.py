"""What one batch leaves behind, read off on the way: no second pass, no gates kept.

`MEASURES` computes, for each text, the columns `EVIDENCE` of `attnviz.runs.schema`. A batch costs
little more than its forward pass, so that a whole file is scored with its evidence at once.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from attnviz.attention import Attended
from attnviz.inspection.vocabulary import Vocabulary
from attnviz.modeling import CnnLstmAttentionForSequenceClassification


@dataclass(frozen=True, eq=False)
class Batch:
    """One forward pass of B texts of at most T tokens.

    Parameters
    ----------
    network, vocabulary
        What read the texts, and what is known of its pieces.
    ids, mask
        (B, T); True at tokens.
    total
        (B,) tokens of each text, those that did not fit included.
    embeddings, maps, states
        (B, T, E); weighed feature maps (B, T, sum of F) or None without convolutions; what
        attention read (B, T, N).
    attended, shares, logits
        Values and weights of the attention; each position's share of the context (B, T, A, V);
        (B, C).
    """

    network: CnnLstmAttentionForSequenceClassification
    vocabulary: Vocabulary
    ids: Tensor
    mask: Tensor
    total: Tensor
    embeddings: Tensor
    maps: Tensor | None
    states: Tensor
    attended: Attended
    shares: Tensor
    logits: Tensor

    @cached_property
    def lengths(self) -> Tensor:
        """(B,) tokens that were read."""
        return self.mask.sum(1)

    @cached_property
    def best(self) -> Tensor:
        """(B, 2): the predicted class and the runner-up (the same where there is one class)."""
        return self.logits.topk(min(2, self.logits.shape[1]), dim=1).indices[:, [0, -1]]

    @cached_property
    def context(self) -> Tensor:
        """(B, A · V): what the head reads."""
        return self.shares.sum(1).flatten(1)

    @cached_property
    def margin_head(self) -> Tensor:
        """(B, A · V): weights of the prediction minus those of the runner-up, after temperature."""
        weight = self.network.head.weight / self.network.config.temperature
        return weight[self.best[:, 0]] - weight[self.best[:, 1]]

    @cached_property
    def votes(self) -> Tensor:
        """(B, T): each position's vote for the prediction against the runner-up.

        With the difference of the two biases they add up to the difference of the two logits.
        """
        return torch.einsum("btn,bn->bt", self.shares.flatten(2), self.margin_head)

    @cached_property
    def weights(self) -> Tensor:
        """(B, T): attention, mean over heads, and over units where each has its own weights."""
        return self.attended.weights.mean((2, 3))


def read_batch(network, vocabulary: Vocabulary, ids: Tensor, mask: Tensor, total: Tensor) -> Batch:
    """One forward pass that keeps what measures need. Call it while it is your turn (`threads`)."""
    embeddings = network.embedding(ids) * mask[..., None]
    states, maps = embeddings, None
    for name, states, _fields in network.run_stages(embeddings, mask):
        maps = states if name == "convolutions" else maps
    logits, shares, attended = network.conclude(states, mask)
    return Batch(
        network, vocabulary, ids, mask, total, embeddings, maps, states, attended, shares, logits
    )


def measure(batch: Batch) -> dict[str, np.ndarray]:
    """Column of `EVIDENCE` → (B,), NaN where it means nothing; positions are whole numbers."""
    found: dict[str, np.ndarray] = {}
    for measured in MEASURES:
        found |= {name: values.double().numpy() for name, values in measured(batch).items()}
    return found


NOTHING = float("nan")


def _lengths(batch: Batch) -> dict[str, Tensor]:
    return {"tokens": batch.lengths, "cut": batch.total - batch.lengths}


def _votes(batch: Batch) -> dict[str, Tensor]:
    votes = batch.votes
    sizes = votes.abs()
    strongest = sizes.argmax(1, keepdim=True)  # (B, 1)
    largest = votes.gather(1, strongest)[:, 0]
    top = batch.logits.gather(1, batch.best)
    decides = (largest > 0) & (top[:, 0] - top[:, 1] < largest)
    row = strongest[:, 0].double()
    return {
        "votes_for": votes.clamp(min=0).sum(1),
        "votes_against": -votes.clamp(max=0).sum(1),
        "strongest_row": row,
        "strongest_share": largest.abs() / sizes.sum(1),  # NaN where nobody votes
        "decisive_row": torch.where(decides, row, NOTHING),
    }


MEASURES = [_lengths, _votes]
"""Functions from a batch to columns of `EVIDENCE`; a column that none gives stays empty."""
