"""A trained model and its tokenizer, ready to read texts: the one border from tensors to NumPy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from attnviz.configuration import CnnLstmAttentionConfig, own_settings
from attnviz.errors import AttnvizError, ConfigurationError, ModelFolderError
from attnviz.folders import check_folder
from attnviz.kinds import INPUT_KINDS
from attnviz.language import Language
from attnviz.loading import load_network, refuse_misfit
from attnviz.modeling import CnnLstmAttentionTrunk
from attnviz.outputs import CnnLstmAttentionOutput
from attnviz.processing import PROCESSORS, Reading
from attnviz.samples import Sample, Tagged
from attnviz.spelling import tokenizer_of
from attnviz.tagging import AtPlace, tags_of
from attnviz.tasks import TASKS
from attnviz.threads import threads
from attnviz.trace import Trace

TOKENS_PER_BATCH = 4_000
TEXTS_AT_A_TIME = 10_000  # bounds what tokenizing a long file keeps in memory


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a classifier says of N texts or samples.

    `probabilities` is (N, C) float32, `labels` holds N names. A text without a single token has
    no prediction: its label is the empty string and its probabilities are NaN. So are those of a
    forecast, which has `values` (N, C) in the unit of their channel instead.
    """

    probabilities: np.ndarray
    labels: list[str]
    values: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class TaggedWords:
    """The tag of each of W words, and how sure it is: (W,) in 0…1, NaN of a word not read."""

    tags: tuple[str, ...]
    probabilities: np.ndarray


