"""The map as a chart: a dot for each text, its colour, its shape, the rectangle."""

import numpy as np
import pytest

from attnviz.charts.similar import BRUSHED, COLOURED, map_chart, map_rows
from attnviz.charts.tokens import GREY
from attnviz.colours import CLASSES, hue, ink
from attnviz.evidence.similar import Map2D

COUNT = 29


def texts_of(classes):
    """Every third text has no label; the label is the prediction in every second."""
    texts = []
    for number in range(COUNT):
        predicted = f"class {number % classes:02}"
        truth = None if number % 3 == 0 else predicted if number % 2 else "class 00"
        outcome = None if truth is None else "right" if truth == predicted else "wrong"
        known = {"truth": truth, "predicted": predicted, "outcome": outcome}
        texts.append({"line": number + 2, "text": f"text {number}"} | known)
    return texts


@pytest.fixture
def found():
    points = np.random.default_rng(0).normal(size=(COUNT, 2))
    return Map2D(np.arange(COUNT) + 100, points, "t-SNE", COUNT)


def test_every_text_is_at_its_point_mistakes_on_top(found):
    texts = texts_of(5)
    rows = map_rows(found, texts, "outcome")
    assert sorted(row["row"] for row in rows) == found.rows.tolist()
    for row in rows:
        place = row["row"] - 100
        assert [row["x"], row["y"]] == found.points[place].tolist()
        assert row["text"] == f"text {place}"
        assert row["wrong"] == (texts[place]["outcome"] == "wrong")
    assert [row["wrong"] for row in rows] == sorted(row["wrong"] for row in rows)


def test_outcomes_have_their_colours(found):
    rows = map_rows(found, texts_of(5), "outcome")
    assert {row["group"]: row["color"] for row in rows} == {
        "wrong": ink("wrong"),
        "right": ink("right"),
        "no label": ink("unlabelled"),
    }


@pytest.mark.parametrize("classes", [2, len(CLASSES["light"]), 13])
def test_frequent_classes_have_colours_of_their_own(found, classes):
    texts = texts_of(classes)
    colors = {row["group"]: row["color"] for row in map_rows(found, texts, "predicted")}
    own = {group: color for group, color in colors.items() if group.startswith("class")}
    assert len(own) == min(classes, len(CLASSES["light"])) == len(set(own.values()))
    assert (colors.get("other classes") == GREY) == (classes > len(CLASSES["light"]))
    assert sorted(own) == sorted(own, key=lambda group: CLASSES["light"].index(own[group]))
    unlabelled = {row["color"] for row in map_rows(found, texts, "truth") if not row["truth"]}
    assert unlabelled == {ink("unlabelled")}


def test_a_class_has_its_hue_by_its_place_among_the_labels_of_the_model(found):
    labels = ["class 02", "class 07", "class 00", "class 01"]
    rows = map_rows(found, texts_of(3), "predicted", labels=labels)
    colours = {row["group"]: row["color"] for row in rows}
    assert colours == {"class 02": hue(0), "class 00": hue(2), "class 01": hue(3)}


def test_the_legend_and_the_colours_agree(found):
    for colour in COLOURED:
        chart = map_chart(found, texts_of(13), colour).to_dict()
        scale = chart["layer"][0]["encoding"]["color"]["scale"]
        rows = map_rows(found, texts_of(13), colour)
        known = dict(zip(scale["domain"], scale["range"], strict=True))
        assert known == {row["group"]: row["color"] for row in rows}


def test_a_rectangle_selects_and_a_ring_marks_the_open_text(found):
    chart = map_chart(found, texts_of(3), opened=107).to_dict()
    (selection,) = chart["params"]
    assert selection["name"] == BRUSHED
    assert selection["select"] == {"type": "interval", "encodings": ["x", "y"]}
    assert chart["layer"][1]["transform"] == [{"filter": "datum.row === 107"}]
    assert map_chart(found, texts_of(3)).to_dict()["layer"][1]["transform"] == [
        {"filter": "datum.row === -1"}
    ]


def test_classes_and_outcomes_are_called_what_the_page_calls_them(found):
    rows = map_rows(found, texts_of(3), "truth", translate=str.upper, name=str.title)
    assert {row["group"] for row in rows} <= {"Class 00", "Class 01", "Class 02", "NO LABEL"}
    assert {row["outcome"] for row in rows} == {"RIGHT", "WRONG", "NO LABEL"}
    assert {row["predicted"] for row in rows} == {"Class 00", "Class 01", "Class 02"}
