"""Streams: columns before the rows, the rows as often as one asks, and never the whole file."""

import gzip
import hashlib
import os
import subprocess
import sys
import tracemalloc
from itertools import islice
from threading import Thread

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from attnviz.data import READERS, RowStream, digest, open_rows, peek, read_table
from attnviz.errors import FileError

CSV = b"text,label\ngood,1\n\nbad,0\n"


def rows_of(stream: RowStream) -> list[tuple[str, ...]]:
    return [cells for _, cells in stream]


def refusal(data: bytes | str, name: str = "a.csv", **options) -> str:
    data = data.encode() if isinstance(data, str) else data
    with pytest.raises(FileError) as caught:
        list(open_rows(data, name, **options))
    return str(caught.value)


def test_columns_are_known_before_and_notices_after():
    stream = open_rows(CSV, "a.csv")
    assert (stream.name, stream.columns, stream.encoding) == ("a.csv", ("text", "label"), "utf-8")
    assert (stream.delimiter, stream.notices, stream.unit) == (",", [], "line")
    assert list(stream) == [(2, ("good", "1")), (4, ("bad", "0"))]
    assert [notice.values for notice in stream.notices] == [{"count": 1, "line": 3}]


def test_each_pass_begins_at_the_first_row_and_tells_the_same():
    stream = open_rows(CSV, "a.csv")
    first = list(stream)
    assert next(iter(stream)) == first[0]
    assert list(zip(stream, stream, strict=True)) == list(zip(first, first, strict=True))
    assert len(stream.notices) == 1


def test_the_head_is_a_table_of_the_first_rows_and_costs_no_more():
    stream = open_rows(CSV + b"broken", "a.csv")
    assert stream.head(2).rows == (("good", "1"), ("bad", "0"))
    assert stream.head(2).lines == (2, 4)
    with pytest.raises(FileError, match="line 5: the row"):
        stream.head(3)


@pytest.mark.parametrize("ending", [".txt", ".csv", ".jsonl", ".parquet", ".csv.gz"])
def test_a_long_file_takes_no_more_memory_than_a_short_one(ending, tmp_path):
    path = tmp_path / f"a{ending}"
    lines = [f"{number} " + "good " * 200 for number in range(20_011)]  # 20 MB
    if ending == ".parquet":
        parquet.write_table(pa.table({"text": lines}), path, row_group_size=30_011)
    elif ending == ".jsonl":
        path.write_text("".join(f'{{"text": "{line}"}}\n' for line in lines))
    else:
        text = "\n".join(["text", *lines]).encode()
        path.write_bytes(gzip.compress(text, 1) if ending.endswith("gz") else text)
    del lines
    next(iter(open_rows(path)))  # what is imported now is not counted
    tracemalloc.start()
    try:
        count = sum(1 for _ in open_rows(path))
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()
    assert count == 20_011 + (ending == ".txt")


def test_a_path_may_be_longer_than_an_upload(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    assert len(rows_of(open_rows(path, max_bytes=7))) == 2
    assert "has more than 7 bytes" in refusal(CSV, max_bytes=7)
    for name in ("a.json", "a.xlsx", "a.docx", "a.pdf"):
        other = tmp_path / name
        other.write_bytes(b'[{"text": "good"}]' if name != "a.xlsx" else b"PK\x03\x04 a book")
        with pytest.raises(FileError, match=f"{name} has more than 7 bytes"):
            open_rows(other, max_bytes=7)


@given(st.binary(max_size=300), st.sampled_from([*READERS, ".csv.gz", ".xlsx"]))
def test_a_stream_gives_what_the_table_holds_or_the_same_error(data, ending):
    found = []
    for read in (read_table, open_rows):
        try:
            rows = read(data, "x" + ending)
            lines = rows.lines if read is read_table else tuple(line for line, _ in rows)
            found.append((rows.columns, rows.encoding, lines, tuple(map(str, rows.notices))))
        except FileError as error:
            found.append(str(error))
    assert found[0] == found[1]


def test_a_line_longer_than_memory_should_hold_is_refused(monkeypatch):
    monkeypatch.setattr("attnviz.data.decoding.MAX_LINE", 3_000_000)
    assert "holds a line of more than 3,000,000" in refusal(b"x" * 5_000_011, "a.txt")
    assert rows_of(open_rows(b"x" * 2_000_003 + b"\ny", "a.txt"))[1] == ("y",)


def test_a_pipe_is_read_once_and_then_as_often_as_one_asks(tmp_path):
    path = tmp_path / "a.csv"
    os.mkfifo(path)
    writer = Thread(target=path.write_bytes, args=(CSV,))
    writer.start()
    stream = open_rows(path)
    writer.join()
    assert rows_of(stream) == rows_of(stream) == [("good", "1"), ("bad", "0")]


# The beginning


def test_a_peek_counts_the_few_values_of_the_rows_that_it_looks_at():
    rows = "".join(f"text {number},{number % 3} ,{'x' * 1_009}\n" for number in range(1_511))
    seen = peek(open_rows(f"text,label,long\n\n{rows}".encode(), "a.csv"))
    assert seen.values == {"label": {"0": 504, "1": 504, "2": 503}}
    assert (seen.rows, seen.complete, len(seen.table.rows)) == (1_511, True, 1_000)
    assert [notice.values["count"] for notice in seen.notices] == [1]
    seen = peek(open_rows(f"text,label,long\n{rows}".encode(), "a.csv"), most=7)
    assert seen.values["label"] == {"0": 3, "1": 2, "2": 2}
    assert (seen.rows, seen.complete, len(seen.table.rows)) == (7, False, 7)


def test_a_peek_at_exactly_all_rows_is_complete():
    assert peek(open_rows(CSV, "a.csv"), most=2).complete
    assert len(peek(open_rows(CSV, "a.csv"), most=2).notices) == 1
    assert not peek(open_rows(CSV, "a.csv"), most=1).complete


def test_the_digest_is_of_the_name_and_the_bytes(tmp_path):
    path, told = tmp_path / "a.csv", []
    path.write_bytes(CSV)
    expected = hashlib.sha256(b"a.csv\0" + CSV).hexdigest()
    assert digest(path, progress=told.append) == digest(CSV, "a.csv") == expected
    assert digest(path, "b.csv") != expected
    assert told == [len(CSV)]
    with pytest.raises(FileError, match="cannot be opened"):
        digest(tmp_path / "gone.csv")


# Delimiters


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "\x01", "\x1f"])
def test_the_delimiter_is_told(delimiter):
    stream = open_rows(f"text{delimiter}label\na{delimiter}1\n".encode(), "a.csv")
    assert stream.delimiter == delimiter
    assert rows_of(stream) == [("a", "1")]


