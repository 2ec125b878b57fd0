"""Arrays of NumPy: which axis is what, which length and class is whose; nothing is unpickled."""

import io
import time
from pathlib import Path

import numpy as np
import pytest

from attnviz.errors import FileError
from attnviz.samples import read_samples

SHARED = Path("/work/shared/data")
RNG = np.random.default_rng(7)
X = RNG.normal(size=(3, 5, 2)).astype(np.float32)  # 3 samples of 5 steps and 2 channels


def npz(**arrays) -> bytes:
    target = io.BytesIO()
    np.savez_compressed(target, **arrays)
    return target.getvalue()


def npy(array, **options) -> bytes:
    target = io.BytesIO()
    np.save(target, array, **options)
    return target.getvalue()


def refusal(data: bytes, name: str = "a.npz", **reading) -> str:
    with pytest.raises(FileError) as caught:
        list(read_samples(data, name, **reading))
    return str(caught.value)


def test_lengths_classes_channels_and_steps_are_those_of_the_file():
    data = npz(
        X=X,
        y=[1, 0, 1],
        len=[2, 5, 3],
        classes=["open", "normal"],
        channels=["I1 (A)", "I2 (A)"],
        step=10.0,
        step_unit="min",
        times=["07:00", "07:10", "07:20", "07:30", "07:40"],
        marks=[[2, 1, 3]],
        mark_names=["shade"],
    )
    file = read_samples(data, "a.npz")
    found = list(file)
    assert [sample.values.shape for sample in found] == [(2, 2), (5, 2), (3, 2)]
    assert np.array_equal(found[1].values, X[1])
    assert [sample.label for sample in found] == ["normal", "open", "normal"]
    assert found[2].times == ("07:00", "07:10", "07:20")
    assert found[2].marks == ((1, 3, "shade"),)
    assert (file.channels, file.step, file.step_unit) == (("I1 (A)", "I2 (A)"), 10.0, "min")
    assert (file.kind, file.classes) == ("series", ("open", "normal"))
    assert file.notices == []  # for nothing was guessed


@pytest.mark.parametrize(
    ("train", "test", "labels"),
    [
        ("X_train", "X_test", "y_test"),
        ("XTrain", "XTest", "YTest"),
        ("train_x", "test_x", "test_y"),
        ("x_training", "x_eval", "labels_eval"),
    ],
)
def test_a_part_of_the_data_is_chosen_and_the_notice_names_all(train, test, labels):
    data = npz(**{train: X, test: X[:2] + 1, labels: [4, 7]})
    file = read_samples(data, "a.npz", split="test")
    assert [sample.label for sample in file] == ["4", "7"]
    assert np.allclose(next(iter(file)).values, X[0] + 1)
    assert len(file.splits) == 2
    assert str(file.notices[0]).startswith("Parts of the file: ")
    assert f"Read: {file.split} (" in str(file.notices[0])
    assert len(list(read_samples(data, "a.npz"))) == 3  # the part to learn from, unasked
    assert "has no part “dev”" in refusal(data, split="dev")


@pytest.mark.parametrize(
    ("arrays", "shape", "kind"),
    [
        ({"X": X}, (5, 2), "series"),
        ({"X": X, "channels": list("abcde")}, (2, 5), "series"),  # channels × time
        ({"X": X[:, :1].swapaxes(1, 2)}, (2, 1), "series"),
        ({"X": X[:, :, 0], "y": [0, 1, 2]}, (5, 1), "series"),
        ({"X": X[0]}, (5, 2), "series"),
        ({"data": np.zeros((3, 5, 7, 11), np.uint8)}, (5, 7, 11, 1), "films"),
        ({"data": np.zeros((3, 5, 7, 11, 3), np.uint8)}, (5, 7, 11, 3), "films"),
        ({"images": np.zeros((5, 17, 11, 3), np.uint8)}, (17, 11, 3), "pictures"),
        ({"images": np.zeros((5, 17, 11), np.uint8)}, (17, 11, 1), "pictures"),
    ],
)
def test_axes_are_told_apart(arrays, shape, kind):
    file = read_samples(npz(**arrays), "a.npz")
    assert file.kind == kind
    assert next(iter(file)).values.shape == shape
    assert any("was read as" in str(notice) for notice in file.notices)


def test_channels_before_time_are_known_by_what_is_alike():
    walks = RNG.normal(size=(5, 3, 17)).cumsum(axis=2)
    walks += np.array([0, 40, 90])[:, None]
    file = read_samples(npz(X=walks, y=range(5)), "a.npz")
    assert np.allclose(next(iter(file)).values, walks[0].T, atol=1e-4)
    assert "was read as samples × channels × time, as neighbours" in str(file.notices[0])
    for kept in (walks.swapaxes(1, 2), RNG.normal(size=(5, 3, 17)), walks[:, :, :5]):
        assert next(iter(read_samples(npz(X=kept), "a.npz"))).values.shape == kept.shape[1:]


