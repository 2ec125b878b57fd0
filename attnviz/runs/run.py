"""One run: a file's rows, what the model said of each, and what a person made of them."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from attnviz.errors import N_, FileError
from attnviz.runs.about import About
from attnviz.runs.filters import EVERYTHING, MARKS, SORTS, Filter
from attnviz.runs.schema import CHUNK
from attnviz.runs.views import create_views
from attnviz.runs.writing import written_whole

BROKEN = N_("{folder} holds no run that can be read: {reason}. Delete it and score the file again.")
DAMAGED = N_(
    "The files of the run in {folder} are damaged: {reason}. Score the file again; if that does "
    "not help, delete the run."
)
LABELS = b"labels"  # in the metadata of later.parquet: of which labels it speaks
MEMORY = "500MB"  # what DuckDB may take before it goes on on disk


class Run:
    """A run's folder. Open one with `Run.open`, or make one with `Run.create`."""

    def __init__(self, folder: Path, about: About) -> None:
        self.folder, self.about = folder, about

    @classmethod
    def create(cls, folder: Path, about: About) -> "Run":
        """Write run.json into a folder that holds rows.parquet."""
        folder.mkdir(parents=True, exist_ok=True)
        run = cls(folder, about)
        run._write_about()
        return run

    @classmethod
    def open(cls, folder: str | Path) -> "Run":
        """Raises `FileError` if the folder holds no run."""
        folder = Path(folder)
        try:
            about = About.from_json((folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(BROKEN, folder=folder, reason=error) from error
        return cls(folder, about)

    def _write_about(self) -> None:
        _replace(self.folder / "run.json", self.about.to_json())

    def change(self, **values: object) -> None:
        """Another name, label column or label mapping; nothing needs to be scored again.

        What another tab has changed meanwhile stays.
        """
        self.about = replace(Run.open(self.folder).about, **values)
        self._write_about()

    def delete(self) -> None:
        shutil.rmtree(self.folder)

    # What is scored.

    @property
    def rows_path(self) -> Path:
        return self.folder / "rows.parquet"

    def part_path(self, number: int) -> Path:
        return self.folder / "scores" / f"{number:05d}.parquet"

    @property
    def parts(self) -> int:
        """How many chunks of rows there are."""
        return -(-self.about.rows // CHUNK)

    def missing(self) -> list[int]:
        """The chunks that are not scored yet, or whose scores a power cut has cut off."""
        return [number for number in range(self.parts) if not _is_sound(self.part_path(number))]

    @property
    def scored(self) -> int:
        """How many rows are scored."""
        last = self.about.rows - (self.parts - 1) * CHUNK
        lengths = dict.fromkeys(range(self.parts), CHUNK) | {self.parts - 1: last}
        return sum(lengths.values()) - sum(lengths[number] for number in self.missing())

    @property
    def later_path(self) -> Path:
        return self.folder / "later.parquet"

    @property
    def compared(self) -> bool:
        """Whether what needs the whole file is computed, for the labels that the run has now."""
        if not _is_sound(self.later_path):
            return False
        from pyarrow import parquet

        found = parquet.read_schema(self.later_path).metadata or {}
        return found.get(LABELS) == self.about.labels_key

    @property
    def done(self) -> bool:
        """Whether every row is scored."""
        return not self.missing()

    def write_part(self, number: int, table) -> None:
        """Keep the scores of one chunk, an Arrow table with the columns of `scores_schema`."""
        self._write(table, self.part_path(number))

    def write_later(self, table) -> None:
        """Keep what needed the whole file, with the columns of `later_schema`.

        It counts (`compared`) as long as the labels stay those that this object was opened with.
        """
        labels = {LABELS: self.about.labels_key}
        self._write(table.replace_schema_metadata(labels), self.later_path)

    def _write(self, table, path: Path) -> None:
        from pyarrow import parquet

        path.parent.mkdir(exist_ok=True)
        with written_whole(path) as temporary:
            parquet.write_table(table, temporary, compression="zstd")

    # Questions.

    @contextmanager
    def connect(self):
        """DuckDB with the view `texts`: a row for each row of the file.

        Its columns: row, line, c0 … (the file's own), text, label (as in the file), truth (the
        model's name for it), predicted, runner (names), outcome ("right", "wrong", null), p_truth,
        tags, mark, new_label, note, and those of `attnviz.runs.schema`.
        """
        import duckdb

        asked_wrongly = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
        settings = {
            "memory_limit": MEMORY,
            "threads": 2,
            "temp_directory": str(self.folder / "tmp"),
        }
        settings["autoinstall_known_extensions"] = False
        with duckdb.connect(config=settings) as connection:
            try:
                missing = set(self.missing())
                scores = [self.part_path(n) for n in range(self.parts) if n not in missing]
                later = [self.later_path] * self.compared
                create_views(connection, self.about, self.rows_path, scores, later, self.marks())
                yield connection
            except asked_wrongly:
                raise
            except duckdb.Error as error:
                reason = " ".join(str(error).split())[:300]
                raise FileError(DAMAGED, folder=self.folder, reason=reason) from error

    def query(self, sql: str, values: Sequence[object] = ()):
        """A pandas frame. `sql` asks the view `texts`; question marks stand for the values."""
        with self.connect() as connection:
            return connection.execute(sql, list(values)).df()

    def count(self, chosen: Filter = EVERYTHING) -> int:
        """How many texts a filter leaves."""
        where, values = chosen.where(self.about.columns)
        return int(self.query(f"SELECT count(*) AS n FROM texts WHERE {where}", values)["n"][0])

    def page(
        self,
        chosen: Filter = EVERYTHING,
        sort: str = "line",
        start: int = 0,
        most: int = 100,
        columns: str = "* EXCLUDE (logits, context)",
    ):
        """So many texts of a filter in an order (a key of `SORTS`), as a pandas frame."""
        where, values = chosen.where(self.about.columns)
        return self.query(
            f"SELECT {columns} FROM texts WHERE {where} ORDER BY {SORTS[sort][1]} LIMIT ? OFFSET ?",
            [*values, most, start],
        )

    # What a person made of it.

    def mark(self, rows: Iterable[int], mark: str, label: str = "", note: str = "") -> None:
        """Keep, relabel (`label` is the model's name of a class) or drop; "" takes it back."""
        if mark not in (*MARKS, ""):
            raise ValueError(f"{mark!r} is none of {MARKS}")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        lines = [
            json.dumps(
                {"row": int(row), "mark": mark, "label": label, "note": note, "at": at},
                ensure_ascii=False,
            )
            for row in rows
        ]
        with open(self.folder / "marks.jsonl", "a", encoding="utf-8") as file:
            file.writelines("\n" + line for line in lines)  # the line before may be torn off

    def marks(self) -> dict[int, dict]:
        """Row → its latest mark: mark, label, note, at."""
        found = {}
        path = self.folder / "marks.jsonl"
        for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else ():
            try:
                entry = json.loads(line)
                found[int(entry["row"])] = entry
            except (ValueError, KeyError, TypeError):  # cut off when the machine went down
                continue
        return {row: entry for row, entry in found.items() if entry["mark"] or entry["note"]}

    def slices(self) -> dict[str, Filter]:
        """Name → filter, in the order in which they were saved."""
        path = self.folder / "slices.json"
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return {str(name): Filter.from_dict(entry) for name, entry in found.items()}
        except (OSError, ValueError, AttributeError) as error:
            raise FileError(BROKEN, folder=path, reason=error) from error

    def save_slices(self, slices: Mapping[str, Filter]) -> None:
        found = {name: chosen.to_dict() for name, chosen in slices.items()}
        _replace(self.folder / "slices.json", json.dumps(found, ensure_ascii=False))


def _is_sound(path: Path) -> bool:
    """Whether a Parquet file is there to its end."""
    try:
        with open(path, "rb") as file:
            file.seek(-4, 2)
            return file.read() == b"PAR1"
    except OSError:
        return False


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
