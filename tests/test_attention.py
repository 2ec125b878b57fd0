"""Every way of weighing tokens and channels, against NumPy in double precision."""

import numpy as np
import pytest
import torch

from attnviz.attention import ATTENTIONS, CHANNEL_ATTENTIONS, SqueezeExcitation, masked_softmax
from attnviz.configuration import CnnLstmAttentionConfig

BATCH, STEPS, HALF, INNER = 3, 5, 7, 11
SIZE = 2 * HALF  # units that read forwards, then units that read backwards
LENGTHS = (5, 2, 1)
HEADS = {"additive": 3, "linear": 3, "multi_head": 2}


def mask_of(lengths=LENGTHS, steps=STEPS):
    return torch.arange(steps)[None] < torch.tensor(lengths)[:, None]


def make(kind: str, heads: int = 1, **changes):
    torch.manual_seed(0)
    config = CnnLstmAttentionConfig(
        attention=kind, attention_size=INNER, num_attention_heads=heads, **changes
    )
    attention = ATTENTIONS[kind](SIZE, config)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.normal_(std=0.5)
    return attention, torch.randn(BATCH, STEPS, SIZE)


def double(tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def close(found, wanted, name: str = "") -> None:
    np.testing.assert_allclose(double(found), wanted, atol=1e-5, rtol=0, err_msg=name)


def softmax(scores) -> np.ndarray:
    shares = np.exp(np.asarray(scores))
    return shares / shares.sum()


def softmax_of_tokens(scores: np.ndarray) -> np.ndarray:
    """Softmax of scores (B, T, A) over each text's own tokens; padding gets 0."""
    weights = np.zeros_like(scores)
    for number, length in enumerate(LENGTHS):
        for head in range(scores.shape[2]):
            weights[number, :length, head] = softmax(scores[number, :length, head])
    return weights


def own_states(states):
    """Each text's own states (length, N)."""
    return [double(text)[:length] for text, length in zip(states, LENGTHS, strict=True)]


def final(text: np.ndarray) -> np.ndarray:
    """What the forward half knows at the last token and the backward half at the first."""
    return np.concatenate([text[-1, :HALF], text[0, HALF:]])


@pytest.mark.parametrize("heads", [1, 3])
def test_additive_attention_is_the_softmax_of_queries_times_tanh(heads):
    attention, states = make("additive", heads)
    w, b = double(attention.project.weight), double(attention.project.bias)
    scores = np.zeros((BATCH, STEPS, heads))
    for number, step, head in np.ndindex(scores.shape):
        query = double(attention.query.weight)[head]
        scores[number, step, head] = query @ np.tanh(w @ double(states)[number, step] + b)
    found = attention(states, mask_of())
    close(found.weights[..., 0], softmax_of_tokens(scores))
    assert found.weights.shape == (BATCH, STEPS, heads, 1)


@pytest.mark.parametrize("heads", [1, 3])
def test_linear_attention_is_the_softmax_of_one_product_a_head(heads):
    attention, states = make("linear", heads)
    scores = double(states) @ double(attention.query.weight).T
    close(attention(states, mask_of()).weights[..., 0], softmax_of_tokens(scores))


@pytest.mark.parametrize("kind", ["additive", "linear"])
def test_each_head_weighs_the_whole_states(kind):
    attention, states = make(kind, heads=3)
    values = attention(states, mask_of()).values
    assert (attention.heads, attention.values_size) == (3, SIZE)
    for head in range(3):
        assert torch.equal(values[:, :, head], states)


@pytest.mark.parametrize("kind", ["dot", "scaled_dot", "general"])
def test_dot_attention_asks_with_the_last_state_of_each_direction(kind):
    attention, states = make(kind)
    between = double(attention.bilinear.weight) if kind == "general" else np.eye(SIZE)
    scale = np.sqrt(SIZE) if kind == "scaled_dot" else 1
    scores = np.zeros((BATCH, STEPS, 1))
    for number, text in enumerate(own_states(states)):
        for step, state in enumerate(text):
            scores[number, step] = final(text) @ between @ state / scale
    close(attention(states, mask_of()).weights[..., 0], softmax_of_tokens(scores))


def test_with_one_direction_the_query_is_the_last_state():
    attention, states = make("dot", bidirectional=False)
    scores = np.zeros((BATCH, STEPS, 1))
    for number, text in enumerate(own_states(states)):
        scores[number, : len(text), 0] = text @ text[-1]
    close(attention(states, mask_of()).weights[..., 0], softmax_of_tokens(scores))


@pytest.mark.parametrize("heads", [2, 7])
def test_multi_head_attention_reads_adds_and_then_pools_by_a_query_a_head(heads):
    attention, states = make("multi_head", heads)
    size = SIZE // heads
    found = attention(states, mask_of())
    assert (attention.heads, attention.values_size) == (heads, size)
    assert found.values.shape == (BATCH, STEPS, heads, size)
    assert found.self_attention.shape == (BATCH, heads, STEPS, STEPS)
    stacked, bias = (double(p) for p in attention.queries_keys_values.parameters())
    w, b = double(attention.project.weight), double(attention.project.bias)
    for number, text in enumerate(own_states(states)):
        length, mixed = len(text), text.copy()
        queries, keys, values = np.split(text @ stacked.T + bias, 3, axis=1)
        for head in range(heads):
            units = slice(head * size, (head + 1) * size)
            for step in range(length):
                scores = keys[:, units] @ queries[step, units] / np.sqrt(size)
                mixed[step, units] += softmax(scores) @ values[:, units]
                read = found.self_attention[number, head, step]
                close(read[:length], softmax(scores), "self-attention")
                assert (read[length:] == 0).all()
            assert (found.self_attention[number, head, length:] == 0).all()
        close(found.values[number, :length].flatten(1), mixed, "values")
        for head in range(heads):
            scores = np.tanh(mixed @ w.T + b) @ double(attention.query.weight)[head]
            close(found.weights[number, :length, head, 0], softmax(scores), "weights")


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_last_state_is_that_of_each_direction(bidirectional):
    attention, states = make("last", bidirectional=bidirectional)
    found = attention(states, mask_of())
    assert found.weights.shape == found.values.shape == (BATCH, STEPS, 1, SIZE)
    context = double(found.weights * found.values).sum(1)[:, 0]
    for number, text in enumerate(own_states(states)):
        wanted = final(text) if bidirectional else text[-1]
        np.testing.assert_array_equal(context[number], wanted)


@pytest.mark.parametrize("kind", ["mean", "uniform"])
def test_mean_and_uniform_attention_give_every_token_the_same(kind):
    attention, states = make(kind)
    wanted = [[0.2, 0.2, 0.2, 0.2, 0.2], [0.5, 0.5, 0, 0, 0], [1, 0, 0, 0, 0]]
    close(attention(states, mask_of()).weights[..., 0, 0], wanted)


def test_max_pooling_takes_each_units_largest_value_where_it_stands():
    attention, states = make("max")
    states -= 9  # so that a padding of zeros would win
    found = attention(states, mask_of())
    context = double(found.weights * found.values).sum(1)[:, 0]
    for number, text in enumerate(own_states(states)):
        np.testing.assert_array_equal(context[number], text.max(axis=0))
        won = double(found.weights)[number, :, 0]
        assert set(won.flatten()) == {0, 1}
        np.testing.assert_array_equal(won.argmax(axis=0), text.argmax(axis=0))


def test_max_pooling_shares_a_tie_among_the_tokens():
    attention, states = make("max")
    mask = mask_of()
    weights = attention(torch.zeros_like(states), mask).weights[:, :, 0]  # (B, T, N)
    wanted = mask / mask.sum(1, keepdim=True).clamp(min=1)
    torch.testing.assert_close(weights, wanted[..., None].expand_as(weights))


def test_squeeze_and_excitation_by_hand():
    torch.manual_seed(0)
    channels = 53
    weigher = SqueezeExcitation(channels)
    assert weigher.squeeze.weight.shape == (3, 53)  # 53 // 16
    with torch.no_grad():
        for parameter in weigher.parameters():
            parameter.normal_()
    maps = torch.randn(BATCH, STEPS, channels)
    w1, b1, w2, b2 = (double(parameter) for parameter in weigher.parameters())
    found = weigher(maps, mask_of())
    assert found.shape == (BATCH, channels)
    for number, text in enumerate(own_states(maps)):
        inner = np.maximum(w1 @ text.mean(axis=0) + b1, 0)
        close(found[number], 1 / (1 + np.exp(-(w2 @ inner + b2))))


def test_few_channels_are_squeezed_into_one():
    assert SqueezeExcitation(7).squeeze.weight.shape == (1, 7)


def test_a_masked_softmax_is_a_softmax_of_what_is_left_in():
    scores = torch.tensor([[1.0, 2.0, 3.0, 900.0], [-1e30, 5.0, -7.0, 0.0]])
    mask = torch.tensor([[True, True, True, False], [False] * 4])
    found = masked_softmax(scores, mask, dim=1)
    close(found[0, :3], softmax([1, 2, 3]))
    assert found[0, 3] == 0
    assert (found[1] == 0).all()


# The contract of every row of ATTENTIONS and of CHANNEL_ATTENTIONS.


every_attention = pytest.mark.parametrize("kind", ATTENTIONS)


def context(attended):
    return (attended.weights * attended.values).sum(1)


@every_attention
def test_weights_of_every_attention_sum_to_1_over_the_tokens(kind):
    attention, states = make(kind, HEADS.get(kind, 1))
    values, weights, self_attention = attention(states, mask_of())
    assert attention.heads == HEADS.get(kind, 1)
    assert values.shape == (BATCH, STEPS, attention.heads, attention.values_size)
    assert weights.shape in (values.shape, (*values.shape[:3], 1))
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), torch.ones_like(weights[:, 0]))
    if self_attention is not None:
        rows = self_attention.sum(3)  # (B, A, T)
        torch.testing.assert_close(rows, mask_of()[:, None].expand_as(rows).float())


