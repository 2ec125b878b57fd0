"""Texts whose words are tagged, on their way into the network: typed, or cut into words already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import TextError
from attnviz.processing.reading import Reading
from attnviz.processing.text import (
    TextProcessor,
    encode,
    normalized,
    nothing,
    readable,
    start_of,
    texts_of,
    words_of,
)
from attnviz.samples import Tagged
from attnviz.spelling import WordsTokenizer, letters_of, word_rows
from attnviz.tokenization import cover_marks

BLANK = "<0x20>"  # the piece of a token in which nobody sees anything


@dataclass(frozen=True, eq=False)
class Cut:
    """The network's input of one text, T positions, and which of them have a tag of their own.

    `rows` is (T,) token numbers or (T, 1 + L) words with their letters; `firsts` holds, of each
    word, the position of its first piece.
    """

    rows: np.ndarray
    firsts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tagged(self) -> np.ndarray:
        """(T,) True at the first piece of each word."""
        mask = np.zeros(len(self), dtype=bool)
        mask[list(self.firsts)] = True
        return mask


def tagged_of(values: Iterable[str | Tagged | Sequence[str]]) -> list[str | Tagged]:
    """N texts, each a str or cut into words, as a list; a plain list of words is taken for a text.

    Raises
    ------
    TextError
        If it is one text, or holds something else.
    """
    if isinstance(values, Tagged):
        raise TextError("Give a list of texts, not one text.")
    rows = texts_of(values) if isinstance(values, str | bytes) else list(values)
    listed = [Tagged(tuple(row)) if _are_words(row) else row for row in rows]
    texts = iter(texts_of([row for row in listed if not isinstance(row, Tagged)]))
    return [row if isinstance(row, Tagged) else next(texts) for row in listed]


def _are_words(row: object) -> bool:
    return isinstance(row, list | tuple) and all(isinstance(word, str) for word in row)


def joined(words: Sequence[str]) -> tuple[str, list[int]]:
    """A text of these words, and where in it each of them begins.

    A space stands between two words, but not beside one that is written in Han characters.
    """
    text, starts = "", []
    for word in words:
        apart = bool(text) and not (_han(text[-1]) or _han(word[:1]))
        starts.append(len(text) + apart)
        text += " " * apart + word
    return text, starts


def _han(character: str) -> bool:
    """Also the marks and full-width forms that stand among them."""
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


class TaggedTextProcessor(TextProcessor):
    """Texts in pieces or characters, of which the first of each word has a tag."""

    def all_of(self, texts: Iterable[str | Tagged]) -> list[str | Tagged]:
        """The texts as a list; see `tagged_of`."""
        return tagged_of(texts)

    def encode(self, texts: Sequence[str | Tagged]) -> list[Cut]:
        """The network's input of each text, also what is beyond `max_tokens`."""
        return [self._cut(text) for text in texts]

    def cut(self, entry: Cut, most: int | None = None) -> Cut:
        """As much of one as the network reads, or its first `most` positions."""
        most = self.config.max_tokens if most is None else most
        return Cut(entry.rows[:most], tuple(place for place in entry.firsts if place < most))

    def batch(self, encoded: Sequence[Cut]) -> dict[str, Tensor]:
        """Arguments of the network, padded on the right."""
        ids, mask = padded([entry.rows for entry in encoded])
        return {"input_ids": ids, "attention_mask": mask}

    def tagged(self, encoded: Sequence[Cut]) -> Tensor:
        """(B, T) True at positions that have a tag of their own."""
        return padded([entry.tagged for entry in encoded])[0].bool()

    def words(self, text: str | Tagged | Sequence[str]) -> list[str]:
        """What each tag is of, as it stands in the text; none of a text that holds nothing."""
        (text,) = tagged_of([text])
        if isinstance(text, Tagged):
            return list(text.tokens)
        offsets, words = self._placed(start_of(text))
        firsts = firsts_of(words)
        ends = [*firsts[1:], len(words)][: len(firsts)]  # of nothing, nothing
        return [
            text[offsets[first][0] : offsets[end - 1][1]]
            for first, end in zip(firsts, ends, strict=True)
        ]

    def _placed(self, text: str) -> tuple[list[tuple[int, int]], Sequence[int]]:
        """Where each piece of a typed text stands, and the number of its word."""
        encoding = encode(self.tokenizer, text, return_offsets_mapping=True)
        offsets = cover_marks(text, encoding["offset_mapping"])
        return offsets, words_of(text, encoding.word_ids(), offsets)

    def read(self, text: str | Tagged | Sequence[str]) -> Reading:
        """One text, with all that a page says of its positions.

        Raises
        ------
        TextError
            If the text holds no token at all, or more than a million characters.
        """
        (text,) = tagged_of([text])
        if isinstance(text, Tagged):
            return self._read_words(text)
        text = readable(text)
        encoding = encode(self.tokenizer, text, return_offsets_mapping=True)
        offsets = cover_marks(text, encoding["offset_mapping"])
        words = words_of(text, encoding.word_ids(), offsets)
        return self._reading(text, encoding["input_ids"], encoding.tokens(), offsets, words)

    def _read_words(self, tagged: Tagged) -> Reading:
        text, starts = joined([readable(word) for word in tagged.tokens])
        ids, pieces, offsets, words = [], [], [], []
        for number, (start, encoding) in enumerate(
            zip(starts, self._pieces(tagged.tokens), strict=True)
        ):
            ids += encoding["ids"]
            pieces += encoding["tokens"]
            offsets += [(start + begin, start + end) for begin, end in encoding["offsets"]]
            words += [number] * len(encoding["ids"])
        return self._reading(text, ids, pieces, offsets, words)

    def _reading(self, text: str, ids: list, pieces: list, offsets: list, words) -> Reading:
        if not ids:
            raise nothing(text)
        kept = min(len(ids), self.config.max_tokens)
        return Reading(
            inputs=Cut(np.array(ids[:kept]), firsts_of(words[:kept])),
            tokens=tuple(pieces[:kept]),
            offsets=tuple(offsets[:kept]),
            words=tuple(words[:kept]),
            truncated=len(ids) - kept,
            text=text,
            normalized=normalized(self.tokenizer, text),
        )

    def _cut(self, text: str | Tagged) -> Cut:
        if isinstance(text, Tagged):
            pieces = [encoding["ids"] for encoding in self._pieces(text.tokens)]
            words = [number for number, ids in enumerate(pieces) for _ in ids]
            return Cut(np.array([*chain(*pieces)], dtype=int), firsts_of(words))
        text = start_of(text)
        encoding = encode(self.tokenizer, text, return_offsets_mapping=True)
        words = words_of(text, encoding.word_ids(), encoding["offset_mapping"])
        return Cut(np.array(encoding["input_ids"], dtype=int), firsts_of(words))

    def _pieces(self, words: Sequence[str]) -> list[dict[str, list]]:
        """The pieces of each word by itself; at least one, or its tag would have no place."""
        if not words:
            return []
        found = encode(self.tokenizer, [readable(w) for w in words], return_offsets_mapping=True)
        blank = self.tokenizer.get_vocab().get(BLANK, 0)
        return [
            {"ids": each.ids, "tokens": each.tokens, "offsets": each.offsets}
            if each.ids
            else {"ids": [blank], "tokens": [BLANK], "offsets": [(0, len(word))]}
            for each, word in zip(found.encodings, words, strict=True)
        ]


