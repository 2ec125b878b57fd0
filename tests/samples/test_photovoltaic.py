"""The photovoltaic array obeys the laws that a person can check with the data sheet at hand."""

import numpy as np
import pytest

from attnviz.samples.photovoltaic import (
    AMPERES,
    CHANNELS,
    DARK,
    MODULES,
    PARTS,
    SEEN,
    STATES,
    STRINGS,
    VOLTS,
    Array,
    at_maximum_power,
    currents,
    day,
    days,
    joined,
)
from attnviz.samples.weather import DAYS, SITES, STEPS, Sky

I_MP, V_MP, V_OC = 8.22, 36.5, 45.0  # CS6X-300M's data sheet at 1000 W/m² and 25 °C
QUIET = 0.12  # A, six standard deviations of the sensors' noise


def array(light=(1000.0,), heat=(25.0,)) -> Array:
    return Array(Sky(np.array(light), np.array(heat)), np.ones(STRINGS))


def measured(amperes, sky) -> tuple[np.ndarray, np.ndarray]:
    """Currents of the strings (T, 4) and voltage (T,)."""
    found = at_maximum_power(amperes, sky.light)
    return found[:, :STRINGS], found[:, STRINGS]


def of(state: str, count: int = 3):
    """Days in one state and their intervals, values that loggers lost put back as 0."""
    for number in range(count):
        sample = day(state, "train", np.random.default_rng([7, number]))
        yield np.nan_to_num(sample.values), *sample.marks[0][:2]


@pytest.fixture(scope="module")
def samples():
    return list(days(13, 5, "train"))


def test_the_healthy_array_gives_what_the_data_sheet_says():
    amps, volts = measured(array().amperes, array().sky)
    np.testing.assert_allclose(amps, I_MP, rtol=0.01)
    np.testing.assert_allclose(volts, MODULES * V_MP, rtol=0.01)
    falling = array().amperes[0, 0]
    assert np.interp(0, -falling, VOLTS) == pytest.approx(MODULES * V_OC, rel=0.005)


def test_current_follows_light_and_voltage_falls_with_heat():
    healthy = array((1000.0, 500.0, 500.0), (25.0, 25.0, 50.0))
    amps, volts = measured(healthy.amperes, healthy.sky)
    assert amps[1, 0] / amps[0, 0] == pytest.approx(0.5, abs=0.01)
    per_degree = (volts[2] / volts[1] - 1) / 25
    assert -0.0055 < per_degree < -0.0035  # about −0.45 % a degree


def test_power_is_at_most_what_falls_on_the_modules_times_their_efficiency(samples):
    """300 W a module at 1000 W/m² and 25 °C, −0.44 % a degree, less in weak light."""
    for sample in samples:
        values = np.nan_to_num(sample.values.astype(float), nan=0)
        light, heat = values[:, 5], values[:, 6]
        power = values[:, :STRINGS].sum(1) * values[:, 4]
        limit = STRINGS * MODULES * 300 * light / 1000 * (1 - 0.0044 * (heat - 25))
        known = ~np.isnan(sample.values).any(1) & (light > SEEN)
        assert (power <= 1.06 * limit)[known].all()
        if sample.label == "normal":
            assert (power >= 0.9 * limit)[known].all()


def test_no_current_flows_at_night(samples):
    dark = [s.values[np.nan_to_num(s.values[:, 5], nan=999) < DARK - 16] for s in samples]
    dark = np.concatenate(dark)
    assert len(dark) > 30
    assert np.nanmax(np.abs(dark[:, :STRINGS])) < QUIET
    assert np.nanmax(np.abs(dark[:, 4])) < 5


def test_an_open_string_has_no_current_in_its_interval_and_the_others_have():
    for values, first, last in of("open string"):
        amps, light = values[:, :STRINGS], values[:, 5]
        open_one = np.abs(amps[first:last]).max(0).argmin()
        assert np.abs(amps[first:last, open_one]).max() < QUIET
        bright = np.flatnonzero(light > SEEN)
        others = np.delete(amps[bright], open_one, 1)
        assert np.median(others[others > 0]) > 1
        before = bright[bright < first]
        assert np.abs(amps[before, open_one] - np.median(amps[before], 1)).max(initial=0) < 0.5


