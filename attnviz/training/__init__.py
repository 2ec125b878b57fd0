"""From labelled files to a model folder, on Transformers' `Trainer`."""

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast
from transformers import set_seed as seed_everything

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import TrainingError
from attnviz.evaluation import Labelled, expected_calibration_error, fit_temperature
from attnviz.history import History
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.training.loop import NetworkTrainer, last_checkpoint, make_trainer
from attnviz.training.recipe import SCHEDULES, Recipe
from attnviz.training.teacher import teacher_logits
from attnviz.training.texts import encode, label_names, tokenizer_of, with_teacher
from attnviz.training.vectors import start_from_vectors

__all__ = ["SCHEDULES", "Interrupted", "Recipe", "measure", "start_from_vectors", "train"]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C was pressed and a checkpoint saved; the message says how to go on."""


def train(
    training: Sequence[Labelled],
    validation: Sequence[Labelled],
    output: str | Path,
    recipe: Recipe,
    network: Mapping[str, object],
    vocab_size: int = 8_000,
    vectors: str | Path | None = None,
    teacher: str | Path | None = None,
    unlabelled: Sequence[str] = (),
    resume: bool = False,
    command: str = "",
) -> History:
    """Learn a tokenizer and a network, keep the best epoch, save it as float16 in `output`.

    `network` holds fields of `CnnLstmAttentionConfig`; its temperature is fitted here, on the
    validation files. `teacher` is a Transformers sequence classifier for the same labels, whose
    logits are learnt too, on the training texts and on the `unlabelled` ones. Returns what is
    written to `training.json`. A run that was cut off leaves its checkpoints in
    `output/checkpoints`; `resume` goes on from the last; a run that ends takes them away. Under
    `torchrun` each process trains its share of every step and the first one writes.

    Raises
    ------
    TrainingError
        If there is nothing to learn from, a label is missing or never occurs in training, the
        teacher does not fit, the loss is no longer a number, a checkpoint cannot be written, or
        `output` holds a model or the checkpoints of another run.
    Interrupted
        After Ctrl-C, once a checkpoint is written.
    """
    started = time.monotonic()
    output, checkpoints = Path(output), Path(output) / "checkpoints"
    if not resume:
        _refuse_occupied(output, checkpoints)
    if unlabelled and not teacher:
        raise TrainingError("Texts without labels teach nothing without a teacher. Name one.")
    names = label_names(training, validation)
    settings = {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}
    with torch.device("meta"):  # a network that cannot be is refused before anything is read
        CnnLstmAttentionForSequenceClassification(CnnLstmAttentionConfig(**settings, **network))
    seed_everything(recipe.seed)
    tokenizer = tokenizer_of(checkpoints, training, unlabelled, vocab_size)
    config = CnnLstmAttentionConfig(vocab_size=len(tokenizer), **settings, **network)
    model = CnnLstmAttentionForSequenceClassification(config)
    if vectors:
        start_from_vectors(model, tokenizer, vectors)
    files = [*training, Labelled("unlabelled", list(unlabelled), [None] * len(unlabelled))]
    texts = encode(files, tokenizer, config.label2id, recipe.training_tokens)
    if teacher:
        everything = [text for file in files for text in file.texts]
        texts = with_teacher(texts, _kept_logits(checkpoints, teacher, everything, names, recipe))
    judged = encode(validation, tokenizer, config.label2id, config.max_tokens)
    trainer = make_trainer(model, tokenizer, texts, judged, checkpoints, recipe)
    _run(trainer, tokenizer, config, checkpoints, resume)
    calibration = _calibrate(trainer, judged)
    if not trainer.is_world_process_zero():
        return History(command, recipe.seed, 0.0, "", asdict(recipe), [])
    _save(trainer.model.half(), tokenizer, output)
    recorder = trainer.recorder
    history = History(
        command=command,
        seed=recipe.seed,
        seconds=round(time.monotonic() - started, 1),
        finished=date.today().isoformat(),
        recipe=asdict(recipe),
        data=_data(training, validation, unlabelled),
        steps=recorder.steps,
        evaluations=recorder.evaluations,
        state_gradients=recorder.state_gradients,
        accuracy=measure(output, validation),
        calibration=calibration,
    )
    history.save(output)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return history


def measure(folder: str | Path, files: Sequence[Labelled]) -> dict[str, float]:
    """The accuracy (0…1) of a saved model on each file, by the file's name."""
    classifier = Classifier.from_pretrained(folder)
    return {
        file.name: float(
            np.mean(np.array(classifier.predict(file.texts).labels) == np.array(file.labels))
        )
        for file in files
    }


