"""A figure of what is on the page: panels along the tokens, in its colours, with a caption."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import altair as alt
import numpy as np

from attnviz.charts.files import LETTERS
from attnviz.charts.tokens import ROW_HEIGHT, ramp, records, same, token_axis
from attnviz.colours import PAGE, RAMPS, bar_hues, hue
from attnviz.panels import Panel, panels, pick_units, row_labels
from attnviz.trace import Trace

LONGEST_SELF_ATTENTION = 64
WIDE = 32  # columns, from where on cells have no line between them
MAP_WIDTH, BARS_WIDTH, NARROWEST_BARS = 144, 120, 48  # px of a panel and of one of its columns
NAMES_WIDTH = 80  # px of the tokens' names
LETTER_WIDTH = 5.8  # px, as most of the smallest letters are
CHART_WIDTH = 640  # px of a chart that a page stretches
LONGEST_CAPTION = 300  # characters of one line of it, before it is broken


def token_table(
    trace: Trace,
    units: int = 12,
    *,
    chosen: Sequence[Panel] | None = None,
    translate: Callable[[str], str] = same,
    theme: str = "light",
) -> alt.HConcatChart:
    """The token table as a figure: tokens down the page, panels side by side.

    By default every panel of the first layer's forward direction with its `units` most varying
    units; self-attention, as wide as the text is long, up to 64 tokens. `chosen` draws those
    panels instead, as they are. Colours are those of the page in that theme.
    """
    if chosen is None:
        chosen = [
            pick_units(panel, "variance", units)
            for panel in panels(trace)
            if panel.family != "self_attention" or len(trace.tokens) <= LONGEST_SELF_ATTENTION
        ]
    return table(row_labels(trace), chosen, translate=translate, theme=theme)


def table(
    rows: Sequence[str],
    chosen: Sequence[Panel],
    *,
    groups: Mapping[str, str] | None = None,
    translate: Callable[[str], str] = same,
    theme: str = "light",
) -> alt.HConcatChart:
    """Panels of T rows side by side; neighbours of one group stand below its title, if it has one.

    `groups`: keys of `attnviz.panels.GROUPS` → title.
    """
    names = [f"{number}:{label}" for number, label in enumerate(rows)]
    drawn, first = [], True
    for group, members in groupby(chosen, key=lambda panel: panel.group):
        parts = []
        for panel in members:
            draw = _bars if panel.mark == "bars" else _heat_map
            parts.append(draw(panel, names, translate, theme, first))
            first = False
        if title := (groups or {}).get(group):
            heading = alt.Title(title, anchor="start", fontSize=11, offset=6)
            together = alt.hconcat(*parts, spacing=8, title=heading)
            drawn.append(together.resolve_scale(color="independent"))
        else:
            drawn += parts
    return alt.hconcat(*drawn, spacing=12).resolve_scale(color="independent")


def width_of(chosen: Sequence[Panel]) -> int:
    """About how wide the table of these panels is, in px."""
    bars = [max(BARS_WIDTH, NARROWEST_BARS * len(p.columns)) for p in chosen if p.mark == "bars"]
    maps = [max(MAP_WIDTH, 2 * len(p.columns)) for p in chosen if p.mark != "bars"]
    return int(sum(bars + maps) + 12 * len(chosen) + NAMES_WIDTH)


def _titles(panel: Panel, translate: Callable) -> alt.Title:
    """The plain word above the term, as the page has them."""
    term = translate(panel.title).format(detail=panel.detail)
    plain = translate(panel.plain).format(detail=panel.detail) if panel.plain else ""
    below = term if plain else " "  # an empty line keeps titles level
    if panel.classes and panel.detail:  # two classes weighed against each other
        below = f"← {panel.detail} · {panel.columns[0]} →"
    sizes = {"fontSize": LETTERS, "subtitleFontSize": LETTERS}
    return alt.Title(plain or term, subtitle=below, anchor="start", **sizes)


def _bars(panel: Panel, names: list[str], translate, theme: str, tokens: bool):
    """Columns read as lengths, one beside the other, each on the panel's own scale."""
    titles = [_titles(panel, translate)]
    if len(panel.columns) > 1:
        titles = [alt.Title(name, fontSize=11, anchor="start") for name in panel.columns]
    columns = [
        _bar_column(panel, place, names, theme, tokens and not place)
        .properties(title=title, height=alt.Step(ROW_HEIGHT))
        .properties(width=max(BARS_WIDTH / len(panel.columns), NARROWEST_BARS))
        for place, title in enumerate(titles)
    ]
    if len(columns) == 1:
        return columns[0]
    return alt.hconcat(*columns, spacing=4, title=_titles(panel, translate))


def _bar_column(panel: Panel, place: int, names: list[str], theme: str, tokens: bool):
    """Bars, the numbers beside those that the page numbers too, the line at zero and the level."""
    values, ink = panel.values[:, place], PAGE[theme]["quiet"]
    data = records(
        row=names,
        place=np.arange(len(names)),
        value=np.where(np.isinf(values), panel.high, values),  # JSON knows no infinity
        colour=[_bar_hue(panel, place, value, theme) for value in values],
        said=[_said(panel, value) for value in values],
    )
    low, high = min(panel.low, 0), max(panel.high, 0)
    room = (high - low) * 0.3 * (panel.named is not None)  # for the numbers
    scale = alt.Scale(domain=[low - room * (low < 0), high + room], nice=False)
    x = alt.X("value:Q", axis=None, scale=scale)
    base = alt.Chart(data).encode(x=x, y=token_axis(named=tokens))
    text = {"fontSize": 10, "baseline": "middle"}
    to_the_right = base.transform_filter("datum.said && datum.value >= 0")
    to_the_left = base.transform_filter("datum.said && datum.value < 0")
    return alt.layer(
        base.mark_bar(height=alt.RelativeBandSize(0.7)).encode(
            color=alt.Color("colour:N", scale=None)
        ),
        to_the_right.mark_text(align="left", dx=3, **text).encode(text="said:N"),
        to_the_left.mark_text(align="right", dx=-3, **text).encode(text="said:N"),
        _line(0, color=ink, strokeWidth=0.8),
        *([] if panel.level is None else [_line(panel.level, color=ink, strokeDash=[3, 3])]),
    )


