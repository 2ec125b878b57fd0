"""Beginning a run: a file's rows written down, its columns chosen, its labels matched.

Neither torch nor the network is needed for that, so a page can do it before the model is loaded.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from attnviz.data import (
    ClassFile,
    Columns,
    Notice,
    RowStream,
    choose_columns,
    column_notices,
)
from attnviz.data.guards import is_export
from attnviz.errors import N_, FileError, ModelFolderError
from attnviz.folders import check_folder, label_names, weights_digest
from attnviz.folders.files import weight_shapes
from attnviz.inspection.labelling import holding, match_run, prepared
from attnviz.inspection.languages import text_notices
from attnviz.inspection.restoring import EXPORTED, restore_marks
from attnviz.runs import About, Run, files, shelf
from attnviz.runs.rows import write_rows
from attnviz.writing import explained, tidy

GUESS = ""  # no column is called so

OCCUPIED = N_(
    "{folder} holds {file}, which is not of a run. Choose an empty folder, so that nothing of "
    "yours is written over."
)
ANOTHER = N_(
    "{folder} holds the run of another file, of other columns or of another model ({file}, "
    "{model}). Choose another folder, or delete this one."
)

NO_HEAD = N_(
    "{folder}: the weights lack head.weight, the last layer. Copy model.safetensors again."
)


def start_run(
    folder: str | Path,
    stream: RowStream,
    *,
    digest: str,
    text_column: str | None = None,
    label_column: str | None = GUESS,
    label_map: Mapping[str, str] | None = None,
    classes: ClassFile | None = None,
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
        None guesses it; title+description joins these two.
    label_column
        None where there are no labels; left out, it is guessed, and a run that exists keeps its
        labels.
    label_map
        Label of the file → label of the model, or → "" for rows that shall count as unlabelled;
        what is left out is matched by name, number or meaning.
    classes
        The names of the file's class numbers; `attnviz.data.classes_beside` finds them.
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
    config = check_folder(folder)
    stream = prepared(stream, label_names(config), text_column, label_column)
    about = _about(folder, config, stream, digest, text_column, name)
    place = Path(run_folder) if run_folder else shelf.run_folder(about, root)
    run = existing(place, about)
    if run is None:
        labels = label_column, label_map, classes
        return _fresh(place, about, stream, labels, progress)
    if label_column != GUESS or label_map is not None:
        column = run.about.label_column if label_column == GUESS else label_column
        _change_labels(run, column, label_map, classes)
    run.change(name=name or run.about.name, model=about.model)  # the folder may have moved
    return run


def _about(
    folder: str | Path,
    config: Mapping[str, object],
    stream: RowStream,
    digest: str,
    text_column: str | None,
    name: str | None,
) -> About:
    """What is known before the rows are read."""
    head = stream.head()
    chosen = choose_columns(head, {}, None, text=text_column)  # raises where there is no such
    notices = [*chosen.notices, *column_notices(head, chosen.text)]
    notices += [Notice(EXPORTED)] * is_export(stream.columns)
    return About(
        name=name or stream.name,
        file=stream.name,
        digest=digest,
        **model_fields(folder, config),
        encoding=stream.encoding,
        delimiter=stream.delimiter,
        columns=stream.columns,
        text_column=chosen.text,
        text_by=chosen.text_by,
        label_column=None,
        label_map={},
        rows=0,
        notices=tuple(notices),
        reading=_reading(stream),
    )


def model_fields(folder: str | Path, config: Mapping[str, object]) -> dict[str, object]:
    """What `About` says of a model, and when."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": str(Path(folder).absolute()),
        "weights": weights_digest(folder),
        "labels": tuple(label_names(config)),
        "context": _context_size(folder),
        "temperature": float(config.get("temperature", 1.0)),
    }


def _reading(stream: RowStream) -> dict[str, object]:
    """What the user said of the file, but for what `About` has fields for."""
    known = ("encoding", "delimiter")
    return {name: value for name, value in stream.reading.given.items() if name not in known}


def _context_size(folder: str | Path) -> int:
    """How many numbers the head reads, from the weights' header alone."""
    shape = weight_shapes(Path(folder) / "model.safetensors").get("head.weight", ())
    if len(shape) != 2:
        raise ModelFolderError(NO_HEAD, folder=folder)
    return shape[1]


def existing(place: Path, about: About) -> Run | None:
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
    labels: tuple[str | None, Mapping[str, str] | None, ClassFile | None],
    progress: Callable[[int], object] | None,
) -> Run:
    """A new run, which is one once run.json is written: last, when everything else is right."""
    make_room(place)
    done = 0

    def moved(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done)

    counted = write_rows(stream, place / files.ROWS, progress=moved)
    about = replace(about, rows=counted.rows, notices=(*about.notices, *stream.notices))
    run, (column, given, classes) = Run(place, about), labels
    run.about = about = replace(about, notices=(*about.notices, *text_notices(run)))
    options = {"text": about.text_column, "label": column, "named": classes}
    try:
        chosen = choose_columns(stream.head(), counted.values, about.labels, **options)
        chosen = replace(chosen, text_by=about.text_by)
        chosen = holding(chosen, counted.values, given) if column == GUESS else chosen
        about = match_run(run, chosen, given, classes)
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


def make_room(place: Path) -> None:
    """A folder without anything but what a run leaves that was stopped, or has lost its rows."""
    for path in files.strangers(place):
        raise FileError(OCCUPIED, folder=place, file=path.relative_to(place))
    for path in (*(place / files.SCORES).glob("*.parquet"), place / files.LATER):
        with explained(path):
            path.unlink(missing_ok=True)


def _change_labels(
    run: Run, column: str | None, given: Mapping[str, str] | None, classes: ClassFile | None
) -> None:
    """Other labels for a run that exists; what compares them with the texts counts no longer."""
    chosen = Columns(run.about.text_column, run.about.text_by, column)
    about = match_run(run, chosen, given, classes)
    names = ("label_column", "label_map", "label_notices")
    run.change(**{name: getattr(about, name) for name in names})
