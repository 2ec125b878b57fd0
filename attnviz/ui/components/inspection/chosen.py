"""What the views of the Inspect page share: the filter, the open row, which view is open."""

import json
from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.runs import CAUSES, Filter, Run, files
from attnviz.ui import address
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _

ROW = "row"  # in the address: the row that is open
VIEW = "view"  # in the address and in the session: the view that is open
FILTER = "filter"  # in the address: the filter, where it is not the first one
LONGEST_FILTER = 600  # characters in the address; a longer one stays in the session alone
NAMES = {
    "wrong": N_("wrong"),
    "right": N_("right"),
    "keep": N_("keep"),
    "relabel": N_("relabel"),
    "drop": N_("drop"),
    "none": N_("without a mark"),
}
"""What a filter's outcomes and marks are called."""


@dataclass(frozen=True)
class Opened:
    """A row that is open below the queue; `question` and `token` lead to a cause's evidence."""

    row: int
    question: str | None = None
    token: int | None = None


def chosen_filter(run: Run) -> Filter:
    """The filter of this run's queue; at first its mistakes, or everything without labels."""
    chosen = st.session_state.setdefault("inspect-filters", {})
    return chosen.get(run.folder.name, first_filter(run))


def first_filter(run: Run) -> Filter:
    return Filter(outcome="wrong") if run.about.label_map else Filter()


def choose_filter(run: Run, chosen: Filter, view: str | None = None) -> None:
    """Another filter, and another view if asked. Call it in a callback."""
    st.session_state.setdefault("inspect-filters", {})[run.folder.name] = chosen
    if view:
        st.session_state[VIEW] = view


def opened_row(run: Run) -> Opened | None:
    """The row that is open, if one is."""
    return st.session_state.get("inspect-opened", {}).get(run.folder.name)


def open_row(run: Run, opened: Opened | None) -> None:
    """Open a row in the queue; None closes it. Call it in a callback."""
    st.session_state.setdefault("inspect-opened", {})[run.folder.name] = opened
    if opened is not None:
        st.session_state[VIEW] = "queue"


def in_words(chosen: Filter) -> str:
    """A filter as one says it, “wrong · truth negative · tag Votes cancel”; plain text."""
    parts = [_(NAMES[chosen.outcome])] if chosen.outcome else []
    lists = (
        (_("truth {names}"), chosen.truth, label_name),
        (_("predicted {names}"), chosen.prediction, label_name),
        (_("tag {names}"), chosen.tags, lambda tag: _(CAUSES[tag].title) if tag in CAUSES else tag),
        (_("marked {names}"), chosen.marks, lambda mark: _(NAMES.get(mark, mark))),
    )
    for text, values, named in lists:
        if values:
            parts.append(text.format(names=" / ".join(map(named, values))))
    low, high = (None if end is None else f"{end:.0%}" for end in chosen.confidence)
    parts += [_("confidence {range}").format(range=between(low, high))] * bool(low or high)
    low, high = (None if end is None else f"{end:,}" for end in chosen.tokens)
    parts += [_("tokens {range}").format(range=between(low, high))] * bool(low or high)
    parts += [_("words {words}").format(words=chosen.words.strip())] * bool(chosen.words.strip())
    parts += [f"{column} = {value}" for column, value in chosen.columns]
    if chosen.rows:
        parts.append(_("chosen rows: {count}").format(count=f"{len(chosen.rows):,}"))
    return " · ".join(parts) or _("all texts")


def between(low: str | None, high: str | None) -> str:
    """Both ends of a range, or the one that is not open."""
    return f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}"


def state_of(run: Run) -> tuple:
    """What a cached answer about a run depends on: plain data, another once anything changes."""
    paths = [run.folder / name for name in (files.MARKS, files.LATER)]
    stamps = [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
    about = run.about
    return (str(run.folder), run.scored, about.label_column, *about.label_map.items(), *stamps)


def follow_link(run: Run, views: Collection[str]) -> None:
    """Open the row and the view, and set the filter, that the address names, unless the page wrote
    them there: at the beginning of a session, or where the browser went back. Call it before any
    widget."""
    _follow_filter(run)
    row = address.linked(ROW, _row_said(opened_row(run)))
    if row == "":
        open_row(run, None)
    elif row and row.isdecimal() and len(row) < 19 and int(row) < run.about.rows:
        open_row(run, Opened(int(row)))
    first = next(iter(views))
    view = address.linked(VIEW, _view_said(st.session_state.get(VIEW, first), views))
    if view is not None:
        st.session_state[VIEW] = view if view in views else first
    st.session_state.setdefault(VIEW, first)


def _follow_filter(run: Run) -> None:
    """A filter that does not fit the run says nothing."""
    said = address.linked(FILTER, _filter_said(run))
    if said is None:
        return
    try:
        chosen = Filter.from_dict(json.loads(said)) if said else first_filter(run)
        chosen.where(run.about.columns)
    except (ValueError, RecursionError, AttnvizError):
        return
    choose_filter(run, chosen)


def name_filter(run: Run) -> None:
    """The address names the filter, likewise, as JSON."""
    address.write(FILTER, _filter_said(run))


def _filter_said(run: Run) -> str:
    chosen = chosen_filter(run)
    said = json.dumps(chosen.to_dict(), ensure_ascii=False, separators=(",", ":"))
    short = chosen != first_filter(run) and len(said) <= LONGEST_FILTER
    return said if short else ""


def name_row(row: Opened | None) -> None:
    """The address names the open row, so that a reload, or a colleague, comes back to it."""
    address.write(ROW, _row_said(row))


def _row_said(row: Opened | None) -> str:
    return "" if row is None else str(row.row)


def name_view(view: str, views: Collection[str]) -> None:
    """The address names the view, likewise; the first one goes without saying."""
    address.write(VIEW, _view_said(view, views))


def _view_said(view: str, views: Collection[str]) -> str:
    return "" if view == next(iter(views)) else view


def leave_run() -> None:
    """The address names none of them any more."""
    for name in (ROW, VIEW, FILTER):
        address.write(name, "")
