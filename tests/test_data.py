"""Files as people have them: every encoding, quote and slip must end in a table or a clear word."""

import csv
import gzip
import io
import subprocess
import sys
import zipfile
import zlib
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.data import (
    READERS,
    Table,
    open_rows,
    read_table,
    short_name,
    whole_text,
)
from attnviz.errors import FileError
from tests.tables import chosen


def read(text: str, name: str = "reviews.csv", encoding: str = "utf-8") -> Table:
    return read_table(text.encode(encoding), name)


def refusal(data: bytes | str, name: str = "reviews.csv", **options) -> str:
    data = data.encode() if isinstance(data, str) else data
    with pytest.raises(FileError) as caught:
        read_table(data, name, **options)
    return str(caught.value)


def str_or_bytes(value) -> str:
    """A name in a test's id: an archive's bytes hold the time, so workers would not agree."""
    return value if isinstance(value, str) else "bytes"


def zipped(members: dict[str, bytes], **options) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


# Lines


def test_a_text_file_gives_one_text_a_line():
    table = read("good\r\n\n  \nbad \rodd\u2028line", "a.TXT")
    assert table.columns == ("text",)
    assert table.rows == (("good",), ("bad ",), ("odd\u2028line",))
    assert table.lines == (1, 4, 5)
    assert [str(n) for n in table.notices] == ["Blank lines skipped: 2 (the first is line 2)."]
    assert table.notices[0].values == {"count": 2, "line": 2}


def test_row_numbers_are_those_of_the_editor():
    table = read('text,label\n"one\ntwo\r\nthree",a\n\nfour,b\n"five ""5""\r",c\nsix,d\n')
    assert table.column("text") == ["one\ntwo\r\nthree", "four", 'five "5"\r', "six"]
    assert table.lines == (2, 6, 7, 9)


def test_a_header_of_two_lines_and_blank_lines_before_it_are_counted():
    table = read('\n"te\nxt",label\na,b\n')
    assert table.columns == ("te\nxt", "label")
    assert table.lines == (4,)
    assert table.notices[0].values == {"count": 1, "line": 1}


def test_a_row_of_empty_cells_is_blank_and_told():
    table = read("text,label\na,1\n,\nb,\n")
    assert table.rows == (("a", "1"), ("b", ""))
    assert str(table.notices[0]) == "Blank lines skipped: 1 (the first is line 3)."


def test_whole_text_keeps_every_line_break():
    assert whole_text("一\r\n\n二".encode(), "book.md") == "一\r\n\n二"


# Delimiters


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_consistency(delimiter):
    lines = [["id", "text", "score"], ["1", '"a, b; c\td|e"', "0"], ["2", "plain", "1"]]
    table = read("\n".join(delimiter.join(line) for line in lines))
    assert table.columns == ("id", "text", "score")
    assert table.rows == (("1", "a, b; c\td|e", "0"), ("2", "plain", "1"))


def test_commas_in_texts_do_not_hide_the_semicolon():
    table = read("text (good, bad);label\nwell, well;1\nno;0\n")
    assert table.rows == (("well, well", "1"), ("no", "0"))


def test_a_header_without_delimiter_makes_one_column():
    table = read("text\nwell, well\none; two\n")
    assert table.rows == (("well, well",), ("one; two",))


def test_tsv_is_always_cut_at_tabs():
    table = read("a,b\tc,d\n1,2\t3,4\n", "a.tsv")
    assert table.columns == ("a,b", "c,d")
    assert table.rows == (("1,2", "3,4"),)


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS).filter(lambda row: any(map(str.strip, row))))


@given(ROWS.filter(len), st.sampled_from(",;\t|"))
def test_what_csv_writer_wrote_is_read_back_exactly(rows, delimiter):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([("a", "b", "c"), *rows])
    table = read(out.getvalue(), encoding="utf-16")
    assert table.rows == tuple(rows)
    assert table.notices == ()


@given(st.binary(max_size=200), st.sampled_from(sorted(READERS)))
def test_any_bytes_end_in_a_table_or_a_file_error(data, ending):
    try:
        table = read_table(data, "x" + ending)
    except FileError as error:
        assert str(error).startswith("x" + ending)  # noqa: PT017  either end is a good one
    else:
        assert len(table.rows) == len(table.lines) > 0
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_field_longer_than_csv_s_own_limit_is_read():
    assert read("text,label\n" + "x" * 200_003 + ",1\n").column("text") == ["x" * 200_003]


