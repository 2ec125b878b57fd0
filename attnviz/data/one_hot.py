"""Labels that are spread over columns, one a class with a single 1 a row, gathered into one."""

from collections.abc import Sequence

from attnviz.data.labels import match_labels
from attnviz.data.meanings import plain
from attnviz.data.names import OURS, is_other_name
from attnviz.data.stream import RowStream, rewritten
from attnviz.data.table import Notice, Table, listed
from attnviz.errors import N_

GATHERED = "label"  # the column that is added
ONES, ZEROS = ("1", "1.0", "true"), ("0", "0.0", "false", "")

ONE_HOT = N_(
    "The columns {columns} hold one 1 a row: which of them it is became the column “{gathered}”."
)
SEVERAL = N_("Rows with no 1 or several in these columns, which have no label: {count:,}.")


def gathered(stream: RowStream, known: Sequence[str] | None) -> RowStream:
    """The rows with one more column, the class, where the file has a column for each class.

    These are named like the `known` labels of a model; where none are known, they are all columns
    of 0 and 1, if each row has one 1 among them. A row with several or none has no label. Other
    files come back as they are.
    """
    columns = stream.columns
    if any(column.casefold() == GATHERED for column in columns) or len(columns) < 3:
        return stream
    chosen = _one_hot(stream.head(), known)
    if not chosen:
        return stream
    places = [columns.index(column) for column in chosen]
    said = Notice(ONE_HOT, {"columns": listed(chosen), "gathered": GATHERED})
    without = 0

    def gather(cells: tuple[str, ...]) -> tuple[str, ...]:
        nonlocal without
        ones = [place for place in places if plain(cells[place]) in ONES]
        without += len(ones) != 1
        return (*cells, columns[ones[0]] if len(ones) == 1 else "")

    def met() -> list[Notice]:
        nonlocal without
        count, without = without, 0
        return [Notice(SEVERAL, {"count": count})] if count else []

    return rewritten(stream, (*columns, GATHERED), gather, (said,), met)


def _one_hot(head: Table, known: Sequence[str] | None) -> list[str]:
    """The columns of the classes; empty where there are none."""
    binary = [column for column in head.columns if _is_binary(head.column(column))]
    if known:
        named = match_labels(dict.fromkeys(binary, 1), known).mapping
        chosen = [column for column in binary if column in named]
    else:
        chosen = [c for c in binary if not c.startswith(OURS) and not is_other_name(c)]
    if len(chosen) < 2:
        return []
    rows = zip(*map(head.column, chosen), strict=True)
    single = [sum(plain(cell) in ONES for cell in cells) == 1 for cells in rows]
    return chosen if sum(single) >= len(single) * (0.5 if known else 1) else []


def _is_binary(cells: Sequence[str]) -> bool:
    values = {plain(cell) for cell in cells}
    return values <= {*ONES, *ZEROS} and any(value in ONES for value in values)
