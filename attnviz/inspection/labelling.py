"""The labels of a run: its column of labels matched to those that its model knows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from attnviz.data import (
    ClassFile,
    Columns,
    LabelMatch,
    Notice,
    RowStream,
    Table,
    columns_line,
    gathered,
    match_labels,
)
from attnviz.data.columns import EXCHANGED, NO_COLUMN, OTHERS
from attnviz.data.guards import unguarded
from attnviz.data.joining import SIGN, joined
from attnviz.data.labels import UNLABELLED
from attnviz.data.names import LABEL_NAMES, rating_kind
from attnviz.data.narrowing import narrowed
from attnviz.data.table import listed, visible
from attnviz.errors import N_, FileError
from attnviz.runs import About, Run

MOST_LABELS = 1_000  # different ones in a file

WITHOUT = N_("Rows without a label, of which only the prediction is known: {count}.")
NOTHING_KNOWN = N_(
    "{name}: none of the labels in the column “{column}” is one of the model's. Found: {found}. "
    "The model's labels: {known}. Say which stands for which (--label FOUND=LABEL), choose "
    "another column (--label-column), or read the file without labels (--no-labels)."
)
CLASSES_WITHOUT = N_("Labels of the model that no row has: {labels}.")
SOME_UNKNOWN = N_(
    "Labels that the model does not know: {labels}. Rows with them, which count as unlabelled: "
    "{count:,}."
)
TOO_MANY = N_(
    "{name}: the column “{column}” has more than {limit:,} different values, so they are no "
    "labels. Choose another column."
)
NOT_KNOWN = N_("The model has no label “{label}”. Its labels are: {known}.")
NOT_FOUND = N_("There is no label “{label}” in the column “{column}”. It has: {found}.")
REFUSED = N_(
    "{name}: the labels in the column “{column}” fit none of the model's. {reason} Write --label "
    "FOUND=LABEL for each, or --label-column. The model's labels: {known}."
)
WHICH_COLUMN = N_(
    "{name}: no column looks like labels, so it is not known in which the labels {labels} stand. "
    "Name it with --label-column; the columns are: {columns}."
)
NOT_ASKED = N_("none are asked for")
NONE_IN = N_("the column “{column}” holds none of the model's")


def prepared(
    stream: RowStream,
    known: Sequence[str] | None,
    text_column: str | None = None,
    label_column: str | None = None,
) -> RowStream:
    """A file's rows as a run keeps them: `with_texts`, and with a column of labels where the file
    has one for each class."""
    return gathered(with_texts(stream, text_column, label_column), known)


def with_texts(
    stream: RowStream, text_column: str | None = None, label_column: str | None = None
) -> RowStream:
    """A file's rows without the apostrophes of an export, with some of thousands of columns, and
    with a column of the texts where several make one; see `joined`."""
    kept = [label_column, *(text_column or "").split(SIGN), text_column]
    return joined(narrowed(unguarded(stream), kept), text_column)


def holding(chosen: Columns, values: Mapping, given: Mapping[str, str] | None) -> Columns:
    """The same, or the one column that holds all labels of which the user says what they mean."""
    columns = [
        c for c, found in values.items() if c != chosen.text and set(given or ()) <= set(found)
    ]
    if not given or chosen.label in columns or len(columns) != 1:
        return chosen
    return Columns(chosen.text, chosen.text_by, columns[0], notices=chosen.notices)


def match_run(
    run: Run,
    chosen: Columns,
    given: Mapping[str, str] | None = None,
    classes: ClassFile | None = None,
) -> About:
    """What the run is about with these columns; raises `FileError` where no label fits.

    Only a column that was chosen for its values or its name's likeness may hold nothing that fits:
    then the run has no labels, and says why.
    """
    about, column = run.about, chosen.label
    if column is None and given:
        values = {"labels": listed(list(given)), "columns": listed(about.columns)}
        raise FileError(WHICH_COLUMN, name=about.file, **values)
    if column is None:
        said = tuple(column_lines(chosen))
        return replace(about, label_column=None, label_map={}, label_notices=said)
    Table(about.columns, (), (), about.encoding).column(column)  # raises where there is none
    found, known = _counts(run, column), about.labels
    _refuse_strangers(given or {}, found, known, column)
    rating = rating_kind(column)
    matched = match_labels(found, known, given, rating=rating, named=classes)
    if found and not any(matched.mapping.values()):
        return _without(about, chosen, matched, found)
    notices = column_lines(chosen, matched)
    if matched.unknown:
        rest = [label for label in known if label not in matched.mapping.values()]
        notices += [Notice(CLASSES_WITHOUT, {"labels": listed(rest)})] * bool(rest)
        notices += [_told(matched.unknown, found)]
    if without := about.rows - sum(found.values()):
        notices += [Notice(WITHOUT, {"count": f"{without:,}"})]
    mapping, notices = dict(matched.mapping), tuple(notices)
    return replace(about, label_column=column, label_map=mapping, label_notices=notices)


def column_lines(chosen: Columns, matched: LabelMatch | None = None) -> list[Notice]:
    """First which columns were taken, and how the labels were `matched` or why there are none.

    Behind it what else was assumed, and the other columns that could hold the labels.
    """
    if chosen.label is None:
        asked = chosen.label_by == "given"
        how = Notice(NOT_ASKED) if asked else chosen.why or Notice(NO_COLUMN)
        return [columns_line(chosen, how), *chosen.notices]
    others = [Notice(OTHERS, {"columns": listed(chosen.others)})] * bool(chosen.others)
    if matched.scheme is None:
        none = Notice(NONE_IN, {"column": visible(chosen.label)})
        line = columns_line(replace(chosen, label=None), none)
    else:
        line = columns_line(chosen, matched.scheme)
    return [line, *chosen.notices, *matched.notices, *others]


def _refuse_strangers(
    given: Mapping[str, str], found: Mapping[str, int], known: Sequence[str], column: str
) -> None:
    """What the user says must be of labels that there are."""
    for raw, label in given.items():
        if label and label not in known:
            raise FileError(NOT_KNOWN, label=label, known=", ".join(known))
        if raw not in found:
            raise FileError(NOT_FOUND, label=raw, column=column, found=listed(list(found)))


def _without(about: About, chosen: Columns, matched: LabelMatch, found: Mapping[str, int]) -> About:
    """A run without labels, because none fits; an error where they were meant to be labels."""
    column = chosen.label
    meant = chosen.label_by == "given" or column.casefold() in LABEL_NAMES
    if meant and matched.how not in UNLABELLED:
        values = {"name": about.file, "column": column, "known": ", ".join(about.labels)}
        said = [notice for notice in chosen.notices if notice.template == EXCHANGED]
        if reasons := [*said, *matched.notices]:
            raise FileError(REFUSED, reason=reasons[0], **values)
        raise FileError(NOTHING_KNOWN, found=listed(list(found)), **values)
    notices = tuple(column_lines(chosen, replace(matched, scheme=None)))
    return replace(about, label_column=None, label_map={}, label_notices=notices)


def _counts(run: Run, column: str) -> dict[str, int]:
    """Label as the run compares it → how many rows have it, most frequent first."""
    place = f"c{run.about.columns.index(column)}"
    found = run.query(
        f"SELECT trim({place}) AS raw, count(*) AS n FROM rows GROUP BY raw HAVING raw != '' "
        "ORDER BY n DESC, raw LIMIT ?",
        [MOST_LABELS + 1],
    )
    if len(found) > MOST_LABELS:
        raise FileError(TOO_MANY, name=run.about.file, column=column, limit=MOST_LABELS)
    return dict(zip(found["raw"], found["n"].tolist(), strict=True))


def _told(unknown: Sequence[str], found: Mapping[str, int]) -> Notice:
    labels = ", ".join(f"“{visible(raw[:60])}” ({found[raw]:,})" for raw in unknown[:20])
    labels += ", …" * (len(unknown) > 20)
    count = sum(found[raw] for raw in unknown)
    return Notice(SOME_UNKNOWN, {"labels": labels, "count": count})
