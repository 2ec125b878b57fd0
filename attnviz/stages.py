"""The stages of the network: convolutions, and recurrent layers.

Letters in shapes: B texts, T tokens, F filters of one kernel size, I input of a stage, L recurrent
layers, H hidden size, D directions, N states of the last stage (D · H after a recurrent layer, all
filters after a convolution).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from attnviz.attention import CHANNEL_ATTENTIONS
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError
from attnviz.padding import reversal, unturned
from attnviz.recurrent import RECURRENTS


class Convolutions(nn.Module):
    """Parallel convolutions over the tokens, each with its own kernel size (Kim 2014, eq. 1–2).

    Their maps, weighed by the channel attention, stand side by side in what the next stage reads.
    """

    def __init__(self, input_size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.size = len(config.kernel_sizes) * config.filters
        self.by_size = nn.ModuleDict(
            {
                str(size): nn.Conv1d(input_size, config.filters, size, padding=size // 2)
                for size in config.kernel_sizes
            }
        )
        channel_attention = row_of(
            CHANNEL_ATTENTIONS, config.channel_attention, "channel_attention"
        )
        self.channel_attention = channel_attention(self.size)

    def forward(self, inputs: Tensor, mask: Tensor, trace: bool) -> tuple[Tensor, dict]:
        """Weighed maps (B, T, sum of F); before that, after the activation, each (B, T, F)."""
        return self.activate(self.convolve(inputs, mask), mask, trace)

    def convolve(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """What all filters say before the activation (B, T, sum of F): affine in the inputs."""
        channels_first = (inputs * mask[..., None]).transpose(1, 2)  # 0 beyond the text: (B, I, T)
        maps = [
            convolution(channels_first).transpose(1, 2) for convolution in self.by_size.values()
        ]
        return torch.cat(maps, dim=-1)

    def activate(self, joined: Tensor, mask: Tensor, trace: bool) -> tuple[Tensor, dict]:
        """The rest of the stage, from what `convolve` returned."""
        joined = functional.relu(joined)  # (B, T, sum of F)
        weights = self.channel_attention(joined, mask)  # (B, sum of F)
        weighed = joined if weights is None else joined * weights[:, None]
        if not trace:
            return weighed, {}
        maps = dict(zip(self.by_size, joined.chunk(len(self.by_size), dim=-1), strict=True))
        return weighed, {"feature_maps": maps, "channel_attentions": weights}


class RecurrentLayers(nn.Module):
    """Stacked recurrent layers, each read forwards and, if asked, backwards.

    Texts of different lengths share a batch without packing: the backward direction reverses each
    text within its own length, so that padding comes last in both directions and never leaks.
    """

    def __init__(self, input_size: int, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        cell = row_of(RECURRENTS, config.recurrent, "recurrent")
        self.size = config.directions * config.hidden_size
        sizes = [input_size] + [self.size] * (config.num_hidden_layers - 1)
        self.layers = nn.ModuleList(
            nn.ModuleList(cell(size, config.hidden_size) for _ in range(config.directions))
            for size in sizes
        )
        self.dropout = nn.Dropout(config.recurrent_dropout)

    def forward(self, inputs: Tensor, mask: Tensor, trace: bool) -> tuple[Tensor, dict]:
        """Hidden states (B, T, N) of the last layer; gates and states, name → (B, T, L, D, H)."""
        reverse = reversal(mask.sum(1), inputs.shape[1])
        traced = []
        for number, directions in enumerate(self.layers):
            inputs = self.dropout(inputs) if number else inputs
            outputs = []
            for cell, turn in zip(directions, (unturned, reverse), strict=False):
                outputs.append(turn(cell(turn(inputs))))
                if trace:
                    traced.append(cell.trace(inputs, outputs[-1], turn))
            inputs = torch.cat(outputs, dim=-1)
        if not trace:
            return inputs, {}
        shape = (len(self.layers), len(self.layers[0]))
        gates, states = (_gather([part[n] for part in traced], shape) for n in (0, 1))
        return inputs, {"gates": gates, "states": states}


def row_of(table: dict, key: str, name: str):
    """The row of a table of kinds; a key without one is refused with the known ones."""
    if key not in table:
        raise ConfigurationError(
            "{name} is {key!r}; known kinds: {known}.",
            name=name,
            key=key,
            known=", ".join(table),
        )
    return table[key]


def _gather(parts: list[dict], shape: tuple[int, int]) -> dict[str, Tensor]:
    """One dict per (layer, direction), name → (B, T, H), as one dict, name → (B, T, L, D, H)."""
    return {
        name: torch.stack([part[name] for part in parts], dim=2).unflatten(2, shape)
        for name in parts[0]
    }


STAGES = {"convolutions": Convolutions, "recurrent": RecurrentLayers}
"""The contract: `stage(input_size, config)` has a `size`; called with inputs (B, T, I), the mask
(B, T) and whether to keep a trace, it returns (B, T, size) and fields of the output."""
