"""Files of series, films and pictures on the command line, for training and for scoring."""

import argparse
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from attnviz.cli.files import tell
from attnviz.data import Notice
from attnviz.errors import N_, ConfigurationError, FileError
from attnviz.evaluation import Labelled
from attnviz.inspection.starting_samples import open_samples
from attnviz.kinds import PICTURE_INPUTS
from attnviz.samples import Sample, SampleFile, matched, resampled
from attnviz.samples.windows import windows

HELD_OUT, HELD_OUT_TIME = 0.1, 0.2  # of the samples; of a series that is forecast, its end
UNLABELLED = N_("Samples without a label left out: {count:,}.")


def samples_of(file: str, input_kind: str, split: str | None = None) -> tuple[str, SampleFile]:
    """A file's name as it is shown, and its samples."""
    opened = open_samples(file, input_kind, split=split)
    part = f" ({opened.split})" if len(opened.splits) > 1 else ""
    return Path(file).name + part, opened


def training_samples(
    options: argparse.Namespace, network: Mapping[str, object]
) -> tuple[list[Labelled], list[Labelled], dict[str, object]]:
    """What is trained with, what is validated with, and fields that the files settle."""
    splits = [*options.split, *options.split[-1:], None, None][:2]
    if network.get("task") == "forecast":
        return _forecast(options, dict(network), splits)
    kind, fields = network["input"], {}
    training = [_labelled(file, kind, splits[0], fields) for file in options.files]
    validation = [_labelled(file, kind, splits[1], fields) for file in options.validation]
    for file in options.hold_out:
        kept, held_out = _divided(_labelled(file, kind, splits[0], fields))
        training.append(kept)
        validation.append(held_out)
    _refuse_nothing(training, validation)
    return training, validation, fields


def _labelled(file: str, kind: str, split: str | None, fields: dict[str, object]) -> Labelled:
    """The samples of a file that have a label; says what was guessed on the way."""
    name, opened = samples_of(file, kind, split)
    everything = list(opened)
    known = [sample for sample in everything if sample.label is not None]
    notices = list(opened.notices)
    if not known:
        raise FileError(
            "{file} has no labels to train with. Name its classes in the file, or bring another.",
            file=file,
        )
    if len(known) < len(everything):
        notices.append(Notice(UNLABELLED, {"count": len(everything) - len(known)}))
    if opened.kind == "sound":
        fields["front_end"] = "log_mel"
    labels = [sample.label for sample in known]
    _say(file, known, f"{len(set(labels))} classes", notices, kind)
    return Labelled(name, known, labels)


def _say(
    file: str, samples: Sequence[Sample], more: str, notices: Sequence[Notice], kind: str
) -> None:
    shapes = {np.shape(sample.values) for sample in samples}
    lengths = sorted({shape[0] for shape in shapes})
    long = f"{lengths[0]:,}" if len(lengths) == 1 else f"{lengths[0]:,} to {lengths[-1]:,}"
    what = "pixels" if kind in PICTURE_INPUTS and kind != "frames" else "steps"
    size = "" if what == "pixels" else f", {long} {what}"
    channels = f", channels {', '.join(samples[0].channels)}" if samples[0].channels else ""
    tell([f"{file}: {len(samples):,} samples{size}{channels}, {more}", *notices])


def _divided(file: Labelled) -> tuple[Labelled, Labelled]:
    """The samples to train with, and a random tenth of them to validate with; always the same."""
    digests = [zlib.crc32(np.ascontiguousarray(sample.values).tobytes()) for sample in file.texts]
    chosen = [digest % 1_000 < 1_000 * HELD_OUT for digest in digests]
    parts = []
    for wanted, name in ((False, file.name), (True, f"{file.name}_held_out")):
        rows = [row for row, held in enumerate(chosen) if held == wanted]
        labels = [file.labels[row] for row in rows]
        parts.append(Labelled(name, [file.texts[row] for row in rows], labels))
    return parts[0], parts[1]


