"""Many files in one folder or .zip: sounds, pictures, films, series; folders are their classes."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

from attnviz.data import archives
from attnviz.data.archives import MANY, MAX_MEMBERS, PACKED
from attnviz.data.endings import SPLITS, content, is_beside, split_of
from attnviz.data.files import File, is_hidden, opened
from attnviz.data.stream import Tell
from attnviz.data.table import Notice, listed
from attnviz.errors import N_, FileError
from attnviz.samples.frames import films_in, is_of_films
from attnviz.samples.pictures import FILMS, PICTURES
from attnviz.samples.sample import Sample, Tagged
from attnviz.samples.sample_file import SampleFile, SampleReading, choose_split, natural

NOTHING = N_("{name} holds no file that ends in one of {known}. Choose one that does.")
READ = N_("Files read: {count:,}, which end in {endings}.")
OTHERS = N_("Files left out: {names}.")
BY_FOLDER = N_("Classes: the folder of each file, such as “{label}” of “{file}”.")
BY_NAME = N_("Classes: how each file's name begins, such as “{label}” of “{file}”.")
PARTING = "_- "  # what may part the class from the rest of a file's name

FIRST = (".ts",)  # read where it is there: the UEA archive packs the same series in other forms too

Read = Callable[[File, SampleReading], SampleFile]


@dataclass(frozen=True)
class Folder:
    """The files in a folder by name, with those of its folders, as an `Archive` has them."""

    path: Path
    names: tuple[str, ...]
    max_bytes: int

    def contents(self, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """The bytes of several, in the order of their names."""
        for name in self.names:
            if name in wanted:
                file = opened(self.path / name, None, self.max_bytes, bounded=True)
                yield name, file.whole()


def folder(path: Path, max_bytes: int) -> Folder:
    """What a folder holds, without hidden files and links to folders."""
    names = []
    for place, folders, files in os.walk(path):
        folders.sort()
        for name in files:
            names.append((Path(place) / name).relative_to(path).as_posix())
            if len(names) > MAX_MEMBERS:
                raise FileError(MANY, name=path.name, limit=MAX_MEMBERS)
    names = sorted((name for name in names if not is_hidden(name)), key=natural)
    return Folder(path, tuple(names), max_bytes)


def read_zip(file: File, reading: SampleReading, *, read: Read, known: Collection[str]):
    """The samples of all files in a .zip; see `read_collection`."""
    return read_collection(archives.archive(file), file.name, reading, read=read, known=known)


def read_collection(
    source: Folder | archives.Archive,
    name: str,
    reading: SampleReading,
    *,
    read: Read,
    known: Collection[str],
) -> SampleFile:
    """The samples of all files of one kind, the commonest; a single file is read as it is.

    `read` reads a file whose ending is one of `known`. Where files do not say their class, folders
    do, else how names begin: "7_jackson_0.wav". Folders train and test, or such words in the names,
    are parts of the data. Pictures two folders deep, class/film/frame_01.png, are frames of films.
    """
    names, endings, out = _chosen(source, name, known)
    part_of = {n: split_of(n) for n in names}
    splits = list(dict.fromkeys(part_of.values())) if all(part_of.values()) else []
    split, said = choose_split(name, splits, reading.split) if splits else (None, [])
    wanted = [n for n in names if not splits or part_of[n] == split]
    notices = [Notice(OTHERS, {"names": listed(out)})] if out else []
    inner = replace(reading, split=None) if splits else reading
    if len(wanted) == 1:
        file = read(_member(source, *next(iter(source.contents(wanted)))), inner)
        return file.part_of(splits, split, [*said, *notices])
    values = {"count": len(wanted), "endings": ", ".join(endings)}
    notices = [*said, Notice(READ, values), *notices]
    paths = _paths(wanted)
    if is_of_films(paths, endings, reading.kind):
        return films_in(source, name, paths, notices, splits=splits, split=split)
    labels, told = _labels(paths)
    many = _Many(source, wanted, labels, inner, read)
    first = many.first()
    about = {"channels": first.channels, "step": first.step, "step_unit": first.step_unit}
    notices = [*notices, *told]
    return SampleFile(
        name, first.kind, many.samples, splits=splits, split=split, notices=notices, **about
    )


def _chosen(
    source: Folder | archives.Archive, name: str, known: Collection[str]
) -> tuple[list[str], list[str], list[str]]:
    """The files that are read, in order, their endings, and the files that are not."""
    fitting = [n for n in source.names if content(n) in known and content(n) not in PACKED]
    fitting = [n for n in fitting if not is_beside(n)]
    if not fitting:
        shown = ", ".join(ending for ending in known if ending not in PACKED)
        raise FileError(NOTHING, name=name, known=shown)
    families = Counter(_family(content(n)) for n in fitting)
    best = [family for family in FIRST if family in families]
    family = best[0] if best else families.most_common(1)[0][0]
    chosen = sorted((n for n in fitting if _family(content(n)) == family), key=natural)
    endings = sorted({content(n) for n in chosen})
    return chosen, endings, [n for n in source.names if n not in set(chosen)]


def _family(ending: str) -> str:
    """Endings that are read together: all of pictures; else each by itself."""
    return "pictures" if ending in (*PICTURES, *FILMS) else ending


def _member(source: Folder | archives.Archive, name: str, data: bytes) -> File:
    return opened(data, name, max(len(data), 1))


def _paths(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Name → its folders, but for those that all share and those that say train or test."""
    folders = {n: PurePosixPath(n).parts[:-1] for n in names}
    plain = {n: [p for p in parts if p.casefold() not in SPLITS] for n, parts in folders.items()}
    levels = zip(*plain.values(), strict=False)
    shared = sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, levels))
    return {n: tuple(parts[shared:]) for n, parts in plain.items()}


