"""One trace on a page: what its reader must know of it, the token table, numbers and data."""

import json

import streamlit as st

from attnviz.errors import N_
from attnviz.invisible import invisible, named
from attnviz.panels import Panel, laid_flat, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import token_table, vega
from attnviz.ui.components.downloads import download
from attnviz.ui.components.explanations import choices
from attnviz.ui.components.panel_choice import Chosen
from attnviz.ui.components.tables import same_as_numbers, show_positions
from attnviz.ui.translation import _, escape_markdown, language

READINGS = {
    "channels": N_(
        "**What was read** stands in its own units; what is measured in one unit has one scale, "
        "and a line breaks where a value is missing."
    ),
    "attention": N_(
        "**Attention** says how much a position counts; all rows together make 100%, in each head."
    ),
    "votes": N_(
        "**Votes** say what a position adds to each class: the bias plus all votes of a class is "
        "exactly its logit."
    ),
    "self_attention": N_(
        "**Self-attention** says how a position (row) reads the others (columns), in the order "
        "of the text; each row makes 100%."
    ),
    "feature_maps": N_("**Feature maps** show how strongly each filter responded around a token."),
    "channel_attention": N_(
        "**Weighed feature maps** are what the next layer reads: each filter's map times the "
        "filter's weight, which its name tells and the chart below the table draws."
    ),
    "gates": N_("**Gates** lie between 0 (closed) and 1 (open)."),
    "gates/input": N_("The input gate lets new content into the cell."),
    "gates/forget": N_("The forget gate keeps the cell's old content."),
    "gates/output": N_("The output gate shows the cell as the hidden state."),
    "gates/reset": N_("The reset gate lets the old state into the new one."),
    "gates/update": N_("The update gate keeps the old state in place of the new one."),
}
"""How to read a panel, by its key or family."""

LAYOUTS = {
    "upright": N_(
        "Each row is one token of your text, each block of columns one part of the network, each "
        "column in it one filter or unit."
    ),
    "flat": N_(
        "Each column is one step, which is a token in a text; each block of lines is one part of "
        "the network, each line in a heat map one filter or unit."
    ),
}
"""How to read the table, by its layout."""


def show(trace: Trace, view: Chosen, key: str) -> None:
    """Everything at once: the table, its twin in numbers, its data.

    Texts are upright and all else flat, until the user turns the table; then it stays so for texts,
    or for all else, as long as the session lasts.
    """
    memory = f"layout-{'text' if trace.values is None else 'steps'}"
    layout = st.session_state.setdefault(memory, "upright" if trace.values is None else "flat")
    chosen = view.panels
    if layout == "flat":
        chosen = laid_flat(chosen)
    strings = {name: _(text) for name, text in token_table.STRINGS.items()}
    token_table.show(
        row_labels(trace),
        chosen,
        trace.words,
        strings,
        key=f"{key}-table",
        groups=view.groups,
        pinned=choices.token_at_opening(),
        may_unpin=True,
        of_text=token_table.text_name(trace),
        layout=layout,
        of_steps=trace.text is None,
        marks=trace.marks,
        on_pin=choices.note_pin,
        on_turn=lambda turned: st.session_state.update({memory: turned}),
    )
    if trace.channel_attention is not None:
        st.markdown("## " + _("How much of each filter's map passes on, strongest first"))
        spec = _channel_spec(trace, trace.channel_attention.tobytes(), language())
        vega.draw(spec, f"{key}-channels")
    how_to_read(chosen, layout)
    twin(trace, chosen, key)
    downloads(trace, key)


def signed(value: float) -> str:
    """Four decimals, with a true minus sign."""
    return f"{value:.4f}".replace("-", "−")


@st.cache_data(show_spinner=False, max_entries=32)
def _channel_spec(_trace: Trace, weights: bytes, language_name: str) -> str:
    from attnviz import charts

    return charts.channel_attention(_trace, translate=_).to_json()


def warnings(trace: Trace) -> None:
    """What the reader of an answer must know: only where there is something to know."""
    if trace.truncated or trace.byte_pieces or invisible(trace.text):
        honesty_strip(trace)


def honesty_strip(trace: Trace) -> None:
    """What was read, what was cut, what could not be spelt, what was changed beforehand."""
    kept = len(trace.tokens)
    parts = [_("tokens read: {kept} of {total}").format(kept=kept, total=kept + trace.truncated)]
    if trace.truncated:
        parts[0] = f":orange[**{parts[0]}**]"
        parts.append(_("cut at the end: {count}").format(count=trace.truncated))
    parts.append(_("{count} of them single bytes").format(count=trace.byte_pieces))
    if unseen := invisible(trace.text):
        count = _("invisible characters left out: {count}").format(count=unseen.total())
        parts.append(f":orange[**{count}**] ({escape_markdown(named(unseen))})")
    changed = trace.normalized != trace.text
    parts.append(_("read in a normalized form") if changed else _("read as typed"))
    st.caption(
        " · ".join(parts),
        help=_(
            "A model reads at most a fixed number of tokens. Characters that its vocabulary lacks "
            "are spelt as bytes, one row each. Before reading, the shipped models turn letters "
            "to lower case, full-width and composed characters to their plain form (NFKC), curly "
            "apostrophes to straight ones and line-break tags to spaces. What nobody sees (such as "
            "zero-width spaces, direction marks and soft hyphens) is left out by every model."
        ),
    )


def how_to_read(chosen: list[Panel], layout: str = "upright") -> None:
    """What the panels on the page show, in a few sentences."""
    names = {name for panel in chosen for name in (panel.family, panel.key)}
    said = [(name, _(text)) for name, text in READINGS.items() if name in names]
    with st.expander(_("How to read the table")):
        st.markdown(_(LAYOUTS[layout]))
        st.markdown("\n".join(f"{'  ' * ('/' in name)}- {text}" for name, text in said))
        st.markdown(
            _(
                "What stands at a position mixes its neighbours, so a vote belongs to a position, "
                "not to a word alone."
            )
        )


def twin(trace: Trace, chosen: list[Panel], key: str) -> None:
    """The same numbers as a plain table, for reading without colours."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    columns = {_("Token") if trace.values is None else _("Time"): row_labels(trace)}
    for panel in chosen:
        for index, name in enumerate(panel.columns):
            columns[f"{panel.title} · {name}"] = panel.values[:, index]
    show_positions(expander, columns)


def downloads(trace: Trace, key: str) -> None:
    """The trace as data, which is made when the button is clicked."""
    download(
        _("Trace (JSON)"),
        lambda: json.dumps(trace.to_dict(), ensure_ascii=False),
        "attnviz-trace.json",
        "application/json",
        f"{key}-json",
    )
