"""Whether a run's labels would fit far better if they stood for other classes of the model."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from attnviz.data.table import visible
from attnviz.errors import N_
from attnviz.evidence.overview import Overview

LEAST = 5  # more texts right, and at least `SHARE` of the labelled ones
SHARE = 0.2
CHANCE = 0.01  # of as uneven a change among the texts that it concerns
WEAK = 0.1  # of the classes that change may have no majority for it
LISTED = 8  # pairs

FIT_BETTER = N_(
    "If the labels stood for other classes of the model, {pairs}, then {better} of {labelled} "
    "would be right, not {right}. Read some of these texts: the labels may be matched wrongly, or "
    "be exchanged in the file."
)

Translate = Callable[[str], str]


def better_matching(confusion: np.ndarray, labelled: int) -> np.ndarray | None:
    """(C,) class that each class's label would have to stand for, or None.

    The assignment of true to predicted classes with the most texts right (Kuhn 1955). None where
    that is no large gain, or one that chance may make, or where it is not through what most texts
    of the classes that change (two or more of each) are taken for: a model that names one class
    for nearly all is no sign of exchanged labels.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.stats import binomtest

    places = np.arange(len(confusion))
    assigned = linear_sum_assignment(confusion, maximize=True)[1]
    own, other, texts = np.diag(confusion), confusion[places, assigned], confusion.sum(axis=1)
    moved = assigned != places
    strong = moved & (other >= 2) & (2 * other > texts)
    before, after = int(own[moved].sum()), int(other[strong].sum())
    if after - before < max(LEAST, SHARE * labelled):
        return None
    some = moved & (texts >= 2)
    if (some & ~strong).sum() > WEAK * some.sum():
        return None
    if binomtest(after, after + before, alternative="greater").pvalue > CHANCE:
        return None
    return assigned


def of_matching(
    overview: Overview,
    label_map: Mapping[str, str],
    names: Sequence[str],
    translate: Translate = str,
) -> str:
    """What to say where the labels of the file seem to stand for other classes, "" elsewhere.

    `names` are those of the model's classes, as they are to be shown.
    """
    found = better_matching(overview.confusion, overview.labelled)
    if found is None:
        return ""
    labels = list(overview.labels)
    instead = {
        raw: names[found[labels.index(label)]]
        for raw, label in label_map.items()
        if label and found[labels.index(label)] != labels.index(label)
    }
    pairs = [f"{visible(raw[:60])} = {label}" for raw, label in list(instead.items())[:LISTED]]
    better = overview.confusion[np.arange(len(labels)), found].sum()
    return translate(FIT_BETTER).format(
        pairs="; ".join(pairs + ["…"] * (len(instead) > LISTED)),
        better=f"{int(better):,}",
        labelled=f"{overview.labelled:,}",
        right=f"{overview.right:,}",
    )
