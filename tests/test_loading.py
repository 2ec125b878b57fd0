"""Opening a model is strict: what is drawn later must be what was trained, and nothing is run."""

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from attnviz.classifier import Classifier
from attnviz.errors import ModelFolderError


def refusal(folder) -> str:
    with pytest.raises(ModelFolderError) as caught:
        Classifier.from_pretrained(folder)
    message = str(caught.value)
    assert str(folder) in message
    return message


@pytest.fixture
def edit_weights(model_folder):
    def edit(**changes):
        path = model_folder / "model.safetensors"
        weights = load_file(path) | {name.replace("/", "."): new for name, new in changes.items()}
        weights = {name: values for name, values in weights.items() if values is not None}
        save_file(weights, path, metadata={"format": "pt"})

    return edit


def test_a_sound_folder_opens_with_its_weights_and_labels(model_folder):
    classifier = Classifier.from_pretrained(str(model_folder))
    weights = load_file(model_folder / "model.safetensors")
    assert classifier.network.state_dict().keys() == weights.keys()
    for name, values in classifier.network.state_dict().items():
        assert torch.equal(values, weights[name]), name
    assert classifier.labels == ("negative", "neutral", "positive")
    assert not classifier.network.training


def test_a_missing_folder_is_told_what_it_should_hold(tmp_path):
    assert "Give the path of a folder" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(model_folder, name):
    (model_folder / name).unlink()
    assert f"has no {name}" in refusal(model_folder)


def test_broken_json_is_named(model_folder):
    (model_folder / "config.json").write_text('{"model_type": ')
    assert "config.json cannot be read" in refusal(model_folder)


def test_another_type_of_model_is_refused(model_folder, edit_json):
    edit_json(model_folder / "config.json", model_type="bert")
    message = refusal(model_folder)
    assert "'bert'" in message
    assert "python -m attnviz train" in message


def test_a_missing_weight_is_named(model_folder, edit_weights):
    edit_weights(**{"head/bias": None, "head/weight": None})
    message = refusal(model_folder)
    assert "model.safetensors" in message
    assert "asks for: 2" in message
    assert "head.bias" in message
    assert "Save the model again" in message


def test_a_weight_that_the_network_does_not_know_is_named(model_folder, edit_weights):
    edit_weights(**{"second_head/bias": torch.zeros(3)})
    message = refusal(model_folder)
    assert "second_head.bias" in message
    assert "Save the model again" in message


def test_a_renamed_weight_is_refused(model_folder, edit_weights):
    edit_weights(**{"head/bias": None, "tail/bias": torch.zeros(3)})
    assert "head.bias" in refusal(model_folder)


def test_a_weight_of_another_shape_is_named_with_both_shapes(model_folder, edit_weights):
    edit_weights(**{"head/bias": torch.zeros(5)})
    message = refusal(model_folder)
    assert "weight head.bias has shape (5,) and should have (3,)" in message
    assert "Save the model again" in message


@pytest.mark.parametrize(
    ("name", "value", "weight"),
    [
        ("hidden_size", 13, "attention.project.weight"),
        ("filters", 11, "convolutions.by_size.1.bias"),
        ("vocab_size", 353, "embedding.weight"),
        ("id2label", None, "head.bias"),
    ],
)
def test_a_configuration_that_does_not_fit_the_weights_is_refused(
    model_folder, edit_json, name, value, weight
):
    edit_json(model_folder / "config.json", **{name: value})
    message = refusal(model_folder)
    assert "does not fit its config.json" in message
    assert weight in message


@pytest.mark.parametrize("change", [{"num_hidden_layers": 3}, {"kernel_sizes": [1, 3, 5, 7]}])
def test_a_configuration_that_asks_for_more_weights_is_refused(model_folder, edit_json, change):
    edit_json(model_folder / "config.json", **change)
    assert "lacks" in refusal(model_folder)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kernel_sizes": [2]}, "Use an odd size"),
        ({"hidden_size": "11"}, "hidden_size"),
        ({"attention": "no such kind"}, "additive, linear, dot"),
        ({"recurrent": "elman"}, "lstm"),
        ({"head_dropout": 1}, "head_dropout"),
        ({"id2label": {"0": "a"}, "label2id": {"a": 0}}, "at least two"),
        ({"id2label": {"1": "a", "2": "b", "3": "c"}}, "number them from 0 to 2"),
        ({"id2label": ["a", "b", "c"]}, ""),
        ({"hidden_size": 10**9}, ""),
    ],
)
def test_settings_that_no_network_can_have_are_refused_with_the_reason(
    model_folder, edit_json, change, reason
):
    edit_json(model_folder / "config.json", **change)
    assert reason in refusal(model_folder)


@pytest.mark.parametrize("size", [0, 7, 500, -8])
def test_cut_weights_are_refused(model_folder, size):
    path = model_folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    assert "model.safetensors cannot be opened" in refusal(model_folder)


class Bomb:
    """Unpickling this runs code."""

    def __init__(self, code: str):
        self.code = code

    def __reduce__(self):
        return (exec, (self.code,))


