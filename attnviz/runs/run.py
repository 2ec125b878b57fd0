"""One run: a file's rows, what the model said of each, and what a person made of them."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from attnviz.errors import N_, FileError, reason
from attnviz.runs import files
from attnviz.runs.about import About
from attnviz.runs.filters import EVERYTHING, MARKS, SORTS, Filter
from attnviz.runs.markings import append_marks, read_marks, read_slices, write_slices
from attnviz.runs.schema import EVIDENCE, later_schema, scores_schema
from attnviz.runs.views import create_views
from attnviz.writing import locked, make_folder, write_text, written_whole

BROKEN = N_("{folder} holds no run that can be read: {reason}. Delete it and score the file again.")
DAMAGED = N_(
    "The files of the run in {folder} are damaged: {reason}. Score the file again; if that does "
    "not help, delete the run."
)
TAKEN_AWAY = N_(
    "Files of the run in {folder} were damaged and have been taken away: {files}. Resume the run, "
    "and what they held is computed again."
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
        make_folder(folder)
        run = cls(folder, about)
        run._write_about()
        return run

    @classmethod
    def open(cls, folder: str | Path) -> "Run":
        """Raises `FileError` if the folder holds no run."""
        folder = Path(folder)
        try:
            about = About.from_json((folder / files.ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise FileError(BROKEN, folder=folder, reason=reason(error)) from error
        return cls(folder, about)

    def _write_about(self) -> None:
        write_text(self.folder / files.ABOUT, self.about.to_json())

    def _locked(self):
        """Nobody else changes run.json, marks or slices meanwhile."""
        return locked(self.folder / files.LOCK)

    def change(self, **values: object) -> None:
        """Another name, label column or label mapping; nothing needs to be scored again.

        What another tab has changed meanwhile stays.
        """
        with self._locked():
            run = Run(self.folder, replace(Run.open(self.folder).about, **values))
            run._write_about()
        self.about = run.about

    def delete(self) -> None:
        shutil.rmtree(self.folder)

    # Its files.

    @property
    def rows_path(self) -> Path:
        return self.folder / files.ROWS

    def part_path(self, number: int) -> Path:
        return self.folder / files.SCORES / files.part_name(number)

    @property
    def later_path(self) -> Path:
        return self.folder / files.LATER

    # What is scored.

    @property
    def parts(self) -> int:
        """How many chunks of rows there are."""
        return len(self.about.lengths)

    def missing(self) -> list[int]:
        """The chunks that are not scored yet, or whose scores are cut off.

        What an older version did not measure (`lacking`) does not count: its scores are good.
        """
        schema = scores_schema(len(self.about.labels), self.about.context)
        names = [name for name in schema.names if name not in EVIDENCE]
        numbers = range(self.parts)
        return [number for number in numbers if not files.is_sound(self.part_path(number), names)]

    @property
    def scored(self) -> int:
        """How many rows are scored."""
        return self.about.rows - sum(self.about.lengths[number] for number in self.missing())

    @property
    def compared(self) -> bool:
        """Whether what needs the whole file is computed, for the labels that the run has now."""
        if not files.is_sound(self.later_path, later_schema().names):
            return False
        from pyarrow import parquet

        with self.reading():
            found = parquet.read_schema(self.later_path).metadata or {}
        return found.get(LABELS) == self.about.labels_key

    def later_note(self, name: str) -> str | None:
        """What `write_later` was given under this name beside its table; None without."""
        if not self.compared:
            return None
        from pyarrow import parquet

        with self.reading():
            note = (parquet.read_schema(self.later_path).metadata or {}).get(name.encode())
        return None if note is None else note.decode()

    def lacking(self) -> set[str]:
        """Columns of `EVIDENCE` that no score of the run has: an older version wrote them."""
        from pyarrow import parquet

        there: set[str] = set()
        with self.reading():
            for number in set(range(self.parts)) - set(self.missing()):
                there |= set(parquet.read_schema(self.part_path(number)).names)
        return set(EVIDENCE) - there if there else set()

    @property
    def done(self) -> bool:
        """Whether every row is scored."""
        return not self.missing()

    def write_part(self, number: int, table) -> None:
        """Keep the scores of one chunk, an Arrow table with the columns of `scores_schema`."""
        self._write(table, self.part_path(number))

    def write_later(self, table, notes: Mapping[str, str] | None = None) -> None:
        """Keep what needed the whole file, with the columns of `later_schema`, and notes on it.

        It counts (`compared`) as long as the labels stay those that this object was opened with.
        """
        said = {name.encode(): note.encode() for name, note in (notes or {}).items()}
        said[LABELS] = self.about.labels_key
        self._write(table.replace_schema_metadata(said), self.later_path)

    def _write(self, table, path: Path) -> None:
        from pyarrow import parquet

        make_folder(path.parent)
        with written_whole(path) as temporary:
            parquet.write_table(table, temporary, compression="zstd")

    # Questions.

    @contextmanager
    def connect(self):
        """DuckDB with the view `texts`: a row for each row of the file.

        Its columns: row, line, c0 … (the file's own), text, label (as in the file), truth (the
        model's name for it), predicted, runner (names), outcome ("right", "wrong", null), p_truth,
        tags, mark, new_label, note, and those of `attnviz.runs.schema`. Of samples text is the
        name, and content tells their values apart.
        """
        import duckdb

        settings = {
            "memory_limit": MEMORY,
            "threads": 2,
            "temp_directory": str(self.folder / files.SCRATCH),
            "autoinstall_known_extensions": False,
        }
        marks = self.marks()
        asked_wrongly = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
        with duckdb.connect(config=settings) as connection:
            with self._explained((duckdb.Error,)):
                missing = set(self.missing())
                scores = [self.part_path(n) for n in range(self.parts) if n not in missing]
                later = [self.later_path] * self.compared
                create_views(connection, self.about, self.rows_path, scores, later, marks)
            with self._explained((duckdb.Error,), asked_wrongly):
                yield connection

    def reading(self):
        """Around whatever else reads the run's Parquet files: raises `FileError` for damaged ones.

        Those that can be computed again are taken away then, so that the run can be resumed.
        """
        import pyarrow

        return self._explained((pyarrow.ArrowException, OSError))

    @contextmanager
    def _explained(self, errors: tuple, but: tuple = ()) -> Iterator[None]:
        try:
            yield
        except but:
            raise
        except errors as error:
            parts = (self.later_path, *map(self.part_path, range(self.parts)))
            if taken := files.take_damaged(parts):
                raise FileError(TAKEN_AWAY, folder=self.folder, files=", ".join(taken)) from error
            raise FileError(DAMAGED, folder=self.folder, reason=reason(error, 300)) from error

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
        self.mark_each(dict.fromkeys(rows, (mark, label, note)))

    def mark_each(self, marks: Mapping[int, tuple[str, str, str]]) -> None:
        """The same with a mark, a label and a note for each row; all are kept or none."""
        if unknown := {mark for mark, *_ in marks.values()} - {*MARKS, ""}:
            raise ValueError(f"{unknown.pop()!r} is none of {MARKS}")
        with self._locked():
            append_marks(self.folder / files.MARKS, marks)

    def marks(self) -> dict[int, dict]:
        """Row → its latest mark: mark, label, note, at."""
        return read_marks(self.folder / files.MARKS)[0]

    @property
    def unreadable_marks(self) -> int:
        """How many lines of the marks cannot be read."""
        return read_marks(self.folder / files.MARKS)[1]

    def slices(self) -> dict[str, Filter]:
        """Name → filter, in the order in which they were saved."""
        return read_slices(self.folder / files.SLICES)

    def change_slices(self, change: Callable[[dict[str, Filter]], Mapping[str, Filter]]) -> None:
        """Read the slices, change them and write them, with nobody between; raises `WriteError`."""
        with self._locked():
            write_slices(self.folder / files.SLICES, change(self.slices()))
