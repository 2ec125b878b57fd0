"""The `Table` that every reader returns, and which of its columns hold texts and labels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from attnviz.errors import N_, FileError

MAX_CELLS = 20_000_000  # about 2 GB of Python strings; a file of 200 MB can hold 100 million
SAMPLE = 200  # how many rows or lines a guess looks at

TEXT_NAMES = (
    *("text", "texts", "sentence", "review", "content", "comment", "document", "body", "message"),
    *("tweet", "post", "utterance", "full_text", "review_text", "review_body", "文本", "正文"),
    *("内容", "评论", "句子", "评论内容", "评价", "留言", "內容", "評論", "評價"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "sentiment", "category", "target", "polarity", "gold", "tag"),
    *("标签", "类别", "情感", "分类", "情感倾向", "標籤", "類別", "分類"),
)
EMPTY = N_("{name} is empty. Choose a file that holds at least one text.")
TOO_MANY = N_("{name} has more than {limit:,} cells. Split it into smaller files.")
NESTED = N_("Nested values stay JSON in: {columns}.")
NO_CHARACTERS = N_(
    "Characters that no text holds became “\ufffd” in {count} places (the first in line {line})."
)
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of a pair: nothing can show them


@dataclass(frozen=True)
class Notice:
    """One thing the user should know: an English template and the values that fill it."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True)
class Table:
    """A file's rows as strings. Column names are unique and never empty.

    `lines` holds the line at which each row starts in the user's editor: 1-based, with the header
    and the line breaks inside quoted fields counted. `encoding` is for display.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # each of len(columns)
    lines: tuple[int, ...]  # one for each row
    encoding: str
    notices: tuple[Notice, ...] = ()

    def column(self, name: str) -> list[str]:
        """The values of one column; `FileError` with the names that exist when it is missing."""
        if name not in self.columns:
            template = N_("There is no column “{column}”. Choose one of: {known}.")
            raise FileError(template, column=name, known=listed(self.columns))
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


class Rows:
    """What a reader collects, row by row, until it is a `Table`.

    A row without anything in it counts as a blank line. More than `MAX_CELLS` raise `FileError`.
    """

    def __init__(self, name: str, encoding: str, notices: Sequence[Notice] = ()) -> None:
        self.name, self.encoding, self.notices = name, encoding, list(notices)
        self.rows: list[tuple[str, ...]] = []
        self.lines: list[int] = []
        self.blank: list[int] = []
        self._cells = 0

    def add(self, row: tuple[str, ...], line: int) -> None:
        if not any(map(str.strip, row)):
            self.blank.append(line)
            return
        self.rows.append(row)
        self.lines.append(line)
        self._cells += len(row)
        if self._cells > MAX_CELLS:
            raise FileError(TOO_MANY, name=self.name, limit=MAX_CELLS)

    def mend(self) -> None:
        """What is no character becomes U+FFFD, and is told."""
        count, first = 0, 0
        for i, row in enumerate(self.rows):
            if any(map(_NO_CHARACTER.search, row)):
                pairs = [_NO_CHARACTER.subn("\ufffd", cell) for cell in row]
                self.rows[i] = tuple(cell for cell, _ in pairs)
                count, first = count + sum(n for _, n in pairs), first or self.lines[i]
        if count:
            self.notices.append(Notice(NO_CHARACTERS, {"count": count, "line": first}))

    def table(self, columns: Sequence[str]) -> Table:
        if not columns:
            raise FileError(EMPTY, name=self.name)
        if not self.rows:
            template = N_(
                "{name} has a header ({columns}) but no rows. Add a row for each text below it."
            )
            raise FileError(template, name=self.name, columns=listed(columns))
        if self.blank:
            template = N_("Blank lines skipped: {count} (the first is line {line}).")
            values = {"count": len(self.blank), "line": self.blank[0]}
            self.notices.append(Notice(template, values))
        names = _unique([_NO_CHARACTER.sub("\ufffd", name) for name in columns])
        return Table(names, tuple(self.rows), tuple(self.lines), self.encoding, tuple(self.notices))


def guess_text_column(table: Table) -> str:
    """The column most likely to hold the texts: by its name, else the longest on average."""
    sizes = [sum(map(len, cells)) for cells in zip(*table.rows[:SAMPLE], strict=True)]
    return _named(table, TEXT_NAMES) or table.columns[sizes.index(max(sizes))]


def guess_label_column(table: Table) -> str | None:
    """The column whose name says that it holds the labels, or None."""
    return _named(table, LABEL_NAMES)


def _named(table: Table, names: Sequence[str]) -> str | None:
    found = {column.casefold(): column for column in reversed(table.columns)}
    return next((found[name] for name in names if name in found), None)


def listed(names: Sequence[str]) -> str:
    shown = [f"“{name[:60]}”" for name in names[:20]]
    return ", ".join(shown) + (", …" if len(names) > 20 else "")


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    named = [name.strip() or f"column {i}" for i, name in enumerate(names, 1)]
    given, count = set(named), dict.fromkeys(named, 0)
    for i, name in enumerate(named):
        count[name] += 1
        if count[name] > 1:
            while f"{name} ({count[name]})" in given:
                count[name] += 1
            named[i] = f"{name} ({count[name]})"
    return tuple(named)