@pytest.mark.parametrize("shorted", [2, 3, 5])
def test_shorted_modules_lower_the_voltage_by_about_their_share(shorted):
    healthy = array()
    amperes = healthy.amperes.copy()
    amperes[0] = currents((MODULES - shorted) / MODULES * PARTS * healthy.parts[0])
    amps, volts = measured(amperes, healthy.sky)
    assert volts[0] / (MODULES * V_MP) == pytest.approx(1 - shorted / MODULES, abs=0.08)
    assert amps[0, 0] < 0.9 * amps[0, 1]
    # Alone, the string's curve is lower by exactly that share.
    alone = at_maximum_power(amperes[:1], healthy.sky.light)[0]
    assert alone[0] == pytest.approx(I_MP, rel=0.01)
    assert alone[1] == pytest.approx((MODULES - shorted) * V_MP, rel=0.01)


def test_a_shadow_lowers_one_string_in_its_interval_alone():
    for values, first, last in of("partial shading"):
        amps = values[:, :STRINGS]
        missing = np.median(amps, 1)[:, None] - amps
        shaded = missing[first:last].sum(0).argmax()
        outside = np.delete(missing[:, shaded], np.arange(first, last))
        assert missing[first:last, shaded].max() > 0.2
        assert np.median(np.abs(outside)) < 0.1


def test_an_aged_string_gives_less_all_day():
    for values, first, last in of("degradation"):
        assert (first, last) == (0, STEPS)
        bright = values[values[:, 5] > SEEN][:, :STRINGS]
        shares = bright / np.median(bright, 1, keepdims=True)
        assert 0.5 < np.median(shares, 0).min() < 0.97
        assert np.sort(np.median(shares, 0))[1] > 0.97


def test_where_two_strings_touch_kirchhoff_holds():
    """In each string's loop and across the path, but for the steps of the solver (6 V of 380)."""
    modules = np.stack([3 * array().parts[0][0]] * 2)
    low, high, ohms = 2, 5, 1.3
    found = joined(modules, low, high, ohms)
    at = 380  # V
    first, second = found[:, at]
    assert second < first

    def voltage(i):
        return np.interp(i, AMPERES, modules[0])

    # The path's current, from the first string's own loop.
    through = np.linspace(0, 12, 12_001)
    loop = low * voltage(first - through) + (MODULES - low) * voltage(first)
    i = through[np.abs(loop - VOLTS[at]).argmin()]
    other_loop = high * voltage(second + i) + (MODULES - high) * voltage(second)
    assert other_loop == pytest.approx(VOLTS[at], abs=6)
    across = high * voltage(second + i) - low * voltage(first - i)
    assert across == pytest.approx(ohms * i, abs=6)


def test_a_path_between_points_of_one_potential_changes_nothing():
    """Of the same height there is no voltage between two equal strings, so no current."""
    healthy = array()
    modules = healthy.parts[:2, 0] * 3
    bright = VOLTS < MODULES * V_OC
    np.testing.assert_allclose(
        joined(modules, 5, 5, 0.0)[:, bright], healthy.amperes[:2, 0][:, bright], atol=0.02
    )


def test_days_have_channels_times_and_their_state_in_turn(samples):
    assert [sample.label for sample in samples[:6]] == list(STATES)
    for sample in samples:
        assert sample.values.shape == (STEPS, len(CHANNELS))
        assert sample.values.dtype == np.float32
        assert (sample.channels, sample.step, sample.step_unit) == (CHANNELS, 10, "min")
        assert (sample.times[0], sample.times[8], sample.times[-1]) == ("06:00", "07:20", "17:50")
        assert bool(sample.marks) == (sample.label != "normal")
        for first, last, what in sample.marks:
            assert 0 <= first < last <= STEPS
            assert what.startswith(sample.label)
            assert np.nanmax(sample.values[first:last, 5]) > SEEN - 16


def test_the_seed_decides_and_more_days_begin_with_the_same(samples):
    again = list(days(3, 5, "train"))
    for one, two in zip(again, samples[:3], strict=True):
        np.testing.assert_array_equal(one.values, two.values)
        assert one.marks == two.marks
    for other in (next(days(1, 6, "train")), next(days(1, 5, "test"))):
        assert not np.array_equal(other.values, samples[0].values, equal_nan=True)


def test_no_site_and_no_day_of_the_year_stands_in_two_splits():
    sites = [site for of_one in SITES.values() for site in of_one.items()]
    assert len(set(sites)) == len(sites) == 15
    assert len({name for name, _ in sites}) == len({place for _, place in sites}) == 15
    assert sorted(day for of_one in DAYS.values() for day in of_one) == [0, 1, 2, 3, 4]
