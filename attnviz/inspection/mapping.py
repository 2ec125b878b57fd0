"""A map of a file: texts that the network takes for alike lie side by side."""

from collections.abc import Callable

import numpy as np

from attnviz.errors import N_, TextError
from attnviz.evidence.similar import Map2D
from attnviz.inspection.neighbours import contexts_of
from attnviz.runs import Run, files
from attnviz.writing import written_whole

SAMPLE = 3_000
COMPONENTS = 50
PERPLEXITY = 30
ITERATIONS = 500  # as trustworthy as 1,000 on reviews: of ten neighbours 97 % either way
FEWEST_TEXTS = 10  # with fewer there are no neighbourhoods to keep
TOO_FEW = N_("A map needs two texts at least that have been read.")


def map_of(
    run: Run,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Callable[[float, float], object] | None = None,
) -> Map2D:
    """The scored texts of a file, or `sample` of them drawn with `seed`, on a plane.

    Context vectors are brought to length 1, so that near means a large cosine as for neighbours,
    then reduced to 50 components and laid out by t-SNE (van der Maaten & Hinton 2008) as
    scikit-learn has it; fewer than ten different vectors by PCA alone. The same run gives the same
    map. `progress(done, total)` is called between the steps; the last is most of the work.

    Raises
    ------
    TextError
        If fewer than two texts are scored.
    """
    tell = progress or (lambda done, total: None)
    known = run.query("SELECT row FROM texts WHERE prediction IS NOT NULL ORDER BY row")["row"]
    if len(known) < 2:
        raise TextError(TOO_FEW)
    chance = np.random.default_rng(seed)
    wanted = chance.choice(known.to_numpy(), min(sample, len(known)), replace=False)
    rows, contexts = [], []
    for number, (numbers, vectors) in enumerate(contexts_of(run)):
        drawn = np.isin(numbers, wanted)
        rows.append(numbers[drawn])
        contexts.append(vectors[drawn])
        tell(0.1 * (number + 1) / run.parts, 1)
    points, method = _lay_out(np.concatenate(contexts), seed, tell)
    tell(1, 1)
    return Map2D(np.concatenate(rows), points.astype(np.float32), method, len(known))


def _lay_out(contexts: np.ndarray, seed: int, tell: Callable) -> tuple[np.ndarray, str]:
    """(S, 2) and how it was made. On one thread: sums in another order are another map."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    lengths = np.linalg.norm(contexts, axis=1, keepdims=True)
    units = np.divide(contexts, lengths, out=np.zeros_like(contexts), where=lengths > 0)
    with threadpool_limits(1):
        if len(np.unique(units, axis=0)) < FEWEST_TEXTS:
            return _principal(units), "PCA"
        parts = PCA(min(COMPONENTS, *units.shape), random_state=seed).fit_transform(units)
        tell(0.2, 1)
        perplexity = min(PERPLEXITY, (len(units) - 1) / 3)
        layout = TSNE(
            perplexity=perplexity, init="pca", max_iter=ITERATIONS, random_state=seed, n_jobs=1
        )
        return layout.fit_transform(parts), "t-SNE"


def _principal(units: np.ndarray) -> np.ndarray:
    """The two directions that vary most; 0 where there is none. (S, 2)."""
    left, sizes, _ = np.linalg.svd(units - units.mean(0), full_matrices=False)
    points = np.zeros((len(units), 2))
    points[:, : min(2, len(sizes))] = (left * sizes)[:, :2]
    signs = np.sign(points[np.abs(points).argmax(0), [0, 1]])
    return points * np.where(signs == 0, 1, signs)


def save_map(run: Run, found: Map2D) -> None:
    """Keep a map in the run's folder."""
    import pyarrow as pa
    from pyarrow import parquet

    x, y = found.points.T
    table = pa.table({"row": found.rows, "x": x, "y": y})
    table = table.replace_schema_metadata({"method": found.method, "of": str(found.of)})
    with written_whole(run.folder / files.MAP) as temporary:
        parquet.write_table(table, temporary)


def load_map(run: Run) -> Map2D | None:
    """The map that was kept, or None where there is none that can be read."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(run.folder / files.MAP)
        kept = {name.decode(): value.decode() for name, value in table.schema.metadata.items()}
        points = np.stack([table[name].to_numpy() for name in ("x", "y")], axis=1)
        rows = table["row"].to_numpy().astype(np.int64, casting="safe")
        found = Map2D(rows, points.astype(np.float32), kept["method"], int(kept["of"]))
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    inside = ((rows >= 0) & (rows < run.about.rows)).all() and len({*rows.tolist()}) == len(rows)
    return found if inside and np.isfinite(points).all() else None
