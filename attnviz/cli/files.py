"""Reading the files that a command names, and telling what was found in them."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields

from attnviz.cli.arguments import positive
from attnviz.data import QUOTING, USUAL, Reading, Table
from attnviz.errors import FileError
from attnviz.evaluation import Labelled, labelled, with_names

LABELLED_HELP = f"{', '.join(USUAL[1:])} and others, a folder, or hub:NAME[:CONFIG]:SPLIT"
DATA_HELP = f".txt, {LABELLED_HELP}"

DELIMITER_HELP = "between the columns, of any length; \\t: tab, '': none, each line is one text"
NO_LABELS = (
    "{file} has no column that looks like labels. Name it with --label-column; the columns are: "
    "{columns}."
)
_COUNTED = "{labels}"
UNDECIDED = (
    "{file} has several columns that could hold the labels: {columns}. Name the right one with "
    "--label-column."
)


def reading_options(command: argparse.ArgumentParser) -> None:
    """The fields of `attnviz.data.Reading`, for files whose form would be guessed wrongly."""
    group = command.add_argument_group("how the file is read, where the guess is wrong")
    group.add_argument("--encoding", help="of a text file")
    group.add_argument("--delimiter", help=DELIMITER_HELP)
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


def texts_of(
    file: str, text_column: str | None, reading: Mapping[str, object] | None = None
) -> tuple[Table, list[str]]:
    """All rows of a file, and its texts, "" where one is missing; says from which column."""
    from attnviz.data import choose_columns, collect, texts_line
    from attnviz.data.no_texts import no_text_notices, texts_alone
    from attnviz.inspection.gathering import open_source
    from attnviz.inspection.labelling import with_texts
    from attnviz.inspection.restoring import export_notices

    table = collect(with_texts(open_source(file, **(reading or {})), text_column))
    chosen = choose_columns(table, {}, None, text=text_column)
    texts = table.column(chosen.text)
    notices = [*chosen.notices, *export_notices(table.columns), *no_text_notices(texts)]
    tell([*table.notices, texts_line(chosen), *notices])
    return table, texts_alone(texts)


def labelled_file(
    file: str, text_column: str | None, label_column: str | None, reading: Mapping[str, object]
) -> Labelled:
    """The texts of a file that have a label; says from which columns both come."""
    from attnviz.data import (
        Notice,
        choose_columns,
        classes_beside,
        collect,
        columns_line,
        gathered,
        short_name,
        value_counts,
    )
    from attnviz.data.columns import OTHERS
    from attnviz.data.table import listed
    from attnviz.inspection.gathering import open_source
    from attnviz.inspection.labelling import with_texts
    from attnviz.inspection.restoring import export_notices

    stream = with_texts(open_source(file, **reading), text_column, label_column)
    options = {"text": text_column, "label": label_column or ""}
    table = collect(stream)
    chosen = choose_columns(table, value_counts(table), None, **options)
    if chosen.label is None:  # perhaps one column a class
        table = collect(gathered(stream, None))
        chosen = choose_columns(table, value_counts(table), None, **options)
    if chosen.label is None or chosen.undecided:
        several = [chosen.label, *chosen.others] if chosen.undecided else table.columns
        template = UNDECIDED if chosen.undecided else NO_LABELS
        raise FileError(template, file=file, columns=", ".join(several))
    found, notices = labelled(table, short_name(file), chosen.text, chosen.label)
    found, named = with_names(found, classes_beside(file))
    line = columns_line(chosen, Notice(_COUNTED, {"labels": _counted(found.labels)}))
    notices += [Notice(OTHERS, {"columns": listed(chosen.others)})] * bool(chosen.others)
    notices += export_notices(table.columns)
    said = [*table.notices, *chosen.notices, *notices, *named]
    tell([f"{file}: {line}", *said])
    return found


def _counted(labels: Sequence[str]) -> str:
    """The different labels with how often each occurs, the most frequent first."""
    from collections import Counter

    from attnviz.data.table import visible

    counts = Counter(labels).most_common()
    shown = ", ".join(f"{visible(label[:40])} ({count:,})" for label, count in counts[:12])
    more = ", …" * (len(counts) > 12)
    return f"{len(counts):,} different: {shown}{more}"


def progress(total: int):
    """A bar on standard error, where that is a terminal; returns what moves it on."""
    from tqdm import tqdm

    return tqdm(total=total, unit=" texts", disable=None, file=sys.stderr).update


@contextmanager
def bar(
    total: int | None, what: str = "", done: int = 0, unit: str = " rows"
) -> Iterator[Callable[..., None]]:
    """A bar with rate and time left on standard error, where that is a terminal.

    Gives what moves it: a function of the number that is done now and, if known, that of all.
    """
    from tqdm import tqdm

    with tqdm(
        total=total, initial=done, desc=what or None, unit=unit, disable=None, file=sys.stderr
    ) as shown:

        def move(done: float, total: float | None = None) -> None:
            shown.total = int(total or 0) or shown.total
            shown.update(int(done) - shown.n)

        yield move


def speaks() -> bool:
    """Whether this process says what there is to say: under torchrun the first does, for all."""
    return os.environ.get("RANK", "0") == "0"


def tell(notices: Sequence[object]) -> None:
    if not speaks():
        return
    for notice in notices:
        print(f"attnviz: {notice}", file=sys.stderr)


def tell_limits(trace) -> None:
    """Say on standard error what a model could not read of one text: its end, its characters."""
    read = len(trace.tokens)
    said = []
    if trace.truncated:
        what = "Steps" if trace.text is None else "Tokens"
        cut = "only the last are read" if trace.task == "forecast" else "the end was cut"
        said.append(f"{what} read: {read:,} of {read + trace.truncated:,}; {cut}.")
    if trace.byte_pieces:
        said.append(
            f"{trace.byte_pieces:,} of {read:,} tokens are single bytes of characters that the "
            "model does not know."
        )
    tell(said)
