"""Whether a command's model reads texts or samples, and the options that are for one of them."""

import argparse
import os
from dataclasses import fields

from attnviz.data import Reading
from attnviz.errors import AttnvizError
from attnviz.folders import check_folder
from attnviz.kinds import INPUT_KINDS

OF_TEXTS = (*(field.name for field in fields(Reading)), "text_column", "label_column", "texts")
SAMPLE_HELP = "of a model of series, films or pictures: which sample of the file, from 1 (default)"


def split_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--split",
        metavar="PART",
        help="of a file of series, films or pictures: which part of it is read (train, test)",
    )


def sample_option(command: argparse.ArgumentParser) -> None:
    split_option(command)
    command.add_argument("--sample", type=int, metavar="N", help=SAMPLE_HELP)


def input_of(options: argparse.Namespace) -> str:
    """What the model of a command reads, a key of `attnviz.kinds.INPUT_KINDS`; "" for texts.

    Raises
    ------
    AttnvizError
        If an option was given that it has no use for.
    """
    kind = str(check_folder(options.model).get("input", "text"))
    of_texts = INPUT_KINDS[kind].tokenizer if kind in INPUT_KINDS else True
    names = ("split", "sample") if of_texts else OF_TEXTS
    given = [name for name in names if getattr(options, name, None) not in (None, False)]
    if given:
        raise AttnvizError(
            "--{option} is for models of {wanted}; {model} reads {kind}. Leave it out.",
            option=_OPTIONS.get(given[0], given[0].replace("_", "-")),
            wanted="series, films and pictures" if of_texts else "texts",
            model=options.model,
            kind=kind,
        )
    return "" if of_texts else kind


_OPTIONS = {"header": "header-row"}


def refuse_of_classes(options: argparse.Namespace, *more: str) -> None:
    """Refuse what only makes sense where a class is said: these options of evaluate, and `more`."""
    for name in ("fail_under", "report", "label", "no_labels", "workers", "shared", *more):
        if getattr(options, name):
            raise AttnvizError(
                "--{option} is for models that say a class, and {model} is asked for something "
                "else. Leave it out.",
                option=name.replace("_", "-"),
                model=options.model,
            )


def one_sample(options: argparse.Namespace, path: str, kind: str):
    """One sample of a file, the first unless `--sample` says; tells what was guessed of the file.

    Raises
    ------
    FileError, AttnvizError
        If the file cannot be read, or has fewer samples.
    """
    from itertools import islice

    from attnviz.cli.files import tell
    from attnviz.inspection.starting_samples import open_samples

    if not os.path.exists(path):
        raise AttnvizError(
            "“{path}” is no file. {model} reads {kind}: give a file that holds a sample, and "
            "choose one with --sample.",
            path=path[:100],
            model=options.model,
            kind=kind,
        )
    number = 1 if options.sample is None else options.sample
    file = open_samples(path, kind, split=options.split)
    found = list(islice(file, max(0, number - 1), number)) if number > 0 else []
    if not found:
        count = sum(1 for _ in file)
        raise AttnvizError(
            "{file} has no sample {number}. Its samples: {count:,}, numbered from 1.",
            file=path,
            number=number,
            count=count,
        )
    tell([f"{path}: sample {number}, {found[0].name}", *file.notices])
    return found[0]
