"""The commands that make models: train, card."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from attnviz.cli.arguments import (
    not_negative,
    part,
    positive,
    positive_float,
    schedule,
    seed,
    share,
    text_column_option,
)
from attnviz.cli.files import (
    LABELLED_HELP,
    labelled_file,
    reading_of,
    reading_options,
    speaks,
    tell,
    texts_of,
)
from attnviz.cli.shared import compared
from attnviz.errors import ConfigurationError, FileError
from attnviz.evaluation import Labelled, empty_texts, hold_out
from attnviz.folders import ORDERS
from attnviz.kinds import CHAIN_KINDS, INPUT_KINDS, LEVEL_KINDS, SAMPLE_INPUTS, SIZES, TASK_KINDS

VOCAB_SIZE = 8_000
PIECES, CASES = ("words", "characters"), ("lower", "keep")
SPLIT_HELP = (
    "of a file of samples with several parts: which one trains; given again, which one validates"
)
HOLD_OUT_HELP = "labelled files of which nine tenths train and a tenth validates"

LETTERS = {"letters": 16, "letter_filters": 64}
INPUT_OPTIONS = {
    "input": (str, "text", "what is read at a position: " + ", ".join(INPUT_KINDS)),
    "task": (str, "classify", "what is asked: " + ", ".join(TASK_KINDS)),
    "stride": (positive, 1, "series: so many steps are averaged into one position"),
    "level": (str, "files", "series: what values are measured from: " + ", ".join(LEVEL_KINDS)),
    "picture_filters": (positive, [], "filters of each 3 × 3 convolution over a picture"),
    "target": (str, [], "forecast: the channels to forecast (default: the only one)"),
    "horizon": (positive, 0, "forecast: steps ahead"),
    "season": (positive, 1, "forecast: steps of a season"),
    "transitions": (str, "rules", "tag: how tags depend on each other: " + ", ".join(CHAIN_KINDS)),
    "letters": (positive, LETTERS["letters"], "words: letters of a word that are read, as bytes"),
    "letter_filters": (positive, LETTERS["letter_filters"], "words: filters over the letters"),
}
NETWORK_OPTIONS = {
    "order": (str, "cnn-lstm", "cnn-lstm, lstm-cnn, cnn or lstm"),
    "embedding_size": (positive, 100, "length of the token vectors"),
    "kernel_sizes": (positive, [1, 3, 5], "odd widths of the convolutions"),
    "filters": (positive, 64, "filters of each kernel size"),
    "channel_attention": (str, "none", "none or squeeze_excitation"),
    "recurrent": (str, "lstm", "lstm, coupled_lstm, peephole_lstm, gru or none"),
    "hidden_size": (positive, 128, "units of the recurrent layer per direction"),
    "num_hidden_layers": (positive, 1, "stacked recurrent layers"),
    "attention": (
        str,
        "additive",
        "additive, linear, dot, scaled_dot, general, multi_head, last, mean, max or uniform; "
        "tag: none (the default) or multi_head",
    ),
    "attention_size": (positive, 64, "width of the attention's inner layer"),
    "num_attention_heads": (positive, 1, "attention heads"),
    "embedding_dropout": (float, 0.3, "dropout of the embeddings"),
    "recurrent_dropout": (float, 0.3, "dropout between recurrent layers"),
    "head_dropout": (float, 0.3, "dropout before the head"),
    "max_tokens": (positive, 1_024, "longest text that the model reads, in tokens"),
}
EMBEDDED = [key for key in INPUT_KINDS if key not in SIZES]
"""Inputs whose embedding size is a choice."""
OF_A_STAGE = {
    "convolutions": ("kernel_sizes", "filters"),
    "recurrent": ("hidden_size", "num_hidden_layers", "recurrent_dropout", "one_direction"),
}
"""Stage of the network → options that say nothing where an order leaves it out."""

RECIPE_OPTIONS = {
    "epochs": (positive, 5, "passes over the training texts"),
    "batch_size": (positive, 32, "texts per step"),
    "learning_rate": (positive_float, 1e-3, "peak learning rate of AdamW"),
    "schedule": (
        schedule,
        "linear",
        "how the learning rate falls: linear, cosine, plateau, constant",
    ),
    "warmup": (share, 0.05, "share of steps in which the rate rises"),
    "weight_decay": (not_negative, 0.01, "AdamW's weight decay"),
    "clip_norm": (not_negative, 1.0, "gradient norm above which a step is clipped, 0 for never"),
    "label_smoothing": (share, 0.0, "share of probability spread over all classes"),
    "word_dropout": (share, 0.0, "share of training tokens or positions that are blanked out"),
    "average": (share, 0.0, "decay of a running mean of the weights that is kept, as 0.998"),
    "training_tokens": (positive, 400, "training texts are cut to so many tokens"),
    "patience": (positive, 3, "epochs without gain before training stops"),
    "teacher_weight": (part, 0.7, "the teacher's share of the loss"),
    "teacher_tokens": (positive, 96, "the teacher reads texts of at most so many tokens"),
    "seed": (seed, 0, "random seed"),
    "shuffle_channels": (
        str,
        [],
        "series: patterns of channels that are alike, such as 'I*': a random order in training",
    ),
}


def train_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("files", nargs="*", metavar="TRAIN", help=f"labelled: {LABELLED_HELP}")
    add("--validation", nargs="+", default=[], metavar="DEV", help="labelled, for choosing")
    add("--hold-out", nargs="+", default=[], metavar="FILE", help=HOLD_OUT_HELP)
    add("--output", required=True, metavar="DIR", help="the model folder to write")
    text_column_option(command)
    add("--label-column", help="name of the column that holds the labels")
    add("--split", action="append", default=[], metavar="PART", help=SPLIT_HELP)
    add("--start-from", metavar="DIR", help="a model folder: go on from its weights (fine-tuning)")
    add("--vectors", help="word vectors to start from, one word and its numbers a line")
    add("--teacher", metavar="PATH", help="a Transformers sequence classifier to learn from too")
    add("--unlabelled", nargs="+", default=[], metavar="FILE", help="texts for the teacher alone")
    add("--resume", action="store_true", help="go on from the last checkpoint in DIR")
    add(
        "--vocab-size",
        type=positive,
        help=f"pieces that the tokenizer learns (default {VOCAB_SIZE})",
    )
    add("--pieces", choices=PIECES, default=PIECES[0], help="text: what a token is")
    add("--case", choices=CASES, default=CASES[0], help="text: whether capitals are read as such")
    reading_options(command)
    _add_options(command.add_argument_group("what is read and asked"), INPUT_OPTIONS)
    network = command.add_argument_group("the network")
    _add_options(network, NETWORK_OPTIONS)
    network.add_argument("--one-direction", action="store_true", help="never read backwards")
    recipe = command.add_argument_group("training")
    _add_options(recipe, RECIPE_OPTIONS)
    recipe.set_defaults(**{name: default for name, (_, default, _) in RECIPE_OPTIONS.items()})


def _add_options(group: argparse._ArgumentGroup, options: Mapping[str, tuple]) -> None:
    """A row each: name → (type, default, help); None where a person says nothing."""
    for name, (kind, default, help_line) in options.items():
        many = {"nargs": "+"} if isinstance(default, list) else {}
        flag, said = f"--{name.replace('_', '-')}", "none" if default == [] else default
        group.add_argument(flag, type=kind, help=f"{help_line} (default {said})", **many)


def train(options: argparse.Namespace) -> None:
    network = _network(options)
    if (options.input or "text") in SAMPLE_INPUTS:
        from attnviz.cli.samples import training_samples

        files, validation, more = training_samples(options, network)
        network, unlabelled, shares = network | more, [], None
    elif options.task == "tag":
        from attnviz.cli.tagging import training_files

        files, validation = training_files(options)
        unlabelled, shares = options.unlabelled, None
    else:
        files, validation, unlabelled = _texts(options)
        shares = _tell_doubts(files, validation, unlabelled) if speaks() else None
    checkpoints = Path(options.output) / "checkpoints"
    finished = (checkpoints.parent / "model.safetensors").exists()
    if options.resume and not checkpoints.is_dir() and not finished:
        tell([f"{checkpoints} holds nothing to go on from; training starts anew."])
    from attnviz.model_card import write_card
    from attnviz.tokenization import Pieces
    from attnviz.training import Recipe
    from attnviz.training import train as train_network

    recipe = Recipe(**{name: getattr(options, name) for name in RECIPE_OPTIONS})
    with redirect_stdout(sys.stderr):  # where Trainer's progress belongs
        history = train_network(
            files,
            validation,
            options.output,
            recipe,
            network,
            vocab_size=options.vocab_size or VOCAB_SIZE,
            pieces=Pieces(options.pieces, options.case == "keep"),
            start_from=options.start_from,
            vectors=options.vectors,
            teacher=options.teacher,
            unlabelled=unlabelled,
            shares=shares,
            resume=options.resume,
            command=_as_run(options.words),
        )
    if history.finished:  # under torchrun, the first process alone has something to say
        write_card(options.output)
        print(json.dumps(history.scores or history.accuracy, indent=2))
        tell([f"The model is in {options.output}. In the app, open it by that path."])


def _texts(options: argparse.Namespace) -> tuple[list[Labelled], list[Labelled], list[str]]:
    """What is trained with, what is validated with, and texts for the teacher alone."""
    columns = options.text_column, options.label_column, reading_of(options)
    files = [labelled_file(file, *columns) for file in options.files]
    validation = [labelled_file(file, *columns) for file in options.validation]
    for file in options.hold_out:
        kept, held_out = hold_out(labelled_file(file, *columns))
        files.append(kept)
        validation.append(held_out)
    if not (files and validation):
        raise FileError(
            "There must be texts to train with and texts to validate with. Name files for both, or "
            "one with --hold-out."
        )
    text_column, _, reading = columns
    texts = [
        text for file in options.unlabelled for text in texts_of(file, text_column, reading)[1]
    ]
    return files, validation, texts


def _network(options: argparse.Namespace) -> dict[str, object]:
    """Fields of the configuration; an option that its network has no place for is refused."""
    given = {name: getattr(options, name) for name in NETWORK_OPTIONS}
    asked = {name: v for name in INPUT_OPTIONS if (v := getattr(options, name)) is not None}
    if options.start_from:
        if options.vocab_size or options.vectors or options.one_direction:
            raise ConfigurationError(
                "--start-from brings its own tokenizer, vectors and directions. Leave out "
                "--vocab-size, --vectors and --one-direction."
            )
        return asked | {name: value for name, value in given.items() if value is not None}
    defaults = {name: default for name, (_, default, _) in NETWORK_OPTIONS.items()}
    if options.task == "tag":
        defaults["attention"] = "none"
    if options.input == "words":
        asked = LETTERS | asked
    network = {name: defaults[name] if v is None else v for name, v in given.items()}
    order = network["order"]
    if order == "cnn-lstm" and options.recurrent == "none":
        order = "cnn"
    if order == "cnn" and options.recurrent not in (None, "none"):
        raise ConfigurationError(
            "recurrent is {cell!r}, but order 'cnn' has no recurrent layer. Leave --recurrent out, "
            "or choose another order.",
            cell=options.recurrent,
        )
    for stage, names in OF_A_STAGE.items():
        unused = [n for n in names if (v := getattr(options, n)) is not None and v is not False]
        if unused and stage not in ORDERS.get(order, OF_A_STAGE):
            raise ConfigurationError(
                "--{option} says nothing where order is {order!r}. Leave it out, or choose an "
                "order that has it.",
                option=unused[0].replace("_", "-"),
                order=order,
            )
    if options.embedding_size is None and asked.get("input", "text") not in EMBEDDED:
        network.pop("embedding_size")
    return network | asked | {"bidirectional": not options.one_direction}


def _as_run(words: Sequence[str]) -> str:
    """The command as it can be run again, under torchrun with as many processes."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    start = f"torchrun --nproc_per_node {processes}" if processes > 1 else "python"
    return f"{start} -m attnviz {shlex.join(word for word in words if word != '--resume')}"


def _tell_doubts(
    training: Sequence[Labelled], validation: Sequence[Labelled], unlabelled: Sequence[str]
) -> list[float]:
    """Say what a person should know of the files before training.

    Gives the share of each validation file that is trained on.
    """
    doubts, shares = compared(training, validation, unlabelled)
    for file in validation:
        if len(set(file.labels)) == 1:
            doubts.append(
                f"All texts in {file.name} have the label {file.labels[0]}, so its accuracy cannot "
                "tell a model from one that always says so."
            )
    for file in [*training, *validation]:
        if empty := empty_texts(file.texts):
            doubts.append(f"Of the {len(file.texts):,} texts in {file.name}, {empty:,} are empty.")
    tell(doubts)
    return shares


def card_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", help="the model folder whose README.md is written")
    command.add_argument("others", nargs="*", help="folders of the same command, other seeds")


def card(options: argparse.Namespace) -> None:
    from attnviz.model_card import write_card

    write_card(options.folder, options.others)
