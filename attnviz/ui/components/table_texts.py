"""What the token table and the time table say: their words, and what one number in them means."""

from attnviz.errors import N_
from attnviz.panels import Panel
from attnviz.ui.components.explanations import wording
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
    "lay_flat": N_("Lay flat"),
    "set_upright": N_("Set upright"),
    "flat_help": N_(
        "Point to read a step, click to pin it, drag to zoom in, double-click to see the whole. On "
        "the keyboard: arrows move, Ctrl + arrow jumps to the next panel, + and − zoom, Enter "
        "pins, Escape goes back."
    ),
    "whole": N_("Show the whole"),
    "more": N_("more: {count}"),
    "detects": N_("Detects"),
    "even": N_("even: {level}"),
    "in_all": N_("{value} in all"),
    "channels": N_("channels: {count}"),
    "missing": N_("missing"),
    "labelled": N_("labelled: {name}, {first} – {last}"),
}
"""Every text that the component shows, with its English default; {braces} are filled in."""

STRINGS_OF_STEPS = {
    "table_label": N_("Steps and what the network did at each of them"),
    "token": N_("Time"),
    "row": N_("step {row} of {rows}"),
}
"""Those that are others where a row is no token."""

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

MEANINGS_OF_STEPS = {
    "attention": N_("of all the weight. Shared alike, every step would have {level}."),
    "feature_maps": N_("How strongly the filter responds around “{token}”; at most {most} here."),
    "channel_attention": N_(
        "What is passed on of this filter’s response around “{token}”; at most {most} here."
    ),
}
"""The same where a row is no token."""

SEEN = N_("mean brightness of what is read here; 0 is black, 1 white.")
OF_A_COMING_VALUE = N_("is added to the coming value {name} by this step.")
OF_ONE_CLASS = N_("is added to the logit of {name} at this position.")
AGAINST = N_("This position moves the answer towards {rival}.")

NOTES = {
    "channels": N_("a scale for each unit"),
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
    "channels": "label",
    "tags": "label",
}

_COUNTED = {"unit": N_("units: {count}"), "filter": N_("filters: {count}")}

LONGEST_TEXT = 200


def column_string(panel: Panel) -> str:
    """How a column is called; one head alone has no number."""
    if panel.family == "attention" and len(panel.columns) == 1:
        return "weight"
    return _COLUMN_STRINGS.get(panel.family, "unit")


def counted(panel: Panel) -> str:
    """How many columns a heat map has."""
    template = _COUNTED.get(column_string(panel))
    return _(template).format(count=len(panel.columns)) if template else ""


def note(panel: Panel, flat: bool = False, of_steps: bool = False) -> str:
    """What stands below the title; "" for the ends of the colour range."""
    if _is_margin(panel):
        rival, name = bounded(panel.detail), panel.columns[0]
        return f"↑ {name} · ↓ {rival}" if flat else f"← {rival} · {name} →"
    if panel.pictures is not None:
        return ""
    said = NOTES.get(panel.key, NOTES.get(panel.family))
    return _worded(said, of_steps) if said else ""


def _worded(template: str, of_steps: bool) -> str:
    said = _(template)
    return wording.of_steps(said) if of_steps else said


def meanings(panel: Panel, of_steps: bool = False) -> dict[str, str]:
    """What a number says, and what a negative one does where that is something else."""
    if panel.pictures is not None:
        return {"meaning": _(SEEN)}
    if _is_margin(panel):
        against = _(AGAINST).format(rival=bounded(panel.detail))
        return {"meaning": _(MEANINGS["votes"]), "meaning_below": against}
    if panel.family == "votes":
        of_values = panel.mark == "cells"
        return {"meaning": _(OF_A_COMING_VALUE) if of_values else _(OF_ONE_CLASS)}
    table = MEANINGS | MEANINGS_OF_STEPS if of_steps else MEANINGS
    template = table.get(panel.key) or table.get(panel.family)
    return {"meaning": _worded(template, of_steps) if template else ""}


def _is_margin(panel: Panel) -> bool:
    """Whether its one column weighs two classes against each other."""
    return bool(panel.classes) and panel.classes[0][0] != panel.classes[0][1]


def bounded(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
