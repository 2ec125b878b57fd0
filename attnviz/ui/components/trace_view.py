"""One trace on a page: prediction, honesty strip, the view's controls, the token table."""

import json

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.panels import Panel, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import token_table
from attnviz.ui.components.panel_choice import choose_panels, label_name
from attnviz.ui.translation import _, escape_markdown, language, translations

SHOWN_CLASSES = 10
FIGURE_CELLS = 40_000
TEXT_COLORS = {"light": "#1b2733", "dark": "#e4e9ee"}


def show(trace: Trace, key: str) -> None:
    """What lies below a prediction: the table, its controls, its twin in numbers, its figures."""
    chosen = choose_panels(trace, key)
    strings = {name: _(text) for name, text in token_table.STRINGS.items()}
    token_table.show(row_labels(trace), chosen, trace.words, strings, key=f"{key}-table")
    how_to_read()
    twin(trace, chosen, key)
    downloads(trace, chosen, key)


def summary(trace: Trace, key: str) -> None:
    """The predicted class, a bar for the probability of every class, the honesty strip."""
    label = escape_markdown(label_name(trace.prediction))
    st.markdown("#### " + _("Prediction: {label}").format(label=label))
    order = np.argsort(-trace.probabilities, kind="stable")[:SHOWN_CLASSES]
    spec = json.loads(_probability_spec(len(order), language()))
    spec.pop("datasets")
    # Vega's text marks are black unless told; the page's theme reaches axes and bars only.
    spec["config"] = {"text": {"color": TEXT_COLORS[st.context.theme.type or "light"]}}
    spec["data"] = {
        "values": [
            {"label": label_name(trace.labels[i]), "probability": float(trace.probabilities[i])}
            for i in order
        ]
    }
    st.vega_lite_chart(spec, width="stretch", key=f"{key}-probabilities")
    if rest := len(trace.labels) - len(order):
        st.caption(_("{count} less probable classes are not drawn.").format(count=rest))
    honesty_strip(trace)
    st.caption(logit_sum(trace, int(order[0])))


def logit_sum(trace: Trace, label: int) -> str:
    """The law that the votes obey, with this text's numbers."""
    return _("logit of {label} {logit} = bias {bias} + all votes {votes}").format(
        label=escape_markdown(label_name(trace.labels[label])),
        logit=signed(trace.logits[label]),
        bias=signed(trace.bias[label]),
        votes=signed(trace.votes[:, label].sum()),
    )


def signed(value: float) -> str:
    """Four decimals, with a true minus sign."""
    return f"{value:.4f}".replace("-", "−")


@st.cache_data(show_spinner=False, max_entries=32)
def _probability_spec(classes: int, language_name: str) -> str:
    """Building a chart costs Altair tens of milliseconds of schema checks, so once is enough."""
    from attnviz import charts

    return charts.class_probabilities([""] * classes, [0.0] * classes, translate=_).to_json()


def honesty_strip(trace: Trace) -> None:
    """What was read, what was cut, what could not be spelt, what was changed beforehand."""
    kept = len(trace.tokens)
    parts = [_("{kept} of {total} tokens read").format(kept=kept, total=kept + trace.truncated)]
    if trace.truncated:
        parts[0] = f":orange[**{parts[0]}**]"
        parts.append(_("the last {count} were cut").format(count=trace.truncated))
    parts.append(_("{count} of them single bytes").format(count=trace.byte_pieces))
    changed = trace.normalized != trace.text
    parts.append(_("read in a normalized form") if changed else _("read as typed"))
    st.caption(
        " · ".join(parts),
        help=_(
            "A model reads at most a fixed number of tokens. Characters that its vocabulary lacks "
            "are spelt as bytes, one row each. Before reading, the shipped models turn letters "
            "to lower case, full-width and composed characters to their plain form (NFKC), curly "
            "apostrophes to straight ones and line-break tags to spaces."
        ),
    )


def how_to_read() -> None:
    """What the colours mean, in a few sentences."""
    with st.expander(_("How to read the table")):
        st.markdown(
            _(
                "Each row is one token of your text, each block of columns one part of the "
                "network, each column in it one filter or unit. **Attention** says how much a "
                "position counts; all rows together make 100 %. **Votes** say what it adds to each "
                "class: the bias plus all votes of a class is exactly its logit. **Feature maps** "
                "show how strongly each filter responded around a token. **Gates** lie between 0 "
                "(closed) and 1 (open): the input gate lets new content into the cell, the forget "
                "gate keeps the old, the output gate shows it. A hidden state mixes its "
                "neighbours, so a vote belongs to a position, not to a word alone."
            )
        )


def twin(trace: Trace, chosen: list[Panel], key: str) -> None:
    """The same numbers as a plain table, for reading without colours."""
    expander = st.expander(_("The same as numbers"), key=f"{key}-twin", on_change="rerun")
    if not expander.open:
        return
    columns = {_("Token"): row_labels(trace)}
    for panel in chosen:
        for index, name in enumerate(panel.columns):
            columns[f"{panel.title} · {name}"] = panel.values[:, index]
    rows = pd.RangeIndex(1, len(trace.tokens) + 1)
    expander.dataframe(pd.DataFrame(columns, index=rows), width="stretch")


def downloads(trace: Trace, chosen: list[Panel], key: str) -> None:
    """The picture as a figure, the trace as data. Each is made when its button is clicked."""
    translate = translations(language()).gettext  # a download is made outside the session
    cells = sum(panel.values.size for panel in chosen)

    def figure(kind: str):
        def draw():
            from attnviz import charts

            return charts.render(
                charts.token_table(trace, chosen=chosen, translate=translate), kind
            )

        return draw

    with st.container(horizontal=True):
        for kind, label in (("svg", _("Figure (SVG)")), ("png", _("Figure (PNG)"))):
            st.download_button(
                label,
                figure(kind),
                f"attnviz.{kind}",
                "image/svg+xml" if kind == "svg" else "image/png",
                on_click="ignore",
                key=f"{key}-{kind}",
                disabled=cells > FIGURE_CELLS,
                help=_(
                    "A figure holds at most {most} cells, and these are {cells}. Choose fewer "
                    "panels or units."
                ).format(most=FIGURE_CELLS, cells=cells)
                if cells > FIGURE_CELLS
                else None,
            )
        st.download_button(
            _("Trace (JSON)"),
            lambda: json.dumps(trace.to_dict(), ensure_ascii=False),
            "attnviz-trace.json",
            "application/json",
            on_click="ignore",
            key=f"{key}-json",
        )
