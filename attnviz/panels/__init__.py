"""Which numbers of a trace belong together, and how they are coloured."""

from attnviz.panels.channels import name_and_unit, scales_of
from attnviz.panels.kinds import (
    PANELS,
    TITLES,
    VOTED_LABELS,
    WEIGHTS,
    panels,
    recurrent_shape,
    row_labels,
    told_apart,
)
from attnviz.panels.panel import GROUPS, Panel, laid_flat
from attnviz.panels.units import ORDERS, RANGES, parse_units, pick_units, unit_order, with_range

__all__ = [
    "GROUPS",
    "ORDERS",
    "PANELS",
    "RANGES",
    "TITLES",
    "VOTED_LABELS",
    "WEIGHTS",
    "Panel",
    "laid_flat",
    "name_and_unit",
    "panels",
    "parse_units",
    "pick_units",
    "recurrent_shape",
    "row_labels",
    "scales_of",
    "told_apart",
    "unit_order",
    "with_range",
]
