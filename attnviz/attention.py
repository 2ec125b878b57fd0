"""How a network weighs its hidden states: score → softmax → attention weights.

The contract of every kind: `kind(size, inner_size)` builds it, and calling it with hidden states
(B, T, N) and a mask (B, T), True at tokens, returns attention weights (B, T, A) of which each
column sums to 1 over the tokens and is exactly 0 at padding.
"""

import torch
from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """One hidden layer scores each state against a learnt query.

    Bahdanau et al. (2015), eq. 6 and appendix A.1.2, with the decoder state replaced by a learnt
    query v as in Yang et al. (2016), eq. 5–6: score_t = vᵀ tanh(W h_t + b).
    """

    def __init__(self, size: int, inner_size: int) -> None:
        super().__init__()
        self.project = nn.Linear(size, inner_size)
        self.query = nn.Linear(inner_size, 1, bias=False)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        scores = self.query(torch.tanh(self.project(hidden)))  # (B, T, 1)
        return masked_softmax(scores, mask)


class LinearAttention(nn.Module):
    """One linear layer scores each state: score_t = wᵀ h_t (Felbo et al. 2017, eq. 1).

    A bias would cancel in the softmax.
    """

    def __init__(self, size: int, inner_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, 1, bias=False)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return masked_softmax(self.query(hidden), mask)


class MeanAttention(nn.Module):
    """The control: every token counts the same, so the context is the mean of the states."""

    def __init__(self, size: int, inner_size: int) -> None:
        super().__init__()

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return masked_softmax(hidden.new_zeros(*mask.shape, 1), mask)


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the tokens of scores (B, T, A); padding gets exactly 0."""
    padding = ~mask[..., None]  # (B, T, 1)
    # exp(lowest - max) underflows to 0, and a row of padding alone stays finite, unlike with -inf.
    scores = scores.masked_fill(padding, torch.finfo(scores.dtype).min)
    return scores.softmax(dim=1).masked_fill(padding, 0.0)


ATTENTIONS = {"additive": AdditiveAttention, "linear": LinearAttention, "mean": MeanAttention}
