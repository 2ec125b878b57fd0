"""What the charts of a gate draw can be looked up in them."""

import numpy as np
import pytest

from attnviz.charts import render
from attnviz.charts.gates import (
    DRAWN_TOKENS,
    PART_COLORS,
    PART_NAMES,
    gate_parts,
    gate_rows,
    gate_saturation,
    saturation_rows,
    weight_panels,
)
from attnviz.evidence.gates import ACTIVATIONS, GateAnatomy, GateWeights, Saturation
from attnviz.ui.components.token_table import payload


def record(tokens=7, units=5, activation="sigmoid", names=tuple(PART_NAMES), **weights):
    generator = np.random.default_rng(3)
    parts = {name: generator.normal(size=(tokens, units)) for name in names}
    value = ACTIVATIONS[activation](sum(parts.values()))
    sizes = {"input": (units, 3), "recurrent": (units, units), "bias": (units,)}
    rows = {name: generator.normal(size=size) for name, size in sizes.items()}
    terms = dict.fromkeys(names, "x")
    return GateAnatomy(
        "forget", 0, 1, activation, parts, terms, value, GateWeights(**rows | weights)
    )


def labels(found):
    return [f"w{token}" for token in range(len(found.value))]


def drawn(chart):
    spec = chart.to_dict()
    return spec["datasets"][spec["data"]["name"]]


def counted(low, high, tokens):
    """Counts of five units in the second direction of one layer."""
    empty = [0] * 5
    return Saturation(np.array([[empty, low]]), np.array([[empty, high]]), tokens)


def test_the_bars_of_a_token_add_up_to_its_sum_and_the_gate_is_that_squashed():
    found = record()
    rows = drawn(gate_parts(found, 3, labels(found), 2))
    for token in range(7):
        own = [row for row in rows if row["row"] == f"{token}:w{token}"]
        assert [row["part"] for row in own] == list(PART_NAMES.values())
        assert [row["logit"] for row in own] == [part[token, 3] for part in found.parts.values()]
        assert sum(row["logit"] for row in own) == pytest.approx(own[0]["sum"])
        assert own[0]["value"] == pytest.approx(1 / (1 + np.exp(-own[0]["sum"])))
        assert [row["once"] for row in own] == [True, False, False, False]
        assert {row["chosen"] for row in own} == {token == 2}


@pytest.mark.parametrize(("token", "first"), [(0, 0), (29, 0), (50, 20), (112, 53)])
def test_of_a_long_text_the_rows_around_the_token_are_drawn(token, first):
    found = record(tokens=113)
    rows = gate_rows(found, 0, labels(found), token)
    places = [int(row["row"].partition(":")[0]) for row in rows if row["once"]]
    assert places == list(range(first, first + DRAWN_TOKENS))
    assert sum(row["chosen"] for row in rows) == len(PART_NAMES)


def test_every_part_has_a_colour_of_its_own():
    assert len(PART_COLORS) == len(set(PART_COLORS)) == len(PART_NAMES)


@pytest.mark.parametrize(("activation", "low"), [("sigmoid", 0), ("tanh", -1)])
def test_the_value_is_drawn_on_the_whole_range_of_its_activation(activation, low):
    found = record(activation=activation)
    spec = gate_parts(found, 0, labels(found), 0).to_dict()
    assert spec["layer"][-1]["encoding"]["x"]["scale"]["domain"] == [low, 1]


def test_saturation_stands_up_and_down_the_most_saturated_unit_first():
    text = counted(low=[0, 7, 0, 2, 0], high=[0, 0, 3, 1, 0], tokens=10)
    sample = counted(low=[0, 50, 0, 20, 1], high=[0, 0, 40, 5, 0], tokens=100)
    rows = drawn(gate_saturation(text, sample, record(), 3))
    assert [row["unit"] for row in rows] == [1, 1, 2, 2, 3, 3, 4, 4, 0, 0]
    assert [row["place"] for row in rows] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    up, down = rows[4], rows[5]  # unit 3
    assert (up["text"], up["sample"]) == (0.1, 0.05)
    assert (down["text"], down["sample"]) == (-0.2, -0.2)
    assert {row["unit"] for row in rows if row["chosen"]} == {3}


def test_the_limits_of_saturation_are_written_into_the_chart():
    text = counted([1] * 5, [1] * 5, 3)
    for activation, low, high in (("sigmoid", "< 0.05", "> 0.95"), ("tanh", "< −0.9", "> 0.9")):
        spec = gate_saturation(text, text, record(activation=activation), 0).to_json(
            ensure_ascii=False
        )
        assert low in spec
        assert high in spec
    assert len(saturation_rows(text, text, record(), 0)) == 10


def test_weights_stand_in_rows_of_units_with_the_biases_that_the_cell_has():
    found = record(peephole=np.arange(5.0))
    panels = weight_panels(found, ["a", "b", "c"])
    assert [panel.columns for panel in panels] == [("a", "b", "c"), tuple("01234"), ("b",), ("p",)]
    assert panels[0].values.tolist() == found.weights.input.tolist()
    assert panels[1].values.tolist() == found.weights.recurrent.tolist()
    assert panels[2].values[:, 0].tolist() == found.weights.bias.tolist()
    assert panels[3].values[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert payload(list("01234"), panels, range(5), {})
    assert len({panel.key for panel in panels}) == 4
    assert {panel.ramp for panel in panels} == {"signed"}


TALLY = counted([1] * 5, [1] * 5, 3)
CHARTS = {
    "parts": lambda found, **options: gate_parts(found, 0, labels(found), 0, **options),
    "saturation": lambda found, **options: gate_saturation(TALLY, TALLY, found, 0, **options),
}


@pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)
def test_every_text_of_a_chart_can_be_translated(draw):
    seen = []

    def translate(said):
        seen.append(said)
        return f"⟦{said}⟧"

    chart = draw(record(names=("input", "recurrent", "bias")), translate=translate)
    spec = chart.to_json(ensure_ascii=False)
    assert seen
    assert [said for said in seen if f"⟦{said}⟧" not in spec] == []
    assert render(chart, "svg").startswith(b"<svg")
