"""The whole network, against computations by other means; and as a citizen of Transformers."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
    pipeline,
)

from attnviz.errors import TextError
from attnviz.modeling import CnnLstmAttentionForSequenceClassification

LENGTHS = (19, 1, 7, 2)
NETWORKS = list(itertools.product((1, 2, 3), (False, True)))


@pytest.fixture
def batch():
    """Ids and mask of texts with 19, 1, 7 and 2 tokens; padding holds ids that matter elsewhere."""
    ids = torch.randint(
        1, 300, (len(LENGTHS), max(LENGTHS)), generator=torch.Generator().manual_seed(0)
    )
    mask = torch.arange(max(LENGTHS))[None] < torch.tensor(LENGTHS)[:, None]
    return ids, mask.long()


def run(network, ids, mask=None, **options):
    with torch.inference_mode():
        return network(ids, mask, output_trace=True, **options)


def double(tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def close(found, wanted, name: str = "") -> None:
    np.testing.assert_allclose(np.asarray(found), wanted, atol=1e-5, rtol=0, err_msg=name)


# Each part against a computation by hand.


@pytest.mark.parametrize(("order", "read"), [("cnn", 7), ("cnn-lstm", 7), ("lstm-cnn", 22)])
def test_feature_maps_are_hand_made_convolutions_cut_at_0(build_network, batch, order, read):
    network = build_network(order=order)
    output = run(network, *batch)
    assert list(output.feature_maps) == ["1", "3", "5"]
    for number, length in enumerate(LENGTHS):
        inputs = double(network.embedding.weight)[batch[0][number, :length].numpy()]
        if order == "lstm-cnn":
            inputs = double(output.states["hidden"])[number, :length, -1].reshape(length, 22)
        for size, found in output.feature_maps.items():
            convolution = network.convolutions.by_size[size]
            weight, bias = double(convolution.weight), double(convolution.bias)  # (F, E, K)
            reach = int(size) // 2
            assert weight.shape == (13, read, int(size))
            wanted = np.zeros((length, 13))
            for t, f in np.ndindex(length, 13):
                total = bias[f]
                for k in range(int(size)):
                    if 0 <= t + k - reach < length:
                        total += weight[f, :, k] @ inputs[t + k - reach]
                wanted[t, f] = max(total, 0)
            assert (wanted > 0).any()
            close(found[number, :length], wanted, f"kernel size {size}, text {number}")


@torch.no_grad()
def lstm_cells(network, inputs: torch.Tensor) -> dict[str, np.ndarray]:
    """Gates and states (T, L, D, H) of one text's inputs (T, I), cell by cell."""
    config, steps = network.config, len(inputs)
    names = ("input", "forget", "output", "candidate", "cell", "hidden")
    shape = (steps, config.num_hidden_layers, config.directions, config.hidden_size)
    found = {name: np.zeros(shape) for name in names}
    for layer, direction in np.ndindex(shape[1:3]):
        weights = network.recurrent.layers[layer][direction].state_dict()
        cell = nn.LSTMCell(inputs.shape[1], config.hidden_size)
        cell.load_state_dict({key.removesuffix("_l0"): value for key, value in weights.items()})
        h = c = torch.zeros(1, config.hidden_size)
        for t in range(steps) if direction == 0 else reversed(range(steps)):
            pre = cell.weight_ih @ inputs[t] + cell.bias_ih + cell.weight_hh @ h[0] + cell.bias_hh
            i, f, g, o = pre.chunk(4)
            h, c = cell(inputs[t][None], (h, c))
            values = (i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh(), c[0], h[0])
            for name, value in zip(names, values, strict=True):
                found[name][t, layer, direction] = value
        if direction == shape[2] - 1:
            hidden = found["hidden"][:, layer].reshape(steps, -1)
            inputs = torch.tensor(hidden, dtype=torch.float32)
    return found


@pytest.mark.parametrize(("layers", "bidirectional"), NETWORKS)
def test_gates_and_states_equal_lstm_cells_in_every_layer_and_direction(
    build_network, batch, layers, bidirectional
):
    network = build_network(num_hidden_layers=layers, bidirectional=bidirectional)
    output = run(network, *batch)
    traced = output.gates | output.states
    assert set(output.gates) == {"input", "forget", "output"}
    assert set(output.states) == {"candidate", "cell", "hidden"}
    for number, length in enumerate(LENGTHS):
        joined = torch.cat([maps[number, :length] for maps in output.feature_maps.values()], dim=1)
        for name, wanted in lstm_cells(network, joined.clone()).items():
            assert traced[name].shape == (4, 19, layers, 1 + bidirectional, 11)
            close(traced[name][number, :length], wanted, f"{name}, text {number}")


