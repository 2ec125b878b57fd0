"""Texts that stand in a file twice, or almost, with different labels.

Equal texts are found by DuckDB in a file of any size. Near ones are compared by MinHash (Broder
1997): of a text's sets of three characters, each of 128 random functions keeps its smallest value,
and the share of values that two texts have in common estimates the Jaccard similarity of their sets
to about ± 0.04.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, islice

import numpy as np

from attnviz.overlap import hash_functions, hashed
from attnviz.runs.rows import read_chunk, text_cell
from attnviz.runs.run import Run

NEAR_ROWS = 200_000
"""In a longer file only equal texts are found: the values of so many take 100 MB."""
HASHES, BANDS = 128, 32
SIMILAR = 0.7
"""Estimated similarity from which two texts are nearly the same: one word of a sentence changed."""
SHINGLE = 3  # characters
COMPARED = 20  # texts with another label that each text of a full bucket is compared with
SPACE = re.compile(  # spaces and punctuation, ASCII, general and full-width; emoji say something
    r"[\s!-/:-@\[-`{-~\u00a0-\u00bf\u2000-\u206f\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]+"
)
LOOKED_AT = 100_000
"""Characters of a text by which it is compared for nearness: a longer one by its beginning."""
AT_A_TIME = 20_000  # shingles, so that the values of a long text take 20 MB
ROWS_AT_A_TIME = 1_000  # in some 10 ms

_KEYS = """
CREATE TEMP TABLE keys AS
SELECT row, hash(coalesce(nullif(regexp_replace(lower(text), '[\\p{P}\\p{Z}\\s]+', '', 'g'), ''),
  trim(text))) AS key, coalesce(truth, nullif(trim(label), '')) AS class
FROM texts WHERE coalesce(truth, nullif(trim(label), '')) IS NOT NULL AND trim(text) <> ''
"""
_EQUAL = """
WITH firsts AS (SELECT key, class, min(row) AS first FROM keys GROUP BY key, class),
     mixed AS (SELECT * FROM firsts WHERE key IN
       (SELECT key FROM firsts GROUP BY key HAVING count(*) > 1))
SELECT keys.row, min(mixed.first) AS other FROM keys
JOIN mixed ON mixed.key = keys.key AND mixed.class <> keys.class
GROUP BY keys.row ORDER BY keys.row
"""


def duplicates(run: Run, progress: Callable[[int], object] = lambda rows: None) -> np.ndarray:
    """(rows,) int64: the row of a text that is the same, or nearly, and has another label; else −1.

    Equal is what is the same but for case, punctuation and space; the first such row is given.
    Near is what agrees in `SIMILAR` of its MinHash values; the nearest row is given, of equally
    near ones the first. In a crowd of rows alike, each is compared with `COMPARED` others. A class
    is the model's, or the file's own where the model has none of that name. `progress` is called
    with how many rows were just read, then with 0 as often as some were compared; it may raise.
    """
    found = np.full(run.about.rows, -1, dtype=np.int64)
    with run.connect() as connection:
        connection.execute(_KEYS)
        equal = connection.execute(_EQUAL).fetchnumpy()
        names = connection.execute("SELECT DISTINCT class FROM keys ORDER BY class").fetchall()
        classes = np.full(run.about.rows, -1, dtype=np.int32)
        if run.about.rows <= NEAR_ROWS and len(names) > 1:
            numbers = {name: number for number, (name,) in enumerate(names)}
            rows = connection.execute("SELECT row, class FROM keys").fetchall()
            for row, name in rows:
                classes[row] = numbers[name]
    if (classes >= 0).any():
        values, empty = _values(run, progress)
        classes[empty] = -1
        for row, other in _near_pairs(values, classes, progress):
            found[row] = other
    found[equal["row"].astype(np.int64)] = equal["other"].astype(np.int64)
    return found


def minhash(text: str) -> np.ndarray:
    """(128,) uint32: the smallest value of each function over a text's first shingles."""
    letters = SPACE.sub(" ", text[:LOOKED_AT].lower()).strip()
    codes = np.frombuffer(letters.encode("utf-32-le", "replace"), dtype=np.uint32)
    codes = np.pad(codes, (0, max(0, SHINGLE - len(codes)))).astype(np.uint64)
    shingles = np.lib.stride_tricks.sliding_window_view(codes, SHINGLE)
    shingles = np.unique(shingles @ (np.uint64(2**21) ** np.arange(SHINGLE, dtype=np.uint64)))
    smallest = np.full(HASHES, 2**32 - 1, dtype=np.uint32)
    for start in range(0, len(shingles), AT_A_TIME):
        mixed = hashed(shingles[start : start + AT_A_TIME, None], *_FUNCTIONS.T)
        smallest = np.minimum(smallest, mixed.min(0))
    return smallest


