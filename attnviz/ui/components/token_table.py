"""The token table: one row for each token, all panels side by side, painted in the browser.

It has two layouts of the same bytes: upright, tokens down the page; and flat, the time table, in
which time runs across the page and panels stand one below the other. Which one is up to the page.

Streamlit's own charts need seconds for a 512 × 256 heat map. This component gets the raw numbers
and paints one pixel for each cell, so that pointing at a cell needs neither a rerun nor a repaint.
They travel as float32, not as the 8 bits that a colour needs, so that a cell can tell its exact
value; 512 tokens × 1,000 columns are 2 MB on the way to a browser on the same machine.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from attnviz.colours import browser_colours
from attnviz.panels import Panel, name_and_unit
from attnviz.trace import Trace
from attnviz.ui.components import figures
from attnviz.ui.components.table_texts import (
    STRINGS,
    STRINGS_OF_STEPS,
    bounded,
    column_string,
    counted,
    meanings,
    note,
)
from attnviz.ui.translation import _

LAYOUTS = ("upright", "flat")
NONE = -1  # what the browser tells when a row is unpinned
MAP_WIDTH = 144  # px: many panels stand side by side

_FOLDER = Path(__file__).parent
# An inline module cannot import its neighbours, so the files, which are modules for linters and
# tests, become one script.
_SCRIPTS = (
    *(f"token_table_{part}" for part in ("paint", "model", "nodes", "draw", "pointer")),
    *("table_pins", "token_table"),
    *(f"time_{part}" for part in ("axis", "tracks", "marks", "pictures", "nodes", "axis_nodes")),
    *(f"time_{part}" for part in ("zoom", "pointer", "table")),
    "table",
)


def _script(name: str) -> str:
    """A module without its imports and exports; what is exported as default stays so."""
    source = (_FOLDER / f"{name}.js").read_text(encoding="utf-8")
    source = re.sub(r"^import [^;]*;[^\n]*\n", "", source, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", source, flags=re.MULTILINE)


SCRIPT = "\n".join(map(_script, _SCRIPTS))
STYLE = "".join(
    (_FOLDER / name).read_text(encoding="utf-8") for name in ("token_table.css", "time_table.css")
)
_component = st.components.v2.component("attnviz_token_table", js=SCRIPT, css=STYLE)


def show(
    rows: Sequence[str],
    panels: Sequence[Panel],
    words: Sequence[int],
    strings: Mapping[str, str],
    *,
    key: str,
    on_pin: Callable[[int | None], object] | None = None,
    on_turn: Callable[[str], object] | None = None,
    **settings: Any,
) -> None:
    """Put the table on the page, as long as the text is; its head stays in sight.

    The arguments, the `settings` and the errors are those of `payload`. With the same `key` the
    browser keeps its nodes, its scroll position and, while the rows stay the same, the pinned row.
    `on_pin` is called with the row that the user pins, and with None for a row that is unpinned.
    `on_turn` is called with the layout that the user asks for, and without it none is offered.
    """

    def tell_pin() -> None:
        row = st.session_state[key].pinned
        if row is not None and on_pin is not None:
            on_pin(None if row == NONE else int(row))

    def tell_turn() -> None:
        layout = st.session_state[key].turned
        if layout in LAYOUTS and on_turn is not None:
            on_turn(layout)

    flat = {"marks": settings.get("marks", ()), "every": not settings.get("of_steps")}
    flat = flat if settings.get("layout") == "flat" else None
    figures.note_table(key, rows, panels, settings.get("groups"), flat)
    data = payload(rows, panels, words, strings, may_turn=on_turn is not None, **settings)
    _component(key=key, data=data, on_pinned_change=tell_pin, on_turned_change=tell_turn)


def text_name(trace: Trace) -> str:
    """A short name for a text as a network read it: others have other names."""
    return hashlib.blake2b(repr((trace.identity, trace.tokens)).encode(), digest_size=8).hexdigest()


def payload(
    rows: Sequence[str],
    panels: Sequence[Panel],
    words: Sequence[int],
    strings: Mapping[str, str],
    *,
    groups: Mapping[str, str] | None = None,
    map_width: int = MAP_WIDTH,
    pinned: int | None = None,
    may_unpin: bool = False,
    of_text: str = "",
    in_view: bool = False,
    layout: str = "upright",
    may_turn: bool = False,
    of_steps: bool = False,
    marks: Sequence[tuple[int, int, str]] = (),
) -> bytes:
    """What the browser gets: length of the header, header, numbers, pictures.

    The length is a little-endian uint32, the header JSON padded with spaces so that the numbers
    start at a multiple of four, the numbers little-endian float32, panel after panel, each (T, U)
    row by row; behind all of them the bytes of the panels' pictures. Texts longer than 200
    characters are cut and end in an ellipsis.

    Parameters
    ----------
    rows
        T strings: the characters of the text that each token stands for.
    panels
        In the order in which they stand side by side; titles already translated.
    words
        T numbers, equal for neighbours that are pieces of one word.
    strings
        Translations of `STRINGS`; what is missing stays English.
    groups
        Keys of `attnviz.panels.GROUPS` → what stands above the panels of a group.
    map_width
        About how many pixels a heat map takes; with many columns it takes two for each of them.
    pinned
        The row that the page shows beside the table. It is pinned when the table opens and
        whenever it changes, and then the user can pin another row.
    may_unpin
        Whether the user can then pin none, too.
    of_text
        Of which text the rows are tokens: a name from `text_name`. Words of the shaded text with
        the same name pin rows here. "" where rows are something else.
    in_view
        Whether the page scrolls until the row that it pins is in sight.
    layout
        One of `LAYOUTS`.
    may_turn
        Whether the user can ask for the other layout.
    of_steps
        Whether rows are steps of a series, frames or lines of a picture, and no tokens.
    marks
        Labelled intervals: first row, last row exclusive, what it is.

    Raises
    ------
    ValueError
        If `words` or a panel has another number of rows than `rows`, a panel another number of
        names than columns, a colour range is not finite, or there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, not {layout}")
    if len(words) != len(rows):
        raise ValueError(f"words has {len(words)} entries for {len(rows)} rows")
    for panel in panels:
        expected = (len(rows), len(panel.columns))
        if panel.values.shape != expected:
            raise ValueError(f"{panel.key} must have shape {expected}, not {panel.values.shape}")
    header = {
        "rows": [bounded(row) for row in rows],
        "words": [*range(len(rows))] if of_steps else [int(word) for word in words],
        "groups": dict(groups or {}),
        "colours": browser_colours(),
        "map_width": map_width,
        "pinned": pinned,
        "may_unpin": may_unpin,
        "of_text": of_text,
        "in_view": in_view,
        "layout": layout,
        "may_turn": may_turn,
        "of_steps": of_steps,
        "marks": [[int(first), int(last), bounded(name)] for first, last, name in marks],
        "strings": {**STRINGS, **strings} | (_of_steps() if of_steps else {}),
        "panels": [_description(panel, of_steps) for panel in panels],
    }
    # ASCII escapes carry the lone surrogates that UTF-8 would refuse.
    encoded = json.dumps(header, separators=(",", ":"), allow_nan=False).encode("ascii")
    encoded += b" " * (-len(encoded) % 4)
    numbers = [np.ascontiguousarray(panel.values, dtype="<f4").tobytes() for panel in panels]
    pictures = [panel.pictures.tobytes() for panel in panels if panel.pictures is not None]
    return b"".join([len(encoded).to_bytes(4, "little"), encoded, *numbers, *pictures])


