"""Text files: one text a line, or cells between delimiters."""

import csv
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

from attnviz.data.decoding import MAX_LINE, Text, find_text, line_at
from attnviz.data.files import File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import SAMPLE
from attnviz.errors import N_, FileError

DELIMITERS = (",", ";", "\t", "|", "^", "\x01", "\x1f")
LONE = "\udfff"  # the "delimiter" of a single column: no decoded text holds a lone surrogate
SAMPLE_CHARACTERS = 1_000_000  # how far a guess at the delimiter looks

RAGGED = N_(
    "{name}, line {line}: the row has another number of fields than the header: {found}, not "
    "{expected}. Put a field that holds the delimiter {delimiter!r} or a line break in "
    "quotation marks."
)
UNCLOSED = N_(
    "{name}, line {line}: a field opens with a quotation mark that is not closed at the field's "
    "end. Close it, and double every quotation mark that belongs to the text."
)
NO_DELIMITER = N_("“{delimiter}” is no delimiter. Give one character that is no quotation mark.")


def read_txt(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """One text a line, in the column "text"."""
    text = find_text(file, reading.encoding)

    def start(tell: Tell) -> Iterator[Row]:
        return ((number, (line.rstrip("\r\n"),)) for number, line in enumerate(text.lines(), 1))

    return RowStream(file.name, ["text"], text.encoding, start, notices=text.notices)


def read_csv(file: File, reading: Reading = AS_FOUND, *, usual: str = "") -> RowStream:
    """Cells between delimiters: the given one, else the `usual` one, else the one that fits."""
    text = find_text(file, reading.encoding)
    if reading.delimiter is None:
        cut = usual or _find_delimiter(text)
    else:
        cut = _checked(reading.delimiter) if reading.delimiter else LONE
    header = next((row for _, row in _rows(text, cut) if any(map(str.strip, row))), [])
    return RowStream(
        file.name,
        header,
        text.encoding,
        partial(_cells, text, cut, len(header)),
        delimiter="" if cut is LONE else cut,
        notices=text.notices,
    )


def _cells(text: Text, delimiter: str, width: int, tell: Tell) -> Iterator[Row]:
    """The rows below the header, each as wide as it or blank."""
    headed = False
    for line, row in _rows(text, delimiter):
        if len(row) == width and headed:
            yield line, tuple(row)
        elif not any(map(str.strip, row)):
            yield line, ()
        elif not headed:
            headed = True
        else:
            values = {"name": text.file.name, "line": line, "found": len(row), "expected": width}
            raise FileError(RAGGED, delimiter=delimiter, **values)


def _rows(text: Text, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row with the line at which it starts."""
    reader, end = _csv_reader(text.lines(), delimiter, strict=True), 0
    try:
        for row in reader:
            line, end = end + 1, reader.line_num
            yield line, row
    except csv.Error as error:
        line = _bad_quote(text, end, delimiter)
        raise FileError(UNCLOSED, name=text.file.name, line=line) from error


def _csv_reader(lines: Iterable[str], delimiter: str, strict: bool = False):
    # The field limit is the whole process's, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    return csv.reader(lines, delimiter=delimiter, strict=strict)


def _checked(delimiter: str) -> str:
    """One character; a shell's `\\t` or `\\x01` is the character that it names."""
    named = re.fullmatch(r"\\(?:t|x[0-9a-fA-F]{2})", delimiter)
    found = delimiter.encode().decode("unicode_escape") if named else delimiter
    if len(found) != 1 or found in '"\r\n\0\ufffd' or LONE <= found <= LONE:
        raise FileError(NO_DELIMITER, delimiter=delimiter)
    return found


def _find_delimiter(text: Text) -> str:
    """The one that cuts most rows like the header; a header that none cuts is a lone column."""
    start, cut = _first_lines(text)
    best, found = (0.0, 0), LONE
    for delimiter in DELIMITERS:
        rows = list(islice(_csv_reader(start, delimiter), SAMPLE))
        if cut and len(rows) > 1:
            rows.pop()  # cut off in its middle, perhaps
        widths = [len(row) for row in rows if any(map(str.strip, row))] or [0]
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if widths[0] > 1 and score > best:
            best, found = score, delimiter
    return found


def _first_lines(text: Text) -> tuple[list[str], bool]:
    """The first lines from the header on, and whether there are more."""
    lines, size = [], 0
    for line in text.lines():
        if lines or line.strip("\r\n"):
            if size > SAMPLE_CHARACTERS:
                return lines, True
            lines.append(line[: SAMPLE_CHARACTERS + 1])
            size += len(line)
    return lines, size > SAMPLE_CHARACTERS


def _bad_quote(text: Text, known: int, delimiter: str) -> int:
    """The line, after `known` good ones, at which a field opens that strict CSV cannot close."""
    rest, size = [], 0
    for line in islice(text.lines(), known, None):
        rest.append(line)
        size += len(line)
        if size > MAX_LINE:
            break
    rest, cut = "".join(rest), re.escape(delimiter)
    good = re.compile(rf'(?:(?:"[^"]*+")++|[^"{cut}\r\n][^{cut}\r\n]*+)?+(?:{cut}|\r\n?|\n)')
    end = 0
    while match := good.match(rest, end):
        end = match.end()
    return known + line_at(rest, end)
