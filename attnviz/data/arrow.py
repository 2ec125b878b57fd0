"""Columns of Arrow, as Parquet files and hub data sets hold them, read as text."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from attnviz.data.files import File
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import MAX_CHARACTERS, NESTED, TOO_LONG, Notice, listed
from attnviz.errors import N_, FileError

BATCH = 1_000  # rows at a time
BUFFER = 1 << 20  # bytes of a column; without it a whole row group lies in memory

BROKEN = N_("{name} cannot be read as Parquet: {reason}. It may be cut off: copy or save it again.")
NO_TEXT = N_("Columns left out, for they hold bytes and no text: {columns}.")
_NO_FRACTION = re.compile(r"\.0+(?=Z?$)")


def read_parquet(
    file: File, encoding: str | None = None, delimiter: str | None = None
) -> RowStream:
    """The rows of a Parquet file. Their lines are row numbers, from 1."""
    file.refuse_empty()
    from pyarrow import parquet

    def batches(wanted: Sequence[str] | None = None) -> Iterator:
        with _clear(file.name), file.on_disk() as stream:
            opened = parquet.ParquetFile(stream, buffer_size=BUFFER)
            yield from opened.iter_batches(BATCH, columns=wanted)

    with _clear(file.name), file.on_disk() as stream:
        schema = parquet.ParquetFile(stream).schema_arrow
    return arrow_rows(batches, schema, file.name, "Parquet", notices=file.notices)


@contextmanager
def _clear(name: str) -> Iterator[None]:
    """What Arrow says of a broken file becomes a `FileError`."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(". ")
        raise FileError(BROKEN, name=name, reason=reason) from error


def arrow_rows(
    batches: Callable[[Sequence[str] | None], Iterable],
    schema,
    name: str,
    encoding: str,
    classes: Mapping[str, Sequence[str]] | None = None,
    notices: Sequence[Notice] = (),
) -> RowStream:
    """Record batches as text. `classes` says what a column's integers stand for.

    `batches(names)` begins a pass over those columns, or over all for None. Whole numbers lose
    their ".0", missing values are empty cells, columns of bytes are left out.
    """
    kept = _columns_of_text(batches, schema, name)
    left_out = [column for place, column in enumerate(schema.names) if place not in kept]
    columns = [schema.names[place] for place in kept]
    wanted, places = _selection(schema, kept)

    def start(tell: Tell) -> Iterator[Row]:
        nested, number = {}, 0
        for batch in batches(wanted):
            _bound(batch, name)
            arrays = [_plain(batch.column(place)) for place in places]
            nested |= {c: True for c, a in zip(columns, arrays, strict=True) if a.type.num_fields}
            cells = [
                _texts(array, (classes or {}).get(column))
                for column, array in zip(columns, arrays, strict=True)
            ]
            yield from enumerate(zip(*cells, strict=True), number + 1)
            number += batch.num_rows
        for template, told in (NESTED, list(nested)), (NO_TEXT, left_out):
            if told:
                tell(Notice(template, {"columns": listed(told)}))

    return RowStream(name, columns, encoding, start, notices=notices, unit="row")


def _columns_of_text(batches: Callable, schema, name: str) -> list[int]:
    """The places of the columns that hold no bytes; those that may are looked through."""
    kinds = [_plain_type(kind) for kind in schema.types]
    unsure = [i for i, kind in enumerate(kinds) if _holds_bytes(kind) and not kind.num_fields]
    left_out = {i for i, kind in enumerate(kinds) if _holds_bytes(kind) and kind.num_fields}
    wanted, places = _selection(schema, unsure)
    for batch in batches(wanted) if unsure else ():
        _bound(batch, name)
        for column, place in zip(unsure, places, strict=True):
            if column not in left_out and not _is_utf8(_plain(batch.column(place))):
                left_out.add(column)
        if left_out.issuperset(unsure):
            break
    return [place for place in range(len(kinds)) if place not in left_out]


def _selection(schema, places: Sequence[int]) -> tuple[list[str] | None, Sequence[int]]:
    """Which names to ask for, None for all, and where the columns then stand."""
    names = [schema.names[place] for place in places]
    # A name may stand for several columns, and Parquet takes a dotted one for a path.
    if len(set(schema.names)) < len(schema.names) or any("." in name for name in schema.names):
        return None, places
    return names, range(len(names))


def _bound(batch, name: str) -> None:
    if batch.nbytes > MAX_CHARACTERS:
        raise FileError(TOO_LONG, name=name, limit=MAX_CHARACTERS)


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


def _plain_type(kind):
    import pyarrow

    while True:
        if isinstance(kind, pyarrow.BaseExtensionType):
            kind = kind.storage_type
        elif isinstance(kind, pyarrow.DictionaryType):
            kind = kind.value_type
        else:
            return kind


def _texts(array, classes: Sequence[str] | None) -> list[str]:
    """Each value as a person would read it."""
    import pyarrow
    from pyarrow import types

    kind = array.type
    if classes is not None:
        named = dict(enumerate(classes))  # without -1, which marks a text that has no label
        return [named.get(value, "") for value in array.to_pylist()]
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
