"""Which row names the columns: a header is never lost, and a first row of data neither."""

import pytest

from attnviz.errors import FileError
from tests.tables import (
    ABOVE,
    BAD,
    BELOW,
    CHINESE,
    GOOD,
    LABELS,
    NO_HEADER,
    NUMBERS,
    REPEATED,
    TEXTS,
    TWO,
    check,
    ids,
    lines,
    quoted,
    read,
)

HEADERLESS = {  # a file without a header: its text, its ending, its first row
    "sentiment140": (
        lines(
            quoted(["4", "0"] * 9),
            quoted(ids()),
            quoted(["Mon Apr 06 22:19:45 PDT 2009", "Tue Jun 16 08:40:50 PDT 2009"] * 9),
            quoted(["NO_QUERY"] * 18),
            quoted(f"_The{n}_" for n in range(18)),
            quoted(TEXTS),
        ),
        ".csv",
        ("4", "1467810000", "Mon Apr 06 22:19:45 PDT 2009", "NO_QUERY", "_The0_", GOOD),
    ),
    "sorted by label": (
        lines(["0"] * 18, ids(), quoted(TEXTS)),
        ".csv",
        ("0", "1467810000", GOOD),
    ),
    "semeval": (lines(ids(), LABELS, TEXTS, between="\t"), ".tsv", (ids()[0], "positive", GOOD)),
    "semeval csv": (lines(ids(), LABELS, quoted(TEXTS)), ".csv", (ids()[0], "positive", GOOD)),
    "label, text": (lines(LABELS, quoted(TEXTS)), ".csv", ("positive", GOOD)),
    "text, label": (lines(quoted(TEXTS), LABELS), ".csv", (GOOD, "positive")),
    "number, text": (lines(NUMBERS, quoted(TEXTS)), ".csv", ("1", GOOD)),
    "text, number": (lines(TEXTS, NUMBERS, between="\t"), ".tsv", (GOOD, "1")),
    "goemotions": (
        lines(TEXTS, ["17,3", "7", "14"] * 6, ids("ed"), between="\t"),
        ".tsv",
        (GOOD, "17,3", "ed1467810000"),
    ),
    "short first text": (
        lines(NUMBERS, ["good", *TEXTS[1:]], between="\t"),
        ".tsv",
        ("1", "good"),
    ),
    "agnews": (
        lines(quoted(["3", "4", "2"] * 6), quoted(f"Bears {n}" for n in range(18)), quoted(TEXTS)),
        ".csv",
        ("3", "Bears 0", GOOD),
    ),
    "stars and dates": (
        lines(["5", "1", "4"] * 6, ["2019-05-01 10:00", "2020-11-12 08:30"] * 9, quoted(TEXTS)),
        ".csv",
        ("5", "2019-05-01 10:00", GOOD),
    ),
    "chinese": (lines(["1", "0"] * 3, CHINESE, between="\t"), ".tsv", ("1", CHINESE[0])),
    "three rows": (lines(NUMBERS[:3], TEXTS[:3], between="\t"), ".tsv", ("1", GOOD)),
    "semicolons": (lines(LABELS, TEXTS, between=";"), ".csv", ("positive", GOOD)),
    "trec": (lines(["question", "answer"] * 9, quoted(TEXTS)), ".csv", ("question", GOOD)),
}


@pytest.mark.parametrize("kind", HEADERLESS)
def test_a_file_without_header_keeps_its_first_row_and_says_so(kind):
    data, ending, first = HEADERLESS[kind]
    columns = [f"column {number}" for number in range(1, len(first) + 1)]
    stream = check(data, columns, first, data.count("\n"), [NO_HEADER], "a" + ending)
    assert stream.header == 0
    named = read(data, "a" + ending, header=1)
    assert (len(named.rows), named.header) == (data.count("\n") - 1, 1)


