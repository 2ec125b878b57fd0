"""Text files: one text a line, or cells between delimiters."""

import csv
import re
from itertools import islice

from attnviz.data.decoding import decode, line_at, split_lines
from attnviz.data.table import SAMPLE, Rows, Table
from attnviz.errors import N_, FileError

DELIMITERS = (",", ";", "\t", "|")
LONE = "\udfff"  # the "delimiter" of a single column: no decoded text holds a lone surrogate
SAMPLE_CHARACTERS = 1_000_000  # how far a guess at the delimiter looks

RAGGED = N_(
    "{name}, line {line}: {found} fields, but the header has {expected}. Put a field that holds "
    "the delimiter {delimiter!r} or a line break in quotation marks."
)
UNCLOSED = N_(
    "{name}, line {line}: a field opens with a quotation mark that is not closed at the field's "
    "end. Close it, and double every quotation mark that belongs to the text."
)


def read_txt(data: bytes, name: str) -> Table:
    text, *known = decode(data, name)
    found = Rows(name, *known)
    for number, line in enumerate(split_lines(text), 1):
        found.add((line.rstrip("\r\n"),), number)
    return found.table(["text"])


def read_csv(data: bytes, name: str, delimiter: str | None = None) -> Table:
    text, *known = decode(data, name)
    delimiter = delimiter or _find_delimiter(text)
    found, header, end = Rows(name, *known), [], 0
    reader = _csv_reader(text, delimiter, strict=True)
    try:
        for row in reader:
            line, end = end + 1, reader.line_num
            if not header and any(map(str.strip, row)):
                header = row
            elif len(row) == len(header) or not any(map(str.strip, row)):
                found.add(tuple(row), line)
            else:
                values = {"name": name, "line": line, "found": len(row), "expected": len(header)}
                raise FileError(RAGGED, delimiter=delimiter, **values)
    except csv.Error as error:
        raise FileError(UNCLOSED, name=name, line=_bad_quote(text, delimiter)) from error
    return found.table(header)


def _csv_reader(text: str, delimiter: str, strict: bool = False):
    # The field limit is the whole process's, so it is only ever raised; a C long can be 32 bits.
    csv.field_size_limit(max(csv.field_size_limit(), min(len(text), 2**31 - 1)))
    return csv.reader(split_lines(text), delimiter=delimiter, strict=strict)


def _find_delimiter(text: str) -> str:
    """The one that cuts most rows like the header; a header that none cuts is a lone column."""
    text = text.lstrip("\r\n")
    start, best, found = text[:SAMPLE_CHARACTERS], (0.0, 0), LONE
    for delimiter in DELIMITERS:
        rows = list(islice(_csv_reader(start, delimiter), SAMPLE))
        if len(start) < len(text) and len(rows) > 1:
            rows.pop()  # cut off in its middle, perhaps
        widths = [len(row) for row in rows if any(map(str.strip, row))] or [0]
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if widths[0] > 1 and score > best:
            best, found = score, delimiter
    return found


def _bad_quote(text: str, delimiter: str) -> int:
    """The line at which the first field opens that strict CSV cannot close."""
    cut = re.escape(delimiter)
    good = re.compile(rf'(?:(?:"[^"]*+")++|[^"{cut}\r\n][^{cut}\r\n]*+)?+(?:{cut}|\r\n?|\n)')
    end = 0
    while match := good.match(text, end):
        end = match.end()
    return line_at(text, end)
