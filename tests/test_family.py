"""The contracts that every row of every table keeps."""

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pytest
import torch

from attnviz.attention import ATTENTIONS, CHANNEL_ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.configuration import ORDERS
from attnviz.errors import ConfigurationError, TextError
from attnviz.recurrent import RECURRENTS
from attnviz.trace import Trace

BATCH, STEPS = 3, 5
LENGTHS = (5, 2, 1)
MASK = torch.arange(STEPS)[None] < torch.tensor(LENGTHS)[:, None]
HEADS = {"additive": 3, "linear": 2, "multi_head": 2}
TEXT = "The film was good, good!  Wonderful actors: 电影 很好 😀"

# The defaults of `conftest` with one row of one table changed, and all together.

ROWS = [
    *({"attention": kind, "num_attention_heads": HEADS.get(kind, 1)} for kind in ATTENTIONS),
    *({"channel_attention": kind} for kind in CHANNEL_ATTENTIONS),
    *({"recurrent": kind} for kind in RECURRENTS),
    *({"order": kind} for kind in ORDERS),
]
TOGETHER = {"num_hidden_layers": 1, "temperature": 3, "channel_attention": "squeeze_excitation"}
MULTI_HEAD = {"attention": "multi_head", "num_attention_heads": 3}
ROWS += [
    TOGETHER | MULTI_HEAD | {"order": "lstm-cnn", "recurrent": "gru"},
    TOGETHER | {"order": "cnn", "attention": "max"},
    {"order": "lstm", "recurrent": "peephole_lstm", "attention": "general", "temperature": 0.5},
]
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(map(str, row.values())))


@pytest.fixture
def batch():
    """Ids and mask of texts with 5, 2 and 1 tokens; padding holds ids that matter elsewhere."""
    ids = torch.randint(1, 300, (BATCH, STEPS), generator=torch.Generator().manual_seed(0))
    return ids, MASK.long()


def run(network, ids, mask):
    with torch.inference_mode():
        return network(ids, mask, output_trace=True)


def arrays(output) -> dict[str, torch.Tensor]:
    """All tensors of an output by name."""
    found = {}
    for name, value in output.items():
        if isinstance(value, dict):
            found |= {f"{name}/{key}": values for key, values in value.items()}
        elif value is not None:
            found[name] = value
    return found


@every_row
def test_votes_and_bias_make_the_logits_of_every_network(build_network, batch, row):
    network = build_network(**row)
    output = run(network, *batch)
    bias = network.head.bias / network.config.temperature
    assert output.votes.abs().max() > 0.01
    torch.testing.assert_close(output.logits, bias + output.votes.sum(1), atol=1e-5, rtol=1e-5)
    assert (output.votes[~MASK] == 0).all()
    assert (output.attention[~MASK] == 0).all()
    torch.testing.assert_close(output.attention.sum(1), torch.ones_like(output.attention[:, 0]))


@every_row
def test_every_network_gives_a_text_the_same_numbers_alone_and_in_a_batch(
    build_network, batch, row
):
    network = build_network(**row)
    ids, mask = batch
    together = arrays(run(network, ids, mask))
    for number, length in enumerate(LENGTHS):
        alone = arrays(run(network, ids[number : number + 1, :length], mask[:1, :length]))
        assert alone.keys() == together.keys()
        for name, values in alone.items():
            whole = together[name][number]
            if name == "self_attentions":
                whole = whole[:, :length, :length]
            elif name not in ("logits", "channel_attentions"):
                whole = whole[:length]
            torch.testing.assert_close(whole, values[0], atol=1e-5, rtol=1e-5, msg=name)


def shifted(values: torch.Tensor, places: list[int]) -> torch.Tensor:
    """Each text of (B, T, …) so many positions further right, what falls off put in front."""
    return torch.stack([row.roll(place, 0) for row, place in zip(values, places, strict=True)])


@every_row
@pytest.mark.parametrize("places", [[0, 3, 4], [0, 1, 2]], ids=["left", "both sides"])
def test_padding_on_the_left_gives_every_network_the_numbers_of_padding_on_the_right(
    build_network, batch, row, places
):
    network = build_network(**row)
    ids, mask = batch
    right = arrays(run(network, ids, mask))
    moved = arrays(run(network, shifted(ids, places), shifted(mask, places)))
    assert moved.keys() == right.keys()
    for name, values in moved.items():
        for number, (length, place) in enumerate(zip(LENGTHS, places, strict=True)):
            there, here = values[number], right[name][number]
            if name == "self_attentions":
                there = there[:, place : place + length, place : place + length]
                here = here[:, :length, :length]
            elif name not in ("logits", "channel_attentions"):
                there, here = there[place : place + length], here[:length]
            torch.testing.assert_close(there, here, atol=1e-6, rtol=0, msg=name)
    assert (moved["votes"][~shifted(MASK, places)] == 0).all()


