"""The queue's filter: widgets that show the run's filter, wherever it was chosen, and change it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from attnviz.errors import N_
from attnviz.runs import CAUSES, Filter, Run, causes_of
from attnviz.runs.filters import MARKS, OUTCOMES, UNMARKED
from attnviz.ui.components import menus
from attnviz.ui.components.inspection import order
from attnviz.ui.components.inspection.chosen import NAMES, choose_filter, chosen_filter, in_words
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown

BOTH = "both"
OUTCOME_NAMES = {"wrong": N_("Wrong"), "right": N_("Right"), BOTH: N_("All")}
FREQUENT = 2  # tags that are buttons of their own
VALUES = 200  # of a column that are offered; others can be typed


@dataclass(frozen=True)
class Bar:
    """The widgets of one run's filter; each shows a part of it, whoever chose it."""

    run: Run
    key: str

    @property
    def chosen(self) -> Filter:
        return chosen_filter(self.run)

    def bound(self, name: str, value: object, change: Callable[[object], dict]) -> dict:
        """A widget's arguments: what it shows, and which fields of the filter its value sets."""
        key = f"{self.key}-{name}"
        if key not in st.session_state or st.session_state[key] != value:
            st.session_state[key] = value
        return {"key": key, "on_change": self._changed, "args": (key, change)}

    def _changed(self, key: str, change: Callable[[object], dict]) -> None:
        choose_filter(self.run, replace(self.chosen, **change(st.session_state[key])))


def clear(run: Run) -> None:
    """All texts again. Call it in a callback."""
    choose_filter(run, Filter())


def choose_outcome(run: Run, outcome: str) -> None:
    """The texts with this outcome alone. Call it in a callback."""
    choose_filter(run, Filter(outcome=outcome))


def show(run: Run, key: str) -> None:
    """The bar: words, outcome, kinds of mistakes and frequent tags, the rest below one button."""
    bar, counted = Bar(run, key), order.counts(run)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-bar"):
        st.text_input(
            _("Words in the text"),
            placeholder=_('Search all texts, e.g. "not bad"'),
            icon=":material/search:",
            label_visibility="collapsed",
            width=220,
            **bar.bound("words", bar.chosen.words, lambda words: {"words": words}),
        )
        if run.about.label_map:
            _outcome(bar, counted)
            _pairs(bar, counted)
        _frequent_tags(bar, counted)
        with st.popover(_("More…"), width="content", key=f"{key}-more"):
            _several(
                bar, "tags", _("Tags"), list(causes_of(run.about.input)), _tag_title, "stretch"
            )
            _more(bar)
        st.button(
            _("Clear"),
            on_click=clear,
            args=(run,),
            disabled=bar.chosen == Filter(),
            icon=":material/filter_alt_off:",
            type="tertiary",
            key=f"{key}-clear",
        )


def said(run: Run, left: int) -> str:
    """How many texts are left, Markdown; by which filter, where the bar does not show it."""
    chosen = chosen_filter(run)
    count = _("Texts: **{left}**").format(left=f"{left:,}")
    hidden = replace(chosen, outcome=None, words="")
    if hidden == Filter():
        return count
    return f"{count} :gray[· {escape_markdown(in_words(hidden))}]"


def _tag_title(tag: str) -> str:
    return _(CAUSES[tag].title)


def _outcome(bar: Bar, counted: order.Counts) -> None:
    numbers = counted.outcomes | {BOTH: bar.run.about.rows}
    st.segmented_control(
        _("Predictions"),
        [*OUTCOMES, BOTH],
        required=True,
        format_func=lambda name: f"{_(OUTCOME_NAMES[name])} {numbers.get(name, 0):,}",
        label_visibility="collapsed",
        **bar.bound(
            "outcome",
            bar.chosen.outcome or BOTH,
            lambda name: {"outcome": None if name in (None, BOTH) else name},
        ),
    )


def _pairs(bar: Bar, counted: order.Counts) -> None:
    """The most frequent kinds of mistakes, and the one that is chosen."""
    chosen = bar.chosen
    now = None
    if len(chosen.truth) == len(chosen.prediction) == 1 and chosen.truth != chosen.prediction:
        now = (chosen.truth[0], chosen.prediction[0])
    pairs = list(dict.fromkeys([*counted.pairs, *({now} - {None})]))
    if not pairs:
        return

    def named(pair: tuple[str, str]) -> str:
        truth, prediction = (escape_markdown(label_name(name)) for name in pair)
        count = f" {counted.pairs[pair]:,}" if pair in counted.pairs else ""
        return f"{truth} → {prediction}{count}"

    def change(pair: tuple[str, str] | None) -> dict:
        truth, prediction = pair or (None, None)
        return {"truth": (truth,) if pair else (), "prediction": (prediction,) if pair else ()}

    st.pills(
        _("True class → predicted class"),
        pairs,
        format_func=named,
        label_visibility="collapsed",
        **bar.bound("pair", now, change),
    )


