"""A run out again as a table: the file's own columns, what the model said, what a person marked.

`export` streams, so that a million rows take no more memory than ten thousand. What it wrote can be
read like any other file; the marks in it come back by `attnviz.inspection.restoring`.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from attnviz.data import Notice
from attnviz.data.guards import CORRECTED
from attnviz.data.names import OURS
from attnviz.errors import N_
from attnviz.inspection.sheets import EXPORTS, GUARDED, Sheet
from attnviz.runs import files
from attnviz.runs.causes import CAUSES, causes_of
from attnviz.runs.filters import EVERYTHING, Filter
from attnviz.runs.run import Run
from attnviz.writing import make_folder, written_whole

ROWS_AT_ONCE = 5_000
KEPT = 86_400  # seconds that an export stays which says no longer what the run says
LONGEST = 120  # bytes of a file's name in the name of its exports
CLASSES = 20  # with more, only the prediction's probability is written

APOSTROPHES = N_(
    "Cells that a spreadsheet would run as a formula have an apostrophe in front: {count}. attnviz "
    "takes it off when it reads the file. For other programs, write Parquet or XLSX, which have "
    "none."
)


def _same(text: str) -> str:
    return text


@dataclass(frozen=True)
class Exported:
    """The file that was written, how many rows it holds, and what did not fit into it."""

    path: Path
    rows: int
    notices: tuple[Notice, ...] = ()


def export(
    run: Run,
    path: str | Path | None,
    kind: str,
    chosen: Filter = EVERYTHING,
    *,
    corrected: bool = False,
    translate: Callable[[str], str] = _same,
    progress: Callable[[int, int], object] | None = None,
) -> Exported:
    """Write the texts of a filter, in the order of the file, as a table of a kind of `EXPORTS`.

    Its columns are the file's own, as they were read, then `attnviz_line`, `attnviz_row`,
    `attnviz_prediction`, `attnviz_confidence`, `attnviz_p_…` for each of at most 20 classes,
    `attnviz_true`, `attnviz_outcome`, `attnviz_tags` (titles, translated), `attnviz_mark`,
    `attnviz_new_label` and `attnviz_note`; a file that was exported before has its own columns of
    these names replaced. `corrected` applies the marks instead: the file's own columns alone,
    without the rows to drop, relabelled ones with their new label; CSV, where a cell that looks
    like a formula gets an apostrophe, has the column `attnviz_corrected` too, so that
    `attnviz.data.guards.unguarded` gives every cell back as it was. Parquet of samples holds
    their values too: bytes, with NumPy's name of their type and their shape ("72 × 7").

    Parameters
    ----------
    path
        Where to write; None is a file in the run's folder.
    progress
        Called with rows done and rows in all; it may raise, and then no file is left.

    Raises
    ------
    FileError
        If the table has more columns than a spreadsheet, or cannot be written.
    """
    if path is None:
        ending = "corrected" if corrected else "inspected"
        asked = (kind, corrected, chosen.to_dict(), translate(CAUSES["cut"].title))
        path = export_path(run, f"{ending}.{kind}", asked)
    path = Path(path)
    total, done = run.count(chosen), 0
    columns = _corrected_columns(run, kind) if corrected else _all_columns(run, translate)
    if run.about.of_samples and kind == "parquet":
        columns += [Column(OURS + name, kind, sql) for name, (kind, sql) in VALUES.items()]
    condition = "coalesce(mark, '') != 'drop'" if corrected else "true"

    def counted(batches: Iterable[list[list]]) -> Iterator[list[list]]:
        nonlocal done
        for batch in batches:
            yield batch
            done += len(batch[0])
            if progress:
                progress(done, total)

    make_folder(path.parent)
    with written_whole(path) as temporary, _asked(run, chosen, condition, columns) as batches:
        sheet = Sheet([c.name for c in columns], [c.kind for c in columns], counted(batches))
        rows = EXPORTS[kind](sheet, temporary)
    if corrected and sheet.apostrophes:
        sheet.notices.append(Notice(APOSTROPHES, {"count": f"{sheet.apostrophes:,}"}))
    return Exported(path, rows, tuple(sheet.notices))


def export_path(run: Run, name: str, asked: object) -> Path:
    """Where an export belongs: a place for each thing that can be asked for, of each state of it.

    So two exports at once, of whatever rows, never write the same file unless it is the same. What
    the same question gave a day ago or longer, before the marks changed, is taken away.
    """
    stamps = [_stamp(run.folder / name) for name in (files.MARKS, files.LATER, files.SLICES)]
    state = (run.about.to_json(), run.scored, *stamps)
    question, version = _key(name, asked), _key(state)
    for old in (run.folder / files.EXPORTS).glob(f"{question}-*"):
        with suppress(OSError):
            if not old.name.endswith(version) and time.time() - old.stat().st_mtime > KEPT:
                shutil.rmtree(old)
    stem = Path(run.about.file).stem.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
    place = run.folder / files.EXPORTS / f"{question}-{version}"
    return place / f"{stem or 'texts'}-{name}"


def _stamp(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size


def _key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:8]


# What is written.


@dataclass(frozen=True)
class Column:
    """A column of the export: its name, its type in Arrow, its value in SQL over `texts`."""

    name: str
    kind: str
    sql: str


VALUES = {
    "values": ("binary", "kept.sample.values"),
    "dtype": ("string", "kept.sample.dtype"),
    "shape": ("string", "array_to_string(kept.sample.shape, ' × ')"),
}
"""What samples have beside their columns: name → type and SQL."""


def _own_columns(run: Run, kept: Sequence[str | None] = ()) -> list[Column]:
    """The file's, without those of an export before; `kept` are left in all the same."""
    return [
        Column(name, "string", f"c{number}")
        for number, name in enumerate(run.about.columns)
        if not name.startswith(OURS) or name in kept
    ]


