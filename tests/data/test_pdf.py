"""PDFs: a paragraph is a row, and its line is the page."""

import io

import pypdf
import pytest

from attnviz.data import Table, read_table
from attnviz.errors import FileError


def pdf(*pages: list[str]) -> bytes:
    """A PDF with these lines on its pages, 14 points apart; an empty line leaves a gap."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 "
               b"/BaseFont /Helvetica >>"]  # fmt: skip
    kids = []
    for lines in pages:
        text = b"".join(
            f"BT /F1 11 Tf 60 {740 - 14 * i} Td ({line}) Tj ET\n".encode("latin-1")
            for i, line in enumerate(lines)
            if line
        )
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (len(objects) + 2)
        )
        objects.append(b"<< /Length %d >>\nstream\n%bendstream" % (len(text), text))
    places = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (places, len(kids))
    out, starts = bytearray(b"%PDF-1.4\n"), []
    for number, item in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(starts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in starts)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n" % (len(starts) + 1)
    return bytes(out) + b"%d\n%%%%EOF\n" % start


def locked(data: bytes, password: str, owner: str) -> bytes:
    writer, out = pypdf.PdfWriter(io.BytesIO(data)), io.BytesIO()
    writer.encrypt(password, owner, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(FileError) as caught:
        read_table(data, "a.pdf")
    return str(caught.value)


def told(table: Table) -> list[str]:
    return [str(notice) for notice in table.notices]


LONG = "The film was so long that I went out twice, and nobody had"
PAGE = [LONG, "said a word when I came back to my seat with a won-", "derful coffee", "", LONG]


def test_a_paragraph_is_a_row_and_its_line_is_the_page():
    table = read_table(pdf(PAGE, ["Short one."]), "a.pdf")
    assert table.columns == ("text",)
    assert table.rows == (
        (f"{LONG} said a word when I came back to my seat with a wonderful coffee",),
        (LONG,),
        ("Short one.",),
    )
    assert table.lines == (1, 1, 2)
    assert (table.encoding, table.notices) == ("PDF", ())


def test_a_short_line_that_ends_a_sentence_ends_a_paragraph():
    table = read_table(pdf([LONG, "moved.", LONG, "moved again."]), "a.pdf")
    assert table.column("text") == [f"{LONG} moved.", f"{LONG} moved again."]


def test_a_page_without_text_is_told():
    table = read_table(pdf(["One."], [], ["Three."], []), "a.pdf")
    assert table.lines == (1, 3)
    assert told(table) == ["Pages without text: 2 (the first is page 2)."]


def test_a_scan_is_refused_with_the_remedy():
    assert refusal(pdf([], [], [])) == (
        "a.pdf holds pictures of pages and no text (pages: 3). Run a text recognition (OCR) over "
        "it first."
    )


def test_a_password_is_refused_with_the_remedy_where_one_is_needed():
    data = pdf(["One."])
    message = refusal(locked(data, "secret", "owner"))
    assert message == "a.pdf is protected by a password. Save it without one, as a new PDF."
    assert read_table(locked(data, "", "owner"), "a.pdf").rows == (("One.",),)


def test_what_is_no_pdf_is_refused_with_the_remedy():
    whole = pdf(PAGE)
    for data in (b"text,label\n", whole[:100], b"%PDF-1.4\n%%EOF\n"):
        assert refusal(data).startswith("a.pdf")
        assert "save its texts as .txt" in refusal(data)
