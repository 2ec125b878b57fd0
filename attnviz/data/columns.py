"""Which columns of a file hold the texts and the labels, by what, and what else could be one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attnviz.data.class_names import ClassFile
from attnviz.data.joining import joined_column
from attnviz.data.labels import UNLABELLED, is_answer, match_labels, named_rows
from attnviz.data.meanings import MISSING, plain, quantity
from attnviz.data.names import (
    LABEL_NAMES,
    OURS,
    TEXT_NAMES,
    has_no_name,
    is_other_name,
    is_prediction_name,
    is_rating_name,
    is_text_name,
    label_name,
)
from attnviz.data.nested import nested_columns, refuse_nested
from attnviz.data.peek import value_counts
from attnviz.data.table import SAMPLE, Notice, Table, listed, visible
from attnviz.errors import N_

MOST_LABELS = 200  # different ones in a column whose name says nothing
LONGEST_LABEL = 40  # characters
MATCHED = 0.3  # the share of rows with a label that the model must know by name

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
_NUMBER = re.compile(r"\s*[-+]?[\d.,]+(?:[eE][-+]?\d+)?\s*%?\s*")
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*|[0-9a-fA-F-]{16,}")  # of pages, files, people, rows
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T ].*)?|\d{1,2}:\d{2}.*")


@dataclass(frozen=True)
class Columns:
    """The columns that were chosen, each with a key of `BY`; `label` is None where there is none.

    `others` could hold the labels as well; `undecided` says that one of these is as good as the
    chosen. `notices` tell what else was assumed.
    """

    text: str
    text_by: str
    label: str | None = None
    label_by: str = "given"
    others: tuple[str, ...] = ()
    undecided: bool = False
    notices: tuple[Notice, ...] = ()


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
    barred = {found, *nested_columns(table)}
    columns = [c for c in table.columns if c in values and c not in barred]
    columns = [c for c in columns if not c.startswith(OURS)]
    candidates = [_Candidate(column, values[column], known, named) for column in columns]
    ranked = sorted((c for c in candidates if c.by), key=lambda c: c.rank, reverse=True)
    if not ranked:
        full = [c for c in table.columns if c.casefold() in LABEL_NAMES and c not in barred]
        full = next((c for c in full if known and c not in values), None)  # too many different
        return Columns(found, by, full, "name" if full else "", notices=tuple(notices))
    best = next((c for c in ranked if c.words and _says(table, ranked[0], c)), ranked[0])
    rest = [c for c in ranked if c is not best and c.rank[0] >= best.rank[0]]
    rest = [c for c in rest if not _says(table, best, c)]
    if best.by == "few" and rest:  # a guess among several is none
        return Columns(found, by, label_by="", notices=tuple(notices))
    twins = [c.column for c in rest if c.column.casefold() == best.column.casefold()]
    if twins:
        notices.append(_case_alone([best.column, *twins], best.column))
    rest = [c for c in rest if c.column not in twins]
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


def guess_text_column(table: Table) -> str:
    """The column most likely to hold the texts: by its name, else the longest on average.

    Addresses and long identifiers are no texts, unless there is nothing else; nested values never
    are: `FileError` if nothing else could be.
    """
    return _text(table)[0]


def guess_label_column(table: Table, known: Sequence[str] | None = None) -> str | None:
    """The column most likely to hold labels, None if there is none; see `choose_columns`."""
    return choose_columns(table, value_counts(table), known).label


def column_notices(table: Table, text_column: str) -> list[Notice]:
    """What to tell of the column that was taken for the texts: that it holds numbers alone."""
    cells = [cell for cell in table.column(text_column)[:SAMPLE] if cell.strip()]
    if cells and all(map(_NUMBER.fullmatch, cells)):
        return [Notice(NUMBERS, {"column": text_column})]
    return []


# Texts.


def _text(table: Table) -> tuple[str, str, list[Notice]]:
    """The column of the texts, by what, and what to tell; `FileError` if all others are nested."""
    nested = nested_columns(table)
    columns = [c for c in table.columns if c not in nested and not c.startswith(OURS)]
    columns = columns or [c for c in table.columns if c not in nested]
    if not columns:
        refuse_nested(table, nested)
    if len(table.columns) == 1:
        return columns[0], "only", []
    if pair := joined_column(table.columns):
        return pair, "joined", []
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


def _sizes(cells: Sequence[str]) -> tuple[int, int]:
    texts = [cell for cell in cells if not _ADDRESS.fullmatch(cell)]
    return sum(map(len, texts)), sum(map(len, cells))


def _case_alone(columns: Sequence[str], chosen: str) -> Notice:
    return Notice(CASE_ALONE, {"columns": listed(columns), "chosen": chosen})


# Labels.


class _Candidate:
    """A column that may hold labels: by what, and how well as a tuple that sorts; "" if it is none.

    `stands` says for which label of the model each value stands, where that is known.
    """

    def __init__(
        self,
        column: str,
        found: Mapping[str, int],
        known: Sequence[str] | None,
        named: ClassFile | None,
    ) -> None:
        self.column, self.known, self.named = column, known, named
        self.found = {
            raw: n for raw, n in found.items() if raw.strip() and plain(raw) not in MISSING
        }
        self.rows, self.by, self.rank, self.stands = sum(self.found.values()), "", (0,), {}
        quantities = [quantity(raw) for raw in self.found]
        self.words = known is None and None in quantities
        self.scores = None not in quantities and any(q.number % 0.5 for q in quantities)
        if not self.rows:
            return
        self.by, rank = self._judged() if known else self._judged_alone()
        self.rank = (*rank, column == column.casefold(), column.casefold() in LABEL_NAMES)

    def _judged(self) -> tuple[str, tuple]:
        """Beside a model's labels."""
        name, rating = label_name(self.column), is_rating_name(self.column)
        match = match_labels(self.found, self.known, rating=rating, named=self.named)
        often = 2 * len(self.found) <= self.rows or match.how == "file"
        unnamed = has_no_name(self.column) and often
        self.stands = match.mapping
        named = named_rows(self.found, self.known)
        if named >= max(1, MATCHED * self.rows):
            return "values", (5 - is_prediction_name(self.column), name, named)
        fits = any(match.mapping.values())
        if name:
            understood = match.how in UNLABELLED
            return "name", (3 if fits else 1 if understood else 0, name, self.rows)
        if rating and fits and (match.how == "scale" or _are_ratings(self.known)):
            return "rating", (2, 0, self.rows)
        if unnamed and fits and not all(map(_DATE.fullmatch, self.found)):
            return "unnamed", (1.5, 0, self.rows)
        return "", (0,)

    def _judged_alone(self) -> tuple[str, tuple]:
        """Where a model is yet to be trained."""
        if self.scores:
            return "", (0,)
        name, several = label_name(self.column), len(self.found) > 1
        few = several and len(self.found) <= MOST_LABELS and 2 * len(self.found) <= self.rows
        few = few and max(map(len, self.found)) <= LONGEST_LABEL
        if name and (several or name > 1):
            return "name", (3, name, self.rows)
        if few and is_rating_name(self.column):
            return "rating", (3, 1, self.rows)
        if few and has_no_name(self.column):
            return "unnamed", (2, 0, self.rows)
        answers = all(is_answer(raw) for raw in self.found)
        if few and not answers and not is_other_name(self.column):
            dates = all(map(_DATE.fullmatch, self.found))
            return ("", (0,)) if dates else ("few", (1, 0, self.rows))
        return "", (0,)


def _are_ratings(known: Sequence[str]) -> bool:
    """Whether a model's labels are ratings themselves: "1 star", "5"."""
    quantities = [quantity(label) for label in known]
    spelled = any(label.casefold().startswith(("label", "class")) for label in known)
    return None not in quantities and not spelled


def _says(table: Table, one: _Candidate, other: _Candidate) -> bool:
    """Whether two columns say the same of each row: of the model's labels, or one for one."""
    pairs = set(zip(table.column(one.column), table.column(other.column), strict=True))
    if one.known is not None:
        sides = [(one.stands.get(a.strip()), other.stands.get(b.strip())) for a, b in pairs]
        return all(a == b for a, b in sides) and any(a for a, _ in sides)
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