def test_pickled_weights_are_never_opened(model_folder, tmp_path):
    mark = tmp_path / "boom"
    (model_folder / "model.safetensors").unlink()
    data = pickle.dumps(Bomb(f"import pathlib; pathlib.Path({str(mark)!r}).touch()"))
    for name in ("pytorch_model.bin", "model.safetensors.bin"):
        (model_folder / name).write_bytes(data)
    message = refusal(model_folder)
    assert "can run code when they are opened" in message
    assert "Save them as model.safetensors" in message
    assert not mark.exists()
    pickle.loads(data)
    assert mark.exists()  # the bomb was live


def test_a_pickle_named_safetensors_is_never_opened(model_folder, tmp_path):
    mark = tmp_path / "boom"
    bomb = Bomb(f"import pathlib; pathlib.Path({str(mark)!r}).touch()")
    torch.save({"head.bias": bomb}, model_folder / "model.safetensors")
    assert "model.safetensors cannot be opened" in refusal(model_folder)
    assert not mark.exists()
    (model_folder / "model.safetensors").rename(model_folder / "model.pt")
    torch.load(model_folder / "model.pt", weights_only=False)
    assert mark.exists()  # the bomb was live


def test_code_beside_the_weights_is_never_run(model_folder, edit_json, tmp_path):
    mark = tmp_path / "boom"
    code = f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n"
    for name in ("modeling_evil", "configuration_evil", "tokenization_evil", "__init__"):
        (model_folder / f"{name}.py").write_text(code)
    edit_json(
        model_folder / "config.json",
        auto_map={
            "AutoConfig": "configuration_evil.Config",
            "AutoModelForSequenceClassification": "modeling_evil.Model",
        },
        trust_remote_code=True,
    )
    edit_json(
        model_folder / "tokenizer_config.json",
        tokenizer_class="EvilTokenizer",
        auto_map={"AutoTokenizer": ["tokenization_evil.Tokenizer", None]},
    )
    classifier = Classifier.from_pretrained(model_folder)
    assert classifier.predict(["good"]).labels[0] in classifier.labels
    assert not mark.exists()
    exec(code)
    assert mark.exists()  # the code was live


@pytest.mark.parametrize(
    "data", ["", "{", "{}", "[]", '{"model": {"type": "BPE"}}', '{"version": "9"}', "\0"]
)
def test_a_broken_tokenizer_is_refused(model_folder, data):
    (model_folder / "tokenizer.json").write_text(data)
    assert "tokenizer.json cannot be opened" in refusal(model_folder)


def edit_vocabulary(folder, **changes):
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"] |= changes
    path.write_text(json.dumps(tokenizer), encoding="utf-8")


def test_a_tokenizer_with_more_pieces_than_the_network_embeds_is_refused(model_folder):
    edit_vocabulary(model_folder, zzy=347, zzz=348)
    message = refusal(model_folder)
    assert "349 pieces" in message
    assert "347" in message
    assert "belong to different models" in message


def test_a_tokenizer_with_a_number_beyond_the_embedding_is_refused(model_folder):
    edit_vocabulary(model_folder, **{"<0xFF>": 5003})
    assert "belong to different models" in refusal(model_folder)


def test_half_precision_on_disk_becomes_single_precision(model_folder, edit_json):
    path = model_folder / "model.safetensors"
    halves = {name: values.half() for name, values in load_file(path).items()}
    save_file(halves, path, metadata={"format": "pt"})
    edit_json(model_folder / "config.json", dtype="float16")
    network = Classifier.from_pretrained(model_folder).network
    for name, values in network.state_dict().items():
        assert values.dtype == torch.float32
        assert torch.equal(values, halves[name].float()), name


def test_settings_of_the_tokenizers_file_do_not_cut_texts_in_silence(model_folder):
    path = model_folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["truncation"] = {
        **{"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    }
    tokenizer["padding"] = {
        **{"strategy": {"Fixed": 13}, "direction": "Left", "pad_to_multiple_of": None},
        **{"pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
    }
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    trace = Classifier.from_pretrained(model_folder).trace("good good good good good")
    assert trace.tokens == ("good",) * 5
    assert trace.truncated == 0


def test_a_tokenizer_that_changes_no_text_can_be_traced(model_folder, edit_json):
    edit_json(model_folder / "tokenizer.json", normalizer=None)
    trace = Classifier.from_pretrained(model_folder).trace("GOOD good")
    assert trace.normalized == "GOOD good"
    assert trace.tokens[-1] == "good"


def test_opening_a_model_leaves_the_settings_of_transformers_alone(model_folder):
    from transformers.utils import logging

    before = logging.get_verbosity()
    Classifier.from_pretrained(model_folder)
    assert logging.get_verbosity() == before
    (model_folder / "model.safetensors").write_bytes(b"")
    refusal(model_folder)
    assert logging.get_verbosity() == before


def test_weights_that_are_not_finite_are_refused_by_name(model_folder, edit_weights):
    edit_weights(**{"head/bias": torch.tensor([0.5, float("nan"), 0.25])})
    assert "weight head.bias holds numbers that are not finite" in refusal(model_folder)
