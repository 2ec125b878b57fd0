"""The command make: data of our own, synthetic or free, to train and try models with."""

import argparse
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from attnviz.cli.arguments import positive, seed
from attnviz.cli.files import bar
from attnviz.writing import make_folder, write_text

SPLITS = ("train", "validation", "test")
MADE = "Made by attnviz: {about}. {source}\n\n```\npython -m attnviz {words}\n```\n"
OPTDIGITS = (
    "The pictures are from Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, "
    "UCI Machine Learning Repository, 1998 (CC BY 4.0)."
)
SYNTHETIC = "Nothing in it was measured: all of it is computed, with random weather."
SIMPLER = (
    "Simpler than life: one fault at a time, no fuses, no blocking diodes, no limits of the "
    "inverter, no dirt, no shade that all strings share."
)


def make_options(command: argparse.ArgumentParser) -> None:
    kinds = command.add_subparsers(title="data", required=True, metavar="DATA")
    for name, (maker, options, about, source) in MAKERS.items():
        kind = kinds.add_parser(name, help=about, description=f"{about}. {source}")
        kind.add_argument("folder", help="the folder in which the files are written")
        for option, (type_, default, what) in options.items():
            said = f"{what} (default %(default)s)"
            kind.add_argument(f"--{option}", type=type_, default=default, help=said)
        kind.set_defaults(maker=maker, about=about, source=source)


def make(options: argparse.Namespace) -> None:
    """Fill the folder; standard output names the files, one a line."""
    folder = Path(options.folder)
    make_folder(folder)
    for path in options.maker(folder, options):
        print(path, flush=True)
    about = {"about": options.about, "source": options.source, "words": shlex.join(options.words)}
    write_text(folder / "README.md", MADE.format(**about))
    print(folder / "README.md")


def photovoltaic(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    from attnviz.samples.photovoltaic import STATES, days
    from attnviz.samples.saving import save_samples, save_table

    for split, count, path in _splits(folder, options.days, len(STATES)):
        made = list(_counted(days(count, options.seed, split), count, split))
        save_samples(path, made, STATES)
        yield path
    example = next(sample for sample in made if sample.label == "partial shading")
    save_table(folder / "day.csv", example)
    yield folder / "day.csv"


def spoken_digits(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    from attnviz.samples.saving import save_archive
    from attnviz.samples.spoken import DIGITS, recordings

    for split, count, path in _splits(folder, options.recordings, len(DIGITS), ".zip"):
        save_archive(path, _counted(recordings(count, options.seed, split), count, split))
        yield path


def moving_digits(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    from attnviz.samples.digits import CLASSES, films
    from attnviz.samples.saving import save_film, save_samples

    for split, count, path in _splits(folder, options.films, len(CLASSES)):
        made = list(films(count, options.seed, split))
        save_samples(path, made, CLASSES)
        yield path
    moving = (film for film in made if (film.values[1:] != film.values[:-1]).any((1, 2, 3)).all())
    save_film(folder / "film.gif", next(moving, made[0]))
    yield folder / "film.gif"


def digit_pictures(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    from attnviz.samples.digits import CLASSES, pictures
    from attnviz.samples.saving import save_picture, save_samples

    for split, _, path in _splits(folder, 0):
        made = pictures(options.seed, split)
        save_samples(path, made, CLASSES)
        yield path
    save_picture(folder / "digit.png", made[7])
    yield folder / "digit.png"


def co2(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    from attnviz.samples.long_series import co2
    from attnviz.samples.saving import save_table

    for name, sample in co2().items():
        save_table(folder / f"{name}.csv", sample, time="date")
        yield folder / f"{name}.csv"


def pv_power(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    from attnviz.samples.long_series import POWER_YEARS, plant
    from attnviz.samples.saving import save_table

    for split, years in POWER_YEARS.items():
        save_table(folder / f"{split}.csv", plant(*years, options.seed))
        yield folder / f"{split}.csv"


def _splits(
    folder: Path, count: int, least: int = 1, ending: str = ".npz"
) -> Iterator[tuple[str, int, Path]]:
    """Name, number and file of each part: a quarter as many for validation and test."""
    for split, number in zip(SPLITS, (count, *[max(count // 4, least)] * 2), strict=True):
        yield split, number, folder / f"{split}{ending}"


def _counted(things: Iterable, count: int, what: str) -> Iterator:
    """The things, with a bar on standard error."""
    with bar(count, what, unit="") as move:
        for done, thing in enumerate(things, 1):
            yield thing
            move(done)


FEWER = "to train with; a quarter as many each for validation and test"
SEED = {"seed": (seed, 0, "the same seed makes the same files")}
MAKERS = {
    "photovoltaic": (
        photovoltaic,
        {"days": (positive, 1_200, f"days {FEWER}")} | SEED,
        "synthetic days of a photovoltaic array of four strings, healthy or with one of five "
        "faults; validation and test at other sites on other days",
        f"{SYNTHETIC} {SIMPLER}",
    ),
    "spoken-digits": (
        spoken_digits,
        {"recordings": (positive, 2_000, f"recordings {FEWER}")} | SEED,
        "the digits zero to nine, spoken by espeak-ng; validation and test by other voices, test "
        "also with another accent",
        "The voices are synthetic, no person's.",
    ),
    "moving-digits": (
        moving_digits,
        {"films": (positive, 4_000, f"films {FEWER}")} | SEED,
        "films of handwritten digits that move; validation and test are of other handwriting",
        f"{OPTDIGITS} The motion is synthetic.",
    ),
    "digit-pictures": (
        digit_pictures,
        SEED,
        "pictures of handwritten digits, 8 by 8",
        OPTDIGITS,
    ),
    "co2": (
        co2,
        {},
        "the carbon dioxide of the air at Mauna Loa by month, 1958 to 2001, whole and in parts; "
        "validation and test begin with the 48 months before, to look back on",
        "The measurements are those of C. D. Keeling and T. P. Whorf (2004), public domain, as "
        "statsmodels has them.",
    ),
    "pv-power": (
        pv_power,
        SEED,
        "the hourly power of a synthetic photovoltaic plant: two years to train with, one each "
        "for validation and test",
        SYNTHETIC,
    ),
}
"""What can be made: the function that writes the files and gives their paths; its options with
type, default and help; what it makes; where that is from."""
