"""The overview's drawings: every number drawn is one of the record."""

import json

import numpy as np
import pytest

from attnviz import charts
from attnviz.charts import curves
from attnviz.charts import overview as drawing
from attnviz.colours import ink
from attnviz.evaluation import wilson
from attnviz.evidence.overview import Calibration, Curve, Groups, Overview


def counts(right, texts):
    right, texts = np.array(right), np.array(texts)
    return {
        "texts": texts,
        "right": right,
        "interval": np.array([wilson(*pair) for pair in zip(right, texts, strict=True)]),
    }


def calibration(error):
    confidence = np.array([np.nan, 0.5, 0.9])
    return Calibration(confidence=confidence, error=error, **counts([0, 3, 29], [0, 7, 31]))


def groups(kind="tokens", title="tokens", values=()):
    low, high = np.array([1.0, 6.0, 13.0]), np.array([5.0, 12.0, 13.0])
    return Groups(kind, title, values, low, high, **counts([3, 11, 2], [7, 13, 2]))


def overview(classes=5, temperature=1.3, **changes):
    generator = np.random.default_rng(classes)
    confusion = np.diag(generator.integers(11, 17, classes))
    confusion[generator.integers(0, classes, 7), generator.integers(0, classes, 7)] += 2
    labels = tuple(f"<b>{number}</b>" for number in range(classes))
    rates = np.linspace(0, 1, 5)
    histogram = {"right": [0, 3, 11], "wrong": [5, 2, 0], "unlabelled": [0, 0, 0]}
    return Overview(
        **{
            "labels": labels,
            "rows": 100,
            "scored": 100,
            "unread": 0,
            "cut": 0,
            "copies": 0,
            "labelled": int(confusion.sum()),
            "unknown": 0,
            "interval": np.array([0.8, 0.9]),
            "confusion": confusion,
            "blank": np.zeros(classes, int),
            "predicted": confusion.sum(axis=0),
            "order": generator.permutation(classes),
            "histogram": {name: np.array(part) for name, part in histogram.items()},
            "temperature": temperature,
            "calibration": calibration(0.1),
            "untempered": calibration(0.2),
            "auc": np.full(classes, 0.9),
            "average_precision": np.full(classes, 0.8),
            "curves": tuple(
                Curve(label, rates, rates**0.5, rates[::-1], 1 - rates[::-1] / 2)
                for label in labels[:3]
            ),
            "sampled": 38,
            "groups": (groups(),),
        }
        | changes
    )


def quote(text):
    return f"«{text}»"


def drawings(record):
    return {
        "confusion": drawing.confusion(record, translate=quote),
        "accuracy": drawing.accuracy(record.groups[0], record.accuracy, translate=quote),
        "outcomes": drawing.outcomes(record, translate=quote),
        "predictions": drawing.predictions(record, translate=quote),
        "reliability": curves.reliability(record, translate=quote),
        "roc": curves.curves(record, "roc", translate=quote),
        "precision_recall": curves.curves(record, "precision_recall", translate=quote),
    }


@pytest.mark.parametrize("name", drawings(overview()))
def test_everything_is_drawn_in_the_users_language(name):
    chart = drawings(overview())[name]
    titles = json.dumps(chart.to_dict(), ensure_ascii=False).split('"title": "')[1:]
    assert titles
    assert all(title.startswith("«") for title in titles)
    assert charts.render(chart.properties(width=300), "svg").startswith(b"<svg")


@pytest.mark.parametrize("classes", [2, 5, 151])
def test_every_text_is_in_its_cell_of_the_matrix(classes):
    record = overview(classes)
    chosen = record.order.tolist()
    rows = drawing.confusion_rows(record, chosen)
    drawn = np.zeros_like(record.confusion)
    for row in rows:
        drawn[row["truth"], row["prediction"]] = row["texts"]
        assert row["row"] == record.labels[row["truth"]]
        assert row["column"] == record.labels[row["prediction"]]
        assert row["right"] == (row["truth"] == row["prediction"])
        assert row["share"] == row["texts"] / record.support[row["truth"]]
    assert (drawn == record.confusion).all()


def test_a_part_of_the_matrix_holds_its_classes_in_their_order():
    record = overview(151)
    chosen = record.confusable(20)
    assert len(chosen) == 20
    spec = drawing.confusion(record, chosen).to_dict()
    cells = spec["layer"][0]["encoding"]
    for axis in (cells["x"], cells["y"]):
        assert axis["scale"]["domain"] == [record.labels[number] for number in chosen]
        assert axis["axis"]["labels"]
    known = {row["truth"] for row in drawing.confusion_rows(record, chosen)}
    assert known == set(chosen)


@pytest.mark.parametrize(("classes", "named", "numbered"), [(3, 1, 1), (30, 1, 0), (151, 0, 0)])
def test_names_and_numbers_stand_where_there_is_room(classes, named, numbered):
    spec = drawing.confusion(overview(classes)).to_dict()
    assert spec["layer"][0]["encoding"]["x"]["axis"]["labels"] == bool(named)
    assert len(spec["layer"]) == 1 + numbered
    assert spec["height"]["step"] * classes <= 640


