"""How good a run's predictions are, in plain numbers: what the overview, the report and CI read."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Groups:
    """Accuracy by a property of the labelled texts, in G groups.

    Parameters
    ----------
    kind
        "tokens", "confidence", or "column" of the file.
    title
        The column's name; the kind again where it is none.
    values
        G values of the column; empty for the other kinds.
    low, high
        (G,), both ends included; empty for a column.
    texts, right
        (G,) counts.
    interval
        (G, 2), Wilson's 95 % around the accuracy.
    """

    kind: str
    title: str
    values: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    texts: np.ndarray
    right: np.ndarray
    interval: np.ndarray

    @cached_property
    def accuracy(self) -> np.ndarray:
        """(G,)"""
        return _ratio(self.right, self.texts)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often the model is right where it is so sure: B bins of equal width over 0 … 1.

    `texts`, `right` (B,) are counts, `confidence` (B,) the mean probability of the prediction, NaN
    in an empty bin, `interval` (B, 2) Wilson's around the accuracy. `error` is the expected
    calibration error, Σ texts / N · |accuracy − confidence| (Guo et al. 2017, eq. 3).
    """

    texts: np.ndarray
    right: np.ndarray
    confidence: np.ndarray
    interval: np.ndarray
    error: float

    @cached_property
    def accuracy(self) -> np.ndarray:
        """(B,), NaN in an empty bin."""
        return _ratio(self.right, self.texts)


@dataclass(frozen=True, eq=False)
class Curve:
    """One class against the rest, along the threshold on its probability; at most 201 points.

    `false_positives` and `true_positives` (P,) are rates, both rising from 0 to 1; `recall` and
    `precision` (Q,) go from recall 1 to 0.
    """

    label: str
    false_positives: np.ndarray
    true_positives: np.ndarray
    recall: np.ndarray
    precision: np.ndarray


@dataclass(frozen=True, eq=False)
class Overview:
    """What is known of a run's predictions as a whole, for C classes.

    Parameters
    ----------
    labels
        The model's C classes.
    rows, scored, unread
        Texts in all, those that the model has read so far, and those of these that hold nothing to
        read: they have no prediction, and count as mistakes where they have a label.
    cut, copies
        Texts whose end the model has not read; labelled ones that an earlier row holds too.
    labelled, unknown
        Scored texts whose label is one of the model's, and all texts whose label is none.
    interval
        (2,), Wilson's 95 % around the accuracy.
    confusion, blank
        (C, C) counts, true class by row, predicted by column; (C,) unread texts of each class.
    predicted
        (C,) how often each class was predicted, with and without label.
    order
        (C,) classes so that those taken for each other stand side by side.
    histogram
        "right", "wrong" or "unlabelled" → (20,) texts by the probability of their prediction, in
        bins of equal width.
    temperature, calibration, untempered
        The temperature that divides the logits; calibration with it, and without.
    auc, average_precision
        (C,) areas below the ROC and the precision-recall curve of each class against the rest, NaN
        where all texts or none are of the class. `macro_auc` and `macro_average_precision` are
        their means.
    curves
        Those of at most 10 classes, lowest average precision first.
    sampled
        How many labelled texts calibration, areas and curves were made from: all, or a random
        choice of them where there are very many.
    groups
        Accuracy by length, by confidence, and by each of the file's columns with few values.
    """

    labels: tuple[str, ...]
    rows: int
    scored: int
    unread: int
    cut: int
    copies: int
    labelled: int
    unknown: int
    interval: np.ndarray
    confusion: np.ndarray
    blank: np.ndarray
    predicted: np.ndarray
    order: np.ndarray
    histogram: dict[str, np.ndarray]
    temperature: float
    calibration: Calibration
    untempered: Calibration
    auc: np.ndarray
    average_precision: np.ndarray
    curves: tuple[Curve, ...]
    sampled: int
    groups: tuple[Groups, ...]

    @cached_property
    def right(self) -> int:
        return int(np.trace(self.confusion))

    @cached_property
    def mistakes(self) -> int:
        return self.labelled - self.right

    @cached_property
    def accuracy(self) -> float:
        return self.right / self.labelled if self.labelled else float("nan")

    @cached_property
    def support(self) -> np.ndarray:
        """(C,) labelled texts of each class."""
        return self.confusion.sum(axis=1) + self.blank

    @cached_property
    def baseline(self) -> float:
        """The accuracy of always naming the most frequent class."""
        return float(self.support.max() / self.labelled) if self.labelled else float("nan")

    @cached_property
    def precision(self) -> np.ndarray:
        """(C,) of the labelled texts predicted so, how many are; NaN where none is."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=0))

    @cached_property
    def recall(self) -> np.ndarray:
        """(C,) of the texts of each class, how many were found; NaN where there is none."""
        return _ratio(np.diag(self.confusion), self.support)

    @cached_property
    def f1(self) -> np.ndarray:
        """(C,) the harmonic mean of both; NaN for a class neither labelled nor predicted."""
        found = self.confusion.sum(axis=0) + self.support
        return _ratio(2 * np.diag(self.confusion), found)

    @cached_property
    def macro_f1(self) -> float:
        """The mean over the classes that are labelled or predicted."""
        return _mean(self.f1)

    @cached_property
    def macro_auc(self) -> float:
        return _mean(self.auc)

    @cached_property
    def macro_average_precision(self) -> float:
        return _mean(self.average_precision)

    def confused(self, most: int | None = None) -> list[tuple[int, int, int]]:
        """(true class, predicted class, how many texts), the most frequent mistakes first."""
        counts = self.confusion * (1 - np.eye(len(self.labels), dtype=self.confusion.dtype))
        pairs = np.argwhere(counts)
        sizes = counts[tuple(pairs.T)]
        ranks = np.argsort(-sizes, kind="stable")[:most]
        return [(*pairs[rank].tolist(), int(sizes[rank])) for rank in ranks]

    def confusable(self, most: int) -> list[int]:
        """At most so many classes: both of each of the most frequent mix-ups.

        They come in `order` where there are more, as the model has them where there are not.
        """
        if len(self.labels) <= most:
            return list(range(len(self.labels)))
        mistakes = self.confusion - np.diag(np.diag(self.confusion))
        kept: set[int] = set()
        for pair in np.argsort(-mistakes, axis=None, kind="stable").tolist():
            both = kept | set(divmod(pair, len(self.labels)))
            if len(both) > most:
                break
            kept = both
        return [number for number in self.order.tolist() if number in kept]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