HEADED = {  # a file with a header, which must never be lost: its text and its ending
    "names": (lines(quoted(TEXTS), LABELS, head="text,label"), ".csv"),
    "names of no list": (lines(quoted(TEXTS), LABELS, head="Rückmeldung,Urteil"), ".csv"),
    "one row": ("Rückmeldung,Note\nSehr gut war das,1\n", ".csv"),
    "two rows": ("Rückmeldung,Note\nSehr gut war das,1\nGar nicht gut,0\n", ".csv"),
    "three rows": ("a,b\nx,1\ny,0\nz,1\n", ".csv"),
    "a question": (lines(quoted(TEXTS), LABELS, head="How was your stay?,Overall"), ".csv"),
    "questions alone": (
        lines(quoted(TEXTS), quoted(TEXTS), head="How was your stay?,What can we do better?"),
        ".csv",
    ),
    "a question and ids": (
        lines(ids(), TEXTS, head="Respondent\tHow was it?", between="\t"),
        ".tsv",
    ),
    "years": ("Country,2019,2020\n" + "France,5.3,6.1\nChina,7.2,8.4\nPeru,1.0,2.5\n", ".csv"),
    "positions": (lines(quoted(TEXTS), NUMBERS, head="0,1"), ".csv"),
    "positions from 1": (lines(NUMBERS, quoted(TEXTS), head="1,2"), ".csv"),
    "index without name": (
        lines(map(str, range(18)), quoted(TEXTS), LABELS, head=",text,label"),
        ".csv",
    ),
    "positions and index": (
        lines(map(str, range(18)), quoted(TEXTS), NUMBERS, head=",0,1"),
        ".csv",
    ),
    "one column": (lines(quoted(TEXTS), head="text"), ".csv"),
    "one column of no list": (lines(quoted(TEXTS), head="Kundenstimmen"), ".csv"),
    "one hot": (
        lines(quoted(TEXTS), NUMBERS, NUMBERS[::-1], head="text,positive,negative"),
        ".csv",
    ),
    "options": (
        lines(quoted(TEXTS), ["Pizza", ""] * 9, ["", "Pasta"] * 9, head="Why?,Pizza,Pasta"),
        ".csv",
    ),
    "label is a name too": (lines(["label", "x"] * 9, quoted(TEXTS), head="label,text"), ".csv"),
    "long names": (
        lines(
            quoted(TEXTS),
            NUMBERS,
            head="Please tell us in your own words how you liked it,Would you come again (1: yes)",
        ),
        ".csv",
    ),
    "empty cells": ("id,text,label\n,good and fine,\n,bad and cheap,\n3,odd,\n", ".csv"),
    "glue": (lines(TEXTS, NUMBERS, head="sentence\tlabel", between="\t"), ".tsv"),
    "chinese": (lines(CHINESE, ["1", "0"] * 3, head="评论,标签"), ".csv"),
    "unusual chinese": (lines(CHINESE, ["1", "0"] * 3, head="用户说,好坏"), ".csv"),
    "numbers only": ("x,y\n1,2\n3,4\n5,6\n", ".csv"),
    "commas follow texts": ("text\nwell, well\none, two\nmore, still\n", ".csv"),
}


@pytest.mark.parametrize("kind", HEADED)
def test_a_header_is_never_lost(kind):
    data, ending = HEADED[kind]
    stream = read(data, "a" + ending)
    assert (stream.header, len(stream.rows)) == (1, data.count("\n") - 1)
    names = data.split("\n")[0].split(stream.delimiter or "\0")
    assert stream.columns == tuple(name or f"column {n}" for n, name in enumerate(names, 1))
    assert not [n for n in stream.notices if str(n).startswith((NO_HEADER, ABOVE, BELOW))]


TITLED = {  # rows above the header, and how many are told: blank ones are counted for themselves
    "a title": ("Customer feedback 2024\n", 1),
    "a title and a blank line": ("Customer feedback, spring 2024\n\n", 1),
    "a padded title": ("Customer feedback 2024,,\n,,\n", 1),
    "a title and a date": ("Feedback\nExported on 2024-05-01 10:00\n\n", 2),
    "a comment": ("# made by a program\n", 1),
}