def _labels(paths: dict[str, tuple[str, ...]]) -> tuple[dict[str, str], list[Notice]]:
    """Name → class, by its folder or by how it begins; empty where neither says it."""
    example = next(iter(paths))
    if all(paths.values()):
        labels = {name: parts[0] for name, parts in paths.items()}
        return labels, [Notice(BY_FOLDER, {"label": labels[example], "file": example})]
    labels = {name: _beginning(PurePosixPath(name).stem) for name in paths}
    kinds = Counter(labels.values())
    if "" in kinds or not 2 <= len(kinds) <= len(paths) / 2:
        return {}, []
    return labels, [Notice(BY_NAME, {"label": labels[example], "file": example})]


def _beginning(stem: str) -> str:
    places = [place for mark in PARTING if (place := stem.find(mark)) > 0]
    return stem[: min(places)] if places else ""


class _Many:
    """Files that are read one after the other."""

    def __init__(
        self,
        source: Folder | archives.Archive,
        names: Sequence[str],
        labels: dict[str, str],
        reading: SampleReading,
        read: Read,
    ) -> None:
        self._source, self._names, self._labels = source, set(names), labels
        self._reading, self._read = reading, read

    def _files(self) -> Iterator[tuple[str, SampleFile]]:
        for name, data in self._source.contents(self._names):
            yield name, self._read(_member(self._source, name, data), self._reading)

    def first(self) -> SampleFile:
        return next(self._files())[1]

    def samples(self, tell: Tell) -> Iterator[Sample | Tagged]:
        """Those of all files; what is said of several is said once."""
        told: set[str] = set()

        def once(notice: Notice) -> None:
            if notice.template not in told:
                told.add(notice.template)
                tell(notice)

        for name, file in self._files():
            for notice in file.notices:
                once(notice)
            label = self._labels.get(name)
            alone = None
            for sample in file.unchecked(once):
                if isinstance(sample, Tagged):
                    yield replace(sample, name=f"{name}: {sample.name}")
                    continue
                alone = sample.name in ("", file.name)
                called = name if alone else f"{name}: {sample.name}"
                yield replace(sample, name=called, label=sample.label or label)
