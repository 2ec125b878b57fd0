"""Beginning a run: a file's rows written down, its columns chosen, its labels matched.

Neither torch nor the network is needed for that, so a page can do it before the model is loaded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from attnviz.data import (
    Notice,
    RowStream,
    Table,
    column_notices,
    guess_label_column,
    guess_text_column,
    match_labels,
)
from attnviz.data.columns import LABEL_NAMES
from attnviz.data.table import listed
from attnviz.errors import N_, FileError, ModelFolderError
from attnviz.folders import check_folder, label_names, weights_digest
from attnviz.inspection.languages import language_notices
from attnviz.inspection.restoring import is_export, restore_marks, unguarded
from attnviz.runs import About, Run, files, shelf
from attnviz.runs.rows import write_rows
from attnviz.writing import explained, tidy

GUESS = ""  # no column is called so
MOST_LABELS = 1_000  # different ones in a file

NOTHING_KNOWN = N_(
    "{name}: none of the labels in the column “{column}” is one of the model's. Found: {found}. "
    "The model's labels: {known}. Say which stands for which, or choose another column."
)
SOME_UNKNOWN = N_(
    "Labels that the model does not know: {labels}. Rows with them, which count as unlabelled: "
    "{count:,}."
)
NO_LABELS = N_(
    "The column “{column}” holds few different values, but none is a label of the model: the rows "
    "count as unlabelled."
)
TOO_MANY = N_(
    "{name}: the column “{column}” has more than {limit:,} different values, so they are no "
    "labels. Choose another column."
)
NOT_KNOWN = N_("The model has no label “{label}”. Its labels are: {known}.")
NOT_FOUND = N_("There is no label “{label}” in the column “{column}”. It has: {found}.")
OCCUPIED = N_(
    "{folder} holds {file}, which is not of a run. Choose an empty folder, so that nothing of "
    "yours is written over."
)
ANOTHER = N_(
    "{folder} holds the run of another file, of other columns or of another model ({file}, "
    "{model}). Choose another folder, or delete this one."
)


def start_run(
    folder: str | Path,
    stream: RowStream,
    *,
    digest: str,
    text_column: str | None = None,
    label_column: str | None = GUESS,
    label_map: Mapping[str, str] | None = None,
    name: str | None = None,
    root: Path | None = None,
    run_folder: Path | None = None,
    progress: Callable[[int], object] | None = None,
) -> Run:
    """The run of a file and the model in `folder`: the one that there is, or a new one.

    The same file, text column and model have the same run, which goes on where it stopped; its
    rows are not read again, and what is scored stays. Another name or other labels are taken on. A
    file that was exported from a run brings its marks along.

    Parameters
    ----------
    digest
        Tells the file from others; `attnviz.inspection.gathering.source_digest` makes one.
    text_column
        None guesses it.
    label_column
        None where there are no labels; left out, it is guessed, and a run that exists keeps its
        labels.
    label_map
        Label of the file → label of the model, or → "" for rows that shall count as unlabelled;
        what is left out is matched by name, number or meaning.
    root, run_folder
        Where runs are kept, or the folder of this one.
    progress
        Called with the number of rows read so far; what it raises ends the reading.

    Raises
    ------
    ModelFolderError, FileError
        If the model or the file cannot be read, a column is missing, no label is one of the
        model's, or `run_folder` holds another run.
    """
    stream = unguarded(stream)
    about = _about(folder, stream, digest, text_column, name)
    place = Path(run_folder) if run_folder else shelf.run_folder(about, root)
    run = _existing(place, about)
    if run is None:
        return _fresh(place, about, stream, label_column, label_map, progress)
    if label_column != GUESS or label_map is not None:
        column = run.about.label_column if label_column == GUESS else label_column
        _change_labels(run, column, label_map)
    run.change(name=name or run.about.name, model=about.model)  # the folder may have moved
    return run


def _about(
    folder: str | Path, stream: RowStream, digest: str, text_column: str | None, name: str | None
) -> About:
    """What is known before the rows are read."""
    config = check_folder(folder)
    head = stream.head()
    text_column = text_column or guess_text_column(head)
    notices = column_notices(head, text_column)  # raises where there is no such column
    return About(
        name=name or stream.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=str(Path(folder).absolute()),
        weights=weights_digest(folder),
        labels=tuple(label_names(config)),
        context=_context_size(folder),
        temperature=float(config.get("temperature", 1.0)),
        file=stream.name,
        digest=digest,
        encoding=stream.encoding,
        delimiter=stream.delimiter,
        columns=stream.columns,
        text_column=text_column,
        label_column=None,
        label_map={},
        rows=0,
        notices=tuple(notices),
        reading=_reading(stream),
    )


def _reading(stream: RowStream) -> dict[str, object]:
    """What the user said of the file, but for what `About` has fields for."""
    known = ("encoding", "delimiter")
    return {name: value for name, value in stream.reading.given.items() if name not in known}


def _context_size(folder: str | Path) -> int:
    """How many numbers the head reads, from the weights' header alone."""
    from safetensors import SafetensorError, safe_open

    path = Path(folder) / "model.safetensors"
    try:
        with safe_open(path, framework="np") as weights:
            return weights.get_slice("head.weight").get_shape()[1]
    except (SafetensorError, OSError) as error:
        raise ModelFolderError("{path} cannot be read: {error}", path=path, error=error) from error


