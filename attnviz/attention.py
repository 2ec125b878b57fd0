"""How a network weighs what it has read: its tokens, and the channels of its feature maps.

The contract of every row of `ATTENTIONS`: `kind(size, config)` builds it for states (B, T, N),
N = `size`; calling it with states and a mask (B, T), True at tokens, returns `Attended`.
`heads` is the number A of attention heads, `values_size` the length V of each head's values,
`pooling` what decides the weights: "attention" where scores are learnt, else the rule
(`attnviz.trace.Trace.pooling`).

`STEP_ATTENTIONS` are those of networks that answer at every position.

The contract of every row of `CHANNEL_ATTENTIONS`: `kind(channels)` builds it; calling it with
channels (B, T, N) and the mask returns one weight for each channel (B, N), or None for all alike.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError


class Attended(NamedTuple):
    """What each position adds to the context: context_av = Σ_t weights_tav · values_tav.

    Over the tokens, each column of the weights sums to 1 and padding gets exactly 0. U is V where
    each unit has weights of its own, else 1.
    """

    values: Tensor  # (B, T, A, V)
    weights: Tensor  # (B, T, A, U)
    self_attention: Tensor | None = None  # (B, A, T, T): how each token (rows) reads the others


class AdditiveAttention(nn.Module):
    """One hidden layer scores each state against learnt queries, one for each head.

    Bahdanau et al. (2015), eq. 6 and appendix A.1.2, with the decoder state replaced by a learnt
    query v as in Yang et al. (2016), eq. 5–6: score_t = vᵀ tanh(W h_t + b). Several queries are
    the hops of Lin et al. (2017), eq. 6.
    """

    pooling = "attention"

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.heads, self.values_size = config.num_attention_heads, size
        self.project = nn.Linear(size, config.attention_size)
        self.query = nn.Linear(config.attention_size, self.heads, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        scores = self.query(torch.tanh(self.project(states)))  # (B, T, A)
        return _weighed(states, scores, mask)


class LinearAttention(nn.Module):
    """One linear layer scores each state: score_t = wᵀ h_t (Felbo et al. 2017, eq. 1).

    A bias would cancel in the softmax.
    """

    pooling = "attention"

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.heads, self.values_size = config.num_attention_heads, size
        self.query = nn.Linear(size, self.heads, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        return _weighed(states, self.query(states), mask)


class DotAttention(nn.Module):
    """Each state is scored by its product with the final one: score_t = qᵀ h_t.

    Luong et al. (2015), section 3.1, “dot”, with the last state of each reading direction as the
    query.
    """

    pooling = "attention"

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.directions = _directions_at_the_end(config)
        self.heads, self.values_size = 1, size

    def score(self, states: Tensor, query: Tensor) -> Tensor:
        return states @ query[..., None]  # (B, T, 1)

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        ends = _ends(states, mask, self.directions)  # (B, T, N)
        query = (states * ends).sum(1)  # (B, N)
        return _weighed(states, self.score(states, query), mask)


class ScaledDotAttention(DotAttention):
    """The same by the root of the states' length: score_t = qᵀ h_t / √N (Vaswani 2017, eq. 1)."""

    def score(self, states: Tensor, query: Tensor) -> Tensor:
        return super().score(states, query) / states.shape[2] ** 0.5


class GeneralAttention(DotAttention):
    """A learnt matrix stands between the two: score_t = qᵀ W h_t.

    Luong et al. (2015), section 3.1, “general”.
    """

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__(size, config)
        self.bilinear = nn.Linear(size, size, bias=False)

    def score(self, states: Tensor, query: Tensor) -> Tensor:
        return super().score(self.bilinear(states), query)


class NoStepAttention(nn.Module):
    """Each position's own state is all that its tag is told from."""

    heads = 1

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()

    def mix(self, states: Tensor, mask: Tensor) -> tuple[Tensor, None]:
        return states, None


