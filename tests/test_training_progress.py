"""What a person sees of a run on the terminal."""

import re
from dataclasses import replace

from transformers.utils import logging as transformers_logging

from tests.training_runs import RECIPE, run


def lines(captured: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[\r\n]", captured)]
    return [part for part in parts if part and not part.startswith("training:")]


def test_each_epoch_is_a_line_with_what_was_measured(tmp_path, capfd):
    history = run(tmp_path / "model")
    said = capfd.readouterr()
    assert said.out == ""
    epochs = lines(said.err)
    assert len(epochs) == len(history.evaluations) == 2
    for number, (line, found) in enumerate(zip(epochs, history.evaluations, strict=True), 1):
        assert line.startswith(f"epoch {number} of 2: validation loss {found['loss']:.3f}, ")
        assert f"accuracy {found['accuracy']:.1%}" in line
    assert epochs[0].endswith("the best so far")
    assert "36/36" in said.err


def test_the_last_line_of_a_run_without_gain_says_so(tmp_path, capfd):
    history = run(tmp_path / "model", replace(RECIPE, epochs=9, patience=1))
    assert len(history.evaluations) < 9
    best = max(found["accuracy"] for found in history.evaluations)
    assert (
        lines(capfd.readouterr().err)[-1] == f"stopped early: no epoch since has beaten {best:.1%}"
    )


def test_where_transformers_shows_no_bars_nothing_is_said(tmp_path, capfd):
    transformers_logging.disable_progress_bar()
    try:
        run(tmp_path / "model")
    finally:
        transformers_logging.enable_progress_bar()
    assert capfd.readouterr() == ("", "")
