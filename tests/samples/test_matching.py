"""Units, rates and channels: a file's samples as a model reads them, and what was done for that."""

import numpy as np
import pytest

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import FileError, SampleError
from attnviz.processing import PROCESSORS
from attnviz.samples import (
    Sample,
    converted,
    matched,
    read_samples,
    resampled,
    spacing,
    split_unit,
)

MODEL = ("I1 (A)", "V (V)", "G (W/m²)")
VALUES = np.arange(5 * 3, dtype=np.float32).reshape(5, 3)


def series(channels=MODEL, values=VALUES, **about) -> Sample:
    return Sample(values, channels=channels, name="day.csv", **about)


# Units.


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("I1 (A)", ("I1", "A")),
        ("I1 [mA]", ("I1", "mA")),
        ("irradiance (W/m²)", ("irradiance", "W/m²")),
        ("温度（°C）", ("温度", "°C")),
        ("x", ("x", "")),
        ("", ("", "")),
    ],
)
def test_a_channel_s_name_and_its_unit(name, parts):
    assert split_unit(name) == parts


@pytest.mark.parametrize(
    ("number", "unit", "wanted", "expected"),
    [
        (1200, "mA", "A", 1.2),
        (1.5, "kW", "W", 1500),
        (3, "MW", "kW", 3000),
        (7, "µV", "mV", 0.007),
        (7, "uV", "µV", 7),
        (1, "kW/m^2", "W/m²", 1000),
        (25, "°C", "K", 298.15),
        (212, "°F", "°C", 100),
        (2, "kΩ", "ohm", 2000),
        (5, "degC", "°C", 5),
        (13, "rpm", "rpm", 13),
        (11, "m", "mm", 11000),
    ],
)
def test_numbers_of_one_unit_in_another(number, unit, wanted, expected):
    values = np.array([number], np.float64)
    assert converted(values, unit, wanted) == pytest.approx(expected)


@pytest.mark.parametrize(("unit", "wanted"), [("V", "A"), ("m", "min"), ("rpm", "Hz"), ("", "A")])
def test_what_is_no_other_unit_of_the_same_is_refused(unit, wanted):
    with pytest.raises(FileError, match="cannot be turned into"):
        converted(np.ones(3), unit, wanted)


# Channels.


def test_channels_are_found_by_name_whatever_order_case_spaces_and_units():
    sample = series(("g [kW/m2]", "x", "i_1 (mA)", "v"), np.arange(20.0).reshape(5, 4))
    found, notices = matched(sample, MODEL)
    assert found.channels == MODEL
    assert found.values[1].tolist() == pytest.approx([0.006, 7, 4000])
    assert list(map(str, notices)) == [
        "Units were converted: i_1 (mA) → A; g [kW/m2] → W/m².",
        "Channels without a unit, taken for the model's: v = V (V).",
        "Channels that the model does not read, left out: “x”.",
    ]


def test_channels_of_other_names_are_taken_in_their_order_and_it_is_said():
    found, (notice,) = matched(series(("a", "b", "c")), MODEL)
    assert np.array_equal(found.values, VALUES)
    assert str(notice) == (
        "Channels were taken in their order, as their names are not the model's: "
        "a = I1 (A); b = V (V); c = G (W/m²)."
    )


@pytest.mark.parametrize("channels", [(), ("channel 1", "channel 2", "channel 3")])
def test_channels_without_a_name_need_no_notice(channels):
    found, notices = matched(series(channels), MODEL)
    assert (found.channels, notices) == (MODEL, [])


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (
            ("a", "b"),
            "has other channels than the model reads. The sample's: “a”, “b”. The model's",
        ),
        (("I1 (A)", "G (W/m²)", "other"), "The model's: “I1 (A)”, “V (V)”, “G (W/m²)”"),
        (
            ("I1 (V)", "V (V)", "G (W/m²)"),
            "the channel I1 (V) is in V, and the model reads it in A",
        ),
    ],
)
def test_other_channels_and_other_units_are_refused_in_one_line(channels, said):
    with pytest.raises(SampleError) as caught:
        matched(series(channels, VALUES[:, : len(channels)]), MODEL)
    assert said in str(caught.value)


