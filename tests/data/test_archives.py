"""Packed files: what they hold is read like any other file, and a bomb costs nothing."""

import gzip
import io
import tracemalloc
import zipfile
import zlib

import pyarrow as pa
import pytest
from pyarrow import parquet

from attnviz.data import RowStream, Table, open_rows, read_table
from attnviz.errors import FileError

CSV = "text,label\n好,1\nbad,0\n".encode()
ROWS = (("好", "1"), ("bad", "0"))


def zipped(members: dict[str, bytes], **options) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def as_parquet() -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": ["好", "bad"], "label": [1, 0]}), out)
    return out.getvalue()


FILES = {
    "a.csv": CSV,
    "a.TSV": CSV.replace(b",", b"\t"),
    "a.jsonl": '{"text": "好", "label": 1}\n{"text": "bad", "label": 0}\n'.encode(),
    "a.json": '[{"text": "好", "label": 1}, {"text": "bad", "label": 0}]'.encode(),
    "a.parquet": as_parquet(),
    "gbk.csv": CSV.decode().encode("gbk"),
}


def refusal(data: bytes, name: str, **options) -> str:
    with pytest.raises(FileError) as caught:
        read_table(data, name, **options)
    return str(caught.value)


def told(rows: Table | RowStream) -> list[str]:
    return [str(notice) for notice in rows.notices]


@pytest.mark.parametrize("name", FILES)
def test_a_packed_file_is_read_like_the_file_itself(name, tmp_path):
    plain = read_table(FILES[name], name)
    packed = {f"{name}.gz": gzip.compress(FILES[name]), "pack.ZIP": zipped({name: FILES[name]})}
    for other, data in packed.items():
        path = tmp_path / other
        path.write_bytes(data)
        for source, given in ((data, other), (path, None)):
            table = read_table(source, given)
            assert table.rows == plain.rows == ROWS
            assert (table.lines, table.encoding) == (plain.lines, plain.encoding)
            assert table.notices == plain.notices


def test_the_first_of_equal_files_by_name_is_read_and_the_others_are_told():
    data = zipped(
        {"b.csv": b"text\nno\n", "a.csv": CSV, "picture.png": b"", "__MACOSX/._a.csv": b"x",
         "folder/": b"", ".hidden.csv": b"x"}
    )  # fmt: skip
    stream = open_rows(data, "all.zip")
    assert [cells for _, cells in stream] == list(ROWS)
    notice = "Read from the archive: a.csv. Left out: “b.csv”, “picture.png” (--part chooses)."
    assert told(stream) == [notice]
    assert stream.name == "all.zip/a.csv"


def test_a_folder_that_a_person_named_with_a_line_below_is_data():
    stream = open_rows(zipped({"_train/a.csv": CSV, "sample.csv": b"text\nno\n"}), "all.zip")
    assert [cells for _, cells in stream] == list(ROWS)
    assert "“sample.csv”" in told(stream)[0]


def test_a_file_in_a_folder_of_the_archive_is_found_and_named_in_messages():
    data = zipped({"deep/er/a.csv": b"text,label\na,1,2\n"})
    assert refusal(data, "all.zip").startswith("all.zip/deep/er/a.csv, line 2: the row")


def test_the_user_s_encoding_and_delimiter_reach_the_file_inside():
    data = gzip.compress("text;label\n,é,;1\n".encode("cp1252"))
    stream = open_rows(data, "a.csv.gz", encoding="cp1252", delimiter=";")
    assert [cells for _, cells in stream] == [(",é,", "1")]


# Refusals


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_a_bomb_is_refused_before_it_fills_the_memory(name, tmp_path):
    rows = b"text\n" + b"good\n" * 6_000_000  # 30 MB that shrink to a five-hundredth
    data = gzip.compress(rows, 9) if name.endswith("gz") else zipped({"a.csv": rows})
    del rows
    (tmp_path / name).write_bytes(data)
    assert len(data) < 150_000
    tracemalloc.start()
    try:
        message = refusal(tmp_path / name, name, max_bytes=1_000_003)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    assert "unpacks to more than" in message
    assert "Unpack it yourself if you trust it" in message


