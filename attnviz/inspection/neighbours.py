"""Which texts the network takes for alike, by the context vectors that its head reads."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from attnviz.classifier import Classifier
from attnviz.errors import N_, TextError
from attnviz.evidence.similar import Neighbours
from attnviz.folders import weights_digest
from attnviz.runs import Filter, Run
from attnviz.threads import threads
from attnviz.writing import written_whole

MOST_TEXTS = 10
READERS = 4
REFERENCE = "reference.parquet"
UNREAD = N_("This text has not been read: it holds no token, or its turn has not come yet.")


def neighbours(
    run: Run,
    row: int,
    most: int = MOST_TEXTS,
    progress: Callable[[float, float], object] | None = None,
) -> Neighbours:
    """The texts of the file whose context vectors point most nearly the same way.

    All scored texts are looked at, chunk by chunk, so memory stays flat; ties stand in the order
    of the file. `progress(done, total)` counts texts.

    Raises
    ------
    TextError
        If the row is not scored, or has no token.
    """
    vector = _context(run, row)
    best = np.zeros(0), np.zeros(0, dtype=np.int64)
    done, scored = 0, run.scored
    for rows, contexts in contexts_of(run):
        done += len(rows)
        if progress:
            progress(min(done, scored), scored)
        others = rows != row
        found = np.append(best[0], cosines(contexts[others], vector))
        numbers = np.append(best[1], rows[others])
        order = np.lexsort((numbers, -found))[:most]
        best = found[order], numbers[order]
    wanted = tuple(best[1].tolist())
    columns = "row, text, truth, predicted"
    known = run.page(Filter(rows=wanted), most=max(most, 1), columns=columns).set_index("row")
    known = known.astype(object).where(known.notna(), None).loc[list(wanted)]
    return Neighbours(
        similarity=best[0],
        rows=best[1],
        texts=tuple(text or "" for text in known["text"]),
        truths=tuple(known["truth"]),
        predictions=tuple(known["predicted"]),
    )


def cosines(contexts: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(n,) from contexts (n, N) and one (N,); a vector of length 0 is like nothing: 0."""
    lengths = np.linalg.norm(contexts, axis=1) * np.linalg.norm(vector)
    products = contexts @ vector
    return np.divide(products, lengths, out=np.zeros(len(contexts)), where=lengths > 0)


def contexts_of(run: Run) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and context vectors (n, N) of each scored chunk; texts without a token left out."""
    from pyarrow import parquet

    def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
        with run.reading():
            table = parquet.read_table(path, columns=["row", "context"], use_threads=False)
        return _vectors(table)

    missing = set(run.missing())
    paths = [run.part_path(number) for number in range(run.parts) if number not in missing]
    with ThreadPoolExecutor(READERS) as pool:  # decoding is most of the work, and lets others run
        for first in range(0, len(paths), READERS):
            yield from list(pool.map(read, paths[first : first + READERS]))


def _vectors(table) -> tuple[np.ndarray, np.ndarray]:
    table = table.filter(table["context"].is_valid()).combine_chunks()
    width = table["context"].type.list_size
    flat = table["context"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return table["row"].to_numpy(), flat.reshape(-1, width).astype(np.float32)


def _context(run: Run, row: int) -> np.ndarray:
    found = run.query("SELECT context FROM texts WHERE row = ?", [row])["context"]
    if not len(found) or not isinstance(found[0], np.ndarray):
        raise TextError(UNREAD)
    return np.asarray(found[0], dtype=np.float32)


# A few texts that every user of a model can compare with.


def write_reference(
    classifier: Classifier, folder: str | Path, texts: Sequence[str], labels: Sequence[str]
) -> Path:
    """Put texts, their labels and what the model makes of them beside it, as reference.parquet."""
    import pyarrow as pa
    from pyarrow import parquet

    contexts = np.stack([context_of(classifier, text) for text in texts]).astype(np.float16)
    width = contexts.shape[1]
    table = pa.table(
        {
            "row": pa.array(range(len(texts)), pa.int32()),
            "text": list(texts),
            "label": pa.array(labels).dictionary_encode(),
            "prediction": pa.array(classifier.predict(texts).labels).dictionary_encode(),
            "context": pa.FixedSizeListArray.from_arrays(contexts.reshape(-1), width),
        }
    ).replace_schema_metadata({"weights": weights_digest(folder)})
    path = Path(folder) / REFERENCE
    with written_whole(path) as temporary:
        parquet.write_table(table, temporary, compression="zstd", compression_level=19)
    return path


def context_of(classifier: Classifier, text: str) -> np.ndarray:
    """(N,): what the head reads of one text."""
    import torch

    network = classifier.network
    ids = torch.tensor([classifier.encode([text])[0][: network.config.max_tokens]])
    mask = torch.ones_like(ids, dtype=torch.bool)
    with threads(1), torch.inference_mode():
        *_, (_name, states, _fields) = network.run_stages(network.embedding(ids), mask)
        _logits, shares, _attended = network.conclude(states, mask)
    return shares.sum(1).flatten().numpy()


def reference_neighbours(run: Run, row: int, most: int = MOST_TEXTS) -> Neighbours | None:
    """The same among the texts that came with the model; the text itself is left out.

    None where the model's folder holds none, or those of other weights than the run's.
    """
    table = _reference(Path(run.about.model) / REFERENCE, run)
    if table is None:
        return None
    (text,) = run.query("SELECT text FROM texts WHERE row = ?", [row])["text"]
    numbers, contexts = _vectors(table)
    found = cosines(contexts, _context(run, row))
    texts = np.array(table["text"].to_pylist(), dtype=object)
    found[texts == text] = -np.inf
    order = np.lexsort((numbers, -found))[:most]
    order = order[np.isfinite(found[order])]
    return Neighbours(
        similarity=found[order],
        rows=np.full(len(order), -1),
        texts=tuple(texts[order]),
        truths=tuple(table["label"].take(order).to_pylist()),
        predictions=tuple(table["prediction"].take(order).to_pylist()),
    )


def _reference(path: Path, run: Run):
    """The table of the texts that came with a run's model, or None."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError, ValueError):
        return None
    same = (table.schema.metadata or {}).get(b"weights") == run.about.weights.encode()
    if not same or not {"row", "text", "label", "prediction", "context"} <= {*table.column_names}:
        return None
    return table if getattr(table["context"].type, "list_size", 0) == run.about.context else None
