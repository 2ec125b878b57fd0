"""What a question comes to: the few facts that its first lines say, one function per question.

Each reads an explanation's record and nothing else, so that the sentence on the page, and what it
is tested against, are the same numbers.
"""

from dataclasses import dataclass

import numpy as np

from attnviz.evidence.attributions import Attributions
from attnviz.evidence.gates import GateAnatomy
from attnviz.evidence.ledger import VoteLedger
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


@dataclass(frozen=True)
class Count:
    """How the positions voted, seen from the side that the logit is on.

    Parameters
    ----------
    wins
        Whether the logit is above 0: the class, or the class against its rival.
    side
        How many positions vote the way of the logit.
    leader, vote
        The position with the strongest vote that way, and that vote; None and 0 where none is.
    alone
        Whether that vote is larger than all others together, without their signs.
    by_bias
        Whether all votes together say the opposite: the bias decides.
    """

    wins: bool
    side: int
    leader: int | None
    vote: float
    alone: bool
    by_bias: bool


def count(record: VoteLedger) -> Count:
    """Who voted the way that the logit went, and whether one position did it alone."""
    votes = record.position_vote
    sign = 1.0 if record.logit >= 0 else -1.0
    leader = int((sign * votes).argmax())
    strongest = float(votes[leader])
    if sign * strongest <= 0:
        return Count(sign > 0, 0, None, 0.0, False, True)
    others = float(np.abs(votes).sum()) - abs(strongest)
    return Count(
        wins=sign > 0,
        side=int((sign * votes > 0).sum()),
        leader=leader,
        vote=strongest,
        alone=abs(strongest) > others,
        by_bias=bool(sign * votes.sum() <= 0),
    )


@dataclass(frozen=True)
class Firsts:
    """Which token each method of attribution puts first.

    Parameters
    ----------
    methods
        How many methods tell tokens apart.
    places
        (token, names of the methods that put it first), the token with most methods first; a
        method counts once, also where tokens tie.
    """

    methods: int
    places: tuple[tuple[int, tuple[str, ...]], ...]


def firsts(record: Attributions) -> Firsts:
    """The tokens that methods put first; a tie counts for the token that most others put first."""
    tops = {
        name: set(np.flatnonzero(record.ranks[name] == record.ranks[name].min()).tolist())
        for name in record.ranking
    }
    places, left = [], dict(tops)
    while left:
        rows = sorted({row for rows in left.values() for row in rows})
        best = max(rows, key=lambda row: sum(row in rows for rows in left.values()))
        named = tuple(name for name, rows in left.items() if best in rows)
        places.append((best, named))
        left = {name: rows for name, rows in left.items() if name not in named}
    return Firsts(len(tops), tuple(places))


@dataclass(frozen=True)
class Opening:
    """One unit of a gate along the text: its value at a token, where it is highest and lowest, and
    the part that pushes it most at that token."""

    value: float
    highest: int
    lowest: int
    part: str


def opening(record: GateAnatomy, unit: int, token: int) -> Opening:
    """What a gate does in one unit at one token, and what decides it."""
    values = record.value[:, unit]
    return Opening(
        value=float(values[token]),
        highest=int(values.argmax()),
        lowest=int(values.argmin()),
        part=max(record.parts, key=lambda name: abs(record.parts[name][token, unit])),
    )
