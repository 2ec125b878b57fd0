"""The kinds of values that options take; a wrong one is refused before anything is read."""

import argparse

from attnviz.folders import PRETRAINED

DEFAULT_MODEL = PRETRAINED / "en-sentiment"
DIRECTIONS = ("forward", "backward")  # those of attnviz.trace, which brings NumPy
SCHEDULES = ("linear", "cosine", "plateau", "constant")


def model_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model", default=DEFAULT_MODEL, help="model folder (default %(default)s)"
    )


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def positive_float(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{number} is no number above 0")
    return number


def share(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a share from 0 up to 1")
    return number


def part(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{number} is not a share from 0 to 1")
    return number


def not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{number} is not 0 or above")
    return number


def seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{number} is not a whole number from 0 up to 2**32")
    return number


def schedule(text: str) -> str:
    if text not in SCHEDULES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(SCHEDULES)}")
    return text


class _Joined(argparse.Action):
    """Given again, one more column of the same text."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, f"{before}+{values}" if before else values)


def text_column_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--text-column",
        action=_Joined,
        metavar="NAME",
        help="name of the column that holds the texts; title+description, or the option given "
        "twice, joins two",
    )
