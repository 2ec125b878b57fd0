"""Altair's charts on a page, in its colours.

Building a chart costs Altair tens to hundreds of milliseconds of schema checks. So a page builds
each kind once, keeps its JSON and, where only the rows change with the text, puts those in.
"""

import json
from collections.abc import Callable

import streamlit as st

from attnviz.colours import PAGE, in_theme
from attnviz.ui.components import figures


def draw(
    spec: str,
    key: str,
    rows: list[dict] | None = None,
    on_select: str | Callable[[], object] = "ignore",
):
    """Put a chart on the page, from its JSON, with other rows than it was built with if given.

    Where a selection counts, `on_select` is "rerun" or a callback, and the selection is returned.
    """
    theme = st.context.theme.type or "light"
    chart = json.loads(in_theme(spec, theme))
    if rows is not None:
        del chart["datasets"]
        chart["data"] = {"values": rows}
    # Vega's text marks are black unless told; the page's theme reaches axes and bars only.
    chart["config"] = {"text": {"color": PAGE[theme]["text"]}}
    figures.note_chart(key, chart)
    return st.vega_lite_chart(chart, width="stretch", key=key, on_select=on_select)