def test_padding_between_two_tokens_is_refused(build_network, batch):
    ids, mask = batch
    mask[0] = torch.tensor([1, 1, 0, 1, 1])
    with pytest.raises(TextError, match="in the middle of a text"):
        build_network()(ids, mask)
    mask[0] = torch.tensor([0, 1, 0, 1, 0])
    with pytest.raises(TextError, match="0 to the padding before or behind"):
        build_network()(ids, mask)


@every_row
def test_every_network_gives_attentions_and_hidden_states_in_the_layout_of_transformers(
    build_network, batch, row
):
    network = build_network(**row)
    ids, mask = batch
    traced = run(network, ids, mask)
    with torch.inference_mode():
        plain = network(ids, mask)
        output = network(ids, mask, output_attentions=True, output_hidden_states=True)
    assert plain.attentions is plain.hidden_states is None
    assert torch.equal(output.logits, plain.logits)
    weights = output.attentions[-1]
    assert weights.shape == (BATCH, network.attention.heads, 1, STEPS)
    assert torch.equal(weights[:, :, 0].transpose(1, 2), traced.attention)
    if network.config.attention == "multi_head":
        assert torch.equal(output.attentions[0], traced.self_attentions)
    assert len(output.attentions) == (2 if network.config.attention == "multi_head" else 1)
    assert len(output.hidden_states) == 1 + len(network.config.stages)
    assert torch.equal(output.hidden_states[0], traced.embeddings)
    assert {states.shape[:2] for states in output.hidden_states} == {(BATCH, STEPS)}


def test_the_configuration_can_ask_for_attentions(build_network, batch, tmp_path):
    network = build_network(output_attentions=True)
    assert network(*batch).attentions[0].shape == (BATCH, 1, 1, STEPS)
    assert network(*batch, output_attentions=False).attentions is None
    network = build_network()
    network.config.output_hidden_states = network.config.output_attentions = True
    output = network(*batch)
    assert (len(output.attentions), len(output.hidden_states)) == (1, 3)


@every_row
def test_what_stands_in_padding_changes_no_network(build_network, batch, row):
    network = build_network(**row)
    ids, mask = batch
    one, other = (run(network, changed, mask).logits for changed in (ids, ids * mask))
    assert torch.equal(one, other)


@every_row
def test_the_trace_costs_the_logits_of_no_network_anything(build_network, batch, row):
    network = build_network(**row)
    output = run(network, *batch)
    assert arrays(output).keys() >= {"logits", "attention", "embeddings", "votes"}
    with torch.inference_mode():
        assert torch.equal(network(*batch).logits, output.logits)
    traced = network(*batch, output_trace=True)  # with gradients
    for name, values in arrays(traced).items():
        torch.testing.assert_close(values, arrays(output)[name], atol=1e-5, rtol=1e-5, msg=name)


@every_row
def test_gradients_reach_every_parameter_of_every_network(build_network, batch, row):
    network = build_network(**row)
    network(*batch, labels=torch.tensor([2, 0, 1])).loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name


@every_row
def test_every_network_works_in_half_precision(build_network, batch, row):
    network = build_network(**row)
    wanted = run(network, *batch)
    found = run(network.bfloat16(), *batch)
    assert {values.dtype for values in arrays(found).values()} == {torch.bfloat16}
    torch.testing.assert_close(found.attention.float(), wanted.attention, atol=0.15, rtol=0)


@every_row
def test_a_trace_of_every_network_outlives_saving_the_network_and_itself(
    build_network, tokenizer, tmp_path, row
):
    classifier = Classifier(build_network(**row), tokenizer)
    trace = classifier.trace(TEXT)
    classifier.network.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    trace.save(tmp_path / "trace.npz")
    again = Classifier.from_pretrained(tmp_path / "model")
    for name, values in classifier.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], values), name
    # To the last digit only where no kernel computes anew: its sums depend on memory addresses.
    assert_same_trace(again.trace(TEXT), trace, atol=1e-6)
    assert_same_trace(Trace.load(tmp_path / "trace.npz"), trace, atol=0)
    probabilities = classifier.predict([TEXT, "good", "the film was bad"]).probabilities
    np.testing.assert_allclose(probabilities[0], trace.probabilities, atol=1e-5)
    np.testing.assert_allclose(trace.bias + trace.votes.sum(0), trace.logits, atol=1e-5)


def assert_same_trace(one: Trace, other: Trace, atol: float) -> None:
    for field in fields(Trace):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(right, Mapping):
            assert list(left) == list(right), field.name
            for key in right:
                np.testing.assert_allclose(left[key], right[key], rtol=0, atol=atol, err_msg=key)
        elif isinstance(right, np.ndarray):
            np.testing.assert_allclose(left, right, rtol=0, atol=atol, err_msg=field.name)
        else:
            assert left == right, field.name


# What a trace holds of each network.