# Encodings


@pytest.mark.parametrize(
    ("codec", "shown"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
    ],
)
def test_unicode_is_read_exactly_and_without_its_mark(codec, shown):
    table = read("text,标签\n好 é 🙂,1\n", encoding=codec)
    assert table.columns == ("text", "标签")
    assert table.rows == (("好 é 🙂", "1"),)
    assert (table.encoding, table.notices) == (shown, ())


def test_big_endian_utf_16_is_read():
    data = b"\xfe\xff" + "text\n好\n".encode("utf-16-be")
    assert read_table(data, "a.csv").rows == (("好",),)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gb18030", "这部电影很好看，我很喜欢"),
        ("gb18030", "差"),
        ("big5", "這本書寫得非常精彩，值得一讀"),
        ("cp1252", "Le café était “très” agréable"),
        ("cp1252", "naïve"),
    ],
)
def test_old_encodings_are_guessed_and_the_guess_is_told(codec, text):
    ascii_head = "plain,0\n" * 10_007
    table = read(f"text,label\n{ascii_head}{text},1\n", encoding=codec)
    assert table.rows[-1] == (text, "1")
    assert table.encoding == codec
    assert str(table.notices[0]).startswith(f"The encoding was guessed: {codec}.")


def test_a_broken_byte_in_utf_8_is_marked_and_told():
    whole = "text,label\n这部电影很好看,1\n太差了,0\n".encode()
    table = read_table(whole + b"\xe5\xa5,1\n", "a.csv")
    assert table.rows == (("这部电影很好看", "1"), ("太差了", "0"), ("\ufffd", "1"))
    assert table.encoding == "utf-8"
    told = "Broken UTF-8 became “\ufffd”. Places: 1 (the first in line 4)."
    assert [str(notice) for notice in table.notices] == [told]


def test_a_mark_that_lies_is_refused():
    assert "not valid utf-8" in refusal(b"\xef\xbb\xbftext\n\xff\xff\n")
    assert "not valid utf-16" in refusal(b"\xff\xfea\x00\x00\xd8b\x00")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "gb18030"])
def test_a_stray_nul_is_marked_and_told(codec):
    table = read("text,label\n这部电影很好看,1\n太\0差了,0\n", encoding=codec)
    assert table.rows == (("这部电影很好看", "1"), ("太\ufffd差了", "0"))
    told = "Characters that no text holds became “\ufffd”. Places: 1 (the first in line 3)."
    assert str(table.notices[-1]) == told


def test_nul_and_surrogates_never_crash():
    assert read_table("\ud800".encode("utf-8", "surrogatepass"), "a.txt").notices  # a guess
    for path in ("no\0path.csv", "no\ud800path.csv"):
        with pytest.raises(FileError, match="cannot be opened"):
            read_table(path)


# Refusals say what was found, where, and what to do


def test_rows_of_another_width_are_refused_at_their_line():
    head = 'id,text,label\n1,"two\nlines",a\n'
    for row, found in (("2,well, well,b", 4), ("3,short", 2)):
        assert refusal(f"{head}{row}\n") == (
            "reviews.csv, line 4: the row has another number of fields than the header: "
            f"{found}, not 3. Put a field that holds the delimiter ',' or a line break in "
            "quotation marks, or leave out such rows (--skip-bad-rows)."
        )


@pytest.mark.parametrize(
    "broken",
    [
        'text,label\na,1\n"b\nc",2\n"open,3\nd,4\n',
        'text,label\na,1\n"b\nc",2\n"open,3\n"d",4\n',
        'text,label\na,1\n"b\nc",2\n"open" tail,3\nd,4\n',
        'text,label\na,1\n"b\r\nc","2\n',
    ],
)
def test_a_quote_that_does_not_close_is_refused_where_it_opens(broken):
    line = 4 if broken.endswith('"2\n') else 5
    assert f"reviews.csv, line {line}: a field opens with a quotation mark" in refusal(broken)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n \r\n"])
@pytest.mark.parametrize("ending", READERS)
def test_an_empty_file_is_refused(data, ending):
    assert refusal(data, "x" + ending).startswith(f"x{ending} is empty.")


