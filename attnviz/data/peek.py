"""The beginning of a file: enough to guess its columns, to show it, and to match its labels."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from attnviz.data.files import go_on
from attnviz.data.stream import LONGEST_HEAD, RowStream
from attnviz.data.table import Notice, Table

LOOKED_AT = 20_000  # rows; of a spreadsheet that takes two seconds
CELLS = 2_000_000  # of these rows: where columns are many, fewer rows
SHOWN = 1_000  # rows that are kept
MOST_VALUES = 1_000  # different ones of a column that are counted
LONGEST_VALUE = 1_000  # characters; longer ones are texts, and counting them would keep them all


@dataclass(frozen=True)
class Peek:
    """What the first rows of a file tell.

    `values` says for each column with few values how often each occurs, without spaces around it,
    in the `rows` that were looked at: all of the file's if `complete`, and only then are `notices`
    all that it has to tell.
    """

    table: Table
    delimiter: str | None
    unit: str
    rows: int
    complete: bool
    values: Mapping[str, Mapping[str, int]] = field(hash=False)
    notices: tuple[Notice, ...] = ()
    header: int | None = None  # as those of a `RowStream`
    quoting: str | None = None
    parts: tuple[str, ...] = ()
    part: str | None = None


def peek(stream: RowStream, most: int = LOOKED_AT) -> Peek:
    """Look at so many rows. Raises `FileError` where one of them is broken."""
    most = min(most, max(1, CELLS // len(stream.columns)))
    kept, lines, rows, counts = [], [], 0, ValueCounts(stream.columns)
    characters = 0
    passing = iter(stream)
    for line, cells in passing:
        go_on()
        rows += 1
        if len(kept) < SHOWN and characters <= LONGEST_HEAD:
            kept.append(cells)
            lines.append(line)
            characters += sum(map(len, cells))
        counts.add([(cell,) for cell in cells])
        if rows == most:
            break
    complete = rows < most or next(passing, None) is None
    notices = tuple(stream.notices)
    table = Table(stream.columns, tuple(kept), tuple(lines), stream.encoding, notices)
    known = (table, stream.delimiter, stream.unit, rows, complete, counts.found(), notices)
    others = ("header", "quoting", "parts", "part")
    return Peek(*known, **{name: getattr(stream, name) for name in others})


def value_counts(table: Table) -> dict[str, dict[str, int]]:
    """How often each value occurs in a table, for its columns with few and short ones."""
    counts = ValueCounts(table.columns)
    counts.add(list(zip(*table.rows, strict=True)))
    return counts.found()


class ValueCounts:
    """How often each value occurs, for columns that have few and short ones."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._counts = {place: Counter() for place in range(len(columns))}
        self._columns = columns

    def add(self, columns: list[tuple[str, ...]]) -> None:
        """More values of each column; one that has too many, or texts, is let go."""
        for place, counts in list(self._counts.items()):
            counts.update([cell.strip(" ") for cell in columns[place]])
            if len(counts) > MOST_VALUES or max(map(len, columns[place])) > LONGEST_VALUE:
                del self._counts[place]

    def found(self) -> dict[str, dict[str, int]]:
        return {self._columns[place]: dict(counts) for place, counts in self._counts.items()}
