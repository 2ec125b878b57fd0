"""What explanations return: records of plain NumPy arrays, to be drawn, saved or tested."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property

import numpy as np


def to_plain(value: object) -> object:
    """A record, or a list of them, as JSON-ready lists, strings and numbers; not finite is null.

    Of a record, what it derives (its properties) stands behind what it holds.
    """
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
        for name, kind in vars(type(value)).items():
            if isinstance(kind, property | cached_property):
                names.append(name)
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
