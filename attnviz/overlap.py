"""Texts that two files share, or nearly: an accuracy on them was learnt by heart.

Two texts are equal where their letters and digits are: case, white space, punctuation and width
(full or half, NFKC) do not tell them apart. They are nearly equal where at least 70% of their runs
of four bytes in UTF-8 (four letters of English, not quite two Chinese characters) are common:
Jaccard similarity, looked for by MinHash with banding (Broder 1997; Leskovec et al. 2014, section
3.4), and then computed exactly. Short texts say nothing of a leak, since anybody may write “ok” or
好: equal ones count from 9 letters on, near ones from 24; a Chinese or Japanese character or a
Korean syllable counts one and a half. 105,000 reviews and phrases take about 7 s, 90,000 sentences
of 15 words with 10,000 to compare about 3.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

LEAST_EQUAL, LEAST_NEAR = 9, 24  # letters
NEAR, EQUAL = 1, 2
SIMILAR = 0.7
SHINGLE = 4  # bytes
BANDS, ROWS = 10, 5  # of 50 MinHash values: texts of similarity 0.7 meet with 84%, of 0.8 with 98%
CANDIDATES = 4  # of each band, for one text
PROMISING = 0.5  # estimated similarity from which two texts are compared
LOOKED_AT = 800  # bytes of a long text, for nearness
LONGEST = 1_000_000  # characters: as much as a classifier reads
AT_A_TIME = 4_000  # texts
MARKS = re.compile(r"[\s!-/:-@\[-`{-~\u00a1-\u00bf\u2000-\u206f\u3000-\u303f\u30fb]+")
DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@dataclass(frozen=True)
class Shared:
    """How many texts of a file are in another, exactly and nearly, of how many in all."""

    equal: int
    near: int
    texts: int

    @property
    def share(self) -> float:
        """0…1, of the texts that are in the other file, nearly or exactly."""
        return (self.equal + self.near) / self.texts if self.texts else 0.0


class Texts:
    """The texts of one file, ready to be compared."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.bare = list(map(bare, texts))

    @cached_property
    def known(self) -> frozenset[str]:
        """The texts that are long enough to be compared."""
        return frozenset(text for text in self.bare if size(text) >= LEAST_EQUAL)

    @cached_property
    def long(self) -> list[str]:
        """Different texts that are long enough to be nearly equal to another."""
        return sorted(text for text in self.known if size(text) >= LEAST_NEAR)

    @cached_property
    def values(self) -> np.ndarray:
        """(texts of `long`, 50) uint32: their MinHash values."""
        return minhashes(self.long)

    @cached_property
    def bands(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each band, the sorted keys of the texts of `long`, and their order."""
        keys = [_keys(self.values[:, start : start + ROWS]) for start in range(0, HASHES, ROWS)]
        orders = [np.argsort(key, kind="stable") for key in keys]
        return [(key[order], order) for key, order in zip(keys, orders, strict=True)]


def shared(file: Texts, other: Texts) -> Shared:
    """How many texts of `file` are in `other`."""
    return counted(places(file, other))


def places(file: Texts, other: Texts) -> np.ndarray:
    """(texts of `file`,) int8: `EQUAL` where a text is in `other`, `NEAR` where nearly, else 0."""
    near = set(_near(file, other))
    found = [EQUAL if t in other.known else NEAR if t in near else 0 for t in file.bare]
    return np.array(found, dtype=np.int8)


def counted(found: np.ndarray) -> Shared:
    """How many of each there are in what `places` gives."""
    return Shared(int((found == EQUAL).sum()), int((found == NEAR).sum()), len(found))


def bare(text: str) -> str:
    """The letters and digits of a text, as they are compared; emoji say something and stay."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    return MARKS.sub("", plain)


def size(text: str) -> float:
    """How much a bare text says, in letters of an alphabet."""
    return len(text) + len(DENSE.findall(text[:LOOKED_AT])) / 2


def minhashes(texts: Sequence[str]) -> np.ndarray:
    """(N, 50) uint32: the smallest value of each function over the shingles of each text."""
    found = np.empty((len(texts), HASHES), dtype=np.uint32)
    for start in range(0, len(texts), AT_A_TIME):
        part = [_compared(text) for text in texts[start : start + AT_A_TIME]]
        codes = np.frombuffer(b"".join(part), dtype=np.uint8).astype(np.uint64)
        ends = np.cumsum([len(text) for text in part])
        shingles = np.zeros(len(codes) - SHINGLE + 1, dtype=np.uint64)
        for place in range(SHINGLE):
            shingles = shingles * np.uint64(256) + codes[place : place + len(shingles)]
        whole = np.ones(len(codes), dtype=bool)  # those that do not reach into the next text
        for place in range(1, SHINGLE):
            whole[ends - place] = False
        shingles = shingles[whole[: len(shingles)]]
        starts = np.concatenate([[0], ends[:-1]]) - (SHINGLE - 1) * np.arange(len(part))
        for number, function in enumerate(_FUNCTIONS):
            mixed = hashed(shingles, *function)
            found[start : start + len(part), number] = np.minimum.reduceat(mixed, starts)
    return found


def hash_functions(count: int) -> np.ndarray:
    """(count, 2) uint64: the factor and the addend of random functions, always the same."""
    random = np.random.default_rng(0)
    factors = random.integers(2**64, size=count, dtype=np.uint64) | np.uint64(1)
    return np.stack([factors, random.integers(2**64, size=count, dtype=np.uint64)], axis=1)


def hashed(values: np.ndarray, factor: np.ndarray, addend: np.ndarray) -> np.ndarray:
    """uint32: the upper half of a x + b mod 2⁶⁴, a odd (Dietzfelbinger et al. 1997)."""
    return ((values * factor + addend) >> np.uint64(32)).astype(np.uint32)


HASHES = BANDS * ROWS
_FUNCTIONS = hash_functions(HASHES)


def _keys(band: np.ndarray) -> np.ndarray:
    """(N,) uint64 of (N, 5): the same for texts that agree in a whole band."""
    keys = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
    return keys


def _near(file: Texts, other: Texts) -> Iterator[str]:
    """The texts of `file.long` that are nearly equal to one of `other.long`."""
    if not file.long or not other.long:
        return
    for row, places in _candidates(file, other):
        own = _shingles(file.long[row])
        if any(_similarity(own, _shingles(other.long[place])) >= SIMILAR for place in places):
            yield file.long[row]


def _candidates(file: Texts, other: Texts) -> Iterator[tuple[int, list[int]]]:
    """A text of `file` and some of `other` that meet it in a band and promise to be near."""
    found = []
    for (keys, order), (others, places) in zip(file.bands, other.bands, strict=True):
        first = np.searchsorted(others, keys)
        for step in range(CANDIDATES):
            at = np.minimum(first + step, len(others) - 1)
            same = others[at] == keys
            found.append(np.stack([order[same], places[at[same]]], axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    agreeing = np.zeros(len(pairs))
    for column in range(HASHES):
        agreeing += file.values[pairs[:, 0], column] == other.values[pairs[:, 1], column]
    pairs = pairs[agreeing >= PROMISING * HASHES]
    if not len(pairs):
        return
    rows, starts = np.unique(pairs[:, 0], return_index=True)
    for row, places in zip(rows.tolist(), np.split(pairs[:, 1], starts[1:]), strict=True):
        yield row, places.tolist()


def _compared(text: str) -> bytes:
    """The bytes by which a bare text is compared, at least one shingle."""
    return text.encode("utf-8", "replace")[:LOOKED_AT].ljust(SHINGLE)


def _shingles(text: str) -> set[bytes]:
    code = _compared(text)
    return {code[place : place + SHINGLE] for place in range(len(code) - SHINGLE + 1)}


def _similarity(own: set[bytes], other: set[bytes]) -> float:
    return len(own & other) / len(own | other)


def overlaps(files: Sequence[tuple[object, Texts]]) -> Iterator[tuple[object, object, np.ndarray]]:
    """Names of two files, and the `places` of the second in the first, for each pair with some."""
    for number, (name, file) in enumerate(files):
        for other_name, other in islice(files, number + 1, None):
            found = places(other, file)
            if found.any():
                yield name, other_name, found
