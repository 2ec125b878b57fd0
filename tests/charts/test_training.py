"""What the charts of a training run draw can be looked up in them."""

import json
from dataclasses import replace

import altair as alt
import numpy as np
import pytest

from attnviz.charts import lines, render
from attnviz.charts import training as charts
from attnviz.colours import ATTENTION, ink
from tests.test_history import LAYERS, a_run

CLIPPING_OFF = {"clip_norm": 0}


def layers_of(chart):
    """Each layer of a chart with its rows."""
    drawn = chart.to_dict()
    found = []
    for layer in drawn["layer"]:
        data = layer.get("data", drawn.get("data"))
        rows = data["values"] if "values" in data else drawn["datasets"][data["name"]]
        found.append((layer, rows))
    return found


def mark(layer):
    return layer["mark"]["type"]


def lines_of(chart):
    """Name of each line → its points (step, value)."""
    layer, rows = layers_of(chart)[0]
    assert mark(layer) == "line"
    names = dict.fromkeys(row["name"] for row in rows)
    return {
        name: [(row["step"], row["value"]) for row in rows if row["name"] == name] for name in names
    }


def scale_of(chart, channel):
    return layers_of(chart)[0][0]["encoding"][channel]["scale"]


def title_of(chart):
    return chart.to_dict()["title"]["text"]


# Over steps


def test_every_chart_draws_every_entry_of_a_run():
    run = a_run()
    steps = [entry["step"] for entry in run.steps]
    for name, field in (("clipped", "clipped"), ("learning_rate", "learning_rate")):
        (points,) = lines_of(charts.CHARTS[name](run)).values()
        assert points == [(entry["step"], entry[field]) for entry in run.steps], name
    found = lines_of(charts.loss(run))
    assert found["Training"] == [(entry["step"], entry["loss"]) for entry in run.steps]
    assert found["Validation"] == [(entry["step"], entry["loss"]) for entry in run.evaluations]
    found = lines_of(charts.gradients(run))
    assert list(found) == ["All layers", *LAYERS.values()]
    for name, title in LAYERS.items():
        assert [step for step, _ in found[title]] == steps
        assert [value for _, value in found[title]] == [
            entry["gradient_norms"][name] for entry in run.steps
        ]


@pytest.mark.parametrize("name", charts.CHARTS)
def test_all_charts_share_one_axis_of_steps_and_one_margin(name):
    chart = charts.CHARTS[name](a_run())
    assert scale_of(chart, "x") == {"domain": [0, 220], "nice": False}
    axis = layers_of(chart)[0][0]["encoding"]["y"]["axis"]
    assert axis["minExtent"] == axis["maxExtent"] == lines.MARGIN


@pytest.mark.parametrize(("name", "value"), [("loss", 0.4), ("metric", 0.875)])
def test_a_ring_marks_the_evaluation_whose_weights_were_kept(name, value):
    chart = charts.CHARTS[name](a_run())
    points, ring = (rows for layer, rows in layers_of(chart) if mark(layer) == "point")
    assert len(points) == 3
    assert [(row["step"], row["value"]) for row in ring] == [(146, value)]


def test_the_best_accuracy_is_written_beside_its_ring():
    ((layer, rows),) = (
        (layer, rows) for layer, rows in layers_of(charts.metric(a_run())) if mark(layer) == "text"
    )
    assert [row["value"] for row in rows] == [0.875]
    assert layer["encoding"]["text"]["format"] == ".1%"
    assert layer["mark"]["align"] == "right"  # 146 of 220 steps: there is more room on the left


def test_pointing_at_a_step_tells_the_exact_numbers_of_all_lines():
    run = a_run()
    (rule,) = (
        (layer, rows)
        for layer, rows in layers_of(charts.gradients(run))
        if mark(layer) == "rule" and "tooltip" in layer["encoding"]
    )
    layer, rows = rule
    told = {item["title"]: item["field"] for item in layer["encoding"]["tooltip"]}
    assert list(told) == ["Step", "Epoch", "All layers", *LAYERS.values()]
    assert len(rows) == len(run.steps)
    for row, entry in zip(rows, run.steps, strict=True):
        assert row[told["Step"]] == entry["step"]
        assert row[told["All layers"]] == entry["gradient_norm"]
        assert row[told["Attention"]] == entry["gradient_norms"]["attention"]


def test_the_norm_at_which_gradients_are_clipped_is_drawn_and_named():
    chart = charts.gradients(a_run())
    rules = [rows for layer, rows in layers_of(chart) if mark(layer) == "rule"]
    assert [{"value": 1.5}] in rules
    assert title_of(chart) == "Gradient norm, clipped above 1.5 (dashed)"


