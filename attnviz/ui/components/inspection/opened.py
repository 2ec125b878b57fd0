"""One text of a run, open: its truth beside its prediction, its tags, its mark, the network."""

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.explain.answer import answer as summarize
from attnviz.folders import weights_digest
from attnviz.runs import CAUSES, Run
from attnviz.trace import Trace
from attnviz.ui.components import answer, depths, language_line, long_text, trace_view
from attnviz.ui.components.inspection import evidence_tests, marking, order
from attnviz.ui.components.inspection.chosen import Opened, open_row
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.state import read_text, weights_version
from attnviz.ui.translation import _, escape_markdown, explain_error

SHOWN_CHARACTERS = 20_000
CHANGED = N_(
    "The model in {folder} has changed since this file was scored: what stands below is what it "
    "says now."
)


def show(run: Run, opened: Opened, place: str, key: str) -> None:
    """The text with all that is known of it; the model is needed for what lies inside alone."""
    found = order.text_of(run, opened.row)
    if found is None:
        text = _("This run has no row {row}.").format(row=opened.row)
        st.warning(text, icon=":material/info:")
        return
    _follow(run, opened, key)
    text = found["text"] or ""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-head"):
        line = _("Line {line}").format(line=found["line"])
        st.markdown(f"#### {line} :small[:gray[· {place}]]", width="content")
        st.markdown(_verdict(run, found), width="content")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _text(text)
        _tags(run, found, key)
        tests = st.container(key=f"{key}-tests")
        marking.show(run, opened.row, _likely(found), key)
    try:
        with right, st.spinner(_("Opening the model…")):
            trace = read_text(run.about.model, text)
        with right:
            trace = _summary(run, trace, key)
        with tests:
            evidence_tests.show(run, found, len(trace.tokens))
        depths.show(run.about.model, trace, key=key)
    except AttnvizError as error:
        right.warning(explain_error(error), icon=":material/info:")


def _text(text: str) -> None:
    st.container(height=150).text(text[:SHOWN_CHARACTERS])
    if len(text) > SHOWN_CHARACTERS:
        st.caption(
            _("The first {shown} of {all} characters").format(
                shown=f"{SHOWN_CHARACTERS:,}", all=f"{len(text):,}"
            )
        )


def _summary(run: Run, trace: Trace, key: str) -> Trace:
    """What the model says now, with a word where it is another by now; the trace to look into."""
    folder = run.about.model
    if _digest(folder, weights_version(folder)) != run.about.weights:
        said = _(CHANGED).format(folder=escape_markdown(folder))
        st.warning(said, icon=":material/info:")
    window = long_text.choose_window(folder, trace, key=key)
    answer.block(window, summarize(window), of_window=window is not trace)
    trace_view.warnings(window)
    language_line.of_text(folder, trace.text)
    return window


def _follow(run: Run, opened: Opened, key: str) -> None:
    """A row that was opened for its evidence opens there, once."""
    if st.session_state.get(f"{key}-followed") is opened:
        return
    st.session_state[f"{key}-followed"] = opened
    if opened.question is not None or opened.token is not None:
        _lead(key, opened.question, opened.token)


def _lead(key: str, question: str | None, token: int | None) -> None:
    """To a cause's evidence; the tokens of a long text are counted in its first window."""
    for name in [name for name in st.session_state if str(name).startswith(f"{key}-window-")]:
        del st.session_state[name]
    depths.go_to(key, question, token)


def _verdict(run: Run, found: dict) -> str:
    """The true class beside the predicted, with the probability of each."""
    parts = []
    if run.about.label_map:
        parts.append(_truth(found))
    if (predicted := _known(found["predicted"])) is None:
        parts.append(_("not scored, or nothing to read"))
    else:
        colour = {"wrong": "orange", "right": "green"}.get(_known(found["outcome"]), "blue")
        label = escape_markdown(label_name(predicted))
        said = _("Predicted: **{label}** {share}").format(
            label=label, share=f"{found['confidence']:.1%}"
        )
        parts.append(f":{colour}-badge[{said}]")
    return " ".join(parts)


def _truth(found: dict) -> str:
    raw = (_known(found["label"]) or "").strip()
    if (truth := _known(found["truth"])) is None:
        said = _("True class: “{raw}”, which the model does not know").format(
            raw=escape_markdown(raw[:80])
        )
        return f":gray-badge[{said if raw else _('No label')}]"
    share = _known(found["p_truth"])
    said = _("True class: **{label}** {share}").format(
        label=escape_markdown(label_name(truth)), share="" if share is None else f"{share:.1%}"
    )
    return f":blue-badge[{said}]"


def _likely(found: dict) -> str | None:
    """The label that a relabelled text will have most likely."""
    predicted = _known(found["predicted"])
    right = predicted is not None and predicted == _known(found["truth"])
    return _known(found["runner"]) if right else predicted


def _known(value: object) -> object:
    """None for pandas' many ways to say nothing."""
    return None if value is None or value != value else value


def _tags(run: Run, found: dict, key: str) -> None:
    """A button for each tag; it leads to the evidence, or to the near-duplicate."""
    if not len(found["tags"]):
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-tags"):
        for tag in found["tags"]:
            cause = CAUSES[tag]
            token = None if cause.row is None else _known(found.get(cause.row))
            st.button(
                _(cause.title),
                on_click=_lead,
                args=(key, cause.question, None if token is None else int(token)),
                help=_(cause.says),
                icon=":material/sell:",
                key=f"{key}-tag-{tag}",
            )
        if (other := _known(found["duplicate_of"])) is not None:
            st.button(
                _("Open the near-duplicate"),
                on_click=open_row,
                args=(run, Opened(int(other))),
                icon=":material/file_copy:",
                key=f"{key}-duplicate",
            )


@st.cache_data(show_spinner=False, max_entries=8)
def _digest(folder: str, version: int) -> str:
    return weights_digest(folder)
