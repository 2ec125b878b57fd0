"""Reading the files that a command names, and telling what was found in them."""

import os
import sys
from collections.abc import Sequence

from attnviz.errors import FileError
from attnviz.evaluation import Labelled, labelled

LABELLED_HELP = ".csv, .tsv, .jsonl, .json or .parquet, or hub:NAME[:CONFIG]:SPLIT"
DATA_HELP = f".txt, {LABELLED_HELP}"


def texts_of(file: str, text_column: str | None) -> list[str]:
    from attnviz.data import guess_text_column, read_table

    table = read_table(file)
    tell(table.notices)
    return table.column(text_column or guess_text_column(table))


def labelled_file(file: str, text_column: str | None, label_column: str | None) -> Labelled:
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
    tell([*table.notices, *notices])
    return found


def progress(total: int):
    """A bar on standard error, where that is a terminal; returns what moves it on."""
    from tqdm import tqdm

    return tqdm(total=total, unit=" texts", disable=None, file=sys.stderr).update


def tell(notices: Sequence[object]) -> None:
    if os.environ.get("RANK", "0") != "0":  # under torchrun, the first process speaks for all
        return
    for notice in notices:
        print(f"attnviz: {notice}", file=sys.stderr)
