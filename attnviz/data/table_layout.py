"""How a text file is a table, by its beginning: delimiter, quotation marks, header."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from attnviz.data.blocks import choose_table
from attnviz.data.cell_kinds import Column, column, is_number, shape
from attnviz.data.decoding import Text
from attnviz.data.header import (
    MOST_COLUMNS,
    NO_ROW,
    Header,
    find_header,
    title_rows,
    with_row_numbers,
)
from attnviz.data.reading import QUOTING, Reading
from attnviz.data.splitting import UNCLOSED, Cut, Fits
from attnviz.data.table import SAMPLE, Notice, is_blank
from attnviz.errors import N_, FileError

DELIMITERS = (",", ";", "\t", "|", "^", "\x01", "\x1f")
LONG_DELIMITERS = (" +++$+++ ", " ||| ", "|||", " ::: ", ":::", "_!_", " || ", "||", "::", "@@@")
SAMPLE_CHARACTERS = 1_000_000  # how far a guess looks
FEWEST = 4  # sound rows that tell how lines between tabs look
FEW = 0.05  # of the rows, which do not fit although their quotation marks were understood

NO_DELIMITER = N_(
    "“{delimiter}” is no delimiter. Give one character or more, none of them a quotation mark or "
    "a line break."
)
UNQUOTED = N_(
    "Quotation marks were taken for characters like any other, as they do not fit those of a "
    "table. --quoting double if they enclose cells."
)
ESCAPED = N_("Quotation marks within a cell were taken to stand behind a backslash.")
_ONLY_MARKS = re.compile(r"[\W_]*")  # of a line that may be of empty cells
_SEPARATOR = re.compile(r'"?sep=(.|\\t)"?\s*')


@dataclass(frozen=True)
class Layout:
    """How the rows of a text file are found: cut how, from which line on, below which header."""

    cut: Cut
    header: Header
    first: int = 1  # no row stands above this line
    last: int | None = None  # and none from this line on
    ends: str = ""  # where lines end: "\n", or "" for every kind of break
    quoted: bool = False  # whether quotation marks enclose some cells of the beginning
    fits: Fits | None = None  # whether the cells of a line alone are a row
    padded: int = 0  # how many cells rows have that end in empty ones without a name
    notices: tuple[Notice, ...] = ()

    @property
    def width(self) -> int:
        return len(self.header.names)


@dataclass(frozen=True)
class Sample:
    """The lines at the beginning of a text, or from a given line on."""

    lines: tuple[str, ...]
    first: int  # the number of the first of them
    ends: str
    cut_off: bool  # whether there are more

    def blank(self, cut: Cut) -> list[int]:
        """The lines of the rows without anything in them."""
        if all(map(str.strip, self.lines)) and not any(map(_ONLY_MARKS.fullmatch, self.lines)):
            return []
        rows = cut.rows(self.lines)
        return [self.first - 1 + line for line, cells, _ in rows if is_blank(cells)]

    def rows(self, cut: Cut, count: int | None = None, **known) -> list[tuple[int, list[str], str]]:
        """The first rows that are not blank; the last may be cut off, and so is left out."""
        rows = [row for row in islice(cut.rows(self.lines, **known), count) if not is_blank(row[1])]
        if self.cut_off and len(rows) > 1 and (count is None or len(rows) < count):
            open_ = max((n for n, row in enumerate(rows) if row[2] == UNCLOSED), default=len(rows))
            rows = rows[: max(1, min(open_, len(rows) - 1))]
        return [(self.first - 1 + line, cells, fault) for line, cells, fault in rows]


def take_sample(text: Text, first: int = 1) -> Sample:
    """The first lines that are not blank, with line ends as most of them are."""
    lines = _first_lines(text, "", first)
    alone = sum(line.endswith("\r") for line in lines[0])
    ends = "\n" if alone * 2 <= len(lines[0]) else ""
    if ends and alone:
        lines = _first_lines(text, ends, first)
    return Sample(*lines[:2], ends, lines[2])


def _first_lines(text: Text, ends: str, first: int) -> tuple[tuple[str, ...], int, bool]:
    lines, size, number, start = [], 0, 1, 0
    for line in text.lines(ends):
        if number >= first and (lines or line.strip()):
            if size > SAMPLE_CHARACTERS:
                return tuple(lines), start, True
            start = start or number
            lines.append(line[: SAMPLE_CHARACTERS + 1])
            size += len(line)
        number += 1 + line.rstrip("\r\n").count("\r")
    return tuple(lines), start, size > SAMPLE_CHARACTERS


def named_delimiter(delimiter: str) -> str:
    """What a user wrote for a delimiter: a shell's `\\t` or `\\x01` is what it names."""
    found = re.sub(r"\\(?:t|x[0-9a-fA-F]{2})", lambda m: _character(m[0]), delimiter)
    wrong = any(mark in '"\r\n\0\ufffd' or "\ud800" <= mark <= "\udfff" for mark in found)
    if wrong or not found or "\\n" in found:
        raise FileError(NO_DELIMITER, delimiter=delimiter)
    return found


