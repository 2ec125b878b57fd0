"""JSON: one object a line, a list of them, or one of the layouts in which tools write records."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice, repeat

from attnviz.data.decoding import Text, find_text
from attnviz.data.document_layouts import READ_AS, Document, unwrap_document
from attnviz.data.files import File
from attnviz.data.flattening import Cells, Flattening
from attnviz.data.json_text import (
    after_space,
    broken,
    is_value,
    lines_of,
    of_lines,
    of_list,
    of_sequence,
    value_at,
)
from attnviz.data.lists import Rows, rows_of
from attnviz.data.literals import PYTHON, as_json
from attnviz.data.nested import EXAMPLE
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.record_layouts import WITHOUT_LABEL, record_layout
from attnviz.data.stream import Count, Row, RowStream, Tell
from attnviz.data.table import MAX_CELLS, NO_PARTS, SAMPLE, TOO_MANY, Notice
from attnviz.errors import N_, FileError, Phrase

NO_OBJECT = N_(
    "{name}, line {line}: {kind} where an object should be. Write one whole object a line, as "
    "{example}, or a list of them."
)
LACKING = N_(
    "Rows that lack a key: {count} (the first in line {line}, without “{key}”). Their cells are "
    "empty."
)
KINDS = {
    list: N_("a list"),
    str: N_("a string"),
    bool: N_("true or false"),
    type(None): N_("null"),
}
OF_DOCUMENT = N_("JSON that is not one object a line")
LITERALS = N_("Python dictionaries in single quotes, which are no JSON")


@dataclass(frozen=True)
class _Form:
    """How the values of a file stand in it; each pass reads them anew."""

    text: Text
    kind: str  # "lines", a key of _VALUES, or "document": one object that holds all records
    python: bool = False
    part: str | None = None
    skip: bool = False  # whether any number of broken lines is left out
    places: Sequence[int] | None = None  # of a document's records: the lines, or their numbers

    def whole(self) -> str:
        text = self.text.whole()
        return as_json(text) if self.python else text

    def lines(self) -> Iterator[str]:
        return map(as_json, self.text.lines()) if self.python else self.text.lines()

    def values(
        self, document: Document | None = None, tell: Tell = lambda notice: None
    ) -> Iterator[tuple[object, int]]:
        """Each with the line at which it starts, or with its number where it has no line.

        A `document` that is parsed already is not parsed again. `tell` gets what is left out.
        """
        if self.kind == "lines":
            return of_lines(self.lines(), self.text.file.name, self.skip, tell)
        if self.kind != "document":
            return _VALUES[self.kind](self, self.text.file.name)
        records = (document or self.document(self.whole())).records
        return zip(records, chain(self.places, repeat(0)), strict=False)

    def opened(self) -> tuple["_Form", Document | None]:
        """The form with the places of a document's records, and the document."""
        if self.kind != "document":
            return self, None
        text = self.whole()
        found = self.document(text)
        places = range(1, len(found.records) + 1)
        if found.path is not None:
            places = array("q", lines_of(text, found.path, self.text.file.name))
        return replace(self, places=places), found

    def document(self, text: str) -> Document:
        name = self.text.file.name
        if text.count(",") + text.count("{") + text.count("[") > MAX_CELLS:
            raise FileError(TOO_MANY, name=name, limit=MAX_CELLS)
        value, _ = value_at(text, after_space(text, 0), name)
        return unwrap_document(value, name, self.part)


