"""What a person makes of a text: keep it, give it another label, drop it, write a note; and back.

Each mark is kept at once. What was before stays in the session, so that it can be brought back.
"""

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from attnviz.errors import N_
from attnviz.runs import Run
from attnviz.ui.components import menus
from attnviz.ui.components.inspection import order
from attnviz.ui.components.inspection.chosen import Opened, open_row, opened_row
from attnviz.ui.components.inspection.keeping import keeping, say_failure
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown

ACTIONS = {
    "keep": (N_("Keep"), ":material/check:"),
    "relabel": (N_("Relabel to {label}"), ":material/edit:"),
    "drop": (N_("Drop"), ":material/close:"),
}
"""Mark → what its button says, its icon."""
LABEL_AS = N_("Label as {label}")
"""In place of the second, where the file has no labels."""
IN_BULK = {
    "keep": N_("Keep all {count}"),
    "relabel": N_("Relabel all {count} to what the model says"),
    "drop": N_("Drop all {count}"),
    "": N_("Take all marks of these {count} back"),
}
UNDO = "inspect-undo"  # in the session: folder name → what was before, the latest last
KEPT = 50  # steps that can be taken back
NOTHING = {"mark": "", "label": "", "note": ""}


def put(run: Run, marks: Mapping[int, tuple[str, str, str]]) -> None:
    """Keep these marks, and what was before them for `undo`. Raises `WriteError`."""
    known = run.marks()
    before = {row: _parts(known.get(row, NOTHING)) for row in marks}
    run.mark_each(marks)
    steps = st.session_state.setdefault(UNDO, {}).setdefault(run.folder.name, [])
    steps.append((before, opened_row(run)))
    del steps[:-KEPT]


def undo(run: Run) -> None:
    """Bring back what was before the last mark, and the text that was open then."""
    steps = _steps(run)
    if steps:
        before, opened = steps[-1]
        run.mark_each(before)
        steps.pop()
        open_row(run, opened or Opened(next(iter(before))))


def _steps(run: Run) -> list:
    return st.session_state.get(UNDO, {}).get(run.folder.name, [])


def _parts(entry: Mapping) -> tuple[str, str, str]:
    return entry["mark"], entry["label"], entry["note"]


def buttons(run: Run, row: int, likely: str | None, go_on: Callable[[], object], key: str) -> None:
    """The marks of the open text, each with its key. `go_on` opens the next text after a mark.

    A text is relabelled to the `likely` class, or of more than two to the one that is chosen. The
    mark that a text has takes itself back.
    """
    entry = run.marks().get(row, NOTHING)
    label = _new_label(run, row, entry, likely, key)
    now = st.session_state.get(label, "")

    def keep(mark: str, moving: bool = True) -> None:
        opened = opened_row(run)
        if opened is not None and opened.row != row:
            return  # keys are faster than the page: nobody has seen the text that comes next
        new = st.session_state[label] if mark == "relabel" else ""
        again = (mark, new) == (entry["mark"], entry["label"])
        put(run, {row: ("", "", entry["note"]) if again else (mark, new, entry["note"])})
        if moving and not again:
            go_on()

    kept = keeping(key, keep)

    def changed() -> None:
        if entry["mark"] == "relabel":
            kept("relabel", False)

    for mark, (title, icon) in ACTIONS.items():
        if mark == "relabel" and not run.about.label_map:
            title = LABEL_AS
        st.button(
            _(title).format(label=f"**{escape_markdown(label_name(now))}**"),
            on_click=kept,
            args=(mark,),
            type="primary" if mark == entry["mark"] else "secondary",
            icon=icon,
            key=f"{key}-mark-{mark}",
        )
        if mark == "relabel" and len(run.about.labels) > 2:
            _other_label(run, label, changed)
    _note_button(entry, key)
    _undo_button(run, key)


def _other_label(run: Run, key: str, on_change: Callable[[], object]) -> None:
    menus.selectbox(
        _("New label"),
        run.about.labels,
        format_func=label_name,
        key=key,
        on_change=on_change,
        width=150,
        label_visibility="collapsed",
    )


def _undo_button(run: Run, key: str) -> None:
    st.button(
        _("Undo"),
        on_click=keeping(key, undo),
        args=(run,),
        disabled=not _steps(run),
        icon=":material/undo:",
        type="tertiary",
        key=f"{key}-undo",
    )


def _new_label(run: Run, row: int, entry: Mapping, likely: str | None, key: str) -> str:
    """Where the session keeps the class that a relabelled text would have: the likely one first."""
    label = f"{key}-label-{row}"
    known = st.session_state.get(label)
    st.session_state[label] = known or entry["label"] or likely or run.about.labels[0]
    return label


def _note_button(entry: Mapping, key: str) -> None:
    def turn() -> None:
        st.session_state[f"{key}-noting"] = not st.session_state.get(f"{key}-noting")

    st.button(
        _("Note"),
        on_click=turn,
        type="primary" if entry["note"] else "secondary",
        icon=":material/edit_note:",
        key=f"{key}-note-button",
    )


def note(run: Run, row: int, key: str) -> None:
    """The field of the note, while it is open or says something; and why a mark was not kept."""
    entry = run.marks().get(row, NOTHING)
    say_failure(key)
    if not entry["note"] and not st.session_state.get(f"{key}-noting"):
        return
    field = f"{key}-note-{row}"
    st.session_state[field] = entry["note"]

    def keep() -> None:
        said = st.session_state[field].strip()
        put(run, {row: (entry["mark"], entry["label"], said)})
        st.session_state[f"{key}-noting"] = False

    st.text_input(
        _("Note"),
        key=field,
        on_change=keeping(key, keep),
        placeholder=_("Why, for whoever reads it later"),
        label_visibility="collapsed",
    )


def bulk(run: Run, rows: np.ndarray, key: str) -> None:
    """Marks for all texts that the filter shows, behind one button."""

    def keep(mark: str) -> None:
        known = run.marks()
        labels = order.predictions(run, rows) if mark == "relabel" else dict.fromkeys(rows, "")
        notes = {row: known.get(row, NOTHING)["note"] for row in map(int, labels)}
        put(run, {row: (mark, labels[row], note) for row, note in notes.items()})

    kept = keeping(key, keep)
    count = f"{len(rows):,}"
    with st.popover(_("Mark all…"), type="tertiary", disabled=not len(rows), key=f"{key}-bulk"):
        st.caption(_("One step: Undo takes it back."))
        for mark, title in IN_BULK.items():
            st.button(
                _(title).format(count=count),
                on_click=kept,
                args=(mark,),
                type="tertiary",
                key=f"{key}-bulk-{mark or 'none'}",
            )
