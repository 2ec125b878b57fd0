"""Spans that tags spell out, such as names in a text: their schemes, strict scores, and mistakes.

| scheme | tags of a span of type X | outside |
|---|---|---|
| BIO | B-X, then I-X | O |
| IOBES | B-X, I-X …, E-X, or S-X alone | O |
| BMES | B-X, M-X …, E-X, or S-X alone | O |

A type may be missing, as in Chinese word segmentation with the tags B, M, E and S.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

OUTSIDE = "O"
SCHEMES = {"BIO": "BI", "IOBES": "BIES", "BMES": "BMES"}
"""Name of a scheme → the letters that its tags begin with."""
CLOSING = "ES"  # the letters that say that a span ends here


class Span(NamedTuple):
    """Tokens `start` to `end`, exclusive, counted from 0, that are one thing of a type."""

    start: int
    end: int
    type: str


class Steps(NamedTuple):
    """Which of C tags may begin a sequence (C,), follow (row) one another (C, C), and end it."""

    begin: np.ndarray
    follow: np.ndarray  # from (rows), to (columns)
    end: np.ndarray


def split_tag(tag: str) -> tuple[str, str]:
    """The letter that says where in a span a token stands, and the span's type."""
    return tag[:1], tag[2:]


def scheme_of(tags: Iterable[str]) -> str | None:
    """The scheme that these tags belong to; None where they are none, as parts of speech.

    Tags that two schemes have in common belong to the first of `SCHEMES` that has all of them.
    """
    inside = {tag for tag in tags if tag != OUTSIDE}
    letters = {tag[:1] for tag in inside}
    typed = all(len(tag) == 1 or (tag[1:2] in ("-", "_") and len(tag) > 2) for tag in inside)
    if "B" not in letters or not typed:
        return None
    return next((name for name, known in SCHEMES.items() if letters <= set(known)), None)


def steps(tags: Sequence[str]) -> Steps:
    """The steps that the scheme of these tags allows; of tags without one, every step."""
    count = len(tags)
    everything = Steps(np.ones(count, bool), np.ones((count, count), bool), np.ones(count, bool))
    if (scheme := scheme_of(tags)) is None:
        return everything
    parts = [split_tag(tag) for tag in tags]
    closing = any(letter in CLOSING for letter in SCHEMES[scheme])
    opens = np.array([letter in ("B", "I", "M") for letter, _ in parts])
    goes_on = np.array([letter in ("I", "M", "E") for letter, _ in parts])
    types = np.array([kind for _, kind in parts])
    within = opens[:, None] & goes_on & (types[:, None] == types)
    between = ~goes_on & ~(opens[:, None] & closing)
    return Steps(~goes_on, within | between, ~opens | np.array(not closing))


def spans_of(tags: Sequence[str], scheme: str) -> list[Span]:
    """The spans that a sequence of tags spells out in full, in order; what breaks off is none.

    That is seqeval's strict mode: a span begins with B or S, keeps its type, and in a scheme that
    marks ends it has one. `scheme` is a key of `SCHEMES`.
    """
    closing = any(letter in CLOSING for letter in SCHEMES[scheme])
    result, start, kind = [], None, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        letter, typed = split_tag(tag)
        if letter in ("I", "M", "E") and start is not None and typed == kind:
            if letter == "E":
                result.append(Span(start, place + 1, kind))
                start = None
            continue
        if start is not None and not closing:
            result.append(Span(start, place, kind))
        start = None
        if letter == "S":
            result.append(Span(place, place + 1, typed))
        elif letter == "B":
            start, kind = place, typed
    return result


class SpanMistake(NamedTuple):
    """A gold span that was not said, a said one that is not gold, or both of one place.

    `kind` is missed (nothing was said there), spurious (nothing stands there), type (the same
    tokens, another type) or boundary (they overlap).
    """

    kind: str
    gold: Span | None
    said: Span | None


MISTAKES = ("missed", "spurious", "boundary", "type")


def mistakes_of(gold: Sequence[Span], said: Sequence[Span]) -> list[SpanMistake]:
    """Every difference between the spans of one sequence, in the order of the text.

    The kinds are those of the MUC and SemEval-2013 (task 9.1) scores, each span in one of them:
    a gold span that overlaps several is a boundary mistake with the one it shares most with, and
    so is a said one; each such pair stands here once.
    """
    right = set(gold) & set(said)
    pairs = {(span, _nearest(span, said)) for span in gold if span not in right}
    pairs |= {(_nearest(span, gold), span) for span in said if span not in right}
    found = [SpanMistake(_kind(*pair), *pair) for pair in pairs]
    return sorted(found, key=lambda mistake: min(filter(None, mistake[1:])))


def _nearest(span: Span, others: Sequence[Span]) -> Span | None:
    """The one that it shares most tokens with, None where it shares none."""
    shared = [min(span.end, other.end) - max(span.start, other.start) for other in others]
    best = int(np.argmax(shared)) if shared else 0
    return others[best] if shared and shared[best] > 0 else None


def _kind(gold: Span | None, said: Span | None) -> str:
    if said is None or gold is None:
        return "missed" if said is None else "spurious"
    return "type" if gold[:2] == said[:2] else "boundary"


class SpanScores(NamedTuple):
    """How many spans of many sequences were said, and how many of them are right, strictly.

    A span is right if start, end and type are. `missed_by` and `spurious_by` hold the kinds of
    mistake (`MISTAKES`) of the gold spans that were not said and of the said ones that are not
    gold, so that `right + sum(missed_by.values()) == gold`, and the same of `said`.
    """

    right: int
    gold: int
    said: int
    missed_by: dict[str, int]
    spurious_by: dict[str, int]

    @property
    def precision(self) -> float:
        """The share of the said spans that are right, 0…1; 0 where none was said."""
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold spans that were said, 0…1; 0 where there is none."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both, 0…1."""
        return 2 * self.right / (self.gold + self.said) if self.gold + self.said else 0.0


def score_spans(
    gold: Iterable[Sequence[str]], said: Iterable[Sequence[str]], scheme: str
) -> SpanScores:
    """The strict scores of many sequences of tags, each said one as long as its gold one."""
    counts = {"right": 0, "gold": 0, "said": 0}
    missed, spurious = dict.fromkeys(MISTAKES, 0), dict.fromkeys(MISTAKES, 0)
    for true_tags, said_tags in zip(gold, said, strict=True):
        true_spans, said_spans = spans_of(true_tags, scheme), spans_of(said_tags, scheme)
        right = {*true_spans} & {*said_spans}
        counts["right"] += len(right)
        counts["gold"] += len(true_spans)
        counts["said"] += len(said_spans)
        for span in true_spans:
            if span not in right:
                missed[_kind(span, _nearest(span, said_spans))] += 1
        for span in said_spans:
            if span not in right:
                spurious[_kind(_nearest(span, true_spans), span)] += 1
    return SpanScores(**counts, missed_by=missed, spurious_by=spurious)
