"""A trained model and its tokenizer, ready to read texts: the one border from tensors to NumPy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from attnviz.configuration import CnnLstmAttentionConfig, own_settings
from attnviz.errors import ConfigurationError, ModelFolderError, TextError
from attnviz.folders import check_folder
from attnviz.invisible import invisible, named
from attnviz.language import Language
from attnviz.loading import load_network, refuse_misfit
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.processing import encode, normalized, readable, start_of, texts_of
from attnviz.threads import threads
from attnviz.tokenization import cover_marks, load_tokenizer
from attnviz.trace import Trace

TOKENS_PER_BATCH = 4_000
TEXTS_AT_A_TIME = 10_000  # bounds what tokenizing a long file keeps in memory


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a classifier says of N texts.

    `probabilities` is (N, C) float32, `labels` holds N names. A text without a single token has
    no prediction: its label is the empty string and its probabilities are NaN.
    """

    probabilities: np.ndarray
    labels: list[str]


class Classifier:
    """A network with its tokenizer. Open one with `Classifier.from_pretrained`."""

    def __init__(
        self,
        network: CnnLstmAttentionForSequenceClassification,
        tokenizer: PreTrainedTokenizerFast,
        language: Language | None = None,
    ) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.language = language

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> "Classifier":
        """Open a model folder, strictly: what is drawn later must be what was trained.

        Raises
        ------
        ModelFolderError
            If anything is missing, surplus, of another type or unreadable. Transformers alone
            would go on with random numbers in place of missing weights.
        """
        settings = own_settings(check_folder(folder))
        tokenizer = _open(folder, "tokenizer.json", lambda: load_tokenizer(folder))
        config = _open(folder, "config.json", lambda: CnnLstmAttentionConfig(**settings))
        network = _open(folder, "model.safetensors", lambda: load_network(folder, config))
        refuse_misfit(folder, network, tokenizer)
        return cls(network, tokenizer, Language.load(folder, tokenizer.backend_tokenizer))

    @property
    def labels(self) -> tuple[str, ...]:
        """C names, in the order of the logits."""
        names = self.network.config.id2label
        return tuple(names[number] for number in range(len(names)))

    def trace(self, text: str) -> Trace:
        """Everything that one text leaves behind in the network.

        Raises
        ------
        TextError
            If the text holds no token at all, or more than a million characters.
        """
        text = readable(text)
        encoding = encode(self.tokenizer, text, return_offsets_mapping=True)
        kept = len(encoding["input_ids"][: self.network.config.max_tokens])
        if not kept:
            raise _nothing(text)
        ids = torch.tensor([encoding["input_ids"][:kept]])
        with threads(1), torch.inference_mode():
            output = self.network(ids, torch.ones_like(ids), output_trace=True)
        # One token more than is kept, or the last would take in a mark that was cut.
        offsets = cover_marks(text, encoding["offset_mapping"][: kept + 1])[:kept]
        return Trace(
            text=text,
            normalized=normalized(self.tokenizer, text),
            tokens=tuple(encoding.tokens()[:kept]),
            offsets=tuple(offsets),
            words=words_of(text, encoding.word_ids()[:kept], offsets),
            truncated=len(encoding["input_ids"]) - kept,
            embeddings=_alone(output.embeddings),
            feature_maps={int(size): _alone(maps) for size, maps in output.feature_maps.items()},
            channel_attention=_alone(output.channel_attentions),
            gates={name: _alone(gate) for name, gate in output.gates.items()},
            states={name: _alone(state) for name, state in output.states.items()},
            attention=_alone(output.attention),
            self_attention=_alone(output.self_attentions),
            votes=_alone(output.votes),
            bias=_alone(self.network.in_unit(self.network.head.bias)[None]),
            logits=_alone(output.logits),
            probabilities=_alone(output.logits.softmax(1)),
            labels=self.labels,
            pooling=self.network.attention.pooling,
        )

    def predict(
        self,
        texts: Iterable[str],
        batch_size: int = 64,
        progress: Callable[[int], object] | None = None,
    ) -> Predictions:
        """Labels and probabilities of many texts, in their order, without keeping internals.

        `progress`, if given, is called with the number of texts that were just read.

        Raises
        ------
        TextError
            If `texts` is one text or a table, or one of them is no str.
        """
        texts = texts_of(texts)
        probabilities = np.full((len(texts), len(self.labels)), np.nan, dtype=np.float32)
        for numbers, found in self.predict_batches(texts, batch_size):
            probabilities[numbers] = found
            if progress:
                progress(len(numbers))
        labels = [
            "" if np.isnan(row[0]) else self.labels[int(row.argmax())] for row in probabilities
        ]
        return Predictions(probabilities, labels)

    def predict_batches(
        self, texts: Iterable[str], batch_size: int = 64
    ) -> Iterator[tuple[list[int], np.ndarray]]:
        """The same piece by piece: numbers of n texts, and their probabilities (n, C).

        Texts of similar length share a batch, which is at most `batch_size` texts and about
        4,000 tokens: on mixed lengths that is two to three times as fast as the file's order.
        Texts without a token never come up.
        """
        texts = texts_of(texts)
        for first in range(0, len(texts), TEXTS_AT_A_TIME):
            pieces = self.encode(texts[first : first + TEXTS_AT_A_TIME])
            encoded = [ids[: self.network.config.max_tokens] for ids in pieces]
            for numbers in buckets([len(ids) for ids in encoded], batch_size):
                batch = self.tokenizer.pad(
                    {"input_ids": [encoded[number] for number in numbers]}, return_tensors="pt"
                )
                with threads(2), torch.inference_mode():
                    logits = self.network(batch["input_ids"], batch["attention_mask"]).logits
                yield [first + number for number in numbers], logits.softmax(1).numpy()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text, also those beyond `max_tokens`, which the caller cuts.

        `truncation=True` would be a setting of the tokenizer, which a trace in another thread
        shares, so that its text would be cut without being counted.
        """
        read = [start_of(text) for text in texts]
        return encode(self.tokenizer, read, return_attention_mask=False)["input_ids"]


def buckets(lengths: list[int], batch_size: int) -> Iterator[list[int]]:
    """Numbers of texts in batches of similar length, longest first; texts of length 0 left out."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        if not lengths[number]:
            break
        longest = lengths[batch[0]] if batch else lengths[number]
        if len(batch) == batch_size or (len(batch) + 1) * longest > max(TOKENS_PER_BATCH, longest):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _alone(values: torch.Tensor | None) -> np.ndarray | None:
    """The one text of a batch, without the batch axis."""
    return None if values is None else values[0].detach().numpy()


def _nothing(text: str) -> TextError:
    if unseen := invisible(text):
        return TextError(
            "There is nothing to read: the text holds only spaces and characters that nobody sees "
            "({names}).",
            names=named(unseen),
        )
    return TextError("There is nothing to read: the text is empty or holds only spaces.")


def words_of(text: str, ids: list[int], offsets: list[tuple[int, int]]) -> tuple[int, ...]:
    """Pieces of one word share a number; Han text has no spaces, so there each piece is a word."""
    words, number = [], -1
    for position, word in enumerate(ids):
        start = offsets[position][0]
        han = "\u3400" <= text[start : start + 1] <= "\u9fff"
        fresh = position == 0 or word != ids[position - 1]
        if fresh or (han and offsets[position] != offsets[position - 1]):
            number += 1
        words.append(number)
    return tuple(words)


def _open(folder: str | Path, what: str, load):
    try:
        return load()
    except ConfigurationError as error:
        raise ModelFolderError(
            "{folder}/config.json describes no network. {error}", folder=folder, error=error
        ) from error
    except ModelFolderError:
        raise
    except Exception as error:
        raise ModelFolderError(
            "{folder}: {what} cannot be opened. {error}", folder=folder, what=what, error=error
        ) from error
