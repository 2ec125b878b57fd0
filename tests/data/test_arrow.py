"""Parquet of every type must become what a person would read, or a clear word."""

import datetime as dt
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from attnviz.data import RowStream, Table, open_rows, peek, read_table
from attnviz.data.arrow import arrow_rows, clear
from attnviz.errors import FileError

ROOT = Path(__file__).parents[2]


def packed(table: pa.Table | dict, **options) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table if isinstance(table, pa.Table) else pa.table(table), out, **options)
    return out.getvalue()


def read(columns: pa.Table | dict, **options) -> Table:
    return read_table(packed(columns, **options), "a.parquet")


def refusal(data: bytes) -> str:
    with pytest.raises(FileError) as caught:
        read_table(data, "a.parquet")
    return str(caught.value)


def told(table: Table) -> list[str]:
    return [str(notice) for notice in table.notices]


def test_columns_and_rows_are_those_of_the_file():
    table = read({"text": ["good\nreally", "坏", "so so"], "label": [1, 0, 2]})
    assert table.columns == ("text", "label")
    assert table.rows == (("good\nreally", "1"), ("坏", "0"), ("so so", "2"))
    assert (table.lines, table.encoding, table.notices) == ((1, 2, 3), "Parquet", ())


def test_a_path_is_read_like_bytes(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(packed({"text": ["a", "b"]}))
    assert read_table(path).rows == read_table(str(path)).rows == (("a",), ("b",))


MOMENT = dt.datetime(2020, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("array", "shown"),
    [
        (pa.array([1.0, None, 4.5, float("nan"), 1e22]), ["1", "", "4.5", "", "1e+22"]),
        (pa.array([0.1, 2, -7], pa.float32()), ["0.1", "2", "-7"]),
        (pa.array([np.float16(0.5), np.float16(2), None], pa.float16()), ["0.5", "2", ""]),
        (pa.array([-7, None], pa.int8()), ["-7", ""]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([True, False, None]), ["true", "false", ""]),
        (pa.array([Decimal("1.50"), None]), ["1.50", ""]),
        (pa.array([MOMENT, None]), ["2020-01-02 03:04:05", ""]),
        (pa.array([MOMENT.replace(microsecond=7)]), ["2020-01-02 03:04:05.000007"]),
        (pa.array([MOMENT.replace(tzinfo=dt.UTC)]), ["2020-01-02 03:04:05Z"]),
        (pa.array([MOMENT.date(), MOMENT.date()]), ["2020-01-02"] * 2),
        (pa.array([MOMENT.time()]), ["03:04:05"]),
        (pa.array([dt.timedelta(seconds=3)]), ["0:00:03"]),
        (pa.array(["a", None, "b"]).dictionary_encode(), ["a", "", "b"]),
        (pa.array(["a", None], pa.large_string()), ["a", ""]),
        (pa.array([None, None]), ["", ""]),
        (pa.array(["fine, 好".encode(), None]), ["fine, 好", ""]),
        (pa.array([["a", None], None, []]), ['["a", null]', "", "[]"]),
        (pa.array([{"at": MOMENT, "by": "好"}]), ['{"at": "2020-01-02 03:04:05", "by": "好"}']),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_every_type_is_read_as_a_person_would(array, shown):
    table = read({"text": ["x"] * len(array), "other": array})
    assert table.column("other") == shown
    assert {type(cell) for cell in table.column("other")} == {str}


def test_nested_values_are_told():
    table = read({"text": ["a", "b"] * 1_009, "tags": [["x"], []] * 1_009})
    assert told(table) == ["Nested values stay JSON in: “tags”."]


def test_columns_of_bytes_are_left_out_and_told():
    picture = {"bytes": b"\x89PNG", "path": "a.png"}
    table = read({"image": [picture, None], "text": ["a", "b"], "raw": [b"fine", b"\xff\xfe"]})
    assert table.columns == ("text",)
    assert table.rows == (("a",), ("b",))
    assert told(table) == ["Columns left out, for they hold bytes and no text: “image”, “raw”."]


def test_bytes_that_turn_up_late_leave_no_shorter_column():
    table = read({"raw": [b"fine"] * 2_003 + [b"\xff"], "text": ["a"] * 2_004})
    assert table.columns == ("text",)
    assert len(table.rows) == 2_004


def test_rows_are_numbered_through_from_one():
    assert read({"text": ["a"] * 2_003}).lines == tuple(range(1, 2_004))


def test_columns_may_share_a_name():
    table = pa.table([pa.array(["a"]), pa.array([1])], names=["text", "text"])
    assert read(table).columns == ("text", "text (2)")


def test_rows_with_nothing_in_them_are_skipped_and_told():
    table = read({"text": ["a", None, " ", "d"], "label": ["1", "", None, "0"]})
    assert table.rows == (("a", "1"), ("d", "0"))
    assert table.lines == (1, 4)
    assert told(table) == ["Blank lines skipped: 2 (the first is line 2)."]


def test_broken_utf_8_and_nul_are_marked_and_told():
    bad = pa.array([b"fine", b"a\xffb", b"c\0"]).view(pa.string())
    table = read({"text": bad, "label": [1, 2, 3]})
    assert table.column("text") == ["fine", "a\ufffdb", "c\ufffd"]
    notice = "Characters that no text holds became “\ufffd”. Places: 2 (the first in line 2)."
    assert told(table) == [notice]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip), min_size=1))
