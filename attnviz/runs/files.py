"""Every file that a run's folder holds, by name: nobody else spells them."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

ABOUT = "run.json"
ROWS = "rows.parquet"
SCORES = "scores"  # a folder
LATER = "later.parquet"
MAP = "map.parquet"
MARKS = "marks.jsonl"
SLICES = "slices.json"
METRICS = "metrics.json"
RESULTS = "results.parquet"
REPORT = "report.html"
EXPORTS = "exports"  # a folder
SCRATCH = "tmp"  # a folder, of DuckDB
LOCK = "lock"  # held while marks, slices or run.json are changed

COMPUTED = {SCORES, ROWS, LATER, LOCK}
"""What a run leaves that was stopped before run.json was written."""
ALL = COMPUTED | {ABOUT, MAP, MARKS, SLICES, METRICS, RESULTS, REPORT, EXPORTS, SCRATCH}


def part_name(number: int) -> str:
    return f"{number:05d}.parquet"


def strangers(folder: Path) -> list[Path]:
    """What lies in a folder and is not of a run; what is being written is left out."""
    known = ALL if (folder / ABOUT).exists() else COMPUTED
    parts = [*(folder / SCORES).glob("[0-9][0-9][0-9][0-9][0-9].parquet")]
    found = [path for path in folder.glob("*") if path.name not in known]
    found += [path for path in folder.glob(f"{SCORES}/*") if path not in parts]
    return [path for path in found if path.suffix != ".tmp"]


def is_sound(path: Path, columns: Collection[str] = ()) -> bool:
    """Whether a Parquet file is there to its end and has these columns; its pages are not read."""
    try:
        state = path.stat()
    except OSError:
        return False
    names = _column_names(str(path), state.st_mtime_ns, state.st_size, state.st_ino)
    return names is not None and set(columns) <= names


@lru_cache(maxsize=4_096)
def _column_names(path: str, *_state: int) -> frozenset[str] | None:
    import pyarrow
    from pyarrow import parquet

    try:
        return frozenset(parquet.read_schema(path).names)
    except (pyarrow.ArrowException, OSError, ValueError):
        return None


def take_damaged(paths: Iterable[Path]) -> list[str]:
    """Delete the Parquet files that cannot be read; their names."""
    taken = []
    for path in paths:
        if path.exists() and not _is_readable(path):
            with suppress(OSError):
                path.unlink()
                taken.append(path.name)
    return taken


def _is_readable(path: Path) -> bool:
    """Whether every page of a Parquet file can be read."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                file.read_row_group(number)
    except (pyarrow.ArrowException, OSError, ValueError):
        return False
    return True
