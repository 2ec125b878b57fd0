"""The values of a JSON text, each with the place at which it stands."""

import json
import re
from collections.abc import Callable, Generator, Iterator, Sequence

from attnviz.data.bad_rows import BadRows
from attnviz.data.decoding import line_at
from attnviz.data.flattening import NAN, Number
from attnviz.data.nested import EXAMPLE
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError, Phrase

NO_JSON = N_(
    "{name}, line {line}, character {place}: broken JSON ({reason}). Write one whole object a "
    "line, as {example}, or a list of them."
)
NO_LINE = N_(
    "{name}, line {line}, character {place}: broken JSON ({reason}). Write one whole object a "
    "line, as {example}, or leave out such lines (--skip-bad-rows)."
)
LINES_LEFT_OUT = N_("Lines left out that are no whole JSON: {count} (lines {lines}).")
SLIPS = (  # what stands where the decoder stops, with the comma before it, and what to call it
    (re.compile(r",\s*[\]}]"), N_("a comma that nothing follows")),
    (re.compile(r",?\s*(?://|/\*|#)"), N_("a comment, which JSON does not know")),
    (re.compile(r",?\s*'"), N_("single quotes where JSON has double ones")),
    (re.compile(r",?\s*\w+\s*:"), N_("a key without double quotes")),
)
_SPACE = re.compile(r"[ \t\r\n]*+")


DECODER = json.JSONDecoder(
    parse_float=Number,
    parse_int=Number,
    parse_constant=lambda text: NAN if text == "NaN" else Number(text),
)


def is_value(line: str) -> bool:
    """Whether a line is a whole object or list."""
    try:
        found, end = DECODER.raw_decode(line, after_space(line, 0))
    except (json.JSONDecodeError, RecursionError):
        return False
    return isinstance(found, dict | list) and after_space(line, end) == len(line)


def value_at(text: str, start: int, name: str, line: int = 1) -> tuple[object, int]:
    """The value that starts there, and where it ends; `FileError` if it is broken."""
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise broken(text, error.pos, name, line, error.msg) from error
    except RecursionError as error:
        raise broken(text, start, name, line, "nested too deeply") from error


def of_lines(
    lines: Iterator[str], name: str, skip: bool, tell: Callable[[Notice], object]
) -> Iterator[tuple[object, int]]:
    """The value of each line, with its number; {} for a blank one.

    Broken ones are left out, and told, where they are few or `skip` is said.
    """
    bad, count = BadRows(skip, LINES_LEFT_OUT), 0
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")  # so that an error at the line's end is not in the next
        try:
            value = _whole(line, name, number) if line.strip() else {}
        except FileError as error:
            bad.add(FileError(NO_LINE, **error.values), count)
            continue
        count += bool(line.strip())
        yield value, number
    for notice in bad.settle(count):
        tell(notice)


def _whole(line: str, name: str, number: int) -> object:
    value, end = value_at(line, after_space(line, 0), name, number)
    end = after_space(line, end)
    if end < len(line):
        raise broken(line, end, name, number, "Extra data")
    return value


def of_list(text: str, name: str) -> Iterator[tuple[object, int]]:
    """The items of a list, each with the line at which it starts."""
    end = yield from _numbered(text, children(text, after_space(text, 0), name))
    end = after_space(text, end)
    if end < len(text):
        raise broken(text, end, name, 1, "Extra data")


def of_sequence(text: str, name: str) -> Iterator[tuple[object, int]]:
    """Values of several lines, one after the other, each with the line at which it starts."""
    return _numbered(text, _sequence(text, name))


def lines_of(text: str, path: Sequence[str], name: str) -> Iterator[int]:
    """The lines at which the members of an object or a list start, to which the keys lead."""
    place = after_space(text, 0)
    for wanted in path:
        place = next(start for key, start, _ in children(text, place, name) if key == wanted)
    return (line for _, line in _numbered(text, children(text, place, name)))


def children(text: str, place: int, name: str) -> Generator[tuple[str, int, object], None, int]:
    """The members of the object or list at a place: their key, start and value. Returns its end."""
    is_object = text[place] == "{"
    closing = "}" if is_object else "]"
    place, key = after_space(text, place + 1), ""
    closed = text.startswith(closing, place)
    while not closed:
        if is_object:
            key, place = value_at(text, place, name)
            place = after_space(text, after_space(text, place) + 1)
        start = place
        value, place = value_at(text, place, name)
        yield key, start, value
        place = after_space(text, place)
        closed = text.startswith(closing, place)
        if not closed:
            if not text.startswith(",", place):
                raise broken(text, place, name, 1, "Expecting ',' delimiter")
            place = after_space(text, place + 1)
    return place + 1


def _sequence(text: str, name: str) -> Generator[tuple[str, int, object], None, int]:
    place = after_space(text, 0)
    while place < len(text):
        value, end = value_at(text, place, name)
        yield "", place, value
        place = after_space(text, end)
        if place < len(text) and "\n" not in text[end:place] and "\r" not in text[end:place]:
            raise broken(text, place, name, 1, "Extra data")
    return place


def _numbered(text: str, found: Generator) -> Generator[tuple[object, int], None, int]:
    """Values with the lines at which they start."""
    line, seen = 1, 0
    while True:
        try:
            _, place, value = next(found)
        except StopIteration as stopped:
            return stopped.value
        line, seen = line + line_at(text[seen:place], place - seen) - 1, place
        yield value, line


def broken(text: str, place: int, name: str, line: int, reason: str) -> FileError:
    """The error at a place of a text whose first line is `line`."""
    before = len(text[:place].rstrip())
    around = text[before - 1 if text[before - 1 : before] == "," else place : place + 100]
    slip = next((slip for pattern, slip in SLIPS if pattern.match(around)), None)
    reason = Phrase(slip) if slip and reason != "Extra data" else reason
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    values = {"line": line + line_at(text, place) - 1, "place": place - start + 1}
    return FileError(NO_JSON, name=name, reason=reason, example=EXAMPLE, **values)


def after_space(text: str, start: int) -> int:
    return _SPACE.match(text, start).end()
