"""The command make: data of our own, synthetic or free, to train and try models with."""

import argparse
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from attnviz.cli.arguments import positive, seed
from attnviz.cli.files import bar
from attnviz.writing import make_folder, write_text

SPLITS = ("train", "validation", "test")


def make_options(command: argparse.ArgumentParser) -> None:
    kinds = command.add_subparsers(title="data", required=True, metavar="DATA")
    for name, (maker, add_options, what) in MAKERS.items():
        kind = kinds.add_parser(name, help=what, description=what)
        kind.add_argument("folder", help="the folder in which the files are written")
        add_options(kind)
        kind.set_defaults(maker=maker, about=what)


def make(options: argparse.Namespace) -> None:
    """Fill the folder; standard output names the files, one a line."""
    folder = Path(options.folder)
    make_folder(folder)
    for path in options.maker(folder, options):
        print(path)
    about = folder / "README.md"
    command = f"python -m attnviz {shlex.join(options.words)}"
    write_text(about, f"Made by attnviz: {options.about}.\n\n```\n{command}\n```\n")
    print(about)


def photovoltaic_options(command: argparse.ArgumentParser) -> None:
    days_help = "days to train with; a quarter as many each for validation and test (%(default)s)"
    command.add_argument("--days", type=positive, default=1_200, metavar="N", help=days_help)
    seed_option(command)


def photovoltaic(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    from attnviz.samples.photovoltaic import STATES, days
    from attnviz.samples.saving import save_samples, save_table

    fewer = max(options.days // 4, len(STATES))
    for split, count in zip(SPLITS, (options.days, fewer, fewer), strict=True):
        made = list(_counted(days(count, options.seed, split), count, split, " days"))
        save_samples(folder / f"{split}.npz", made, STATES)
        yield folder / f"{split}.npz"
    example = next(sample for sample in made if sample.label == "partial shading")
    save_table(folder / "day.csv", example)
    yield folder / "day.csv"


def seed_option(command: argparse.ArgumentParser) -> None:
    seed_help = "the same seed makes the same files (default %(default)s)"
    command.add_argument("--seed", type=seed, default=0, help=seed_help)


def _counted(things: Iterable, count: int, what: str, unit: str) -> Iterator:
    """The things, with a bar on standard error."""
    with bar(count, what, unit=unit) as move:
        for done, thing in enumerate(things, 1):
            yield thing
            move(done)


MAKERS = {
    "photovoltaic": (
        photovoltaic,
        photovoltaic_options,
        "synthetic days of a photovoltaic array of four strings, healthy or with one of five "
        "faults; validation and test at other sites on other days",
    ),
}
"""What can be made: the function that writes the files and gives their paths, options, what."""