@every_attention
def test_every_attention_gives_padding_exactly_nothing(kind):
    attention, states = make(kind, HEADS.get(kind, 1))
    weights = attention(states, mask_of()).weights
    assert (weights[~mask_of()] == 0).all()
    if weights.shape[3] == 1:
        assert (weights[mask_of()] > 0).all()


@every_attention
@pytest.mark.parametrize("padding", [100.0, -100.0, 1e30, -1e30])
def test_what_stands_in_padding_changes_nothing_for_any_attention(kind, padding):
    attention, states = make(kind, HEADS.get(kind, 1))
    clean = attention(states, mask_of())
    spoiled = attention(states.masked_fill(~mask_of()[..., None], padding), mask_of())
    assert torch.equal(spoiled.weights, clean.weights)
    assert torch.equal(context(spoiled), context(clean))
    if clean.self_attention is not None:
        assert torch.equal(spoiled.self_attention, clean.self_attention)


@every_attention
def test_every_attention_weighs_a_text_the_same_in_a_batch_and_alone(kind):
    attention, states = make(kind, HEADS.get(kind, 1))
    batch = attention(states, mask_of())
    for number, length in enumerate(LENGTHS):
        alone = attention(states[number : number + 1, :length], mask_of([length], length))
        torch.testing.assert_close(batch.weights[number, :length], alone.weights[0])
        torch.testing.assert_close(context(batch)[number], context(alone)[0])


