"""One forward pass of many texts that keeps what measures need, and no more."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from attnviz.attention import Attended
from attnviz.inspection.vocabulary import Vocabulary
from attnviz.modeling import CnnLstmAttentionForSequenceClassification


@dataclass(frozen=True, eq=False)
class Batch:
    """One forward pass of B texts or samples of at most T tokens or other positions.

    Parameters
    ----------
    network, vocabulary
        What read them, and what is known of its pieces; None where no text is read.
    ids, mask
        Token numbers (B, T), or a batch of what the network reads (`attnviz.inputs`); (B, T), True
        at positions that are there.
    total
        (B,) positions of each, those that did not fit included.
    notes
        (B, T) uint8: what each piece is, as bits (`attnviz.inspection.vocabulary`).
    attended, shares, logits
        Values and weights of the attention; each position's share of the context (B, T, A, V);
        (B, C).
    """

    network: CnnLstmAttentionForSequenceClassification
    vocabulary: Vocabulary | None
    ids: Tensor
    mask: Tensor
    total: Tensor
    notes: Tensor
    attended: Attended
    shares: Tensor
    logits: Tensor

    @cached_property
    def lengths(self) -> Tensor:
        """(B,) positions that were read."""
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


def read_batch(
    network, vocabulary: Vocabulary | None, ids: Tensor, mask: Tensor, total: Tensor, notes=None
) -> Batch:
    """One forward pass that keeps what measures need. Call it while it is your turn (`threads`).

    `notes` (B, T) as `Vocabulary.note` gives them; without them each piece is taken for a word.
    """
    if notes is None:
        notes = 0 * mask if vocabulary is None else torch.from_numpy(vocabulary.notes)[ids]
    states = network.embedding(ids, mask) * mask[..., None]
    for name in network.config.stages:
        states, _ = network.get_submodule(name)(states, mask, False)
    logits, shares, attended = network.conclude(states, mask)
    return Batch(
        network=network,
        vocabulary=vocabulary,
        ids=ids,
        mask=mask,
        total=total,
        notes=notes * mask,
        attended=attended,
        shares=shares,
        logits=logits,
    )
