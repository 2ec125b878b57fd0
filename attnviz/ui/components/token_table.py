"""The token table: one row for each token, all panels side by side, painted in the browser.

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

import numpy as np
import streamlit as st

from attnviz.colours import browser_colours
from attnviz.errors import N_
from attnviz.panels import Panel
from attnviz.trace import Trace
from attnviz.ui.components import figures
from attnviz.ui.translation import _

STRINGS = {
    "table_label": N_("Tokens and what the network did at each of them"),
    "keyboard_help": N_(
        "Point at a cell to read it, click a row to pin it. On the keyboard: arrows move, "
        "Ctrl + arrow jumps to the next panel, Enter pins, Escape unpins."
    ),
    "overview": N_("All positions and their votes; click to go there"),
    "token": N_("Token"),
    "row": N_("token {row} of {rows}"),
    "unit": N_("unit {name}"),
    "filter": N_("filter {name}"),
    "head": N_("head {name}"),
    "weight": N_("weight"),
    "read": N_("reads {name}"),
    "label": N_("{name}"),
    "cell": N_("{token}, {panel}, {column}, {value}"),
    "pinned": N_("Pinned: {token}"),
    "unpinned": N_("Nothing pinned"),
    "unpin": N_("Unpin"),
}
"""Every text that the component shows, with its English default; {braces} are filled in."""

MEANINGS = {
    "votes": N_("This position moves the answer towards {name}."),
    "attention": N_("of all the weight. Shared alike, every token would have {level}."),
    "lost": N_("is how far the answer moves without “{token}”, of at most 1."),
    "self_attention": N_("of what “{token}” reads comes from there."),
    "feature_maps": N_(
        "How strongly the filter responds around “{token}”; at most {most} in this text."
    ),
    "channel_attention": N_(
        "What is passed on of this filter’s response around “{token}”; at most {most} in this text."
    ),
    "gates/input": N_("of what this unit could write at “{token}” is let in."),
    "gates/forget": N_("of what this unit had stored before it read “{token}” is kept."),
    "gates/output": N_("of what this unit stores is shown at “{token}”."),
    "gates/reset": N_("of the state before “{token}” counts for the new one."),
    "gates/update": N_("of the state before “{token}” is kept in place of the new one."),
    "gates/survival": N_("of what the word wrote into this unit is left after “{token}”."),
    "ledger/argument": N_("is what “{token}” would add if it had all attention."),
    "ledger/vote": N_("is what “{token}” adds to the sum."),
    "ledger/total": N_("is the sum of the bias and all votes up to “{token}”."),
    "scores": N_("is what this method makes of “{token}”, on its own scale."),
    "push": N_("is what this adds at “{token}” before the gate bends it to its range."),
    "reach": N_("is how much the logit can move per unit step at “{token}”."),
    "memory/left_both_ways": N_("of what the word wrote is left once “{token}” is read."),
    "memory/left": N_("of what the word wrote is left once “{token}” is read."),
    "memory/half_life": N_(
        "tokens after “{token}” half of what it wrote is left; ∞: more than half stays."
    ),
    "states/candidate": N_("What this unit could write at “{token}”, between −1 and 1."),
    "states/cell": N_("What this unit stores once it has read “{token}”."),
    "states/new": N_("What this unit could take over at “{token}”, between −1 and 1."),
    "states/hidden": N_("What this unit passes on at “{token}”, between −1 and 1."),
}
"""What one number says, by the panel's key or family."""

OF_ONE_CLASS = N_("is added to the logit of {name} at this position.")
AGAINST = N_("This position moves the answer towards {rival}.")

NOTES = {
    "gates": N_("0 closed – 1 open"),
    "gates/survival": "",  # a share of what was written: nothing opens
    "memory/left": N_("share of what it wrote"),
    "memory/left_both_ways": N_("↑ backward · ↓ forward"),
    "memory/half_life": N_("tokens, of every word"),
    "attention": N_("share of 100%"),
}
"""What stands below the title in place of the ends of the colour range, by key or family."""

_COLUMN_STRINGS = {
    "attention": "head",
    "votes": "label",
    "self_attention": "read",
    "feature_maps": "filter",
    "channel_attention": "filter",
    "memory": "label",
    "weights": "label",
}
_LONGEST_TEXT = 200
NONE = -1  # what the browser tells when a row is unpinned
MAP_WIDTH = 144  # px: many panels stand side by side

_FOLDER = Path(__file__).parent
# An inline module cannot import its neighbours, so the files, which are modules for linters and
# tests, become one script.
_SCRIPTS = tuple(
    f"token_table{part}" for part in ("_paint", "_model", "_nodes", "_draw", "_pointer", "")
)


