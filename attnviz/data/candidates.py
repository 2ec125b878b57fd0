"""Which columns may hold the labels, and how likely each is."""

import re
from collections.abc import Mapping, Sequence

from attnviz.data.class_names import ClassFile
from attnviz.data.labels import UNLABELLED, is_answer, match_labels, named_rows
from attnviz.data.meanings import is_missing, quantity
from attnviz.data.names import (
    LABEL_NAMES,
    has_no_name,
    is_other_name,
    is_prediction_name,
    label_name,
    may_be_predicted,
    rating_kind,
)
from attnviz.data.table import Table

MOST_LABELS = 200  # different ones in a column whose name says nothing
LONGEST_LABEL = 40  # characters
ROWS_OF_ONE = 10  # rows whose values are all different: numbers of the rows, if the name is weak
MATCHED = 0.3  # the share of rows with a label that the model must know by name
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T ].*)?|\d{1,2}:\d{2}.*")


class Candidate:
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
            raw: n for raw, n in found.items() if raw.strip() and not is_missing(raw, found)
        }
        self.rows, self.by, self.rank, self.stands = sum(self.found.values()), "", (0,), {}
        quantities = [quantity(raw, bool(rating_kind(column))) for raw in self.found]
        self.words = known is None and None in quantities
        self.scores = None not in quantities and any(q.number % 0.5 for q in quantities)
        if not self.rows or is_prediction_name(column):
            return
        self.by, rank = self._judged() if known else self._judged_alone()
        rank = (rank[0] - 0.5 * may_be_predicted(column), *rank[1:])
        self.rank = (*rank, column == column.casefold(), column.casefold() in LABEL_NAMES)

    def _judged(self) -> tuple[str, tuple]:
        """Beside a model's labels."""
        name, rating = label_name(self.column), rating_kind(self.column)
        match = match_labels(self.found, self.known, rating=rating, named=self.named)
        often = 2 * len(self.found) <= self.rows or match.how == "file"
        unnamed = has_no_name(self.column) and often
        self.stands = match.mapping
        named = named_rows(self.found, self.known)
        if named >= max(1, MATCHED * self.rows):
            return "values", (5, name, named)
        fits = any(match.mapping.values())
        if name:
            understood = match.how in UNLABELLED
            return "name", (3 if fits else 1 if understood else 0, name, self.rows)
        rated = match.how == "scale" or _are_ratings(self.known)
        if fits and rated and rating in ("rating", "stars", "nps"):
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
        numbers_of_rows = name == 1 and len(self.found) == self.rows >= ROWS_OF_ONE
        if name and (several or name > 1) and not numbers_of_rows:
            return "name", (3, name, self.rows)
        if few and rating_kind(self.column) in ("rating", "stars", "nps"):
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


def says(table: Table, one: Candidate, other: Candidate) -> bool:
    """Whether two columns say the same of each row: of the model's labels, or one for one."""
    pairs = set(zip(table.column(one.column), table.column(other.column), strict=True))
    if one.known is not None:
        sides = [(one.stands.get(a.strip()), other.stands.get(b.strip())) for a, b in pairs]
        return all(a == b for a, b in sides) and any(a for a, _ in sides)
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
