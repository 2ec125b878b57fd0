"""One run: a file's rows, what the model said of each, and what a person made of them."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.runs.causes import CAUSES
from attnviz.runs.filters import EVERYTHING, MARKS, SORTS, Filter
from attnviz.runs.schema import CHUNK, LATER, later_schema, scores_schema

BROKEN = N_("{folder} holds no run that can be read: {reason}. Delete it and score the file again.")
MEMORY = "500MB"  # what DuckDB may take before it goes on on disk


@dataclass(frozen=True)
class About:
    """What was scored by what. `context` is the size of the network's context vector."""

    name: str
    created: str
    model: str
    weights: str
    labels: tuple[str, ...]
    context: int
    temperature: float
    file: str
    digest: str
    encoding: str
    delimiter: str | None
    columns: tuple[str, ...]
    text_column: str
    label_column: str | None
    label_map: Mapping[str, str]
    rows: int
    notices: tuple[Notice, ...] = ()


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
            found = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            found = {field.name: found[field.name] for field in fields(About)}
            for name in ("labels", "columns"):
                found[name] = tuple(found[name])
            found["notices"] = tuple(map(_notice, found["notices"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(BROKEN, folder=folder, reason=error) from error
        return cls(folder, About(**found))

    def _write_about(self) -> None:
        text = json.dumps(asdict(self.about), ensure_ascii=False, default=str)
        _replace(self.folder / "run.json", text)

    def change(self, **values: object) -> None:
        """Another name, label column or label mapping; nothing needs to be scored again."""
        self.about = replace(self.about, **values)
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
        """The chunks that are not scored yet."""
        return [number for number in range(self.parts) if not self.part_path(number).exists()]

    @property
    def scored(self) -> int:
        """How many rows are scored."""
        last = self.about.rows - (self.parts - 1) * CHUNK
        lengths = dict.fromkeys(range(self.parts), CHUNK) | {self.parts - 1: last}
        return sum(lengths.values()) - sum(lengths[number] for number in self.missing())

    @property
    def done(self) -> bool:
        """Whether every row is scored."""
        return not self.missing()

    def write_part(self, number: int, table) -> None:
        """Keep the scores of one chunk, an Arrow table with the columns of `scores_schema`."""
        self._write(table, self.part_path(number))

    def write_later(self, table) -> None:
        """Keep what needed the whole file, with the columns of `later_schema`."""
        self._write(table, self.folder / "later.parquet")

    def _write(self, table, path: Path) -> None:
        from pyarrow import parquet

        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".tmp")
        parquet.write_table(table, temporary, compression="zstd")
        temporary.replace(path)

    # Questions.

    @contextmanager
    def connect(self):
        """DuckDB with the view `texts`: a row for each row of the file.

        Its columns: row, line, c0 … (the file's own), text, label (as in the file), truth (the
        model's name for it), predicted, runner (names), outcome ("right", "wrong", null), p_truth,
        tags, mark, new_label, note, and those of `attnviz.runs.schema`.
        """
        import duckdb

        settings = {
            "memory_limit": MEMORY,
            "threads": 2,
            "temp_directory": str(self.folder / "tmp"),
        }
        settings["autoinstall_known_extensions"] = False
        with duckdb.connect(config=settings) as connection:
            self._prepare(connection)
            yield connection

    def _prepare(self, connection) -> None:
        import pyarrow as pa

        about = self.about
        scores = [self.part_path(n) for n in range(self.parts) if self.part_path(n).exists()]
        later = [path for path in [self.folder / "later.parquet"] if path.exists()]
        empty = scores_schema(len(about.labels), about.context).empty_table()
        empty = empty.drop_columns("context").append_column("context", pa.array([], pa.null()))
        _view(connection, "rows", [self.rows_path], None)
        _view(connection, "scores", scores, empty)
        _view(connection, "later", later, later_schema().empty_table())
        numbers = {name: number for number, name in enumerate(about.labels)}
        known = [(raw, numbers[name]) for raw, name in about.label_map.items() if name in numbers]
        pairs = {"raw": pa.array([raw for raw, _ in known], pa.string())}
        pairs["number"] = pa.array([number for _, number in known], pa.int16())
        connection.register("truths", pa.table(pairs))
        classes = {"number": pa.array(range(len(numbers)), pa.int16()), "name": list(numbers)}
        connection.register("classes", pa.table(classes))
        connection.register("marks", self._marks_table())
        text = f"c{about.columns.index(about.text_column)}"
        label = f"c{about.columns.index(about.label_column)}" if about.label_column else "NULL"
        connection.execute(_TEXTS.format(text=text, label=label, later=", ".join(LATER)))
        tags = ", ".join(f"CASE WHEN {c.condition} THEN '{n}' END" for n, c in CAUSES.items())
        connection.execute(_TAGGED.format(tags=tags))

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
            file.writelines(line + "\n" for line in lines)

    def marks(self) -> dict[int, dict]:
        """Row → its latest mark: mark, label, note, at."""
        found = {}
        path = self.folder / "marks.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                entry = json.loads(line)
                found[int(entry["row"])] = entry
            except (ValueError, KeyError, TypeError):  # cut off when the machine went down
                continue
        return {row: entry for row, entry in found.items() if entry["mark"] or entry["note"]}

    def _marks_table(self):
        import pyarrow as pa

        entries = self.marks()
        columns = {"row": pa.array(list(entries), pa.int64())}
        for name, key in (("mark", "mark"), ("new_label", "label"), ("note", "note")):
            values = [entry[key] or None for entry in entries.values()]
            columns[name] = pa.array(values, pa.string())
        return pa.table(columns)

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


_TEXTS = """
CREATE VIEW known AS
SELECT rows.*, rows.{text} AS text, {label} AS label, truths.number AS truth_number,
  named.name AS truth, best.name AS predicted, second.name AS runner,
  CASE WHEN truths.number IS NULL OR scores.row IS NULL THEN NULL
       WHEN truths.number = scores.prediction THEN 'right' ELSE 'wrong' END AS outcome,
  exp(scores.logits[truths.number + 1] - scores.lse) AS p_truth,
  scores.* EXCLUDE (row), {later}, marks.mark, marks.new_label, marks.note
FROM rows
LEFT JOIN scores ON scores.row = rows.row
LEFT JOIN later ON later.row = rows.row
LEFT JOIN marks ON marks.row = rows.row
LEFT JOIN truths ON truths.raw = trim({label})
LEFT JOIN classes AS named ON named.number = truths.number
LEFT JOIN classes AS best ON best.number = scores.prediction
LEFT JOIN classes AS second ON second.number = scores.runner_up
"""
_TAGGED = """
CREATE VIEW texts AS
SELECT *, list_filter([{tags}], lambda tag: tag IS NOT NULL) AS tags FROM known
"""


def _notice(found: Mapping) -> Notice:
    """A notice as run.json holds it; one may stand in another."""
    values = {n: _notice(v) if isinstance(v, dict) else v for n, v in found["values"].items()}
    template = found["template"]
    return Notice(template, values)


def _view(connection, name: str, paths: Sequence[Path], empty) -> None:
    if not paths:
        connection.register(name, empty)
        return
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}])")


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
