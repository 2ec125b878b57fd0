"""A thumbnail of a sample as HTML: an SVG, with its name and label below it."""

import base64
from collections.abc import Mapping
from html import escape

import streamlit as st

WIDTH, HEIGHT = 120, 36


def show(drawn: Mapping, name: str, label: str = "") -> None:
    """One of `attnviz.inspection.thumbnails`, drawn small."""
    said = f"<b>{escape(label)}</b> " if label else ""
    caption = f'<figcaption style="font-size: 13px">{said}{escape(name)}</figcaption>'
    st.html(f'<figure style="margin: 0">{svg(drawn)}{caption}</figure>', width="content")


def svg(drawn: Mapping) -> str:
    """The picture alone; decorative, for its name stands beside it."""
    body = _line(drawn["line"]) if "line" in drawn else _squares(drawn)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg {size} aria-hidden="true" style="display: block">{body}</svg>'


def _line(line: list) -> str:
    """A path that breaks where values are missing."""
    step, parts, drawing = WIDTH / max(1, len(line) - 1), [], False
    for place, value in enumerate(line):
        if value is not None:
            command = "L" if drawing else "M"
            parts.append(f"{command}{place * step:.1f} {2 + (1 - value) * (HEIGHT - 4):.1f}")
        drawing = value is not None
    path = " ".join(parts)
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.3"/>'


def _squares(drawn: Mapping) -> str:
    grey = base64.b64decode(drawn["grey"])
    side = HEIGHT / drawn["height"]
    return "".join(
        f'<rect x="{place % drawn["width"] * side:.2f}" y="{place // drawn["width"] * side:.2f}" '
        f'width="{side + 0.2:.2f}" height="{side + 0.2:.2f}" fill="rgb({tone},{tone},{tone})"/>'
        for place, tone in enumerate(grey)
    )
