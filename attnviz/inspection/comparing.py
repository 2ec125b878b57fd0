"""How a model does on choices of texts, and how two runs over the same texts differ.

Everything is counted by DuckDB on the files of the runs, so that a million rows cost no memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import comb, inf, log
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from attnviz.evaluation import wilson
from attnviz.runs import CAUSES, Filter, Run

MOST_VALUES = 20  # of a column that makes slices
MOST_ROWS = 2_000  # that a list of a comparison names
MOST_POINTS = 2_000  # drawn of a comparison
STEPS = 4  # of a comparison: each run's side, the pairs, what is counted of them


@dataclass(frozen=True)
class Slice:
    """How a model does on the texts that a filter leaves.

    A filter that asks for mistakes would have an accuracy of 0 by itself. So all but `rows` is
    counted with the filter's outcome set aside: how it does on the texts where these were found.

    Parameters
    ----------
    name, chosen
        What it is called, and its filter.
    rows
        Texts that it leaves, of those that are scored.
    labelled, wrong
        Texts with a label, and mistakes among them.
    rest, rest_wrong
        The same of all other texts.
    """

    name: str
    chosen: Filter
    rows: int
    labelled: int
    wrong: int
    rest: int
    rest_wrong: int

    @property
    def accuracy(self) -> float | None:
        return 1 - self.wrong / self.labelled if self.labelled else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy (Wilson 1927)."""
        return wilson(self.labelled - self.wrong, self.labelled) if self.labelled else None

    @property
    def lift(self) -> float | None:
        """How many times as often the model errs here as in the rest; None where nobody can say."""
        if not self.labelled or not self.rest or not (self.wrong or self.rest_wrong):
            return None
        if not self.rest_wrong:
            return inf
        return (self.wrong / self.labelled) / (self.rest_wrong / self.rest)


def slice_table(run: Run, slices: Mapping[str, Filter]) -> list[Slice]:
    """Size, accuracy and lift of each slice, in their order, counted in one pass.

    Raises
    ------
    FileError
        If a filter names a column or a tag that the run does not have.
    """
    columns, values = ["count(outcome)", "count(*) FILTER (WHERE outcome = 'wrong')"], []
    for chosen in slices.values():
        where, marks = chosen.where(run.about.columns)
        around, more = replace(chosen, outcome=None).where(run.about.columns)
        columns.append(f"count(*) FILTER (WHERE {where})")
        columns.append(f"count(outcome) FILTER (WHERE {around})")
        columns.append(f"count(*) FILTER (WHERE ({around}) AND outcome = 'wrong')")
        values += [*marks, *more, *more]
    with run.connect() as connection:
        query = f"SELECT {', '.join(columns)} FROM texts WHERE tokens IS NOT NULL"
        total, wrong, *counts = connection.execute(query, values).fetchone()
    found = zip(slices.items(), counts[::3], counts[1::3], counts[2::3], strict=True)
    return [
        Slice(name, chosen, rows, labelled, errors, total - labelled, wrong - errors)
        for (name, chosen), rows, labelled, errors in found
    ]


