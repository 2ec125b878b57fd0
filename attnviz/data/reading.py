"""How a file is read: what the user says of it. Whatever is left out is found in the file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

QUOTING = ("none", "double", "backslash")  # what the quotation marks of a table mean


@dataclass(frozen=True)
class Reading:
    """The user's word on how a file is read; None leaves it to the reader.

    Each field is an option of `open_rows`, of the command line and a box on the Inspect page.
    A reader that has no use for a field leaves it alone.
    """

    encoding: str | None = None  # any codec that Python knows
    delimiter: str | None = None  # between the cells of a row; "" for a single column
    header: int | None = None  # the row that names the columns, from 1; 0 where none does
    quoting: str | None = None  # one of QUOTING
    skip_bad_rows: bool = False  # leave out rows that do not fit the table, and count them
    part: str | None = None  # of a file that holds several: a member, a sheet, a split, a key

    @property
    def given(self) -> Mapping[str, object]:
        """What the user said, by name."""
        said = asdict(self).items()
        return {name: value for name, value in said if value is not None and value is not False}


AS_FOUND = Reading()
