"""Tables as people write them: the right columns and rows, and one line for what was guessed."""

import pytest

from attnviz.data import RowStream, open_rows

GOOD = "The soup was warm and the staff could not have been kinder."
BAD = "The soup was cold and the staff were rude."
MORE = ("I loved every minute of this charming little play.", "A dull, boring and far too long film.",
        "Great value arrived early works perfectly.", "Poor value and broken at once.")  # fmt: skip
TEXTS = (GOOD, BAD, *MORE) * 3
LABELS = ("positive", "negative") * 9
NUMBERS = ("1", "0") * 9
CHINESE = (
    "房间很干净，服务也很热情，下次还会来。",
    "房间又脏又旧，服务态度很差，再也不会来了。",
) * 3

NO_HEADER = "The first row was taken for data: no header."
NAMED = "The first row was taken for the names of the columns:"
ABOVE = "The header is in line"
BELOW = "Rows left out below the header"
LEFT_OUT = "Rows left out that do not fit the table:"
REPEATED = "Rows left out that repeat the header:"
UNQUOTED = "Quotation marks were taken for characters like any other"
ALONE = "Quotation marks taken for characters of the text"
ESCAPED = "Quotation marks within a cell"
TABLE = "The lines were read as a table"
PERHAPS = "Every line holds"
FASTTEXT = "Each line was read as a text and its labels"


def lines(*columns, between=",", head=""):
    rows = [between.join(cells) for cells in zip(*columns, strict=False)]
    return "\n".join([*([head] if head else []), *rows]) + "\n"


def quoted(cells):
    return ['"' + cell.replace('"', '""') + '"' for cell in cells]


def ids(prefix="", count=18):
    return [f"{prefix}{1_467_810_000 + number}" for number in range(count)]


def read(data, name="a.csv", **options) -> RowStream:
    stream = open_rows(data.encode() if isinstance(data, str) else data, name, **options)
    stream.rows = list(stream)
    return stream


def check(data, columns, first, count, told=(), name="a.csv", **options):
    stream = read(data, name, **options)
    assert stream.columns == tuple(columns)
    assert stream.rows[0][1] == tuple(first)
    assert len(stream.rows) == count
    assert [any(str(n).startswith(start) for n in stream.notices) for start in told] == [
        True
    ] * len(told)
    assert len(stream.notices) == len(told), [str(n) for n in stream.notices]
    return stream


TWO = ("column 1", "column 2")
THREE = ("column 1", "column 2", "column 3")

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
        lines(
            quoted(["3", "4", "2", "1"] * 4), quoted(["Wall St. Bears"] * 16), quoted(TEXTS[:16])
        ),
        ".csv",
        ("3", "Wall St. Bears", GOOD),
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
    first = data.split("\n")[0].split(stream.delimiter or (None and "\0"))
    if stream.delimiter:
        assert [name.strip() or f"column {n}" for n, name in enumerate(first, 1)] == [
            *stream.columns
        ]
    assert not [n for n in stream.notices if str(n).startswith((NO_HEADER, ABOVE, BELOW))]
