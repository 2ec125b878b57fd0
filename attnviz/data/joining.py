"""Several columns that make one text, such as the title and the body of a review."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from attnviz.data.stream import RowStream, rewritten
from attnviz.data.table import Notice, Table, listed
from attnviz.errors import N_

SIGN = "+"  # title+description names the column that both make
BETWEEN = "\n"
TITLES = ("title", "headline", "summary", "subject", "review_title", "review_headline", "标题")
BODIES = (
    *("description", "body", "text", "content", "abstract", "article", "review_text"),
    *("review_body", "内容", "正文", "摘要", "评论"),
)
PAIRS = (  # what stands above a text, with the text; and two that are judged together
    *((title, body) for title in TITLES for body in BODIES),
    *(("premise", "hypothesis"), ("sentence1", "sentence2"), ("text_a", "text_b")),
    *(("question", "answer"), ("question1", "question2"), ("问题", "回答")),
)

_WORD = re.compile(r"[^\W\d_]{2}")
JOINED = N_(
    "Each text is made of the columns {columns}. If one of them alone is the text, choose it "
    "(--text-column)."
)


def joined(stream: RowStream, text_column: str | None = None) -> RowStream:
    """The rows with one more column, the text that several make; as they are if none do.

    `text_column` names them as title+description; None joins two whose names belong together. Their
    cells stand below each other, the empty ones left out.
    """
    columns = stream.columns
    chosen = _named(columns, text_column) if text_column else _pair(stream)
    if not chosen:
        return stream
    places = [columns.index(column) for column in chosen]
    said = () if text_column else (Notice(JOINED, {"columns": listed(chosen)}),)

    def join(cells: tuple[str, ...]) -> tuple[str, ...]:
        return (*cells, _join(cells[place] for place in places))

    return rewritten(stream, (*columns, SIGN.join(chosen)), join, said)


def joined_table(table: Table, name: str) -> Table:
    """The table with the column that a name such as title+description makes, if it lacks it."""
    chosen = _named(table.columns, name)
    if not chosen:
        return table
    columns = zip(*map(table.column, chosen), strict=True)
    rows = zip(table.rows, map(_join, columns), strict=True)
    cells = tuple((*row, text) for row, text in rows)
    return replace(table, columns=(*table.columns, SIGN.join(chosen)), rows=cells)


def _join(cells: Iterable[str]) -> str:
    return BETWEEN.join(part for part in map(str.strip, cells) if part)


def joined_column(columns: Sequence[str]) -> str | None:
    """The column that `joined` made of others, if there is one."""
    return next((name for name in columns if _named([c for c in columns if c != name], name)), None)


def _named(columns: Sequence[str], name: str) -> list[str]:
    parts = [part.strip() for part in name.split(SIGN)]
    known = name not in columns and len(parts) > 1 and all(part in columns for part in parts)
    return parts if known else []


def _pair(stream: RowStream) -> list[str]:
    """Two columns whose names belong together, unless the file holds what they make."""
    if joined_column(stream.columns):
        return []
    by_name = {column.casefold(): column for column in reversed(stream.columns)}
    pair = next((pair for pair in PAIRS if all(name in by_name for name in pair)), ())
    chosen = [by_name[name] for name in pair]
    if pair and pair[0] in TITLES and not _is_of_text(stream.head().column(chosen[0])):
        return []
    return chosen


def _is_of_text(cells: Sequence[str]) -> bool:
    """Whether titles are those of the texts: words, and not of a film with many reviews."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    words = [cell for cell in filled if _WORD.search(cell) and "://" not in cell]
    return 2 * len(set(words)) > len(cells)
