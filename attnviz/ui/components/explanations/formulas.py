"""Every layer's equation: as the literature writes it, then with this token's numbers in it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.panels import recurrent_shape, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.explanations import choices, screen
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.tables import even
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import escape_markdown

MOST_NUMBERS = 20_000  # cells that a table of weights shows; more make the browser slow
LARGE = 640  # pixels of a matrix in full
STEPS = {
    "embedding": N_("Embedding"),
    "convolution": N_("Convolution"),
    "channel_attention": N_("Channel attention"),
    "recurrent": N_("Recurrent layer"),
    "self_attention": N_("Self-attention"),
    "attention": N_("Attention"),
    "head": N_("From attention to probability"),
}
"""Titles of the steps, for a person."""


VERDICTS = {
    "both": N_("Unit {unit} and filter {filter} count most at {token}."),
    "unit": N_("Unit {unit} counts most at {token}."),
    "filter": N_("Filter {filter} counts most at {token}."),
    "chosen": N_("The network’s equations at {token}, in the units chosen."),
}
"""The first line, by what the network has; "chosen" where the person asked for others."""
ALL = "all"


def show(folder: str, trace: Trace, key: str) -> None:
    """The table with the token in view; beside it the equations of one part of the network at a
    time, or of all, in the unit and filter that count most there."""
    with screen.options(key):
        row, label, chosen, leading = _choose(folder, trace, key)
    left, right = st.columns([36, 64], gap="medium")
    with left:
        screen.table(trace, screen.beside(trace), key, in_view=True)
    with right, st.container(key=f"{key}-stays-in-view"):
        line = verdict_line(trace, row, chosen, leading)
        screen.verdict(line, _by_what(trace, label), key)
        found = _formulas(folder, trace, row, label, chosen)
        step = _choose_step(found, trace, key)
        with st.container(key=f"{key}-formula-rows", gap="xsmall"):
            _rows([one for one in found if step in (ALL, one.step)], key)
        with st.expander(_("How to read the formulas")):
            st.markdown(
                _(
                    "Each equation stands twice: as it was published, and with the numbers that "
                    "this network computed for the token and unit chosen here. Below a number "
                    "stands what it is; “…” is the sum of all terms that are not written out."
                )
            )


def _rows(found: list, key: str) -> None:
    """An equation a row: as it was published, and at its right with this token's numbers."""
    title = ""
    for formula in found:
        if title != (title := formula.step):
            st.markdown("### " + _(STEPS[title]))
        left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
        with left:
            st.markdown(_heading(formula))
            st.latex(formula.symbolic)
            _weights(formula, key)
        right.latex(formula.numeric)


def verdict_line(trace: Trace, row: int, chosen: dict[str, int], leading: dict[str, int]) -> str:
    """Which unit and filter the equations are of, and whether they count most."""
    has = {"unit": "unit" in chosen, "filter": "filter" in chosen}
    kind = "both" if all(has.values()) else next((name for name in has if has[name]), "chosen")
    if any(chosen[name] != value for name, value in leading.items()):
        kind = "chosen"
    return _(VERDICTS[kind]).format(
        token=screen.quoted(row_labels(trace), row),
        unit=chosen.get("unit"),
        filter=f"{chosen.get('kernel_size')}/{chosen.get('filter')}",
    )


def _by_what(trace: Trace, label: int) -> str:
    return _("By response × gradient of the logit of {label}; other units: Options.").format(
        label=escape_markdown(label_name(trace.labels[label]))
    )


def _choose_step(found: list, trace: Trace, key: str) -> str:
    """The part of the network whose equations are shown, or all; at first the one with the unit or
    filter."""
    names = list(dict.fromkeys(formula.step for formula in found))
    first = "recurrent" if trace.states else "convolution"
    return st.pills(
        _("Part of the network"),
        [*names, ALL],
        default=first,
        required=True,
        format_func=lambda name: _("All") if name == ALL else _(STEPS[name]),
        key=f"{key}-step-{'-'.join(names)}",
        label_visibility="collapsed",
    )


def part(
    folder: str,
    trace: Trace,
    steps: Iterable[str],
    key: str,
    *,
    row: int,
    label: int,
    **chosen: int | None,
) -> None:
    """The equations of some steps alone, in an expander that costs nothing while it is closed.

    `chosen` are the further arguments of `attnviz.explain.formulas.formulas`.
    """
    expander = st.expander(_("Formula with these numbers"), key=f"{key}-formula", on_change="rerun")
    if not expander.open:
        return
    with expander:
        for formula in _formulas(folder, trace, row, label, chosen):
            if formula.step in steps:
                _equation(formula)


