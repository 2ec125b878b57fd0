"""Word documents: the table that they hold, or their paragraphs."""

import io
import zipfile

import docx
import pytest

from attnviz.data import Table, read_table
from attnviz.errors import FileError


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(FileError) as caught:
        read_table(data, "a.docx")
    return str(caught.value)


def told(table: Table) -> list[str]:
    return [str(notice) for notice in table.notices]


def with_table(rows: list[list[str]]):
    document = docx.Document()
    document.add_paragraph("Before")
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for row, values in zip(table.rows, rows, strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    return document


def test_each_paragraph_is_a_row():
    document = docx.Document()
    document.add_heading("Reviews", 1)
    for text in ("这部电影很好看。", "", "Two\nlines\tand a tab", "  "):
        document.add_paragraph(text)
    table = read_table(saved(document), "a.docx")
    assert table.columns == ("text",)
    assert table.rows == (("Reviews",), ("这部电影很好看。",), ("Two\nlines\tand a tab",))
    assert table.lines == (1, 2, 4)
    assert told(table) == ["Blank lines skipped: 2 (the first is line 3)."]


def test_a_table_with_a_header_is_read_instead_of_the_text_around_it():
    document = with_table([["text", "label"], ["good", "1"], ["", ""], ["bad\nreally", "0"]])
    table = read_table(saved(document), "a.docx")
    assert table.columns == ("text", "label")
    assert table.rows == (("good", "1"), ("bad\nreally", "0"))
    assert table.lines == (2, 4)
    assert told(table)[0] == (
        "Read from the document: table 1 of 1. Everything around it is left out."
    )


def test_a_table_of_one_column_is_text_like_any_other():
    table = read_table(saved(with_table([["good"], ["bad"]])), "a.docx")
    assert table.column("text") == ["Before", "good", "bad"]


def test_changes_that_were_tracked_are_read_as_accepted():
    document = docx.Document()
    document.add_paragraph("This is good")
    data = saved(document)
    old = b"<w:r><w:t>This is good</w:t></w:r>"
    new = (
        b"<w:r><w:t>This is </w:t></w:r><w:del><w:r><w:delText>bad</w:delText></w:r></w:del>"
        b"<w:moveFrom><w:r><w:t>good</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>good</w:t></w:r></w:ins>"
    )
    assert read_table(changed(data, old, new), "a.docx").column("text") == ["This is good"]


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            assert name != "word/document.xml" or old in text
            target.writestr(name, text.replace(old, new) if "document.xml" in name else text)
    return out.getvalue()


def test_entities_do_not_grow():
    data = saved(with_table([["text", "label"], ["good", "1"]]))
    laughs = b'<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]><w:document '
    data = changed(changed(data, b"<w:document ", laughs), b"good", b"good&b;")
    assert read_table(data, "a.docx").rows == (("good", "1"),)


def test_what_is_no_document_is_refused_with_the_remedy():
    whole = saved(docx.Document())
    assert refusal(b"\xd0\xcf\x11\xe0 and so on").startswith("a.docx is protected by a password")
    assert refusal(whole[: len(whole) // 2]).startswith("a.docx cannot be unpacked")
    assert refusal(changed(whole, b"<w:body>", b"<w:bodi>")).startswith("a.docx cannot be read as")
    assert refusal(whole).startswith("a.docx has a header (“text”) but no rows.")
