"""Drawings as values: every function takes plain data and returns an Altair chart.

Dense heat maps belong on the Explore page's canvas; these are for what is small, and for figures
in notebooks and papers. `chart.to_dict()` tells what was drawn.
"""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.panels import Panel, panels, pick_units, row_labels
from attnviz.trace import Trace

ROW_HEIGHT = 16
SEQUENTIAL, DIVERGING = "cividis", "blueorange"


def _same(text: str) -> str:
    return text


def class_probabilities(
    labels: Sequence[str],
    probabilities: Sequence[float],
    *,
    translate: Callable[[str], str] = _same,
) -> alt.LayerChart:
    """One bar per class, 0…1, the most probable first."""
    data = _records(label=labels, probability=np.asarray(probabilities))
    bars = alt.Chart(data).encode(
        y=alt.Y("label:N", sort="-x", title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("probability:Q", scale=alt.Scale(domain=[0, 1]), title=None, axis=None),
        tooltip=[
            alt.Tooltip("label:N", title=translate("Class")),
            alt.Tooltip("probability:Q", title=translate("Probability"), format=".4f"),
        ],
    )
    numbers = bars.mark_text(align="left", dx=4).encode(
        text=alt.Text("probability:Q", format=".1%")
    )
    drawn = bars.mark_bar(height=14, cornerRadius=2) + numbers
    return drawn.properties(height=alt.Step(24), width="container")


def attention(trace: Trace, *, translate: Callable[[str], str] = _same) -> alt.Chart:
    """How much each token counts: one bar per token, averaged over the heads."""
    return _token_bars(trace, trace.attention.mean(axis=1), translate("Attention"), translate)


def votes(
    trace: Trace, label: str | None = None, *, translate: Callable[[str], str] = _same
) -> alt.Chart:
    """What each position adds to the logit of `label`, by default of the predicted class."""
    index = trace.labels.index(trace.prediction if label is None else label)
    title = f"{translate('Votes')}: {trace.labels[index]}"
    return _token_bars(trace, trace.votes[:, index], title, translate, signed=True)


def token_table(
    trace: Trace,
    units: int = 12,
    *,
    chosen: Sequence[Panel] | None = None,
    translate: Callable[[str], str] = _same,
) -> alt.HConcatChart:
    """The token table as a figure: tokens down the page, panels side by side.

    By default every panel of the first layer's forward direction with its `units` most varying
    units. `chosen` draws those panels instead, as they are.
    """
    if chosen is None:
        chosen = [pick_units(panel, "variance", units) for panel in panels(trace)]
    names = _row_names(trace)
    drawn = [
        _heat_map(panel, names, translate, show_tokens=number == 0)
        for number, panel in enumerate(chosen)
    ]
    return alt.hconcat(*drawn, spacing=8).resolve_scale(color="independent")


def render(chart: alt.TopLevelMixin, kind: str) -> bytes:
    """The chart as the bytes of an `svg`, `png` (two pixels per point) or `pdf` file."""
    import vl_convert

    spec = chart.to_json()
    if kind == "svg":
        return vl_convert.vegalite_to_svg(spec).encode()
    if kind == "png":
        return vl_convert.vegalite_to_png(spec, scale=2)
    return vl_convert.vegalite_to_pdf(spec)


def _token_bars(
    trace: Trace, values: np.ndarray, title: str, translate: Callable, signed: bool = False
) -> alt.Chart:
    data = _records(row=_row_names(trace), value=values)
    color = alt.value("#2c6fbb")
    if signed:
        color = alt.condition("datum.value < 0", alt.value("#2c6fbb"), alt.value("#c8641e"))
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=_token_axis(True, translate),
            x=alt.X("value:Q", title=title),
            color=color,
            tooltip=[
                alt.Tooltip("row:N", title=translate("Token")),
                alt.Tooltip("value:Q", title=title, format=".5f"),
            ],
        )
        .properties(height=alt.Step(ROW_HEIGHT), width="container")
    )


def _heat_map(panel: Panel, names: list[str], translate: Callable, show_tokens: bool) -> alt.Chart:
    rows, columns = panel.values.shape
    title = translate(panel.title).format(detail=panel.detail)
    data = _records(
        row=np.repeat(names, columns), unit=np.tile(panel.columns, rows), value=panel.values.ravel()
    )
    domain = [panel.low, 0, panel.high] if panel.signed else [panel.low, panel.high]
    scale = alt.Scale(scheme=DIVERGING if panel.signed else SEQUENTIAL, domain=domain, clamp=True)
    legend = alt.Legend(title=None, orient="bottom", gradientLength=80, format=".2~f", tickCount=2)
    return (
        alt.Chart(data, title=alt.Title(title, fontSize=11, anchor="start"))
        .mark_rect()
        .encode(
            y=_token_axis(show_tokens, translate),
            x=alt.X(
                "unit:N",
                sort=list(panel.columns),
                title=None,
                axis=alt.Axis(labels=panel.mark == "bars", ticks=False, labelAngle=-40),
            ),
            color=alt.Color("value:Q", scale=scale, legend=legend),
            tooltip=["row:N", "unit:N", alt.Tooltip("value:Q", format=".5f")],
        )
        .properties(height=alt.Step(ROW_HEIGHT), width=alt.Step(20 if columns < 4 else 8))
    )


def _token_axis(show: bool, translate: Callable[[str], str]) -> alt.Y:
    """Rows are named `position:token` so that repeated tokens stay apart; labels show the token."""
    label = "substring(datum.label, indexof(datum.label, ':') + 1)"
    axis = alt.Axis(labelExpr=label, ticks=False, labelLimit=140) if show else None
    return alt.Y("row:N", sort=None, title=translate("Token") if show else None, axis=axis)


def _records(**columns: Sequence) -> alt.InlineData:
    """Data inside the chart itself: no limit of rows, no global setting of Altair touched."""
    plain = [np.asarray(column).tolist() for column in columns.values()]
    return alt.InlineData(
        values=[dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]
    )


def _row_names(trace: Trace) -> list[str]:
    return [f"{number}:{label}" for number, label in enumerate(row_labels(trace))]
