"""`python -m attnviz train`: results alone on standard output, a mistake is one clear line."""

import json
import time
from functools import partial

import pytest

from attnviz import cli, overlap
from attnviz.history import History
from tests import command_line
from tests.command_line import fails_with_one_line


@pytest.fixture
def run(capsys):
    """Runs one command: (exit code, standard output, standard error)."""
    return partial(command_line.run, capsys)


def train_arguments(tmp_path, *more) -> list:
    """24 texts to learn from and the same four, with a word before, to validate with."""
    path, dev = tmp_path / "train.csv", tmp_path / "dev.csv"
    rows = ["a good film,up\n", "a bad film,down\n"]
    path.write_text("text,label\n" + "".join(rows * 12))
    dev.write_text("text,label\n" + "".join(f"so {row}" for row in rows * 2))
    sizes = "--embedding-size 7 --kernel-sizes 1 3 --filters 5 --hidden-size 11 --epochs 6"
    rest = "--attention-size 3 --batch-size 4 --learning-rate 0.02 --vocab-size 300 --warmup 0"
    return [
        *(path, "--validation", dev, "--output", tmp_path / "model"),
        *(f"{sizes} {rest}".split()),
        *more,
    ]


def test_train_writes_a_model_and_its_card_and_prints_the_metrics_alone(run, tmp_path):
    arguments = train_arguments(tmp_path, "--one-direction", "--attention", "linear", "--seed", 3)
    code, output, errors = run("train", *arguments)
    assert code == 0, errors
    metrics = json.loads(output)
    assert metrics == {"dev": 1.0}
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    wanted = {
        "embedding_size": 7,
        "kernel_sizes": [1, 3],
        "filters": 5,
        "hidden_size": 11,
        "attention": "linear",
        "attention_size": 3,
        "bidirectional": False,
    }
    assert {name: config[name] for name in wanted} == wanted
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "Seed 3" in card
    assert f"python -m attnviz train {arguments[0]} --validation" in card
    assert "| dev | 100.00% |" in card
    _, traced, _ = run("trace", "a good film", "--model", tmp_path / "model")
    assert json.loads(traced)["prediction"] == "up"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--kernel-sizes", "2"], "Use an odd size"),
        (["--attention", "softmax"], "additive, linear"),
        (["--recurrent", "elman"], "lstm"),
        (["--order", "cnn"], "--hidden-size"),
        (["--order", "cnn", "--recurrent", "gru"], "no recurrent layer"),
        (["--recurrent", "none", "--one-direction"], "--hidden-size"),
        (["--order", "lstm"], "--kernel-sizes"),
        (["--head-dropout", "1"], "head_dropout is 1"),
        (["--vectors", "nowhere.txt"], "nowhere.txt"),
        (["--label-column", "grade"], "grade"),
        (["--validation", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_train_refuses_what_it_cannot_do(run, tmp_path, more, said):
    code, output, errors = run("train", *train_arguments(tmp_path, *more))
    fails_with_one_line((code, output, errors), said)


def test_train_refuses_one_class(run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\ngood,up\nfine,up\n")
    found = run("train", path, *train_arguments(tmp_path)[1:])
    fails_with_one_line(found, "1 (up)")


@pytest.mark.parametrize(
    "option",
    [
        *(("--schedule", "foo"), ("--learning-rate", "-1"), ("--learning-rate", "nan")),
        *(("--seed", "-1"), ("--seed", "4294967296"), ("--clip-norm", "-1")),
        *(("--label-smoothing", "1.5"), ("--weight-decay", "-0.1"), ("--weight-decay", "inf")),
        *(("--teacher-weight", "2"), ("--word-dropout", "1"), ("--warmup", "1")),
        *(("--epochs", "0"), ("--batch-size", "-3")),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_before_anything_is_read(run, tmp_path, option):
    files = ("gone.csv", "--validation", "gone.csv", "--output", tmp_path)
    code, _, error = run("train", *files, *option)
    assert code == 2
    assert option[1].lstrip("-") in error
    assert option[0] in error.splitlines()[-1]
    assert "gone.csv" not in error.splitlines()[-1]


@pytest.mark.parametrize("option", [("--teacher-weight", "1"), ("--clip-norm", "0")])
def test_what_lies_on_the_edge_is_allowed(run, tmp_path, option):
    fails_with_one_line(run("train", "gone.csv", "--output", tmp_path, *option), "gone.csv")


def test_train_needs_texts_for_both(run, tmp_path):
    path = train_arguments(tmp_path)[0]
    for files in ([path], ["--validation", path]):
        found = run("train", *files, "--output", tmp_path / "model")
        fails_with_one_line(found, "--hold-out")


def test_rows_without_a_label_are_left_out_and_told_with_their_line(run, tmp_path):
    arguments = train_arguments(tmp_path, "--epochs", 1)
    with arguments[0].open("a") as file:
        file.write("so so,\nbad,  \n")
    code, _, errors = run("train", *arguments)
    assert code == 0
    assert errors.startswith("attnviz: Rows without a label left out: 2 (the first is line 26).\n")
    assert History.load(tmp_path / "model").data[0]["texts"] == 24


def test_a_label_that_training_lacks_is_one_line_with_its_row(run, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("text,label\ngood,up\nso so,middling\n")
    arguments = train_arguments(tmp_path)
    found = run("train", arguments[0], "--validation", path, "--output", tmp_path / "model")
    fails_with_one_line(found, "odd: text 2 has the label 'middling'", "down, up")


def test_what_a_person_should_know_of_the_files_is_told_before_training(run, tmp_path):
    arguments = train_arguments(tmp_path, "--teacher", tmp_path / "nobody")
    dev = tmp_path / "dev.csv"
    rows = ["A  GOOD film,up", "so bad,down", '" ",up', '"<br> ",down', '"",up']
    dev.write_text("text,label\n" + "\n".join(rows) + "\n")
    arguments[2] = dev
    code, _, errors = run("train", *arguments)
    assert code == 2
    shared, empty, refusal = errors.splitlines()
    assert shared.startswith("attnviz: Of the 5 texts in dev, 1 (20%) are in train too, so")
    assert empty == "attnviz: Of the 5 texts in dev, 2 are empty."
    assert "no teacher can be opened there" in refusal


@pytest.mark.parametrize(("rank", "times"), [("0", 1), ("1", 0)])
def test_files_are_compared_once_and_by_the_first_process_alone(
    run, tmp_path, monkeypatch, rank, times
):
    compared, places = [], overlap.places
    monkeypatch.setattr(overlap, "places", lambda *files: compared.append(1) or places(*files))
    monkeypatch.setenv("RANK", rank)
    code, _, _ = run("train", *train_arguments(tmp_path, "--teacher", tmp_path / "nobody"))
    assert code == 2
    assert len(compared) == times


def test_a_model_is_fine_tuned_with_its_own_network(run, tmp_path):
    arguments = train_arguments(tmp_path, "--epochs", 1)
    assert run("train", *arguments)[0] == 0
    files = [*arguments[:3], "--output", tmp_path / "more", "--start-from", tmp_path / "model"]
    code, _, errors = run("train", *files, "--head-dropout", 0.1, "--epochs", 1)
    assert code == 0, errors
    configs = [json.loads((tmp_path / n / "config.json").read_text()) for n in ("model", "more")]
    changed = {name for name in configs[0] if configs[0][name] != configs[1][name]}
    assert changed <= {"head_dropout", "temperature"}
    files[4] = tmp_path / "again"
    fails_with_one_line(run("train", *files, "--filters", 9), "filters 5, not 9")
    fails_with_one_line(run("train", *files, "--vocab-size", 400), "--start-from brings")


def test_a_validation_file_of_one_label_is_told(run, tmp_path):
    arguments = train_arguments(tmp_path, "--epochs", 1)
    arguments[2].write_text("text,label\ngood,up\nfine,up\n")
    code, _, errors = run("train", *arguments)
    assert code == 0
    assert "attnviz: All texts in dev have the label up, so its accuracy" in errors


def test_where_a_model_is_and_how_it_opens_is_the_last_line(run, tmp_path):
    code, _, errors = run("train", *train_arguments(tmp_path, "--epochs", 1, "--resume"))
    assert code == 0
    assert f"{tmp_path}/model/checkpoints holds nothing to go on from" in errors
    assert errors.splitlines()[-1].startswith(f"attnviz: The model is in {tmp_path}/model.")


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(run, tmp_path):
    (tmp_path / "file").write_text("x")
    arguments = train_arguments(tmp_path)
    arguments[arguments.index("--output") + 1] = tmp_path / "file" / "model"
    fails_with_one_line(run("train", *arguments), f"{tmp_path}/file is no folder")


def test_a_file_can_be_both_with_a_tenth_held_out(run, tmp_path):
    path = tmp_path / "all.csv"
    rows = [(f"a good film {n}", "up") for n in range(40)]
    rows += [(f"a bad film {n}", "down") for n in range(40)]
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    options = train_arguments(tmp_path)[3:]
    code, output, errors = run("train", "--hold-out", path, *options)
    assert code == 0, errors
    assert "held_out" not in errors
    history = History.load(tmp_path / "model")
    train, held = history.data
    assert (train["name"], train["use"]) == ("all", "training")
    assert (held["name"], held["use"]) == ("all_held_out", "validation")
    assert train["texts"] + held["texts"] == 80
    assert json.loads(output) == history.accuracy
    assert f"--hold-out {path}" in history.command


def test_a_cell_of_fifty_megabytes_does_not_hold_up_the_training(run, tmp_path):
    arguments = train_arguments(tmp_path)
    with arguments[0].open("a") as file:
        file.write("good " * 10_000_000 + ",up\n")
    started = time.process_time()
    code, _, errors = run("train", *arguments, "--epochs", 1)
    assert code == 0, errors
    assert time.process_time() - started < 30
    assert json.loads((tmp_path / "model" / "training.json").read_text())["data"][0]["texts"] == 25


def test_the_command_is_kept_as_it_can_be_run_again(monkeypatch):
    words = ["train", "my file.csv", "--resume", "--seed", "3"]
    wanted = "python -m attnviz train 'my file.csv' --seed 3"
    assert cli.training._as_run(words) == wanted
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert cli.training._as_run(words) == wanted.replace("python", "torchrun --nproc_per_node 2")


def test_options_start_with_the_defaults_of_the_network_and_the_recipe():
    from attnviz.configuration import CnnLstmAttentionConfig
    from attnviz.training import Recipe

    config, recipe = CnnLstmAttentionConfig(), Recipe()
    for name, (_, default, _) in cli.training.NETWORK_OPTIONS.items():
        assert getattr(config, name) == default, name
    for name, (_, default, _) in cli.training.RECIPE_OPTIONS.items():
        assert getattr(recipe, name) == default, name
    assert set(cli.training.RECIPE_OPTIONS) == set(Recipe.__dataclass_fields__)


def test_training_says_which_columns_it_takes_and_refuses_to_choose_among_equals(capsys, tmp_path):
    from attnviz.cli.files import labelled_file
    from attnviz.errors import FileError

    path = tmp_path / "reviews.csv"
    path.write_text("body,vine,stars\na,Y,1\nb,N,5\nc,N,1\nd,Y,5\n")
    assert labelled_file(str(path), None, None, {}).labels == ["1", "5", "1", "5"]
    assert capsys.readouterr().err.endswith(
        "Texts from the column “body” (its name); labels from the column “stars” (its ratings), "
        "2 different: 1 (2), 5 (2).\n"
    )
    path.write_text("body,topic,stars\na,x,1\nb,x,5\nc,y,1\nd,y,5\n")
    with pytest.raises(FileError, match="several columns that could hold the labels: .*--label-c"):
        labelled_file(str(path), None, None, {})
    assert labelled_file(str(path), None, "topic", {}).labels == ["x", "x", "y", "y"]