def test_a_run_that_clips_nothing_draws_no_clipping():
    run = a_run(recipe=CLIPPING_OFF)
    assert charts.clipped(run) is None
    assert title_of(charts.gradients(run)) == "Gradient norm"


def test_a_norm_of_zero_breaks_its_line_and_leaves_the_others_alone():
    run = a_run()
    run.steps[3]["gradient_norms"]["attention"] = 0
    found = lines_of(charts.gradients(run))
    assert [value for _, value in found["Attention"]].index(None) == 3
    assert None not in [value for _, value in found["Recurrent layer 1"]]
    low, high = scale_of(charts.gradients(run), "y")["domain"]
    assert 0 < low < 1e-4 < 2 < high


def test_layers_differ_in_colour_or_dash_however_many_there_are():
    layers = {f"layer.{number}[x]": 1.0 for number in range(24)}
    chart = charts.gradients(a_run(steps=[{"step": 1, "gradient_norms": layers}]))
    looks = zip(
        scale_of(chart, "color")["range"],
        map(str, scale_of(chart, "strokeDash")["range"]),
        strict=True,
    )
    assert len(set(looks)) == 25


def test_a_layer_has_the_colour_of_its_part_of_the_network():
    layers = ("embedding", "convolutions", "recurrent.layers.0", "recurrent.layers.1", "attention")
    steps = [{"step": 1, "gradient_norms": dict.fromkeys(layers, 1.0)}]
    chart = charts.gradients(a_run(steps=steps))
    hues = [ink("word"), ink("detector"), ink("gate"), ink("gate"), ATTENTION["light"]]
    assert scale_of(chart, "color")["range"][1:] == hues
    dashes = scale_of(chart, "strokeDash")["range"]
    assert dashes[3] != dashes[4]


def test_as_many_layers_as_there_are_have_a_line_each():
    layers = {f"layer.{number}[x]": 1.0 for number in range(24)}
    chart = charts.gradients(a_run(steps=[{"step": 1, "gradient_norms": layers}]))
    assert len(scale_of(chart, "color")["domain"]) == 25
    assert chart.to_dict()["layer"][0]["encoding"]["color"]["legend"]["title"] is None


def test_500_entries_of_11_layers_are_all_drawn_and_altair_is_left_as_it_was():
    before = alt.data_transformers.active, dict(alt.data_transformers.options)
    layers = {f"layer {number}": float(number + 1) for number in range(11)}
    steps = [{"step": step, "gradient_norms": layers} for step in range(1, 501)]
    found = lines_of(charts.gradients(a_run(steps=steps)))
    assert sum(map(len, found.values())) == 5500
    assert (alt.data_transformers.active, dict(alt.data_transformers.options)) == before


@pytest.mark.parametrize("name", charts.CHARTS)
def test_what_was_not_recorded_is_not_drawn(name):
    empty = a_run(steps=[], evaluations=[], state_gradients=[])
    assert charts.CHARTS[name](empty) is None
    bare = a_run(steps=[{"step": 1}], evaluations=[{"step": 1}])
    assert charts.CHARTS[name](bare) is None


def test_a_run_without_evaluations_still_draws_its_training_loss():
    found = lines_of(charts.loss(a_run(evaluations=[])))
    assert list(found) == ["Training"]
    assert list(lines_of(charts.loss(a_run(steps=[])))) == ["Validation"]


# Through time


def reached(chart):
    """Step → norms by distance, as drawn."""
    _, rows = layers_of(chart)[0]
    steps = dict.fromkeys(row["step"] for row in rows)
    assert all(
        [row["distance"] for row in rows if row["step"] == step]
        == list(range(sum(row["step"] == step for row in rows)))
        for step in steps
    )
    return {step: [row["value"] for row in rows if row["step"] == step] for step in steps}


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_each_recorded_step_is_a_line_of_its_direction(direction):
    run = a_run(0.9)
    for entry in run.state_gradients:
        entry["norms"] = [
            norm * (3 if entry["direction"] == "backward" else 1) for norm in entry["norms"]
        ]
    found = reached(charts.reach(run, direction))
    assert list(found) == [0, 73, 146, 220]
    for entry in run.state_gradients:
        if entry["direction"] == direction:
            np.testing.assert_allclose(found[entry["step"]][4:-4], entry["norms"][4:-4])
    assert charts.reach(run, "upward") is None
    assert charts.reach(a_run(state_gradients=[]), direction) is None


def test_both_directions_share_one_log_scale_that_holds_all_norms():
    run = a_run(0.6)
    domains = [scale_of(charts.reach(run, name), "y") for name in ("forward", "backward")]
    assert domains[0] == domains[1]
    low, high = domains[0]["domain"]
    assert low < 0.01 / 4 * 0.6**58 < 0.01 / 4 < high
    assert domains[0]["type"] == "log"