def test_attention_logits_and_votes_equal_numpy_in_double_precision(build_network, batch):
    network = build_network()
    output = run(network, *batch)
    w, b = double(network.attention.project.weight), double(network.attention.project.bias)
    v = double(network.attention.query.weight)[0]
    head, bias = double(network.head.weight), double(network.head.bias)
    for number, length in enumerate(LENGTHS):
        hidden = double(output.states["hidden"])[number, :length, -1].reshape(length, 22)
        scores = np.array([v @ np.tanh(w @ state + b) for state in hidden])
        weights = np.exp(scores) / np.exp(scores).sum()
        close(output.attention[number, :length, 0], weights, "attention")
        votes = weights[:, None] * (hidden @ head.T)
        close(output.votes[number, :length], votes, "votes")
        close(output.logits[number], bias + votes.sum(0), "logits")


@pytest.mark.parametrize("order", ["lstm", "lstm-cnn"])
def test_without_convolutions_before_it_the_recurrence_reads_the_embeddings(
    build_network, batch, order
):
    network = build_network(order=order)
    output = run(network, *batch)
    for number, length in enumerate(LENGTHS):
        for name, wanted in lstm_cells(network, output.embeddings[number, :length].clone()).items():
            close((output.gates | output.states)[name][number, :length], wanted, name)


def test_channel_attention_weighs_what_the_next_stage_reads(build_network, batch):
    network = build_network(channel_attention="squeeze_excitation")
    output = run(network, *batch)
    assert output.channel_attentions.shape == (4, 39)
    assert output.channel_attentions.std() > 0.05
    for number, length in enumerate(LENGTHS):
        maps = [maps[number, :length] for maps in output.feature_maps.values()]
        weighed = torch.cat(maps, dim=1) * output.channel_attentions[number]
        for name, wanted in lstm_cells(network, weighed).items():
            close((output.gates | output.states)[name][number, :length], wanted, name)


def test_a_cnn_with_max_pooling_is_that_of_kim(build_network, batch):
    network = build_network(order="cnn", attention="max")
    output = run(network, *batch)
    head, bias = double(network.head.weight), double(network.head.bias)
    for number, length in enumerate(LENGTHS):
        maps = [double(maps)[number, :length] for maps in output.feature_maps.values()]
        joined = np.concatenate(maps, axis=1)  # (T, 39)
        close(output.logits[number], head @ joined.max(axis=0) + bias, "logits")
        best = joined == joined.max(axis=0)  # a filter that never fires is shared by all tokens
        won = (best / best.sum(axis=0)).sum(axis=1) / 39
        close(output.attention[number, :length, 0], won, "share of units")


def test_votes_of_several_heads_add_up_with_each_heads_own_weights(build_network, batch):
    network = build_network(num_attention_heads=2)
    output = run(network, *batch)
    close(output.logits, double(network.head.bias) + double(output.votes).sum(1))
    head = double(network.head.weight)
    for number, length in enumerate(LENGTHS):
        hidden = double(output.states["hidden"])[number, :length, -1].reshape(length, 22)
        first, second = double(output.attention)[number, :length].T
        wanted = first[:, None] * (hidden @ head[:, :22].T)
        wanted += second[:, None] * (hidden @ head[:, 22:].T)
        close(output.votes[number, :length], wanted)


def test_a_temperature_divides_logits_and_votes_and_nothing_else(build_network, batch):
    plain, cooled = (run(build_network(temperature=t), *batch) for t in (1, 2.5))
    close(cooled.logits, double(plain.logits) / 2.5)
    close(cooled.votes, double(plain.votes) / 2.5)
    assert torch.equal(cooled.logits.argmax(1), plain.logits.argmax(1))
    assert torch.equal(cooled.attention, plain.attention)
    assert torch.equal(cooled.states["hidden"], plain.states["hidden"])


# Padding.


@pytest.mark.parametrize(("layers", "bidirectional"), NETWORKS)
def test_a_text_alone_and_in_a_padded_batch_gives_the_same_numbers(
    build_network, batch, layers, bidirectional
):
    network = build_network(num_hidden_layers=layers, bidirectional=bidirectional)
    ids, mask = batch
    together = run(network, ids, mask)
    for number, length in enumerate(LENGTHS):
        alone = run(network, ids[number : number + 1, :length])
        close(together.logits[number], alone.logits[0], "logits")
        for name in ("embeddings", "attention", "votes"):
            close(together[name][number, :length], alone[name][0], name)
        for group in ("feature_maps", "gates", "states"):
            for key, values in alone[group].items():
                close(together[group][key][number, :length], values[0], f"{group}/{key}")


def test_padding_receives_no_attention_and_casts_no_vote(build_network, batch):
    output = run(build_network(), *batch)
    padding = batch[1] == 0
    assert (output.attention[padding] == 0).all()
    assert (output.votes[padding] == 0).all()


