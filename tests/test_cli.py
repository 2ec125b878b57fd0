"""The command line: results on standard output, one clear line and exit code 2 for a mistake."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from attnviz import cli
from attnviz.folders import describe, example_path
from attnviz.history import History
from attnviz.trace import Trace
from tests import command_line
from tests.command_line import fails_with_one_line

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run(capsys, saved):
    """Runs one command with the tiny model: (exit code, standard output, standard error)."""

    def run(command: str, *arguments, model=saved):
        options = ["--model", model] if command in ("trace", "predict", "evaluate") else []
        return command_line.run(capsys, command, *arguments, *options)

    return run


@pytest.fixture
def reviews(tmp_path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text(
        'id,text,label\n1,A wonderful film,positive\n2,"bad,\nreally bad",negative\n'
        "3,  ,neutral\n4,这部电影很好看,positive\n",
        encoding="utf-8",
    )
    return path


TEXTS = ["A wonderful film", "bad,\nreally bad", "  ", "这部电影很好看"]


# trace


def test_trace_prints_the_trace_as_json(run, classifier):
    text = "A wonderful film 😀 电影"
    code, output, errors = run("trace", text)
    assert code == 0
    assert (
        errors
        == "attnviz: 4 of 8 tokens are single bytes of characters that the model does not know.\n"
    )
    assert output.count("\n") == 1
    assert "电影" in output
    found = json.loads(output)
    wanted = json.loads(json.dumps(classifier.trace(text).to_dict()))
    assert set(found) == set(wanted)
    assert found["tokens"] == wanted["tokens"]
    np.testing.assert_allclose(found["gates"]["forget"], wanted["gates"]["forget"], atol=1e-6)
    np.testing.assert_allclose(found["votes"], wanted["votes"], atol=1e-6)
    assert found["prediction"] == wanted["prediction"]


@pytest.mark.parametrize("name", ["a.npz", "without an ending"])
def test_trace_writes_a_file_that_loads(run, classifier, tmp_path, name):
    code, output, _ = run("trace", "A film", "--output", tmp_path / name)
    assert (code, output) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    found = Trace.load(tmp_path / name)
    np.testing.assert_allclose(found.logits, classifier.trace("A film").logits, atol=1e-6)


# predict


def test_predict_writes_a_row_for_every_text_at_its_line(run, reviews, classifier):
    code, output, errors = run("predict", reviews)
    blank = "attnviz: rows with nothing to read: 1; they have no prediction.\n"
    assert (code, errors) == (0, blank)
    header, *rows = csv.reader(io.StringIO(output))
    assert header == ["line", "prediction", "negative", "neutral", "positive"]
    assert [row[0] for row in rows] == ["2", "3", "5", "6"]
    assert rows[2][1:] == ["", "", "", ""]
    for row, text in zip(rows, TEXTS, strict=True):
        if text.strip():
            trace = classifier.trace(text)
            assert row[1] == trace.prediction
            np.testing.assert_allclose(np.float64(row[2:]), trace.probabilities, atol=2e-6)


def test_predict_says_which_texts_are_only_marked_as_missing(run, tmp_path):
    (tmp_path / "a.csv").write_text("text\ngood film\n[deleted]\n")
    _, output, errors = run("predict", tmp_path / "a.csv")
    assert output.splitlines()[2] == "3,,,,"
    assert "so that it is not read: “[deleted]” (1)." in errors


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_texts_that_are_longer_than_the_model_reads_are_counted(run, tmp_path, command, classifier):
    most = classifier.network.config.max_tokens
    (tmp_path / "a.csv").write_text(f"text\n{'good ' * most}\n{'good ' * (most + 1)}\ngood\n")
    _, _, errors = run(command, tmp_path / "a.csv")
    assert "longer than the model reads at once, whose ends were not read: 1." in errors


def test_predict_reads_the_column_it_is_told(run, tmp_path, classifier):
    path = tmp_path / "a.csv"
    path.write_text("text,other\ngood,bad film\nbad,a wonderful evening\n")
    _, output, _ = run("predict", path, "--text-column", "other", "--batch-size", "1")
    rows = list(csv.reader(io.StringIO(output)))[1:]
    for row, text in zip(rows, ["bad film", "a wonderful evening"], strict=True):
        np.testing.assert_allclose(
            np.float64(row[2:]), classifier.trace(text).probabilities, atol=2e-6
        )


@pytest.mark.parametrize(
    "options", [["--text-column", "a+b"], ["--text-column", "a", "--text-column", "b"]]
)
def test_columns_that_are_named_together_are_one_text(run, tmp_path, classifier, options):
    path = tmp_path / "two.csv"
    path.write_text("a,b,c\ngood film,and music,1\nbad film,no music,0\n")
    _, output, _ = run("predict", path, *options)
    found = classifier.predict(["good film\nand music", "bad film\nno music"])
    shares = [[float(cell) for cell in line.split(",")[2:]] for line in output.split("\n")[1:-1]]
    assert np.abs(np.array(shares) - found.probabilities).max() < 1e-5


def test_what_was_skipped_is_told_on_standard_error(run, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("good\n\nbad\n")
    code, output, errors = run("predict", path)
    assert code == 0
    assert len(output.splitlines()) == 3
    assert errors == "attnviz: Blank lines skipped: 1 (the first is line 2).\n"


def test_rows_with_invisible_characters_are_counted_and_named(run, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("go\u200bod\nbad\nfi\u200blm \u2060\n", encoding="utf-8")
    code, output, errors = run("predict", path)
    assert code == 0
    said = "2 of 3. They are: U+200B zero width space × 2, U+2060 word joiner."
    assert said in errors
    evaluated = run("evaluate", path)[2]
    assert said in evaluated
    plain = tmp_path / "b.txt"
    plain.write_text("good\nbad\nfilm\n", encoding="utf-8")
    assert run("predict", plain)[1] == output


# models


def test_models_are_a_table_of_network_labels_size_and_what_was_measured(run, tmp_path, saved):
    for name in ("b", "a"):
        shutil.copytree(saved, tmp_path / name)
    (tmp_path / "empty").mkdir()
    calibration = {"temperature": 1.5, "ece_before": 0.0625, "ece_after": 0.02}
    accuracy = {"dev": 0.8751, "other": 0.5}
    History("train", 0, 1.0, "2026-11-21", {}, [], accuracy=accuracy, calibration=calibration).save(
        tmp_path / "a"
    )
    code, output, _ = run("models", tmp_path)
    assert code == 0
    header, line, *rows = output.splitlines()
    assert header.startswith("| model | network | labels | MB | accuracy")
    assert set(line) == {"|", "-"}
    labels = "negative, neutral, positive"
    network = describe(json.loads((saved / "config.json").read_text()))
    size = f"{(saved / 'model.safetensors').stat().st_size / 1e6:.1f}"
    known = f"| {network} | {labels} | {size} |"
    assert rows == [
        f"| a {known} dev 87.5%, other 50.0% | 0.062 → 0.020 |",
        f"| b {known}  |  |",
    ]


def test_models_of_a_place_without_any_is_a_mistake(run, tmp_path):
    code, output, error = run("models", tmp_path)
    assert (code, output) == (2, "")
    assert error == f"attnviz: There is no model folder in {tmp_path}.\n"


# Mistakes


@pytest.mark.parametrize("command", ["trace", "predict", "evaluate"])
def test_a_missing_model_folder_is_one_line(run, reviews, tmp_path, command):
    what = "good" if command == "trace" else reviews
    found = run(command, what, model=tmp_path / "nowhere")
    fails_with_one_line(found, tmp_path / "nowhere", "Give the path of a folder")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_missing_file_is_one_line(run, tmp_path, command):
    fails_with_one_line(run(command, tmp_path / "nowhere.csv"), "nowhere.csv", "Check the path")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_missing_column_is_one_line_with_those_that_exist(run, reviews, command):
    found = run(command, reviews, "--text-column", "body")
    fails_with_one_line(found, "body", "id", "text", "label")


@pytest.mark.parametrize("text", ["", "  \n", "<br />"])
def test_an_empty_text_is_one_line(run, text):
    fails_with_one_line(run("trace", text), "nothing to read")


def test_an_output_that_cannot_be_written_is_one_line(run, tmp_path):
    found = run("trace", "good", "--output", tmp_path / "nowhere" / "a.npz")
    fails_with_one_line(found, "nowhere")


def test_a_message_never_breaks_over_lines(run, tmp_path):
    fails_with_one_line(run("predict", tmp_path / "no\nwhere.csv"))


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["predict"], ["trace"], ["predict", "a.csv", "--batch-size", "0"]],
)
def test_a_wrong_command_is_exit_code_2_with_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("usage: python -m attnviz")


def test_an_interrupt_is_told_and_has_its_own_exit_code(run, monkeypatch):
    from attnviz.classifier import Classifier

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Classifier, "from_pretrained", interrupted)
    assert run("trace", "good") == (130, "", "attnviz: stopped.\n")


# Help


def python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *code], cwd=ROOT, capture_output=True, text=True)


def test_help_imports_nothing_heavy():
    run = python(["-X", "importtime", "-m", "attnviz", "--help"])
    assert run.returncode == 0
    for command in ("predict", "trace", "evaluate", "train", "models"):
        assert f"    {command} " in run.stdout
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "argparse" in imported
    assert not {"torch", "transformers", "numpy", "altair", "streamlit"} & imported


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert f"usage: python -m attnviz {command}" in capsys.readouterr().out


def test_a_missing_file_is_found_before_torch_is_imported():
    code = (
        "import sys; from attnviz.cli import main; code = main(['predict', 'nowhere.csv']); "
        "print(code, 'torch' in sys.modules)"
    )
    assert python(["-c", code]).stdout == "2 False\n"


def test_a_first_picture_is_kept_with_the_model(run, saved, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(saved, folder)
    assert run("trace", "A wonderful film", "--first-picture", model=folder)[:2] == (0, "")
    assert Trace.load(example_path(folder)).text == "A wonderful film"


# Output that nobody reads any more


@pytest.fixture
def gone(monkeypatch):
    """Lets the reader of standard output or error leave before the command begins."""
    with ExitStack() as opened:

        def leave(name: str) -> None:
            reading, writing = os.pipe()
            os.close(reading)
            stream = opened.enter_context(open(writing, "w", encoding="utf-8"))
            monkeypatch.setattr(sys, name, stream)

        yield leave


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("predict", ["reviews"]),
        ("trace", ["A film"]),
        ("explain", ["A film", "--method", "ledger"]),
        ("evaluate", ["reviews"]),
        ("models", []),
        ("trace", ["--help"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_no_command_minds_that_its_reader_has_left(saved, reviews, gone, command, words, name):
    words = [str(reviews) if word == "reviews" else word for word in words]
    words += [str(saved)] if command == "models" else ["--model", str(saved)]
    gone(name)
    before = sys.stdout, sys.stderr
    if "--help" in words:
        with pytest.raises(SystemExit) as stop:
            cli.main([command, *words])
        assert stop.value.code == 0
    else:
        assert cli.main([command, *words]) == 0
    assert (sys.stdout, sys.stderr) == before
    getattr(sys, name).close()  # nothing is left in it that could fail at the end


def test_files_are_written_though_the_reader_of_standard_output_has_left(
    saved, reviews, gone, tmp_path
):
    gone("stdout")
    folder = tmp_path / "run"
    words = ["evaluate", str(reviews), "--model", str(saved), "--output", str(folder)]
    assert cli.main(words) == 0
    for name in ("metrics.json", "results.parquet", "report.html"):
        assert (folder / name).stat().st_size > 100
    assert (
        cli.main([*words, "--fail-under", "accuracy=1"]) == 1
    )  # the verdict is given all the same


def test_a_label_is_no_formula_in_the_table_that_predict_writes(run, model_folder, edit_json):
    labels = {"0": "=1+1", "1": "@a", "2": "ok"}
    edit_json(model_folder / "config.json", id2label=labels, label2id={})
    path = model_folder.parent / "a.txt"
    path.write_text("good\n")
    _, output, _ = run("predict", path, model=model_folder)
    header, row = csv.reader(io.StringIO(output))
    assert header[2:] == ["'=1+1", "'@a", "ok"]
    assert row[1] in header[2:]
