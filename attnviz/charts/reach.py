"""The gradient view, drawn: how strongly a logit answers to each position along the text."""

from collections.abc import Callable, Sequence
from math import ceil, floor, log10

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, INK, same
from attnviz.errors import N_
from attnviz.evidence.reach import PARTS, Reach, tenths

HEIGHT = 290
NAMED_TOKENS = 40
"""A text of so many tokens has them along its axis; a longer one has their positions."""
LOGARITHMIC, DECADES = 100, 5
"""The axis is logarithmic where the largest norm is so many times the least, with about so
many lines."""
SERIES = {"embedding": (N_("Embedding"),), "hidden": (N_("Forward"), N_("Backward"))}
"""What of a `Reach` can be drawn, and the names of its curves."""


def reach(
    record: Reach,
    tokens: Sequence[str],
    part: str = "embedding",
    *,
    translate: Callable[[str], str] = same,
) -> alt.LayerChart:
    """Norms of the gradient along the text: of the `embedding`, or of the `hidden` states.

    One curve for each reading direction. Dashes lie on the medians of the first and the last
    tenth, which the verdict compares. The axis is logarithmic where the norms span two orders of
    magnitude; it has no place for 0, so there the curve breaks.
    """
    rows = reach_rows(record, tokens, part, translate=translate)
    dashes = median_rows(record, tokens, part, translate=translate)
    scale, axis = _scale(getattr(record, part))
    y = alt.Y("drawn:Q", title=translate("Norm of the gradient"), scale=scale, axis=axis)
    least = "datum.norm > 0" if scale.type == "log" else "true"
    base = (
        alt.Chart()
        .transform_calculate(drawn=f"{least} ? datum.norm : null")
        .encode(y=y, color=_color([translate(name) for name in SERIES[part]]))
    )
    curve = base.mark_line(strokeWidth=1.5, point={"size": 24 if _named(tokens) else 8})
    drawn = alt.layer(
        curve.encode(
            x=_axis(tokens, translate),
            tooltip=[
                alt.Tooltip("position:O", title=translate("Position")),
                alt.Tooltip("token:N", title=translate("Token")),
                alt.Tooltip("series:N", title=translate("Gradient of")),
                alt.Tooltip("norm:Q", title=translate("Norm of the gradient"), format=".4~g"),
            ],
        ).properties(data=alt.InlineData(values=rows)),
        base.mark_rule(strokeWidth=3, strokeDash=[6, 3])
        .encode(x=_axis(tokens, translate).bandPosition(0), x2=alt.X2("end", bandPosition=1))
        .properties(data=alt.InlineData(values=dashes)),
    )
    return drawn.properties(height=HEIGHT, width="container")


def reach_rows(
    record: Reach,
    tokens: Sequence[str],
    part: str = "embedding",
    *,
    translate: Callable[[str], str] = same,
) -> list[dict]:
    """What `reach` draws, curve by curve in the order of the text: a row for each position.

    Its place on the axis, its position from 1, its token, the name of its curve, the norm.
    """
    return [
        {
            "place": _place(position, tokens),
            "position": position + 1,
            "token": token,
            "series": name,
            "norm": norm,
        }
        for name, norms in _curves(record, part, translate)
        for position, (token, norm) in enumerate(zip(tokens, norms.tolist(), strict=True))
    ]


def median_rows(
    record: Reach,
    tokens: Sequence[str],
    part: str = "embedding",
    *,
    translate: Callable[[str], str] = same,
) -> list[dict]:
    """The dashes of `reach`: median of the first and of the last tenth of each curve, from
    `place` to `end`. Texts of fewer than ten tokens have none."""
    if len(tokens) < PARTS:
        return []
    stretches = np.array_split(np.arange(len(tokens)), PARTS)
    return [
        {
            "place": _place(int(stretches[part_number][0]), tokens),
            "end": _place(int(stretches[part_number][-1]), tokens),
            "series": name,
            "norm": float(tenths(norms)[part_number]),
        }
        for name, norms in _curves(record, part, translate)
        for part_number in (0, -1)
    ]


def _curves(record: Reach, part: str, translate: Callable) -> list[tuple[str, np.ndarray]]:
    """Name and norms (T,) of each curve, in float64."""
    norms = np.atleast_2d(getattr(record, part).T).astype(float)  # (curves, T)
    return [(translate(name), row) for name, row in zip(SERIES[part], norms, strict=False)]


def _scale(norms: np.ndarray) -> tuple[alt.Scale, alt.Axis]:
    """Logarithmic with a line at each decade, or at every n-th where they are many."""
    positive = norms[norms > 0].astype(float)
    if not positive.size or positive.max() < LOGARITHMIC * positive.min():
        return alt.Scale(type="linear", zero=True), alt.Axis(tickCount=5)
    low, high = floor(log10(positive.min())), ceil(log10(positive.max()))
    decades = range(low, high + 1, max(1, round((high - low) / DECADES)))
    return alt.Scale(type="log"), alt.Axis(values=[10.0**n for n in decades], format=".0e")


def _named(tokens: Sequence[str]) -> bool:
    return len(tokens) <= NAMED_TOKENS


def _place(position: int, tokens: Sequence[str]) -> str | int:
    """On the axis: `position:token` keeps repeated tokens apart; of a long text the position."""
    return f"{position}:{tokens[position]}" if _named(tokens) else position + 1


def _axis(tokens: Sequence[str], translate: Callable[[str], str]) -> alt.X:
    if not _named(tokens):
        scale = alt.Scale(domain=[1, len(tokens)], nice=False)
        return alt.X("place:Q", title=translate("Position"), scale=scale)
    label = "substring(datum.label, indexof(datum.label, ':') + 1)"
    axis = alt.Axis(labelExpr=label, labelAngle=-90, labelLimit=90, labelOverlap=True)
    # A band, in which a dash below one token has a length; named tokens keep their order when a
    # page gives the chart other data.
    names = [_place(position, tokens) for position in range(len(tokens))]
    band = alt.Scale(type="band", domain=names)
    return alt.X("place:O", title=None, axis=axis, scale=band)


def _color(names: list[str]) -> alt.Color:
    scale = alt.Scale(domain=names, range=[INK, GREY][: len(names)])
    legend = alt.Legend(title=None, orient="top") if len(names) > 1 else None
    return alt.Color("series:N", scale=scale, legend=legend)
