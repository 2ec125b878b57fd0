"""Tables of series: long and wide, whose columns are known by name or by what they hold."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest

from attnviz.errors import FileError
from attnviz.samples import read_samples

RNG = np.random.default_rng(3)


def read(text: str | bytes, name: str = "day.csv", **reading):
    file = read_samples(text.encode() if isinstance(text, str) else text, name, **reading)
    return file, list(file), [str(notice) for notice in file.notices]


def refusal(text: str, name: str = "day.csv", **reading) -> str:
    with pytest.raises(FileError) as caught:
        read(text, name, **reading)
    return str(caught.value)


def table(head: str, *rows: str) -> str:
    return "\n".join((head, *rows)) + "\n"


def frame() -> pd.DataFrame:
    stamps = pd.date_range("2024-06-21 07:00", periods=7, freq="10min")
    return pd.DataFrame({"when": stamps, "I1 (A)": np.arange(7) / 4, "V": 7.5, "label": "open"})


def test_a_day_of_currents_has_its_times_rate_units_and_class():
    rows = [f"2024-06-21 {7 + n // 6:02d}:{n % 6}0,{n / 10},{3 * n},open" for n in range(13)]
    file, (sample,), told = read(table("anything,I1 (A),I2 [mA],label", *rows))
    assert sample.values.shape == (13, 2)
    assert sample.values[12].tolist() == pytest.approx([1.2, 36])
    assert (sample.times[0], sample.times[12]) == ("07:00", "09:00")
    assert (file.step, file.step_unit) == (10.0, "min")
    assert file.channels == ("I1 (A)", "I2 [mA]")
    assert (sample.label, file.classes) == ("open", ("open",))
    assert told == ["Time: the column “anything”.", "Classes: the column “label”."]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".xlsx", ".feather"])
def test_every_form_of_a_table_reads_alike(ending):
    target = io.BytesIO()
    if ending in (".csv", ".tsv"):
        frame().to_csv(target, index=False, sep="\t" if ending == ".tsv" else ",")
    elif ending == ".xlsx":
        frame().to_excel(target, index=False)
    else:
        getattr(frame(), f"to_{ending[1:]}")(target)
    _, (sample,), _ = read(target.getvalue(), f"day{ending}")
    assert sample.values.tolist() == [[n / 4, 7.5] for n in range(7)]
    assert (sample.step, sample.step_unit, sample.label) == (10.0, "min", "open")
    assert sample.times[1] == "07:10"


def test_rows_of_one_id_are_one_sample_and_a_word_that_lasts_is_its_class():
    rows = [f"{case},{n},{n + case},{'ab'[case % 2]}" for n in range(5) for case in (3, 1, 2)]
    file, found, told = read(table("case,time (ms),x,kind", *rows))
    assert [sample.name for sample in found] == ["3", "1", "2"]
    assert [sample.label for sample in found] == ["b", "b", "a"]
    assert found[1].values[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert (file.step, file.step_unit) == (0.001, "s")
    assert told[1:] == [
        "Classes: the column “kind”.",
        "Samples: one for each value of the column “case”.",
    ]


@pytest.mark.parametrize(
    ("cells", "step", "unit", "first"),
    [
        (["2024-01-31", "2024-02-01", "2024-02-02"], 1, "day", "2024-01-31"),
        (["1958-03", "1958-04", "1958-05"], 1, "month", "1958-03"),
        (["2020Q1", "2020Q2", "2020Q3"], 3, "month", "2020-01"),
        (["1700", "1701", "1702"], 1, "year", "1700"),
        (["31.01.2024 07:00", "31.01.2024 07:15", "31.01.2024 07:30"], 15, "min", "07:00"),
        (["1/13/2024", "1/14/2024", "1/15/2024"], 1, "day", "2024-01-13"),
        (["1/2/2024", "1/3/2024", "1/4/2024"], 1, "day", "2024-01-02"),
        (["2024年1月31日 07:20", "2024年1月31日 07:21", "2024年1月31日 07:22"], 1, "min", "07:20"),
        (["07:20:00.00", "07:20:00.02", "07:20:00.04"], 0.02, "s", "07:20:00.000"),
        (["23:00", "23:30", "00:00"], 30, "min", "23:00"),
        (["1700000000", "1700000060", "1700000120"], 1, "min", "22:13:20"),
        (["1700000000000", "1700000000500", "1700000001000"], 0.5, "s", "22:13:20.000"),
        (["2024-01-31T07:00:00Z", "2024-01-31T08:00:00Z", "2024-01-31T09:00:00Z"], 1, "h", "07:00"),
        (["Jan 2024", "Feb 2024", "Mar 2024"], 1, "month", "2024-01"),
        (["1991 Jul", "1991 Aug", "1991 Sep"], 1, "month", "1991-07"),
        (["Jul-91", "Aug-91", "Sep-91"], 1, "month", "1991-07"),
        (["3 Jan 2024", "10 Jan 2024", "17 Jan 2024"], 7, "day", "2024-01-03"),
        (["11:00 AM", "12:00 PM", "1:00 PM"], 1, "h", "11:00"),
    ],
)
def test_stamps_of_many_forms_give_the_rate_in_its_natural_unit(cells, step, unit, first):
    rows = [f"{cell},{n * n}" for n, cell in enumerate(cells)]
    file, (sample,), _ = read(table("time,x", *rows))
    assert (file.step, file.step_unit) == (pytest.approx(step), unit)
    assert sample.times[0] == first
    assert sample.values[:, 0].tolist() == [0, 1, 4]


def test_a_date_and_a_clock_in_two_columns_are_one_time():
    rows = [f"2024-01-{1 + n // 3:02d},{8 * (n % 3):02d}:00,{n}" for n in range(11)]
    file, (sample,), told = read(table("date,time,x", *rows))
    assert (file.step, file.step_unit) == (8, "h")
    assert sample.times[4] == "2024-01-02 08:00"
    assert told[0] == "Time: the columns “date” and “time” together."


def test_steps_out_of_order_gaps_and_odd_distances_are_counted():
    minutes = [0, 1, 2, 4, 3, 5, 6, 17, 18, 19.5, 20.5]
    rows = [f"08:{int(m):02d}:{int(m % 1 * 60):02d},{m}" for m in minutes]
    file, (sample,), told = read(table("t,x", *rows))
    assert sample.values[:, 0].tolist() == sorted(minutes)
    assert (file.step, file.step_unit) == (1, "min")
    assert "Time stamps with another distance than the usual 1 min: 1 of 10." in told
    assert "Gaps in the time stamps: 1, the longest 11 min (after 08:06:00)." in told
    assert "Steps were put in the order of time. Samples: 1." in told


def test_where_time_begins_anew_another_sample_begins():
    rows = [f"{hour:02d}:00,{day}" for day in (1, 2, 3) for hour in range(6, 17)]
    _, found, told = read(table("clock,P (W)", *rows))
    assert [sample.values[0, 0] for sample in found] == [1, 2, 3]
    assert "Places where time begins anew, and with it a sample: 2." in told


def test_a_class_that_changes_within_a_series_becomes_marked_intervals():
    rows = [f"{n},{n},{'normal' if n < 5 else 'fault' if n < 9 else 'normal'}" for n in range(11)]
    _, (sample,), told = read(table("t (s),x,state", *rows))
    assert sample.label is None
    assert sample.marks == ((0, 5, "normal"), (5, 9, "fault"), (9, 11, "normal"))
    assert any(line.startswith("The class changes within day.csv") for line in told)


@pytest.mark.parametrize("missing", ["", "?", "NA", "NaN", "null", "-", "n/a", "None"])
def test_every_way_to_write_that_a_value_is_missing(missing):
    rows = [f"{n},{missing if n == 2 else n}" for n in range(5)]
    _, (sample,), told = read(table("t (s),x", *rows))
    assert np.isnan(sample.values[:, 0]).tolist() == [False, False, True, False, False]
    assert told[-1] == "Missing values: 1 of 5 (the first in day.csv, x, 2 s)."


def test_a_cell_that_is_no_number_is_missing_and_named():
    rows = [f"{n},{'overflow' if n == 3 else n}" for n in range(11)]
    _, (sample,), told = read(table("t (s),x", *rows))
    assert np.isnan(sample.values[3, 0])
    assert told[0] == (
        "Cells that are no number, read as missing: 1 (the first “overflow”, line 5)."
    )


def test_decimal_commas_and_thousands_are_numbers():
    _, (sample,), told = read(table("Zeit;P (kW)", *(f"0{n}:00;1.00{n},5" for n in range(7))))
    assert sample.values[:, 0].tolist() == [1000.5 + n for n in range(7)]
    assert "Numbers were read with a decimal comma, as in “1.000,5”." in told
    _, (sample,), _ = read(table("t (s),P (W)", *(f'{n},"1,00{n}.5"' for n in range(7))))
    assert sample.values[:, 0].tolist() == [1000.5 + n for n in range(7)]


def test_x_y_and_z_are_three_channels_and_no_class():
    rows = [",".join(f"{v:.3f}" for v in row) for row in RNG.normal(size=(11, 3))]
    file, (sample,), _ = read(table("x,y,z", *rows))
    assert file.channels == ("x", "y", "z")
    assert sample.label is None


def walks(rows: int, steps: int) -> np.ndarray:
    return RNG.normal(size=(rows, steps)).cumsum(axis=1)


@pytest.mark.parametrize(
    "form", ["I{k}_{t}", "I{k} [{t}]", "I{k}.{t}", "I{k}-{t} (A)", "I{k} ({t})"]
)
def test_numbered_columns_are_the_steps_of_a_sample_in_each_row(form):
    values = walks(5, 2 * 7)
    head = ",".join(form.format(k=k, t=t) for k in (1, 2) for t in range(7)) + ",label"
    rows = [",".join(f"{v:.4f}" for v in row) + f",c{n % 2}" for n, row in enumerate(values)]
    file, found, told = read(table(head, *rows))
    assert [sample.values.shape for sample in found] == [(7, 2)] * 5
    assert np.allclose(found[3].values[:, 1], values[3, 7:], atol=1e-3)
    assert file.channels == (("I1 (A)", "I2 (A)") if "(A)" in form else ("I1", "I2"))
    assert [sample.label for sample in found] == ["c0", "c1", "c0", "c1", "c0"]
    assert found[3].name == "line 5"
    assert told[0].startswith("Each line was read as a sample of 7 steps, by the numbers")


def test_plain_numbers_for_names_are_one_channel():
    head = ",".join(map(str, range(11))) + ",label"
    rows = [",".join(f"{v:.3f}" for v in row) + ",a" for row in walks(5, 11)]
    _, found, _ = read(table(head, *rows))
    assert [sample.values.shape for sample in found] == [(11, 1)] * 5


def test_a_file_of_the_ucr_archive_has_its_class_in_the_first_column():
    rows = [
        "\t".join([str(n % 3 + 1), *(f"{v:.3f}" for v in row)])
        for n, row in enumerate(walks(13, 17))
    ]
    file, found, told = read("\n".join(rows), "Coffee_TRAIN.tsv")
    assert [sample.values.shape for sample in found] == [(17, 1)] * 13
    assert file.classes == ("1", "2", "3")
    assert told[0] == "The first row holds numbers, so the columns have no names."


def test_numbered_channels_of_a_long_table_stay_channels_and_the_user_overrules():
    values = RNG.normal(size=(41, 8)).cumsum(axis=0)
    rows = [",".join(f"{v:.3f}" for v in row) for row in values]
    text = table(",".join(f"ch{n}" for n in range(1, 9)), *rows)
    file, found, _ = read(text)
    assert ([sample.values.shape for sample in found], file.channels[7]) == ([(41, 8)], "ch8")
    _, found, _ = read(text, layout="wide")
    assert [sample.values.shape for sample in found] == [(8, 1)] * 41


def test_a_wide_sample_ends_where_its_values_end():
    rows = ["1,2,3,4,5,a", "1,2,3,,,b", "1,,3,,,a", "1,2,3,4,5,b", "5,4,3,2,1,a"]
    _, found, told = read(table("v_1,v_2,v_3,v_4,v_5,label", *rows))
    assert [len(sample.values) for sample in found] == [5, 3, 3, 5, 5]
    assert "Samples that end before the last step: 2." in told


def test_a_matrix_without_names_keeps_its_first_row():
    values = RNG.normal(size=(50, 6)).cumsum(axis=0)
    text = "\n".join(",".join(f"{v:.3f}" for v in row) for row in values)
    file, (sample,), _ = read(text)
    assert np.allclose(sample.values, values, atol=1e-3)
    assert file.channels == tuple(f"column {n}" for n in range(1, 7))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            table(
                "text,label",
                *(f"The soup {n} was cold and the staff were rude.,{n % 2}" for n in range(9)),
            ),
            "is a table of texts and no series: the column “text”",
        ),
        (
            table("name,place", "a,b", "c,d", "e,f"),
            "no column of numbers over time; its columns are: “name”",
        ),
        (table("x,y", "NaN,NaN", "NaN,NaN", "NaN,NaN"), "every value in it is missing"),
        ("", "day.csv is empty"),
        (table("x,y", "1,2", "1", "3,4,5", "6"), "line 3: the row has another number of fields"),
    ],
)
def test_a_bad_table_gets_one_clear_line(text, said):
    found = refusal(text)
    assert said in found
    assert "\n" not in found


def test_stamps_in_whole_milliseconds_of_an_odd_rate_stand_evenly():
    rows = [f"00:00:{n / 64:06.3f},{n}" for n in range(129)]
    file, _, told = read(table("t,x", *rows))
    assert (file.step, file.step_unit) == (1 / 64, "s")
    assert told == ["Time: the column “t”."]


def test_a_column_that_numbers_the_rows_is_no_channel():
    file, _, told = read(table(",x", *(f"{n},{n * n}" for n in range(7))))
    assert file.channels == ("x",)
    assert told == ["Columns that only number the rows, left out: “column 1”."]
    assert read(table("n", *map(str, range(7))))[0].channels == ("n",)


def test_units_below_the_names_go_to_them():
    rows = [f"07:{n:02d},{n},{2 * n}" for n in range(7)]
    file, (sample,), told = read(table("time,I1,V", ",(mA),[V]", *rows))
    assert file.channels == ("I1 (mA)", "V (V)")
    assert len(sample.values) == 7
    assert told[0] == "Units stand in line 2, below the names."


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("1.5 2\n3 5\n8 13\n", ("column 1", "column 2")),
        ("# x y\n1.5 2\n3 5\n8 13\n", ("x", "y")),
        ("x y\n 1.5 2\n 3 5\n\n 8 13\n", ("x", "y")),
        ("% x; y\n1.5; 2\n3; 5\n8; 13\n", ("x", "y")),
        ("x\ty\n1.5\t2\n3\t5\n8\t13\n", ("x", "y")),
    ],
)
def test_a_text_of_numbers_that_spaces_part(text, channels):
    file, (sample,), _ = read(text, "a.txt")
    assert file.channels == channels
    assert sample.values.tolist() == [[1.5, 2], [3, 5], [8, 13]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2\n3\n", "line 2: other numbers than above: 1, not 2"),
        ("1 2\n3 x\n", "line 2: “x” is no number"),
        ("It was good.\nIt was bad.\n", "line 2: “It” is no number"),
        ("x y\n", "no column of numbers over time"),
    ],
)
def test_a_bad_text_of_numbers_gets_one_clear_line(text, said):
    assert said in refusal(text, "a.txt")


def test_numbered_sensors_with_a_class_in_each_row_stay_channels():
    values = RNG.normal(size=(60, 8)).cumsum(axis=0) + 10 * np.arange(8)
    rows = [",".join(f"{v:.3f}" for v in row) + f",{'ab'[n // 30]}" for n, row in enumerate(values)]
    file, (sample,), _ = read(table(",".join(f"s_{n}" for n in range(1, 9)) + ",label", *rows))
    assert (file.channels[0], sample.values.shape) == ("s_1", (60, 8))
    assert sample.marks == ((0, 30, "a"), (30, 60, "b"))


def signals(steps: int, count: int, memory: float) -> np.ndarray:
    """Autoregressive signals of order 1, (steps, count); 0 is white noise."""
    values = RNG.normal(size=(steps, count))
    for step in range(1, steps):
        values[step] += memory * values[step - 1]
    return values.round(3)


@pytest.mark.parametrize("memory", [0.5, 0.9, 0.99])
def test_whether_rows_are_steps_or_samples_is_told_right_for_all_signals_but_noise(memory):
    """60 tables for each memory, of which nothing but the values says how they stand."""
    for case in range(60):
        steps, count = 30 + 3 * case, 8 + case % 13
        long = case % 2 == 0
        values = signals(steps, count, memory) if long else signals(steps, 2 * count, memory).T
        names = [f"ch{n}" for n in range(values.shape[1])] if long else range(values.shape[1])
        rows = [",".join(map(str, row)) for row in values]
        _, found, _ = read(table(",".join(map(str, names)), *rows))
        assert len(found) == (1 if long else len(values)), (steps, count, long)


def test_a_packed_table_is_what_it_holds():
    text = table("time,x", *(f"07:{n:02d},{n}" for n in range(5)))
    _, (sample,), _ = read(gzip.compress(text.encode()), "day.csv.gz")
    assert sample.values[:, 0].tolist() == [0, 1, 2, 3, 4]


def test_one_step_is_a_series_without_a_rate():
    _, (sample,), _ = read(table("time,x", "07:00,3"))
    assert (sample.values.tolist(), sample.step) == ([[3.0]], None)
