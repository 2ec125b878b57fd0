"""JSON: one object a line, or a list of objects. A text is an object; its keys are columns."""

import json
import re
from collections.abc import Iterator

from attnviz.data.decoding import decode, line_at, split_lines
from attnviz.data.table import MAX_CELLS, NESTED, TOO_MANY, Notice, Rows, Table, listed
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


def read_jsonl(data: bytes, name: str) -> Table:
    """Numbers stay as they are spelled, null is an empty cell, nested values stay JSON."""
    text, *known = decode(data, name)
    found = Rows(name, *known)
    whole = text.startswith("[", _after_space(text, 0))
    columns, nested = {}, {}  # a key → its place, in the order in which they turn up
    cells, lines = [], []
    for value, line in (_of_list if whole else _of_lines)(text, name):
        if not isinstance(value, dict):
            kind = Phrase(KINDS.get(type(value), N_("a number")))
            raise FileError(NO_OBJECT, name=name, line=line, kind=kind, example=EXAMPLE)
        row = [None] * len(columns)
        for key, item in value.items():
            place = columns.setdefault(key, len(columns))
            row += [None] * (place + 1 - len(row))
            if isinstance(item, dict | list):
                nested[key] = place
            row[place] = _cell(item, name, line)
        cells.append(row)
        lines.append(line)
        if len(cells) * len(columns) > MAX_CELLS:
            raise FileError(TOO_MANY, name=name, limit=MAX_CELLS)
    _fill(found, list(columns), cells, lines)
    if nested:
        found.notices.append(Notice(NESTED, {"columns": listed(list(nested))}))
    if "\\u" in text:
        found.mend()
    return found.table(list(columns))


def _fill(found: Rows, columns: list[str], cells: list[list], lines: list[int]) -> None:
    lacking = []
    for row, line in zip(cells, lines, strict=True):
        row += [None] * (len(columns) - len(row))
        if any(row) and None in row:
            lacking.append((line, columns[row.index(None)]))
        found.add(tuple(cell or "" for cell in row), line)
    if lacking:
        line, key = lacking[0]
        values = {"count": len(lacking), "line": line, "key": key[:60]}
        found.notices.append(Notice(LACKING, values))


def _of_lines(text: str, name: str) -> Iterator[tuple[object, int]]:
    for number, line in enumerate(split_lines(text), 1):
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
