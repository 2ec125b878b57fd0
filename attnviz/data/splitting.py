"""Lines of a table into rows of cells: what its delimiter and its quotation marks mean."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from attnviz.data.decoding import MAX_LINE, line_at

MAX_ROW = 20_000_000  # characters of a row of several lines; beyond, a quotation mark is not closed
MAX_AGAIN = 40_000_000  # characters that are read again after marks that do not close
SINGLE = "\udfff"  # the "delimiter" of a single column: no decoded text holds a lone surrogate
_LONGER = "\udffe"  # stands for a delimiter of several characters
_RETURN = "\udffd"  # stands for a carriage return within a line
_NEWLINE, _TAB = "\udffc", "\udffb"  # stand for what a database writes as \n and \t
_ESCAPE = re.compile(r"\\([\\Nnrt])")
_ESCAPED = {"\\": "\\\\", "N": "", "n": _NEWLINE, "r": _RETURN, "t": _TAB}  # \N is no value

UNCLOSED, ALONE = "unclosed", "alone"

Split = tuple[int, list[str], str]  # the line at which a row starts, its cells, its fault or ""
Fits = Callable[[list[str]], bool]  # whether the cells of a line alone are a row of the table


@dataclass(frozen=True)
class Cut:
    """How lines are cut into cells."""

    delimiter: str = ""  # "" for a single column
    quoting: str = "double"
    spaced: bool = False  # whether a blank after the delimiter belongs to no cell

    def rows(
        self, lines: Iterable[str], width: int = 0, fits: Fits | None = None
    ) -> Iterator[Split]:
        """Every row with the line at which it starts, as editors count lines.

        Where quotation marks do not fit, the first line is given by itself, cut at each delimiter,
        with a fault: `UNCLOSED`, or `ALONE` where a quoted field would join lines each of which
        `fits` the table alone. `width` is the number of columns where it is known.
        """
        if self.quoting == "none":
            return _plain_rows(lines, self)
        return _quoted_rows(lines, self, width, fits)

    def plain(self, line: str) -> list[str]:
        """The cells of one line whose quotation marks mean nothing."""
        line = line.rstrip("\r\n")
        cells = line.split(self.delimiter) if self.delimiter else [line]
        return [cell.lstrip(" ") for cell in cells] if self.spaced else cells

    def is_quoted(self, line: str) -> bool:
        """Whether some cell of the line stands in quotation marks as a whole."""
        cells = (cell.strip() for cell in self.plain(line))
        return any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells)

    @property
    def mark(self) -> str:
        """The one character that stands for the delimiter while the cells are cut."""
        return (self.delimiter if len(self.delimiter) == 1 else _LONGER) or SINGLE


def _plain_rows(lines: Iterable[str], cut: Cut) -> Iterator[Split]:
    number = 1
    for line in lines:
        yield number, cut.plain(line), ""
        number += _height(line) if "\r" in line else 1


def _quoted_rows(lines: Iterable[str], cut: Cut, width: int, fits: Fits | None) -> Iterator[Split]:
    taken, waiting, changed, budget, number = [], [], set(), MAX_AGAIN, 1
    source = iter(lines)
    reader = _reader(source, cut, taken, waiting, changed)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        whole = len(taken) == 1 and cells is not None
        if not whole and (fault := _fault(cells, taken, cut, width, fits)):
            budget -= sum(map(len, taken[1:]))
            again = 1 if budget > 0 else len(taken)  # a mark at every turn: this has an end
            place = number if fault == ALONE else number + _opening(taken, cut) - 1
            for line in taken[:again]:
                yield max(number, place), cut.plain(line), fault
                number += _height(line)
            waiting.extend(reversed(taken[again:]))
            taken.clear()
            reader = _reader(source, cut, taken, waiting, changed)
            continue
        yield number, _restored(cells, cut) if changed else cells, ""
        for line in taken:
            number += _height(line) if "\r" in line else 1
        taken.clear()


def _fault(
    cells: list[str] | None, taken: list[str], cut: Cut, width: int, fits: Fits | None
) -> str:
    """What is wrong with the quotation marks of a row that took these lines."""
    if cells is None:
        return UNCLOSED
    if fits is None or cut.delimiter == "":
        return ""
    alone = [fits(cut.plain(line)) for line in taken]
    if all(alone) and not any(map(cut.is_quoted, taken)):
        return ALONE
    return UNCLOSED if len(cells) != width and sum(alone[1:]) * 2 >= len(alone) else ""


def _reader(
    source: Iterator[str], cut: Cut, taken: list[str], waiting: list[str], changed: set[str]
):
    """A CSV reader that notes in `taken` the lines of the row that it is about to give.

    `changed` gets the characters that stand for others in some line.
    """

    def feed() -> Iterator[str]:
        size, longer = 0, len(cut.delimiter) > 1
        escaped = cut.quoting == "backslash"
        while (line := waiting.pop() if waiting else next(source, None)) is not None:
            size = size + len(line) if taken else 0
            if size > MAX_ROW:
                waiting.append(line)
                raise csv.Error("a field has no end")
            taken.append(line)
            if "\r" in line and "\r" in (body := line.rstrip("\r\n")):
                line = body.replace("\r", _RETURN) + line[len(body) :]
                changed.add(_RETURN)
            if longer:
                changed.add(_LONGER)
                line = line.replace(cut.delimiter, _LONGER)
            if escaped and "\\" in line:
                changed.update((_NEWLINE, _TAB, _RETURN))
                line = _ESCAPE.sub(lambda match: _ESCAPED[match[1]], line)
            yield line

    # The field limit is the whole process's, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    return csv.reader(
        feed(),
        delimiter=cut.mark,
        strict=True,
        skipinitialspace=cut.spaced,
        escapechar="\\" if cut.quoting == "backslash" else None,
    )


def _restored(cells: list[str], cut: Cut) -> list[str]:
    joined = "".join(cells)
    if joined.isascii():
        return cells
    for mark, character in ((_RETURN, "\r"), (_NEWLINE, "\n"), (_TAB, "\t")):
        if mark in joined:
            cells = [cell.replace(mark, character) for cell in cells]
    return [cell.replace(_LONGER, cut.delimiter) for cell in cells] if _LONGER in joined else cells


def _height(line: str) -> int:
    """How many lines an editor shows for it."""
    return 1 + line.rstrip("\r\n").count("\r")


def _opening(taken: list[str], cut: Cut) -> int:
    """Of the lines that a row took, the one at which a field opens that does not close."""
    text, mark = "".join(taken), re.escape(cut.mark)
    if len(cut.delimiter) > 1:
        text = text.replace(cut.delimiter, cut.mark)
    good = re.compile(rf'(?:(?:"[^"]*+")++|[^"{mark}\r\n][^{mark}\r\n]*+)?+(?:{mark}|\r\n?|\n)')
    end = 0
    while match := good.match(text, end):
        end = match.end()
    return line_at(text, end)
