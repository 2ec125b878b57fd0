"""The figure of the time table: what it draws can be looked up in it."""

import io
import urllib.request
from dataclasses import replace

import numpy as np
import pytest

from attnviz import charts
from attnviz.charts.time_figure import MOST_NAMES, flat_table, ticks
from attnviz.charts.time_tracks import LABEL, WIDE, as_png, odd_one
from attnviz.colours import ATTENTION, PAGE, RAMPS, THEMES, hue, ink
from attnviz.panels import laid_flat, panels, pick_units, row_labels

CHANNELS = ("I1 (A)", "I2 (A)", "I3 (A)", "V (V)", "noise")


@pytest.fixture
def series(trace):
    """The same passage through the network, as if a series of five channels had been read."""
    steps = len(trace.tokens)
    values = np.random.default_rng(3).normal(size=(steps, 5)).astype(np.float32)
    values[2, 3] = np.nan
    times = tuple(f"{6 + step // 6:02d}:{step % 6}0" for step in range(steps))
    return replace(
        trace, text=None, normalized=None, tokens=times, values=values, channels=CHANNELS,
        marks=((1, 4, "shade"),),
    )  # fmt: skip


def layers(chart: dict, kind: str) -> list[dict]:
    """All layers of a track with this mark."""
    return [part for part in chart["layer"] if part["mark"]["type"] == kind]


def data_of(part: dict, whole: dict) -> list[dict]:
    return whole["datasets"][part["data"]["name"]]


def tracks(chart: dict) -> list[dict]:
    return chart["vconcat"][1:]  # the first is the axis


def test_channels_are_lines_in_their_own_units_and_a_missing_value_is_none(series):
    drawn = charts.time_table(series).to_dict()
    several, single, noise = tracks(drawn)[:3]
    assert [len(layers(track, "line")) for track in (several, single, noise)] == [3, 1, 1]
    (line,) = layers(single, "line")
    rows = data_of(line, drawn)
    assert [row["at"] for row in rows] == [step + 0.5 for step in range(len(series.tokens))]
    assert rows[2]["value"] is None
    others = [row["value"] for row in rows if row["at"] != 2.5]
    assert others == np.delete(series.values[:, 3], 2).tolist()
    ends = [line["encoding"]["y"]["scale"]["domain"] for line in layers(several, "line")]
    together = series.values[:, :3]
    assert ends == [[together.min(), together.max()]] * 3


def test_all_tracks_have_one_axis(series):
    drawn = charts.time_table(series, units=5).to_dict()
    found = set()
    for track in drawn["vconcat"]:
        for part in track["layer"]:
            x = part["encoding"]["x"]
            if "scale" in x:
                found.add((tuple(x["scale"]["domain"]), tuple(x["scale"]["range"])))
        assert track["width"] == WIDE
    assert found == {((0, len(series.tokens)), (LABEL, WIDE))}


def test_panels_stand_in_the_order_of_the_page_with_all_their_numbers(series):
    drawn = charts.time_table(series, units=5).to_dict()
    chosen = laid_flat(pick_units(panel, "variance", 5) for panel in panels(series))
    assert [panel.group for panel in chosen][:2] == ["reads", "looks"]
    maps = [track for track in tracks(drawn) if layers(track, "rect")[1:]]
    cells = [panel for panel in chosen if panel.mark == "cells"]
    assert len(maps) == len(cells) == 9
    for track, panel in zip(maps, cells, strict=True):
        rows = data_of(layers(track, "rect")[-1], drawn)
        assert len(rows) == panel.values.size
        for row in rows:
            assert row["value"] == panel.values[row["at"], -row["line"]]
        scale = layers(track, "rect")[-1]["encoding"]["color"]["scale"]
        assert scale["range"] == list(RAMPS["light"][panel.ramp])
    bars = [layers(track, "bar")[0] for track in tracks(drawn) if layers(track, "bar")]
    values = [
        column for panel in chosen if panel.mark == "bars" for column in panel.values.T.tolist()
    ]
    assert [[row["value"] for row in data_of(bar, drawn)] for bar in bars] == values