def _forecast(
    options: argparse.Namespace, network: dict[str, object], splits: Sequence[str | None]
) -> tuple[list[Labelled], list[Labelled], dict[str, object]]:
    """Windows of the series: pasts, and the values that came."""
    fields = _fields_of_a_forecast(options, network, splits)
    plan = network | fields
    training = [_windows(file, plan, splits[0]) for file in options.files]
    validation = [_windows(file, plan, splits[1]) for file in options.validation]
    for file in options.hold_out:
        training.append(_windows(file, plan, splits[0], part="begin"))
        validation.append(_windows(file, plan, splits[0], part="end"))
    _refuse_nothing(training, validation)
    return training, validation, fields


def _fields_of_a_forecast(
    options: argparse.Namespace, network: Mapping[str, object], splits: Sequence[str | None]
) -> dict[str, object]:
    """What is forecast, how far back is read, and what from, where nobody says it."""
    if not network.get("horizon"):
        raise ConfigurationError("How many steps ahead is the forecast? Say it with --horizon.")
    files = [*options.files, *options.hold_out]
    if not files:
        return {}
    first = next(iter(samples_of(files[0], "series", splits[0])[1]))
    channels = first.channels
    fields: dict[str, object] = {"channels": list(channels)}
    if first.step is not None:
        fields |= {"step": float(first.step), "step_unit": first.step_unit}
    if not network.get("target"):
        if len(channels) != 1:
            raise ConfigurationError(
                "Which channels are forecast? Name them with --target: {known}.",
                known=", ".join(channels),
            )
        fields["target"] = list(channels)
    season = network.get("season") or 1
    if options.max_tokens is None:
        fields["max_tokens"] = max(4 * season, 2 * network["horizon"])
    if options.level is None:
        fields["level"] = "season" if season > 1 else "sample"
    read = fields.get("max_tokens", network["max_tokens"])
    tell(
        [
            f"Forecast: {', '.join(network.get('target') or channels)}, {network['horizon']} steps "
            f"ahead from {read} before (--max-tokens)."
        ]
    )
    return fields


def _windows(
    file: str, plan: Mapping[str, object], split: str | None, part: str = "whole"
) -> Labelled:
    """Pasts of a file's series with the values that came; of a part of the time alone."""
    name, opened = samples_of(file, "series", split)
    pasts, coming, back, ahead = [], [], plan["max_tokens"], plan["horizon"]
    said: list[Notice] = []
    for sample in opened:
        sample, more = _as_the_first(sample, plan)
        said += more
        cut = round(len(sample.values) * (1 - HELD_OUT_TIME))
        if part == "begin":
            sample = _until(sample, cut)
        first = cut if part == "end" else 0
        for past, values in windows(sample, plan["target"], back, ahead, first):
            pasts.append(past)
            coming.append(values)
    where = {"begin": "the first four fifths", "end": "the last fifth"}.get(part, "all")
    notices = dict.fromkeys(map(str, [*opened.notices, *said]))
    tell([f"{file}: {len(pasts):,} windows from {where} of the time", *notices])
    return Labelled(name + ("_held_out" if part == "end" else ""), pasts, coming)


def _as_the_first(sample: Sample, plan: Mapping[str, object]) -> tuple[Sample, list[Notice]]:
    """A series with the channels, units and step of the first file, before windows are cut."""
    sample, notices = matched(sample, plan["channels"])
    if plan.get("step") is not None:
        sample, more = resampled(sample, plan["step"], plan["step_unit"])
        notices += more
    return replace(sample, channels=tuple(plan["channels"])), notices


def _until(sample: Sample, step: int) -> Sample:
    return replace(sample, values=sample.values[:step], times=sample.times[:step])


def _refuse_nothing(training: Sequence[Labelled], validation: Sequence[Labelled]) -> None:
    if not (training and validation):
        raise FileError(
            "There must be samples to train with and samples to validate with. Name files for "
            "both, or one with --hold-out."
        )
