"""Figures: what they draw can be looked up in them, in the colours of the page, in a size."""

import re
from dataclasses import replace
from itertools import chain

import altair as alt
import numpy as np
import pytest

from attnviz import charts
from attnviz.charts.figure import broken, captioned, table, width_of
from attnviz.charts.files import SIZES, sized
from attnviz.classifier import Classifier
from attnviz.colours import ATTENTION, PAGE, RAMPS, THEMES, hue
from attnviz.panels import panels, pick_units, row_labels
from tests.networks import NETWORKS


def drawn_panels(chart: dict) -> list[dict]:
    """The charts of a table, one for each panel of cells and each column of bars, in order."""
    inside = chart.get("hconcat")
    return [chart] if inside is None else list(chain.from_iterable(map(drawn_panels, inside)))


def rows_of(chart: dict, whole: dict) -> list[dict]:
    inside = chart["layer"][0] if is_bars(chart) else chart
    data = chart.get("data") or inside.get("data") or whole["data"]
    return data["values"] if "values" in data else whole["datasets"][data["name"]]


def is_bars(chart: dict) -> bool:
    return "layer" in chart


def parts_of(panel) -> list[np.ndarray]:
    return list(panel.values.T[:, :, None]) if panel.mark == "bars" else [panel.values]


def test_the_table_draws_every_panel_with_its_numbers(trace):
    drawn = charts.token_table(trace, units=5).to_dict()
    chosen = [pick_units(panel, "variance", 5) for panel in panels(trace)]
    wanted = [(panel, part) for panel in chosen for part in parts_of(panel)]
    found = drawn_panels(drawn)
    assert len(found) == len(wanted)
    assert len(chosen) == 11
    for chart, (panel, values) in zip(found, wanted, strict=True):
        assert is_bars(chart) == (panel.mark == "bars")
        rows = rows_of(chart, drawn)
        assert len(rows) == values.size, panel.key
        for row in rows:
            step = int(row["row"].partition(":")[0])
            column = panel.columns.index(row["unit"]) if "unit" in row else 0
            assert row["value"] == values[step, column], panel.key


def test_cells_keep_the_order_of_tokens_and_units(trace):
    chosen = [panel for panel in panels(trace) if panel.mark != "bars"]
    for chart, panel in zip(
        drawn_panels(charts.token_table(trace, chosen=chosen).to_dict()), chosen, strict=True
    ):
        assert chart["encoding"]["x"]["sort"] == list(panel.columns)
        assert chart["encoding"]["y"]["sort"] == {"field": "place", "op": "min"}


@pytest.mark.parametrize("theme", THEMES)
def test_cells_have_the_ramp_of_their_panel_over_its_range(trace, theme):
    chosen = [panel for panel in panels(trace) if panel.mark != "bars"]
    drawn = drawn_panels(charts.token_table(trace, chosen=chosen, theme=theme).to_dict())
    for chart, panel in zip(drawn, chosen, strict=True):
        scale = chart["encoding"]["color"]["scale"]
        assert scale["range"] == list(RAMPS[theme][panel.ramp])
        reach = max(abs(panel.low), abs(panel.high))
        low, high = (-reach, reach) if panel.signed else (panel.low, panel.high)
        np.testing.assert_allclose(scale["domain"], np.linspace(low, high, len(scale["range"])))
        assert scale["clamp"]


@pytest.mark.parametrize("theme", THEMES)
def test_bars_have_the_hue_of_the_class_that_they_speak_for(trace, theme):
    votes, attention = (
        next(p for p in panels(trace, voted=1) if p.family == family)
        for family in ("votes", "attention")
    )
    drawn = charts.token_table(trace, chosen=[votes, attention], theme=theme).to_dict()
    of_votes, of_attention = (rows_of(chart, drawn) for chart in drawn_panels(drawn))
    ((towards, against),) = votes.classes
    assert {row["value"] >= 0 for row in of_votes} == {True, False}
    for row in of_votes:
        assert row["colour"] == hue(towards if row["value"] >= 0 else against, theme)
    assert {row["colour"] for row in of_attention} == {ATTENTION[theme]}


