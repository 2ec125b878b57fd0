"""Text files: one text a line, or cells between delimiters."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, groupby

from attnviz.data.bad_rows import RAGGED, UNCLOSED, BadRows
from attnviz.data.decoding import Text, find_text
from attnviz.data.files import File
from attnviz.data.header import Header
from attnviz.data.line_labels import FASTTEXT_S, MARKED, UNMARKED, Form, find_form, perhaps_labels
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.splitting import ALONE, Cut
from attnviz.data.stream import Count, Row, RowStream, Tell
from attnviz.data.table import Notice, is_blank
from attnviz.data.table_layout import Layout, find_layout, settle, take_sample
from attnviz.data.text_tables import find_table
from attnviz.errors import N_, FileError

NULL = "\\N"  # of PostgreSQL and MySQL
TEXT = Header(0, ("text",))  # of a file of one text a line

REPEATED = N_("Rows left out that repeat the header: {count} (the first is line {line}).")
NULLS = N_(
    "Cells with \\N, which databases write where there is no value, are empty. Rows: {count} (the "
    "first is line {line})."
)
BLOCKS = N_(
    "Blank lines stand between blocks of several lines, but each line was read as a text of its "
    "own. If a block is one text, put it on one line."
)
MARKS_ALONE = N_(
    "Quotation marks taken for characters of the text, as no cell ends with them: {count} (the "
    "first in line {line})."
)


def read_txt(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """One text a line, in the column "text"; or a table where the lines are clearly one."""
    text = find_text(file, reading.encoding)
    if reading.delimiter:
        return _stream(text, find_layout(text, reading, headed=False), reading)
    sample = take_sample(text, reading.header or 1)
    notices = ()
    if reading.delimiter is None and sample.lines:
        if form := find_form(sample.lines, FASTTEXT_S if reading.header else MARKED):
            return _labelled(text, form)
        delimiter, notices = find_table(sample)
        if delimiter is not None:
            layout = settle(sample, delimiter, reading, headed=False)
            return _stream(text, layout, reading, notices)
        if not reading.header and (form := find_form(sample.lines, UNMARKED)):
            return _labelled(text, form)
        notices = (*(notices or perhaps_labels(sample.lines)), *_blocks(sample.lines))
    if reading.header:
        return _stream(text, find_layout(text, reading, "", headed=True), reading)
    plain = _stream(text, Layout(Cut("", reading.quoting or "none"), TEXT), reading, notices)
    plain.delimiter = plain.header = plain.quoting = None
    return plain


def _blocks(lines: Sequence[str]) -> tuple[Notice, ...]:
    """What to say where blank lines stand between blocks of several lines, not between lines."""
    sizes = [len(list(block)) for blank, block in groupby(lines, str.isspace) if not blank]
    many = sum(size > 1 for size in sizes)
    return (Notice(BLOCKS),) if many > 1 and 2 * many > len(sizes) else ()


def read_csv(file: File, reading: Reading = AS_FOUND, *, usual: str = "") -> RowStream:
    """Cells between delimiters: the given one, else the `usual` one, else the one that fits."""
    text = find_text(file, reading.encoding)
    if reading.delimiter is None and (form := find_form(take_sample(text).lines, FASTTEXT_S)):
        return _labelled(text, form)
    return _stream(text, find_layout(text, reading, usual), reading)


def _stream(
    text: Text, layout: Layout, reading: Reading, notices: tuple[Notice, ...] = ()
) -> RowStream:
    stream = RowStream(
        text.file.name,
        layout.header.names,
        text.encoding,
        partial(_rows, text, layout, reading.skip_bad_rows),
        delimiter=layout.cut.delimiter,
        notices=(*text.notices, *notices, *layout.notices),
        footed=True,
    )
    stream.header, stream.quoting = layout.header.line, layout.cut.quoting
    return stream


def _labelled(text: Text, form: Form) -> RowStream:
    def start(tell: Tell) -> Iterator[Row]:
        return form.rows(text.lines())

    notices = (*text.notices, form.notice)
    return RowStream(text.file.name, form.columns, text.encoding, start, notices=notices)


def _rows(text: Text, layout: Layout, skip: bool, tell: Tell) -> Iterator[Row]:
    """The rows below the header, each as wide as it or blank."""
    width, names, extra = layout.width, list(layout.header.names), layout.header.extra
    first, last = layout.first, layout.last or sys.maxsize
    if width == 1 or not layout.header.sure:
        names = None  # a row like it may be data
    bad, marks, repeated, nulls, count = BadRows(skip), Count(), Count(), Count(), 0
    for line, cells, fault in layout.cut.rows(text.lines(layout.ends), width, layout.fits):
        if not first <= line < last or line in extra:
            if line >= last:
                break
            if is_blank(cells):
                yield line, ()
        elif cells == names:
            repeated.add(1, line)
        elif len(cells) == width and (not fault or fault == ALONE or not layout.quoted):
            if fault:
                marks.add(1, line)
            count += 1
            if width > 1 and NULL in cells:
                nulls.add(1, line)
                cells = ["" if cell == NULL else cell for cell in cells]
            yield line, tuple(cells)
        elif is_blank(cells):
            yield line, ()
        elif not fault and len(cells) == layout.padded and is_blank(cells[width:]):
            count += 1
            yield line, tuple(cells[:width])
        else:
            bad.add(_error(text, layout, line, len(cells), fault), count)
    told = (
        marks.notice(MARKS_ALONE),
        nulls.notice(NULLS),
        repeated.notice(REPEATED),
        bad.settle(count),
    )
    for notice in chain.from_iterable(told):
        tell(notice)


def _error(text: Text, layout: Layout, line: int, found: int, fault: str) -> FileError:
    values = {"name": text.file.name, "line": line}
    if fault:
        return FileError(UNCLOSED, **values)
    delimiter = layout.cut.delimiter
    return FileError(RAGGED, found=found, expected=layout.width, delimiter=delimiter, **values)
