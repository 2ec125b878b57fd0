"""The README.md of a model folder: what it learnt from, how, and how well, over several seeds."""

import re
from collections.abc import Sequence
from math import prod
from pathlib import Path
from statistics import mean

from attnviz.errors import ModelFolderError
from attnviz.folders import check_folder, describe, label_names
from attnviz.folders.files import in_megabytes, weight_shapes
from attnviz.history import METRICS, History
from attnviz.kinds import EMPTY, INPUT_KINDS, SAMPLE_INPUTS
from attnviz.writing import write_text

CARD = """---
library_name: transformers
pipeline_tag: {pipeline}
tags: [attnviz, cnn_lstm_attention]
---
# {name}

{network}, for attnviz. {says}

## Network

{fields}

{parameters:,} parameters, {size}.

## Data

| file | {unit} | used for |
|---|---|---|
{data}

## Training

```
{command}
```

Seed {seed}, {minutes}, finished {day}. The best epoch, by {metric} on all validation
{unit} together, was kept.

## {title}

On the validation files, which chose the epoch, so a little flattering; measured on the folder as
saved (float16). Check with `python -m attnviz evaluate FILE --model {folder}`.

{metrics}
"""

LEAK = """
{name} is too high: {share:.0%} of these {unit}, or nearly the same, stood in the training files.
"""

CALIBRATION = """
Expected calibration error on these files: {ece_before:.3f} before, {ece_after:.3f} after
temperature scaling (temperature {temperature:.3f}, in `config.json`); “after” is measured on each
half of the {unit} with the temperature of the other half.
"""

UNSCALED = """
Expected calibration error on these files: {ece_before:.3f}. A temperature fitted on one half of the
{unit} did not lower it on the other half, so the temperature stays 1.
"""

BAND = """
MASE is the error by that of the seasonal naive in the training files; the naive is the same step of
the last season. The band holds 80 % of the validation windows by construction (split conformal), so
its coverage is worth something on other files only.
"""

FIELDS = ("input", "task", "channels", "step", "step_unit", "stride", "level", "front_end")
FIELDS += ("picture", "picture_filters", "letters", "letter_filters", "target", "horizon", "season")
FIELDS += ("transitions",)
FIELDS += ("order", "vocab_size", "embedding_size", "kernel_sizes", "filters", "channel_attention")
FIELDS += ("recurrent", "hidden_size", "num_hidden_layers", "bidirectional", "attention")
FIELDS += ("attention_size", "num_attention_heads", "max_tokens")

NOTES = "\n## Notes\n"
"""From this heading on, a card is written by hand and stays as it is."""


def write_card(folder: str | Path, others: Sequence[str | Path] = ()) -> None:
    """Write `README.md` into a model folder, from its config.json and training.json.

    `others` are folders of the same command with other seeds: the card shows how far they spread.

    Raises
    ------
    ModelFolderError
        If a folder holds no model or no training run, or `others` were trained in another way.
    """
    folder = Path(folder)
    config, run = check_folder(folder), _run(folder)
    runs = [run, *(_run(other) for other in others)]
    for other, path in zip(runs[1:], others, strict=True):
        _refuse_another_recipe(run, other, path)
    weights = folder / "model.safetensors"
    parameters = sum(map(prod, weight_shapes(weights).values()))
    unit, metric = _unit(config), METRICS[run.metric]
    card = CARD.format(
        name=folder.name,
        folder=folder,
        network=describe(config),
        pipeline=_pipeline(config),
        says=_says(config),
        unit=unit,
        metric=metric.title.lower(),
        title=TITLES.get(config.get("task"), metric.title),
        fields="\n".join(f"- {name}: {config[name]}" for name in _fields(config)),
        parameters=parameters,
        size=in_megabytes(weights.stat().st_size),
        data="\n".join(map(_row, run.data)),
        command=run.command,
        seed=run.seed,
        minutes=_duration(run.seconds),
        day=run.finished,
        metrics=_metrics(runs),
    )
    card += "".join(
        LEAK.format(name=name, share=share, unit=unit) for name, share in run.too_high.items()
    )
    card += BAND if config.get("task") == "forecast" else ""
    if {"temperature", "ece_before", "ece_after"} <= run.calibration.keys():
        scaled = run.calibration["temperature"] != 1
        card += (CALIBRATION if scaled else UNSCALED).format(unit=unit, **run.calibration)
    path = folder / "README.md"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    _, heading, notes = before.partition(NOTES)
    write_text(path, card + heading + notes)


def _unit(config: dict) -> str:
    if config.get("task") == "forecast":
        return "windows"
    return "samples" if config.get("input", "text") in SAMPLE_INPUTS else "texts"


