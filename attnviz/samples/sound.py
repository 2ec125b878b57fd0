"""Sound: .wav as 40 log mel energies every 10 ms, the channels that networks of speech read.

Davis & Mermelstein (1980), "Comparison of parametric representations for monosyllabic word
recognition": triangles on the mel scale; 700 Hz and 2595 are O'Shaughnessy's (1987).
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import numpy as np

from attnviz.data.files import File
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import SampleFile, SampleReading, choose_split

RATE = 16_000  # per second, of all sound
HOP, WINDOW = 160, 400  # 10 ms and 25 ms
BANDS, POINTS = 40, 512
LOWEST = 1e-6  # power added before the logarithm, for silence
BLOCK = 2_000  # windows at a time
MAX_RATE = 768_000
FINEST = 1_000  # so odd a rate as 8,001 Hz is resampled by a ratio near it, of shorter filters
MAX_LENGTH = 3_600  # seconds

NO_WAV = N_("{name} is no .wav file: it does not begin with RIFF and WAVE. Save it as .wav (PCM).")
CODED = N_("{name} is coded ({code}); only PCM and float are read. Save it as .wav, 16-bit PCM.")
BITS = N_("{name} has {bits} bits in a value. Save it with 16.")
CUT_OFF = N_("{name} is cut off: no sound stands in it. Record or copy it again.")
TOO_LONG = N_("{name} lasts {found} s, more than {limit:,}. Cut it into pieces.")
SHORTER = N_("The sound is cut off: {found:g} s of {all:g} s could be read.")
RESAMPLED = N_("Sound of {rate:,} Hz was brought to {wanted:,} Hz.")
MIXED = N_("Sound of {count} channels was mixed to one.")
LOG_MEL = N_("Sound was read as {bands} log mel energies every {hop:g} ms.")
CODES = {2: "ADPCM", 6: "A-law", 7: "µ-law", 17: "IMA ADPCM", 80: "MPEG", 85: "MP3"}


def read_wav(file: File, reading: SampleReading) -> SampleFile:
    """One sound as a series (T, 40): a step every 10 ms, a channel for each band."""
    choose_split(file.name, (), reading.split)
    sound, rate, notices = sound_of(file.name, file.whole())
    said = Notice(LOG_MEL, {"bands": BANDS, "hop": 1000 * HOP / RATE})

    def start(tell: Tell) -> Iterator[Sample]:
        yield sound_sample(sound, rate, file.name)

    about = {"channels": channels(), "step": HOP / RATE, "step_unit": "s"}
    return SampleFile(file.name, "sound", start, **about, notices=[*file.notices, *notices, said])


def sound_sample(sound: np.ndarray, rate: int, name: str, label: str | None = None) -> Sample:
    """Sound (n,) as a sample of log mel energies."""
    return Sample(log_mel(sound, rate), label, name, channels(), (), HOP / RATE, "s")


def channels() -> tuple[str, ...]:
    """The bands by the frequency that each hears best: "133 Hz"."""
    return tuple(f"{edge:.0f} Hz" for edge in _edges()[1:-1])


def log_mel(sound: np.ndarray, rate: int) -> np.ndarray:
    """Sound (n,) from -1 to 1 as the logarithm of 40 mel energies (T, 40), float32.

    Windows of 25 ms under a Hann window, every 10 ms; the power spectrum of 512 points; triangles
    of height 1 between 0 and 8,000 Hz; ln(energy + 1e-6). What isn't 16 kHz is resampled by a
    polyphase filter. Sound shorter than a window is one, with silence behind it.
    """
    sound = np.asarray(sound, np.float32)
    if rate != RATE:
        from scipy.signal import resample_poly  # slow to import

        up, down = Fraction(RATE, rate).limit_denominator(FINEST).as_integer_ratio()
        sound = resample_poly(sound, up, down).astype(np.float32)
    if len(sound) < WINDOW:
        sound = np.pad(sound, (0, WINDOW - len(sound)))
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]  # (T, 400)
    hann, bank = np.hanning(WINDOW).astype(np.float32), _bank()
    found = np.empty((len(windows), BANDS), np.float32)
    for first in range(0, len(windows), BLOCK):
        spectrum = np.fft.rfft(windows[first : first + BLOCK] * hann, POINTS)
        power = np.abs(spectrum) ** 2  # (block, 257)
        found[first : first + BLOCK] = np.log(power @ bank.T + LOWEST)
    return found


def _edges() -> np.ndarray:
    """Corners of the triangles in Hz: even steps on the mel scale."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    return 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)


