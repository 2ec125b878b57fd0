"""Which columns of a file hold the texts and the labels."""

import re
from collections.abc import Sequence

from attnviz.data.nested import nested_columns, refuse_nested
from attnviz.data.table import SAMPLE, Notice, Table
from attnviz.errors import N_

TEXT_NAMES = (
    *("text", "texts", "sentence", "review", "content", "comment", "document", "body", "message"),
    *("tweet", "post", "utterance", "full_text", "review_text", "review_body", "文本", "正文"),
    *("内容", "评论", "句子", "评论内容", "评价", "留言", "內容", "評論", "評價"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "sentiment", "category", "target", "polarity", "gold", "tag"),
    *("标签", "类别", "情感", "分类", "情感倾向", "標籤", "類別", "分類"),
)
LABEL_SAMPLE = 1_000  # rows that a guess at the labels looks at
MOST_LABELS = 200
LONGEST_LABEL = 40  # characters

NUMBERS = N_(
    "The column “{column}” holds numbers and no words. If the texts stand in another column, "
    "choose that one."
)
_NUMBER = re.compile(r"\s*[-+]?[\d.,]+(?:[eE][-+]?\d+)?\s*%?\s*")
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*|[0-9a-fA-F-]{16,}")  # of pages, files, people, rows


def guess_text_column(table: Table) -> str:
    """The column most likely to hold the texts: by its name, else the longest on average.

    Addresses and long identifiers are no texts, unless there is nothing else; nested values never
    are: `FileError` if nothing else could be.
    """
    nested = nested_columns(table)
    inside = {column.casefold() for column in nested}
    named = _named(table, [name for name in TEXT_NAMES if name not in inside])
    if named:
        return named
    if nested:
        refuse_nested(table, nested)
    cells = list(zip(*table.rows[:SAMPLE], strict=True))
    sizes = [
        (sum(len(cell) for cell in column if not _ADDRESS.fullmatch(cell)), sum(map(len, column)))
        if name not in nested
        else (-1, -1)
        for name, column in zip(table.columns, cells, strict=True)
    ]
    return table.columns[sizes.index(max(sizes))]


def guess_label_column(table: Table) -> str | None:
    """The column that holds the labels: by its name, else by what stands in it; None if none.

    Labels are short, two different ones at least, and each stands in two rows or more on average.
    Of several such columns, the one with the fewest different values; the texts' is never it.
    """
    named = _named(table, LABEL_NAMES)
    if named is not None:
        return named
    texts, found, nested = guess_text_column(table), [], nested_columns(table)
    for place, cells in enumerate(zip(*table.rows[:LABEL_SAMPLE], strict=True)):
        given = [cell.strip() for cell in cells if cell.strip()]
        values = set(given)
        few = (
            table.columns[place] not in nested
            and 2 <= len(values) <= MOST_LABELS
            and 2 * len(values) <= len(given)
        )
        if few and table.columns[place] != texts and max(map(len, values)) <= LONGEST_LABEL:
            found.append((len(values), place))
    return table.columns[min(found)[1]] if found else None


def column_notices(table: Table, text_column: str) -> list[Notice]:
    """What to tell of the column that was taken for the texts: that it holds numbers alone."""
    cells = [cell for cell in table.column(text_column)[:SAMPLE] if cell.strip()]
    if cells and all(map(_NUMBER.fullmatch, cells)):
        return [Notice(NUMBERS, {"column": text_column})]
    return []


def _named(table: Table, names: Sequence[str]) -> str | None:
    found = {column.casefold(): column for column in reversed(table.columns)}
    return next((found[name] for name in names if name in found), None)
