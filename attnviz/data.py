"""Other people's files, read as a `Table` of strings.

`read_table` takes a path or the bytes of an upload, finds encoding and format, and returns every
text with the line it stands on in the user's editor, or raises a `FileError` that says what was
found, where, and what to do. What was skipped or guessed is told in `Table.notices`. Values stay
text: nothing is converted, escaped or run.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from attnviz.errors import N_, FileError, Phrase

MAX_BYTES = 200_000_000
DELIMITERS = (",", ";", "\t", "|")
LONE = "\udfff"  # the "delimiter" of a single column: no decoded text holds a lone surrogate
SAMPLE = 200  # how many rows or lines a guess looks at

TEXT_NAMES = (
    *("text", "texts", "sentence", "review", "content", "comment", "document", "body", "message"),
    *("tweet", "post", "utterance", "full_text", "review_text", "review_body", "文本", "正文"),
    *("内容", "评论", "句子", "评论内容", "评价", "留言", "內容", "評論", "評價"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "sentiment", "category", "target", "polarity", "gold", "tag"),
    *("标签", "类别", "情感", "分类", "情感倾向", "標籤", "類別", "分類"),
)
MARKS = {  # byte order marks; UTF-32 first, for its little-endian mark begins with that of UTF-16
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-8-sig": codecs.BOM_UTF8,
}
SIGNATURES = {
    b"\x89PNG\r\n": N_("PNG image"),
    b"\xff\xd8\xff": N_("JPEG image"),
    b"%PDF-": N_("PDF document"),
    b"PK\x03\x04": N_("ZIP archive (Excel's .xlsx and Word's .docx are such)"),
    b"\x1f\x8b": N_("gzip archive"),
    b"\xd0\xcf\x11\xe0": N_("Excel 97 or Word 97 document"),
}
RAGGED = N_(
    "{name}, line {line}: {found} fields, but the header has {expected}. Put a field that holds "
    "the delimiter {delimiter!r} or a line break in quotation marks."
)
UNCLOSED = N_(
    "{name}, line {line}: a field opens with a quotation mark that is not closed at the field's "
    "end. Close it, and double every quotation mark that belongs to the text."
)
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]+")  # as editors count; str.splitlines does not


@dataclass(frozen=True)
class Notice:
    """One thing the user should know: an English template and the values that fill it."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True)
