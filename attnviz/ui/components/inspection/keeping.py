"""What a click should keep and cannot, on a full disk or in a folder that may only be read.

Nothing is half kept then; the page says so in one line, where the click was.
"""

from collections.abc import Callable
from functools import wraps

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.ui.translation import _, explain_error

KEY = "not-kept"  # in the session: place → why


def keeping(place: str, change: Callable) -> Callable:
    """The callback `change`, whose failure `say_failure` says in the same place."""

    @wraps(change)
    def tried(*arguments: object) -> None:
        try:
            change(*arguments)
        except AttnvizError as error:
            said = _("Nothing was kept. {reason}").format(reason=explain_error(error))
            st.session_state.setdefault(KEY, {})[place] = said

    return tried


def say_failure(place: str) -> None:
    """Why the last click there kept nothing, once."""
    if said := st.session_state.get(KEY, {}).pop(place, None):
        st.error(said, icon=":material/error:")
