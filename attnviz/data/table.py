"""The `Table` that a file's rows become where all of them are wanted at once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from attnviz.errors import N_, FileError

MAX_CELLS = 20_000_000  # about 2 GB of Python strings; a file of 200 MB can hold 100 million
MAX_CHARACTERS = 1_000_000_000  # of a whole table: a small archive can unpack to any size
MAX_COLUMNS = 10_000
SAMPLE = 200  # how many rows or lines a guess looks at

NO_PARTS = N_("{name} has no parts to choose from. Leave out --part.")
EMPTY = N_("{name} is empty. Choose a file that holds at least one text.")
TOO_MANY = N_("{name} has more than {limit:,} cells. Split it into smaller files.")
TOO_LONG = N_("{name} unpacks to more than {limit:,} characters. Split it into smaller files.")
TOO_WIDE = N_(
    "{name} has more than {limit:,} columns. Save it with those that hold texts and labels alone."
)
NO_CHARACTERS = N_(
    "Characters that no text holds became “\ufffd”. Places: {count} (the first in line {line})."
)
NESTED = N_("Nested values stay JSON in: {columns}.")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # Unicode's bidirectional controls


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


def listed(names: Sequence[str]) -> str:
    shown = [f"“{visible(name[:60])}”" for name in names[:20]]
    return ", ".join(shown) + (", …" if len(names) > 20 else "")


def is_blank(cells: Iterable[str]) -> bool:
    """Whether a row holds nothing but white space."""
    return not any(map(str.strip, cells))


def visible(text: str) -> str:
    """The text with the characters named that would turn the order of a line around."""
    return _TURNING.sub(lambda match: f"‹U+{ord(match[0]):04X}›", text)
