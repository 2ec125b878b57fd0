"""The network with a tag for every position, and the same network seen from one position.

Letters in shapes as in `attnviz.modeling`: B texts, T tokens, N states, A heads
of V values, C tags.
"""

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification

from attnviz.attention import STEP_ATTENTIONS, Attended
from attnviz.chain import CHAINS
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.modeling import (
    CnnLstmAttentionForSequenceClassification,
    CnnLstmAttentionTrunk,
    asked,
)
from attnviz.outputs import CnnLstmAttentionOutput
from attnviz.stages import row_of
from attnviz.tags import Tags
from attnviz.tasks import IGNORED, TASKS, by_positions


class CnnLstmAttentionForTokenClassification(CnnLstmAttentionTrunk):
    """Embedding → the stages of the order → a head at every position → a chain over the tags.

    logit_pc = b_c + w_c · u_p, divided by the temperature, where u_p is the position's state h_p,
    with self-attention h_p + Σ_j α_pj v_j: so each logit is still a sum of one vote per position.
    """

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__(config)
        self.attention = self.attention_of(STEP_ATTENTIONS)
        self.head_dropout = nn.Dropout(config.head_dropout)
        self.head = nn.Linear(self.states_size, config.num_labels)
        names = [config.id2label[number] for number in range(config.num_labels)]
        self.transitions = row_of(CHAINS, config.transitions, "transitions")(names)
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
        """Logits (B, T, C) of each position by itself; `decode` makes the best sequence of them.

        `labels` (B, T), −100 where a position has no tag of its own, adds the mean of `losses`.
        With `output_trace`, `votes` are what each position's state says for itself, and `offered`
        what it says where another position reads it. All else as in the network that classifies.

        Raises
        ------
        TextError
            If there is no token at all, or padding between two tokens of a text.
        """
        inputs = input_ids if input_values is None else input_values
        read = self.read(inputs, attention_mask, inputs_embeds, output_trace)
        mixed, weights = self.attention.mix(read.states, read.mask)
        logits = read.back(self.in_unit(self.head(self.head_dropout(mixed))))  # (B, T, C)
        loss = None if labels is None else self.losses(logits, labels).mean()
        output = CnnLstmAttentionOutput(loss=loss, logits=logits)
        if asked(output_hidden_states, self.config.output_hidden_states):
            output.hidden_states = tuple(map(read.back, read.passed))
        if output_trace:
            fields = {"votes": self._votes(read.states)}
            if weights is not None:
                fields["offered"] = self._offered(read.states)
            output.keep_positions(read.kept | fields, weights, read.back)
        elif asked(output_attentions, self.config.output_attentions):
            output.keep_positions({}, weights, read.back)
            output.attentions = () if weights is None else (output.self_attentions,)
        return output if return_dict in (None, True) else output.to_tuple()

    def _votes(self, states: Tensor) -> Tensor:
        return self.in_unit(states @ self.head.weight.t())  # (B, T, C)

    def _offered(self, states: Tensor) -> Tensor:
        """What each position says for each tag where it is read in full: (B, T, A, C)."""
        rows = self.head.weight.unflatten(1, (self.attention.heads, -1))  # (C, A, V)
        return self.in_unit(torch.einsum("btav,cav->btac", self.attention.offered(states), rows))

    def in_unit(self, values: Tensor) -> Tensor:
        """What the head says (…, C), by the temperature."""
        return values / self.config.temperature

    def departures(self, labels: Tensor, values: Tensor | None, mask: Tensor | None) -> Tensor:
        """Labels as the logits are."""
        return labels

    def losses(self, logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
        """The loss of each sequence (B,), so that their mean is that of all positions with a tag.

        Cross-entropy, or the negative log likelihood under a learnt chain.
        """
        if self.config.transitions != "learnt":
            unit = self.head.bias.new_ones(self.config.num_labels)
            return TASKS["tag"].loss(logits, labels, unit, smoothing)
        tagged = labels != IGNORED
        packed, order = _packed(logits, tagged)
        sums = self.transitions.losses(packed, labels.gather(1, order), tagged.sort(1, True)[0])
        return by_positions(sums, tagged)

    def decode(self, logits: Tensor, tagged: Tensor) -> Tensor:
        """Numbers of the tags of the best sequences (B, T), of positions where `tagged` is True.

        Elsewhere they are those of the last tagged position before.
        """
        if self.transitions is None:
            best = logits.argmax(-1)
        else:
            packed, order = _packed(logits, tagged)
            path = self.transitions.best(packed, tagged.sort(1, True)[0])
            best = torch.zeros_like(path).scatter(1, order, path)
        return best.gather(1, _last_tagged(tagged))

    def marginals(self, logits: Tensor, tagged: Tensor) -> Tensor:
        """How probable each tag is over all sequences (B, T, C); positions as in `decode`."""
        if self.transitions is None:
            shares = logits.softmax(-1)
        else:
            packed, order = _packed(logits, tagged)
            found = self.transitions.marginals(packed, tagged.sort(1, True)[0])
            order = order[..., None].expand_as(found)
            shares = torch.zeros_like(found).scatter(1, order, found)
        return shares.gather(1, _last_tagged(tagged)[..., None].expand_as(shares))

    def at(self, place: int) -> "AtPlace":
        """The network that says only what this one says of one position: it classifies."""
        return AtPlace(self, place)


def _packed(logits: Tensor, tagged: Tensor) -> tuple[Tensor, Tensor]:
    """Logits with the tagged positions in front, and where each of them was (B, T)."""
    order = (~tagged).to(torch.int8).argsort(dim=1, stable=True)
    return logits.gather(1, order[..., None].expand_as(logits)), order


def _last_tagged(tagged: Tensor) -> Tensor:
    """(B, T): each position's own number if it is tagged, else that of the last one before."""
    places = torch.arange(tagged.shape[1], device=tagged.device).expand(tagged.shape)
    return torch.where(tagged, places, 0).cummax(1).values


class PlacedAttention(nn.Module):
    """How one position p of a tagger comes by what its tag is told from, as an attention.

    u_p = h_p + Σ_j α_pj v_j, in A heads: the first A look at p alone, where its state is the value,
    the others, if there is self-attention, are its row p.
    """

    pooling = "attention"

    def __init__(self, tagger: CnnLstmAttentionForTokenClassification, place: int) -> None:
        super().__init__()
        self.place, self.reads = place, tagger.config.attention != "none"
        self.reading = tagger.attention
        self.own = self.reading.heads
        self.heads = self.own * (2 if self.reads else 1)
        self.values_size = tagger.states_size // self.own

    def forward(self, states: Tensor, mask: Tensor) -> Attended:
        values = states.unflatten(2, (self.own, -1))  # (B, T, A, V)
        weights = torch.zeros_like(values[..., 0])
        weights[:, self.place] = 1.0
        if not self.reads:
            return Attended(values, weights[..., None])
        _mixed, reading = self.reading.mix(states, mask)
        values = torch.cat([values, self.reading.offered(states)], dim=2)
        weights = torch.cat([weights, reading[:, :, self.place].transpose(1, 2)], dim=2)
        return Attended(values, weights[..., None], reading)


class AtPlace(nn.Module):
    """A tagger seen from one position: a network whose logits (B, C) are those of position p.

    It shares the tagger's weights. Its logits are bias + Σ_t Σ_a weights · (w_a · values), as those
    of every network that classifies, so whatever explains one of them explains a tag.
    """

    read = CnnLstmAttentionTrunk.read
    run_stages = CnnLstmAttentionTrunk.run_stages
    all_there = CnnLstmAttentionTrunk.all_there
    forward = CnnLstmAttentionForSequenceClassification.forward
    conclude = CnnLstmAttentionForSequenceClassification.conclude
    in_unit = CnnLstmAttentionForTokenClassification.in_unit

    def __init__(self, tagger: CnnLstmAttentionForTokenClassification, place: int) -> None:
        super().__init__()
        self.config = tagger.config
        for name in ("embedding", "embedding_dropout", *tagger.config.stages):
            self.add_module(name, tagger.get_submodule(name))
        self.attention = PlacedAttention(tagger, place)
        self.head_dropout = tagger.head_dropout
        copies = self.attention.heads // self.attention.own
        self.head = nn.Linear(1, 1, device="meta")  # whose weights are the tagger's
        self.head.weight = nn.Parameter(tagger.head.weight.detach().repeat(1, copies))
        self.head.bias = tagger.head.bias
        self.eval()


def tags_of(
    network: CnnLstmAttentionForTokenClassification, output: CnnLstmAttentionOutput, tagged: Tensor
) -> Tags:
    """The record of one text (B = 1) from its traced output; `tagged` (1, T) as in `decode`."""
    with torch.inference_mode():
        path = network.decode(output.logits, tagged)
        shares = network.marginals(output.logits, tagged)
        chain = network.transitions
        count = network.config.num_labels
        worth = chain.worth(output.logits) if chain else ()
    begin, follow, end = (part.numpy() for part in worth) if chain else _nothing(count)
    return Tags(
        logits=output.logits[0].numpy(),
        own=output.votes[0].numpy(),
        offered=None if output.offered is None else output.offered[0].numpy(),
        marginals=shares[0].numpy(),
        path=path[0].numpy(),
        tagged=tagged[0].numpy(),
        begin=begin,
        follow=follow,
        end=end,
    )


def _nothing(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A chain of C tags in which no step is worth anything."""
    zeros = partial(np.zeros, dtype=np.float32)
    return zeros(count), zeros((count, count)), zeros(count)


AutoModelForTokenClassification.register(
    CnnLstmAttentionConfig, CnnLstmAttentionForTokenClassification
)

NETWORKS = {
    "classify": CnnLstmAttentionForSequenceClassification,
    "forecast": CnnLstmAttentionForSequenceClassification,
    "tag": CnnLstmAttentionForTokenClassification,
}
"""A row for each key of `attnviz.tasks.TASKS`: `kind(config)` builds the network."""
