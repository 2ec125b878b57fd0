"""Columns of Arrow, as Parquet files and hub data sets hold them, read as text."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from attnviz.data.archives import MAX_ROW, RATIO
from attnviz.data.class_names import class_notices, schema_classes
from attnviz.data.files import MAX_BYTES, File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import MAX_CHARACTERS, NESTED, TOO_LONG, Notice, listed
from attnviz.data.unfolding import decoded_bytes, has_lengths, storage
from attnviz.errors import N_, FileError, reason

BATCH = 1_000  # rows at a time
FEW = 16  # rows at a time where one value may stand for many
DECODED = 1 << 24  # bytes at a time: a dictionary of one long text makes many rows of a small file
MIN_UNFOLDED = MAX_BYTES  # what even the smallest file may unfold to, all rows together
BUFFER = 1 << 20  # bytes of a column; without it a whole row group lies in memory

BROKEN = N_(
    "{name} cannot be read as {format}: {reason}. It may be cut off: copy or save it again."
)
NO_TEXT = N_("Columns left out, for they hold bytes and no text: {columns}.")
UNFOLDS = N_(
    "{name} unfolds to more than {limit:,} bytes, for many rows share long values. Leave these "
    "out, or save it as CSV if you trust it."
)
_NO_FRACTION = re.compile(r"\.0+(?=Z?$)")


def read_parquet(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """The rows of a Parquet file. Their lines are row numbers, from 1."""
    file.refuse_empty()
    from pyarrow import parquet

    def batches(wanted: Sequence[str] | None = None) -> Iterator:
        with clear(file.name, "Parquet"), file.on_disk() as stream:
            yield from _batches(stream, wanted)

    with clear(file.name, "Parquet"), file.on_disk() as stream:
        schema = parquet.ParquetFile(stream).schema_arrow
    classes = schema_classes(schema)
    return arrow_rows(batches, schema, file.name, "Parquet", classes, file.notices, file.size)


def _batches(stream: BinaryIO, wanted: Sequence[str] | None) -> Iterator:
    """Batches that stay small after decoding, however long the values of a dictionary are."""
    from pyarrow import parquet

    about = parquet.ParquetFile(stream).metadata
    texts = _texts_of(about.schema)
    nested = [path for path in texts if "." in path]

    def batches(rows: int, shared: Sequence[str] = ()) -> Iterator:
        options = {"metadata": about, "buffer_size": BUFFER, "read_dictionary": shared}
        return parquet.ParquetFile(stream, **options).iter_batches(rows, [group], wanted)

    for group in range(about.num_row_groups):
        longest, whole = _longest_shared(partial(batches, 1), texts)
        whole = whole and len(set(texts)) == len(texts)  # Arrow reads one of two that share a name
        rows = max(1, min(BATCH if whole else FEW, DECODED // (longest + 1)))
        # A nested value is in one row, whatever it holds: it is measured before it is decoded. Each
        # batch then holds all values so far, so these must be few.
        few = whole and about.row_group(group).total_byte_size <= DECODED
        yield from batches(rows, nested if few else ())


def _texts_of(schema) -> list[str]:
    """The columns whose values rows may share."""
    kinds = ("NONE", "STRING", "JSON", "ENUM", "BSON")  # a decimal has no dictionary in Arrow
    leaves = map(schema.column, range(len(schema)))
    texts = (leaf for leaf in leaves if leaf.physical_type == "BYTE_ARRAY")
    return [leaf.path for leaf in texts if leaf.logical_type.type in kinds]


def _longest_shared(peek: Callable, paths: Sequence[str]) -> tuple[int, bool]:
    """The bytes of the longest values that rows can share, and whether these are all known.

    Read as dictionaries, the columns of the first row hold them. What is not in there lies in the
    file as often as in the rows, or shares its beginning, which Arrow reads into no dictionary.
    """
    import pyarrow
    from pyarrow import compute

    try:
        first = next(peek(paths), None)
    except (pyarrow.ArrowException, OSError):
        if len(paths) <= 1:
            return 0, False
        half = len(paths) // 2
        parts = [_longest_shared(peek, paths[:half]), _longest_shared(peek, paths[half:])]
        return sum(longest for longest, _ in parts), all(known for _, known in parts)
    longest = 0
    for array in map(storage, () if first is None else first.columns):
        if isinstance(array, pyarrow.DictionaryArray) and has_lengths(array.type.value_type):
            longest += compute.max(compute.binary_length(array.dictionary)).as_py() or 0
    return longest, True


@contextmanager
def clear(name: str, form: str) -> Iterator[None]:
    """What Arrow says of a broken file becomes a `FileError`."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise FileError(BROKEN, name=name, format=form, reason=reason(error)) from error


