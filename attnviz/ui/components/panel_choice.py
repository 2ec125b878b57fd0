"""Which panels, units and colours of a trace the user wants to see."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.panels import (
    RANGES,
    VOTED_LABELS,
    Panel,
    panels,
    parse_units,
    pick_units,
    recurrent_shape,
    unit_order,
    with_range,
)
from attnviz.trace import DIRECTIONS, Trace
from attnviz.ui.components import menus
from attnviz.ui.components.shipped_labels import SHIPPED_LABELS
from attnviz.ui.translation import _, explain_error

ALL, BY_DEFAULT = 0, -1  # numbers of units that say something else
UNIT_COUNTS = (8, 16, 32, 64, ALL)
STRONGEST = 12  # filters of a kernel size that are shown at first
VARYING = 16  # units of the recurrent layer
SELF_ATTENTION_CELLS = 1_000_000  # on the page in about a second
DEFAULT_ORDER = "strongest"
ORDER_NAMES = {
    DEFAULT_ORDER: N_("Strongest filters, most varying units"),
    "index": N_("By number"),
    "variance": N_("Most varying first"),
    "largest value": N_("Largest value first"),
    "similarity": N_("Alike side by side"),
}
RANGE_NAMES = {"panel": N_("This panel"), "family": N_("Panels alike")}
DIRECTION_NAMES = {"forward": N_("Forward"), "backward": N_("Backward")}
ARROWS = {"forward": "→", "backward": "←"}
DIRECTION_NOTES = {"forward": N_("reading forwards"), "backward": N_("reading backwards")}
MOST_VOTED = 20  # classes that can have a column of votes
PARTS = {
    "reads": N_("Channels"),
    "detects": N_("Detectors"),
    "remembers": N_("Memory"),
    "looks": N_("Attention"),
    "decides": N_("Votes"),
}
"""The parts of the network in the order in which data flow; keys as in `attnviz.panels.GROUPS`."""
READ = {2: PARTS["reads"], 3: N_("Picture"), 4: N_("Frames")}  # by axes of `Trace.values`
GROUP_TITLES = {
    "reads": N_("Reads"),
    "decides": N_("Decides"),
    "looks": N_("Looks"),
    "detects": N_("Detects"),
    "remembers": N_("Remembers"),
}


@dataclass(frozen=True)
class Chosen:
    """What the user wants to see: the panels, cut and ordered, and what stands above each group."""

    panels: list[Panel]
    groups: dict[str, str]


def choose_panels(trace: Trace, key: str) -> Callable[[], Chosen]:
    """The network as a strip, which is the switch for what is shown.

    The panels are as it says; they are cut and ordered when what is returned is called, so that an
    open question does not wait for them.
    """
    shown = _parts(trace, key)
    with st.popover(_("Units"), width="content", key=f"{key}-units-menu"):
        settings = _settings(trace, key)
    place = _layer(trace, key), _direction(trace, key)
    return lambda: _chosen(trace, shown, settings, place)


def _chosen(trace: Trace, shown: list[str], settings: dict, place: tuple[int, str]) -> Chosen:
    everything = [titled(panel) for panel in panels(trace, *place, voted=settings["classes"])]
    cells = 0 if trace.self_attention is None else trace.self_attention.size
    if cells > SELF_ATTENTION_CELLS:
        everything = [panel for panel in everything if panel.family != "self_attention"]
        _say_too_long(cells)
    kept = [panel for panel in everything if panel.group in shown] or everything[:1]
    kept = [panel for panel in kept if panel.key not in settings["hidden"]] or kept[:1]
    picked = _picked(kept, settings)
    return Chosen(with_range(picked, settings["range"]), _group_titles(trace, picked, *place))


def _parts(trace: Trace, key: str) -> list[str]:
    """Which parts of the network are shown: one switch for each, with its size."""
    sizes = _sizes(trace)
    titles = PARTS | ({} if trace.values is None else {"reads": READ[trace.values.ndim]})
    names = {part: f"{_(titles[part])} {sizes[part]}".strip() for part in PARTS if part in sizes}
    label = _("The network, in the order in which data flow")
    own = f"{key}-parts-{'-'.join(names.values())}"  # of another network, other switches
    return _switches(label, names, f"{key}-hidden-parts", own)


def _switches(label: str, names: dict[str, str], memory: str, key: str) -> list[str]:
    """Those of the names that are switched on. What was hidden stays so when the model changes:
    `memory` names where the session keeps it."""
    hidden = st.session_state.setdefault(memory, set())
    shown = st.pills(
        label,
        list(names),
        default=[name for name in names if name not in hidden],
        selection_mode="multi",
        format_func=names.get,
        key=key,
        label_visibility="collapsed",
    )
    hidden |= names.keys() - set(shown)
    hidden -= set(shown)
    return shown


def _sizes(trace: Trace) -> dict[str, str]:
    """What the parts of this network are called after: kernel sizes, layers, heads, classes."""
    layers, directions = recurrent_shape(trace)
    heads, classes = trace.attention.shape[1], len(trace.labels)
    sizes = {} if trace.values is None else {"reads": str(len(trace.channels) or "")}
    if trace.feature_maps:
        sizes["detects"] = " · ".join(map(str, trace.feature_maps))
    if trace.states:
        arrows = "→ ←" if directions > 1 else "→"
        sizes["remembers"] = f"{layers} × {arrows}" if layers > 1 else arrows
    sizes["looks"] = str(heads) if heads > 1 else ""
    sizes["decides"] = str(classes) if classes > 2 else ""
    return sizes


def _settings(trace: Trace, key: str) -> dict:
    """What stands behind “Units”: order, number, choice, colours, classes, panels."""
    order = menu(_("Order"), ORDER_NAMES, DEFAULT_ORDER, ORDER_NAMES, f"{key}-order", 300)
    count = menus.selectbox(
        _("How many"),
        [BY_DEFAULT, *UNIT_COUNTS],
        format_func=lambda number: (
            _("filters: {filters}, units: {units}").format(filters=STRONGEST, units=VARYING)
            if number == BY_DEFAULT
            else str(number or _("all"))
        ),
        key=f"{key}-count",
        width=300,
    )
    wanted = st.text_input(
        _("Only these units"), placeholder="3, 17, 20-31", width=300, key=f"{key}-units"
    )
    try:
        only = parse_units(wanted)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")
        only = ()
    classes = VOTED_LABELS
    if len(trace.labels) > 2:
        most = min(len(trace.labels), MOST_VOTED)
        classes = st.slider(
            _("Classes with votes"), 1, most, min(VOTED_LABELS, most), key=f"{key}-classes"
        )
    mode = menu(_("Colour range"), RANGES, "panel", RANGE_NAMES, f"{key}-range", 300)
    every = {panel.key: titled(panel).title for panel in panels(trace)}
    return {
        "order": order,
        "count": count,
        "only": only,
        "classes": classes,
        "range": mode,
        "hidden": _hidden_panels(every, key),
    }


def _hidden_panels(titles: dict[str, str], key: str) -> set[str]:
    """Keys of the panels that are hidden."""
    st.caption(_("Click to hide or show"))
    # The key holds the panels: its memory would hide what another model adds.
    _switches(
        _("Click to hide or show"), titles, f"{key}-hidden", f"{key}-panels-{'-'.join(titles)}"
    )
    return st.session_state[f"{key}-hidden"]


def _picked(kept: list[Panel], settings: dict) -> list[Panel]:
    """The panels with their units chosen: gates and states all have the same, in one order."""
    by_default = settings["order"] == DEFAULT_ORDER
    units = unit_order(kept, "variance" if by_default else settings["order"])
    filters = "largest value" if by_default else settings["order"]

    def pick(panel: Panel) -> Panel:
        of_units = panel.group == "remembers"
        count = settings["count"]
        limit = (VARYING if of_units else STRONGEST) if count == BY_DEFAULT else (count or None)
        return pick_units(panel, units if of_units else filters, limit, settings["only"])

    return [pick(panel) for panel in kept]


def _group_titles(trace: Trace, picked: list[Panel], layer: int, direction: str) -> dict[str, str]:
    """What stands above each group, with how much of it is shown."""
    titles = {group: _(title) for group, title in GROUP_TITLES.items()}
    classes = [panel for panel in picked if panel.family == "votes"]
    if classes and len(trace.labels) > 2:
        shown, whole = len(classes[0].columns), len(trace.labels)
        titles["decides"] += " · " + _("classes: {shown} of {all}").format(shown=shown, all=whole)
    maps = [panel for panel in picked if panel.group == "detects"]
    if maps:
        whole = next(iter(trace.feature_maps.values())).shape[1]
        shown = len(maps[0].columns)
        note = _("filters: {shown} of {all} each").format(shown=shown, all=whole)
        titles["detects"] += " · " + note
    memory = [panel for panel in picked if panel.group == "remembers"]
    if memory:
        whole = next(iter(trace.states.values())).shape[3]
        shown = len(memory[0].columns)
        note = _("units: {shown} of {all}, the same in all").format(shown=shown, all=whole)
        parts = [titles["remembers"], note, _(DIRECTION_NOTES[direction])]
        layers, _directions = recurrent_shape(trace)
        if layers > 1:
            parts.insert(1, _("layer {number} of {all}").format(number=layer + 1, all=layers))
        titles["remembers"] = " · ".join(parts)
    return titles


def _say_too_long(cells: int) -> None:
    st.caption(
        _(
            "Self-attention is not drawn for so long a text: it has {cells} cells, and at most "
            "{most} are drawn."
        ).format(cells=f"{cells:,}", most=f"{SELF_ATTENTION_CELLS:,}")
    )


def _layer(trace: Trace, key: str) -> int:
    """The recurrent layer that is shown, from 0: the last, which attention reads, unless asked."""
    layers, _directions = recurrent_shape(trace)
    if layers < 2:
        return 0
    return st.segmented_control(
        _("Layer"),
        range(layers),
        default=layers - 1,
        required=True,
        format_func=lambda number: str(number + 1),
        key=f"{key}-layer-{layers}",
        label_visibility="collapsed",
        help=_("Recurrent layer"),
    )


def _direction(trace: Trace, key: str) -> str:
    """The reading direction that is shown, asked for where there are two."""
    if recurrent_shape(trace)[1] < 2:
        return "forward"
    return st.segmented_control(
        _("Reading direction"),
        DIRECTIONS,
        default="forward",
        required=True,
        format_func=ARROWS.get,
        key=f"{key}-direction",
        label_visibility="collapsed",
    )


def titled(panel: Panel) -> Panel:
    """The panel with its title, and the names of its classes, in the user's language."""
    columns = panel.columns
    if panel.family == "votes":
        columns = tuple(label_name(name) for name in columns)
        panel = replace(panel, detail=label_name(panel.detail))
    if panel.pictures is not None:
        columns = tuple(_(name) for name in columns)
    return replace(panel, title=_(panel.title).format(detail=panel.detail), columns=columns)


def label_name(label: str) -> str:
    """A label in the user's language, where it is one of the shipped models'; others stay."""
    return _(label) if label in SHIPPED_LABELS else label


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
