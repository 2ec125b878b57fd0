"""The command that scores a file and finds out what goes wrong in it: evaluate."""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attnviz.cli.arguments import model_option, part, positive, text_column_option
from attnviz.cli.figures import FLOORS, figures, tell_gaps
from attnviz.cli.files import bar, reading_of, reading_options, tell
from attnviz.cli.inputs import input_of, refuse_of_classes, split_option
from attnviz.errors import AttnvizError, FileError
from attnviz.folders import check_folder
from attnviz.runs import files
from attnviz.writing import write_text

FILE_HELP = (
    "a file of any kind that the page reads, hub:NAME[:CONFIG]:SPLIT, or a folder of Parquet, CSV "
    "or JSONL files, here or in an object store (s3://bucket/folder); of a model of series, films "
    "or pictures: a file of these (.npz, .csv, .ts, .mat and others)"
)
OUTPUT_HELP = (
    "keep the run in this folder: scores, metrics.json, results.parquet and report.html; the same "
    "command goes on where it was stopped, and the page lists the folder if it lies in "
    "~/.attnviz/runs or ATTNVIZ_RUNS"
)


def evaluate_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", help=FILE_HELP)
    model_option(command)
    text_column_option(command)
    labels = command.add_mutually_exclusive_group()
    labels.add_argument("--label-column", help="name of the column that holds the labels")
    labels.add_argument("--no-labels", action="store_true", help="predict only, whatever is there")
    command.add_argument(
        "--label",
        type=_pair,
        action="append",
        default=[],
        metavar="FOUND=LABEL",
        help="which label of the model a label of the file stands for, as --label=-1=negative; "
        "without LABEL its rows count as unlabelled",
    )
    reading_options(command)
    split_option(command)
    command.add_argument("--output", metavar="RUN", help=OUTPUT_HELP)
    command.add_argument("--report", metavar="HTML", help="write the report to this file (as well)")
    command.add_argument(
        "--fail-under",
        type=_floor,
        action="append",
        default=[],
        metavar="NAME=SHARE",
        help=f"exit with code 1 if a figure is lower; it is one of {', '.join(FLOORS)}",
    )
    command.add_argument("--engine", choices=ENGINES, default="local", help="default %(default)s")
    command.add_argument("--workers", type=positive, help="ray: processes (default: all that fit)")
    command.add_argument(
        "--shared", help="ray: a folder or address that all nodes see, if they do not see RUN"
    )


def evaluate(options: argparse.Namespace) -> int:
    """Score the file, print its figures; 1 if one of them is too low."""
    if options.engine != "ray" and (options.workers or options.shared):
        raise AttnvizError("--workers and --shared are for --engine ray.")
    if options.report and not Path(options.report).absolute().parent.is_dir():
        raise AttnvizError("There is no folder for --report {path}.", path=options.report)
    task = check_folder(options.model).get("task")
    if task == "tag":
        from attnviz.classifier import Classifier
        from attnviz.cli.tagging import evaluate_tags

        refuse_of_classes(options, "output")
        classifier = Classifier.from_pretrained(options.model)
        evaluate_tags(classifier, options.file, options.label_column)
        return 0
    if task == "forecast":
        from attnviz.cli.forecasting import evaluate_forecast

        return evaluate_forecast(options)
    with _run_folder(options.output) as folder:
        run = _started(options, folder)
        if options.fail_under and not run.about.label_map:
            raise FileError(
                "{file} has no labels, so --fail-under has nothing to measure. Name their column "
                "with --label-column; the columns are: {columns}.",
                file=options.file,
                columns=", ".join(run.about.columns),
            )
        try:
            ENGINES[options.engine](options, run)
            overview = _concluded(options, run)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_stopped(options, run)) from None
    return _verdict(options.fail_under, overview)


@contextmanager
def _run_folder(output: str | None) -> Iterator[Path]:
    if output:
        yield Path(output)
        return
    with tempfile.TemporaryDirectory(prefix="attnviz-") as folder:
        yield Path(folder)


def _started(options: argparse.Namespace, folder: Path):
    if kind := input_of(options):
        return _started_of_samples(options, folder, kind)
    from attnviz.data import classes_beside
    from attnviz.inspection.gathering import open_source, source_digest
    from attnviz.inspection.starting import GUESS, start_run

    stream = open_source(options.file, **reading_of(options))
    with bar(None, "reading") as moved:
        run = start_run(
            options.model,
            stream,
            digest=source_digest(options.file),
            text_column=options.text_column,
            label_column=None if options.no_labels else options.label_column or GUESS,
            label_map=dict(options.label) or None,
            classes=classes_beside(options.file),
            run_folder=folder,
            progress=moved,
        )
    tell(run.about.told)
    return run


