"""A run out again as a table: the file's own columns, what the model said, what a person marked.

`export` streams, so that a million rows take no more memory than ten thousand. What it wrote can be
read like any other file; the marks in it come back by `attnviz.inspection.restoring`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attnviz.data import Notice
from attnviz.errors import N_
from attnviz.inspection.sheets import EXPORTS, GUARDED, Sheet
from attnviz.runs.causes import CAUSES
from attnviz.runs.filters import EVERYTHING, Filter
from attnviz.runs.run import Run

PREFIX = "attnviz_"
MARKING = tuple(PREFIX + name for name in ("row", "mark", "new_label", "note"))
"""The columns by which an exported file is known, and from which its marks come back."""
CORRECTED = PREFIX + "corrected"
"""The column by which a corrected file is known whose cells may have an apostrophe in front."""

ROWS_AT_ONCE = 5_000
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
    `attnviz.inspection.restoring.unguarded` gives every cell back as it was.

    Parameters
    ----------
    path
        Where to write; None is a file in the run's folder.
    progress
        Called with rows done and rows in all; it may raise, and then no file is left.

    Raises
    ------
    FileError
        If the table has more columns than a spreadsheet.
    """
    path = Path(path) if path is not None else _place(run, kind, corrected)
    path.parent.mkdir(parents=True, exist_ok=True)
    total, done = run.count(chosen), 0
    columns = _corrected_columns(run, kind) if corrected else _all_columns(run, translate)
    condition = "coalesce(mark, '') != 'drop'" if corrected else "true"

    def counted(batches: Iterable[list[list]]) -> Iterator[list[list]]:
        nonlocal done
        for batch in batches:
            yield batch
            done += len(batch[0])
            if progress:
                progress(done, total)

    temporary = path.with_name(path.name + ".tmp")
    try:
        with _asked(run, chosen, condition, columns) as batches:
            sheet = Sheet([c.name for c in columns], [c.kind for c in columns], counted(batches))
            rows = EXPORTS[kind](sheet, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if corrected and sheet.apostrophes:
        sheet.notices.append(Notice(APOSTROPHES, {"count": f"{sheet.apostrophes:,}"}))
    return Exported(path, rows, tuple(sheet.notices))


def _place(run: Run, kind: str, corrected: bool) -> Path:
    stem = Path(run.about.file).stem or "texts"
    ending = "corrected" if corrected else "inspected"
    return run.folder / "exports" / f"{stem}-{ending}.{kind}"


# What is written.


@dataclass(frozen=True)
class Column:
    """A column of the export: its name, its type in Arrow, its value in SQL over `texts`."""

    name: str
    kind: str
    sql: str


def _own_columns(run: Run, kept: Sequence[str | None] = ()) -> list[Column]:
    """The file's, without those of an export before; `kept` are left in all the same."""
    return [
        Column(name, "string", f"c{number}")
        for number, name in enumerate(run.about.columns)
        if not name.startswith(PREFIX) or name in kept
    ]


def _all_columns(run: Run, translate: Callable[[str], str]) -> list[Column]:
    labels = run.about.labels
    shares = [
        Column(f"{PREFIX}p_{name}", "float32", f"exp(logits[{number}] - lse)")
        for number, name in enumerate(labels, 1)
        if len(labels) <= CLASSES
    ]
    titles = [(tag, translate(cause.title)) for tag, cause in CAUSES.items()]
    tags = " ".join(f"WHEN {_quoted(tag)} THEN {_quoted(title)}" for tag, title in titles)
    listed = f"array_to_string(list_transform(tags, lambda tag: CASE tag {tags} END), '; ')"
    return [
        *_own_columns(run),
        Column(PREFIX + "line", "int64", "line"),
        Column(PREFIX + "row", "int64", "row"),
        Column(PREFIX + "prediction", "string", "predicted"),
        Column(PREFIX + "confidence", "float32", "confidence"),
        *shares,
        Column(PREFIX + "true", "string", "truth"),
        Column(PREFIX + "outcome", "string", "outcome"),
        Column(PREFIX + "tags", "string", listed),
        Column(PREFIX + "mark", "string", "mark"),
        Column(PREFIX + "new_label", "string", "new_label"),
        Column(PREFIX + "note", "string", "note"),
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
    sql = f"SELECT {listed} FROM texts WHERE ({where}) AND {condition} ORDER BY row"
    with run.connect() as connection:
        reader = connection.sql(sql, params=values).to_arrow_reader(ROWS_AT_ONCE)
        yield ([column.to_pylist() for column in batch.columns] for batch in reader)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
