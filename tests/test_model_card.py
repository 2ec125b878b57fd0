"""A model's README says what it learnt from, how, and how well, over several seeds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from attnviz import cli
from attnviz.errors import ModelFolderError
from attnviz.folders import describe
from attnviz.history import History
from attnviz.model_card import write_card

RUN = History(
    command="python -m attnviz train 'my reviews.csv' --seed 3 --output here/model",
    seed=3,
    seconds=754.0,
    finished="2026-11-21",
    recipe={"epochs": 5, "seed": 3},
    data=[
        {"name": "reviews", "texts": 12_345, "use": "training"},
        {"name": "dev", "texts": 7, "use": "validation"},
        {"name": "other", "texts": 3, "use": "validation"},
        {"name": "unlabelled", "texts": 99, "use": "unlabelled"},
    ],
    accuracy={"dev": 0.8571, "other": 2 / 3},
    calibration={"temperature": 1.2345, "ece_before": 0.0625, "ece_after": 0.0211},
)


def read(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def card(model_folder) -> str:
    RUN.save(model_folder)
    write_card(model_folder)
    return read(model_folder)


@pytest.fixture
def others(model_folder, tmp_path) -> list[Path]:
    """Two folders of the same command with other seeds."""
    folders = []
    for seed, accuracy in ((4, 0.80), (5, 0.89)):
        folder = shutil.copytree(model_folder, tmp_path / f"seed{seed}")
        command = f"python -m attnviz train 'my reviews.csv' --seed {seed} --output {folder}"
        accuracies = {"dev": accuracy, "other": 1.0}
        replace(RUN, command=command, seed=seed, accuracy=accuracies).save(folder)
        folders.append(folder)
    return folders


def test_a_card_names_every_file_with_its_size_and_use(card):
    assert "| reviews | 12,345 | training |\n" in card
    assert "| dev | 7 | validation |\n" in card
    assert "| other | 3 | validation |\n" in card
    assert "| unlabelled | 99 | unlabelled |\n" in card


def test_a_card_gives_every_accuracy_and_the_time(card):
    assert "| dev | 85.71% |\n" in card
    assert "| other | 66.67% |\n" in card
    assert "Seed 3, 13 minutes, finished 2026-11-21." in card


def test_a_card_says_how_well_the_model_knows_itself(card):
    assert "0.062 before, 0.021 after" in card
    assert "temperature 1.234" in card


def test_a_card_shows_the_command_as_it_can_be_run_again(card):
    assert f"```\n{RUN.command}\n```" in card


def test_a_card_describes_the_network_by_its_configuration(card, model_folder):
    assert describe(json.loads((model_folder / "config.json").read_text())) in card
    assert "negative, neutral, positive" in card
    for line in ("vocab_size: 347", "kernel_sizes: [1, 3, 5]", "hidden_size: 11", "filters: 13"):
        assert f"- {line}\n" in card


def test_a_card_counts_parameters_and_bytes(card, model_folder, build_network):
    assert f"{sum(p.numel() for p in build_network().parameters()):,} parameters" in card
    size = (model_folder / "model.safetensors").stat().st_size
    assert size < 100_000
    assert f" parameters, {size / 1e3:.0f} kB." in card


def test_a_card_starts_with_what_the_hub_reads(card):
    _, front, _ = card.split("---\n", 2)
    assert "library_name: transformers\n" in front
    assert "pipeline_tag: text-classification\n" in front


def test_labels_that_are_transformers_defaults_are_named_too(build_network, tokenizer, tmp_path):
    names = {0: "LABEL_0", 1: "LABEL_1"}
    ids = {name: number for number, name in names.items()}
    build_network(id2label=names, label2id=ids).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    RUN.save(tmp_path)
    write_card(tmp_path)
    assert "LABEL_0, LABEL_1" in read(tmp_path)


def test_braces_in_names_and_commands_stay_as_they_are(model_folder):
    file = {"name": "a{b}", "texts": 1, "use": "training"}
    command = "train '{x}' {0}"
    replace(RUN, data=[file], accuracy={"a{b}": 1.0}, command=command).save(model_folder)
    write_card(model_folder)
    card = read(model_folder)
    assert "| a{b} | 1 | training |" in card
    assert "train '{x}' {0}" in card


# Several seeds.


def test_one_seed_has_no_spread(card):
    assert "mean" not in card
    assert "lowest" not in card


def test_several_seeds_show_their_mean_and_range(card, model_folder, others):
    write_card(model_folder, others)
    lines = read(model_folder).splitlines()
    assert "| file | accuracy | mean of seeds 3, 4, 5 | lowest–highest |" in lines
    assert "| dev | 85.71% | 84.90% | 80.00%–89.00% |" in lines
    assert "| other | 66.67% | 88.89% | 66.67%–100.00% |" in lines


@pytest.mark.parametrize("change", [" --epochs 6", " --unlabelled more.csv", " --attention mean"])
def test_runs_of_another_recipe_do_not_count_as_seeds(card, model_folder, others, change):
    History.load(others[1])
    replace(RUN, command=RUN.command + change, seed=4).save(others[1])
    before = read(model_folder)
    with pytest.raises(ModelFolderError) as caught:
        write_card(model_folder, others)
    assert str(others[1]) in str(caught.value)
    assert "trained in another way" in str(caught.value)
    assert change.strip() in str(caught.value)
    assert read(model_folder) == before


def test_a_folder_without_a_training_run_has_no_card(model_folder, others):
    (others[0] / "training.json").unlink()
    with pytest.raises(ModelFolderError, match="has no training.json"):
        write_card(others[0])
    RUN.save(model_folder)
    with pytest.raises(ModelFolderError, match="has no training.json"):
        write_card(model_folder, others[:1])


# What a person wrote.


def test_notes_survive_every_new_card(card, model_folder, others):
    notes = "\n## Notes\n\nReads 中文 badly.\n\n## Licence\n\nMine.\n"
    (model_folder / "README.md").write_text(card + notes, encoding="utf-8")
    write_card(model_folder, others)
    assert read(model_folder).endswith(notes)
    assert read(model_folder).count("## Notes") == 1
    write_card(model_folder)
    assert read(model_folder) == card + notes


def test_what_stands_above_the_notes_is_written_anew(card, model_folder):
    (model_folder / "README.md").write_text(card.replace("85.71%", "99.99%"), encoding="utf-8")
    write_card(model_folder)
    assert read(model_folder) == card


def test_the_command_line_writes_the_same_card(card, model_folder, others, capsys):
    (model_folder / "README.md").unlink()
    assert cli.main(["card", str(model_folder)]) == 0
    assert read(model_folder) == card
    assert cli.main(["card", str(model_folder), *map(str, others)]) == 0
    assert "mean of seeds 3, 4, 5" in read(model_folder)
    assert capsys.readouterr() == ("", "")
    assert cli.main(["card", str(model_folder / "nowhere")]) == 2
    assert "There is no model folder" in capsys.readouterr().err
