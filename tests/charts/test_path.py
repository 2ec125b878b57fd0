"""What the cards of a signal path draw."""

import numpy as np
import pytest

from attnviz.charts import render
from attnviz.charts.path import memory_bars, memory_rows, position_strip, strip_rows
from attnviz.charts.tokens import GREY
from attnviz.colours import ATTENTION
from attnviz.evidence.path import MemoryStep


@pytest.fixture
def memory():
    written = np.array([0.5, -0.75, 0.125, 0.0, 0.25])
    kept = np.array([0.25, 0.25, -0.5, 1.0, 0.0])
    return MemoryStep(0, 1, (0, 4), "cell", written, kept, written + kept, {"forget": 0.5})


def test_a_strip_holds_a_bar_for_every_token_and_marks_one(trace):
    values = trace.votes[:, 0]
    rows = strip_rows(trace, values, 4)
    assert [row["value"] for row in rows] == pytest.approx(values.tolist())
    assert [row["place"] for row in rows if row["here"]] == [4]
    assert rows[4]["token"].startswith("5 · ")
    assert all(row["place"] < row["middle"] < row["end"] < row["place"] + 1 for row in rows)


def test_a_strip_needs_a_number_for_every_token(trace):
    with pytest.raises(ValueError, match="zip"):
        strip_rows(trace, [0.5], 0)


@pytest.mark.parametrize(
    ("look", "tested", "colors"),
    [
        ({"color": "#010203", "negative": "#040506"}, "datum.value < 0", ("#040506", "#010203")),
        ({}, "!datum.here", (GREY, ATTENTION["light"])),
    ],
)
def test_what_is_negative_has_a_colour_and_without_signs_only_the_chosen_token(
    trace, look, tested, colors
):
    rows = strip_rows(trace, trace.attention[:, 0], 2)
    chart = position_strip(rows, "Vote", **look, translate=lambda text: f"<{text}>")
    bars = chart.to_dict()["layer"][0]["encoding"]
    assert bars["color"]["condition"] == {"test": tested, "value": colors[0]}
    assert bars["color"]["value"] == colors[1]
    assert [tip["title"] for tip in bars["tooltip"]] == ["<Token>", "Vote"]
    assert render(chart, "svg").startswith(b"<svg")


def test_memory_bars_begin_with_the_typical_unit_and_go_on_with_the_largest_writes(memory):
    rows = memory_rows(memory)
    assert list(dict.fromkeys(row["unit"] for row in rows)) == [
        *("typical unit", "unit 1", "unit 0", "unit 4", "unit 2")
    ]
    typical = {row["part"]: row["value"] for row in rows[:3]}
    squares = (0.5**2 + 0.75**2 + 0.125**2 + 0.25**2) / 5
    assert typical["written"] == pytest.approx(squares**0.5)
    for start in range(3, len(rows), 3):
        kept, written, state = (row["value"] for row in rows[start : start + 3])
        assert kept + written == pytest.approx(state)


def test_memory_bars_are_named_in_the_language_of_the_page(memory):
    def shout(text):
        return text if "{" in text else text.upper()

    chart = memory_bars(memory_rows(memory, translate=shout), translate=shout).to_dict()
    assert chart["encoding"]["color"]["scale"]["domain"] == ["KEPT", "WRITTEN", "STATE"]
    values = chart["data"]["values"] if "values" in chart["data"] else chart["datasets"]
    assert "TYPICAL UNIT" in str(values)
    assert len(set(chart["encoding"]["color"]["scale"]["range"])) == 3
