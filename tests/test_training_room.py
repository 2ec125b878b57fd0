"""A run that is out of patience or out of room keeps what it has, and can be saved later."""

import os
import resource
from dataclasses import replace
from pathlib import Path

import pytest

import attnviz.training as module
from attnviz.errors import TrainingError
from attnviz.training import loop
from tests.training_runs import (
    RECIPE,
    STEPS,
    assert_same_run,
    checkpoints_of,
    die,
    disturbed,
    run,
)

RECIPE = replace(RECIPE, epochs=3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "model"
    run(folder, RECIPE)
    return folder


# Patience.


def test_a_resumed_run_has_no_more_patience_than_one_that_was_not(tmp_path, monkeypatch):
    """Accuracies 0.9, 0.5, 0.4: with patience 2, the third evaluation is the last."""
    recipe = replace(RECIPE, epochs=9, patience=2)
    accuracies = iter([0.9, 0.5, 0.4, 0.3])
    made = loop.make_trainer

    def make_trainer(*arguments):
        trainer = made(*arguments)
        trainer.compute_metrics = lambda _: {"accuracy": next(accuracies)}
        return trainer

    monkeypatch.setattr(module, "make_trainer", make_trainer)
    monkeypatch.setattr(module, "calibrate", lambda *_: {"temperature": 1.0})
    disturbed(monkeypatch, {2 * STEPS + 1: die})
    with pytest.raises(SystemExit):
        run(tmp_path / "model", recipe)
    history = run(tmp_path / "model", recipe, resume=True)
    assert [entry["accuracy"] for entry in history.evaluations] == [0.9, 0.5, 0.4]
    assert next(accuracies) == 0.3


def test_a_run_that_ended_but_was_not_saved_is_saved_without_another_step(
    whole, tmp_path, monkeypatch
):
    folder = tmp_path / "model"
    recipe = replace(RECIPE, epochs=9, patience=1)
    wanted = run(tmp_path / "undisturbed", recipe)
    assert len(wanted.evaluations) < 9

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_halved", lambda model: model)
        patch.setattr(module, "measure", full)
        with pytest.raises(TrainingError, match="The model could not be saved.*--resume"):
            run(folder, recipe)
    monkeypatch.setattr(loop.NetworkTrainer, "training_step", full)
    run(folder, recipe, resume=True)
    assert_same_run(folder, tmp_path / "undisturbed")


# No room.


@pytest.fixture
def room():
    """A function that limits how large a file may grow, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_the_checkpoint_before(whole, tmp_path, monkeypatch, room):
    folder = tmp_path / "model"
    disturbed(monkeypatch, {STEPS + 1: lambda: room(10_000)})  # the optimizer's file has 40 KB
    with pytest.raises(TrainingError) as caught:
        run(folder, RECIPE)
    room(resource.RLIM_INFINITY)
    message = str(caught.value)
    assert message.startswith(f"The checkpoint of step {2 * STEPS} could not be saved")
    assert f"checkpoint-{STEPS} is left: make room" in message
    assert "--resume" in message
    assert checkpoints_of(folder) == {f"checkpoint-{STEPS}"}
    run(folder, RECIPE, resume=True)
    assert_same_run(folder, whole)


def test_a_disk_that_is_full_from_the_start_leaves_nothing(whole, tmp_path, room):
    folder = tmp_path / "model"
    room(1_000)
    with pytest.raises(TrainingError, match="What --resume needs could not be saved"):
        run(folder, RECIPE)
    room(resource.RLIM_INFINITY)
    assert not (folder / "checkpoints").exists()
    run(folder, RECIPE)
    assert_same_run(folder, whole)


def test_a_model_that_cannot_be_written_is_not_there_by_half(whole, tmp_path, monkeypatch, room):
    folder = tmp_path / "model"
    calibrate = module.calibrate

    def then_full(*arguments):
        found = calibrate(*arguments)
        room(5_000)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(module, "calibrate", then_full)
        with pytest.raises(TrainingError, match=r"The model could not be saved: .* is left"):
            run(folder, RECIPE)
    room(resource.RLIM_INFINITY)
    assert [path.name for path in folder.iterdir()] == ["checkpoints"]
    assert not (folder / "checkpoints" / "finished").exists()
    run(folder, RECIPE, resume=True)
    assert_same_run(folder, whole)


def test_a_model_that_moved_in_by_half_is_none_and_is_mended(whole, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    move, moved = os.replace, []

    def dies_on_the_way(source, target):
        if Path(target).parent == folder:
            moved.append(Path(target).name)
        if len(moved) == 3:
            die()
        move(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dies_on_the_way)
        with pytest.raises(SystemExit):
            run(folder, RECIPE)
    assert not (folder / "model.safetensors").exists()
    run(folder, RECIPE, resume=True)
    assert_same_run(folder, whole)
