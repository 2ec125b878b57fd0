"""The whole network, top to bottom, as an ordinary Transformers model.

Letters in shapes: B texts, T tokens, E embedding size, N states that attention weighs (D · H after
a recurrent layer, all filters after a convolution), A attention heads of V values each, C labels.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers import initialization as init

from attnviz.attention import ATTENTIONS, Attended
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError, TextError
from attnviz.inputs import INPUTS
from attnviz.outputs import CnnLstmAttentionOutput, layers
from attnviz.padding import Turn, padding_turns
from attnviz.recurrent import RECURRENTS
from attnviz.stages import STAGES, row_of
from attnviz.tasks import TASKS


class Read(NamedTuple):
    """What the stages made of a batch, with all padding on the right, and how to turn it back."""

    states: Tensor  # (B, T, N) of the last stage
    mask: Tensor  # (B, T)
    back: Turn
    passed: list[Tensor]  # the embeddings, then what each stage returned
    kept: dict  # fields of a traced output


class CnnLstmAttentionTrunk(PreTrainedModel):
    """Embedding → the stages of the order: what the networks of all tasks have in common."""

    config_class = CnnLstmAttentionConfig
    base_model_prefix = "network"

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__(config)
        self.embedding = row_of(INPUTS, config.input, "input")(config)
        self.embedding_dropout = nn.Dropout(config.embedding_dropout)
        size = self.embedding.size
        for name in config.stages:
            stage = STAGES[name](size, config)
            self.add_module(name, stage)
            size = stage.size

    @property
    def states_size(self) -> int:
        """N: the size of what the last stage returns."""
        return self.get_submodule(self.config.stages[-1]).size

    def attention_of(self, kinds: dict) -> nn.Module:
        """The row of a table of attentions that the configuration asks for."""
        config = self.config
        attention = row_of(kinds, config.attention, "attention")(self.states_size, config)
        if attention.heads != config.num_attention_heads:
            raise ConfigurationError(
                "num_attention_heads is {heads}, but attention {kind!r} has {found} head. Leave "
                "it at {found}, or choose another attention.",
                heads=config.num_attention_heads,
                kind=config.attention,
                found=attention.heads,
            )
        return attention

    def get_input_embeddings(self) -> nn.Module:
        return self.embedding

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.embedding = value

    def read(
        self,
        inputs: Tensor | None,
        attention_mask: Tensor | None,
        inputs_embeds: Tensor | None,
        trace: bool,
    ) -> Read:
        """Everything up to what the last stage returns.

        Raises
        ------
        TextError
            If there is no token at all, or padding between two tokens of a text.
        """
        if attention_mask is None:
            attention_mask = self.all_there(inputs if inputs_embeds is None else inputs_embeds)
        mask = attention_mask.bool()  # (B, T)
        if inputs_embeds is None:
            inputs_embeds = self.embedding(inputs, mask)  # (B, T, E)
        if not torch.jit.is_tracing() and not inputs_embeds.shape[1]:
            raise TextError("There is nothing to read: the text is empty or holds only spaces.")
        to_front, back = padding_turns(mask)
        mask = to_front(mask)
        embeddings = to_front(inputs_embeds) * mask[..., None]  # what stands beyond a text is 0
        states = self.embedding_dropout(embeddings)
        kept, passed = {"feature_maps": {}, "gates": {}, "states": {}}, [embeddings]
        for _name, returned, fields in self.run_stages(states, mask, trace):
            states = returned  # (B, T, …)
            passed.append(states)
            kept |= fields
        return Read(states, mask, back, passed, kept | {"embeddings": embeddings})

    def run_stages(
        self, states: Tensor, mask: Tensor, trace: bool = False
    ) -> Iterator[tuple[str, Tensor, dict]]:
        """Name of each stage, what it returned (B, T, …), and fields of the output if traced."""
        for name in self.config.stages:
            states, fields = self.get_submodule(name)(states, mask, trace)
            yield name, states, fields

    def all_there(self, read: Tensor) -> Tensor:
        """The mask (B, T) of a batch that came without one: padding tokens are not there."""
        if read.is_floating_point() or self.config.input != "text":
            steps = read.shape[1] if read.dim() == 3 else self.embedding.length(read)
            return torch.ones(len(read), steps, dtype=torch.bool, device=read.device)
        if self.config.pad_token_id is None:
            return torch.ones_like(read, dtype=torch.bool)
        return read != self.config.pad_token_id

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            init.normal_(module.weight, std=0.1)
        elif isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d):
            init.kaiming_uniform_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, tuple(RECURRENTS.values())):
            for name, parameter in module.named_parameters():
                if "weight_hh" in name:
                    init.orthogonal_(parameter)
                elif "weight_ih" in name:
                    init.xavier_uniform_(parameter)
                else:
                    init.zeros_(parameter)


class CnnLstmAttentionForSequenceClassification(CnnLstmAttentionTrunk):
    """Embedding → the stages of the order → attention → a head linear on the context.

    Because the head is linear, each logit is a sum of one vote per position:
    logit_c = b_c + Σ_t Σ_a α_ta (w_ca · v_ta), all divided by the temperature. The logits of a
    forecast are coming values less the level of their channel, in the channel's unit.
    """

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__(config)
        self.attention = self.attention_of(ATTENTIONS)
        self.head_dropout = nn.Dropout(config.head_dropout)
        context_size = self.attention.heads * self.attention.values_size
        self.head = nn.Linear(context_size, config.num_labels)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        output_trace: bool = False,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        input_values: Tensor | None = None,
    ) -> CnnLstmAttentionOutput | tuple:
        """Logits of texts that are padded on the right or on the left, the same for both.

        `input_ids` (B, T), `input_values` (what the row of `INPUTS` reads) or `inputs_embeds`
        (B, T, E); `attention_mask` (B, T) is 1 at tokens and 0 at padding, by default 1 wherever
        `input_ids` is not the padding token; `labels` (B,), of a forecast (B, C), adds the mean of
        the task's loss; `output_trace` keeps every intermediate value, the other two what
        `CnnLstmAttentionOutput` says, by default as the configuration asks.

        Raises
        ------
        TextError
            If there is no token at all, or padding between two tokens of a text.
        """
        inputs = input_values if input_ids is None else input_ids
        read = self.read(inputs, attention_mask, inputs_embeds, output_trace)
        logits, shares, attended = self.conclude(read.states, read.mask)
        loss = None
        if labels is not None:
            labels = self.departures(labels, input_values, attention_mask)
            loss = self.losses(logits, labels).mean()
        output = CnnLstmAttentionOutput(loss=loss, logits=logits)
        if asked(output_hidden_states, self.config.output_hidden_states):
            output.hidden_states = tuple(map(read.back, read.passed))
        if asked(output_attentions, self.config.output_attentions):
            output.attentions = layers(attended, read.back)
        if output_trace:
            votes = self.in_unit(shares.flatten(2) @ self.head.weight.t())
            output.keep(read.kept | {"votes": votes}, attended, read.back)
        return output if return_dict in (None, True) else output.to_tuple()

    def conclude(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Attended]:
        """Logits (B, C) from what the last stage returned, and what led to them.

        That is each position's share of the context (B, T, A, V), and what attention made of it.
        """
        attended = self.attention(states, mask)
        shares = attended.weights * attended.values  # (B, T, A, V), 0 at padding
        context = shares.sum(1).flatten(1)  # (B, A · V)
        logits = self.in_unit(self.head(self.head_dropout(context)))  # (B, C)
        return logits, shares, attended

    def in_unit(self, values: Tensor) -> Tensor:
        """What the head says (…, C), by the temperature; of a forecast in the targets' units."""
        if self.config.task == "forecast":
            return values * self.unit
        return values / self.config.temperature

    @property
    def unit(self) -> Tensor:
        """(C,): what one standard deviation is worth; targets one after another, then steps."""
        if self.config.task != "forecast":
            return self.head.bias.new_ones(self.config.num_labels)
        return self.embedding.scale[self.targets].repeat_interleave(self.config.horizon)

    @property
    def targets(self) -> list[int]:
        """Numbers of the channels that are forecast."""
        return [self.config.channels.index(name) for name in self.config.target]

    def levels(self, input_values: Tensor, attention_mask: Tensor | None = None) -> Tensor | None:
        """What a forecast is measured from (B, C): its values are level + logits."""
        if self.config.task != "forecast":
            return None
        mask = self.all_there(input_values) if attention_mask is None else attention_mask
        level = self.embedding.level(input_values, mask.bool())[:, self.targets]
        return level.repeat_interleave(self.config.horizon, dim=1)

    def departures(
        self, labels: Tensor, input_values: Tensor | None, attention_mask: Tensor | None = None
    ) -> Tensor:
        """Labels as the logits are: values to come (B, C) less their level, else unchanged."""
        if self.config.task != "forecast":
            return labels
        return labels - self.levels(input_values, attention_mask)

    def losses(self, logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
        """The task's loss of each sample (B,); 0 where it has no label."""
        return TASKS[self.config.task].loss(logits, labels, self.unit, smoothing)


def asked(said: bool | None, configured: bool) -> bool:
    """Whether a call asks for something, or, where it says nothing, the configuration does."""
    return bool(configured if said is None else said)


AutoModelForSequenceClassification.register(
    CnnLstmAttentionConfig, CnnLstmAttentionForSequenceClassification
)
