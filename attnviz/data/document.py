"""Word's .docx: the rows of its table, or its paragraphs.

The XML goes by and is never a tree, which takes twenty times its bytes: a few of those, packed,
would fill any memory. Names are as in ECMA-376, part 1, chapter 17.
"""

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO
from xml.parsers import expat

from attnviz.data.archives import MAX_ROW, weigh
from attnviz.data.files import File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import TOO_LONG, Notice
from attnviz.errors import N_, FileError

BROKEN = N_(
    "{name} cannot be read as a document: {reason}. Open it in a word processor and save it again "
    "as .docx, or its texts as .txt."
)
PROTECTED = N_(
    "{name} is protected by a password, or is an old .doc file. Open it and save it as .docx "
    "without a password."
)
TABLE = N_("Read from the document: table {number} of {count}. Everything around it is left out.")
WIDER = N_(
    "{name}, row {line} of the table: it has another number of cells than the header: {found}, "
    "not {expected}. Give every row as many cells as the header."
)
_OLE = b"\xd0\xcf\x11\xe0"  # an old .doc file, and what an encrypted .docx is wrapped in
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_SKIPPED = {"moveFrom", "Fallback"}  # what stands there a second time; deletions hold no "t"
_SILENT = {*_SKIPPED, "pPr", "rPr"}
BLOCK = 1 << 16  # bytes of XML at a time
MAX_DEPTH = 256  # elements in one another, as many as libxml2 takes
MAX_NAMES = 10_000  # different names of elements and attributes; Word has some thousand
MAX_TAG = 1 << 22  # bytes of one tag with its attributes
MAX_CELLS = 1_000  # of a table's row; Word takes 63


def read_docx(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """The first table with two columns and two rows, whose first row is the header.

    Without such a table, one paragraph a row in the column "text". Lines are the numbers of rows
    or paragraphs, blank ones counted.
    """
    file.refuse_empty()
    data = file.whole()
    if data.startswith(_OLE):
        raise FileError(PROTECTED, name=file.name)
    weigh(file, data)
    for body in _passes(file.name, data):
        table = body.first
    if table is None:
        start = partial(_paragraphs, file.name, data)
        return _stream(file, ["text"], start, "paragraph", file.notices)
    notice = Notice(TABLE, {"number": table.number + 1, "count": body.tables})
    start = partial(_rows, file.name, data, table.number, len(table.header))
    return _stream(file, table.header, start, "row", [*file.notices, notice])


def _stream(file: File, columns: list[str], start, unit: str, notices) -> RowStream:
    return RowStream(file.name, columns, "Word", start, notices=notices, unit=unit)


def _paragraphs(name: str, data: bytes, tell: Tell) -> Iterator[Row]:
    texts = (text for body in _passes(name, data) for text in body.paragraphs)
    return ((number, (text,)) for number, text in enumerate(texts, 1))


def _rows(name: str, data: bytes, place: int, width: int, tell: Tell) -> Iterator[Row]:
    rows = (row for body in _passes(name, data) for row in body.rows)
    for number, cells in enumerate((cells for table, cells in rows if table == place), 1):
        if any(map(str.strip, cells[width:])):
            values = {"line": number, "found": len(cells), "expected": width}
            raise FileError(WIDER, name=name, **values)
        if number > 1:
            yield number, (*cells, *[""] * width)[:width]


class _Table:
    """What is kept of a table that went by."""

    def __init__(self, number: int) -> None:
        self.number, self.columns, self.rows, self.header = number, 0, 0, []


class _Body:
    """What a document's body holds, as its elements begin and end: finished paragraphs and rows.

    Whoever reads it takes them away, so that no more than one paragraph or row is held.
    """

    def __init__(self, name: str) -> None:
        self.name, self.found = name, False
        self.paragraphs: list[str] = []
        self.rows: list[tuple[int, list[str]]] = []  # the number of its table, its cells
        self.tables, self.first = 0, None  # the first with two columns and two rows
        self.path: list[str] = []  # the open elements
        self.into: list[list[str] | None] = []  # for each, the pieces of the text that it adds to
        self.open: list[tuple[int, int]] = []  # paragraphs: their depth, their place in `block`
        self.block: list[str] = []  # paragraphs that stand in the one open paragraph or cell
        self.skipped, self.in_cell = 0, False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        self.path.append(name)
        if len(self.path) > MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} elements in one another")
        into = self.into[-1] if self.into else None
        if name == "p":  # a formula's or a drawing's is no row, and its text is left out
            into = self._paragraph() if "wordprocessingml" in space else None
        elif name in _SILENT:
            into = None
        elif name in _SPACES and into is not None:
            into.append(_SPACES[name])
        self.into.append(into)
        self.skipped += name in _SKIPPED
        if name in _MARKS and (begin := _BEGIN.get(tuple(self.path))):
            begin(self, attributes.get(f"{space} val"))

    def text(self, text: str) -> None:
        if self.path[-1] == "t" and self.into[-1] is not None:
            self.into[-1].append(text)

    def end(self, tag: str) -> None:
        if self.open and self.open[-1][0] == len(self.path):
            self.block[self.open.pop()[1]] = "".join(self.into[-1])
        if self.block and not self.open and not self.in_cell:
            self._flush()
        name = self.path[-1]
        if name in _MARKS and (finish := _FINISH.get(tuple(self.path))):
            finish(self)
        self.skipped -= name in _SKIPPED
        self.path.pop()
        self.into.pop()

    def _paragraph(self) -> list[str] | None:
        if self.skipped or self.path[1:2] != ["body"]:
            return None
        self.open.append((len(self.path), len(self.block)))
        self.block.append("")
        return []

    def _flush(self) -> None:
        self.paragraphs += self.block
        self.block = []

    def _body(self, _) -> None:
        self.found = True

    def _table(self, _) -> None:
        self.table, self.above = _Table(self.tables), []
        self.tables += 1

    def _column(self, _) -> None:
        self.table.columns += 1

    def _row(self, _) -> None:
        self.cells, self.after = [], 0

    def _before(self, count: str | None) -> None:
        self._add("", count)

    def _after(self, count: str | None) -> None:
        self.after = count

    def _cell(self, _) -> None:
        self.in_cell, self.span, self.merged = True, 1, False

    def _span(self, count: str | None) -> None:
        self.span = count or 1

    def _merge(self, kind: str | None) -> None:
        self.merged = kind != "restart"

    def _cell_done(self) -> None:
        text = "\n".join(self.block)
        if self.merged:  # with the cell above it
            text = "".join(self.above[len(self.cells) :][:1])
        self._add(text, self.span)
        self._flush()
        self.in_cell = False

    def _add(self, text: str, count: str | int | None) -> None:
        self.cells += [text] * min(int(count or 0), MAX_CELLS + 1)
        if len(self.cells) > MAX_CELLS:
            raise ValueError(f"a table has more than {MAX_CELLS} columns")

    def _row_done(self) -> None:
        self._add("", self.after)
        if sum(map(len, self.cells)) > MAX_ROW:  # one text may stand in many merged cells
            raise FileError(TOO_LONG, name=self.name, limit=MAX_ROW)
        self.table.rows += 1
        if self.table.rows == 1:
            self.table.header = self.cells
        self.rows.append((self.table.number, self.cells))
        self.above = self.cells

    def _table_done(self) -> None:
        if self.first is None and self.table.rows > 1 and self.table.columns > 1:
            self.first = self.table


