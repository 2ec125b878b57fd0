"""What a run learns from: texts, or samples. One class for each, with the same contract."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import TrainingError
from attnviz.evaluation import Labelled
from attnviz.forecasts import naive_error
from attnviz.kinds import INPUT_KINDS
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.processing import PROCESSORS
from attnviz.tokenization import Pieces
from attnviz.training import samples, texts
from attnviz.training.recipe import Recipe
from attnviz.training.starting import start_from_model
from attnviz.training.tagged import TaggedMaterial
from attnviz.training.vectors import start_from_vectors


class TextMaterial:
    """Texts with one label each, and texts for a teacher alone.

    `fields` completes the configuration, `items` and `judged` are what `Trainer` reads, `entries`
    what `History.data` says of the files, `prepare` gives a new network what it must know before
    the first step, and `save` writes what stands beside the weights.
    """

    def __init__(
        self,
        training: Sequence[Labelled],
        validation: Sequence[Labelled],
        unlabelled: Sequence[str],
        start: Classifier | None,
    ) -> None:
        self.training, self.validation = training, validation
        self.unlabelled, self.start = unlabelled, start
        self.tokenizer, self.processor = None, None

    def fields(self, network: Mapping[str, object]) -> dict[str, object]:
        """Fields of the configuration; refuses files that are unfit for training."""
        names = texts.label_names(self.training, self.validation)
        return dict(network) | _labels(names)

    def learn_tokens(
        self, checkpoint: Path | None, vocab_size: int, pieces: Pieces, vectors: str | Path | None
    ) -> dict[str, object]:
        """The tokenizer of the start, of a run that goes on, or a new one; the field it settles."""
        if self.start:
            self.tokenizer = self.start.tokenizer
            return {"vocab_size": self.start.network.config.vocab_size}
        learnt = self.training, self.unlabelled, vocab_size, pieces
        self.tokenizer = texts.tokenizer_of(checkpoint, *learnt)
        return {"vocab_size": len(self.tokenizer)}

    def entries(self, models: Mapping, shares: Sequence[float] | None) -> list[dict]:
        return texts.entries_of(self.training, self.validation, self.unlabelled, models, shares)

    @property
    def files(self) -> list[Labelled]:
        """All that is learnt from; the label of a text for the teacher alone is None."""
        unlabelled = Labelled("unlabelled", list(self.unlabelled), [None] * len(self.unlabelled))
        return [*self.training, unlabelled]

    def items(self, config: CnnLstmAttentionConfig, recipe: Recipe) -> list[dict]:
        self.processor = PROCESSORS[config.input](config, self.tokenizer)
        return texts.encode(self.files, self.tokenizer, config.label2id, recipe.training_tokens)

    def judged(self, config: CnnLstmAttentionConfig) -> list[dict]:
        return texts.encode(self.validation, self.tokenizer, config.label2id, config.max_tokens)

    def prepare(
        self,
        model: CnnLstmAttentionForSequenceClassification,
        items: Sequence[dict],
        vectors: str | Path | None,
    ) -> None:
        if vectors:
            start_from_vectors(model, self.tokenizer, vectors)
        if self.start:
            start_from_model(model, self.start)

    def save(self, folder: Path, start_from: str | Path | None) -> None:
        self.tokenizer.save_pretrained(folder)
        texts.language_of(self.files, self.tokenizer, start_from).save(folder)


WHOLE = ("rows", "columns", "filters")  # inputs whose positions are parts of one picture


class SampleMaterial:
    """Series, films or pictures with one label each, or with the values to come."""

    tokenizer = None

    def __init__(
        self,
        training: Sequence[Labelled],
        validation: Sequence[Labelled],
        unlabelled: Sequence[str],
        start: Classifier | None,
    ) -> None:
        if unlabelled:
            raise TrainingError("Samples without labels teach nothing. Leave --unlabelled out.")
        self.training, self.validation, self.start = training, validation, start
        self.processor = None

    def fields(self, network: Mapping[str, object]) -> dict[str, object]:
        everything = [sample for file in self.training for sample in file.texts]
        if not everything:
            raise TrainingError("There is no sample to learn from.")
        network = network if self.start else samples.described(everything, network)
        if network.get("task", "classify") == "forecast":
            return dict(network) | _labels(samples.coming(network))
        return dict(network) | _labels(texts.label_names(self.training, self.validation))

    def learn_tokens(
        self, checkpoint: Path | None, vocab_size: int, pieces: Pieces, vectors: str | Path | None
    ) -> dict[str, object]:
        """Samples have no vocabulary."""
        return {}

    def entries(self, models: Mapping, shares: Sequence[float] | None) -> list[dict]:
        if shares is None:
            shares = samples.shared_samples(self.training, self.validation)
        return texts.entries_of(self.training, self.validation, [], models, shares)

    def items(self, config: CnnLstmAttentionConfig, recipe: Recipe) -> list[dict]:
        if recipe.word_dropout and config.input in WHOLE:
            raise TrainingError(
                "A picture is read whole, so none of its positions can be blanked. Leave "
                "--word-dropout out."
            )
        self.processor = PROCESSORS[config.input](config)
        return self._encoded(self.training, config)

    def judged(self, config: CnnLstmAttentionConfig) -> list[dict]:
        return self._encoded(self.validation, config)

    def prepare(
        self,
        model: CnnLstmAttentionForSequenceClassification,
        items: Sequence[dict],
        vectors: str | Path | None,
    ) -> None:
        if vectors:
            raise TrainingError("Samples have no words, so --vectors has no use. Leave it out.")
        samples.standardise(model, items)
        if model.config.task == "forecast":
            pasts = [item["inputs"] for item in items]
            error = naive_error(pasts, model.config)  # NaN where a past is one season long
            model.config.naive_error = float(f"{error:.6g}") if error > 0 else 0.0
        if self.start:
            start_from_model(model, self.start)

    def save(self, folder: Path, start_from: str | Path | None) -> None:
        """Everything that samples need is in the configuration and the weights."""

    def _encoded(self, files: Sequence[Labelled], config: CnnLstmAttentionConfig) -> list[dict]:
        return samples.encode(files, self.processor, config.label2id, config.task)


def _labels(names: Sequence[str]) -> dict[str, object]:
    return {
        "id2label": dict(enumerate(names)),
        "label2id": {name: number for number, name in enumerate(names)},
    }


MATERIALS = {
    key: TextMaterial if kind.tokenizer else SampleMaterial for key, kind in INPUT_KINDS.items()
}
"""A row for each key of `attnviz.inputs.INPUTS`, of texts that have one label each."""


def material_of(network: Mapping[str, object]) -> type:
    """The kind of material that teaches a network of these fields."""
    if (key := network.get("input", "text")) not in MATERIALS:
        CnnLstmAttentionConfig(input=key)  # says in words that there is no such kind
    return TaggedMaterial if network.get("task") == "tag" else MATERIALS[key]
