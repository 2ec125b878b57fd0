"""Why this tag: what a position says itself, and what the steps to its neighbours add.

score(y) = begin[y_1] + Σ_t logit[t, y_t] + Σ_t follow[y_{t-1}, y_t] + end[y_T] (Lample et al. 2016,
section 2.2). A tag is ahead of another by score(best sequence) − score(best sequence that has the
other tag there). Everything is in the trace: neither the network nor torch is needed.
"""

import numpy as np

from attnviz.evidence.transitions import Overruled, TagMargin
from attnviz.explain.classes import rival_index
from attnviz.tags import Tags
from attnviz.trace import Trace

NEVER = -5_000.0  # a step worth less than this is one that the scheme forbids


def tag_margin(trace: Trace, place: int, against: int | str | None = None) -> TagMargin:
    """Why the tag at a position is not another one, as an exact sum.

    `against` is by default the position's own best tag if the chain overruled it, else the best of
    the other tags. Of a word in pieces, its first piece is asked.

    Raises
    ------
    IndexError
        If the text has no such position.
    AttnvizError
        If the model has no such tag, or it is the one that the position has.
    """
    tags, labels = trace.tags, trace.labels
    if not 0 <= place < len(tags.path):
        raise IndexError(f"the text has {len(tags.path)} positions, none has number {place}")
    places = np.flatnonzero(tags.tagged)
    step = int(np.searchsorted(places, place, side="right")) - 1
    logits, path = tags.logits[places].astype(np.float64), tags.path[places]
    rival = _rival(trace, int(places[step]), against)
    other = best_with(tags, logits, step, rival)
    parts = [_parts(tags, logits, tagged, step) for tagged in (path, other)]
    own, before, after, elsewhere = (float(a - b) for a, b in zip(*parts, strict=True))
    return TagMargin(
        place=int(places[step]),
        tag=labels[path[step]],
        against=labels[rival],
        own=own,
        before=before,
        after=after,
        elsewhere=elsewhere,
        path=_spread(tags, path),
        other=_spread(tags, other),
        forbidden=_is_forbidden(tags, other),
    )


def _is_forbidden(tags: Tags, path: np.ndarray) -> bool:
    """Whether a sequence takes a step that the scheme forbids."""
    steps = [tags.begin[path[0]], *tags.follow[path[:-1], path[1:]], tags.end[path[-1]]]
    return min(map(float, steps)) < NEVER


def overruled(trace: Trace) -> list[Overruled]:
    """The positions whose own best tag the chain did not take, in the order of the text."""
    tags, labels = trace.tags, trace.labels
    spans = tags.spans(labels)
    return [
        Overruled(
            place=int(place),
            alone=labels[tags.alone[place]],
            tag=labels[tags.path[place]],
            probability=float(tags.marginals[place, tags.path[place]]),
            span=next((span for span in spans if span.start <= place < span.end), None),
        )
        for place in np.flatnonzero(tags.overruled)
    ]


def score(tags: Tags, logits: np.ndarray, path: np.ndarray) -> float:
    """The score of one sequence of tags (T,) under logits (T, C)."""
    steps = tags.follow[path[:-1], path[1:]].astype(np.float64).sum()
    ends = float(tags.begin[path[0]]) + float(tags.end[path[-1]])
    return float(logits[np.arange(len(path)), path].sum() + steps + ends)


def best_with(tags: Tags, logits: np.ndarray, step: int, tag: int) -> np.ndarray:
    """The best sequence (T,) among those that have a tag at one position (Viterbi 1967)."""
    logits = logits.copy()
    barred = np.arange(logits.shape[1]) != tag
    logits[step, barred] = -np.inf
    best, back = tags.begin + logits[0], []
    for row in logits[1:]:
        reached = best[:, None] + tags.follow
        back.append(reached.argmax(0))
        best = reached.max(0) + row
    path = [int((best + tags.end).argmax())]
    for before in back[::-1]:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def _rival(trace: Trace, place: int, against: int | str | None) -> int:
    tags = trace.tags
    chosen = int(tags.path[place])
    if against is None:
        order = np.argsort(-tags.logits[place], kind="stable")
        return int(next(number for number in order if number != chosen))
    return rival_index(trace, against, chosen)


def _parts(tags: Tags, logits: np.ndarray, path: np.ndarray, step: int) -> tuple[float, ...]:
    """Of a sequence's score the position's logit, the step into it, that out of it, the rest."""
    own, tag = float(logits[step, path[step]]), path[step]
    into = tags.follow[path[step - 1], tag] if step else tags.begin[tag]
    out = tags.follow[tag, path[step + 1]] if step + 1 < len(path) else tags.end[tag]
    return own, float(into), float(out), score(tags, logits, path) - own - float(into) - float(out)


def _spread(tags: Tags, path: np.ndarray) -> np.ndarray:
    """Tags of words (W,) as those of all positions (T,), the later pieces of a word included."""
    return path[np.maximum(np.cumsum(tags.tagged) - 1, 0)]
