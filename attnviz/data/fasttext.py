"""Lines as fastText reads them: `__label__x` before or behind the text."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from attnviz.data.stream import Row
from attnviz.data.table import Notice
from attnviz.errors import N_

COLUMNS = ("label", "text")
MOST = 0.95  # of the lines that must have a label

READ_AS = N_("Each line was read as a text and its labels, which “__label__” marks.")
_MARK = r"__label__[^\s,;|]+"
_BEFORE = re.compile(rf"\s*((?:{_MARK}\s+(?:,\s+)?)*{_MARK})(?:\s+(?:,\s+)?(.*))?", re.DOTALL)
_BEHIND = re.compile(rf"(.*?)\s((?:{_MARK}\s+)*{_MARK})\s*", re.DOTALL)


def line_pattern(lines: Iterable[str]) -> re.Pattern | None:
    """What parts such lines, nearly all of which have a label; None where that is not so."""
    lines = [line.rstrip("\r\n") for line in lines if line.strip()]
    for pattern in (_BEFORE, _BEHIND) if "__label__" in "".join(lines[:3]) else ():
        if sum(map(bool, map(pattern.fullmatch, lines))) >= MOST * len(lines):
            return pattern
    return None


def labelled_rows(lines: Iterable[str], pattern: re.Pattern) -> Iterator[Row]:
    """Each line's labels, parted by commas and without their mark, and its text."""
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        found = pattern.fullmatch(line)
        if not found:
            yield number, ("", line)
            continue
        labels, text = found.groups() if pattern is _BEFORE else reversed(found.groups())
        yield number, (",".join(re.findall(r"__label__([^\s,;|]+)", labels)), text or "")


NOTICE = partial(Notice, READ_AS)