def test_a_model_reads_a_file_s_channels_by_name_in_its_units_at_its_step():
    fields = {"input": "series", "channels": ["I (A)", "V"], "step": 10, "step_unit": "min"}
    config = CnnLstmAttentionConfig(**fields, id2label={0: "a", 1: "b"}, max_tokens=101)
    text = "time,V,I (mA)\n" + "\n".join(f"07:{5 * n:02d},{n},{1000 * n}" for n in range(7))
    (sample,) = read_samples(text.encode(), "day.csv")
    reading = PROCESSORS["series"](config).read(sample)
    assert reading.values.tolist() == pytest.approx(np.array([[0, 0], [2, 2], [4, 4], [6, 6]]))
    told = [template.format(**values) for template, values in reading.notices]
    assert told == [
        "Units were converted: I (mA) → A.",
        "From a step of 5 min to the model's 10 min, between its neighbours in time.",
    ]


# Rates.


@pytest.mark.parametrize(
    ("times", "step", "unit"),
    [
        (["07:00", "07:10", "07:20"], 10, "min"),
        (["2024-01", "2024-02", "2024-03"], 1, "month"),
        (["2020-01-01", "2021-01-01", "2022-01-01"], 1, "year"),
        (np.array([0, 0.02, 0.04]), 0.02, "s"),
        (np.array([0, 5400, 10800]), 1.5, "h"),
        ([], None, ""),
        (["07:00"], None, ""),
        (["a", "b"], None, ""),
    ],
)
def test_the_usual_step_in_its_natural_unit(times, step, unit):
    found = spacing(times)
    assert (found.step, found.unit) == (step if step is None else pytest.approx(step), unit)


def test_a_series_at_another_rate_lies_on_the_lines_between_its_values():
    sample = series(step=10.0, step_unit="min", marks=((1, 3, "shade"),))
    found, (notice,) = resampled(sample, 5, "min")
    assert len(found.values) == 9
    assert np.allclose(found.values[:, 0], np.arange(9) * 1.5)
    assert (found.step, found.step_unit) == (5, "min")
    assert found.marks == ((2, 5, "shade"),)
    assert str(notice).startswith("From a step of 10 min to the model's 5 min, between its neigh")
    slower, _ = resampled(sample, 0.5, "h")
    assert slower.values[:, 0].tolist() == [0, 9]


def test_a_missing_value_stays_missing_between_its_neighbours():
    values = VALUES.copy()
    values[2, 0] = np.nan
    found, _ = resampled(series(values=values, step=1.0, step_unit="s"), 0.5, "s")
    assert np.isnan(found.values[:, 0]).tolist() == [False] * 3 + [True] * 3 + [False] * 3
    assert not np.isnan(found.values[:, 1]).any()


def test_what_has_the_model_s_step_comes_back_as_it_is():
    sample = series(step=10.05, step_unit="min")
    assert resampled(sample, 10, "min") == (sample, [])
    assert resampled(series(step=600.0, step_unit="s"), 10, "min")[1] == []


def test_irregular_times_are_evened_and_a_gap_stays_one():
    times = ("07:00", "07:10", "07:25", "07:30", "08:20")
    sample = series(times=times, step=10.0, step_unit="min")
    found, (notice,) = resampled(sample, 10, "min")
    assert str(notice).startswith("Irregular time stamps: brought to the model's step of 10 min")
    assert len(found.values) == 9
    assert found.values[:4, 0].tolist() == pytest.approx([0, 3, 5, 9])
    assert np.isnan(found.values[4:8]).all()
    assert found.values[8, 0] == 12


def test_a_step_that_cannot_be_the_same_signal_is_refused():
    with pytest.raises(SampleError, match="has a step of 1 s, the model reads one of 10 min"):
        resampled(series(step=1.0, step_unit="s"), 10, "min")


def test_a_series_of_unknown_rate_is_taken_for_the_model_s_and_it_is_said():
    sample = series()
    found, (notice,) = resampled(sample, 10, "min")
    assert found is sample
    assert "day.csv doesn't say how far apart its steps are: taken for the model's 10 min" in str(
        notice
    )
