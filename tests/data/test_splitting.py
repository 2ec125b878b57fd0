"""Delimiters of several characters, quotation marks, and rows that do not fit."""

import gzip

import pytest

from attnviz.data import open_rows
from attnviz.errors import FileError
from tests.tables import (
    ALONE,
    BAD,
    ESCAPED,
    GOOD,
    LABELS,
    LEFT_OUT,
    NUMBERS,
    TEXTS,
    UNQUOTED,
    check,
    lines,
    quoted,
    read,
)

# Delimiters of several characters, quotation marks, rows that do not fit


@pytest.mark.parametrize("delimiter", [" ::: ", "||", "_!_", "<sep>", "\\t|\\t"])
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv", "a.csv.gz"])
def test_a_delimiter_of_several_characters_cuts_and_quotation_marks_still_enclose(name, delimiter):
    between = delimiter.replace("\\t", "\t")
    rows = [["text", "label"], [f'"one{between}two\n""three"""', "1"], ["four", "0"]]
    data = "\n".join(between.join(row) for row in rows).encode()
    data = gzip.compress(data) if name.endswith("gz") else data
    stream = read(data, name, delimiter=delimiter)
    assert [*stream.columns] == rows[0]
    assert stream.rows == [(2, (f'one{between}two\n"three"', "1")), (4, ("four", "0"))]


GLUE = lines(TEXTS, NUMBERS, head="sentence\tlabel", between="\t")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('"awful" is the word', "so"),
        ('" he said', 'he said "'),
        ('"', "so"),
        ('say "', '"so it was'),
    ],
)
def test_a_quotation_mark_of_a_text_joins_no_rows(first, second):
    data = GLUE.replace(GOOD, first).replace(TEXTS[5], second)
    stream = read(data, "a.tsv")
    assert [cells[0] for _, cells in stream.rows] == [first, BAD, *TEXTS[2:5], second, *TEXTS[6:]]
    assert str(stream.notices[0]).startswith(UNQUOTED) or first == 'say "'


def test_a_mark_far_down_a_file_without_quoted_cells_joins_no_rows():
    many = GLUE + lines(TEXTS, NUMBERS, between="\t") * 3_001
    data = (
        many + '" he said\t1\n' + lines(TEXTS, NUMBERS, between="\t") + 'and so "\t0\n' + "x\t1\n"
    )
    stream = read(data, "a.tsv")
    assert len(stream.rows) == data.count("\n") - 1
    assert [str(notice)[: len(ALONE)] for notice in stream.notices] == [ALONE]
    assert stream.notices[0].values == {"count": 1, "line": many.count("\n") + 1}


def test_marks_within_quoted_cells_make_no_marks_of_the_others_text():
    texts = [f'"{text}"' for text in TEXTS]
    texts[3] = '"She said "never again" and left"'
    data = lines(texts * 2, quoted(LABELS * 2), head="text,label")
    stream = check(data, ["text", "label"], (GOOD, "positive"), 34, [LEFT_OUT])
    assert stream.notices[0].values == {"count": 2, "lines": "5, 23"}
    with pytest.raises(FileError, match="line 5: a field opens .*--quoting none.*skip-bad-rows"):
        read(lines(texts[:6], quoted(LABELS[:6]), head="text,label"))


def test_cells_of_several_lines_stay_whole():
    texts = [f"{text}\nIt was, all in all, {n}.\n\nBye, bye" for n, text in enumerate(TEXTS)]
    for delimiter, ending in ((",", ".csv"), ("\t", ".tsv"), (";", ".csv")):
        data = lines(quoted(texts), LABELS, head=f"text{delimiter}label", between=delimiter)
        check(data, ["text", "label"], (texts[0], "positive"), 18, [], "a" + ending)
    data = lines(LABELS, quoted(f"{text}\nand, so" for text in TEXTS), head="label,text")
    check(data, ["label", "text"], ("positive", f"{GOOD}\nand, so"), 18)
    data = lines(quoted(texts), head="text")
    check(data, ["text"], [texts[0]], 18)


@pytest.mark.parametrize("ending", [".tsv", ".txt"])
def test_a_database_s_mark_for_no_value_is_an_empty_cell(ending):
    data = lines(map(str, range(18)), TEXTS, LABELS, between="\t", head="id\ttext\tlabel")
    data += "18\tAll in \\N of it\t\\N\n"
    table = read(data, "a" + ending)
    assert table.rows[-1][1] == ("18", "All in \\N of it", "")
    assert [str(n) for n in table.notices if "databases" in str(n)] == [
        "Cells with \\N, which databases write where there is no value, are empty. Rows: 1 (the "
        "first is line 20)."
    ]


