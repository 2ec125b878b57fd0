"""Which language a model knows: the command language, and what other commands say of texts."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from attnviz.cli.arguments import text_column_option
from attnviz.cli.files import DATA_HELP, reading_of, reading_options, tell, texts_of


def language_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", help="the model folder in which language.json is written")
    command.add_argument("files", nargs="+", metavar="TRAIN", help=f"as for training: {DATA_HELP}")
    text_column_option(command)
    reading_options(command)


def language(options: argparse.Namespace) -> None:
    """For a model that was trained before `train` wrote the file."""
    from tokenizers import Tokenizer

    from attnviz.folders import check_folder
    from attnviz.language import FILE_NAME, Language

    folder = Path(options.folder)
    check_folder(folder)
    reading = reading_of(options)
    texts = [t for file in options.files for t in texts_of(file, options.text_column, reading)[1]]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    Language.of(texts, tokenizer).save(folder)
    tell([f"{folder / FILE_NAME} says what the texts are written in."])


def tell_language(folder: str | Path, texts: Sequence[str]) -> None:
    """Say on standard error where texts seem to be in a language that the model does not know."""
    from attnviz.language import Language, with_another

    known = Language.load(folder)
    if known is None or not texts:
        return
    notice = known.text_notice(texts[0]) if len(texts) == 1 else known.rows_notice(texts[:1_000])
    if notice:
        tell([with_another(notice, texts[:1_000], folder)])
