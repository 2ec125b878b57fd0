"""Two series to forecast: one that was measured, and one whose physics can be checked."""

import numpy as np
import pytest

from attnviz.samples.long_series import CO2_PARTS, POWER_YEARS, co2, plant

NOMINAL = 48 * 300  # W


@pytest.fixture(scope="module")
def year():
    return plant(2023, 1, 3)


def test_carbon_dioxide_rises_and_has_its_seasons():
    whole = co2()["co2"]
    assert (whole.channels, whole.step, whole.step_unit) == (("CO2 (ppm)",), 1, "month")
    assert (whole.times[0], whole.times[-1], len(whole.times)) == ("1958-03", "2001-12", 526)
    values = whole.values[:, 0]
    assert np.isnan(values).sum() == 5
    assert np.nanmean(values[-12:]) - np.nanmean(values[:12]) == pytest.approx(55, abs=2)
    years = np.array([values[at : at + 12] for at in range(10, 514, 12)])  # from January
    usual = np.nanmean(years - np.nanmean(years, 1, keepdims=True), 0)
    assert (usual.argmax(), usual.argmin()) in {(4, 8), (4, 9)}  # May; September or October


def test_with_four_years_to_look_back_on_no_month_is_forecast_in_two_parts():
    parts = co2()
    whole = parts["co2"]
    forecast = list(parts["train"].times)
    for name in ("validation", "test"):
        start = whole.times.index(parts[name].times[0])
        np.testing.assert_array_equal(
            parts[name].values, whole.values[start:][: len(parts[name].times)]
        )
        forecast += parts[name].times[48:]
    assert forecast == list(whole.times)
    assert list(CO2_PARTS) == ["train", "validation", "test"]


def test_a_plant_has_every_hour_of_its_years(year):
    assert (year.channels, year.step, year.step_unit) == (("P (W)", "G (W/m²)", "T (°C)"), 1, "h")
    assert len(year.times) == len(year.values) == 365 * 24
    assert (year.times[0], year.times[13]) == ("2023-01-01 00:00", "2023-01-01 13:00")
    assert not np.isnan(year.values).any()


def test_at_night_there_is_no_power_and_at_noon_there_is(year):
    power, light = year.values[:, 0].reshape(-1, 24), year.values[:, 1].reshape(-1, 24)
    assert power[:, [0, 1, 2, 22, 23]].max() == 0
    assert power[:, 12].min() > 0
    assert power[light < 1].max() == 0
    assert set(power.mean(0).argsort()[-3:]) <= {10, 11, 12, 13}


def test_power_follows_light_and_falls_with_heat(year):
    power, light, heat = year.values.astype(float).T
    bright = light > 200
    expected = NOMINAL * light / 1000 * (1 - 0.0044 * (heat - 25))
    np.testing.assert_allclose(power[bright] / expected[bright], 1, atol=0.06)
    assert 900 < power.sum() / NOMINAL < 2_100  # kWh a year for each kW, as on earth


def test_summer_gives_more_than_winter_and_a_day_resembles_the_last(year):
    daily = year.values[:, 0].reshape(-1, 24).sum(1)
    assert daily[152:243].mean() > 1.1 * daily[np.r_[0:59, 334:365]].mean()
    apart = daily - np.convolve(np.pad(daily, 15, "edge"), np.ones(31) / 31, "valid")
    assert 0.2 < np.corrcoef(apart[1:], apart[:-1])[0, 1] < 0.8


def test_each_seed_and_each_year_has_its_weather(year):
    np.testing.assert_array_equal(plant(2023, 1, 3).values, year.values)
    assert not np.array_equal(plant(2023, 1, 4).values, year.values)
    assert not np.array_equal(plant(2022, 1, 3).values, year.values)
    years = [first + n for first, count in POWER_YEARS.values() for n in range(count)]
    assert years == [2021, 2022, 2023, 2024]
