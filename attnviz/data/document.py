"""Word's .docx: the rows of its table, or its paragraphs."""

import io
from collections.abc import Iterator
from functools import partial

from attnviz.data.archives import weigh
from attnviz.data.files import File
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import Notice
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
    "{name}, row {line} of the table: {found} cells, but the header has {expected}. Give every "
    "row as many cells as the header."
)
_OLE = b"\xd0\xcf\x11\xe0"  # an old .doc file, and what an encrypted .docx is wrapped in
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_SKIPPED = {"moveFrom", "Fallback"}  # what stands there a second time; deletions hold no "t"


def read_docx(file: File, encoding: str | None = None, delimiter: str | None = None) -> RowStream:
    """The first table with two columns and two rows, whose first row is the header.

    Without such a table, one paragraph a row in the column "text". Lines are the numbers of rows
    or paragraphs, blank ones counted.
    """
    file.refuse_empty()
    data = file.whole()
    if data.startswith(_OLE):
        raise FileError(PROTECTED, name=file.name)
    weigh(file, data)
    document = _open(file.name, data)
    tables = document.tables
    sizes = [(len(table.rows), len(table.columns)) for table in tables]
    place = next((i for i, (rows, width) in enumerate(sizes) if rows > 1 and width > 1), None)
    if place is None:
        start = partial(_paragraphs, document)
        return _stream(file, ["text"], start, "paragraph", file.notices)
    notice = Notice(TABLE, {"number": place + 1, "count": len(tables)})
    header = _cells(tables[place].rows[0])
    start = partial(_rows, file.name, tables[place], len(header))
    return _stream(file, header, start, "row", [*file.notices, notice])


def _stream(file: File, columns: list[str], start, unit: str, notices) -> RowStream:
    return RowStream(file.name, columns, "Word", start, notices=notices, unit=unit)


def _open(name: str, data: bytes):
    from docx import Document

    try:
        document = Document(io.BytesIO(data))
        document.tables  # noqa: B018  a document without a body fails here
    except Exception as error:  # of whatever its parsers stumble over
        reason = " ".join(str(error).split())[:200].rstrip(". ") or type(error).__name__
        raise FileError(BROKEN, name=name, reason=reason) from error
    return document


def _paragraphs(document, tell: Tell) -> Iterator[Row]:
    body = document.element.body
    paragraphs = (node for node in body.iter() if _tag(node) == "p" and _is_word(node))
    return ((number, (_text(node),)) for number, node in enumerate(paragraphs, 1))


def _rows(name: str, table, width: int, tell: Tell) -> Iterator[Row]:
    for number, row in enumerate(table.rows, 1):
        cells = _cells(row)
        if len(cells) > width and any(map(str.strip, cells[width:])):
            values = {"line": number, "found": len(cells), "expected": width}
            raise FileError(WIDER, name=name, **values)
        if number > 1:
            yield number, (*cells, *[""] * width)[:width]


def _cells(row) -> list[str]:
    before, after = [""] * row.grid_cols_before, [""] * row.grid_cols_after
    return [*before, *(_cell(cell._tc) for cell in row.cells), *after]


def _cell(node) -> str:
    return "\n".join(_text(part) for part in node.iter() if _tag(part) == "p" and _is_word(part))


def _text(node) -> str:
    """What stands in a paragraph, insertions and links with it, deletions without."""
    text = ""
    for part in node.iterchildren():
        name = _tag(part)
        if name == "t":
            text += part.text or ""
        elif name in _SPACES:
            text += _SPACES[name]
        elif name not in _SKIPPED and name not in ("p", "pPr", "rPr"):
            text += _text(part)
    return text


def _tag(node) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _is_word(node) -> bool:
    """Whether a paragraph is Word's, and not a formula's or a drawing's, nor left out."""
    above = {_tag(parent) for parent in node.iterancestors()}
    return "wordprocessingml" in node.tag and not above & _SKIPPED
