"""Small pictures of samples: which channel, which frame, and where values are missing."""

import base64
from xml.etree import ElementTree

import numpy as np

from attnviz.inspection.thumbnails import POINTS, SIDE, thumbnails
from attnviz.samples import Sample
from attnviz.ui.components.inspection.pictures import svg

CHANNELS = ("I (A)", "V (V)", "T (°C)")


def series(count=7, steps=23):
    values = np.random.default_rng(0).normal(0, [1, 10, 100], (count, steps, 3))
    return [Sample(one.astype(np.float32), channels=CHANNELS) for one in values]


def test_the_channel_that_stands_out_among_the_others_is_drawn():
    samples = series()
    samples[4].values[11, 1] = 90  # 9 deviations of V, but less than one of T
    found = thumbnails(samples)[4]
    assert found["channel"] == "V (V)"
    assert len(found["line"]) == 23
    assert found["line"][11] == max(found["line"]) == 1
    assert min(found["line"]) == 0


def test_missing_values_break_the_line_and_nothing_at_all_is_no_line():
    samples = series(count=2)
    samples[0].values[5:8] = np.nan
    samples[1].values[:] = np.nan
    first, second = thumbnails(samples)
    assert [place for place, value in enumerate(first["line"]) if value is None] == [5, 6, 7]
    assert second["line"] == [None] * 23
    path = ElementTree.fromstring(svg(first))[0].get("d")
    assert path.count("M") == 2


def test_a_long_series_is_drawn_by_means():
    values = np.repeat([[0.0], [3.0]], 6_000, axis=0).astype(np.float32)
    (found,) = thumbnails([Sample(values)])
    assert found["line"] == [0.0] * (POINTS // 2) + [1.0] * (POINTS // 2)
    assert found["channel"] == ""


def test_a_constant_is_a_line_in_the_middle():
    (found,) = thumbnails([Sample(np.full((11, 1), 7, np.float32))])
    assert found["line"] == [0.5] * 11


def test_of_a_film_the_middle_frame_is_drawn_and_a_large_one_small():
    film = np.zeros((5, 7, 11, 3), np.uint8)
    film[2, 3, 4] = (30, 60, 90)
    found, large = thumbnails([Sample(film), Sample(np.full((100, 50, 1), 9, np.uint8))])
    grey = np.frombuffer(base64.b64decode(found["grey"]), np.uint8)
    assert (found["width"], found["height"]) == (11, 7)
    assert grey.reshape(7, 11)[3, 4] == 60 == grey.sum()
    assert (large["width"], large["height"]) == (SIDE, SIDE)
    assert len(ElementTree.fromstring(svg(found))) == 77


def test_together_all_are_drawn_by_the_channel_of_the_first():
    samples = series()
    samples[0].values[3, 0] = 30
    samples[4].values[11, 1] = 90
    assert {one["channel"] for one in thumbnails(samples, together=True)} == {"I (A)"}
