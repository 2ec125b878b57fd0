"""Scores of predictions, against counts by hand."""

from math import exp, log, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.data import Table
from attnviz.errors import FileError
from attnviz.evaluation import (
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
    empty_texts,
    expected_calibration_error,
    fit_temperature,
    labelled,
    score,
)

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


Z = 1.959963984540054  # standard deviations on each side of 95 % of a normal distribution


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
        assert distance == pytest.approx(Z * sqrt(max(end * (1 - end), 0) / total), abs=1e-9)


def test_lists_of_different_lengths_are_an_error():
    with pytest.raises(ValueError, match="zip"):
        score(["a", "b"], ["a"], ["a"])


# Calibration


def sure(*tops: float) -> list[list[float]]:
    """Probabilities of two labels; the first has the given one."""
    return [[top, 1 - top] for top in tops]


def test_the_calibration_error_is_the_weighted_gap_of_each_bin():
    """(0.6, 0.8]: 0.65 and 0.75 sure, 1 of 2 right; (0.8, 1]: 0.9 sure three times, all right."""
    found = expected_calibration_error(sure(0.65, 0.75, 0.9, 0.9, 0.9), [0, 1, 0, 0, 0], bins=5)
    assert found == pytest.approx(2 / 5 * abs(0.5 - 0.7) + 3 / 5 * abs(1 - 0.9))


def test_a_bin_holds_its_upper_edge_and_not_its_lower():
    """0.7 is in (0.6, 0.7], alone: two gaps of 0.3 and 0.75 add up instead of cancelling out."""
    found = expected_calibration_error(sure(0.7, 0.75), [0, 1], bins=10)
    assert found == pytest.approx((0.3 + 0.75) / 2)
    assert expected_calibration_error(sure(0.75, 0.8), [0, 1], bins=10) == pytest.approx(
        abs(0.25 - 0.8) / 2
    )


def test_one_bin_compares_the_accuracy_with_the_mean_confidence():
    found = expected_calibration_error(sure(0.6, 0.7, 0.8), [0, 0, 1], bins=1)
    assert found == pytest.approx(0.7 - 2 / 3)


def test_certainty_is_perfect_when_right_and_worst_when_wrong():
    assert expected_calibration_error(sure(1, 1, 1), [0, 0, 0]) == 0
    assert expected_calibration_error(sure(1, 1, 1), [1, 1, 1]) == 1
    assert expected_calibration_error(np.float32([[1.0000001, 0]]), [0]) == pytest.approx(
        0, abs=1e-6
    )


def test_texts_without_a_prediction_are_left_out_and_unknown_labels_are_mistakes():
    assert expected_calibration_error([*sure(0.9), [nan, nan]], [0, 0]) == pytest.approx(0.1)
    assert expected_calibration_error(sure(0.9), [-1]) == pytest.approx(0.9)
    assert np.isnan(expected_calibration_error([[nan, nan]], [0]))
    assert np.isnan(expected_calibration_error(np.empty((0, 2)), []))


