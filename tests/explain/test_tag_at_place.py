"""What explains a class explains a tag: the same code, asked of one position."""

import numpy as np
import pytest

from attnviz.explain.attributions import attribute
from attnviz.explain.formulas import formulas
from attnviz.explain.ledger import vote_ledger
from attnviz.explain.memory import fits, memory
from attnviz.explain.path import signal_path
from attnviz.explain.reach import gradient_reach
from attnviz.explain.trust import trust_check
from tests.taggers import KINDS, small_tagger

PLACE = 4


@pytest.fixture(params=KINDS)
def asked(request):
    """A tagger and a trace, which says at which position it is asked."""
    tagger = small_tagger(request.param)
    return tagger, tagger.trace("The dogs bark 清华 loud").at(PLACE)


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
    reach = gradient_reach(*asked)
    assert reach.hidden.shape == (len(trace.tokens), 2)
    assert reach.hidden[PLACE].min() > 0


def test_trust_and_formulas_are_those_of_the_position(asked):
    _tagger, trace = asked
    found = trust_check(*asked, permutations=7, draws=3)
    assert found.label == trace.predicted
    own = np.exp(trace.logits - trace.logits.max())
    assert found.probabilities == pytest.approx(own / own.sum(), abs=1e-5)
    equations = {each.key: each for each in formulas(*asked, PLACE, trace.predicted)}
    assert equations["logit"].result == pytest.approx(trace.logits[trace.predicted], abs=1e-5)
    for each in equations.values():
        assert each.value == pytest.approx(each.result, abs=1e-4), each.key