def _character(name: str) -> str:
    return "\t" if name == "\\t" else chr(int(name[2:], 16))


def find_layout(text: Text, reading: Reading, usual: str = "", headed: bool = True) -> Layout:
    """How a table is read: as the user says, and else as its beginning fits best."""
    sample = take_sample(text, reading.header or 1)
    if not sample.lines:
        raise FileError(NO_ROW, name=text.file.name, line=reading.header)
    delimiter = usual
    if separator := _SEPARATOR.fullmatch(sample.lines[0]):
        delimiter = separator[1].replace("\\t", "\t")
        sample = replace(sample, lines=sample.lines[1:], first=sample.first + 1)
    if reading.delimiter is not None:
        delimiter = reading.delimiter and named_delimiter(reading.delimiter)
    elif not delimiter:
        delimiter = find_delimiter(sample)
    return settle(sample, delimiter, reading, headed)


def settle(sample: Sample, delimiter: str, reading: Reading, headed: bool) -> Layout:
    """The layout of a table whose delimiter is known."""
    cut, notices = find_quoting(sample, delimiter, reading.quoting)
    found = sample.rows(cut)
    if not found:
        return Layout(cut, Header(0, ()))  # which no stream takes
    given = reading.header is not None
    rows, last, told = choose_table([row[:2] for row in found], sample.blank(cut), first=given)
    header = find_header(with_row_numbers(rows[:SAMPLE]), usual=headed, given=reading.header)
    first = header.line + 1 if header.line else rows[0][0]
    below = [r for r in found if first <= r[0] < (last or r[0] + 1) and r[0] not in header.extra]
    return Layout(
        cut,
        header,
        first,
        last,
        sample.ends,
        cut.quoting != "none" and _has_quoted(sample, cut, found),
        _fits(cut, len(header.names), below),
        _padded([cells for _, cells, _ in below], len(header.names)),
        (*notices, *told, *header.notices),
    )


def _padded(rows: Sequence[list[str]], width: int) -> int:
    """The number of cells of rows that all end in empty ones beyond the header's; else 0."""
    found = Counter(map(len, rows)).most_common(1)
    if not found or found[0][0] <= width or found[0][1] * 20 < len(rows) * 19:
        return 0
    return found[0][0] if is_blank(chain.from_iterable(row[width:] for row in rows)) else 0


# The delimiter


def find_delimiter(sample: Sample) -> str:
    """The one that cuts most rows like the first; "" where none does: a lone column."""
    start = "".join(sample.lines[:SAMPLE])
    best, found, titled = (0.0, 0), "", ((0.0, 0), "")
    for delimiter in (*LONG_DELIMITERS, *DELIMITERS):
        if delimiter not in start:
            continue
        for quoting in QUOTING[:2]:
            rows = [cells for _, cells, _ in sample.rows(Cut(delimiter, quoting), SAMPLE)]
            widths = [len(cells) for cells in rows] or [0]
            score = (widths.count(widths[0]) / len(widths), widths[0])
            if len(delimiter) > 1:
                if len(rows) > 1 and widths[0] > 1 and score[0] == 1:
                    return delimiter
                continue
            if widths[0] > 1 and score > best:
                best, found = score, delimiter
            titled = max(titled, (_below_title(rows), delimiter))
    return titled[1] if titled[0][0] > max(0.9, 2 * best[0]) else found


