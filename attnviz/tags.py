"""What a tagger says of every position of a text, and what the chain of tags made of it."""

from dataclasses import dataclass, fields

import numpy as np

from attnviz.spans import Span, scheme_of, spans_of


@dataclass(frozen=True, eq=False)
class Tags:
    """The tags of T positions, C tags, A heads; read-only arrays.

    Parameters
    ----------
    logits
        (T, C) of each position by itself: `logits = bias + own`, and with self-attention
        `logits[p] = bias + own[p] + Σ_j Σ_a self_attention[a, p, j] · offered[j, a]`.
    own
        (T, C): what the state of each position says for each tag.
    offered
        (T, A, C): what each position says for each tag where another reads it in full; None
        where no position reads another.
    marginals
        (T, C) in 0…1, each row sums to 1: how probable each tag is over all sequences of tags.
        Without a chain they are the softmax of the logits.
    path
        (T,) numbers of the tags of the best sequence.
    tagged
        (T,) True at positions that have a tag of their own; the later pieces of a word have that
        of its first.
    begin, follow, end
        (C,), (C, C) and (C,): what the chain adds to the score of a sequence for its first tag, for
        each step from a tag (rows) to the next (columns), and for its last; 0 without a chain.
    """

    logits: np.ndarray
    own: np.ndarray
    offered: np.ndarray | None
    marginals: np.ndarray
    path: np.ndarray
    tagged: np.ndarray
    begin: np.ndarray
    follow: np.ndarray
    end: np.ndarray

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                value = np.asarray(value)
                value.flags.writeable = False
                object.__setattr__(self, field.name, value)
        positions, count = self.logits.shape
        shapes = {"own": (positions, count), "marginals": (positions, count)}
        shapes |= {"path": (positions,), "tagged": (positions,)}
        shapes |= {"begin": (count,), "follow": (count, count), "end": (count,)}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must have shape {shape}")
        if self.offered is not None and self.offered.shape[::2] != (positions, count):
            raise ValueError(f"offered must have shape ({positions}, A, {count})")

    @property
    def alone(self) -> np.ndarray:
        """(T,) numbers of the tags that each position would have without the others' tags."""
        return self.logits.argmax(1)

    @property
    def overruled(self) -> np.ndarray:
        """(T,) True where the chain chose another tag than the position's own best."""
        return self.tagged & (self.alone != self.path)

    def spans(self, labels: tuple[str, ...]) -> list[Span]:
        """What the best tags spell out, in positions; nothing where they follow no scheme."""
        scheme = scheme_of(labels)
        if scheme is None:
            return []
        places = np.flatnonzero(self.tagged)
        after = np.append(places[1:], len(self.path))  # a word ends before the next one begins
        found = spans_of([labels[number] for number in self.path[places]], scheme)
        return [Span(int(places[s.start]), int(after[s.end - 1]), s.type) for s in found]

    def seen_from(self, place: int, self_attention: np.ndarray | None) -> dict[str, np.ndarray]:
        """What differs in a trace that is seen from one position: see `attnviz.trace.Trace.at`.

        Attention (T, A) has the position's own state in its first heads, and in the others, where
        there is self-attention, what it read.
        """
        positions, _count = self.logits.shape
        here = np.zeros((positions, 1), dtype=np.float32)
        here[place] = 1
        votes, attention = here * self.own[place], here
        if self.offered is not None:
            read = self_attention[:, place].T  # (T, A)
            votes = votes + np.einsum("ta,tac->tc", read, self.offered)
            attention = np.concatenate([here.repeat(read.shape[1], axis=1), read], axis=1)
        return {
            "votes": votes,
            "attention": attention,
            "logits": self.logits[place],
            "probabilities": self.marginals[place],
        }
