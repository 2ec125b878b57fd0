"""A chart is a value: what it draws can be looked up in it."""

from dataclasses import replace

import numpy as np
import pytest

from attnviz import charts, colours
from attnviz.classifier import Classifier
from tests.networks import NETWORKS


def rows_of(chart: dict, whole: dict | None = None) -> list[dict]:
    """The data of a chart's specification, wherever Vega-Lite keeps it."""
    data = chart["data"] if "data" in chart else whole["data"]
    return data["values"] if "values" in data else (whole or chart)["datasets"][data["name"]]


def domain_of(chart: dict) -> list[float]:
    return chart["encoding"]["color"]["scale"]["domain"]


@pytest.fixture
def repeated(classifier):
    return classifier.trace("good bad good good")


# One bar a token.


@pytest.mark.parametrize("text", ["good bad good good", "A film 😀 电影"])
def test_attention_bars_hold_the_weight_of_every_token_in_order(classifier, text):
    trace = classifier.trace(text)
    rows = rows_of(charts.attention(trace).to_dict())
    np.testing.assert_array_equal([row["value"] for row in rows], trace.attention[:, 0])
    assert [int(row["row"].partition(":")[0]) for row in rows] == list(range(len(trace.tokens)))


def test_attention_of_several_heads_is_averaged(trace):
    heads = np.concatenate([trace.attention, 3 * trace.attention], axis=1)
    rows = rows_of(charts.attention(replace(trace, attention=heads)).to_dict())
    np.testing.assert_allclose([row["value"] for row in rows], 2 * trace.attention[:, 0], rtol=1e-6)


def test_repeated_tokens_stay_apart_and_in_the_order_of_the_text(repeated):
    for chart in (charts.attention(repeated), charts.votes(repeated)):
        drawn = chart.to_dict()
        assert [row["row"] for row in rows_of(drawn)] == ["0:good", "1:bad", "2:good", "3:good"]
        assert drawn["encoding"]["y"]["field"] == "row"
        assert drawn["encoding"]["y"]["sort"] == {"field": "place", "op": "min"}
        assert [row["place"] for row in rows_of(drawn)] == [0, 1, 2, 3]


def test_a_token_with_a_colon_keeps_it(classifier):
    trace = classifier.trace("a:b")
    names = [row["row"] for row in rows_of(charts.attention(trace).to_dict())]
    assert names == ["0:a", "1::", "2:b"]
    # The label is what follows the first colon, as the page's renderer will draw it.
    drawn = charts.render(charts.attention(trace), "svg").decode()
    assert ">:</text>" in drawn


def test_votes_are_those_of_the_prediction_unless_a_label_is_named(trace):
    best = trace.labels.index(trace.prediction)
    drawn = charts.votes(trace).to_dict()
    np.testing.assert_array_equal([row["value"] for row in rows_of(drawn)], trace.votes[:, best])
    assert trace.prediction in drawn["encoding"]["x"]["title"]
    for number, label in enumerate(trace.labels):
        drawn = charts.votes(trace, label).to_dict()
        np.testing.assert_array_equal(
            [row["value"] for row in rows_of(drawn)], trace.votes[:, number]
        )
        assert drawn["encoding"]["x"]["title"] == f"Votes: {label}"


def test_a_vote_has_the_hue_of_the_class_that_it_speaks_for_and_attention_its_own(trace):
    for place, label in enumerate(trace.labels):
        color = charts.votes(trace, label).to_dict()["encoding"]["color"]
        assert color["value"] == colours.hue(place)
        against = {"test": "datum.value < 0", "value": colours.OTHERS["light"]}  # of three classes
        assert color["condition"] == against
    color = charts.attention(trace).to_dict()["encoding"]["color"]
    assert color == {"value": colours.ATTENTION["light"]}


# Channel attention.


@pytest.fixture
def weighed(build_network, tokenizer):
    return Classifier(build_network(**NETWORKS["channels"]), tokenizer).trace("A good, bad film")


def test_every_filter_has_a_bar_and_the_strongest_of_a_kernel_size_stand_first(weighed):
    rows = rows_of(charts.channel_attention(weighed).to_dict())
    drawn = {(row["size"], row["filter"]): row["weight"] for row in rows}
    sizes = [size for size in (1, 3, 5) for _ in range(13)]
    numbers = [*range(13)] * 3
    expected = dict(
        zip(zip(sizes, numbers, strict=True), weighed.channel_attention.tolist(), strict=True)
    )
    assert drawn == expected
    assert [row["size"] for row in rows] == sizes
    for size in (1, 3, 5):
        weights = [row["weight"] for row in rows if row["size"] == size]
        assert weights == sorted(weights, reverse=True)
    places = [row["place"] for row in rows]
    assert places == sorted(set(places))


def test_the_strongest_filters_are_named(weighed):
    rows = rows_of(charts.channel_attention(weighed).to_dict())
    named = [row["name"] for row in rows if row["name"]]
    for size, name, part in zip((1, 3, 5), named, range(3), strict=True):
        weights = weighed.channel_attention[13 * part : 13 * (part + 1)]
        best = ", ".join(map(str, np.argsort(-weights, kind="stable")[:3]))
        assert name == f"Kernel size {size}\n{best} …"
    drawn = charts.render(charts.channel_attention(weighed).properties(width=600), "svg").decode()
    assert drawn.count(">Kernel size ") == 3


def test_without_channel_attention_there_is_no_such_chart(trace):
    assert charts.channel_attention(trace) is None
