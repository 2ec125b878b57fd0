"""Both pages as Streamlit runs them, without a browser: what they say and what they draw."""

import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.folders import example_path, find_models
from attnviz.panels import panels, pick_units
from attnviz.trace import Trace
from attnviz.ui import state, translation
from attnviz.ui.components import long_text
from attnviz.ui.components.panel_choice import SHIPPED_LABELS
from attnviz.ui.examples import EXAMPLES, FITTING, examples_for, is_example
from attnviz.windows import together, windows
from tests.networks import NETWORKS
from tests.ui.test_token_table import read

ROOT = Path(__file__).parents[2]
FILE_PAGE = "attnviz/ui/pages/file.py"
EXPLORE_PAGE = "attnviz/ui/pages/explore.py"
EXAMPLE_TEXT = "Wonderful music, and good actors!"
CSV = b"id,review,stars\n7,a good film,5\n8,<b>bad</b> music,1\n9,  ,3\n"


@pytest.fixture
def shelf(model_folder, classifier, tmp_path, monkeypatch):
    """The folder that the app takes for `pretrained/`: one tiny model with a stored example."""
    classifier.trace(EXAMPLE_TEXT).save(example_path(model_folder))
    monkeypatch.setattr(state, "PRETRAINED", tmp_path)
    state.shipped_models.clear()
    yield model_folder
    state.shipped_models.clear()


@pytest.fixture
def app(shelf):
    """A first visit to the app."""
    return visit()


def visit():
    return run(AppTest.from_file(ROOT / "app.py", default_timeout=60))


@pytest.fixture
def put(shelf, build_network, tokenizer):
    """A function that puts another network, built with changes, on the shelf under a name."""

    def put_network(name, **changes):
        folder = shelf.parent / name
        build_network(**changes).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        state.shipped_models.clear()
        return folder

    return put_network


def choose_model(at, folder):
    run(at)  # AppTest knows no option that was not on the page before
    at.selectbox(key="model").set_value(str(folder))
    return run(at)


def computed(folder, text):
    from attnviz.classifier import Classifier

    return Classifier.from_pretrained(folder).trace(text)


@pytest.fixture
def file_page(app):
    return run(app.switch_page(FILE_PAGE))


def run(at):
    """One rerun; a traceback on the page is never right."""
    at.run()
    assert not at.exception
    return at


def type_text(at, text):
    at.text_area(key="text").set_value(text)
    return run(at)


def upload(at, name, data):
    at.file_uploader(key="upload").set_value((name, data, "text/plain"))
    return run(at)


def open_row(at, row):
    key = "rows-" + at.dataframe[0].proto.id.partition("-rows-")[2]
    at.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[row, "Text"]]}}
    return run(at)


def picture(at):
    """Header and numbers of the token table, or None where the page shows none."""
    found = at.get("bidi_component")
    return read(found[0].proto.bytes) if found else None


def chart_rows(chart):
    """The data of an Altair chart as it was sent, as one table."""
    sent = [chart.proto.data.data, *(part.data.data for part in chart.proto.datasets)]
    streams = [pyarrow.ipc.open_stream(io.BytesIO(data)) for data in sent if data]
    return pd.concat([stream.read_all().to_pandas() for stream in streams])


def drawn_probabilities(at):
    data = chart_rows(at.get("vega_lite_chart")[0])
    return dict(zip(data["label"], data["probability"], strict=True))


def messages(at):
    return [message.value for kind in (at.error, at.warning, at.info) for message in kind]


def assert_drawn(at, trace):
    """The token table holds this trace's numbers, bar for bar and unit for unit."""
    header, values = picture(at)
    assert len(header["rows"]) == len(trace.tokens)
    assert values["votes"].tolist() == trace.votes.tolist()
    assert values["attention"].tolist() == trace.attention.tolist()
    for panel in panels(trace):
        expected = pick_units(panel, "variance", 16)
        assert values[panel.key].tolist() == expected.values.tolist(), panel.key


# First visit