_TABLE = ("document", "body", "tbl")  # one that stands in no other
_ROW = (*_TABLE, "tr")
_CELL = (*_ROW, "tc")
_BEGIN = {  # called with the attribute "val"
    ("document", "body"): _Body._body,
    _TABLE: _Body._table,
    (*_TABLE, "tblGrid", "gridCol"): _Body._column,
    _ROW: _Body._row,
    (*_ROW, "trPr", "gridBefore"): _Body._before,
    (*_ROW, "trPr", "gridAfter"): _Body._after,
    _CELL: _Body._cell,
    (*_CELL, "tcPr", "gridSpan"): _Body._span,
    (*_CELL, "tcPr", "vMerge"): _Body._merge,
}
_FINISH = {_TABLE: _Body._table_done, _ROW: _Body._row_done, _CELL: _Body._cell_done}
_MARKS = {path[-1] for path in _BEGIN}


def _passes(name: str, data: bytes) -> Iterator[_Body]:
    """The body, after each block of the document."""
    body = _Body(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_main(archive)) as part:
            for _ in _parsed(part, body.start, body.end, body.text):
                yield body
                body.paragraphs, body.rows = [], []
        if not body.found:
            raise ValueError("it has no body")
    except FileError:
        raise
    except Exception as error:  # of whatever the parsers stumble over
        reason = " ".join(str(error).split())[:200].rstrip(". ") or type(error).__name__
        raise FileError(BROKEN, name=name, reason=reason) from error


def _main(archive: zipfile.ZipFile) -> str:
    """The part of the package that is the document."""
    found = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if not found and attributes.get("Type", "").endswith("/officeDocument"):
            found.append(posixpath.normpath(attributes.get("Target", "")).lstrip("/"))

    with archive.open("_rels/.rels") as part:
        for _ in _parsed(part, start):
            pass
    if not found:
        raise ValueError("it names no document")
    return found[0]


def _parsed(part: BinaryIO, start: Callable, end=None, text=None) -> Iterator[None]:
    """Parse a part block by block, in flat memory. `ValueError` for XML made to fill it."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text, parser.buffer_size = True, BLOCK
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartNamespaceDeclHandler = lambda prefix, space: None  # so that these are names too
    fed = 0
    while block := part.read(BLOCK):
        parser.Parse(block, False)
        fed += len(block)
        if fed - parser.CurrentByteIndex > MAX_TAG:
            raise ValueError(f"a tag has more than {MAX_TAG} bytes")
        if len(parser.intern) > MAX_NAMES:
            raise ValueError(f"more than {MAX_NAMES} different names")
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_) -> None:
    """Entities, which can grow, begin there; part 2 of ECMA-376 forbids it."""
    raise ValueError("it has a document type declaration")
