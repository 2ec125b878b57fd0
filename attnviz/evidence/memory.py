"""Who wrote what a recurrent layer remembers, and how much of it is left."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Memory:
    """What one layer remembers at `position`, as a sum of one contribution per token.

    Letters in shapes: T tokens, H hidden size. All arrays are float64 with the token axis in the
    order of the text. "Before" and "after" are meant in the order of reading: the backward
    direction reads from the end of the text. The law `contributions.sum(0) == state` holds up to
    the rounding of the traced float32 numbers.

    Parameters
    ----------
    position, layer, direction
        The token at which the memory is looked at; recurrent layer; index in `DIRECTIONS`.
    gate
        Name of the gate that keeps: the key in `attnviz.explain.memory.RECURRENCES`.
    kept
        (T, H) in 0…1, that gate at each token.
    written
        (T, H), what each token wrote at its own step, at full strength.
    survival
        (T, H) in 0…1, how much of it is left at `position`: the product of `kept` over the tokens
        read since. 1 at `position` itself, 0 for tokens that are not read yet.
    state
        (H,), the traced state that the contributions add up to.
    half_life
        (H,), after how many tokens a unit holds half of what was written, in this text; see
        `attnviz.explain.memory.half_life`. In 0…inf, NaN for a text of one token.
    """

    position: int
    layer: int
    direction: int
    gate: str
    kept: np.ndarray
    written: np.ndarray
    survival: np.ndarray
    state: np.ndarray
    half_life: np.ndarray

    @property
    def contributions(self) -> np.ndarray:
        """(T, H): what each token wrote and is still there. Their sum over T is `state`."""
        return self.written * self.survival

    @property
    def norms(self) -> np.ndarray:
        """(T,): the length of each token's contribution, over all units."""
        return np.linalg.norm(self.contributions, axis=1)

    @property
    def shares(self) -> np.ndarray:
        """(T,), sum 1: how far each contribution points the way of the whole memory.

        `contribution · state / state · state`. Negative where a token left the opposite of what
        is remembered; all 0 where the memory is empty.
        """
        along = self.contributions @ self.contributions.sum(axis=0)
        return along / (along.sum() or 1.0)


@dataclass(frozen=True)
class Erasure:
    """What token `writer` wrote into `unit` lost more than half of itself at one token, `eraser`.

    At most one token can be that one, since all losses of a write sum to 1 at most. `written` is
    the amount, `lost` the share of it (0.5…1) that the eraser took, `left` the share (0…0.5) that
    still stood at the memory's position.
    """

    writer: int
    unit: int
    eraser: int
    written: float
    lost: float
    left: float


@dataclass(frozen=True)
class Remnant:
    """Of the amount `written` by token `writer` into `unit`, the share `left` still stands."""

    writer: int
    unit: int
    written: float
    left: float


@dataclass(frozen=True, eq=False)
class Fate:
    """What became of what the token `row` wrote into a layer's memory, in each reading direction.

    Letters in shapes: T tokens, D directions, H hidden size; float64, tokens in the order of the
    text, directions as in `DIRECTIONS`.

    Parameters
    ----------
    written
        (D, H), what it wrote.
    kept
        (D, T, H) in 0…1, the share of that in each unit once each token has been read: 1 at `row`
        itself, 0 at tokens that are read before it.
    """

    row: int
    layer: int
    written: np.ndarray
    kept: np.ndarray

    @property
    def left(self) -> np.ndarray:
        """(D, T) in 0…1: length of what is left, over all units, by that of what was written.

        0 everywhere where nothing was written.
        """
        left = np.linalg.norm(self.written[:, None] * self.kept, axis=2)  # (D, T)
        return left / np.maximum(np.linalg.norm(self.written, axis=1), 1e-12)[:, None]

    def read_since(self, direction: int) -> np.ndarray:
        """The shares left from `row` to the token that this direction reads last, in its order."""
        left = self.left[direction]
        return left[self.row :: -1] if direction else left[self.row :]

    def half_life(self, direction: int) -> float:
        """After how many tokens half of it is left, between two tokens on a straight line; inf
        where more than half reaches the last one."""
        return halved(self.read_since(direction))

    def reaches_the_end(self, direction: int) -> float:
        """The share that is left once this direction has read its last token."""
        return float(self.read_since(direction)[-1])


def halved(left: np.ndarray) -> float:
    """Where shares that begin at 1 first reach one half, counted in tokens; inf where never."""
    below = np.flatnonzero(left <= 0.5)
    if not len(below) or not below[0]:
        return np.inf if not len(below) else 0.0
    after = int(below[0])
    before, now = left[after - 1], left[after]
    return float(after - 1 + (before - 0.5) / (before - now))
