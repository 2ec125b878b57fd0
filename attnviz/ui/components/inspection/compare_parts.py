"""A comparison of two runs, drawn: buttons to its texts, its chart, its tables."""

import json
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.inspection.comparing import CHANGES, MOST_POINTS, MOST_ROWS, Comparison
from attnviz.runs import Filter, Run
from attnviz.ui.components import vega
from attnviz.ui.components.inspection.chosen import Opened, choose_filter, open_row
from attnviz.ui.components.inspection.frame import model_name
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.tables import even
from attnviz.ui.translation import _, escape_markdown

TITLES = {
    True: {
        "fixed": N_("Newly fixed"),
        "broken": N_("Newly broken"),
        "wrong": N_("Still wrong"),
        "right": N_("Still right"),
        "other": N_("Another prediction"),
        "same": N_("The same prediction"),
    },
    False: {
        "fixed": N_("Only {second} right"),
        "broken": N_("Only {first} right"),
        "wrong": N_("Both wrong"),
        "right": N_("Both right"),
        "other": N_("Different predictions"),
        "same": N_("The same prediction"),
    },
}
"""Whether the two are versions of one model → change → what it is called."""
AXES = {
    True: (N_("before: {run}, {model}"), N_("after: {run}, {model}")),
    False: (N_("{run}, {model}"), N_("{run}, {model}")),
}
SIDES = {
    True: (
        *(N_("right before"), N_("wrong before"), N_("right after"), N_("wrong after")),
        *(N_("Recall before"), N_("Recall after")),
    ),
    False: (
        *(N_("{first} right"), N_("{first} wrong"), N_("{second} right"), N_("{second} wrong")),
        *(N_("Recall of {first}"), N_("Recall of {second}")),
    ),
}


@dataclass(frozen=True)
class Pair:
    """Two runs, the first of which is called before where they are versions of one model.

    Two runs of one model are compared in the order in which they were begun; of two models the
    open run stands first. `side` is the place of the open one.
    """

    runs: tuple[Run, Run]
    names: tuple[str, str]
    versions: bool
    side: int

    @classmethod
    def of(cls, run: Run, other: Run) -> "Pair":
        versions = run.about.model == other.about.model
        runs = (run, other)
        if versions:
            runs = tuple(sorted(runs, key=lambda one: one.about.created))
        models = [one.about.model for one in runs]
        names = [model_name(model) for model in models]
        if names[0] == names[1]:
            names = models
        return cls(runs, tuple(names), versions, 0 if runs[0] is run else 1)

    def titles(self) -> dict[str, str]:
        """Change → what it is called, in the user's language."""
        return {name: self.named(text) for name, text in TITLES[self.versions].items()}

    def named(self, text: str) -> str:
        return _(text).format(first=self.names[0], second=self.names[1])


def lists(run: Run, found: Comparison, pair: Pair, key: str) -> None:
    """A button for each kind of change, which leads to its texts."""
    titles = pair.titles()
    with st.container(horizontal=True):
        for name in CHANGES:
            if not found.counts[name]:
                continue
            rows = tuple(found.rows[name][:, pair.side].tolist())
            st.button(
                f"{escape_markdown(titles[name])} · {found.counts[name]:,}",
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
                "p is that of McNemar's exact test: how often as uneven a split of the texts that "
                "only one of the two gets right would come about by chance."
            )
        )


def chart(run: Run, found: Comparison, pair: Pair, key: str) -> None:
    """A mark for each text, of which a click opens its text."""
    title = (
        _("Probability of the true class") if found.labelled else _("Confidence of the prediction")
    )
    st.markdown(f"**{title}**")
    changes = tuple(CHANGES[number] for number in found.point_changes)
    axes = tuple(
        _(text).format(run=one.about.name, model=name)
        for text, one, name in zip(AXES[pair.versions], pair.runs, pair.names, strict=True)
    )
    titles = tuple(pair.titles().items())
    spec = _spec(found.points.tobytes(), changes, axes, titles, found.points)
    event = vega.draw(spec, f"{key}-points", on_select="rerun")
    for said in _undrawn(found):
        st.caption(said)
    place = _picked(event)
    if place is not None and place < len(found.point_rows):
        st.button(
            _("Open the chosen text"),
            on_click=_open,
            args=(run, int(found.point_rows[place, pair.side])),
            key=f"{key}-open",
            type="primary",
        )
    else:
        st.caption(_("Click a mark to open its text."))


def _undrawn(found: Comparison) -> list[str]:
    """Which texts have no mark, and why."""
    said = []
    if found.drawable > len(found.points):
        text = _("A random sample is drawn: {count} of {total} texts.")
        said.append(text.format(count=f"{MOST_POINTS:,}", total=f"{found.drawable:,}"))
    if found.matched > found.drawable:
        text = _("Texts without a mark, as they hold nothing to read: {count}.")
        said.append(text.format(count=f"{found.matched - found.drawable:,}"))
    return said


def _open(run: Run, row: int) -> None:
    choose_filter(run, Filter(rows=(row,)))
    open_row(run, Opened(row))


def _picked(event) -> int | None:
    """The place of the mark that was clicked."""
    found = (event or {}).get("selection", {}).get("opened", [])
    return int(found[0]["place"]) if found and "place" in found[0] else None


@st.cache_data(show_spinner=False, max_entries=8)
def _spec(
    data: bytes, changes: tuple[str, ...], axes: tuple[str, str], titles: tuple, _points
) -> str:
    from attnviz.charts.comparing import before_and_after

    drawn = before_and_after(_points, list(changes), dict(titles), axes, translate=_)
    return json.dumps(drawn.to_dict(validate=False))


def tables(found: Comparison, pair: Pair) -> None:
    """The four counts crosswise, and what differs in each class."""
    if not found.labelled:
        return
    counts, titles = found.counts, pair.titles()
    right, wrong, other_right, other_wrong, recall, other_recall = map(
        pair.named, SIDES[pair.versions]
    )
    st.markdown("### " + _("Texts"))
    crosswise = {
        "": [right, wrong],
        other_right: [counts["right"], counts["fixed"]],
        other_wrong: [counts["broken"], counts["wrong"]],
    }
    st.dataframe(pd.DataFrame(crosswise), hide_index=True)
    st.markdown("### " + _("By true class"))
    names, texts, before, after, fixed, broken = zip(*found.classes, strict=True)
    by_class = {
        _("Class"): [label_name(name) for name in names],
        _("Texts"): texts,
        recall: [old / count for old, count in zip(before, texts, strict=True)],
        other_recall: [new / count for new, count in zip(after, texts, strict=True)],
        titles["fixed"]: fixed,
        titles["broken"]: broken,
    }
    st.dataframe(**even(pd.DataFrame(by_class), [recall, other_recall]), hide_index=True)
