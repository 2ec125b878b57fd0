"""What a file holds: its first rows, and the columns and labels that were guessed, in boxes."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from attnviz.data import (
    ClassFile,
    Columns,
    LabelMatch,
    Peek,
    choose_columns,
    column_notices,
    match_labels,
)
from attnviz.data.joining import SIGN, joined_column
from attnviz.data.names import rating_kind
from attnviz.data.no_texts import no_text_notices
from attnviz.data.table import listed, visible
from attnviz.errors import N_
from attnviz.inspection.labelling import column_lines
from attnviz.ui.components import menus
from attnviz.ui.components.inspection.reading_boxes import asked
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown, fill

NO_LABELS = ""  # no column has an empty name
PREVIEW = 5  # rows
SHOWN_CHARACTERS = 300
MOST_BOXES = 60  # labels that can be matched by hand
UNITS = {"line": N_("Line"), "row": N_("Row"), "page": N_("Page"), "paragraph": N_("Paragraph")}
HOW = {
    "given": N_("Labels: all {count} matched by you"),
    "name": N_("Labels: {matched} of {count} matched by name"),
    "number": N_("Labels: {matched} of {count} matched by number"),
    "meaning": N_("Labels: {matched} of {count} matched by what they mean"),
    "file": N_("Labels: {matched} of {count} matched by the list of names beside the file"),
    "scale": N_("Labels: {matched} of {count} matched by their scale"),
    "hidden": N_("Labels: hidden in this file"),
    "score": N_("Labels: none, the values are no classes"),
    "nothing": N_("Labels: none of {count} matched"),
}
ASSUMED = ("number", "scale", "file", "hidden", "score", "nothing")


def columns(
    place, key: str, seen: Peek, known: Sequence[str], classes: ClassFile | None
) -> Columns:
    """The columns of the texts and of the labels, as guessed or as the user says.

    Where two columns are as likely to hold the labels, none is chosen: `undecided` stays.
    """
    names, table = seen.table.columns, seen.table
    reading_key = f"{key}-{sorted(asked(key).given.items())}"  # other columns, other boxes
    guessed = choose_columns(table, seen.values, known, named=classes)
    options = [NO_LABELS, *names]
    index = None if guessed.undecided else options.index(guessed.label or NO_LABELS)
    with place:
        text = menus.selectbox(
            _("Column of the texts"),
            names,
            index=names.index(guessed.text),
            key=f"{reading_key}-text",
            persist_state="session",
            width=220,
        )
        label = menus.selectbox(
            _("Column of the labels"),
            options,
            index=index,
            placeholder=_("choose one"),
            format_func=lambda name: visible(name) or _("no labels"),
            key=f"{reading_key}-label",
            persist_state="session",
            width=220,
        )
        text = _joined(text, names, label, f"{reading_key}-{text}-more")
    text_by = guessed.text_by if text == guessed.text else "given"
    if label is None:
        return replace(guessed, text=text, text_by=text_by)
    if label == (guessed.label or NO_LABELS):
        return replace(guessed, text=text, text_by=text_by, undecided=False)
    return Columns(text, text_by, label or None)


def _joined(text: str, names: Sequence[str], label: str | None, key: str) -> str:
    """The column of the texts with those that the user joins to it, as `attnviz.data` names it."""
    whole = joined_column(names)
    others = [name for name in names if name not in (text, label, whole)]
    if not others or text == whole:
        return text
    more = menus.multiselect(
        _("Joined with"),
        others,
        key=key,
        placeholder=_("nothing"),
        persist_state="session",
        width=220,
    )
    return SIGN.join([text, *more])


def candidates(
    chosen: Columns, seen: Peek, known: Sequence[str], classes: ClassFile | None
) -> None:
    """The columns that may hold the labels, beside each other, as the first rows would be read."""
    both = [chosen.label, *chosen.others]
    text = _("The labels may stand in {columns}. Choose the column of the labels above.")
    st.warning(text.format(columns=escape_markdown(listed(both))), icon=":material/help:")
    shown = {chosen.text: [cell[:SHOWN_CHARACTERS] for cell in seen.table.column(chosen.text)]}
    for column in both:
        rating = rating_kind(column)
        mapping = match_labels(seen.values[column], known, rating=rating, named=classes).mapping
        shown[column] = [
            f"{visible(cell)} → {label_name(mapping.get(cell.strip(), '')) or _('no label')}"
            for cell in seen.table.column(column)
        ]
    rows = pd.DataFrame({name: cells[:PREVIEW] for name, cells in shown.items()})
    st.dataframe(rows, hide_index=True, key="inspect-candidates")


def preview(seen: Peek, text_column: str) -> None:
    """The first rows as they were read, and what there is to tell about them."""
    table = seen.table
    shown = {_(UNITS[seen.unit]): table.lines[:PREVIEW]}
    for place, column in enumerate(table.columns):
        cells = [row[place][:SHOWN_CHARACTERS] for row in table.rows[:PREVIEW]]
        shown[f"{column} " if column in shown else column] = cells
    frame = pd.DataFrame(shown)
    width = {
        text_column: st.column_config.TextColumn(width="large"),
        _(UNITS[seen.unit]): st.column_config.NumberColumn(width="small"),
    }
    st.dataframe(frame, hide_index=True, column_config=width, key="inspect-preview")
    rows = _("Rows: {count}") if seen.complete else _("More than {count} rows")
    whole = seen.complete and len(table.rows) == seen.rows
    missing = no_text_notices(table.column(text_column)) if whole else []  # a run counts them all
    notices = [fill(notice.template, notice.values) for notice in [*seen.notices, *missing]]
    st.caption("  \n".join([rows.format(count=f"{seen.rows:,}"), *notices]))
    for notice in column_notices(table, text_column):
        st.warning(fill(notice.template, notice.values), icon=":material/info:")


def labels(
    known: Sequence[str], key: str, seen: Peek, chosen: Columns, classes: ClassFile | None
) -> dict[str, str]:
    """The file's labels → the model's, as matched and as changed; "" counts as unlabelled.

    Above stands in one line which columns were taken and how the labels were matched.
    """
    column = chosen.label
    if column is None:
        _line(chosen)
        return {}
    found = seen.values.get(column)
    if found is None:
        st.warning(
            _(
                "The column {column} holds too many different values, or too long ones, to be "
                "labels. Choose another, or no labels."
            ).format(column=escape_markdown(column)),
            icon=":material/info:",
        )
        return {}
    match = match_labels(found, known, rating=rating_kind(column), named=classes)
    _line(chosen, match)
    count = len([raw for raw in found if raw.strip()])
    title = _(HOW[match.how]).format(matched=count - len(match.unknown), count=count)
    if not seen.complete:
        title += " " + _("(in the first {count} rows)").format(count=f"{seen.rows:,}")
    with st.expander(title, expanded=bool(match.unknown), icon=":material/label:"):
        boxes = _boxes(f"{key}-{column}", found, known, match)
    _warn([raw for raw in match.unknown if not boxes.get(raw)], known)
    return {**match.mapping, **boxes}


def _line(chosen: Columns, match: LabelMatch | None = None) -> None:
    """Which columns were taken, and how labels were matched; marked where that was assumed."""
    notices = column_lines(chosen, match)
    text = "  \n".join(fill(notice.template, notice.values) for notice in notices)
    assumed = len(notices) > 1 or (match and match.how in ASSUMED)
    assumed = assumed or chosen.label_by in ("rating", "unnamed", "few")
    if assumed:
        st.warning(text, icon=":material/info:")
    else:
        st.caption(text)


def _boxes(key: str, found: dict[str, int], known: list[str], match: LabelMatch) -> dict[str, str]:
    """A box for each label of the file, unknown ones first."""
    rest = sorted(match.mapping, key=lambda raw: (-found[raw], raw))
    chosen = {}
    st.caption(_("Each label of the file, and which of the model's it stands for."))
    with st.container(horizontal=True, gap="small"):
        for raw in [*match.unknown, *rest][:MOST_BOXES]:
            guessed = match.mapping.get(raw, "")
            name = hashlib.sha256(f"{key}\0{raw}".encode("utf-8", "replace")).hexdigest()[:16]
            chosen[raw] = menus.selectbox(
                _("{label} (rows: {count})").format(
                    label=escape_markdown(visible(raw[:40])), count=f"{found[raw]:,}"
                ),
                ["", *known],
                index=["", *known].index(guessed),
                format_func=lambda label: label_name(label) if label else _("no label"),
                key=f"inspect-label-{name}",
                width=180,
            )
    return chosen


def _warn(unknown: list[str], known: list[str]) -> None:
    if not unknown:
        return
    shown = ", ".join(f"“{raw[:40]}”" for raw in unknown[:5]) + (", …" if unknown[5:] else "")
    names = ", ".join(map(label_name, known[:20])) + (", …" if known[20:] else "")
    text = _(
        "The model does not know these labels: {unknown}. Rows with them count as unlabelled. Its "
        "own are: {known}. Match them above, or choose another column of labels."
    ).format(unknown=escape_markdown(shown), known=escape_markdown(names))
    st.warning(text, icon=":material/info:")
