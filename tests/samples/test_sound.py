"""Sound: every form of .wav, and log mel energies against a computation of their own."""

import io
import struct
import wave
import zipfile

import numpy as np
import pytest

from attnviz.errors import FileError
from attnviz.samples import log_mel, read_samples


def wav(values: np.ndarray, rate: int = 16_000, code: int = 1, bits: int = 16, channels: int = 1):
    """A .wav file of numbers from -1 to 1."""
    values = np.repeat(values, channels)
    top = 1 << (bits - 1)
    if code == 3:
        data = values.astype(f"<f{bits // 8}").tobytes()
    elif bits == 8:
        data = (values * 127 + 128).round().astype(np.uint8).tobytes()
    elif bits == 24:
        whole = (values * (top - 1)).round().astype("<i4")
        data = whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    else:
        data = (values * (top - 1)).round().astype(f"<i{bits // 8}").tobytes()
    width = bits // 8 * channels
    form = struct.pack("<HHIIHH", code, channels, rate, rate * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form
    body += b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk and its padding
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tone(hertz: float, seconds: float = 0.5, rate: int = 16_000) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def read(data: bytes, name: str = "a.wav"):
    file = read_samples(data, name)
    (sample,) = file
    return file, sample, [str(notice) for notice in file.notices]


def by_definition(sound: np.ndarray, window: int, band: int) -> float:
    """One log mel energy, by sums that are written out."""
    piece = sound[160 * window : 160 * window + 400]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)
    mel = [2840.0230467083188 * n / 41 for n in range(42)]  # of 8,000 Hz
    low, middle, high = (700 * (10 ** (m / 2595) - 1) for m in mel[band : band + 3])
    energy = 0.0
    for point in range(257):
        turn = np.exp(-2j * np.pi * point * np.arange(400) / 512)
        hertz = point * 16_000 / 512
        height = min((hertz - low) / (middle - low), (high - hertz) / (high - middle))
        energy += max(0.0, height) * abs(np.sum(piece * hann * turn)) ** 2
    return float(np.log(energy + 1e-6))


def test_log_mel_energies_are_those_of_the_definition():
    sound = np.random.default_rng(5).normal(size=1_997) * 0.1
    found = log_mel(sound, 16_000)
    assert found.shape == (1 + (1_997 - 400) // 160, 40)
    for window, band in ((0, 0), (3, 7), (9, 23), (5, 39)):
        assert found[window, band] == pytest.approx(by_definition(sound, window, band), abs=2e-4)


TONES = [
    (hertz, rate)
    for rate in (8_000, 16_000, 44_100)
    for hertz in (133, 440, 1_000, 3_000, 6_500)
    if 2 * hertz < rate  # a rate holds no tone above its half
]


@pytest.mark.parametrize(("hertz", "rate"), TONES)
def test_a_tone_is_loudest_in_its_band_at_every_rate(hertz, rate):
    file, sample, told = read(wav(tone(hertz, rate=rate), rate))
    loudest = int(sample.values.mean(0).argmax())
    centres = [float(name.removesuffix(" Hz")) for name in file.channels]
    nearest = int(np.abs(np.array(centres) - hertz).argmin())
    assert abs(loudest - nearest) <= 1
    assert len(sample.values) == 1 + (8_000 - 400) // 160
    assert (f"Sound of {rate:,} Hz was brought to 16,000 Hz." in told) == (rate != 16_000)


@pytest.mark.parametrize(
    ("code", "bits", "error"),
    [(1, 8, 0.05), (1, 16, 1e-2), (1, 24, 1e-3), (1, 32, 1e-3), (3, 32, 1e-3), (3, 64, 1e-3)],
)
def test_every_depth_holds_the_same_sound(code, bits, error):
    sound = tone(700) + np.random.default_rng(7).normal(size=8_000) * 0.1
    _, sample, _ = read(wav(sound, code=code, bits=bits))
    assert np.abs(sample.values - log_mel(sound, 16_000)).mean() < error


def test_two_channels_are_mixed_to_one_and_it_is_said():
    _, sample, told = read(wav(tone(700), channels=2))
    assert np.abs(sample.values - log_mel(tone(700), 16_000)).mean() < 0.2
    assert told == [
        "Sound of 2 channels was mixed to one.",
        "Sound was read as 40 log mel energies every 10 ms.",
    ]


def test_the_file_of_python_s_own_writer_reads_too():
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes((tone(440, rate=8_000) * 32_767).astype("<i2").tobytes())
    file, sample, _ = read(target.getvalue())
    assert (file.kind, file.step, file.step_unit) == ("sound", 0.01, "s")
    assert sample.values.dtype == np.float32


def test_recordings_in_a_zip_are_named_after_what_is_said_in_them():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for digit, hertz in ((3, 440), (7, 1_000)):
            for voice in ("ann", "bob"):
                archive.writestr(f"{digit}_{voice}_0.wav", wav(tone(hertz, rate=8_000), 8_000))
    file = read_samples(target.getvalue(), "digits.zip")
    found = list(file)
    assert [sample.label for sample in found] == ["3", "3", "7", "7"]
    assert (file.kind, file.step, file.step_unit, len(file.channels)) == ("sound", 0.01, "s", 40)
    told = [str(notice) for notice in file.notices]
    assert told.count("Sound of 8,000 Hz was brought to 16,000 Hz.") == 1


def test_sound_shorter_than_a_window_is_one_step():
    assert read(wav(tone(700, seconds=0.01)))[1].values.shape == (1, 40)


def test_a_sound_that_is_cut_off_is_read_as_far_as_it_goes_and_it_is_said():
    _, sample, told = read(wav(tone(700, seconds=1.0))[: 44 + 12 + 16_000])
    assert len(sample.values) == 1 + (8_000 - 400) // 160
    assert told[0] == "The sound is cut off: 0.5 s of 1 s could be read."


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (wav(tone(700))[:30], "is cut off: no sound stands in it"),
        (wav(tone(700))[:56], "is cut off: no sound stands in it"),
        (wav(tone(700), code=6, bits=8), "is coded (A-law)"),
        (wav(tone(700), code=1, bits=64), "has 64 bits in a value"),
        (wav(tone(700), rate=1), "lasts 8,000 s, more than 3,600"),
        (b"RIFX" + wav(tone(700))[4:], "is no .wav file"),
        (b"\xff\xfb\x90 an mp3", "is no .wav file"),
    ],
)
def test_a_bad_sound_gets_one_clear_line(data, said):
    with pytest.raises(FileError) as caught:
        read(data)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