def test_a_flat_gradient_looks_flat():
    """Noise of a per cent must not fill the picture."""
    low, high = scale_of(charts.reach(a_run(1.0001), "forward"), "y")["domain"]
    assert high / low >= 100
    ticks = layers_of(charts.reach(a_run(), "forward"))[0][0]["encoding"]["y"]["axis"]["values"]
    assert ticks == [0.001, 0.01]


def test_norms_of_zero_end_the_line_and_tiny_ones_do_not_flatten_the_rest():
    norms = [1.0] * 20 + [1e-30] * 20 + [0.0] * 21
    run = a_run(state_gradients=[{"step": 7, "direction": "forward", "norms": norms}])
    chart = charts.reach(run, "forward")
    found = reached(chart)[7]
    assert found[:16] == [1.0] * 16
    assert found[44:] == [None] * 17
    low, high = scale_of(chart, "y")["domain"]
    assert high / low == pytest.approx(1e15)
    assert layers_of(chart)[0][0]["mark"]["clip"] is True
    assert len(layers_of(chart)[0][0]["encoding"]["y"]["axis"]["values"]) <= 8


def test_all_norms_of_zero_draw_nothing():
    zeros = [{"step": 1, "direction": "forward", "norms": [0.0] * 7}]
    assert charts.reach(a_run(state_gradients=zeros), "forward") is None


def test_the_last_step_stands_out_on_either_background():
    for dark, extent in ((False, charts.VIRIDIS_ON_LIGHT), (True, charts.VIRIDIS_ON_DARK)):
        chart = charts.reach(a_run(), "forward", dark=dark)
        assert scale_of(chart, "color")["scheme"] == {"name": "viridis", "extent": extent}
        width = layers_of(chart)[0][0]["encoding"]["strokeWidth"]
        assert width["condition"] == {"test": "datum.step == 220", "value": 2.5}


def test_a_tooltip_compares_the_first_the_last_and_some_steps_between():
    entries = [
        {"step": step, "direction": "forward", "norms": [float(step + 1)] * 11}
        for step in range(40)
    ]
    layer, rows = layers_of(charts.reach(a_run(state_gradients=entries), "forward"))[1]
    told = [item["title"] for item in layer["encoding"]["tooltip"]]
    assert told == [
        "Tokens before the last one read",
        *(f"Step {s}" for s in (0, 8, 16, 23, 31, 39)),
    ]
    assert rows[0]["line5"] == 40


def test_a_running_median_of_nine_is_that_of_numpy_and_shorter_at_the_ends():
    values = np.random.default_rng(3).random(23)
    found = lines.running_median(values)
    for place in range(23):
        assert found[place] == np.median(values[max(0, place - 4) : place + 5])
    assert lines.running_median([]).size == 0
    assert lines.running_median([3.0]).tolist() == [3.0]


# Every chart


def everything(run, **options):
    return [draw(run, **options) for draw in charts.CHARTS.values()] + [
        charts.reach(run, direction, **options) for direction in ("forward", "backward")
    ]


def test_every_text_of_a_chart_can_be_translated():
    seen = set()

    def translate(text):
        seen.add(text)
        return text.replace("Step", "步").replace("Training", "训练")

    drawn = [chart.to_dict() for chart in everything(a_run(), translate=translate)]
    assert {
        "Training",
        "Validation",
        "Loss",
        "Step",
        "Epoch",
        "All layers",
        "Learning rate",
    } <= seen
    assert not any('"Step' in json.dumps(chart) for chart in drawn)


def test_names_from_the_file_are_data_and_no_expressions():
    name = "a.b[0]'\"\\;alert(1)"
    steps = [{"step": 1, "gradient_norms": {name: 1.0}}, {"step": 2, "gradient_norms": {name: 2.0}}]
    chart = charts.gradients(replace(a_run(), steps=steps))
    assert lines_of(chart)[name] == [(1, 1.0), (2, 2.0)]
    assert "alert(1)</text>" in render(chart.properties(width=500), "svg").decode()


def test_every_chart_can_be_rendered():
    for chart in everything(a_run(0.8)):
        drawn = render(chart.properties(width=500), "svg").decode()
        assert drawn.startswith("<svg")
        assert "NaN" not in drawn


def test_the_metric_of_a_forecast_is_its_error_and_the_lowest_is_the_best():
    errors = [{"step": 10, "mae": 3.0}, {"step": 20, "mae": 0.75}, {"step": 30, "mae": 1.5}]
    run = replace(a_run(), evaluations=errors, metric="mae")
    assert run.best == errors[1]
    chart = charts.metric(run).to_dict()
    assert "Mean absolute error" in json.dumps(chart)
    assert "0.75" in json.dumps(chart)
