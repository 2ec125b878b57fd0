"""`python -m attnviz make`: data of our own on disk."""

import csv
import sys

import numpy as np
import pytest

from attnviz.cli.making import MAKERS
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


def test_the_same_seed_makes_the_same_files_and_says_their_names(capsys, tmp_path, made):
    code, output, _ = run(capsys, "make", "photovoltaic", tmp_path / "a", "--days", 7, "--seed", 5)
    assert code == 0
    names = ["train.npz", "validation.npz", "test.npz", "day.csv", "README.md"]
    assert output.splitlines() == [str(tmp_path / "a" / name) for name in names]
    for name in names[:-1]:
        assert (tmp_path / "a" / name).read_bytes() == (made / name).read_bytes()
    assert "synthetic" in (made / "README.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize("words", [["--days", "0"], ["--days", "x"], ["--seed", "-1"]])
def test_a_wrong_number_is_refused_before_anything_is_made(capsys, tmp_path, words):
    code, output, _ = run(capsys, "make", "photovoltaic", tmp_path / "none", *words)
    assert (code, output) == (2, "")
    assert not (tmp_path / "none").exists()
