"""Attention weights, against NumPy in double precision."""

import numpy as np
import pytest
import torch

from attnviz.attention import ATTENTIONS, AdditiveAttention, LinearAttention, MeanAttention

BATCH, STEPS, SIZE, INNER = 3, 5, 7, 11
LENGTHS = (5, 2, 1)


def mask_of(lengths=LENGTHS, steps=STEPS):
    return torch.arange(steps)[None] < torch.tensor(lengths)[:, None]


def make(kind, seed: int = 0):
    torch.manual_seed(seed)
    attention = kind(SIZE, INNER)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.normal_()
    return attention, torch.randn(BATCH, STEPS, SIZE)


def double(tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def softmax_of_tokens(scores: np.ndarray) -> np.ndarray:
    """Softmax of scores (B, T) over each text's own tokens, in loops; padding gets 0."""
    weights = np.zeros_like(scores)
    for number, length in enumerate(LENGTHS):
        total = sum(np.exp(scores[number, step]) for step in range(length))
        for step in range(length):
            weights[number, step] = np.exp(scores[number, step]) / total
    return weights


def test_additive_attention_is_the_softmax_of_a_query_times_tanh():
    attention, hidden = make(AdditiveAttention)
    w, b = double(attention.project.weight), double(attention.project.bias)
    v = double(attention.query.weight)[0]
    scores = np.array([[v @ np.tanh(w @ state + b) for state in text] for text in double(hidden)])
    found = attention(hidden, mask_of())[..., 0]
    np.testing.assert_allclose(double(found), softmax_of_tokens(scores), atol=1e-6, rtol=0)


def test_linear_attention_is_the_softmax_of_one_product():
    attention, hidden = make(LinearAttention)
    scores = double(hidden) @ double(attention.query.weight)[0]
    found = attention(hidden, mask_of())[..., 0]
    np.testing.assert_allclose(double(found), softmax_of_tokens(scores), atol=1e-6, rtol=0)


def test_mean_attention_gives_every_token_the_same():
    attention, hidden = make(MeanAttention)
    wanted = [[0.2, 0.2, 0.2, 0.2, 0.2], [0.5, 0.5, 0, 0, 0], [1, 0, 0, 0, 0]]
    np.testing.assert_allclose(double(attention(hidden, mask_of())[..., 0]), wanted, atol=1e-7)


# The contract of every row of ATTENTIONS.

every_kind = pytest.mark.parametrize("kind", ATTENTIONS.values(), ids=ATTENTIONS)


@every_kind
def test_weights_of_every_kind_sum_to_1_over_the_tokens(kind):
    attention, hidden = make(kind)
    weights = attention(hidden, mask_of())
    assert weights.shape[:2] == (BATCH, STEPS)
    assert weights.ndim == 3
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), torch.ones(BATCH, weights.shape[2]))


@every_kind
def test_padding_receives_no_attention(kind):
    attention, hidden = make(kind)
    mask = mask_of()
    assert (attention(hidden, mask)[~mask] == 0).all()
    assert (attention(hidden, mask)[mask] > 0).all()


@every_kind
@pytest.mark.parametrize("padding", [100.0, -100.0, 1e30])
def test_what_stands_in_padding_changes_no_weight(kind, padding):
    attention, hidden = make(kind)
    mask = mask_of()
    spoiled = hidden.masked_fill(~mask[..., None], padding)
    torch.testing.assert_close(attention(spoiled, mask), attention(hidden, mask), atol=0, rtol=0)


@every_kind
def test_a_text_weighs_the_same_in_a_batch_and_alone(kind):
    attention, hidden = make(kind)
    batch = attention(hidden, mask_of())
    for number, length in enumerate(LENGTHS):
        alone = attention(hidden[number : number + 1, :length], mask_of([length], length))
        torch.testing.assert_close(batch[number, :length], alone[0], atol=1e-6, rtol=0)


@every_kind
def test_large_scores_and_a_row_of_padding_alone_stay_finite(kind):
    attention, hidden = make(kind)
    weights = attention(hidden * 1e4, mask_of((5, 2, 0)))
    assert weights.isfinite().all()
    assert (weights[2] == 0).all()


@every_kind
def test_weights_of_every_kind_are_given_in_half_precision_too(kind):
    attention, hidden = make(kind)
    weights = attention.half()(hidden.half(), mask_of())
    assert weights.dtype == torch.float16
    assert (weights[~mask_of()] == 0).all()
    torch.testing.assert_close(
        weights.float().sum(1), torch.ones(BATCH, weights.shape[2]), atol=5e-3, rtol=0
    )