def _below_title(rows: list[list[str]]) -> tuple[float, int]:
    """How well rows fit a header that stands below a title: the share, and their width."""
    place = title_rows(list(enumerate(rows))) if len(rows) > 2 else 0
    if not place or len(rows[place]) < 2:
        return 0.0, 0
    widths = [len(cells) for cells in rows[place:]]
    spaced = sum(cell.startswith(" ") for cells in rows[place:] for cell in cells[1:])
    if 2 * spaced >= len(widths):  # as behind the commas of prose
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


# Quotation marks


def find_quoting(
    sample: Sample, delimiter: str, given: str | None
) -> tuple[Cut, tuple[Notice, ...]]:
    """How the cells are quoted, and what there is to tell of it."""
    marked = [line for line in sample.lines if '"' in line]
    double = Cut(delimiter, given or "double", _is_spaced(marked, delimiter))
    if given or not marked:
        return double, ()
    faults, joined, _ = _faults(sample, double)
    if not faults:
        return double, ()
    if any('\\"' in line for line in marked):
        escaped = replace(double, quoting="backslash")
        if _faults(sample, escaped)[0] < faults:
            return escaped, (Notice(ESCAPED),)
    plain = replace(double, quoting="none")
    left, _, rows = _faults(sample, plain)
    quoted = sum(double.is_quoted(line) for line in marked)
    if not joined and left < faults and left <= FEW * rows and 2 * quoted <= len(marked):
        return plain, (Notice(UNQUOTED),)
    return double, ()


def _is_spaced(marked: Sequence[str], delimiter: str) -> bool:
    """Whether quoted cells begin after a blank behind the delimiter."""
    if not delimiter or delimiter.endswith(" "):
        return False
    behind = sum(line.count(f'{delimiter} "') for line in marked)
    return behind > sum(line.count(f'{delimiter}"') for line in marked)


def _faults(sample: Sample, cut: Cut) -> tuple[int, int, int]:
    """The number of rows that do not fit when cut so, that rightly take several lines, and all."""
    alone = [cut.plain(line) for line in sample.lines if '"' not in line and line.strip()]
    widths = [len(cells) for cells in alone] or [len(row[1]) for row in sample.rows(cut)] or [0]
    width = max(set(widths), key=widths.count)
    rows = [(0, cells, "") for cells in alone[1:] if len(cells) == width]
    found = sample.rows(cut, width=width, fits=_fits(cut, width, rows))
    faults = sum(bool(fault) or len(cells) != width for _, cells, fault in found)
    joined = sum(not fault and "\n" in "".join(cells) for _, cells, fault in found)
    return faults, joined, len(found)


def _has_quoted(sample: Sample, cut: Cut, rows: Sequence[tuple[int, list[str], str]]) -> bool:
    """Whether some cell stands in quotation marks as a whole, or rightly takes several lines."""
    return any(cut.is_quoted(line) for line in sample.lines if '"' in line) or any(
        "\n" in cell for _, cells, fault in rows if not fault for cell in cells
    )


def _fits(cut: Cut, width: int, rows: Sequence[tuple[int, list[str], str]]) -> Fits | None:
    """Tells whether cells are as those of the rows: as many, numbers and few values as there."""
    if width < 2:
        return None
    sound = [cells for _, cells, fault in rows if not fault and len(cells) == width]
    first = (cells[:MOST_COLUMNS] for cells in sound[:SAMPLE])
    columns = [column(cells) for cells in zip(*first, strict=True)]
    told = [(place, found) for place, found in enumerate(columns) if _is_told(found)]
    if not told and (cut.delimiter != "\t" or len(sound) < FEWEST):
        return None
    return lambda cells: (
        len(cells) == width and all(_is_of(cells[place].strip(), found) for place, found in told)
    )


def _is_told(found: Column) -> bool:
    return found.filled >= 3 and (found.kind in ("number", "date") or found.settled)


def _is_of(cell: str, found: Column) -> bool:
    """Whether a cell is one of a column."""
    if found.settled:
        return cell in found.values
    return is_number(cell) if found.kind == "number" else shape(cell) == found.shape
