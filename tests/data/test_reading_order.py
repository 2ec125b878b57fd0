"""Pages of lines: columns are read one after the other, tables and lists as they are."""

import textwrap
from time import process_time

import pytest

from attnviz.data import read_table
from attnviz.data.reading_order import is_page_number, reading_order
from attnviz.errors import FileError
from tests.data.test_pdf import pdf, told

ENGLISH = [
    "The soup was warm and the staff could not have been kinder; we stayed for three hours and "
    "nobody asked us to hurry or to pay before we were ready to leave the place.",
    "A terrible, boring story with awful acting, which I would not see again if you paid me for "
    "it, and the music alone is reason enough to leave the room at once, which we did.",
    "My brother bought this lamp because of its colour, put it beside the bed in which he reads, "
    "and has not slept in the dark since; the switch broke on the first evening.",
    "We asked for a quiet room and were given one above the kitchen, where plates were dropped "
    "from six in the morning on by people who seemed to enjoy it more than we did.",
]
CHINESE = [
    "这家酒店的房间很干净服务员也很热情，我们住了三个晚上没有人来打扰，早餐的种类也很多，下次还会再来这里住。",
    "手机用了两天屏幕就坏了打电话给客服也没有人理我，后来在网上写了评论才有人回复，让我把手机寄回去检查一下。",
    "快递太慢了等了一个星期才收到包装还破了一个大洞，里面的杯子碎了两个，卖家却说这不是他们的责任让我找快递。",
]


def wrapped(texts, width):
    """Lines of paragraphs, with a blank line between."""
    parts = ([*textwrap.wrap(text, width), ""] for text in texts)
    return [line for part in parts for line in part][:-1]


def beside(*columns, width=50, shift=0):
    """Lines side by side; the second column begins `shift` lines lower."""
    columns = [[""] * (shift * number) + list(column) for number, column in enumerate(columns)]
    length = max(map(len, columns))
    rows = zip(*(column + [""] * (length - len(column)) for column in columns), strict=True)
    return ["".join(cell.ljust(width) for cell in row).rstrip() for row in rows]


def read(lines):
    """The words of each block."""
    return [" ".join(" ".join(block.lines).split()) for block in reading_order(lines).blocks]


def same(texts):
    return " ".join(texts)


def test_two_columns_are_read_one_after_the_other():
    page = beside(wrapped(ENGLISH[:2], 40), wrapped(ENGLISH[2:], 40))
    assert read(page) == [same(ENGLISH[:2]), same(ENGLISH[2:])]


def test_columns_whose_paragraphs_come_again_are_columns():
    left, right = ENGLISH[:2] * 3, ENGLISH[2:] * 3
    page = beside(wrapped(left, 40), wrapped(right, 40))
    assert read(page) == [same(left), same(right)]


def test_three_columns_are_read_from_left_to_right():
    page = beside(*(wrapped([text], 28) for text in ENGLISH[:3]), width=34)
    assert read(page) == ENGLISH[:3]


def test_four_columns_are_read_from_left_to_right():
    page = beside(*(wrapped([text], 24) for text in ENGLISH), width=30)
    assert read(page) == ENGLISH


def test_chinese_columns_are_read_one_after_the_other():
    columns = [[text[at : at + 13] for at in range(0, len(text), 13)] for text in CHINESE[:2]]
    page = [a.ljust(13, "\u3000") + "    " + b for a, b in zip(*columns, strict=True)]
    found = reading_order(page).blocks
    assert ["".join("".join(block.lines).split()) for block in found] == CHINESE[:2]


def test_columns_whose_lines_are_not_level_are_read_one_after_the_other():
    left, right = wrapped(ENGLISH[:1], 40), wrapped(ENGLISH[2:3], 40)
    page = []
    for a, b in zip(left, right, strict=True):
        page += [a, " " * 50 + b]
    assert read(page) == [ENGLISH[0], ENGLISH[2]]


def test_a_title_and_a_caption_across_part_what_is_above_from_what_is_below():
    title = " " * 20 + "What guests wrote about us between May and July"
    caption = "Figure 1. How many of them came back within a year, by the month in which they wrote"
    upper = beside(wrapped(ENGLISH[:1], 40), wrapped(ENGLISH[1:2], 40))
    lower = beside(wrapped(ENGLISH[2:3], 40), wrapped(ENGLISH[3:], 40))
    assert read([title, "", *upper, "", caption, "", *lower]) == [
        title.strip(),
        *ENGLISH[:2],
        caption,
        *ENGLISH[2:],
    ]


