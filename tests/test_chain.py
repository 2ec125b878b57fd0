"""The chain of tags equals going through every sequence, and no forbidden step is taken."""

from itertools import pairwise, product

import pytest
import torch

from attnviz.chain import CHAINS, Transitions
from attnviz.kinds import CHAIN_KINDS

LENGTHS = [4, 2]  # of two sequences, padded to 4
NAMES = ["O", "B-X", "I-X"]


@pytest.fixture
def chain():
    torch.manual_seed(3)
    chain = Transitions(["noun", "verb", "mark"])
    for parameter in chain.parameters():
        torch.nn.init.normal_(parameter)
    return chain.double().requires_grad_(False)


@pytest.fixture
def logits():
    return torch.randn(2, 4, 3, dtype=torch.float64, generator=torch.manual_seed(5))


MASK = torch.tensor([[True] * length + [False] * (4 - length) for length in LENGTHS])


def every_sequence(chain, logits, row):
    """Each sequence of tags with its score, spelt out as in the module's docstring."""
    begin, follow, end = chain.worth(logits)
    for tags in product(range(3), repeat=LENGTHS[row]):
        own = sum(logits[row, place, tag] for place, tag in enumerate(tags))
        along = sum(follow[before, after] for before, after in pairwise(tags))
        yield tags, float(begin[tags[0]] + own + along + end[tags[-1]])


@pytest.mark.parametrize("row", [0, 1])
def test_total_marginals_and_best_equal_enumeration(chain, logits, row):
    tags, scores = zip(*every_sequence(chain, logits, row), strict=True)
    scores = torch.tensor(scores, dtype=torch.float64)
    assert len(tags) == 3 ** LENGTHS[row]
    assert float(chain.total(logits, MASK)[row]) == pytest.approx(float(scores.logsumexp(0)))
    shares = scores.softmax(0)
    for place, tag in product(range(LENGTHS[row]), range(3)):
        expected = sum(s for s, each in zip(shares, tags, strict=True) if each[place] == tag)
        assert float(chain.marginals(logits, MASK)[row, place, tag]) == pytest.approx(
            float(expected)
        )
    best = chain.best(logits, MASK)[row, : LENGTHS[row]]
    assert tuple(best.tolist()) == tags[int(scores.argmax())]


@pytest.mark.parametrize("row", [0, 1])
def test_the_score_of_tags_is_the_sum_of_the_docstring(chain, logits, row):
    for tags, score in every_sequence(chain, logits, row):
        labels = torch.full((2, 4), -100)
        labels[:, : len(tags)] = torch.tensor(tags)
        found = float(chain.score(logits, labels, MASK)[row])
        assert found == pytest.approx(score)
        likelihood = score - float(chain.total(logits, MASK)[row])
        assert float(chain.losses(logits, labels, MASK)[row]) == pytest.approx(-likelihood)


def test_what_stands_at_padding_changes_nothing(chain, logits):
    other = logits.clone()
    other[1, 2:] = 99.0
    for method in (chain.total, chain.marginals, chain.best):
        assert torch.equal(method(logits, MASK), method(other, MASK))
    assert (chain.marginals(logits, MASK)[1, 2:] == 0).all()


@pytest.mark.parametrize("kind", ["rules", "learnt"])
@pytest.mark.parametrize(
    "scheme",
    [
        ["O", "B-X", "I-X", "B-Y", "I-Y"],
        ["O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "E-Y", "S-Y"],
        ["O", "B-X", "M-X", "E-X", "S-X"],
        ["B", "M", "E", "S"],
    ],
)
def test_no_forbidden_step_is_ever_taken(kind, scheme):
    chain = CHAINS[kind](scheme)
    logits = 50 * torch.randn(1_000, 7, len(scheme), generator=torch.manual_seed(7))
    mask = torch.ones(1_000, 7, dtype=torch.bool)
    plain, paths = logits.argmax(2), chain.best(logits, mask)
    begin, follow, end = (torch.from_numpy(part) for part in chain.allowed)

    def forbidden(tags):
        along = ~follow[tags[:, :-1], tags[:, 1:]]
        return int(along.sum() + (~begin[tags[:, 0]]).sum() + (~end[tags[:, -1]]).sum())

    assert forbidden(plain) > 1_000  # each position alone takes them all the time
    assert forbidden(paths) == 0


def test_rules_learn_nothing_and_every_chain_has_a_title():
    assert list(CHAINS["rules"](NAMES).parameters()) == []
    assert [tuple(p.shape) for p in CHAINS["learnt"](NAMES).parameters()] == [(3,), (3, 3), (3,)]
    assert CHAINS["none"](NAMES) is None
    assert CHAINS.keys() == CHAIN_KINDS.keys()
