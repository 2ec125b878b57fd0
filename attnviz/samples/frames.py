"""Films whose frames are pictures of their own: class/film/frame_01.png."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.samples.pictures import FILMS, PICTURES, TOO_LONG, frames_of, stacked
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import MAX_BYTES_OF_PICTURES, SampleFile, natural

FILMS_READ = N_("Each folder of numbered pictures was read as a film: {count:,}.")
SIZES = N_(
    "{name}: the frames of {film} have different sizes ({found} and {other}). Make them alike."
)
_NUMBERED = re.compile(r"\d+\D*$")

Paths = Mapping[str, tuple[str, ...]]  # a file → its folders


def is_of_films(paths: Paths, endings: Sequence[str], kind: str | None) -> bool:
    """Whether pictures are frames: the user says so, or they are numbered and two folders deep."""
    if not set(endings) <= {*PICTURES, *FILMS} or kind == "pictures":
        return False
    if kind == "films":
        return set(endings) <= set(PICTURES)
    deep = all(len(folders) == 2 for folders in paths.values())
    return deep and all(_NUMBERED.search(PurePosixPath(name).stem) for name in paths)


def films_in(
    source, name: str, paths: Paths, notices: Sequence[Notice], **splits: object
) -> SampleFile:
    """A film for each folder; the folder above it, if there is one, is its class."""
    films: dict[tuple[str, ...], list[str]] = {}
    for file, folders in paths.items():
        films.setdefault(folders, []).append(file)

    def start(tell: Tell) -> Iterator[Sample]:
        waiting = {film: {} for film in films}
        for file, data in source.contents(set(paths)):
            film = paths[file]
            waiting[film][file] = data
            if len(waiting[film]) == len(films[film]):
                yield _film(name, film, waiting.pop(film), tell)

    notices = [*notices, Notice(FILMS_READ, {"count": len(films)})]
    return SampleFile(name, "films", start, notices=notices, **splits)


def _film(name: str, film: tuple[str, ...], parts: Mapping[str, bytes], tell: Tell) -> Sample:
    frames, total, called = [], 0, "/".join(film) or name
    for file in sorted(parts, key=natural):
        pixels, _, notices = frames_of(file, parts[file])
        for notice in notices:
            tell(notice)
        frame = pixels[0, ..., 0] if pixels.shape[-1] == 1 else pixels[0]
        total += frame.size
        if total > MAX_BYTES_OF_PICTURES:
            raise FileError(TOO_LONG, name=called, limit=MAX_BYTES_OF_PICTURES)
        if frames and frame.shape[:2] != frames[0].shape[:2]:
            sizes = [" × ".join(map(str, f.shape[:2])) for f in (frames[0], frame)]
            raise FileError(SIZES, name=name, film=called, found=sizes[0], other=sizes[1])
        frames.append(frame)
    return Sample(stacked(frames), film[0] if len(film) > 1 else None, called)