@cache
def _bank() -> np.ndarray:
    """How much each band hears of each frequency, (40, 257)."""
    low, middle, high = (_edges()[n : n + BANDS, None] for n in range(3))
    frequencies = np.fft.rfftfreq(POINTS, 1 / RATE)
    rising = (frequencies - low) / (middle - low)
    falling = (high - frequencies) / (high - middle)
    return np.clip(np.minimum(rising, falling), 0, None)


# The container: "Multimedia Programming Interface and Data Specifications 1.0" (1991), RIFF WAVE.


def sound_of(name: str, data: bytes) -> tuple[np.ndarray, int, list[Notice]]:
    """The sound (n,) of a .wav file, float32 from -1 to 1; its rate; what was done. `FileError`."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise FileError(NO_WAV, name=name)
    form, sound, promised = None, b"", 0
    place = 12
    while place + 8 <= len(data):
        key, size = data[place : place + 4], struct.unpack("<I", data[place + 4 : place + 8])[0]
        chunk = data[place + 8 : place + 8 + size]
        if key == b"fmt " and len(chunk) >= 16:
            form = struct.unpack("<HHIIHH", chunk[:16])
            if form[0] == 0xFFFE and len(chunk) >= 26:  # the real code stands behind
                form = (struct.unpack("<H", chunk[24:26])[0], *form[1:])
        elif key == b"data":
            sound, promised = chunk, size
            break
        place += 8 + size + size % 2
    if form is None or not sound:
        raise FileError(CUT_OFF, name=name)
    return _decoded(name, form, sound, promised)


def _decoded(
    name: str, form: tuple, sound: bytes, promised: int
) -> tuple[np.ndarray, int, list[Notice]]:
    code, count, rate, _, _, bits = form
    if code not in (1, 3):
        raise FileError(CODED, name=name, code=CODES.get(code, code))
    width = bits // 8
    if (code, bits) not in DEPTHS or not count or not 0 < rate <= MAX_RATE:
        raise FileError(BITS, name=name, bits=bits)
    whole = len(sound) // (width * count)
    if not whole:
        raise FileError(CUT_OFF, name=name)
    if whole > MAX_LENGTH * rate:
        raise FileError(TOO_LONG, name=name, found=f"{whole / rate:,.0f}", limit=MAX_LENGTH)
    values = DEPTHS[code, bits](sound[: whole * width * count]).reshape(-1, count)
    values = np.nan_to_num(values, nan=0, posinf=0, neginf=0).mean(1).astype(np.float32)
    notices, all_of_it = [], promised // (width * count)
    if all_of_it > whole and promised < 0xFFFFFF00:  # a stream does not know its end
        seconds = {"found": round(whole / rate, 2), "all": round(all_of_it / rate, 2)}
        notices.append(Notice(SHORTER, seconds))
    if rate != RATE:
        notices.append(Notice(RESAMPLED, {"rate": rate, "wanted": RATE}))
    if count > 1:
        notices.append(Notice(MIXED, {"count": count}))
    return values, rate, notices


def _of_24_bits(data: bytes) -> np.ndarray:
    """Three bytes a value, the lowest first."""
    parts = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
    values = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
    return (values - ((values & 0x800000) << 1)) / np.float32(1 << 23)


# Code of the format (1 for whole numbers, 3 for fractions) and bits → numbers from -1 to 1.
DEPTHS = {
    (1, 8): lambda data: (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128,
    (1, 16): lambda data: np.frombuffer(data, "<i2").astype(np.float32) / (1 << 15),
    (1, 24): _of_24_bits,
    (1, 32): lambda data: np.frombuffer(data, "<i4").astype(np.float32) / (1 << 31),
    (3, 32): lambda data: np.frombuffer(data, "<f4").astype(np.float32),
    (3, 64): lambda data: np.frombuffer(data, "<f8").astype(np.float32),
}
