"""A run that is stopped, killed or out of room goes on as if nothing had been."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import attnviz.training as module
from attnviz import cli
from attnviz.errors import TrainingError
from attnviz.history import History
from attnviz.training import Interrupted, checkpoints, loop, train
from tests.training_runs import (
    NETWORK,
    RECIPE,
    STEPS,
    TRAINING,
    VALIDATION,
    assert_same_run,
    assert_same_weights,
    checkpoints_of,
    die,
    disturbed,
    run,
)

RECIPE = replace(RECIPE, epochs=3, word_dropout=0.1, schedule="plateau", warmup=0.1, patience=9)


@pytest.fixture(scope="module", autouse=True)
def logged_often():
    """So that an entry of the record is half full at any stop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "steps_per_entry", lambda steps: 7)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "model"
    run(folder, RECIPE)
    return folder


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


# Ctrl-C.


@pytest.mark.parametrize("steps", [(5,), (STEPS + 11,), (STEPS,), (3, STEPS + 5, STEPS + 9)])
def test_ctrl_c_ends_after_the_step_and_the_run_goes_on_as_if_it_had_not(
    whole, tmp_path, monkeypatch, steps
):
    folder = tmp_path / "model"
    disturbed(monkeypatch, dict.fromkeys(steps, press_ctrl_c))
    for number, step in enumerate(steps):
        with pytest.raises(Interrupted, match=f"Stopped after step {step} of 54.*--resume"):
            run(folder, RECIPE, resume=number > 0)
        assert f"checkpoint-{step}" in checkpoints_of(folder)
        assert not (folder / "model.safetensors").exists()
        left = History.load(folder)
        assert left.stopped["values"] == {"step": step, "steps": 54}
        assert left.steps[-1]["step"] == step
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(TrainingError, match="checkpoints of a run that was cut off"):
        run(folder, RECIPE)  # without resume it would mix the two runs
    run(folder, RECIPE, resume=True)
    assert_same_run(folder, whole)


