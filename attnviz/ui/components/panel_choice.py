"""Which panels, units and colours of a trace the user wants to see."""

from dataclasses import replace

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.panels import (
    ORDERS,
    RANGES,
    VOTED_LABELS,
    Panel,
    panels,
    parse_units,
    pick_units,
    recurrent_shape,
    with_range,
)
from attnviz.trace import DIRECTIONS, Trace
from attnviz.ui.components import menus
from attnviz.ui.translation import _, explain_error

ALL = 0
VOTED_COUNTS = (VOTED_LABELS, 12, 25)
UNIT_COUNTS = (16, 32, 64, ALL)
SELF_ATTENTION_CELLS = 1_000_000  # on the page in about a second
ORDER_NAMES = {
    "index": N_("By number"),
    "variance": N_("Most varying first"),
    "largest value": N_("Largest value first"),
    "similarity": N_("Alike side by side"),
}
RANGE_NAMES = {"panel": N_("This panel"), "family": N_("Panels alike"), "fixed": N_("Fixed")}
DIRECTION_NAMES = {"forward": N_("Forward"), "backward": N_("Backward")}
SHIPPED_LABELS = {
    *(N_("negative"), N_("positive")),
    *(N_("anger"), N_("fear"), N_("joy"), N_("love"), N_("sadness"), N_("surprise")),
    *(N_("ABBR"), N_("DESC"), N_("ENTY"), N_("HUM"), N_("LOC"), N_("NUM")),
    *(N_("education"), N_("entertainment"), N_("finance"), N_("game"), N_("politics")),
    *(N_("realty"), N_("science"), N_("society"), N_("sports"), N_("stocks")),
}


def choose_panels(trace: Trace, key: str) -> list[Panel]:
    """The controls above the table, and the panels cut, ordered and coloured as they say."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = choose_place(trace, key)
        voted = _choose_voted(trace, key)
        everything = [titled(panel) for panel in panels(trace, *place, voted=voted)]
        cells = 0 if trace.self_attention is None else trace.self_attention.size
        if cells > SELF_ATTENTION_CELLS:
            everything = [panel for panel in everything if panel.family != "self_attention"]
        order = menu(_("Units"), ORDERS, "variance", ORDER_NAMES, f"{key}-order", 200)
        count = menus.selectbox(
            _("How many"),
            UNIT_COUNTS,
            width=100,
            key=f"{key}-count",
            format_func=lambda number: str(number or _("all")),
        )
        wanted = st.text_input(
            _("Only these units"), placeholder="3, 17, 20-31", width=150, key=f"{key}-units"
        )
        mode = menu(_("Colour range"), RANGES, "panel", RANGE_NAMES, f"{key}-range", 150)
        with st.popover(_("Panels"), width="content"):
            shown = _shown_panels({panel.key: panel.title for panel in everything}, key)
    if cells > SELF_ATTENTION_CELLS:
        st.caption(
            _(
                "Self-attention is not drawn for so long a text: it has {cells} cells, and at most "
                "{most} are drawn."
            ).format(cells=f"{cells:,}", most=f"{SELF_ATTENTION_CELLS:,}")
        )
    try:
        only = parse_units(wanted)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")
        only = ()
    kept = [panel for panel in everything if panel.key in shown] or everything[:1]
    return with_range([pick_units(panel, order, count or None, only) for panel in kept], mode)


def _choose_voted(trace: Trace, key: str) -> int:
    """How many classes have votes, asked for where not all do."""
    if len(trace.labels) <= VOTED_LABELS:
        return VOTED_LABELS
    return menus.selectbox(
        _("Classes with votes"),
        [n for n in VOTED_COUNTS if n < len(trace.labels)] + [len(trace.labels)],
        format_func=lambda count: _("{count} of {total}").format(
            count=count, total=len(trace.labels)
        ),
        key=f"{key}-voted-{len(trace.labels)}",
        width=150,
    )


def _shown_panels(titles: dict[str, str], key: str) -> list[str]:
    """Keys of the panels that are not hidden. What was hidden stays so when the model changes."""
    hidden = st.session_state.setdefault(f"{key}-hidden", set())
    shown = st.pills(
        _("Click to hide or show"),
        list(titles),
        default=[name for name in titles if name not in hidden],
        selection_mode="multi",
        format_func=titles.get,
        key=f"{key}-panels-{'-'.join(titles)}",  # its memory would hide what another model adds
    )
    hidden |= titles.keys() - set(shown)
    hidden -= set(shown)
    return shown


def titled(panel: Panel) -> Panel:
    """The panel with its title, and the names of its classes, in the user's language."""
    columns = panel.columns
    if panel.family == "votes":
        columns = tuple(label_name(name) for name in columns)
    return replace(panel, title=_(panel.title).format(detail=panel.detail), columns=columns)


def label_name(label: str) -> str:
    """A label in the user's language, where it is one of the shipped models'; others stay."""
    return _(label) if label in SHIPPED_LABELS else label


def choose_place(trace: Trace, key: str) -> tuple[int, str]:
    """The recurrent layer and the reading direction, asked for where there are several."""
    layers, directions = recurrent_shape(trace)
    layer, direction = 0, "forward"
    if layers > 1:
        layer = menus.selectbox(
            _("Layer"),
            range(layers),
            format_func=lambda number: str(number + 1),
            width=90,
            key=f"{key}-layer",
        )
    if directions > 1:
        direction = st.segmented_control(
            _("Reading direction"),
            DIRECTIONS,
            default="forward",
            required=True,
            format_func=lambda name: _(DIRECTION_NAMES[name]),
            key=f"{key}-direction",
        )
    return layer, direction


def menu(label: str, table, default: str, names: dict[str, str], key: str, width: int) -> str:
    options = list(table)
    return menus.selectbox(
        label,
        options,
        index=options.index(default),
        format_func=lambda name: _(names[name]),
        key=key,
        width=width,
    )
