"""The whole network, top to bottom, as an ordinary Transformers model.

Letters in shapes: B texts, T tokens, E embedding size, F filters of one kernel size, I input of
a recurrent layer, H hidden size, D directions, N = D · H, A attention heads, C labels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers import initialization as init
from transformers.utils import ModelOutput

from attnviz.attention import ATTENTIONS
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError
from attnviz.recurrent import RECURRENTS


@dataclass
class CnnLstmAttentionOutput(ModelOutput):
    """What one forward pass leaves behind; all but the first three only with `output_trace=True`.

    Padding positions hold no meaning in any of the token-first tensors, except that attention and
    votes are exactly zero there.
    """

    loss: Tensor | None = None  # scalar
    logits: Tensor | None = None  # (B, C)
    attentions: Tensor | None = None  # (B, T, A)
    embeddings: Tensor | None = None  # (B, T, E)
    feature_maps: dict[str, Tensor] | None = None  # kernel size → (B, T, F)
    gates: dict[str, Tensor] | None = None  # name → (B, T, L, D, H)
    states: dict[str, Tensor] | None = None  # name → (B, T, L, D, H)
    votes: Tensor | None = None  # (B, T, C)


class Convolutions(nn.Module):
    """Parallel convolutions over the tokens, each with its own kernel size (Kim 2014, eq. 1–2)."""

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.by_size = nn.ModuleDict(
            {
                str(size): nn.Conv1d(config.embedding_size, config.filters, size, padding=size // 2)
                for size in config.kernel_sizes
            }
        )

    def forward(self, embeddings: Tensor) -> dict[str, Tensor]:
        """kernel size → feature map (B, T, F), after the activation."""
        channels_first = embeddings.transpose(1, 2)  # (B, E, T)
        return {
            size: functional.relu(convolution(channels_first)).transpose(1, 2)
            for size, convolution in self.by_size.items()
        }


class RecurrentLayers(nn.Module):
    """Stacked recurrent layers, each read forwards and, if asked, backwards.

    Texts of different lengths share a batch without packing: the backward direction reverses each
    text within its own length, so that padding comes last in both directions and never leaks.
    """

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        cell = _row(RECURRENTS, config.recurrent, "recurrent")
        sizes = [len(config.kernel_sizes) * config.filters]
        sizes += [config.directions * config.hidden_size] * (config.num_hidden_layers - 1)
        self.layers = nn.ModuleList(
            nn.ModuleList(cell(size, config.hidden_size) for _ in range(config.directions))
            for size in sizes
        )
        self.dropout = nn.Dropout(config.recurrent_dropout)

    def forward(self, inputs: Tensor, lengths: Tensor, trace: bool) -> tuple[Tensor, dict, dict]:
        """Hidden states (B, T, N) of the last layer; gates and states, name → (B, T, L, D, H)."""
        reverse = _reversal(lengths, inputs.shape[1])
        traced = []
        for number, directions in enumerate(self.layers):
            inputs = self.dropout(inputs) if number else inputs
            outputs = []
            for cell, turn in zip(directions, (_unturned, reverse), strict=False):
                outputs.append(turn(cell(turn(inputs))))
                if trace:
                    traced.append(cell.trace(inputs, outputs[-1], turn))
            inputs = torch.cat(outputs, dim=-1)
        if not trace:
            return inputs, {}, {}
        shape = (len(self.layers), len(self.layers[0]))
        gates, states = (_gather([part[n] for part in traced], shape) for n in (0, 1))
        return inputs, gates, states


class CnnLstmAttentionForSequenceClassification(PreTrainedModel):
    """Embedding → convolutions → recurrent layers → attention → a head linear on the context.

    Because the head is linear, each logit is a sum of one vote per position:
    logit_c = b_c + Σ_t Σ_a α_ta (w_ca · h_t).
    """

    config_class = CnnLstmAttentionConfig
    base_model_prefix = "network"

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.embedding_dropout = nn.Dropout(config.embedding_dropout)
        self.convolutions = Convolutions(config)
        self.recurrent = RecurrentLayers(config)
        width = config.directions * config.hidden_size
        attention = _row(ATTENTIONS, config.attention, "attention")
        self.attention = attention(width, config.attention_size)
        self.head_dropout = nn.Dropout(config.head_dropout)
        self.head = nn.Linear(width, config.num_labels)
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embedding

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        self.embedding = value

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        output_trace: bool = False,
        return_dict: bool | None = None,
    ) -> CnnLstmAttentionOutput | tuple:
        """Logits of texts that are padded on the right.

        `input_ids` (B, T) or `inputs_embeds` (B, T, E); `attention_mask` (B, T) is 1 at tokens and
        0 at padding, by default 1 wherever `input_ids` is not the padding token; `labels` (B,) adds
        the cross-entropy loss; `output_trace` keeps every intermediate value.
        """
        if inputs_embeds is None:
            inputs_embeds = self.embedding(input_ids)  # (B, T, E)
        if attention_mask is None:
            known = input_ids is not None and self.config.pad_token_id is not None
            pads = input_ids == self.config.pad_token_id if known else None
            attention_mask = ~pads if known else inputs_embeds.new_ones(inputs_embeds.shape[:2])
        mask = attention_mask.bool()  # (B, T)
        embeddings = inputs_embeds * mask[..., None]  # what convolutions see beyond a text is 0
        feature_maps = self.convolutions(self.embedding_dropout(embeddings))
        joined = torch.cat(list(feature_maps.values()), dim=-1)  # (B, T, sum of F)
        hidden, gates, states = self.recurrent(joined, mask.sum(1), output_trace)  # (B, T, N)
        weights = self.attention(hidden, mask)  # (B, T, A)
        context = (weights.transpose(1, 2) @ hidden).flatten(1)  # (B, A · N)
        logits = self.head(self.head_dropout(context))  # (B, C)
        loss = None if labels is None else functional.cross_entropy(logits, labels)
        output = CnnLstmAttentionOutput(loss=loss, logits=logits)
        if output_trace:
            output.attentions, output.embeddings = weights, embeddings
            output.feature_maps, output.gates, output.states = feature_maps, gates, states
            output.votes = self._votes(weights, hidden)
        return output if return_dict in (None, True) else output.to_tuple()

    def _votes(self, weights: Tensor, hidden: Tensor) -> Tensor:
        """What each position adds to each logit (B, T, C)."""
        heads, width = weights.shape[2], hidden.shape[2]
        per_head = self.head.weight.view(-1, heads, width).transpose(0, 1)  # (A, C, N)
        arguments = hidden @ per_head.flatten(0, 1).t()  # (B, T, A · C)
        return (arguments.unflatten(2, (heads, -1)) * weights[..., None]).sum(2)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            init.normal_(module.weight, std=0.1)
        elif isinstance(module, nn.Linear | nn.Conv1d):
            init.kaiming_uniform_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.RNNBase):
            for name, parameter in module.named_parameters():
                if "weight_hh" in name:
                    init.orthogonal_(parameter)
                elif "weight_ih" in name:
                    init.xavier_uniform_(parameter)
                else:
                    init.zeros_(parameter)


def _row(table: dict, key: str, name: str):
    if key not in table:
        raise ConfigurationError(
            "{name} is {key!r}; known kinds: {known}.",
            name=name,
            key=key,
            known=", ".join(table),
        )
    return table[key]


def _unturned(values: Tensor) -> Tensor:
    return values


def _reversal(lengths: Tensor, steps: int):
    """A function that reverses (B, T, …) within each text's length and is its own inverse."""
    exported = torch.jit.is_tracing() or torch.compiler.is_compiling()  # must fit any lengths
    if not exported and bool((lengths == steps).all()):
        return lambda values: values.flip(1)
    positions = torch.arange(steps, device=lengths.device)[None]  # (1, T)
    turned = torch.where(positions < lengths[:, None], lengths[:, None] - 1 - positions, positions)
    return lambda values: values.gather(1, turned[..., None].expand_as(values))


def _gather(parts: list[dict], shape: tuple[int, int]) -> dict[str, Tensor]:
    """One dict per (layer, direction), name → (B, T, H), as one dict, name → (B, T, L, D, H)."""
    return {
        name: torch.stack([part[name] for part in parts], dim=2).unflatten(2, shape)
        for name in parts[0]
    }


AutoModelForSequenceClassification.register(
    CnnLstmAttentionConfig, CnnLstmAttentionForSequenceClassification
)
