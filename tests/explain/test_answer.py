"""The answer in short: the lead is taken apart exactly, words are named only where they decide."""

import numpy as np
import pytest

from attnviz.explain.answer import answer
from attnviz.trace import Trace

TOKENS = ("not", "good", "##ish", "film", ".")
OFFSETS = ((0, 3), (4, 8), (8, 11), (12, 16), (16, 17))


def trace_of(votes, bias=0.0, attention=None) -> Trace:
    """Two classes whose votes, per token, are these for the first and nothing for the second."""
    votes = np.array([[vote, 0.0] for vote in votes])
    logits = np.array([bias, 0.0]) + votes.sum(0)
    shares = np.exp(logits) / np.exp(logits).sum()
    attention = np.full(5, 0.2) if attention is None else np.array(attention)
    return Trace(
        text="not goodish film.",
        normalized="not goodish film.",
        tokens=TOKENS,
        offsets=OFFSETS,
        words=(0, 1, 1, 2, 3),
        truncated=0,
        embeddings=np.zeros((5, 3)),
        feature_maps={},
        channel_attention=None,
        gates={},
        states={},
        attention=attention[:, None],
        self_attention=None,
        votes=votes,
        bias=np.array([bias, 0.0]),
        logits=logits,
        probabilities=shares,
        labels=("bad", "good"),
    )


def named(result) -> list[str]:
    return [word.text for word in result.carriers]


def test_pieces_of_a_word_are_one_word_with_their_votes_and_attention_added():
    result = answer(trace_of([0.5, 1, 2, 0, 0], attention=[0.1, 0.2, 0.3, 0.4, 0]))
    word = result.words[1]
    assert (word.text, word.start, word.end, word.row) == ("goodish", 4, 11, 2)
    assert (word.vote, word.attention) == pytest.approx((3.0, 0.5))


def test_the_lead_is_the_bias_and_the_votes_of_all_words():
    result = answer(trace_of([0.5, 1, -2, 0.25, 3], bias=0.5))
    assert (result.label, result.rival) == ("bad", "good")
    assert result.lead == pytest.approx(3.25)
    assert result.bias + sum(word.vote for word in result.words) == pytest.approx(result.lead)


@pytest.mark.parametrize(
    ("votes", "bias", "basis", "words"),
    [
        ([4, 0.1, 0, 0.2, 0], 0, "word", ["not"]),
        ([2, 2, 0, 0.2, 0], 0, "words", ["not", "goodish"]),  # the second has as much
        ([1, 1, 0, 1, 0.9], 0, "words", ["not", "goodish", "film"]),
        ([2.9, 0.8, 0.8, 0.2, -0.9], 0, "words", ["not", "goodish"]),  # one alone is no “together”
        ([0.4, 0.3, 0, 0.3, 0.3], 1.0, "many", ["not"]),
        ([0.1, 0, 0, 0, 0], 2.0, "bias", ["not"]),
        ([4, -3, 0, 0, 0], 0, "word", ["not"]),  # it alone speaks for the outcome
    ],
)
def test_a_word_decides_only_with_most_of_the_lead_and_no_rival_beside_it(
    votes, bias, basis, words
):
    result = answer(trace_of(votes, bias))
    assert result.basis == basis
    assert named(result) == words


@pytest.mark.parametrize(("vote", "opponent"), [(-0.3, "film"), (-0.1, None), (0.1, None)])
def test_an_opponent_is_named_from_a_twentieth_of_the_lead(vote, opponent):
    result = answer(trace_of([4, 0, 0, vote, 0]))
    assert (result.opponent and result.opponent.text) == opponent


def test_of_several_classes_the_runner_up_is_the_rival():
    trace = trace_of([1, 0, 0, 0, 0])
    votes = np.zeros((5, 3))
    votes[0], votes[3] = (0, 3, 1), (0, 0, 1.5)
    logits = votes.sum(0)
    many = Trace(
        **{
            **{name: getattr(trace, name) for name in trace.__dataclass_fields__},
            "votes": votes,
            "bias": np.zeros(3),
            "logits": logits,
            "probabilities": np.exp(logits) / np.exp(logits).sum(),
            "labels": ("a", "b", "c"),
        }
    )
    result = answer(many)
    assert (result.label, result.rival) == ("b", "c")
    assert result.lead == pytest.approx(0.5)
    assert result.opponent.text == "film"