def _line(value: float, **look) -> alt.Chart:
    data = alt.InlineData(values=[{"at": float(value)}])
    return alt.Chart(data).mark_rule(**look).encode(x="at:Q")


def _bar_hue(panel: Panel, place: int, value: float, theme: str) -> str:
    if panel.classes:
        return hue(panel.classes[place][0 if value >= 0 else 1], theme)
    below, above = bar_hues(theme)[panel.ramp]
    return below if value < 0 else above


def _said(panel: Panel, value: float) -> str:
    """The number beside a bar, where the page writes it too."""
    if panel.named is None or abs(value) < panel.named:
        return ""
    if panel.ramp in ("attention", "gates"):
        said = f"{value:.0%}"
    else:
        said = f"{value:+.2f}" if panel.classes else f"{value:.3g}"
    return said.replace("inf", "∞").replace("-", "−")


def _heat_map(panel: Panel, names: list[str], translate, theme: str, tokens: bool) -> alt.Chart:
    """Channels, each between the ends of its own scale, are coloured by where they lie there; a
    missing value has no cell."""
    rows, columns = panel.values.shape
    shown = panel.values
    if panel.scales:
        lows, highs = np.array(panel.scales).T
        shown, panel = (shown - lows) / (highs - lows), replace(panel, low=0.0, high=1.0)
    there = np.isfinite(shown).ravel()
    data = records(
        row=np.repeat(names, columns)[there],
        place=np.repeat(np.arange(rows), columns)[there],
        unit=np.tile(panel.columns, rows)[there],
        value=shown.ravel()[there],
    )
    reach = max(abs(panel.low), abs(panel.high))
    ends = (-reach, reach) if panel.signed else (panel.low, panel.high)
    legend = alt.Legend(
        title=None, orient="bottom", gradientLength=80, gradientThickness=8, format=".2~f",
        values=[ends[0], 0, ends[1]] if panel.signed else list(ends),
    )  # fmt: skip
    return (
        alt.Chart(data, title=_titles(panel, translate))
        .mark_rect(stroke=PAGE[theme]["background"], strokeWidth=0.7 if columns <= WIDE else 0)
        .encode(
            y=token_axis(named=tokens),
            x=alt.X("unit:N", sort=list(panel.columns), title=None, axis=None),
            color=alt.Color("value:Q", scale=ramp(RAMPS[theme][panel.ramp], *ends), legend=legend),
        )
        .properties(height=alt.Step(ROW_HEIGHT), width=max(MAP_WIDTH, 2 * columns))
    )


def captioned(spec: Mapping, lines: Sequence[str], theme: str, width: int = CHART_WIDTH) -> dict:
    """A chart's specification (Vega-Lite) with lines below it, in the look of pages in that theme.

    `width`, in px, is that of the chart, which a chart that a page stretches gets.
    """
    inner = {name: part for name, part in spec.items() if not name.startswith("$")}
    outer = {name: inner.pop(name) for name in ("datasets", "config") if name in inner}
    inner.pop("autosize", None)
    if inner.get("width", "container") == "container" and not {"hconcat", "vconcat"} & {*inner}:
        inner["width"] = width
    ink = PAGE[theme]
    colours = {"labelColor": ink["text"], "titleColor": ink["text"]}
    look = {
        "background": ink["background"],
        "font": "Noto Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif",
        "view": {"stroke": None},
        "axis": colours | {"gridColor": ink["line"], "domainColor": ink["line"], "ticks": False},
        "legend": colours,
        "header": colours,
        "title": {"color": ink["text"], "subtitleColor": ink["quiet"]},
        "text": {"color": ink["text"]},
    }
    caption = {
        "text": [part for line in lines for part in broken(line, int(width / LETTER_WIDTH))],
        "orient": "bottom",
        "anchor": "start",
        "fontWeight": "normal",
        "fontSize": LETTERS,
        "color": ink["quiet"],
        "offset": 14,
    }
    schema = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json"}
    if lines and "title" in inner:
        inner = {"vconcat": [inner]}
    return schema | outer | {"config": look} | inner | ({"title": caption} if lines else {})


def letters_wide(text: str) -> int:
    """How many letters wide a text is, where Chinese characters are two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def broken(line: str, width: int) -> list[str]:
    """A line in parts of at most `width` columns; Chinese characters take two. Words stay whole
    where they fit."""
    line = line if len(line) <= LONGEST_CAPTION else line[: LONGEST_CAPTION - 1] + "…"
    parts, room = [""], width
    for piece in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", line):
        if letters_wide(piece.rstrip()) > room and parts[-1]:
            parts.append("")
            room = width
        parts[-1] += piece
        room -= letters_wide(piece)
    return [part.rstrip() for part in parts]
