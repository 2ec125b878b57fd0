"""Drawings as files: SVG, PNG and PDF, in sizes for pages, slides and papers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import altair as alt

from attnviz.errors import N_

LETTERS = 11  # px, the height of the smallest letters of a figure
MARGIN = 24  # points around a figure on a slide


@dataclass(frozen=True)
class Size:
    """How large a figure is: `width` and `height` in points, 0 where they follow from the figure;
    `scale`, the pixels of a PNG for each point."""

    title: str
    width: float = 0
    height: float = 0
    scale: float = 2


SIZES = {
    "drawn": Size(N_("As drawn")),
    "slide": Size(N_("Slide, 16 : 9"), 960, 540),
    "column": Size(N_("Paper, one column (84 mm)"), 238, scale=300 / 72),
    "page": Size(N_("Paper, two columns (178 mm)"), 504, scale=300 / 72),
}


def render(chart: alt.TopLevelMixin | Mapping, kind: str, size: str = "drawn") -> bytes:
    """The chart as the bytes of an `svg`, `png` or `pdf` file, in one of `SIZES`."""
    import vl_convert

    spec = chart if isinstance(chart, Mapping) else json.loads(chart.to_json())
    drawn, _letters = sized(vl_convert.vegalite_to_svg(spec), size)
    return as_file(drawn, kind, size)


def as_file(svg: str, kind: str, size: str = "drawn") -> bytes:
    """An SVG as the bytes of an `svg`, `png` (two pixels a point, 300 dpi for paper) or `pdf`."""
    import vl_convert

    if kind == "svg":
        return svg.encode()
    if kind == "png":
        return vl_convert.svg_to_png(svg, scale=SIZES[size].scale)
    return vl_convert.svg_to_pdf(svg)


def sized(svg: str, size: str) -> tuple[str, float]:
    """An SVG fitted into one of `SIZES`, and the height of its smallest letters in points."""
    given = SIZES[size]
    if not given.width:
        return svg, LETTERS
    width, height = (
        float(re.search(rf'{side}="([\d.]+)"', svg)[1]) for side in ("width", "height")
    )
    margin = MARGIN if given.height else 0
    factor = (given.width - 2 * margin) / width
    if given.height:
        factor = min(factor, (given.height - 2 * margin) / height)
    across, down = given.width / factor, (given.height or height * factor) / factor
    left, top = (width - across) / 2, (height - down) / 2
    place = f'x="{left:.2f}" y="{top:.2f}" width="{across:.2f}" height="{down:.2f}"'
    fill = re.search(r'<rect [^>]*fill="(#?\w+)"', svg)[1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{given.width:g}" '
        f'height="{down * factor:g}" viewBox="{left:.2f} {top:.2f} {across:.2f} {down:.2f}">'
        f'<rect {place} fill="{fill}"/>{svg.partition(">")[2]}',
        LETTERS * factor,
    )
