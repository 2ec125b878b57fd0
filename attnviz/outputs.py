"""What one forward pass leaves behind. Letters in shapes as in `attnviz.modeling`."""

from dataclasses import dataclass

from torch import Tensor
from transformers.utils import ModelOutput

from attnviz.attention import Attended
from attnviz.padding import Turn


@dataclass
class CnnLstmAttentionOutput(ModelOutput):
    """Logits, and whatever else was asked for.

    `hidden_states` and `attentions` come with `output_hidden_states` and `output_attentions`, in
    the layout of Transformers; all that stands below them only with `output_trace`. Positions are
    those of the inputs, whichever side is padded. Padding holds no meaning in any of the
    token-first tensors, except that attention and votes are exactly zero there.
    """

    loss: Tensor | None = None  # scalar
    logits: Tensor | None = None  # (B, C)
    hidden_states: tuple[Tensor, ...] | None = None  # embeddings, then each stage: (B, T, its size)
    attentions: tuple[Tensor, ...] | None = None  # see `layers`
    attention: Tensor | None = None  # (B, T, A): each column sums to 1
    self_attentions: Tensor | None = None  # (B, A, T, T)
    embeddings: Tensor | None = None  # (B, T, E)
    feature_maps: dict[str, Tensor] | None = None  # kernel size → (B, T, F)
    channel_attentions: Tensor | None = None  # (B, sum of F)
    gates: dict[str, Tensor] | None = None  # name → (B, T, L, D, H)
    states: dict[str, Tensor] | None = None  # name → (B, T, L, D, H)
    votes: Tensor | None = None  # (B, T, C)
    offered: Tensor | None = None  # of a tagger, where positions read each other: (B, T, A, C)

    def keep(self, fields: dict, attended: Attended, back: Turn) -> None:
        """Take in the fields of a trace, every position turned back to its place in the inputs."""
        self.attention = back(attended.weights.mean(3))
        self.keep_positions(fields, attended.self_attention, back)

    def keep_positions(self, fields: dict, among: Tensor | None, back: Turn) -> None:
        """The same of a network that does not pool its positions."""
        self.self_attentions = _squares(among, back)
        for name, value in fields.items():
            if isinstance(value, dict):
                value = {key: back(part) for key, part in value.items()}
            elif name != "channel_attentions":  # which has no positions
                value = back(value)
            setattr(self, name, value)


def layers(attended: Attended, back: Turn) -> tuple[Tensor, ...]:
    """What Transformers calls attentions, in the order in which data flow.

    Of multi-head attention how each token (rows) reads the others, (B, A, T, T); of every kind
    the weights with which the context is made, as one query that reads the text, (B, A, 1, T).
    The last axis sums to 1.
    """
    weights = back(attended.weights.mean(3)).transpose(1, 2)[:, :, None]  # (B, A, 1, T)
    among = _squares(attended.self_attention, back)
    return (weights,) if among is None else (among, weights)


def _squares(among: Tensor | None, back: Turn) -> Tensor | None:
    """Self-attention (B, A, T, T) with both axes of tokens turned."""
    if among is None:
        return None
    rows = back(among.transpose(1, 2))  # (B, T, A, T)
    return back(rows.transpose(1, 3)).permute(0, 2, 3, 1)  # from (B, T, A, T), keys first
