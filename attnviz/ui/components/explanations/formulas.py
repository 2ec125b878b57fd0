"""Every layer's equation: as the literature writes it, then with this token's numbers in it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.explanations import choices
from attnviz.ui.components.tables import even
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import _

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


def show(folder: str, trace: Trace, key: str) -> None:
    """The equations of the whole network, for the token, class and units that are chosen."""
    st.markdown(
        _(
            "Each equation stands twice: as it was published, and with the numbers that this "
            "network computed for the token and unit chosen here. Below a number stands what it "
            "is; “…” is the sum of all terms that are not written out."
        )
    )
    st.caption(
        _(
            "Filter and unit are those with the largest part in this token's prediction of the "
            "class, by response × gradient; choose others above the equations."
        )
    )
    row, label, chosen = _choose(folder, trace, key)
    title = ""
    for formula in _formulas(folder, trace, row, label, chosen):
        if title != (title := formula.step):
            st.markdown("### " + _(STEPS[title]))
        with st.container(border=True):
            _equation(formula)
            _weights(formula, key)


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


def _choose(folder: str, trace: Trace, key: str) -> tuple[int, int, dict[str, int]]:
    """Token, class, and whatever else there is a choice of in this network: at first what has the
    largest part in the vote."""
    from attnviz.explain.units import stage_parts

    chosen = {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = choices.choose_token(trace, key)
        label = choices.choose_label(trace, key)
        parts = stage_parts(loaded_classifier(folder), trace, label)
        if trace.states:
            chosen["layer"] = choices.choose_layer(trace, key)
            chosen["direction"] = choices.choose_direction(trace, key)
            first = choices.leading_unit(
                trace, parts["recurrent"], row, chosen["layer"], chosen["direction"]
            )
            chosen["unit"] = choices.choose_unit(trace, key, first)
        if trace.feature_maps:
            size, number = _choose_filter(trace, parts["convolutions"], row, key)
            chosen |= {"kernel_size": size, "filter": number}
        if (heads := trace.attention.shape[1]) > 1:
            most = int(trace.attention[row].argmax())
            chosen["head"] = choices.choose_number("head", _("Head"), heads, most, trace, key)
    return row, label, chosen


def _choose_filter(trace: Trace, parts: np.ndarray, row: int, key: str) -> tuple[int, int]:
    """Kernel size and filter. Parts (T, sum of F) stand in the order of the kernel sizes."""
    from attnviz.explain.units import leading

    sizes = list(trace.feature_maps)
    filters = trace.feature_maps[sizes[0]].shape[1]  # as many of each size
    name = f"{key}-kernel-{'-'.join(map(str, sizes))}"
    changed = choices.follow(name, sizes[leading(parts, row) // filters], trace)
    size = menus.selectbox(_("Kernel size"), sizes, width=120, key=name, on_change=changed)
    own = parts[:, sizes.index(size) * filters :][:, :filters]
    first = leading(own, row)
    return size, choices.choose_number("filter", _("Filter"), filters, first, trace, key)


def _formulas(folder: str, trace: Trace, row: int, label: int, chosen: dict) -> list:
    with st.spinner(_("Opening the model…")):
        classifier = loaded_classifier(folder)
        from attnviz.explain.formulas import formulas

    return formulas(classifier, trace, row, label, **chosen)


def _equation(formula) -> None:
    st.markdown(f"**{_(formula.title)}** :gray[:small[{formula.source}]]")
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