def test_what_is_large_has_its_number_and_the_level_of_attention_is_a_line(trace):
    votes, attention = (
        next(p for p in panels(trace, voted=1) if p.family == family)
        for family in ("votes", "attention")
    )
    votes, attention = replace(votes, named=0.05), replace(attention, named=0.2, level=0.25)
    drawn = charts.token_table(trace, chosen=[votes, attention]).to_dict()
    of_votes, of_attention = drawn_panels(drawn)
    for row in rows_of(of_votes, drawn):
        value = row["value"]
        wanted = f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.05 else ""
        assert row["said"] == wanted
    for row in rows_of(of_attention, drawn):
        assert row["said"] == (f"{row['value']:.0%}" if row["value"] >= 0.2 else "")
    lines = [part for part in of_attention["layer"] if part["mark"]["type"] == "rule"]
    assert [drawn["datasets"][part["data"]["name"]] for part in lines] == [
        [{"at": 0.0}],
        [{"at": 0.25}],
    ]


@pytest.mark.parametrize(("words", "panels_drawn"), [(64, 2), (65, 0)])
def test_self_attention_of_a_long_text_is_drawn_only_when_chosen(
    build_network, tokenizer, words, panels_drawn
):
    reader = Classifier(build_network(**NETWORKS["self-attention"]), tokenizer)
    trace = reader.trace("good " * words)
    assert len(trace.tokens) == words
    drawn = drawn_panels(charts.token_table(trace, units=1).to_dict())
    titles = [str(chart["title"]) for chart in drawn]
    assert sum("Self-attention" in title for title in titles) == panels_drawn


def test_only_the_first_panel_names_the_tokens(trace):
    drawn = drawn_panels(charts.token_table(trace, units=2).to_dict())
    axes = [
        (chart["layer"][0] if is_bars(chart) else chart)["encoding"]["y"]["axis"] for chart in drawn
    ]
    assert axes[0] is not None
    assert axes[1:] == [None] * (len(axes) - 1)


def test_titles_are_translated_before_their_details_are_set(trace):
    found = {"Feature maps, kernel size {detail}": "特征图，卷积核 {detail}", "Attention": "注意力"}
    drawn = charts.token_table(trace, translate=lambda text: found.get(text, text)).to_dict()
    said = str(drawn)
    for title in ("注意力", "特征图，卷积核 1", "特征图，卷积核 3", "特征图，卷积核 5"):
        assert title in said


def test_panels_of_one_group_stand_below_its_title(trace):
    chosen = panels(trace)
    drawn = table(row_labels(trace), chosen, groups={"detects": "Finds", "remembers": "Keeps"})
    below = {
        part["title"]["text"]: len(part["hconcat"])
        for part in drawn.to_dict()["hconcat"]
        if "hconcat" in part
    }
    groups = [panel.group for panel in chosen]
    assert below["Finds"] == groups.count("detects")
    assert below["Keeps"] == groups.count("remembers")


def test_more_than_5000_cells_are_drawn(classifier):
    trace = classifier.trace("good bad film " * 40)
    panel = {panel.key: panel for panel in panels(trace)}["feature_maps/3"]
    names = tuple(str(number) for number in range(65))
    chosen = replace(panel, values=np.tile(panel.values, 5), columns=names)
    drawn = charts.token_table(trace, chosen=[chosen]).to_dict()
    assert len(rows_of(drawn["hconcat"][0], drawn)) == 101 * 65 > 5000


def test_the_settings_of_altair_are_left_alone(trace):
    before = alt.data_transformers.active, dict(alt.data_transformers.options)
    charts.token_table(trace).to_dict()
    assert (alt.data_transformers.active, dict(alt.data_transformers.options)) == before


# Captions.


def test_a_caption_stands_below_in_lines_that_fit():
    words = "one two three four five six seven eight nine ten"
    assert broken(words, 20) == ["one two three four", "five six seven eight", "nine ten"]
    chinese = broken("我很喜欢这部电影，演员都很好。", 10)
    assert chinese == ["我很喜欢这", "部电影，演", "员都很好。"]
    assert all(len(part) <= 9 for part in broken("x" * 9, 9))


