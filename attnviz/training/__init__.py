"""From labelled files to a model folder, on Transformers' `Trainer`."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import torch
from transformers import set_seed as seed_everything

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import N_, TrainingError, WriteError
from attnviz.evaluation import Labelled
from attnviz.history import History
from attnviz.modeling import CnnLstmAttentionTrunk
from attnviz.tagging import NETWORKS
from attnviz.tokenization import USUAL, Pieces
from attnviz.training.checkpoints import (
    begin,
    forget_what_cannot_be_resumed,
    kept_logits,
    last_checkpoint,
    refuse_occupied,
    refuse_other_settings,
    saving,
)
from attnviz.training.judging import calibrate, fields_of, measure
from attnviz.training.loop import NetworkTrainer, make_trainer
from attnviz.training.material import SampleMaterial, TextMaterial, material_of
from attnviz.training.recipe import SCHEDULES, Recipe
from attnviz.training.recorder import Recorder
from attnviz.training.starting import network_of
from attnviz.training.teacher import teacher_logits
from attnviz.training.texts import label_names, with_teacher
from attnviz.training.vectors import start_from_vectors

__all__ = ["SCHEDULES", "Interrupted", "Recipe", "measure", "start_from_vectors", "train"]


STOPPED = N_(
    "Stopped after step {step} of {steps}. Its checkpoint is saved; go on with the same command "
    "and --resume."
)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C was pressed and a checkpoint saved; the message says how to go on."""


def train(
    training: Sequence[Labelled],
    validation: Sequence[Labelled],
    output: str | Path,
    recipe: Recipe,
    network: Mapping[str, object],
    vocab_size: int = 8_000,
    pieces: Pieces = USUAL,
    vectors: str | Path | None = None,
    teacher: str | Path | None = None,
    unlabelled: Sequence[str] = (),
    shares: Sequence[float] | None = None,
    resume: bool = False,
    command: str = "",
    start_from: str | Path | None = None,
) -> History:
    """Learn a tokenizer and a network, keep the best epoch, save it as float16 in `output`.

    `network` holds fields of `CnnLstmAttentionConfig`; its temperature is fitted here, on the
    validation files. `vocab_size` and `pieces` are the tokenizer's. `teacher` is a Transformers
    sequence classifier for the same labels, whose logits are learnt too, on the training texts and
    on the `unlabelled` ones. With `start_from`, the folder of a model, its tokenizer and weights
    are the start, and `network` holds at most what `starting.FREE` names; the head is new where
    the labels are others. `shares` (0…1) of the validation files that are trained on too are
    measured where they are not given. Returns what is written to `training.json`. A run that was
    cut off leaves its checkpoints in `output/checkpoints`; `resume` goes on from the last; a run
    that ends takes them away. Under `torchrun` each process trains its share of every step and
    the first one writes.

    Raises
    ------
    ModelFolderError
        If the model to start from cannot be opened.
    TrainingError
        If there is nothing to learn from, a label is missing or never occurs in training, the
        teacher does not fit, the loss is no longer a number, a checkpoint cannot be written, or
        `output` holds a model or the checkpoints of another run.
    Interrupted
        After Ctrl-C, once a checkpoint is written.
    """
    started = time.monotonic()
    output, checkpoints = Path(output), Path(output) / "checkpoints"
    first = os.environ.get("RANK", "0") == "0"  # of the processes of `torchrun`, or alone
    if first:  # the others may come here when the first has begun to write
        refuse_occupied(output, checkpoints, resume)
    if unlabelled and not teacher:
        raise TrainingError("Texts without labels teach nothing without a teacher. Name one.")
    start = Classifier.from_pretrained(start_from) if start_from else None
    network = network_of(start, start_from, network) if start else network
    material = material_of(network)(training, validation, unlabelled, start)
    network = material.fields(network)
    with torch.device("meta"):  # a network that cannot be is refused before anything is read
        planned = CnnLstmAttentionConfig(**network)
        NETWORKS[planned.task](planned)
    seed_everything(recipe.seed)
    last = last_checkpoint(checkpoints) if resume else None
    network |= material.learn_tokens(last, vocab_size, pieces, vectors) | {"temperature": 1.0}
    config = CnnLstmAttentionConfig(**network)
    models = {"teacher": teacher, "start": start_from}
    shares = shares if first else [0.0] * len(validation)  # which nobody else writes
    data = material.entries(models, shares)
    paths = {"vectors": vectors, "teacher": teacher, "start_from": start_from}
    settings = config.to_dict() | asdict(recipe) | {"vocab_size": vocab_size}
    settings |= pieces._asdict()
    settings |= {name: path and str(path) for name, path in paths.items()} | {"data": data}
    if resume and first:
        refuse_other_settings(checkpoints, settings)
    model = NETWORKS[config.task](config)
    items, judged = material.items(config, recipe), material.judged(config)
    material.prepare(model, items, vectors)
    logits = _ask(teacher, material, recipe, checkpoints) if teacher else None
    if teacher:
        items = with_teacher(items, logits)
    if first:
        begin(checkpoints, settings, material.tokenizer, logits, last)
    trainer = make_trainer(model, material.processor, items, judged, checkpoints, recipe)
    trainer.recorder.started = started
    note = partial(_history, trainer.recorder, recipe, command, data)
    _go_on(trainer, last, note, output if first else None)
    calibration = calibrate(trainer, judged)
    if not first:
        return History(command, recipe.seed, 0.0, "", asdict(recipe), [])
    history = note(calibration=calibration)
    return _save(_halved(trainer.model), material, history, start_from, output)