def _script(name: str) -> str:
    """A module without its imports and exports; what is exported as default stays so."""
    source = (_FOLDER / f"{name}.js").read_text(encoding="utf-8")
    source = re.sub(r"^import [^;]*;[^\n]*\n", "", source, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", source, flags=re.MULTILINE)


_component = st.components.v2.component(
    "attnviz_token_table",
    js="\n".join(map(_script, _SCRIPTS)),
    css=(_FOLDER / "token_table.css").read_text(encoding="utf-8"),
)


def show(
    rows: Sequence[str],
    panels: Sequence[Panel],
    words: Sequence[int],
    strings: Mapping[str, str],
    *,
    key: str,
    groups: Mapping[str, str] | None = None,
    map_width: int = MAP_WIDTH,
    pinned: int | None = None,
    may_unpin: bool = False,
    of_text: str = "",
    in_view: bool = False,
    on_pin: Callable[[int | None], object] | None = None,
) -> None:
    """Put the table on the page, as long as the text is; its head stays in sight.

    The arguments and errors are those of `payload`. With the same `key` the browser keeps its
    nodes, its scroll position and, while the rows stay the same, the pinned row. `on_pin` is
    called with the row that the user pins, and with None for a row that is unpinned.
    """

    def tell() -> None:
        row = st.session_state[key].pinned
        if row is not None and on_pin is not None:
            on_pin(None if row == NONE else int(row))

    figures.note_table(key, rows, panels, groups)
    data = payload(
        rows,
        panels,
        words,
        strings,
        groups=groups,
        map_width=map_width,
        pinned=pinned,
        may_unpin=may_unpin,
        of_text=of_text,
        in_view=in_view,
    )
    _component(key=key, data=data, on_pinned_change=tell)


def text_name(trace: Trace) -> str:
    """A short name for a text as a network read it: others have other names."""
    return hashlib.blake2b(repr((trace.text, trace.tokens)).encode(), digest_size=8).hexdigest()


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
) -> bytes:
    """What the browser gets: length of the header, header, numbers.

    The length is a little-endian uint32, the header JSON padded with spaces so that the numbers
    start at a multiple of four, the numbers little-endian float32, panel after panel, each (T, U)
    row by row. Texts longer than 200 characters are cut and end in an ellipsis.

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

    Raises
    ------
    ValueError
        If `words` or a panel has another number of rows than `rows`, a panel another number of
        names than columns, or a colour range is not finite.
    """
    if len(words) != len(rows):
        raise ValueError(f"words has {len(words)} entries for {len(rows)} rows")
    for panel in panels:
        expected = (len(rows), len(panel.columns))
        if panel.values.shape != expected:
            raise ValueError(f"{panel.key} must have shape {expected}, not {panel.values.shape}")
    header = {
        "rows": [_bounded(row) for row in rows],
        "words": [int(word) for word in words],
        "groups": dict(groups or {}),
        "colours": browser_colours(),
        "map_width": map_width,
        "pinned": pinned,
        "may_unpin": may_unpin,
        "of_text": of_text,
        "in_view": in_view,
        "strings": {**STRINGS, **strings},
        "panels": [_description(panel) for panel in panels],
    }
    # ASCII escapes carry the lone surrogates that UTF-8 would refuse.
    encoded = json.dumps(header, separators=(",", ":"), allow_nan=False).encode("ascii")
    encoded += b" " * (-len(encoded) % 4)
    numbers = [np.ascontiguousarray(panel.values, dtype="<f4").tobytes() for panel in panels]
    return b"".join([len(encoded).to_bytes(4, "little"), encoded, *numbers])


def _description(panel: Panel) -> dict:
    names = ("key", "group", "signed", "low", "high", "mark", "ramp", "classes", "level", "named")
    return {name: getattr(panel, name) for name in names} | {
        "plain": _(panel.plain).format(detail=panel.detail) if panel.plain else "",
        "title": _bounded(panel.title),
        "note": _note(panel),
        "columns": [_bounded(column) for column in panel.columns],
        "column_string": _column_string(panel),
        "share": panel.ramp in ("gates", "attention"),
        "unit_of": "recurrent" if panel.group == "remembers" and not panel.whole else None,
        **_meanings(panel),
    }


def _column_string(panel: Panel) -> str:
    """How a column is called; one head alone has no number."""
    if panel.family == "attention" and len(panel.columns) == 1:
        return "weight"
    return _COLUMN_STRINGS.get(panel.family, "unit")


def _note(panel: Panel) -> str:
    """What stands below the title; "" for the ends of the colour range."""
    if _is_margin(panel):
        return f"← {_bounded(panel.detail)} · {panel.columns[0]} →"
    note = NOTES.get(panel.key, NOTES.get(panel.family))
    return _(note) if note else ""


def _meanings(panel: Panel) -> dict[str, str]:
    """What a number says, and what a negative one does where that is something else."""
    if _is_margin(panel):
        against = _(AGAINST).format(rival=_bounded(panel.detail))
        return {"meaning": _(MEANINGS["votes"]), "meaning_below": against}
    if panel.family == "votes":
        return {"meaning": _(OF_ONE_CLASS)}
    template = MEANINGS.get(panel.key) or MEANINGS.get(panel.family)
    return {"meaning": _(template) if template else ""}


def _is_margin(panel: Panel) -> bool:
    """Whether its one column weighs two classes against each other."""
    return bool(panel.classes) and panel.classes[0][0] != panel.classes[0][1]


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
