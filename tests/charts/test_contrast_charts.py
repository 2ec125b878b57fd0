"""Charts of a contrast: the ranking, its colours, what is pale, what a click selects."""

import numpy as np
import pytest

from attnviz.charts.contrast import MOST, NAMES, PICKED, TITLES, difference_rows, differences
from attnviz.colours import ink
from attnviz.evidence.contrast import BINS, INTERVAL, KINDS, Compared


def compared(count, error=0.1, q=0.01, missing=None):
    chance = np.random.default_rng(count)
    shape = (2, count)
    return Compared(
        names=tuple(f"a:{number}" for number in range(count)),
        mean=chance.normal(size=shape),
        texts=np.arange(2 * count).reshape(shape),
        occurrences=np.ones(shape),
        each=np.ones(shape),
        error=np.full(count, error),
        p=np.full(count, q),
        q=np.where(np.arange(count) % 3 == 0, 0.5, q),
        missing=np.zeros(count, dtype=bool) if missing is None else missing,
        rest=np.zeros(2),
        examples=np.full((2, count, 3), -1),
        places=np.full((2, count, 3), -1),
    )


def test_every_kind_has_a_title_and_a_name():
    assert set(TITLES) == set(NAMES) == set(KINDS)


def test_the_first_of_the_ranking_are_drawn_with_their_numbers():
    record = compared(53)
    rows = difference_rows(record, "words")
    assert len(rows) == MOST
    assert [row["thing"] for row in rows] == record.order[:MOST].tolist()
    assert [row["place"] for row in rows] == list(range(MOST))
    for row in rows:
        thing = row["thing"]
        assert row["name"] == record.names[thing]
        assert row["row"].partition(":")[2] == row["name"]
        assert row["difference"] == pytest.approx(record.mean[0, thing] - record.mean[1, thing])
        assert row["high"] - row["difference"] == pytest.approx(INTERVAL * 0.1)
        assert row["difference"] - row["low"] == pytest.approx(INTERVAL * 0.1)
        assert (row["in_mistakes"], row["in_correct"]) == (thing, 53 + thing)
        assert row["certain"] == (thing % 3 != 0)
    sizes = [abs(row["difference"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)  # all errors are alike


def test_what_is_missing_is_drawn_apart_and_points_the_way_it_would_have_pulled():
    record = compared(7, missing=np.arange(7) % 3 == 1)
    there = [row["thing"] for row in difference_rows(record, "words")]
    absent = difference_rows(record, "words", missing=True)
    assert sorted(there) == [0, 2, 3, 5, 6]
    assert sorted(row["thing"] for row in absent) == [1, 4]
    for row in absent:
        assert row["drawn"] == -row["difference"]
        assert row["low"] == pytest.approx(row["drawn"] - INTERVAL * 0.1)
        pulled = record.mean[1, row["thing"]] - record.mean[0, row["thing"]]
        assert row["drawn"] == pytest.approx(pulled)


def test_positions_stand_in_the_order_of_the_text():
    assert [row["thing"] for row in difference_rows(compared(BINS), "positions", 3)] == list(
        range(BINS)
    )


def test_what_is_not_known_is_null_and_can_be_drawn():
    record = compared(3, error=np.nan, q=np.nan)
    rows = difference_rows(record, "units")
    assert {row["low"] for row in rows} == {row["high"] for row in rows} == {None}
    assert rows[-1]["q"] in (None, 0.5)
    differences(record, "units").to_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_a_click_on_a_row_names_the_thing_and_texts_are_translated(kind):
    chart = differences(compared(BINS), kind, translate=str.upper).to_dict()
    (selection,) = chart["params"]
    assert (selection["name"], selection["select"]["fields"]) == (PICKED, ["thing"])
    titles = [part["title"] for part in chart["layer"][0]["encoding"]["tooltip"]]
    assert titles[0] == NAMES[kind].upper()
    assert all(title.upper() == title for title in titles[:-1])


def test_more_has_the_colour_of_mistakes_less_that_of_right_texts_and_chance_is_pale():
    bars = differences(compared(7), "words").to_dict()["layer"][1]
    color = bars["encoding"]["color"]
    assert color["condition"] == {"test": "datum.drawn < 0", "value": ink("right")}
    assert color["value"] == ink("wrong")
    assert bars["encoding"]["opacity"]["condition"] == {"test": "datum.certain", "value": 1}
    assert bars["encoding"]["opacity"]["value"] < 0.5
