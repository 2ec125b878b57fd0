"""One thing as a network takes it, and how a person knows its positions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Reading:
    """What a processor makes of one text or sample: fields of a `Trace`, and the network's input.

    `inputs` is what one entry of `encode` is. `notices` are pairs of a template and its values:
    what was guessed or changed on the way, for a person.
    """

    inputs: object
    tokens: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]
    words: tuple[int, ...]
    truncated: int = 0
    text: str | None = None
    normalized: str | None = None
    values: np.ndarray | None = None
    channels: tuple[str, ...] = ()
    marks: tuple[tuple[int, int, str], ...] = ()
    notices: tuple[tuple[str, Mapping[str, object]], ...] = ()

    def fields(self) -> dict[str, object]:
        """Those of a `Trace`."""
        return {name: value for name, value in vars(self).items() if name != "inputs"}
