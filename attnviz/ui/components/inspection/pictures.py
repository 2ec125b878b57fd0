"""A thumbnail of a sample as HTML: an image of SVG, with its name and label below it."""

import base64
from collections.abc import Mapping
from html import escape

import streamlit as st

from attnviz.colours import OTHERS

WIDTH, HEIGHT = 120, 36
INK = OTHERS["light"]  # readable on both themes: an image does not know which it is on


def show(drawn: Mapping, name: str, label: str = "") -> None:
    """One of `attnviz.inspection.thumbnails`, drawn small."""
    said = f"<b>{escape(label)}</b> " if label else ""
    caption = f'<figcaption style="font-size: 13px">{said}{escape(name)}</figcaption>'
    data = base64.b64encode(svg(drawn).encode()).decode("ascii")
    image = f'<img alt="" src="data:image/svg+xml;base64,{data}" height="{HEIGHT}">'
    st.html(f'<figure style="margin: 0">{image}{caption}</figure>', width="content")


def svg(drawn: Mapping) -> str:
    """The picture alone; decorative, for its name stands beside it."""
    if "line" in drawn:
        body, wide = _line(drawn["line"]), WIDTH
    else:
        body, wide = _squares(drawn), HEIGHT * drawn["width"] / drawn["height"]
    size = f'width="{wide:g}" height="{HEIGHT}" viewBox="0 0 {wide:g} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'


def _line(line: list) -> str:
    """A path that breaks where values are missing."""
    step, parts, drawing = WIDTH / max(1, len(line) - 1), [], False
    for place, value in enumerate(line):
        if value is not None:
            command = "L" if drawing else "M"
            parts.append(f"{command}{place * step:.1f} {2 + (1 - value) * (HEIGHT - 4):.1f}")
        drawing = value is not None
    path = " ".join(parts)
    return f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="1.3"/>'


def _squares(drawn: Mapping) -> str:
    grey = base64.b64decode(drawn["grey"])
    side = HEIGHT / drawn["height"]
    return "".join(
        f'<rect x="{place % drawn["width"] * side:.2f}" y="{place // drawn["width"] * side:.2f}" '
        f'width="{side + 0.2:.2f}" height="{side + 0.2:.2f}" fill="rgb({tone},{tone},{tone})"/>'
        for place, tone in enumerate(grey)
    )