def _of_steps() -> dict[str, str]:
    return {name: _(text) for name, text in STRINGS_OF_STEPS.items()}


def _description(panel: Panel, of_steps: bool) -> dict:
    names = ("key", "group", "signed", "low", "high", "mark", "ramp", "classes", "level", "named")
    return {name: getattr(panel, name) for name in (*names, "scales")} | {
        "plain": _(panel.plain).format(detail=panel.detail) if panel.plain else "",
        "title": bounded(panel.title),
        "note": note(panel, of_steps=of_steps),
        "flat_note": note(panel, flat=True, of_steps=of_steps),
        "counted": counted(panel),
        **_measured(panel),
        "columns": [bounded(column) for column in panel.columns],
        "column_string": column_string(panel),
        "share": panel.ramp in ("gates", "attention"),
        "unit_of": "recurrent" if panel.group == "remembers" and not panel.whole else None,
        "pictures": None if panel.pictures is None else list(panel.pictures.shape),
        **meanings(panel, of_steps),
    }


def _measured(panel: Panel) -> dict[str, list[str]]:
    """The names and the units of channels."""
    if panel.mark != "lines":
        return {}
    names, units = zip(*map(name_and_unit, panel.columns), strict=True)
    return {"names": [*map(bounded, names)], "units": [*map(bounded, units)]}
