"""Digits that move, stand still and are spoken: whole, apart, and the same for the same seed."""

import io
import shutil
import subprocess
import wave

import numpy as np
import pytest

from attnviz.errors import AttnvizError
from attnviz.samples import spoken
from attnviz.samples.digits import CLASSES, FRAMES, SHARES, films, in_motion, pictures

every_split = pytest.mark.parametrize("split", SHARES)
needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is missing")


def test_no_picture_is_in_two_splits_and_all_are_in_one():
    names = [sample.name for split in SHARES for sample in pictures(3, split)]
    assert len(set(names)) == len(names) == 1797


@every_split
def test_digits_are_balanced_and_come_in_turn(split):
    made = pictures(3, split)
    assert [sample.label for sample in made[:10]] == list(CLASSES)
    counts = [sum(sample.label == digit for sample in made) for digit in CLASSES]
    assert max(counts) <= 1.2 * min(counts)


def test_pictures_are_those_of_scikit_learn_sixteen_greys_made_240():
    from sklearn.datasets import load_digits

    data = load_digits()
    for sample in pictures(3, "test")[:13]:
        place = int(sample.name)
        assert sample.label == str(data.target[place])
        assert (sample.values.shape, sample.values.dtype) == ((8, 8, 1), np.uint8)
        np.testing.assert_array_equal(sample.values[..., 0], data.images[place] * 15)


def test_every_frame_of_a_film_holds_the_whole_picture_and_nothing_else():
    rng = np.random.default_rng(2)
    picture = rng.integers(1, 241, (8, 8)).astype(np.uint8)
    for _ in range(11):
        film = in_motion(picture, rng)
        assert film.shape == (FRAMES, 16, 16)
        places = [np.argwhere(frame).min(0) for frame in film]
        for frame, (down, across) in zip(film, places, strict=True):
            np.testing.assert_array_equal(frame[down : down + 8, across : across + 8], picture)
            assert np.count_nonzero(frame) == 64
        assert np.abs(np.diff(places, axis=0)).max() <= 2


def test_pictures_move_and_come_again_with_another_motion():
    stills = pictures(3, "validation")
    made = list(films(len(stills) + 1, 3, "validation"))
    assert made[0].label == made[-1].label == stills[0].label
    assert not np.array_equal(made[0].values, made[-1].values)
    moved = [not np.array_equal(film.values[0], film.values[-1]) for film in made]
    assert np.mean(moved) > 0.9


def test_the_seed_decides_on_films():
    first, again = (list(films(3, 3, "train")) for _ in range(2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.values, two.values)
    assert not np.array_equal(first[0].values, next(films(1, 4, "train")).values)


# spoken


@needs_espeak
def test_recordings_are_wav_files_of_16_bits_at_16_khz():
    for number, (name, content) in enumerate(spoken.recordings(11, 5, "test")):
        digit, _, file = name.partition("/")
        assert digit == spoken.DIGITS[number % 10]
        accent, voice, _ = file.split("_")
        assert accent in spoken.ACCENTS["test"]
        assert voice in spoken.VOICES["test"]
        with wave.open(io.BytesIO(content)) as sound:
            assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (
                *(1, 2, 16_000),
            )
            heard = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        assert 0.2 < len(heard) / 16_000 < 1.7
        assert 3_000 < np.abs(heard.astype(int)).max() <= 32_767


@needs_espeak
def test_the_seed_decides_on_recordings():
    assert list(spoken.recordings(3, 5, "train")) == list(spoken.recordings(3, 5, "train"))
    assert list(spoken.recordings(1, 5, "train")) != list(spoken.recordings(1, 6, "train"))


def test_test_has_voices_and_an_accent_that_are_nowhere_else():
    voices = [voice for of_one in spoken.VOICES.values() for voice in of_one]
    assert len(set(voices)) == len(voices)
    assert set(spoken.ACCENTS["test"]) - set(spoken.ACCENTS["train"]) == {"en-gb-scotland"}
    assert spoken.ACCENTS["validation"] == spoken.ACCENTS["train"]


def test_noise_is_20_to_45_db_below_the_voice():
    rng = np.random.default_rng(0)
    voice = np.sin(np.arange(16_000) / 5)
    for _ in range(7):
        heard = spoken.in_a_room(voice, rng)
        loudest = np.abs(heard).max()
        assert 0.14 < loudest <= 1
        loud = np.flatnonzero(np.abs(heard) > loudest / 2)
        around = np.concatenate([heard[: loud[0] - 9], heard[loud[-1] + 9 :]])
        if len(around) > 500:
            below = 20 * np.log10(heard[loud[0] : loud[-1]].std() / around.std())
            assert 19 < below < 46


def test_without_espeak_one_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(AttnvizError, match="needs espeak-ng, .*apt-get install espeak-ng"):
        next(spoken.recordings(1, 0, "train"))


def test_voices_that_an_old_espeak_lacks_are_named(monkeypatch):
    every = "".join(f" 5 variant --/M x !v/{v}\n" for of in spoken.VOICES.values() for v in of)
    old = subprocess.CompletedProcess([], 0, stdout=every.replace("!v/m8\n", "\n"))
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: old)
    with pytest.raises(AttnvizError, match="lacks the voices m8 and"):
        next(spoken.recordings(1, 0, "train"))
