"""Two runs side by side: which texts the one gets right that the other gets wrong."""

import json
import math

import pandas as pd
import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.inspection.comparing import (
    CHANGES,
    MOST_POINTS,
    MOST_ROWS,
    Comparison,
    compare,
    same_file,
)
from attnviz.runs import Filter, Run, find_runs
from attnviz.ui.components import background, vega
from attnviz.ui.components.inspection.chosen import Opened, choose_filter, open_row, state_of
from attnviz.ui.components.inspection.frame import model_name, when
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.tables import even
from attnviz.ui.translation import _, escape_markdown, language

TITLES = {
    "fixed": N_("Newly fixed"),
    "broken": N_("Newly broken"),
    "wrong": N_("Still wrong"),
    "right": N_("Still right"),
    "other": N_("Another prediction"),
    "same": N_("The same prediction"),
}
SURE = 0.05  # the level of McNemar's test below which the page speaks of a difference


def show(run: Run, key: str) -> None:
    """Choose another run; counts, test, chart and lists of what has changed."""
    other = _choose(run, key)
    if other is None:
        return
    before, after = sorted((run, other), key=lambda one: one.about.created)
    try:
        found = _compared(before, after, key)
    except AttnvizError:
        st.warning(_("The other run cannot be read any more."), icon=":material/info:")
        return
    if found is None:
        return
    st.caption(_matched(found, before, after))
    if not found.matched:
        return
    st.markdown("##### " + _verdict(found))
    side = 0 if run is before else 1
    _lists(run, found, side, key)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _chart(run, found, side, (before, after), key)
    with right:
        _tables(found)


def _choose(run: Run, key: str) -> Run | None:
    others = [other for other in find_runs() if other.folder.name != run.folder.name]
    others.sort(key=lambda other: not same_file(run, other))  # keeps the latest first in each
    if not others:
        st.info(
            _(
                "This is the only run. Score the same file with another model, or with the same "
                "after training it further, to see here what has changed."
            ),
            icon=":material/info:",
        )
        return None
    named = {other.folder.name: other for other in others}
    name = st.selectbox(
        _("Compare with"),
        named,
        format_func=lambda name: _outline(run, named[name]),
        key=f"{key}-with-{run.folder.name}",
        persist_state="session",
        width=620,
    )
    return named[name]


def _outline(run: Run, other: Run) -> str:
    about = other.about
    parts = [about.name, model_name(about.model), when(about.created)]
    return " · ".join([*parts, _("same file") if same_file(run, other) else _("another file")])


def _compared(before: Run, after: Run, key: str) -> Comparison | None:
    """The comparison, kept for the session; None while it is made, or after a stop."""
    return background.asked(
        "comparisons",
        (_nearly(before), _nearly(after)),
        lambda progress: compare(before, after, progress),
        _("Comparing the two runs…"),
        _("Compare the two runs"),
        key,
    )


def _nearly(run: Run) -> tuple:
    """What a comparison depends on; of a run that is being scored, in steps that leave it time."""
    state = state_of(run)
    return state if run.done else (*state[:1], int(math.log2(run.scored + 1)), *state[2:])


def _side(run: Run) -> str:
    return f"**{escape_markdown(run.about.name)}** ({escape_markdown(model_name(run.about.model))})"


def _matched(found: Comparison, before: Run, after: Run) -> str:
    """What is compared, and how many texts were found in both."""
    parts = [
        _("Before: {before}, after: {after}, by the time when they were begun.").format(
            before=_side(before), after=_side(after)
        )
    ]
    count = f"{found.matched:,}"
    if found.by_row:
        parts.append(_("Rows of the same file scored in both: {count}.").format(count=count))
    else:
        text = _("The files differ. Equal texts found in both: {count}.")
        parts.append(text.format(count=count))
    if found.before_only or found.after_only:
        text = _("Texts left out: {before} of the first run, {after} of the second.")
        left = {"before": f"{found.before_only:,}", "after": f"{found.after_only:,}"}
        parts.append(text.format(**left))
    if found.relabelled:
        text = _("Texts whose true class is not the same in both: {count}.")
        parts.append(text.format(count=f"{found.relabelled:,}"))
    return " ".join(parts)


