"""Several columns that make one text, and columns by the thousand."""

import pytest

from attnviz.data import Table, collect, open_rows, peek
from attnviz.data.joining import joined
from attnviz.data.narrowing import narrowed
from tests.tables import chosen

ROWS = [
    "A fine film,We laughed,1",
    "A bad film,We slept,0",
    ",Only the body,1",
    "Only the title,,0",
]


def read(header: str, rows=ROWS, text_column: str | None = None) -> Table:
    data = "\n".join([header, *rows]).encode()
    return collect(joined(open_rows(data, "a.csv"), text_column))


def told(table: Table) -> list[str]:
    return [str(notice) for notice in table.notices]


@pytest.mark.parametrize(
    "header",
    [
        *("Title,Description,label", "headline,body,label", "summary,Text,label"),
        *("subject,content,label", "标题,内容,标签", "premise,hypothesis,label"),
        "question,answer,label",
    ],
)
def test_columns_that_belong_together_make_one_text_and_it_is_said(header):
    table = read(header)
    first, second, _ = header.split(",")
    name = f"{first}+{second}"
    assert table.columns == (*header.split(","), name)
    assert table.column(name) == [
        "A fine film\nWe laughed",
        "A bad film\nWe slept",
        "Only the body",
        "Only the title",
    ]
    assert chosen(table).text == name
    assert told(table) == [
        f"Each text is made of the columns “{first}”, “{second}”. If one of them alone is the "
        "text, choose it (--text-column)."
    ]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("name,text,label", ROWS),
        ("title,label,source", ROWS),
        ("title,text,label", [f"The Matrix,A review of it {i},{i % 2}" for i in range(9)]),
        ("title,text,label", [f"http://a.b/{i},A review {i},{i % 2}" for i in range(9)]),
        ("title,text,label", [f"{i},A review {i},{i % 2}" for i in range(9)]),
        ("title,text,title+text", [f"One {i},Two {i},One {i} Two {i}" for i in range(9)]),
    ],
)
def test_a_name_a_film_an_address_or_a_number_is_no_title_of_a_text(header, rows):
    assert read(header, rows).columns == tuple(header.split(","))


def test_any_columns_can_be_joined_by_name():
    table = read("a,b,c", text_column="b + a+c")
    assert table.columns == ("a", "b", "c", "b+a+c")
    assert table.rows[0][-1] == "We laughed\nA fine film\n1"
    assert told(table) == []


def test_one_column_by_name_is_that_column_also_where_two_belong_together():
    assert read("title,text,label", text_column="text").columns == ("title", "text", "label")
    assert read("a+b,a,b", text_column="a+b").columns == ("a+b", "a", "b")


def test_of_thousands_of_columns_those_of_words_and_those_asked_for_are_kept():
    names = ["text", *(f"w{i}" for i in range(3_000)), "Prediction"]
    rows = [",".join([f"A review {i}", *["0"] * 3_000, str(i % 2)]) for i in range(3)]
    stream = open_rows("\n".join([",".join(names), *rows]).encode(), "emails.csv")
    table = collect(narrowed(stream, ("w2000", None)))
    assert len(table.columns) == 1_000
    assert table.columns[:3] == ("text", "w0", "w1")
    assert table.columns[-1] == "Prediction"
    assert "w2000" in table.columns
    assert table.rows[1][0] == "A review 1"
    assert told(table)[0].startswith("Columns left out: 2,002 (“w")
    assert peek(narrowed(stream)).rows == 3


def test_a_look_at_many_columns_takes_fewer_rows():
    rows = "\n".join(["a," * 4_999 + "b"] + ["1," * 4_999 + "2"] * 999).encode()
    assert peek(open_rows(rows, "a.csv")).rows == 400  # 2,000,000 cells