def _run(
    trainer: NetworkTrainer,
    tokenizer: PreTrainedTokenizerFast,
    config: CnnLstmAttentionConfig,
    checkpoints: Path,
    resume: bool,
) -> None:
    """Train to the end, from the last sound checkpoint if asked."""
    settings = config.to_dict()
    if trainer.is_world_process_zero():
        checkpoints.mkdir(parents=True, exist_ok=True)
        _refuse_other_settings(checkpoints / "config.json", settings)
        tokenizer.save_pretrained(checkpoints)
    last = last_checkpoint(checkpoints) if resume else None
    if last:
        trainer.recorder.restore(last)
    try:
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    finally:
        trainer.stop.restore()
    if trainer.stop.asked:
        raise Interrupted(
            f"stopped after step {trainer.state.global_step} of {trainer.state.max_steps}. Its "
            "checkpoint is saved; go on with the same command and --resume."
        )


def _calibrate(trainer: NetworkTrainer, judged: list[dict]) -> dict[str, float]:
    """Fit the network's temperature on the validation texts; says how much it helps.

    What it helps is measured on each half with the temperature of the other, so that it is not
    flattered by having seen the texts.
    """
    found = trainer.predict(judged)
    logits, truth = found.predictions.astype(np.float64), found.label_ids
    half = np.arange(len(truth)) % 2 == 0
    cooled = logits.copy()
    if 0 < half.sum() < len(truth):
        cooled[half] /= fit_temperature(logits[~half], truth[~half])
        cooled[~half] /= fit_temperature(logits[half], truth[half])
    temperature = round(fit_temperature(logits, truth), 4)
    trainer.model.config.temperature = temperature
    return {
        "temperature": temperature,
        "ece_before": expected_calibration_error(_softmax(logits), truth),
        "ece_after": expected_calibration_error(_softmax(cooled), truth),
    }


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _kept_logits(
    checkpoints: Path, teacher: str | Path, texts: Sequence[str], names: list[str], recipe: Recipe
) -> np.ndarray:
    """What the teacher says of each text: reading them takes long, so a resumed run keeps it."""
    kept = checkpoints / "teacher.npy"
    if kept.is_file():
        return np.load(kept)
    from tqdm import tqdm

    with tqdm(total=len(texts), unit=" texts", desc="teacher", file=sys.stderr) as bar:
        logits = teacher_logits(teacher, texts, names, recipe.teacher_tokens, bar.update)
    checkpoints.mkdir(parents=True, exist_ok=True)
    np.save(kept, logits)
    return logits


def _save(
    model: CnnLstmAttentionForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    output: Path,
) -> None:
    """Write the folder so that a full disk leaves no half a model: the weights move in last."""
    _refuse_infinite(model)
    finished = output / "checkpoints" / "finished"
    model.save_pretrained(finished)
    tokenizer.save_pretrained(finished)
    for path in sorted(finished.iterdir(), key=lambda path: path.suffix == ".safetensors"):
        os.replace(path, output / path.name)


def _data(
    training: Sequence[Labelled], validation: Sequence[Labelled], unlabelled: Sequence[str]
) -> list[dict]:
    files = [{"name": f.name, "texts": len(f.texts), "use": "training"} for f in training]
    files += [{"name": f.name, "texts": len(f.texts), "use": "validation"} for f in validation]
    if unlabelled:
        files.append({"name": "unlabelled", "texts": len(unlabelled), "use": "unlabelled"})
    return files


def _refuse_occupied(output: Path, checkpoints: Path) -> None:
    if (output / "model.safetensors").exists():
        raise TrainingError(
            "{folder} holds a model already. Choose another --output, or delete that one.",
            folder=output,
        )
    if checkpoints.is_dir():
        raise TrainingError(
            "{folder} holds checkpoints of a run that was cut off. Go on with --resume, or delete "
            "them to start anew.",
            folder=checkpoints,
        )


def _refuse_other_settings(kept: Path, settings: Mapping[str, object]) -> None:
    """A run goes on with the network that it began with, or not at all."""
    settings = json.loads(json.dumps(settings))
    if kept.is_file():
        before = json.loads(kept.read_text(encoding="utf-8"))
        for name, value in settings.items():
            if before.get(name) != value:
                raise TrainingError(
                    "{folder} holds a run whose {name} is {before!r}, not {value!r}. Resume it "
                    "with the options that it began with, or choose another --output.",
                    folder=kept.parent,
                    name=name,
                    before=before.get(name),
                    value=value,
                )
    kept.write_text(json.dumps(settings, indent=2), encoding="utf-8")


def _refuse_infinite(model: CnnLstmAttentionForSequenceClassification) -> None:
    for name, values in model.named_parameters():
        if not values.isfinite().all():
            raise TrainingError(
                "Training diverged: {name} is not finite. Try a smaller --learning-rate.",
                name=name,
            )
