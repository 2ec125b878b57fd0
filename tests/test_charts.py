"""A chart is a value: what it draws can be looked up in it."""

from dataclasses import replace

import altair as alt
import numpy as np
import pytest

from attnviz import charts, colours
from attnviz.classifier import Classifier
from attnviz.panels import panels, pick_units
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


# The token table.


def test_the_table_draws_every_panel_with_its_numbers(trace):
    drawn = charts.token_table(trace, units=5).to_dict()
    wanted = [pick_units(panel, "variance", 5) for panel in panels(trace)]
    assert len(drawn["hconcat"]) == len(wanted) == 11
    for chart, panel in zip(drawn["hconcat"], wanted, strict=True):
        rows, (steps, units) = rows_of(chart, drawn), panel.values.shape
        assert len(rows) == steps * units, panel.key
        table = {(row["row"], row["unit"]): row["value"] for row in rows}
        assert len(table) == steps * units, panel.key
        for (name, unit), value in table.items():
            step, column = int(name.partition(":")[0]), panel.columns.index(unit)
            assert value == panel.values[step, column], panel.key


def test_the_table_keeps_the_order_of_tokens_and_units(trace):
    drawn = charts.token_table(trace, units=5).to_dict()
    wanted = [pick_units(panel, "variance", 5) for panel in panels(trace)]
    for chart, panel in zip(drawn["hconcat"], wanted, strict=True):
        assert chart["encoding"]["x"]["sort"] == list(panel.columns)
        assert chart["encoding"]["y"]["sort"] == {"field": "place", "op": "min"}


@pytest.mark.parametrize(("words", "panels_drawn"), [(64, 2), (65, 0)])
def test_self_attention_of_a_long_text_is_drawn_only_when_chosen(
    build_network, tokenizer, words, panels_drawn
):
    reader = Classifier(build_network(**NETWORKS["self-attention"]), tokenizer)
    trace = reader.trace("good " * words)
    assert len(trace.tokens) == words
    drawn = charts.token_table(trace, units=1).to_dict()
    titles = [chart["title"]["text"] for chart in drawn["hconcat"]]
    assert sum(title.startswith("Self-attention") for title in titles) == panels_drawn


def test_chosen_panels_are_drawn_as_they_are(trace):
    panel = replace(panels(trace)[5], low=-3.0, high=5.0)
    drawn = charts.token_table(trace, chosen=[panel]).to_dict()
    (chart,) = drawn["hconcat"]
    assert domain_of(chart) == [-3, 5]
    assert len(rows_of(chart, drawn)) == panel.values.size
    assert chart["title"]["text"] == "Input gate"


def test_signed_panels_are_centred_at_0_with_a_palette_of_their_own(trace):
    drawn = charts.token_table(trace, chosen=panels(trace)).to_dict()
    for chart, panel in zip(drawn["hconcat"], panels(trace), strict=True):
        middle = [0] if panel.signed else []
        assert domain_of(chart) == [panel.low, *middle, panel.high], panel.key
        scheme = chart["encoding"]["color"]["scale"]["scheme"]
        assert scheme == ("blueorange" if panel.signed else "cividis")


def test_only_the_first_panel_names_the_tokens(trace):
    drawn = charts.token_table(trace, units=2).to_dict()
    axes = [chart["encoding"]["y"]["axis"] for chart in drawn["hconcat"]]
    assert axes[0] is not None
    assert axes[1:] == [None] * 10


def test_titles_are_translated_before_their_details_are_set(trace):
    found = {"Feature maps, kernel size {detail}": "特征图，卷积核 {detail}", "Attention": "注意力"}
    drawn = charts.token_table(trace, translate=lambda text: found.get(text, text)).to_dict()
    titles = [chart["title"]["text"] for chart in drawn["hconcat"]]
    assert titles[:2] == ["Votes", "注意力"]
    assert titles[2:5] == ["特征图，卷积核 1", "特征图，卷积核 3", "特征图，卷积核 5"]


def test_more_than_5000_cells_are_drawn(classifier):
    trace = classifier.trace("good bad film " * 40)
    panel = {panel.key: panel for panel in panels(trace)}["feature_maps/3"]
    chosen = replace(
        panel,
        values=np.tile(panel.values, 5),
        columns=tuple(str(number) for number in range(65)),
    )
    drawn = charts.token_table(trace, chosen=[chosen]).to_dict()
    assert len(rows_of(drawn["hconcat"][0], drawn)) == 101 * 65 > 5000


def test_the_settings_of_altair_are_left_alone(trace):
    before = alt.data_transformers.active, dict(alt.data_transformers.options)
    charts.token_table(trace).to_dict()
    assert (alt.data_transformers.active, dict(alt.data_transformers.options)) == before


# Files.


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<svg"), ("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-")]
)
def test_a_figure_starts_as_files_of_its_kind_do(trace, kind, start):
    for chart in (charts.token_table(trace, units=2), charts.attention(trace)):
        assert charts.render(chart, kind).startswith(start)


def test_an_svg_names_every_token_as_text(classifier):
    trace = classifier.trace("wonderful <b>&amp; film")
    drawn = charts.render(charts.token_table(trace, units=2), "svg").decode()
    assert "<b>" not in drawn
    assert ">film</text>" in drawn
    assert ">&lt;</text>" in drawn
    assert ">&amp;</text>" in drawn


def test_a_png_has_two_pixels_a_point(trace):
    chart = charts.token_table(trace, units=2)
    svg, png = charts.render(chart, "svg").decode(), charts.render(chart, "png")
    width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
    wanted = [float(svg.split(f'{side}="')[1].split('"')[0]) for side in ("width", "height")]
    assert width == pytest.approx(2 * wanted[0], abs=2)
    assert height == pytest.approx(2 * wanted[1], abs=2)