def arrow_rows(
    batches: Callable[[Sequence[str] | None], Iterable],
    schema,
    name: str,
    encoding: str,
    classes: Mapping[str, Sequence[str]] | None = None,
    notices: Sequence[Notice] = (),
    size: int | None = None,
) -> RowStream:
    """Record batches as text. `classes` says what a column's integers stand for.

    A file of `size` bytes may not unfold to far more than that, by a long text that many rows share
    for example: iterating raises `FileError` then.

    `batches(names)` begins a pass over those columns, or over all for None. Whole numbers lose
    their ".0", missing values are empty cells, columns of bytes are left out.
    """
    most = sys.maxsize if size is None else max(MIN_UNFOLDED, RATIO * size)
    with clear(name, encoding):
        list(schema.names)  # which are decoded only now
    kept = _columns_of_text(batches, schema, name, encoding)
    left_out = [column for place, column in enumerate(schema.names) if place not in kept]
    columns = [schema.names[place] for place in kept]
    wanted, places = _selection(schema, kept)
    notices = [*notices, *class_notices(columns, classes)]

    def start(tell: Tell) -> Iterator[Row]:
        nested, number, unfolded = {}, 0, 0
        for batch, count in _pieces(batches(wanted), name, encoding):
            unfolded += count
            if unfolded > most:
                raise FileError(UNFOLDS, name=name, limit=most)
            with clear(name, encoding):
                arrays = [_plain(batch.column(place)) for place in places]
                cells = [
                    _texts(array, (classes or {}).get(column))
                    for column, array in zip(columns, arrays, strict=True)
                ]
            nested |= {c: True for c, a in zip(columns, arrays, strict=True) if a.type.num_fields}
            yield from enumerate(zip(*cells, strict=True), number + 1)
            number += batch.num_rows
        for template, told in (NESTED, list(nested)), (NO_TEXT, left_out):
            if told:
                tell(Notice(template, {"columns": listed(told)}))

    return RowStream(name, columns, encoding, start, notices=notices, unit="row")


def _columns_of_text(batches: Callable, schema, name: str, encoding: str) -> list[int]:
    """The places of the columns that hold no bytes; those that may are looked through."""
    kinds = [_plain_type(kind) for kind in schema.types]
    unsure = [i for i, kind in enumerate(kinds) if _holds_bytes(kind) and not kind.num_fields]
    left_out = {i for i, kind in enumerate(kinds) if _holds_bytes(kind) and kind.num_fields}
    wanted, places = _selection(schema, unsure)
    for batch, _ in _pieces(batches(wanted), name, encoding) if unsure else ():
        with clear(name, encoding):
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


def _pieces(batches: Iterable, name: str, form: str) -> Iterator:
    """The batches, cut until each decodes to few bytes, and how many these are, at most.

    Raises `FileError` for one that decodes to too many.
    """
    for batch in batches:
        waiting = [batch]
        while waiting:
            piece = waiting.pop()
            with clear(name, form):
                size = sum(map(decoded_bytes, piece.columns))
            most = MAX_CHARACTERS if piece.num_rows > 1 else min(MAX_CHARACTERS, MAX_ROW)
            if size > most:
                raise FileError(TOO_LONG, name=name, limit=most)
            if size <= DECODED or piece.num_rows == 1:
                yield piece, size
            else:
                half = piece.num_rows // 2
                waiting += [piece.slice(half), piece.slice(0, half)]


def _plain(array):
    """The array without dictionaries and extension types, which only store it in another way."""
    import pyarrow

    while isinstance(array := storage(array), pyarrow.DictionaryArray):
        array = array.dictionary_decode()
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
