"""`explain`: every method from the command line, with the numbers that Python gives."""

import json
from functools import partial

import numpy as np
import pytest

from attnviz.cli import arguments
from attnviz.cli.explaining import CHOICES, METHODS
from attnviz.evidence import to_plain
from attnviz.explain.ledger import vote_ledger
from attnviz.explain.memory import memory
from attnviz.explain.trust import trust_over
from attnviz.trace import DIRECTIONS
from tests import command_line
from tests.command_line import fails_with_one_line

TEXT = "The film was good, good! 电影 很好"


@pytest.fixture
def explain(capsys, saved):
    """Explains `TEXT`, or another text, with the tiny model."""
    return partial(_explain, capsys, saved)


def _explain(capsys, saved, *options, text=TEXT):
    return command_line.run(capsys, "explain", text, "--model", saved, *options)


def test_directions_are_those_of_a_trace():
    assert arguments.DIRECTIONS == DIRECTIONS


@pytest.mark.parametrize("method", METHODS)
def test_every_method_prints_one_line_of_json(explain, classifier, method):
    code, output, errors = explain("--method", method)
    assert (code, errors, output.count("\n")) == (0, "", 1)
    found = json.loads(output, parse_constant=pytest.fail)
    assert found["tokens"] == list(classifier.trace(TEXT).surfaces)
    assert found["prediction"] == classifier.trace(TEXT).prediction
    assert found[method]


def test_the_ledger_is_that_of_the_classes_named(explain, classifier):
    _, output, _ = explain("--label", "neutral", "--against", "negative")
    wanted = vote_ledger(classifier, classifier.trace(TEXT), "neutral", "negative")
    np.testing.assert_allclose(json.loads(output)["ledger"]["vote"], wanted.vote, atol=1e-6)


def test_the_memory_is_that_of_the_place_named(explain, classifier):
    options = ("--token", 3, "--layer", 1, "--direction", "backward")
    _, output, _ = explain("--method", "memory", *options)
    wanted = memory(classifier.trace(TEXT), position=2, layer=0, direction=1)
    found = json.loads(output)["memory"]
    np.testing.assert_allclose(found["contributions"], wanted.contributions, atol=1e-6)
    assert (found["position"], found["layer"], found["direction"]) == (2, 0, 1)


def test_without_a_place_the_last_token_and_layer_are_meant(explain, classifier):
    trace = classifier.trace(TEXT)
    _, output, _ = explain("--method", "memory")
    found = json.loads(output)["memory"]
    assert found["position"] == len(trace.tokens) - 1
    np.testing.assert_allclose(found["state"], trace.states["cell"][-1, -1, 0], atol=1e-6)


def test_of_a_long_text_one_window_is_explained_and_the_others_are_named(explain):
    text = "A wonderful film. " * 60
    code, output, errors = explain("--window", 2, text=text)
    assert code == 0
    assert "window 2 of 3, tokens" in errors
    assert len(json.loads(output)["tokens"]) <= 101
    fails_with_one_line(explain("--window", 4, text=text), "no window 4", "so many: 3")


def test_the_form_of_a_file_of_texts_can_be_said(capsys, saved, classifier, tmp_path, explain):
    path = tmp_path / "texts.txt"
    path.write_text("1 ::: A good film.\n2 ::: A bad film.\n", encoding="utf-8")
    command = ("explain", "--texts", path, "--model", saved, "--method", "trust")
    code, output, _ = command_line.run(capsys, *command, "--delimiter", " ::: ", "--no-header")
    wanted = trust_over(classifier, ["A good film.", "A bad film."])
    assert (code, json.loads(output)["trust"]) == (0, to_plain(wanted))
    fails_with_one_line(explain("--delimiter", ";"), "matters with --texts only")


def test_trust_is_checked_over_a_file_of_texts(capsys, saved, classifier, tmp_path):
    texts = ["A good film.", "A bad film, really bad."]
    path = tmp_path / "sample.csv"
    path.write_text("review\n" + "".join(f'"{text}"\n' for text in texts), encoding="utf-8")
    command = ("explain", "--texts", path, "--model", saved)
    code, output, _ = command_line.run(capsys, *command, "--method", "trust")
    assert code == 0
    found, wanted = json.loads(output)["trust"], trust_over(classifier, texts)
    assert found["verdicts"] == to_plain(wanted.verdicts)
    fails_with_one_line(command_line.run(capsys, *command, "--method", "memory"), "--method trust")
    fails_with_one_line(command_line.run(capsys, "explain", "--model", saved), "Give a text")


def test_what_the_text_or_the_model_does_not_have_is_one_line(explain):
    fails_with_one_line(explain("--method", "path", "--token", 99), "no token 99")
    fails_with_one_line(explain("--label", "great"), "great", "negative, neutral, positive")
    fails_with_one_line(explain("--method", "memory", "--layer", 3), "recurrent layers: 2")
    fails_with_one_line(explain("--method", "gates", "--gate", "reset"), "reset", "forget")
    fails_with_one_line(explain("--method", "formulas", "--unit", 11), "no unit 11", "units: 11")
    fails_with_one_line(explain("--method", "formulas", "--unit", -1), "no unit -1")
    fails_with_one_line(explain(text="  "), "nothing to read")


@pytest.mark.parametrize("method", METHODS)
def test_an_option_that_a_method_does_not_ask_for_is_refused(explain, method):
    values = {"label": "neutral", "against": "positive", "gate": "forget", "direction": "forward"}
    for name in CHOICES:
        code, _, errors = explain("--method", method, f"--{name}", values.get(name, 1))
        refused = "has no use for" in errors
        assert refused == (name not in METHODS[method][1]), name
        assert code == (2 if refused else 0)


def test_a_memory_needs_a_recurrent_layer(capsys, build_network, tokenizer, tmp_path):
    build_network(order="cnn").save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    capsys.readouterr()  # saving shows a bar
    found = command_line.run(capsys, "explain", TEXT, "--model", tmp_path, "--method", "memory")
    fails_with_one_line(found, "memory", "needs a recurrent layer")


@pytest.mark.parametrize("kind", ["uniform", "mean", "max", "last"])
def test_a_network_without_attention_has_no_trust_check(
    kind, capsys, build_network, tokenizer, tmp_path
):
    build_network(attention=kind).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    (tmp_path / "texts.csv").write_text("text\nA good film.\n", encoding="utf-8")
    capsys.readouterr()  # what saving said
    for source in (["A good film."], ["--texts", tmp_path / "texts.csv"]):
        command = ("explain", *source, "--model", tmp_path / "model", "--method", "trust")
        fails_with_one_line(command_line.run(capsys, *command), "no attention", f"“{kind}”")


@pytest.mark.parametrize("command", ["explain", "trace"])
def test_what_the_model_cannot_read_of_a_text_is_said(command, saved, capsys):
    run = partial(command_line.run, capsys, command)
    _, _, errors = run("good 👍👍 film", "--model", saved)
    assert "8 of 10 tokens are single bytes of characters that the model does not know" in errors
    _, _, errors = run("good film", "--model", saved)
    assert errors == ""


def test_a_trace_says_what_was_cut(saved, capsys):
    _, _, errors = command_line.run(capsys, "trace", "good " * 150, "--model", saved)
    assert "Tokens read: 101 of 150; the end was cut." in errors