@every_attention
def test_huge_states_and_a_text_of_padding_alone_stay_finite_for_every_attention(kind):
    attention, states = make(kind, HEADS.get(kind, 1))
    attended = attention(states * 1e4, mask_of((5, 2, 0)))
    assert attended.weights.isfinite().all()
    assert context(attended).isfinite().all()
    assert (attended.weights[2] == 0).all()


@every_attention
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_attention_works_in_half_precision(kind, dtype):
    attention, states = make(kind, HEADS.get(kind, 1))
    weights = attention.to(dtype)(states.to(dtype), mask_of()).weights
    assert weights.dtype == dtype
    assert (weights[~mask_of()] == 0).all()
    total = weights.float().sum(1)
    torch.testing.assert_close(total, torch.ones_like(total), atol=2e-2, rtol=0)


@pytest.mark.parametrize("kind", CHANNEL_ATTENTIONS)
def test_channel_weights_lie_between_0_and_1_and_padding_has_no_part_in_them(kind):
    torch.manual_seed(0)
    weigh, mask = CHANNEL_ATTENTIONS[kind](47), mask_of((5, 2, 0))
    maps = torch.randn(BATCH, STEPS, 47)
    weights = weigh(maps, mask)
    if weights is None:
        return
    assert weights.shape == (BATCH, 47)
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert torch.equal(weigh(maps.masked_fill(~mask[..., None], 1e30), mask), weights)
    torch.testing.assert_close(weigh(maps[1:2, :2], mask[1:2, :2])[0], weights[1])
    assert weigh(maps * 1e30, mask).isfinite().all()


def test_long_texts_of_large_channels_do_not_overflow_in_half_precision():
    maps = torch.full((1, 1009, 47), 1e3).half()
    assert SqueezeExcitation(47).half()(maps, mask_of([1009], 1009)).isfinite().all()
