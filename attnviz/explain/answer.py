"""The answer in short: which words, or steps, the prediction rests on, read off the votes.

Only the trace is needed: `logit = bias + sum of votes`, so the lead of a class over the next is the
difference of the biases plus what each word's positions add to it.
"""

from itertools import groupby

import numpy as np

from attnviz.evidence.answer import Answer, WordShare
from attnviz.explain.stretches import answer_of_steps
from attnviz.trace import Trace

MOST_OF_IT = 2 / 3  # of the lead: what "decides" and "carry" ask for
ALONE = 2.0  # a word decides by itself with this many times the vote of any other
FEW = 3  # words that are named together
WORTH_NAMING = 0.05  # of the lead: an opponent below that is left out


def answer(trace: Trace) -> Answer:
    """The prediction of a trace, its lead over the runner-up and the words behind it; where no
    text was read, the stretches of steps."""
    label, rival = np.argsort(-trace.probabilities, kind="stable")[:2].tolist()
    if trace.text is None:
        return answer_of_steps(trace, label, rival)
    words = _words(trace, trace.votes[:, label] - trace.votes[:, rival])
    lead = float(trace.logits[label] - trace.logits[rival])
    bias = float(trace.bias[label] - trace.bias[rival])
    basis, carriers = _basis(lead, bias, sorted(words, key=lambda word: -word.vote))
    against = min(words, key=lambda word: word.vote)
    return Answer(
        label=trace.labels[label],
        rival=trace.labels[rival],
        probability=float(trace.probabilities[label]),
        lead=lead,
        bias=bias,
        words=tuple(words),
        basis=basis,
        carriers=tuple(carriers),
        opponent=against if against.vote < -WORTH_NAMING * lead else None,
    )


def _words(trace: Trace, votes: np.ndarray) -> list[WordShare]:
    """One entry for each word, from its tokens."""
    attention = trace.attention.mean(axis=1)  # (T,)
    shares = []
    for _, group in groupby(range(len(trace.tokens)), key=trace.words.__getitem__):
        rows = list(group)
        start, end = trace.offsets[rows[0]][0], trace.offsets[rows[-1]][1]
        shares.append(
            WordShare(
                text=trace.text[start:end],
                start=start,
                end=end,
                row=max(rows, key=lambda row: abs(votes[row])),
                vote=float(votes[rows].sum()),
                attention=float(attention[rows].sum()),
            )
        )
    return shares


def _basis(lead: float, bias: float, ranked: list[WordShare]) -> tuple[str, list[WordShare]]:
    """What most of the lead comes from, and the words to name; `ranked` is strongest first."""
    enough = MOST_OF_IT * lead
    if bias >= enough and bias > ranked[0].vote:
        return "bias", ranked[:1]
    rest = ranked[1].vote if len(ranked) > 1 else 0.0
    if ranked[0].vote >= enough and ranked[0].vote >= ALONE * rest:
        return "word", ranked[:1]
    for count in range(2, min(FEW, len(ranked)) + 1):
        named = ranked[:count]
        if named[-1].vote > 0 and sum(word.vote for word in named) >= enough:
            return "words", named
    return "many", ranked[:1]
