"""Rows that do not fit their table: left out and counted where they are few, else refused."""

from attnviz.data.table import Notice
from attnviz.errors import N_, FileError

MOST = 0.1  # of all rows that may be left out unasked
LOOKED_AT = 1_000  # such rows after which a file of little else is read no further
SHOWN = 5  # lines that are told

RAGGED = N_(
    "{name}, line {line}: the row has another number of fields than the header: {found}, not "
    "{expected}. Put a field that holds the delimiter {delimiter!r} or a line break in quotation "
    "marks, or leave out such rows (--skip-bad-rows)."
)
UNCLOSED = N_(
    "{name}, line {line}: a field opens with a quotation mark that is not closed at the field's "
    "end. Close it, and double every quotation mark that belongs to the text; or say that the "
    "marks are part of the texts (--quoting none), or leave out such rows (--skip-bad-rows)."
)
LEFT_OUT = N_("Rows left out that do not fit the table: {count} (lines {lines}).")


class BadRows:
    """The rows of one pass that do not fit."""

    def __init__(self, skip: bool, template: str = LEFT_OUT) -> None:
        """`skip` leaves out any number of them; `template` says so of their `count` and `lines`."""
        self._skip, self._count, self._lines, self._template = skip, 0, [], template
        self._first: FileError | None = None

    def add(self, error: FileError, rows: int) -> None:
        """One more, after so many good rows; raises the first error where they are too many."""
        self._first = self._first or error
        self._count += 1
        if len(self._lines) < SHOWN:
            self._lines.append(error.values["line"])
        if self._count >= LOOKED_AT:
            self.settle(rows)

    def settle(self, rows: int) -> list[Notice]:
        """What there is to tell after so many good rows."""
        if self._first is None:
            return []
        if not self._skip and self._count > MOST * (rows + self._count):
            raise self._first
        more = ", …" if self._count > SHOWN else ""
        lines = ", ".join(map(str, self._lines)) + more
        return [Notice(self._template, {"count": self._count, "lines": lines})]
