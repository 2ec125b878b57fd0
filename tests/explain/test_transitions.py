"""Why this tag: the parts are differences of the scores of best sequences, found by enumeration."""

from itertools import product

import numpy as np
import pytest

from attnviz.errors import AttnvizError
from attnviz.explain.transitions import best_with, overruled, score, tag_margin
from attnviz.tags import Tags
from tests.taggers import KINDS, NAMES, small_tagger

TEXT = "清华大学"  # four positions of five tags: 625 sequences


@pytest.fixture(params=KINDS)
def trace(request):
    tagger = small_tagger(request.param)
    text = "The dogs bark loud" if tagger.network.config.input == "words" else TEXT
    return tagger.trace(text)


def every_score(trace):
    tags, logits = trace.tags, trace.tags.logits.astype(np.float64)
    paths = np.array(list(product(range(5), repeat=4)))
    return paths, np.array([score(tags, logits, path) for path in paths])


def test_the_best_sequence_is_that_of_enumeration(trace):
    paths, scores = every_score(trace)
    assert trace.tags.path.tolist() == paths[scores.argmax()].tolist()


@pytest.mark.parametrize("place", range(4))
def test_the_margin_and_its_parts_add_up_to_a_difference_of_best_scores(trace, place):
    paths, scores = every_score(trace)
    for rival in set(range(5)) - {int(trace.tags.path[place])}:
        best = scores[paths[:, place] == rival].max()
        found = tag_margin(trace, place, NAMES[rival])
        assert found.margin == pytest.approx(scores.max() - best, abs=1e-6 * abs(best) + 1e-6)
        assert found.margin >= 0
        assert found.forbidden == (best < -5_000)
        assert found.other[place] == rival
        own = trace.tags.logits[place, found.path[place]] - trace.tags.logits[place, rival]
        assert found.own == pytest.approx(own)
        assert place not in found.changed
        if not len(found.changed):
            assert found.elsewhere == pytest.approx(0, abs=1e-3)


def test_an_overruled_tag_is_weighed_against_the_position_s_own_best(trace):
    found = overruled(trace)
    assert [each.place for each in found] == np.flatnonzero(trace.tags.overruled).tolist()
    for each in found:
        margin = tag_margin(trace, each.place)
        assert (margin.tag, margin.against) == (each.tag, each.alone)
        assert margin.own < 0 < margin.before + margin.after + margin.elsewhere
    assert min((each.probability for each in found), default=1) >= 0


def hand_made():
    """O or a span of X: the second position is sure of M, and the chain must open it first."""
    logits = np.array([[2, 1, 0, 0, 0], [0, 0, 9, 0, 0], [0, 0, 0, 4, 0]], dtype=np.float32)
    begin, follow, end = np.zeros(5), np.full((5, 5), -1e4), np.zeros(5)
    begin[[2, 3]] = end[[1, 2]] = -1e4
    for before, after in ("OO", "OB", "OS", "BM", "BE", "MM", "ME", "EO", "EB", "ES", "SO", "SB"):
        follow["OBMES".index(before), "OBMES".index(after)] = 0
    return logits, *(part.astype(np.float32) for part in (begin, follow, end))


def test_what_changes_elsewhere_by_hand():
    logits, begin, follow, end = hand_made()
    tags = Tags(
        logits=logits,
        own=logits,
        offered=None,
        marginals=np.full((3, 5), 0.2, dtype=np.float32),
        path=np.array([1, 2, 3]),
        tagged=np.ones(3, dtype=bool),
        begin=begin,
        follow=follow,
        end=end,
    )
    trace = small_tagger("characters").trace("清华大")
    object.__setattr__(trace, "tags", tags)
    (only,) = overruled(trace)
    assert (only.place, only.alone, only.tag, only.span) == (0, "O", "B-X", (0, 3, "X"))
    found = tag_margin(trace, 0)
    # B M E scores 1 + 9 + 4; with O at the first, the best is O O O, O S O, O B E … of 2 + 0 + 4
    assert found.other.tolist() == [0, 1, 3]
    assert (found.own, found.margin) == (-1, 8)
    assert found.elsewhere == 9
    assert found.changed.tolist() == [1]
    assert not found.forbidden
    assert best_with(tags, logits, 1, 0)[1] == 0


def test_what_cannot_be_weighed_is_refused(trace):
    with pytest.raises(AttnvizError, match="cannot be weighed against itself"):
        tag_margin(trace, 0, trace.labels[trace.tags.path[0]])
    with pytest.raises(AttnvizError, match="no class Z"):
        tag_margin(trace, 0, "Z")
    with pytest.raises(IndexError, match="none has number 9"):
        tag_margin(trace, 9)
