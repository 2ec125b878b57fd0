"""The gradient view's chart holds the norms, along the text, on a scale that fits them."""

import re

import numpy as np
import pytest

from attnviz import charts
from attnviz.charts.reach import SERIES, median_rows, reach, reach_rows
from attnviz.evidence.reach import Reach, tenths
from attnviz.trace import DIRECTIONS

COUNTS = (1, 9, 13, 40, 41, 503)


def record_of(count: int, directions: int = 2, spread: float = 1.0) -> Reach:
    """Random norms; a large spread spans decades."""
    random = np.random.default_rng(count)
    hidden = np.exp(spread * random.normal(size=(count, directions))).astype(np.float32)
    return Reach("a", 0.5, hidden, np.exp(spread * random.normal(size=count)))


def names_of(count: int) -> list[str]:
    return ["same"] * count


def layers(chart) -> tuple[dict, dict]:
    curve, dashes = chart.to_dict()["layer"]
    return curve, dashes


def test_every_direction_has_a_curve():
    assert len(SERIES["hidden"]) == len(DIRECTIONS)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("directions", [0, 1, 2])
def test_every_norm_of_every_curve_has_its_row_in_the_order_of_the_text(count, directions):
    record = record_of(count, directions)
    rows = reach_rows(record, names_of(count), "hidden")
    assert len(rows) == count * directions
    for number in range(directions):
        curve = rows[number * count : (number + 1) * count]
        assert {row["series"] for row in curve} == {SERIES["hidden"][number]}
        assert [row["position"] for row in curve] == list(range(1, count + 1))
        np.testing.assert_array_equal([row["norm"] for row in curve], record.hidden[:, number])
    (name,) = SERIES["embedding"]
    rows = reach_rows(record, names_of(count))
    assert [row["series"] for row in rows] == [name] * count
    np.testing.assert_array_equal([row["norm"] for row in rows], record.embedding)


def test_repeated_tokens_stay_apart_on_the_axis():
    for count in (7, 67):
        places = [row["place"] for row in reach_rows(record_of(count), names_of(count))]
        assert len(set(places)) == count


def test_a_short_text_has_its_tokens_along_the_axis_and_a_long_one_its_positions():
    short, long = (layers(reach(record_of(n), names_of(n)))[0] for n in (40, 41))
    assert short["encoding"]["x"]["type"] == "ordinal"
    named = short["encoding"]["x"]["scale"]["domain"]
    assert [name.partition(":")[0] for name in named] == [str(number) for number in range(40)]
    assert long["encoding"]["x"]["type"] == "quantitative"
    assert long["encoding"]["x"]["scale"]["domain"] == [1, 41]
    for drawn in (short, long):
        assert "token" in [tip["field"] for tip in drawn["encoding"]["tooltip"]]


@pytest.mark.parametrize(("ratio", "kind"), [(99.0, "linear"), (101.0, "log")])
def test_the_scale_is_logarithmic_where_the_norms_span_two_decades(ratio, kind):
    norms = np.array([1.0, 0.0, ratio, 5.0])
    curve, _dashes = layers(reach(Reach("a", 0.0, np.zeros((4, 0)), norms), names_of(4)))
    assert curve["encoding"]["y"]["scale"]["type"] == kind


def test_a_long_fall_has_a_line_at_a_few_of_its_decades():
    norms = 10.0 ** -np.arange(31)
    curve, _dashes = layers(reach(Reach("a", 0.0, np.zeros((31, 0)), norms), names_of(31)))
    values = curve["encoding"]["y"]["axis"]["values"]
    assert 4 <= len(values) <= 7
    assert min(values) == pytest.approx(1e-30)


@pytest.mark.parametrize("count", [13, 503])
def test_dashes_lie_on_the_medians_of_the_first_and_the_last_tenth(count):
    record = record_of(count)
    rows = median_rows(record, names_of(count), "hidden")
    assert [row["series"] for row in rows] == ["Forward", "Forward", "Backward", "Backward"]
    for number in range(2):
        first, last = rows[2 * number : 2 * number + 2]
        medians = tenths(record.hidden[:, number])
        assert (first["norm"], last["norm"]) == pytest.approx((medians[0], medians[-1]))
    places = [row["place"] for row in reach_rows(record, names_of(count))]
    assert (rows[0]["place"], rows[1]["end"]) == (places[0], places[-1])
    assert places.index(rows[0]["end"]) < places.index(rows[1]["place"])


def test_a_dash_over_one_token_is_as_wide_as_its_place():
    count, width = 12, 360  # so many tokens that the last tenth is one
    drawn = reach(record_of(count, 0), names_of(count)).properties(width=width)
    svg = charts.render(drawn, "svg").decode()
    dashes = re.findall(r'<line [^>]*x2="(-?[\d.]+)"[^>]*stroke-dasharray', svg)
    assert [abs(float(reach)) for reach in dashes] == pytest.approx([60, 30])


def test_a_text_of_fewer_than_ten_tokens_has_no_dashes():
    assert median_rows(record_of(9), names_of(9)) == []


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("part", SERIES)
@pytest.mark.parametrize("spread", [0.1, 9.0])
def test_every_chart_can_be_drawn(count, part, spread):
    drawn = reach(record_of(count, 2, spread), names_of(count), part).properties(width=300)
    text = charts.render(drawn, "svg").decode()
    assert "Norm of the gradient" in text
    assert "NaN" not in text


def test_no_gradient_at_all_can_be_drawn():
    drawn = reach(Reach("a", 0.0, np.zeros((11, 1)), np.zeros(11)), names_of(11), "hidden")
    assert "NaN" not in charts.render(drawn.properties(width=300), "svg").decode()


def test_what_is_said_in_the_chart_is_translated():
    drawn = str(reach(record_of(67), names_of(67), "hidden", translate=str.upper).to_dict())
    for word in ("FORWARD", "BACKWARD", "NORM OF THE GRADIENT", "POSITION", "TOKEN"):
        assert word in drawn
