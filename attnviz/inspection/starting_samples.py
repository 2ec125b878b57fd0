"""Beginning a run of samples: series, films or pictures written down, their labels matched.

As `attnviz.inspection.starting`, but a row is a sample, and the columns are what there is to say of
it beside its values.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from attnviz.configuration import CnnLstmAttentionConfig, own_settings
from attnviz.data import Columns, Notice
from attnviz.data.files import Source
from attnviz.errors import N_, FileError, SampleError
from attnviz.folders import check_folder
from attnviz.inspection.labelling import match_run
from attnviz.inspection.starting import existing, make_room, model_fields
from attnviz.runs import About, Run, files, shelf
from attnviz.runs.samples import KindRow, SampleRows
from attnviz.samples import Sample, SampleFile, read_samples

NAME, LABEL, MARK = "name", "label", "mark"  # columns of every run of samples
KINDS = {"series": "series", "frames": "films"}  # of an input; all others read pictures
ARRAYS = (".npz", ".npy")  # files that do not say of what kind their numbers are

NO_LABELS = N_("The samples have no labels: only predictions are known.")
NOT_ASKED = N_("Labels are left aside, as you asked.")
MATCHED = N_("Labels of the samples: {how}.")
READ = N_("Samples: {count:,}, {lengths} {unit} long{channels}.")
OF_CHANNELS = N_("; channels: {names}")
NOT_OF_MODEL = N_("{file}: {reason}")


def open_samples(
    source: Source, input_kind: str, name: str | None = None, split: str | None = None
) -> SampleFile:
    """A file's samples as a model with this input reads them; raises `FileError`."""
    shown = Path(source).name if name is None else name
    arrays = shown.lower().endswith(ARRAYS)
    kind = {"kind": KINDS.get(input_kind, "pictures")} if arrays else {}
    return read_samples(source, name, split=split, **kind)


def start_sample_run(
    folder: str | Path,
    file: SampleFile,
    *,
    digest: str,
    labels: bool = True,
    label_map: Mapping[str, str] | None = None,
    name: str | None = None,
    root: Path | None = None,
    run_folder: Path | None = None,
    progress: Callable[[int], object] | None = None,
) -> Run:
    """The run of a file of samples and the model in `folder`: the one that there is, or a new one.

    `labels` says whether the samples' own are compared with the predictions; all else is as of
    `attnviz.inspection.starting.start_run`, which is for texts.

    Raises
    ------
    ModelFolderError, FileError
        If the model or the file cannot be read, the first sample is none for this model, no label
        is one of the model's, or `run_folder` holds another run.
    """
    config = check_folder(folder)
    about = _about(folder, config, file, digest, name)
    place = Path(run_folder) if run_folder else shelf.run_folder(about, root)
    run = existing(place, about)
    if run is None:
        return _fresh(
            place, about, file, _first_reader(folder, config), labels, label_map, progress
        )
    wanted = labels and _is_labelled(run)
    if label_map is not None or (run.about.label_column is not None) != wanted:
        about = _with_labels(run, _is_labelled(run), labels, label_map)
        names = ("label_column", "label_map", "label_notices")
        run.change(**{name: getattr(about, name) for name in names})
    run.change(name=name or run.about.name, model=about.model)  # the folder may have moved
    return run


def _about(folder, config: Mapping[str, object], file: SampleFile, digest: str, name) -> About:
    """What is known before the samples are read."""
    return About(
        name=name or file.name,
        file=file.name,
        digest=digest,
        **model_fields(folder, config),
        encoding="",
        delimiter=None,
        columns=(NAME, LABEL, *COLUMNS[file.kind], MARK),
        text_column=NAME,
        label_column=None,
        label_map={},
        rows=0,
        reading={"split": file.split} if file.split else {},
        input=str(config["input"]),
    )


def _first_reader(folder, config: Mapping[str, object]) -> Callable[[Sample], list[Notice]]:
    """What says how a sample is brought to what the model reads; raises `SampleError`."""
    from attnviz.processing import PROCESSORS

    settings = CnnLstmAttentionConfig(**own_settings(dict(config)))
    processor = PROCESSORS[settings.input](settings, None)
    return lambda sample: [Notice(*said) for said in processor.read(sample).notices]


