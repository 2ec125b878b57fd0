"""Spoken digits by espeak-ng, a speech synthesizer: synthetic voices, no person's recording."""

import io
import re
import subprocess
import wave
from collections.abc import Iterator

import numpy as np
from scipy.signal import resample_poly

from attnviz.errors import N_, AttnvizError
from attnviz.samples.needs import program

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RATE = 16_000  # values a second, of 16 bits each
ACCENTS = {"train": ("en-us", "en-gb", "en-gb-x-rp", "en-029")}
ACCENTS["validation"] = ACCENTS["train"]
ACCENTS["test"] = (*ACCENTS["train"], "en-gb-scotland")  # one that is nowhere else
VOICES = {  # no voice stands in two
    "train": (
        *("m1", "m2", "m3", "m4", "m6", "f1", "f2", "f3", "croak", "klatt2", "adam", "anika"),
        *("antonio", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "gustave"),
        *("iven", "john", "klatt3", "linda", "marcelo", "max", "miguel", "norbert", "pablo"),
        *("paul", "pedro", "quincy", "robert", "steph", "zac"),
    ),
    "validation": ("m5", "m8", "rob", "shelby"),
    "test": ("m7", "f4", "f5", "travis", "victor", "sandro"),
}
NO_VOICE = N_(
    "espeak-ng here lacks the voices {names} and would speak with its usual one. Install version "
    "1.51 or newer."
)


def recordings(count: int, seed: int, split: str) -> Iterator[tuple[str, bytes]]:
    """`count` recordings of a split ("train", "validation" or "test"), the digits in turn.

    Each is a name such as "seven/en-us_m3_7.wav" and a file: RIFF, one channel, 16 bits, 16 kHz.
    Accent, voice, speed (120 to 200 words a minute), pitch, loudness, silence before and after, and
    noise in the background are drawn. The same seed gives the same files with the same espeak-ng.

    Raises
    ------
    AttnvizError
        If espeak-ng is not installed, or lacks a voice.
    """
    speaker = _speaker()
    for number in range(count):
        rng = np.random.default_rng([seed, list(VOICES).index(split), number])
        digit = DIGITS[number % len(DIGITS)]
        accent, voice = str(rng.choice(ACCENTS[split])), str(rng.choice(VOICES[split]))
        speed, pitch = rng.integers(120, 201), rng.integers(25, 80)
        spoken = _said(speaker, digit, f"{accent}+{voice}", str(speed), str(pitch))
        yield f"{digit}/{accent}_{voice}_{number}.wav", as_wav(in_a_room(spoken, rng))


def in_a_room(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Louder or softer, with silence around it and white noise 20 to 45 dB below, within ±1."""
    before, after = rng.integers(0, RATE // 5, 2)
    sound = np.concatenate([np.zeros(before), sound, np.zeros(after)])
    sound *= rng.uniform(0.15, 0.9) / max(np.abs(sound).max(), 1e-9)
    noise = sound.std() * 10 ** (-rng.uniform(20, 45) / 20)
    return np.clip(sound + rng.normal(0, noise, len(sound)), -1, 1)


def as_wav(sound: np.ndarray) -> bytes:
    """A WAV file of values within ±1 at `RATE`, 16 bits each."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(sound * 32_767).astype("<i2").tobytes())
    return written.getvalue()


def _speaker() -> str:
    """Where espeak-ng is; it speaks with its usual voice for one that it does not know."""
    path = program("espeak-ng")
    listed = subprocess.run([path, "--voices=variant"], capture_output=True, text=True).stdout
    known = set(re.findall(r"!v/(\S+)", listed))
    lacking = sorted({voice for voices in VOICES.values() for voice in voices} - known)
    if lacking:
        raise AttnvizError(NO_VOICE, names=", ".join(lacking))
    return path


def _said(speaker: str, word: str, voice: str, speed: str, pitch: str) -> np.ndarray:
    """What is heard, within ±1 at `RATE`; espeak-ng speaks at 22,050 Hz."""
    command = [speaker, "-v", voice, "-s", speed, "-p", pitch, "-z", "--stdout", word]
    file = subprocess.run(command, capture_output=True, check=True).stdout
    rate = int.from_bytes(file[24:28], "little")  # a pipe has no length, so not by wave
    sound = np.frombuffer(file[44 : len(file) // 2 * 2], "<i2") / 32_768
    common = int(np.gcd(rate, RATE))
    return resample_poly(sound, RATE // common, rate // common)
