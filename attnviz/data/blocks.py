"""Tables that stand one below the other in one file or sheet, parted by blank rows."""

from collections.abc import Sequence

from attnviz.data.cell_kinds import columns_of, compare
from attnviz.data.header import MOST_COLUMNS, Numbered, evidence, filled, title_rows, trimmed
from attnviz.data.table import SAMPLE, Notice
from attnviz.errors import N_

TITLES = 3  # rows of a title, at most

SEVERAL = N_(
    "Tables one below the other: {count}. Read: the one below row {line}. --header-row for "
    "another: {others}."
)


def choose_table(
    rows: Sequence[Numbered], blank: Sequence[int], first: bool = False
) -> tuple[Sequence[Numbered], int | None, tuple[Notice, ...]]:
    """The rows of the largest table with texts, or of the `first`; and the line at which it ends.

    `blank` holds the lines of blank rows. The line is None where the table is the last.
    """
    tables = _tables(_blocks(rows, blank))
    if len(tables) == 1:
        return rows, None, ()
    place = 0 if first else max(range(len(tables)), key=lambda n: _worth(tables[n]))
    heads = [table[title_rows(table)][0] for table in tables]
    others = ", ".join(str(line) for n, line in enumerate(heads) if n != place)
    values = {"count": len(tables), "line": heads[place], "others": others}
    end = tables[place + 1][0][0] if place + 1 < len(tables) else None
    return tables[place], end, (Notice(SEVERAL, values),)


def _blocks(rows: Sequence[Numbered], blank: Sequence[int]) -> list[list[Numbered]]:
    """Rows without a blank one between them."""
    blocks, gaps = [], iter(sorted(blank))
    gap = next(gaps, None)
    for row in rows:
        parted = False
        while gap is not None and gap < row[0]:
            parted, gap = True, next(gaps, None)
        if parted or not blocks:
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _tables(blocks: list[list[Numbered]]) -> list[list[Numbered]]:
    """Blocks that begin with names of their own; what belongs to the one above is put to it."""
    tables, titles = [], []
    for block in blocks:
        if _is_title(block) or (not tables and len(block) == 1):
            titles.extend(block)
        elif not tables or _is_other(block, tables[-1]):
            tables.append([*titles, *block])
            titles = []
        else:
            tables[-1] += [*titles, *block]
            titles = []
    return [*tables[:-1], tables[-1] + titles] if tables else [titles]


def _is_title(block: list[Numbered]) -> bool:
    return len(block) <= TITLES and all(filled(cells) == 1 for _, cells in block)


def _is_other(block: list[Numbered], table: list[Numbered]) -> bool:
    place = title_rows(block)
    names, below = block[place][1], block[place + 1 :]
    found = evidence(names, below)
    if not below or not found.is_header or not found.names + found.unlike:
        return False
    if len(trimmed(names)) != len(trimmed(table[title_rows(table)][1])):
        return True
    others = [cells for _, cells in table[title_rows(table) + 1 :]]
    against = compare(names, columns_of(others, len(names)))
    same = [cell.strip() for cell in names] == [c.strip() for c in table[title_rows(table)][1]]
    return not same and against.unlike + against.names > 0


def _worth(table: list[Numbered]) -> tuple[bool, int]:
    rows = [cells for _, cells in table[title_rows(table) + 1 :]]
    width = min(max(map(len, rows), default=0), MOST_COLUMNS)
    kinds = {column.kind for column in columns_of(rows[:SAMPLE], width)}
    return "text" in kinds, len(rows)