def _started_of_samples(options: argparse.Namespace, folder: Path, kind: str):
    if options.engine == "ray":
        raise AttnvizError("--engine ray scores texts. Leave it out for series, films, pictures.")
    from attnviz.data import digest
    from attnviz.inspection.starting_samples import open_samples, start_sample_run

    file = open_samples(options.file, kind, split=options.split)
    with bar(None, "reading", unit=" samples") as moved:
        run = start_sample_run(
            options.model,
            file,
            digest=digest(options.file),
            labels=not options.no_labels,
            label_map=dict(options.label) or None,
            run_folder=folder,
            progress=moved,
        )
    tell(run.about.told)
    return run


def _score_here(options: argparse.Namespace, run) -> None:
    from attnviz.classifier import Classifier
    from attnviz.inspection.scoring import score_run

    if run.done:
        return
    classifier = Classifier.from_pretrained(options.model)
    with bar(run.about.rows, "scoring", run.scored) as moved:
        score_run(classifier, run, lambda pace: moved(pace.done))


def _score_with_ray(options: argparse.Namespace, run) -> None:
    from attnviz.inspection.ray_engine import score_run_with_ray

    with bar(run.about.rows, "scoring", run.scored) as moved:
        score_run_with_ray(
            options.model,
            run,
            lambda pace: moved(pace.done),
            workers=options.workers,
            shared=options.shared,
        )


ENGINES = {"local": _score_here, "ray": _score_with_ray}


def _concluded(options: argparse.Namespace, run):
    """What needs the whole file; files written, figures printed; the figures as an `Overview`."""
    from attnviz.classifier import Classifier
    from attnviz.evidence import to_plain
    from attnviz.inspection.later import finish
    from attnviz.inspection.lift import tag_lifts
    from attnviz.inspection.metrics import metrics
    from attnviz.inspection.rematching import of_matching
    from attnviz.inspection.wording import of_samples

    if not run.compared:
        with bar(None, "comparing") as moved:
            finish(run, moved, Classifier.from_pretrained(options.model))
    overview = metrics(run)
    if doubted := of_matching(overview, run.about.label_map, overview.labels):
        tell([f"{doubted} --label FOUND=LABEL says what one stands for."])
    tell_gaps(overview, of_samples() if run.about.of_samples else str)
    phrases = json.loads(run.later_note("phrases") or '{"found": []}')["found"]
    found = figures(overview) | {"causes": to_plain(tag_lifts(run)), "phrases": phrases}
    if options.output:
        _write(run, found | {"overview": to_plain(overview)})
    reports = [run.folder / files.REPORT] * bool(options.output) + [options.report]
    _report(options, run, [path for path in reports if path])
    print(json.dumps(found, indent=2, ensure_ascii=False))  # last: its reader may be slow, or gone
    return overview


def _write(run, found: dict) -> None:
    from attnviz.inspection.export import export

    text = json.dumps(found, indent=2, ensure_ascii=False)
    write_text(run.folder / files.METRICS, text + "\n")
    with bar(run.about.rows, "writing") as moved:
        export(run, run.folder / files.RESULTS, "parquet", progress=moved)


def _report(options: argparse.Namespace, run, paths: list) -> None:
    if not paths:
        return
    from attnviz.classifier import Classifier
    from attnviz.report import report

    html = report(run, classifier=Classifier.from_pretrained(options.model))
    for path in paths:
        write_text(path, html)


def _verdict(floors: list[tuple[str, float]], overview) -> int:
    low = [(name, getattr(overview, name), least) for name, least in floors]
    low = [entry for entry in low if not entry[1] >= entry[2]]  # what is no number falls short too
    tell([f"{name} is {value:.4f}, below {least:g}." for name, value, least in low])
    return 1 if low else 0


def _stopped(options: argparse.Namespace, run) -> str:
    if not options.output:
        return "stopped; nothing is kept without --output."
    return f"stopped. Rows scored: {run.scored:,}; run the same command to go on."


def _pair(text: str) -> tuple[str, str]:
    found, sign, label = text.partition("=")
    if not (found and sign):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form FOUND=LABEL")
    return found, label


def _floor(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in FLOORS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(FLOORS)}")
    try:
        return name, part(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is no number") from None
