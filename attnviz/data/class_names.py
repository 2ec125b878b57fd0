"""What a file's class numbers stand for, where the file or a list beside it says so."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attnviz.data.label_numbers import pairs_of
from attnviz.data.meanings import quantity
from attnviz.data.table import Notice, listed
from attnviz.errors import N_

BESIDE = (
    "class.txt",
    "classes.txt",
    "labels.txt",
    "label.txt",
    "class_names.txt",
    "label_list.txt",
)
MOST_BYTES = 1 << 20

BY_FILE = N_("named by {file} beside the file: {pairs}")
CLASSES = N_("The file names the classes of {columns}, so their numbers were read as these names.")


@dataclass(frozen=True)
class ClassFile:
    """The names of a file's classes, one a line, as a text file beside it lists them."""

    name: str
    classes: tuple[str, ...]


def schema_classes(schema) -> dict[str, tuple[str, ...]]:
    """Column → names of its classes, as the library `datasets` writes them into an Arrow schema.

    Only for columns of whole numbers; what is malformed is left out.
    """
    from pyarrow import types

    try:
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = dict(told.get("info", {}).get("features", {}))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
    found = {}
    for column, feature in features.items():
        names = feature.get("names") if isinstance(feature, dict) else None
        is_class = isinstance(names, list) and feature.get("_type") == "ClassLabel"
        if is_class and names and all(isinstance(name, str) and name for name in names):
            places = schema.get_all_field_indices(column)
            if len(places) == 1 and types.is_integer(schema.field(places[0]).type):
                found[column] = tuple(names)
    return found


def class_notices(columns: Sequence[str], classes: Mapping | None) -> list[Notice]:
    """What to tell of columns whose numbers became names."""
    named = [column for column in columns if column in (classes or {})]
    return [Notice(CLASSES, {"columns": listed(named)})] if named else []


def classes_beside(path: str | Path) -> ClassFile | None:
    """The list of class names in a folder or in that of a file, one a line; None without one."""
    path = Path(path)
    for name in BESIDE:
        place = path / name if path.is_dir() else path.parent / name
        if place == path or not place.is_file():
            continue
        try:
            if place.stat().st_size > MOST_BYTES:
                continue
            lines = place.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError):
            continue
        names = [line.strip() for line in lines]
        while names and not names[-1]:
            names.pop()
        if len(names) > 1 and all(names):
            return ClassFile(name, tuple(names))
    return None


def names_of_numbers(found: Iterable[str], named: ClassFile | None) -> dict[str, str]:
    """Label as the file spells it → its name in a list beside the file, whose first line is 0.

    "2", "2.0" and "LABEL_2" are the same number; stars and points are ratings. Empty unless every
    label is the number of a line.
    """
    found = list(found)
    quantities = {raw: q for raw in found if (q := quantity(raw)) is not None and q.unit is None}
    places = range(len(named.classes)) if named else ()
    if len(quantities) < len(found) or not all(q.number in places for q in quantities.values()):
        return {}
    return {raw: named.classes[int(q.number)] for raw, q in quantities.items()}


def list_notice(named: ClassFile, names: Mapping[str, str]) -> Notice:
    """What to tell of numbers that a list beside the file names."""
    return Notice(BY_FILE, {"file": named.name, "pairs": pairs_of(names)})
