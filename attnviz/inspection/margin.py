"""What words, filters, units and positions add to the margin between two classes, text by text.

The margin is the logit of one class minus that of another: probabilities depend on it alone, and
it is linear in the context, so what each part adds to it can be counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from attnviz.classifier import Classifier, buckets
from attnviz.errors import AttnvizError
from attnviz.evidence.contrast import BINS
from attnviz.processing import encode, normalized, start_of, words_of
from attnviz.threads import threads

BATCH_SIZE = 32


@dataclass(frozen=True, eq=False)
class Parts:
    """n things of one kind in S texts.

    Each (S, n): `values` what it adds to the margin, `counts` how often it occurs, `places` the
    token where it adds most, either way.
    """

    names: tuple[str, ...]
    values: np.ndarray
    counts: np.ndarray
    places: np.ndarray


def margin_head(classifier: Classifier, label: str, against: str) -> tuple[Tensor, float]:
    """Weights (A · V,) and bias of the margin, after temperature.

    Raises
    ------
    AttnvizError
        If the model lacks one of the classes, or both are the same.
    """
    labels = classifier.labels
    for name in (label, against):
        if name not in labels:
            raise AttnvizError(
                "The model has no class {label}. Its classes are: {known}.",
                label=name,
                known=", ".join(labels),
            )
    if label == against:
        template = "Class {label} cannot be weighed against itself. Choose another."
        raise AttnvizError(template, label=label)
    network, pair = classifier.network, [labels.index(label), labels.index(against)]
    weight = network.head.weight.detach()[pair] / network.config.temperature
    bias = network.head.bias.detach()[pair].double() / network.config.temperature
    return weight[0] - weight[1], float(bias[0] - bias[1])


def read_margins(
    classifier: Classifier,
    texts: list[str],
    weight: Tensor,
    progress: Callable[[float, float], object] | None = None,
) -> dict[str, Parts]:
    """Kind → its parts in all texts, each of which has a token; no filters without convolutions.

    Words, units and positions are three ways to cut the same sum: with the bias, each of them adds
    up to a text's margin. The vocabulary is the words with one vote each, the mean of all texts.
    `progress(done, total)` counts texts.
    """
    words: list[dict] = [{} for _ in texts]
    kept: dict[str, list] = {}
    done = 0
    for numbers, spelt, votes, found in _batches(classifier, texts, weight):
        for place, number in enumerate(numbers):
            words[number] = _word_votes(spelt[place], votes[place])
            for kind, arrays in found.items():
                empty: list = [None] * len(texts)
                kept.setdefault(kind, empty)[number] = [array[place] for array in arrays]
        done += len(numbers)
        if progress:
            progress(done, len(texts))
    names = _names(classifier)
    parts = _word_parts(words)
    return {"vocabulary": _alike(parts), "words": parts} | {
        kind: Parts(names[kind], *(np.stack(parts) for parts in zip(*rows, strict=True)))
        for kind, rows in kept.items()
    }


def split_margin(
    network, ids: Tensor, mask: Tensor, weight: Tensor
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray] | None]:
    """What units and filters add to the margin at each token, for one batch of B texts.

    Units of the context, (B, T, N): share of the context · weight. Exact: with the bias they add
    up to the margin.

    Filters, (B, T, F), and how often each responds (B, F): gradient × activation, m ∂margin/∂m of
    the weighed response m, through recurrence and attention. Summed over the tokens that is the
    rate at which the margin rises as all responses of the filter grow by a common factor. Where
    the way from filter to logit is linear (mean or max pooling right behind the convolutions) it
    is all that the filter adds; elsewhere it is true to first order. None without convolutions.
    """
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        states, maps = network.embedding(ids) * mask[..., None], None
        for name in network.config.stages:
            states, _ = network.get_submodule(name)(states, mask, False)
            if name == "convolutions":  # what is before has no part in it
                maps = states = states.detach().requires_grad_()
        _logits, shares, _attended = network.conclude(states, mask)
        units = shares.flatten(2) * weight  # (B, T, N)
        if maps is None:
            return _doubles(units), None
        (gradient,) = torch.autograd.grad(units.sum(), maps)
    responds = ((maps != 0) & mask[..., None]).sum(1)
    return _doubles(units), (_doubles(maps * gradient), _doubles(responds))


def _doubles(values: Tensor) -> np.ndarray:
    return values.detach().double().numpy()


def _batches(classifier: Classifier, texts: list[str], weight: Tensor) -> Iterator[tuple]:
    """Numbers of texts; their words, token by token; their votes; kind → three arrays (B, n)."""
    network, most = classifier.network, classifier.network.config.max_tokens
    texts = [start_of(text) for text in texts]
    encoded = encode(classifier.tokenizer, texts, return_offsets_mapping=True)
    lengths = [min(len(ids), most) for ids in encoded["input_ids"]]
    for numbers in buckets(lengths, BATCH_SIZE):
        counts = torch.tensor([lengths[number] for number in numbers])
        ids = torch.zeros(len(numbers), int(counts.max()), dtype=torch.long)
        for place, number in enumerate(numbers):
            ids[place, : counts[place]] = torch.tensor(encoded["input_ids"][number][:most])
        mask = torch.arange(ids.shape[1])[None] < counts[:, None]
        with threads(2):
            units, filters = split_margin(network, ids, mask, weight)
        votes = units.sum(2)  # (B, T)
        found = {"units": _summed(units, np.ones((len(numbers), units.shape[2])))}
        if filters is not None:
            found["filters"] = _summed(*filters)
        found["positions"] = _tenths(votes, counts.numpy())
        spelt = [_spell(classifier, texts[n], encoded, n, lengths[n]) for n in numbers]
        yield numbers, spelt, votes, found


def _summed(parts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Parts (B, T, n) over the tokens, (B, n); the counts; the token with the largest part."""
    return parts.sum(1), counts, np.abs(parts).argmax(1)


