"""The command line: results on standard output, progress on standard error.

A user's mistake is one clear line and exit code 2. Arguments are parsed before torch is imported,
so that `--help` and mistakes answer at once.
"""

import argparse
import csv
import io
import json
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from attnviz.errors import AttnvizError, FileError, ModelFolderError
from attnviz.evaluation import Labelled, empty_texts, hold_out, labelled, score, shared_texts
from attnviz.folders import (
    PRETRAINED,
    check_folder,
    describe,
    example_path,
    find_models,
    label_names,
)
from attnviz.history import History

DEFAULT_MODEL = PRETRAINED / "en-sentiment"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # texts of any language, on any console
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(words)
    options.words = words
    try:
        options.run(options)
    except KeyboardInterrupt as stop:
        print(f"attnviz: {str(stop) or 'stopped.'}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (AttnvizError, OSError) as error:  # OSError: a full disk, a folder without permission
        print(f"attnviz: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m attnviz", description="Look inside a CNN-LSTM-Attention text classifier."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, (run, add_options, help_line) in COMMANDS.items():
        command = commands.add_parser(name, help=help_line, description=help_line)
        add_options(command)
        command.set_defaults(run=run)
    return parser


def _trace_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("text", help="the text to read")
    _model_option(command)
    command.add_argument("--output", help="write a .npz file that Trace.load reads, not JSON")
    command.add_argument(
        "--first-picture",
        action="store_true",
        help="keep the trace in the model folder, for the page to show before the model is loaded",
    )


def _trace(options: argparse.Namespace) -> None:
    from attnviz.classifier import Classifier

    trace = Classifier.from_pretrained(options.model).trace(options.text)
    if options.first_picture:
        trace.save(example_path(options.model))
    elif options.output:
        trace.save(options.output)
    else:
        print(json.dumps(trace.to_dict(), ensure_ascii=False))


def _file_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", help=DATA_HELP)
    _model_option(command)
    command.add_argument("--text-column", help="name of the column that holds the texts")
    command.add_argument("--batch-size", type=_positive, default=64, help="texts at a time")


def _predict(options: argparse.Namespace) -> None:
    from attnviz.data import guess_text_column, read_table

    table = read_table(options.file)
    texts = table.column(options.text_column or guess_text_column(table))
    _tell(table.notices)
    from attnviz.classifier import Classifier

    classifier = Classifier.from_pretrained(options.model)
    found = classifier.predict(texts, options.batch_size, progress=_progress(len(texts)))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["line", "prediction", *classifier.labels])
    for line, label, row in zip(table.lines, found.labels, found.probabilities, strict=True):
        writer.writerow([line, label, *(f"{value:.6f}" if label else "" for value in row)])


def _evaluate_options(command: argparse.ArgumentParser) -> None:
    _file_options(command)
    command.add_argument("--label-column", help="name of the column that holds the labels")


def _evaluate(options: argparse.Namespace) -> None:
    labelled = _labelled(options.file, options.text_column, options.label_column)
    from attnviz.classifier import Classifier

    classifier = Classifier.from_pretrained(options.model)
    if unknown := sorted(set(labelled.labels) - set(classifier.labels)):
        raise FileError(
            "{file} has the label {label!r}, which the model does not know. Its labels are: "
            "{known}.",
            file=options.file,
            label=unknown[0],
            known=", ".join(classifier.labels),
        )
    count = len(labelled.texts)
    found = classifier.predict(labelled.texts, options.batch_size, progress=_progress(count))
    print(json.dumps(score(labelled.labels, found.labels, classifier.labels), indent=2))


def _train_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("files", nargs="*", metavar="TRAIN", help=f"labelled: {DATA_HELP}")
    add("--validation", nargs="+", default=[], metavar="DEV", help="labelled, for choosing")
    add("--hold-out", nargs="+", default=[], metavar="FILE", help=HOLD_OUT_HELP)
    add("--output", required=True, metavar="DIR", help="the model folder to write")
    add("--text-column", help="name of the column that holds the texts")
    add("--label-column", help="name of the column that holds the labels")
    add("--vectors", help="word vectors to start from, one word and its numbers a line")
    add("--teacher", metavar="PATH", help="a Transformers sequence classifier to learn from too")
    add("--unlabelled", nargs="+", default=[], metavar="FILE", help="texts for the teacher alone")
    add("--resume", action="store_true", help="go on from the last checkpoint in DIR")
    add("--vocab-size", type=_positive, default=8_000, help="pieces that the tokenizer learns")
    network = command.add_argument_group("the network")
    for name, (kind, default, help_line) in NETWORK_OPTIONS.items():
        many = {"nargs": "+"} if isinstance(default, list) else {}
        flag = f"--{name.replace('_', '-')}"
        network.add_argument(
            flag, type=kind, default=default, help=f"{help_line} (default {default})", **many
        )
    network.add_argument("--one-direction", action="store_true", help="never read backwards")
    recipe = command.add_argument_group("training")
    for name, (kind, default, help_line) in RECIPE_OPTIONS.items():
        flag = f"--{name.replace('_', '-')}"
        recipe.add_argument(
            flag, type=kind, default=default, help=f"{help_line} (default {default})"
        )


def _train(options: argparse.Namespace) -> None:
    columns = options.text_column, options.label_column
    files = [_labelled(file, *columns) for file in options.files]
    validation = [_labelled(file, *columns) for file in options.validation]
    for file in options.hold_out:
        for part, group in zip(
            hold_out(_labelled(file, *columns)), (files, validation), strict=True
        ):
            group.append(part)
    if not (files and validation):
        raise FileError(
            "There must be texts to train with and texts to validate with. Name files for both, or "
            "one with --hold-out."
        )
    unlabelled = [text for file in options.unlabelled for text in _texts(file, columns[0])]
    _tell(_doubts(files, validation))
    from attnviz.model_card import write_card
    from attnviz.training import Recipe, train

    network = {name: getattr(options, name) for name in NETWORK_OPTIONS}
    network["bidirectional"] = not options.one_direction
    recipe = Recipe(**{name: getattr(options, name) for name in RECIPE_OPTIONS})
    with redirect_stdout(sys.stderr):  # where Trainer's progress belongs
        history = train(
            files,
            validation,
            options.output,
            recipe,
            network,
            vocab_size=options.vocab_size,
            vectors=options.vectors,
            teacher=options.teacher,
            unlabelled=unlabelled,
            resume=options.resume,
            command=_as_run(options.words),
        )
    if history.finished:  # under torchrun, the first process alone has something to say
        write_card(options.output)
        print(json.dumps(history.accuracy, indent=2))


def _as_run(words: Sequence[str]) -> str:
    """The command as it can be run again, under torchrun with as many processes."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    start = f"torchrun --nproc_per_node {processes}" if processes > 1 else "python"
    return f"{start} -m attnviz {shlex.join(word for word in words if word != '--resume')}"


def _doubts(training: Sequence[Labelled], validation: Sequence[Labelled]) -> list[str]:
    """What a person should know of the files before training."""
    learnt = [text for file in training for text in file.texts]
    doubts = []
    for file in validation:
        if shared := shared_texts(learnt, file.texts):
            doubts.append(
                f"{shared:,} of the {len(file.texts):,} texts in {file.name} are in the training "
                "files too, so its accuracy will flatter the model. Take them out of one of them."
            )
    for file in [*training, *validation]:
        if empty := empty_texts(file.texts):
            doubts.append(f"{empty:,} of the {len(file.texts):,} texts in {file.name} are empty.")
    return doubts


def _card_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", help="the model folder whose README.md is written")
    command.add_argument("others", nargs="*", help="folders of the same command, other seeds")


def _card(options: argparse.Namespace) -> None:
    from attnviz.model_card import write_card

    write_card(options.folder, options.others)


def _models_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", nargs="?", default=PRETRAINED, help="where to look")


def _models(options: argparse.Namespace) -> None:
    found = find_models(options.folder)
    if not found:
        raise ModelFolderError("There is no model folder in {folder}.", folder=options.folder)
    print("| model | network | labels | MB | accuracy on validation files | ECE, calibrated |")
    print("|---|---|---|---|---|---|")
    for path in found:
        name = path.relative_to(options.folder).as_posix() if path != Path(options.folder) else path
        print(f"| {name} | {' | '.join(_model_row(path))} |")


def _model_row(path: Path) -> list[str]:
    config, run = check_folder(path), History.load(path)
    labels = label_names(config)
    names = ", ".join(labels) if len(labels) <= 6 else f"{len(labels)} labels"
    size = (path / "model.safetensors").stat().st_size / 1e6
    row = [describe(config), names, f"{size:.1f}"]
    if run is None:
        return [*row, "", ""]
    accuracy = ", ".join(f"{name} {value:.1%}" for name, value in run.accuracy.items())
    error = "{ece_before:.3f} → {ece_after:.3f}".format(**run.calibration)
    return [*row, accuracy, error]


def _texts(file: str, text_column: str | None) -> list[str]:
    from attnviz.data import guess_text_column, read_table

    table = read_table(file)
    _tell(table.notices)
    return table.column(text_column or guess_text_column(table))


def _labelled(file: str, text_column: str | None, label_column: str | None) -> Labelled:
    from attnviz.data import guess_label_column, guess_text_column, read_table, short_name

    table = read_table(file)
    label_column = label_column or guess_label_column(table)
    if label_column is None:
        raise FileError(
            "{file} has no column that looks like labels. Name it with --label-column; the columns "
            "are: {columns}.",
            file=file,
            columns=", ".join(table.columns),
        )
    text_column = text_column or guess_text_column(table)
    found, notices = labelled(table, short_name(file), text_column, label_column)
    _tell([*table.notices, *notices])
    return found


def _progress(total: int):
    """A bar on standard error, where that is a terminal; returns what moves it on."""
    from tqdm import tqdm

    return tqdm(total=total, unit=" texts", disable=None, file=sys.stderr).update


def _tell(notices: Sequence[object]) -> None:
    if os.environ.get("RANK", "0") != "0":  # under torchrun, the first process speaks for all
        return
    for notice in notices:
        print(f"attnviz: {notice}", file=sys.stderr)


def _model_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model", default=DEFAULT_MODEL, help="model folder (default %(default)s)"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def _positive_float(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{number} is not above 0")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a share from 0 up to 1")
    return number


def _part(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{number} is not a share from 0 to 1")
    return number


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{number} is not 0 or above")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{number} is not a whole number from 0 up to 2**32")
    return number


def _schedule(text: str) -> str:
    if text not in SCHEDULES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(SCHEDULES)}")
    return text


DATA_HELP = ".csv, .tsv, .jsonl, .json, .parquet or .txt, or hub:NAME[:CONFIG]:SPLIT"
HOLD_OUT_HELP = "labelled files of which nine tenths train and a tenth validates"
SCHEDULES = ("linear", "cosine", "plateau", "constant")

NETWORK_OPTIONS = {
    "order": (str, "cnn-lstm", "cnn-lstm, lstm-cnn, cnn or lstm"),
    "embedding_size": (_positive, 100, "length of the token vectors"),
    "kernel_sizes": (_positive, [1, 3, 5], "odd widths of the convolutions"),
    "filters": (_positive, 64, "filters of each kernel size"),
    "channel_attention": (str, "none", "none or squeeze_excitation"),
    "recurrent": (str, "lstm", "recurrent cell"),
    "hidden_size": (_positive, 128, "units of the recurrent layer per direction"),
    "num_hidden_layers": (_positive, 1, "stacked recurrent layers"),
    "attention": (str, "additive", "attention kind"),
    "attention_size": (_positive, 64, "width of the attention's inner layer"),
    "num_attention_heads": (_positive, 1, "attention heads"),
    "embedding_dropout": (float, 0.3, "dropout of the embeddings"),
    "recurrent_dropout": (float, 0.3, "dropout between recurrent layers"),
    "head_dropout": (float, 0.3, "dropout before the head"),
    "max_tokens": (_positive, 1_024, "longest text that the model reads, in tokens"),
}

RECIPE_OPTIONS = {
    "epochs": (_positive, 5, "passes over the training texts"),
    "batch_size": (_positive, 32, "texts per step"),
    "learning_rate": (_positive_float, 1e-3, "peak learning rate of AdamW"),
    "schedule": (_schedule, "linear", "how the learning rate falls"),
    "warmup": (_share, 0.05, "share of steps in which the rate rises"),
    "weight_decay": (_not_negative, 0.01, "AdamW's weight decay"),
    "clip_norm": (_not_negative, 1.0, "gradient norm above which a step is clipped, 0 for never"),
    "label_smoothing": (_share, 0.0, "share of probability spread over all classes"),
    "word_dropout": (_share, 0.0, "share of training tokens that are blanked out"),
    "training_tokens": (_positive, 400, "training texts are cut to so many tokens"),
    "patience": (_positive, 3, "epochs without gain before training stops"),
    "teacher_weight": (_part, 0.7, "the teacher's share of the loss"),
    "teacher_tokens": (_positive, 96, "the teacher reads texts of at most so many tokens"),
    "seed": (_seed, 0, "random seed"),
}

COMMANDS = {
    "predict": (_predict, _file_options, "labels and probabilities of a file's texts, as CSV"),
    "trace": (_trace, _trace_options, "everything the network did with one text, as JSON"),
    "evaluate": (_evaluate, _evaluate_options, "accuracy on a labelled file, as JSON"),
    "train": (_train, _train_options, "learn a tokenizer and a network from labelled files"),
    "card": (_card, _card_options, "write a model's README.md, with the spread over seeds"),
    "models": (_models, _models_options, "the model folders that there are"),
}