_FUNCTIONS = hash_functions(HASHES)


def _values(run: Run, progress: Callable[[int], object]) -> tuple[np.ndarray, np.ndarray]:
    """MinHash values (rows, 128), and (rows,) whether a text holds nothing but punctuation."""
    values = np.zeros((run.about.rows, HASHES), dtype=np.uint32)
    empty = np.zeros(run.about.rows, dtype=bool)
    for number in range(run.parts):
        with run.reading():
            rows, texts = read_chunk(run.rows_path, text_cell(run.about), number)
        for row, text in zip(rows, texts, strict=True):
            values[row], empty[row] = minhash(text), not SPACE.sub("", text[:LOOKED_AT])
            progress(1)
    return values, empty


def _near_pairs(
    values: np.ndarray, classes: np.ndarray, progress: Callable[[int], object]
) -> Iterator[tuple[int, int]]:
    """(row, nearest row of another class) for every text that has one near enough."""
    rows = np.flatnonzero(classes >= 0)
    best = np.full(len(classes), SIMILAR)
    nearest = np.full(len(classes), -1)
    for band in values.reshape(len(values), BANDS, -1).transpose(1, 0, 2):
        progress(0)
        for some, others in _opposed(_buckets(band, rows), classes):
            shares, found = _most_alike(values, some, others)
            better = (shares > best[some]) | (
                (shares == best[some]) & ((found < nearest[some]) | (nearest[some] < 0))
            )
            best[some[better]], nearest[some[better]] = shares[better], found[better]
            progress(0)
    for row in np.flatnonzero(nearest >= 0):
        yield int(row), int(nearest[row])


def _opposed(
    buckets: Iterable[np.ndarray], classes: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(n,) rows, and (n, 20) the first rows of each one's bucket that have another class.

    Where there are fewer they come again. The time is linear in the rows: of the first 40 of a
    bucket at most one class has more than 20, so only for that one it is searched any further.
    """
    some, others = [], []
    for bucket in buckets:
        kinds = classes[bucket].tolist()
        known = set(kinds)
        if len(known) == 1:
            continue
        pairs = list(zip(bucket.tolist(), kinds, strict=True))
        first = {kind: _first_others(pairs, kind) for kind in known}
        for row, kind in pairs:
            some.append(row)
            others.append(first[kind])
            if len(some) == ROWS_AT_A_TIME:
                yield np.array(some), np.array(others)
                some, others = [], []
    if some:
        yield np.array(some), np.array(others)


def _first_others(pairs: list[tuple[int, int]], kind: int) -> list[int]:
    found = list(islice((row for row, other in pairs if other != kind), COMPARED))
    return list(islice(cycle(found), COMPARED))


def _most_alike(
    values: np.ndarray, rows: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) each: the share of values that a row has in common with the nearest other, and which."""
    own = values[rows]
    counts = [np.count_nonzero(values[other] == own, axis=1) for other in others.T]
    places = np.argmax(counts, axis=0)  # of equals the first
    return np.max(counts, axis=0) / HASHES, others[range(len(others)), places]


def _buckets(band: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Rows that agree in one band, in the order of the file; those alone are left out."""
    keys = np.ascontiguousarray(band[rows]).view(f"V{band.shape[1] * band.itemsize}")[:, 0]
    _, group, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(group, kind="stable")
    for bucket in np.split(rows[order], counts.cumsum()[:-1]):
        if len(bucket) > 1:
            yield bucket
