"""A run in numbers: counted by DuckDB, so that a file of any length needs the same memory.

Only what needs the probabilities of all classes, calibration and curves, is computed in NumPy and
scikit-learn, from a random choice of the texts where there are very many.
"""

from collections.abc import Sequence

import numpy as np

from attnviz.evaluation import expected_calibration_error, wilson
from attnviz.evidence.overview import Calibration, Curve, Groups, Overview
from attnviz.runs import Filter, Run

MOST_SAMPLED = 200_000  # texts for calibration and curves
MOST_CELLS = 8_000_000  # and probabilities, so that 150 classes cost no more than 40
BINS = 15  # of the calibration error, as in Guo et al.
HISTOGRAM_BINS = 20
QUANTILES = 10  # groups of about equally many texts, by length and by confidence
MOST_VALUES = 20  # of a column by which accuracy is told
MOST_COLUMNS = 12
PEEKED = 10_000  # rows that show whether a column has too many values
CURVES = 10
POINTS = 200
ORDERED = 400  # classes; the time of ordering grows with their cube

_CHOSEN = """
CREATE TEMP TABLE chosen AS
SELECT row, truth_number AS truth, prediction, outcome, confidence, tokens, cut,
  trim(coalesce(label, '')) <> '' AND truth_number IS NULL AS unknown
FROM texts WHERE {where}
"""


def metrics(run: Run, chosen: Filter | None = None) -> Overview:
    """How good the run's predictions are, over the texts of a filter, by default over all.

    Of a run that is not scored to its end: over what is scored. Without a labelled text shares are
    NaN and counts 0. Raises `FileError` for a filter that this run has no columns for.
    """
    labels = run.about.labels
    where, values = (chosen or Filter()).where(run.about.columns)
    with run.connect() as connection:
        connection.execute(_CHOSEN.format(where=where), values)
        counts = _counts(connection, len(labels))
        truth, logits = _sample(connection, len(labels))
        copies = _copies(connection, "content" if run.about.of_samples else "text")
        groups = [_quantiles(connection, kind) for kind in ("tokens", "confidence")]
        groups += [_by_column(run, connection, place) for place in _columns(run, connection)]
        histogram = _histogram(connection)
    tempered = _probabilities(logits)
    auc, average_precision, curves = _curves(truth, tempered, labels)
    return Overview(
        labels=labels,
        histogram=histogram,
        temperature=run.about.temperature,
        calibration=_calibration(truth, tempered),
        untempered=_calibration(truth, _probabilities(logits * run.about.temperature)),
        auc=auc,
        average_precision=average_precision,
        curves=curves,
        sampled=len(truth),
        copies=copies,
        groups=tuple(group for group in groups if len(group.texts)),
        **counts,
    )


def _counts(connection, classes: int) -> dict:
    """What is counted: texts, and every pair of true and predicted class."""
    rows, scored, unread, cut, labelled, unknown = connection.execute(
        "SELECT count(*), count(tokens), count(*) FILTER (tokens = 0), count(*) FILTER (cut > 0), "
        "count(outcome), count(*) FILTER (unknown) FROM chosen"
    ).fetchone()
    pairs = connection.execute(
        "SELECT truth, prediction, count(*) FROM chosen WHERE tokens IS NOT NULL GROUP BY ALL"
    ).fetchall()
    confusion = np.zeros((classes, classes), np.int64)
    blank, predicted = np.zeros(classes, np.int64), np.zeros(classes, np.int64)
    for true, found, count in pairs:
        if found is not None:
            predicted[found] += count
        if true is not None and found is not None:
            confusion[true, found] = count
        elif true is not None:
            blank[true] = count
    return {
        "rows": rows,
        "scored": scored,
        "unread": unread,
        "cut": cut,
        "labelled": labelled,
        "unknown": unknown,
        "interval": np.array(wilson(int(np.trace(confusion)), labelled)),
        "confusion": confusion,
        "blank": blank,
        "predicted": predicted,
        "order": _order(confusion),
    }