@pytest.mark.parametrize(
    ("given", "row"),
    [
        (";", ("a,b", "1")),
        (",", ("a", "b;1")),
        ("", ("a,b;1",)),
        ("~", ("a,b;1",)),
        ("\\t", ("a,b;1",)),
        ("\\x2c", ("a", "b;1")),
    ],
)
def test_the_user_s_delimiter_overrules_what_was_found(given, row):
    header = ";".join("xy") if given == ";" else ",".join("xy") if len(row) == 2 else "x"
    assert rows_of(open_rows(f"{header}\na,b;1\n".encode(), "a.csv", delimiter=given)) == [row]


def test_a_single_column_has_no_delimiter_and_other_formats_know_none():
    assert open_rows(b"text\na\n", "a.csv").delimiter == ""
    assert open_rows(b"text\ta\n1\t2\n", "a.tsv").delimiter == "\t"
    assert open_rows(b'{"text": "a"}', "a.jsonl").delimiter is None
    assert open_rows(b"a", "a.txt").delimiter is None


@pytest.mark.parametrize("delimiter", [':"', '"', "\n", "\0", "\\n", "\ufffd"])
def test_what_is_no_delimiter_is_refused(delimiter):
    assert "is no delimiter. Give one character" in refusal(CSV, delimiter=delimiter)


def test_an_unclosed_quote_is_named_at_its_line_however_far_down():
    text = "text,label\n" + 'fine,"1\n2"\n' * 3_001 + 'x,0\ny,"open\n' + "z,1\n" * 3_001
    rows = open_rows(text.encode(), "a.csv")
    assert sum(1 for _ in rows) == 6_003
    told = "Rows left out that do not fit the table: 1 (lines 6005)."
    assert [str(notice) for notice in rows.notices] == [told]
    text = "text,label\n" + 'fine,"1\n2"\n' * 3_001 + "x,0\n" + 'y,"open\n' * 1_009
    assert refusal(text).startswith("a.csv, line 6005: a field opens with a quotation mark")


def test_rows_before_a_broken_one_are_given():
    stream = open_rows(b"text,label\na,1\nb,2,3\n", "a.csv")
    assert list(islice(stream, 1)) == [(2, ("a", "1"))]


def test_importing_the_readers_is_cheap():
    heavy = {"openpyxl", "pypdf", "docx", "lxml", "defusedxml", "pyarrow", "charset_normalizer"}
    code = f"import sys, attnviz.data; print({heavy!r} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("data", [b",", b"|\n", b",,\n"])
def test_a_txt_of_nothing_but_a_delimiter_is_a_text(data):
    assert len(list(open_rows(data, "a.txt"))) == 1


def test_the_first_rows_are_read_once_however_often_they_are_asked_for():
    passes = []

    def start(tell):
        passes.append(1)
        return iter([(1, ("a",)), (2, ("b",)), (3, ("c",))])

    stream = RowStream("a.txt", ("text",), "utf-8", start)
    assert stream.head(2).column("text") == stream.head(2).column("text") == ["a", "b"]
    assert len(passes) == 1
    assert stream.head(3).column("text") == ["a", "b", "c"]
    assert [line for line, _ in stream] == [1, 2, 3]
    assert len(passes) == 3