def _all_columns(run: Run, translate: Callable[[str], str]) -> list[Column]:
    labels = run.about.labels
    shares = [
        Column(f"{OURS}p_{name}", "float32", f"exp(logits[{number}] - lse)")
        for number, name in enumerate(labels, 1)
        if len(labels) <= CLASSES
    ]
    titles = [(tag, translate(cause.title)) for tag, cause in causes_of(run.about.input).items()]
    tags = " ".join(f"WHEN {_quoted(tag)} THEN {_quoted(title)}" for tag, title in titles)
    listed = f"array_to_string(list_transform(tags, lambda tag: CASE tag {tags} END), '; ')"
    return [
        *_own_columns(run),
        Column(OURS + "line", "int64", "line"),
        Column(OURS + "row", "int64", "row"),
        Column(OURS + "prediction", "string", "predicted"),
        Column(OURS + "confidence", "float32", "confidence"),
        *shares,
        Column(OURS + "true", "string", "truth"),
        Column(OURS + "outcome", "string", "outcome"),
        Column(OURS + "tags", "string", listed),
        Column(OURS + "mark", "string", "mark"),
        Column(OURS + "new_label", "string", "new_label"),
        Column(OURS + "note", "string", "note"),
    ]


def _corrected_columns(run: Run, kind: str) -> list[Column]:
    """What a corrected file of a kind holds, the mark that tells it from others included."""
    columns = _relabelled_columns(run)
    if kind in GUARDED and CORRECTED not in [column.name for column in columns]:
        columns.append(Column(CORRECTED, "string", "'yes'"))
    return columns


def _relabelled_columns(run: Run) -> list[Column]:
    """The file's own columns, with the new labels in the words of the file."""
    about = run.about
    own = _own_columns(run, kept=(about.text_column, about.label_column))
    words = " ".join(
        f"WHEN {_quoted(n)} THEN {_quoted(raw)}" for n, raw in _raw_labels(run).items()
    )
    new = f"CASE new_label {words} ELSE new_label END" if words else "new_label"
    if about.label_column is None:
        return [*own, Column(_free_name("label", about.columns), "string", _relabelled(new, "''"))]
    place = f"c{about.columns.index(about.label_column)}"
    return [
        Column(column.name, column.kind, _relabelled(new, place)) if column.sql == place else column
        for column in own
    ]


def _relabelled(new: str, old: str) -> str:
    return f"CASE WHEN mark = 'relabel' THEN coalesce({new}, {old}) ELSE {old} END"


def _raw_labels(run: Run) -> dict[str, str]:
    """The model's name of a class → what the file calls it most often."""
    if run.about.label_column is None:
        return {}
    counts = run.query(
        "SELECT truth, trim(label) AS raw, count(*) AS n FROM texts WHERE truth IS NOT NULL "
        "GROUP BY ALL ORDER BY n, raw DESC"
    )
    return dict(zip(counts["truth"], counts["raw"], strict=True))  # the most frequent stands last


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


@contextmanager
def _asked(run: Run, chosen: Filter, condition: str, columns: list[Column]):
    """The columns of a filter's texts, batch after batch, in the order of the file."""
    where, values = chosen.where(run.about.columns)
    listed = ", ".join(f"{column.sql} AS x{number}" for number, column in enumerate(columns))
    kept = " JOIN (SELECT row, sample FROM rows) AS kept USING (row)"
    source = "texts" + kept * run.about.of_samples
    sql = f"SELECT {listed} FROM {source} WHERE ({where}) AND {condition} ORDER BY row"
    with run.connect() as connection:
        reader = connection.sql(sql, params=values).to_arrow_reader(ROWS_AT_ONCE)
        yield _batches(run, reader)


def _batches(run: Run, reader: Iterable) -> Iterator[list[list]]:
    with run.reading():
        for batch in reader:
            yield [column.to_pylist() for column in batch.columns]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