def _copies(connection, what: str) -> int:
    """How many labelled texts stand in an earlier row, letter by letter; or samples, by content."""
    (found,) = connection.execute(
        f"SELECT count(*) - count(DISTINCT hash({what})) FROM texts JOIN chosen USING (row) "
        f"WHERE chosen.outcome IS NOT NULL AND trim({what}) <> ''"
    ).fetchone()
    return found


def _order(confusion: np.ndarray) -> np.ndarray:
    """Classes so that those taken for each other stand side by side: the leaves of a tree.

    Average linkage on one minus the share of a class that is taken for the other, either way;
    among the tree's orders the one with the least distance between neighbours (Bar-Joseph et al.
    2001).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    classes = len(confusion)
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    if not 2 < classes <= ORDERED:
        return np.arange(classes)
    distance = 1 - np.maximum(shares, shares.T)
    np.fill_diagonal(distance, 0)
    return leaves_list(
        linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    )


def _sample(connection, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """True class (N,) and logits (N, C) of the labelled texts that could be read, or of some."""
    most = min(MOST_SAMPLED, MOST_CELLS // classes)
    connection.execute(
        "CREATE TEMP TABLE sampled AS SELECT row, truth FROM chosen "
        "WHERE truth IS NOT NULL AND prediction IS NOT NULL ORDER BY hash(row) LIMIT ?",
        [most],
    )
    table = connection.sql(
        "SELECT sampled.truth, scores.logits FROM scores JOIN sampled USING (row)"
    ).to_arrow_table()
    lists = table["logits"].combine_chunks()
    flat = lists.flatten().to_numpy(zero_copy_only=False) if len(table) else np.zeros(0)
    return table["truth"].to_numpy(), flat.reshape(-1, classes)


def _probabilities(logits: np.ndarray) -> np.ndarray:
    """(N, C) softmax."""
    from scipy.special import softmax

    return softmax(logits, axis=1) if len(logits) else logits


def _calibration(truth: np.ndarray, probabilities: np.ndarray) -> Calibration:
    sure = probabilities.max(axis=1, initial=0).astype(np.float64)
    found = probabilities.argmax(axis=1) == truth
    bins = np.searchsorted(np.arange(1, BINS) / BINS, sure)  # (lower, upper], as the error's
    texts, right = np.bincount(bins, minlength=BINS), np.bincount(bins[found], minlength=BINS)
    total = np.bincount(bins, sure, BINS)
    return Calibration(
        texts=texts,
        right=right,
        confidence=np.divide(total, texts, out=np.full(BINS, np.nan), where=texts > 0),
        interval=_intervals(right, texts),
        error=expected_calibration_error(probabilities, truth, BINS),
    )


def _curves(
    truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, tuple[Curve, ...]]:
    """Areas of every class, curves of the classes with the lowest average precision."""
    from sklearn.metrics import auc, precision_recall_curve, roc_curve

    areas, averages, curves = np.full((2, len(labels)), np.nan), {}, {}
    for number, label in enumerate(labels):
        wanted = truth == number
        if not wanted.any() or wanted.all():
            continue
        false, true, _ = roc_curve(wanted, probabilities[:, number])
        precision, recall, _ = precision_recall_curve(
            wanted, probabilities[:, number], drop_intermediate=True
        )
        averages[number] = float(-(np.diff(recall) * precision[:-1]).sum())
        areas[:, number] = auc(false, true), averages[number]
        rates = *_thinned(false, true), *_thinned(recall, precision)
        curves[number] = Curve(label, *rates)
    worst = sorted(averages, key=averages.__getitem__)[:CURVES]
    return *areas, tuple(curves[number] for number in worst)


def _thinned(*columns: np.ndarray) -> list[np.ndarray]:
    """The same places of all, evenly spaced, with both ends."""
    places = np.linspace(0, len(columns[0]) - 1, POINTS + 1).round().astype(int)
    return [column[np.unique(places)] for column in columns]


def _quantiles(connection, kind: str) -> Groups:
    """Accuracy in groups of about equally many labelled texts; equal values stay together."""
    shares = [number / QUANTILES for number in range(1, QUANTILES)]
    labelled = f"FROM chosen WHERE outcome IS NOT NULL AND {kind} IS NOT NULL"
    (edges,) = connection.execute(f"SELECT quantile_disc({kind}, {shares}) {labelled}").fetchone()
    found = connection.execute(
        f"SELECT min({kind}), max({kind}), count(*), count(*) FILTER (outcome = 'right') {labelled}"
        f" GROUP BY len(list_filter(?::DOUBLE[], lambda edge: edge < {kind})) ORDER BY 1",
        [sorted(set(edges or []))],
    ).fetchall()
    low, high, texts, right = np.array(found, np.float64).reshape(-1, 4).T
    return _groups(kind, kind, (), texts, right, low, high)


def _columns(run: Run, connection) -> list[int]:
    """The file's own columns that may have few values, neither text nor label."""
    about = run.about
    apart = {about.text_column, about.label_column}
    places = [place for place, name in enumerate(about.columns) if name not in apart]
    few = []
    for start in range(0, len(places), MOST_COLUMNS):  # each count needs memory of its own
        some = places[start : start + MOST_COLUMNS]
        counts = ", ".join(f"count(DISTINCT c{place})" for place in some)
        found = connection.execute(f"SELECT {counts} FROM (FROM rows LIMIT {PEEKED})").fetchone()
        few += [place for place, count in zip(some, found, strict=True) if count <= MOST_VALUES]
        if len(few) >= MOST_COLUMNS:
            break
    return few[:MOST_COLUMNS]


