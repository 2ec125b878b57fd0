"""Cells that only mark a missing text: not read, and counted by how they are written."""

import pytest

from attnviz.data.no_texts import is_no_text, no_text_notices, texts_alone


@pytest.mark.parametrize(
    "cell", ["[deleted]", " [Removed]\n", "NaN", "nan", "NULL", "N/A", "#N/A", "<NA>"]
)
def test_marks_of_missing_texts_are_no_texts(cell):
    assert is_no_text(cell)
    assert texts_alone(["good", cell, ""]) == ["good", "", ""]


@pytest.mark.parametrize(
    "cell", ["", "none", "None", "-", "无", "deleted", "not a nan", "null and void", "[deleted] ok"]
)
def test_words_that_somebody_may_write_are_texts(cell):
    assert not is_no_text(cell)
    assert texts_alone([cell]) == [cell]


def test_each_mark_is_counted_as_it_is_written():
    cells = ["NaN", "good", "[deleted]", "nan", "[deleted] ", ""]
    assert [str(notice) for notice in no_text_notices(cells)] == [
        "Rows whose text only marks a missing one, so that it is not read: “NaN” (1), “[deleted]” "
        "(2), “nan” (1)."
    ]
    assert no_text_notices(["good", ""]) == []
