"""A model's README says what it learnt from, how, and how well."""

import json
from datetime import date

import pytest

from attnviz.model_card import write_card
from attnviz.training import Labelled

TRAINING = [Labelled("reviews", ["x"] * 12_345, ["up"] * 12_345)]
VALIDATION = [Labelled("dev", ["x"] * 7, ["up"] * 7), Labelled("other", ["x"] * 3, ["up"] * 3)]
METRICS = {"dev": 0.8571, "other": 2 / 3}
COMMAND = "python -m attnviz train 'my reviews.csv' --seed 3"


@pytest.fixture
def card(model_folder) -> str:
    write_card(model_folder, TRAINING, VALIDATION, METRICS, COMMAND, 3, 754.0)
    return (model_folder / "README.md").read_text(encoding="utf-8")


def test_a_card_names_every_file_with_its_size_and_use(card):
    assert "| reviews | 12,345 | training |" in card
    assert "| dev | 7 | choosing |" in card
    assert "| other | 3 | choosing |" in card


def test_a_card_gives_every_accuracy_and_the_time(card):
    assert "| dev | 85.71% |" in card
    assert "| other | 66.67% |" in card
    assert "Seed 3, 13 minutes" in card
    assert date.today().isoformat() in card


def test_a_card_shows_the_command_as_it_can_be_run_again(card):
    assert f"```\n{COMMAND}\n```" in card


def test_a_card_describes_the_network_by_its_configuration(card):
    assert "LSTM network with additive attention" in card
    assert "negative, neutral, positive" in card
    for line in ("vocab_size: 347", "kernel_sizes: [1, 3, 5]", "hidden_size: 11", "filters: 13"):
        assert f"- {line}\n" in card


def test_a_card_starts_with_what_the_hub_reads(card):
    _, front, _ = card.split("---\n", 2)
    assert "library_name: transformers\n" in front
    assert "pipeline_tag: text-classification\n" in front


def test_labels_that_are_transformers_defaults_are_named_too(tmp_path):
    from attnviz.configuration import CnnLstmAttentionConfig

    names = {0: "LABEL_0", 1: "LABEL_1"}
    config = CnnLstmAttentionConfig(id2label=names, label2id={v: k for k, v in names.items()})
    config.save_pretrained(tmp_path)
    write_card(tmp_path, TRAINING, VALIDATION, METRICS, COMMAND, 0, 754.0)
    assert "LABEL_0, LABEL_1" in (tmp_path / "README.md").read_text()


def test_braces_in_names_and_commands_stay_as_they_are(model_folder):
    files = [Labelled("a{b}", ["x"], ["up"])]
    write_card(model_folder, files, files, {"a{b}": 1.0}, "train '{x}' {0}", 0, 1.0)
    card = (model_folder / "README.md").read_text(encoding="utf-8")
    assert "| a{b} | 1 | training |" in card
    assert "train '{x}' {0}" in card
    assert json.loads((model_folder / "config.json").read_text())["hidden_size"] == 11
