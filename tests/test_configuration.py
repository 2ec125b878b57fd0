"""Networks that cannot be built are refused with the reason."""

import json

import pytest
from huggingface_hub.errors import StrictDataclassFieldValidationError
from transformers import __version__

from attnviz.configuration import ORDERS, CnnLstmAttentionConfig
from attnviz.errors import AttnvizError, ConfigurationError

COUNTS = (
    *("vocab_size", "embedding_size", "filters", "hidden_size", "num_hidden_layers"),
    *("attention_size", "num_attention_heads", "max_tokens"),
)
DROPOUTS = ("embedding_dropout", "recurrent_dropout", "head_dropout")


def refusal(**values) -> str:
    with pytest.raises(ConfigurationError) as caught:
        CnnLstmAttentionConfig(**values)
    assert isinstance(caught.value, AttnvizError)
    return str(caught.value)


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [0, -3])
def test_a_size_below_1_is_refused(name, value):
    assert refusal(**{name: value}) == f"{name} is {value}; it must be at least 1."


@pytest.mark.parametrize("name", DROPOUTS)
@pytest.mark.parametrize("value", [1, 1.0, 1.5, -0.1, float("nan")])
def test_a_dropout_outside_0_to_1_is_refused(name, value):
    found = refusal(**{name: value})
    assert found.startswith(f"{name} is {value}; a dropout is a share from 0")


@pytest.mark.parametrize("name", DROPOUTS)
@pytest.mark.parametrize("value", [0, 0.0, 0.999])
def test_a_dropout_from_0_to_almost_1_is_accepted(name, value):
    assert getattr(CnnLstmAttentionConfig(**{name: value}), name) == value


@pytest.mark.parametrize("sizes", [[2], [3, 4], [1, 0], [-1], [-3, 3]])
def test_a_kernel_without_a_middle_token_is_refused(sizes):
    wrong = next(size for size in sizes if size < 1 or size % 2 == 0)
    found = refusal(kernel_sizes=sizes)
    assert found.startswith(f"Kernel size {wrong} has no middle token")
    assert "Use an odd size" in found


@pytest.mark.parametrize("sizes", [[], [3, 3], [1, 5, 1]])
def test_no_kernels_and_repeated_kernels_are_refused(sizes):
    found = refusal(kernel_sizes=sizes)
    assert found == f"kernel_sizes is {sizes}; give one or more different sizes, such as [1, 3, 5]."


@pytest.mark.parametrize("value", [0, 0.0, -1, float("inf"), float("nan")])
def test_a_temperature_that_cannot_divide_is_refused(value):
    wanted = f"temperature is {value}; logits can only be divided by a number above 0."
    assert refusal(temperature=value) == wanted


@pytest.mark.parametrize("value", [1, 0.01, 100.0])
def test_any_temperature_above_0_is_accepted(value):
    assert CnnLstmAttentionConfig(temperature=value).temperature == value


# Orders.


def test_an_order_that_does_not_exist_is_refused_with_those_that_do():
    wanted = "order is 'rnn'; known kinds: cnn-lstm, lstm-cnn, cnn, lstm."
    assert refusal(order="rnn") == wanted


def test_the_stages_are_those_that_the_order_names():
    for order in ORDERS:
        names = {"convolutions": "cnn", "recurrent": "lstm"}
        stages = CnnLstmAttentionConfig(order=order).stages
        assert "-".join(names[stage] for stage in stages) == order


def test_a_network_without_recurrence_has_one_spelling():
    for given in ({"order": "cnn"}, {"recurrent": "none"}, {"order": "cnn", "recurrent": "gru"}):
        config = CnnLstmAttentionConfig(**given)
        assert (config.order, config.recurrent) == ("cnn", "none")


def test_a_network_without_convolutions_has_no_kernels():
    for sizes in ([1, 3, 5], [2], []):
        assert CnnLstmAttentionConfig(order="lstm", kernel_sizes=sizes).kernel_sizes == []


@pytest.mark.parametrize("order", ["lstm", "lstm-cnn"])
def test_an_order_with_a_recurrent_layer_needs_a_cell(order):
    assert refusal(order=order, recurrent="none") == (
        f"recurrent is 'none', but order '{order}' has a recurrent layer. Set order to 'cnn', or "
        "choose a cell."
    )


