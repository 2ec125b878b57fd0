"""The command line: results on standard output, progress on standard error.

A user's mistake is one clear line and exit code 2. Arguments are parsed before torch is imported,
so that `--help` and mistakes answer at once.
"""

import argparse
import sys
from collections.abc import Sequence

from attnviz.cli import explaining, inspecting, language, making, reading, training
from attnviz.cli.streams import unbroken
from attnviz.errors import AttnvizError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    with unbroken():
        options = _parser().parse_args(words)
        options.words = words
        try:
            code = options.run(options) or 0
            sys.stdout.flush()
            return code
        except KeyboardInterrupt as stop:
            print(f"attnviz: {str(stop) or 'stopped.'}", file=sys.stderr)
            return 130
        except (AttnvizError, OSError) as error:  # OSError: a full disk, no permission
            print(f"attnviz: {' '.join(str(error).split())}", file=sys.stderr)
            return 2


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


COMMANDS = {
    "predict": (
        reading.predict,
        reading.file_options,
        "labels and probabilities of a file's texts, as CSV",
    ),
    "trace": (
        reading.trace,
        reading.trace_options,
        "everything the network did with one text, as JSON",
    ),
    "explain": (
        explaining.explain,
        explaining.explain_options,
        "why the model says what it says of one text, as JSON",
    ),
    "evaluate": (
        inspecting.evaluate,
        inspecting.evaluate_options,
        "score a file: figures and causes of mistakes as JSON, and all of it in a folder",
    ),
    "train": (
        training.train,
        training.train_options,
        "learn a tokenizer and a network from labelled files",
    ),
    "card": (
        training.card,
        training.card_options,
        "write a model's README.md, with the spread over seeds",
    ),
    "language": (
        language.language,
        language.language_options,
        "write down which language a model was trained on, from its training files",
    ),
    "make": (
        making.make,
        making.make_options,
        "make data of our own, synthetic or free, to train and try models with",
    ),
    "models": (reading.models, reading.models_options, "the model folders that there are"),
}
