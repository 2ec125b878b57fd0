"""Scoring on many processes or machines with Ray Data; an optional extra, imported only here.

Each worker opens the model once and scores whole chunks, with the batches and the number of threads
of the local engine, so on processors of one kind the numbers are the same to the last bit. A worker
that dies is started anew and its chunk scored again.

What brings torch is imported inside functions: a worker imports this module first, and has to say
how many threads it wants before `attnviz.threads` asks how many there are.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attnviz.errors import N_, AttnvizError, FileError, reason
from attnviz.runs.run import Run

MISSING = N_("Engine ray needs one more library: run “{command}”.")
NOT_SHARED = N_("The rows cannot be copied to {place} for the workers: {reason}.")
THREADS = 2  # at most, as scoring takes for a batch
MODEL_ENDINGS = (".json", ".safetensors")


def score_run_with_ray(
    folder: str | Path,
    run: Run,
    progress: Callable[..., object] | None = None,
    *,
    workers: int | None = None,
    shared: str | None = None,
) -> None:
    """What `score_run` does, with the model in `folder`, on a Ray cluster.

    That is the one to which this process is connected, or which RAY_ADDRESS names; without one, a
    local cluster lasts as long as the scoring. Every node needs attnviz installed. The model
    travels to the workers; the rows they read where the run has them.

    Parameters
    ----------
    workers
        How many processes; by default as many as the cluster's processors can carry.
    shared
        Where the nodes do not see the run's folder: one that they do see, as a path or the address
        of an object store (`s3://bucket/folder`). A copy of the rows lies there meanwhile.

    Raises
    ------
    AttnvizError
        If Ray is not installed.
    FileError
        If the rows cannot be copied to `shared`.
    """
    from attnviz.inspection.scoring import pacing
    from attnviz.runs.rows import text_cell

    ray = _library()
    missing = run.missing()
    if not missing:
        return
    files = sorted(Path(folder).iterdir())
    model = {file.name: file.read_bytes() for file in files if file.suffix in MODEL_ENDINGS}
    count = _threads()
    with _rows_for_all(run, shared) as rows, _cluster(ray, count, workers):
        room = int(ray.cluster_resources().get("CPU", 1)) // count
        workers = min(workers or max(1, room), len(missing))
        chunks = [{"number": number} for number in missing]
        found = ray.data.from_items(chunks, override_num_blocks=len(missing)).map(
            Scorer,
            fn_constructor_args=(model, rows, text_cell(run.about), count),
            num_cpus=count,
            compute=ray.data.ActorPoolStrategy(size=workers),
        )
        moved = pacing(run, progress)
        for row in found.iter_rows():
            table = _unpacked(row["scores"])
            run.write_part(int(row["number"]), table)
            moved(len(table))


class Scorer:
    """A worker: opens the model once, then scores one chunk after the other."""

    def __init__(self, model: Mapping[str, bytes], rows: str, cell: str, count: int) -> None:
        """`model` is file name → content; `rows` a path or an address of rows.parquet."""
        import torch

        torch.set_num_threads(count)
        from attnviz.classifier import Classifier
        from attnviz.inspection.vocabulary import vocabulary_of

        with tempfile.TemporaryDirectory() as folder:
            for name, data in model.items():
                (Path(folder) / name).write_bytes(data)
            self.classifier = Classifier.from_pretrained(folder)
        self.vocabulary = vocabulary_of(self.classifier.tokenizer)
        self.rows, self.cell = rows, cell

    def __call__(self, row: Mapping) -> dict:
        """The scores of chunk `row["number"]`, packed: so Ray leaves their types alone."""
        from attnviz.inspection.scoring import score_chunk
        from attnviz.runs.rows import read_chunk

        system, path = _place(self.rows)
        with system.open_input_file(path) as file:
            numbers, texts = read_chunk(file, self.cell, int(row["number"]))
        table = score_chunk(self.classifier, self.vocabulary, numbers, texts)
        return {"number": row["number"], "scores": _packed(table)}


def _library():
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it warns of what Ray Data itself does
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise AttnvizError(MISSING, command='python -m pip install "ray[data]"') from error
    return ray


@contextmanager
def _cluster(ray, count: int, workers: int | None) -> Iterator[None]:
    """Connected to a cluster, and quiet; a local one has room for the workers, and goes again."""
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    if ray.is_initialized():
        yield
        return
    options = {}
    if not os.environ.get("RAY_ADDRESS"):
        options["include_dashboard"] = False
        options["num_cpus"] = count * workers if workers else max(count, os.cpu_count() or 1)
    ray.init(logging_level=logging.ERROR, log_to_driver=False, **options)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _rows_for_all(run: Run, shared: str | None) -> Iterator[str]:
    """Where every worker can read the run's rows."""
    if shared is None:
        yield str(run.rows_path.resolve())
        return
    from pyarrow import fs

    address = f"{shared.rstrip('/')}/{run.folder.resolve().name}-rows.parquet"
    try:
        system, path = _place(address)
        fs.copy_files(str(run.rows_path.resolve()), path, fs.LocalFileSystem(), system)
    except (OSError, ValueError) as error:  # an Arrow error is one of these
        raise FileError(NOT_SHARED, place=shared, reason=reason(error)) from error
    try:
        yield address
    finally:
        system.delete_file(path)


def _place(address: str):
    """Arrow's file system of an address or a path, and the path there."""
    from pyarrow import fs

    if "://" in address:
        return fs.FileSystem.from_uri(address)
    return fs.LocalFileSystem(), os.path.abspath(address)


def _threads() -> int:
    """How many threads a batch gets here, and so in every worker."""
    import torch

    return min(THREADS, torch.get_num_threads())


def _packed(table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(data: bytes):
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()