def _by_column(run: Run, connection, place: int) -> Groups:
    """Accuracy by the values of a column: numbers in their order, others by their frequency.

    Without groups where the column has one value, or too many after all.
    """
    found = connection.execute(
        f"SELECT coalesce(rows.c{place}, '') AS value, count(*), "
        "count(*) FILTER (outcome = 'right') FROM chosen JOIN rows USING (row) "
        "WHERE outcome IS NOT NULL GROUP BY value "
        "ORDER BY try_cast(value AS DOUBLE), 2 DESC, 1 LIMIT ?",
        [MOST_VALUES + 1],
    ).fetchall()
    if not 1 < len(found) <= MOST_VALUES:
        found = []
    values, texts, right = zip(*found, strict=True) if found else ((), (), ())
    none = np.zeros(0)
    return _groups("column", run.about.columns[place], values, texts, right, none, none)


def _groups(kind, title, values, texts, right, low, high) -> Groups:
    texts, right = np.array(texts, np.int64), np.array(right, np.int64)
    return Groups(kind, title, values, low, high, texts, right, _intervals(right, texts))


def _intervals(right: np.ndarray, texts: np.ndarray) -> np.ndarray:
    pairs = zip(right.tolist(), texts.tolist(), strict=True)
    return np.array([wilson(*pair) for pair in pairs]).reshape(-1, 2)


def _histogram(connection) -> dict[str, np.ndarray]:
    """Outcome → (20,) texts by the probability of their prediction."""
    found = connection.execute(
        "SELECT coalesce(outcome, 'unlabelled'), "
        f"least(floor(confidence::DOUBLE * {HISTOGRAM_BINS}), {HISTOGRAM_BINS - 1})::INT, count(*) "
        "FROM chosen WHERE prediction IS NOT NULL GROUP BY ALL"
    ).fetchall()
    counts = {name: np.zeros(HISTOGRAM_BINS, np.int64) for name in ("right", "wrong", "unlabelled")}
    for outcome, place, count in found:
        counts[outcome][place] = count
    return counts
