"""The mistake queue: texts of a filter in an order, one open at a time, marked as one goes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.runs import CAUSES, SORTS, Run
from attnviz.ui.components import menus
from attnviz.ui.components.inspection import filter_bar, opened, order
from attnviz.ui.components.inspection.chosen import (
    Opened,
    chosen_filter,
    name_row,
    open_row,
    opened_row,
)
from attnviz.ui.components.inspection.marking import mark_in_words
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, explain_error

PAGE = 100  # rows of the table at a time
BESIDE_A_TEXT = 4  # while a text is open: no table can be made to scroll to it
KEYS = N_(
    "**J** next · **K** previous · **O** open · **X** close\n\n"
    "**1** keep · **2** relabel · **3** drop · **0** no mark"
)


@dataclass(frozen=True)
class Queue:
    """The rows of the filter in their order (N,), and where the open row stands among them.

    `place` is None where no row is open, or the open one is not in the filter. `near` is where it
    stands or one stood last: so a text that its mark has taken out of the filter is followed by the
    one that was behind it.
    """

    rows: np.ndarray
    place: int | None
    near: int

    def before(self) -> int | None:
        """The row in front of the open one, if there is one."""
        return self._row(self.near - 1)

    def behind(self) -> int | None:
        """The row behind it; the nearest where it is not in the filter."""
        return self._row(self.near + (self.place is not None))

    def _row(self, place: int) -> int | None:
        return int(self.rows[place]) if 0 <= place < len(self.rows) else None


def show(run: Run, key: str) -> None:
    """The filter, the table of a page, and below it the text that is open."""
    filter_bar.show(run, f"{key}-filter")
    try:
        sort, queue = _ordered(run, key)
    except AttnvizError as error:  # a saved filter of another file
        st.warning(explain_error(error), icon=":material/info:")
        return
    row = opened_row(run)
    name_row(row)
    first, size = _page(run, queue, sort, key)
    _table(run, queue, first, size, key)
    _steps(run, queue, key)
    if row is not None:
        opened.show(run, row, _place_said(queue), key=f"{key}-text")


def _ordered(run: Run, key: str) -> tuple[str, Queue]:
    """The chosen order, and the queue in it; says how many texts the filter leaves."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labelled = bool(run.about.label_map)
        sort = menus.selectbox(
            _("Order"),
            [name for name in SORTS if labelled or name not in ("loss", "doubt")],
            index=1 if labelled else 0,
            format_func=lambda name: _(SORTS[name][0]),
            key=f"{key}-sort-{labelled}",
            persist_state="session",
            width=320,
        )
        place = st.empty()
        looking = _("Looking through the rows ({rows})…").format(rows=f"{run.about.rows:,}")
        with place, st.spinner(looking):  # shown only where it takes a while
            rows = order.order(run, chosen_filter(run), sort)
        place.markdown(filter_bar.said(run, len(rows)))
    return sort, Queue(rows, *_find(run, rows))


def _find(run: Run, rows: np.ndarray) -> tuple[int | None, int]:
    """Where the open row stands, and where one stood last."""
    places = st.session_state.setdefault("inspect-places", {})
    row = opened_row(run)
    found = [] if row is None else np.flatnonzero(rows == row.row)
    if len(found):
        places[run.folder.name] = int(found[0])
    near = min(places.get(run.folder.name, 0), len(rows))
    return (int(found[0]) if len(found) else None), near


def _page(run: Run, queue: Queue, sort: str, key: str) -> tuple[int, int]:
    """Where the table's page begins, and how many rows it has.

    The user's page, until another row, filter or order comes; then that of the open row.
    """
    row = opened_row(run)
    now = (run.folder.name, chosen_filter(run), sort, row and row.row)
    size = PAGE if row is None else BESIDE_A_TEXT
    before = st.session_state.get(f"{key}-of")
    if before != now:
        st.session_state[f"{key}-of"] = now
        other = before is None or before[:3] != now[:3]
        if queue.place is not None:
            st.session_state[f"{key}-first"] = queue.place
        elif other:
            st.session_state[f"{key}-first"] = 0
    first = min(st.session_state.get(f"{key}-first", 0), max(0, len(queue.rows) - 1))
    return first - first % size, size