def test_the_first_visit_draws_the_stored_example_without_the_model(shelf, classifier, monkeypatch):
    def refuse(folder):
        raise translation.AttnvizError("not opened")

    monkeypatch.setattr(state, "loaded_classifier", refuse)
    stored = classifier.trace(EXAMPLE_TEXT)
    marked = replace(stored, votes=stored.votes + 7, attention=stored.attention[::-1])
    marked.save(example_path(shelf))
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    assert at.text_area(key="text").value == EXAMPLE_TEXT
    assert_drawn(at, marked)
    assert messages(at) == ["not opened"]


def test_pages_open_without_torch():
    script = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "tokenizers", "attnviz.classifier"):
            raise ImportError(f"{{name}} was imported")

sys.meta_path.insert(0, Refuse())
from streamlit.testing.v1 import AppTest
from attnviz.errors import AttnvizError
from attnviz.ui import state

def refuse(folder):
    raise AttnvizError("not opened")

state.loaded_classifier = refuse
at = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=60).run()
assert not at.exception and len(at.get("bidi_component")) == 1, at
at.switch_page({FILE_PAGE!r}).run()
assert not at.exception and len(at.file_uploader) == 1, at
assert not {{"torch", "transformers", "altair.vegalite.v5"}} & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "folder",
    [path for path in find_models(ROOT / "pretrained") if list(path.glob("example-*.npz"))],
    ids=lambda path: path.name,
)
def test_a_stored_example_is_what_its_model_computes(folder):
    from attnviz.classifier import Classifier

    stored = Trace.load(example_path(folder))
    computed = Classifier.from_pretrained(folder).trace(stored.text)
    for field in fields(Trace):
        one, other = getattr(stored, field.name), getattr(computed, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, other, atol=1e-4, err_msg=field.name)
        elif field.name in ("feature_maps", "gates", "states"):
            assert list(one) == list(other)
            for key in one:
                np.testing.assert_allclose(one[key], other[key], atol=1e-4, err_msg=key)
        else:
            assert one == other, field.name


def test_a_model_without_an_example_opens_with_a_text_of_ours(shelf, classifier):
    (example_path(shelf)).unlink()
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    text = next(iter(EXAMPLES.values()))
    assert at.text_area(key="text").value == text
    assert_drawn(at, classifier.trace(text))


def test_a_broken_example_is_passed_over(shelf, classifier):
    (example_path(shelf)).write_bytes(b"not a zip file")
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    assert_drawn(at, classifier.trace(at.text_area(key="text").value))


def test_without_any_model_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "PRETRAINED", tmp_path)
    state.shipped_models.clear()
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    state.shipped_models.clear()
    assert "There is no model in the folder pretrained" in messages(at)[0]
    assert at.text_input(key="folder")


# Typing a text


def test_a_typed_text_shows_what_the_model_computes(app, classifier):
    trace = classifier.trace("The second film was terrible.")
    type_text(app, trace.text)
    assert_drawn(app, trace)
    assert f"Prediction: {trace.prediction}" in app.markdown[0].value
    expected = dict(zip(trace.labels, trace.probabilities.tolist(), strict=True))
    assert drawn_probabilities(app) == pytest.approx(expected)


def test_an_example_button_reads_its_text(app, classifier):
    next(button for button in app.button if button.label == "Sarcastic").click()
    run(app)
    assert app.text_area(key="text").value == EXAMPLES["Sarcastic"]
    assert_drawn(app, classifier.trace(EXAMPLES["Sarcastic"]))


@pytest.mark.parametrize("text", ["", "   ", " \n\t\n ", "\u3000"], ids=ascii)
def test_a_text_without_a_token_gets_a_message_and_keeps_the_picture(app, classifier, text):
    type_text(app, text)
    assert messages(app) == ["There is nothing to read: the text is empty or holds only spaces."]
    assert app.text_area(key="text").value == text
    assert_drawn(app, classifier.trace(EXAMPLE_TEXT))


