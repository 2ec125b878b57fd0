"""JSON: one object a line, or a list of objects. A text is an object; its keys are columns."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial

from attnviz.data.decoding import Text, find_text, line_at
from attnviz.data.files import File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import NESTED, Notice, listed
from attnviz.errors import N_, FileError, Phrase

EXAMPLE = '{"text": "Not bad at all", "label": "positive"}'
NO_JSON = N_(
    "{name}, line {line}, character {place}: broken JSON ({reason}). Write one whole object a "
    "line, as {example}, or a list of them."
)
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
_SPACE = re.compile(r"[ \t\r\n]*+")


class _Number(str):
    """A number as the file spells it: 1.50 stays 1.50."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def read_jsonl(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """Numbers stay as they are spelled, null is an empty cell, nested values stay JSON.

    Two passes: the first finds the columns, which are the keys in the order in which they turn up.
    """
    text = find_text(file, reading.encoding)
    columns = {}
    for item, _ in _objects(text):
        columns.update(dict.fromkeys(item))
    start = partial(_rows, text, list(columns))
    return RowStream(file.name, list(columns), text.encoding, start, notices=text.notices)


def _rows(text: Text, columns: list[str], tell: Tell) -> Iterator[Row]:
    nested, lacking, first = {}, 0, (0, "")
    for item, line in _objects(text):
        row = tuple(
            _cell(item[key], text.file.name, line) if key in item else "" for key in columns
        )
        nested |= {key: True for key, value in item.items() if isinstance(value, dict | list)}
        if len(item) < len(columns) and any(row):
            key = next(key for key in columns if key not in item)
            lacking, first = lacking + 1, first if lacking else (line, key)
        yield line, row
    if lacking:
        tell(Notice(LACKING, {"count": lacking, "line": first[0], "key": first[1][:60]}))
    if nested:
        tell(Notice(NESTED, {"columns": listed([key for key in columns if key in nested])}))


def _objects(text: Text) -> Iterator[tuple[dict, int]]:
    """The objects of a file, each with the line at which it starts."""
    name = text.file.name
    opening = next((line for line in text.lines() if line.strip(" \t\r\n")), "")
    whole = opening.startswith("[", _after_space(opening, 0))
    for value, line in _of_list(text.whole(), name) if whole else _of_lines(text.lines(), name):
        if not isinstance(value, dict):
            kind = Phrase(KINDS.get(type(value), N_("a number")))
            raise FileError(NO_OBJECT, name=name, line=line, kind=kind, example=EXAMPLE)
        yield value, line


def _of_lines(lines: Iterable[str], name: str) -> Iterator[tuple[object, int]]:
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")  # so that an error at the line's end is not in the next
        if line.strip():
            value, end = _value(line, _after_space(line, 0), name, number)
            end = _after_space(line, end)
            if end < len(line):
                raise _broken(line, end, name, number, "Extra data")
            yield value, number
        else:
            yield {}, number


def _of_list(text: str, name: str) -> Iterator[tuple[object, int]]:
    """The items of the list, each with the line at which it starts."""
    line, seen = 1, 0
    place = _after_space(text, _after_space(text, 0) + 1)
    closed = text.startswith("]", place)
    while not closed:
        line, seen = line + line_at(text[seen:place], place - seen) - 1, place
        value, place = _value(text, place, name)
        yield value, line
        place = _after_space(text, place)
        closed = text.startswith("]", place)
        if not closed:
            if not text.startswith(",", place):
                raise _broken(text, place, name, 1, "Expecting ',' delimiter")
            place = _after_space(text, place + 1)
    end = _after_space(text, place + 1)
    if end < len(text):
        raise _broken(text, end, name, 1, "Extra data")


def _value(text: str, start: int, name: str, line: int = 1) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _broken(text, error.pos, name, line, error.msg) from error
    except RecursionError as error:
        raise _broken(text, start, name, line, "nested too deeply") from error


def _broken(text: str, place: int, name: str, line: int, reason: str) -> FileError:
    """The error at a place of a text whose first line is `line`."""
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    values = {"line": line + line_at(text, place) - 1, "place": place - start + 1}
    return FileError(NO_JSON, name=name, reason=reason, example=EXAMPLE, **values)


def _cell(item: object, name: str, line: int) -> str:
    if isinstance(item, str):
        return str(item)
    if isinstance(item, dict | list):
        try:
            return _spelled(item)
        except RecursionError as error:
            raise _broken("", 0, name, line, "nested too deeply") from error
    return "" if item is None else str(item).lower()


def _spelled(value: object) -> str:
    """A nested value as JSON, with its numbers as the file spells them."""
    if isinstance(value, dict):
        pairs = [f"{_spelled(key)}: {_spelled(item)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return value if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _after_space(text: str, start: int) -> int:
    return _SPACE.match(text, start).end()
