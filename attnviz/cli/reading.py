"""The commands that look at models and texts: predict, trace, models."""

import argparse
import csv
import json
import sys
from pathlib import Path

from attnviz.cli.arguments import model_option, positive, text_column_option
from attnviz.cli.files import (
    DATA_HELP,
    progress,
    reading_of,
    reading_options,
    tell,
    tell_limits,
    texts_of,
)
from attnviz.cli.inputs import input_of, one_sample, sample_option, split_option
from attnviz.cli.language import tell_language
from attnviz.errors import AttnvizError, ModelFolderError
from attnviz.folders import (
    PRETRAINED,
    check_folder,
    describe,
    example_path,
    find_models,
    label_names,
)
from attnviz.history import History


def trace_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("text", help="the text to read; of a model of series and the like: a file")
    model_option(command)
    sample_option(command)
    command.add_argument(
        "--at", type=positive, metavar="N", help="of a tagger: seen from its N-th position"
    )
    command.add_argument("--output", help="write a .npz file that Trace.load reads, not JSON")
    command.add_argument(
        "--first-picture",
        action="store_true",
        help="keep the trace in the model folder, for the page to show before the model is loaded",
    )


def trace(options: argparse.Namespace) -> None:
    from attnviz.classifier import Classifier

    kind = input_of(options)
    value = one_sample(options, options.text, kind) if kind else options.text
    trace = Classifier.from_pretrained(options.model).trace(value)
    if options.at:
        trace = _seen_from(trace, options.at)
    if not kind:
        tell_language(options.model, [options.text])
    tell_limits(trace)
    if options.first_picture:
        trace.save(example_path(options.model))
    elif options.output:
        trace.save(options.output)
    else:
        print(json.dumps(trace.to_dict(), ensure_ascii=False))


def _seen_from(trace, number: int):
    if trace.tags is None:
        raise AttnvizError("--at is for a tagger; this model says one thing of a whole text.")
    if number > len(trace.tokens):
        raise AttnvizError(
            "The text has {count:,} positions, so --at cannot be {number:,}.",
            count=len(trace.tokens),
            number=number,
        )
    return trace.at(number - 1)


def file_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", help=DATA_HELP)
    model_option(command)
    text_column_option(command)
    command.add_argument("--batch-size", type=positive, default=64, help="texts at a time")
    reading_options(command)
    split_option(command)


def predict(options: argparse.Namespace) -> None:
    if kind := input_of(options):
        _predict_samples(options, kind)
        return
    if check_folder(options.model).get("task") == "tag":
        from attnviz.classifier import Classifier
        from attnviz.cli.tagging import predict_tags

        predict_tags(Classifier.from_pretrained(options.model), options.file, options.batch_size)
        return
    table, texts = texts_of(options.file, options.text_column, reading_of(options))
    from attnviz.classifier import Classifier
    from attnviz.data.guards import guarded
    from attnviz.inspection.languages import cut_notices, unseen_notices

    classifier = Classifier.from_pretrained(options.model)
    tell([*unseen_notices(texts), *cut_notices(classifier, texts)])
    tell_language(options.model, texts)
    found = classifier.predict(texts, options.batch_size, progress=progress(len(texts)))
    if unread := found.labels.count(""):
        tell([f"rows with nothing to read: {unread:,}; they have no prediction."])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["line", "prediction", *map(guarded, classifier.labels)])
    for line, label, row in zip(table.lines, found.labels, found.probabilities, strict=True):
        writer.writerow([line, guarded(label), *(f"{value:.6f}" if label else "" for value in row)])


def _predict_samples(options: argparse.Namespace, kind: str) -> None:
    """A row for each sample: its number and name, and as of texts, or the coming values."""
    from attnviz.classifier import Classifier
    from attnviz.data.guards import guarded
    from attnviz.inspection.starting_samples import open_samples

    classifier, file = (
        Classifier.from_pretrained(options.model),
        open_samples(options.file, kind, split=options.split),
    )
    samples = list(file)
    tell([f"{options.file}: {len(samples):,} samples", *file.notices])
    found = classifier.predict(samples, options.batch_size, progress=progress(len(samples)))
    tell(classifier.processor.notices_of(samples))
    rows = found.probabilities if found.values is None else found.values
    writer = csv.writer(sys.stdout, lineterminator="\n")
    first = ["sample", "name", *(["prediction"] if found.values is None else [])]
    writer.writerow([*first, *map(guarded, classifier.labels)])
    for number, (sample, label, row) in enumerate(zip(samples, found.labels, rows, strict=True), 1):
        said = [guarded(label)] if found.values is None else []
        spec = ".6f" if found.values is None else ".9g"  # shares, or values in any unit
        numbers = (f"{value:{spec}}" for value in row)
        writer.writerow([number, guarded(sample.name), *said, *numbers])


def models_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", nargs="?", default=PRETRAINED, help="where to look")


def models(options: argparse.Namespace) -> None:
    found = find_models(options.folder)
    if not found:
        raise ModelFolderError("There is no model folder in {folder}.", folder=options.folder)
    print("| model | network | labels | MB | accuracy on validation files | ECE, calibrated |")
    print("|---|---|---|---|---|---|")
    for path in found:
        name = path.relative_to(options.folder).as_posix() if path != Path(options.folder) else path
        print(f"| {name} | {' | '.join(_model_row(path))} |")


def _model_row(path: Path) -> list[str]:
    config = check_folder(path)
    try:
        run = History.load(path)
    except ModelFolderError as error:
        tell([error])
        run = None
    labels = label_names(config)
    names = ", ".join(labels) if len(labels) <= 6 else f"{len(labels)} labels"
    size = (path / "model.safetensors").stat().st_size / 1e6
    row = [describe(config), names, f"{size:.1f}"]
    if run is None:
        return [*row, "", ""]
    leaked = {name: f" (too high: {s:.0%} trained on)" for name, s in run.too_high.items()}
    worth = ", ".join(f"{name} {value}{leaked.get(name, '')}" for name, value in run.worth.items())
    ece = [run.calibration.get(name) for name in ("ece_before", "ece_after")]
    return [*row, worth, "" if None in ece else f"{ece[0]:.3f} → {ece[1]:.3f}"]