@given(st.integers(1, 17), st.integers(1, 97), st.integers(2, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_the_calibration_error_equals_a_walk_over_the_bins(bins, texts, labels, seed):
    rng = np.random.default_rng(seed)
    shares, truth = rng.dirichlet([0.5] * labels, texts), rng.integers(0, labels, texts)
    walked = 0.0
    for m in range(bins):
        inside = [i for i in range(texts) if m / bins < max(shares[i]) <= (m + 1) / bins]
        if inside:
            right = sum(shares[i].argmax() == truth[i] for i in inside) / len(inside)
            mean = sum(max(shares[i]) for i in inside) / len(inside)
            walked += len(inside) / texts * abs(right - mean)
    found = expected_calibration_error(shares, truth, bins)
    assert found == pytest.approx(walked, abs=1e-12)
    assert 0 <= found <= 1


def mean_loss(logits: np.ndarray, truth: np.ndarray, temperature: float) -> float:
    scaled = logits / temperature
    return np.mean(np.logaddexp.reduce(scaled, axis=1) - scaled[np.arange(len(truth)), truth])


def test_three_right_of_four_equally_sure_texts_make_three_quarters():
    """σ(2 / T) = 3/4 when T = 2 / log 3."""
    assert fit_temperature([[2, 0]] * 4, [0, 0, 0, 1]) == pytest.approx(2 / log(3))
    assert fit_temperature([[5, 0, 0]] * 4, [0, 0, 0, 1]) == pytest.approx(5 / log(6))


def test_the_temperature_scales_with_the_logits():
    rng = np.random.default_rng(3)
    logits, truth = rng.normal(size=(101, 3)), rng.integers(0, 3, 101)
    logits[np.arange(101), truth] += 0.7
    once = fit_temperature(logits, truth)
    assert fit_temperature(2 * logits + 11, truth) == pytest.approx(2 * once)


@given(st.integers(2, 61), st.integers(2, 5), st.floats(0.05, 9), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_no_temperature_of_a_fine_grid_is_better(texts, labels, size, seed):
    rng = np.random.default_rng(seed)
    logits, truth = size * rng.normal(size=(texts, labels)), rng.integers(0, labels, texts)
    found = fit_temperature(logits, truth)
    assert MIN_TEMPERATURE <= found <= MAX_TEMPERATURE
    grid = np.geomspace(MIN_TEMPERATURE, MAX_TEMPERATURE, 997)
    assert (
        mean_loss(logits, truth, found)
        <= min(mean_loss(logits, truth, temperature) for temperature in grid) + 1e-9
    )


def test_a_calibrated_model_keeps_its_temperature():
    rng = np.random.default_rng(5)
    logits = 2 * rng.normal(size=(20_011, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) < rng.random((20_011, 1))).sum(axis=1)
    assert fit_temperature(logits, truth) == pytest.approx(1, abs=0.03)
    assert fit_temperature(logits * 3, truth) == pytest.approx(3, abs=0.09)


@pytest.mark.parametrize("size", [1e-3, 1, 1e3, 1e6, 1e300])
def test_all_right_or_all_wrong_ends_at_a_bound(size):
    logits = [[size, 0, -size], [2 * size, 0, size]]
    assert fit_temperature(logits, [0, 0]) == MIN_TEMPERATURE
    assert fit_temperature(logits, [2, 1]) == MAX_TEMPERATURE


def test_what_no_temperature_changes_keeps_one():
    assert fit_temperature([[3, 3], [0, 0]], [0, 1]) == 1
    assert fit_temperature(np.empty((0, 2)), []) == 1
    assert fit_temperature([[nan, nan], [9, 0]], [0, -1]) == 1


def test_unusable_rows_change_no_temperature():
    rows = [[2, 0]] * 4
    found = fit_temperature([*rows, [nan, 0], [99, 0], [99, 0]], [0, 0, 0, 1, 0, -1, 2])
    assert found == fit_temperature(rows, [0, 0, 0, 1])


def test_scaling_by_the_fitted_temperature_lowers_the_calibration_error():
    rng = np.random.default_rng(7)
    logits = rng.normal(size=(5_003, 2))
    truth = (rng.random(5_003) < 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))).astype(int)

    def error(scores):
        return expected_calibration_error(
            [[1 / (1 + exp(b - a)), 1 / (1 + exp(a - b))] for a, b in scores], truth
        )

    overconfident = 4 * logits
    assert error(overconfident) > 0.15
    assert error(overconfident / fit_temperature(overconfident, truth)) < 0.03


# What a data set should not hold


def test_empty_texts_are_counted_once():
    assert empty_texts(["", " \t\u3000\n", "a", "\u00a0"]) == 3


def test_texts_without_a_label_are_left_out_and_told():
    rows = (("good", " 1"), ("unrated", ""), ("", "0"), ("none", "  "))
    table = Table(("text", "label"), rows, (2, 3, 5, 7), "utf-8")
    found, notices = labelled(table, "dev", "text", "label")
    assert (found.name, found.texts, found.labels) == ("dev", ["good", ""], ["1", "0"])
    told = "Rows without a label left out: 2 (the first is line 3)."
    assert [str(notice) for notice in notices] == [told]
    whole = Table(("text", "label"), rows[:1], (2,), "utf-8")
    assert labelled(whole, "dev", "text", "label")[1] == []


def test_rows_whose_text_is_only_marked_as_missing_are_left_out_and_told():
    rows = (("good", "1"), ("[removed]", "0"), ("null", ""), ("bad", "0"))
    table = Table(("text", "label"), rows, (2, 3, 4, 5), "utf-8")
    found, notices = labelled(table, "a.csv", "text", "label")
    assert (found.texts, found.labels) == (["good", "bad"], ["1", "0"])
    assert [str(notice) for notice in notices] == [
        "Rows without a label left out: 1 (the first is line 4).",
        "Rows whose text only marks a missing one, so that it is not read: “[removed]” (1).",
    ]


def test_a_column_without_any_label_is_refused():
    table = Table(("text", "label"), (("good", ""), ("bad", " ")), (2, 3), "utf-8")
    with pytest.raises(FileError) as caught:
        labelled(table, "dev", "text", "label")
    assert str(caught.value) == (
        "dev: no row has a label in the column “label”. Choose another column."
    )
    with pytest.raises(FileError, match="There is no column “gold”"):
        labelled(table, "dev", "text", "gold")


def test_marks_of_missing_labels_are_left_out_and_labels_spelled_apart_are_said():
    labels = ["good", "Good.", "\\N", "NULL", "unknown", "bad", "?", "?", "None", "N/A", "NaN"]
    rows = tuple((f"text {n}", label) for n, label in enumerate(labels))
    table = Table(("text", "label"), rows, tuple(range(len(rows))), "utf-8")
    file, notices = labelled(table, "a", "text", "label")
    assert file.labels == ["good", "Good.", "bad"]
    said = [str(notice) for notice in notices]
    assert "“\\N” (1), “NULL” (1), “unknown” (1), “?” (2), “None” (1)" in said[0]
    assert "“good”, “Good.”" in said[1]
