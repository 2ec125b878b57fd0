"""A chain over the tags of a sequence: which tag may, and which likes to, follow which.

| key | what a step from one tag to the next is worth |
|---|---|
| none | nothing: each position says its own best tag |
| rules | nothing, but steps that the tags' scheme forbids are never taken |
| learnt | a learnt number, and forbidden steps are never taken (a BiLSTM-CRF) |

The score of tags y of a sequence with logits z is s[y_1] + Σ_t z[t, y_t] + Σ_t A[y_{t-1}, y_t] +
e[y_T] (Lample et al. 2016, section 2.2; Lafferty et al. 2001).
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from attnviz.spans import steps

NEVER = -1e4  # the score of a step that is not allowed; finite, so that sums of it stay numbers


class Transitions(nn.Module):
    """A linear chain over C tags: the scores of all sequences, without going through them.

    Sequences are padded on the right; the mask (B, T) is True at their positions.
    """

    def __init__(self, names: Sequence[str], learnt: bool = True) -> None:
        super().__init__()
        self.allowed = steps(names)
        self.start = self.matrix = self.stop = None
        if learnt:
            self.start = nn.Parameter(torch.zeros(len(names)))
            self.matrix = nn.Parameter(torch.zeros(len(names), len(names)))  # from rows to columns
            self.stop = nn.Parameter(torch.zeros(len(names)))

    def worth(self, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What it is worth to begin (C,), to step from a tag (row) to the next (C, C), to end (C,).

        On the device of `like`. They are no buffers: what a scheme allows follows from the names.
        """
        learnt = (self.start, self.matrix, self.stop)
        return tuple(
            torch.where(torch.from_numpy(may).to(like.device), 0.0, NEVER).to(like.dtype)
            + (0 if weight is None else weight)
            for may, weight in zip(self.allowed, learnt, strict=True)
        )

    def losses(self, logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        """Negative log likelihood of each sequence of tags: (B,)."""
        return self.total(logits, mask) - self.score(logits, labels, mask)

    def score(self, logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        """The score of one sequence of tags (B, T) each: (B,)."""
        known = labels.clamp(min=0)
        own = logits.gather(2, known[..., None])[..., 0]  # (B, T)
        begin, follow, end = self.worth(logits)
        along = follow[known[:, :-1], known[:, 1:]]  # (B, T - 1)
        final = known.gather(1, (mask.sum(1, keepdim=True) - 1).clamp(min=0))[:, 0]
        inner = (own * mask).sum(1) + (along * mask[:, 1:]).sum(1)
        return begin[known[:, 0]] + inner + end[final]

    def total(self, logits: Tensor, mask: Tensor) -> Tensor:
        """The log of the sum of exp(score) over all sequences of tags: (B,)."""
        return (self._forward(logits, mask)[-1] + self.worth(logits)[2]).logsumexp(1)

    def marginals(self, logits: Tensor, mask: Tensor) -> Tensor:
        """P(tag of t is c) over all sequences (B, T, C); 0 at padding."""
        ahead = self._forward(logits, mask)
        _begin, follow, end = self.worth(logits)
        behind = [end.expand_as(logits[:, 0])]
        for place in range(logits.shape[1] - 1, 0, -1):
            reached = (follow + (logits[:, place] + behind[-1])[:, None]).logsumexp(2)
            behind.append(torch.where(mask[:, place, None], reached, behind[-1]))
        both = torch.stack(ahead, 1) + torch.stack(behind[::-1], 1)  # (B, T, C)
        return both.softmax(2) * mask[..., None]

    @torch.no_grad()
    def best(self, logits: Tensor, mask: Tensor) -> Tensor:
        """The sequences of tags with the highest score (B, T) (Viterbi 1967); 0 at padding."""
        begin, follow, end = self.worth(logits)
        score, back = begin + logits[:, 0], []
        stay = torch.arange(logits.shape[2], device=logits.device)
        for place in range(1, logits.shape[1]):
            reached, before = (score[:, :, None] + follow).max(1)
            inside = mask[:, place, None]
            score = torch.where(inside, reached + logits[:, place], score)
            back.append(torch.where(inside, before, stay))
        path = [(score + end).argmax(1)]
        for before in back[::-1]:
            path.append(before.gather(1, path[-1][:, None])[:, 0])
        return torch.stack(path[::-1], 1) * mask

    def _forward(self, logits: Tensor, mask: Tensor) -> list[Tensor]:
        """T of (B, C): log Σ exp(score) over all beginnings that end at a position with a tag."""
        begin, follow, _end = self.worth(logits)
        found = [begin + logits[:, 0]]
        for place in range(1, logits.shape[1]):
            reached = (found[-1][:, :, None] + follow).logsumexp(1) + logits[:, place]
            found.append(torch.where(mask[:, place, None], reached, found[-1]))
        return found


CHAINS = {
    "none": lambda names: None,
    "rules": partial(Transitions, learnt=False),
    "learnt": partial(Transitions, learnt=True),
}
"""`kind(names)` builds the chain of C tags, None where each position stands alone."""
