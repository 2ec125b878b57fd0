"""The trust check on a page: do the weights of this text matter to the answer, and in others?"""

from dataclasses import replace

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.evidence.trust import SAME, Trust
from attnviz.panels import Panel, row_labels
from attnviz.panels.panel import panel_of
from attnviz.trace import Trace
from attnviz.ui.components import background
from attnviz.ui.components.explanations import screen, trust_details, trust_sample
from attnviz.ui.components.explanations.trust_parts import NOTHING, verdict_line, why_line
from attnviz.ui.components.explanations.trust_tests import tests_html
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.state import loaded_classifier, weights_version
from attnviz.ui.translation import explain_error

UNASKED = 100  # tokens; longer texts take seconds, and are asked about first
SCOPES = {"text": N_("This text"), "sample": N_("A sample of texts")}


def fits(trace: Trace) -> bool:
    """Whether two answers have a distance: those of a forecast are no probabilities, and a tagger
    has one answer for each position."""
    return trace.task == "classify"


def show(folder: str, trace: Trace, key: str) -> None:
    """The verdict and its tests: for this text, or over a sample. A network without attention, or
    a text whose weights are all alike, has two lines alone."""
    if trace.pooling != "attention":
        line, why = NOTHING[trace.pooling]
        screen.verdict(_(line), _(why), key)
        screen.table(trace, screen.beside(trace), key)
        return
    scope = "text" if trace.text is None else _choose_scope(key)  # a sample is one of texts
    try:
        if scope == "sample":
            trust_sample.show(folder, f"{key}-sample")
        else:
            _one_text(folder, trace, key)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")


def _choose_scope(key: str) -> str:
    with screen.options(key):
        return st.segmented_control(
            _("Checked"),
            list(SCOPES),
            default="text",
            required=True,
            format_func=lambda name: _(SCOPES[name]),
            key=f"{key}-scope",
        )


def _one_text(folder: str, trace: Trace, key: str) -> None:
    record = _checked(folder, trace, key)
    labels = row_labels(trace)
    if record is not None:
        screen.verdict(verdict_line(record), why_line(record, labels), key)
    if record is None or not record.verdict.reasons:
        screen.table(trace, screen.beside(trace), key)
        return
    left, right = st.columns([43, 57], gap="medium")
    with left:
        screen.table(trace, _panels(record, trace), key)
    with right:
        st.html(tests_html(record))
        trust_details.show(record, trace, key)


def _panels(record: Trust, trace: Trace) -> list[Panel]:
    """Attention, another one with the same prediction, and what is lost without each token."""
    own = screen.beside(trace, ("attention",))
    attention, alike = own[0], record.adversarial
    if alike is not None:
        other = alike.mean(axis=1, keepdims=True)
        own.append(
            replace(
                attention,
                key="attention/other",
                title=_("Another one"),
                values=other,
                columns=("0",),
                low=0.0,
                high=max(float(other.max()), attention.high),
                level=None,
            )
        )
    lost = record.leave_one_out[:, None]
    most = max(float(lost.max()), SAME)
    title = _("Without it")
    own.append(panel_of("lost", title, lost, ("0",), False, "bars", whole=True, named=SAME))
    own[-1] = replace(own[-1], low=0.0, high=most)
    return own


def _checked(folder: str, trace: Trace, key: str) -> Trust | None:
    """The check, kept for the session; None until it has been asked for and made."""
    from attnviz.explain.trust import trust_check

    about = (folder, weights_version(folder), trace.identity)
    long = len(trace.tokens) > UNASKED
    if long and not background.is_asked("trust", about) and not _wanted(len(trace.tokens), key):
        return None
    return background.asked(
        "trust",
        about,
        lambda progress: trust_check(loaded_classifier(folder), trace, progress=progress),
        _("Altering the attention…"),
        _("Check"),
        key,
    )


def _wanted(tokens: int, key: str) -> bool:
    """Whether the check of a text that takes long was asked for just now."""
    place = st.empty()
    with place.container():
        st.markdown(
            _(
                "The check reads the text again without each of its tokens ({count}), and "
                "up to a thousand times more with some of them. That can take a minute."
            ).format(count=tokens)
        )
        wanted = st.button(_("Check"), key=f"{key}-check", type="primary")
    if wanted:
        place.empty()
    return wanted