def test_sizes_that_an_archive_claims_are_not_believed():
    data = bytearray(zipped({"a.csv": b"text\n" + b"good\n" * 1_000_003}))
    for place in (data.index(b"PK\x03\x04") + 22, data.index(b"PK\x01\x02") + 24):
        data[place : place + 4] = (7).to_bytes(4, "little")  # the size after unpacking
    message = refusal(bytes(data), "a.zip", max_bytes=1_009)
    assert message.startswith("a.zip")


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx"])
def test_a_spreadsheet_or_document_that_unpacks_to_a_giant_is_refused(name):
    data = zipped({"xl/workbook.xml": b" " * 6_000_000, "word/document.xml": b""})
    assert f"{name} unpacks to more than 5,000,000 bytes" in refusal(
        data, name, max_bytes=1_000_000
    )


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx"])
def test_a_small_spreadsheet_or_document_may_unpack_to_what_texts_can(name, monkeypatch):
    monkeypatch.setattr("attnviz.data.archives.MIN_UNPACKED", 1_000_003)
    bomb = zipped({"a.xml": b"<w:p/>" * 200_003})
    assert len(bomb) < 10_000
    message = refusal(bomb, name)
    assert message.startswith(f"{name} unpacks to more than 1,000,003 bytes, too many")
    texts = "\n".join(f"text {number}" for number in range(200_003)).encode()
    for data in (zipped({"a.xml": texts}), zipped({"a.xml": b"<w:p/>" * 100_003})):
        assert f"{name} cannot be read as a" in refusal(data, name)  # but it was unpacked


def test_an_archive_in_an_archive_is_refused():
    inner = zipped({"a.csv": CSV})
    for data, name in (
        (zipped({"b.zip": inner}), "a.zip"),
        (gzip.compress(inner), "a.zip.gz"),
        (gzip.compress(gzip.compress(CSV)), "a.csv.gz.gz"),
        (zipped({"a.csv.gz": gzip.compress(CSV)}), "a.zip"),
    ):
        assert refusal(data, name) == (f"{name} holds another archive. Unpack the outer one first.")


def test_an_archive_without_a_readable_file_says_what_it_should_hold():
    message = refusal(zipped({"a.png": b"x"}), "a.zip")
    assert message.startswith("a.zip holds no file that ends in one of .txt, .text, .md, .csv")
    assert ".zip" not in message.removeprefix("a.zip")
    assert refusal(gzip.compress(CSV), "a.gz").startswith("a.gz does not say what it holds.")
    assert "does not end in one of" in refusal(gzip.compress(CSV), "a.png.gz")
    assert "save it as .xlsx" in refusal(gzip.compress(CSV), "a.xls.gz")


def test_an_archive_with_a_password_is_refused_with_the_remedy():
    data = bytearray(zipped({"a.csv": CSV}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1  # the flag that says so
    message = refusal(bytes(data), "a.zip")
    assert message == "a.zip is protected by a password. Pack it again without one."


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_a_cut_off_or_spoiled_archive_is_refused(name):
    text = b"text\n" + zlib.compress(b"x").hex().encode() * 5_003 + b"\n" + CSV
    whole = gzip.compress(text) if name.endswith("gz") else zipped({"a.csv": text})
    for data in (whole[:13], whole[: len(whole) // 2], whole[:-9], b"no archive at all"):
        assert f"{name} cannot be unpacked: " in refusal(data, name)
    spoiled = bytearray(whole)
    spoiled[60] ^= 0xFF
    assert refusal(bytes(spoiled), name).startswith(name)


def test_an_archive_of_very_many_files_is_refused(monkeypatch):
    monkeypatch.setattr("attnviz.data.archives.MAX_MEMBERS", 7)
    data = zipped({f"{number}.csv": CSV for number in range(11)})
    assert refusal(data, "a.zip").startswith("a.zip holds more than 7 files.")
