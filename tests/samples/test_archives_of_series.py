"""The UEA and UCR archives' .ts and .arff, and MATLAB's .mat."""

import io
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from attnviz.errors import FileError
from attnviz.samples import read_samples

TS = """# Two channels, unequal lengths
@problemName Example
@timeStamps false
@missing true
@univariate false
@dimension 2
@equalLength false
@classLabel true up down

@data
1.5,2,3:4,?,6:up
7,8:9,10:down
"""
UNIVARIATE = "@univariate true\n@classLabel true 1 2\n@data\n1,2,3,5:1\n\n8,NaN,21,34:2\n"
ARFF = """@relation Example
@attribute relationalAtt relational
    @attribute t1 numeric
    @attribute t2 numeric
    @attribute t3 numeric
@end relationalAtt
@attribute activity {Standing,'in, out'}
@data
'1,2,3\\n4,?,6',Standing
% a comment
"7,8,9\\n10,11,12",'in, out'
"""
FLAT = "@relation x\n@attribute a numeric\n@attribute b REAL\n@attribute c {1,2}\n@data\n"
FLAT += "1,?,2\n3,5,1\n"
MATLABS_OWN = Path(scipy.io.__file__).parent / "matlab" / "tests" / "data"


def read(data: str | bytes, name: str, **reading):
    file = read_samples(data.encode() if isinstance(data, str) else data, name, **reading)
    return file, list(file), [str(notice) for notice in file.notices]


def refusal(data: str | bytes, name: str) -> str:
    with pytest.raises(FileError) as caught:
        read(data, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(values: np.ndarray, expected: list) -> bool:
    return np.array_equal(values, np.array(expected, np.float32), equal_nan=True)


def test_ts_has_channels_of_unequal_length_missing_values_and_classes():
    file, (up, down), told = read(TS, "a.ts")
    assert same(up.values, [[1.5, 4], [2, np.nan], [3, 6]])
    assert same(down.values, [[7, 9], [8, 10]])
    assert (up.label, down.label, file.classes) == ("up", "down", ("up", "down"))
    assert (up.name, file.channels) == ("case 1", ("channel 1", "channel 2"))
    assert told == ["Missing values: 1 of 10 (the first in case 1, channel 2, 2)."]


def test_ts_of_one_channel_and_without_classes():
    _, (first, second), _ = read(UNIVARIATE, "a.ts")
    assert same(first.values, [[1], [2], [3], [5]])
    assert same(second.values, [[8], [np.nan], [21], [34]])
    _, (only,), _ = read("@classLabel false\n@data\n1,2:3,5\n", "a.ts")
    assert (same(only.values, [[1, 3], [2, 5]]), only.label) == (True, None)


def test_ts_with_time_stamps_keeps_times_and_values():
    text = (
        "@timeStamps true\n@classLabel true a\n@data\n(07:10,1.5),(07:20,2):(07:10,3),(07:20,5):a\n"
    )
    _, (sample,), _ = read(text, "a.ts")
    assert same(sample.values, [[1.5, 3], [2, 5]])
    assert (sample.times, sample.label) == (("07:10", "07:20"), "a")


def test_numbers_behind_the_series_of_a_regression_are_no_classes():
    _, (sample,), told = read("@targetLabel true\n@data\n1,2,3:0.75\n", "a.ts")
    assert (same(sample.values, [[1], [2], [3]]), sample.label) == (True, None)
    assert told == [
        "The numbers behind each series were left out: they are no classes (@targetLabel)."
    ]


def test_arff_has_a_channel_in_each_line_of_its_relational_attribute():
    file, (first, second), _ = read(ARFF, "a.arff")
    assert same(first.values, [[1, 4], [2, np.nan], [3, 6]])
    assert same(second.values, [[7, 10], [8, 11], [9, 12]])
    assert (first.label, second.label) == ("Standing", "in, out")
    assert file.classes == ("Standing", "in, out")


def test_arff_of_one_channel_has_a_step_in_each_attribute():
    _, (first, second), _ = read(FLAT, "a.arff")
    assert same(second.values, [[3], [5]])
    assert (first.label, second.label, len(first.values)) == ("2", "1", 1)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        ("@problemName x\n1,2,3:a\n", "a.ts", "has no line @data"),
        ("@classLabel true a\n@data\n1,2,x:a\n", "a.ts", "a.ts, line 3: “x” is no number"),
        ("@classLabel true a\n@data\n1,2,3\n", "a.ts", "line 3: no class behind the last “:”"),
        ("@timeStamps true\n@data\n1,2\n", "a.ts", "line 3: “1,2” is no (time, value)"),
        ("@data\n", "a.ts", "holds no sample"),
        ("@data\n?,?,?\n", "a.ts", "every value in it is missing"),
        ("@relation x\n1,2\n", "a.arff", "has no line @data"),
        (FLAT + "1,2\n", "a.arff", "line 8: 2 values where 3 should stand"),
        (FLAT + "{0 1, 2 1}\n", "a.arff", "line 8: sparse rows"),
        (FLAT + "1,b,2\n", "a.arff", "line 8: “b” is no number"),
        ("@frequency daily\n1,2\n", "a.tsf", "has no line @data"),
        ("@attribute n string\n@data\nT1:x:1,2\n", "a.tsf", "line 3: 3 parts between “:” where 2"),
        ("@attribute n string\n@data\nT1:1,x\n", "a.tsf", "line 3: “x” is no number"),
    ],
)
def test_a_bad_archive_gets_one_clear_line(data, name, said):
    assert said in refusal(data, name)