def _existing(place: Path, about: About) -> Run | None:
    """The run in a folder, if its rows are there."""
    tidy(place)
    if not (place / files.ABOUT).exists():
        return None
    try:
        run = Run.open(place)
    except FileError:
        if place.name != shelf.run_folder(about).name:  # else the folder is this run's by its name
            raise
        return None
    known = replace(run.about, file=about.file, model=about.model)  # these two may be renamed
    if shelf.run_folder(known) != shelf.run_folder(about):
        raise FileError(ANOTHER, folder=place, file=run.about.file, model=run.about.model)
    return run if files.is_sound(run.rows_path) else None


def _fresh(
    place: Path,
    about: About,
    stream: RowStream,
    label_column: str | None,
    label_map: Mapping[str, str] | None,
    progress: Callable[[int], object] | None,
) -> Run:
    """A new run, which is one once run.json is written: last, when everything else is right."""
    _make_room(place)
    done = 0

    def moved(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done)

    rows = write_rows(stream, place / files.ROWS, progress=moved).rows
    about = replace(about, rows=rows, notices=(*about.notices, *stream.notices))
    run = Run(place, about)
    run.about = about = replace(about, notices=(*about.notices, *language_notices(run)))
    try:
        about = _labelled(run, stream, label_column, label_map)
    except FileError:
        run.rows_path.unlink()
        raise
    run = Run.create(place, about)
    if is_export(about.columns):
        try:
            restore_marks(run)
        except FileError as error:  # somebody wrote what is no mark; the texts are sound
            run.change(notices=(*about.notices, Notice(error.template, error.values)))
    return run


def _make_room(place: Path) -> None:
    """A folder without anything but what a run leaves that was stopped, or has lost its rows."""
    for path in files.strangers(place):
        raise FileError(OCCUPIED, folder=place, file=path.relative_to(place))
    for path in (*(place / files.SCORES).glob("*.parquet"), place / files.LATER):
        with explained(path):
            path.unlink(missing_ok=True)


# Labels.


def _labelled(
    run: Run, stream: RowStream, column: str | None, given: Mapping[str, str] | None
) -> About:
    """What the run is about, with its labels."""
    if column != GUESS:
        return _match(run, column, given)
    head = stream.head()
    column = guess_label_column(head)
    try:
        return _match(run, column, given)
    except FileError as error:
        if given or column.casefold() in LABEL_NAMES or error.template != NOTHING_KNOWN:
            raise
        return replace(run.about, label_notices=(Notice(NO_LABELS, {"column": column}),))


def _match(run: Run, column: str | None, given: Mapping[str, str] | None) -> About:
    """The same with these labels; raises `FileError` where the model knows none of them."""
    about = run.about
    if column is None:
        return replace(about, label_column=None, label_map={}, label_notices=())
    Table(about.columns, (), (), about.encoding).column(column)  # raises where there is none
    found, known = _counts(run, column), about.labels
    for raw, label in (given or {}).items():
        if label and label not in known:
            raise FileError(NOT_KNOWN, label=label, known=", ".join(known))
        if raw not in found:
            raise FileError(NOT_FOUND, label=raw, column=column, found=listed(list(found)))
    matched = match_labels(found, known, given)
    values = {"name": about.file, "column": column, "known": ", ".join(known)}
    if found and not any(matched.mapping.values()):
        raise FileError(NOTHING_KNOWN, found=listed(list(found)), **values)
    told = [*matched.notices, *([_told(matched.unknown, found)] if matched.unknown else [])]
    return replace(
        about, label_column=column, label_map=dict(matched.mapping), label_notices=tuple(told)
    )


def _counts(run: Run, column: str) -> dict[str, int]:
    """Label as the run compares it → how many rows have it, most frequent first."""
    place = f"c{run.about.columns.index(column)}"
    found = run.query(
        f"SELECT trim({place}) AS raw, count(*) AS n FROM rows GROUP BY raw HAVING raw != '' "
        "ORDER BY n DESC, raw LIMIT ?",
        [MOST_LABELS + 1],
    )
    if len(found) > MOST_LABELS:
        raise FileError(TOO_MANY, name=run.about.file, column=column, limit=MOST_LABELS)
    return dict(zip(found["raw"], found["n"].tolist(), strict=True))


def _told(unknown: Sequence[str], found: Mapping[str, int]) -> Notice:
    labels = ", ".join(f"“{raw[:60]}” ({found[raw]:,})" for raw in unknown[:20])
    labels += ", …" * (len(unknown) > 20)
    count = sum(found[raw] for raw in unknown)
    return Notice(SOME_UNKNOWN, {"labels": labels, "count": count})


def _change_labels(run: Run, column: str | None, given: Mapping[str, str] | None) -> None:
    """Other labels for a run that exists; what compares them with the texts counts no longer."""
    about = _match(run, column, given)
    names = ("label_column", "label_map", "label_notices")
    run.change(**{name: getattr(about, name) for name in names})
