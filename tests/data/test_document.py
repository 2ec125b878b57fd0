"""Word documents: the table that they hold, or their paragraphs."""

import io
import tracemalloc
import zipfile

import docx
import pytest

from attnviz.data import Table, open_rows, read_table
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


def test_a_merged_cell_stands_in_all_that_it_covers():
    document = with_table([["text", "label", "by"], ["good", "1", ""], ["", "0", "B"]])
    table = document.tables[0]
    table.cell(1, 0).merge(table.cell(2, 0)).text = "both rows"
    table.cell(1, 1).merge(table.cell(1, 2)).text = "both columns"
    assert read_table(saved(document), "a.docx").rows == (
        ("both rows", "both columns", "both columns"),
        ("both rows", "0", "B"),
    )


def test_cells_that_a_row_leaves_out_are_empty():
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>".format
    rows = (
        f"<w:tr>{cell('text')}{cell('by')}{cell('label')}</w:tr>"
        f"<w:tr><w:trPr><w:gridBefore w:val='1'/></w:trPr>{cell('A')}{cell('1')}</w:tr>"
        f"<w:tr><w:trPr><w:gridAfter w:val='2'/></w:trPr>{cell('good')}</w:tr>"
    )
    grid = "<w:tblGrid><w:gridCol/><w:gridCol/><w:gridCol/></w:tblGrid>"
    table = read_table(with_body(f"<w:tbl>{grid}{rows}</w:tbl>"), "a.docx")
    assert table.rows == (("", "A", "1"), ("good", "", ""))


def test_the_text_of_a_box_follows_its_paragraph_and_a_drawing_s_is_left_out():
    box = "<w:txbxContent><w:p><w:r><w:t>in the box</w:t></w:r></w:p></w:txbxContent>"
    drawing = "<a:p xmlns:a='urn:drawing'><w:t>drawn</w:t></a:p>"
    fallback = f"<Fallback xmlns='urn:mc'>{box}</Fallback>"
    data = with_body(f"<w:p><w:r><w:t>out</w:t>{box}{drawing}{fallback}<w:t>side</w:t></w:r></w:p>")
    assert read_table(data, "a.docx").column("text") == ["outside", "in the box"]


# Refusals


def with_body(xml: str) -> bytes:
    data = saved(docx.Document())
    end = b"<w:sectPr"
    return changed(data, end, xml.encode() + end)


def test_entities_do_not_grow():
    data = saved(with_table([["text", "label"], ["good", "1"]]))
    laughs = b'<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]><w:document '
    data = changed(changed(data, b"<w:document ", laughs), b"good", b"good&b;")
    assert refusal(data).startswith(
        "a.docx cannot be read as a document: it has a document type declaration."
    )


PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>".format


@pytest.mark.parametrize("around", ["{}", "<w:p>{}</w:p>", "<w:p><w:r/>{}</w:p>"])
def test_memory_holds_no_more_of_the_xml_than_its_text(around):
    data = with_body(around.format("<w:p/>" * 100_003 + PARAGRAPH("good")))
    tracemalloc.start()
    try:
        stream = open_rows(data, "a.docx")
        assert [cells for _, cells in stream] == [("good",)]
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


GRID = "<w:tbl><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:tr>{}</w:tr></w:tbl>".format
BOMBS = {
    "more than 256 elements in one another": "<w:x>" * 257,
    "more than 10000 different names": "".join(f"<w:x{i}/>" for i in range(10_007)),
    "a tag has more than 4194304 bytes": f"<w:p w:x='{'a' * 4_300_000}'/>",
    "a table has more than 1000 columns": GRID("<w:tc/>" * 1_009),
    "a table has more than 1000 columns.": GRID(
        "<w:tc><w:tcPr><w:gridSpan w:val='2000000011'/></w:tcPr></w:tc>"
    ),
}


@pytest.mark.parametrize("reason", BOMBS)
def test_xml_that_is_made_to_fill_the_memory_is_refused(reason):
    start = f"a.docx cannot be read as a document: {reason.rstrip('.')}. Open it"
    assert refusal(with_body(BOMBS[reason])).startswith(start)


def test_a_tag_of_many_bytes_and_many_tags_of_one_name_are_read():
    picture = f"<w:x w:y='{'a' * 4_000_000}'/>"
    data = with_body(PARAGRAPH("good") + picture + "<w:x w:y=''/>" * 20_011)
    assert read_table(data, "a.docx").column("text") == ["good"]


def test_a_text_in_very_many_merged_cells_is_refused(monkeypatch):
    monkeypatch.setattr("attnviz.data.document.MAX_ROW", 10_007)
    span = "<w:tc><w:tcPr><w:gridSpan w:val='{}'/></w:tcPr>{}</w:tc>".format
    assert refusal(with_body(GRID(span(11, PARAGRAPH("a" * 1_009))))) == (
        "a.docx unpacks to more than 10,007 characters. Split it into smaller files."
    )
    data = with_body(GRID(span(7, PARAGRAPH("a" * 1_009))))
    assert read_table(data, "a.docx").column("text") == ["a" * 1_009]


def test_what_is_no_document_is_refused_with_the_remedy():
    whole = saved(docx.Document())
    assert refusal(b"\xd0\xcf\x11\xe0 and so on").startswith("a.docx is protected by a password")
    assert refusal(whole[: len(whole) // 2]).startswith("a.docx cannot be unpacked")
    assert refusal(changed(whole, b"<w:body>", b"<w:bodi>")).startswith("a.docx cannot be read as")
    other = changed(whole, b"w:body>", b"w:none>")
    assert refusal(other).startswith("a.docx cannot be read as a document: it has no body.")
    assert refusal(whole).startswith("a.docx has a header (“text”) but no rows.")
