"""The overview of a run: how good the predictions are, and where to look first."""

import json
import math
from html import escape

import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.overview import Overview
from attnviz.runs import Filter, Run
from attnviz.ui.components.downloads import download
from attnviz.ui.components.inspection import first_look, overview_parts, overview_tables
from attnviz.ui.components.inspection.chosen import Opened, choose_filter, open_row
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown, language

LISTED = 8  # texts of each kind
LABELS = 4  # of the file that are listed
GROWTH = 1.1  # while scoring goes on, counted again when there are so many times as many texts
BEGINNING = 90  # characters of a text on a button
UNUSUAL = {
    "unsure": (N_("Most unsure"), N_("The two likeliest classes are almost equally likely.")),
    "outlier": (N_("Most unusual"), N_("No other text of the file is like these.")),
}
"""Order of the texts → title, and what it means."""


def show(run: Run, key: str) -> None:
    """The numbers in a row, then charts, each with a sentence; the same as tables, and as JSON."""
    from attnviz.inspection.rematching import of_matching

    if not run.scored:
        st.info(_("No text is scored yet."), icon=":material/info:")
        return
    version = _version(run)
    with st.spinner(_("Counting…"), show_time=True):
        overview = _measured(str(run.folder), version)
    names = overview_parts.names_of(overview)
    if doubted := of_matching(overview, run.about.label_map, names, _):
        st.warning(escape_markdown(doubted), icon=":material/swap_horiz:")
    if overview.labelled:
        _labelled(run, overview, version, key)
    else:
        _unlabelled(run, overview, version, key)
    overview_tables.twin(overview, names, key)
    _download(run, overview, key)


def _version(run: Run) -> tuple:
    """What the numbers depend on, beside the run's folder."""
    about = run.about
    scored = run.scored
    step = scored if scored == about.rows else f"~{int(math.log(scored, GROWTH))}"
    return (
        step,
        about.rows,
        about.created,
        about.label_column,
        tuple(sorted(about.label_map.items())),
    )


@st.cache_resource(show_spinner=False, max_entries=8)
def _measured(folder: str, version: tuple) -> Overview:
    from attnviz.inspection.metrics import metrics

    return metrics(Run.open(folder))


def _labelled(run: Run, overview: Overview, version: tuple, key: str) -> None:
    """The answer in a line, the confusion beside what to look at first, the charts folded."""
    asked = (str(run.folder), version, overview.scored, language())
    _headline(run, overview, key)
    st.caption(" · ".join([_columns_taken(run, overview), *_gaps(overview)]))
    left, right = st.columns([9, 17], gap="large", border=False)
    with left, st.container(key=f"{key}-taken", gap="small"):
        st.markdown("## " + _("What is taken for what"))
        overview_parts.confusion(run, overview, asked, key)
    with right, st.container(key=f"{key}-first", gap="small"):
        st.markdown("## " + _("What to look at first"))
        first_look.show(run, key)
    overview_parts.folded(run, overview, asked, key)


def _gaps(overview: Overview) -> list[str]:
    from attnviz.inspection.sentences import of_gaps

    return of_gaps(overview, _)


def _headline(run: Run, overview: Overview, key: str) -> None:
    """Accuracy with its interval, mistakes, and the baseline, in one line."""
    from attnviz.inspection.sentences import interval, of_accuracy, percent

    right = _("right")
    around = _("95% interval {interval}").format(interval=interval(overview.interval))
    mistakes = _("Mistakes: {count}").format(count=f"{overview.mistakes:,}")
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-headline"):
        st.html(
            f'<div class="accuracy"><strong>{percent(overview.accuracy)}</strong> '
            f"<b>{escape(right)}</b> <small>{escape(around)}</small> "
            f"<span>{escape(of_accuracy(overview, _))}</span> <b>{escape(mistakes)}</b></div>"
        )
        st.button(
            _("Read the mistakes"),
            on_click=choose_filter,
            args=(run, Filter(outcome="wrong"), "queue"),
            key=f"{key}-mistakes",
            type="primary",
            icon=":material/arrow_forward:",
            disabled=not overview.mistakes,
        )


def _columns_taken(run: Run, overview: Overview) -> str:
    """Which columns were read, and what each label of the file stands for; Markdown."""
    about = run.about
    support = dict(zip(overview.labels, overview.support.tolist(), strict=True))
    pairs = [(raw, label) for raw, label in about.label_map.items() if label]
    said = ", ".join(
        (raw if raw == label else f"{raw} → {label_name(label)}") + f" ({support.get(label, 0):,})"
        for raw, label in pairs[:LABELS]
    )
    rest = f" +{len(pairs) - LABELS}" if len(pairs) > LABELS else ""
    text = _("Text: **{text}** · Labels: **{column}**: {labels}").format(
        text=escape_markdown(about.text_column),
        column=escape_markdown(about.label_column or ""),
        labels=escape_markdown(said + rest),
    )
    return text


def _unlabelled(run: Run, overview: Overview, version: tuple, key: str) -> None:
    """What the model says, how sure it is, and the texts that it is unsure of or does not know."""
    asked = (str(run.folder), version, overview.scored, language())
    for said in _gaps(overview):
        st.caption(said)
    st.markdown(
        _(
            "Texts without a label that the model knows: {count}. So there are no mistakes to "
            "count."
        ).format(count=f"{overview.scored:,}")
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("## " + _("What the model says"))
        overview_parts.predictions(overview, asked, key)
    with right:
        st.markdown("## " + _("How sure it is"))
        overview_parts.histogram(overview, asked, key)
    texts = _unusual(str(run.folder), (version, run.compared))
    for column, (order, rows) in zip(st.columns(2, gap="medium"), texts.items(), strict=False):
        title, meaning = UNUSUAL[order]
        with column:
            st.markdown("## " + _(title))
            st.caption(_(meaning))
            for row, text, predicted, confidence in rows:
                said = f"{escape_markdown(label_name(predicted))} {confidence:.0%}"
                st.button(
                    f"**{said}** · {escape_markdown(text)}",
                    on_click=open_row,
                    args=(run, Opened(row)),
                    key=f"{key}-{order}-{row}",
                    width="stretch",
                )


@st.cache_data(show_spinner=False, max_entries=8)
def _unusual(folder: str, version: tuple) -> dict[str, list[tuple]]:
    """Order → row, beginning of the text, prediction and its probability, of a few texts."""
    run, found = Run.open(folder), {}
    columns = f"row, left(text, {BEGINNING}) AS text, predicted, confidence, outlier, margin"
    for order, measure in (("unsure", "margin"), ("outlier", "outlier")):
        page = run.page(sort=order, most=LISTED, columns=columns).dropna(subset=[measure])
        rows = page[["row", "text", "predicted", "confidence"]].values.tolist()
        if rows:
            found[order] = [(int(row), " ".join(text.split()), *rest) for row, text, *rest in rows]
    return found


def _download(run: Run, overview: Overview, key: str) -> None:
    from attnviz.evidence import to_plain

    download(
        _("Metrics (JSON)"),
        lambda: json.dumps(to_plain(overview), ensure_ascii=False, allow_nan=False),
        f"{run.folder.name}-metrics.json",
        "application/json",
        f"{key}-json",
    )
