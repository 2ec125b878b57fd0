"""Word's .docx: the rows of its table, or its paragraphs.

Elements are dropped as soon as they end: a tree takes twenty times the bytes of its XML, and a few
of those, packed, would fill any memory. Names are as in ECMA-376, part 1, chapter 17.
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO
from xml.etree.ElementTree import Element

from attnviz.data.archives import MAX_ROW, weigh
from attnviz.data.files import OLE, File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import TOO_LONG, Notice, is_blank
from attnviz.errors import N_, FileError, reason

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
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_SKIPPED = {"moveFrom", "Fallback"}  # what is there a second time; deletions hold no "t"
_SINKS = {"p", "pPr", "rPr"}  # paragraphs, and where a tab is no character
_TABLE = ["document", "body", "tbl"]  # one that is in no other
_ROW, _CELL = [*_TABLE, "tr"], [*_TABLE, "tr", "tc"]
MAX_DEPTH = 256  # elements in one another, as many as libxml2 takes
MAX_NAMES = 10_000  # different names of elements and attributes; Word has some thousand
MAX_TAG = 1 << 22  # bytes of one tag with its attributes, or of one text
MAX_CELLS = 1_000  # of a table's row; Word takes 63


def read_docx(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """The first table with two columns and two rows, whose first row is the header.

    Without such a table, one paragraph a row in the column "text". Lines are the numbers of rows
    or paragraphs, blank ones counted.
    """
    file.refuse_empty()
    data = file.whole()
    if data.startswith(OLE):
        raise FileError(PROTECTED, name=file.name)
    weigh(file, data)
    table, count = None, 0
    for item in _content(file.name, data):
        if isinstance(item, _Table):
            count = item.number + 1
            table = table or (item if item.rows > 1 and item.columns > 1 else None)
    if table is None:
        start = partial(_paragraphs, file.name, data)
        columns, notices, unit = ["text"], file.notices, "paragraph"
    else:
        start = partial(_rows, file.name, data, table.number, len(table.header))
        notice = Notice(TABLE, {"number": table.number + 1, "count": count})
        columns, notices, unit = table.header, [*file.notices, notice], "row"
    return RowStream(file.name, columns, "Word", start, notices=notices, unit=unit, footed=True)


def _paragraphs(name: str, data: bytes, tell: Tell) -> Iterator[Row]:
    texts = (text for text in _content(name, data) if isinstance(text, str))
    return ((number, (text,)) for number, text in enumerate(texts, 1))


def _rows(name: str, data: bytes, place: int, width: int, tell: Tell) -> Iterator[Row]:
    tables = (table for table in _content(name, data) if isinstance(table, _Table))
    for table in tables:
        if table.number != place:
            continue
        number, cells = table.rows, table.cells
        if not is_blank(cells[width:]):
            values = {"line": number, "found": len(cells), "expected": width}
            raise FileError(WIDER, name=name, **values)
        if number > 1:
            yield number, (*cells, *[""] * width)[:width]


@dataclass(eq=False)
class _Table:
    """A table that goes by: its size so far, its header, its row, and the cell that is open."""

    number: int
    columns: int = 0
    rows: int = 0
    header: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)  # paragraphs
    span: str | int = 1
    merged: bool = False  # with the cell above it
    after: str | int = 0

    def note(self, name: str, value: str | None) -> None:
        """What a property says of the table, the row or the cell that is open."""
        self.columns += name == "gridCol"
        if name == "gridBefore":
            self.add("", value)
        elif name == "gridAfter":
            self.after = value or 0
        elif name == "gridSpan":
            self.span = value or 1
        elif name == "vMerge":
            self.merged = value != "restart"

    def add(self, text: str, count: str | int | None) -> None:
        self.cells += [text] * min(int(count or 0), MAX_CELLS + 1)
        if len(self.cells) > MAX_CELLS:
            raise ValueError(f"a table has more than {MAX_CELLS} columns")

    def end_cell(self) -> None:
        above = "".join(self.above[len(self.cells) :][:1])
        self.add(above if self.merged else "\n".join(self.cell), self.span)
        self.cell, self.span, self.merged = [], 1, False

    def end_row(self, name: str) -> None:
        self.add("", self.after)
        if sum(map(len, self.cells)) > MAX_ROW:  # one text may be in many merged cells
            raise FileError(TOO_LONG, name=name, limit=MAX_ROW)
        self.rows, self.above, self.after = self.rows + 1, self.cells, 0
        self.header = self.header if self.rows > 1 else self.cells


def _content(name: str, data: bytes) -> Iterator[str | _Table]:
    """The document's paragraphs, and its tables as they are after each of their rows."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_main(archive)) as part:
            yield from _tables(name, part)
    except (FileError, GeneratorExit):
        raise
    except Exception as error:  # of whatever the parsers stumble over
        from defusedxml.common import DTDForbidden

        forbidden = isinstance(error, DTDForbidden)
        said = "it has a document type declaration" if forbidden else reason(error)
        raise FileError(BROKEN, name=name, reason=said) from error


