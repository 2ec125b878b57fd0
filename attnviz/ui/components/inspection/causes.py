"""The causes of a run: which tag stands at the mistakes, and how much oftener than elsewhere."""

from dataclasses import astuple

import pandas as pd
import streamlit as st

from attnviz.runs import CAUSES, Filter, Run
from attnviz.ui.components import vega
from attnviz.ui.components.inspection import recurring
from attnviz.ui.components.inspection.chosen import choose_filter, state_of
from attnviz.ui.components.tables import even, same_as_numbers
from attnviz.ui.translation import _, escape_markdown, language

TOO_SURE = 1.2
"""Temperature on the file's labels from which a model is called too sure of itself."""


def show(run: Run, key: str) -> None:
    """A sentence, the chart of lifts, each tag with its numbers and definition, a twin."""
    from attnviz.inspection.lift import Lift

    if not run.scored:
        st.info(_("No text is scored yet."), icon=":material/info:")
        return
    lifts = [Lift(*found) for found in _lifts(state_of(run))]
    labelled = bool(run.about.label_map)
    st.markdown("## " + _sentence(lifts, labelled))
    _remarks(run, lifts, labelled)
    spec = _chart(state_of(run), language()) if labelled else None
    if spec is not None:
        vega.draw(spec, f"{key}-lifts")
        st.caption(
            _(
                "Lift: the share of the mistakes that have a tag, divided by the share of the "
                "correct texts that have it. The lines are 95% intervals (Katz et al. 1978, with "
                "½ added to each count), wide where there are few such texts. Filled: surely above "
                "1, on at least five mistakes; these come first, by the number of mistakes that "
                "they surely add, those found by means of the label after the others. "
                "An arrow: a lift of 0 or of ∞. A tag is a hint where to look, no proof of a "
                "cause."
            )
        )
    for lift in lifts:
        _tag(run, lift, labelled, key)
        if lift.tag == "phrase":
            recurring.show(run, f"{key}-phrases")
    _unknown(run)
    _twin(lifts, labelled, key)


@st.cache_data(show_spinner=False, max_entries=8)
def _lifts(state: tuple) -> list[tuple]:
    from attnviz.inspection.lift import tag_lifts

    return [astuple(lift) for lift in tag_lifts(Run.open(state[0]))]


@st.cache_data(show_spinner=False, max_entries=8)
def _chart(state: tuple, language_name: str) -> str | None:
    from attnviz.charts.causes import lift_chart
    from attnviz.inspection.lift import Lift

    lifts = [Lift(*found) for found in _lifts(state)]
    chart = lift_chart(lifts, [_(CAUSES[lift.tag].title) for lift in lifts], translate=_)
    return None if chart is None else chart.to_json()


def _sentence(lifts: list, labelled: bool) -> str:
    """What stands out inside the network, and what of the labels and phrases."""
    from attnviz.inspection.lift import of_labels

    first = next((lift for lift in lifts if not CAUSES[lift.tag].labelled), lifts[0])
    if not labelled:
        most = max(lifts, key=lambda lift: lift.count)
        if not most.count:
            return _("No text has a tag.")
        text = _("The most frequent tag: **{title}**. Texts that have it: {count} of {texts}.")
        title = _(CAUSES[most.tag].title)
        return text.format(title=title, count=f"{most.count:,}", texts=f"{most.texts:,}")
    if not first.wrong_texts:
        return _("No scored text with a label is predicted wrongly.")
    if not first.right_texts:
        return _("Every text with a label is predicted wrongly, so no cause can be told apart.")
    others = of_labels(lifts, _)
    if first.systematic:
        also = " " + _("Also: {others}.").format(others=others) if others else ""
        return _strongest(first) + also
    if others:
        text = _("No cause inside the network stands at mistakes surely more often, but: {others}.")
        return text.format(others=others)
    return _(
        "No cause stands at mistakes surely more often than at correct texts (and at five mistakes "
        "or more)."
    )


def _strongest(first) -> str:
    """The shares of the systematic cause that comes first."""
    from attnviz.inspection.lift import number
    from attnviz.inspection.sentences import percent

    if not first.right:
        text = _("**{title}** marks {wrong} of the mistakes and none of the correct texts.")
    else:
        text = _(
            "**{title}** marks {wrong} of the mistakes and {right} of the correct texts: {lift} ×."
        )
    return text.format(
        title=_(CAUSES[first.tag].title),
        wrong=percent(first.wrong_share),
        right=percent(first.right_share),
        lift=number(first.lift),
    )