def _verdict(found: Comparison) -> str:
    """What has changed in one sentence, and whether chance could have done it."""
    if found.accuracies is None:
        share = f"{found.counts['other'] / found.matched:.1%}"
        return _("Predictions that are others now: {count} ({share}).").format(
            count=f"{found.counts['other']:,}", share=share
        )
    old, new = found.accuracies
    moved = _("Accuracy went from {before} to {after}: {fixed} fixed, {broken} broken.").format(
        before=f"{old:.1%}",
        after=f"{new:.1%}",
        fixed=f"{found.counts['fixed']:,}",
        broken=f"{found.counts['broken']:,}",
    )
    p = found.chance
    written = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    if p < SURE:
        return moved + " " + _("That is more than chance would do ({p}).").format(p=written)
    return moved + " " + _("Chance alone could do that ({p}).").format(p=written)


def _lists(run: Run, found: Comparison, side: int, key: str) -> None:
    """A button for each kind of change, which leads to its texts."""
    with st.container(horizontal=True):
        for name in CHANGES:
            if not found.counts[name]:
                continue
            rows = tuple(found.rows[name][:, side].tolist())
            st.button(
                f"{_(TITLES[name])} · {found.counts[name]:,}",
                on_click=choose_filter,
                args=(run, Filter(rows=rows), "queue"),
                key=f"{key}-{name}",
                icon=":material/arrow_forward:",
            )
    if max(found.counts.values()) > MOST_ROWS:
        st.caption(
            _("Of each, the {most} texts whose probability moved most are shown.").format(
                most=f"{MOST_ROWS:,}"
            )
        )
    if found.labelled:
        st.caption(
            _(
                "p is that of McNemar's exact test: how often as uneven a split of the changed "
                "texts would come about if each were as likely fixed as broken."
            )
        )


def _chart(run: Run, found: Comparison, side: int, runs: tuple[Run, Run], key: str) -> None:
    labelled = found.labelled > 0
    st.markdown(
        "**"
        + (_("Probability of the true class") if labelled else _("Confidence of the prediction"))
        + "**"
    )
    names = [CHANGES[number] for number in found.point_changes]
    axes = tuple(
        text.format(run=one.about.name, model=model_name(one.about.model))
        for text, one in zip(
            (_("before: {run}, {model}"), _("after: {run}, {model}")), runs, strict=True
        )
    )
    spec = _spec(found.points.tobytes(), tuple(names), axes, language(), found.points)
    event = vega.draw(spec, f"{key}-points", on_select="rerun")
    if found.matched > len(found.points):
        st.caption(_("A random sample of {count} texts is drawn.").format(count=f"{MOST_POINTS:,}"))
    place = _picked(event)
    if place is not None and place < len(found.point_rows):
        st.button(
            _("Open the chosen text"),
            on_click=_open,
            args=(run, int(found.point_rows[place, side])),
            key=f"{key}-open",
            type="primary",
        )
    else:
        st.caption(_("Click a mark to open its text."))


def _open(run: Run, row: int) -> None:
    choose_filter(run, Filter(rows=(row,)))
    open_row(run, Opened(row))


def _picked(event) -> int | None:
    """The place of the mark that was clicked."""
    found = (event or {}).get("selection", {}).get("opened", [])
    return int(found[0]["place"]) if found and "place" in found[0] else None


@st.cache_data(show_spinner=False, max_entries=8)
def _spec(
    data: bytes, names: tuple[str, ...], axes: tuple[str, str], language_name: str, _points
) -> str:
    from attnviz.charts.comparing import before_and_after

    titles = {name: _(title) for name, title in TITLES.items()}
    chart = before_and_after(_points, list(names), titles, axes, translate=_)
    return json.dumps(chart.to_dict(validate=False))


def _tables(found: Comparison) -> None:
    """The four counts crosswise, and what has changed in each class."""
    if not found.labelled:
        return
    counts = found.counts
    st.markdown("**" + _("Texts") + "**")
    st.dataframe(
        pd.DataFrame(
            {
                "": [_("right before"), _("wrong before")],
                _("right after"): [counts["right"], counts["fixed"]],
                _("wrong after"): [counts["broken"], counts["wrong"]],
            }
        ),
        hide_index=True,
    )
    st.markdown("**" + _("By true class") + "**")
    names, texts, before, after, fixed, broken = zip(*found.classes, strict=True)
    st.dataframe(
        **even(
            pd.DataFrame(
                {
                    _("Class"): [label_name(name) for name in names],
                    _("Texts"): texts,
                    _("Recall before"): [
                        old / count for old, count in zip(before, texts, strict=True)
                    ],
                    _("Recall after"): [
                        new / count for new, count in zip(after, texts, strict=True)
                    ],
                    _("Newly fixed"): fixed,
                    _("Newly broken"): broken,
                }
            ),
            [_("Recall before"), _("Recall after")],
        ),
        hide_index=True,
    )
