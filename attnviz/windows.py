"""Texts longer than a network reads at once, in overlapping windows."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from attnviz.classifier import Classifier
from attnviz.processing import encode, readable

OVERLAP = 1 / 8
"""Share of a window that the next one reads again, so that no phrase is cut for both."""


@dataclass(frozen=True)
class Window:
    """A stretch of a long text that is read by itself: `text[start:end]`.

    `first` and `last` number its tokens in the whole text from 0, `last` exclusive.
    """

    start: int
    end: int
    first: int
    last: int


def windows(classifier: Classifier, text: str) -> list[Window]:
    """The whole text in windows of at most `max_tokens` tokens; a short one is one window.

    Each begins and ends between two words where it can (Han text between two marks, else between
    two tokens), and reads about an eighth of the one before again. A window is an ordinary text:
    `classifier.trace(text[window.start : window.end])` explains it, and its probabilities are
    those of that text alone.

    Raises
    ------
    TextError
        If the text has more than a million characters.
    """
    most, text = classifier.network.config.max_tokens, readable(text)
    encoding = encode(classifier.tokenizer, text, return_offsets_mapping=True)
    offsets, words = encoding["offset_mapping"], encoding.word_ids()
    # A cut may stand before these tokens: not inside a character, and rather not inside a word.
    places = [n for n in range(1, len(offsets)) if offsets[n][0] >= offsets[n - 1][1]]
    between = [n for n in places if words[n] != words[n - 1]]
    found, first = [], 0
    while True:
        last = len(offsets)
        if last - first > most:
            last = _cut(between, places, first + most, back=most // 2)
        start = offsets[first][0] if found else 0
        end = offsets[last][0] if last < len(offsets) else len(text)
        found.append(Window(start, end, first, last))
        if last == len(offsets):
            return found
        first = max(_cut(between, places, last - round(most * OVERLAP), back=most // 4), first + 1)


def _cut(between: list[int], places: list[int], latest: int, back: int) -> int:
    """The last place up to `latest`: between words if there is one at most `back` before it."""
    for allowed in (between, places):
        number = bisect_right(allowed, latest) - 1
        if number >= 0 and allowed[number] >= latest - back:
            return allowed[number]
    return latest


def together(found: list[Window], probabilities: np.ndarray) -> np.ndarray:
    """Probabilities (C,) of the whole text: the mean over its windows (W, C).

    Each counts by the tokens that the windows before it have not read.
    """
    lasts = np.array([0, *(window.last for window in found)])
    return np.average(probabilities, axis=0, weights=np.diff(lasts))