def test_a_second_ctrl_c_ends_at_once_and_the_last_epoch_is_kept(whole, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    disturbed(monkeypatch, {STEPS + 3: lambda: (press_ctrl_c(), press_ctrl_c())})
    with pytest.raises(KeyboardInterrupt) as stop:
        run(folder, RECIPE)
    assert not isinstance(stop.value, Interrupted)
    assert checkpoints_of(folder) == {f"checkpoint-{STEPS}"}
    run(folder, RECIPE, resume=True)
    assert_same_run(folder, whole)


# Any other end.


def test_a_run_that_died_goes_on_from_its_last_epoch(whole, tmp_path, monkeypatch):
    folder, steps = tmp_path / "model", []
    disturbed(monkeypatch, {STEPS + 9: die})
    with pytest.raises(SystemExit):
        run(folder, RECIPE)
    kept = {path.name for path in (folder / "checkpoints").iterdir()}
    files = {"config.json", "tokenizer.json", "tokenizer_config.json"}
    assert kept == {f"checkpoint-{STEPS}", *files}
    note = module.NetworkTrainer.training_step
    monkeypatch.setattr(
        loop.NetworkTrainer,
        "training_step",
        lambda self, *rest: (steps.append(self.state.global_step + 1), note(self, *rest))[1],
    )
    run(folder, RECIPE, resume=True)
    assert steps == list(range(STEPS + 1, 3 * STEPS + 1))
    assert_same_run(folder, whole)


def test_resuming_where_nothing_was_begun_starts_anew(whole, tmp_path):
    run(tmp_path / "new", RECIPE, resume=True)
    assert_same_run(tmp_path / "new", whole)


@pytest.mark.parametrize(
    "name", ["trainer_state.json", "model.safetensors", "optimizer.pt", "rng_state.pth"]
)
@pytest.mark.parametrize("left", ["half", "nothing"])
def test_a_checkpoint_that_was_not_written_to_its_end_is_not_gone_on_from(
    tmp_path, cut_off, name, left
):
    folder = shutil.copytree(cut_off, tmp_path / "model")
    last = folder / "checkpoints" / f"checkpoint-{2 * STEPS}"
    assert checkpoints.last_checkpoint(last.parent) == last
    content = (last / name).read_bytes()
    (last / name).write_bytes(content[: len(content) // 2 if left == "half" else 0])
    found = checkpoints.last_checkpoint(last.parent)
    assert found == last.parent / f"checkpoint-{STEPS}"


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory) -> Path:
    """A run that died in its third epoch."""
    folder = tmp_path_factory.mktemp("cut") / "model"
    with pytest.MonkeyPatch.context() as patch:
        disturbed(patch, {2 * STEPS + 2: die})
        with pytest.raises(SystemExit):
            run(folder, RECIPE)
    return folder


def test_what_a_broken_checkpoint_left_is_taken_away(whole, cut_off, tmp_path, monkeypatch):
    folder = shutil.copytree(cut_off, tmp_path / "model")
    (folder / "checkpoints" / f"checkpoint-{2 * STEPS}" / "trainer_state.json").unlink()
    seen = []
    disturbed(monkeypatch, {STEPS + 1: lambda: seen.append(checkpoints_of(folder))})
    run(folder, RECIPE, resume=True)
    assert seen == [{f"checkpoint-{STEPS}"}]
    assert_same_run(folder, whole)


def test_without_a_sound_checkpoint_the_run_starts_anew(whole, cut_off, tmp_path):
    folder = shutil.copytree(cut_off, tmp_path / "model")
    for path in (folder / "checkpoints").glob("*/trainer_state.json"):
        path.unlink()
    (folder / "checkpoints" / "tokenizer.json").write_text("{")
    run(folder, RECIPE, resume=True)
    assert_same_run(folder, whole)


@pytest.mark.parametrize(
    ("network", "recipe", "options", "said"),
    [
        ({"hidden_size": 13}, {}, {}, "hidden_size is 11, not 13"),
        ({"attention": "mean"}, {}, {}, "attention is 'additive', not 'mean'"),
        ({}, {"learning_rate": 0.01}, {}, "learning_rate is 0.02, not 0.01"),
        ({}, {"seed": 7}, {}, "seed is 0, not 7"),
        ({}, {}, {"vocab_size": 301}, "vocab_size is 300, not 301"),
        ({}, {}, {"vectors": "other.txt"}, "vectors is None, not 'other.txt'"),
        ({}, {}, {"teacher": "other"}, "teacher is None, not 'other'"),
    ],
)
def test_a_run_goes_on_with_its_own_options_or_not_at_all(cut_off, network, recipe, options, said):
    options = {"vocab_size": 300, "resume": True} | options
    recipe = replace(RECIPE, **recipe)
    before = sorted(path for path in cut_off.rglob("*"))
    with pytest.raises(TrainingError, match=said):
        train([TRAINING], [VALIDATION], cut_off, recipe, NETWORK | network, **options)
    assert sorted(path for path in cut_off.rglob("*")) == before


def test_a_run_goes_on_with_its_own_texts_or_not_at_all(cut_off):
    fewer = replace(TRAINING, texts=TRAINING.texts[1:], labels=TRAINING.labels[1:])
    with pytest.raises(TrainingError, match="data is .*72.*, not .*71"):
        run(cut_off, RECIPE, training=fewer, resume=True)


# As a user does it.


def test_the_command_survives_kill_and_ctrl_c_and_ends_as_if_undisturbed(
    tmp_path, capsys, monkeypatch
):
    file = tmp_path / "texts.csv"
    rows = zip(TRAINING.texts, TRAINING.labels, strict=True)
    file.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in rows))
    words = f"{file} --validation {file} --epochs 8 --patience 8 --batch-size 4 --vocab-size 300"
    words += " --embedding-size 7 --kernel-sizes 1 3 --filters 5 --hidden-size 11"
    words = ["train", *words.split(), "--attention-size", "3"]

    def started(*more) -> subprocess.Popen:
        command = [sys.executable, "-m", "attnviz", *words, "--output", str(tmp_path / "a"), *more]
        root = Path(__file__).resolve().parent.parent
        return subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.PIPE)

    def after_step(step: int, process: subprocess.Popen, number: int) -> tuple[str, str]:
        folder = tmp_path / "a" / "checkpoints"
        while process.poll() is None:
            last = checkpoints.last_checkpoint(folder)
            if last and int(last.name.rpartition("-")[2]) >= step:
                process.send_signal(number)
                break
            time.sleep(0.02)
        output, errors = process.communicate(timeout=120)
        return output.decode(), errors.decode()

    killed = started()
    after_step(STEPS, killed, signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    stopped = started("--resume")
    output, errors = after_step(2 * STEPS, stopped, signal.SIGINT)
    assert stopped.returncode == 130, errors
    assert output == ""
    last_line = errors.splitlines()[-1]
    assert last_line.startswith("attnviz: Stopped after step ")
    assert last_line.endswith("go on with the same command and --resume.")
    assert cli.main([*words, "--output", str(tmp_path / "a"), "--resume"]) == 0
    assert cli.main([*words, "--output", str(tmp_path / "b")]) == 0
    assert_same_weights(tmp_path / "a", tmp_path / "b")
    left, right = (History.load(tmp_path / name) for name in "ab")
    assert "--resume" not in left.command
    assert left.evaluations == right.evaluations
    assert left.state_gradients == right.state_gradients