def _tables(name: str, part: BinaryIO) -> Iterator[str | _Table]:
    table, count, body = _Table(0), 0, False
    for event, element, path, texts in _texts(part):
        yield from texts
        body |= path == _TABLE[:2]
        if path[:3] != _TABLE:
            continue
        table.cell += texts if path[:5] == _CELL else []
        if event == "start":
            if path == _TABLE:
                table, count = _Table(count), count + 1
            elif path == _ROW:
                table.cells = []
        elif path == _CELL:
            table.end_cell()
        elif path == _ROW:
            table.end_row(name)
            yield table
        elif path[3:] in _PROPERTIES:
            space, _, _ = element.tag.rpartition("}")
            table.note(path[-1], element.get(f"{space}}}val"))
    if not body:
        raise ValueError("it has no body")


_PROPERTIES = [
    ["tblGrid", "gridCol"],
    *(["tr", "trPr", name] for name in ("gridBefore", "gridAfter")),
]
_PROPERTIES += [["tr", "tc", "tcPr", name] for name in ("gridSpan", "vMerge")]


def _texts(part: BinaryIO) -> Iterator[tuple[str, Element, list[str], list[str]]]:
    """Each event with the path of its element and the paragraphs that are whole now.

    A paragraph that is in another, in a text box, follows it.
    """
    block: list[str] = []
    sinks: list[tuple[int | None, list[str]]] = []  # what text adds to: a place in `block`, or none
    skipped = 0
    for event, element, path in _events(part):
        name, texts, start = path[-1], [], event == "start"
        skipped += (name in _SKIPPED) * (1 if start else -1)
        if name in _SINKS and not skipped and path[1:2] == ["body"]:
            if start:  # a formula's or a drawing's paragraph is no row
                row = name == "p" and "wordprocessingml" in element.tag
                sinks.append((len(block) if row else None, []))
                block += [""] * row
            else:
                place, pieces = sinks.pop()
                if place is not None:
                    block[place] = "".join(pieces)
        elif sinks and not start and not skipped:
            sinks[-1][1].append((element.text or "") if name == "t" else _SPACES.get(name, ""))
        if block and not sinks:
            texts, block = block, []
        yield event, element, path, texts


def _events(part: BinaryIO) -> Iterator[tuple[str, Element, list[str]]]:
    """Start and end of each element, with the names of the open ones; nothing else is kept."""
    source, names = _Measured(part), set()
    opened: list[Element] = []
    path: list[str] = []
    from defusedxml.ElementTree import iterparse  # as slow to import as it is rarely needed

    for event, element in iterparse(source, ("start", "end"), forbid_dtd=True):
        source.fed = 0
        if event == "start":
            opened.append(element)
            path.append(element.tag.rpartition("}")[2])
            names |= {element.tag, *element.attrib}
            if len(names) > MAX_NAMES:
                raise ValueError(f"more than {MAX_NAMES} different names")
            if len(path) > MAX_DEPTH:
                raise ValueError(f"more than {MAX_DEPTH} elements in one another")
        yield event, element, path
        if event == "end":
            opened.pop()
            path.pop()
            if opened:
                del opened[-1][:]


class _Measured:
    """A file of which so many bytes were read since an element last began or ended."""

    def __init__(self, part: BinaryIO) -> None:
        self.part, self.fed = part, 0

    def read(self, size: int) -> bytes:
        block = self.part.read(size)
        self.fed += len(block)
        if self.fed > MAX_TAG:
            raise ValueError(f"a tag has more than {MAX_TAG} bytes")
        return block


def _main(archive: zipfile.ZipFile) -> str:
    """The part of the package that is the document."""
    with archive.open("_rels/.rels") as part:
        for _, element, _ in _events(part):
            if element.get("Type", "").endswith("/officeDocument"):
                return posixpath.normpath(element.get("Target", "")).lstrip("/")
    raise ValueError("it names no document")
