"""Scores of predictions, against counts by hand."""

from math import sqrt

import pytest

from attnviz.data import Table
from attnviz.evaluation import predictions_csv, score

TRUTH = ["a", "a", "a", "b", "b", "c", "a"]
FOUND = ["a", "a", "b", "b", "a", "", "a"]


def test_accuracy_is_the_share_of_texts_whose_label_was_found():
    found = score(TRUTH, FOUND, ["a", "b"])
    assert found["texts"] == 7
    assert found["accuracy"] == pytest.approx(4 / 7)


def test_the_confusion_counts_every_text_once():
    found = score(TRUTH, FOUND, ["a", "b", "d"])
    assert found["confusion"] == {
        "a": {"a": 3, "b": 1},
        "b": {"a": 1, "b": 1},
        "c": {"": 1},
        "d": {},
    }


def test_a_text_without_a_prediction_is_a_mistake_whatever_its_label():
    assert score(["a", ""], ["", ""], ["a"])["accuracy"] == 0


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (4, 7, 0.2505, 0.8418),
        (81, 100, 0.7222, 0.8749),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_the_interval_is_wilsons(right, total, low, high):
    """By its definition: both ends p solve (p − share)² = z² p (1 − p) / n."""
    truth, found = ["a"] * total, ["a"] * right + ["b"] * (total - right)
    ends = score(truth, found, ["a", "b"])["interval"]
    assert ends == pytest.approx([low, high], abs=1e-4)
    for end in ends:
        distance = abs(end - right / total)
        assert distance == pytest.approx(1.96 * sqrt(max(end * (1 - end), 0) / total), abs=1e-9)


def test_lists_of_different_lengths_are_an_error():
    with pytest.raises(ValueError, match="zip"):
        score(["a", "b"], ["a"], ["a"])


def test_predictions_are_a_table_that_no_spreadsheet_runs():
    table = Table(("text", "=note"), (("fine", "=1+1"), ("", "-2")), (2, 5), "utf-8")
    data = predictions_csv(table, ("bad", "good"), [[0.25, 0.75], [float("nan")] * 2])
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").splitlines() == [
        "line,prediction,bad,good,text,'=note",
        "2,good,0.250000,0.750000,fine,'=1+1",
        "5,,,,,'-2",
    ]
