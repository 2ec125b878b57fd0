"""The rank chart: what it draws, what stands out, which tokens are left out."""

import numpy as np
import pytest

from attnviz.charts.attributions import ORDERS, SHAPES, STRONGEST, attribution_ranks, rank_rows
from attnviz.colours import ATTENTION, CLASSES, METHODS, THEMES
from attnviz.evidence.attributions import TITLES, Attributions

TOKENS = ("not", "a:b", "bad", "film", "film")
SCORES = {
    "gradient_x_input": [5.0, -4.0, 3.0, 2.0, 1.0],
    "occlusion": [-1.0, 4.0, 3.0, 2.0, 5.0],
    "attention": [0.5, 0.2, 0.2, 0.05, 0.05],
}


def made(scores):
    values = {name: np.array(numbers, dtype=np.float64) for name, numbers in scores.items()}
    return Attributions("positive", values, logit=1.0, baseline_logit=0.0)


@pytest.fixture
def record():
    return made(SCORES)


def drawn(chart):
    found = chart.to_dict()
    (rows,) = found["datasets"].values()
    return found, rows


def test_every_method_has_a_colour_and_a_shape_of_its_own():
    assert list(SHAPES) == list(TITLES)
    assert len(set(SHAPES.values())) == len(SHAPES)
    for theme in THEMES:
        hues = [*METHODS[theme].values(), ATTENTION[theme]]
        assert len(set(hues)) == len(SHAPES)
        assert not set(hues) & set(CLASSES[theme])


def test_each_token_has_a_mark_for_the_rank_by_each_method(record):
    rows = rank_rows(record, TOKENS)
    assert [(row["position"], row["name"], row["rank"]) for row in rows[:6]] == [
        (1, "gradient_x_input", 1),
        (1, "occlusion", 5),
        (1, "attention", 1),
        (2, "gradient_x_input", 2),
        (2, "occlusion", 2),
        (2, "attention", 2.5),
    ]
    assert [row["score"] for row in rows[3:6]] == [-4, 4, 0.2]
    assert len(rows) == len(TOKENS) * len(SCORES)
    assert sum(row["first"] for row in rows) == len(TOKENS)


def test_a_disputed_token_has_a_sign_and_its_best_and_worst_rank(record):
    rows = {row["position"]: row for row in rank_rows(record, TOKENS)}
    assert (rows[1]["row"], rows[1]["range"], rows[1]["disputed"]) == ("0:◆ not", "1 – 5", True)
    assert (rows[2]["row"], rows[2]["range"], rows[2]["disputed"]) == ("1:a:b", "2 – 2.5", False)
    assert rows[5]["row"] == "4:◆ film (5)"  # not the film at another place
    assert rows[4]["row"] == "3:film (4)"
    assert rows[1]["disagreement"] == pytest.approx(1)
    assert rows[2]["disagreement"] == pytest.approx(np.log(2.5 / 2) / np.log(5))


def test_of_a_long_text_the_strongest_are_drawn_in_order_or_the_most_disputed(record):
    found = {order: rank_rows(record, TOKENS, order, 2) for order in ORDERS}
    places = {order: [row["position"] for row in rows[::3]] for order, rows in found.items()}
    assert places == {"text": [1, 5], "disagreement": [1, 5]}
    everything = rank_rows(record, TOKENS, "disagreement", None)
    assert [row["position"] for row in everything[::3]] == [1, 5, 2, 3, 4]
    assert [row["place"] for row in everything[::3]] == [0, 1, 2, 3, 4]
    many = made({"votes": np.arange(97.0), "occlusion": np.arange(97.0)})
    rows = rank_rows(many, ["token"] * 97)
    assert {row["position"] for row in rows} == set(range(97 - STRONGEST + 1, 98))


def test_a_method_that_ranks_nothing_draws_nothing():
    flat = made(SCORES | {"attention": [0.2] * 5})
    chart, rows = drawn(attribution_ranks(flat, TOKENS))
    assert {row["name"] for row in rows} == {"gradient_x_input", "occlusion"}
    titles = [TITLES["gradient_x_input"], TITLES["occlusion"]]
    domains = [layer["encoding"]["color"]["scale"]["domain"] for layer in points(chart)]
    assert domains == [titles, titles]


def points(chart):
    return [layer for layer in chart["layer"] if layer["mark"]["type"] == "point"]


def test_the_axis_goes_from_the_first_to_the_last_rank_on_a_logarithmic_scale(record):
    chart, rows = drawn(attribution_ranks(record, TOKENS))
    assert rows == rank_rows(record, TOKENS)
    assert len(points(chart)) == len(SCORES)
    for layer in points(chart):
        scale = layer["encoding"]["x"]["scale"]
        assert (scale["type"], scale["domain"]) == ("log", [1, 5])
        assert layer["encoding"]["x"]["field"] == "rank"
    for name, layer in zip(SCORES, points(chart), strict=True):
        assert layer["transform"] == [{"filter": f"(datum.name === '{name}')"}]


def test_rows_stand_in_the_order_of_their_place(record):
    chart, _rows = drawn(attribution_ranks(record, TOKENS, "disagreement"))
    for layer in chart["layer"]:
        assert layer["encoding"]["y"]["sort"] == {"field": "place", "op": "min"}


def test_titles_are_translated(record):
    chart, rows = drawn(attribution_ranks(record, TOKENS, translate=lambda text: f"<{text}>"))
    assert {row["method"] for row in rows} == {f"<{TITLES[name]}>" for name in SCORES}
    for layer in points(chart):
        assert layer["encoding"]["x"]["title"] == "<Rank (1 = strongest)>"
        assert all(tip["title"].startswith("<") for tip in layer["encoding"]["tooltip"])


def test_a_text_of_one_token_can_be_drawn():
    from attnviz.charts import render

    only = made({"votes": [2.0], "occlusion": [1.0]})
    assert rank_rows(only, ["a"]) == []
    assert render(attribution_ranks(only, ["a"]), "svg").startswith(b"<svg")


def test_a_figure_shows_the_tokens_and_the_legend(record):
    from attnviz.charts import render

    figure = render(attribution_ranks(record, TOKENS), "svg").decode()
    for text in ("◆ not", "a:b", "Gradient × input", "Occlusion", "Rank (1 = strongest)"):
        assert text in figure