def _fresh(
    place: Path,
    about: About,
    file: SampleFile,
    look: Callable[[Sample], list[Notice]],
    labels: bool,
    label_map: Mapping[str, str] | None,
    progress: Callable[[int], object] | None,
) -> Run:
    """A new run, which is one once run.json is written: last, when everything else is right."""
    make_room(place)
    seen, done = _Seen(file, look), 0

    def moved(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done)

    rows = SampleRows(about.columns, seen.rows())
    counted = rows.write(place / files.ROWS, moved)
    notices = (*seen.notices(), *file.notices)
    about = replace(about, rows=counted.rows, chunks=rows.chunks, notices=notices)
    run = Run(place, about)
    try:
        about = _with_labels(run, seen.labelled, labels, label_map)
    except FileError:
        run.rows_path.unlink()
        raise
    return Run.create(place, about)


def _is_labelled(run: Run) -> bool:
    """Whether any sample of a run has a label."""
    place = f"c{run.about.columns.index(LABEL)}"
    return bool(len(run.query(f"SELECT 1 FROM rows WHERE trim({place}) != '' LIMIT 1")))


def _with_labels(run: Run, known: bool, asked: bool, given: Mapping[str, str] | None) -> About:
    if not (known and asked):
        said = (Notice(NO_LABELS if asked else NOT_ASKED),)
        return replace(run.about, label_column=None, label_map={}, label_notices=said)
    about = match_run(run, Columns(NAME, "given", LABEL), given)
    columns, *others = about.label_notices
    how = columns.values["how" if about.label_column else "why"]
    return replace(about, label_notices=(Notice(MATCHED, {"how": how}), *others))


class _Seen:
    """The rows of a file of samples, and what is noticed while they pass."""

    def __init__(self, file: SampleFile, look: Callable[[Sample], list[Notice]]) -> None:
        self._file, self._look, self.labelled = file, look, False
        self._count, self._lengths, self._said = 0, set(), []
        self._channels: tuple[str, ...] = ()

    def rows(self) -> Iterator[KindRow]:
        for number, sample in enumerate(self._file, 1):
            if number == 1:
                self._begin(sample)
            self._count = number
            self._lengths.add(len(sample.values))
            self.labelled |= bool(sample.label)
            yield number, cells(sample, self._file.kind), sample

    def _begin(self, sample: Sample) -> None:
        self._channels = sample.channels
        try:
            self._said = self._look(sample)
        except SampleError as error:
            values = {"file": self._file.name, "reason": error}
            raise FileError(NOT_OF_MODEL, **values) from error

    def notices(self) -> list[Notice]:
        ends = sorted({min(self._lengths), max(self._lengths)})
        names = ", ".join(self._channels[:20]) + ", …" * (len(self._channels) > 20)
        channels = Notice(OF_CHANNELS, {"names": names}) if names else ""
        values = {"count": self._count, "lengths": "–".join(f"{end:,}" for end in ends)}
        values |= {"unit": Notice(UNITS[self._file.kind]), "channels": channels}
        return [Notice(READ, values), *self._said]


UNITS = {
    **dict.fromkeys(("series", "sound"), N_("steps")),
    "films": N_("frames"),
    "pictures": N_("rows"),
}
COLUMNS: dict[str, dict[str, Callable[[Sample], object]]] = {
    "series": {
        "steps": lambda sample: len(sample.values),
        "missing values": lambda sample: int(np.isnan(sample.values).sum()),
        "start": lambda sample: sample.times[0] if sample.times else "",
    },
    "sound": {"steps": lambda sample: len(sample.values)},
    "films": {"frames": lambda sample: len(sample.values)},
    "pictures": {"size": lambda sample: " × ".join(map(str, sample.values.shape[:2]))},
}
"""Kind of a `SampleFile` → columns of a run beside name, label and mark, with what is in them."""


def cells(sample: Sample, kind: str) -> tuple[str, ...]:
    """A sample in the columns of a run."""
    said = (str(value(sample)) for value in COLUMNS[kind].values())
    marks = ", ".join(dict.fromkeys(what for *_, what in sample.marks if what))
    return (sample.name, sample.label or "", *said, marks)
