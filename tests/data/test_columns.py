"""Which columns hold texts and labels: by name, else by what stands in them."""

import pytest

from attnviz.data import Table, column_notices, read_table
from tests.tables import chosen


def table(text: str) -> Table:
    return read_table(text.encode(), "a.csv")


def rows(columns: str, *cells: str) -> Table:
    return table("\n".join([columns, *(cell.format(i) for i, cell in enumerate(cells))]))


@pytest.mark.parametrize(
    ("header", "cells", "label"),
    [
        ("a,b", ["long text {},x"] * 3 + ["long text {},y"] * 2, "b"),
        ("a,b", ["long text {},0"] * 3 + ["long text {},1"] * 2, None),  # may answer any question
        ("a,label", ["long text {},0"] * 3 + ["long text {},1"] * 2, "label"),
        ("a,b,c", ["long text {},p,s"] * 2 + ["long text {},q,s"] * 3, "b"),  # c says nothing
        ("b,id,a", ["x,{},long text"] * 3 + ["y,{},long text"] * 3, "b"),
        # Of two columns without a name that tells, none is taken: the person says which.
        ("a,b,c", ["long text {},0,1", "a,1,2", "a,2,1", "a,0,2", "a,1,2", "a,2,2"], None),
        ("a,b", ["long text {0},{0}"] * 7, None),  # numbers of the rows
        ("a,b", ["long text {},x", "long text {},y", "long text {},z"], None),  # one row each
        ("a,b", ["good,x"] * 4 + ["bad one,x"] * 5, None),  # the texts themselves are few
        ("a,b", ["long text {},"] * 3 + ["long text {},x"] * 4, None),  # one value, and gaps
        ("label,b", ["{} long text,x"] * 3 + ["{} long text,y"] * 3, "label"),  # a name comes first
    ],
)
def test_labels_are_few_short_values_of_another_column(header, cells, label):
    assert chosen(rows(header, *cells)).label == label


@pytest.mark.parametrize(
    ("header", "row", "text"),
    [
        ("a,b", "short words,https://example.com/a/very/long/path/to/a/page", "a"),
        ("a,b", "short,0123456789abcdef0123456789abcdef", "a"),
        ("a,b", "short,someone.with.a.long.name@example.com", "a"),
        ("a,b", "short,看看这个很长的句子", "b"),
        ("a", "https://example.com/", "a"),
        ("text,b", "x,a much longer sentence", "text"),
    ],
)
def test_addresses_and_numbers_of_things_are_no_texts(header, row, text):
    assert chosen(rows(header, row)).text == text


def test_a_column_of_numbers_as_text_is_told():
    found = table("text,label\n1,a\n-2.5,b\n1e3,a\n 7 %,b\n,c\n")
    assert [str(notice) for notice in column_notices(found, "text")] == [
        "The column “text” holds numbers and no words. If the texts stand in another column, "
        "choose that one."
    ]
    assert column_notices(found, "label") == []
    assert column_notices(table("text\n1/2/2024\n17,3\n"), "text")
    assert column_notices(table("text\n...\n1\n"), "text") == []
    assert column_notices(table("text\n1\ntwo\n"), "text") == []