def test_the_short_last_line_of_a_paragraph_across_stays_with_it():
    above = textwrap.wrap("so " * 36 + "that was all", 84)
    columns = beside(wrapped(ENGLISH[:1], 40), wrapped(ENGLISH[1:2], 40))
    assert read([*above, "", *columns]) == [" ".join(above), *ENGLISH[:2]]


def test_a_column_keeps_its_paragraphs():
    page = beside(wrapped(ENGLISH[:2], 40), wrapped(ENGLISH[2:], 40), shift=1)
    left, right = (block.lines for block in reading_order(page).blocks)
    assert [line == "" for line in left].count(True) == 1
    assert [line == "" for line in right].count(True) == 1


TABLES = {
    "labels": beside([f"The guest number {n} was happy" for n in range(9)], ["positive"] * 9),
    "dates": beside(
        wrapped(ENGLISH, 40), [f"positive on 2024-0{n % 9 + 1}-11" for n in range(19)]
    ),
    "numbers": beside(["Berlin", "Paris", "Rome", "Oslo", "Bern"], ["1", "22", "333", "4", "5"]),
    "questions": beside(
        [f"What did guest {n} say of the food?" for n in range(8)],
        [f"Guest {n} said that it was good." for n in range(8)],
    ),
    "list": [
        *textwrap.wrap(ENGLISH[0], 90),
        *(line for n, t in enumerate(ENGLISH) for line in textwrap.wrap(
            t, 90, initial_indent=f"   {n + 1}.  ", subsequent_indent="       "))
    ],
    "indented": [" " * 40 + line for line in wrapped(ENGLISH, 60)],
    "one column": wrapped(ENGLISH, 90),
    "justified": [line.replace(" ", "  ") for line in wrapped(ENGLISH, 90)],
    "address": [*(" " * 60 + line for line in ("My Street 5", "A Town")), *wrapped(ENGLISH, 80)],
    "blank": ["", "   ", ""],
    "nothing": [],
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_what_is_no_column_stays_as_it_is(name):
    order = reading_order(TABLES[name])
    assert [block.lines for block in order.blocks] == [tuple(TABLES[name])]


def test_a_table_of_long_cells_is_said_to_be_unsure():
    assert reading_order(TABLES["questions"]).unsure
    assert not reading_order(TABLES["labels"]).unsure
    assert not reading_order(TABLES["one column"]).unsure


@pytest.mark.parametrize("text", ["7", "- 12 -", "xiv", "Page 3 of 11", "3/4", "第 5 页", "PAGE 2"])
def test_numbers_of_pages(text):
    assert is_page_number(text)


@pytest.mark.parametrize("text", ["1999 was good", "7 of us came", "Page turner", "12345", ""])
def test_lines_that_are_no_numbers_of_pages(text):
    assert not is_page_number(text)


def test_a_huge_page_is_not_searched():
    start = process_time()
    reading_order(["word " * 2_000] * 2_000)
    reading_order([("words and words" + " " * 10) * 16] * 490)
    assert process_time() - start < 5


# Whole files


def test_a_page_in_columns_is_said_and_its_number_stands_alone():
    page = beside(wrapped(ENGLISH[:2], 36), wrapped(ENGLISH[2:], 36), width=42)
    table = read_table(pdf([*page, "", " " * 40 + "3"]), "a.pdf")
    assert table.column("text") == [*ENGLISH, "3"]
    assert told(table) == ["Pages read column after column: 1 (the first is page 1)."]


def test_a_paragraph_goes_on_in_the_next_column_and_on_the_next_page():
    lines = wrapped(ENGLISH[:1], 36)
    more = wrapped(ENGLISH[1:2], 36)
    first = beside(
        [*wrapped(ENGLISH[2:3], 36), "", *lines[:2]], [*lines[2:], "", *more[:3]], width=42
    )
    second = beside([*more[3:], "", *wrapped(ENGLISH[3:], 36)], wrapped(ENGLISH[2:3], 36), width=42)
    table = read_table(pdf(first, second), "a.pdf")
    assert table.column("text") == [ENGLISH[2], *ENGLISH[:2], ENGLISH[3], ENGLISH[2]]
    assert table.lines == (1, 1, 1, 2, 2)


def test_a_word_that_is_cut_at_the_end_of_a_page_is_whole():
    table = read_table(pdf(["The coffee was won-"], ["derful, and so was the cake"]), "a.pdf")
    assert table.column("text") == ["The coffee was wonderful, and so was the cake"]


def test_a_file_that_names_one_page_very_often_is_refused(monkeypatch):
    monkeypatch.setattr("attnviz.data.pdf.MAX_PAGES", 3)
    with pytest.raises(FileError, match="a.pdf has more than 3 pages. Split it into smaller files"):
        read_table(pdf(*[["One."]] * 4), "a.pdf")
