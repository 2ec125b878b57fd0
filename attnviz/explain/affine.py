"""The beginning of a network that is affine in the embeddings, computed once for many inputs.

A convolution before its activation is affine, so of a thousand inputs that are mixed from the same
embeddings only the rest of the network must be run a thousand times: what enters it is mixed from
the same few products. S is the size of what enters: all filters, or the embedding.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from attnviz.modeling import CnnLstmAttentionForSequenceClassification as Network


class AffineStart(NamedTuple):
    """A network cut in two: `network(inputs_embeds=e).logits` is `logits(read(e))`.

    `reduced(e)` is a function of which tokens stay, (B, T) of 0 and 1: it returns what `read`
    would of the same embeddings with the others set to zero, without reading them again.
    """

    read: Callable[[Tensor], Tensor]  # embeddings (B, T, E) → (B, T, S), affine
    reduced: Callable[[Tensor], Callable[[Tensor], Tensor]]  # (1, T, E) → (B, T) → (B, T, S)
    logits: Callable[[Tensor], Tensor]  # (B, T, S) → (B, C)


def affine_start(network: Network) -> AffineStart:
    """The cut of this network, for texts without padding."""
    return STARTS[network.config.stages[0]](network)


def _convolutions(network: Network) -> AffineStart:
    """The convolutions before their activation."""
    first, others = network.convolutions, network.config.stages[1:]

    @torch.no_grad()
    def reduced(embeddings: Tensor) -> Callable[[Tensor], Tensor]:
        layers = first.by_size.values()
        taps = [_taps(layer.weight, embeddings) for layer in layers]
        biases = [layer.bias.detach() for layer in layers]

        def keeping(kept: Tensor) -> Tensor:
            maps = [_sum_of_taps(*parts, kept) for parts in zip(taps, biases, strict=True)]
            return torch.cat(maps, dim=-1)

        return keeping

    def logits(convolved: Tensor) -> Tensor:
        mask = _everything(convolved)
        states, _fields = first.activate(convolved, mask, False)
        for name in others:
            states, _fields = network.get_submodule(name)(states, mask, False)
        return network.conclude(states, mask)[0]

    return AffineStart(lambda values: first.convolve(values, _everything(values)), reduced, logits)


def _taps(weight: Tensor, embeddings: Tensor) -> Tensor:
    """What each token adds to the map at each of k places, (T, k, F); weight (F, E, k)."""
    return torch.einsum("te,fek->tkf", embeddings[0], weight)


def _sum_of_taps(taps: Tensor, bias: Tensor, kept: Tensor) -> Tensor:
    """Kim (2014), eq. 2 before f, as a sum over the tokens that are kept: (B, T, F)."""
    tokens, size, _filters = taps.shape
    reach = size // 2
    taps = functional.pad(taps, (0, 0, 0, 0, reach, reach))  # (T + k - 1, k, F)
    kept = functional.pad(kept, (reach, reach))[..., None]  # (B, T + k - 1, 1)
    found = bias.repeat(len(kept), tokens, 1)
    for place in range(size):
        found.addcmul_(kept[:, place : place + tokens], taps[place : place + tokens, place])
    return found


def _embeddings(network: Network) -> AffineStart:
    """Nothing but the embeddings: the fused kernels of recurrent layers open no door further in."""
    return AffineStart(
        read=lambda values: values,
        reduced=lambda values: lambda kept: values * kept[..., None],
        logits=lambda values: network(inputs_embeds=values).logits,
    )


def _everything(values: Tensor) -> Tensor:
    return torch.ones(values.shape[:2], dtype=torch.bool, device=values.device)


STARTS = {"convolutions": _convolutions, "recurrent": _embeddings}
"""A row for each key of `attnviz.modeling.STAGES`, for networks that begin with it."""
