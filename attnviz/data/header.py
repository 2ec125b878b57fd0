"""Which row of a table names its columns: the first, a later one below a title, or none."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from attnviz.data.cell_kinds import Evidence, columns_of, compare, is_name
from attnviz.data.table import Notice, listed
from attnviz.errors import N_

Numbered = tuple[int, Sequence[str]]  # a row's line and cells

MOST_COLUMNS = 60  # that are looked at
HIGHEST = 10  # rows that may stand above the header
EXTRA = 3  # rows that may stand below it and are none of the table
FEWEST = 5  # rows that must stand below such a row

_RULE = re.compile(r":?-{2,}:?|={2,}")

NO_ROW = N_("{name} has no line {line} for a header. Give the line that names the columns.")
NO_HEADER = N_(
    "The first row was taken for data: no header. --header-row {line} if it names the columns."
)
NAMED = N_(
    "The first row was taken for the names of the columns: {columns}. --no-header if it is a text."
)
BELOW = N_("The header is in row {line}. Rows left out above it: {count}.")
EXTRA_ROWS = N_("Rows left out below the header, which are no data: {count} (lines {lines}).")


@dataclass(frozen=True)
class Header:
    """The row of the names: its line, 0 for none; and rows that are neither names nor data."""

    line: int
    names: tuple[str, ...]
    extra: frozenset[int] = frozenset()
    sure: bool = False  # whether the names are nothing but names
    notices: tuple[Notice, ...] = ()


def find_header(
    rows: Sequence[Numbered], *, usual: bool = True, given: int | None = None
) -> Header:
    """The header of a table by its first rows, none of which is blank.

    Where the rows do not tell, the first is the header if that is `usual`. `given` overrules: the
    line of the first row, or 0 for no header.
    """
    place = 0 if given is not None else title_rows(rows)
    if given == 0 or (given is None and place == 0 and not _is_headed(rows, usual)):
        notices = () if given == 0 or not usual else (Notice(NO_HEADER, {"line": rows[0][0]}),)
        return Header(0, ("",) * common_width(rows), notices=notices)
    line, names = rows[place]
    below = rows[place + 1 :]
    alike = not below or common_width(below) == len(names)
    names = tuple(names if alike else trimmed(names))
    notices = []
    if place:
        notices.append(Notice(BELOW, {"line": line, "count": place}))
    elif given is None and _is_doubtful(rows):
        notices.append(Notice(NAMED, {"columns": listed(names)}))
    extra = _extra_rows(names, below)
    if extra:
        lines = ", ".join(map(str, extra))
        notices.append(Notice(EXTRA_ROWS, {"count": len(extra), "lines": lines}))
    sure = evidence(names, below).is_header
    return Header(line, names, frozenset(extra), sure, tuple(notices))


def title_rows(rows: Sequence[Numbered]) -> int:
    """How many rows stand above the one that names the columns; 0 if that is the first."""
    counts = [filled(cells) for _, cells in rows]
    most, widest = counts[0], len(rows[0][1])
    if sum(map(is_name, rows[0][1])) > 1:
        return 0
    for place in range(1, min(HIGHEST + 1, len(rows) - 1)):
        names = rows[place][1]
        if counts[place] >= max(2 * most, 2) or len(names) > max(widest, 1):
            below = rows[place + 1 :]
            full = sum(count > most for count in counts[place + 1 :]) * 2 >= len(below)
            found = evidence(names, below)
            if full and found.is_header and found.names + found.unlike > 0:
                return place
        most, widest = max(most, counts[place]), max(widest, len(names))
    return 0


def with_row_numbers(rows: Sequence[Numbered]) -> list[Numbered]:
    """The rows, with an empty name before those of the first where all others begin with their
    number, which has none: so R writes tables."""
    rows = list(rows)
    (line, names), below = rows[0], rows[1:]
    numbered = all(
        len(cells) == len(names) + 1 and cells[0].strip() == str(number)
        for number, (_, cells) in enumerate(below, 1)
    )
    ended = not any(cells[-1].strip() for _, cells in below)  # each row, by a delimiter
    numbered = numbered and len(below) > 1 and not ended
    return [(line, ["", *names]), *below] if numbered else rows


def common_width(rows: Sequence[Numbered]) -> int:
    """The number of cells that most rows have."""
    return Counter(len(cells) for _, cells in rows).most_common(1)[0][0]


def trimmed(cells: Sequence[str]) -> list[str]:
    """The cells without the empty ones at their end."""
    cells = list(cells)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def filled(cells: Sequence[str]) -> int:
    """How many cells are not blank."""
    return sum(bool(cell.strip()) for cell in cells)


def evidence(row: Sequence[str], below: Sequence[Numbered]) -> Evidence:
    """How a row compares with those below it.

    A row of names that comes again further down, where files were joined, counts for none.
    """
    row = row[:MOST_COLUMNS]
    width = len(row)
    names = all(is_name(cell) for cell in row if cell.strip())
    others = [cells for _, cells in below if not names or list(cells[:width]) != list(row)]
    return compare(row, columns_of(others, width))


def _is_headed(rows: Sequence[Numbered], usual: bool) -> bool:
    found = evidence(rows[0][1], rows[1:])
    if usual or len(rows) < 2:
        return usual and not found.is_data
    return found.is_header or (found.unlike > 0 and not found.known)


def _is_doubtful(rows: Sequence[Numbered]) -> bool:
    """Whether a header could as well be the first of the texts."""
    found = evidence(rows[0][1], rows[1:])
    return not found.is_header and found.prose + found.questions > 0 and not found.unlike


def _extra_rows(names: Sequence[str], below: Sequence[Numbered]) -> list[int]:
    """Lines of the rows right below the header that are a rule, or a survey program's own."""
    first = enumerate(below[:EXTRA])
    marked = [n for n, (_, cells) in first if _is_of_survey(cells) or _is_rule(cells)]
    if marked:
        return [line for line, _ in below[: marked[-1] + 1]]
    if len(below) <= FEWEST:
        return []
    found = evidence(below[0][1], below[1:])
    strange = found.unlike + found.names > 1 and not (found.known or found.alike or found.prose)
    again = any(list(cells) == list(below[0][1]) for _, cells in below[1:])
    return [below[0][0]] if strange and not again else []


def _is_rule(cells: Sequence[str]) -> bool:
    """The line between the names and the rows of a table in Markdown, or in a terminal."""
    given = [cell.strip() for cell in cells if cell.strip()]
    return bool(given) and all(_RULE.fullmatch(cell) for cell in given)


def _is_of_survey(cells: Sequence[str]) -> bool:
    """Qualtrics names each question's key, SurveyMonkey how it is answered.

    Beside that SurveyMonkey writes the choices of questions with several, and nothing in front.
    """
    given = [cell.strip() for cell in cells if cell.strip()]
    if given and all(cell.startswith('{"ImportId"') for cell in given):
        return True
    answered = {"Response", "Open-Ended Response"}
    return bool(answered & set(given)) and (set(given) <= answered or not cells[0].strip())