@pytest.mark.parametrize("order", ORDERS)
def test_a_trace_holds_what_its_order_computes_and_nothing_else(build_network, tokenizer, order):
    trace = Classifier(build_network(order=order), tokenizer).trace(TEXT)
    tokens = len(trace.tokens)
    maps = {size: array.shape for size, array in trace.feature_maps.items()}
    states = {name: array.shape for name, array in trace.states.items()}
    shape = (tokens, 2, 2, 11)
    assert maps == (dict.fromkeys((1, 3, 5), (tokens, 13)) if "cnn" in order else {})
    names = ("candidate", "cell", "hidden") if "lstm" in order else ()
    assert states == dict.fromkeys(names, shape)
    assert set(trace.gates) == ({"input", "forget", "output"} if names else set())


@pytest.mark.parametrize("kind", RECURRENTS)
def test_a_trace_names_the_gates_and_states_of_its_cell(build_network, tokenizer, kind):
    trace = Classifier(build_network(recurrent=kind), tokenizer).trace(TEXT)
    gru = kind == "gru"
    gates = ("reset", "update") if gru else ("input", "forget", "output")
    states = ("new", "hidden") if gru else ("candidate", "cell", "hidden")
    assert (tuple(trace.gates), tuple(trace.states)) == (gates, states)


def test_only_self_attention_leaves_a_square_and_only_channel_attention_channels(
    build_network, tokenizer
):
    trace = Classifier(
        build_network(
            attention="multi_head", num_attention_heads=2, channel_attention="squeeze_excitation"
        ),
        tokenizer,
    ).trace(TEXT)
    tokens = len(trace.tokens)
    assert trace.attention.shape == (tokens, 2)
    assert trace.self_attention.shape == (2, tokens, tokens)
    np.testing.assert_allclose(trace.self_attention.sum(2), 1, atol=1e-5)
    assert trace.channel_attention.shape == (39,)
    plain = Classifier(build_network(), tokenizer).trace(TEXT)
    assert plain.self_attention is plain.channel_attention is None


# All combinations.


@pytest.mark.parametrize(
    ("order", "recurrent"),
    [(order, cell) for order in ORDERS for cell in RECURRENTS if "lstm" in order]
    + [("cnn", "none")],
)
def test_every_combination_is_a_network_or_refused_for_a_reason(
    build_network, batch, order, recurrent
):
    ends_with_lstm = order.endswith("lstm")
    for attention in ATTENTIONS:
        for channel_attention in CHANNEL_ATTENTIONS:
            makes_sense = (
                attention not in ("dot", "scaled_dot", "general", "last") or ends_with_lstm
            )
            makes_sense &= channel_attention == "none" or "cnn" in order
            settings = {
                "order": order,
                "recurrent": recurrent,
                "attention": attention,
                "channel_attention": channel_attention,
                "num_hidden_layers": 1,
            }
            if makes_sense:
                output = run(build_network(**settings), *batch)
                assert all(values.isfinite().all() for values in arrays(output).values())
            else:
                with pytest.raises(ConfigurationError, match="Choose another|choose an order"):
                    build_network(**settings)


# Refusals.


def refusal(build_network, **changes) -> str:
    with pytest.raises(ConfigurationError) as caught:
        build_network(**changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("order", ORDERS),
        ("channel_attention", CHANNEL_ATTENTIONS),
        ("recurrent", RECURRENTS),
        ("attention", ATTENTIONS),
    ],
)
def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(build_network, name, table):
    wanted = f"{name} is 'elman'; known kinds: {', '.join(table)}."
    assert refusal(build_network, **{name: "elman"}) == wanted


@pytest.mark.parametrize("kind", ["dot", "scaled_dot", "general", "last"])
@pytest.mark.parametrize("order", ["cnn", "lstm-cnn"])
def test_attention_that_asks_with_the_last_state_needs_a_recurrent_layer_at_the_end(
    build_network, kind, order
):
    assert refusal(build_network, attention=kind, order=order) == (
        f"attention '{kind}' asks with the last state of a recurrent layer, and order '{order}' "
        "does not end with one. Choose another attention or another order."
    )


@pytest.mark.parametrize("kind", sorted(set(ATTENTIONS) - {"additive", "linear", "multi_head"}))
def test_attention_with_one_head_cannot_be_given_more(build_network, kind):
    assert refusal(build_network, attention=kind, num_attention_heads=3) == (
        f"num_attention_heads is 3, but attention '{kind}' has 1 head. Leave it at 1, or choose "
        "another attention."
    )


@pytest.mark.parametrize(("order", "units"), [("cnn-lstm", 22), ("cnn", 39)])
def test_heads_must_divide_what_multi_head_attention_shares_out(build_network, order, units):
    found = refusal(build_network, attention="multi_head", num_attention_heads=5, order=order)
    assert found == (
        f"num_attention_heads is 5, which does not divide the {units} units that multi-head "
        "attention shares out. Choose a divisor."
    )