def suggest_slices(run: Run, most: int = 12) -> list[Slice]:
    """Slices on which the model errs more than elsewhere, the worst first; they have no names.

    Looked at: every value of the file's columns with at most `MOST_VALUES` different ones, thirds
    by length, tags. They stand by the lower end of the interval of their share of mistakes, so
    that a small slice does not impress, and those of too few texts are left out.
    """
    candidates = [*_of_columns(run), *_of_lengths(run)]
    candidates += [Filter(tags=(tag,)) for tag, cause in CAUSES.items() if not cause.labelled]
    found = slice_table(run, {str(place): chosen for place, chosen in enumerate(candidates)})
    if not found:
        return []
    total = found[0].labelled + found[0].rest
    least = min(20, max(5, total // 20))
    found = [s for s in found if s.labelled >= least and s.wrong and (s.lift or 0) > 1]
    found.sort(key=lambda s: -wilson(s.wrong, s.labelled)[0])
    return [replace(s, name="") for s in found[:most]]


def _of_columns(run: Run) -> list[Filter]:
    read = (run.about.text_column, run.about.label_column)
    own = {n: name for n, name in enumerate(run.about.columns) if name not in read}
    if not own:
        return []
    with run.connect() as connection:
        counts = ", ".join(f"approx_count_distinct(c{number})" for number in own)
        guessed = connection.execute(f"SELECT {counts} FROM rows").fetchone()
        found = []
        for (number, name), guess in zip(own.items(), guessed, strict=True):
            if guess <= 2 * MOST_VALUES:  # it is an estimate
                query = _VALUES.format(column=f"c{number}", most=MOST_VALUES + 1)
                values = [value for (value,) in connection.execute(query).fetchall()]
                if 2 <= len(values) <= MOST_VALUES:
                    found += [Filter(columns=((name, value),)) for value in values]
    return found


_VALUES = "SELECT DISTINCT {column} FROM rows WHERE {column} IS NOT NULL ORDER BY 1 LIMIT {most}"


def _of_lengths(run: Run) -> list[Filter]:
    with run.connect() as connection:
        query = "SELECT quantile_disc(tokens, [0.333, 0.667]) FROM texts WHERE tokens > 0"
        (edges,) = connection.execute(query).fetchone()
    if edges is None or edges[0] == edges[1]:
        return []
    low, high = edges
    return [Filter(tokens=ends) for ends in ((None, low), (low + 1, high), (high + 1, None))]


CHANGES = ("fixed", "broken", "wrong", "right", "other", "same")
"""What became of a text from one run to the next. Without a label in both, only whether the
prediction is another or the same can be said."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs over the same texts, the first called before and the second after.

    Parameters
    ----------
    by_row
        Whether texts were matched by their rows, as they are of the same file; else equal texts
        were matched, the first with the first of its like.
    matched, before_only, after_only
        Texts found in both, and those that have no partner.
    relabelled
        Of those in both, texts whose label means another class in the second run.
    counts
        Change (`CHANGES`) → texts.
    rows
        Change → (N, 2) int64, rows before and after, those whose probability moved most first; at
        most `MOST_ROWS`.
    classes
        For each true class that occurs, with its labels in the second run: name, texts, right
        before, right after, fixed, broken.
    points
        (P, 2) float64: the probability of the true class before and after; of the predicted class
        where labels are missing. A sample of at most `MOST_POINTS`.
    point_changes, point_rows
        P places in `CHANGES`; (P, 2) int64.
    """

    by_row: bool
    matched: int
    before_only: int
    after_only: int
    relabelled: int
    counts: Mapping[str, int]
    rows: Mapping[str, np.ndarray]
    classes: tuple[tuple[str, int, int, int, int, int], ...]
    points: np.ndarray
    point_changes: np.ndarray
    point_rows: np.ndarray

    @property
    def labelled(self) -> int:
        """Texts with a label in both."""
        return sum(self.counts[name] for name in ("fixed", "broken", "wrong", "right"))

    @property
    def accuracies(self) -> tuple[float, float] | None:
        """Before and after, on the texts with a label in both."""
        if not self.labelled:
            return None
        kept = self.counts["right"]
        return (
            (kept + self.counts["broken"]) / self.labelled,
            (kept + self.counts["fixed"]) / self.labelled,
        )

    @property
    def chance(self) -> float:
        """How often chance alone would fix and break as unevenly (`mcnemar`)."""
        return mcnemar(self.counts["fixed"], self.counts["broken"])


def mcnemar(fixed: int, broken: int) -> float:
    """The two-sided p of McNemar's exact test (1947): is a changed text as likely fixed as broken?

    p = min(1, 2 · P(X ≤ min(fixed, broken))) with X binomial over fixed + broken texts, q = 1/2.
    """
    changed, fewer = fixed + broken, min(fixed, broken)
    if changed <= 1_000:  # whole numbers: exact
        return min(1.0, 2 * sum(comb(changed, k) for k in range(fewer + 1)) / 2**changed)
    k = np.arange(fewer + 1)
    steps = np.log(changed - k[:-1]) - np.log(k[1:])  # C(n, k+1) / C(n, k)
    logs = np.concatenate([[0.0], np.cumsum(steps)]) - changed * log(2)
    return min(1.0, 2 * float(np.exp(logs).sum()))


def compare(
    before: Run, after: Run, progress: Callable[[float, float], object] | None = None
) -> Comparison:
    """What became of the texts of one run in another: the same file's rows, or else equal texts.

    `progress(done, total)` is called between the steps.
    """
    tell = progress or (lambda done, total: None)
    by_row = same_file(before, after)
    key = "row" if by_row else _TEXT_KEY
    with TemporaryDirectory(prefix="attnviz-") as place:
        files = {name: str(Path(place) / name).replace("'", "''") for name in ("old", "new")}
        for step, (path, run) in enumerate(zip(files.values(), (before, after), strict=True)):
            tell(step, STEPS)
            with run.connect() as connection:
                connection.execute(f"COPY ({_SIDE.format(key=key)}) TO '{path}' (FORMAT parquet)")
        with after.connect() as connection:
            for name, path in files.items():
                connection.execute(f"CREATE VIEW {name}_side AS FROM read_parquet('{path}')")
            tell(2, STEPS)
            connection.execute(_PAIRS)
            tell(3, STEPS)
            return _comparison(connection, by_row)


def same_file(one: Run, other: Run) -> bool:
    """Whether two runs read the same rows."""
    return (one.about.digest, one.about.rows) == (other.about.digest, other.about.rows)


_TEXT_KEY = "md5(text) || row_number() OVER (PARTITION BY md5(text) ORDER BY row)"
_SIDE = """
SELECT {key} AS key, row, predicted, truth, outcome, coalesce(p_truth, confidence) AS p
FROM texts WHERE tokens IS NOT NULL
"""
_PAIRS = """
CREATE TEMP TABLE pairs AS
SELECT b.row AS old_row, a.row AS row, a.truth AS truth, b.p AS old_p, a.p AS p,
  b.truth IS DISTINCT FROM a.truth AS relabelled,
  CASE WHEN b.outcome IS NULL OR a.outcome IS NULL THEN
         CASE WHEN b.predicted IS NOT DISTINCT FROM a.predicted THEN 'same' ELSE 'other' END
       WHEN b.outcome = a.outcome THEN a.outcome
       WHEN a.outcome = 'right' THEN 'fixed' ELSE 'broken' END AS change
FROM old_side AS b JOIN new_side AS a USING (key)
"""
_CLASSES = """
SELECT truth, count(*), count(*) FILTER (WHERE change IN ('right', 'broken')),
  count(*) FILTER (WHERE change IN ('right', 'fixed')),
  count(*) FILTER (WHERE change = 'fixed'), count(*) FILTER (WHERE change = 'broken')
FROM pairs WHERE change NOT IN ('same', 'other') GROUP BY truth ORDER BY 2 DESC, 1
"""
_ROWS = """
SELECT old_row, row FROM pairs WHERE change = ?
ORDER BY abs(p - old_p) DESC NULLS LAST, row LIMIT ?
"""
_POINTS = """
SELECT old_p, p, change, old_row, row FROM pairs
WHERE old_p IS NOT NULL AND p IS NOT NULL ORDER BY hash(row), row LIMIT ?
"""


def _comparison(connection, by_row: bool) -> Comparison:
    def ask(query: str, *values: object) -> list[tuple]:
        return connection.execute(query, values).fetchall()

    sides = [ask(f"SELECT count(*) FROM {name}_side")[0][0] for name in ("old", "new")]
    matched, relabelled = ask("SELECT count(*), count(*) FILTER (WHERE relabelled) FROM pairs")[0]
    counts = dict(ask("SELECT change, count(*) FROM pairs GROUP BY 1"))
    points = ask(_POINTS, MOST_POINTS)
    return Comparison(
        by_row=by_row,
        matched=matched,
        before_only=sides[0] - matched,
        after_only=sides[1] - matched,
        relabelled=relabelled,
        counts={name: counts.get(name, 0) for name in CHANGES},
        rows={name: _pairs(ask(_ROWS, name, MOST_ROWS)) for name in CHANGES},
        classes=tuple(ask(_CLASSES)),
        points=np.array([row[:2] for row in points], dtype=np.float64).reshape(-1, 2),
        point_changes=np.array([CHANGES.index(row[2]) for row in points], dtype=np.int64),
        point_rows=_pairs([row[3:] for row in points]),
    )


def _pairs(found: list[tuple]) -> np.ndarray:
    return np.array(found, dtype=np.int64).reshape(-1, 2)