def test_what_a_database_writes_behind_backslashes_is_what_it_stands_for():
    data = "text\tlabel\n" + r"a\nb\tc \\n" + "\tx\n" + r'"d \"e\" f"' + "\t\\N\n"
    rows = read(data, "a.tsv", quoting="backslash").rows
    assert [cells for _, cells in rows] == [("a\nb\tc \\n", "x"), ('d "e" f', "")]


def test_quotation_marks_behind_backslashes_are_understood():
    rows = ['"He said \\"fine, really\\"",1', '"plain",0', '"a\\\\b",\\N', "x,0"]
    data = "text,label\n" + "\n".join(rows) + "\n"
    stream = check(data, ["text", "label"], ('He said "fine, really"', "1"), 4, [ESCAPED])
    assert stream.rows[2][1] == ("a\\b", "")
    assert read(data, quoting="backslash").rows == stream.rows


def test_a_blank_before_a_quotation_mark_belongs_to_no_cell():
    texts = [f'"{text}, really"' for text in TEXTS]
    data = lines(LABELS, texts, head="label, text", between=", ")
    check(data, ["label", "text"], ("positive", f"{GOOD}, really"), 18)


@pytest.mark.parametrize(
    ("quoting", "row"),
    [("none", ('"a""b"', "1")), ("double", ('a"b', "1")), ("backslash", ('a"b', "1"))],
)
def test_the_user_s_word_on_quotation_marks_overrules_what_was_found(quoting, row):
    data = 'text,label\n"a""b",1\nc,0\n'
    stream = read(data, quoting=quoting)
    assert (stream.rows[0][1], stream.quoting) == (row, quoting)


def test_few_rows_that_do_not_fit_are_left_out_and_told():
    data = lines(TEXTS, LABELS, head="text,label").replace("day 1 we", "day 1, we")
    stream = check(data, ["text", "label"], (GOOD, "positive"), 17, [LEFT_OUT])
    assert stream.notices[0].values == {"count": 1, "lines": "5"}
    data = lines(TEXTS * 5, LABELS * 5, head="text,label").replace("day 1 we", "day 1, we")
    stream = read(data + "short\n")
    told = "Rows left out that do not fit the table: 6 (lines 5, 23, 41, 59, 77, …)."
    assert (len(stream.rows), str(stream.notices[0])) == (85, told)


def test_many_rows_that_do_not_fit_are_refused_unless_they_shall_be_left_out():
    data = lines(TEXTS, LABELS, head="text,label").replace("lovely", "lovely,")
    with pytest.raises(FileError, match=r"a.csv, line 7: .* 3, not 2.* \(--skip-bad-rows\)"):
        read(data)
    check(data, ["text", "label"], (GOOD, "positive"), 14, [LEFT_OUT], skip_bad_rows=True)


def test_a_file_of_bad_rows_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr("attnviz.data.bad_rows.LOOKED_AT", 7)
    stream = open_rows(b"a,b\n" + b"1,2,3\n" * 20, "a.csv")
    with pytest.raises(FileError, match="line 2: the row has another number"):
        next(iter(stream))


def test_a_carriage_return_within_a_line_ends_no_row():
    data = lines(TEXTS, LABELS, head="text,label").replace("The soup", "The\rsoup")
    stream = check(data, ["text", "label"], (GOOD.replace("The ", "The\r"), "positive"), 18)
    assert [line for line, _ in stream.rows[:3]] == [2, 4, 6]  # as editors count
    crlf = data.replace("\n", "\r\n")
    check(crlf, ["text", "label"], (GOOD.replace("The ", "The\r"), "positive"), 18)
    old = lines(TEXTS, LABELS, head="text,label").replace("\n", "\r")
    check(old, ["text", "label"], (GOOD, "positive"), 18)


def test_empty_cells_beyond_the_header_are_dropped_where_all_rows_have_them():
    check("text,label\na,1,\nb,0,\n", ["text", "label"], ("a", "1"), 2)
    with pytest.raises(FileError, match="line 3"):
        read("text,label\na,1\nb,0,\n")
