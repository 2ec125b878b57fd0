"""Tagging from the command line: train, evaluate, predict, trace in a language of three words."""

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import numpy as np
import pytest

from attnviz import cli
from attnviz.classifier import Classifier
from attnviz.samples import Tagged
from attnviz.tag_scores import scores_of
from attnviz.training.averaging import GOING


def attnviz(*words):
    """One command: its exit code, standard output and standard error."""
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as errors:
        try:
            code = cli.main(list(map(str, words)))
        except SystemExit as stop:
            code = stop.code
    return SimpleNamespace(returncode=code or 0, stdout=output.getvalue(), stderr=errors.getvalue())


def sentences(count, seed):
    """A name is `A` with any number of `b` behind it; `c` is none."""
    generator = np.random.default_rng(seed)
    for _ in range(count):
        tokens, tags = [], []
        for length in generator.integers(0, 4, size=5):
            tokens += ["A", *["b"] * (length - 1)] if length else ["c"]
            tags += ["B-N", *["I-N"] * (length - 1)] if length else ["O"]
        yield {"tokens": tokens, "tags": tags}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tagged")
    for name, count in (("train", 97), ("dev", 31)):
        lines = (json.dumps(row) for row in sentences(count, count))
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    return folder


KINDS = {
    "characters": ["--pieces", "characters", "--case", "keep", "--average", "0.8"],
    "words": ["--input", "words", "--letters", "3", "--transitions", "learnt"],
}


@pytest.fixture(scope="module", params=KINDS)
def model(request, files):
    output = files / request.param
    small = ["--embedding-size", "8", "--hidden-size", "8", "--filters", "8", "--epochs", "6"]
    run = attnviz(
        *("train", files / "train.jsonl", "--validation", files / "dev.jsonl", "--task", "tag"),
        *(
            *KINDS[request.param],
            *small,
            "--batch-size",
            "8",
            "--learning-rate",
            "0.03",
            "--output",
            output,
        ),
    )
    assert run.returncode == 0, run.stderr
    return output, json.loads(run.stdout)["dev.jsonl"]


def test_the_model_learns_its_language_and_breaks_no_rule(model):
    _folder, scores = model
    assert scores["span_f1"] > 0.95
    assert scores["forbidden"] == 0
    assert scores["spans"] == scores["missed"] + scores["boundary"] + scores["type"] + round(
        scores["span_recall"] * scores["spans"]
    )


def test_evaluate_says_what_training_measured(model, files):
    folder, scores = model
    run = attnviz("evaluate", files / "dev.jsonl", "--model", folder)
    assert json.loads(run.stdout) == pytest.approx(scores, abs=1e-5)
    history = json.loads((folder / "training.json").read_text())
    assert history["metric"] == "span_f1"
    assert history["accuracy"]["dev.jsonl"] == pytest.approx(scores["token_accuracy"])
    assert not (folder / GOING).exists()


def test_predict_gives_a_line_for_each_word(model, tmp_path):
    folder, _scores = model
    path = tmp_path / "new.jsonl"
    path.write_text('{"tokens": ["A", "b", "c"], "tags": ["O", "O", "O"]}\n')
    run = attnviz("predict", path, "--model", folder)
    rows = list(csv.reader(io.StringIO(run.stdout)))
    assert [row[:3] for row in rows] == [
        ["text", "word", "tag"],
        ["1", "A", "B-N"],
        ["1", "b", "I-N"],
        ["1", "c", "O"],
    ]
    assert 0.5 < float(rows[1][3]) <= 1


def test_trace_is_seen_from_the_position_that_is_asked_for(model):
    folder, _scores = model
    run = attnviz("trace", "A b c", "--at", "2", "--model", folder)
    trace = json.loads(run.stdout)
    assert (trace["task"], trace["place"], trace["prediction"]) == ("tag", 1, "I-N")
    run = attnviz("trace", "A b c", "--at", "4", "--model", folder)
    assert run.returncode == 2
    assert "The text has 3 positions, so --at cannot be 4." in run.stderr


def test_words_beyond_what_is_read_have_no_tag(model):
    tagger = Classifier.from_pretrained(model[0])
    tagger.network.config.max_tokens = 2
    (said, none) = tagger.tag([Tagged(("A", "b", "c")), ""])
    assert said.tags == ("B-N", "I-N", "")
    assert np.isnan(said.probabilities).tolist() == [False, False, True]
    assert none.tags == ()


def test_scores_of_tags_without_a_scheme_count_tokens_alone():
    found = scores_of(["NOUN", "VERB"], [["NOUN", "VERB"], ["VERB"]], [["NOUN", "NOUN"], ["VERB"]])
    assert found == {"token_accuracy": pytest.approx(2 / 3), "tokens": 3}


def test_files_without_tags_and_tags_that_nobody_taught_are_refused(files, tmp_path):
    (tmp_path / "none.jsonl").write_text('{"tokens": ["A"], "tags": []}\n')
    (tmp_path / "other.jsonl").write_text('{"tokens": ["A"], "tags": ["B-ORG"]}\n')
    for name, message in (("none", "tags: 0, tokens: 1"), ("other", "has the tag 'B-ORG'")):
        run = attnviz(
            *("train", files / "train.jsonl", "--validation", tmp_path / f"{name}.jsonl"),
            *("--task", "tag", "--output", tmp_path / "model"),
        )
        assert run.returncode == 2
        assert message in run.stderr
        assert "Traceback" not in run.stderr