def test_channel_attention_needs_convolutions():
    assert refusal(order="lstm", channel_attention="squeeze_excitation") == (
        "channel_attention is 'squeeze_excitation', but order 'lstm' has no feature maps to weigh. "
        "Set it to 'none', or choose an order with convolutions."
    )


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_survives_saving_and_loading(tmp_path, order):
    config = CnnLstmAttentionConfig(order=order)
    config.save_pretrained(tmp_path)
    again = CnnLstmAttentionConfig.from_pretrained(tmp_path)
    assert again.to_dict() == config.to_dict() | {"transformers_version": __version__}
    assert (again.order, again.stages) == (order, ORDERS[order])


def test_a_folder_from_before_there_were_orders_is_read_as_it_was_meant(tmp_path):
    CnnLstmAttentionConfig().save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    for name in ("order", "channel_attention", "num_attention_heads", "temperature"):
        del settings[name]
    path.write_text(json.dumps(settings), encoding="utf-8")
    again = CnnLstmAttentionConfig.from_pretrained(tmp_path)
    assert (again.order, again.channel_attention) == ("cnn-lstm", "none")
    assert (again.num_attention_heads, again.temperature) == (1, 1.0)


# Labels.


def test_one_label_is_refused():
    assert refusal(num_labels=1) == "The network's labels: 1. A classifier needs at least two."
    assert "labels: 1." in refusal(id2label={0: "a"}, label2id={"a": 0})


@pytest.mark.parametrize("names", [{1: "a", 2: "b"}, {0: "a", 2: "b"}, {-1: "a", 0: "b"}])
def test_labels_that_are_not_numbered_from_0_are_refused(names):
    assert "number them from 0 to 1" in refusal(id2label=names)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", "11"),
        ("hidden_size", 11.0),
        ("hidden_size", None),
        ("vocab_size", True),
        ("kernel_sizes", "135"),
        ("kernel_sizes", [1.5]),
        ("kernel_sizes", 3),
        ("bidirectional", "yes"),
        ("bidirectional", 1),
        ("recurrent", 3),
        ("attention", ["additive"]),
        ("head_dropout", "0.5"),
        ("order", None),
        ("channel_attention", 16),
        ("num_attention_heads", 1.5),
        ("temperature", "1"),
        ("temperature", None),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(name, value):
    with pytest.raises(StrictDataclassFieldValidationError, match=name):
        CnnLstmAttentionConfig(**{name: value})


def test_directions_are_two_when_the_text_is_also_read_backwards():
    assert CnnLstmAttentionConfig(bidirectional=True).directions == 2
    assert CnnLstmAttentionConfig(bidirectional=False).directions == 1


def test_every_field_survives_saving_and_loading(tmp_path):
    values = {
        "vocab_size": 347,
        "embedding_size": 7,
        "kernel_sizes": [1, 5],
        "filters": 13,
        "order": "lstm-cnn",
        "channel_attention": "squeeze_excitation",
        "recurrent": "gru",
        "hidden_size": 11,
        "num_hidden_layers": 3,
        "bidirectional": False,
        "attention": "multi_head",
        "attention_size": 17,
        "num_attention_heads": 2,
        "temperature": 1.375,
        "embedding_dropout": 0.25,
        "recurrent_dropout": 0,
        "head_dropout": 0.125,
        "max_tokens": 101,
        "pad_token_id": 2,
        "id2label": {0: "bad", 1: "fair", 2: "好"},
        "label2id": {"bad": 0, "fair": 1, "好": 2},
    }
    CnnLstmAttentionConfig(**values).save_pretrained(tmp_path)
    again = CnnLstmAttentionConfig.from_pretrained(tmp_path)
    assert {name: getattr(again, name) for name in values} == values
    assert again.num_labels == 3
    written = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert written["model_type"] == "cnn_lstm_attention"


def test_a_tuple_of_kernel_sizes_becomes_a_list_of_the_configurations_own():
    sizes = [1, 3]
    config = CnnLstmAttentionConfig(kernel_sizes=sizes)
    sizes.append(2)
    assert config.kernel_sizes == [1, 3]
    assert CnnLstmAttentionConfig(kernel_sizes=(1, 3)).kernel_sizes == [1, 3]


def test_an_unsound_file_is_refused_too(tmp_path, edit_json):
    CnnLstmAttentionConfig().save_pretrained(tmp_path)
    edit_json(tmp_path / "config.json", kernel_sizes=[2])
    with pytest.raises(ConfigurationError, match="Kernel size 2"):
        CnnLstmAttentionConfig.from_pretrained(tmp_path)
