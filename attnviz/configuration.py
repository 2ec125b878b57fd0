"""The description of a network: what `config.json` in a model folder holds."""

from dataclasses import field

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, PreTrainedConfig

from attnviz.errors import ConfigurationError
from attnviz.folders import MODEL_TYPE, ORDERS, check_temperature
from attnviz.kinds import settle

__all__ = ["ORDERS", "CnnLstmAttentionConfig"]

MOST_LABELS = 10_000
MOST = {
    "vocab_size": 10_000_000,
    "embedding_size": 100_000,
    "filters": 100_000,
    "hidden_size": 100_000,
    "num_hidden_layers": 100,
    "attention_size": 100_000,
    "num_attention_heads": 10_000,
    "max_tokens": 1_000_000,
    "horizon": 10_000,
    "season": 100_000,
    "stride": 100_000,
}
"""No field may be larger: a description from outside must not keep a computer busy for good."""
MOST_KERNELS, LARGEST_KERNEL = 100, 9_999
NOT_OURS = ("attn_implementation", "experts_implementation", "quantization_config", "auto_map")
"""Settings of Transformers that fetch code or change the network; it has no use for any of them."""


@strict
class CnnLstmAttentionConfig(PreTrainedConfig):
    """Input → convolutions and recurrent layers in some order → attention → linear head.

    Parameters
    ----------
    input, task
        Keys of `INPUT_KINDS` and `TASK_KINDS`: what is read at a position, and what is asked.
    channels
        Of a series: K names with their units, such as "I1 (A)".
    step, step_unit, stride
        The time between two values of what is brought and its unit, a row of `STEP_UNITS`; so many
        of them are averaged into one position.
    level, front_end
        Keys of `LEVEL_KINDS` and `FRONT_ENDS`.
    picture, picture_filters
        Rows, columns and colours (1 or 3) of a picture or frame; filters of each 3 × 3 convolution
        over it, each of which halves rows and columns.
    target, horizon, season, spread, naive_error
        Of a forecast: the channels that are forecast, how many steps ahead, the steps of a season,
        half the width of the 80 % interval of each of the target × horizon values, and the mean
        absolute error of the seasonal naive in the training files.
    letters, letter_filters
        Of words with their letters: how many bytes of a word are read, and by how many filters.
    transitions
        Of tags: key of `CHAIN_KINDS`.
    vocab_size, embedding_size
        Rows and columns of the embedding matrix.
    order
        Key of `ORDERS`. With order `cnn` there is no recurrence, and `recurrent` is `none`; either
        may be given. With order `lstm` there are no convolutions, and `kernel_sizes` is empty.
    kernel_sizes, filters
        Odd widths of the parallel convolutions, and how many filters each of them has. An even
        kernel has no middle token, so its map would stand half a token beside the text.
    channel_attention
        Key of `attnviz.attention.CHANNEL_ATTENTIONS`: how the feature maps are weighed.
    recurrent, hidden_size, num_hidden_layers, bidirectional
        Key of `attnviz.recurrent.RECURRENTS`, units per direction, stacked layers, and whether
        a second pass reads the text backwards.
    attention, attention_size, num_attention_heads
        Key of `attnviz.attention.ATTENTIONS`, of tags of `STEP_ATTENTIONS`; the width of its inner
        layer and its heads.
    embedding_dropout, recurrent_dropout, head_dropout
        Shares in 0…1 of values that training sets to zero: of the embeddings, between recurrent
        layers and before the head.
    max_tokens
        Longest text that is read; the rest is cut and counted, never silently.
    temperature
        What the logits are divided by, fitted after training so that probabilities can be taken
        at their word (Guo et al. 2017, eq. 9). It changes no prediction.
    labels
        Not a field of its own: `id2label`, as in every Transformers model.

    Raises
    ------
    ConfigurationError
        If no network can be built from the values; the message names the value and the remedy.
    """

    model_type = MODEL_TYPE

    input: str = "text"
    task: str = "classify"
    channels: list[str] | tuple[str, ...] = field(default_factory=list)
    step: float | int | None = None
    step_unit: str = ""
    stride: int = 1
    level: str = "files"
    front_end: str = "none"
    picture: list[int] | tuple[int, ...] = field(default_factory=list)
    picture_filters: list[int] | tuple[int, ...] = field(default_factory=list)
    target: list[str] | tuple[str, ...] = field(default_factory=list)
    horizon: int = 0
    season: int = 1
    spread: list[float] | tuple[float, ...] = field(default_factory=list)
    naive_error: float | int = 0.0
    letters: int = 0
    letter_filters: int = 0
    transitions: str = "none"
    vocab_size: int = 8_000
    embedding_size: int = 100
    order: str = "cnn-lstm"
    kernel_sizes: list[int] | tuple[int, ...] = field(default_factory=lambda: [1, 3, 5])
    filters: int = 64
    channel_attention: str = "none"
    recurrent: str = "lstm"
    hidden_size: int = 128
    num_hidden_layers: int = 1
    bidirectional: bool = True
    attention: str = "additive"
    attention_size: int = 64
    num_attention_heads: int = 1
    embedding_dropout: float | int = 0.3
    recurrent_dropout: float | int = 0.3
    head_dropout: float | int = 0.3
    max_tokens: int = 1_024
    temperature: float | int = 1.0
    pad_token_id: int | None = 0

    def __post_init__(self, **kwargs) -> None:
        kwargs = {
            name: value
            for name, value in kwargs.items()
            if name not in NOT_OURS and not name.startswith("_")
        }
        self._check_number_of_labels(kwargs.get("num_labels"))
        if self.id2label is not None:
            kwargs.pop("num_labels", None)  # the names count
        super().__post_init__(**kwargs)
        self.kernel_sizes = list(self.kernel_sizes)
        settle(self)
        self._settle_order()
        self._check_counts()
        self._check_kernel_sizes()
        for name in ("embedding_dropout", "recurrent_dropout", "head_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigurationError(
                    "{name} is {value}; a dropout is a share from 0 up to, but not including, 1.",
                    name=name,
                    value=getattr(self, name),
                )
        check_temperature(self.temperature)

    def _check_number_of_labels(self, count: object) -> None:
        """Before Transformers gives each of them a name."""
        if isinstance(self.id2label, dict):
            count = len(self.id2label)
        if count is not None and not (isinstance(count, int) and count <= MOST_LABELS):
            raise ConfigurationError(
                "num_labels is {count}; a network tells at most {most:,} labels apart.",
                count=str(count)[:20],
                most=MOST_LABELS,
            )

    def _settle_order(self) -> None:
        """One spelling for each network: what an order leaves out is written as left out."""
        if self.recurrent == "none" and self.order == "cnn-lstm":
            self.order = "cnn"
        if self.order not in ORDERS:
            raise ConfigurationError(
                "order is {order!r}; known kinds: {known}.",
                order=self.order,
                known=", ".join(ORDERS),
            )
        if "recurrent" not in self.stages:
            self.recurrent = "none"
        elif self.recurrent == "none":
            raise ConfigurationError(
                "recurrent is 'none', but order {order!r} has a recurrent layer. Set order to "
                "'cnn', or choose a cell.",
                order=self.order,
            )
        if "convolutions" not in self.stages:
            self.kernel_sizes = []
            if self.channel_attention != "none":
                raise ConfigurationError(
                    "channel_attention is {kind!r}, but order {order!r} has no feature maps to "
                    "weigh. Set it to 'none', or choose an order with convolutions.",
                    kind=self.channel_attention,
                    order=self.order,
                )

    def _check_counts(self) -> None:
        for name, most in MOST.items():
            value = getattr(self, name)
            if value < 1 and not (name == "horizon" and self.task != "forecast"):
                raise ConfigurationError(
                    "{name} is {value}; it must be at least 1.", name=name, value=value
                )
            if value > most:
                raise ConfigurationError(
                    "{name} is {value}; it must be at most {most:,}.",
                    name=name,
                    value=str(value)[:20],
                    most=most,
                )
        if self.num_labels < 2 and self.task != "forecast":
            raise ConfigurationError(
                "The network's labels: {labels}. A classifier needs at least two.",
                labels=self.num_labels,
            )
        if sorted(self.id2label) != list(range(self.num_labels)):
            raise ConfigurationError(
                "id2label names the labels {found}; number them from 0 to {last}.",
                found=", ".join(map(str, self.id2label)),
                last=self.num_labels - 1,
            )

    def _check_kernel_sizes(self) -> None:
        sizes = self.kernel_sizes
        if "convolutions" not in self.stages:
            return
        if not sizes or len(set(sizes)) < len(sizes):
            raise ConfigurationError(
                "kernel_sizes is {sizes}; give one or more different sizes, such as [1, 3, 5].",
                sizes=sizes,
            )
        if len(sizes) > MOST_KERNELS or max(sizes) > LARGEST_KERNEL:
            raise ConfigurationError(
                "kernel_sizes holds {count:,} sizes, {largest} the largest; give at most {most}, "
                "each at most {size:,}.",
                count=len(sizes),
                largest=str(max(sizes))[:20],
                most=MOST_KERNELS,
                size=LARGEST_KERNEL,
            )
        for size in sizes:
            if size < 1 or size % 2 == 0:
                raise ConfigurationError(
                    "Kernel size {size} has no middle token, so its feature map would stand "
                    "beside the text. Use an odd size: 1, 3, 5, …",
                    size=size,
                )

    @property
    def stages(self) -> tuple[str, ...]:
        """What stands between the embedding and the attention, in order."""
        return ORDERS[self.order]

    @property
    def directions(self) -> int:
        """D: 2 when the text is also read backwards, else 1."""
        return 2 if self.bidirectional else 1


def own_settings(found: dict) -> dict:
    """Of a `config.json` from outside what this network has a field for, and its labels."""
    own = {*CnnLstmAttentionConfig.__annotations__, "id2label", "num_labels"}
    return {name: value for name, value in found.items() if name in own and value is not None}


AutoConfig.register(MODEL_TYPE, CnnLstmAttentionConfig)
