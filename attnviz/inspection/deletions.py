"""Evidence tested on the text itself: what a model says without the words that a tag points at."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from attnviz.classifier import Classifier
from attnviz.explain.removal import shortened
from attnviz.inspection.checks import DECIDES, PROVES, SLIGHT, Check, effect
from attnviz.inspection.negation import PARTS, negations, opposed
from attnviz.inspection.vocabulary import STOP_WORDS
from attnviz.runs import CAUSES
from attnviz.trace import Trace
from attnviz.windows import together, windows

WHOLE = 0.8
"""Words that are more of a text than this are nearly all of it: without them nothing is left."""
LONGEST = 5  # words of a decisive phrase; of Han signs one more
ENOUGH = 0.8
"""The shortest phrase that has this share of the largest effect is the one that decides."""
ENDS = re.compile(r"(?<=[.!?。！？\n…])(?![.!?。！？\n…])")
EMPTY = {
    False: ("something", "thing", "this", "part", "one"),
    True: ("东西", "这个", "部分", "情况"),
}
"""Han or not → words that say nothing, of which the model's most neutral is swapped in."""
MOST_TOKENS = 8_000
"""Tokens read in search of the decisive phrase: in a long text fewer words are tried."""


def check_evidence(
    classifier: Classifier,
    text: str,
    tags: Sequence[str] = (),
    known: Mapping[str, object] | None = None,
) -> list[Check]:
    """What decides a text, and whether the evidence of its tags holds, by some forward passes.

    `known` has the columns of `attnviz.runs.schema` that tags point with (`Cause.row`, `phrase`).
    The decisive phrase is the one of at most five words without which the prediction loses most, in
    the sentence without which it loses most; where the classes are opposites, it is also swapped
    for a word that tells the model nothing, so that the loss is not one of grammar.

    A tag holds if the outcome turns without the word that it points at (or, where that changes
    nothing, without its sentence: then that is named), or its probability falls by `checks.FALL`;
    never if hardly anything else stands in the text; *Negation not understood*
    if the outcome is the same in the other sense; *Beginning outvoted* if the clause says
    otherwise by itself; *Cut before the end* if the part that was not read does, over all its
    windows. Tags that point at no words have no test.

    Raises
    ------
    TextError
        If the text has no token.
    """
    reader = _Reader(classifier, text)
    found = [reader.decisive()]
    if found[0].effect not in ("", "whole") and opposed(classifier.labels):
        found.append(reader.swapped(found[0].phrase))
    for tag in tags:
        if tag in TESTS:
            found += TESTS[tag](reader, tag, known or {})
    return found