class Table:
    """A file's rows as strings. Column names are unique and never empty.

    `lines` holds the line at which each row starts in the user's editor: 1-based, with the header
    and the line breaks inside quoted fields counted. `encoding` is for display.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # each of len(columns)
    lines: tuple[int, ...]  # one for each row
    encoding: str
    notices: tuple[Notice, ...] = ()

    def column(self, name: str) -> list[str]:
        """The values of one column; `FileError` with the names that exist when it is missing."""
        if name not in self.columns:
            template = N_("There is no column “{column}”. Choose one of: {known}.")
            raise FileError(template, column=name, known=_listed(self.columns))
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


Source = str | Path | bytes  # a path, or a file's bytes
# What a reader returns: column names as found, rows, the line of each row, lines that are blank.
Parts = tuple[Sequence[str], list[tuple[str, ...]], list[int], list[int]]


def read_table(source: Source, name: str | None = None, *, max_bytes: int = MAX_BYTES) -> Table:
    """The table in a file: a path, or bytes with the `name` they were uploaded under.

    The name's ending picks the reader. In `.csv` and `.tsv` the first row that is not blank is
    always the header, and every row has as many fields; a header without a delimiter makes a
    single column. `.txt` holds one text a line, in the column "text". Raises `FileError`.
    """
    name = Path(source).name if name is None else name
    known = ", ".join(READERS)
    reader = READERS.get(Path(name).suffix.lower())
    if reader is None:
        template = N_("{name} does not end in one of {known}. Save its texts as such a file.")
        raise FileError(template, name=name, known=known)
    text, encoding, notices = _decode(_read_bytes(source, name, max_bytes), name)
    columns, rows, lines, blank = reader(text, name)
    if not rows:
        template = N_(
            "{name} has a header ({columns}) but no rows. Add a row for each text below it."
        )
        raise FileError(template, name=name, columns=_listed(columns))
    if blank:
        template = N_("Blank lines skipped: {count} (the first is line {line}).")
        notices.append(Notice(template, {"count": len(blank), "line": blank[0]}))
    return Table(_unique(columns), tuple(rows), tuple(lines), encoding, tuple(notices))


def whole_text(source: Source, name: str | None = None, *, max_bytes: int = MAX_BYTES) -> str:
    """A text file of any ending as one long text, line breaks kept. Raises `FileError`."""
    name = Path(source).name if name is None else name
    return _decode(_read_bytes(source, name, max_bytes), name)[0]


def guess_text_column(table: Table) -> str:
    """The column most likely to hold the texts: by its name, else the longest on average."""
    sizes = [sum(map(len, cells)) for cells in zip(*table.rows[:SAMPLE], strict=True)]
    return _named(table, TEXT_NAMES) or table.columns[sizes.index(max(sizes))]


def guess_label_column(table: Table) -> str | None:
    """The column whose name says that it holds the labels, or None."""
    return _named(table, LABEL_NAMES)


def _named(table: Table, names: Sequence[str]) -> str | None:
    found = {column.casefold(): column for column in reversed(table.columns)}
    return next((found[name] for name in names if name in found), None)


def _listed(names: Sequence[str]) -> str:
    shown = [f"“{name[:60]}”" for name in names[:20]]
    return ", ".join(shown) + (", …" if len(names) > 20 else "")


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    named = [name.strip() or f"column {i}" for i, name in enumerate(names, 1)]
    given, count = set(named), dict.fromkeys(named, 0)
    for i, name in enumerate(named):
        count[name] += 1
        if count[name] > 1:
            while f"{name} ({count[name]})" in given:
                count[name] += 1
            named[i] = f"{name} ({count[name]})"
    return tuple(named)


def _read_bytes(source: Source, name: str, max_bytes: int) -> bytes:
    data = source
    if not isinstance(source, bytes):
        try:
            with open(source, "rb") as file:
                data = file.read(max_bytes + 1)
        except (OSError, ValueError) as error:  # ValueError: a path with NUL or a lone surrogate
            template = N_("{name} cannot be opened: {reason}. Check the path.")
            reason = getattr(error, "strerror", None) or str(error)
            raise FileError(template, name=name, reason=reason) from error
    if len(data) > max_bytes:
        template = N_("{name} has more than {limit:,} bytes. Split it into smaller files.")
        raise FileError(template, name=name, limit=max_bytes)
    return data


def _decode(data: bytes, name: str) -> tuple[str, str, list[Notice]]:
    """Text, encoding and notices: by byte order mark, else UTF-8, else by a guess that is told."""
    codec = next((codec for codec, mark in MARKS.items() if data.startswith(mark)), None)
    kind = next((kind for magic, kind in SIGNATURES.items() if data.startswith(magic)), None)
    if kind is None and codec is None and b"\0" in data:
        kind = N_("program's own format, or UTF-16 without a byte order mark")
    if kind is not None:
        template = N_("{name} looks like a {kind}. Save its texts as .csv or .txt in UTF-8.")
        raise FileError(template, name=name, kind=Phrase(kind))
    text, encoding, notices = _decoded(data, codec or "utf-8"), codec or "utf-8", []
    if text is None and codec is None:
        text, encoding, notice = _guess(data)
        notices = [notice]
    encoding = encoding.removesuffix("-sig")
    if text is None:
        template = N_("{name} is not valid {encoding}. Check that it is text and save it as UTF-8.")
        raise FileError(template, name=name, encoding=encoding)
    if not text.strip():
        raise FileError("{name} is empty. Choose a file that holds at least one text.", name=name)
    return text, encoding, notices


def _guess(data: bytes) -> tuple[str | None, str, Notice]:
    """Text, encoding and what to tell of bytes that are not quite UTF-8, or not at all."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 5 * bad:  # never so in GBK or Latin-1
        template = N_("Broken UTF-8 became “\ufffd” in {count} places (the first in line {line}).")
        values = {"count": bad, "line": _line_at(text, text.index("\ufffd"))}
        return text, "utf-8", Notice(template, values)
    from charset_normalizer import from_bytes  # slow to import, and rarely needed

    # Lines with something to tell; a line break is never half a character in these encodings.
    told = (m.group() for m in re.finditer(rb"[^\n]*+\n?", data) if not m.group().isascii())
    sample = b"".join(islice(told, SAMPLE))
    usual = from_bytes(sample, cp_isolation=["gb18030", "big5", "cp1252", "latin_1"])
    found = [match.encoding for match in usual or from_bytes(sample)]
    # A few characters fit both; half of Big5's do not fit GB 2312, so bytes that do are that.
    if "gb18030" in found and _decoded(sample, "gb2312") is not None:
        found.insert(0, "gb18030")
    codec = next((codec for codec in found if _decoded(data, codec) is not None), "utf-8")
    template = N_("The encoding was guessed: {encoding}. If the texts look wrong, save as UTF-8.")
    return _decoded(data, codec), codec, Notice(template, {"encoding": codec})


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _lines(text: str) -> Iterator[str]:
    return (match.group() for match in _LINE.finditer(text))


