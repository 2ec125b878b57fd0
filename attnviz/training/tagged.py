"""Texts whose words are tagged, as the material of a training run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import TrainingError
from attnviz.evaluation import Labelled
from attnviz.modeling import CnnLstmAttentionTrunk
from attnviz.processing import PROCESSORS
from attnviz.processing.tagged import Cut, joined
from attnviz.spans import scheme_of
from attnviz.spelling import learn_words, tokenizer_of
from attnviz.tasks import IGNORED
from attnviz.tokenization import Pieces, learn_pieces
from attnviz.training import texts
from attnviz.training.recipe import Recipe
from attnviz.training.starting import start_from_model
from attnviz.training.vectors import start_from_vectors, words_in


class TaggedMaterial:
    """Texts that are cut into words, each with a tag; the contract is `TextMaterial`'s."""

    def __init__(
        self,
        training: Sequence[Labelled],
        validation: Sequence[Labelled],
        unlabelled: Sequence[str],
        start: Classifier | None,
    ) -> None:
        if unlabelled:
            raise TrainingError("Texts without tags teach a tagger nothing. Leave them out.")
        self.training, self.validation, self.start = training, validation, start
        self.tokenizer, self.processor, self.input, self.letters = None, None, "text", 0

    def fields(self, network: Mapping[str, object]) -> dict[str, object]:
        """Fields of the configuration; tags that spell out spans follow their scheme's rules."""
        names = tag_names(self.training, self.validation)
        rules = "none" if scheme_of(names) is None else "rules"
        network = {"transitions": rules, "attention": "none"} | dict(network)
        self.input, self.letters = network.get("input", "text"), network.get("letters", 0)
        numbers = {name: number for number, name in enumerate(names)}
        return network | {"id2label": dict(enumerate(names)), "label2id": numbers}

    def learn_tokens(
        self, checkpoint: Path | None, vocab_size: int, pieces: Pieces, vectors: str | Path | None
    ) -> dict[str, object]:
        """The tokenizer of the start, of a run that goes on, or a new one; the field it settles."""
        if self.start:
            self.tokenizer = self.start.tokenizer
            return {"vocab_size": self.start.network.config.vocab_size}
        if checkpoint:
            self.tokenizer = tokenizer_of(checkpoint.parent, self.input, self.letters)
        else:
            self.tokenizer = self._learnt(vocab_size, pieces, vectors)
        return {"vocab_size": len(self.tokenizer)}

    def _learnt(
        self, vocab_size: int, pieces: Pieces, vectors: str | Path | None
    ) -> PreTrainedTokenizerFast:
        words = [tagged.tokens for file in self.training for tagged in file.texts]
        if self.input == "words":
            more = words_in(vectors) if vectors else ()
            return learn_words(words, vocab_size, self.letters, more)
        return learn_pieces((joined(each)[0] for each in words), vocab_size, pieces)

    def entries(self, models: Mapping, shares: Sequence[float] | None) -> list[dict]:
        training, validation = as_texts(self.training), as_texts(self.validation)
        return texts.entries_of(training, validation, [], models, shares)

    def items(self, config: CnnLstmAttentionConfig, recipe: Recipe) -> list[dict]:
        self.processor = PROCESSORS[config.input](config, self.tokenizer)
        return self._encoded(self.training, config, recipe.training_tokens)

    def judged(self, config: CnnLstmAttentionConfig) -> list[dict]:
        return self._encoded(self.validation, config, config.max_tokens)

    def prepare(
        self, model: CnnLstmAttentionTrunk, items: Sequence[dict], vectors: str | Path | None
    ) -> None:
        if vectors:
            start_from_vectors(model, self.tokenizer, vectors)
        if self.start:
            start_from_model(model, self.start)

    def save(self, folder: Path, start_from: str | Path | None) -> None:
        self.tokenizer.save_pretrained(folder)
        texts.language_of(as_texts(self.training), self.tokenizer, start_from).save(folder)

    def _encoded(
        self, files: Sequence[Labelled], config: CnnLstmAttentionConfig, most: int
    ) -> list[dict]:
        items = []
        for file in files:
            inputs = self.processor.encode(file.texts)
            for entry, tags in zip(inputs, file.labels, strict=True):
                cut = self.processor.cut(entry, most)
                if len(cut):
                    labels = gold(cut, [config.label2id[tag] for tag in tags])
                    items.append({"inputs": cut, "labels": labels, "row": len(items)})
        if not items:
            raise TrainingError(
                "{files}: no text holds anything to read.", files=files[0].name if files else "–"
            )
        return items


def gold(cut: Cut, numbers: Sequence[int]) -> np.ndarray:
    """(T,) the number of each word's tag at its first position, else what no loss counts."""
    labels = np.full(len(cut), IGNORED)
    labels[list(cut.firsts)] = numbers[: len(cut.firsts)]
    return labels


def as_texts(files: Sequence[Labelled]) -> list[Labelled]:
    """The same files with plain texts."""
    return [
        Labelled(file.name, [joined(tagged.tokens)[0] for tagged in file.texts], file.labels)
        for file in files
    ]


def tag_names(training: Sequence[Labelled], validation: Sequence[Labelled]) -> list[str]:
    """The tags of the training files in alphabetical order, O first, once all files are fit.

    Raises
    ------
    TrainingError
        If there are fewer than two tags, or a validation file is empty or has another tag.
    """
    texts.check_files(validation)
    names = {tag for file in training for tags in file.labels for tag in tags}
    ordered = sorted(names, key=lambda name: (name != "O", name))
    if len(ordered) < 2:
        raise TrainingError(
            "Different tags in the training files: {count} ({names}); a tagger needs two or more.",
            count=len(ordered),
            names=", ".join(ordered),
        )
    for file in validation:
        for row, tags in enumerate(file.labels, 1):
            if strangers := [tag for tag in tags if tag not in names]:
                raise TrainingError(
                    "{file}: text {row} has the tag {tag!r}, which no training text has. Known "
                    "tags: {known}.",
                    file=file.name,
                    row=row,
                    tag=strangers[0],
                    known=", ".join(ordered),
                )
    return ordered
