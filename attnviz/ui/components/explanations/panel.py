"""One panel in full: every unit of it, in any order, beside attention and votes."""

import numpy as np

from attnviz.errors import N_
from attnviz.panels import ORDERS, Panel, panels, pick_units, row_labels
from attnviz.trace import DIRECTIONS, Trace
from attnviz.ui.components import menus
from attnviz.ui.components.explanations import screen
from attnviz.ui.components.explanations.choices import (
    choose_direction,
    choose_label,
    choose_layer,
)
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import ORDER_NAMES, label_name, menu, titled
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import escape_markdown, gap

MAP_WIDTH = 880  # px: the page is wide, and few panels stand here

CONTRIBUTION = "contribution"
BESIDE = ("attention", "votes")
NAMES = ORDER_NAMES | {CONTRIBUTION: N_("Largest part of the logit first")}
ONCE = ("self_attention", "channel_attention", "feature_maps")  # in no layer, no direction


VARIES = N_("{unit} varies most along the text: from {low} to {high}.")
READ_MOST = N_("{token} is looked at most: {share} of all that is read.")
"""The first line: of units, and of tokens that read one another."""


def show(folder: str, trace: Trace, key: str) -> None:
    """Which unit varies most, and all of them beside attention and votes."""
    with screen.options(key):
        panel, units = _choose_panel(folder, trace, key)
        order = "index"
        if not panel.whole:
            orders = [*ORDERS, CONTRIBUTION] if units is not None else list(ORDERS)
            order = menu(_("Units"), orders, "variance", NAMES, f"{key}-order", 260)
        label = choose_label(trace, key) if order == CONTRIBUTION else 0
    why = panel.title
    if order == CONTRIBUTION:
        from attnviz.explain.units import unit_contributions

        shares = unit_contributions(loaded_classifier(folder), trace, label)[units]
        order = np.argsort(-np.abs(shares), kind="stable")
        why = _shares_line(trace, label, shares)
    screen.verdict(verdict_line(panel, row_labels(trace)), why, key)
    beside = [titled(other) for other in panels(trace) if other.family in BESIDE]
    screen.table(trace, [*beside, pick_units(panel, order)], key, MAP_WIDTH)


def verdict_line(panel: Panel, labels: tuple[str, ...]) -> str:
    """The unit that varies most along the text, or the token that is read most."""
    if panel.family == "self_attention":
        read = panel.values.mean(axis=0)
        place = int(read.argmax())
        token, share = screen.quoted(labels, place), f"{read[place]:.0%}"
        return _(READ_MOST).format(token=token, share=share)
    column = int(panel.values.var(axis=0).argmax())
    values = panel.values[:, column]
    named = _("Filter {name}") if panel.group == "detects" else _("Unit {name}")
    return _(VARIES).format(
        unit=named.format(name=panel.columns[column].partition(" ")[0]),
        low=_number(panel, float(values.min())),
        high=_number(panel, float(values.max())),
    )


def _number(panel: Panel, value: float) -> str:
    return f"{value:.0%}" if panel.family == "gates" else f"{value:.2f}".replace("-", "−")


def _choose_panel(folder: str, trace: Trace, key: str) -> tuple[Panel, slice | None]:
    """The panel, and where its units stand among those that the attention weighs, if they do.

    Behind self-attention they do not: there each weighed unit mixes all units of all tokens.
    """
    found = {panel.key: panel for panel in panels(trace) if panel.family not in BESIDE}
    name = menus.selectbox(
        _("Panel"),
        list(found),
        index=next((n for n, name in enumerate(found) if name.startswith("gates")), 0),
        format_func=lambda name: titled(found[name]).title,
        key=f"{key}-panel-{'-'.join(found)}",
        width=260,
    )
    if found[name].family in ONCE:
        return titled(found[name]), _filters(folder, trace, found[name])
    layer, direction = choose_layer(trace, key), choose_direction(trace, key)
    chosen = panels(trace, layer, DIRECTIONS[direction])
    panel = next(panel for panel in chosen if panel.key == name)
    return titled(panel), _hidden_units(folder, trace, layer, direction)


def _filters(folder: str, trace: Trace, panel: Panel) -> slice | None:
    stages = loaded_classifier(folder).network.config.stages
    if panel.whole or stages[-1] != "convolutions" or trace.self_attention is not None:
        return None
    count, size = len(panel.columns), int(panel.key.partition("/")[2])
    first = list(trace.feature_maps).index(size) * count
    return slice(first, first + count)


def _hidden_units(folder: str, trace: Trace, layer: int, direction: int) -> slice | None:
    stages = loaded_classifier(folder).network.config.stages
    layers, _directions, units = trace.states["hidden"].shape[1:]
    if layer != layers - 1 or stages[-1] != "recurrent" or trace.self_attention is not None:
        return None
    return slice(direction * units, (direction + 1) * units)


def _shares_line(trace: Trace, label: int, shares: np.ndarray) -> str:
    best = gap(", ").join(
        f"{unit} ({shares[unit]:+.3f})" for unit in np.argsort(-np.abs(shares), kind="stable")[:5]
    )
    return (
        _(
            "Together these units ({count}) add {total} to the logit of {label}, {logit}. The "
            "largest parts: {best}."
        )
        .format(
            count=len(shares),
            total=f"{shares.sum():+.4f}",
            label=escape_markdown(label_name(trace.labels[label])),
            logit=f"{trace.logits[label]:+.4f}",
            best=best,
        )
        .replace("-", "−")
    )
