"""Columns of Arrow, as Parquet files and hub data sets hold them, read as text."""

import codecs
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from attnviz.data.table import EMPTY, MAX_CELLS, NESTED, TOO_MANY, Notice, Rows, Table, listed
from attnviz.errors import N_, FileError

BATCH = 1_000  # rows at a time
MAX_CHARACTERS = 1_000_000_000  # of a whole table: a small Parquet file can unpack to any size

BROKEN = N_("{name} cannot be read as Parquet: {reason}. It may be cut off: copy or save it again.")
TOO_LONG = N_("{name} unpacks to more than {limit:,} characters. Split it into smaller files.")
NO_TEXT = N_("Columns left out, for they hold bytes and no text: {columns}.")
_NO_FRACTION = re.compile(r"\.0+(?=Z?$)")


def read_parquet(data: bytes, name: str) -> Table:
    """The rows of a Parquet file. Their lines are row numbers, from 1."""
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise FileError(EMPTY, name=name)
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(data))
        if file.metadata.num_rows * file.metadata.num_columns > MAX_CELLS:
            raise FileError(TOO_MANY, name=name, limit=MAX_CELLS)
        return as_table(file.iter_batches(BATCH), file.schema_arrow.names, name, "Parquet")
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(". ")
        raise FileError(BROKEN, name=name, reason=reason) from error


def as_table(
    batches: Iterable,
    columns: Sequence[str],
    name: str,
    encoding: str,
    classes: Mapping[str, Sequence[str]] | None = None,
) -> Table:
    """Record batches as text. `classes` says what a column's integers stand for.

    Whole numbers lose their ".0", missing values are empty cells, columns of bytes are left out.
    """
    cells = {place: [] for place in range(len(columns))}
    nested, bytes_in, characters = [], [], 0
    for batch in batches:
        if characters + batch.nbytes > MAX_CHARACTERS:
            raise FileError(TOO_LONG, name=name, limit=MAX_CHARACTERS)
        for place in list(cells):
            array = _plain(batch.column(place))
            texts = _texts(array, (classes or {}).get(columns[place]))
            if texts is None:
                bytes_in.append(columns[place])
                del cells[place]
                continue
            if array.type.num_fields and columns[place] not in nested:
                nested.append(columns[place])
            cells[place] += texts
            characters += sum(map(len, texts))
    found = Rows(name, encoding)
    for number, row in enumerate(zip(*cells.values(), strict=True), 1):
        found.add(row, number)
    found.mend()
    for template, told in (NESTED, nested), (NO_TEXT, bytes_in):
        if told:
            found.notices.append(Notice(template, {"columns": listed(told)}))
    return found.table([columns[place] for place in cells])


def _plain(array):
    """The array without dictionaries and extension types, which only store it in another way."""
    import pyarrow

    while True:
        if isinstance(array, pyarrow.ExtensionArray):
            array = array.storage
        elif isinstance(array, pyarrow.DictionaryArray):
            array = array.dictionary_decode()
        else:
            return array


def _texts(array, classes: Sequence[str] | None) -> list[str] | None:
    """Each value as a person would read it; None if they are bytes."""
    import pyarrow
    from pyarrow import types

    kind = array.type
    if classes is not None:
        named = dict(enumerate(classes))  # without -1, which marks a text that has no label
        return [named.get(value, "") for value in array.to_pylist()]
    if _holds_bytes(kind) and (kind.num_fields or not _is_utf8(array)):
        return None
    if kind.num_fields:
        values = array.to_pylist()
        return ["" if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in values]
    if "string" in str(kind) or _holds_bytes(kind):
        return _strings(array)
    if types.is_duration(kind) or types.is_float16(kind):
        values = array.to_pylist()  # Arrow writes no halves, and a duration as a count
    else:
        values = array.cast(pyarrow.string()).to_pylist()
    texts = ["" if value is None else str(value) for value in values]
    if types.is_floating(kind):
        return ["" if text == "nan" else text.removesuffix(".0") for text in texts]
    return [_NO_FRACTION.sub("", text) for text in texts] if types.is_temporal(kind) else texts


def _strings(array) -> list[str]:
    import pyarrow

    try:
        return [value or "" for value in array.cast(pyarrow.large_string(), safe=False).to_pylist()]
    except UnicodeDecodeError:  # Parquet files are not checked when they are written
        values = array.cast(pyarrow.large_binary()).to_pylist()
        return [(value or b"").decode("utf-8", "surrogateescape") for value in values]


def _is_utf8(array) -> bool:
    import pyarrow

    try:
        array.cast(pyarrow.large_binary()).cast(pyarrow.large_string())
    except pyarrow.ArrowInvalid:
        return False
    return True


def _holds_bytes(kind) -> bool:
    fields = [kind.field(place).type for place in range(kind.num_fields)]
    return any(map(_holds_bytes, fields)) if fields else "binary" in str(kind)