@pytest.mark.parametrize("kind", TITLED)
def test_a_title_above_the_header_is_no_header(kind):
    title, count = TITLED[kind]
    data = title + lines(ids(), quoted(TEXTS), NUMBERS, head="nr,Kommentar,Note")
    stream = read(data)
    assert stream.columns == ("nr", "Kommentar", "Note")
    assert stream.rows[0] == (title.count("\n") + 2, (ids()[0], GOOD, "1"))
    line = title.count("\n") + 1
    assert (
        str(stream.notices[0]) == f"The header is in row {line}. Rows left out above it: {count}."
    )
    assert stream.header == line
    assert read(data, header=line).rows == stream.rows


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "sep=;\r"])
def test_excel_s_line_that_names_the_delimiter_is_no_header(line):
    data = line + "\n" + lines(TEXTS, LABELS, between=";", head="text, long;label")
    stream = check(data, ["text, long", "label"], (GOOD, "positive"), 18)
    assert (stream.delimiter, stream.header, stream.rows[0][0]) == (";", 2, 3)


QUALTRICS = (
    '"{""ImportId"":""startDate""}","{""ImportId"":""QID1_TEXT""}","{""ImportId"":""QID2""}"'
)


@pytest.mark.parametrize(
    ("extra", "count"),
    [
        (f"Start Date,How was your stay?,Overall\n{QUALTRICS}\n", 2),
        (f"{QUALTRICS}\n", 1),
        ("Start Date,How was your stay?,Overall\n", 1),
        (",Open-Ended Response,Response\n", 1),
        (",Response,Other (please specify)\n", 1),
    ],
)
def test_rows_of_a_survey_program_below_the_header_are_no_texts(extra, count):
    days = [f"2024-05-{day:02} 10:00:00" for day in range(1, 19)]
    data = "StartDate,Q1,Q2\n" + extra + lines(days, quoted(TEXTS), LABELS)
    first = (days[0], GOOD, "positive")
    stream = check(data, ["StartDate", "Q1", "Q2"], first, 18, [BELOW])
    assert stream.rows[0][0] == 2 + count


def test_files_joined_with_their_headers_lose_these_and_nothing_else():
    part = lines(TEXTS, LABELS, between="\t", head="text\tlabel")
    stream = check(part * 3, ["text", "label"], (GOOD, "positive"), 54, [REPEATED], "a.tsv")
    assert stream.notices[0].values == {"count": 2, "line": 20}


def test_the_user_s_word_on_the_header_overrules_what_was_found():
    data = lines(TEXTS, LABELS, head="text,label").replace("day 0", "day, 0")
    assert read(data, header=0, skip_bad_rows=True).rows[0] == (1, ("text", "label"))
    assert read(data, header=0, skip_bad_rows=True).columns == TWO
    stream = read(data, header=3, skip_bad_rows=True)
    assert stream.columns == (BAD, "negative")
    with pytest.raises(FileError, match="a.csv has no line 99 for a header"):
        read(data, header=99)


def test_of_tables_one_below_the_other_the_largest_with_texts_is_read():
    small = "city,visits\nRome,3\nParis,4\nOslo,5\n\n"
    large = lines(map(str, range(18)), TEXTS, LABELS, head="id,text,label")
    data = small + large + "\nTotals\nkind,count\ngood,9\nbad,9\n"
    stream = read(data)
    assert (stream.columns, len(stream.rows), stream.rows[0][0]) == (("id", "text", "label"), 18, 7)
    told = (
        "Tables one below the other: 3. Read: the one below row 6. --header-row for another: 1, 27."
    )
    assert str(stream.notices[0]) == told
    assert [cells for _, cells in read(data, header=27).rows] == [("good", "9"), ("bad", "9")]
    assert len(read(data, header=1).rows) == 3


def test_blank_lines_within_a_table_part_nothing():
    data = "\n".join(lines(TEXTS, LABELS, head="text,label").splitlines(keepends=True))
    stream = read(data)
    assert (stream.columns, len(stream.rows)) == (("text", "label"), 18)
    texts = "\n\n".join(["text", *TEXTS, "well, well", *TEXTS])
    assert len(read(texts).rows) == 37


@pytest.mark.parametrize(
    "data",
    [
        "text,label\n" + "a good film,up\na bad film,down\n" * 12,
        "id,text,label\nx,It was all right.,unclear\n" + lines(ids(), TEXTS, LABELS),
        "id,text,label\n,so so,\n" + lines(ids(), TEXTS, LABELS),
    ],
)
def test_an_odd_first_row_of_data_stays(data):
    stream = read(data)
    assert (len(stream.rows), stream.rows[0][0]) == (data.count("\n") - 1, 2)
    assert not [notice for notice in stream.notices if str(notice).startswith(BELOW)]
