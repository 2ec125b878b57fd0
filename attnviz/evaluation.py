"""How good a model's predictions are on labelled texts, and how well it knows it.

Arrays are anything that NumPy reads; NumPy itself is imported where it is used, because the
command line imports this module before it has read its arguments.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log

from attnviz.data import ClassFile, Notice, Table
from attnviz.data.class_names import list_notice, names_of_numbers
from attnviz.data.meanings import is_missing, one_item, plain
from attnviz.data.no_texts import is_no_text, no_text_notices
from attnviz.data.table import listed, visible
from attnviz.errors import N_, FileError

MARKS = N_("Rows whose label only marks a missing one, left out: {marks}.")
ALIKE = N_(
    "Labels that differ only by case, spaces or a full stop count as different classes: {labels}. "
    "Spell them alike if they mean the same."
)


@dataclass(frozen=True)
class Labelled:
    """Texts with their labels, and the name of the file that they came from."""

    name: str
    texts: list[str]
    labels: list[str]


def hold_out(file: Labelled, share: float = 0.1) -> tuple[Labelled, Labelled]:
    """The rows to train with, and a random share of them to validate with; always the same.

    The second is named after the file with `_held_out` behind. Texts that are equal as
    `attnviz.overlap` compares them, by letters and digits alone, stay together.
    """
    from attnviz.overlap import bare

    chosen = [
        zlib.crc32(bare(text).encode("utf-8", "replace")) % 1_000 < 1_000 * share
        for text in file.texts
    ]
    parts = []
    for name, wanted in ((file.name, False), (f"{file.name}_held_out", True)):
        rows = [row for row, held in enumerate(chosen) if held is wanted]
        parts.append(Labelled(name, [file.texts[r] for r in rows], [file.labels[r] for r in rows]))
    return parts[0], parts[1]


def labelled(
    table: Table, name: str, text_column: str, label_column: str
) -> tuple[Labelled, list[Notice]]:
    """A table's texts that have a label, and what to tell about rows that lack one of both."""
    rows = zip(table.lines, table.column(text_column), table.column(label_column), strict=True)
    pairs, without, marks, missing = [], [], Counter(), []
    for line, text, label in rows:
        label = one_item(label.strip())
        if label and (is_missing(label) or label.casefold() == "unknown"):
            marks[label] += 1
        elif label and is_no_text(text):
            missing.append(text)
        elif label:
            pairs.append((text, label))
        else:
            without.append(line)
    if not pairs:
        template = N_("{name}: no row has a label in the column “{column}”. Choose another column.")
        raise FileError(template, name=name, column=label_column)
    notices = []
    if without:
        template = N_("Rows without a label left out: {count} (the first is line {line}).")
        notices = [Notice(template, {"count": len(without), "line": without[0]})]
    if marks:
        shown = ", ".join(f"“{visible(mark)}” ({count:,})" for mark, count in marks.items())
        notices.append(Notice(MARKS, {"marks": shown}))
    notices += no_text_notices(missing)
    texts, labels = zip(*pairs, strict=True)
    notices += _alike(labels)
    return Labelled(name, list(texts), list(labels)), notices


def _alike(labels: Sequence[str]) -> list[Notice]:
    """A warning of labels that differ only by how they are spelled."""
    groups: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        groups.setdefault(plain(label).rstrip("."), []).append(label)
    alike = "; ".join(listed(group) for group in groups.values() if len(group) > 1)
    return [Notice(ALIKE, {"labels": alike})] if alike else []


def with_names(file: Labelled, named: ClassFile | None) -> tuple[Labelled, list[Notice]]:
    """The names of a list beside the file in place of its numbers, if it has one for each."""
    names = names_of_numbers(set(file.labels), named)
    if not names:
        return file, []
    labels = [names[label] for label in file.labels]
    return Labelled(file.name, file.texts, labels), [list_notice(named, names)]