def test_a_header_alone_is_refused():
    message = refusal("text,label\n\n")
    assert message.startswith("reviews.csv has a header (“text”, “label”) but no rows.")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "PNG image"),
        (b"PK\x03\x04\x14\0", "ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1", "Excel 97"),
        (b"text\n\0\x01", "program's own format"),
        (b"text\na\0\n\0b\n", "program's own format"),
        ("text\ngood\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
    ],
)
def test_what_is_no_text_is_named(data, kind):
    assert kind in refusal(data)
    assert "Save its texts as .csv or .txt in UTF-8." in refusal(data)


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(1, 256)),
        b"\x89\x01\x02 \xff\xfe,\x05\x06\n\xf0\x9f\x11\x9e",
        zlib.compress(b"text,label\ngood,1\n").replace(b"\0", b""),
    ],
)
def test_bytes_that_no_encoding_fits_are_no_header(data):
    assert refusal(data) == (
        "reviews.csv is no text file: it looks like a program's own format, or text in an encoding "
        "that cannot be guessed. Save its texts as .csv or .txt in UTF-8."
    )


def test_a_stray_control_character_makes_no_text_binary():
    data = "text,label\n这部电影很好看，我们都非常喜欢它\x0b,1\n太差了，一点也不好看,0\n".encode(
        "gb18030"
    )
    table = read_table(data, "reviews.csv")
    assert table.encoding == "gb18030"
    assert table.column("label") == ["1", "0"]


@pytest.mark.parametrize(
    ("data", "kind", "ending"),
    [
        (gzip.compress(b"text\ngood\n", mtime=0), "a gzip archive", ".gz"),
        (zipped({"a.csv": b"text\ngood\n"}), "a ZIP archive", ".zip"),
    ],
    ids=str_or_bytes,
)
def test_a_format_under_another_ending_says_how_to_rename_it(data, kind, ending):
    message = refusal(data)
    assert message.startswith(f"reviews.csv is no text file: it looks like {kind}")
    assert message.endswith(f" Rename it so that its name ends in {ending}.")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML>\n<title>Sign in</title>\n", "a web page (HTML)"),
        (b"<html><body>Please sign in.\n", "a web page (HTML)"),
        (b'<?xml version="1.0"?>\n<reviews/>\n', "an XML file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "Git LFS's pointer to a"),
    ],
)
def test_what_a_server_sent_in_place_of_the_file_is_no_table(data, kind):
    assert refusal(data).startswith(f"reviews.csv is no text file: it looks like {kind}")


def test_a_table_in_text_that_is_named_as_a_workbook_is_read():
    stream = open_rows(b"text,label\ngood,1\n", "a.xlsx")
    assert stream.columns == ("text", "label")
    assert "a.xlsx is a .csv file by what it holds" in str(stream.notices[0])


@pytest.mark.parametrize(
    ("data", "kind", "ending"),
    [
        (b"%PDF-1.7\n", "a PDF document", ".pdf"),
        (b"PAR1\x15\0", "a Parquet file", ".parquet"),
        (zipped({"xl/workbook.xml": b""}), "an Excel spreadsheet", ".xlsx"),
        (zipped({"word/document.xml": b""}), "a Word document", ".docx"),
    ],
    ids=str_or_bytes,
)
def test_a_document_is_no_whole_text(data, kind, ending):
    with pytest.raises(FileError, match=f"it looks like {kind}.* ends in {ending}"):
        whole_text(data, "reviews.csv")


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.txt", "reviews.jsonl"])
def test_a_document_under_a_text_files_name_is_read_as_what_it_is(name):
    from openpyxl import Workbook

    book, packed = Workbook(), io.BytesIO()
    for row in (["text", "label"], ["good", 1], ["bad", 0]):
        book.active.append(row)
    book.save(packed)
    table = read_table(packed.getvalue(), name)
    assert table.rows == (("good", "1"), ("bad", "0"))
    told = f"{name} is a .xlsx file by what it holds, and was read as one."
    assert [str(notice) for notice in table.notices] == [told]


@pytest.mark.parametrize(
    "cell",
    ["x" * 50_000_000, '"' + "a, b;\n" * 2_000_000 + '"', '"' + '""' * 5_000_000 + '"'],
    ids=["fifty", "twelve", "ten"],
)
def test_a_cell_of_fifty_million_characters_takes_seconds(cell):
    start = perf_counter()
    table = read(f"text,label\n{cell},1\nfine,0\n")
    assert perf_counter() - start < 30  # a quiet machine needs 1 to 3
    text = cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
    assert table.column("text") == [text, "fine"]


