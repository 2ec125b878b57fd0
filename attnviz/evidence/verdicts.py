"""What a question comes to: the few facts that its first lines say, one function per question.

Each reads an explanation's record and nothing else, so that the sentence on the page, and what it
is tested against, are the same numbers.
"""

from dataclasses import dataclass

import numpy as np

from attnviz.evidence.trust import SAME, Trust

NAMED = 2  # tokens that a line names


@dataclass(frozen=True)
class Looks:
    """Where the attention looks, and what the prediction hangs on.

    Parameters
    ----------
    attended, share
        The token of most attention, mean over the heads, and how much of it.
    lost
        How far the prediction moves without it: total variation distance, 0…1.
    needed
        The tokens without which it moves farthest, at most two, and by more than `SAME`.
    """

    attended: int
    share: float
    lost: float
    needed: tuple[int, ...]


def looks(record: Trust) -> Looks:
    """What attention looks at beside what the prediction of the same text hangs on."""
    attended = int(record.mean_attention.argmax())
    order = np.argsort(-record.leave_one_out, kind="stable")[:NAMED].tolist()
    return Looks(
        attended=attended,
        share=float(record.mean_attention[attended]),
        lost=float(record.leave_one_out[attended]),
        needed=tuple(row for row in order if record.leave_one_out[row] > SAME),
    )
