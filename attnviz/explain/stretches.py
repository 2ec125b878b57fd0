"""The answer in short where no text was read: which stretch of steps the prediction rests on."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from attnviz.evidence.answer import Answer, WordShare
from attnviz.trace import Trace

MOST_OF_IT = 2 / 3  # of the lead: what a stretch must bring to carry the answer
LONGEST = 1 / 2  # of the steps: a longer stretch says nothing of where
STRONG = 1 / 8  # of the steps: how long the strongest is where none carries the answer
WORTH_NAMING = 0.05  # of the lead


def answer_of_steps(trace: Trace, label: int, rival: int) -> Answer:
    """As `attnviz.explain.answer.answer`, of stretches of neighbouring steps in place of words.

    The carrier is the shortest stretch whose votes have two thirds of the lead, if it is at most
    half of the steps; else the strongest of an eighth of them, and the basis is "many".
    """
    votes = (trace.votes[:, label] - trace.votes[:, rival]).astype(np.float64)
    lead = float(trace.logits[label] - trace.logits[rival])
    bias = float(trace.bias[label] - trace.bias[rival])
    found = shortest_with(votes, MOST_OF_IT * lead)
    short = found is not None and found[1] - found[0] <= max(1, LONGEST * len(votes))
    basis = "bias" if bias >= MOST_OF_IT * lead else "word" if short else "many"
    if basis != "word":
        found = strongest(votes, max(1, round(STRONG * len(votes))))
    against = weakest(votes)
    opponent = share_of(trace, votes, *against)
    return Answer(
        label=trace.labels[label],
        rival=trace.labels[rival],
        probability=float(trace.probabilities[label]),
        lead=lead,
        bias=bias,
        words=tuple(share_of(trace, votes, *place) for place in segments(trace.words)),
        basis=basis,
        carriers=(share_of(trace, votes, *found),),
        opponent=opponent if opponent.vote < -WORTH_NAMING * lead else None,
    )


def share_of(trace: Trace, votes: np.ndarray, first: int, last: int) -> WordShare:
    """What the steps `first` to `last` (exclusive) add to the lead."""
    return WordShare(
        text=name_of(trace.tokens, first, last),
        start=trace.offsets[first][0],
        end=trace.offsets[last - 1][1],
        row=first + int(np.abs(votes[first:last]).argmax()),
        vote=float(votes[first:last].sum()),
        attention=float(trace.attention[first:last].mean(axis=1).sum()),
    )


def name_of(tokens: Sequence[str], first: int, last: int) -> str:
    """A stretch as people say it: “07:20”, “07:20–09:20”, “frame 3–5”, “0.4–0.6 s”."""
    start, end = tokens[first], tokens[last - 1]
    if last - first == 1:
        return start
    kind, _, number = end.partition(" ")
    if number and start.startswith(f"{kind} "):  # "frame 3", "frame 5"
        return f"{start}–{number}"
    number, _, unit = start.partition(" ")
    if unit and end.endswith(f" {unit}") and ":" not in start:  # "0.4 s", "0.6 s"
        return f"{number}–{end}"
    return f"{start}–{end}" if len(start) < 8 else f"{start} – {end}"


def segments(words: Sequence[int]) -> list[tuple[int, int]]:
    """First step and last (exclusive) of each stretch that is taken out as a whole."""
    changes = np.flatnonzero(np.diff(words)) + 1
    edges = [0, *changes.tolist(), len(words)]
    return list(pairwise(edges))


def shortest_with(votes: np.ndarray, least: float) -> tuple[int, int] | None:
    """The shortest stretch whose votes (T,) come to at least `least`; of several, the strongest."""
    sums = np.concatenate([[0.0], np.cumsum(votes)])
    for length in range(1, len(votes) + 1):
        within = sums[length:] - sums[:-length]
        if within.max() >= least:
            first = int(within.argmax())
            return first, first + length
    return None


def strongest(votes: np.ndarray, length: int) -> tuple[int, int]:
    """The stretch of so many steps with the largest sum of votes."""
    sums = np.concatenate([[0.0], np.cumsum(votes)])
    first = int((sums[length:] - sums[:-length]).argmax())
    return first, first + length


def weakest(votes: np.ndarray) -> tuple[int, int]:
    """The stretch with the smallest sum of votes (Kadane 1984)."""
    best, place, start, here = np.inf, (0, 1), 0, 0.0
    for step, vote in enumerate(votes.tolist()):
        if here > 0:
            start, here = step, 0.0
        here += vote
        if here < best:
            best, place = here, (start, step + 1)
    return place
