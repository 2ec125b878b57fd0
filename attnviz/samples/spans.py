"""Marked stretches of a text as tags of its words, or of its characters where it is Chinese."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from attnviz.data.table import Notice
from attnviz.errors import N_

Span = tuple[int, int, str]  # first character, last character exclusive, what it is

_WIDE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # a character is a token
_PIECE = re.compile(rf"[{_WIDE}]|[^\W{_WIDE}_]+(?:['’][^\W\d_]+)?|[^\w\s]|_")

WORDS = N_("Marked stretches of texts became BIO tags of their words.")
CHARACTERS = N_("Marked stretches of texts became BIO tags of their characters and words.")
OVERLAPS = N_("Marked stretches that overlap a longer one, left out: {count:,} (“{text}”).")
WIDENED = N_("Marked stretches that end inside a word, widened to it: {count:,} (“{text}”).")
OUTSIDE = N_("Marked stretches outside their text or without a word, left out: {count:,}.")


def words_of(text: str) -> list[tuple[int, int]]:
    """(first character, last exclusive) of each word, punctuation mark and Chinese character."""
    return [match.span() for match in _PIECE.finditer(text)]


@dataclass
class Tagging:
    """Texts with marked stretches on their way to tagged tokens; counts what does not fit."""

    chinese: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def tagged(self, text: str, spans: Sequence[Span]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The tokens of a text and their BIO tags (Ramshaw & Marcus 1995, as IOB2).

        Of stretches that overlap the longest is kept, then the first.
        """
        words = words_of(text)
        tags = ["O"] * len(words)
        for start, end, what in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
            inside = [n for n, (a, b) in enumerate(words) if a < end and b > start]
            if not 0 <= start < end <= len(text) or not inside:
                self._count(OUTSIDE, "")
            elif any(tags[n] != "O" for n in inside):
                self._count(OVERLAPS, text[start:end])
            else:
                if words[inside[0]][0] < start or words[inside[-1]][1] > end:
                    self._count(WIDENED, text[start:end])
                for n in inside:
                    tags[n] = f"{'B' if n == inside[0] else 'I'}-{what}"
        tokens = tuple(text[a:b] for a, b in words)
        self.chinese = self.chinese or any(re.fullmatch(f"[{_WIDE}]", token) for token in tokens)
        return tokens, tuple(tags)

    def _count(self, template: str, text: str) -> None:
        self.counts[template] = self.counts.get(template, 0) + 1
        self.examples.setdefault(template, text[:40])

    def notices(self) -> list[Notice]:
        """What to tell after the last text."""
        told = [Notice(CHARACTERS if self.chinese else WORDS)]
        for template, count in self.counts.items():
            told.append(Notice(template, {"count": count, "text": self.examples[template]}))
        return told
