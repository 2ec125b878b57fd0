"""evaluate, predict, trace and explain of models that read series: the text becomes a file."""

import csv
import io
import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from attnviz.classifier import Classifier
from attnviz.inspection.starting_samples import open_samples
from attnviz.trace import Trace
from tests.command_line import fails_with_one_line, run_in_full
from tests.sample_models import CLASSES, TIMES, bumps, save_bumps, save_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "bumps"
    save_model(folder)
    return folder


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "bumps.npz"
    values, classes, _ = bumps(53, seed=5)
    classes[::7] = (classes[::7] + 1) % 3
    save_bumps(path, values, classes)
    return path


@pytest.fixture(scope="module")
def shares(model, file):
    return Classifier.from_pretrained(model).predict(list(open_samples(file, "series")))


def test_evaluate_writes_what_it_writes_of_texts(capsys, model, file, tmp_path, shares):
    output, report = tmp_path / "run", tmp_path / "report.html"
    words = ("evaluate", file, "--model", model, "--output", output, "--report", report)
    code, said, errors = run_in_full(capsys, *words)
    found = json.loads(said)
    truth = [sample.label for sample in open_samples(file, "series")]
    assert code == 0
    assert found["accuracy"] == accuracy_score(truth, shares.labels) == 45 / 53
    assert found["macro_f1"] == pytest.approx(f1_score(truth, shares.labels, average="macro"))
    assert "Samples: 53, 31 steps long; channels: I (A), V (V), T (°C)." in errors
    assert "Labels of the samples: matched by name." in errors
    assert "Texts" not in errors
    assert {"metrics.json", "results.parquet", "report.html"} <= {p.name for p in output.iterdir()}
    assert report.read_text(encoding="utf-8") == (output / "report.html").read_text("utf-8")


def test_evaluate_falls_short_of_a_floor_with_code_one(capsys, model, file):
    words = ("evaluate", file, "--model", model, "--fail-under", "accuracy=0.9")
    code, _, errors = run_in_full(capsys, *words)
    assert code == 1
    assert "accuracy is 0.8491, below 0.9." in errors


def test_evaluate_reads_the_part_that_is_named(capsys, model, tmp_path):
    values, classes, _ = bumps(30, seed=2)
    parts = {"X_train": values[:11], "X_test": values[11:]}
    labels = {"y_train": classes[:11], "y_test": classes[11:]}
    np.savez(tmp_path / "a.npz", **parts, **labels, classes=np.array(CLASSES))
    words = ("evaluate", tmp_path / "a.npz", "--model", model, "--split", "test")
    assert json.loads(run_in_full(capsys, *words)[1])["texts"] == 19


def test_predict_has_a_row_for_each_sample(capsys, model, file, shares):
    code, said, _ = run_in_full(capsys, "predict", file, "--model", model)
    rows = list(csv.DictReader(io.StringIO(said)))
    assert code == 0
    assert [row["prediction"] for row in rows] == shares.labels
    found = [[float(row[name]) for name in CLASSES] for row in rows]
    np.testing.assert_allclose(found, shares.probabilities, atol=2e-6)
    assert rows[6] | {"sample": "7", "name": "sample 7"} == rows[6]


def test_trace_reads_the_sample_that_is_named(capsys, model, file, tmp_path):
    words = ("trace", file, "--model", model, "--sample", 3, "--output", tmp_path / "x.npz")
    assert run_in_full(capsys, *words)[0] == 0
    trace = Trace.load(tmp_path / "x.npz")
    third = list(open_samples(file, "series"))[2]
    assert trace.tokens == tuple(TIMES)
    np.testing.assert_array_equal(trace.values, third.values)
    np.testing.assert_allclose(trace.logits, trace.bias + trace.votes.sum(0), atol=1e-5)


@pytest.mark.parametrize(
    "method", ["ledger", "attributions", "trust", "memory", "gates", "reach", "path"]
)
def test_explain_says_why_of_a_sample(capsys, model, file, method):
    words = ("explain", file, "--model", model, "--sample", 2, "--method", method)
    code, said, _ = run_in_full(capsys, *words)
    found = json.loads(said)
    assert code == 0
    assert found["tokens"] == TIMES
    assert found[method]


@pytest.mark.parametrize("command", ["trace", "explain"])
def test_a_text_is_no_file_of_samples(capsys, model, file, command):
    found = run_in_full(capsys, command, "Not bad at all", "--model", model)
    fails_with_one_line(found, "“Not bad at all” is no file", "reads series", "--sample")
    found = run_in_full(capsys, command, file, "--model", model, "--sample", 54)
    fails_with_one_line(found, "has no sample 54. Its samples: 53")
    found = run_in_full(capsys, command, file, "--model", model, "--sample", 0)
    fails_with_one_line(found, "has no sample 0")


def test_options_of_the_other_kind_of_model_are_refused(capsys, model, file):
    for command in ("evaluate", "predict"):
        found = run_in_full(capsys, command, file, "--model", model, "--text-column", "a")
        fails_with_one_line(found, "--text-column is for models of texts", "reads series")
    found = run_in_full(capsys, "trace", "Not bad", "--sample", 2)
    fails_with_one_line(found, "--sample is for models of series, films and pictures")


@pytest.mark.parametrize("name", ["cut.npz", "empty.npz", "text.csv", "missing.npz"])
def test_a_broken_file_is_one_line(capsys, model, file, tmp_path, name):
    path = tmp_path / name
    if name == "cut.npz":
        path.write_bytes(file.read_bytes()[:700])
    if name == "empty.npz":
        path.write_bytes(b"")
    if name == "text.csv":
        path.write_text("text,label\nnot bad,current\ngood,voltage\n", encoding="utf-8")
    for command in ("evaluate", "predict", "trace"):
        code, said, errors = run_in_full(capsys, command, path, "--model", model)
        assert (code, said) == (2, "")
        assert errors.startswith("attnviz: ")
        assert "Traceback" not in errors
        assert errors.count("\n") == 1