def _pipeline(config: dict) -> str:
    """The task as the hub calls it."""
    if config.get("task", "classify") != "classify":
        return {"tag": "token-classification"}.get(config["task"], "time-series-forecasting")
    return {
        "text": "text-classification",
        "words": "text-classification",
        "series": "other",
        "frames": "video-classification",
    }.get(config.get("input", "text"), "image-classification")


def _says(config: dict) -> str:
    """What the model answers, in a sentence."""
    if config.get("task") == "tag":
        return f"Says of every word one of {', '.join(label_names(config))}."
    if config.get("task") != "forecast":
        return f"Tells {', '.join(label_names(config))} apart."
    step = f"{config.get('step') or 1:g} {config.get('step_unit') or 'step'}"
    return (
        f"Forecasts {', '.join(config['target'])}, {config['horizon']} steps of {step} ahead, from "
        f"{config['max_tokens']} steps before."
    )


def _fields(config: dict) -> list[str]:
    """Those that say something of this network: an input has no use for all of them."""
    reads_text = INPUT_KINDS[config.get("input", "text")].tokenizer
    return [
        name
        for name in FIELDS
        if name in config
        and (name not in EMPTY or config[name] != EMPTY[name])
        and (reads_text or name != "vocab_size")
        and not (reads_text and name in ("input", "task") and config[name] in ("text", "classify"))
    ]


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes > 1 else f"{seconds:.0f} s"


def _run(folder: str | Path) -> History:
    run = History.load(folder)
    if run is None:
        raise ModelFolderError("{folder} has no training.json.", folder=folder)
    return run


def _refuse_another_recipe(run: History, other: History, folder: str | Path) -> None:
    mine, its = (_recipe(entry.command) for entry in (run, other))
    if mine != its:
        raise ModelFolderError(
            "{folder} was trained in another way: “{its}”, not “{mine}”.",
            folder=folder,
            its=its,
            mine=mine,
        )


def _row(file: dict) -> str:
    texts = file.get("texts")
    count = "" if texts is None else f"{texts:,}"
    share = f" ({share:.1%} of it in training too)" if (share := file.get("shared")) else ""
    return f"| {file.get('name') or ''} | {count} | {file.get('use') or ''}{share} |"


def _recipe(command: str) -> str:
    """The command without what may differ between seeds."""
    return re.sub(r" --(seed|output)[= ]('[^']*'|\S+)", "", command)


def _metrics(runs: Sequence[History]) -> str:
    """A table of accuracies: this run's, and mean and range where there are other seeds."""
    if runs[0].scores:
        return _scores(runs)
    several = len(runs) > 1
    seeds = ", ".join(str(run.seed) for run in runs)
    title = METRICS[runs[0].metric].title.lower()
    head = ["file", title, *([f"mean of seeds {seeds}", "lowest–highest"] if several else [])]
    lines = [head, ["---"] * len(head)]
    for name, value in runs[0].accuracy.items():
        found = [run.accuracy[name] for run in runs if name in run.accuracy]
        spread = [f"{mean(found):.2%}", f"{min(found):.2%}–{max(found):.2%}"] if several else []
        lines.append([name, f"{value:.2%}", *spread])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


ERRORS = {
    "mae": ("MAE", ".4g"),
    "rmse": ("RMSE", ".4g"),
    "mase": ("MASE", ".3f"),
    "naive_mae": ("MAE of the seasonal naive", ".4g"),
    "naive_mase": ("its MASE", ".3f"),
    "coverage": ("inside the 80 % band", ".1%"),
}


TITLES = {"forecast": "Error", "tag": "Scores"}
TAGS = {
    "token_accuracy": ("accuracy by token", ".2%"),
    "span_f1": ("strict F1 of spans", ".2%"),
    "span_precision": ("precision", ".2%"),
    "span_recall": ("recall", ".2%"),
    **{kind: (kind, ".0f") for kind in ("missed", "spurious", "boundary", "type")},
    "forbidden": ("forbidden steps", ".0f"),
}


def _scores(runs: Sequence[History]) -> str:
    """A table of what forecasts or tags are worth: a row for each file and each seed."""
    first = next(iter(runs[0].scores.values()))
    kinds = ERRORS if "mae" in first else {key: TAGS[key] for key in TAGS if key in first}
    head = ["file", *(title for title, _ in kinds.values()), "seed"]
    lines = [head, ["---"] * len(head)]
    for name in runs[0].scores:
        for run in runs:
            scores = run.scores.get(name, {})
            numbers = [
                f"{scores[key]:{spec}}" if key in scores else "–"
                for key, (_, spec) in kinds.items()
            ]
            lines.append([name, *numbers, str(run.seed)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
