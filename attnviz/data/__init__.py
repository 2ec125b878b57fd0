"""Other people's files, read as rows of strings.

`open_rows` streams a file of any length; `read_table` takes all of it at once. Both find encoding
and format, and give every text with the line on which it stands in the user's editor, or raise a
`FileError` that says what was found, where, and what to do. What was skipped or guessed is told in
`notices`. Values stay text: nothing is converted, escaped or run.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

from attnviz.data.archives import COMPRESSED, TARS, unpacked
from attnviz.data.arrow import read_parquet
from attnviz.data.class_names import ClassFile, classes_beside
from attnviz.data.columns import (
    Columns,
    choose_columns,
    column_notices,
    columns_line,
    texts_line,
)
from attnviz.data.decoding import ENCODINGS, find_text
from attnviz.data.delimited import read_csv, read_txt
from attnviz.data.document import read_docx
from attnviz.data.endings import (
    ARROW,
    BARS,
    CUT,
    DOCUMENTS,
    JSON,
    LINES,
    OPTIONS,
    OTHER_LINES,
    TABS,
)
from attnviz.data.files import MAX_BYTES, File, Source, digest, opened
from attnviz.data.hub import HUB, PREFIX, open_hub, read_hub
from attnviz.data.ipc import read_arrow
from attnviz.data.jsonl import read_jsonl
from attnviz.data.labels import LabelMatch, match_labels
from attnviz.data.members import read_archive
from attnviz.data.names import is_usual_name
from attnviz.data.one_hot import gathered
from attnviz.data.pdf import read_pdf
from attnviz.data.peek import Peek, peek, value_counts
from attnviz.data.reading import OF_ENDING, QUOTING, Reading
from attnviz.data.signatures import signature
from attnviz.data.spreadsheet import read_xlsx
from attnviz.data.stream import FIXED, RowStream, collect
from attnviz.data.table import Notice, Table
from attnviz.data.table_layout import DELIMITERS
from attnviz.errors import N_, FileError

__all__ = [
    "DELIMITERS",
    "ENCODINGS",
    "FIXED",
    "MAX_BYTES",
    "QUOTING",
    "READERS",
    "USUAL",
    "ClassFile",
    "Columns",
    "LabelMatch",
    "Notice",
    "Peek",
    "Reading",
    "RowStream",
    "Table",
    "choose_columns",
    "classes_beside",
    "column_notices",
    "columns_line",
    "digest",
    "gathered",
    "match_labels",
    "open_rows",
    "peek",
    "read_table",
    "short_name",
    "texts_line",
    "value_counts",
    "whole_text",
]

UNKNOWN = N_("{name} does not end in one of {known}. Save its texts as such a file.")
OLD = N_("{name} is of a format that cannot be read. Open it and save it as {ending}.")
READ_AS = N_("{name} is a {ending} file by what it holds, and was read as one.")
OLD_ENDINGS = {
    **dict.fromkeys((".xls", ".xlsm", ".xlsb", ".ods", ".numbers"), ".xlsx"),
    **dict.fromkeys((".doc", ".docm", ".odt", ".rtf", ".pages", ".wps"), ".docx"),
    **dict.fromkeys((".7z", ".rar", ".zst"), ".zip"),
}


def open_rows(
    source: Source,
    name: str | None = None,
    *,
    max_bytes: int = MAX_BYTES,
    **reading,
) -> RowStream:
    """The rows of a file, one after the other: a path, or bytes with the `name` of the upload.

    The name's ending picks the reader. `.csv`, `.tsv` and `.xlsx` hold a table; its header is the
    first row, unless that is a title or clearly data, and columns without names are "column 1" and
    so on. A header without a delimiter makes a single column. Rows with another number of fields
    are left out where they are at most a tenth. `.txt` holds one text a line, in the column "text",
    unless its lines are clearly a table. `.jsonl` holds one object a line, `.json` the same, a
    list of objects, or a layout of `attnviz.data.document_layouts` and `record_layouts`. `.docx`
    and `.pdf`: see their readers. Archives hold any of these, or a text a file in a folder for each
    class; `part` chooses. A file without an ending is what it holds. "hub:NAME:SPLIT" is a data set
    of the Hugging Face hub.

    `reading` holds fields of `Reading`, such as `encoding`, which overrule what would be found.
    Memory stays flat however long the file is, but for formats that can only be read whole:
    these, and bytes, may have `max_bytes`. Raises `FileError`.
    """
    if isinstance(source, str) and source.startswith(PREFIX) and name is None:
        Reading(**reading).refuse_unused(source, (), Notice(HUB))
        return open_hub(source)
    return _stream(opened(source, _known_name(source, name), max_bytes), Reading(**reading))


def read_table(
    source: Source,
    name: str | None = None,
    *,
    max_bytes: int = MAX_BYTES,
    **reading,
) -> Table:
    """All rows of a file of at most `max_bytes`; see `open_rows`. Raises `FileError`."""
    if isinstance(source, str) and source.startswith(PREFIX) and name is None:
        Reading(**reading).refuse_unused(source, (), Notice(HUB))
        return read_hub(source)
    name = _known_name(source, name)
    return collect(_stream(opened(source, name, max_bytes, bounded=True), Reading(**reading)))


def whole_text(
    source: Source,
    name: str | None = None,
    *,
    encoding: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> str:
    """A text file of any ending as one long text, line breaks kept. Raises `FileError`."""
    return find_text(opened(source, name, max_bytes, bounded=True), encoding).whole()


def short_name(source: str | Path) -> str:
    """What to call a source in reports: a file's name without its ending, or a data set's name."""
    source = str(source)
    return source.removeprefix(PREFIX) if source.startswith(PREFIX) else Path(source).stem


def _known_name(source: Source, name: str | None) -> str:
    """The name, once its ending is known to have a reader: so no other file is opened."""
    name = Path(source).name if name is None else name
    _reader(name, Path(name).suffix.lower())
    return name


def _reader(name: str, ending: str):
    if not ending:
        return _read_unnamed
    if ending in OLD_ENDINGS:
        raise FileError(OLD, name=name, ending=OLD_ENDINGS[ending])
    if ending not in READERS:
        raise FileError(UNKNOWN, name=name, known=", ".join(READERS))
    return READERS[ending]


def _stream(file: File, reading: Reading) -> RowStream:
    read = _reader(file.name, file.ending)
    found = None if file.ending in NO_TEXTS else signature(file)
    if found and found[1] in DOCUMENTS:  # an .xlsx that was named .csv, for example
        stream = _named(file, found[1], reading)
    elif file.ending == ".xlsx" and _is_text(file):  # a table in text that was named .xlsx
        stream = _named(file, ".csv", reading)
    else:
        _refuse_unused(file, reading)
        stream = read(file, reading)
    stream.reading = reading
    return stream


def _is_text(file: File) -> bool:
    if signature(file):
        return False
    try:
        find_text(file)
    except FileError:
        return False
    return True


NO_TEXTS = (*DOCUMENTS, *ARROW, ".zip", ".tar", *COMPRESSED, *TARS)


def _unpacked(file: File, reading: Reading) -> RowStream:
    return _stream(unpacked(file), reading)


def _archived(file: File, reading: Reading) -> RowStream:
    return read_archive(file, reading, read=_stream, known=tuple(READERS))


def _read_unnamed(file: File, reading: Reading) -> RowStream:
    """A file without an ending: JSON by its first character, a table by the names of its header."""
    start = find_text(file, reading.encoding).lines()
    opening = next((line.lstrip()[:1] for line in start if line.strip()), "")
    if opening and opening in "{[":
        return _named(file, ".json", reading)
    is_table = reading.delimiter or _is_headed(file, reading)
    return _named(file, ".csv" if is_table else ".txt", reading)


def _is_headed(file: File, reading: Reading) -> bool:
    """Whether a file is a table whose header has a name that texts or labels have."""
    try:
        table = read_csv(file, reading)
    except FileError:
        return False
    return bool(table.delimiter) and any(map(is_usual_name, table.columns))


def _named(file: File, ending: str, reading: Reading) -> RowStream:
    notice = Notice(READ_AS, {"name": file.name, "ending": ending})
    file = replace(file, ending=ending, notices=(*file.notices, notice))
    _refuse_unused(file, reading)
    return READERS[ending](file, reading)


def _refuse_unused(file: File, reading: Reading) -> None:
    """An option that a format cannot follow would be a wish that nobody grants."""
    what = Notice(OF_ENDING, {"ending": file.ending})
    reading.refuse_unused(file.name, OPTIONS.get(file.ending, reading.given), what)


# The endings that are named where all would be too many.
USUAL = (".txt", ".csv", ".tsv", ".jsonl", ".json", ".parquet", ".xlsx", ".docx", ".pdf", ".zip")
# A file and a `Reading` → its rows. One row is a new format, on the page too.
READERS = {
    **dict.fromkeys(LINES, read_txt),
    **dict.fromkeys(CUT, read_csv),
    **dict.fromkeys(TABS, partial(read_csv, usual="\t")),
    **dict.fromkeys(BARS, partial(read_csv, usual="|")),
    **dict.fromkeys(JSON, read_jsonl),
    ".parquet": read_parquet,
    **dict.fromkeys(ARROW, read_arrow),
    ".xlsx": read_xlsx,
    ".docx": read_docx,
    ".pdf": read_pdf,
    **dict.fromkeys((*COMPRESSED, *TARS), _unpacked),
    **dict.fromkeys((".zip", ".tar"), _archived),
    **dict.fromkeys(OTHER_LINES, read_txt),
}
