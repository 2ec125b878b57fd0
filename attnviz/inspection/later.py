"""What needs the whole file: near-duplicates, doubtful labels, recurring phrases,
unusual texts."""

from collections.abc import Callable, Iterator

import numpy as np

from attnviz.classifier import Classifier
from attnviz.evaluation import fit_temperature
from attnviz.inspection.duplicates import duplicates
from attnviz.inspection.negation import not_understood, opposed, token_at
from attnviz.inspection.phrases import recurring
from attnviz.inspection.scoring import read_chunk, text_cell
from attnviz.inspection.sentences import SURE
from attnviz.runs.run import Run
from attnviz.runs.schema import later_schema

REFERENCE = 10_000
"""With more rows than this, a text's neighbours are looked for among so many of them, at random."""
NEIGHBOURS = 10
CALIBRATED_ON = 20_000
CORRECT_TESTED = 300
NEGATION = ("negation_tested", "negation_row", "negation_without")

Progress = Callable[[int, int], object]


def finish(
    run: Run, progress: Progress | None = None, classifier: Classifier | None = None
) -> None:
    """Compute later.parquet; the same run always gives the same. `progress(done, total)` may raise.

    Negations are tested with the run's `classifier`, not without it.

    Raises
    ------
    ValueError
        If rows are not scored yet.
    """
    import pyarrow as pa

    if not run.done:
        raise ValueError(f"{run.about.rows - run.scored} rows of {run.folder} are not scored yet.")
    rows = run.about.rows
    steps, done = 1 + (2 + (not run.about.of_samples)) * bool(run.about.label_map), 0

    def moved(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(min(done, steps * rows), steps * rows)

    columns = {name: np.full(rows, np.nan) for name in ("duplicate_of", "label_quality", "suspect")}
    columns |= {name: np.full(rows, np.nan) for name in NEGATION}
    columns["phrase"], notes = np.full(rows, None), {}
    columns["outlier"] = outliers(run, moved)
    if run.about.label_map:
        truths = _truths(run)
        temperature = file_temperature(run, truths)
        quality = doubtful_labels(run, truths, moved, temperature)
        columns["label_quality"], columns["suspect"] = quality
        notes["temperature"] = repr(temperature)
        if not run.about.of_samples:
            found, notes["phrases"] = _of_words(run, classifier, moved)
            columns |= found
    if progress:
        progress(steps * rows, steps * rows)
    schema = later_schema()
    arrays = {"row": pa.array(range(rows), pa.int64())}
    for name, values in columns.items():
        arrays[name] = pa.array(values, from_pandas=True).cast(schema.field(name).type)
    run.write_later(pa.table([arrays[name] for name in schema.names], schema=schema), notes)


def _of_words(
    run: Run, classifier: Classifier | None, moved: Callable[[int], object]
) -> tuple[dict[str, np.ndarray], str]:
    """What only texts have, and the recurring phrases as JSON."""
    others = told_apart(run, duplicates(run, moved))
    phrases, rows_of = recurring(run, moved)
    found = [rows_of.get(row) for row in range(run.about.rows)]
    columns = {"phrase": np.array(found, dtype=object)}
    columns["duplicate_of"] = np.where(others < 0, np.nan, others)
    columns |= negation_columns(run, classifier, moved) if classifier else {}
    return columns, phrases.to_json()


def negation_columns(
    run: Run, classifier: Classifier, moved: Callable[[int], object] = lambda rows: None
) -> dict[str, np.ndarray]:
    """Columns of negations (rows,): of every mistake, and of as many correct texts, 300 at least.

    Taking a negation out costs passes of its own, so the correct texts, which only the lift needs,
    are a random sample. `negation_tested` says which texts were.
    """
    columns = {name: np.full(run.about.rows, np.nan) for name in NEGATION}
    if not opposed(classifier.labels):
        return columns
    known = run.query(
        "SELECT row, outcome, prediction, confidence FROM texts "
        "WHERE outcome IS NOT NULL AND prediction IS NOT NULL"
    )
    rows, wrong = known["row"].to_numpy(), (known["outcome"] == "wrong").to_numpy()
    most = min((~wrong).sum(), max(CORRECT_TESTED, wrong.sum()))
    sample = np.random.default_rng(0).choice(rows[~wrong], most, replace=False)
    chosen = known.set_index("row").loc[np.sort(np.concatenate([rows[wrong], sample]))]
    columns["negation_tested"][chosen.index] = 1
    for number in range(run.parts):
        numbers, texts = read_chunk(run.rows_path, text_cell(run.about), number)
        part = chosen[(chosen.index >= numbers[0]) & (chosen.index <= numbers[-1])]
        here = [texts[row - numbers[0]] for row in part.index]
        predictions = part["prediction"].astype(int).tolist()
        found = not_understood(classifier, here, predictions, part["confidence"].tolist())
        for place, (negation, share) in found.items():
            token = token_at(classifier, here[place], negation.start)
            columns["negation_row"][part.index[place]] = np.nan if token is None else token
            columns["negation_without"][part.index[place]] = share
        moved(0)
    return columns


def outliers(run: Run, moved: Callable[[int], object] = lambda rows: None) -> np.ndarray:
    """(rows,): how far a text's context vector is from those of the texts nearest to it.

    The mean cosine distance, 0 … 2, to its 10 nearest others, among all texts or, in a long file,
    among `REFERENCE` of them; to fewer where there are fewer. NaN for a text without a token, and
    where there is no other. A context vector of zeros is at distance 1 from every other.
    """
    reference, numbers = _reference(run)  # (R, N) of length 1; (R,) rows
    found = np.full(run.about.rows, np.nan)
    for number in range(run.parts):
        rows, contexts = _read_contexts(run, number)
        distances = 1 - contexts @ reference.T  # (n, R)
        distances[rows[:, None] == numbers] = np.inf  # itself
        nearest = np.sort(_smallest(distances, NEIGHBOURS), axis=1)
        counted = np.isfinite(nearest)
        sums = np.where(counted, nearest, 0).sum(1, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            found[rows] = np.clip(sums / counted.sum(1), 0, 2)
        moved(len(rows))
    return found


def doubtful_labels(
    run: Run,
    truths: np.ndarray,
    moved: Callable[[int], object] = lambda rows: None,
    temperature: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Quality of each label, 0 … 1, and whether it is in doubt (1) or not (0); (rows,) each.

    The quality is the probability of the label (cleanlab's self-confidence). How many labels are
    wrong is estimated by confident learning (Northcutt et al. 2021): a text counts against its
    label where another class has more than that class's mean probability over the texts labelled
    so. Those of lowest quality, as many, are the issues; a label that the model confirms is none.
    cleanlab's `LabelInspector` does it chunk by chunk, so memory stays flat. NaN where a text has
    no label or no token, and everywhere if the file has fewer than two classes. Probabilities are
    shared out among the classes that the file has, after division of the logits by `temperature`
    (`file_temperature`): else a model that is too sure of itself doubts the labels of its own
    mistakes.
    """
    from cleanlab.experimental.label_issues_batched import LabelInspector

    quality, suspect = np.full((2, run.about.rows), np.nan)
    present = np.unique(truths[truths >= 0])
    if len(present) < 2:
        return quality, suspect
    inspector = LabelInspector(num_class=len(present), verbose=False, n_jobs=1)
    for step in (inspector.update_confident_thresholds, inspector.score_label_quality):
        for rows, probabilities, size in _probabilities(run, truths, present, temperature):
            if len(rows):
                step(np.searchsorted(present, truths[rows]), probabilities)
            moved(size)
    read = _probabilities(run, truths, present)
    parts = [(rows, values.argmax(1)) for rows, values, _ in read]
    rows, predicted = (np.concatenate(part) for part in zip(*parts, strict=True))
    quality[rows] = inspector.get_quality_scores()
    issues = np.zeros(len(rows), dtype=bool)
    issues[inspector.get_label_issues()] = True
    suspect[rows] = issues & (present[predicted] != truths[rows])
    return quality, suspect


def file_temperature(run: Run, truths: np.ndarray) -> float:
    """How much too sure the model is on this file: 1 (not at all) or more.

    The temperature that makes the file's labels likeliest (Guo et al. 2017), on the first
    `CALIBRATED_ON` texts that have one. Labels that are wrong raise it too, so where there are many
    of them more is asked before one is doubted.
    """
    present, logits, wanted = np.unique(truths[truths >= 0]), [], []
    for rows, values, _ in _probabilities(run, truths, present) if len(present) > 1 else ():
        logits.append(np.log(np.maximum(values, np.finfo(float).tiny)))
        wanted.append(np.searchsorted(present, truths[rows]))
        if sum(map(len, wanted)) >= CALIBRATED_ON:
            break
    if not wanted:
        return 1.0
    return max(1.0, fit_temperature(np.concatenate(logits), np.concatenate(wanted)))


def told_apart(run: Run, others: np.ndarray) -> np.ndarray:
    """`duplicates` (rows,) without pairs that the model reads surely as both labels say.

    There the words that differ turn the meaning, as “awful” and “wonderful” do: no label is in
    doubt. Surely is with a probability of `SURE` or more.
    """
    sql = "SELECT row FROM texts WHERE outcome = 'right' AND confidence >= ?"
    sure = np.zeros(len(others), dtype=bool)
    sure[run.query(sql, [SURE])["row"].to_numpy()] = True
    return np.where((others >= 0) & sure & sure[others], -1, others)


def _truths(run: Run) -> np.ndarray:
    """(rows,): number of each text's class, −1 without one."""
    found = run.query("SELECT row, truth_number FROM texts WHERE truth_number IS NOT NULL")
    truths = np.full(run.about.rows, -1)
    truths[found["row"].to_numpy()] = found["truth_number"].to_numpy()
    return truths


def _probabilities(
    run: Run, truths: np.ndarray, present: np.ndarray, temperature: float = 1.0
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Rows with a label and a token, probabilities of the file's classes, rows that were read."""
    for number in range(run.parts):
        table = _read_part(run, number, ["row", "logits"])
        size = len(table)
        table = table.filter(table["logits"].is_valid())
        rows = table["row"].to_numpy()
        logits = _lists(table["logits"]).astype(np.float64)[:, present] / temperature
        labelled = truths[rows] >= 0
        rows, logits = rows[labelled], logits[labelled]
        shares = np.exp(logits - logits.max(1, keepdims=True, initial=-np.inf))
        yield rows, shares / shares.sum(1, keepdims=True), size


def _reference(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Context vectors to compare with, and the rows that they are of."""
    rows = np.arange(run.about.rows)
    if len(rows) > REFERENCE:
        rows = np.sort(np.random.default_rng(0).choice(rows, REFERENCE, replace=False))
    parts = []
    for number in range(run.parts):
        found, contexts = _read_contexts(run, number)
        chosen = np.isin(found, rows)
        parts.append((found[chosen], contexts[chosen]))
    numbers, contexts = (np.concatenate(part) for part in zip(*parts, strict=True))
    return contexts, numbers


def _read_contexts(run: Run, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a chunk that have a token, and their context vectors brought to length 1."""
    table = _read_part(run, number, ["row", "context"])
    table = table.filter(table["context"].is_valid())
    contexts = _lists(table["context"]).astype(np.float32)
    lengths = np.linalg.norm(contexts, axis=1, keepdims=True)
    return table["row"].to_numpy(), contexts / np.maximum(lengths, np.finfo(np.float32).tiny)


def _read_part(run: Run, number: int, columns: list[str]):
    from pyarrow import parquet

    with run.reading():
        return parquet.read_table(run.part_path(number), columns=columns)


def _lists(column) -> np.ndarray:
    """A column of lists of one length as a matrix."""
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(column), column.type.list_size)


def _smallest(values: np.ndarray, most: int) -> np.ndarray:
    """(n, at most so many): the smallest of each row, in any order."""
    if values.shape[1] <= most:
        return values
    return np.partition(values, most - 1, axis=1)[:, :most]
