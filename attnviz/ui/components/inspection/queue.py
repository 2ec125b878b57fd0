"""The mistakes: the list of a filter in an order at the left, the opened text at the right, and its
marks below, each with a key."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.runs import SORTS, Run
from attnviz.ui.components import menus
from attnviz.ui.components.inspection import filter_bar, marking, opened, order, text_list
from attnviz.ui.components.inspection.chosen import (
    Opened,
    chosen_filter,
    name_row,
    open_row,
    opened_row,
)
from attnviz.ui.translation import _, explain_error

PAGE = 100  # rows of the list at a time
KEYS = {
    "j": "next",
    "shift+j": "previous",
    "k": "text-mark-keep",
    "r": "text-mark-relabel",
    "d": "text-mark-drop",
    "n": "text-note-button",
    "z": "text-undo",
    "o": "text-explore",
    "/": "",
}
"""Key on the keyboard → the part of the page whose button it presses."""


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
    """The filter, the list of a page, and beside it the text that is open: at first the first."""
    filter_bar.show(run, f"{key}-filter")
    st.html(f"<style>{_key_signs(key)}</style>")
    panes = st.container(key=f"{key}-panes")
    try:
        with panes:
            left, right = st.columns([3, 7], gap=None)
        with left.container(key=f"{key}-list", gap=None):
            sort, queue = _ordered(run, key)
            name_row(opened_row(run))
            row = _shown_row(run, queue)
            _list(run, queue, _page(run, queue, sort, key), row, key)
    except AttnvizError as error:  # a saved filter of another file
        panes.warning(explain_error(error), icon=":material/info:")
        return
    if row is not None:
        by_hand = "" if opened_row(run) else "-first"
        with right.container(key=f"{key}-pane{by_hand}", gap=None):
            _opened(run, queue, row, key)


def _shown_row(run: Run, queue: Queue) -> Opened | None:
    """The open row; until one is opened by hand, the first of the list."""
    row = opened_row(run)
    return Opened(int(queue.rows[0])) if row is None and len(queue.rows) else row


def _opened(run: Run, queue: Queue, row: Opened, key: str) -> None:
    """The text, and the marks below it, which stay in sight."""
    found = order.text_of(run, row.row)
    if found is None:
        text = _("This run has no row {row}.").format(row=row.row)
        st.warning(text, icon=":material/info:")
        return
    detail = st.container(key=f"{key}-detail", gap="small")
    with st.container(key=f"{key}-foot", gap=None):
        marking.note(run, row.row, f"{key}-text")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-text-marks"
        ):
            go_on = _step(run, queue, row, 1)
            marking.buttons(run, row.row, opened.likely(found), go_on, f"{key}-text")
            st.space("stretch")
            _steps(run, queue, row, key)
    with detail:
        opened.show(run, row, found, _place_said(queue), key=f"{key}-text")


def _ordered(run: Run, key: str) -> tuple[str, Queue]:
    """The chosen order, and the queue in it; says how many texts the filter leaves."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-list-head"
    ):
        place = st.empty()
        st.space("stretch")
        labelled = bool(run.about.label_map)
        sorts = [name for name in SORTS if labelled or name not in ("loss", "doubt")]
        sort = menus.selectbox(
            _("Order"),
            sorts,
            index=sorts.index("loss" if labelled else "unsure"),
            format_func=lambda name: _(SORTS[name][0]),
            key=f"{key}-sort-{labelled}",
            persist_state="session",
            label_visibility="collapsed",
            width=240,
        )
        looking = _("Looking through the rows ({rows})…").format(rows=f"{run.about.rows:,}")
        with place, st.spinner(looking):  # shown only where it takes a while
            rows = order.order(run, chosen_filter(run), sort)
        place.markdown(filter_bar.said(run, len(rows)), width="content")
        marking.bulk(run, rows, f"{key}-text")
    return sort, Queue(rows, *_find(run, rows))


def _find(run: Run, rows: np.ndarray) -> tuple[int | None, int]:
    """Where the open row stands, and where one stood last."""
    places = st.session_state.setdefault("inspect-places", {})
    row = opened_row(run)
    if row is None:
        return (0 if len(rows) else None), 0
    found = np.flatnonzero(rows == row.row)
    if len(found):
        places[run.folder.name] = int(found[0])
    near = min(places.get(run.folder.name, 0), len(rows))
    return (int(found[0]) if len(found) else None), near


def _page(run: Run, queue: Queue, sort: str, key: str) -> int:
    """Where the list's page begins.

    The user's page, until another row, filter or order comes; then that of the open row.
    """
    row = opened_row(run)
    now = (run.folder.name, chosen_filter(run), sort, row and row.row)
    before = st.session_state.get(f"{key}-of")
    if before != now:
        st.session_state[f"{key}-of"] = now
        other = before is None or before[:3] != now[:3]
        if queue.place is not None:
            st.session_state[f"{key}-first"] = queue.place
        elif other:
            st.session_state[f"{key}-first"] = 0
    first = min(st.session_state.get(f"{key}-first", 0), max(0, len(queue.rows) - 1))
    return first - first % PAGE


