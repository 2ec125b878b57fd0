"""What the views of the Inspect page share: the filter, the open row, which view is open."""

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from attnviz.errors import N_
from attnviz.runs import CAUSES, Filter, Run, files
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _

ROW = "row"  # in the address: the row that is open
VIEW = "view"  # in the address and in the session: the view that is open
WRITTEN = "inspect-address"  # in the session: what the page wrote into the address last
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
    first = Filter(outcome="wrong") if run.about.label_map else Filter()
    return st.session_state.setdefault("inspect-filters", {}).get(run.folder.name, first)


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
    """Open the row and the view that the address names, unless the page itself wrote them there:
    at the beginning of a session, or where the browser went back. Call it before any widget."""
    row = _linked(ROW)
    if row == "":
        open_row(run, None)
    elif row and row.isdecimal() and len(row) < 19 and int(row) < run.about.rows:
        open_row(run, Opened(int(row)))
    view, first = _linked(VIEW), next(iter(views))
    if view is not None:
        st.session_state[VIEW] = view if view in views else first
    st.session_state.setdefault(VIEW, first)


def _linked(name: str) -> str | None:
    """What the address says, if it is not what the page wrote last."""
    written, named = st.session_state.setdefault(WRITTEN, {}), st.query_params.get(name, "")
    if named == written.get(name, ""):
        return None
    written[name] = named
    return named


def name_row(row: Opened | None) -> None:
    """The address names the open row, so that a reload, or a colleague, comes back to it."""
    _write(ROW, "" if row is None else str(row.row))


def name_view(view: str, views: Collection[str]) -> None:
    """The address names the view, likewise; the first one goes without saying."""
    _write(VIEW, "" if view == next(iter(views)) else view)


def leave_run() -> None:
    """The address names neither any more."""
    for name in (ROW, VIEW):
        _write(name, "")


def _write(name: str, value: str) -> None:
    st.session_state.setdefault(WRITTEN, {})[name] = value
    if not value:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
