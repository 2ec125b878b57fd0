"""Rows at the end that sum up the others are left out and said; reviews that look alike are not."""

import json

import pytest

from attnviz.data import read_table

HEAD = "text,stars\n"
ROWS = "A fine film,5\nA dull film,1\nNot for me,2\nWell made,4\n"


def read(tmp_path, text, name="a.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    table = read_table(path)
    return [row[0] for row in table.rows], [
        str(n.values) for n in table.notices if "sum up" in n.template
    ]


@pytest.mark.parametrize(
    ("footer", "text"),
    [
        ("Average,3.4\n", "Average"),
        ("Total,40\n", "Total"),
        ("Total: 40,\n", "Total: 40"),
        ("Average rating,3.5\n", "Average rating"),
        (",40\n", "40"),
        ("平均,3.4\n", "平均"),
        ("合计：40,\n", "合计：40"),
        ("Grand total,160\n", "Grand total"),
    ],
)
def test_a_row_that_sums_up_is_left_out_and_said(tmp_path, footer, text):
    texts, said = read(tmp_path, HEAD + ROWS + footer)
    assert texts == ["A fine film", "A dull film", "Not for me", "Well made"]
    assert len(said) == 1
    assert text in said[0]
    assert "'line': 6" in said[0]


def test_several_of_them_are_counted_and_a_blank_line_may_stand_above(tmp_path):
    texts, said = read(tmp_path, HEAD + ROWS + "\nCount,4\nAverage,3.2\n,\nTotal,12\n")
    assert len(texts) == 4
    assert "'count': 3" in said[0]


@pytest.mark.parametrize(
    "row",
    [
        "Average,4\n",  # a review of one word with a rating that others have too
        "Total waste of money,1\n",
        "Total garbage,\n",
        "Mean.,1\n",
        "average,\n",
        "I counted 40 errors,1\n",
        "2012,1\n",
        "nan,\n",  # no number, whatever Python makes of it
        "1_000,\n",
        "Average movie,-1\n",  # a hidden label
        "Mean staff,1\n",
    ],
)
def test_a_text_that_only_looks_like_it_is_read(tmp_path, row):
    texts, said = read(tmp_path, HEAD + ROWS + row)
    assert len(texts) == 5
    assert said == []


def test_what_stands_in_the_middle_is_read(tmp_path):
    texts, said = read(tmp_path, HEAD + ROWS + "Average,3.4\n" + ROWS)
    assert len(texts) == 9
    assert said == []


def test_a_list_of_texts_and_numbers_that_all_differ_are_read(tmp_path):
    texts, _ = read(tmp_path, "good\nbad\nfine\n40\n", "a.txt")
    assert texts == ["good", "bad", "fine", "40"]
    numbered = "".join(f"text {n},{n * 7}\n" for n in range(30))
    texts, said = read(tmp_path, "text,id\n" + numbered + "Total,999\n")
    assert len(texts) == 31  # an identifier like any other
    assert said == []


def test_records_sum_up_nothing(tmp_path):
    """JSON Lines come from a program: their last record is a record, even “Total” and 40."""
    rows = [("A fine film", 5), ("A dull film", 1), ("Not for me", 2), ("Total", 40)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"text": t, "stars": n}) for t, n in rows), "utf-8")
    assert [row[0] for row in read_table(path).rows] == [text for text, _ in rows]


def test_a_number_below_labels_that_are_words_sums_up(tmp_path):
    rows = "A fine film,pos\nA dull film,neg\nNot for me,neg\nWell made,pos\n"
    texts, said = read(tmp_path, "text,label\n" + rows + "Total,20\n")
    assert texts == ["A fine film", "A dull film", "Not for me", "Well made"]
    assert "'line': 6" in said[0]