def _table(run: Run, queue: Queue, first: int, size: int, key: str) -> None:
    """One page of the queue; a click on a row opens it below."""
    if not len(queue.rows):
        st.info(_("No text is left. Loosen the filter or clear it."), icon=":material/info:")
        return
    rows = queue.rows[first : first + size]
    table = f"{key}-rows-{hash(rows.tobytes())}"
    _show_selected(table, None if queue.place is None else queue.place - first, len(rows))
    st.dataframe(
        as_frame(run, order.page(run, rows)),
        hide_index=True,
        on_select=lambda: _open_selected(run, rows, table),
        selection_mode="single-cell",
        height=min(36 * (len(rows) + 1) + 2, 340),
        key=table,
        column_config=_columns(),
        placeholder="",
    )
    if len(queue.rows) > size:
        _pages(len(queue.rows), first, size, key)


def _pages(rows: int, first: int, size: int, key: str) -> None:
    widget = f"{key}-pages-{size}"

    def turn() -> None:
        st.session_state[f"{key}-first"] = (st.session_state[widget] - 1) * size

    with st.container(horizontal=True, vertical_alignment="center"):
        st.session_state[widget] = first // size + 1
        st.pagination(-(-rows // size), key=widget, on_change=turn)
        st.caption(
            _("texts {first}–{last}").format(
                first=f"{first + 1:,}", last=f"{min(rows, first + size):,}"
            )
        )


def _show_selected(table: str, place: int | None, rows: int) -> None:
    """The open row is the selected one, whoever opened it."""
    cells = [[place, _("Line")]] if place is not None and 0 <= place < rows else []
    known = st.session_state.get(table)
    if known is None or [cell[0] for cell in known["selection"]["cells"]] != [
        place for place, _name in cells
    ]:
        st.session_state[table] = {"selection": {"rows": [], "columns": [], "cells": cells}}


def _open_selected(run: Run, rows: np.ndarray, table: str) -> None:
    cells = st.session_state[table]["selection"]["cells"]
    if cells and cells[0][0] < len(rows):
        open_row(run, Opened(int(rows[cells[0][0]])))


def as_frame(run: Run, found: pd.DataFrame) -> pd.DataFrame:
    """What the table says of each row."""
    marks = run.marks()
    columns = {_("Line"): found["line"], _("Text"): found["text"]}
    if run.about.label_map:
        raw = found["label"].fillna("")
        truth = found["truth"].fillna(raw)  # a label that the model does not know stands as it is
        columns[_("True class")] = truth.map(label_name)
    columns[_("Predicted class")] = found["predicted"].fillna("").map(label_name)
    columns[_("Probability")] = 100 * found["confidence"]
    columns[_("Margin")] = 100 * found["margin"]
    columns[_("Tags")] = [[_(CAUSES[tag].title) for tag in tags] for tags in found["tags"]]
    columns[_("Mark")] = [mark_in_words(marks.get(row)) for row in found["row"]]
    return pd.DataFrame(columns)


def _columns() -> dict:
    share = st.column_config.ProgressColumn(
        format="%.1f%%", min_value=0, max_value=100, width="small"
    )
    return {
        _("Text"): st.column_config.TextColumn(width="large"),
        _("Probability"): share,
        _("Margin"): share,
        _("Tags"): st.column_config.ListColumn(width="medium"),
    }


def _steps(run: Run, queue: Queue, key: str) -> None:
    """Previous, next, open or close, each with its key."""
    row = opened_row(run)
    before = None if row is None else queue.before()
    behind = queue.behind()
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-steps"):
        _button(run, _("Previous"), before, "K", f"{key}-previous")
        _button(run, _("Next"), behind, "J", f"{key}-next")
        if row is None:
            _button(run, _("Open"), behind, "O", f"{key}-open")
        else:
            st.button(
                _("Close"), on_click=open_row, args=(run, None), shortcut="X", key=f"{key}-close"
            )
        with st.popover(_("Keys"), icon=":material/keyboard:", width="content"):
            st.markdown(_(KEYS))
            st.caption(_("They rest while you are typing in a field."))


def _button(run: Run, title: str, row: int | None, shortcut: str, key: str) -> None:
    opens = None if row is None else Opened(row)
    st.button(
        title,
        on_click=open_row,
        args=(run, opens),
        disabled=row is None,
        shortcut=shortcut,
        key=key,
    )


def _place_said(queue: Queue) -> str:
    if queue.place is None:
        return _("not in this filter")
    return _("{place} of {count}").format(
        place=f"{queue.place + 1:,}", count=f"{len(queue.rows):,}"
    )
