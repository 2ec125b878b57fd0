"""The time table as a figure: time runs across, panels stand one below the other on one axis."""

from collections.abc import Callable, Sequence

import altair as alt

from attnviz.charts.files import LETTERS
from attnviz.charts.time_tracks import WIDE, across, tracks_of
from attnviz.charts.tokens import same
from attnviz.colours import PAGE, ink
from attnviz.errors import N_
from attnviz.panels import Panel, laid_flat, panels, pick_units, row_labels
from attnviz.trace import Trace

LONGEST_SELF_ATTENTION = 64
MOST_NAMES = 12  # steps that are named
LONGEST_NAME = 24  # letters of a token
ROUND = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 40, 48, 50, 60, 96, 100, 120, 144, 200, 288)
LABELLED = N_("labelled: {name}, {first} – {last}")


def time_table(
    trace: Trace,
    units: int = 12,
    *,
    chosen: Sequence[Panel] | None = None,
    translate: Callable[[str], str] = same,
    theme: str = "light",
) -> alt.VConcatChart:
    """The time table as a figure, of a series, a film, a picture or a text.

    By default every panel of the first layer's forward direction with its `units` most varying
    units; self-attention, as high as the text is long, up to 64 positions. `chosen` draws those
    panels instead, as they are. Colours are those of the page in that theme.
    """
    if chosen is None:
        chosen = laid_flat(
            pick_units(panel, "variance", units)
            for panel in panels(trace)
            if panel.family != "self_attention" or len(trace.tokens) <= LONGEST_SELF_ATTENTION
        )
    rows = row_labels(trace)
    named = trace.text is not None
    return flat_table(
        rows, chosen, marks=trace.marks, every=named, translate=translate, theme=theme
    )


def flat_table(
    rows: Sequence[str],
    chosen: Sequence[Panel],
    *,
    marks: Sequence[tuple[int, int, str]] = (),
    every: bool = False,
    translate: Callable[[str], str] = same,
    theme: str = "light",
) -> alt.VConcatChart:
    """Panels of T rows one below the other. `marks`: labelled intervals (first row, last row
    exclusive, what it is), which are shaded through all of them. `every` row is named, as tokens
    are, or as many as fit."""
    steps = len(rows)
    tracks = [track for panel in chosen for track in tracks_of(panel, translate, theme, steps)]
    shaded = [_shaded(mark, steps) for mark in marks]
    drawn = [
        alt.layer(*shaded, *layers).properties(width=WIDE, height=height)
        for layers, height in tracks
    ]
    names = _every_name(rows, theme) if every else _some_names(rows, theme)
    axis = _axis(names, rows, marks, translate, theme)
    return alt.vconcat(axis, *drawn, spacing=5).resolve_scale(color="independent", y="independent")


def _shaded(mark: tuple[int, int, str], steps: int) -> alt.Chart:
    data = alt.InlineData(values=[{"at": mark[0], "end": mark[1]}])
    return (
        alt.Chart(data)
        .mark_rect(color=ink("marker"), opacity=0.13)
        .encode(x=across("at", steps), x2="end:Q")
    )


def _some_names(rows: Sequence[str], theme: str) -> tuple[alt.Chart, int]:
    """Names beside the beginnings of their steps, and how high they are."""
    every, first = ticks(rows, MOST_NAMES)
    names = [{"at": step, "text": rows[step]} for step in range(first, len(rows), every)]
    look = {"align": "left", "dx": 2, "baseline": "top", "color": PAGE[theme]["quiet"]}
    drawn = alt.Chart(alt.InlineData(values=names)).mark_text(fontSize=LETTERS, **look)
    return drawn.encode(x=across("at", len(rows)), y=alt.value(0), text="text:N"), 16


def _every_name(rows: Sequence[str], theme: str) -> tuple[alt.Chart, int]:
    """Names turned upwards, from the middles of their steps."""
    names = [{"at": step + 0.5, "text": row[:LONGEST_NAME]} for step, row in enumerate(rows)]
    height = int(6 + 5.5 * max((len(name["text"]) for name in names), default=0))
    look = {"align": "left", "angle": 300, "baseline": "middle", "color": PAGE[theme]["text"]}
    drawn = alt.Chart(alt.InlineData(values=names)).mark_text(fontSize=LETTERS, **look)
    return drawn.encode(x=across("at", len(rows)), y=alt.value(height - 4), text="text:N"), height


def _axis(named, rows: Sequence[str], marks, translate, theme: str) -> alt.LayerChart:
    """The names of steps, and what the labelled intervals are."""
    steps, (names, height) = len(rows), named
    layers, text = [names], PAGE[theme]["text"]
    for number, (begin, end, what) in enumerate(marks):
        said = translate(LABELLED).format(name=what, first=rows[begin], last=rows[end - 1])
        line = alt.Chart(alt.InlineData(values=[{"at": begin, "end": end, "text": said}]))
        y = alt.value(height + 6 + 14 * number)
        layers += [
            line.mark_rule(color=text, strokeWidth=2).encode(
                x=across("at", steps), x2="end:Q", y=y
            ),
            line.mark_text(align="left", dx=6, fontSize=LETTERS, color=text).encode(
                x=across("end", steps), y=y, text="text:N"
            ),
        ]
    return alt.layer(*layers).properties(width=WIDE, height=height + 14 * len(marks))


def ticks(labels: Sequence[str], most: int) -> tuple[int, int]:
    """Every how many steps one is named, and from which on: at most `most` of them, and those that
    end alike, such as full hours or round numbers, where there are such."""
    need = max(1, -(-len(labels) // most))
    alike, every, first = 0, need, 0
    for step in (step for step in ROUND if need <= step <= 2.5 * need and 2 * step < len(labels)):
        for start in range(step):
            letters = _alike(labels[start::step])
            rounder = step == every and labels[start][-letters:] < labels[first][-letters:]
            if letters > alike or (letters == alike > 0 and rounder):
                alike, every, first = letters, step, start
    return every, first


def _alike(labels: Sequence[str]) -> int:
    """How many letters the labels have in common at their ends."""
    shortest = min(map(len, labels))
    ends = (len({label[-length:] for label in labels}) for length in range(1, shortest + 1))
    return next((length for length, count in enumerate(ends) if count > 1), shortest)
