"""The shipped models: complete, small, drawn, and described by numbers that were measured."""

import re

import numpy as np
import pytest

from attnviz.attention import ATTENTIONS, CHANNEL_ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.cli import main
from attnviz.configuration import ORDERS
from attnviz.folders import PRETRAINED, check_folder, example_path, find_models
from attnviz.history import History
from attnviz.inspection.neighbours import REFERENCE
from attnviz.kinds import SAMPLE_INPUTS
from attnviz.panels import panels
from attnviz.recurrent import RECURRENTS
from attnviz.samples import shipped
from attnviz.samples.windows import past
from attnviz.trace import Trace
from tests.shipped_models import read_again

MODELS = find_models(PRETRAINED)
NAMES = [path.relative_to(PRETRAINED).as_posix() for path in MODELS]
WITHOUT_SAMPLES = "vowels"  # no row of its data set may be shipped
TEXTS = ("Not bad at all, but the ending drags", "房间不大，但是很干净", "😀")
MEGABYTES = {"en-sentiment": 12, "zh-sentiment": 12, "family": 1.5}

every_model = pytest.mark.parametrize("folder", MODELS, ids=NAMES)


def _of(kinds: tuple[str, ...], task: str | None = None):
    """The models that read one of these inputs, and are asked this."""
    chosen = [
        path
        for path in MODELS
        if (config := check_folder(path)).get("input", "text") in kinds
        and task in (None, config.get("task", "classify"))
    ]
    names = [path.relative_to(PRETRAINED).as_posix() for path in chosen]
    return pytest.mark.parametrize("folder", chosen, ids=names)


every_model_with_a_picture = pytest.mark.parametrize(
    "folder", [path for path in MODELS if path.name != WITHOUT_SAMPLES], ids=lambda path: path.name
)
every_text_model = _of(("text",), "classify")
every_sample_model = _of(SAMPLE_INPUTS)
SHIPPED = {"pv-faults", "spoken-digits", "moving-digits", "digit-rows", "vowels", "co2"}
SHIPPED |= {"en-tags", "zh-names"}


def test_every_task_has_a_model():
    wanted = {"en-sentiment", "zh-sentiment", "en-emotion", "en-questions", "en-intents", "zh-news"}
    assert wanted | SHIPPED <= set(NAMES)


def test_the_family_has_a_model_of_every_kind():
    configs = [check_folder(path) for path in MODELS if path.parent.name == "family"]

    def kinds(field: str, default: str = "") -> set[str]:
        return {config.get(field, default) for config in configs}

    assert kinds("attention") >= set(ATTENTIONS)
    assert kinds("recurrent") >= {*RECURRENTS, "none"}
    assert kinds("order", "cnn-lstm") == set(ORDERS)
    assert kinds("channel_attention", "none") == set(CHANNEL_ATTENTIONS)
    assert {config["bidirectional"] for config in configs} == {True, False}


@every_model
def test_weights_are_as_small_as_promised(folder):
    key = "family" if folder.parent.name == "family" else folder.name
    assert (folder / "model.safetensors").stat().st_size < MEGABYTES.get(key, 6) * 1e6


@every_sample_model
def test_a_model_of_samples_reads_its_own_and_its_votes_add_up(folder):
    classifier = Classifier.from_pretrained(folder)
    horizon, back = classifier.network.config.horizon, classifier.network.config.max_tokens
    for one in shipped.load(folder):
        sample = one.sample
        if horizon:
            sample = past(sample, len(sample.values) - horizon, back)
        trace = classifier.trace(sample)
        np.testing.assert_allclose(
            trace.bias + trace.votes.sum(0), trace.logits, rtol=1e-4, atol=1e-4
        )
        assert panels(trace)


@every_sample_model
def test_what_a_page_opens_with_is_said_in_both_languages(folder):
    for one in shipped.load(folder):
        assert one.note["en"]
        assert one.note["zh"]
        assert one.titles["en"]


@every_text_model
def test_a_shipped_model_reads_any_text_and_its_votes_add_up(folder):
    classifier = Classifier.from_pretrained(folder)
    for text in TEXTS:
        trace = classifier.trace(text)
        np.testing.assert_allclose(trace.bias + trace.votes.sum(0), trace.logits, atol=1e-4)
        assert panels(trace)


@every_model_with_a_picture
def test_the_first_picture_is_that_of_the_weights(folder):
    stored = Trace.load(example_path(folder))
    classifier = Classifier.from_pretrained(folder)
    found = classifier.trace(read_again(stored, folder))
    assert found.tokens == stored.tokens
    np.testing.assert_allclose(found.logits, stored.logits, atol=1e-4)
    np.testing.assert_allclose(found.attention, stored.attention, atol=1e-5)


@every_model
def test_a_card_gives_the_command_and_the_accuracy_of_the_run(folder):
    run, card = History.load(folder), (folder / "README.md").read_text(encoding="utf-8")
    assert f"```\n{run.command}\n```" in card
    for name, value in run.accuracy.items():
        assert re.search(rf"^\| {re.escape(name)} \| {value:.2%} \|", card, re.MULTILINE)


@every_model
def test_no_file_of_a_model_is_a_stranger(folder):
    allowed = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    allowed |= {"README.md", "training.json", "language.json", example_path(folder).name}
    if check_folder(folder).get("input", "text") in SAMPLE_INPUTS:
        allowed = {"config.json", "model.safetensors", "README.md", "training.json"}
        allowed |= {example_path(folder).name, shipped.FILE_NAME}
    found = {path.name for path in folder.iterdir()}
    if folder.name == WITHOUT_SAMPLES:
        assert shipped.FILE_NAME not in found
        allowed -= {shipped.FILE_NAME, example_path(folder).name}
    assert found - {REFERENCE} == allowed  # some have texts to compare with


def test_the_table_of_models_is_what_the_command_prints(capsys):
    assert main(["models"]) == 0
    table = capsys.readouterr().out.strip()
    assert table in (PRETRAINED / "README.md").read_text(encoding="utf-8")


@every_model
def test_a_figure_that_was_trained_on_is_said_to_be_too_high(folder):
    run, card = History.load(folder), (folder / "README.md").read_text(encoding="utf-8")
    for name, share in run.too_high.items():
        assert f"{name} is too high: {share:.0%} of these texts" in card
    shown = {"chnsenticorp_dev": 0.86, "online_shopping_dev": 0.12}
    assert run.too_high == (shown if folder.name == "zh-sentiment" else {})
