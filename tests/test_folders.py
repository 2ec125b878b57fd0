"""Model folders are judged without opening their weights."""

import json
import shutil
import subprocess
import sys

import pytest

from attnviz.errors import ModelFolderError
from attnviz.folders import (
    CELLS,
    CHANNELS,
    POOLINGS,
    check_folder,
    describe,
    example_path,
    find_models,
    label_names,
)

CONFIG = {"model_type": "cnn_lstm_attention", "id2label": {"0": "a", "1": "b"}}


@pytest.fixture
def folder(tmp_path):
    return make_model(tmp_path / "model")


def make_model(folder, **changes):
    """What `check_folder` takes for a model: it looks no further than the weights' header."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | changes))
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def refusal(folder) -> str:
    with pytest.raises(ModelFolderError) as caught:
        check_folder(folder)
    message = str(caught.value)
    assert str(folder) in message
    return message


def test_a_sound_folder_gives_its_configuration(folder):
    assert check_folder(folder) == CONFIG
    assert check_folder(str(folder)) == CONFIG


@pytest.mark.parametrize("name", ["nowhere", "a\0b", "x" * 5000], ids=["plain", "nul", "long"])
def test_a_folder_that_is_missing_is_refused_and_told_what_it_should_hold(tmp_path, name):
    assert "Give the path of a folder that holds config.json" in refusal(tmp_path / name)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is a file, not a model folder" in refusal(tmp_path / "file")


HDF5, PICKLE, ZIP = b"\x89HDF\r\n\x1a\n", b"\x80\x04", b"PK\x03\x04"
FILES = {
    "bilstm.pt": (
        ZIP,
        "a PyTorch checkpoint",
        "can run code when it is opened",
        "--teacher FOLDER",
    ),
    "old.PTH": (PICKLE, "a PyTorch checkpoint", "never is"),
    "lightning.ckpt": (ZIP, "a PyTorch checkpoint", "python -m attnviz train"),
    "pytorch_model.bin": (ZIP, "a PyTorch checkpoint", "never is"),
    "lid.176.bin": (b"\xba\x16\x4f\x2f", "a fastText model", "--teacher FOLDER"),
    "vectors.bin": (b"3000000 300\n", "a binary file of an unknown kind", "train"),
    "model.h5": (HDF5, "a Keras model", "--teacher FOLDER"),
    "renamed.dat": (HDF5, "a Keras model", "--teacher FOLDER"),
    "model.keras": (ZIP, "a Keras model", "--teacher FOLDER"),
    "model.onnx": (b"\x08\x07", "an ONNX model", "--teacher FOLDER"),
    "svm.joblib": (PICKLE, "a pickled Python object", "never is"),
    "pipeline.pkl": (PICKLE, "a pickled Python object", "never is"),
    "model.tar.gz": (b"\x1f\x8b\x08", "an archive", "Unpack it"),
    "model.zip": (ZIP, "an archive", "Unpack it"),
    "model.safetensors": (
        b"\x08",
        "weights without a configuration",
        "the folder in which it lies",
    ),
    "config.json": (b"{}", "a file of settings", "the folder in which it lies"),
    "notes": (b"", "is a file,", "train"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_file_of_another_maker_is_named_and_the_way_on_given(tmp_path, name):
    first, *said = FILES[name]
    (tmp_path / name).write_bytes(first + bytes(100))
    message = refusal(tmp_path / name)
    for part in ["not a model folder", "models of its own kind only", *said]:
        assert part in message
    assert "There is no model folder" not in message


FOLDERS = {
    "best_model.pt": "a PyTorch checkpoint (a pickle) (best_model.pt)",
    "model.h5": "a Keras model (model.h5)",
    "saved_model.pb": "a TensorFlow SavedModel (saved_model.pb)",
    "model.ckpt.index": "a TensorFlow model",
    "config.cfg": "a spaCy pipeline",
    "adapter_config.json": "an adapter (PEFT)",
    "modules.json": "a Sentence Transformers model",
    "lid.ftz": "a fastText model",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_folder_of_another_maker_is_named_and_the_way_on_given(tmp_path, name):
    (tmp_path / "variables").mkdir()
    (tmp_path / "vocab.json").write_text("{}")
    (tmp_path / name).write_bytes(bytes(9))
    message = refusal(tmp_path)
    for part in (FOLDERS[name], "no config.json", "models of its own kind only", "--teacher"):
        assert part in message


@pytest.mark.parametrize(
    ("architecture", "weights", "said"),
    [
        ("DistilBertForSequenceClassification", "model.safetensors", "It can teach one"),
        (
            "DistilBertForSequenceClassification",
            "pytorch_model.bin",
            "weights in model.safetensors",
        ),
        ("BertForMaskedLM", "model.safetensors", "Only a classifier of texts can teach"),
    ],
)
def test_a_model_of_transformers_can_teach(tmp_path, architecture, weights, said):
    config = {"model_type": "distilbert", "architectures": [architecture]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / weights).write_bytes(b"")
    message = refusal(tmp_path)
    for part in ("'distilbert'", said, "--teacher FOLDER"):
        assert part in message


@pytest.mark.parametrize("name", ["distilbert-base-uncased", "someone/a-model.v2"])
def test_the_name_of_a_model_of_the_hub_is_not_downloaded_and_can_teach(name):
    message = refusal(name)
    assert "nothing is downloaded" in message
    assert f"--teacher {name}" in message


def test_a_folder_of_model_folders_names_them(tmp_path):
    make_model(tmp_path / "mine")
    (tmp_path / "other").mkdir()
    assert "folders in it that have: mine. Give the path of one" in refusal(tmp_path)


def test_our_model_without_its_tokenizer_says_where_to_get_it(folder):
    (folder / "tokenizer.json").unlink()
    assert "Copy the one with which the model was trained" in refusal(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert f"has no {name}" in refusal(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_folder_in_a_files_place_is_no_file(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()
    assert f"has no {name}" in refusal(folder)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "cannot be read"),
        (b"", "cannot be read"),
        (b'{"a": "\xff"}', "cannot be read"),
        (b"[" * 200_000, "cannot be read"),
        (b"[1, 2]", "holds no settings"),
        (b"null", "holds no settings"),
    ],
    ids=["cut", "empty", "latin", "deep", "list", "null"],
)
def test_a_broken_configuration_is_named(folder, data, said):
    (folder / "config.json").write_bytes(data)
    message = refusal(folder)
    assert "config.json" in message
    assert said in message


@pytest.mark.parametrize("found", ["bert", None, "", 3])
def test_another_type_of_model_is_refused_with_both_types(folder, found):
    (folder / "config.json").write_text(json.dumps({"model_type": found}))
    message = refusal(folder)
    assert f"type {found!r}" in message
    assert "'cnn_lstm_attention'" in message


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "a.pth", "b.ckpt", "c.pkl"])
def test_pickled_weights_are_refused_by_name_with_the_remedy(folder, name):
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(b"")
    message = refusal(folder)
    assert name in message
    assert "Save them as model.safetensors" in message


def test_pickled_weights_beside_sound_ones_do_no_harm(folder):
    (folder / "training_args.bin").write_bytes(b"")
    assert check_folder(folder) == CONFIG


def test_models_are_found_by_name_at_the_top_and_one_level_below(tmp_path):
    for place in ("b", "a", "group/c", "too/far/down"):
        make_model(tmp_path / place)
    make_model(tmp_path / "other", model_type="bert")
    (make_model(tmp_path / "cut") / "tokenizer.json").unlink()
    (tmp_path / "empty").mkdir()
    (tmp_path / "config.json").write_text("{")
    assert find_models(tmp_path) == [tmp_path / "a", tmp_path / "b", tmp_path / "group" / "c"]
    assert find_models(str(tmp_path)) == find_models(tmp_path)


def test_nothing_is_found_where_nothing_is(tmp_path):
    assert find_models(tmp_path) == []
    assert find_models(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({}, "CNN → BiLSTM → additive attention"),
        ({"recurrent": "gru", "bidirectional": False}, "CNN → GRU → additive attention"),
        (
            {"order": "lstm-cnn", "recurrent": "coupled_lstm", "num_hidden_layers": 3},
            "3 × coupled BiLSTM → CNN → additive attention",
        ),
        ({"recurrent": "none", "attention": "max"}, "CNN → max pooling"),
        ({"order": "cnn", "recurrent": "none", "attention": "mean"}, "CNN → mean pooling"),
        ({"order": "lstm", "attention": "last"}, "BiLSTM → last state"),
        (
            {
                "num_hidden_layers": 2,
                "attention": "multi_head",
                "num_attention_heads": 4,
                "channel_attention": "squeeze_excitation",
            },
            "CNN → 2 × BiLSTM → multi-head attention (4), squeeze-and-excitation",
        ),
        (
            {"order": 7, "recurrent": [], "attention": None, "num_hidden_layers": "{x}"},
            "7 → None",
        ),
        ({"recurrent": "{bi}RNN", "attention": "%s"}, "CNN → {bi}RNN → %s"),
    ],
)
def test_a_network_is_described_in_a_line(config, line):
    assert describe(config) == line


def test_the_terms_of_a_description_are_translated_and_the_abbreviations_kept():
    config = {"recurrent": "peephole_lstm", "attention": "mean", "bidirectional": False}
    line = describe(config, lambda term: f"<{term}>")
    assert line == "CNN → <peephole LSTM> → <mean pooling>"


def test_every_part_of_the_family_has_a_name_of_its_own():
    from attnviz.attention import ATTENTIONS, CHANNEL_ATTENTIONS
    from attnviz.recurrent import RECURRENTS

    assert set(POOLINGS) == set(ATTENTIONS)
    assert set(CELLS) == set(RECURRENTS)
    assert {"none", *CHANNELS} == set(CHANNEL_ATTENTIONS)
    for names in (POOLINGS, CELLS, CHANNELS):
        assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("names", [None, {}, [], ["a"], 3])
def test_without_names_the_labels_are_those_of_transformers(names):
    assert label_names({"id2label": names}) == ["LABEL_0", "LABEL_1"]


def test_looking_for_models_needs_no_torch(folder):
    code = (
        "import sys; from attnviz.folders import find_models; "
        f"assert len(find_models({str(folder.parent)!r})) == 1; "
        "print(sorted({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_first_picture_belongs_to_its_weights_alone(model_folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(model_folder, copy)
    before = example_path(copy)
    assert before.name == example_path(model_folder).name
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert example_path(copy) != before