class Classifier:
    """A network with what it needs to read: its tokenizer, where it reads text.

    Open one with `Classifier.from_pretrained`.
    """

    def __init__(
        self,
        network: CnnLstmAttentionTrunk,
        tokenizer: PreTrainedTokenizerFast | None = None,
        language: Language | None = None,
    ) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.processor = PROCESSORS[network.config.input](network.config, tokenizer)
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
        config = _open(folder, "config.json", lambda: CnnLstmAttentionConfig(**settings))
        if not INPUT_KINDS[config.input].tokenizer:
            return cls(_open(folder, "model.safetensors", lambda: load_network(folder, config)))
        tokenizer = _open(
            folder, "tokenizer.json", partial(tokenizer_of, folder, config.input, config.letters)
        )
        network = _open(folder, "model.safetensors", lambda: load_network(folder, config))
        refuse_misfit(folder, network, tokenizer)
        return cls(network, tokenizer, Language.load(folder, tokenizer.backend_tokenizer))

    @property
    def labels(self) -> tuple[str, ...]:
        """C names, in the order of the logits."""
        names = self.network.config.id2label
        return tuple(names[number] for number in range(len(names)))

    def trace(self, value: str | Sample) -> Trace:
        """Everything that one text, or one sample, leaves behind in the network.

        Raises
        ------
        TextError, SampleError
            If the text holds no token at all, or more than a million characters; if the sample is
            none that the model reads.
        """
        reading = self.processor.read(value)
        batch = self.processor.batch([reading.inputs])
        with threads(1), torch.inference_mode():
            output = self.network(**batch, output_trace=True)
        return Trace(
            **reading.fields(),
            **self._answer(batch, output, reading),
            embeddings=_alone(output.embeddings),
            feature_maps={int(size): _alone(maps) for size, maps in output.feature_maps.items()},
            channel_attention=_alone(output.channel_attentions),
            gates={name: _alone(gate) for name, gate in output.gates.items()},
            states={name: _alone(state) for name, state in output.states.items()},
            self_attention=_alone(output.self_attentions),
            bias=_alone(self.network.in_unit(self.network.head.bias)[None]),
            labels=self.labels,
            task=self.network.config.task,
        )

    def _answer(
        self, batch: dict[str, torch.Tensor], output: CnnLstmAttentionOutput, reading: Reading
    ) -> dict[str, object]:
        """The fields of a trace that say what the network makes of all positions together."""
        task = self.network.config.task
        if task == "tag":
            tags = tags_of(self.network, output, self.processor.tagged([reading.inputs]))
            return {"tags": tags, "place": 0, **tags.seen_from(0, _alone(output.self_attentions))}
        return {
            "attention": _alone(output.attention),
            "votes": _alone(output.votes),
            "logits": _alone(output.logits),
            "probabilities": _alone(TASKS[task].probabilities(output.logits)),
            "pooling": self.network.attention.pooling,
            "level": _alone(self.network.levels(**batch)) if task == "forecast" else None,
        }

    def at(self, place: int | None) -> "Classifier":
        """A tagger as a classifier of one position, which explanations ask; None is itself.

        `classifier.at(trace.place)` is what a trace of any task is explained with.
        """
        if place is None or isinstance(self.network, AtPlace):
            return self
        return Classifier(self.network.at(place), self.tokenizer, self.language)

    def predict(
        self,
        values: Iterable[str | Sample],
        batch_size: int = 64,
        progress: Callable[[int], object] | None = None,
    ) -> Predictions:
        """Labels and probabilities of many texts or samples, in their order, without internals.

        `progress`, if given, is called with the number of texts that were just read.

        Raises
        ------
        TextError, SampleError
            If `values` is one text or a table, or one of them is no str; if a sample is none that
            the model reads.
        """
        if self.network.config.task == "tag":
            raise AttnvizError("This model tags words, it says no one class of a text: use `tag`.")
        values = self.processor.all_of(values)
        result = np.full((len(values), len(self.labels)), np.nan, dtype=np.float32)
        for numbers, part in self.predict_batches(values, batch_size):
            result[numbers] = part
            if progress:
                progress(len(numbers))
        if self.network.config.task == "forecast":
            return Predictions(np.full_like(result, np.nan), [""] * len(result), result)
        labels = ["" if np.isnan(row[0]) else self.labels[int(row.argmax())] for row in result]
        return Predictions(result, labels)

    def predict_batches(
        self, values: Iterable[str | Sample], batch_size: int = 64
    ) -> Iterator[tuple[list[int], np.ndarray]]:
        """The same piece by piece: numbers of n texts, and their probabilities (n, C), of
        forecasts the coming values.

        Texts of similar length share a batch, which is at most `batch_size` texts and about
        4,000 tokens: on mixed lengths that is two to three times as fast as the file's order.
        Texts without a token never come up.
        """
        values, processor = self.processor.all_of(values), self.processor
        for first in range(0, len(values), TEXTS_AT_A_TIME):
            encoded = processor.encode(values[first : first + TEXTS_AT_A_TIME])
            encoded = [processor.cut(entry) for entry in encoded]
            for numbers in buckets([len(entry) for entry in encoded], batch_size):
                batch = processor.batch([encoded[number] for number in numbers])
                with threads(2), torch.inference_mode():
                    result = self._answers(batch).numpy()
                yield [first + number for number in numbers], result

    def _answers(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """(B, C) probabilities, or the coming values in the unit of their channel."""
        logits = self.network(**batch).logits
        if self.network.config.task == "forecast":
            return self.network.levels(**batch) + logits
        return TASKS[self.network.config.task].probabilities(logits)

    def tag(
        self,
        values: Iterable[str | Tagged | Sequence[str]],
        batch_size: int = 64,
        progress: Callable[[int], object] | None = None,
    ) -> list[TaggedWords]:
        """What a tagger says of each word of many texts, typed or cut into words, in their order.

        A word beyond `max_tokens` is not read: its tag is the empty string.

        Raises
        ------
        AttnvizError
            If the model is no tagger.
        TextError
            If `values` is one text, or holds something else than texts.
        """
        if self.network.config.task != "tag":
            raise AttnvizError("This model tags no words: it says one class of a whole text.")
        values = self.processor.all_of(values)
        whole = self.processor.encode(values)
        result = [TaggedWords((), np.zeros(0, dtype=np.float32))] * len(values)
        for numbers in buckets([len(entry) for entry in whole], batch_size):
            entries = [self.processor.cut(whole[number]) for number in numbers]
            batch, tagged = self.processor.batch(entries), self.processor.tagged(entries)
            with threads(2), torch.inference_mode():
                logits = self.network(**batch).logits
                path = self.network.decode(logits, tagged).numpy()
                shares = self.network.marginals(logits, tagged).numpy()
            for row, number in enumerate(numbers):
                firsts = list(entries[row].firsts)
                unread = len(whole[number].firsts) - len(firsts)
                chosen = path[row, firsts]
                names = (*(self.labels[tag] for tag in chosen), *[""] * unread)
                sure = np.append(shares[row, firsts, chosen], np.full(unread, np.nan))
                result[number] = TaggedWords(names, sure.astype(np.float32))
            if progress:
                progress(len(numbers))
        return result

    def words(self, value: str | Tagged | Sequence[str]) -> list[str]:
        """The words that `tag` speaks of, as they stand in the text."""
        return self.processor.words(value)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text, also those beyond `max_tokens`, which the caller cuts."""
        return self.processor.encode(texts)


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