def test_a_quote_that_does_not_close_in_ten_million_characters_is_found_in_seconds():
    start = perf_counter()
    tail = '""' * 5_000_000 + "x"
    assert "reviews.csv, line 3: a field opens" in refusal(f'text,label\nfine,1\n"{tail}\nb,0')
    tail = "a, b;\n" * 2_000_000  # rows, if no other cell is quoted
    rows = open_rows(f'text,label\nfine,1\n"{tail}\nb,0'.encode(), "reviews.csv")
    assert sum(1 for _ in rows) == 2_000_002
    assert rows.notices[0].values == {"count": 1, "line": 3}
    assert perf_counter() - start < 30


def test_more_cells_than_memory_holds_are_refused(monkeypatch):
    monkeypatch.setattr("attnviz.data.table.MAX_CELLS", 6)
    assert len(read("a,b\n1,2\n3,4\n5,6\n").rows) == 3
    message = refusal("a,b\n1,2\n3,4\n5,6\n7,8\n")
    assert message == "reviews.csv has more than 6 cells. Split it into smaller files."


def test_an_unknown_ending_names_the_known_ones():
    for name in ("a.mp3", "a.csv.exe"):  # one without an ending is known by what it holds
        message = refusal("text\na\n", name)
        assert message.startswith(f"{name} does not end in one of .txt, .text, .md, .csv, .tsv")


def test_size_is_bounded(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 1_009)
    assert read_table(path, max_bytes=1_009).rows == (("x" * 1_009,),)
    with pytest.raises(FileError, match="a.txt has more than 1,008 bytes"):
        read_table(path, max_bytes=1_008)
    assert "more than 3 bytes" in refusal("four", max_bytes=3)


def test_a_missing_path_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FileError, match="gone.csv cannot be opened: No such file"):
        read_table(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError, match="folder.csv cannot be opened"):
        read_table(str(tmp_path / "folder.csv"))


def test_bytes_without_a_name_are_a_defect_of_ours():
    with pytest.raises(TypeError):
        read_table(b"text\na\n")


# Columns


def test_column_names_are_unique_and_never_empty():
    table = read("text,text, ,text (2),text\n1,2,3,4,5\n")
    assert table.columns == ("text", "text (3)", "column 3", "text (2)", "text (4)")
    assert table.column("text (4)") == ["5"]
    assert read("a,a,\n1,2,3\n").columns == ("a", "a (2)", "column 3")


def test_markup_and_braces_in_names_stay_text():
    table = read("<script>alert(1)</script>,{0.__class__}\nhi,1\n", "<b>{x}.csv")
    assert table.columns[0] == "<script>alert(1)</script>"
    with pytest.raises(FileError, match="“<script>alert.1.</script>”, “{0.__class__}”"):
        table.column("{name}")


def test_a_missing_column_lists_those_that_exist():
    with pytest.raises(FileError) as caught:
        read("text,label\na,1\n").column("txet")
    assert str(caught.value) == ("There is no column “txet”. Choose one of: “text”, “label”.")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("folder/dev.csv", "dev"),
        ("a.b.jsonl", "a.b"),
        ("hub:stanfordnlp/sst2:train", "stanfordnlp/sst2:train"),
        ("hub:a/b-1.0:config:train[:9]", "a/b-1.0:config:train[:9]"),
    ],
)
def test_a_source_has_a_short_name(source, name):
    assert short_name(source) == name


@pytest.mark.parametrize(
    ("header", "text", "label"),
    [
        ("id,Review,Sentiment", "Review", "Sentiment"),
        ("标签,评论,id", "评论", "标签"),
        ("content,text,y", "text", "y"),
        ("x,y,z", "y", None),
    ],
)
def test_columns_are_guessed_by_name_then_by_length(header, text, label):
    table = read(f"{header}\n1,the longest cell,0\n")
    found = chosen(table)
    assert (found.text, found.label) == (text, label)


def test_importing_data_is_cheap():
    heavy = {"torch", "transformers", "streamlit", "altair", "charset_normalizer"}
    heavy |= {"pandas", "numpy", "pyarrow", "datasets"}
    code = f"import sys, attnviz.data; print({heavy!r} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
