"""`python -m attnviz make`: data of our own on disk."""

import csv
import io
import shutil
import sys
import zipfile

import numpy as np
import pytest

from attnviz.cli.making import MAKERS
from attnviz.samples import read_samples
from tests.command_line import fails_with_one_line, run

SHAPES = {"train": (7, 72, 7), "validation": (6, 72, 7), "test": (6, 72, 7)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def made(folder):
    from attnviz import cli

    command = ["make", "photovoltaic", str(folder), "--days", "7", "--seed", "5"]
    assert cli.main(command) == 0
    return folder


def arrays(path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as loaded:
        return dict(loaded)


@pytest.mark.parametrize("split", SHAPES)
def test_photovoltaic_days_are_arrays_without_objects(made, split):
    found = arrays(made / f"{split}.npz")
    assert found["X"].shape == SHAPES[split]
    assert found["X"].dtype == np.float32
    assert found["y"].tolist() == [n % 6 for n in range(len(found["X"]))]
    assert found["classes"].tolist()[:2] == ["normal", "open string"]
    assert found["channels"].tolist() == [
        *("I1 (A)", "I2 (A)", "I3 (A)", "I4 (A)", "V (V)", "G (W/m²)", "T (°C)")
    ]
    assert found["times"][[0, -1]].tolist() == ["06:00", "17:50"]
    assert (float(found["step"]), str(found["step_unit"])) == (10, "min")


def test_each_faulty_day_has_its_interval(made):
    found = arrays(made / "train.npz")
    assert found["intervals"].shape == (7, 2)
    assert found["intervals"][found["y"] == 0].tolist() == [[0, 0]] * 2
    assert found["intervals"][found["y"] == 4].tolist() == [[0, 72]]
    days = found["marks"][:, 0]
    assert days.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(found["marks"][:, 1:], found["intervals"][days])
    assert [name.partition(",")[0] for name in found["mark_names"].tolist()] == [
        str(found["classes"][y]) for y in found["y"][days]
    ]


def test_the_example_is_a_day_of_the_test_files(made):
    with open(made / "day.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:2] == ["time", "I1 (A)"]
    assert len(rows) == 72
    values = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])
    np.testing.assert_allclose(values, arrays(made / "test.npz")["X"][3], rtol=1e-5)


FILES = {
    "photovoltaic": (["--days", "7"], ["train.npz", "validation.npz", "test.npz", "day.csv"]),
    "spoken-digits": (["--recordings", "11"], ["train.zip", "validation.zip", "test.zip"]),
    "moving-digits": (["--films", "13"], ["train.npz", "validation.npz", "test.npz", "film.gif"]),
    "digit-pictures": ([], ["train.npz", "validation.npz", "test.npz", "digit.png"]),
    "co2": ([], ["co2.csv", "train.csv", "validation.csv", "test.csv"]),
    "pv-power": ([], ["train.csv", "validation.csv", "test.csv"]),
}


def test_every_kind_of_data_is_tested():
    assert set(FILES) == set(MAKERS)


@pytest.fixture(scope="module", params=FILES)
def twice(request, tmp_path_factory):
    """One kind of data made twice: its name, both folders, what the command printed."""
    if request.param == "spoken-digits" and not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is missing")
    from contextlib import redirect_stdout

    from attnviz import cli

    folders, printed = [tmp_path_factory.mktemp(name) / "new" for name in "ab"], io.StringIO()
    for folder in folders:
        seed = ["--seed", "5"] if "seed" in MAKERS[request.param][1] else []
        with redirect_stdout(printed):
            words = ["make", request.param, str(folder), *FILES[request.param][0], *seed]
            assert cli.main(words) == 0
    return request.param, *folders, printed.getvalue()


def test_the_same_seed_makes_the_same_files_and_says_their_names(twice):
    name, one, two, printed = twice
    files = FILES[name][1]
    assert printed.splitlines() == [
        str(folder / file) for folder in (one, two) for file in [*files, "README.md"]
    ]
    assert sorted(path.name for path in one.iterdir()) == sorted([*files, "README.md"])
    for file in files:
        assert (one / file).read_bytes() == (two / file).read_bytes()


def test_the_folder_says_what_is_in_it_where_it_is_from_and_how_it_was_made(twice):
    name, folder, *_ = twice
    text = (folder / "README.md").read_text(encoding="utf-8")
    _, _, about, source = MAKERS[name]
    assert about in text
    assert source in text
    assert f"python -m attnviz make {name} {folder}" in text
    assert "synthetic" in about + source or "UCI" in source or "public domain" in source


@pytest.mark.parametrize("twice", ["spoken-digits"], indirect=True)
def test_recordings_lie_in_folders_of_their_class(twice):
    _, folder, *_ = twice
    with zipfile.ZipFile(folder / "train.zip") as archive:
        names = archive.namelist()
    assert [entry.partition("/")[0] for entry in names[:3]] == ["zero", "one", "two"]
    assert len(names) == 11
    assert all(entry.endswith(".wav") for entry in names)


@pytest.mark.parametrize("twice", ["moving-digits", "digit-pictures"], indirect=True)
def test_films_and_pictures_are_bytes(twice):
    name, folder, *_ = twice
    shapes = {"moving-digits": (13, 12, 16, 16, 1), "digit-pictures": (1258, 8, 8, 1)}
    found = arrays(folder / "train.npz")
    assert (found["X"].shape, found["X"].dtype) == (shapes[name], np.uint8)
    assert found["classes"].tolist() == list("0123456789")
    assert found["y"][:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize("twice", ["moving-digits", "digit-pictures"], indirect=True)
def test_a_film_and_a_picture_to_try_are_of_the_test_files(twice):
    from PIL import Image, ImageSequence

    name, folder, *_ = twice
    examples = {"moving-digits": "film.gif", "digit-pictures": "digit.png"}
    with Image.open(folder / examples[name]) as image:
        frames = [np.array(f.convert("L")) for f in ImageSequence.Iterator(image)]
    made = arrays(folder / "test.npz")["X"][..., 0]
    assert any(np.array_equal(np.squeeze(frames), example) for example in made)


@pytest.mark.parametrize("twice", ["co2", "pv-power"], indirect=True)
def test_series_are_tables_with_a_time_and_units(twice):
    name, folder, *_ = twice
    headers = {"co2": ["date", "CO2 (ppm)"], "pv-power": ["time", "P (W)", "G (W/m²)", "T (°C)"]}
    with open(folder / "validation.csv", encoding="utf-8", newline="") as file:
        header, first, *_ = csv.reader(file)
    assert header == headers[name]
    assert first[0] in ("1984-01", "2023-01-01 00:00")
    float(first[1])


@pytest.mark.parametrize(
    "twice", ["photovoltaic", "moving-digits", "digit-pictures"], indirect=True
)
def test_what_is_written_is_read_again(twice):
    _, folder, *_ = twice
    written = arrays(folder / "test.npz")
    file = read_samples(folder / "test.npz")
    assert file.classes == tuple(written["classes"])
    found = list(file)
    assert [sample.label for sample in found] == written["classes"][written["y"]].tolist()
    np.testing.assert_array_equal([sample.values for sample in found], written["X"])
    for sample, (first, last) in zip(found, written.get("intervals", [(0, 0)]), strict=False):
        assert [mark[:2] for mark in sample.marks] == [(first, last)] * bool(last)
        assert sample.channels == tuple(written.get("channels", ()))
        assert sample.times == tuple(written.get("times", ()))


@pytest.mark.parametrize("twice", ["spoken-digits"], indirect=True)
def test_recordings_are_read_again_as_sound_with_their_class(twice):
    _, folder, *_ = twice
    found = list(read_samples(folder / "test.zip"))
    assert len({sample.label for sample in found}) == len(found) == 10
    for sample in found:
        assert sample.label == sample.name.partition("/")[0]
        assert sample.values.shape[1] == 40
        assert (sample.step, sample.step_unit) == (0.01, "s")


@pytest.mark.parametrize(
    ("twice", "example", "shape"),
    [
        ("photovoltaic", "day.csv", (72, 7)),
        ("moving-digits", "film.gif", (12, 16, 16, 1)),
        ("digit-pictures", "digit.png", (8, 8, 1)),
    ],
    indirect=["twice"],
)
def test_the_example_of_a_folder_is_one_sample(twice, example, shape):
    _, folder, *_ = twice
    (sample,) = read_samples(folder / example)
    assert sample.values.shape == shape


@pytest.mark.parametrize("twice", ["co2", "pv-power"], indirect=True)
def test_a_series_is_read_again_with_its_rate(twice):
    name, folder, *_ = twice
    (sample,) = read_samples(folder / "validation.csv")
    rates = {"co2": (1, "month"), "pv-power": (1, "h")}
    assert (sample.step, sample.step_unit) == rates[name]
    assert len(sample.values) == {"co2": 7 * 12, "pv-power": 365 * 24}[name]


def test_a_missing_library_is_one_line_that_says_how_to_install_it(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pvlib", None)
    found = run(capsys, "make", "photovoltaic", tmp_path, "--days", 1)
    fails_with_one_line(found, "python -m pip install pvlib")


def test_a_folder_that_is_a_file_is_one_line(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    fails_with_one_line(run(capsys, "make", "photovoltaic", tmp_path / "file"), "file")


@pytest.mark.parametrize("name", MAKERS)
def test_help_says_what_is_made(capsys, name):
    code, output, _ = run(capsys, "make", name, "--help")
    assert code == 0
    assert " ".join(MAKERS[name][2].split()[:4]) in " ".join(output.split())
    for option in MAKERS[name][1]:
        assert f"--{option}" in output


@pytest.mark.parametrize("words", [["--days", "0"], ["--days", "x"], ["--seed", "-1"]])
def test_a_wrong_number_is_refused_before_anything_is_made(capsys, tmp_path, words):
    code, output, _ = run(capsys, "make", "photovoltaic", tmp_path / "none", *words)
    assert (code, output) == (2, "")
    assert not (tmp_path / "none").exists()
