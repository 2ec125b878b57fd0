"""Slices on the page: filters that have a name, how the model does on each, which to look at."""

from dataclasses import astuple, replace

import pandas as pd
import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.inspection.slicing import Slice, slice_table, suggest_slices
from attnviz.runs import Filter, Run
from attnviz.ui.components.inspection.chosen import (
    choose_filter,
    chosen_filter,
    in_words,
    state_of,
)
from attnviz.ui.components.inspection.keeping import keeping, say_failure
from attnviz.ui.components.tables import even
from attnviz.ui.translation import _, escape_markdown, explain_error

LONGEST_NAME = 120
PLACE = "slices"


def show(run: Run, key: str) -> None:
    """Save the filter, the saved slices, and suggestions."""
    say_failure(PLACE)
    try:
        slices = run.slices()
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    _save_current(run, slices, key)
    sound = {name: chosen for name, chosen in slices.items() if _fits(run, name, chosen, key)}
    if sound:
        _saved(run, sound, key)
    _suggested(run, slices, key)


def _save_current(run: Run, slices: dict[str, Filter], key: str) -> None:
    current = chosen_filter(run)
    words = in_words(current)
    st.markdown(
        _("The filter of the view *{view}*: **{words}**").format(
            view=_("Mistakes") if run.about.label_map else _("Texts"), words=escape_markdown(words)
        )
    )
    if current == Filter():
        st.caption(_("It leaves all texts. Choose some there, then save them here under a name."))
        return
    if current in slices.values():
        st.caption(_("It is saved below."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = f"{key}-name-{words}"
        st.text_input(_("Name"), words, max_chars=LONGEST_NAME, key=typed, width=420)
        st.button(
            _("Save as a slice"),
            on_click=keeping(PLACE, _save),
            args=(run, current, typed),
            icon=":material/bookmark_add:",
            key=f"{key}-save",
        )


def _save(run: Run, chosen: Filter, typed: str | None = None) -> None:
    """Under the name in a text field, or the filter's words; one that is taken gets a number."""
    name = st.session_state[typed].strip() if typed else ""
    name = name or in_words(chosen)
    run.change_slices(lambda slices: slices | {free_name(name, slices): chosen})


def free_name(name: str, taken) -> str:
    """The name, with a number behind where it is taken."""
    name, number, free = name[:LONGEST_NAME], 2, name[:LONGEST_NAME]
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


def _fits(run: Run, name: str, chosen: Filter, key: str) -> bool:
    """Whether a slice still means something; else why not, with a button to delete it."""
    try:
        chosen.where(run.about.columns)
    except AttnvizError as error:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(f"**{escape_markdown(name)}**: {explain_error(error)}")
            st.button(
                _("Delete"),
                on_click=keeping(PLACE, _delete),
                args=(run, name),
                key=f"{key}-stale-{name}",
            )
        return False
    return True


def _saved(run: Run, slices: dict[str, Filter], key: str) -> None:
    st.markdown("## " + _("Saved slices"))
    found = _counted(state_of(run), tuple(slices.items()), run)
    row = _table(found, [one.name for one in found], f"{key}-saved")
    _explain(run)
    if row is None:
        st.caption(_("Click a row to open, rename or delete its slice."))
        return
    name = found[row].name
    st.markdown(f"**{escape_markdown(name)}** · {escape_markdown(in_words(found[row].chosen))}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _open_button(run, found[row].chosen, f"{key}-open")
        with st.popover(_("Rename…")):
            st.text_input(
                _("Name"),
                name,
                max_chars=LONGEST_NAME,
                key=f"{key}-rename-{name}",
                on_change=keeping(PLACE, _rename),
                args=(run, name, f"{key}-rename-{name}"),
            )
        st.button(
            _("Delete"), on_click=keeping(PLACE, _delete), args=(run, name), key=f"{key}-delete"
        )


def _rename(run: Run, old: str, key: str) -> None:
    typed = st.session_state[key].strip() or old

    def renamed(slices: dict[str, Filter]) -> dict[str, Filter]:
        new = free_name(typed, slices.keys() - {old})
        return {new if name == old else name: chosen for name, chosen in slices.items()}

    run.change_slices(renamed)


def _delete(run: Run, gone: str) -> None:
    run.change_slices(lambda slices: {n: chosen for n, chosen in slices.items() if n != gone})


def _suggested(run: Run, slices: dict[str, Filter], key: str) -> None:
    """Slices worth a look, the worst first."""
    if not run.about.label_map:
        st.caption(
            _("Without labels there is no telling where the model errs more than elsewhere.")
        )
        return
    with st.spinner(_("Looking for slices with many mistakes…")):
        found = _worst(state_of(run), run)
    found = [one for one in found if one.chosen not in slices.values()]
    if not found:
        st.caption(_("No column, length or tag has clearly more mistakes than the rest."))
        return
    st.markdown("## " + _("Where it errs more than elsewhere"))
    worst = found[0]
    st.markdown(
        _(
            "In **{words}** the model errs {lift} times as often as in the other texts. Wrong: "
            "{wrong} of {labelled}."
        ).format(
            words=escape_markdown(in_words(worst.chosen)),
            lift=times(worst.lift),
            wrong=f"{worst.wrong:,}",
            labelled=f"{worst.labelled:,}",
        )
    )
    row = _table(found, [in_words(one.chosen) for one in found], f"{key}-suggested")
    st.caption(
        _(
            "Tried: each value of the columns with at most 20 different ones, thirds by length, "
            "tags. They stand by the lower end of the interval of their share of mistakes, so that "
            "a small slice does not impress; of so many, one or the other is there by chance."
        )
    )
    if row is None:
        return
    chosen = found[row].chosen
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escape_markdown(in_words(chosen))}**", width="content")
        _open_button(run, chosen, f"{key}-look")
        st.button(
            _("Save as a slice"),
            on_click=keeping(PLACE, _save),
            args=(run, chosen),
            key=f"{key}-keep",
        )


def _open_button(run: Run, chosen: Filter, key: str) -> None:
    """Leads to the mistakes of a slice, or to all its texts where it says which."""
    mistakes = run.about.label_map and not chosen.outcome
    st.button(
        _("Show its mistakes") if mistakes else _("Show its texts"),
        on_click=choose_filter,
        args=(run, replace(chosen, outcome="wrong") if mistakes else chosen, "queue"),
        type="primary",
        icon=":material/arrow_forward:",
        key=key,
    )


def _table(found: list[Slice], names: list[str], key: str) -> int | None:
    """The numbers of slices; the row that is chosen."""
    frame = pd.DataFrame(
        {
            _("Slice"): names,
            _("Texts"): [one.rows for one in found],
            _("Mistakes"): [one.wrong if one.labelled else None for one in found],
            _("Accuracy"): [one.accuracy for one in found],
            _("95% interval"): [interval(one.interval) for one in found],
            _("Lift of mistakes"): [times(one.lift) for one in found],
        }
    )
    shown = even(frame, [_("Accuracy")])
    shown["column_config"] |= {
        _("Texts"): st.column_config.NumberColumn(format="localized"),
        _("Slice"): st.column_config.TextColumn(width="medium"),
    }
    event = st.dataframe(
        **shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    rows = [row for row in event.selection.rows if row < len(found)]
    return rows[0] if rows else None


def _explain(run: Run) -> None:
    if run.about.label_map:
        st.caption(
            _(
                "Lift of mistakes: how many times as often the model errs here as in all other "
                "texts. Of a slice that asks for wrong or right texts, accuracy and lift are those "
                "of the texts where they were found."
            )
        )


def times(lift: float | None) -> str:
    """A lift as the page writes it."""
    return "" if lift is None else "∞" if lift == float("inf") else f"{lift:.2f}"


def interval(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.1%} – {ends[1]:.1%}"


def _counted(state: tuple, slices: tuple[tuple[str, Filter], ...], run: Run) -> list[Slice]:
    plain = tuple((name, repr(chosen)) for name, chosen in slices)
    rows = _numbers(state, plain, run, dict(slices))
    return [Slice(name, chosen, *row) for (name, chosen), row in zip(slices, rows, strict=True)]


@st.cache_data(show_spinner=False, max_entries=16)
def _numbers(state: tuple, plain: tuple, _run: Run, _slices: dict[str, Filter]) -> list[tuple]:
    return [astuple(found)[2:] for found in slice_table(_run, _slices)]


def _worst(state: tuple, run: Run) -> list[Slice]:
    return [Slice("", Filter.from_dict(chosen), *row) for chosen, row in _suggestions(state, run)]


@st.cache_data(show_spinner=False, max_entries=16)
def _suggestions(state: tuple, _run: Run) -> list[tuple[dict, tuple]]:
    return [(one.chosen.to_dict(), astuple(one)[2:]) for one in suggest_slices(_run)]
