"""PDF: the paragraphs of its pages."""

import io
import logging
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from attnviz.data.files import File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.reading_order import goes_on, is_page_number, reading_order
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import EMPTY, Notice
from attnviz.errors import N_, FileError, reason

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
TOO_MANY = N_("{name} has more than {limit:,} pages. Split it into smaller files.")
COLUMNS = N_("Pages read column after column: {count} (the first is page {page}).")
UNSURE = N_(
    "Pages whose lines stand side by side, perhaps in columns, and were read across as a table's: "
    "{count} (the first is page {page}). If they are columns, copy their text into a .txt file."
)
WITHOUT = N_("Pages without text: {count} (the first is page {page}).")
MAX_PAGES = 10_000  # a small file can name one page a hundred thousand times
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
        raise FileError(BROKEN, name=name, reason=reason(error)) from error
    if closed:
        raise FileError(ENCRYPTED, name=name)
    if not pages:
        raise FileError(EMPTY, name=name)
    if pages > MAX_PAGES:
        raise FileError(TOO_MANY, name=name, limit=MAX_PAGES)
    return reader


def _rows(name: str, data: bytes, tell: Tell) -> Iterator[Row]:
    without, unsure, columns, reader = [], [], [], _open(name, data)
    held: list[tuple[int, str]] = []  # the last paragraph, which may go on on the next page
    for number in range(1, len(reader.pages) + 1):
        try:
            page = read_page(reader.pages[number - 1])
        except Exception as error:
            raise FileError(BROKEN_PAGE, name=name, page=number, reason=reason(error)) from error
        for pages, said in ((without, not page.paragraphs), (unsure, page.unsure)):
            pages += [number] * said
        columns += [number] * page.columns
        rows = [(number, text) for text in page.paragraphs]
        if held and rows and goes_on(held[0][1], rows[0][1]):
            held[0] = held[0][0], _joined([held[0][1], rows.pop(0)[1]])
        if rows:
            yield from ((line, (text,)) for line, text in [*held, *rows[:-1]])
            held = rows[-1:]
        held += [(number, text) for text in page.numbers]
    yield from ((line, (text,)) for line, text in held)
    if len(without) == len(reader.pages):
        raise FileError(NO_TEXT, name=name, pages=len(without))
    for template, pages in ((WITHOUT, without), (COLUMNS, columns), (UNSURE, unsure)):
        if pages:
            tell(Notice(template, {"count": len(pages), "page": pages[0]}))


@dataclass(frozen=True)
class Page:
    """A page's paragraphs in reading order, and its page number where it stands alone.

    `columns` says that they were read column after column, `unsure` that they may be columns.
    """

    paragraphs: tuple[str, ...]
    numbers: tuple[str, ...]
    columns: bool
    unsure: bool


def read_page(page) -> Page:
    """A page's lines in reading order, joined to paragraphs."""
    lines = page.extract_text(extraction_mode="layout").splitlines()
    filled = [number for number, line in enumerate(lines) if line.strip()]
    numbers = {n for n in filled[:1] + filled[-1:] if is_page_number(lines[n])}
    rest = ["" if number in numbers else line for number, line in enumerate(lines)]
    order = reading_order(rest)
    if not any(block.column for block in order.blocks):
        return Page(tuple(paragraphs(lines)), (), False, order.unsure)
    found: list[str] = []
    before = False
    for block in order.blocks:
        parts = paragraphs(block.lines)
        if before and block.column and found and parts and goes_on(found[-1], parts[0]):
            found[-1] = _joined([found[-1], parts.pop(0)])
        found += parts
        before = block.column
    return Page(
        tuple(found), tuple(lines[number].strip() for number in sorted(numbers)), True, False
    )


def paragraphs(lines: Sequence[str]) -> list[str]:
    """Lines joined up to a blank line or the short end of a paragraph."""
    lines = [line.strip() for line in lines]
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
