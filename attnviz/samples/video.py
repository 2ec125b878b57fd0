"""Films that need the extra library `av`: .mp4, .mov, .mkv, .webm, .avi."""

import io
from collections.abc import Iterator

import numpy as np

from attnviz.data.files import File, go_on
from attnviz.data.stream import Tell
from attnviz.errors import N_, FileError, reason
from attnviz.samples.pictures import TOO_LARGE, TOO_LONG
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import (
    MAX_BYTES_OF_PICTURES,
    MAX_PIXELS,
    SampleFile,
    SampleReading,
    choose_split,
)

VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")

NO_LIBRARY = N_(
    "{name}: films that end in {ending} need the library av. Install it (pip install "
    "'attnviz[video]'), or save the film as .gif."
)
BROKEN = N_("{name} cannot be read as a film: {reason}. Save it again as .mp4 or .gif.")
NO_PICTURES = N_("{name} holds no pictures. Choose a film.")


def read_video(file: File, reading: SampleReading) -> SampleFile:
    """The frames of a film, (T, h, w, 3), with the time between them; its sound is left out.

    Raises `FileError` where `av` is not installed, and for a film that is broken or too large.
    """
    choose_split(file.name, (), reading.split)
    try:
        import av
    except ImportError as error:
        raise FileError(NO_LIBRARY, name=file.name, ending=file.ending) from error
    try:
        with av.open(io.BytesIO(file.whole())) as container:
            frames, rate = _frames(file.name, container)
    except FileError:
        raise
    except Exception as error:  # of whatever its decoders stumble over
        said = getattr(error, "strerror", None) or reason(error)
        raise FileError(BROKEN, name=file.name, reason=said) from error
    step = 1 / rate if rate else None
    unit = "s" if rate else ""

    def start(tell: Tell) -> Iterator[Sample]:
        yield Sample(frames, None, file.name, step=step, step_unit=unit)

    notices = file.notices
    return SampleFile(file.name, "films", start, step=step, step_unit=unit, notices=notices)


def _frames(name: str, container) -> tuple[np.ndarray, float]:
    if not container.streams.video:
        raise FileError(NO_PICTURES, name=name)
    stream, frames, total = container.streams.video[0], [], 0
    pixels = stream.codec_context.width * stream.codec_context.height
    if pixels > MAX_PIXELS:
        raise FileError(TOO_LARGE, name=name, found=pixels, limit=MAX_PIXELS)
    for frame in container.decode(stream):
        go_on()
        frames.append(frame.to_ndarray(format="rgb24"))
        total += frames[-1].size
        if total > MAX_BYTES_OF_PICTURES:
            raise FileError(TOO_LONG, name=name, limit=MAX_BYTES_OF_PICTURES)
    if not frames:
        raise FileError(NO_PICTURES, name=name)
    return np.stack(frames), float(stream.average_rate or 0)
