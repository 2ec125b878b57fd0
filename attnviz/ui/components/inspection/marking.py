"""What a person makes of a text: keep it, give it another label, drop it, write a note."""

import streamlit as st

from attnviz.errors import N_
from attnviz.runs import Run
from attnviz.runs.filters import MARKS
from attnviz.ui.components import menus
from attnviz.ui.components.inspection.keeping import keeping, say_failure
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown

ACTIONS = {
    "keep": (N_("Keep"), "1", ":material/check:"),
    "relabel": (N_("Relabel"), "2", ":material/edit:"),
    "drop": (N_("Drop"), "3", ":material/delete:"),
    "": (N_("No mark"), "0", ":material/backspace:"),
}
"""Mark → what its button says, its key, its icon."""

SAID = {"keep": N_("keep"), "relabel": N_("→ {label}"), "drop": N_("drop")}


def mark_in_words(entry: dict | None) -> str:
    """A mark as the table says it; a pencil stands for a note."""
    if entry is None:
        return ""
    mark, label = entry["mark"], label_name(entry["label"])
    said = _(SAID[mark]).format(label=label) if mark in MARKS else ""
    return f"{said} ✎".strip() if entry["note"] else said


def show(run: Run, row: int, likely: str | None, key: str) -> None:
    """The buttons, the new label (at first the `likely` one) and the note; each is kept at once."""
    entry = run.marks().get(row, {"mark": "", "label": "", "note": ""})
    label, note = f"{key}-label-{row}", f"{key}-note-{row}"
    st.session_state.setdefault(label, entry["label"] or likely or run.about.labels[0])
    st.session_state[note] = entry["note"]

    def keep(mark: str) -> None:
        new = st.session_state[label] if mark == "relabel" else ""
        run.mark([row], mark, new, st.session_state[note].strip())

    put = keeping(key, keep)
    say_failure(key)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-marks"):
        for mark, (title, shortcut, icon) in ACTIONS.items():
            st.button(
                _(title),
                on_click=put,
                args=(mark,),
                type="primary" if mark and mark == entry["mark"] else "secondary",
                shortcut=shortcut,
                icon=icon,
                key=f"{key}-mark-{mark or 'none'}",
            )
        menus.selectbox(
            _("New label"),
            run.about.labels,
            format_func=label_name,
            key=label,
            on_change=lambda: put("relabel") if entry["mark"] == "relabel" else None,
            width=200,
        )
    st.text_input(
        _("Note"),
        key=note,
        on_change=lambda: put(entry["mark"]),
        placeholder=_("Why, for whoever reads it later"),
    )
    if entry["mark"] == "relabel":
        st.caption(
            _("Marked: the label becomes {label}.").format(
                label=escape_markdown(label_name(entry["label"]))
            )
        )
