"""What a network reads at each position, whatever a person brings.

The contract of every row of `INPUTS`: `kind(config)` builds it. Its `size` is the length E of what
it says of a position; called with a batch of raw input and the mask (B, T), True at positions that
are there, it returns embeddings (B, T, E). `length(raw)` is the number of positions T of a batch.

| key | raw input | a position is |
|---|---|---|
| text | token numbers (B, T) | a token |
| words | a word's number, then its letters (B, T, 1 + L) | a word |
| series | channels (B, T, K), NaN where a value is missing | a time step |
| frames | pictures (B, T, h, w, c), 0…255 | a frame |
| rows, columns, filters | one picture (B, h, w, c), 0…255 | a row, a column, a filter of it |
"""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from attnviz.configuration import CnnLstmAttentionConfig

BRIGHTEST = 255
BYTES = 256
LETTER_SIZE, LETTERS_READ = 24, 3  # numbers of a letter's vector; letters that a filter reads


class Words(nn.Embedding):
    """One learnt vector for each token of the vocabulary."""

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__(config.vocab_size, config.embedding_size)
        self.size = config.embedding_size

    def length(self, ids: Tensor) -> int:
        return ids.shape[1]

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        return super().forward(ids)


class Spelt(nn.Module):
    """A word's vector beside the strongest answers of filters that read its letters.

    Ma & Hovy (2016), section 2.1. The letters are bytes of UTF-8 counted from 1, 0 where the word
    has ended, so no vocabulary is needed and none is unknown: capitals and endings tell much of a
    word that was never seen.
    """

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.words = nn.Embedding(config.vocab_size, config.embedding_size)
        self.letters = nn.Embedding(1 + BYTES, LETTER_SIZE)
        self.filters = nn.Conv1d(LETTER_SIZE, config.letter_filters, LETTERS_READ, padding="same")
        self.size = config.embedding_size + config.letter_filters

    def length(self, words: Tensor) -> int:
        return words.shape[1]

    def forward(self, words: Tensor, mask: Tensor | None = None) -> Tensor:
        letters = self.letters(words[..., 1:].flatten(0, 1)).transpose(1, 2)  # (B · T, ., L)
        spelt = functional.relu(self.filters(letters)).amax(2).unflatten(0, words.shape[:2])
        return torch.cat([self.words(words[..., 0]), spelt], dim=-1)  # (B, T, E)


class Channels(nn.Module):
    """The channels themselves, standardised: E = K, so every later number speaks of a channel.

    x = (value − mean) / scale. `scale` is the standard deviation in the training files; `mean` is
    theirs too, or that of the sample or of its last season (`config.level`, a key of `LEVELS`).
    Both are stored with the weights. A missing value becomes 0, the mean. There is no projection:
    the convolution or recurrent layer behind it is one already.
    """

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.size, self.season = len(config.channels), config.season
        self.measured = LEVELS[config.level]
        self.register_buffer("mean", torch.zeros(self.size))
        self.register_buffer("scale", torch.ones(self.size))

    def length(self, values: Tensor) -> int:
        return values.shape[1]

    def level(self, values: Tensor, mask: Tensor) -> Tensor:
        """What each channel is measured from (B, K), in its own unit."""
        return self.measured(self, values, mask)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        level = self.level(values, mask)[:, None]
        return ((values - level) / self.scale).nan_to_num(0.0, 0.0, 0.0)


def _of_the_files(channels: Channels, values: Tensor, mask: Tensor) -> Tensor:
    return channels.mean.expand(len(values), -1)


def _of_the_sample(channels: Channels, values: Tensor, mask: Tensor) -> Tensor:
    """The sample's own mean; that of the files where a channel has no value at all."""
    there = mask[..., None] & ~values.isnan()  # (B, T, K)
    sums = torch.where(there, values, 0.0).sum(1)
    counts = there.sum(1)
    return torch.where(counts > 0, sums / counts.clamp(min=1), channels.mean)


def _of_the_last_season(channels: Channels, values: Tensor, mask: Tensor) -> Tensor:
    behind = mask.flip(1).cumsum(1).flip(1)  # (B, T): 1 at the last position, 0 beyond it
    return _of_the_sample(channels, values, mask & (behind <= channels.season))


LEVELS = {"files": _of_the_files, "sample": _of_the_sample, "season": _of_the_last_season}
"""What a channel's mean is taken over: (channels, values (B, T, K), mask (B, T)) → (B, K)."""


class Picture(nn.Module):
    """A small picture network: 3 × 3 convolutions, each halving rows and columns.

    Without filters it is the picture itself.
    """

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        rows, columns, colours = config.picture
        self.layers, sizes = nn.ModuleList(), [colours, *config.picture_filters]
        for before, after in pairwise(sizes):
            self.layers.append(nn.Conv2d(before, after, 3, padding=1))
            rows, columns = rows // 2, columns // 2
        self.shape = sizes[-1], rows, columns  # what one picture becomes: (f, h', w')

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (N, h, w, c) in 0…255 as maps (N, f, h', w')."""
        maps = pictures.permute(0, 3, 1, 2) / BRIGHTEST
        for layer in self.layers:
            maps = functional.max_pool2d(functional.relu(layer(maps)), 2)
        return maps


class Frames(nn.Module):
    """Each frame through the same picture network (Donahue et al. 2015, section 3)."""

    def __init__(self, config: CnnLstmAttentionConfig) -> None:
        super().__init__()
        self.picture = Picture(config)
        filters, rows, columns = self.picture.shape
        self.size = config.embedding_size
        self.project = nn.Linear(filters * rows * columns, self.size)

    def length(self, frames: Tensor) -> int:
        return frames.shape[1]

    def forward(self, frames: Tensor, mask: Tensor | None = None) -> Tensor:
        maps = self.picture(frames.flatten(0, 1))  # (B · T, f, h', w'): samples and time, one axis
        return self.project(maps.flatten(1)).unflatten(0, frames.shape[:2])


class Axis(nn.Module):
    """One axis of a picture, or of its maps, is taken for time (Shi et al. 2017, section 2.2)."""

    def __init__(self, config: CnnLstmAttentionConfig, axis: int) -> None:
        super().__init__()
        self.picture, self.axis = Picture(config), axis
        shape = self.picture.shape
        self.steps = shape[axis]
        self.size = shape[0] * shape[1] * shape[2] // self.steps

    def length(self, pictures: Tensor) -> int:
        return self.steps

    def forward(self, pictures: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.picture(pictures).movedim(1 + self.axis, 1).flatten(2)  # (B, T, E)


INPUTS = {
    "text": Words,
    "words": Spelt,
    "series": Channels,
    "frames": Frames,
    "rows": partial(Axis, axis=1),
    "columns": partial(Axis, axis=2),
    "filters": partial(Axis, axis=0),
}
