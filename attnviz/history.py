"""What a training run left behind: `training.json` in the model folder, as plain data."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field
from dataclasses import fields as dataclass_fields
from os.path import isfile
from pathlib import Path
from statistics import median
from string import Formatter
from typing import NamedTuple

from attnviz.errors import N_, ModelFolderError
from attnviz.folders.files import MB, read_file
from attnviz.writing import write_text

FILE_NAME = "training.json"
MOST_BYTES = 200 * MB
FAR = 40  # tokens back: a long sentence
WINDOW = 9  # positions whose median stands for one: a single token may lie far off its neighbours
LEAKED = 0.05
"""From this share of shared texts on, an accuracy is said to be too high."""
LARGEST = 1e300
LONGEST_MESSAGE = 10_000  # characters


@dataclass(frozen=True)
class History:
    """One training run, from its command to its result.

    Parameters
    ----------
    command, seed, seconds, finished
        How it was run, for how long, and the day (ISO 8601) on which it ended.
    recipe
        The fields of `attnviz.training.Recipe`.
    data
        `{"name": …, "texts": …, "use": "training" | "validation" | "unlabelled"}` of each file, of
        a validation file also `"shared"`, the share 0…1 of its texts that stand in training too,
        and, where there was one, of the `"teacher"` and of the model that was the `"start"`, which
        have no texts.
    steps
        One entry for every few steps: `step`, `epoch`; means since the entry before of `loss` and
        of `gradient_norm`, the Euclidean norm over all parameters before clipping, and of
        `gradient_norms`, the same for each layer, by name; `clipped`, the share 0…1 of these steps
        whose gradient was clipped; the `learning_rate` of the last of them.
    evaluations
        One entry for each: `step`, `epoch`, `loss` and the `metric` on the validation files.
    state_gradients
        ‖∂loss/∂h_t‖ through the recurrence, in the last recurrent layer, at some steps: `step`,
        `epoch`, `direction` and `norms`, of which entry d is the mean over a few training texts
        at the position d before the last that the direction reads. A norm that falls with the
        distance is a vanishing gradient, one that rises an exploding one (Pascanu et al. 2013).
    accuracy
        On each validation file, 0…1, measured on the folder as saved. Empty for a forecast.
    calibration
        `temperature`; `ece_before` and `ece_after`, the expected calibration error 0…1 on the
        validation files with temperature 1 and with temperatures fitted on their other half. Where
        the second is no less, the temperature stays 1 and both are the first.
    stopped
        Of a run that ended before its end, why: `template`, an English message, and `values`,
        which fill its fields. Such a run has no accuracy, no calibration and no model.
    metric
        Key of `METRICS`: by what the epoch that was kept was chosen.
    scores
        On each validation file, of tags what `attnviz.tag_scores.scores_of` says; of a forecast
        `mae`, `rmse` in the target's unit, `mase`, the share `coverage` of values inside the band,
        and `naive_mae` of the seasonal naive.
    """

    command: str
    seed: int
    seconds: float
    finished: str
    recipe: dict
    data: list[dict]
    steps: list[dict] = field(default_factory=list)
    evaluations: list[dict] = field(default_factory=list)
    state_gradients: list[dict] = field(default_factory=list)
    accuracy: dict[str, float] = field(default_factory=dict)
    calibration: dict[str, float] = field(default_factory=dict)
    stopped: dict = field(default_factory=dict)
    metric: str = "accuracy"
    scores: dict[str, dict[str, float]] = field(default_factory=dict)

    def save(self, folder: str | Path) -> None:
        """Write `training.json` into a model folder."""
        entries = json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)
        write_text(Path(folder) / FILE_NAME, entries + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> "History | None":
        """What `save` wrote, or None where the folder holds none.

        Raises
        ------
        ModelFolderError
            If the file is there but holds no training run, or not all of it.
        """
        path = Path(folder) / FILE_NAME
        if not isfile(path):  # unlike Path.is_file, False for a path too long to exist
            return None
        try:
            found = json.loads(read_file(path, MOST_BYTES))
            if not isinstance(found, dict):
                raise ValueError("no object")
        except (OSError, ValueError, RecursionError) as error:
            raise ModelFolderError(
                "{path} holds no training run: {error}. Delete the file, or train the model again.",
                path=path,
                error=error,
            ) from error
        if place := next(_wrong(found), None):
            raise ModelFolderError(
                "{path} holds no whole training run: {place} is missing, unknown or of the wrong "
                "kind. Delete the file, or train the model again.",
                path=path,
                place=place,
            )
        return cls(**found)

    @property
    def too_high(self) -> dict[str, float]:
        """Validation file → the share of its texts that were trained on, from `LEAKED` on."""
        shares = {entry["name"]: entry.get("shared") or 0 for entry in self.data}
        return {name: share for name, share in shares.items() if share >= LEAKED}

    @property
    def clip_norm(self) -> float | None:
        """The gradient norm above which a step was scaled down to it; None where none was."""
        norm = self.recipe.get("clip_norm")
        return norm if norm and _fits(norm, float) else None

    @property
    def teacher_share(self) -> float | None:
        """The teacher's share 0…1 of the training loss; None where there was no teacher."""
        taught = any(entry.get("use") in ("teacher", "unlabelled") for entry in self.data)
        share = self.recipe.get("teacher_weight")
        return share if taught and share and _fits(share, float) else None

    @property
    def best(self) -> dict | None:
        """The evaluation with the best `metric`, the earliest of equals: its weights stayed."""
        measured = [entry for entry in self.evaluations if entry.get(self.metric) is not None]
        best = METRICS[self.metric].best
        return best(measured, key=lambda entry: entry[self.metric], default=None)

    @property
    def worth(self) -> dict[str, str]:
        """Validation file → how good the saved model is on it: 93.9%, a forecast's MASE."""
        shares = {name: f"{value:.1%}" for name, value in self.accuracy.items()}
        forecasts = {
            name: f"MASE {scores['mase']:.2f} (seasonal naive {scores['naive_mase']:.2f})"
            for name, scores in self.scores.items()
            if {"mase", "naive_mase"} <= scores.keys()
        }
        spans = {
            name: f"{shares[name]} (F1 of spans {scores['span_f1']:.1%})"
            for name, scores in self.scores.items()
            if "span_f1" in scores
        }
        return shares | forecasts | spans

    @property
    def clipped(self) -> float | None:
        """The share 0…1 of all recorded steps whose gradient was clipped."""
        total = counted = before = 0
        for entry in self.steps:
            steps, before = entry["step"] - before, entry["step"]
            if entry.get("clipped") is not None:
                total, counted = total + steps * entry["clipped"], counted + steps
        return total / counted if counted > 0 else None

    def reach(self, direction: str) -> tuple[int, float] | None:
        """How far back a gradient reaches at the end of training: a distance, and the share left.

        The distance is `FAR`, or less in short texts. The share is the median norm at half to one
        and a half times that distance over the median of the `WINDOW` positions nearest the end:
        attention gives each position a gradient of its own, so single ones say little. None where
        too little was recorded or the gradient near the end is 0.
        """
        entries = [entry for entry in self.state_gradients if entry["direction"] == direction]
        norms = entries[-1]["norms"] if entries else []
        distance = min(FAR, 2 * (len(norms) - 1) // 3)
        if distance < 2:
            return None
        near = median(norms[: 2 * min(WINDOW // 2, distance // 4) + 1])
        far = median(norms[distance - distance // 2 : distance + distance // 2 + 1])
        return (distance, far / near) if near > 0 else None


class Metric(NamedTuple):
    """What says how good an epoch is.

    Its title alone and as that of the validation files, a sentence for the best, whether `max` or
    `min` is best, how it is written, and on an axis.
    """

    title: str
    validation: str
    headline: str
    best: Callable
    format: str
    axis: str


METRICS = {
    "accuracy": Metric(
        N_("Accuracy"),
        N_("Validation accuracy"),
        N_("Best validation accuracy: {value} at step {step}"),
        max,
        ".1%",
        ".1~%",
    ),
    "token_accuracy": Metric(
        N_("Accuracy by token"),
        N_("Validation accuracy by token"),
        N_("Best validation accuracy by token: {value} at step {step}"),
        max,
        ".1%",
        ".1~%",
    ),
    "span_f1": Metric(
        N_("F1 of spans"),
        N_("Validation F1 of spans"),
        N_("Best validation F1 of spans: {value} at step {step}"),
        max,
        ".1%",
        ".1~%",
    ),
    "mae": Metric(
        N_("Mean absolute error"),
        N_("Mean absolute error on the validation files"),
        N_("Lowest mean absolute error on the validation files: {value} at step {step}"),
        min,
        ".4g",
        "~g",
    ),
}


LAYERS = {
    "embedding": N_("Embedding"),
    "convolutions": N_("Convolutions"),
    "recurrent": N_("Recurrent layer"),
    "attention": N_("Attention"),
    "head": N_("Linear head"),
}


def layer_title(name: str, translate: Callable[[str], str]) -> str:
    """`recurrent.layers.0` → Recurrent layer 1; a name that is none of ours stays as it is."""
    first, _, rest = name.partition(".")
    number = rest.removeprefix("layers.")
    if first not in LAYERS or (rest and not number.isdecimal()):
        return name
    return translate(LAYERS[first]) + (f" {int(number) + 1}" if rest else "")


ENTRIES = {
    "data": {"name": str, "texts?": int, "use?": str, "shared?": float},
    "steps": {
        "step": int,
        "epoch?": float,
        "loss?": float,
        "learning_rate?": float,
        "gradient_norm?": float,
        "gradient_norms?": dict[str, float],
        "clipped?": float,
    },
    "evaluations": {
        "step": int,
        "epoch?": float,
        "loss?": float,
        **{f"{metric}?": float for metric in METRICS},
    },
    "state_gradients": {"step": int, "epoch?": float, "direction": str, "norms": list[float]},
}
"""Field of `History` → fields of its entries and their kinds; `?` may be left out, or null."""


def _wrong(found: Mapping) -> Iterator[str]:
    """The places in a file that do not fit `History`."""
    fields = {item.name: item for item in dataclass_fields(History)}
    yield from (name for name in found if name not in fields)
    for name, item in fields.items():
        if name not in found:
            if item.default_factory is MISSING and item.default is MISSING:
                yield name
        elif name == "metric":
            if found[name] not in METRICS:
                yield name
        elif name == "stopped":
            if not _is_message(found[name]):
                yield name
        elif name not in ENTRIES:
            if not _fits(found[name], item.type):
                yield name
        elif not isinstance(found[name], list):
            yield name
        else:
            for number, entry in enumerate(found[name]):
                yield from _wrong_in_entry(entry, ENTRIES[name], f"{name}[{number}]")


def _wrong_in_entry(entry: object, kinds: Mapping[str, type], place: str) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield place
        return
    for key, kind in kinds.items():
        name = key.removesuffix("?")
        if not _fits(entry.get(name), kind) and not (key != name and entry.get(name) is None):
            yield f"{place}.{name}"


def _is_message(entry: object) -> bool:
    """Whether `stopped` is empty, or a template whose plain fields its values fill."""
    if entry == {}:
        return True
    try:
        template, values = entry["template"], entry["values"]
        parts = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
        plain = all((spec, turned) == ("", None) and name in values for name, spec, turned in parts)
        texts = [template, *map(str, values.values())]
        sound = all(len(text) <= LONGEST_MESSAGE and text.encode() for text in texts if text)
        return plain and sound and all(isinstance(v, str | int) for v in values.values())
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _fits(value: object, kind: type) -> bool:
    if kind is float:  # an int of JSON is a number too, True is none, nor is 1e999
        return type(value) in (int, float) and -LARGEST < value < LARGEST
    if kind is int:
        return type(value) is int and 0 <= value < LARGEST
    if kind == list[float]:
        return isinstance(value, list) and all(_fits(number, float) for number in value)
    if kind == dict[str, dict[str, float]]:
        parts = value.values() if isinstance(value, dict) else [None]
        return all(_fits(part, dict[str, float]) for part in parts)
    if kind == dict[str, float]:
        return isinstance(value, dict) and all(_fits(part, float) for part in value.values())
    return isinstance(value, kind)
