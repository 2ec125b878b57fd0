"""How good a run's network is on the validation files, and how sure it may be."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from attnviz.classifier import Classifier
from attnviz.evaluation import Labelled, expected_calibration_error, fit_temperature
from attnviz.forecasts import forecast_scores, half_widths
from attnviz.tag_scores import tag_scores
from attnviz.tasks import IGNORED
from attnviz.training.loop import NetworkTrainer


def calibrate(trainer: NetworkTrainer, judged: list[dict]) -> dict[str, float]:
    """Fit what makes the network as sure as it may be, on the validation files.

    That is the temperature of a classifier, and the width of the band of a forecast.
    """
    result = trainer.predict(judged)
    logits, truth = result.predictions.astype(np.float64), result.label_ids
    if trainer.model.config.task == "forecast":
        widths = half_widths(logits, truth)
        trainer.model.config.spread = [float(f"{width:.6g}") for width in widths]
        return {}
    if trainer.model.config.task == "tag":
        if trainer.model.config.transitions == "learnt":
            return {}  # a temperature would weigh the logits against the steps anew
        tagged = truth != IGNORED  # (N, T)
        logits, truth = logits[tagged], truth[tagged]
    return _cool(trainer, logits, truth)


def _cool(trainer: NetworkTrainer, logits: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """The temperature, and how much it helps.

    What it helps is measured on each half with the temperature of the other, so that it is not
    flattered by having seen the texts. Where that is no gain, the temperature stays 1.
    """
    from scipy.special import softmax

    half = np.arange(len(truth)) % 2 == 0
    cooled = logits.copy()
    if 0 < half.sum() < len(truth):
        cooled[half] /= fit_temperature(logits[~half], truth[~half])
        cooled[~half] /= fit_temperature(logits[half], truth[half])
    shares = (softmax(each, axis=1) for each in (logits, cooled))
    before, after = (expected_calibration_error(each, truth) for each in shares)
    temperature = round(fit_temperature(logits, truth), 4) if after < before else 1.0
    trainer.model.config.temperature = temperature
    return {"temperature": temperature, "ece_before": before, "ece_after": min(before, after)}


def measure(folder: str | Path, files: Sequence[Labelled]) -> dict[str, object]:
    """What a saved model is worth on each file, by the file's name: its accuracy (0…1), or the
    scores of its forecasts or tags (`attnviz.forecasts.forecast_scores`,
    `attnviz.tag_scores.tag_scores`)."""
    classifier = Classifier.from_pretrained(folder)
    judge = SCORES[classifier.network.config.task]
    return {file.name: judge(classifier, file) for file in files}


def fields_of(task: str, measured: dict[str, object]) -> dict[str, dict]:
    """The same as fields of `History`; the accuracy of tags is that by token."""
    if task == "classify":
        return {"accuracy": measured}
    found = {"scores": measured}
    if task == "tag":
        found["accuracy"] = {name: each["token_accuracy"] for name, each in measured.items()}
    return found


def _accuracy(classifier: Classifier, file: Labelled) -> float:
    predicted = classifier.predict(file.texts).labels
    return float(np.mean(np.array(predicted) == np.array(file.labels)))


SCORES = {"classify": _accuracy, "forecast": forecast_scores, "tag": tag_scores}
"""A row for each key of `attnviz.tasks.TASKS`."""