class WordProcessor(TaggedTextProcessor):
    """Texts in words, each with its letters."""

    def __init__(self, config: CnnLstmAttentionConfig, tokenizer: WordsTokenizer) -> None:
        super().__init__(config, tokenizer)

    def batch(self, encoded: Sequence[Cut]) -> dict[str, Tensor]:
        """Arguments of the network, padded on the right."""
        values, mask = padded([entry.rows for entry in encoded])
        return {"input_values": values, "attention_mask": mask}

    def read(self, text: str | Tagged | Sequence[str]) -> Reading:
        """One text, with all that a page says of its words; errors as of every text."""
        (text,) = tagged_of([text])
        if isinstance(text, Tagged):
            words = [readable(word) for word in text.tokens]
            text, starts = joined(words)
            offsets = [(start, start + len(w)) for start, w in zip(starts, words, strict=True)]
            rows = word_rows(self.tokenizer, words)
        else:
            text = readable(text)
            rows, offsets = self._typed(text)
        if not len(rows):
            raise nothing(text)
        cut = self.cut(Cut(rows, tuple(range(len(rows)))))
        return Reading(
            inputs=cut,
            tokens=tuple(text[start:end] for start, end in offsets[: len(cut)]),
            offsets=tuple(offsets[: len(cut)]),
            words=tuple(range(len(cut))),
            truncated=len(rows) - len(cut),
            text=text,
            normalized=text,
        )

    def _placed(self, text: str) -> tuple[list[tuple[int, int]], Sequence[int]]:
        offsets = self._typed(text)[1]
        return offsets, range(len(offsets))

    def _typed(self, text: str) -> tuple[np.ndarray, list[tuple[int, int]]]:
        encoding = encode(self.tokenizer, text, return_offsets_mapping=True)
        offsets = cover_marks(text, encoding["offset_mapping"])
        letters = self.tokenizer.letters
        rows = [
            [number, *letters_of(text[start:end], letters)]
            for number, (start, end) in zip(encoding["input_ids"], offsets, strict=True)
        ]
        return np.array(rows, dtype=int).reshape(len(rows), 1 + letters), offsets

    def _cut(self, text: str | Tagged) -> Cut:
        words = isinstance(text, Tagged)
        if words:
            rows = word_rows(self.tokenizer, [readable(word) for word in text.tokens])
        else:
            rows = self._typed(start_of(text))[0]
        return Cut(rows, tuple(range(len(rows))))


def firsts_of(words: Sequence[int]) -> tuple[int, ...]:
    """Of each word, the position of its first piece; `words` numbers the word of each position."""
    return tuple(p for p, word in enumerate(words) if not p or word != words[p - 1])


def padded(rows: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Rows of different length (T, …) side by side, 0 behind their end, and the mask (B, T)."""
    shape = (len(rows), max(map(len, rows)), *rows[0].shape[1:])
    values, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape[:2], dtype=bool)
    for number, row in enumerate(rows):
        values[number, : len(row)], mask[number, : len(row)] = row, True
    return torch.from_numpy(values), torch.from_numpy(mask)
