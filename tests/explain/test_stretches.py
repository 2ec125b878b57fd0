"""Which stretch of steps an answer rests on."""

import numpy as np
import pytest

from attnviz.explain.stretches import (
    name_of,
    segments,
    shortest_with,
    strongest,
    weakest,
)


def test_the_shortest_stretch_that_brings_enough_is_taken():
    votes = np.array([1.0, 0, 3, 2, -1, 4, 0])
    assert shortest_with(votes, 4) == (5, 6)
    assert shortest_with(votes, 5) == (2, 4)
    assert shortest_with(votes, 8) == (2, 6)
    assert shortest_with(votes, 9.5) is None


def test_the_strongest_stretch_of_a_length():
    assert strongest(np.array([1.0, 5, -3, 4, 4]), 2) == (3, 5)


@pytest.mark.parametrize("seed", range(5))
def test_the_weakest_stretch_is_the_least_of_all(seed):
    votes = np.random.default_rng(seed).normal(size=13)
    first, last = weakest(votes)
    sums = [votes[a:b].sum() for a in range(13) for b in range(a + 1, 14)]
    assert votes[first:last].sum() == pytest.approx(min(sums))


@pytest.mark.parametrize(
    ("tokens", "name"),
    [
        (("07:20", "07:30", "07:40"), "07:20–07:40"),
        (("frame 3", "frame 4"), "frame 3–4"),
        (("0.4 s", "0.5 s", "0.6 s"), "0.4–0.6 s"),
        (("2024-01-01", "2024-01-02"), "2024-01-01 – 2024-01-02"),
        (("row 5",), "row 5"),
    ],
)
def test_a_stretch_is_named_by_its_ends(tokens, name):
    assert name_of(tokens, 0, len(tokens)) == name


def test_segments_are_stretches_of_one_number():
    assert segments((0, 0, 1, 1, 1, 2)) == [(0, 2), (2, 5), (5, 6)]
