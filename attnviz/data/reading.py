"""How a file is read: what the user says of it. Whatever is left out is found in the file."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from attnviz.data.table import Notice
from attnviz.errors import N_, FileError

QUOTING = ("none", "double", "backslash")  # what the quotation marks of a table mean


@dataclass(frozen=True)
class Reading:
    """The user's word on how a file is read; None leaves it to the reader.

    Each field is an option of `open_rows`, of the command line and a box on the Inspect page.
    Fields that a format cannot follow are refused; see `refuse_unused`.
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

    def refuse_unused(self, name: str, followed: Collection[str], what: Notice) -> None:
        """`FileError` if the user said a field that is not `followed` in `what`."""
        for field in self.given:
            if field not in followed:
                option = "--no-header" if self.header == 0 and field == "header" else _NAMES[field]
                raise FileError(NO_USE, name=name, option=option, what=what)


NO_USE = N_("{name}: {option} has no meaning for {what}. Leave it out.")
OF_ENDING = N_("files that end in {ending}")
_NAMES = {
    "encoding": "--encoding",
    "delimiter": "--delimiter",
    "header": "--header-row",
    "quoting": "--quoting",
    "skip_bad_rows": "--skip-bad-rows",
    "part": "--part",
}

AS_FOUND = Reading()
