"""Pictures and films that Pillow opens: .png .jpg .jpeg .bmp, .gif .webp .apng."""

import io
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from attnviz.data.files import File, go_on
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError, reason
from attnviz.samples.pixels import as_pixels
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import (
    MAX_BYTES_OF_PICTURES,
    MAX_PIXELS,
    SampleFile,
    SampleReading,
    choose_split,
)

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
FILMS = (".gif", ".webp", ".apng")
SMALLEST = 2  # rows and columns

BROKEN = N_("{name} cannot be read as a picture: {reason}. Save it again as .png.")
TOO_LARGE = N_("{name} has {found:,} pixels, more than {limit:,}. Scale it down.")
TOO_SMALL = N_("{name} has {rows} × {columns} pixels, which is no picture. Choose a larger one.")
TOO_LONG = N_(
    "{name}: its pictures hold more than {limit:,} numbers. Take fewer frames, or scale it down."
)
UNEVEN = N_("Frames stand for {low:g} to {high:g} s; the usual {step:g} s was taken for all.")
TRANSPARENT = N_("What is transparent was read as white.")
GREY_MODES = ("1", "L", "I", "F")


def read_picture(file: File, reading: SampleReading) -> SampleFile:
    """One picture (h, w, c), or the frames of one that moves (T, h, w, c) with their rate."""
    choose_split(file.name, (), reading.split)
    frames, step, notices = frames_of(file.name, file.whole())
    is_film = len(frames) > 1 or reading.kind == "films"
    unit = "s" if step else ""

    def start(tell: Tell) -> Iterator[Sample]:
        values = frames if is_film else frames[0]
        yield Sample(values, None, file.name, step=step, step_unit=unit)

    kind = "films" if is_film else "pictures"
    notices = [*file.notices, *notices]
    return SampleFile(file.name, kind, start, step=step, step_unit=unit, notices=notices)


def frames_of(name: str, data: bytes) -> tuple[np.ndarray, float | None, list[Notice]]:
    """The frames (T, h, w, c) of a picture, c 1 where all is grey, else 3; their distance in s.

    Raises `FileError` where it is broken, too large or too small.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata, and of sizes that are looked at here
        try:
            with Image.open(io.BytesIO(data)) as image:
                _refuse_size(name, image)
                frames, waits, notices = _frames(name, image)
        except FileError:
            raise
        except Exception as error:  # of whatever its decoders stumble over
            raise FileError(BROKEN, name=name, reason=reason(error)) from error
    step, said = _step(waits)
    return frames, step, [*notices, *said]


def _refuse_size(name: str, image) -> None:
    columns, rows = image.size
    if rows * columns > MAX_PIXELS:
        raise FileError(TOO_LARGE, name=name, found=rows * columns, limit=MAX_PIXELS)
    if min(rows, columns) < SMALLEST:
        raise FileError(TOO_SMALL, name=name, rows=rows, columns=columns)


def _frames(name: str, image) -> tuple[np.ndarray, list[float], list[Notice]]:
    """Every frame, whether grey or not; how long each stands, in s."""
    frames, waits, total, clear = [], [], 0, False
    for number in range(getattr(image, "n_frames", 1)):
        go_on()
        image.seek(number)
        pixels, is_clear = _pixels(image)
        clear = clear or is_clear
        total += pixels.size
        if total > MAX_BYTES_OF_PICTURES:
            raise FileError(TOO_LONG, name=name, limit=MAX_BYTES_OF_PICTURES)
        frames.append(pixels)
        waits.append(float(image.info.get("duration") or 0) / 1000)
    notices = [Notice(TRANSPARENT)] if clear else []
    stack, said = as_pixels(stacked(frames))
    return stack, waits if len(frames) > 1 else [], [*notices, *said]


def stacked(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures (h, w) or (h, w, 3) of one size as (T, h, w, c), grey if all of them are."""
    if all(frame.ndim == 2 for frame in frames):
        return np.stack(frames)[..., None]
    coloured = [f if f.ndim == 3 else np.repeat(f[..., None], 3, axis=2) for f in frames]
    return np.stack(coloured)


def _pixels(image) -> tuple[np.ndarray, bool]:
    """One frame, (h, w) if it is grey and (h, w, 3) else; and whether it had transparent places."""
    from PIL import Image, ImageOps

    frame = ImageOps.exif_transpose(image)
    if frame.mode in GREY_MODES or frame.mode.startswith("I;"):
        return np.asarray(frame), False
    if frame.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in frame.info:
        whole = frame.convert("RGBA")
        clear = whole.getextrema()[3][0] < 255
        white = Image.new("RGBA", whole.size, "white")
        frame = Image.alpha_composite(white, whole)
    else:
        clear = False
    colours = np.asarray(frame.convert("RGB"))
    grey = np.array_equal(colours[..., 0], colours[..., 1]) and np.array_equal(
        colours[..., 1], colours[..., 2]
    )
    return (np.ascontiguousarray(colours[..., 0]) if grey else colours), clear


def _step(waits: Sequence[float]) -> tuple[float | None, list[Notice]]:
    given = sorted(wait for wait in waits if wait > 0)
    if not given:
        return None, []
    step = given[len(given) // 2]
    if given[0] == given[-1]:
        return step, []
    return step, [Notice(UNEVEN, {"low": given[0], "high": given[-1], "step": step})]
