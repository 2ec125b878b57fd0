"""PDF: the paragraphs of its pages."""

import io
import logging
import re
import unicodedata
from collections.abc import Iterator
from functools import partial

from attnviz.data.files import File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import EMPTY, Notice
from attnviz.errors import N_, FileError

BROKEN = N_(
    "{name} cannot be read as a PDF: {reason}. Print it into a new PDF, or save its texts as .txt."
)
BROKEN_PAGE = N_(
    "{name}, page {page}, cannot be read: {reason}. Print the file into a new PDF, or save its "
    "texts as .txt."
)
ENCRYPTED = N_("{name} is protected by a password. Save it without one, as a new PDF.")
NO_TEXT = N_(
    "{name} holds pictures of pages and no text (pages: {pages}). Run a text recognition (OCR) "
    "over it first."
)
WITHOUT = N_("Pages without text: {count} (the first is page {page}).")
SHORT = 0.6  # of a page's longest line: a sentence that ends in such a line ends a paragraph
_END = re.compile(r"[.!?。！？…][\"'”’」』）)]*$")
_CJK = "[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_NO_SPACE = re.compile(f"(?<={_CJK})\n|\n(?={_CJK})")
_HYPHEN = re.compile(r"(?<=[a-zß-ÿ])-\n(?=[a-zß-ÿ])")
_RADICALS = re.compile("[\u2e80-\u2fdf]+")  # which some programs write for the characters


def read_pdf(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """One paragraph a row, in the column "text"; a page where none can be told. Lines are pages."""
    file.refuse_empty()
    data = file.whole()
    _open(file.name, data)
    start = partial(_rows, file.name, data)
    notices = file.notices
    return RowStream(file.name, ["text"], "PDF", start, notices=notices, unit="page")


def _open(name: str, data: bytes):
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every slip that it mends
    try:
        reader = PdfReader(io.BytesIO(data))
        closed = reader.is_encrypted and not reader.decrypt("")  # many open without one
        pages = 0 if closed else len(reader.pages)
    except Exception as error:  # of a format with a thousand ways to be broken
        if "crypt" in str(error).lower():
            raise FileError(ENCRYPTED, name=name) from error
        raise FileError(BROKEN, name=name, reason=_reason(error)) from error
    if closed:
        raise FileError(ENCRYPTED, name=name)
    if not pages:
        raise FileError(EMPTY, name=name)
    return reader


def _rows(name: str, data: bytes, tell: Tell) -> Iterator[Row]:
    without, reader = [], _open(name, data)
    for number in range(1, len(reader.pages) + 1):
        try:
            found = paragraphs(reader.pages[number - 1])
        except Exception as error:
            raise FileError(BROKEN_PAGE, name=name, page=number, reason=_reason(error)) from error
        if not found:
            without.append(number)
        yield from ((number, (text,)) for text in found)
    if len(without) == len(reader.pages):
        raise FileError(NO_TEXT, name=name, pages=len(without))
    if without:
        tell(Notice(WITHOUT, {"count": len(without), "page": without[0]}))


def paragraphs(page) -> list[str]:
    """A page's lines, joined up to a blank line or the short end of a paragraph."""
    lines = [line.strip() for line in page.extract_text(extraction_mode="layout").splitlines()]
    longest, found = max(map(len, lines), default=0), [[]]
    for line in lines:
        if not line:
            found.append([])
            continue
        found[-1].append(line)
        if len(line) < SHORT * longest and _END.search(line):
            found.append([])
    return [_joined(part) for part in found if part]


def _joined(lines: list[str]) -> str:
    """Lines as one: words that were cut are whole again, and Chinese has no space in it."""
    text = _NO_SPACE.sub("", _HYPHEN.sub("", "\n".join(lines)))
    text = _RADICALS.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    return " ".join(text.split())


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(". ") or type(error).__name__
