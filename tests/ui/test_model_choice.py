"""Choosing among the models on the shelf, and opening others."""

import json
import os
import re
import shutil
from dataclasses import replace

import pytest

from attnviz.folders import example_path
from attnviz.ui import state
from attnviz.ui.examples import EXAMPLES, FITTING, examples_for, is_example
from tests.networks import NETWORKS
from tests.test_history import a_run
from tests.ui.page_driving import (
    EXAMPLE_TEXT,
    EXPLORE_PAGE,
    INSPECT_PAGE,
    assert_drawn,
    choose_model,
    computed,
    messages,
    picture,
    run,
    type_text,
    visit,
)


def test_models_are_told_apart_by_place_and_network(put):
    put("family/b", **NETWORKS["self-attention"], num_hidden_layers=1)
    put("family/a", **NETWORKS["cnn"])
    put("en-sentiment", recurrent="gru", bidirectional=False)
    put("en-emotion", channel_attention="squeeze_excitation")
    at = open_sheet(visit())
    names = models_listed(at)
    assert names == ["en-sentiment", "en-emotion", "model", "family/a", "family/b"]
    facts = [text for text in texts_of(at) if " → " in text and "“" in text]
    assert [text.split(" · ")[0] for text in facts] == [
        "CNN → 2 × GRU → additive attention",
        "CNN → 2 × BiLSTM → additive attention, squeeze-and-excitation",
        "CNN → 2 × BiLSTM → additive attention",
        "CNN → max pooling",
        "CNN → BiLSTM → multi-head attention (2)",
    ]
    assert all("negative, neutral, positive" in text for text in facts)
    at.session_state["model-search"] = "gru Sentiment"
    assert models_listed(open_sheet(at)) == ["en-sentiment"]
    at.session_state["model-search"] = "nothing of the kind"
    assert "No model fits" in " ".join(caption.value for caption in open_sheet(at).caption)


def test_a_click_in_the_sheet_opens_that_model(put, app):
    folder = put("family/gru", recurrent="gru")
    state.models_at_hand.clear()
    open_sheet(app)
    app.button(key=f"choose-{folder}").click()
    run(app)
    assert app.session_state["model"] == str(folder)
    assert_drawn(app, computed(folder, app.session_state["text"]))


def models_listed(at):
    return [button.label for button in at.button if (button.key or "").startswith("choose-")]


def open_sheet(at):
    at.button(key="open-models").click()
    return run(at)


def texts_of(at):
    return [markdown.value.replace("\\", "") for markdown in at.markdown]


def test_a_typed_text_stays_when_the_model_changes(put, app):
    type_text(app, "Nobody has written this before.")
    choose_model(app, put("zh-news"))
    assert app.session_state["text"] == "Nobody has written this before."
    assert picture(app)[0]["rows"][0] == "No"[: len(picture(app)[0]["rows"][0])]


def offered(at):
    """The names of the example texts below the text, in their order."""
    known = {name for texts in (EXAMPLES, *FITTING.values()) for name in texts}
    return [button.label for button in at.button if button.label in known]


def test_an_untouched_example_makes_way_for_one_that_fits_the_model(put, shelf, app):
    news, stored = put("zh-news"), put("stored")
    computed(stored, "Music for the evening").save(example_path(stored))
    state._stored_example.clear()
    choose_model(app, news)
    assert app.session_state["text"] == FITTING["zh-news"]["Short"]
    assert offered(app) == list(FITTING["zh-news"])
    choose_model(app, stored)
    assert app.session_state["text"] == "Music for the evening"
    assert offered(app) == list(EXAMPLES)
    choose_model(app, shelf)
    assert app.session_state["text"] == EXAMPLE_TEXT


def test_an_example_that_fits_both_models_stays_to_compare_them(put, app):
    next(button for button in app.button if button.label == "Sarcastic").click()
    run(app)
    folder = put("family/gru", recurrent="gru")
    choose_model(app, folder)
    assert app.session_state["text"] == EXAMPLES["Sarcastic"]
    assert_drawn(app, computed(folder, EXAMPLES["Sarcastic"]))


def test_a_model_that_changes_on_the_other_page_gets_its_example_too(put, app):
    news = put("zh-news")
    run(app.switch_page(INSPECT_PAGE))
    choose_model(app, news)
    run(app.switch_page(EXPLORE_PAGE))
    assert app.session_state["text"] == FITTING["zh-news"]["Short"]


@pytest.mark.parametrize("name", FITTING)
def test_examples_are_texts_of_our_own_in_the_language_of_the_model(name):
    texts = examples_for(f"/somewhere/{name}")
    assert 2 <= len(set(texts.values())) == len(texts) <= 4
    for text in texts.values():
        assert is_example(text)
        assert bool(re.search("[\u4e00-\u9fff]", text)) == name.startswith("zh-")
    assert examples_for("/somewhere/family/gru") is EXAMPLES


