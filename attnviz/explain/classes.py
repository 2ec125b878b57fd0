"""A class as people name it: its label, its number, or the predicted one."""

from attnviz.errors import AttnvizError
from attnviz.trace import Trace


def class_index(trace: Trace, label: int | str | None = None) -> int:
    """The number of a class in `trace.labels`; None stands for the predicted one.

    Raises
    ------
    AttnvizError
        If the model has no such class.
    """
    if label is None:
        return trace.predicted
    names = trace.labels if isinstance(label, str) else range(len(trace.labels))
    if label not in names:
        raise AttnvizError(
            "The model has no class {label}. Its classes are: {known}.",
            label=label,
            known=", ".join(trace.labels),
        )
    return names.index(label)


def rival_index(trace: Trace, against: int | str, label: int) -> int:
    """The number of the class that class number `label` is weighed against.

    Raises
    ------
    AttnvizError
        If the model has no such class, or both are the same.
    """
    rival = class_index(trace, against)
    if rival == label:
        raise AttnvizError(
            "Class {label} cannot be weighed against itself. Choose another.",
            label=trace.labels[rival],
        )
    return rival
