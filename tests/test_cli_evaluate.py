"""`python -m attnviz evaluate`: figures as JSON, a run that goes on, an exit code for CI."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from pyarrow import parquet

from attnviz.cli import inspecting
from attnviz.inspection import scoring
from attnviz.runs import CAUSES, Filter, Run
from attnviz.runs.schema import CHUNK
from tests import command_line
from tests.command_line import fails_with_one_line
from tests.scored_runs import make_run, random_rows

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    ("A wonderful film", "positive"),
    ("bad,\nreally bad", "negative"),
    ("  ", "neutral"),
    ("这部电影很好看", "positive"),
]


@pytest.fixture
def evaluate(capsys, saved):
    """Runs the command with the tiny model: (exit code, standard output, standard error)."""
    return partial(command_line.run, capsys, "evaluate", "--model", saved)


@pytest.fixture
def write(tmp_path):
    """A function that writes rows to a CSV file."""

    def write(rows, columns=("text", "label"), name="reviews.csv") -> Path:
        path = tmp_path / name
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return path

    return write


def test_the_figures_are_those_of_the_predictions(evaluate, write, classifier):
    code, output, errors = evaluate(write(ROWS))
    assert code == 0
    assert errors == "attnviz: rows with nothing to read: 1; they count as mistakes.\n"
    found = json.loads(output)
    texts, truth = zip(*ROWS, strict=True)
    labels = classifier.predict(texts).labels
    right = sum(wanted == label for wanted, label in zip(truth, labels, strict=True))
    assert found["texts"] == 4
    assert found["accuracy"] == pytest.approx(right / 4)
    assert found["interval"][0] < found["accuracy"] < found["interval"][1] or right in (0, 4)
    assert found["confusion"]["neutral"] == {"": 1}
    assert found["confusion"]["negative"] == {labels[1]: 1}
    assert sum(sum(row.values()) for row in found["confusion"].values()) == 4
    assert found["classes"]["positive"]["texts"] == 2
    assert 0 <= found["macro_f1"] <= 1
    assert {cause["tag"] for cause in found["causes"]} >= {"close", "cut"}
    for cause in found["causes"]:  # the one with nothing to read is a mistake among them
        if not CAUSES[cause["tag"]].tested:
            assert cause["texts"] == cause["wrong_texts"] + cause["right_texts"] == 4


def test_with_an_output_everything_is_left_in_a_run(evaluate, write, tmp_path, classifier):
    rows = random_rows(61, classifier.labels)
    folder = tmp_path / "run"
    code, output, _ = evaluate(write(rows, ("text", "label", "source")), "--output", folder)
    assert code == 0
    run = Run.open(folder)
    assert run.done
    printed, kept = json.loads(output), json.loads((folder / "metrics.json").read_text())
    assert {name: kept[name] for name in printed} == printed
    assert printed["texts"] - run.count(Filter(outcome="right")) == run.count(
        Filter(outcome="wrong")
    )
    results = parquet.read_table(folder / "results.parquet")
    assert results["text"].to_pylist() == [row[0] for row in rows]
    assert results["attnviz_prediction"].to_pylist() == run.page(most=99)["predicted"].tolist()
    assert "<html" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_report_needs_no_run(evaluate, write, tmp_path):
    path = tmp_path / "report.html"
    assert evaluate(write(ROWS), "--report", path)[0] == 0
    assert "<html" in path.read_text(encoding="utf-8")


# For CI.


def test_a_figure_that_is_too_low_is_exit_code_1(evaluate, write, classifier):
    texts = ["A good film", "bad, bad music", "seats"]
    rows = list(zip(texts, classifier.predict(texts).labels, strict=True))
    path = write(rows)
    assert evaluate(path, "--fail-under", "accuracy=1")[::2] == (0, "")
    wrong = next(label for label in classifier.labels if label != rows[0][1])
    path = write([(texts[0], wrong), *rows[1:]])
    code, output, errors = evaluate(
        path, "--fail-under", "accuracy=0.7", "--fail-under", "macro_f1=0"
    )
    assert code == 1
    assert json.loads(output)["accuracy"] == pytest.approx(2 / 3)
    assert errors == "attnviz: accuracy is 0.6667, below 0.7.\n"


@pytest.mark.parametrize(
    ("floor", "said"),
    [
        ("beauty=0.9", "accuracy, macro_f1"),
        ("accuracy=2", "not a share"),
        ("accuracy", "no number"),
    ],
)
def test_a_floor_that_cannot_be_is_refused_before_anything_is_read(evaluate, floor, said):
    code, _, errors = evaluate("nowhere.csv", "--fail-under", floor)
    assert code == 2
    assert said in errors.splitlines()[-1]


def test_without_labels_there_are_predictions_and_no_floor(evaluate, write):
    path = write([(text, "5") for text, _ in ROWS], ("text", "room"))  # no ratings, no names
    code, output, _ = evaluate(path)
    assert code == 0
    found = json.loads(output)
    assert (found["texts"], found["unread"], sum(found["predicted"].values())) == (4, 1, 3)
    assert "accuracy" not in found
    found = evaluate(path, "--fail-under", "accuracy=0.5")
    fails_with_one_line(found, "--label-column", "text, room")


# Labels.


def test_labels_of_another_kind_are_matched_as_the_user_says(evaluate, write):
    path = write([("good", "yum"), ("bad", "yuck"), ("so so", "hm")])
    fails_with_one_line(evaluate(path), "“yum”", "negative, neutral, positive")
    given = ("--label=yum=positive", "--label=yuck=negative", "--label=hm=")
    code, output, errors = evaluate(path, *given)
    assert code == 0
    assert json.loads(output)["texts"] == 2
    code, output, errors = evaluate(path, *given[:2])
    assert "“hm” (1)" in errors
    assert json.loads(output)["unknown_labels"] == 1
    fails_with_one_line(evaluate(path, "--label", "yum=great"), "no label “great”")


# Stopping and going on.


def test_an_interrupt_says_how_to_go_on(evaluate, write, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    path = write(ROWS)
    monkeypatch.setattr(scoring, "score_chunk", interrupted)
    code, output, errors = evaluate(path, "--output", tmp_path / "run")
    assert (code, output) == (130, "")
    assert errors == "attnviz: stopped. Rows scored: 0; run the same command to go on.\n"
    assert evaluate(path)[2] == "attnviz: stopped; nothing is kept without --output.\n"


def test_a_killed_process_loses_at_most_a_chunk(evaluate, write, tmp_path, classifier, saved):
    rows = [(text[:30], label) for text, label, _ in random_rows(2 * CHUNK, classifier.labels)]
    path, killed = write(rows), tmp_path / "killed"
    command = [sys.executable, "-m", "attnviz", "evaluate", path, "--model", saved]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*command, "--output", killed], cwd=ROOT, **quiet)
    while not (killed / "scores" / "00000.parquet").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert Run.open(killed).scored == CHUNK
    first = (killed / "scores" / "00000.parquet").stat().st_mtime_ns
    assert evaluate(path, "--output", killed)[0] == 0
    assert (killed / "scores" / "00000.parquet").stat().st_mtime_ns == first
    whole = make_run(tmp_path / "whole", classifier, rows, ("text", "label"), "text")
    scoring.score_run(classifier, whole)
    for number in range(2):
        tables = [parquet.read_table(run.part_path(number)) for run in (whole, Run.open(killed))]
        assert tables[0].equals(tables[1]), number
    results = parquet.read_table(killed / "results.parquet")
    assert results["text"].to_pylist() == [text for text, _ in rows]


def test_a_folder_never_takes_in_a_second_run(evaluate, write, tmp_path):
    folder = tmp_path / "run"
    assert evaluate(write(ROWS), "--output", folder)[0] == 0
    other = write(ROWS[:3], name="others.csv")
    fails_with_one_line(evaluate(other, "--output", folder), folder, "reviews.csv")
    assert Run.open(folder).about.rows == 4


# Engines.


@pytest.mark.parametrize("engine", inspecting.ENGINES)
def test_every_engine_can_be_chosen(evaluate, engine):
    found = evaluate("nowhere.csv", "--engine", engine)
    fails_with_one_line(found, "nowhere.csv", "Check the path")


def test_options_of_ray_are_refused_elsewhere(evaluate, write):
    fails_with_one_line(evaluate(write(ROWS), "--workers", 2), "--engine ray")


def test_a_folder_of_files_is_one_run(evaluate, write, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    write(ROWS[:2], name="parts/b.csv")
    write([row[::-1] for row in ROWS[2:]], ("label", "text"), name="parts/a.csv")
    code, output, _ = evaluate(folder)
    assert code == 0
    assert json.loads(output)["texts"] == 4


# What is said of columns.


def test_one_line_says_which_columns_were_taken_and_how_labels_were_matched(capsys, saved, write):
    path = write([("good", "5", "no"), ("bad", "1", "yes")], ("review", "stars", "vine"))
    code, _, errors = command_line.run_in_full(capsys, "evaluate", "--model", saved, path)
    assert code == 0
    assert errors == (
        "attnviz: Texts from the column “review” (its name); labels from the column “stars” (its "
        "ratings), taken for stars from 1 to 5: 1 = negative; 5 = positive.\n"
    )


def test_numbers_of_another_scheme_are_refused_with_the_remedy(evaluate, write):
    path = write([("good", "0"), ("bad", "17")])
    fails_with_one_line(evaluate(path), "0, 17", "--label FOUND=LABEL", "--label-column")
    code, output, _ = evaluate(path, "--label", "0=positive", "--label", "17=negative")
    assert code == 0
    assert json.loads(output)["texts"] == 2


def test_hidden_labels_are_no_labels(evaluate, write):
    code, output, errors = evaluate(write([("good", "-1"), ("bad", "-1")]))
    assert code == 0
    assert "accuracy" not in json.loads(output)
    assert errors == (
        "attnviz: All labels are -1, which marks hidden labels: the rows count as unlabelled.\n"
    )


def test_a_list_of_classes_beside_the_file_names_its_numbers(evaluate, write, tmp_path):
    (tmp_path / "class.txt").write_text("positive\nnegative\nneutral\n")
    code, output, _ = evaluate(write([("good", "0"), ("bad", "1"), ("so so", "2")]))
    assert code == 0
    classes = json.loads(output)["classes"]
    assert {name: classes[name]["texts"] for name in classes} == dict.fromkeys(classes, 1)


def test_what_the_user_says_of_labels_finds_their_column(evaluate, write):
    path = write([("good", "up", "web"), ("bad", "down", "web")], ("text", "thumb", "shop"))
    code, output, _ = evaluate(path, "--label", "up=positive", "--label", "down=negative")
    assert code == 0
    assert json.loads(output)["texts"] == 2
    fails_with_one_line(evaluate(path, "--label", "left=positive"), "“left”", "--label-column")