HOSTILE = {
    "emoji": "😀👩‍👧‍👦🏴‍☠️",
    "right to left": "مرحبا שלום עולם",
    "direction marks": "\u202eabc\u2066def",
    "control characters": "\x00\x07\x1b[31m\x7f\x9f",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "**x** [a](http://example.com) ![i](http://example.com/i.png) :material/home: $x$",
    "one long word": "x" * 100_000,
    "long text": "good film, " * 9_000,
    "combining": "e" + "\u0301" * 300,
    "braces": "{text} {0} %s {{}}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_get_a_picture_and_are_kept(app, classifier, text):
    type_text(app, text)
    assert app.text_area(key="text").value == text
    assert messages(app) == []
    whole = classifier.trace(text)
    first = windows(classifier, text)[0]
    trace = classifier.trace(text[first.start : first.end])
    assert_drawn(app, trace)
    said = [caption.value for caption in app.caption]
    strip = next(caption for caption in said if "single bytes" in caption)
    assert f"{len(trace.tokens)} of {len(trace.tokens)} tokens read" in strip
    assert f"{trace.byte_pieces} of them single bytes" in strip
    total = len(whole.tokens) + whole.truncated
    assert any(f"The text has {total:,} tokens" in one for one in said) == (whole.truncated > 0)


def test_a_text_stays_while_one_visits_the_other_page(app):
    type_text(app, "A bad evening.")
    run(app.switch_page(FILE_PAGE))
    run(app.switch_page(EXPLORE_PAGE))
    assert app.text_area(key="text").value == "A bad evening."
    assert picture(app)[0]["rows"][0] == "A"


# The controls


def panel_of(at, key):
    header, values = picture(at)
    return next(part for part in header["panels"] if part["key"] == key), values[key]


def test_controls_choose_layer_direction_units_and_range(app, classifier):
    trace = classifier.trace(EXAMPLE_TEXT)
    app.selectbox(key="explore-layer").set_value(1)
    app.segmented_control(key="explore-direction").set_value("backward")
    app.selectbox(key="explore-order").set_value("index")
    app.selectbox(key="explore-range").set_value("fixed")
    app.text_input(key="explore-units").set_value("2, 7-8")
    run(app)
    panel, values = panel_of(app, "gates/forget")
    assert panel["columns"] == ["2", "7", "8"]
    assert values.tolist() == trace.gates["forget"][:, 1, 1, [2, 7, 8]].tolist()
    assert (panel["low"], panel["high"]) == (0, 1)
    assert panel_of(app, "votes")[1].shape == trace.votes.shape


def test_panels_alike_share_their_range(app):
    app.selectbox(key="explore-range").set_value("family")
    run(app)
    ranges = {(p["low"], p["high"]) for p in picture(app)[0]["panels"] if "gates/" in p["key"]}
    assert len(ranges) == 1


def show_panels(at, keys):
    next(pills for pills in at.pills if pills.key.startswith("explore-panels")).set_value(keys)
    return run(at)


def test_hidden_panels_are_not_drawn(app):
    show_panels(app, ["votes", "states/cell"])
    assert list(picture(app)[1]) == ["votes", "states/cell"]
    show_panels(app, [])
    assert list(picture(app)[1]) == ["attention"]


@pytest.mark.parametrize("wish", ["3, x", "5-", "-1", "１２ a", "**", "1;;y"])
def test_units_that_are_none_get_a_message(app, wish):
    before = picture(app)[1]
    app.text_input(key="explore-units").set_value(wish)
    run(app)
    assert len(messages(app)) == 1
    assert "names no units" in messages(app)[0]
    assert app.text_input(key="explore-units").value == wish
    assert {key: part.tolist() for key, part in picture(app)[1].items()} == {
        key: part.tolist() for key, part in before.items()
    }


def test_a_wrong_unit_is_shown_as_it_was_written(app):
    app.text_input(key="explore-units").set_value("![x](y)")
    run(app)
    assert r"“\!\[x\]\(y\)”" in messages(app)[0]


def test_units_that_do_not_exist_leave_an_empty_panel(app):
    app.text_input(key="explore-units").set_value("900-999")
    run(app)
    assert picture(app)[1]["gates/forget"].shape[1] == 0


def test_the_twin_holds_the_same_numbers(app, classifier):
    app.session_state["explore-twin"] = True
    run(app)
    trace = classifier.trace(EXAMPLE_TEXT)
    twin = app.dataframe[0].value
    assert twin["Votes · positive"].tolist() == trace.votes[:, 2].tolist()
    assert len(twin.columns) == 1 + sum(
        len(panel["columns"]) for panel in picture(app)[0]["panels"]
    )


# The family of networks


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_network_opens_and_is_drawn(put, kind, monkeypatch):
    folder = put("mine", **NETWORKS[kind])
    at = choose_model(visit(), folder)
    text = at.text_area(key="text").value
    trace = computed(folder, text)
    assert_drawn(at, trace)
    assert messages(at) == []
    charts = at.get("vega_lite_chart")
    assert len(charts) == 1 + (trace.channel_attention is not None)
    if trace.channel_attention is not None:
        drawn = chart_rows(charts[1])["weight"].tolist()
        assert sorted(drawn) == sorted(trace.channel_attention.tolist())
    assert (len([box for box in at.selectbox if box.key == "explore-layer"]) == 1) == (
        bool(trace.states) and next(iter(trace.states.values())).shape[1] > 1
    )
    at.segmented_control(key="language").set_value("zh")
    run(at)
    monkeypatch.setattr(translation, "language", lambda: "zh")
    assert english_words(at, trace.labels) == set()
    at.session_state["explore-twin"] = True
    run(at)
    columns = at.dataframe[0].value.columns
    assert len(columns) == 1 + sum(part.shape[1] for part in picture(at)[1].values())


def test_how_to_read_speaks_of_the_panels_there_are(put):
    at = visit()
    for kind, said, unsaid in (
        ("gru", "reset gate", "forget gate"),
        ("cnn", "Feature maps", "Gates"),
        ("lstm", "forget gate", "Feature maps"),
        ("everything", "Self-attention", "reset gate"),
        ("channels", "Weighed feature maps", "Self-attention"),
    ):
        choose_model(at, put(kind, **NETWORKS[kind]))
        texts = " ".join(node.value for node in at.markdown)
        assert said in texts, kind
        assert unsaid not in texts, kind


def test_what_another_network_has_is_shown_and_what_was_hidden_stays_so(put, shelf, app):
    gru = put("gru", recurrent="gru")
    shown = [key for key in picture(app)[1] if key not in ("votes", "gates/forget")]
    show_panels(app, shown)
    choose_model(app, gru)
    keys = list(picture(app)[1])
    assert "votes" not in keys
    assert {"gates/reset", "gates/update", "states/new"} <= set(keys)
    choose_model(app, shelf)
    assert list(picture(app)[1]) == shown


def test_a_layer_or_direction_that_the_next_model_lacks_is_let_go(put, app):
    app.selectbox(key="explore-layer").set_value(1)
    app.segmented_control(key="explore-direction").set_value("backward")
    run(app)
    folder = put("other", **NETWORKS["one direction"])
    choose_model(app, folder)
    assert_drawn(app, computed(folder, EXAMPLE_TEXT))
    folder = put("cnn", **NETWORKS["cnn"])
    choose_model(app, folder)
    assert_drawn(app, computed(folder, EXAMPLE_TEXT))


def test_of_150_classes_the_most_probable_are_drawn_and_the_others_summed(put):
    names = dict(enumerate(f"intent {number}" for number in range(150)))
    folder = put("intents", id2label=names, label2id={name: n for n, name in names.items()})
    at = choose_model(visit(), folder)
    trace = computed(folder, at.text_area(key="text").value)
    drawn = drawn_probabilities(at)
    assert len(drawn) == 11
    assert next(iter(drawn)) == trace.prediction
    assert list(drawn)[-1] == "140 other classes"
    assert sum(drawn.values()) == pytest.approx(1, abs=1e-5)
    assert len(panel_of(at, "votes")[0]["columns"]) == 6
    assert trace.prediction in panel_of(at, "votes")[0]["columns"]


def test_self_attention_of_a_very_long_text_is_left_out_and_said(put, monkeypatch):
    from attnviz.ui.components import panel_choice

    at = choose_model(visit(), put("mine", **NETWORKS["self-attention"]))
    type_text(at, "good bad film")
    assert {"self_attention/0", "self_attention/1"} <= set(picture(at)[1])
    monkeypatch.setattr(panel_choice, "SELF_ATTENTION_CELLS", 2 * 3 * 3)
    type_text(at, "good film bad")
    assert {"self_attention/0", "self_attention/1"} <= set(picture(at)[1])
    type_text(at, "good film, bad")
    assert not [key for key in picture(at)[1] if "self_attention" in key]
    said = [
        caption.value for caption in at.caption if "Self-attention is not drawn" in caption.value
    ]
    assert len(said) == 1
    assert "32 cells" in said[0]
    type_text(at, "good film bad")
    assert {"self_attention/0", "self_attention/1"} <= set(picture(at)[1])


# The choice of a model


def test_models_are_told_apart_by_place_and_network(put):
    put("family/b", **NETWORKS["self-attention"], num_hidden_layers=1)
    put("family/a", **NETWORKS["cnn"])
    put("en-sentiment", recurrent="gru", bidirectional=False)
    put("en-emotion", channel_attention="squeeze_excitation")
    options = [re.sub(r"[\d.]+ MB", "MB", option) for option in visit().selectbox[0].options]
    assert options == [
        "en-sentiment · CNN → 2 × GRU → additive attention · 3 classes · MB",
        "en-emotion · CNN → 2 × BiLSTM → additive attention, squeeze-and-excitation · 3 classes"
        " · MB",
        "model · CNN → 2 × BiLSTM → additive attention · 3 classes · MB",
        "family/a · CNN → max pooling · 3 classes · MB",
        "family/b · CNN → BiLSTM → multi-head attention (2) · 3 classes · MB",
    ]


def test_a_typed_text_stays_when_the_model_changes(put, app):
    type_text(app, "Nobody has written this before.")
    choose_model(app, put("zh-news"))
    assert app.text_area(key="text").value == "Nobody has written this before."
    assert picture(app)[0]["rows"][0] == "No"[: len(picture(app)[0]["rows"][0])]


def test_an_untouched_example_makes_way_for_one_that_fits_the_model(put, shelf, app):
    news, stored = put("zh-news"), put("stored")
    computed(stored, "Music for the evening").save(example_path(stored))
    state._stored_example.clear()
    choose_model(app, news)
    assert app.text_area(key="text").value == FITTING["zh-news"]["Short"]
    assert [b.label for b in app.button][1:4] == list(FITTING["zh-news"])
    choose_model(app, stored)
    assert app.text_area(key="text").value == "Music for the evening"
    assert [b.label for b in app.button][1:6] == list(EXAMPLES)
    choose_model(app, shelf)
    assert app.text_area(key="text").value == EXAMPLE_TEXT


def test_an_example_that_fits_both_models_stays_to_compare_them(put, app):
    next(button for button in app.button if button.label == "Sarcastic").click()
    run(app)
    folder = put("family/gru", recurrent="gru")
    choose_model(app, folder)
    assert app.text_area(key="text").value == EXAMPLES["Sarcastic"]
    assert_drawn(app, computed(folder, EXAMPLES["Sarcastic"]))


def test_a_model_that_changes_on_the_other_page_gets_its_example_too(put, app):
    news = put("zh-news")
    run(app.switch_page(FILE_PAGE))
    choose_model(app, news)
    run(app.switch_page(EXPLORE_PAGE))
    assert app.text_area(key="text").value == FITTING["zh-news"]["Short"]


@pytest.mark.parametrize("name", FITTING)
def test_examples_are_texts_of_our_own_in_the_language_of_the_model(name):
    texts = examples_for(f"/somewhere/{name}")
    assert 2 <= len(set(texts.values())) == len(texts) <= 4
    for text in texts.values():
        assert is_example(text)
        assert bool(re.search("[\u4e00-\u9fff]", text)) == name.startswith("zh-")
    assert examples_for("/somewhere/family/gru") is EXAMPLES


# Other models


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
    at.text_input(key="folder").set_value(str(folder))
    return run(at)


def test_another_model_opens_by_its_path(app, other_model):
    open_another(app, f" {other_model} ")
    assert app.selectbox(key="model").value == str(other_model)
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
    assert app.selectbox(key="model").value == str(shelf)
    assert_drawn(app, classifier.trace(EXAMPLE_TEXT))


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
    assert app.selectbox(key="model").value == str(shelf)
    assert_drawn(app, classifier.trace(EXAMPLE_TEXT))


# Files


def rows_of(at):
    return at.dataframe[0].value


def assert_predicted(at, classifier, texts):
    expected = classifier.predict(texts)
    shown = rows_of(at)
    assert shown["Text"].tolist() == texts
    assert shown["Prediction"].tolist() == expected.labels
    np.testing.assert_allclose(
        shown["Probability"].astype(float), expected.probabilities.max(axis=1), atol=1e-6
    )


def test_before_an_upload_the_page_says_what_it_takes(file_page):
    assert "One text a line" in messages(file_page)[0]


def test_a_csv_shows_what_the_model_predicts_for_each_row(file_page, classifier):
    upload(file_page, "reviews.csv", CSV)
    assert_predicted(file_page, classifier, ["a good film", "<b>bad</b> music", "  "])
    assert rows_of(file_page)["Line"].tolist() == [2, 3, 4]
    assert rows_of(file_page)["stars"].tolist() == ["5", "1", "3"]
    assert rows_of(file_page)["Prediction"].tolist()[2] == ""
    assert picture(file_page) is None


def test_choosing_a_row_opens_it_in_the_token_table(file_page, classifier):
    upload(file_page, "reviews.csv", CSV)
    open_row(file_page, 1)
    assert "#### Line 3" in [text.value for text in file_page.markdown]
    assert "<b>bad</b> music" in [text.value for text in file_page.text]
    assert_drawn(file_page, classifier.trace("<b>bad</b> music"))


def test_choosing_a_row_without_a_token_gets_a_message(file_page):
    upload(file_page, "reviews.csv", CSV)
    open_row(file_page, 2)
    assert "There is nothing to read" in messages(file_page)[0]
    assert len(rows_of(file_page)) == 3


def test_another_column_is_read_instead(file_page, classifier):
    upload(file_page, "reviews.csv", CSV)
    column = next(box for box in file_page.selectbox if box.label == "Column of the texts")
    assert column.value == "review"
    column.set_value("stars")
    run(file_page)
    assert_predicted(file_page, classifier, ["5", "1", "3"])


def test_a_file_stays_while_one_visits_the_other_page(file_page):
    upload(file_page, "reviews.csv", CSV)
    run(file_page.switch_page(EXPLORE_PAGE))
    run(file_page.switch_page(FILE_PAGE))
    assert len(rows_of(file_page)) == 3


def test_many_rows_are_all_read(file_page, classifier):
    texts = [f"film {number} was {'good' if number % 3 else 'bad'}" for number in range(601)]
    upload(file_page, "many.txt", "\n".join(texts).encode())
    assert_predicted(file_page, classifier, texts)


READABLE = {
    "plain.txt": (b"good film\n\nbad film\n", ["good film", "bad film"]),
    "tabs.tsv": (b"text\tlabel\ngood, really\tx\n", ["good, really"]),
    "UPPER.CSV": (b"text\ngood\n", ["good"]),
    "utf-16.csv": ("text\ngood é 好\n".encode("utf-16"), ["good é 好"]),
    "gb18030.txt": ("这部电影很好看，音乐也好，我们都喜欢它。\n".encode("gb18030"),
                    ["这部电影很好看，音乐也好，我们都喜欢它。"]),
    "cp1252.csv": ("text\nun café très bon, déjà vu\n".encode("cp1252"),
                   ["un café très bon, déjà vu"]),
    "no-texts.csv": (b"a,b\n1,22\n3,44\n", ["22", "44"]),
    "script.csv": (b"<script>alert(1)</script>,n\ngood film,2\n", ["good film"]),
    "our-names.csv": (b"Line,Text,Prediction,Probability\n1,good film,x,9\n", ["good film"]),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_files_of_many_kinds_are_read(file_page, classifier, name):
    data, texts = READABLE[name]
    upload(file_page, name, data)
    assert messages(file_page) == []
    assert_predicted(file_page, classifier, texts)


def test_columns_that_share_a_name_with_ours_keep_their_values(file_page):
    upload(file_page, "our-names.csv", READABLE["our-names.csv"][0])
    values = rows_of(file_page).iloc[0].astype(str).tolist()
    assert {"1", "x", "9"} <= set(values)
    assert len(values) == 7


UNREADABLE = {
    "empty.csv": b"",
    "blank.txt": b" \n\n",
    "header.csv": b"text,label\n",
    "binary.csv": bytes(range(256)) * 9,
    "picture.txt": b"\x89PNG\r\n\x1a\n rest",
    "ragged.csv": b"a,b\n1,2\n1,2,3\n",
    "quote.csv": b'text,n\n"never closed,1\nx,2\n',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_files_that_cannot_be_read_get_one_message(file_page, classifier, name):
    upload(file_page, name, UNREADABLE[name])
    assert len(file_page.error) == 1
    assert name in file_page.error[0].value.replace("\\", "")
    upload(file_page, "plain.txt", b"good film\n")
    assert_predicted(file_page, classifier, ["good film"])


def test_the_same_bytes_under_another_ending_are_read_anew(file_page, classifier):
    upload(file_page, "texts.csv", b"good, film\nbad\n")
    assert len(file_page.error) == 1
    upload(file_page, "texts.txt", b"good, film\nbad\n")
    assert_predicted(file_page, classifier, ["good, film", "bad"])


def test_a_whole_file_can_be_one_text(file_page, classifier):
    upload(file_page, "plain.txt", b"good film\n\nbad film\n")
    file_page.toggle(key="whole").set_value(True)
    run(file_page)
    assert_predicted(file_page, classifier, ["good film\n\nbad film\n"])


@pytest.mark.parametrize("mark", ["![x](http://example.com/x.png)", "[a](http://example.com)"])
def test_names_from_files_never_become_markdown(file_page, mark):
    """An image from elsewhere would tell a stranger that, and when, this file was read."""
    for ending, data in ((".csv", f"{mark},y\n"), (".txt", "good\n")):
        upload(file_page, mark.replace("/", "-") + ending, data.encode())
        shown = messages(file_page) + [caption.value for caption in file_page.caption]
        assert shown
        assert not [text for text in shown if "](" in text]


# Languages

MARKUP = re.compile(r":orange\[|:material/\w+:|\\|https?://\S+|```")
UNTRANSLATED = {  # what is the same in both languages
    *("English", "Language", "logit", "NFKC", "Ctrl", "Enter", "Esc", "SVG", "PNG", "JSON", "CSV"),
    *("txt", "csv", "tsv", "jsonl", "json", "parquet", "utf", "UTF", "MB", "attnviz"),
    *("CNN", "LSTM", "BiLSTM", "GRU", "BiGRU"),
    "text",  # the only column of a .txt file; scripts know it by this name
}


def shown_texts(at):
    """Every text that Streamlit sends to the page, with the user's own left out."""
    for node in at.main:
        for name in ("label", "help", "placeholder", "icon"):
            if isinstance(text := getattr(node, name, None), str):
                yield text
        if node.type in ("selectbox", "button_group"):
            yield from node.options
        if node.type in ("markdown", "caption", "error", "warning", "info", "subheader"):
            yield node.value
        if node.type == "popover":
            yield node.proto.popover.label
        if node.type == "dataframe":
            yield from node.value.columns
        if node.type == "vega_lite_chart":
            spec = json.dumps(json.loads(node.proto.spec), ensure_ascii=False)
            yield from re.findall(r'"title": "(.*?)"', spec)
            rows = chart_rows(node)
            yield from (text for name in {"label", "name"} & set(rows) for text in rows[name])
    for header, _ in filter(None, [picture(at)]):
        yield from (re.sub(r"\{\w+\}", "", text) for text in header["strings"].values())
        yield from (panel["title"] for panel in header["panels"])


def english_words(at, known=()):
    known = UNTRANSLATED | {"mine", "home", "my", "model", "me"} | set(known)  # names of folders
    words = set()
    for text in shown_texts(at):
        words.update(re.findall(r"[A-Za-z]{2,}", MARKUP.sub(" ", text)))
    return words - known


@pytest.fixture
def chinese(app, monkeypatch):
    """The app after a click on 中文."""
    app.segmented_control(key="language").set_value("zh")
    run(app)
    # AppTest asks widgets for their options' names outside of a run, where no session is known.
    monkeypatch.setattr(translation, "language", lambda: "zh")
    return app


def test_the_explore_page_is_all_chinese(chinese, classifier):
    assert english_words(chinese, classifier.labels) == set()
    chinese.session_state["explore-twin"] = True
    chinese.text_input(key="explore-units").set_value("x")
    type_text(chinese, "good film, " * 300)
    assert any("个互相重叠的窗口" in caption.value for caption in chinese.caption)
    assert english_words(chinese, classifier.labels) == set()
    type_text(chinese, " ")
    assert len(chinese.warning) == 2
    assert english_words(chinese, classifier.labels) == set()


def test_the_file_page_is_all_chinese(chinese, classifier):
    run(chinese.switch_page(FILE_PAGE))
    assert english_words(chinese) == set()
    upload(chinese, "r.txt", "un café très bon, déjà vu\n\nbien\n".encode("cp1252"))
    open_row(chinese, 0)
    assert picture(chinese)
    assert english_words(chinese, [*classifier.labels, "cp"]) == set()
    upload(chinese, "b.csv", UNREADABLE["binary.csv"])
    assert len(chinese.error) == 1
    assert english_words(chinese) == set()


def test_names_of_the_shipped_classes_are_translated(monkeypatch):
    monkeypatch.setattr(translation, "language", lambda: "zh")
    assert [translation._(name) for name in ("negative", "positive")] == ["负面", "正面"]
    translated = {translation._(name) for name in SHIPPED_LABELS}
    assert len(translated) == len(SHIPPED_LABELS)
    assert not [name for name in translated if re.search("[A-Za-z]", name)]


# Texts longer than the model reads at once

LONG = "A wonderful film, but the music was bad. " * 30


def window_box(at):
    return next(box for box in at.selectbox if (box.key or "").startswith("explore-window"))


def test_each_window_of_a_long_text_can_be_opened(app, classifier):
    type_text(app, LONG)
    found = windows(classifier, LONG)
    assert len(window_box(app).options) == len(found) > 2
    for number in (0, 2, len(found) - 1):
        window_box(app).set_value(number)
        run(app)
        assert_drawn(app, classifier.trace(LONG[found[number].start : found[number].end]))


def test_all_windows_together_say_the_mean_of_their_probabilities(app, classifier):
    type_text(app, LONG)
    found = windows(classifier, LONG)
    parts = [LONG[window.start : window.end] for window in found]
    shares = together(found, classifier.predict(parts).probabilities)
    label, share = classifier.labels[shares.argmax()], f"{shares.max():.1%}"
    said = [markdown.value for markdown in app.markdown]
    assert any(f"All windows together: {label}, {share}" in one for one in said)


def test_very_many_windows_are_read_when_asked(app, monkeypatch):
    monkeypatch.setattr(long_text, "AT_ONCE", 2)
    type_text(app, LONG)
    together = "All windows together"
    assert not any(together in markdown.value for markdown in app.markdown)
    next(button for button in app.button if button.label.startswith("Read all")).click()
    run(app)
    assert any(together in markdown.value for markdown in app.markdown)
