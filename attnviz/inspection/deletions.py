"""Evidence tested on the text itself: what a model says without the words that a tag points at."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from attnviz.classifier import Classifier
from attnviz.explain.removal import shortened
from attnviz.inspection.checks import DECIDES, Check
from attnviz.inspection.negation import PARTS, negations, opposed
from attnviz.inspection.vocabulary import STOP_WORDS
from attnviz.runs import CAUSES
from attnviz.trace import Trace

MATTERS = 0.1
"""A change of a probability by less is none."""
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

    A tag holds if the probability changes by `MATTERS` without the word that it points at (or,
    where that changes nothing, without its sentence: then that is named); *Negation not understood*
    if the outcome is the same in the other sense; *Beginning outvoted* if the clause says
    otherwise by itself; *Cut before the end* if the part that was not read does. Tags that point at
    no words have no test.

    Raises
    ------
    TextError
        If the text has no token.
    """
    reader = _Reader(classifier, text)
    found = [reader.decisive()]
    if found[0].holds and opposed(classifier.labels):
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

    def without(self, gone: np.ndarray) -> np.ndarray:
        """P of the prediction without the tokens `gone` (N, T) marks: (N,)."""
        return shortened(self.classifier, self.trace, ~gone)[:, self.column]

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
        enough = loss >= loss.max() * (ENOUGH if loss.max() > 0 else 1)
        best = int(np.flatnonzero(enough)[0])  # spans come shortest first
        best = min(
            (n for n in np.flatnonzero(enough) if len(spans[n]) == len(spans[best])),
            key=lambda number: after[number],
        )
        holds = self.before - after[best] >= MATTERS
        phrase = self.spell(gone[best])
        self.place = int(self.starts[gone[best].argmax()])
        return self.result(DECIDES, DECIDES, phrase, float(after[best]), holds)

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
        after = self.alone(self.text[:place] + word + self.text[place + len(phrase) :])
        holds = self.before - after >= MATTERS
        return self.result(DECIDES, "swap", phrase, after, holds, word)


def _word(reader: _Reader, tag: str, known: Mapping) -> list[Check]:
    """Without the word that the tag points at; if that changes nothing, without its sentence."""
    row = _row(reader, known.get(CAUSES[tag].row))
    if row is None:
        return []
    word, sentence = reader.words == reader.words[row], reader.stretch(ENDS, row)
    after = reader.without(np.stack([word, sentence]))
    number = int(abs(after[0] - reader.before) < MATTERS and not sentence.all())
    phrase = reader.spell((word, sentence)[number])
    holds = abs(after[number] - reader.before) >= MATTERS
    return [reader.result(tag, "word", phrase, float(after[number]), holds)]


def _phrase(reader: _Reader, tag: str, known: Mapping) -> list[Check]:
    said = known.get("phrase")
    place = reader.text.lower().find(said) if isinstance(said, str) and said else -1
    if place < 0:
        return []
    ends = np.array([end for _, end in reader.trace.offsets])
    gone = (reader.starts >= place) & (ends <= place + len(said))
    if not gone.any():
        return []
    after = float(reader.without(gone[None])[0])
    holds = abs(after - reader.before) >= MATTERS
    return [reader.result(tag, "word", reader.spell(gone), after, holds)]


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
    rest = reader.text[reader.trace.offsets[-1][1] :]
    after = reader.alone(rest) if reader.trace.truncated else float("nan")
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
