"""Handwritten digits that stand still, one picture each, or move through a film.

The pictures are those of scikit-learn, a part of Optical Recognition of Handwritten Digits by E.
Alpaydin and C. Kaynak (UCI Machine Learning Repository, 1998, CC BY 4.0). The motion is ours.
"""

from collections.abc import Iterator

import numpy as np

from attnviz.samples.needs import library
from attnviz.samples.sample import Sample

CLASSES = tuple("0123456789")
SHARES = {"train": (0, 0.7), "validation": (0.7, 0.8), "test": (0.8, 1)}  # of each digit's pictures
SIDE, FIELD, FRAMES = 8, 16, 12  # of a picture, of a frame; frames of a film
FASTEST = 1.5  # pixels a frame, down and across


def pictures(seed: int, split: str) -> list[Sample]:
    """The pictures of a split, (8, 8, 1) uint8 from 0 to 240, the digits in turn.

    The seed decides which pictures are in which split; no picture is in two.
    """
    data = library("sklearn.datasets").load_digits()
    rng = np.random.default_rng(seed)
    chosen = []
    for digit in range(len(CLASSES)):
        places = rng.permutation(np.flatnonzero(data.target == digit))
        first, last = (round(share * len(places)) for share in SHARES[split])
        chosen += [(rank, digit, place) for rank, place in enumerate(places[first:last])]
    return [
        Sample((data.images[place] * 15).astype(np.uint8)[..., None], CLASSES[digit], f"{place}")
        for _, digit, place in sorted(chosen)
    ]


def films(count: int, seed: int, split: str) -> Iterator[Sample]:
    """`count` films (12, 16, 16, 1) uint8: a picture of the split that moves and bounces.

    Pictures come in turn, again with another motion where there are fewer than films. The same
    seed gives the same films, and more of them begin with the same.
    """
    stills = pictures(seed, split)
    for number in range(count):
        still = stills[number % len(stills)]
        rng = np.random.default_rng([seed, list(SHARES).index(split), number])
        moved = in_motion(still.values[..., 0], rng)[..., None]
        yield Sample(moved, still.label, f"picture {still.name}, motion {number}")


def in_motion(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture (8, 8) that moves straight on and bounces off the edges, (12, 16, 16).

    Each frame holds the whole picture, at whole pixels.
    """
    room = FIELD - SIDE
    path = rng.uniform(0, room, 2) + np.arange(FRAMES)[:, None] * rng.uniform(-FASTEST, FASTEST, 2)
    path = np.round(room - np.abs(path % (2 * room) - room)).astype(int)
    film = np.zeros((FRAMES, FIELD, FIELD), picture.dtype)
    for frame, (down, across) in zip(film, path, strict=True):
        frame[down : down + SIDE, across : across + SIDE] = picture
    return film
