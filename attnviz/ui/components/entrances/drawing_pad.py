"""A pad to draw a small picture on, with a pointer or the keyboard."""

from pathlib import Path

import streamlit as st

from attnviz.ui.translation import _

_FOLDER = Path(__file__).parent
_component = st.components.v2.component(
    "attnviz_drawing_pad",
    js=(_FOLDER / "drawing_pad.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "drawing_pad.css").read_text(encoding="utf-8"),
)


def show(rows: int, columns: int, key: str) -> str | None:
    """What was drawn: rows × columns bytes, 0 black to 255 white, in base64; None before."""
    strings = {
        "label": _("Pad to draw on: {rows} by {columns} pixels").format(rows=rows, columns=columns),
        "help": _("Draw with the pointer. On the keyboard: arrows move, Space draws."),
        "clear": _("Clear"),
        "place": _("row {row}, column {column}"),
    }
    data = {"rows": rows, "columns": columns, "strings": strings}
    return _component(key=key, data=data, on_drawn_change=lambda: None).drawn