def _frequent_tags(bar: Bar, counted: order.Counts) -> None:
    """The tags of most mistakes; all of them stand below “More…”."""
    shown = [*counted.tags][:FREQUENT]
    if not shown:
        return
    st.pills(
        _("Tags"),
        shown,
        selection_mode="multi",
        format_func=lambda tag: f"{_tag_title(tag)} {counted.tags[tag]:,}",
        label_visibility="collapsed",
        **bar.bound(
            "frequent",
            [tag for tag in shown if tag in bar.chosen.tags],
            lambda found: {"tags": (*(tag for tag in bar.chosen.tags if tag not in shown), *found)},
        ),
    )


def _several(
    bar: Bar, field: str, title: str, options: list, named: Callable, width: int | str
) -> None:
    """Any of these; what a saved filter names and the file lacks stays in sight."""
    values = getattr(bar.chosen, field)
    menus.multiselect(
        title,
        list(dict.fromkeys((*options, *values))),
        format_func=lambda name: named(name) if name in options else str(name),
        placeholder=_("any"),
        width=width,
        **bar.bound(field, list(values), lambda found: {field: tuple(found)}),
    )


def _more(bar: Bar) -> None:
    labels = list(bar.run.about.labels)
    if bar.run.about.label_map:
        _several(bar, "truth", _("True class"), labels, label_name, "stretch")
    _several(bar, "prediction", _("Predicted class"), labels, label_name, "stretch")
    marks = [*MARKS, UNMARKED]
    _several(bar, "marks", _("Marks"), marks, lambda mark: _(NAMES[mark]), "stretch")
    low, high = bar.chosen.confidence
    st.slider(
        _("Probability of the prediction"),
        0,
        100,
        format="%d %%",
        **bar.bound("confidence", (_percent(low, 0), _percent(high, 100)), _confidence),
    )
    _lengths(bar)
    _columns(bar)


def _percent(share: float | None, otherwise: int) -> int:
    return otherwise if share is None else min(100, max(0, round(100 * share)))


def _confidence(ends: tuple[int, int]) -> dict:
    low, high = ends
    return {"confidence": (low / 100 if low > 0 else None, high / 100 if high < 100 else None)}


def _lengths(bar: Bar) -> None:
    low, high = bar.chosen.tokens
    with st.container(horizontal=True):
        ends = (
            (_("Tokens from"), low, lambda end: {"tokens": (end, bar.chosen.tokens[1])}),
            (_("Tokens to"), high, lambda end: {"tokens": (bar.chosen.tokens[0], end)}),
        )
        for number, (title, value, change) in enumerate(ends):
            st.number_input(
                title,
                0,
                value=None,
                step=1,
                placeholder=_("any"),
                **bar.bound(f"tokens{number}", value, change),
            )


def _columns(bar: Bar) -> None:
    """Conditions that a column of the file has a value; a new one takes the place of the last."""
    about = bar.run.about
    names = [name for name in about.columns if name != about.text_column]
    if not names:
        return
    with st.container(horizontal=True):
        name = menus.selectbox(
            _("Column of the file"), names, key=f"{bar.key}-column-of-{bar.run.folder.name}"
        )
        found = order.values_of(
            bar.run, about.columns.index(name), VALUES, f"{bar.run.folder} {about.rows}"
        )
        value = dict(bar.chosen.columns).get(name)

        def change(value: str | None) -> dict:
            others = tuple(pair for pair in bar.chosen.columns if pair[0] != name)
            return {"columns": (*others, (name, value)) if value is not None else others}

        menus.selectbox(
            _("Value"),
            [*found, *({value} - {None, *found})],
            index=None,
            format_func=lambda text: f"{text[:80]} ({found[text]:,})" if text in found else text,
            placeholder=_("any"),
            accept_new_options=True,
            **bar.bound("value", value, change),
        )
    for name, value in bar.chosen.columns:
        st.caption(escape_markdown(f"{name} = {value[:200]}"))