def _go_on(
    trainer: NetworkTrainer, last: Path | None, note: Callable[..., History], output: Path | None
) -> None:
    """Train to the end. A run that ends before leaves its record in `output`, if it is to write."""
    try:
        trainer.go_on(last)
    except TrainingError as error:
        if output:
            forget_what_cannot_be_resumed(output / "checkpoints")
            _leave_record(trainer, note, error.template, error.values, output)
        raise
    if trainer.stop.asked:
        values = {"step": trainer.state.global_step, "steps": trainer.state.max_steps}
        if not output:
            raise SystemExit(130)  # as Ctrl-C; the first process says why
        _leave_record(trainer, note, STOPPED, values, output)
        raise Interrupted(STOPPED.format(**values))


def _leave_record(
    trainer: NetworkTrainer,
    note: Callable[..., History],
    template: str,
    values: Mapping[str, object],
    output: Path,
) -> None:
    """Of a run that ended before its end: how its gradients exploded can be looked at."""
    trainer.recorder.enter_steps(trainer.args, trainer.state)
    told = {name: value if isinstance(value, int) else str(value) for name, value in values.items()}
    with suppress(
        OSError, ValueError, WriteError
    ):  # a full disk, or no number to write, has been said
        output.mkdir(parents=True, exist_ok=True)
        note(stopped={"template": template, "values": told}).save(output)


def _history(
    recorder: Recorder,
    recipe: Recipe,
    command: str,
    data: list[dict],
    calibration: Mapping[str, float] | None = None,
    stopped: Mapping[str, object] | None = None,
) -> History:
    """What the run leaves behind, but for the accuracies that are still to be measured."""
    return History(
        command=command,
        seed=recipe.seed,
        seconds=round(recorder.seconds, 1),
        finished=date.today().isoformat(),
        recipe=asdict(recipe),
        data=data,
        steps=recorder.steps,
        evaluations=recorder.evaluations,
        state_gradients=recorder.state_gradients,
        calibration=dict(calibration or {}),
        stopped=dict(stopped or {}),
        metric=recorder.metric,
    )


def _ask(
    teacher: str | Path,
    material: TextMaterial | SampleMaterial,
    recipe: Recipe,
    checkpoints: Path,
) -> np.ndarray:
    """What the teacher says of each text; reading them takes long, so a resumed run keeps it."""
    kept = kept_logits(checkpoints)
    if kept is not None:
        return kept
    if not isinstance(material, TextMaterial):
        raise TrainingError("A teacher reads texts, and these are samples. Leave --teacher out.")
    from tqdm import tqdm

    names = label_names(material.training, material.validation)
    texts = [text for file in material.files for text in file.texts]
    settings = {"total": len(texts), "unit": " texts", "desc": "teacher", "file": sys.stderr}
    with tqdm(**settings, delay=1) as bar:  # a teacher that cannot teach shows none
        return teacher_logits(teacher, texts, names, recipe.teacher_tokens, bar.update)


def _save(
    model: CnnLstmAttentionTrunk,
    material: TextMaterial | SampleMaterial,
    history: History,
    start_from: str | Path | None,
    output: Path,
) -> History:
    """Write the folder so that a full disk leaves no half a model: the weights move in last."""
    _refuse_infinite(model)
    finished = output / "checkpoints" / "finished"
    with saving(finished, "The model"):
        model.save_pretrained(finished)
        material.save(finished, start_from)
        measured = measure(finished, material.validation)
        history = replace(history, **fields_of(model.config.task, measured))
        history.save(finished)
        for path in sorted(finished.iterdir(), key=lambda path: path.suffix == ".safetensors"):
            os.replace(path, output / path.name)
    shutil.rmtree(output / "checkpoints", ignore_errors=True)
    return history


def _halved(
    model: CnnLstmAttentionTrunk,
) -> CnnLstmAttentionTrunk:
    """Weights in half precision; means and scales of channels may be beyond what that holds."""
    measured = {name: values.clone() for name, values in model.named_buffers()}
    model = model.half()
    for name, values in model.named_buffers():
        values.data = measured[name]
    return model


def _refuse_infinite(model: CnnLstmAttentionTrunk) -> None:
    for name, values in model.named_parameters():
        if not values.isfinite().all():
            raise TrainingError(
                "Training diverged: {name} is not finite. Try a smaller --learning-rate.",
                name=name,
            )