@pytest.mark.parametrize("theme", THEMES)
def test_bars_and_lines_have_the_colours_of_the_theme(series, theme):
    drawn = charts.time_table(series, theme=theme).to_dict()
    attention, *votes = [layers(t, "bar")[0] for t in tracks(drawn) if layers(t, "bar")]
    assert {row["colour"] for row in data_of(attention, drawn)} == {ATTENTION[theme]}
    classes = next(panel for panel in panels(series) if panel.family == "votes").classes
    for bar, (own, _) in zip(votes, classes, strict=True):
        assert {row["colour"] for row in data_of(bar, drawn)} == {hue(own, theme)}
    lines = [part["mark"]["color"] for part in layers(tracks(drawn)[0], "line")]
    assert lines[-1] == ink("ink", theme)
    assert len(set(lines[:-1])) == 1 != len(set(lines))


def test_a_labelled_interval_is_shaded_in_every_track_and_named(series):
    drawn = charts.time_table(series).to_dict()
    said = [row["text"] for part in drawn["vconcat"][0]["layer"] for row in data_of(part, drawn)
            if "end" in row]  # fmt: skip
    assert set(said) == {f"labelled: shade, {series.tokens[1]} – {series.tokens[3]}"}
    for track in tracks(drawn):
        assert data_of(track["layer"][0], drawn) == [{"at": 1, "end": 4}]


def test_every_token_of_a_text_is_named_and_some_steps_of_a_series(trace, series):
    drawn = charts.time_table(trace, units=1).to_dict()
    names = data_of(drawn["vconcat"][0], drawn)  # of one layer alone, the axis has the data
    assert [name["text"] for name in names] == list(row_labels(trace))
    rows = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 1440, 5)]
    every, first = ticks(rows, MOST_NAMES)
    assert [rows[step] for step in range(first, len(rows), every)][:2] == ["00:00", "02:00"]
    assert ticks(["a"], MOST_NAMES) == (1, 0)
    assert ticks([str(number) for number in range(1, 101)], 7)[1] in (9, 19)  # at 10, 20 …


def test_the_odd_channel_is_the_one_off_the_others():
    values = np.zeros((7, 5))
    values[3:5, 2] = -0.5
    assert odd_one(values, [0, 1, 2, 3]) == 2
    assert odd_one(values, [1, 2]) == 1
    assert odd_one(np.full((7, 5), np.nan), [0, 1, 2]) == 0


@pytest.mark.parametrize("colours", [1, 3])
def test_a_frame_is_a_png_of_its_pixels(colours):
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, colours), dtype=np.uint8)
    with urllib.request.urlopen(as_png(pixels)) as answer:
        found = np.asarray(Image.open(io.BytesIO(answer.read())))
    assert np.array_equal(found.reshape(5, 7, colours), pixels)


def test_frames_stand_above_their_steps_and_a_picture_along_the_axis(trace):
    steps = len(trace.tokens)
    film = np.zeros((steps, 5, 7, 1), dtype=np.uint8)
    more = {"text": None, "normalized": None}
    drawn = charts.time_table(replace(trace, values=film, **more)).to_dict()
    (images,) = layers(tracks(drawn)[0], "image")
    assert [row["at"] for row in data_of(images, drawn)] == [s + 0.5 for s in range(steps)]
    rows = tuple(f"row {number + 1}" for number in range(steps))
    picture = np.zeros((steps, 7, 3), dtype=np.uint8)
    drawn = charts.time_table(replace(trace, tokens=rows, values=picture, **more)).to_dict()
    (image,) = layers(tracks(drawn)[0], "image")
    assert image["mark"]["width"] == WIDE - LABEL
    assert [row["at"] for row in data_of(image, drawn)] == [steps / 2]


def test_a_series_can_be_drawn_as_a_file_in_both_layouts(series):
    for chart in (charts.time_table(series, units=3), charts.token_table(series, units=3)):
        assert b"NaN" not in chart.to_json().encode()
        assert charts.render(chart, "svg").startswith(b"<svg")


def test_the_upright_figure_colours_channels_by_their_own_scales(series):
    drawn = charts.token_table(series, chosen=panels(series)[:1]).to_dict()
    chart = drawn["hconcat"][0]
    rows = data_of(chart if "data" in chart else drawn, drawn)
    volts = [row["value"] for row in rows if row["unit"] == "V (V)"]
    assert len(volts) == len(series.tokens) - 1
    assert (min(volts), max(volts)) == (0, 1)


def test_panels_alone_can_be_drawn_and_no_panels(series):
    chosen = panels(series)[:1]
    assert len(flat_table(series.tokens, chosen).to_dict()["vconcat"]) == 4
    assert len(flat_table(series.tokens, []).to_dict()["vconcat"]) == 1
    assert PAGE["light"]["text"] in str(flat_table(series.tokens, chosen).to_dict())
