"""Spreadsheets: each cell as a person reads it, each row under the number that Excel shows."""

import datetime as dt
import io
import re
import zipfile
from time import process_time

import openpyxl
import pytest
import xlsxwriter

from attnviz.data import Table, read_table
from attnviz.errors import FileError


def book(write) -> bytes:
    """What a spreadsheet program writes; `write` gets the workbook."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as new:
        write(new)
    return out.getvalue()


def sheet(rows: list, name: str | None = None) -> bytes:
    def write(new):
        page = new.add_worksheet(name)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)

    return book(write)


def read(data: bytes) -> Table:
    return read_table(data, "a.xlsx")


def refusal(data: bytes, name: str = "a.xlsx") -> str:
    with pytest.raises(FileError) as caught:
        read_table(data, name)
    return str(caught.value)


def told(table: Table) -> list[str]:
    return [str(notice) for notice in table.notices]


def test_rows_have_the_numbers_that_the_program_shows():
    table = read(sheet([[], ["text", "label"], ["good\nreally", 1], [], [None, ""], ["坏", 0]]))
    assert table.columns == ("text", "label")
    assert table.rows == (("good\nreally", "1"), ("坏", "0"))
    assert table.lines == (3, 6)
    assert told(table) == ["Blank lines skipped: 3 (the first is line 1)."]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, "5"),
        (5.0, "5"),
        (-0.5, "-0.5"),
        (0.1 + 0.2, "0.3"),
        ("a_x000D_b", "a\rb"),
        (12345678901234, "12345678901234"),
        (True, "true"),
        (dt.date(2024, 1, 31), "2024-01-31"),
        (dt.datetime(2024, 1, 31, 12, 5), "2024-01-31 12:05:00"),
        ("007", "007"),
        ("=1+1 is two", "=1+1 is two"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_a_value_is_read_as_a_person_would(value, shown):
    def write(new):
        page = new.add_worksheet()
        page.write_row(0, 0, ["text", "value"])
        (page.write_string if isinstance(value, str) else page.write)(1, 1, value)
        page.write(1, 0, "x")

    assert read(book(write)).rows == (("x", shown),)


def test_the_first_of_equal_sheets_is_read_and_the_others_are_told():
    def write(new):
        new.add_worksheet("empty")
        new.add_worksheet("reviews").write_column(0, 0, ["text", "good"])
        new.add_worksheet("more").write_column(0, 0, ["text", "bad"])

    table = read(book(write))
    assert table.rows == (("good",),)
    assert told(table) == [
        "Read from the sheet “reviews”. Other sheets left out: “empty”, “more” (--part chooses)."
    ]


def test_formulas_give_their_stored_result_and_those_without_one_are_told():
    new = openpyxl.Workbook()  # which stores no results
    for row in (["text", "sum"], ["a", "=1+1"], ["b", "3"], ["c", '="x"&"y"']):
        new.active.append(row)
    out = io.BytesIO()
    new.save(out)
    table = read(out.getvalue())
    assert table.rows == (("a", ""), ("b", "3"), ("c", ""))
    assert told(table) == [
        "Formulas without a stored result: 2 (the first in cell B2). Their cells are empty: open "
        "the file in a spreadsheet program and save it."
    ]

    def write(new):
        page = new.add_worksheet()
        page.write_column(0, 0, ["text", "a"])
        page.write(0, 1, "sum")
        page.write_formula(1, 1, "=1+1", None, 2)

    table = read(book(write))
    assert table.rows == (("a", "2"),)
    assert told(table) == []


def test_merged_cells_are_told():
    def write(new):
        page = new.add_worksheet()
        page.write_column(0, 0, ["text", "a", "b", "c"])
        page.write(0, 1, "label")
        page.merge_range(1, 1, 2, 1, "good")
        page.write(3, 1, "bad")

    table = read(book(write))
    assert table.rows == (("a", "good"), ("b", ""), ("c", "bad"))
    assert told(table) == ["Merged cells: 1. Only the first row of each has its value."]


@pytest.mark.parametrize("block", [7, 11, 13, 101])
def test_merged_cells_are_counted_once_wherever_a_block_ends(block, monkeypatch):
    def write(new):
        page = new.add_worksheet()
        page.write_column(0, 0, ["text", *"abcdef"])
        page.write(0, 1, "label")
        for row in (1, 3, 5):
            page.merge_range(row, 1, row + 1, 1, "good")

    monkeypatch.setattr("attnviz.data.spreadsheet.BLOCK", block)
    assert told(read(book(write))) == ["Merged cells: 3. Only the first row of each has its value."]


def test_hidden_rows_are_read_and_said():
    def write(new):
        page = new.add_worksheet()
        page.write_column(0, 0, ["text", "good", "bad", "so"])
        page.write_column(0, 1, ["label", "positive", "negative"])
        page.set_row(2, None, None, {"hidden": True})
        page.set_row(3, None, None, {"hidden": True})

    table = read(book(write))
    assert table.column("text") == ["good", "bad", "so"]
    (said,) = told(table)
    assert said.startswith("Rows that the workbook hides, by hand or by a filter, read like the")
    assert ": 2. " in said


def test_a_cell_beyond_the_header_is_named():
    assert refusal(sheet([["text", "label"], ["a", 1], ["b", 0, None, "why?"]])) == (
        "a.xlsx, row 3: a value stands in cell D3, beyond the last column of the header (columns: "
        "2). Give that column a name in the header, say which row that is (--header-row), delete "
        "the cell, or leave out such rows (--skip-bad-rows)."
    )


def test_few_cells_beyond_the_header_cost_their_rows_only():
    rows = [["text", "label"], *(["a", 1] for _ in range(19)), ["b", 0, None, "why?"]]
    table = read(sheet(rows))
    assert len(table.rows) == 19
    assert told(table) == ["Rows left out that do not fit the table: 1 (lines 21)."]
    assert len(read_table(sheet(rows[-2:]), "a.xlsx", header=0, skip_bad_rows=True).rows) == 2


def test_a_title_above_the_header_of_a_sheet_is_no_header():
    head = [["Customer feedback 2024"], [], ["nr", "Kommentar", "Note"]]
    table = read(sheet([*head, [1, "Das war gut", 5], [2, "Das war nicht gut", 1]]))
    assert table.columns == ("nr", "Kommentar", "Note")
    assert table.lines == (4, 5)
    assert told(table) == [
        "The header is in row 3. Rows left out above it: 1.",
        "Blank lines skipped: 1 (the first is line 2).",
    ]


def test_a_sheet_without_header_keeps_its_first_row_and_says_so():
    rows = [[n % 2, f"On day {n} we waited for an hour."] for n in range(11)]
    table = read(sheet(rows))
    assert table.columns == ("column 1", "column 2")
    assert len(table.rows) == 11
    assert told(table)[0].startswith("The first row was taken for data: no header.")
    assert read_table(sheet(rows), "a.xlsx", header=1).columns == ("0", rows[0][1])


def test_of_two_header_rows_the_full_one_names_the_columns():
    def write(new):
        page = new.add_worksheet()
        page.merge_range(0, 0, 0, 1, "Customer")
        page.merge_range(0, 2, 0, 3, "Feedback")
        page.write_row(1, 0, ["id", "city", "text", "label"])
        for row in range(2, 9):
            page.write_row(row, 0, [row, "Rome", f"On day {row} we waited.", row % 2])

    table = read(book(write))
    assert table.columns == ("id", "city", "text", "label")
    assert len(table.rows) == 7
    assert told(table)[0] == "The header is in row 2. Rows left out above it: 1."


def test_of_tables_one_below_the_other_the_largest_with_texts_is_read():
    small = [["city", "visits"], ["Rome", 3], ["Paris", 4], ["Oslo", 5], []]
    large = [["text", "label"], *([f"On day {n} we waited.", n % 2] for n in range(11)), []]
    rows = [*small, *large, ["Totals"], ["kind", "count"], ["good", 5], ["bad", 6]]
    table = read(sheet(rows))
    assert (table.columns, len(table.rows), table.lines[0]) == (("text", "label"), 11, 7)
    assert told(table)[0] == (
        "Tables one below the other: 3. Read: the one below row 6. --header-row for another: 1, 20."
    )
    other = read_table(sheet(rows), "a.xlsx", header=20)
    assert other.rows == (("good", "5"), ("bad", "6"))
    first = read_table(sheet(rows), "a.xlsx", header=1)
    assert first.rows == (("Rome", "3"), ("Paris", "4"), ("Oslo", "5"))


def test_a_wrong_word_about_the_sheet_s_size_is_not_believed():
    data = sheet([["text", "label"], ["a", 1], ["b", 0]])
    table = read(changed(data, "xl/worksheets/sheet1.xml", b'ref="A1:B3"', b'ref="A1"'))
    assert table.rows == (("a", "1"), ("b", "0"))


def changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            assert name != part or old in text
            target.writestr(name, text.replace(old, new) if name == part else text)
    return out.getvalue()


# Refusals


def test_a_row_that_no_program_has_is_refused():
    data = sheet([["text"], ["a"]])
    data = changed(data, "xl/worksheets/sheet1.xml", b'<row r="2"', b'<row r="99999999999"')
    assert refusal(data) == (
        "a.xlsx has a row beyond 1,048,576. Save it again in a spreadsheet program."
    )


def test_entities_that_grow_without_end_are_refused():
    laughs = b'<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet '
    data = changed(sheet([["text"], ["a"]]), "xl/worksheets/sheet1.xml", b"<worksheet ", laughs)
    assert refusal(data).startswith("a.xlsx cannot be read as a spreadsheet: ")


def test_what_is_no_spreadsheet_is_refused_with_the_remedy():
    assert refusal(b"text\0\xff\1,label\0\na\0,1\n").startswith("a.xlsx cannot be unpacked: ")
    whole = sheet([["text"], ["a"]])
    assert refusal(whole[: len(whole) // 2]).startswith("a.xlsx cannot be unpacked: ")
    other = changed(whole, "xl/workbook.xml", b"<sheets>", b"<sheet>")
    assert refusal(other).startswith("a.xlsx cannot be read as a spreadsheet: ")


def test_a_password_and_an_old_format_are_refused_with_the_remedy():
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on").startswith(
        "a.xlsx is protected by a password, or is an old .xls file."
    )
    for name, ending in (("a.xls", ".xlsx"), ("a.doc", ".docx"), ("a.7z", ".zip")):
        assert refusal(b"x", name).endswith(f"Open it and save it as {ending}.")


def test_no_rows_are_refused():
    assert refusal(sheet([])).startswith("a.xlsx is empty.")
    assert refusal(sheet([["text", "label"]])).startswith("a.xlsx has a header (“text”, “label”)")


def test_the_sheet_with_texts_and_labels_is_read_and_each_can_be_chosen():
    def write(new):
        about = new.add_worksheet("About")
        about.write_column(0, 0, ["Version", "2"])
        new.add_worksheet("Numbers").write_column(0, 0, ["label", 1, 2])
        sheet = new.add_worksheet("Reviews")
        sheet.write_row(0, 0, ["text", "label"])
        sheet.write_row(1, 0, ["I loved every minute", "positive"])

    data = book(write)
    table = read(data)
    assert table.rows == (("I loved every minute", "positive"),)
    assert told(table) == [
        "Read from the sheet “Reviews”. Other sheets left out: “About”, “Numbers” (--part chooses)."
    ]
    chosen = read_table(data, "a.xlsx", part="numbers")
    assert chosen.rows == (("1",), ("2",))
    with pytest.raises(FileError, match="no part “X”. Choose one of: “About”, “Numbers”, “Rev"):
        read_table(data, "a.xlsx", part="X")


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    "{}</sheetData></worksheet>"
)
FAR = ' r="XFD{}"'
CELL = '<c{} t="inlineStr"><is><t>x</t></is></c>'


@pytest.mark.parametrize(
    ("rows", "sheets", "reason"),
    [
        (f"<row>{CELL.format('') * 1_000_000}</row>", 1, "a row of more than 16,384 cells"),
        (
            "".join(
                f"<row>{CELL.format(f' r={chr(34)}XFD{i}{chr(34)}')}</row>" for i in range(1, 9)
            ),
            1,
            "more than 10,000 columns",
        ),
        (f"<row>{CELL.format('')}</row>", 50_000, "more than 1,000 sheets"),
    ],
)
def test_a_small_file_cannot_hold_a_core(rows, sheets, reason):
    listing = "".join(f'<sheet name="S{i}" sheetId="{i + 1}" r:id="rId1"/>' for i in range(sheets))
    data = book(lambda new: new.add_worksheet())
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            part = old.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                part = SHEET.format(rows)
            if name == "xl/workbook.xml":
                part = re.sub("<sheets>.*</sheets>", f"<sheets>{listing}</sheets>", part)
            new.writestr(name, part)
    start = process_time()
    assert reason in refusal(out.getvalue())
    assert process_time() - start < 3
