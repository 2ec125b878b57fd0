"""Other people's files, read as a `Table` of strings.

`read_table` takes a path, the bytes of an upload or the name of a hub data set, finds encoding and
format, and returns every text with the line it stands on in the user's editor, or raises a
`FileError` that says what was found, where, and what to do. What was skipped or guessed is told in
`Table.notices`. Values stay text: nothing is converted, escaped or run.
"""

from functools import partial
from pathlib import Path

from attnviz.data.arrow import read_parquet
from attnviz.data.decoding import decode
from attnviz.data.delimited import read_csv, read_txt
from attnviz.data.hub import PREFIX, read_hub
from attnviz.data.jsonl import read_jsonl
from attnviz.data.table import Notice, Table, guess_label_column, guess_text_column
from attnviz.errors import N_, FileError

__all__ = [
    "MAX_BYTES",
    "READERS",
    "Notice",
    "Table",
    "guess_label_column",
    "guess_text_column",
    "read_table",
    "short_name",
    "whole_text",
]

MAX_BYTES = 200_000_000

Source = str | Path | bytes  # a path, or a file's bytes


def read_table(source: Source, name: str | None = None, *, max_bytes: int = MAX_BYTES) -> Table:
    """The table in a file: a path, or bytes with the `name` they were uploaded under.

    The name's ending picks the reader. In `.csv` and `.tsv` the first row that is not blank is
    always the header, and every row has as many fields; a header without a delimiter makes a
    single column. `.txt` holds one text a line, in the column "text". `.jsonl` holds one object a
    line, `.json` the same or a list of objects. "hub:NAME:SPLIT" is a data set of the Hugging Face
    hub (`attnviz.data.hub`). Raises `FileError`.
    """
    if isinstance(source, str) and source.startswith(PREFIX) and name is None:
        return read_hub(source)
    name = Path(source).name if name is None else name
    known = ", ".join(READERS)
    reader = READERS.get(Path(name).suffix.lower())
    if reader is None:
        template = N_("{name} does not end in one of {known}. Save its texts as such a file.")
        raise FileError(template, name=name, known=known)
    return reader(_read_bytes(source, name, max_bytes), name)


def whole_text(source: Source, name: str | None = None, *, max_bytes: int = MAX_BYTES) -> str:
    """A text file of any ending as one long text, line breaks kept. Raises `FileError`."""
    name = Path(source).name if name is None else name
    return decode(_read_bytes(source, name, max_bytes), name)[0]


def short_name(source: str | Path) -> str:
    """What to call a source in reports: a file's name without its ending, or a data set's name."""
    source = str(source)
    return source.removeprefix(PREFIX) if source.startswith(PREFIX) else Path(source).stem


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


# A file's bytes and its name → its table. One row is a new format, on the page as well.
READERS = {
    ".txt": read_txt,
    ".csv": read_csv,
    ".tsv": partial(read_csv, delimiter="\t"),
    ".jsonl": read_jsonl,
    ".json": read_jsonl,
    ".parquet": read_parquet,
}
