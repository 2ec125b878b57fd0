"""The `RowStream` that every reader returns: a file's rows one after the other, in flat memory."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from attnviz.data import table
from attnviz.data.footers import without_footer
from attnviz.data.reading import AS_FOUND
from attnviz.data.table import (
    EMPTY,
    MAX_COLUMNS,
    NO_CHARACTERS,
    SAMPLE,
    TOO_LONG,
    TOO_MANY,
    TOO_WIDE,
    Notice,
    Table,
    is_blank,
    listed,
)
from attnviz.errors import N_, FileError

HEADER_ALONE = N_("{name} has a header ({columns}) but no rows. Add rows below it.")
BLANK = N_("Blank lines skipped: {count} (the first is line {line}).")
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of a pair: nothing can show them

LONGEST_HEAD = 20_000_000  # characters that the beginning of a file is held to, to the next row
FIXED = ("Parquet", "Arrow", "Excel", "Word", "PDF")  # the encoding of formats that have no other

Row = tuple[int, tuple[str, ...]]  # the line at which it starts, its cells
Tell = Callable[[Notice], object]


class RowStream:
    """A file's rows, read anew from its first byte whenever one iterates.

    Iterating gives `(line, cells)`: the line at which the row starts in the user's editor and one
    string per column. In a spreadsheet the line is the row's number, in a PDF its page: `unit` is
    "line", "row", "page" or "paragraph". Rows without anything in them are skipped. `columns` are
    unique, never empty, and known before; `notices` is complete after an iteration. `delimiter`,
    `header` (the line of the names, 0 for none) and `quoting` are None where the format has none;
    `delimiter` is "" where the file has a single column. `reading` is what the user said of it.
    `parts` names what there is to choose from in a file that holds several (members, sheets,
    splits, keys), and `part` what was taken. Iterating raises `FileError` where the file is
    broken, and when it has no row at all.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        encoding: str,
        start: Callable[[Tell], Iterator[Row]],
        *,
        delimiter: str | None = None,
        notices: Sequence[Notice] = (),
        unit: str = "line",
        footed: bool = False,
    ) -> None:
        """`start` begins a pass over the rows, blank ones among them; it tells what it notices.
        `footed` says that rows at the end may sum up the others, as in a sheet that a person made,
        and are left out then."""
        if not columns:
            raise FileError(EMPTY, name=name)
        if len(columns) > MAX_COLUMNS:
            raise FileError(TOO_WIDE, name=name, limit=MAX_COLUMNS)
        self.name, self.encoding, self.delimiter = name, encoding, delimiter
        self.columns = unique([_NO_CHARACTER.sub("\ufffd", column) for column in columns])
        self.notices = list(notices)
        self.reading = AS_FOUND
        self.parts, self.part = (), None
        self.header: int | None = None
        self.quoting: str | None = None
        self.unit = unit
        self._start, self._known, self._header = start, tuple(notices), columns
        self._footed = footed
        self._head: tuple[int, Table] | None = None

    def __iter__(self) -> Iterator[Row]:
        told, blank, mended, rows = [], Count(), Count(), 0
        filled = self._filled(told.append, blank)
        for line, cells in without_footer(filled, told) if self._footed else filled:
            joined = "".join(cells)
            if not joined.isascii() or "\0" in joined:
                cells, count = _mended(cells, joined)
                mended.add(count, line)
            rows += 1
            yield line, cells
        if not rows:
            raise FileError(HEADER_ALONE, name=self.name, columns=listed(self._header))
        notices = [*self._known, *told, *mended.notice(NO_CHARACTERS), *blank.notice(BLANK)]
        self.notices[:] = notices

    def _filled(self, tell: Tell, blank: "Count") -> Iterator[Row]:
        """The rows with anything in them."""
        for line, cells in self._start(tell):
            if any(cells) and not is_blank(cells):
                yield line, cells
            else:
                blank.add(1, line)

    def head(self, count: int = SAMPLE) -> Table:
        """The first rows, for a guess or a preview; fewer where they are very long.

        They are kept: some formats must be read whole for their first row.
        """
        if self._head is None or self._head[0] != count:
            rows, characters = [], 0
            for line, cells in islice(self, count):
                rows.append((line, cells))
                characters += sum(map(len, cells))
                if characters > LONGEST_HEAD:
                    break
            lines, cells = zip(*rows, strict=True)
            notices = tuple(self.notices)
            self._head = count, Table(self.columns, cells, lines, self.encoding, notices)
        return self._head[1]


def rewritten(
    stream: RowStream,
    columns: Sequence[str],
    change: Callable[[tuple[str, ...]], tuple[str, ...]],
    notices: Sequence[Notice] = (),
    after: Callable[[], Sequence[Notice]] = tuple,
) -> RowStream:
    """The same file with other cells in other columns; `after` tells what a pass has met."""
    known = tuple(stream.notices)

    def start(tell: Tell) -> Iterator[Row]:
        for line, cells in stream:
            yield line, change(cells)
        for notice in [*(n for n in stream.notices if n not in known), *after()]:
            tell(notice)

    settings = {"delimiter": stream.delimiter, "notices": (*known, *notices), "unit": stream.unit}
    found = RowStream(stream.name, columns, stream.encoding, start, **settings)
    for name in ("reading", "parts", "part", "header", "quoting"):
        setattr(found, name, getattr(stream, name))
    return found


def collect(stream: RowStream) -> Table:
    """All rows at once; `FileError` if they are more than memory holds."""
    rows, lines, characters = [], [], 0
    most = table.MAX_CELLS // len(stream.columns)
    for line, cells in stream:
        rows.append(cells)
        lines.append(line)
        characters += sum(map(len, cells))
        if len(rows) > most:
            raise FileError(TOO_MANY, name=stream.name, limit=table.MAX_CELLS)
        if characters > table.MAX_CHARACTERS:
            raise FileError(TOO_LONG, name=stream.name, limit=table.MAX_CHARACTERS)
    return Table(stream.columns, tuple(rows), tuple(lines), stream.encoding, tuple(stream.notices))


class Count:
    """How often something was met, and where first."""

    def __init__(self) -> None:
        self.count, self.line = 0, 0

    def add(self, count: int, line: int) -> None:
        self.line = self.line or (line if count else 0)
        self.count += count

    def notice(self, template: str) -> list[Notice]:
        values = {"count": self.count, "line": self.line}
        return [Notice(template, values)] if self.count else []


def _mended(cells: tuple[str, ...], joined: str) -> tuple[tuple[str, ...], int]:
    """The cells with U+FFFD for what is no character, and how many such there were."""
    if not _NO_CHARACTER.search(joined):
        return cells, 0
    pairs = [_NO_CHARACTER.subn("\ufffd", cell) for cell in cells]
    return tuple(cell for cell, _ in pairs), sum(count for _, count in pairs)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names without white space around them; what is empty or repeated gets a number."""
    named = [name.strip() or f"column {i}" for i, name in enumerate(names, 1)]
    given, count = set(named), dict.fromkeys(named, 0)
    for i, name in enumerate(named):
        count[name] += 1
        if count[name] > 1:
            while f"{name} ({count[name]})" in given:
                count[name] += 1
            named[i] = f"{name} ({count[name]})"
    return tuple(named)