def read_jsonl(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """Numbers stay as they are spelled, null is an empty cell; see `Flattening` for nested values.

    Two passes: the first finds the columns, which are the keys in the order in which they turn up.
    `part` is the key of the records. Raises `FileError` where the file is broken.
    """
    text = find_text(file, reading.encoding)
    form = _form(text, reading.part)
    if reading.part and form.kind != "document":
        raise FileError(NO_PARTS, name=file.name)
    if form.kind != "lines":
        reading.refuse_unused(file.name, ("encoding", "part"), Notice(OF_DOCUMENT))
    form = replace(form, skip=reading.skip_bad_rows)
    said, unit = list(text.notices), "line"
    if form.python:
        said.append(Notice(READ_AS, {"layout": Phrase(LITERALS)}))
    form, document = form.opened()
    if document is not None:
        said += document.said
        unit = "line" if document.path is not None else "row"
    rows = rows_of([value for value, _ in islice(form.values(document), SAMPLE)])
    first = islice(_objects(form, rows, None, document), SAMPLE)
    layout = record_layout([record for record, _ in first])
    titles = [rows.title if rows else None, layout[0] if layout else None]
    said += [Notice(READ_AS, {"layout": Phrase(title)}) for title in titles if title]
    objects = partial(_objects, form, rows, layout[1] if layout else None)
    places, keys = _columns(partial(objects, document), file.name)
    names = [".".join(path) for path in places]
    without = WITHOUT_LABEL.get(layout[1]) if layout else None
    start = partial(_rows, file.name, objects, places, keys, without)
    stream = RowStream(file.name, names, text.encoding, start, notices=said, unit=unit)
    if document is not None:
        stream.parts, stream.part = document.parts, document.part
    return stream


def _columns(objects: Callable, name: str) -> tuple[list, list[str]]:
    """The ways to the value of each column, and the keys that a record may have."""
    shape, keys = Flattening(name), {}
    for record, _ in objects():
        if not keys.keys() >= record.keys():
            keys.update(dict.fromkeys(record))
        shape.learn(record)
    return shape.places, list(keys)


def _rows(
    name: str, objects: Callable, places: list, keys: list[str], without: tuple | None, tell: Tell
) -> Iterator[Row]:
    cells, lacking, first, unlabelled = Cells(places), 0, (0, ""), Count()
    for record, line in objects(tell=tell):
        try:
            row = cells.row(record, line)
        except RecursionError as error:
            raise broken("", 0, name, line, "nested too deeply") from error
        if len(record) < len(keys) and any(row):
            key = next(key for key in keys if key not in record)
            lacking, first = lacking + 1, first if lacking else (line, key)
        if without is not None:
            unlabelled.add(without[0](record), line)
        yield line, row
    if lacking:
        tell(Notice(LACKING, {"count": lacking, "line": first[0], "key": first[1][:60]}))
    for notice in [*cells.notices, *(unlabelled.notice(without[1]) if without else ())]:
        tell(notice)


def _objects(
    form: _Form,
    rows: Rows | None,
    unwrap: Callable | None,
    document: Document | None = None,
    tell: Tell = lambda notice: None,
) -> Iterator[tuple[Mapping, int]]:
    """The records of a file without what a layout wraps around them."""
    name, values = form.text.file.name, form.values(document, tell)
    for value, line in islice(values, 1, None) if rows and rows.headed else values:
        if rows and isinstance(value, list | str):
            value = rows.record(value)
        if not isinstance(value, dict):
            kind = Phrase(KINDS.get(type(value), N_("a number")))
            raise FileError(NO_OBJECT, name=name, line=line, kind=kind, example=EXAMPLE)
        yield (unwrap(value) if unwrap and value else value), line


# Where the values stand.


def _form(text: Text, part: str | None) -> _Form:
    """What the first two lines tell of how the file is written."""
    filled = (line for line in text.lines() if line.strip(" \t\r\n"))
    first, second = next(filled, ""), next(filled, "")
    python = PYTHON.match(first + second) is not None
    if python:
        first, second = as_json(first), as_json(second)
    form = partial(_Form, text, python=python, part=part)
    opening, following = first.lstrip(" \t")[:1], second.lstrip(" \t")[:1]
    if opening == "[":
        return form("lines" if following == "[" and is_value(first) else "list")
    if opening != "{" or (following and (is_value(first) or is_value(second))):
        return form("lines")
    if is_value(first):  # and nothing else
        return form("document")
    whole = form("document").whole()
    _, end = value_at(whole, after_space(whole, 0), text.file.name)
    return form("document" if after_space(whole, end) == len(whole) else "sequence")


_VALUES = {
    "list": lambda form, name: of_list(form.whole(), name),
    "sequence": lambda form, name: of_sequence(form.whole(), name),  # objects over several lines
}
