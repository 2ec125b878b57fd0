"""Reading the files that a command names, and telling what was found in them."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields

from attnviz.cli.arguments import positive
from attnviz.data import QUOTING, READERS, Reading
from attnviz.errors import FileError
from attnviz.evaluation import Labelled, labelled

_TABLES = [ending for ending in READERS if ending != ".txt"]
LABELLED_HELP = f"{', '.join(_TABLES)}, or hub:NAME[:CONFIG]:SPLIT"
DATA_HELP = f".txt, {LABELLED_HELP}"


def reading_options(command: argparse.ArgumentParser) -> None:
    """The fields of `attnviz.data.Reading`, for files whose form would be guessed wrongly."""
    group = command.add_argument_group("how the file is read, where the guess is wrong")
    group.add_argument("--encoding", help="of a text file")
    group.add_argument("--delimiter", type=_delimiter, help="between the columns; \\t: tab")
    header = group.add_mutually_exclusive_group()
    header.add_argument(
        "--no-header", dest="header", action="store_const", const=0, help="no row names the columns"
    )
    header.add_argument(
        "--header-row", dest="header", type=positive, metavar="N", help="the row that names them"
    )
    group.add_argument("--quoting", choices=QUOTING, help="what quotation marks mean in a table")
    group.add_argument(
        "--skip-bad-rows", action="store_true", help="leave out rows that do not fit the table"
    )
    group.add_argument(
        "--part",
        metavar="NAME",
        help="of an archive, a workbook, a folder or JSON: which file, sheet, split or key",
    )


def reading_of(options: argparse.Namespace) -> dict[str, object]:
    """What was said with `reading_options`, as `open_rows` takes it."""
    return {field.name: getattr(options, field.name) for field in fields(Reading)}


def table_of(file: str, reading: Mapping[str, object]):
    """All rows of a file or a folder; of one that was exported here, as they were before."""
    from attnviz.data import collect
    from attnviz.inspection.gathering import open_source
    from attnviz.inspection.restoring import unguarded

    return collect(unguarded(open_source(file, **reading)))


def texts_of(
    file: str, text_column: str | None, reading: Mapping[str, object] | None = None
) -> list[str]:
    from attnviz.data import guess_text_column

    table = table_of(file, reading or {})
    tell(table.notices)
    return table.column(text_column or guess_text_column(table))


def labelled_file(
    file: str, text_column: str | None, label_column: str | None, reading: Mapping[str, object]
) -> Labelled:
    from attnviz.data import guess_label_column, guess_text_column, short_name

    table = table_of(file, reading)
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
    tell([*table.notices, *notices])
    return found


def _delimiter(text: str) -> str:
    return text.replace("\\t", "\t")


def progress(total: int):
    """A bar on standard error, where that is a terminal; returns what moves it on."""
    from tqdm import tqdm

    return tqdm(total=total, unit=" texts", disable=None, file=sys.stderr).update


@contextmanager
def bar(total: int | None, what: str, done: int = 0) -> Iterator[Callable[..., None]]:
    """A bar with rate and time left on standard error, where that is a terminal.

    Gives what moves it: a function of the number that is done now and, if known, that of all.
    """
    from tqdm import tqdm

    with tqdm(
        total=total, initial=done, desc=what, unit=" rows", disable=None, file=sys.stderr
    ) as shown:

        def move(done: int, total: int | None = None) -> None:
            shown.total = total or shown.total
            shown.update(done - shown.n)

        yield move


def tell(notices: Sequence[object]) -> None:
    if os.environ.get("RANK", "0") != "0":  # under torchrun, the first process speaks for all
        return
    for notice in notices:
        print(f"attnviz: {notice}", file=sys.stderr)
