"""One text of a run, open: its truth and prediction, the shaded text, its tags, the network."""

from html import escape

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.explain.answer import answer as summarize
from attnviz.folders import weights_digest
from attnviz.inspection.checks import DECIDES
from attnviz.runs import CAUSES, Run
from attnviz.trace import Trace
from attnviz.ui.components import answer, language_line, long_text, questions, trace_view
from attnviz.ui.components.inspection import evidence_tests, opened_sample, text_list
from attnviz.ui.components.inspection.chosen import Opened, open_row
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.state import choose_model, choose_text, read_text, weights_version
from attnviz.ui.translation import _, escape_markdown, explain_error

SHOWN_CHARACTERS = 20_000
CHANGED = N_(
    "The model in {folder} has changed since this file was scored: what stands below is what it "
    "says now."
)
EXPLORE = "attnviz/ui/pages/explore.py"
OUTCOMES = {"wrong": ("✕", N_("wrong")), "right": ("✓", N_("right"))}


def show(run: Run, opened: Opened, found: dict, place: str, key: str) -> None:
    """The text with all that is known of it (`order.text_of`); the model is needed for what lies
    inside alone."""
    _follow(run, opened, key)
    text = found["text"] or ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-head"):
        st.html(_head(run, found, place), width="content")
        st.space("stretch")
        st.button(
            _("Open in Explore"),
            on_click=opened_sample.to_explore if run.about.of_samples else _to_explore,
            args=(run, opened.row) if run.about.of_samples else (run, text),
            type="tertiary",
            icon=":material/open_in_new:",
            key=f"{key}-explore",
        )
    if st.session_state.pop(opened_sample.EXPLORE, False):
        st.switch_page(EXPLORE)
    try:
        with st.spinner(_("Opening the model…")):
            if run.about.of_samples:
                trace = opened_sample.read(run, opened.row)
            else:
                trace = read_text(run.about.model, text)
    except AttnvizError as error:
        _plain(text)
        st.warning(explain_error(error), icon=":material/info:")
        _tags(run, found, [], key)
        return
    try:
        _say_if_changed(run)
        if run.about.of_samples:
            opened_sample.answer(run, opened.row, trace)
            checks = []
        else:
            trace = _answer(run, trace, key)
            checks = evidence_tests.checks(run, found, len(trace.tokens))
        _tags(run, found, checks, key)
        questions.show(run.about.model, trace, key=key, in_sight=0)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")


def _plain(text: str) -> None:
    """The text without the network."""
    st.text(text[:SHOWN_CHARACTERS])
    if len(text) > SHOWN_CHARACTERS:
        st.caption(
            _("The first {shown} of {all} characters").format(
                shown=f"{SHOWN_CHARACTERS:,}", all=f"{len(text):,}"
            )
        )


def _say_if_changed(run: Run) -> None:
    folder = run.about.model
    if _digest(folder, weights_version(folder)) != run.about.weights:
        said = _(CHANGED).format(folder=escape_markdown(folder))
        st.warning(said, icon=":material/info:")


def _answer(run: Run, trace: Trace, key: str) -> Trace:
    """The shaded text and why the model says what it says; the trace to look into."""
    folder = run.about.model
    window = long_text.choose_window(folder, trace, key=key)
    result = summarize(window)
    answer.shaded_text(window, result, key=f"{key}-shaded")
    st.html(answer.why(window, result))
    trace_view.warnings(window)
    language_line.of_text(folder, trace.text)
    return window


def _to_explore(run: Run, text: str) -> None:
    """Explore with this text in its field, and with the model of the run."""
    choose_model(run.about.model)
    choose_text(text, editing=True)
    st.session_state[opened_sample.EXPLORE] = True


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
    questions.go_to(key, question, token)


def _head(run: Run, found: dict, place: str) -> str:
    """The line, the label beside the prediction with its probability, and whether that is right."""
    line = escape(_("Line {line}").format(line=found["line"]))
    parts = [f'<span role="heading" aria-level="2" class="at">{line}</span>', _small(place)]
    if run.about.label_map:
        parts += [_small(_("label")), _truth(run, found), _small("→")]
    if (predicted := known(found["predicted"])) is None:
        parts.append(_small(_("not scored, or nothing to read")))
    else:
        parts += [_small(_("model")), _class(run, predicted, f"{found['confidence']:.1%}")]
    if outcome := known(found["outcome"]):
        sign, said = OUTCOMES[outcome]
        parts.append(f'<span class="outcome">{sign} {escape(_(said))}</span>')
    return f'<div class="opened-head">{" ".join(parts)}</div>'


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>"


def _truth(run: Run, found: dict) -> str:
    """The true class; a label that the model does not know stands as it is."""
    if (truth := known(found["truth"])) is not None:
        share = known(found["p_truth"])
        return _class(run, truth, "" if share is None else _small(f"{share:.1%}"))
    raw = (known(found["label"]) or "").strip()
    said = _("“{raw}”, which the model does not know").format(raw=raw[:80])
    return _small(said if raw else _("none"))


def _class(run: Run, name: str, share: str) -> str:
    hue = text_list.class_hue(run.about.labels, name)
    style = f' style="color: {hue}"' if hue else ""
    return f"<strong{style}><bdi>{escape(label_name(name))}</bdi> {share}</strong>"


def likely(found: dict) -> str | None:
    """The label that a relabelled text will have most likely."""
    predicted = known(found["predicted"])
    right = predicted is not None and predicted == known(found["truth"])
    return known(found["runner"]) if right else predicted


def known(value: object) -> object:
    """None for pandas' many ways to say nothing."""
    return None if value is None or value != value else value


def _tags(run: Run, found: dict, checks: list, key: str) -> None:
    """What decides, then each tag with what its test came to; a tag leads to its evidence."""
    with st.container(key=f"{key}-tags", gap=None):
        decisive = [check for check in checks if check.tag == DECIDES]
        if decisive:
            said = "  \n".join(map(evidence_tests.line, decisive))
            with _row(f"{key}-row-decides"):
                st.caption(_("What decides"), width="content")
                st.caption(said)
        for tag in found["tags"]:
            _tag(run, found, tag, [check for check in checks if check.tag == tag], key)


def _row(key: str):
    return st.container(horizontal=True, vertical_alignment="top", gap="small", key=key)


def _tag(run: Run, found: dict, tag: str, checks: list, key: str) -> None:
    cause = CAUSES[tag]
    token = None if cause.row is None else known(found.get(cause.row))
    with _row(f"{key}-row-{tag}"):
        st.button(
            escape_markdown(text_list.tag_name(tag, found)),
            on_click=_lead,
            args=(key, cause.question, None if token is None else int(token)),
            help=_(cause.says),
            type="tertiary",
            key=f"{key}-tag-{tag}",
        )
        tested = "  \n".join(map(evidence_tests.line, checks))
        st.caption(tested or escape_markdown(_(cause.says)))
        other = known(found["duplicate_of"]) if tag == "duplicate" else None
        if other is not None:
            st.button(
                _("Open the near-duplicate"),
                on_click=open_row,
                args=(run, Opened(int(other))),
                type="tertiary",
                icon=":material/file_copy:",
                key=f"{key}-duplicate",
            )


@st.cache_data(show_spinner=False, max_entries=8)
def _digest(folder: str, version: int) -> str:
    return weights_digest(folder)
