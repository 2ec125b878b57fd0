"""Who wrote this memory: the map of what is left, each token's share, how long units remember."""

from collections.abc import Callable, Sequence

import altair as alt
import numpy as np

from attnviz.charts.tokens import GREY, INK, ROW_HEIGHT, same, token_axis
from attnviz.colours import ink
from attnviz.evidence.memory import Memory
from attnviz.panels import Panel, told_apart

DRAWN_TOKENS = 60
SIGNS = ink("negative"), ink("positive")
SHORTEST, LONGEST = 0.1, 1_000.0  # a half-life outside is drawn at the edge


def memory_units(record: Memory) -> np.ndarray:
    """Numbers of all units, those that remember most first: by Σ_t |contribution|."""
    return np.argsort(-np.abs(record.contributions).sum(axis=0), kind="stable")


def memory_panels(
    record: Memory, units: Sequence[int], *, translate: Callable[[str], str] = same
) -> list[Panel]:
    """The map for the token table: what each token left of itself, and which share that is.

    Three panels: length of the contribution over all units (one bar), contributions and survival
    of `units` side by side in that order.
    """
    units = np.asarray(units, dtype=int)
    names = tuple(str(unit) for unit in units)
    left, share = record.contributions[:, units], record.survival[:, units]
    reach = float(np.abs(left).max(initial=0)) or 1.0
    total = float(record.norms.max()) or 1.0
    return [
        Panel(
            key="memory/norms",
            title=translate("Left in all units"),
            values=record.norms[:, None],
            columns=(translate("length"),),
            signed=False,
            low=0.0,
            high=total,
            mark="bars",
            whole=True,
        ),
        Panel(
            key="states/contributions",
            title=translate("What is left of each write"),
            values=left,
            columns=names,
            signed=True,
            low=-reach,
            high=reach,
            mark="cells",
            ramp="signed",
        ),
        Panel(
            key="gates/survival",
            title=translate("Share of the write that is left"),
            values=share,
            columns=names,
            signed=False,
            low=0.0,
            high=1.0,
            mark="cells",
            ramp="gates",
        ),
    ]


def memory_shares(
    record: Memory, labels: Sequence[str], *, translate: Callable[[str], str] = same
) -> alt.Chart:
    """Each token's share of the memory, as bars that add up to 100 %: see `Memory.shares`."""
    title = translate("Share of the memory")
    return (
        alt.Chart(alt.InlineData(values=share_rows(record, labels)))
        .mark_bar()
        .encode(
            y=token_axis(),
            x=alt.X("share:Q", title=title, axis=alt.Axis(format="~%", tickCount=5)),
            color=alt.condition("datum.share < 0", *map(alt.value, SIGNS)),
            tooltip=[
                alt.Tooltip("row:N", title=translate("Token")),
                alt.Tooltip("share:Q", title=title, format=".2%"),
            ],
        )
        .properties(height=alt.Step(ROW_HEIGHT), width="container")
    )


def share_rows(record: Memory, labels: Sequence[str]) -> list[dict]:
    """What `memory_shares` draws: the tokens in order, of a long text the 60 largest shares."""
    largest = np.argsort(-np.abs(record.shares), kind="stable")[:DRAWN_TOKENS]
    names = told_apart(labels)
    return [
        {"row": f"{token}:{names[token]}", "place": token, "share": float(record.shares[token])}
        for token in np.sort(largest).tolist()
    ]


def half_lives(record: Memory, *, translate: Callable[[str], str] = same) -> alt.LayerChart:
    """One dot per unit: after how many tokens half of a write is left, longest first.

    Both ends of the logarithmic axis stand for everything beyond them; the tooltip tells the true
    number. A line marks the length of the text.
    """
    base = alt.Chart(alt.InlineData(values=half_life_rows(record)))
    y = alt.Y(
        "drawn:Q",
        title=translate("Half-life in tokens"),
        scale=alt.Scale(type="log", nice=False, padding=14),
        axis=alt.Axis(values=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
    )
    dots = base.mark_circle(color=INK, opacity=0.8, size=28).encode(
        x=alt.X("place:Q", title=translate("Units, longest memory first"), axis=_NO_LABELS),
        y=y,
        tooltip=[
            alt.Tooltip("unit:O", title=translate("Unit")),
            alt.Tooltip("half_life:N", title=translate("Half-life in tokens")),
        ],
    )
    length = base.mark_rule(color=GREY, strokeDash=[4, 3]).encode(y=alt.Y("max(length):Q"))
    name = base.mark_text(align="right", baseline="bottom", dy=-2).encode(
        x=alt.value("width"),
        y=alt.Y("max(length):Q"),
        text=alt.TextValue(translate("length of the text")),
    )
    return (dots + length + name).properties(height=300, width="container")


_NO_LABELS = alt.Axis(labels=False, ticks=False, grid=False)


def half_life_rows(record: Memory) -> list[dict]:
    """What `half_lives` draws, left to right; nothing for a text of one token, which has none."""
    if np.isnan(record.half_life).any():
        return []
    order = np.argsort(-record.half_life, kind="stable")
    drawn = record.half_life.clip(SHORTEST, LONGEST)
    return [
        {
            "place": place,
            "unit": int(unit),
            "half_life": f"{record.half_life[unit]:.3g}",
            "drawn": float(drawn[unit]),
            "length": len(record.kept),
        }
        for place, unit in enumerate(order)
    ]
