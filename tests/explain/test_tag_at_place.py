"""What explains a class explains a tag: the same code, asked of one position."""

import numpy as np
import pytest

from attnviz.explain.attributions import attribute
from attnviz.explain.ledger import vote_ledger
from attnviz.explain.memory import fits, memory
from attnviz.explain.path import signal_path
from attnviz.explain.reach import gradient_reach
from tests.taggers import KINDS, small_tagger

PLACE = 4


@pytest.fixture(params=KINDS)
def asked(request):
    tagger = small_tagger(request.param)
    return tagger.at(PLACE), tagger.trace("The dogs bark 清华 loud").at(PLACE)


def test_the_ledger_adds_up_to_the_tag_s_logit(asked):
    ledger = vote_ledger(*asked)
    assert ledger.bias + ledger.vote.sum() == pytest.approx(ledger.logit, abs=1e-5)
    assert ledger.label == asked[1].prediction


def test_integrated_gradients_close_and_votes_are_the_trace_s(asked):
    _tagger, trace = asked
    found = attribute(*asked, methods=["integrated_gradients", "votes", "occlusion"])
    gap = found.scores["integrated_gradients"].sum() - (found.logit - found.baseline_logit)
    assert abs(gap) < 1e-3
    assert found.scores["votes"] == pytest.approx(trace.votes[:, trace.predicted])
    assert np.abs(found.scores["occlusion"]).max() > 0


def test_memory_gates_reach_and_path_are_those_of_any_text(asked):
    tagger, trace = asked
    path = signal_path(*asked, PLACE)
    assert path.votes == pytest.approx(trace.votes[PLACE])
    if not fits(trace):
        assert tagger.network.config.order == "cnn"
        return
    found = memory(trace, PLACE)
    assert found.contributions.sum(0) == pytest.approx(found.state, abs=1e-5)
    if tagger.network.config.input == "words":
        return
    reach = gradient_reach(*asked)
    assert reach.hidden.shape == (len(trace.tokens), 2)
    assert reach.hidden[PLACE].min() > 0
