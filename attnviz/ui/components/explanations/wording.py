"""What the questions speak of: tokens, words and texts, or steps and samples where no text is read.

The texts are written, and translated, for texts. Of a sample the same sentences hold with the words
exchanged, so they are exchanged in what is about to be shown, before its fields are filled.
"""

import re

import streamlit as st

from attnviz.trace import Trace
from attnviz.ui import translation

OF_STEPS = "questions-of-steps"  # in the session: whether the trace on the page is of a sample
FIELD = re.compile(r"(\{[^{}]*\})")  # what a template fills in stays
EXCHANGED = {
    "en": (
        (r"\bOne token\b", "One step"),
        (r"(?<!\\)\b([Tt])oken", lambda match: "Step" if match[1] == "T" else "step"),
        (r"(?<!\\)\b([Ww])ord", lambda match: "Step" if match[1] == "W" else "step"),
        (r"(?<!\\)\b([Tt])ext", lambda match: "Sample" if match[1] == "T" else "sample"),
        (r"\b([Dd])elet", lambda match: match[1].replace("D", "Blank").replace("d", "blank")),
        (r"\bRemoving\b", "Blanking"),
    ),
    "zh": (
        ("[每各](个)?词元?", "每一步"),
        ("(一个|单个)词元?", "一步"),
        ("个?词元|个?词", "步"),
        ("文本", "样本"),
        ("删除|移除", "清空"),
    ),
}
"""Language → what is exchanged for what, in this order."""


def note(trace: Trace) -> None:
    """Speak of this trace from now on."""
    st.session_state[OF_STEPS] = trace.text is None


def _(text: str) -> str:
    """A text in the current language, of steps where the trace on the page is of a sample."""
    said = translation._(text)
    return of_steps(said) if st.session_state.get(OF_STEPS) else said


def of_steps(said: str) -> str:
    """A text of ours in the current language with tokens and words exchanged for steps."""
    parts = FIELD.split(said)
    for pattern, other in EXCHANGED[translation.language()]:
        parts[::2] = [re.sub(pattern, other, part) for part in parts[::2]]
    return "".join(parts)


def language() -> str:
    """The current language as a key for what is kept in its words."""
    return translation.language() + (" of steps" if st.session_state.get(OF_STEPS) else "")