@settings(deadline=None)
def test_texts_are_read_back_exactly(texts):
    assert read({"text": texts}).column("text") == [text.replace("\0", "\ufffd") for text in texts]


# Refusals


def test_a_cut_off_file_is_refused():
    data = packed({"text": ["a", "b"], "label": [1, 0]})
    for end in (4, 7, 50, len(data) // 2, len(data) - 1):
        message = refusal(data[:end])
        assert message.startswith("a.parquet cannot be read as Parquet: ")
        assert message.endswith(". It may be cut off: copy or save it again.")


def test_a_broken_file_of_which_the_library_says_nothing_is_named_by_the_error_s_kind():
    with pytest.raises(FileError) as caught, clear("a.parquet", "Parquet"):
        raise OSError
    assert str(caught.value) == (
        "a.parquet cannot be read as Parquet: OSError. It may be cut off: copy or save it again."
    )


def test_another_format_under_this_ending_is_refused():
    assert refusal(b"text,label\na,1\n").startswith("a.parquet cannot be read as Parquet: ")


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_any_broken_byte_ends_in_a_table_or_a_file_error(data):
    whole = bytearray(packed({"text": ["good", "bad", None], "label": [1.0, 0.0, 1.0]}))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        table = read_table(bytes(whole), "a.parquet")
    except FileError as error:
        assert str(error).startswith("a.parquet")  # noqa: PT017  either end is a good one
    else:
        assert len(table.rows) == len(table.lines) > 0


def test_no_rows_and_no_columns_are_refused():
    schema = pa.schema([("text", pa.string()), ("label", pa.int64())])
    message = refusal(packed(schema.empty_table()))
    assert message.startswith("a.parquet has a header (“text”, “label”) but no rows.")
    assert refusal(packed(pa.table({"raw": [b"\xff"]}))).startswith("a.parquet is empty.")


def test_a_small_file_that_unpacks_to_a_giant_is_refused(monkeypatch):
    monkeypatch.setattr("attnviz.data.table.MAX_CELLS", 100_000)
    many = packed({"a": pa.array([1] * 100_003)})
    assert len(many) < 10_000
    assert refusal(many) == "a.parquet has more than 100,000 cells. Split it into smaller files."
    monkeypatch.setattr("attnviz.data.arrow.MAX_CHARACTERS", 1_000_000)
    long = packed({"text": ["x" * 1_009] * 1_009})
    assert len(long) < 10_000
    assert refusal(long).startswith("a.parquet unpacks to more than 1,000,000 characters.")


LONG = "good " * 12_000  # 60 kB: in 1,009 rows 60 MB, in a few hundred bytes


def bomb(kind: str) -> bytes:
    if kind == "one row":
        return packed({"text": [[LONG] * 1_009]}, compression="zstd", **BOMBS[kind])
    indices = pa.array([0] * 1_009, pa.int32())
    texts = pa.DictionaryArray.from_arrays(indices, pa.array([LONG]))
    texts = texts if kind == "dictionary" else texts.dictionary_decode()
    rows = pa.array([[text] for text in texts]) if kind == "nested" else texts
    columns, names = ([rows, rows], ["text"] * 2) if kind == "two of a name" else ([rows], ["text"])
    return packed(pa.table(columns, names), compression="zstd", **BOMBS[kind])


PARTS = {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
KINDS = ["dictionary", "plain", "two of a name", "nested", "one row"]
BOMBS = {**{kind: {} for kind in KINDS}, "parts": PARTS}  # of values, which share their beginning


@pytest.mark.parametrize("kind", BOMBS)
def test_a_long_text_that_stands_in_many_rows_takes_little_memory(kind, monkeypatch):
    monkeypatch.setattr("attnviz.data.arrow.DECODED", 2_000_003)
    monkeypatch.setattr("attnviz.data.arrow.MAX_ROW", 10_000_019)
    data = bomb(kind)
    assert len(data) < 1_500
    default = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(default)
    pa.set_memory_pool(pool)
    try:
        if kind == "one row":
            assert refusal(data).startswith("a.parquet unpacks to more than 10,000,019 characters")
        else:
            lengths = [len(cells[0]) for _, cells in open_rows(data, "a.parquet")]
            assert lengths == [len(LONG) + 4 * (kind == "nested")] * 1_009
        assert pool.max_memory() < 15_000_000
    finally:
        pa.set_memory_pool(default)


UNFOLDING = """
import resource, sys
from attnviz.data import collect, open_rows, peek
from attnviz.errors import FileError
import pandas, pyarrow.parquet
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
for ask in (peek, lambda stream: stream.head().rows and None, collect, lambda stream: [*stream]):
    try:
        print(ask(open_rows(sys.argv[1])))
    except FileError as error:
        print(error)
"""


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_a_small_file_that_unfolds_to_a_terabyte_is_refused_within_four_gigabytes(tmp_path, ending):
    texts = pa.array(["a long text " * 400_000])  # 4.8 MB, in 200,000 rows
    table = pa.table({"text": pa.DictionaryArray.from_arrays(pa.array([0] * 200_000), texts)})
    path = tmp_path / f"bomb{ending}"
    if ending == ".parquet":
        parquet.write_table(table, path, compression="zstd")
        assert path.stat().st_size < 100_000
    else:
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_file(path, table.schema, options=options) as file:
            file.write_table(table)
    command = [sys.executable, "-c", UNFOLDING, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    said = done.stdout.splitlines()
    if ending == ".parquet":  # whose first rows alone can be looked at
        assert said.pop(1) == "None"
        refused = "unfolds to more than 200,000,000 bytes, for many rows share long values"
    else:  # which is one batch
        refused = "unpacks to more than 1,000,000,000 characters"
    assert [f"bomb{ending} {refused}" in line for line in said] == [True] * len(said)
    assert len(said) >= 3


def test_a_file_of_much_text_is_no_bomb(monkeypatch):
    monkeypatch.setattr("attnviz.data.arrow.MIN_UNFOLDED", 1_000)
    rows = [f"text {number} of many" for number in range(5_003)]
    assert read({"text": rows, "label": ["positive"] * 5_003}).column("text") == rows


def test_the_beginning_of_long_rows_is_cut_to_fewer_rows(monkeypatch):
    monkeypatch.setattr("attnviz.data.stream.LONGEST_HEAD", 100)
    monkeypatch.setattr(sys.modules["attnviz.data.peek"], "LONGEST_HEAD", 100)
    data = packed({"text": ["x" * 31] * 11})
    assert len(open_rows(data, "a.parquet").head().rows) == 4
    seen = peek(open_rows(data, "a.parquet"))
    assert (len(seen.table.rows), seen.rows, seen.complete) == (4, 11, True)


def test_a_batch_is_measured_before_its_dictionaries_are_decoded(monkeypatch):
    monkeypatch.setattr("attnviz.data.arrow.MAX_CHARACTERS", 10_007)
    monkeypatch.setattr("attnviz.data.arrow._plain", lambda array: pytest.fail("decoded"))
    texts = pa.DictionaryArray.from_arrays(pa.array([0, None, 0], pa.int32()), ["a" * 5_009])
    nested = pa.ListArray.from_arrays([0, 1, 3], texts)
    pairs = pa.MapArray.from_arrays([0, 1, 3], pa.array(["k"] * 3), texts)
    inner = pa.StructArray.from_arrays([texts], ["inner"])
    for array in (texts, nested, pairs, inner):
        stream = hub_rows(pa.record_batch({"text": array}))
        with pytest.raises(FileError) as caught:
            list(stream)
        assert str(caught.value).startswith("hub unpacks to more than 10,007 characters.")


def hub_rows(batch: pa.RecordBatch) -> RowStream:
    return arrow_rows(lambda names: iter([batch]), batch.schema, "hub", "Arrow")


def test_large_batches_are_decoded_in_pieces(monkeypatch):
    monkeypatch.setattr("attnviz.data.arrow.DECODED", 1_009)
    texts = pa.array([f"text {i % 7}" * (i % 31) for i in range(503)]).dictionary_encode()
    pairs = pa.array([[("k", "v" * (i % 13))] for i in range(503)], pa.map_("string", "string"))
    largest = []
    monkeypatch.setattr(
        "attnviz.data.arrow._plain", lambda array: (largest.append(len(array)), array)[1]
    )
    stream = hub_rows(pa.record_batch({"text": texts.cast(pa.string()), "pairs": pairs}))
    rows = list(stream)
    assert [line for line, _ in rows] == list(range(1, 504))
    assert [cells[0] for _, cells in rows] == texts.to_pylist()
    assert max(largest) < 100
    assert len(largest) < 503  # of two columns: no needlessly small ones


def test_what_arrow_cannot_decode_is_refused():
    wrong = pa.DictionaryArray.from_arrays(pa.array([7]), pa.array(["a"]), safe=False)
    with pytest.raises(FileError) as caught:
        list(hub_rows(pa.record_batch({"text": wrong})))
    assert str(caught.value).startswith("hub cannot be read as Arrow: ")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dictionary_pagesize_limit": 1},
        {"use_dictionary": False},
        {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"},
        {"use_dictionary": False, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY"},
        {"row_group_size": 101},
        {"store_schema": False},
    ],
    ids=str,
)
def test_however_a_file_stores_its_texts_they_are_the_same(options):
    texts = [None if i % 11 == 0 else f"text {i % 700}" for i in range(2_003)]
    table = pa.table(
        {
            "text": texts,
            "a.dot": pa.array(texts, pa.large_string()),
            "list": [["a", None, text] for text in texts],
            "struct": [{"inner": {"most": text}} for text in texts],
            "map": pa.array([[("k", text)] for text in texts], pa.map_("string", "string")),
        }
    )
    found = read(table, **options)
    for name in ("text", "a.dot"):
        assert found.column(name) == [text or "" for text in texts]
    for name in ("list", "struct", "map"):
        values = table.column(name).to_pylist()
        assert [json.loads(cell) for cell in found.column(name)] == json.loads(json.dumps(values))