def _tenths(votes: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, ...]:
    """Votes (B, T) by tenths of each text: sums (B, BINS), tokens in it, its strongest token.

    Token t of T covers (t / T, (t + 1) / T) of the text, and what lies across the border between
    two tenths is shared out: so a text of three tokens has ten tenths as well.
    """
    shape = (len(lengths), BINS)
    sums, counts, places = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=int)
    for number, length in enumerate(lengths.tolist()):
        starts = np.arange(length) * (BINS / length)  # in tenths
        tenths = np.arange(BINS)[:, None]
        width = np.minimum(starts + BINS / length, tenths + 1) - np.maximum(starts, tenths)
        parts = np.clip(width, 0, None) * (length / BINS)  # (BINS, T), each column sums to 1
        own = votes[number, :length]
        sums[number], counts[number] = parts @ own, parts.sum(1)
        places[number] = np.abs(parts * own).argmax(1)
    return sums, counts, places


def _spell(classifier: Classifier, text: str, encoded, number: int, length: int) -> list[tuple]:
    """For each token the number of its word in the text, and the word as the model reads it."""
    offsets = encoded["offset_mapping"][number][:length]
    words = words_of(text, encoded.word_ids(number)[:length], offsets)
    starts: dict[int, int] = {}
    for word, (start, _) in zip(words, offsets, strict=True):
        starts.setdefault(word, start)
    ends = {word: end for word, (_, end) in zip(words, offsets, strict=True)}
    names = {
        word: normalized(classifier.tokenizer, text[start : ends[word]]).strip()
        for word, start in starts.items()
    }
    return [(word, names[word]) for word in words]


def _word_votes(spelt: list[tuple], votes: np.ndarray) -> dict[str, list]:
    """Word → its votes in one text, how often it occurs, its strongest token."""
    found: dict[str, list] = {}
    for place, (word, name) in enumerate(spelt):
        entry = found.setdefault(name, [0.0, 0, place])
        entry[0] += votes[place]
        entry[1] += place == 0 or spelt[place - 1][0] != word
        entry[2] = max(entry[2], place, key=lambda other: abs(votes[other]))
    return found


def _word_parts(texts: list[dict]) -> Parts:
    names = sorted({name for found in texts for name in found})
    columns = {name: number for number, name in enumerate(names)}
    shape = (len(texts), len(names))
    arrays = [np.zeros(shape, dtype=kind) for kind in (float, int, int)]
    for number, found in enumerate(texts):
        for name, entry in found.items():
            for array, value in zip(arrays, entry, strict=True):
                array[number, columns[name]] = value
    return Parts(tuple(names), *arrays)


def _alike(words: Parts) -> Parts:
    """Each word with its mean vote wherever it occurs."""
    votes = words.values.sum(0) / words.counts.sum(0)
    return replace(words, values=words.counts * votes)


def _names(classifier: Classifier) -> dict[str, tuple[str, ...]]:
    config = classifier.network.config
    return {
        "units": tuple(map(str, range(classifier.network.head.in_features))),
        "filters": tuple(f"{s}·{f}" for s in config.kernel_sizes for f in range(config.filters)),
        "positions": tuple(f"{10 * n}–{10 * n + 10}%" for n in range(BINS)),
    }