def score(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> dict:
    """Accuracy of predictions with its 95 % interval, and the confusion counts.

    The interval is Wilson's (1927, eq. 4 with z = 1.96). `confusion` maps a true label to how
    often each label was predicted; a text without a prediction counts as a mistake, under "".
    """
    pairs = Counter(zip(truth, predicted, strict=True))
    right = sum(count for (true, found), count in pairs.items() if found and true == found)
    low, high = wilson(right, len(truth))
    rows = sorted(set(truth) | set(labels))
    return {
        "texts": len(truth),
        "accuracy": right / len(truth),
        "interval": [low, high],
        "confusion": {
            row: {found: count for (true, found), count in sorted(pairs.items()) if true == row}
            for row in rows
        },
    }


def expected_calibration_error(
    probabilities: Sequence[Sequence[float]], truth: Sequence[int], bins: int = 15
) -> float:
    """The mean distance between how sure a model is and how often it is right, in 0 … 1.

    Guo et al. (2017), eq. 3: texts are sorted by the probability (N, C) of their prediction into
    equal-width `bins` ((m - 1)/M, m/M], each counts by its share of the texts. `truth` (N,) holds
    indices; one that is no label of the model, as -1, is a mistake. Rows with NaN (texts that
    cannot be read) are left out; NaN if no row is left.
    """
    import numpy as np

    shares, wanted = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    read = ~np.isnan(shares).any(axis=-1)
    shares, wanted = shares[read], wanted[read]
    if not len(shares):
        return float("nan")
    sure = shares.max(axis=1)  # (N,)
    right = shares.argmax(axis=1) == wanted  # (N,)
    edges = np.arange(1, bins) / bins  # a quotient, so that 0.7 is exactly the edge 7/10
    gaps = np.bincount(np.searchsorted(edges, sure), right - sure, bins)  # |B_m| · (acc - conf)
    return float(np.abs(gaps).sum() / len(sure))


MIN_TEMPERATURE, MAX_TEMPERATURE = 0.25, 20.0  # lower, and texts that are all right rule alone


def fit_temperature(logits: Sequence[Sequence[float]], truth: Sequence[int]) -> float:
    """The temperature T for which softmax(logits / T) makes the true labels likeliest.

    Guo et al. (2017), eq. 9, on validation logits (N, C) and label indices (N,). The mean negative
    log likelihood is convex in 1/T, so its slope changes sign once: T is found by Brent's
    method in log T, and is a bound of `MIN_TEMPERATURE` … `MAX_TEMPERATURE` where it would lie
    outside (all right: the lower; nothing right: the upper). Rows that are not finite or whose
    label is none of the C are left out; 1 if nothing is left or every temperature is as good.
    """
    import numpy as np

    scores, wanted = np.asarray(logits, dtype=np.float64), np.asarray(truth)
    usable = np.isfinite(scores).all(axis=-1) & (wanted >= 0) & (wanted < scores.shape[-1])
    scores, wanted = scores[usable], wanted[usable]
    if not len(scores) or not np.ptp(scores, axis=1).any():
        return 1.0
    margins = scores - scores[np.arange(len(scores)), wanted, None]  # (N, C), 0 at the truth
    tops = margins.max(axis=1, keepdims=True)

    def slope(temperature: float) -> float:
        """d NLL / d (1/T), but for the factor N: how far the softmax's mean beats the truth."""
        weights = np.exp((margins - tops) / temperature)
        return float(((weights * margins).sum(axis=1) / weights.sum(axis=1)).sum())

    if slope(MIN_TEMPERATURE) <= 0:
        return MIN_TEMPERATURE
    if slope(MAX_TEMPERATURE) >= 0:
        return MAX_TEMPERATURE
    from scipy.optimize import brentq

    return exp(brentq(lambda place: slope(exp(place)), log(MIN_TEMPERATURE), log(MAX_TEMPERATURE)))


def empty_texts(texts: Iterable[str]) -> int:
    """How many texts hold white space at most."""
    return sum(not text.strip() for text in texts)


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval around `right` of `total` that holds the true share; (NaN, NaN) of none.

    Wilson (1927), eq. 4. Unlike share ± 1.96 σ it stays within 0 … 1 and is no point where all or
    none are right.
    """
    if not total:
        return float("nan"), float("nan")
    from scipy.stats import binomtest

    ends = binomtest(int(right), int(total)).proportion_ci(0.95, "wilson")
    return float(ends.low), float(ends.high)