def test_the_user_says_what_an_array_holds():
    data = npz(X=np.zeros((3, 17, 11), np.uint8))
    assert next(iter(read_samples(data, "a.npz", kind="series"))).values.shape == (17, 11)
    assert next(iter(read_samples(data, "a.npz", kind="films"))).values.shape == (3, 17, 11, 1)


def test_steps_without_a_value_at_the_end_are_padding_and_those_within_are_missing():
    padded = X.copy()
    padded[1, 3:] = np.nan
    padded[2, 2] = np.nan
    file = read_samples(npz(X=padded), "a.npz")
    assert [len(sample.values) for sample in file] == [5, 3, 5]
    assert str(file.notices[-1]) == (
        "Missing values: 2 of 26 (the first in sample 3, channel 1, 3)."
    )


def test_infinite_and_giant_values_are_missing_and_counted():
    wild = X.astype(float)
    wild[0, 1, 1], wild[2, 0, 0], wild[2, 4, 1] = np.inf, 1e308, -np.inf
    file = read_samples(npz(X=wild, channels=["a", "b"]), "a.npz")
    found = list(file)
    assert np.isnan(found[0].values[1, 1])
    assert np.isnan(found[2].values[0, 0])
    assert str(file.notices[-1]) == (
        "Infinite values, or beyond ±1e+30, read as missing: 3 (the first in sample 1, b, 2)."
    )


def test_pixels_become_whole_numbers_from_0_to_255():
    shares = np.linspace(0, 1, 5 * 17 * 11).reshape(1, 5, 17, 11)
    file = read_samples(npz(X=shares), "a.npz")
    values = next(iter(file)).values
    assert (values.dtype, values.min(), values.max()) == (np.uint8, 0, 255)
    assert "Pixels from 0 to 1 became 0 to 255." in map(str, file.notices)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (
            npz(X=np.array([[1], [2, 3]], object)),
            "a.npz",
            "X holds Python objects, which are never",
        ),
        (npy(np.array([{}], object), allow_pickle=True), "a.npy", "never unpickled"),
        (npz(weights=X), "a.npz", "holds no array of samples. Name it X"),
        (npz(X=X, y=[1, 2]), "a.npz", "y has 2 entries for 3 samples"),
        (npz(X=X, len=[1, 2, 9]), "a.npz", "len says 9 steps for sample 3, which has 5"),
        (npz(X=X, y=[0, 1, 2], classes=["a", "b"]), "a.npz", "y holds the class number 2"),
        (npz(X=np.full((2, 3, 5), np.nan)), "a.npz", "every value in it is missing"),
        (npz(X=X)[:-60], "a.npz", "cannot be read as .npz"),
        (npy(X)[:-9], "a.npy", "cannot be read as .npy"),
        (b"PK not an archive", "a.npz", "cannot be read as .npz"),
        (b"", "a.npz", "a.npz is empty"),
        (b"x", "a.exe", "does not end in one of .npz"),
        (npz(X=np.zeros((21, 1_000_000), np.float32)), "a.npz", "more than 20,000,000 numbers"),
        (npy(np.zeros(1_000_001, np.float32)), "a.npy", "1,000,001 steps are more than 1,000,000"),
    ],
)
def test_a_bad_array_gets_one_clear_line(data, name, said):
    found = refusal(data, name)
    assert said in found
    assert "\n" not in found


@pytest.mark.skipif(not SHARED.is_dir(), reason="the project's own data")
@pytest.mark.parametrize(
    ("path", "train", "test", "longest"),
    [
        ("series/JapaneseVowels.npz", 270, 370, (29, 12)),
        ("series/NATOPS.npz", 180, 180, (51, 24)),
        ("series/BasicMotions.npz", 40, 40, (100, 6)),
        ("frames/moving_digits.npz", 3891, 500, (12, 16, 16, 1)),
    ],
)
def test_the_data_of_the_project_read_right(path, train, test, longest):
    started = time.perf_counter()
    parts = {split: list(read_samples(SHARED / path, split=split)) for split in ("train", "test")}
    assert time.perf_counter() - started < 2
    assert [len(part) for part in parts.values()] == [train, test]
    shapes = [sample.values.shape for part in parts.values() for sample in part]
    assert max(shapes) == longest
    with np.load(SHARED / path) as raw:
        for split, samples in parts.items():
            if f"len_{split}" in raw:
                lengths = [len(sample.values) for sample in samples]
                assert lengths == raw[f"len_{split}"].tolist()
            y, classes = raw[f"y_{split}"], raw.get("classes")
            names = [str(n) if classes is None else str(classes[n]) for n in y]
            assert [sample.label for sample in samples] == names
