"""How a model does on choices of texts, counted by DuckDB on the files of the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from attnviz.evaluation import wilson
from attnviz.runs import Filter, Run, causes_of

MOST_VALUES = 20  # of a column that makes slices


@dataclass(frozen=True)
class Slice:
    """How a model does on the texts that a filter leaves.

    A filter that asks for mistakes would have an accuracy of 0 by itself. So all but `rows` is
    counted with the filter's outcome set aside: how it does on the texts where these were found.

    Parameters
    ----------
    name, chosen
        What it is called, and its filter.
    rows
        Texts that it leaves, of those that are scored.
    labelled, wrong
        Texts with a label, and mistakes among them.
    rest, rest_wrong
        The same of all other texts.
    """

    name: str
    chosen: Filter
    rows: int
    labelled: int
    wrong: int
    rest: int
    rest_wrong: int

    @property
    def accuracy(self) -> float | None:
        return 1 - self.wrong / self.labelled if self.labelled else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy (Wilson 1927)."""
        return wilson(self.labelled - self.wrong, self.labelled) if self.labelled else None

    @property
    def lift(self) -> float | None:
        """How many times as often the model errs here as in the rest; None where nobody can say."""
        if not self.labelled or not self.rest or not (self.wrong or self.rest_wrong):
            return None
        if not self.rest_wrong:
            return inf
        return (self.wrong / self.labelled) / (self.rest_wrong / self.rest)


def slice_table(run: Run, slices: Mapping[str, Filter]) -> list[Slice]:
    """Size, accuracy and lift of each slice, in their order, counted in one pass.

    Raises
    ------
    FileError
        If a filter names a column or a tag that the run does not have.
    """
    columns, values = ["count(outcome)", "count(*) FILTER (WHERE outcome = 'wrong')"], []
    for chosen in slices.values():
        where, marks = chosen.where(run.about.columns)
        around, more = replace(chosen, outcome=None).where(run.about.columns)
        columns.append(f"count(*) FILTER (WHERE {where})")
        columns.append(f"count(outcome) FILTER (WHERE {around})")
        columns.append(f"count(*) FILTER (WHERE ({around}) AND outcome = 'wrong')")
        values += [*marks, *more, *more]
    with run.connect() as connection:
        query = f"SELECT {', '.join(columns)} FROM texts WHERE tokens IS NOT NULL"
        total, wrong, *counts = connection.execute(query, values).fetchone()
    found = zip(slices.items(), counts[::3], counts[1::3], counts[2::3], strict=True)
    return [
        Slice(name, chosen, rows, labelled, errors, total - labelled, wrong - errors)
        for (name, chosen), rows, labelled, errors in found
    ]


def suggest_slices(run: Run, most: int = 12) -> list[Slice]:
    """Slices on which the model errs more than elsewhere, the worst first; they have no names.

    Looked at: every value of the file's columns with at most `MOST_VALUES` different ones, thirds
    by length, tags. They stand by the lower end of the interval of their share of mistakes, so
    that a small slice does not impress, and those of too few texts are left out.
    """
    candidates = [*_of_columns(run), *_of_lengths(run)]
    candidates += [
        Filter(tags=(tag,))
        for tag, cause in causes_of(run.about.input).items()
        if not cause.labelled
    ]
    found = slice_table(run, {str(place): chosen for place, chosen in enumerate(candidates)})
    if not found:
        return []
    total = found[0].labelled + found[0].rest
    least = min(20, max(5, total // 20))
    found = [s for s in found if s.labelled >= least and s.wrong and (s.lift or 0) > 1]
    found.sort(key=lambda s: -wilson(s.wrong, s.labelled)[0])
    return [replace(s, name="") for s in found[:most]]


def _of_columns(run: Run) -> list[Filter]:
    read = (run.about.text_column, run.about.label_column)
    own = {n: name for n, name in enumerate(run.about.columns) if name not in read}
    if not own:
        return []
    with run.connect() as connection:
        counts = ", ".join(f"approx_count_distinct(c{number})" for number in own)
        guessed = connection.execute(f"SELECT {counts} FROM rows").fetchone()
        found = []
        for (number, name), guess in zip(own.items(), guessed, strict=True):
            if guess <= 2 * MOST_VALUES:  # it is an estimate
                query = _VALUES.format(column=f"c{number}", most=MOST_VALUES + 1)
                values = [value for (value,) in connection.execute(query).fetchall()]
                if 2 <= len(values) <= MOST_VALUES:
                    found += [Filter(columns=((name, value),)) for value in values]
    return found


_VALUES = "SELECT DISTINCT {column} FROM rows WHERE {column} IS NOT NULL ORDER BY 1 LIMIT {most}"


def _of_lengths(run: Run) -> list[Filter]:
    with run.connect() as connection:
        query = "SELECT quantile_disc(tokens, [0.333, 0.667]) FROM texts WHERE tokens > 0"
        (edges,) = connection.execute(query).fetchone()
    if edges is None or edges[0] == edges[1]:
        return []
    low, high = edges
    return [Filter(tokens=ends) for ends in ((None, low), (low + 1, high), (high + 1, None))]
