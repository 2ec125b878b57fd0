"""Reading the files that a command names, and telling what was found in them."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from attnviz.data import READERS
from attnviz.errors import FileError
from attnviz.evaluation import Labelled, labelled

_TABLES = [ending for ending in READERS if ending != ".txt"]
LABELLED_HELP = f"{', '.join(_TABLES)}, or hub:NAME[:CONFIG]:SPLIT"
DATA_HELP = f".txt, {LABELLED_HELP}"


def table_of(file: str):
    """All rows of a file; one that was exported here, as they were before."""
    from attnviz.data import collect, open_rows
    from attnviz.inspection.restoring import unguarded

    return collect(unguarded(open_rows(file)))


def texts_of(file: str, text_column: str | None) -> list[str]:
    from attnviz.data import guess_text_column

    table = table_of(file)
    tell(table.notices)
    return table.column(text_column or guess_text_column(table))


def labelled_file(file: str, text_column: str | None, label_column: str | None) -> Labelled:
    from attnviz.data import guess_label_column, guess_text_column, short_name

    table = table_of(file)
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
