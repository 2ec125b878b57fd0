"""JSON lists of lists or of texts, [["Not bad at all", "positive"], …], as records."""

from collections.abc import Sequence
from dataclasses import dataclass

from attnviz.data.names import is_usual_name
from attnviz.data.nested import is_text
from attnviz.errors import N_

LISTS = N_("lists of values, one a row")
HEADED = N_("lists of values, one a row, the first of which names the columns")
TEXTS = N_("a list of texts")


@dataclass(frozen=True)
class Rows:
    """What the items of the lists are called; `headed` where the first list says it."""

    title: str
    names: Sequence[str]
    headed: bool = False

    def record(self, row: Sequence | str) -> dict[str, object]:
        """A list as a record; an object in it, such as spaCy's {"cats": …}, adds its own keys."""
        if isinstance(row, str):
            return {"text": row}
        record = {}
        for place, value in enumerate(row):
            if isinstance(value, dict):
                record |= value
            else:
                record[self._name(place)] = value
        return record

    def _name(self, place: int) -> str:
        return self.names[place] if place < len(self.names) else f"column {place + 1}"


def rows_of(values: Sequence[object]) -> Rows | None:
    """How the first values of a file are read as rows; None if they are not all lists or texts."""
    if values and all(isinstance(value, str) for value in values):
        return Rows(TEXTS, ("text",)) if any(map(is_text, values)) else None
    if not values or not all(isinstance(value, list) and value for value in values):
        return None
    first = values[0]
    if len(values) > 1 and _is_header(first):
        return Rows(HEADED, [name.strip() for name in first], headed=True)
    columns = [[row[place] for row in values if place < len(row)] for place in range(len(first))]
    texts = [sum(len(cell) for cell in column if is_text(cell)) for column in columns]
    if not any(texts):
        return None
    names = [f"column {place}" for place in range(1, len(columns) + 1)]
    names[texts.index(max(texts))] = "text"
    if len(names) == 2:
        names[1 - texts.index(max(texts))] = "label"
    return Rows(LISTS, names)


def _is_header(first: Sequence) -> bool:
    if not all(isinstance(name, str) for name in first) or len(set(first)) < len(first):
        return False
    return any(is_usual_name(name.strip()) for name in first)