def spoil(folder, how):
    weights = folder / "model.safetensors"
    if how == "missing":
        return folder / "nowhere"
    if how == "a file":
        return folder / "config.json"
    if how == "no weights":
        weights.unlink()
    elif how == "pickled":
        weights.rename(folder / "pytorch_model.bin")
    elif how == "no tokenizer":
        (folder / "tokenizer.json").unlink()
    elif how == "config is no JSON":
        (folder / "config.json").write_text("{", encoding="utf-8")
    elif how == "another type":
        (folder / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    elif how == "weights are rubbish":
        weights.write_bytes(b"rubbish")
    elif how == "weights are cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif how == "tokenizer is rubbish":
        (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    elif how == "sizes do not fit":
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["hidden_size"] += 1
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture
def other_model(shelf, tmp_path_factory):
    """A sound model folder elsewhere on this computer, without a stored example."""
    folder = shutil.copytree(shelf, tmp_path_factory.mktemp("elsewhere") / "mine")
    example_path(folder).unlink()
    return folder


def open_another(at, folder):
    open_sheet(at)
    at.text_input(key="folder").set_value(str(folder))
    return run(at)


def test_another_model_opens_by_its_path(app, other_model):
    open_another(app, f" {other_model} ")
    assert app.session_state["model"] == str(other_model)
    assert messages(app) == []
    assert picture(app)


@pytest.mark.parametrize(
    "how",
    [
        *("missing", "a file", "no weights", "pickled", "no tokenizer", "config is no JSON"),
        "another type",
    ],
)
def test_a_folder_that_is_no_model_gets_a_message_and_the_model_stays(
    app, shelf, other_model, classifier, how
):
    open_another(app, spoil(other_model, how))
    assert len(messages(app)) == 1
    assert app.session_state["model"] == str(shelf)
    assert_drawn(app, classifier.trace(EXAMPLE_TEXT))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bilstm.pt", "a PyTorch checkpoint"),
        ("model.h5", "a Keras model"),
        ("a.onnx", "an ONNX model"),
    ],
)
def test_the_file_of_another_maker_is_named_and_the_way_on_given(app, tmp_path, name, said):
    (tmp_path / name).write_bytes(bytes(99))
    open_another(app, tmp_path / name)
    assert said in messages(app)[0].replace("\\", "")
    assert "--teacher FOLDER" in messages(app)[0].replace("\\", "")


def test_a_run_that_was_stopped_opens_on_the_training_page(app, tmp_path):
    folder = tmp_path / "cut off"
    folder.mkdir()
    why = {"template": "Stopped after step {step} of {steps}.", "values": {"step": 5, "steps": 9}}
    replace(a_run(), accuracy={}, calibration={}, stopped=why).save(folder)
    open_another(app, folder)
    assert app.session_state["model"] == str(folder)
    assert not app.exception
    assert messages(app)  # the Explore page says that there is no model
    run(app.switch_page("attnviz/ui/pages/training.py"))
    assert [warning.value for warning in app.warning] == [r"Stopped after step 5 of 9\."]
    assert len(app.get("vega_lite_chart")) > 3
    run(app.switch_page(INSPECT_PAGE))
    assert not app.exception
    assert messages(app)


def test_a_path_too_long_to_exist_gets_a_message(app):
    open_another(app, "/tmp/" + "x" * 300)
    assert len(messages(app)) == 1


@pytest.mark.parametrize(
    "how",
    ["weights are rubbish", "weights are cut", "tokenizer is rubbish", "sizes do not fit"],
)
def test_a_broken_model_gets_a_message_and_the_model_stays(
    app, shelf, other_model, classifier, how
):
    open_another(app, spoil(other_model, how))
    assert len(messages(app)) == 1
    assert str(other_model) in messages(app)[0].replace("\\", "")
    assert app.session_state["model"] == str(shelf)
    assert_drawn(app, classifier.trace(EXAMPLE_TEXT))


def test_models_in_the_folder_in_which_the_app_was_started_are_at_hand(
    shelf, other_model, monkeypatch
):
    monkeypatch.chdir(other_model.parent)
    (other_model.parent / "unfinished").mkdir()
    (other_model.parent / "unfinished" / "config.json").write_text("{}")
    state.models_at_hand.clear()
    at = visit()
    (other_model.parent / os.fsdecode(b"odd\xff")).symlink_to(other_model)
    state.models_at_hand.clear()
    open_sheet(at)
    names = models_listed(at)
    assert names == [shelf.name, "mine"]
    choose_model(at, other_model)
    assert messages(at) == []
    assert picture(at)
