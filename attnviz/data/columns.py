"""Which columns of a file hold the texts and the labels, by what, and what else could be one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attnviz.data.candidates import Candidate, says
from attnviz.data.cell_kinds import is_number
from attnviz.data.class_names import ClassFile
from attnviz.data.joining import joined_column
from attnviz.data.meanings import one_item
from attnviz.data.names import (
    LABEL_NAMES,
    NO_TEXT_WORDS,
    OURS,
    TEXT_NAMES,
    is_answer_name,
    is_other_name,
    is_prediction_name,
    is_text_name,
    rating_kind,
    words_of,
)
from attnviz.data.nested import is_text, nested_columns, refuse_nested
from attnviz.data.table import SAMPLE, Notice, Table, listed, visible
from attnviz.errors import N_

CONSTANT = 3  # rows that hold the same value in a column that is no text
OTHER_SHARE = 0.5  # of the characters of the texts that another column of texts has at least
FEW = 20  # values of a column that may be named as one of labels

EXCHANGED = N_(
    "Text and label seem exchanged: “{label}” holds sentences and “{text}” few short values. Name "
    "both columns (--text-column, --label-column)."
)
NO_COLUMN = N_("no column looks like them")
LOW = N_(
    "a low number in the column “{column}” may be the good one. If it holds the labels, say what "
    "its numbers stand for (--label-column NAME --label FOUND=LABEL)"
)
NO_COLUMN_BUT = N_(
    "no column looks like them. Some have few values ({columns}). If one holds the labels, name "
    "it (--label-column NAME), and say what its values stand for (--label FOUND=LABEL)"
)
PREDICTED = N_(
    "the column “{column}” is named like a model's predictions, which are not taken for the "
    "truth. If it holds the labels, name it (--label-column)"
)
LINE = N_(
    "Texts from the column “{text}” ({text_by}); labels from the column “{label}” ({label_by}), "
    "{how}."
)
NO_LABELS_LINE = N_("Texts from the column “{text}” ({text_by}); no labels: {why}.")
TEXTS_LINE = N_("Texts from the column “{text}” ({text_by}).")
OTHERS = N_(
    "Other columns could hold the labels: {columns}. If it is one of them, choose it as the column "
    "of the labels (--label-column)."
)
OTHER_TEXTS = N_(
    "Other columns hold texts too, which are not read: {columns}. Choose one of them if it is the "
    "text, or join several (--text-column a+b)."
)
CASE_ALONE = N_("The columns {columns} differ by case alone. “{chosen}” was taken.")
NUMBERS = N_(
    "The column “{column}” holds numbers and no words. If the texts stand in another column, "
    "choose that one."
)
BY = {
    "given": N_("as chosen"),
    "name": N_("its name"),
    "length": N_("the longest texts"),
    "only": N_("the only column"),
    "joined": N_("two columns that make one text"),
    "values": N_("its values are the model's labels"),
    "rating": N_("its ratings"),
    "unnamed": N_("its values, for the file names no columns"),
    "few": N_("a guess: few different values"),
}
"""By what a column was chosen."""
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*|[0-9a-fA-F-]{16,}")  # of pages, files, people, rows


@dataclass(frozen=True)
class Columns:
    """The columns that were chosen, each with a key of `BY`; `label` is None where there is none.

    `others` could hold the labels as well; `undecided` says that one of these is as good as the
    chosen. `notices` tell what else was assumed, and `why` what could be labels where none are.
    """

    text: str
    text_by: str
    label: str | None = None
    label_by: str = "given"
    others: tuple[str, ...] = ()
    undecided: bool = False
    notices: tuple[Notice, ...] = ()
    why: Notice | None = None


def choose_columns(
    table: Table,
    values: Mapping[str, Mapping[str, int]],
    known: Sequence[str] | None,
    *,
    text: str | None = None,
    label: str | None = "",
    named: ClassFile | None = None,
) -> Columns:
    """Which columns hold the texts and the labels; `text` and `label` are the user's word.

    The labels are, in this order: the column whose values are names of the model's labels, in most
    rows; one that is named like a label and can be matched; ratings, for a model of sentiment; one
    without any name that can be matched; one named like a label that cannot. Answers (yes and no, 0
    and 1), dates, numbers of things and our own `attnviz_…` columns are none of these.

    Parameters
    ----------
    table
        The first rows.
    values
        Column → how often each value occurs, for the columns with few, over as many rows as
        possible.
    known
        The model's labels; None where a model is yet to be trained: then names decide, and a lone
        column of few values is taken if nothing else is.
    label
        None for no labels, "" to choose.
    named
        What numbers of classes are called, in a list beside the file.
    """
    found, by, notices = (text, "given", []) if text is not None else _text(table)
    table.column(found)  # raises where there is none
    if label != "":
        return Columns(found, by, label, notices=tuple(notices))
    barred = {found, *(c for c in nested_columns(table) if not _single(values.get(c)))}
    columns = [c for c in table.columns if c in values and c not in barred]
    columns = [c for c in columns if not c.startswith(OURS)]
    candidates = [Candidate(column, values[column], known, named) for column in columns]
    ranked = sorted((c for c in candidates if c.by), key=lambda c: c.rank, reverse=True)
    if not ranked:
        full = [c for c in table.columns if c.casefold() in LABEL_NAMES and c not in barred]
        full = next((c for c in full if known and c not in values), None)  # too many different
        why = None if full else _no_labels(columns, values, known)
        return Columns(found, by, full, "name" if full else "", notices=tuple(notices), why=why)
    best = next((c for c in ranked if c.words and says(table, ranked[0], c)), ranked[0])
    rest = [c for c in ranked if c is not best and c.rank[0] >= best.rank[0]]
    rest = [c for c in rest if not says(table, best, c)]
    if best.by == "few" and rest:  # a guess among several is none
        return Columns(found, by, label_by="", notices=tuple(notices))
    twins = [c.column for c in rest if c.column.casefold() == best.column.casefold()]
    if twins:
        notices.append(_case_alone([best.column, *twins], best.column))
    rest = [c for c in rest if c.column not in twins]
    if _exchanged(table, values.get(found), best):
        notices.append(Notice(EXCHANGED, {"text": visible(found), "label": visible(best.column)}))
    undecided = any(c.rank[:2] == best.rank[:2] for c in rest)
    others = tuple(c.column for c in rest)
    return Columns(found, by, best.column, best.by, others, undecided, tuple(notices))


def columns_line(chosen: Columns, how: Notice) -> Notice:
    """In one line, which columns were taken, and how the labels were matched or why none are."""
    values = {"text": visible(chosen.text), "text_by": Notice(BY[chosen.text_by])}
    if chosen.label is None:
        return Notice(NO_LABELS_LINE, {**values, "why": how})
    values |= {"label": visible(chosen.label), "label_by": Notice(BY[chosen.label_by]), "how": how}
    return Notice(LINE, values)


def texts_line(chosen: Columns) -> Notice:
    """In one line, which column was taken for the texts, where nothing else is asked for."""
    return Notice(TEXTS_LINE, {"text": visible(chosen.text), "text_by": Notice(BY[chosen.text_by])})


def column_notices(table: Table, text_column: str) -> list[Notice]:
    """What to tell of the column that was taken for the texts: that it holds numbers alone."""
    cells = [cell for cell in table.column(text_column)[:SAMPLE] if cell.strip()]
    if cells and all(map(is_number, cells)):
        return [Notice(NUMBERS, {"column": text_column})]
    return []


# Texts.


def _text(table: Table) -> tuple[str, str, list[Notice]]:
    """The column of the texts, by what, and what to tell: by its name, else the longest.

    Addresses and long identifiers are no texts, unless there is nothing else; nested values never
    are: `FileError` if nothing else could be.
    """
    nested = nested_columns(table)
    columns = [c for c in table.columns if c not in nested and not c.startswith(OURS)]
    columns = columns or [c for c in table.columns if c not in nested]
    if not columns:
        refuse_nested(table, nested)
    if len(table.columns) == 1:
        return columns[0], "only", []
    if pair := joined_column(table.columns):
        return pair, "joined", []
    found, by, notices = _best_text(table, _likely(table, columns), nested)
    if others := _other_texts(table, columns, found, by):
        notices.append(Notice(OTHER_TEXTS, {"columns": listed(others)}))
    return found, by, notices


def _best_text(
    table: Table, columns: Sequence[str], nested: Sequence[str]
) -> tuple[str, str, list[Notice]]:
    """One of these columns: by its name, else the longest."""
    sizes = {column: _sizes(table.column(column)[:SAMPLE]) for column in columns}
    longest = max(sizes.values())
    short = [column for column in columns if 10 * sizes[column][0] < longest[0]]
    order = {name: place for place, name in enumerate(TEXT_NAMES)}
    numbers = [column for column in short if column_notices(table, column)]  # a rating, a count
    named = [column for column in columns if column.casefold() in order and column not in numbers]
    if named:
        best = min(named, key=lambda c: (order[c.casefold()], c != c.casefold()))
        twins = [column for column in named if column.casefold() == best.casefold()]
        return best, "name", [_case_alone(twins, best)] if len(twins) > 1 else []
    if named := [column for column in columns if is_text_name(column) and column not in short]:
        return max(named, key=lambda c: sizes[c]), "name", []
    if nested:
        refuse_nested(table, nested)
    columns = [column for column in columns if column.casefold() not in LABEL_NAMES] or columns
    return max(columns, key=lambda c: sizes[c]), "length", []


def _other_texts(table: Table, columns: Sequence[str], found: str, by: str) -> list[str]:
    """The columns that are as full of texts as the chosen one, or nearly, each row its own; where
    only its length speaks for it, those of shorter texts too."""
    least = OTHER_SHARE * _sizes(table.column(found)[:SAMPLE])[0] if by != "length" else 0
    apart = {found.casefold(), *LABEL_NAMES}
    cells = {c: table.column(c)[:SAMPLE] for c in columns if c.casefold() not in apart}
    return [
        column
        for column, texts in cells.items()
        if len(texts) >= CONSTANT
        and _sizes(texts)[0] >= least
        and 2 * sum(map(is_text, texts)) > len(texts)
        and 2 * len(set(texts)) > len(texts)
        and 5 * sum(map(str.isdigit, "".join(texts))) < sum(map(len, texts))  # no dates
    ]


def _likely(table: Table, columns: Sequence[str]) -> Sequence[str]:
    """Without columns of one value and without answers, where other columns hold texts."""
    cells = {column: table.column(column)[:SAMPLE] for column in columns}
    sizes = {column: _sizes(cells[column]) for column in columns}
    texts = [c for c in columns if 2 * sum(map(is_text, cells[c])) >= len(cells[c])]
    one = [c for c in columns if len(cells[c]) >= CONSTANT and len(set(cells[c])) == 1]
    if set(texts) - set(one):
        columns = [c for c in columns if c not in one]
    answers = [c for c in columns if is_answer_name(c)]
    others = [c for c in columns if c not in answers and not NO_TEXT_WORDS & words_of(c)]
    least = max(map(sizes.get, answers), default=(0, 0))[0]
    if any(c in texts and 10 * sizes[c][0] >= least for c in others):
        columns = [c for c in columns if c not in answers]
    return columns


def _sizes(cells: Sequence[str]) -> tuple[int, int]:
    texts = [cell for cell in cells if not _ADDRESS.fullmatch(cell)]
    return sum(map(len, texts)), sum(map(len, cells))


def _single(found: Mapping[str, int] | None) -> bool:
    """Whether all values of a column are lists of one item."""
    return bool(found) and all(one_item(raw) != raw for raw in found if raw.strip())


def _exchanged(table: Table, texts: Mapping[str, int] | None, best: Candidate) -> bool:
    """Whether the labels are sentences, and the texts few short values."""
    cells = table.column(best.column)[:SAMPLE]
    few = bool(texts) and len(texts) <= FEW and 2 * len(texts) <= sum(texts.values())
    return few and not any(map(is_text, texts)) and 2 * sum(map(is_text, cells)) > len(cells)


def _no_labels(
    columns: Sequence[str], values: Mapping[str, Mapping[str, int]], known: Sequence[str] | None
) -> Notice:
    """Why no column holds the labels, with the columns that have the fewest values."""
    if predicted := [c for c in columns if is_prediction_name(c) and values[c]]:
        return Notice(PREDICTED, {"column": visible(predicted[0])})
    few = {c: [raw for raw in values[c] if raw.strip()] for c in columns}
    few = {c: raws for c, raws in few.items() if 1 < len(raws) <= FEW}
    low = [c for c in few if rating_kind(c) == "low" and all(map(is_number, few[c]))]
    if low and known:
        return Notice(LOW, {"column": visible(low[0])})
    best = sorted(few, key=lambda c: (is_other_name(c), len(few[c])))[:3]
    if not best:
        return Notice(NO_COLUMN)
    shown = "; ".join(f"{listed([c])}: {', '.join(r[:30] for r in few[c][:5])}" for c in best)
    return Notice(NO_COLUMN_BUT, {"columns": visible(shown)})


def _case_alone(columns: Sequence[str], chosen: str) -> Notice:
    return Notice(CASE_ALONE, {"columns": listed(columns), "chosen": chosen})
