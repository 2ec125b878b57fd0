"""One panel as tracks of the time table's figure: lines, bars, cells, a film, a picture."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence

import altair as alt
import numpy as np

from attnviz.charts.files import LETTERS
from attnviz.charts.tokens import ramp, records
from attnviz.colours import OTHERS, PAGE, RAMPS, bar_hues, hue, ink
from attnviz.errors import N_
from attnviz.panels import Panel, name_and_unit

LABEL, PLOT = 150, 850  # px of the names at the left, and of the axis
WIDE = LABEL + PLOT
SEVERAL, SINGLE, BARS, VOTES, MAP, FRAME = 84, 34, 46, 26, 48, 56  # px, heights of tracks
MOST_LINES = 12  # channels of one track; more are cells
EVEN = N_("even: {level}")
DETECTS = N_("Detects")


def across(field: str, steps: int) -> alt.X:
    """Steps along the axis, right of the names."""
    scale = alt.Scale(domain=[0, max(1, steps)], range=[LABEL, WIDE], nice=False, zero=False)
    return alt.X(f"{field}:Q", scale=scale, axis=None)


def _upright(field: str, low: float, high: float) -> alt.Y:
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    return alt.Y(f"{field}:Q", scale=scale, axis=None)


def tracks_of(panel: Panel, translate, theme: str, steps: int) -> list[tuple[list, int]]:
    """Layers and height of each track of a panel."""
    draw = {"lines": _lines, "bars": _bars, "film": _film, "picture": _film}
    return draw.get(panel.mark, _cells)(panel, translate, theme, steps)


def _named(name: str, detail: str, theme: str, height: int, bold: bool = True) -> list[alt.Chart]:
    """What stands at the left of a track: its name, and below it what it is measured in."""
    texts = [(name, "bold" if bold else "normal", PAGE[theme]["text"])]
    texts += [(detail, "normal", PAGE[theme]["quiet"])] if detail else []
    top = height / 2 - 7 * (len(texts) - 1)
    return [
        alt.Chart(alt.InlineData(values=[{"text": text}]))
        .mark_text(align="left", baseline="middle", fontSize=LETTERS, fontWeight=weight, color=ink_)
        .encode(x=alt.value(0), y=alt.value(top + 14 * place), text="text:N")
        for place, (text, weight, ink_) in enumerate(texts)
    ]


def _title(panel: Panel, translate) -> tuple[str, str]:
    term = translate(panel.title).format(detail=panel.detail)
    plain = translate(panel.plain).format(detail=panel.detail) if panel.plain else ""
    if plain and panel.group == "detects":
        return translate(DETECTS), plain
    return (plain, term) if plain else (term, "")


def _lines(panel: Panel, translate, theme: str, steps: int) -> list[tuple[list, int]]:
    """Channels of one unit of measure share a track and a scale."""
    groups: dict[object, list[int]] = {}
    for place, column in enumerate(panel.columns):
        groups.setdefault(name_and_unit(column)[1] or (place,), []).append(place)
    tracks = []
    for places in groups.values():
        names = [name_and_unit(panel.columns[place])[0] for place in places]
        unit = name_and_unit(panel.columns[places[0]])[1]
        name = f"{names[0]} – {names[-1]}" if len(names) > 3 else ", ".join(names)
        if len(places) > MOST_LINES:
            lowest_first = places[::-1]  # as in a spectrogram
            tracks.append(
                _map(panel, lowest_first, (name, unit), theme, steps, panel.scales[places[0]])
            )
            continue
        height = SEVERAL if len(places) > 1 else SINGLE
        low, high = panel.scales[places[0]]
        ends = f"{unit} · {low:.3g} – {high:.3g}".strip(" ·").replace("-", "−")
        odd = odd_one(panel.values, places)
        others = [place for place in places if place != odd]
        layers = [_line(panel, place, place == odd, theme, steps) for place in (*others, odd)]
        tracks.append(([*layers, *_named(name, ends, theme, height)], height))
    return tracks


def _line(panel: Panel, place: int, front: bool, theme: str, steps: int) -> alt.Chart:
    values = panel.values[:, place]
    rows = [
        {"at": step + 0.5, "value": float(value) if np.isfinite(value) else None}
        for step, value in enumerate(values)
    ]
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(
            color=ink("ink", theme) if front else OTHERS[theme],
            strokeWidth=1.6 if front else 1.1,
            invalid="break-paths-filter-domains",
        )
        .encode(x=across("at", steps), y=_upright("value", *panel.scales[place]))
    )


def odd_one(values: np.ndarray, places: Sequence[int]) -> int:
    """Of three channels or more the one that differs most from the middle one; else the first."""
    if len(places) < 3:
        return places[0]
    together = values[:, list(places)].astype(np.float64)
    known = together[np.isfinite(together).any(axis=1)]
    if not known.size:
        return places[0]
    return places[int(np.nansum(np.abs(known - np.nanmedian(known, axis=1)[:, None]), 0).argmax())]


def _bars(panel: Panel, translate, theme: str, steps: int) -> list[tuple[list, int]]:
    several = panel.ramp == "classes" and len(panel.columns) > 1
    low, high = min(panel.low, 0.0), max(panel.high, 0.0)
    height = VOTES if several else BARS
    name, term = _title(panel, translate)
    tracks = []
    for place, column in enumerate(panel.columns):
        values = panel.values[:, place]
        data = records(
            at=np.arange(steps) + 0.1,
            end=np.arange(steps) + 0.9,
            value=np.where(np.isinf(values), high, values),
            colour=[_hue(panel, place, value, theme) for value in values],
        )
        upright = _upright("value", low, high)
        bars = alt.Chart(data).mark_bar().encode(
            x=across("at", steps), x2="end:Q", y=upright, y2=alt.Y2Datum(0),
            color=alt.Color("colour:N", scale=None),
        )  # fmt: skip
        levels = [0.0] if panel.level is None else [0.0, panel.level]
        rules = [_rule(level, steps, upright, theme, dashed=level > 0) for level in levels]
        title = (name if not place else "", column if len(panel.columns) > 1 else term)
        if panel.level is not None:
            title = (title[0], translate(EVEN).format(level=f"{panel.level:.1%}"))
        if panel.classes:
            total = f"{values.sum():+.2f}".replace("-", "−")
            title = (title[0], f"{column} · {total}")
        highest = _highest(panel, values, upright, theme, steps)
        tracks.append(([bars, *rules, *highest, *_named(*title, theme, height)], height))
    return tracks


def _highest(panel: Panel, values, upright: alt.Y, theme: str, steps: int) -> list[alt.Chart]:
    """The number of the highest bar of attention, beside it."""
    if panel.ramp != "attention" or not len(values):
        return []
    step = int(values.argmax())
    data = [{"at": step + 1, "value": float(values[step]), "text": f"{values[step]:.0%}"}]
    text = alt.Chart(alt.InlineData(values=data)).mark_text(
        align="left", dx=3, baseline="top", fontSize=LETTERS, color=PAGE[theme]["text"]
    )
    return [text.encode(x=across("at", steps), y=upright, text="text:N")]


def _rule(level: float, steps: int, upright: alt.Y, theme: str, dashed: bool) -> alt.Chart:
    data = alt.InlineData(values=[{"at": 0, "end": steps, "value": float(level)}])
    dash = [3, 3] if dashed else [1, 0]
    return (
        alt.Chart(data)
        .mark_rule(color=PAGE[theme]["quiet"], strokeWidth=0.8, strokeDash=dash)
        .encode(x=across("at", steps), x2="end:Q", y=upright)
    )


def _hue(panel: Panel, place: int, value: float, theme: str) -> str:
    if panel.classes:
        return hue(panel.classes[place][0 if value >= 0 else 1], theme)
    return bar_hues(theme)[panel.ramp][0 if value < 0 else 1]


def _cells(panel: Panel, translate, theme: str, steps: int) -> list[tuple[list, int]]:
    reach = max(abs(panel.low), abs(panel.high))
    ends = (-reach, reach) if panel.signed else (panel.low, panel.high)
    title = _title(panel, translate)
    return [_map(panel, range(len(panel.columns)), title, theme, steps, ends)]


def _map(panel: Panel, places, title, theme: str, steps: int, ends) -> tuple[list, int]:
    """Cells: a line for each of these columns, the first on top."""
    lines = len(places)
    height = lines * max(2, min(8, round(MAP / max(1, lines))))
    values = panel.values[:, list(places)]
    data = alt.InlineData(
        values=[
            {"at": step, "end": step + 1, "line": -line, "below": -line - 1, "value": float(value)}
            for (step, line), value in np.ndenumerate(values)
            if np.isfinite(value)
        ]
    )
    cells = alt.Chart(data).mark_rect(strokeWidth=0).encode(
        x=across("at", steps), x2="end:Q", y=_upright("line", -lines, 0), y2="below:Q",
        color=alt.Color("value:Q", scale=ramp(RAMPS[theme][panel.ramp], *ends), legend=None),
    )  # fmt: skip
    said = " – ".join(f"{end:.2g}".replace("-", "−") for end in ends)
    detail = " · ".join(filter(None, (title[1], said)))
    return [cells, *_named(title[0], detail, theme, height)], height


def _film(panel: Panel, translate, theme: str, steps: int) -> list[tuple[list, int]]:
    """Frames above their steps, as many as fit; a picture along the axis."""
    pictures, title = panel.pictures, _title(panel, translate)
    rows, columns = pictures.shape[1:3]
    if panel.mark == "picture":
        places, height, width = [steps / 2], max(MAP, min(160, rows * 2)), PLOT
    else:
        width = max(18.0, min(PLOT / steps - 2, FRAME * columns / rows))
        every = max(1, int(np.ceil((width + 2) * steps / PLOT)))
        places, height = [step + 0.5 for step in range(0, steps, every)], FRAME
    values = [
        {"at": at, "picture": as_png(pictures[int(at) if panel.mark == "film" else 0])}
        for at in places
    ]
    tall = height if panel.mark == "picture" else width * rows / columns
    images = (
        alt.Chart(alt.InlineData(values=values))
        .mark_image(width=width, height=tall, aspect=False)
        .encode(x=across("at", steps), y=alt.value(height / 2), url="picture:N")
    )
    return [([images, *_named(*title, theme, height)], height)]


def as_png(pixels: np.ndarray) -> str:
    """A picture (h, w, 1 or 3), uint8, as the address of a PNG that holds it."""
    rows, columns, colours = pixels.shape
    lines = np.zeros((rows, 1 + columns * colours), dtype=np.uint8)  # each line after a filter, 0
    lines[:, 1:] = pixels.reshape(rows, -1)

    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", columns, rows, 8, 0 if colours == 1 else 2, 0, 0, 0)
    body = part(b"IHDR", head) + part(b"IDAT", zlib.compress(lines.tobytes())) + part(b"IEND", b"")
    return "data:image/png;base64," + b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()