def _choose(folder: str, trace: Trace, key: str) -> tuple[int, int, dict, dict]:
    """Token, class, and whatever else there is a choice of in this network: at first what has the
    largest part in the vote, which stands last."""
    from attnviz.explain.units import stage_parts

    chosen, leading = {}, {}
    row = choices.choose_token(trace, key)
    label = choices.choose_label(trace, key)
    parts = stage_parts(loaded_classifier(folder), trace, label)
    if trace.states:
        own = parts["recurrent"]
        direction = choices.leading_direction(trace, own, row)
        leading |= {"layer": recurrent_shape(trace)[0] - 1, "direction": direction}
        leading["unit"] = choices.leading_unit(trace, own, row, **leading)
        chosen["layer"] = choices.choose_layer(trace, key)
        chosen["direction"] = choices.choose_direction(trace, key, direction)
        first = choices.leading_unit(trace, own, row, **chosen)
        chosen["unit"] = choices.choose_unit(trace, key, first)
    if trace.feature_maps:
        size, number = _leading_filter(trace, parts["convolutions"], row)
        leading |= {"kernel_size": size, "filter": number}
        size, number = _choose_filter(trace, parts["convolutions"], row, key)
        chosen |= {"kernel_size": size, "filter": number}
    if (heads := trace.attention.shape[1]) > 1:
        most = int(trace.attention[row].argmax())
        chosen["head"] = choices.choose_number("head", _("Head"), heads, most, trace, key)
    return row, label, chosen, leading


def _leading_filter(trace: Trace, parts: np.ndarray, row: int) -> tuple[int, int]:
    """Kernel size and number of the filter with the largest part at a token."""
    from attnviz.explain.units import leading

    sizes = list(trace.feature_maps)
    size, number = divmod(leading(parts, row), trace.feature_maps[sizes[0]].shape[1])
    return sizes[size], number


def _choose_filter(trace: Trace, parts: np.ndarray, row: int, key: str) -> tuple[int, int]:
    """Kernel size and filter. Parts (T, sum of F) stand in the order of the kernel sizes."""
    from attnviz.explain.units import leading

    sizes = list(trace.feature_maps)
    filters = trace.feature_maps[sizes[0]].shape[1]  # as many of each size
    name = f"{key}-kernel-{'-'.join(map(str, sizes))}"
    changed = choices.follow(name, _leading_filter(trace, parts, row)[0], trace)
    size = menus.selectbox(_("Kernel size"), sizes, width=120, key=name, on_change=changed)
    own = parts[:, sizes.index(size) * filters :][:, :filters]
    first = leading(own, row)
    return size, choices.choose_number("filter", _("Filter"), filters, first, trace, key)


def _formulas(folder: str, trace: Trace, row: int, label: int, chosen: dict) -> list:
    with st.spinner(_("Opening the model…")):
        classifier = loaded_classifier(folder)
        from attnviz.explain.formulas import formulas

    return formulas(classifier, trace, row, label, **chosen)


def _heading(formula) -> str:
    return f"**{_(formula.title)}** :gray[:small[{formula.source}]]"


def _equation(formula) -> None:
    st.markdown(_heading(formula))
    st.latex(formula.symbolic)
    st.latex(formula.numeric)


def _weights(formula, key: str) -> None:
    """The matrices that enter, as small pictures, made only when they are asked for."""
    if not formula.matrices:
        return
    key = f"{key}-{formula.key}"
    expander = st.expander(_("Weights"), key=f"{key}-weights", on_change="rerun")
    if not expander.open:
        return
    from attnviz.charts.formulas import matrix_image

    with expander.container(horizontal=True):
        for number, (name, values) in enumerate(formula.matrices.items()):
            with st.container(width=240):
                st.markdown(f"${name}$")
                st.image(matrix_image(values), output_format="PNG")
                st.caption(_described(values, formula.norms[name]))
                if st.button(_("Open in full"), key=f"{key}-{number}", type="tertiary"):
                    st.dialog(_("Weights"), width="large")(_in_full)(name, values)


def _in_full(name: str, values: np.ndarray) -> None:
    from attnviz.charts.formulas import matrix_image

    st.markdown(f"${name}$ · {_described(values, float(np.linalg.norm(values)))}")
    st.image(matrix_image(values, LARGE), output_format="PNG", width="stretch")
    if values.size <= MOST_NUMBERS:
        st.dataframe(**even(pd.DataFrame(values)), width="stretch")
    else:
        st.caption(
            _("The numbers are listed up to {most} weights; these are {count}.").format(
                most=f"{MOST_NUMBERS:,}", count=f"{values.size:,}"
            )
        )


def _described(values: np.ndarray, norm: float) -> str:
    return _(
        "{rows} × {columns}, norm {norm}, from {low} (purple) over 0 to {high} (green)"
    ).format(
        rows=values.shape[0],
        columns=values.shape[1],
        norm=f"{norm:.3g}",
        low=f"{values.min():.3g}".replace("-", "−"),
        high=f"{values.max():.3g}".replace("-", "−"),
    )
