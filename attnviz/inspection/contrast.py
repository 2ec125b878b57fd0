"""Mistakes against correct texts of one class: which parts of the network make the difference."""

from collections.abc import Callable

import numpy as np

from attnviz.classifier import Classifier
from attnviz.errors import N_, FileError
from attnviz.evidence.contrast import EXAMPLES, SPARSE, Compared, Contrast
from attnviz.inspection.margin import Parts, margin_head, read_margins
from attnviz.runs import Filter, Run

MOST_TEXTS = 200
NO_LABELS = N_("The file has no labels that the model knows, so its mistakes are not known.")
NO_TEXTS = N_("No text of class {truth} has been read as {predicted} or as {truth} so far.")


def contrast(
    classifier: Classifier,
    run: Run,
    truth: str,
    predicted: str,
    *,
    most: int = MOST_TEXTS,
    seed: int = 0,
    progress: Callable[[float, float], object] | None = None,
) -> Contrast:
    """What separates the texts of class `truth` taken for `predicted` from those that were right.

    Of each side at most `most` texts are read, drawn with `seed`. Words that occur in hardly any
    of them are left out, fewer than `fewest_texts`: nothing could be told of them.
    `progress(done, total)` counts texts; what it raises ends the work.

    Raises
    ------
    FileError
        If the run has no labels, or no text of either side is scored.
    AttnvizError
        If the model has no such class, or both are the same.
    """
    weight, bias = margin_head(classifier, predicted, truth)
    if not run.about.label_map:
        raise FileError(NO_LABELS)
    chance = np.random.default_rng(seed)
    cells = [_rows(run, truth, said) for said in (predicted, truth)]
    rows = [np.sort(chance.choice(cell, min(most, len(cell)), replace=False)) for cell in cells]
    together = np.concatenate(rows)
    if not len(together):
        raise FileError(NO_TEXTS, truth=truth, predicted=predicted)
    side = np.repeat([0, 1], [len(part) for part in rows])
    kinds = read_margins(classifier, _texts(run, together), weight, progress)
    margins = bias + kinds["positions"].values.sum(1)
    return Contrast(
        truth=truth,
        predicted=predicted,
        found=np.array([len(cell) for cell in cells]),
        rows=(rows[0], rows[1]),
        margin=_means(margins, side),
        bias=bias,
        kinds={
            kind: compare(
                parts,
                side,
                together,
                fewest_texts(len(side)) if kind in SPARSE else 0,
                sparse=kind in SPARSE,
            )
            for kind, parts in kinds.items()
        },
    )


def fewest_texts(texts: int) -> int:
    """In how many texts a word must occur to be compared: 3, and two more for each hundred.

    A rarer word could pass no test, and every test makes the others harder to pass.
    """
    return 3 + texts // 50


def _rows(run: Run, truth: str, predicted: str) -> np.ndarray:
    sql = "SELECT row FROM texts WHERE truth = ? AND predicted = ? ORDER BY row"
    return run.query(sql, [truth, predicted])["row"].to_numpy()


def _texts(run: Run, rows: np.ndarray) -> list[str]:
    found = run.page(Filter(rows=tuple(rows.tolist())), most=len(rows), columns="row, text")
    by_row = dict(zip(found["row"], found["text"], strict=True))
    return [by_row[row] for row in rows.tolist()]