def test_what_stands_in_padding_changes_nothing(build_network, batch):
    network = build_network()
    ids, mask = batch
    close(run(network, ids * mask, mask).logits, run(network, ids, mask).logits)


def test_without_a_mask_the_padding_token_is_padding(build_network, batch):
    network = build_network()
    ids, mask = batch
    close(run(network, ids * mask).logits, run(network, ids, mask).logits)


def test_the_trace_costs_the_logits_nothing(build_network, batch):
    network = build_network()
    with torch.inference_mode():
        plain = network(*batch)
    assert list(plain) == ["logits"]
    torch.testing.assert_close(plain.logits, run(network, *batch).logits, atol=0, rtol=0)


# Training.


@pytest.mark.parametrize("temperature", [1, 3])
def test_the_loss_is_the_mean_cross_entropy(build_network, batch, temperature):
    output = run(build_network(temperature=temperature), *batch, labels=torch.tensor([2, 0, 1, 1]))
    logits = double(output.logits)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    wanted = -np.log([shares[0, 2], shares[1, 0], shares[2, 1], shares[3, 1]]).mean()
    assert output.loss.item() == pytest.approx(wanted, abs=1e-5)


def test_a_gradient_equals_the_difference_quotient(build_network, batch):
    network = build_network().double()
    labels = torch.tensor([2, 0, 1, 1])
    network(*batch, labels=labels).loss.backward()
    for name in ("convolutions.by_size.5.bias", "recurrent.layers.0.1.weight_hh_l0", "head.bias"):
        parameter, losses = network.get_parameter(name), []
        for step in (1e-6, -2e-6):
            with torch.no_grad():
                parameter.view(-1)[2] += step
                losses.append(network(*batch, labels=labels).loss.item())
        slope = (losses[0] - losses[1]) / 2e-6
        assert parameter.grad.view(-1)[2].item() == pytest.approx(slope, abs=1e-7), name


def test_dropout_acts_in_training_alone(build_network, batch):
    network = build_network().train()
    with torch.no_grad():
        assert not torch.equal(network(*batch).logits, network(*batch).logits)
        network.eval()
        assert torch.equal(network(*batch).logits, network(*batch).logits)


# Transformers.


def test_embeddings_given_directly_give_the_same_logits(build_network, batch):
    network = build_network()
    ids, mask = batch
    embedded = network.get_input_embeddings()(ids)
    close(run(network, None, mask, inputs_embeds=embedded).logits, run(network, ids, mask).logits)
    alone = run(network, None, inputs_embeds=embedded[:1])
    close(alone.logits, run(network, ids[:1], mask[:1]).logits)


def test_without_return_dict_the_output_is_a_tuple(build_network, batch):
    network = build_network()
    labels = torch.tensor([2, 0, 1, 1])
    with torch.inference_mode():
        wanted = network(*batch, labels=labels)
        loss, logits = network(*batch, labels=labels, return_dict=False)
        assert len(network(*batch, return_dict=False)) == 1
    assert torch.equal(loss, wanted.loss)
    assert torch.equal(logits, wanted.logits)


def test_auto_classes_open_the_folder(saved, classifier, batch):
    config = AutoConfig.from_pretrained(saved)
    assert (config.hidden_size, config.kernel_sizes, config.num_labels) == (11, [1, 3, 5], 3)
    network = AutoModelForSequenceClassification.from_pretrained(saved).eval()
    assert type(network) is CnnLstmAttentionForSequenceClassification
    close(run(network, *batch).logits, run(classifier.network, *batch).logits)


def test_a_saved_network_loads_with_the_same_weights(build_network, tmp_path):
    network = build_network(seed=3)
    network.save_pretrained(tmp_path)
    again = CnnLstmAttentionForSequenceClassification.from_pretrained(tmp_path)
    assert again.state_dict().keys() == network.state_dict().keys()
    for name, values in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], values), name


def test_a_text_without_a_token_is_refused_as_such(saved, classifier):
    pipe = pipeline("text-classification", model=str(saved), device="cpu")
    for text in ("", "  "):
        with pytest.raises(TextError, match="nothing to read"):
            pipe(text)


def test_a_text_classification_pipeline_gives_the_same_probabilities(saved, classifier):
    texts = ["A wonderful film!", "bad", "这部电影 很好 😀 and a longer text beside it"]
    wanted = classifier.predict(texts)
    pipe = pipeline(
        "text-classification",
        model=AutoModelForSequenceClassification.from_pretrained(saved),
        tokenizer=PreTrainedTokenizerFast.from_pretrained(saved),
        top_k=None,
    )
    for batch_size in (1, 3):
        for found, row, label in zip(
            pipe(texts, batch_size=batch_size), wanted.probabilities, wanted.labels, strict=True
        ):
            scores = {entry["label"]: entry["score"] for entry in found}
            close([scores[name] for name in classifier.labels], row)
            assert found[0]["label"] == label
