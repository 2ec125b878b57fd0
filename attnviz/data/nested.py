"""Cells that hold JSON: they are neither texts nor labels."""

import json
import re
from collections.abc import Iterable

from attnviz.data.table import SAMPLE, Table, listed
from attnviz.errors import N_, FileError

NO_TEXT = N_(
    "The columns are {columns}. No texts were found in them but for the nested JSON in {nested}. "
    "Write each text as a value of its own, as {example}."
)
EXAMPLE = '{"text": "Not bad at all", "label": "positive"}'
_WORDS = re.compile(r"\S\s+\S+\s+\S|[\u3400-\u9fff]{4}")  # three words, or four signs in a row
_SPOKEN = re.compile(r"[^\W\d_]\S*\s+\S|[\u3400-\u9fff]{2}")  # two words, or two signs


def is_text(value: object) -> bool:
    """Whether a value could be a text: at least three words, or four Chinese signs in a row."""
    return isinstance(value, str) and _WORDS.search(value) is not None


def nested_columns(table: Table) -> set[str]:
    """The columns of whose first cells every one that holds anything is a JSON object or list."""
    columns = zip(*table.rows[:SAMPLE], strict=True)
    return {name for name, cells in zip(table.columns, columns, strict=False) if _are_json(cells)}


def refuse_nested(table: Table, nested: set[str]) -> None:
    """`FileError` if nothing but nested values could be the texts."""
    columns = zip(*table.rows[:SAMPLE], strict=True)
    for name, cells in zip(table.columns, columns, strict=False):
        if name not in nested and any(map(_SPOKEN.search, cells)):
            return
    values = {"columns": listed(table.columns), "nested": listed(sorted(nested))}
    raise FileError(NO_TEXT, example=EXAMPLE, **values)


def _are_json(cells: Iterable[str]) -> bool:
    filled = [cell for cell in map(str.strip, cells) if cell]
    if not filled or not all(cell[0] + cell[-1] in ("{}", "[]") for cell in filled):
        return False
    try:
        return all(isinstance(json.loads(cell), dict | list) for cell in filled)
    except (ValueError, RecursionError):
        return False
