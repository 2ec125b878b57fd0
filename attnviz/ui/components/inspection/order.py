"""What the queue asks of a run: the rows that a filter leaves, in an order, and what stands there.

The order is asked once for each filter, as row numbers alone: so that a page, the next text and a
text's place are found without asking again, also among a million. Marks are not part of what is
kept here, for they change with every click.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.runs import SORTS, Filter, Run, files

SHOWN_CHARACTERS = 300  # of a text in the table
SHOWN = f"row, line, left(text, {SHOWN_CHARACTERS}) AS text, label, truth, predicted, p_truth"
SHOWN += ", outcome, confidence, margin, tags, phrase"
PAIRS = 3  # kinds of mistakes that are counted, the most frequent first


@dataclass(frozen=True)
class Counts:
    """How many texts of a run have an outcome, are a mistake of one kind, have a tag.

    `outcomes` has "right" and "wrong"; `pairs` a count for (true class, predicted class), wrong
    ones alone, the most frequent first; `tags` those that mistakes have (texts where there are no
    labels), the most frequent first.
    """

    outcomes: dict[str, int]
    pairs: dict[tuple[str, str], int]
    tags: dict[str, int]


def order(run: Run, chosen: Filter, sort: str) -> np.ndarray:
    """(N,) int64: the rows that the filter leaves, in the order of `SORTS`.

    Raises `FileError` where the filter names a column or a tag that is not there.
    """
    state = (*state_of(run), _stamp(run, files.MARKS) if chosen.marks else 0)
    return _order(run, json.dumps(chosen.to_dict(), sort_keys=True), sort, state)


@st.cache_data(show_spinner=False, max_entries=8)
def _order(_run: Run, chosen: str, sort: str, state: tuple) -> np.ndarray:
    where, values = Filter.from_dict(json.loads(chosen)).where(_run.about.columns)
    sql = f"SELECT row FROM texts WHERE {where} ORDER BY {SORTS[sort][1]}"
    return _run.query(sql, values)["row"].to_numpy(np.int64)


def counts(run: Run) -> Counts:
    """What can be counted for the filter's buttons, marks apart."""
    return _counts(run, state_of(run))


@st.cache_resource(show_spinner=False, max_entries=8)
def _counts(_run: Run, state: tuple) -> Counts:
    with _run.connect() as connection:
        outcomes = connection.execute(
            "SELECT outcome, count(*) FROM texts WHERE outcome IS NOT NULL GROUP BY outcome"
        ).fetchall()
        pairs = connection.execute(
            "SELECT truth, predicted, count(*) AS n FROM texts WHERE outcome = 'wrong' "
            "AND predicted IS NOT NULL GROUP BY truth, predicted ORDER BY n DESC, truth, predicted "
            "LIMIT ?",
            [PAIRS],
        ).fetchall()
        where = "outcome = 'wrong'" if _run.about.label_map else "true"
        tags = connection.execute(
            f"SELECT tag, count(*) AS n FROM (SELECT unnest(tags) AS tag FROM texts WHERE {where}) "
            "GROUP BY tag ORDER BY n DESC, tag"
        ).fetchall()
    return Counts(dict(outcomes), {(t, p): n for t, p, n in pairs}, dict(tags))


def predictions(run: Run, rows: Sequence[int]) -> dict[int, str]:
    """Row → the predicted class, of those of the rows that have one."""
    chosen = Filter(rows=tuple(int(row) for row in rows))
    found = run.page(chosen, most=len(rows), columns="row, predicted").dropna()
    return dict(zip(found["row"].tolist(), found["predicted"], strict=True))


def page(run: Run, rows: np.ndarray) -> pd.DataFrame:
    """What the table says of these rows, in their order; texts are cut."""
    return _rows(run, tuple(rows.tolist()), SHOWN, state_of(run))


def whole_texts(run: Run, rows: np.ndarray) -> list[str]:
    """The texts of a few rows, in their order and not cut."""
    return _rows(run, tuple(rows.tolist()), "row, text", state_of(run))["text"].tolist()


def text_of(run: Run, row: int) -> dict | None:
    """Everything that is known of one row, but for its vectors and marks; None if there is none."""
    found = _rows(run, (row,), "* EXCLUDE (logits, context, mark, new_label, note)", state_of(run))
    return None if found.empty else found.to_dict("records")[0]


@st.cache_data(show_spinner=False, max_entries=32)
def _rows(_run: Run, rows: tuple[int, ...], columns: str, state: tuple) -> pd.DataFrame:
    if not rows:
        return pd.DataFrame()
    found = _run.page(Filter(rows=rows), most=len(rows), columns=columns)
    return found.set_index("row", drop=False).reindex(rows).dropna(subset="row")


@st.cache_data(show_spinner=False, max_entries=64)
def values_of(_run: Run, column: int, most: int, state: str) -> dict[str, int]:
    """The most frequent values of a column of the file → how often they occur."""
    counts = _run.query(
        f"SELECT c{column} AS value, count(*) AS n FROM texts WHERE c{column} != '' "
        "GROUP BY value ORDER BY n DESC, value LIMIT ?",
        [most],
    )
    return dict(zip(counts["value"], counts["n"].tolist(), strict=True))


def state_of(run: Run) -> tuple:
    """What an answer depends on, marks apart: plain data."""
    about = run.about
    labels = (about.label_column, *about.label_map.items())
    return (str(run.folder), run.scored, labels, _stamp(run, files.LATER))


def _stamp(run: Run, name: str) -> int:
    path = run.folder / name
    return path.stat().st_mtime_ns if path.exists() else 0
