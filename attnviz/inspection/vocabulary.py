"""What is known of a model's words and pieces: idle ones, and those it hardly knows.

Tokenizers cut a text into words and those into pieces. What a word means is looked up whole, since
“didn't” may be one piece or four; Han text has no spaces, so there the pieces of a run speak for
themselves.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from transformers import PreTrainedTokenizerFast

from attnviz.language.scripts import SPACELESS
from attnviz.processing import encode, start_of

IDLE, RARE = 1, 2
"""Bits of a note: punctuation or a stop word; hardly known."""

PIECES_OF_THE_UNKNOWN = 3
"""A word cut into so many pieces is one that the vocabulary cannot spell: two are a stem and an
ending, as in “wonder|fully”."""

STOP = """\
    a about after again all am an and any are as at be because been before being between both
    but by can could did do does doing during each for from further had has have having he her here
    hers him his how i if in into is it its itself just may me might must my of off on once one or
    other our out over own s same she should so some such t than that the their them then there
    these they this those through to under until up us was we were what when where which while who
    whom why will with would you your 's 're 've 'll 'd 'm
    的 了 是 我 你 您 他 她 它 们 我们 你们 他们 她们 自己 在 也 就 都 而 及 与 和 跟 或 着 过 之
    于 把 被 让 给 对 从 到 向 往 以 为 所 其 此 这 那 这个 那个 这些 那些 这里 那里 一个 一 个
    吧 呢 啊 吗 呀 哦 嘛 啦 得 地 还 又 再 并 并且 而且 因为 所以 如果 然后 以及 等 里 上 下
    中 来 去 说 会 要 有"""
DENYING = """\
    not n't no never nothing nobody none nowhere neither nor without hardly barely scarcely
    cannot cant dont didnt doesnt isnt wasnt arent werent wont wouldnt couldnt shouldnt havent
    hasnt hadnt aint"""
STOP_WORDS, NEGATIONS = frozenset(STOP.split()), frozenset(DENYING.split())
_SPACELESS = re.compile(f"[{SPACELESS}]")
BYTE = re.compile("<0x[0-9A-F]{2}>")
MARKS = re.compile("^(##|▁|Ġ)|</w>$")  # how other tokenizers say where a word begins or goes on


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """For each of V pieces its letters, (V,) what it is as a word of its own, and (V,) its script.

    `spaceless` says that the script has no spaces between words.
    """

    pieces: tuple[str, ...]
    notes: np.ndarray
    spaceless: np.ndarray

    def note(self, ids: np.ndarray, words: np.ndarray) -> np.ndarray:
        """(T,) uint8: what each piece of a text is.

        `ids` (T,) int64; `words` (T,) float64, equal inside a word and NaN outside any.
        """
        found = self.notes[ids]
        joined = np.concatenate([[False], words[1:] == words[:-1], [False]])
        edges = np.flatnonzero(joined[1:] != joined[:-1])  # first and last of the words of several
        starts, ends = edges[::2], edges[1::2] + 1
        spaceless = np.concatenate([[0], self.spaceless[ids].cumsum()])
        spaced = spaceless[ends] == spaceless[starts]  # the rest stays as it is
        for start, end in zip(starts[spaced].tolist(), ends[spaced].tolist(), strict=True):
            pieces = tuple([self.pieces[number] for number in ids[start:end].tolist()])
            found[start:end] = _word(pieces)
        return found


def vocabulary_of(tokenizer: PreTrainedTokenizerFast) -> Vocabulary:
    """Looked up once for a run."""
    pieces = [""] * (1 + max(tokenizer.get_vocab().values()))
    for piece, number in tokenizer.get_vocab().items():
        pieces[number] = MARKS.sub("", piece)
    notes = np.array([_alone(piece) for piece in pieces], dtype=np.uint8)
    if tokenizer.unk_token_id is not None:
        notes[tokenizer.unk_token_id] = RARE
    spaceless = np.array([_SPACELESS.match(piece) is not None for piece in pieces])
    return Vocabulary(tuple(pieces), notes, spaceless)


@dataclass(frozen=True, eq=False)
class Pieces:
    """One text as the network reads it: (T,) ids and notes, and how many tokens it has in all."""

    ids: np.ndarray
    notes: np.ndarray
    total: int


def cut(
    tokenizer: PreTrainedTokenizerFast, vocabulary: Vocabulary, texts: Iterable[str], most: int
) -> list[Pieces]:
    """The pieces of each text, at most so many, as `Classifier.encode` gives them, with notes."""
    read = [start_of(text) for text in texts]
    encoded = encode(tokenizer, read, return_attention_mask=False).encodings
    ids = [np.array(encoding.ids[:most], dtype=np.int64) for encoding in encoded]
    words = [np.array(encoding.word_ids[:most], dtype=float) for encoding in encoded]
    apart = [found + number * 2.0**32 for number, found in enumerate(words)]  # across texts too
    notes = vocabulary.note(np.concatenate(ids), np.concatenate(apart)) if ids else np.zeros(0)
    ends = np.cumsum([len(text) for text in ids])
    return [
        Pieces(text, noted, len(encoding.ids))
        for text, noted, encoding in zip(ids, np.split(notes, ends[:-1]), encoded, strict=False)
    ]


def _alone(piece: str) -> int:
    if BYTE.fullmatch(piece):
        return RARE
    if _SPACELESS.match(piece):
        return IDLE if piece in STOP_WORDS else 0
    return int(_word((piece,))[0])


@lru_cache(2**16)
def _word(pieces: tuple[str, ...]) -> np.ndarray:
    """Notes of the pieces of one word of a script with spaces."""
    word = "".join(pieces).lower()
    found = np.zeros(len(pieces), dtype=np.uint8)
    if word in NEGATIONS or word.endswith("n't"):
        pass  # known to every model, into however many pieces it is cut, and never idle
    elif word in STOP_WORDS or all(map(_is_mark, word)):
        found |= IDLE
    elif len(pieces) >= PIECES_OF_THE_UNKNOWN and word[0].isalpha():
        found |= RARE
    for place, piece in enumerate(pieces):
        found[place] |= RARE if BYTE.fullmatch(piece) else 0
    return found


def _is_mark(character: str) -> bool:
    """Punctuation, and signs such as + and $; an emoji says something."""
    category = unicodedata.category(character)
    return category[0] == "P" or category in ("Sm", "Sc", "Sk")