def compare(
    parts: Parts, side: np.ndarray, rows: np.ndarray, fewest: int = 0, *, sparse: bool = False
) -> Compared:
    """Two groups of texts: `side` (S,) is 0 for mistakes and 1 for correct texts, `rows` (S,) says
    which they are. What occurs in fewer than `fewest` texts is left to the rest. Of a `sparse`
    kind, things can be missing in the mistakes."""
    listed = (parts.counts > 0).sum(0) >= fewest
    rest = parts.values[:, ~listed].sum(1)
    values, counts, places = (
        array[:, listed] for array in (parts.values, parts.counts, parts.places)
    )
    error, p = _welch(values[side == 0], values[side == 1])
    sums, often = (_sides(part, side) for part in (values, counts))
    each = np.divide(sums, often, out=np.full(sums.shape, np.nan), where=often > 0)
    missing = _missing(often, each, side) if sparse else np.zeros(values.shape[1], dtype=bool)
    blank = np.full((2, values.shape[1], EXAMPLES), -1)
    compared = Compared(
        names=tuple(name for name, kept in zip(parts.names, listed, strict=True) if kept),
        mean=_means(values, side),
        texts=_sides(counts > 0, side),
        occurrences=often,
        each=each,
        error=error,
        p=p,
        q=_false_discoveries(p),
        missing=missing,
        rest=_means(rest, side),
        examples=blank,
        places=blank.copy(),
    )
    way = np.where(compared.difference < 0, -1, 1)
    for number in (0, 1):
        pull = np.where(counts > 0, values * way * (1 - 2 * number), -np.inf)
        pull[side != number] = -np.inf
        best = np.argsort(-pull, axis=0, kind="stable")[:EXAMPLES]  # (up to EXAMPLES, n)
        there = np.isfinite(np.take_along_axis(pull, best, axis=0))
        tokens = np.take_along_axis(places, best, axis=0)
        compared.examples[number, :, : len(best)] = np.where(there, rows[best], -1).T
        compared.places[number, :, : len(best)] = np.where(there, tokens, -1).T
    return compared


def _sides(values: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Sums over the texts of each side, (2, n)."""
    return np.stack([values[side == number].sum(0) for number in (0, 1)])


def _missing(often: np.ndarray, each: np.ndarray, side: np.ndarray) -> np.ndarray:
    """(n,) bool: `Compared.missing`, of `occurrences` (2, n) and `each` (2, n).

    With f occurrences a text, adding e each time, the difference is f₀e₀ − f₁e₁: a part that comes
    from how often, (f₀ − f₁)(e₀ + e₁) / 2, and one that comes from other votes.
    """
    texts = np.bincount(side, minlength=2)
    if not texts.all():
        return np.zeros(often.shape[1], dtype=bool)
    each = np.where(np.isnan(each), each[::-1], each)  # where it never occurs its vote is the same
    rates = often / texts[:, None]
    fewer = rates[0] - rates[1]
    difference = rates[0] * each[0] - rates[1] * each[1]
    from_counts = fewer * each.mean(axis=0)
    return (
        (fewer < 0)
        & (from_counts * difference > 0)
        & (2 * np.abs(from_counts) >= np.abs(difference))
    )


def _means(values: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Means over the texts of each side, (2, …); NaN of none."""
    sides = [values[side == number] for number in (0, 1)]
    nothing = np.full(values.shape[1:], np.nan)
    return np.stack([part.mean(0) if len(part) else nothing for part in sides])


def _welch(mistakes: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard error of the difference of means, and p, two-sided (Welch 1947): each (n,).

    NaN where a side has fewer than two texts, or all texts of both sides are alike.
    """
    from scipy.stats import ttest_ind_from_stats

    error, p = np.full((2, mistakes.shape[1]), np.nan)
    if min(len(mistakes), len(correct)) < 2:
        return error, p
    squared = sum(side.var(0, ddof=1) / len(side) for side in (mistakes, correct))
    vary = squared > 0  # of the others nothing can be told
    error[vary] = np.sqrt(squared[vary])
    # From the moments: of the values themselves SciPy warns where a side hardly varies.
    parts = [
        (side[:, vary].mean(0), side[:, vary].std(0, ddof=1), len(side))
        for side in (mistakes, correct)
    ]
    p[vary] = ttest_ind_from_stats(*parts[0], *parts[1], equal_var=False).pvalue
    return error, p


def _false_discoveries(p: np.ndarray) -> np.ndarray:
    """p corrected for so many tests (Benjamini & Hochberg 1995); NaN stays and counts for none."""
    from scipy.stats import false_discovery_control

    q, tested = p.copy(), np.isfinite(p)
    if tested.any():
        q[tested] = false_discovery_control(p[tested])
    return q
