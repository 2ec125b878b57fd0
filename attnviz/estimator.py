"""Training and predicting as a scikit-learn estimator, for pipelines and searches."""

import dataclasses
import io
import math
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from inspect import Parameter, Signature
from pathlib import Path
from threading import Lock

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted
from transformers.utils import logging as transformers_logging

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError, TrainingError
from attnviz.evaluation import Labelled
from attnviz.processing import texts_of
from attnviz.training import Recipe, train

_TURN = Lock()


def _defaults(described: type, without: set[str]) -> dict[str, object]:
    """Name → default of the fields that a class declares itself."""
    return {
        field.name: field.default_factory() if callable(field.default_factory) else field.default
        for field in dataclasses.fields(described)
        if field.name in described.__annotations__ and field.name not in without
    }


NETWORK = _defaults(CnnLstmAttentionConfig, {"vocab_size", "temperature", "pad_token_id"})
RECIPE = _defaults(Recipe, {"seed", "teacher_weight", "teacher_tokens"})
OWN = {"vocab_size": 8_000, "validation_fraction": 0.1, "random_state": 0}
DEFAULTS = NETWORK | RECIPE | OWN


class AttnvizClassifier(ClassifierMixin, BaseEstimator):
    """A CNN-LSTM-Attention classifier of texts, with the manners of scikit-learn.

    Parameters
    ----------
    The fields of `CnnLstmAttentionConfig` (the network) and of `Recipe` (the training), by name
    and with their defaults, and:

    vocab_size
        The most pieces that the tokenizer learns from the texts.
    validation_fraction
        Share of the texts, of each class alike, that are not learnt from: they choose the epoch
        that is kept and fit the temperature. At least one text for each class.
    random_state
        Seed of the hold-out and of the training; None draws a new one for every fit.

    Attributes
    ----------
    classes_
        The labels, sorted, of the type that they came in; columns of `predict_proba`.
    classifier_
        The trained `Classifier`, to be traced. `classifier_.network.save_pretrained(folder)` and
        the same of its `tokenizer` write a model folder.
    history_
        The `History` of the training.
    class_prior_
        Share of each class in `y`: what is foretold of a text without a single token.
    """

    def __init__(self, **settings) -> None:
        unknown = sorted(settings.keys() - DEFAULTS.keys())
        if unknown:
            raise TypeError(f"AttnvizClassifier has no parameter {unknown[0]!r}")
        for name, default in DEFAULTS.items():
            setattr(self, name, settings.get(name, default))

    def fit(self, X: Iterable[str], y: Iterable) -> "AttnvizClassifier":  # noqa: N803
        """Train on N texts and their N labels, which may be of any one type that can be sorted.

        Raises
        ------
        TextError
            If something among the texts is no text.
        TrainingError
            If there are fewer texts than labels, or fewer than two of a class, …
        ConfigurationError
            If no network can be built from the parameters.
        """
        texts, labels = texts_of(X), column_or_1d(y)
        check_classification_targets(labels)
        if len(texts) != len(labels):
            raise TrainingError(
                "Texts: {texts}, labels: {labels}. Each text needs a label of its own.",
                texts=len(texts),
                labels=len(labels),
            )
        if not texts:
            raise TrainingError("There is no text to learn from.")
        self.classes_, codes = np.unique(labels, return_inverse=True)
        self.class_prior_ = np.bincount(codes) / len(codes)
        settings = {name: _plain(getattr(self, name)) for name in DEFAULTS}
        seed = self._seed()
        recipe = Recipe(seed=seed, **{name: settings[name] for name in RECIPE})
        network = {name: settings[name] for name in NETWORK}
        files = self._divide(texts, codes, seed)
        with tempfile.TemporaryDirectory() as folder, _quiet():
            output = Path(folder) / "model"
            self.history_ = train(*files, output, recipe, network, settings["vocab_size"])
            self.classifier_ = Classifier.from_pretrained(output)
        return self

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:  # noqa: N803
        """Probabilities (N, C) in the order of `classes_`."""
        check_is_fitted(self)
        labels = self.classifier_.labels
        columns = [labels.index(name) for name in map(str, self.classes_)]
        shares = self.classifier_.predict(texts_of(X)).probabilities[:, columns].astype(np.float64)
        shares = np.where(np.isnan(shares), self.class_prior_, shares)
        return shares / shares.sum(axis=1, keepdims=True)  # 1 in double precision too

    def predict(self, X: Iterable[str]) -> np.ndarray:  # noqa: N803
        """The likeliest class of each text (N,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _divide(
        self, texts: list[str], codes: np.ndarray, seed: int
    ) -> tuple[list[Labelled], list[Labelled]]:
        """What is learnt from and what is held out, with the classes' names as labels."""
        counts = np.bincount(codes)
        if len(counts) > 1 and counts.min() < 2:
            raise TrainingError(
                "Only one text has the label {label!r}, and each class needs two or more: some to "
                "learn from, some to validate with.",
                label=str(self.classes_[counts.argmin()]),
            )
        if not 0 < self.validation_fraction < 1:
            raise ConfigurationError(
                "validation_fraction is {value}; it must lie between 0 and 1.",
                value=self.validation_fraction,
            )
        held = max(len(counts), math.ceil(self.validation_fraction * len(texts)))
        parts = train_test_split(
            np.arange(len(texts)),
            test_size=min(held, len(texts) - len(counts)),
            stratify=codes,
            random_state=seed,
        )
        names = list(map(str, self.classes_))
        training, validation = (
            [Labelled(name, [texts[row] for row in part], [names[codes[row]] for row in part])]
            for name, part in zip(("training", "validation"), parts, strict=True)
        )
        return training, validation


# scikit-learn reads the parameters off the signature, and people do.
AttnvizClassifier.__init__.__signature__ = Signature(
    [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)]
    + [Parameter(name, Parameter.KEYWORD_ONLY, default=value) for name, value in DEFAULTS.items()]
)


def _plain(value: object) -> object:
    """Searches draw NumPy's numbers, which no configuration takes."""
    return value.item() if isinstance(value, np.generic) else value


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither progress bars nor the log of the training, one fit at a time in a process."""
    with _TURN:
        verbosity, bars = (
            transformers_logging.get_verbosity(),
            transformers_logging.is_progress_bar_enabled(),
        )
        transformers_logging.set_verbosity_error()  # and so Trainer shows no bars, but prints
        transformers_logging.disable_progress_bar()
        try:
            with redirect_stdout(io.StringIO()):
                yield
        finally:
            transformers_logging.set_verbosity(verbosity)
            if bars:
                transformers_logging.enable_progress_bar()