TSF = "# Dataset\n@relation test\n@attribute series_name string\n@attribute start_timestamp date\n"
TSF += "@frequency {frequency}\n@missing true\n@data\nT1:1979-11-01 00-00-00:1.5,?,3\n"
TSF += "T2:1980-01-01 12-30-00:8,13\n"


@pytest.mark.parametrize(
    ("frequency", "step", "unit", "times"),
    [
        ("yearly", 1, "year", ("1979-11", "1980-11", "1981-11")),
        ("quarterly", 3, "month", ("1979-11", "1980-02", "1980-05")),
        ("daily", 1, "day", ("1979-11-01", "1979-11-02", "1979-11-03")),
        ("half_hourly", 30, "min", ("00:00", "00:30", "01:00")),
        ("never", None, "", ()),
    ],
)
def test_tsf_has_many_series_of_one_rate_and_their_times(frequency, step, unit, times):
    file, (first, second), told = read(TSF.format(frequency=frequency), "a.tsf")
    assert same(first.values, [[1.5], [np.nan], [3]])
    assert same(second.values, [[8], [13]])
    assert (first.name, first.times, file.step, file.step_unit) == ("T1", times, step, unit)
    assert any("“never” is not known" in line for line in told) == (step is None)


# MATLAB.


def cells(values) -> np.ndarray:
    target = np.empty((len(values), 1), object)
    target[:, 0] = values
    return target


def mat(**variables) -> bytes:
    target = io.BytesIO()
    scipy.io.savemat(target, variables, do_compression=True)
    return target.getvalue()


SERIES = [np.arange(3 * length).reshape(3, length) / 7 for length in (5, 11, 7, 2)]
WORDS = ["open", "normal", "open", "shade"]


@pytest.mark.parametrize(("turn", "axes"), [(False, "channels × time"), (True, "time × channels")])
def test_a_cell_array_is_read_along_the_side_that_is_the_same_in_all(turn, axes):
    data = mat(X=cells([series.T if turn else series for series in SERIES]), Y=cells(WORDS))
    file, found, told = read(data, "a.mat")
    assert [sample.values.shape for sample in found] == [(5, 3), (11, 3), (7, 3), (2, 3)]
    assert np.allclose(found[1].values, SERIES[1].T)
    assert [sample.label for sample in found] == WORDS
    assert (found[2].name, file.channels[2]) == ("X{3}", "channel 3")
    assert told == [f"X: a cell array of 4, each read as {axes}.", "Classes: the variable “Y”."]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([[2], [1], [2], [3]]), ["2", "1", "2", "3"]),
        (np.array([[2, 1, 2, 3]]), ["2", "1", "2", "3"]),
        (np.array(["open ", "shade", "open ", "off  "]), ["open", "shade", "open", "off"]),
        (cells([2.0, 1.0, 2.0, 3.0]), ["2", "1", "2", "3"]),
    ],
)
def test_labels_of_matlab_are_numbers_characters_or_cells(labels, expected):
    _, found, _ = read(mat(X=cells(SERIES), labels=labels), "a.mat")
    assert [sample.label for sample in found] == expected


def test_the_parts_of_a_mat_file_are_told_apart_by_name():
    data = mat(
        XTrain=cells(SERIES), TTrain=cells(WORDS), XTest=cells(SERIES[:2]), TTest=cells(["x", "y"])
    )
    file, found, _ = read(data, "a.mat", split="test")
    assert [sample.label for sample in found] == ["x", "y"]
    assert (set(file.splits), file.split) == ({"train", "test"}, "test")
    assert len(read(data, "a.mat")[1]) == 4


def test_arrays_of_matlab_are_one_series_or_many():
    many = np.arange(4 * 5 * 3, dtype=float).reshape(4, 5, 3)
    _, found, _ = read(mat(data=many, label=np.array([[1, 2, 1, 2]])), "a.mat")
    assert [sample.values.shape for sample in found] == [(5, 3)] * 4
    assert found[1].label == "2"
    _, (one,), _ = read(mat(signal=np.arange(11.0)[None]), "a.mat")
    assert one.values.shape == (11, 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"MATLAB 7.3 MAT-file, Platform" + b" " * 600, "of MATLAB's version 7.3"),
        (mat(X=cells(SERIES))[:300], "cannot be read as a .mat file"),
        (b"not a file of matlab" * 20, "cannot be read as a .mat file"),
        (mat(note="nothing here"), "holds no numbers over time"),
        (mat(X=cells([np.zeros((3, 5)), np.zeros((2, 7))])), "different numbers of channels"),
        (mat(X=cells([np.full((3, 5), np.nan)] * 2)), "every value in it is missing"),
    ],
)
def test_a_bad_mat_file_gets_one_clear_line(data, said):
    assert said in refusal(data, "a.mat")


@pytest.mark.skipif(not MATLABS_OWN.is_dir(), reason="SciPy was installed without its tests")
def test_an_object_of_matlab_is_refused_with_the_remedy():
    data = (MATLABS_OWN / "parabola.mat").read_bytes()  # an inline function, kept as an object
    assert "cellstr(labels)" in refusal(data, "parabola.mat")


def test_a_mat_file_that_unpacks_to_more_than_memory_holds_is_refused(monkeypatch):
    monkeypatch.setattr("attnviz.samples.matlab.MAX_UNPACKED", 1_000_003)
    data = mat(X=np.zeros((1009, 1013)))
    assert len(data) < 100_000
    assert "unpacks to more than 1,000,003 bytes" in refusal(data, "a.mat")