class _Reader:
    """A text, its trace, and what the model says of parts of it."""

    def __init__(self, classifier: Classifier, text: str) -> None:
        self.classifier, self.text = classifier, text
        self.trace: Trace = classifier.trace(text)
        self.label = self.trace.prediction
        self.column = self.trace.labels.index(self.label)
        self.before = float(self.trace.probabilities[self.column])
        self.starts = np.array([start for start, _ in self.trace.offsets])
        self.words = np.array(self.trace.words)
        self.written = np.array(
            [any(map(str.isalnum, text[start:end])) for start, end in self.trace.offsets]
        )

    def without(self, gone: np.ndarray) -> np.ndarray:
        """P of the prediction without the tokens `gone` (N, T) marks: (N,)."""
        return shortened(self.classifier, self.trace, ~gone)[:, self.column]

    def whole(self, gone: np.ndarray) -> bool:
        """Whether the tokens that a mask (T,) marks are nearly all words of the text."""
        here = len(np.unique(self.words[gone & self.written]))
        return here > WHOLE * len(np.unique(self.words[self.written])) or bool(gone.all())

    def deleted(self, tag: str, kind: str, gone: np.ndarray) -> Check:
        """The test without the tokens that a mask (T,) marks."""
        shares = shortened(self.classifier, self.trace, ~gone[None])[0]
        return self.changed(tag, kind, self.spell(gone), shares, self.whole(gone))

    def changed(self, tag, kind, phrase, shares: np.ndarray, whole=False, instead="") -> Check:
        """The test that came to these probabilities (C,)."""
        after, turned = float(shares[self.column]), shares.argmax() != self.column
        found = effect(self.before, after, bool(turned), whole)
        return Check(
            *(tag, kind, phrase, instead, self.label, self.before, after, found in PROVES, found)
        )

    def alone(self, text: str) -> float:
        """P of the prediction for another text, NaN without a token."""
        return float(self.classifier.predict([text]).probabilities[0, self.column])

    def spell(self, gone: np.ndarray) -> str:
        """The text at the tokens that a mask (T,) marks, which are in a row."""
        rows = np.flatnonzero(gone)
        return self.text[self.starts[rows[0]] : self.trace.offsets[rows[-1]][1]].strip()

    def stretch(self, pattern: re.Pattern, row: int) -> np.ndarray:
        """(T,): the tokens of the sentence or clause that a token is in."""
        edges = np.array([0, *(match.start() for match in pattern.finditer(self.text))])
        numbers = np.searchsorted(edges, self.starts, side="right")
        return numbers == numbers[row]

    def result(self, tag: str, kind: str, phrase: str, after: float, holds: bool, instead=""):
        return Check(tag, kind, phrase, instead, self.label, self.before, after, bool(holds))

    def decisive(self) -> Check:
        """The shortest phrase, in the sentence that matters most, that the outcome hangs on."""
        edges = np.array([0, *(match.start() for match in ENDS.finditer(self.text))])
        numbers = np.searchsorted(edges, self.starts, side="right")
        sentences = np.stack([numbers == number for number in np.unique(numbers)])
        inside = sentences[self.without(sentences).argmin()] if len(sentences) > 1 else sentences[0]
        spans = self.phrases(self.strongest(np.unique(self.words[inside])))
        gone = np.stack([inside & np.isin(self.words, span) for span in spans])
        after = self.without(gone)
        loss = self.before - after
        part = np.array([not self.whole(mask) for mask in gone])
        if part.any():
            loss = np.where(part, loss, -np.inf)
        enough = loss >= loss.max() * (ENOUGH if loss.max() > 0 else 1)
        best = int(np.flatnonzero(enough)[0])  # spans come shortest first
        best = min(
            (n for n in np.flatnonzero(enough) if len(spans[n]) == len(spans[best])),
            key=lambda number: after[number],
        )
        self.place = int(self.starts[gone[best].argmax()])
        return self.deleted(DECIDES, DECIDES, gone[best])

    def strongest(self, words: np.ndarray) -> np.ndarray:
        """As many of these words as can be tried, those that vote most for the prediction."""
        votes = self.trace.votes[:, self.column] - self.trace.votes.mean(1)
        sums = np.array([votes[self.words == word].sum() for word in words])
        most = max(1, MOST_TOKENS // len(self.words))
        return np.sort(words[np.argsort(-sums, kind="stable")[:most]])

    def phrases(self, words: np.ndarray) -> list[np.ndarray]:
        """Phrases of these words that a reader would call one, the shortest first.

        They reach across no punctuation and, of several words, neither begin nor end with one that
        says nothing.
        """
        said = [self.spell(self.words == word).lower() for word in words]
        marks = np.cumsum([0, *(not any(map(str.isalnum, word)) for word in said)])
        full = [word not in STOP_WORDS for word in said]
        most = LONGEST + ("\u3400" <= said[0][:1] <= "\u9fff")
        most = min(most, len(words), 1 + MOST_TOKENS // (len(words) * len(self.words)))
        found = [
            words[start : start + size]
            for size in range(1, most + 1)
            for start in range(len(words) - size + 1)
            if words[start + size - 1] - words[start] == size - 1  # next to one another
            and marks[start] == marks[start + size]
            and (size == 1 or (full[start] and full[start + size - 1]))
        ]
        return found or [words[place : place + 1] for place in range(len(words))]

    def swapped(self, phrase: str) -> Check:
        """The text with a word that says nothing in place of the decisive phrase."""
        words = EMPTY[any("\u3400" <= letter <= "\u9fff" for letter in phrase)]
        shares = self.classifier.predict(words).probabilities[:, self.column]
        word = words[int(np.abs(shares - 0.5).argmin())]
        place = self.place
        swapped = self.text[:place] + word + self.text[place + len(phrase) :]
        shares = self.classifier.predict([swapped]).probabilities[0]
        return self.changed(DECIDES, "swap", phrase, shares, instead=word)


def _word(reader: _Reader, tag: str, known: Mapping) -> list[Check]:
    """Without the word that the tag points at; if that changes nothing, without its sentence."""
    row = _row(reader, known.get(CAUSES[tag].row))
    if row is None:
        return []
    word, sentence = reader.words == reader.words[row], reader.stretch(ENDS, row)
    slight = abs(reader.without(word[None])[0] - reader.before) < SLIGHT
    gone = sentence if slight and not reader.whole(sentence) else word
    return [reader.deleted(tag, "word", gone)]


def _phrase(reader: _Reader, tag: str, known: Mapping) -> list[Check]:
    said = known.get("phrase")
    place = reader.text.lower().find(said) if isinstance(said, str) and said else -1
    if place < 0:
        return []
    ends = np.array([end for _, end in reader.trace.offsets])
    gone = (reader.starts >= place) & (ends <= place + len(said))
    if not gone.any():
        return []
    return [reader.deleted(tag, "phrase", gone)]


def _negation(reader: _Reader, tag: str, known: Mapping) -> list[Check]:
    row = _row(reader, known.get("negation_row"))
    if row is None:
        return []
    start, end = reader.trace.offsets[row]
    for negation in negations(reader.text):
        if negation.start < end and start < negation.end:
            after = reader.alone(negation.undone(reader.text))
            kind, stays = ("negation", after >= 0.5)
            if negation.keeps:
                kind, stays = "comparative", not stays
            phrase = negation.alone(reader.text).strip()
            instead = negation.undone_clause(reader.text).strip()
            return [reader.result(tag, kind, phrase, after, stays, instead)]
    return []


def _outvoted(reader: _Reader, tag: str, known: Mapping) -> list[Check]:
    row = _row(reader, known.get("outvoted_row"))
    if row is None:
        return []
    clause = reader.stretch(PARTS, row)
    after = float(reader.without(~clause[None])[0])
    return [reader.result(tag, "alone", reader.spell(clause), after, after < 0.5)]


def _cut(reader: _Reader, tag: str, known: Mapping) -> list[Check]:
    """The whole of the part that was not read, in windows, for it may be too long itself."""
    rest = reader.text[reader.trace.offsets[-1][1] :]
    if not reader.trace.truncated or not rest.strip():
        return []
    parts = windows(reader.classifier, rest)
    shares = reader.classifier.predict([rest[part.start : part.end] for part in parts])
    after = float(together(parts, shares.probabilities)[reader.column])
    return [] if np.isnan(after) else [reader.result(tag, "end", "", after, after < 0.5)]


def _row(reader: _Reader, row: object) -> int | None:
    known = row is not None and row == row and 0 <= row < len(reader.starts)
    return int(row) if known else None


TESTS = {
    **dict.fromkeys(("rare", "cancelled", "idle", "single"), _word),
    "negation": _negation,
    "outvoted": _outvoted,
    "phrase": _phrase,
    "cut": _cut,
}
"""Tag → the test of its evidence; the others point at no words."""