def _remarks(run: Run, lifts: list, labelled: bool) -> None:
    """What the numbers are of, and what is still missing."""
    parts = []
    if labelled:
        text = _("mistakes: {wrong}, correct texts: {right}")
        first = max(lifts, key=lambda lift: lift.texts)  # some are tested at a sample
        parts.append(text.format(wrong=f"{first.wrong_texts:,}", right=f"{first.right_texts:,}"))
    else:
        parts.append(_("The texts have no labels, so tags are only counted"))
    if not run.done:
        text = _("rows scored so far: {scored} of {rows}")
        parts.append(text.format(scored=f"{run.scored:,}", rows=f"{run.about.rows:,}"))
    if labelled and not run.compared:
        parts.append(
            _(
                "negations, phrases, near-duplicates and labels in doubt are found once all rows "
                "are scored"
            )
        )
    st.caption(" · ".join(parts))


def _tag(run: Run, lift, labelled: bool, key: str) -> None:
    """A tag: a button that leads to its texts, its numbers, what it means."""
    from attnviz.charts.causes import number
    from attnviz.inspection.sentences import percent

    cause = CAUSES[lift.tag]
    chosen = Filter(outcome="wrong" if labelled else None, tags=(lift.tag,))
    count = lift.wrong if labelled else lift.count
    with st.container(key=f"{key}-{lift.tag}", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"{_(cause.title)} · {count:,}",
                key=f"{key}-open-{lift.tag}",
                on_click=choose_filter,
                args=(run, chosen, "queue"),
                disabled=not count,
                help=_("Show these texts in the queue"),
            )
            if lift.lift is not None:
                low, high = map(number, lift.interval)
                st.markdown(
                    _(
                        "{wrong} of the mistakes, {right} of the correct texts: "
                        "**{lift} ×** ({low} to {high})"
                    ).format(
                        wrong=percent(lift.wrong_share),
                        right=percent(lift.right_share),
                        lift=number(lift.lift),
                        low=low,
                        high=high,
                    ),
                    width="content",
                )
        said = [_(cause.says), _("Evidence: {where}.").format(where=_(cause.evidence))]
        if cause.at_mistakes:
            said.append(
                _(
                    "Only mistakes have the tag; the lift compares how often the same holds at "
                    "correct texts, where it is no error."
                )
            )
        if cause.tested:
            text = _("Correct texts that were tested: {count}.")
            said.append(text.format(count=f"{lift.right_texts:,}"))
        if lift.tag == "suspect" and (doubt := too_sure(run)):
            said.append(doubt)
        st.caption(escape_markdown(" ".join(said)))


def _unknown(run: Run) -> None:
    """The tags that a run of an older version says nothing of."""
    from attnviz.inspection.lift import unmeasured

    if unknown := unmeasured(run):
        text = _(
            "Not known, since an older version scored this file: {titles}. Delete the run and "
            "score the file again."
        )
        titles = ", ".join(_(CAUSES[tag].title) for tag in unknown)
        st.caption(escape_markdown(text.format(titles=titles)))


def too_sure(run: Run) -> str | None:
    """A sentence where the model is too sure of itself on this file to doubt the labels."""
    temperature = float(run.later_note("temperature") or 1)
    if temperature < TOO_SURE:
        return None
    return _(
        "On this file the model is too sure of itself (see Overview), so its probabilities were "
        "flattened (temperature {temperature}) and a label is doubted only where it is surest."
    ).format(temperature=f"{temperature:.2f}")


def _twin(lifts: list, labelled: bool, key: str) -> None:
    """The same numbers as a plain table."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    columns = {_("Tag"): [_(CAUSES[lift.tag].title) for lift in lifts]}
    columns[_("Texts with it")] = [lift.count for lift in lifts]
    if labelled:
        columns[_("Mistakes with it")] = [lift.wrong for lift in lifts]
        columns[_("Correct texts with it")] = [lift.right for lift in lifts]
        columns[_("Share of the mistakes")] = [lift.wrong_share for lift in lifts]
        columns[_("Share of the correct texts")] = [lift.right_share for lift in lifts]
        columns[_("Lift")] = [lift.lift for lift in lifts]
        intervals = [lift.interval or (None, None) for lift in lifts]
        columns[_("Interval from")] = [low for low, _high in intervals]
        columns[_("Interval to")] = [high for _low, high in intervals]
    shares = [_("Share of the mistakes"), _("Share of the correct texts")]
    expander.dataframe(**even(pd.DataFrame(columns), shares), width="stretch", hide_index=True)
