"""JSON files that are one object: which layout it has, and what its rows are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from attnviz.data.lists import rows_of
from attnviz.data.names import TEXT_NAMES, is_usual_name
from attnviz.data.nested import is_text
from attnviz.data.record_layouts import LOOKED_AT, record_layout
from attnviz.data.table import NO_PARTS, Notice, listed
from attnviz.errors import N_, FileError, Phrase

DEPTH = 4  # how many keys deep a list of records may lie
FEWEST = 3  # entries of an object that is no record but a mapping

READ_AS = N_("Read as {layout}.")
UNDER_KEY = N_("Read the records under the key “{key}”.")
OF_KEYS = N_("Read the records under the key “{key}”. Others: {others} (--part chooses).")
SPLITS = N_(
    "Read the rows under {count} keys, {keys}; the column “split” names the key (--part takes one)."
)
NO_KEY = N_("{name} has no records under the key “{part}”. Choose one of: {known}.")
_NUMBER = re.compile(r"-?\d+")

Path = tuple[str, ...]  # the keys from the document down to something in it


@dataclass(frozen=True)
class Document:
    """What the rows of a document are: `records` in order, as it was `said`.

    `path` leads to the list or object whose members they are, one each; None if they stand in
    several. `parts` are the keys of all lists of records, of which `part` was taken.
    """

    records: Sequence[Mapping]
    path: Path | None
    said: tuple[Notice, ...] = ()
    parts: tuple[str, ...] = ()
    part: str | None = None


def unwrap_document(document: Mapping, name: str, part: str | None = None) -> Document:
    """The records of an object that is a whole file; itself if it is a record.

    Raises `FileError` where it has no `part`.
    """
    for title, recognise, unwrap in () if part else DOCUMENTS:
        if recognise(document):
            path, records = unwrap(document)
            said = Notice(READ_AS, {"layout": Phrase(title)})
            return Document(records, path, (said,))
    lists = dict(_lists(document))
    tables = {} if lists or _is_record(document) else _tables(document)
    _refuse_unknown(part, [".".join(path) for path in lists] or list(tables), name)
    if tables:
        return _of_tables(tables, part)
    best = max(lists.values(), key=_rank, default=None)
    if best is None or (not part and not _rank(best)[0] and _is_record(document)):
        return Document([document], None)
    chosen = next(
        p for p, found in lists.items() if ".".join(p) == part or (not part and found is best)
    )
    keys, key = tuple(map(".".join, lists)), ".".join(chosen)
    others = [other for other in keys if other != key]
    return Document(lists[chosen], chosen, (_under(key, others),), keys, key)


def _refuse_unknown(part: str | None, known: Sequence[str], name: str) -> None:
    if part and not known:
        raise FileError(NO_PARTS, name=name)
    if part and part not in known:
        raise FileError(NO_KEY, name=name, part=part, known=listed(known))


def _tables(document: Mapping) -> dict[str, list[dict]]:
    """Key → the records of the lists of lists under it, such as {"train": [[text, label], …]}."""
    values = {
        key: value
        for key, value in document.items()
        if isinstance(value, list)
        and all(isinstance(row, list) for row in value)
        and rows_of(value[:LOOKED_AT]) is not None
    }
    rows = rows_of([row for value in values.values() for row in value[:LOOKED_AT]])
    if rows is None:
        return {}
    return {
        key: [rows.record(row) for row in value if not rows.headed or row != rows.names]
        for key, value in values.items()
    }


def _of_tables(tables: Mapping[str, list[dict]], part: str | None) -> Document:
    keys = tuple(tables)
    if part or len(keys) == 1:
        key = part or keys[0]
        others = [other for other in keys if other != key]
        return Document(tables[key], None, (_under(key, others),), keys, key)
    records = [{**record, "split": key} for key, found in tables.items() for record in found]
    said = Notice(SPLITS, {"count": len(keys), "keys": listed(keys)})
    return Document(records, None, (said,), keys)


def _under(key: str, others: Sequence[str]) -> Notice:
    if not others:
        return Notice(UNDER_KEY, {"key": key[:60]})
    return Notice(OF_KEYS, {"key": key[:60], "others": listed(others)})


def _lists(value: Mapping, path: Path = ()) -> Iterator[tuple[Path, Sequence]]:
    """Every list of objects in a document, with the keys that lead there."""
    for key, item in value.items():
        here = (*path, key)
        if isinstance(item, list) and item and all(isinstance(row, dict) for row in item):
            yield here, item
        elif isinstance(item, dict) and len(here) < DEPTH:
            yield from _lists(item, here)


def _rank(records: Sequence[Mapping]) -> tuple[bool, int]:
    """Lists in which texts stand come first, then the longer ones."""
    shown = records[:LOOKED_AT]
    layout = record_layout(shown)
    if layout:
        shown = [layout[1](record) for record in shown]
    values = (value for record in shown for value in _leaves(record))
    return any(map(is_text, values)), len(records)


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    else:
        yield value


def _is_record(document: Mapping) -> bool:
    """Whether the object itself holds a text under a name that texts have."""
    return any(is_text(value) and key.casefold() in TEXT_NAMES for key, value in document.items())


def _is_split(document: Mapping) -> bool:
    columns, rows = document.get("columns"), document.get("data")
    return (
        isinstance(columns, list)
        and isinstance(rows, list)
        and all(isinstance(name, str) for name in columns)
        and all(isinstance(row, list) and len(row) == len(columns) for row in rows)
        and bool(rows)
    )


def _of_split(document: Mapping) -> tuple[Path, list]:
    return ("data",), [dict(zip(document["columns"], row, strict=True)) for row in document["data"]]


def _objects(document: Mapping) -> bool:
    """Whether there are several values and all are objects of scalars with the same keys."""
    values = list(document.values())
    if not all(isinstance(value, dict) and value for value in values) or not values:
        return False
    keys = values[0].keys()
    return all(value.keys() == keys for value in values[:LOOKED_AT])


def _is_columns(document: Mapping) -> bool:
    """Column → row → value, which pandas writes when nothing else is asked for."""
    if not _objects(document) or not all(map(_is_scalars, document.values())):
        return False
    outer, inner = list(document), list(next(iter(document.values())))
    if all(map(_NUMBER.fullmatch, inner)) and not all(map(_NUMBER.fullmatch, outer)):
        return True
    named = any(map(is_usual_name, outer))
    return named and not any(map(is_usual_name, inner))


def _is_scalars(value: Mapping) -> bool:
    return not any(isinstance(item, dict | list) for item in value.values())


def _of_columns(document: Mapping) -> tuple[None, list]:
    places = dict.fromkeys(place for column in document.values() for place in column)
    return None, [
        {name: column[place] for name, column in document.items() if place in column}
        for place in places
    ]


def _is_lists(document: Mapping) -> bool:
    """Column → all its values."""
    values = list(document.values())
    if not _are_lists(values) or len({len(value) for value in values}) > 1:
        return False
    named = any(map(is_usual_name, document))
    return named or not all(map(_are_texts, values))


def _are_lists(values: Sequence) -> bool:
    return (
        bool(values)
        and all(
            isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
            for value in values
        )
        and any(values)
    )


def _are_texts(values: Sequence) -> bool:
    return any(map(is_text, values)) and all(isinstance(value, str) for value in values)


def _of_lists(document: Mapping) -> tuple[None, list]:
    rows = zip(*document.values(), strict=True)
    return None, [dict(zip(document, row, strict=True)) for row in rows]


def _is_by_label(document: Mapping) -> bool:
    """Label → its texts."""
    values = list(document.values())
    named = any(map(is_usual_name, document))
    return _are_lists(values) and len(values) > 1 and not named and all(map(_are_texts, values))


def _of_label(document: Mapping) -> tuple[None, list]:
    return None, [
        {"text": text, "label": label} for label, texts in document.items() for text in texts
    ]


def _is_index(document: Mapping) -> bool:
    """Identifier → record."""
    values = list(document.values())
    if len(values) < 2 or not all(isinstance(value, dict) and value for value in values):
        return False
    common = set(values[0]).intersection(*values[1:LOOKED_AT])
    if any(map(is_usual_name, common)):
        return True
    return bool(common) and any(
        is_text(leaf) for value in values[:LOOKED_AT] for leaf in _leaves(value)
    )


def _of_index(document: Mapping) -> tuple[Path, list]:
    return (), [{"id": key} | dict(value) for key, value in document.items()]


def _is_text_to_label(document: Mapping) -> bool:
    keys, values = list(document), list(document.values())
    return (
        len(keys) >= FEWEST
        and _is_scalars(document)
        and 2 * sum(map(is_text, keys)) > len(keys)
        and not any(map(is_text, values))
    )


def _of_text_to_label(document: Mapping) -> tuple[Path, list]:
    return (), [{"text": text, "label": label} for text, label in document.items()]


def _is_id_to_text(document: Mapping) -> bool:
    return (
        len(document) >= FEWEST
        and all(map(_NUMBER.fullmatch, document))
        and _are_texts(list(document.values()))
    )


def _of_id_to_text(document: Mapping) -> tuple[Path, list]:
    return (), [{"id": key, "text": text} for key, text in document.items()]


DOCUMENTS = (  # what it is, whether a document is it, its path and its records
    (N_("pandas' layout “split”"), _is_split, _of_split),
    (N_("an object of columns, as pandas writes it"), _is_columns, _of_columns),
    (N_("an object of columns, each a list"), _is_lists, _of_lists),
    (N_("lists of texts by label"), _is_by_label, _of_label),
    (N_("an object of records by identifier"), _is_index, _of_index),
    (N_("an object of labels by text"), _is_text_to_label, _of_text_to_label),
    (N_("an object of texts by identifier"), _is_id_to_text, _of_id_to_text),
)
