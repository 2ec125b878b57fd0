"""What people bring that is no plain text: a series, a film, a picture, a text with tags."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Sample:
    """One thing that a network reads, in the units of the person who brought it.

    Letters in shapes: T steps, K channels; h rows, w columns and c colours of a picture.

    Parameters
    ----------
    values
        A series (T, K) float32 with NaN where a value is missing; a film (T, h, w, c) or a picture
        (h, w, c), uint8.
    label
        Its class, if it is known.
    name
        Where it was: "case 3", "day-2.csv", "row 12".
    channels
        K names, each with its unit if it has one: "I1 (A)".
    times
        T strings as a person reads them, such as "07:20"; empty where they are not known.
    step, step_unit
        The time between two steps and its unit: "s", "min", "h", "day", "month", "year"; None and
        "" where they are not known.
    marks
        Labelled intervals (first step, last step exclusive, what it is), which no network reads.
    """

    values: np.ndarray
    label: str | None = None
    name: str = ""
    channels: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    step: float | None = None
    step_unit: str = ""
    marks: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True)
class Tagged:
    """A text that is cut into tokens already, with one tag for each if they are known."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...] | None = None
    name: str = ""