def _list(run: Run, queue: Queue, first: int, row: Opened | None, key: str) -> None:
    """One page of the queue; a click on a text opens it beside the list."""
    rows = queue.rows[first : first + PAGE]
    if not len(rows):
        _empty(run, key)
    with st.container(key=f"{key}-list-texts", gap=None):
        text_list.show(
            run,
            order.page(run, rows),
            None if row is None else row.row,
            keys(key),
            panes=f".st-key-{key}-panes",
            detail=f".st-key-{key}-detail",
            key=f"{key}-texts",
            on_open=lambda clicked: open_row(run, Opened(clicked)),
        )
    if len(queue.rows) > PAGE:
        _pages(len(queue.rows), first, key)


def keys(key: str) -> dict[str, tuple[str, str]]:
    """Key on the keyboard → selectors of the button that it presses, of the field it goes to."""
    found = {name: (f".st-key-{key}-{part}" if part else "", "") for name, part in KEYS.items()}
    found["n"] = (found["n"][0], f"[class*='st-key-{key}-text-note-']")
    found["/"] = ("", f".st-key-{key}-filter-words")
    return found


def _key_signs(key: str) -> str:
    """The key of each button, behind its name."""
    signs = {part: name.upper().replace("SHIFT+", "⇧") for name, part in KEYS.items() if part}
    rule = '.st-key-{key}-{part} button::after {{ content: "{sign}"; }}'
    return "".join(rule.format(key=key, part=part, sign=sign) for part, sign in signs.items())


def _empty(run: Run, key: str) -> None:
    """Nothing matches, or there is nothing wrong at all: what can be done then."""
    chosen = chosen_filter(run)
    with st.container(key=f"{key}-empty"):
        if chosen.outcome == "wrong" and not order.counts(run).outcomes.get("wrong"):
            st.markdown("**" + _("No mistake at all") + "**")
            st.caption(_("Every text with a label is predicted as it is labelled."))
            st.button(
                _("Show the least sure right texts"),
                on_click=_least_sure,
                args=(run, key),
                key=f"{key}-least-sure",
            )
            return
        st.markdown("**" + _("No text matches") + "**")
        st.button(
            _("Clear filters"),
            on_click=filter_bar.clear,
            args=(run,),
            key=f"{key}-clear-filters",
        )


def _least_sure(run: Run, key: str) -> None:
    filter_bar.choose_outcome(run, "right")
    st.session_state[f"{key}-sort-True"] = "unsure"


def _pages(rows: int, first: int, key: str) -> None:
    widget = f"{key}-pages"

    def turn() -> None:
        st.session_state[f"{key}-first"] = (st.session_state[widget] - 1) * PAGE

    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-list-pages"):
        st.session_state[widget] = first // PAGE + 1
        st.pagination(-(-rows // PAGE), key=widget, on_change=turn)
        st.caption(
            _("texts {first}–{last}").format(
                first=f"{first + 1:,}", last=f"{min(rows, first + PAGE):,}"
            ),
            width="content",
        )


def _step(run: Run, queue: Queue, row: Opened, step: int):
    """A callback that opens the next text, or the one before; nothing happens at the ends."""

    def go() -> None:
        now = opened_row(run) or row  # keys are faster than the page
        found = np.flatnonzero(queue.rows == now.row)
        if len(found) and now.row != row.row:
            place = int(found[0]) + step
            target = int(queue.rows[place]) if 0 <= place < len(queue.rows) else None
        else:
            target = queue.behind() if step > 0 else queue.before()
        if target is not None:
            open_row(run, Opened(target))

    return go


def _steps(run: Run, queue: Queue, row: Opened, key: str) -> None:
    """Next and back, each with its key; on a narrow screen the way back to the list."""
    for name, title, target, step in (
        ("previous", _("Back"), queue.before(), -1),
        ("next", _("Next"), queue.behind(), 1),
    ):
        st.button(
            title,
            on_click=_step(run, queue, row, step),
            disabled=target is None,
            type="tertiary",
            key=f"{key}-{name}",
        )
    st.button(_("List"), on_click=open_row, args=(run, None), type="tertiary", key=f"{key}-close")
    marked = np.isin(queue.rows, list(run.marks())).sum()
    said = _("{marked} of {count} marked")
    st.caption(said.format(marked=f"{marked:,}", count=f"{len(queue.rows):,}"), width="content")


def _place_said(queue: Queue) -> str:
    if queue.place is None:
        return _("not in this filter")
    return _("{place} of {count}").format(
        place=f"{queue.place + 1:,}", count=f"{len(queue.rows):,}"
    )
