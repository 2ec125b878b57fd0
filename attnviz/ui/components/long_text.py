"""A text that is longer than the model reads at once: which window of it the page shows."""

import hashlib

import numpy as np
import streamlit as st

from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.state import (
    KEPT,
    keep_latest,
    loaded_classifier,
    read_text,
    read_windows,
    weights_version,
)
from attnviz.ui.translation import _, escape_markdown

AT_ONCE = 24  # windows that are read unasked: about two seconds of 1,024 tokens each


def choose_window(folder: str, trace: Trace, key: str) -> Trace:
    """The trace of the window that the user chose; `trace` itself where it reads the whole text.

    Says how many windows there are, where this one lies, and what all of them say together.
    """
    if not trace.truncated:
        return trace
    text = trace.text
    found = read_windows(folder, text)
    version = (folder, str(weights_version(folder)), text)
    digest = hashlib.sha256("\0".join(version).encode("utf-8", "replace")).hexdigest()[:16]
    names = [f"{window.first + 1:,}–{window.last:,}" for window in found]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = menus.selectbox(
            _("Window (tokens)"),
            range(len(found)),
            format_func=lambda number: f"{number + 1}/{len(found)} · {names[number]}",
            key=f"{key}-window-{digest}",
            width=220,
        )
        st.caption(
            _(
                "The text has {total} tokens and the model reads at most {most} at once, so it is "
                "read in {count} overlapping windows, each by itself. Below is window {number}: "
                "tokens {place}."
            ).format(
                total=f"{found[-1].last:,}",
                most=f"{len(trace.tokens):,}",
                count=len(found),
                number=number + 1,
                place=names[number],
            )
        )
    _verdict(folder, text, found, digest)
    return read_text(folder, text[found[number].start : found[number].end])


def _verdict(folder: str, text: str, found: list, digest: str) -> None:
    """What the windows say, each and together: predicted once, with progress."""
    known = st.session_state.setdefault("window_probabilities", {})
    if digest not in known:
        if len(found) > AT_ONCE and not st.button(
            _("Read all {count} windows").format(count=len(found)), key=f"read-{digest}"
        ):
            return
        bar = st.progress(0.0, _("Reading all windows…"))
        done = []

        def progress(count: int) -> None:
            done.append(count)
            bar.progress(min(1.0, sum(done) / len(found)), _("Reading all windows…"))

        parts = [text[window.start : window.end] for window in found]
        known[digest] = loaded_classifier(folder).predict(parts, 4, progress).probabilities
        keep_latest(known, KEPT)
        bar.empty()
    _say(loaded_classifier(folder).labels, found, known[digest])


def _say(labels: tuple[str, ...], found: list, probabilities: np.ndarray) -> None:
    from attnviz.windows import together

    read = ~np.isnan(probabilities[:, 0])
    whole = together([w for w, seen in zip(found, read, strict=True) if seen], probabilities[read])
    best, winners = int(whole.argmax()), probabilities[read].argmax(axis=1)
    st.markdown(
        _(
            "**All windows together: {label}, {share}** (mean over the windows, each by the "
            "tokens that it adds). Windows that say so by themselves: {agreeing} of {count}."
        ).format(
            label=escape_markdown(label_name(labels[best])),
            share=f"{whole[best]:.1%}",
            agreeing=int((winners == best).sum()),
            count=len(found),
        )
    )
