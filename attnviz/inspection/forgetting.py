"""Is a strong early vote against the outcome still remembered at the end?"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from attnviz.explain.memory import RECURRENCES
from attnviz.inspection.batch import Batch
from attnviz.runs.causes import FORGOTTEN

STRONGEST = 3
STRONG = 0.1  # of all votes
SHORTEST = 8  # tokens: in a shorter text nothing is early


def forgetting(batch: Batch) -> dict[str, Tensor]:
    """A strong vote in the first half of a text against its outcome, and what is left of it.

    Candidates are positions in the first half, of a text of 8 tokens or more, whose vote is one of
    the three strongest, goes against the prediction and has a tenth of all votes (`early_votes`).
    Of what such a position wrote into the memory of the last recurrent layer, forward direction,

        Σ_h |written_h| Π_k keep_kh / Σ_h |written_h|

    is left at the last token: k runs over the later tokens, keep is the forget gate (GRU: the
    update gate), written is i g (GRU: (1 − z) n), h the units. `forgotten_share` is the smallest of
    these, `forgotten_row` its position, given where the share is below `FORGOTTEN`. Only the
    forward direction can forget what stands early: the backward one has just read it when it ends.
    Null without a candidate and without recurrence.
    """
    if batch.remembered is None:
        return {}
    early = early_candidates(batch)  # (B, T)
    texts = early.any(1).nonzero()[:, 0]  # (n,)
    if not len(texts):
        return {}
    longest = int(batch.lengths[texts].max())
    left = what_is_left(batch, texts, longest).masked_fill(~early[texts, :longest], 2)
    least, rows = left.min(1)
    shares, found = torch.full((2, len(early)), float("nan"), dtype=torch.double)
    shares[texts] = least.double()
    found[texts] = torch.where(least < FORGOTTEN, rows.double(), float("nan"))
    return {"forgotten_share": shares, "forgotten_row": found}


def early_candidates(batch: Batch) -> Tensor:
    """(B, T): the positions whose strong early vote goes against the prediction."""
    votes = early_votes(batch)
    sizes = votes.abs()
    strongest = sizes.topk(min(STRONGEST, sizes.shape[1]), dim=1).indices
    among = torch.zeros_like(batch.mask).scatter(1, strongest, True)
    rows = torch.arange(votes.shape[1])[None]
    first_half = (2 * rows < batch.lengths[:, None]) & (batch.lengths[:, None] >= SHORTEST)
    return among & first_half & (votes < 0) & (sizes >= STRONG * sizes.sum(1, keepdim=True))


def early_votes(batch: Batch) -> Tensor:
    """(B, T): votes of the units that read forwards, where the head weighs them as they are.

    A backward unit at the first token has read the whole text, and where the context is the last
    state it votes there: that is no early vote. Where a convolution or self-attention stands
    between, units of both directions are mixed, and the position's whole vote counts.
    """
    mixed = batch.attended.self_attention is not None
    if mixed or batch.network.config.stages[-1] != "recurrent":
        return batch.votes
    units = batch.network.config.hidden_size
    head = batch.margin_head.unflatten(1, batch.shares.shape[2:])[..., :units]
    return torch.einsum("btau,bau->bt", batch.shares[..., :units], head)


def what_is_left(batch: Batch, texts: Tensor, longest: int) -> Tensor:
    """(n, longest): of what each position of these texts wrote, the share left at the last token.

    The one traced pass: the forward direction again, for these texts alone, with its gates.
    """
    inputs, mask = batch.remembered[texts, :longest], batch.mask[texts, :longest]
    gates, states = batch.network.recurrent.trace_last_forward(inputs, mask)  # (n, longest, H)
    gate = next(name for name in RECURRENCES if name in gates)
    later = pad(gates[gate][:, 1:], (0, 0, 0, 1))
    later = later.masked_fill(~pad(mask[:, 1:], (0, 1))[..., None], 1)  # nothing behind the end
    survival = later.flip(1).cumprod(1).flip(1)
    written = RECURRENCES[gate].written(gates, states).abs()
    total = written.sum(2)
    return torch.where(total > 0, (written * survival).sum(2) / total, 1.0)