def _line_at(text: str, position: int) -> int:
    return 1 + sum(1 for _ in re.finditer(r"\r\n?|\n", text[:position]))


def _read_txt(text: str, name: str) -> Parts:
    rows, lines, blank = [], [], []
    for number, line in enumerate(_lines(text), 1):
        if line.strip():
            rows.append((line.rstrip("\r\n"),))
            lines.append(number)
        else:
            blank.append(number)
    return ["text"], rows, lines, blank


def _read_csv(text: str, name: str, delimiter: str | None = None) -> Parts:
    delimiter = delimiter or _find_delimiter(text)
    header, rows, lines, blank, end = [], [], [], [], 0
    reader = _csv_reader(text, delimiter, strict=True)
    try:
        for row in reader:
            line, end = end + 1, reader.line_num
            if not any(map(str.strip, row)):
                blank.append(line)
            elif not header:
                header = row
            elif len(row) != len(header):
                values = {"name": name, "line": line, "found": len(row), "expected": len(header)}
                raise FileError(RAGGED, delimiter=delimiter, **values)
            else:
                rows.append(tuple(row))
                lines.append(line)
    except csv.Error as error:
        raise FileError(UNCLOSED, name=name, line=_bad_quote(text, delimiter)) from error
    return header, rows, lines, blank


def _csv_reader(text: str, delimiter: str, strict: bool = False):
    # The field limit is the whole process's, so it is only ever raised; a C long can be 32 bits.
    csv.field_size_limit(max(csv.field_size_limit(), min(len(text), 2**31 - 1)))
    return csv.reader(_lines(text), delimiter=delimiter, strict=strict)


def _find_delimiter(text: str) -> str:
    """The one that cuts most rows like the header; a header that none cuts is a lone column."""
    best, found = (0.0, 0), LONE
    for delimiter in DELIMITERS:
        rows = islice(_csv_reader(text.lstrip("\r\n"), delimiter), SAMPLE)
        widths = [len(row) for row in rows if any(map(str.strip, row))] or [0]
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if widths[0] > 1 and score > best:
            best, found = score, delimiter
    return found


def _bad_quote(text: str, delimiter: str) -> int:
    """The line at which the first field opens that strict CSV cannot close."""
    cut = re.escape(delimiter)
    good = re.compile(rf'(?:(?:"[^"]*")+|[^"{cut}\r\n][^{cut}\r\n]*)?(?:{cut}|\r\n?|\n)')
    end = 0
    while match := good.match(text, end):
        end = match.end()
    return _line_at(text, end)


READERS = {".txt": _read_txt, ".csv": _read_csv, ".tsv": partial(_read_csv, delimiter="\t")}
