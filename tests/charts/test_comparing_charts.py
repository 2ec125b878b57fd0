"""Two runs drawn: what stands where, in which colour, and what a click says."""

import json
from collections import Counter

import numpy as np
import pytest

from attnviz import charts
from attnviz.charts.comparing import COLORS, OPENED, UNCHANGED, before_and_after
from attnviz.inspection.comparing import CHANGES

TITLES = {name: name.upper() for name in CHANGES}
CHANGED = ["fixed", "right", "broken", "wrong", "right"]
POINTS = np.array([[0.25, 0.75], [0.5, 0.625], [0.875, 0.125], [0.0, 0.25], [1.0, 1.0]])


@pytest.fixture(scope="module")
def spec():
    return before_and_after(POINTS, CHANGED, TITLES, ("one", "two")).to_dict()


def rows(spec):
    return layer(spec, "point")


def layer(spec, kind):
    """The layer of a kind of mark, and its data."""
    (found,) = (layer for layer in spec["layer"] if layer["mark"]["type"] == kind)
    return found, spec["datasets"][found["data"]["name"]]


def test_every_text_is_a_mark_at_its_two_probabilities(spec):
    marks, data = rows(spec)
    assert {row["place"]: (row["before"], row["after"]) for row in data} == dict(
        enumerate(map(tuple, POINTS.tolist()))
    )
    assert [TITLES[change] for change in CHANGED] == [
        row["change"] for row in sorted(data, key=lambda row: row["place"])
    ]
    assert (marks["encoding"]["x"]["field"], marks["encoding"]["y"]["field"]) == ("before", "after")
    for axis in "xy":
        assert marks["encoding"][axis]["scale"]["domain"] == [0, 1]


def test_what_has_not_changed_is_drawn_behind_the_rest(spec):
    _, data = rows(spec)
    unchanged = [row["change"].lower() in UNCHANGED for row in data]
    assert unchanged == sorted(unchanged, reverse=True)


def test_the_legend_names_the_changes_that_occur_in_their_colours(spec):
    color = rows(spec)[0]["encoding"]["color"]["scale"]
    assert color["domain"] == ["FIXED", "BROKEN", "WRONG", "RIGHT"]
    assert color["range"] == [COLORS[name] for name in ("fixed", "broken", "wrong", "right")]


def test_every_change_has_a_colour():
    assert set(COLORS) == set(CHANGES)
    assert Counter(COLORS[name] for name in CHANGES[:4]).most_common(1)[0][1] == 1


def test_a_click_selects_the_place_of_a_mark(spec):
    (param,) = spec["params"]
    assert param["name"] == OPENED
    assert param["select"]["fields"] == ["place"]


def test_the_dashed_line_joins_equal_probabilities(spec):
    _, ends = layer(spec, "line")
    assert [(end["x"], end["y"]) for end in ends] == [(0, 0), (1, 1)]


def test_it_can_be_drawn_also_of_nothing():
    empty = before_and_after(np.zeros((0, 2)), [], TITLES, ("one", "two"))
    assert json.loads(empty.to_json())
    full = before_and_after(POINTS, CHANGED, TITLES, ("one", "two"))
    assert charts.render(full, "svg").startswith(b"<svg")
