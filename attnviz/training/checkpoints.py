"""What a run keeps on disk while it goes on, and whether another may go on from there."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from transformers import PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from attnviz.errors import AttnvizError, TrainingError, WriteError
from attnviz.writing import written_whole

SETTINGS = "config.json"
LOGITS = "teacher.npy"


def last_checkpoint(checkpoints: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    newest_first = sorted(checkpoints.glob("checkpoint-*"), key=lambda path: -_step(path))
    return next(filter(_is_sound, newest_first), None)


def begin(
    checkpoints: Path,
    settings: Mapping[str, object],
    tokenizer: PreTrainedTokenizerFast | None,
    logits: np.ndarray | None,
    last: Path | None,
) -> None:
    """Keep what a run that is cut off needs to go on; take away what cannot be gone on from."""
    for path in checkpoints.glob("checkpoint-*"):
        if not last or _step(path) > _step(last):
            shutil.rmtree(path, ignore_errors=True)
    if last:
        return
    with saving(checkpoints, "What --resume needs"):
        checkpoints.mkdir(parents=True, exist_ok=True)
        _write(checkpoints / SETTINGS, json.dumps(settings, indent=2).encode())
        if logits is not None:
            _write(checkpoints / LOGITS, logits)
        if tokenizer is not None:
            tokenizer.save_pretrained(checkpoints)


def forget_what_cannot_be_resumed(checkpoints: Path) -> None:
    """After a run that ended before its first checkpoint, unless it has asked its teacher."""
    if not (last_checkpoint(checkpoints) or (checkpoints / LOGITS).is_file()):
        shutil.rmtree(checkpoints, ignore_errors=True)


def kept_logits(checkpoints: Path) -> np.ndarray | None:
    """What the teacher said when the run began, if it did."""
    path = checkpoints / LOGITS
    return np.load(path) if path.is_file() else None


@contextmanager
def saving(folder: Path, what: str) -> Iterator[None]:
    """What cannot be written is taken away, so that no half of it is ever read."""
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()  # one for each file that is written
    try:
        yield
    except Exception as error:  # a full disk has many names: OSError, SafetensorError, Exception
        if isinstance(error, AttnvizError) and not isinstance(error, WriteError):
            raise
        shutil.rmtree(folder, ignore_errors=True)
        kept = last_checkpoint(folder.parent)
        raise TrainingError(
            "{what} could not be saved: {error}. {kept} is left: make room, then go on with the "
            "same command and --resume.",
            what=what,
            error=error,
            kept=kept.name if kept else "No checkpoint",
        ) from error
    finally:
        if bars:
            transformers_logging.enable_progress_bar()


def refuse_occupied(output: Path, checkpoints: Path, resume: bool) -> None:
    """No model is overwritten, no run mixed with another; a run that ended cannot go on.

    Nor is a run begun whose result could not be written: what a teacher says takes hours to ask.
    """
    if (output / "model.safetensors").exists() and not (resume and checkpoints.is_dir()):
        raise TrainingError(
            "{folder} holds a model already. Choose another --output, or delete that one.",
            folder=output,
        )
    if checkpoints.is_dir() and not resume:
        raise TrainingError(
            "{folder} holds checkpoints of a run that was cut off. Go on with --resume, or delete "
            "them to start anew.",
            folder=checkpoints,
        )
    above = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise TrainingError(
            "{folder} cannot be written: {above} is no folder that you may write to. Choose "
            "another --output.",
            folder=output,
            above=above,
        )


def refuse_other_settings(checkpoints: Path, settings: Mapping[str, object]) -> None:
    """A run goes on with the options and the texts that it began with, or not at all."""
    kept = checkpoints / SETTINGS
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    for name, value in json.loads(json.dumps(settings)).items():
        if name in before and before[name] != value:
            raise TrainingError(
                "{folder} holds a run whose {name} is {before!r}, not {value!r}. Resume it "
                "with the options that it began with, or choose another --output.",
                folder=checkpoints,
                name=name,
                before=before[name],
                value=value,
            )


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _is_sound(checkpoint: Path) -> bool:
    """trainer_state.json comes last, but a machine that lost its power may have lost any file."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
        with safe_open(checkpoint / "model.safetensors", "numpy"):
            pass  # opening compares the file's length with what its header promises
    except (OSError, ValueError, SafetensorError):
        return False
    return all(map(zipfile.is_zipfile, [checkpoint / "optimizer.pt", *checkpoint.glob("*.pth")]))


def _write(path: Path, content: bytes | np.ndarray) -> None:
    """Whole or not at all."""
    with written_whole(path) as part, part.open("wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            np.save(file, content)