@pytest.mark.parametrize("theme", THEMES)
def test_a_chart_of_the_page_gets_a_width_a_caption_and_the_ink_of_its_theme(trace, theme):
    page = charts.attention(trace).to_dict()
    assert page["width"] == "container"
    spec = captioned(page, ["A text.", "a model: good 90.0%"], theme)
    assert (spec["width"], spec["title"]["orient"]) == (640, "bottom")
    assert spec["title"]["text"] == ["A text.", "a model: good 90.0%"]
    assert spec["config"]["background"] == PAGE[theme]["background"]
    assert "title" not in captioned(page, [], theme)
    svg = charts.render(spec, "svg").decode()
    assert ">a model: good 90.0%<" in svg
    assert PAGE[theme]["background"] in svg


def test_a_chart_with_a_title_keeps_it_above_its_caption(trace):
    page = charts.attention(trace).properties(title="Above").to_dict()
    svg = charts.render(captioned(page, ["Below"], "light"), "svg").decode()
    assert 0 < svg.index(">Above<") < svg.index(">Below<")


# Files.


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<svg"), ("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-")]
)
def test_a_figure_starts_as_files_of_its_kind_do(trace, kind, start, size):
    chosen = [pick_units(panel, "variance", 2) for panel in panels(trace)]
    drawn = table(row_labels(trace), chosen, groups={"remembers": "Remembers"}).to_dict()
    spec = captioned(drawn, ["A caption"], "dark", width_of(chosen))
    assert charts.render(spec, kind, size).startswith(start)


@pytest.mark.parametrize(
    ("size", "width", "height"),
    [("slide", 1920, 1080), ("column", 992, None), ("page", 2100, None)],
)
def test_a_size_is_kept_whatever_is_drawn(trace, size, width, height):
    """A slide has 1920 × 1080 pixels; columns of paper, 84 and 178 mm, have 300 of them an inch."""
    for chart in (charts.token_table(trace, units=2), charts.attention(trace).properties(width=90)):
        png = charts.render(chart, "png", size)
        found = [int.from_bytes(png[start : start + 4], "big") for start in (16, 20)]
        assert found[0] == pytest.approx(width, abs=1)
        assert height in (None, found[1])
    assert pytest.approx(84, abs=0.1) == 238 / 72 * 25.4
    assert pytest.approx(178, abs=0.3) == 504 / 72 * 25.4


def test_the_height_of_the_smallest_letters_is_known(trace):
    svg = charts.render(charts.token_table(trace, units=2), "svg").decode()
    width = float(re.search(r'width="([\d.]+)"', svg)[1])
    assert sized(svg, "drawn") == (svg, 11)
    assert sized(svg, "page")[1] == pytest.approx(11 * 504 / width)


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
    found = [int.from_bytes(png[start : start + 4], "big") for start in (16, 20)]
    wanted = [float(svg.split(f'{side}="')[1].split('"')[0]) for side in ("width", "height")]
    np.testing.assert_allclose(found, 2 * np.array(wanted), atol=2)


def test_a_number_beside_a_bar_is_written_as_on_the_page(trace):
    """A share as a share, a vote with its sign, any other number plainly, and what is endless so:
    its bar is as long as the longest."""
    wanted = {"gates": "50%", "attention": "50%", "detectors": "0.5", "signed": "0.5"}
    votes = next(panel for panel in panels(trace, voted=1) if panel.family == "votes")
    for ramp, said in wanted.items():
        values = np.full_like(votes.values, 0.5)
        values[0] = np.inf
        more = {"classes": (), "low": 0.0, "high": 4.0, "named": 0.1, "ramp": ramp}
        drawn = charts.token_table(trace, chosen=[replace(votes, values=values, **more)]).to_dict()
        endless, *others = rows_of(drawn_panels(drawn)[0], drawn)
        assert {row["said"] for row in others} == {said}
        assert endless["value"] == 4
        assert endless["said"].rstrip("%") == "∞"
