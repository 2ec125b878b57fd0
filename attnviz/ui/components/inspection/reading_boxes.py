"""How a file is read: what was found, in boxes that change it."""

import streamlit as st

from attnviz.data import DELIMITERS, ENCODINGS, FIXED, QUOTING, Peek, Reading
from attnviz.data.endings import LINES, OTHER_LINES, content, options
from attnviz.errors import N_
from attnviz.ui.components import menus
from attnviz.ui.translation import _

FOUND, SINGLE, NONE = "found", "single", "none"  # as found; no delimiter; no header
MOST_PARTS = 1_000  # that are offered; the name of any other can be typed
HEADER_ROWS = ("1", "2", "3")  # what is offered; any other number can be typed
DELIMITER_NAMES = {
    ",": N_("comma ,"),
    ";": N_("semicolon ;"),
    "\t": N_("tab"),
    "|": N_("bar |"),
    "^": N_("caret ^"),
    "": N_("none: a single column"),
}
QUOTING_NAMES = {
    "none": N_("part of the text"),
    "double": N_("around cells"),
    "backslash": N_('around cells, within \\"'),
}


def asked(key: str) -> Reading:
    """What the user chose in the boxes of `reading`."""
    encoding, delimiter, header, quoting, part = (
        st.session_state.get(f"{key}-{name}") or FOUND
        for name in ("encoding", "delimiter", "header", "quoting", "part")
    )
    return Reading(
        encoding=None if encoding == FOUND else encoding,
        delimiter={FOUND: None, SINGLE: ""}.get(delimiter, delimiter),
        header=_row(header),
        quoting=quoting if quoting in QUOTING else None,
        skip_bad_rows=bool(st.session_state.get(f"{key}-skip")),
        part=None if part == FOUND else part,
    )


def _row(header: str) -> int | None:
    """The row that was chosen or typed; what is no number counts as nothing said."""
    if header == NONE:
        return 0
    return int(header) if header.isdecimal() and 0 < len(header) < 10 else None


def reading(place, name: str, key: str, seen: Peek | None) -> None:
    """Boxes for encoding, delimiter, header and quotation marks, where the format has them."""
    followed = options(name)
    cut = "delimiter" in followed
    with place:
        _part(f"{key}-part", seen)
        if "encoding" in followed:
            found = seen.table.encoding if seen else ""
            if found not in FIXED:
                _box(_("Encoding"), f"{key}-encoding", [FOUND, *ENCODINGS], {FOUND: found})
        lines = content(name) in (*LINES, *OTHER_LINES)  # which may be a table after all
        if cut and (seen is None or seen.delimiter is not None or lines):
            _delimiter(f"{key}-delimiter", seen)
        if seen.header is not None if seen else cut:
            _header(f"{key}-header", seen)
        if seen.quoting is not None if seen else cut:
            names = {quoting: _(title) for quoting, title in QUOTING_NAMES.items()}
            found = names[seen.quoting] if seen else ""
            titles = {FOUND: found, **names}
            _box(_("Quotation marks"), f"{key}-quoting", [FOUND, *QUOTING], titles, typed=False)
        skipped, skips = f"{key}-skip", "skip_bad_rows" in followed
        if seen.header is not None or st.session_state.get(skipped) if seen else skips:
            st.checkbox(_("Leave out rows that do not fit"), key=skipped, persist_state="session")


def _part(key: str, seen: Peek | None) -> None:
    """Which member, sheet, split or key is read, of a file that holds several."""
    known = f"{key}-known"  # what there was to choose from, for when the chosen one is broken
    parts = seen.parts if seen else st.session_state.get(known, ())
    if len(parts) > 1:
        st.session_state[known] = parts
        first = seen.part if seen and seen.part else _("all")
        _box(_("Part"), key, [FOUND, *parts[:MOST_PARTS]], {FOUND: first})


def _delimiter(key: str, seen: Peek | None) -> None:
    names = {mark: _(title) for mark, title in DELIMITER_NAMES.items()}
    found = names.get(seen.delimiter or "", repr(seen.delimiter)) if seen else ""
    options = [FOUND, *DELIMITERS[:5], SINGLE]
    _box(_("Delimiter"), key, options, {FOUND: found, SINGLE: names[""], **names})


def _header(key: str, seen: Peek | None) -> None:
    titles = {row: _("row {number}").format(number=row) for row in HEADER_ROWS}
    titles[NONE] = _("none")
    if seen:
        titles[FOUND] = _("row {number}").format(number=seen.header) if seen.header else _("none")
    _box(_("Header"), key, [FOUND, NONE, *HEADER_ROWS], {FOUND: "", **titles})


def _box(
    label: str, key: str, options: list[str], titles: dict[str, str], typed: bool = True
) -> None:
    """A choice with what was found at its head; if `typed`, anything else can be written."""

    def title(option: str) -> str:
        if option == FOUND:
            return _("found: {value}").format(value=titles[FOUND]) if titles[FOUND] else _("guess")
        return titles.get(option, option)

    chosen = st.session_state.get(key)
    if typed and chosen is not None and chosen not in options:
        options = [*options, chosen]
    menus.selectbox(
        label,
        options,
        format_func=title,
        key=key,
        accept_new_options=typed,
        persist_state="session",
        width=190,
    )
