"""A run may start from a trained model instead of random weights."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from attnviz.classifier import Classifier
from attnviz.errors import ModelFolderError, TrainingError
from attnviz.evaluation import Labelled
from attnviz.history import History
from attnviz.training import train
from tests.training_runs import GOOD, NETWORK, RECIPE, TRAINING, VALIDATION, run, weights_of

HARDLY = replace(RECIPE, learning_rate=1e-9, epochs=1)
OTHERS = Labelled("other", [f"{text} so" for text in GOOD] * 4, ["one", "two", "three"] * 4)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first") / "model"
    run(folder)
    return folder


def go_on(model, folder, recipe=HARDLY, files=TRAINING, judged=VALIDATION, **network):
    torch.set_num_threads(1)
    return train([files], [judged], folder, recipe, network, start_from=model)


def test_hardly_trained_it_is_the_model_that_it_started_from(model, tmp_path):
    history = go_on(model, tmp_path / "more")
    before, after = weights_of(model), weights_of(tmp_path / "more")
    assert before.keys() == after.keys()
    for name in before:
        torch.testing.assert_close(before[name], after[name], atol=2e-3, rtol=2e-3)
    tokenizers = [(folder / "tokenizer.json").read_text() for folder in (model, tmp_path / "more")]
    assert tokenizers[0] == tokenizers[1]
    assert history.accuracy == History.load(model).accuracy
    assert history.data[-1] == {"name": "model", "use": "start"}


def test_what_was_learnt_is_left_behind_by_training(model, tmp_path):
    turned = Labelled(
        "turned", TRAINING.texts, [{"up": "down", "down": "up"}[x] for x in TRAINING.labels]
    )
    history = go_on(model, tmp_path / "more", replace(RECIPE, epochs=6), turned, turned)
    assert History.load(model).accuracy["dev"] > 0.9
    assert history.accuracy["turned"] > 0.9


def test_other_labels_have_a_head_of_their_own(model, tmp_path):
    go_on(model, tmp_path / "more", HARDLY, OTHERS, OTHERS)
    classifier = Classifier.from_pretrained(tmp_path / "more")
    assert classifier.labels == ("one", "three", "two")
    before, after = weights_of(model), weights_of(tmp_path / "more")
    body = [name for name in before if not name.startswith("head.")]
    for name in body:
        torch.testing.assert_close(before[name], after[name], atol=2e-3, rtol=2e-3)
    assert after["head.weight"].shape[0] == 3


def test_dropouts_and_length_may_change_and_nothing_else(model, tmp_path):
    go_on(model, tmp_path / "more", head_dropout=0.0, max_tokens=29)
    config = json.loads((tmp_path / "more" / "config.json").read_text())
    assert (config["head_dropout"], config["max_tokens"]) == (0.0, 29)
    assert {name: config[name] for name in NETWORK if name != "max_tokens"} == {
        name: value for name, value in NETWORK.items() if name != "max_tokens"
    }
    with pytest.raises(TrainingError, match="hidden_size 11, not 12"):
        go_on(model, tmp_path / "other", hidden_size=12)


def test_the_temperature_is_fitted_anew(model, tmp_path):
    config = json.loads((model / "config.json").read_text())
    start = tmp_path / "warm"
    start.mkdir()
    for path in model.iterdir():
        (start / path.name).write_bytes(path.read_bytes())
    (start / "config.json").write_text(json.dumps(config | {"temperature": 7.0}))
    for folder, name in ((model, "one"), (start, "two")):
        go_on(folder, tmp_path / name)
    one, two = (History.load(tmp_path / name) for name in ("one", "two"))
    assert one.calibration == two.calibration
    np.testing.assert_allclose(one.steps[0]["loss"], two.steps[0]["loss"])


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(ModelFolderError, match="There is no model folder"):
        go_on(tmp_path / "none", tmp_path / "more")
    assert not (tmp_path / "more").exists()