class SelfAttention(nn.Module):
    """Every position reads all others, in each head, and adds what it read to its state.

    Vaswani et al. (2017), eq. 1 and section 3.2.2; the output matrix is left out, for the head
    behind it is linear too. With d = N / A units: u_t = h_t + Σ_j softmax_j(q_tᵀ k_j / √d) v_j.
    """

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        if size % self.heads:
            raise ConfigurationError(
                "num_attention_heads is {heads}, which does not divide the {size} units that "
                "multi-head attention shares out. Choose a divisor.",
                heads=self.heads,
                size=size,
            )
        self.values_size = size // self.heads
        self.queries_keys_values = nn.Linear(size, 3 * size)

    def mix(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """u (B, T, N), and how each position (rows) reads the others (B, A, T, T)."""
        split = self.queries_keys_values(states).unflatten(2, (3 * self.heads, -1))
        queries, keys, values = split.transpose(1, 2).chunk(3, dim=1)  # each (B, A, T, V)
        scores = queries @ keys.transpose(2, 3) / self.values_size**0.5  # (B, A, T, T)
        weights = masked_softmax(scores, mask[:, None, None, :], dim=3)
        weights = weights * mask[:, None, :, None]  # padding reads nothing
        return states + (weights @ values).transpose(1, 2).flatten(2), weights

    def offered(self, states: Tensor) -> Tensor:
        """What each position gives to those that read it: v (B, T, A, V)."""
        return self.queries_keys_values(states).chunk(3, dim=2)[2].unflatten(2, (self.heads, -1))


class MultiHeadSelfAttention(SelfAttention):
    """Every token reads all others, then learnt queries weigh the tokens; both in each head.

    The heads of `SelfAttention` are pooled by one query each, as the hops of Lin et al. (2017),
    eq. 6: score_t = vᵀ tanh(W u_t + b).
    """

    pooling = "attention"

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__(size, config)
        self.project = nn.Linear(size, config.attention_size)
        self.query = nn.Linear(config.attention_size, self.heads, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        mixed, weights = self.mix(states, mask)
        pooled = masked_softmax(self.query(torch.tanh(self.project(mixed))), mask[..., None], dim=1)
        return Attended(mixed.unflatten(2, (self.heads, -1)), pooled[..., None], weights)


class LastState(nn.Module):
    """No attention: the context is the last state of each reading direction.

    The backward direction ends at the first token, so that is where its units have their weight.
    """

    pooling = "last"

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.directions = _directions_at_the_end(config)
        self.heads, self.values_size = 1, size

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        return Attended(states[:, :, None], _ends(states, mask, self.directions)[:, :, None])


class UniformAttention(nn.Module):
    """Every token weighs 1 / T, so the context is the mean of the states.

    As `mean` a way of pooling, as `uniform` the control that attention must beat to be of use
    (Wiegreffe & Pinter 2019, section 3.2).
    """

    pooling = "mean"

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.heads, self.values_size = 1, size

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        return _weighed(states, states.new_zeros(*mask.shape, 1), mask)


class MaxPooling(nn.Module):
    """Each unit takes its largest value over the tokens (Kim 2014, section 2).

    So each unit has all its weight at one token, and a token's attention is the share of units
    that it won; tokens that tie, as where a filter never fires, share the unit.
    """

    pooling = "max"

    def __init__(self, size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.heads, self.values_size = 1, size

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        tokens = mask[..., None]
        held = states.masked_fill(~tokens, torch.finfo(states.dtype).min)
        best = ((held == held.amax(1, keepdim=True)) & tokens).to(states.dtype)  # (B, T, N)
        weights = best / best.sum(1, keepdim=True).clamp(min=1)
        return Attended(states[:, :, None], weights[:, :, None])


class NoChannelAttention(nn.Module):
    """All channels pass as they are."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, channels: Tensor, mask: Tensor) -> None:
        return None


class SqueezeExcitation(nn.Module):
    """Each channel's mean over the text decides how much of it passes (Hu et al. 2018, eq. 2–3).

    s = σ(W₂ relu(W₁ z + b₁) + b₂), z the means over the tokens; the inner layer is sixteen times
    narrower, as there.
    """

    REDUCTION = 16

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // self.REDUCTION)
        self.squeeze = nn.Linear(channels, inner)
        self.excite = nn.Linear(inner, channels)

    def forward(self, channels: Tensor, mask: Tensor) -> Tensor:
        tokens = mask[..., None].to(channels.dtype)
        shares = tokens / tokens.sum(1, keepdim=True).clamp(min=1)  # so that no sum overflows
        means = (channels * shares).sum(1)  # (B, N)
        return torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))


def masked_softmax(scores: Tensor, mask: Tensor, dim: int) -> Tensor:
    """Softmax along `dim`, where what the mask leaves out gets exactly 0.

    The mask is broadcast to the scores. Where it leaves out everything, all is 0.
    """
    # exp(lowest - max) underflows to 0, and a row of padding alone stays finite, unlike with -inf.
    scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return scores.softmax(dim).masked_fill(~mask, 0.0)


def _weighed(states: Tensor, scores: Tensor, mask: Tensor) -> Attended:
    """The states, weighed by the softmax of each head's scores (B, T, A)."""
    weights = masked_softmax(scores, mask[..., None], dim=1)
    return Attended(states[:, :, None].expand(-1, -1, scores.shape[2], -1), weights[..., None])


def _directions_at_the_end(config: CnnLstmAttentionConfig) -> int:
    if config.stages[-1] != "recurrent":
        raise ConfigurationError(
            "attention {kind!r} asks with the last state of a recurrent layer, and order "
            "{order!r} does not end with one. Choose another attention or another order.",
            kind=config.attention,
            order=config.order,
        )
    return config.directions


def _ends(states: Tensor, mask: Tensor, directions: int) -> Tensor:
    """1 where a unit has read the whole text, else 0: (B, T, N).

    That is the last token for the forward half of the units, the first for the backward half.
    """
    positions = torch.arange(mask.shape[1], device=mask.device)[None]  # (1, T)
    last = positions == mask.sum(1, keepdim=True) - 1
    first = positions.expand_as(mask) == 0
    ends = torch.stack([last, first][:directions], dim=2) & mask[..., None]  # (B, T, D)
    return ends.repeat_interleave(states.shape[2] // directions, dim=2).to(states.dtype)


ATTENTIONS = {
    "additive": AdditiveAttention,
    "linear": LinearAttention,
    "dot": DotAttention,
    "scaled_dot": ScaledDotAttention,
    "general": GeneralAttention,
    "multi_head": MultiHeadSelfAttention,
    "last": LastState,
    "mean": UniformAttention,
    "max": MaxPooling,
    "uniform": UniformAttention,
}

STEP_ATTENTIONS = {"none": NoStepAttention, "multi_head": SelfAttention}
"""Of networks with an answer at every position. `mix(states, mask)` returns what each position's
answer is told from (B, T, N), and the weights with which it read the others (B, A, T, T) or None.
"""

CHANNEL_ATTENTIONS = {"none": NoChannelAttention, "squeeze_excitation": SqueezeExcitation}
