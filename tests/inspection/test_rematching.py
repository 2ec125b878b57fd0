"""Labels that would fit far better as other classes of the model are said, and nothing else is."""

import numpy as np
import pytest

from attnviz.cli import main
from attnviz.inspection.rematching import better_matching

REVIEWS = [
    ("A wonderful film with superb actors.", "A dull film with terrible actors."),
    ("I love this phone, it works perfectly.", "I hate this phone, it broke at once."),
    ("Delicious food and friendly waiters.", "Cold food and rude waiters."),
    ("Highly recommended, excellent value.", "A complete waste of money."),
    ("The best coffee that I have had in years.", "The worst coffee in town, bitter."),
]


def test_two_classes_that_are_exchanged_are_exchanged_back():
    assert better_matching(np.array([[1, 19], [20, 0]]), 40).tolist() == [1, 0]


def test_a_file_that_counts_in_another_order_gets_that_order():
    confusion = np.zeros((5, 5), int)
    confusion[range(5), [2, 0, 1, 4, 3]] = 9
    assert better_matching(confusion, 45).tolist() == [2, 0, 1, 4, 3]


@pytest.mark.parametrize(
    "confusion",
    [
        [[12, 8], [7, 13]],  # right more often than not
        [[8, 12], [11, 9]],  # wrong a little more often
        [[0, 2], [2, 0]],  # too few texts
        [[20, 0], [15, 5]],  # a model that prefers one class
        [[29, 0, 0], [41, 0, 0], [37, 0, 0]],  # one that names it always
        [[5, 0], [50, 0]],
        np.eye(150, k=1, dtype=int).tolist(),  # one text for each of many classes
    ],
)
def test_a_weak_model_is_not_taken_for_exchanged_labels(confusion):
    confusion = np.array(confusion)
    assert better_matching(confusion, confusion.sum()) is None


def evaluate(tmp_path, name, positive, negative, capsys):
    path = tmp_path / "file.csv"
    rows = [f'"{good}",{positive}\n"{bad}",{negative}\n' for good, bad in REVIEWS]
    path.write_text(f"text,{name}\n" + "".join(rows), "utf-8")
    report = tmp_path / "report.html"
    assert main(["evaluate", str(path), "--report", str(report)]) == 0
    return capsys.readouterr().err, report.read_text("utf-8")


def test_reversed_numbers_are_said_on_the_command_line_and_in_the_report(tmp_path, capsys):
    said, report = evaluate(tmp_path, "label", 1, 2, capsys)
    pairs = "1 = positive; 2 = negative"
    assert f"other classes of the model, {pairs}, then 10 of 10 would be right, not 0" in said
    assert pairs in report


def test_labels_that_fit_are_not_doubted(tmp_path, capsys):
    said, _ = evaluate(tmp_path, "label", 2, 1, capsys)
    assert "stood for other classes" not in said
