"""Marks back from an exported file, also one that went through a spreadsheet."""

from collections.abc import Mapping, Sequence
from itertools import islice

from attnviz.data import Notice, RowStream, Table
from attnviz.data.guards import MARKING, is_export, unguarded
from attnviz.data.names import OURS
from attnviz.errors import N_, FileError
from attnviz.inspection.export import ROWS_AT_ONCE
from attnviz.inspection.sheets import CELL
from attnviz.runs.filters import MARKS
from attnviz.runs.run import Run

EXPORTED = N_(
    "The file was exported by attnviz: its marks and notes came along, its columns attnviz_… are "
    "not read as texts or labels."
)
SET_ASIDE = N_("The file was exported by attnviz: its columns attnviz_… are set aside.")
NO_EXPORT = N_(
    "{name} has no column {column}. Choose a file that was exported here, with all its columns."
)
OTHER_FILE = N_(
    "{name}, line {line}: the text is not that of row {row} of this run. Choose a file that was "
    "exported from it, or score this file as one of its own."
)
NO_MARK = N_("{name}, line {line}: “{found}” is no mark. Write one of {known}, or nothing.")
NO_LABEL = N_("{name}, line {line}: the model has no class “{found}”. It has {known}.")

PREDICTION = OURS + "prediction"


def export_notices(columns: Sequence[str]) -> list[Notice]:
    """What to tell of an exported file where marks have no place."""
    return [Notice(SET_ASIDE)] * is_export(columns)


def run_of(table: Table, runs: Sequence[Run]) -> Run | None:
    """Which of the runs a table was exported from, known by its first rows: the latest of them.

    Its own columns are the run's, and so are texts and predictions of each row.
    """
    if not is_export(table.columns):
        return None
    own = tuple(column for column in table.columns if not column.startswith(OURS))
    rows = [_row_number(cell) for cell in table.column(MARKING[0])]
    predicted = table.column(PREDICTION) if PREDICTION in table.columns else None
    for run in runs:
        theirs = tuple(c for c in run.about.columns if not c.startswith(OURS))
        if own != theirs or not run.done:
            continue
        asked = ", ".join(map(str, {-1, *rows}))
        found = run.query(
            f"SELECT row, coalesce(text, '') AS text, predicted FROM texts WHERE row IN ({asked})"
        ).fillna("")
        known = {row: (_alike(text), said) for row, text, said in found.itertuples(index=False)}
        texts = map(_alike, table.column(run.about.text_column))
        said = predicted or [known.get(row, ("", ""))[1] for row in rows]
        if all(
            known.get(row) == (text, label)
            for row, text, label in zip(rows, texts, said, strict=True)
        ):
            return run
    return None


def restore_marks(run: Run, stream: RowStream | None = None) -> int:
    """Marks and notes of an exported file, kept in the run; how many rows they changed.

    `stream` is a file that was exported from this run: its marks replace the run's, while an empty
    cell leaves them. Without it, the run's own file was exported before: each of its rows that
    has no mark yet gets the one that stands in it. All marks come back, or none.

    Raises
    ------
    FileError
        If the file was not exported from this run, or holds a mark or a class that is none.
    """
    found = _own_marks(run) if stream is None else _read_marks(run, unguarded(stream))
    known = run.marks()
    changed = {}
    for row, marking in found.items():
        entry = known.get(row, {"mark": "", "label": "", "note": ""})
        if marking != (entry["mark"], entry["label"], entry["note"]):
            changed[row] = marking
    if changed:
        run.mark_each(changed)
    return len(changed)


Marking = tuple[str, str, str]  # mark, new label, note


def _own_marks(run: Run) -> dict[int, Marking]:
    if not is_export(run.about.columns):
        return {}
    cells = [f"c{run.about.columns.index(name)} AS {name}" for name in MARKING[1:]]
    rows = run.query(
        f"SELECT row, line, {', '.join(cells)} FROM texts WHERE mark IS NULL AND note IS NULL AND "
        f"({MARKING[1]} != '' OR {MARKING[3]} != '')"
    )
    return {
        int(row): _marking(run, run.about.file, line, cells)
        for row, line, *cells in rows.fillna("").itertuples(index=False)
    }


def _read_marks(run: Run, stream: RowStream) -> dict[int, Marking]:
    """Row → what the file says of it, checked."""
    for column in (*MARKING, run.about.text_column):
        if column not in stream.columns:
            raise FileError(NO_EXPORT, name=stream.name, column=column)
    places = [stream.columns.index(name) for name in MARKING]
    text = stream.columns.index(run.about.text_column)
    found = {}
    marked = ((line, cells) for line, cells in stream if cells[places[1]] or cells[places[3]])
    while batch := list(islice(marked, ROWS_AT_ONCE)):
        rows = [_row_number(cells[places[0]]) for _, cells in batch]
        texts = _texts(run, rows)
        for row, (line, cells) in zip(rows, batch, strict=True):
            if row not in texts or _alike(cells[text]) != _alike(texts[row]):
                shown = cells[places[0]]
                raise FileError(OTHER_FILE, name=stream.name, line=line, row=shown)
            found[row] = _marking(run, stream.name, line, [cells[place] for place in places[1:]])
    return found


def _row_number(cell: str) -> int:
    return int(cell) if cell.isdecimal() and len(cell) < 19 else -1


def _texts(run: Run, rows: Sequence[int]) -> Mapping[int, str]:
    asked = ", ".join(map(str, {-1, *rows}))
    found = run.query(f"SELECT row, coalesce(text, '') AS text FROM texts WHERE row IN ({asked})")
    return dict(zip(found["row"], found["text"], strict=True))


def _alike(text: str) -> str:
    """Spreadsheets change line breaks, and cut what is too long."""
    return " ".join(text.replace("\r\n", "\n")[:CELL].split())


def _marking(run: Run, name: str, line: int, cells: Sequence[str]) -> Marking:
    mark, label, note = cells[0].strip().lower(), cells[1].strip(), cells[2]
    if mark not in (*MARKS, ""):
        raise FileError(NO_MARK, name=name, line=line, found=cells[0], known=", ".join(MARKS))
    if mark != "relabel":
        return mark, "", note
    label = run.about.label_map.get(label, label)
    if label not in run.about.labels:
        known = ", ".join(run.about.labels)
        raise FileError(NO_LABEL, name=name, line=line, found=label, known=known)
    return mark, label, note
