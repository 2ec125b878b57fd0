"""By what the words of the shaded text are shaded: their votes, or another attribution."""

from dataclasses import dataclass

import streamlit as st

from attnviz.colours import OTHERS
from attnviz.errors import N_, AttnvizError
from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.trace import Trace
from attnviz.ui.components import background
from attnviz.ui.state import loaded_classifier, weights_version
from attnviz.ui.translation import _, explain_error

CHOICE = "shaded-by"  # in the session: a key of `TITLES`
VOTES = "votes"
UNASKED = 100  # tokens; of longer texts, what takes seconds waits to be asked for
CHEAP = 10  # passes over the text
GREY = f"light-dark({OTHERS['light']}, {OTHERS['dark']})"
WHAT = N_(
    "Votes: what each word’s positions add to the lead. The other methods explain the logit of "
    "the predicted class; “Which words count?” compares them."
)


@dataclass(frozen=True)
class Shade:
    """Scores of the words by another method than the votes: `title` is its name for a person."""

    method: str
    title: str
    words: tuple[float, ...]

    @property
    def signed(self) -> bool:
        """Whether a score speaks for or against the class; attention does neither."""
        return self.method != "attention"


def choose() -> None:
    """The methods, behind a quiet button."""
    with st.popover(_("Shading"), type="tertiary", key="shading-menu"), st.container(width=320):
        st.radio(
            _("Words shaded by"),
            [VOTES, *(name for name in TITLES if name != VOTES)],
            format_func=lambda name: _(TITLES[name]),
            key=CHOICE,
            persist_state="session",
        )
        st.caption(_(WHAT))


def chosen(folder: str, trace: Trace, key: str) -> Shade | None:
    """The scores that the person asked for; None for votes, and until the scores are there."""
    method = st.session_state.get(CHOICE, VOTES)
    if method == VOTES or method not in TITLES:
        return None
    try:
        record = _scores(folder, trace, method, key)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")
        return None
    if record is None:
        return None
    from attnviz.explain.attributions import word_scores

    words = word_scores(trace, method, record.scores[method])
    return Shade(method, _(TITLES[method]), tuple(words.tolist()))


def _scores(folder: str, trace: Trace, method: str, key: str) -> Attributions | None:
    """Of the predicted class; None while they are computed, or wait to be asked for."""
    from attnviz.explain.attributions import COSTS, attribute

    about = (folder, weights_version(folder), trace.identity, method)
    long = len(trace.tokens) > UNASKED and COSTS[method](trace) > CHEAP
    if long and not background.is_asked("shading", about):
        asked = _("Shade a text this long by {method}: that can take a minute.")
        place = st.empty()
        if not place.button(asked.format(method=_(TITLES[method])), key=f"{key}-shade"):
            return None
        place.empty()
    return background.asked(
        "shading",
        about,
        lambda progress: attribute(
            loaded_classifier(folder), trace, methods=[method], progress=progress
        ),
        _("Reading the text again and again…"),
        _("Compute"),
        f"{key}-shading",
    )
