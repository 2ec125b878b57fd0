"""Why the chain gave a position this tag and not another: the record."""

from dataclasses import dataclass

import numpy as np

from attnviz.spans import Span


@dataclass(frozen=True, eq=False)
class TagMargin:
    """The score of the best sequence less that of the best one with another tag at a position.

    `margin` is the exact sum of the parts: `own` from the position's logits, `before` and `after`
    from the steps into and out of it (beginning and end of the text included), and `elsewhere`
    from what would have to change at other positions: their logits and the steps between them.

    Parameters
    ----------
    place, tag, against
        The position, its tag in the best sequence, and the tag that it is weighed against.
    path, other
        (T,) numbers of the tags of both sequences; equal where `against` changes nothing.
    forbidden
        Whether no sequence that the scheme allows has the other tag there: then `margin` counts a
        step that is never taken.
    """

    place: int
    tag: str
    against: str
    own: float
    before: float
    after: float
    elsewhere: float
    path: np.ndarray
    other: np.ndarray
    forbidden: bool

    @property
    def margin(self) -> float:
        """What the tag is ahead by, in the unit of the logits; never negative."""
        return self.own + self.before + self.after + self.elsewhere

    @property
    def changed(self) -> np.ndarray:
        """Numbers of the other positions whose tag the other sequence changes."""
        differ = np.flatnonzero(self.path != self.other)
        return differ[differ != self.place]


@dataclass(frozen=True)
class Overruled:
    """A position whose own best tag the chain did not take: `alone` became `tag`."""

    place: int
    alone: str
    tag: str
    probability: float
    span: Span | None