def test_mistakes_have_the_colour_of_letters_and_right_texts_are_pale_and_grey():
    cells, numbers = drawing.confusion(overview()).to_dict()["layer"]
    color, opacity = cells["encoding"]["color"], cells["encoding"]["opacity"]
    assert color["scale"] == {"domain": [True, False], "range": [ink("right"), ink("wrong")]}
    assert opacity["condition"] == {"test": "datum.right", "value": drawing.PALE}
    assert opacity["field"] == "share"
    letters = numbers["encoding"]["color"]
    assert letters["condition"]["test"] == "!datum.right && datum.share > 0.28"
    assert (letters["condition"]["value"], letters["value"]) == (ink("page"), ink("ink"))
    bars = drawing.outcomes(overview()).to_dict()["encoding"]["color"]["scale"]
    assert dict(zip(bars["domain"], bars["range"], strict=True)) == {
        name: ink(name) for name in bars["domain"]
    }


def test_a_click_selects_the_numbers_of_both_classes():
    (selection,) = drawing.confusion(overview()).to_dict()["params"]
    assert selection["name"] == drawing.CELL
    assert selection["select"]["fields"] == ["truth", "prediction"]
    (selection,) = drawing.accuracy(groups(), 0.5).to_dict()["params"]
    assert selection["name"] == drawing.CLICKED
    assert selection["select"]["fields"] == ["place"]


def test_reliability_draws_the_bins_that_hold_texts():
    rows = curves.reliability_rows(overview())
    assert {row["series"] for row in rows} == {"without temperature", "with its temperature"}
    found = [row for row in rows if row["series"] == "with its temperature"]
    assert [(row["confidence"], row["accuracy"]) for row in found] == [(0.5, 3 / 7), (0.9, 29 / 31)]
    assert [(row["low"], row["high"]) for row in found] == [wilson(3, 7), wilson(29, 31)]


def test_without_a_temperature_there_is_one_line():
    rows = curves.reliability_rows(overview(temperature=1.0))
    assert {row["series"] for row in rows} == {"with its temperature"}


@pytest.mark.parametrize("kind", curves.CURVES)
def test_curves_pass_through_the_points_of_the_record(kind):
    record = overview()
    names = {label: quote(label) for label in record.labels}
    rows = curves.curve_rows(record, kind, names)
    (x, _), (y, _) = curves.CURVES[kind]
    for curve in record.curves:
        found = [(row["x"], row["y"]) for row in rows if row["class"] == names[curve.label]]
        assert found == [*zip(getattr(curve, x), getattr(curve, y), strict=True)]


def test_accuracy_of_every_group_stands_in_its_row():
    rows = drawing.accuracy_rows(groups())
    assert [row["group"] for row in rows] == ["1–5", "6–12", "13"]
    assert [row["accuracy"] for row in rows] == [3 / 7, 11 / 13, 1]
    assert (rows[0]["low"], rows[0]["high"]) == wilson(3, 7)
    assert [row["texts"] for row in rows] == [7, 13, 2]


def test_values_of_a_column_stay_apart_when_they_are_cut():
    values = ("x" * 40, "x" * 50, "")
    names = drawing.group_names(groups("column", "source", values))
    cut = "x" * 30 + "…"
    assert names == [f"{cut} (1)", f"{cut} (2)", "(empty)"]


def test_the_histogram_counts_texts_with_mistakes_at_the_foot():
    rows = drawing.outcome_rows(overview())
    found = {(row["outcome"], row["start"]): (row["texts"], row["share"]) for row in rows}
    assert found == {
        ("right", 1 / 3): (3, 3 / 14),
        ("right", 2 / 3): (11, 11 / 14),
        ("wrong", 0): (5, 5 / 7),
        ("wrong", 1 / 3): (2, 2 / 7),
    }
    levels = {row["outcome"]: row["level"] for row in rows}
    assert levels["wrong"] < levels["right"]
    y = drawing.outcomes(overview()).to_dict()["encoding"]["y"]
    assert (y["field"], y["stack"]) == ("texts", "zero")


def test_two_unlabelled_texts_are_two_texts_high():
    few = {"right": [0, 30], "wrong": [4, 0], "unlabelled": [1, 1]}
    record = overview(histogram={name: np.array(part) for name, part in few.items()})
    rows = [r for r in drawing.outcome_rows(record) if r["outcome"] == "without label"]
    assert [row["texts"] for row in rows] == [1, 1]


def test_predictions_stand_by_their_number():
    record = overview(31)
    rows = drawing.prediction_rows(record)
    assert [row["texts"] for row in rows] == sorted(record.predicted.tolist(), reverse=True)
    for row in rows:
        assert record.predicted[record.labels.index(row["class"])] == row["texts"]
    assert drawing.predictions(record).data.values == rows[: drawing.DRAWN_CLASSES]
