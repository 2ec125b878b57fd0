"""How two runs over the same texts differ.

Everything is counted by DuckDB on the files of the runs, so that a million rows cost no memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from attnviz.runs import Run

MOST_ROWS = 2_000  # that a list of a comparison names
MOST_POINTS = 2_000  # drawn of a comparison
STEPS = 4  # of a comparison: each run's side, the pairs, what is counted of them


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
    drawable
        Texts of those in both that have a probability in both: an empty text has none.
    points
        (P, 2) float64: the probability of the true class before and after; of the predicted class
        where labels are missing. All that are `drawable`, or a random `MOST_POINTS` of them.
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
    drawable: int
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
    from scipy.stats import binomtest

    changed = fixed + broken
    return float(binomtest(fixed, changed).pvalue) if changed else 1.0


def compare(
    before: Run, after: Run, progress: Callable[[float, float], object] | None = None
) -> Comparison:
    """What became of the texts of one run in another: the same file's rows, or else equal texts.

    `progress(done, total)` is called between the steps.
    """
    tell = progress or (lambda done, total: None)
    by_row = same_file(before, after)
    with TemporaryDirectory(prefix="attnviz-") as place:
        files = {name: str(Path(place) / name).replace("'", "''") for name in ("old", "new")}
        for step, (path, run) in enumerate(zip(files.values(), (before, after), strict=True)):
            tell(step, STEPS)
            key = "row" if by_row else _TEXT_KEY.format(text=_text(run))
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
    return _rows_of(one) == _rows_of(other)


def _rows_of(run: Run) -> tuple:
    about = run.about
    return about.digest, about.rows, about.of_samples, about.reading.get("split")


def _text(run: Run) -> str:
    """What makes two texts equal, or two samples."""
    return "content" if run.about.of_samples else "text"


def text_hashes(run: Run) -> np.ndarray:
    """(N,) uint64, ascending: one number for each different text of a run that is not empty."""
    found = run.query(
        f"SELECT DISTINCT hash({_text(run)}) AS h FROM texts WHERE trim({_text(run)}) <> '' "
        "ORDER BY h"
    )
    return found["h"].to_numpy(np.uint64)


def shared_texts(one: np.ndarray, other: np.ndarray) -> int:
    """How many different texts two runs have in common, by their `text_hashes`."""
    return len(np.intersect1d(one, other, assume_unique=True))


_TEXT_KEY = (  # empty texts are no equal texts: their key is NULL, which nothing equals
    "nullif(md5({text}), md5('')) || row_number() OVER (PARTITION BY md5({text}) ORDER BY row)"
)
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
    (drawable,) = ask("SELECT count(*) FROM pairs WHERE old_p IS NOT NULL AND p IS NOT NULL")[0]
    return Comparison(
        by_row=by_row,
        matched=matched,
        before_only=sides[0] - matched,
        after_only=sides[1] - matched,
        relabelled=relabelled,
        counts={name: counts.get(name, 0) for name in CHANGES},
        rows={name: _pairs(ask(_ROWS, name, MOST_ROWS)) for name in CHANGES},
        classes=tuple(ask(_CLASSES)),
        drawable=drawable,
        points=np.array([row[:2] for row in points], dtype=np.float64).reshape(-1, 2),
        point_changes=np.array([CHANGES.index(row[2]) for row in points], dtype=np.int64),
        point_rows=_pairs([row[3:] for row in points]),
    )


def _pairs(found: list[tuple]) -> np.ndarray:
    return np.array(found, dtype=np.int64).reshape(-1, 2)
