"""A sample made on the page: a picture drawn on a pad, a word spoken into the microphone."""

import hashlib
from base64 import b64decode

import numpy as np
import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.kinds import PICTURE_INPUTS
from attnviz.samples import Sample
from attnviz.samples.sound import channels
from attnviz.ui.components.entrances import brought, drawing_pad
from attnviz.ui.state import settings_of
from attnviz.ui.translation import _

SPOKEN, DRAWN = "sample-spoken", "sample-drawn"  # in the session: what was taken last


def ways(folder: str) -> None:
    """The pad for a model that reads pictures, the microphone for one that reads sound."""
    settings = settings_of(folder)
    if brought.input_of(folder) in PICTURE_INPUTS and brought.input_of(folder) != "frames":
        with st.popover(_("Draw"), key="sample-draw"):
            _pad(folder, tuple(settings.get("picture", (8, 8, 1))))
    if _hears(settings):
        with st.popover(_("Speak"), key="sample-speak"):
            _microphone(folder)


def _hears(settings: dict) -> bool:
    named = tuple(settings.get("channels", ()))
    return settings.get("front_end") == "log_mel" or named == channels()


def _pad(folder: str, shape: tuple[int, ...]) -> None:
    drawn = drawing_pad.show(*shape[:2], key=f"pad-{shape[0]}-{shape[1]}")
    if not drawn or st.session_state.get(DRAWN) == drawn:
        return
    st.session_state[DRAWN] = drawn
    pixels = np.frombuffer(b64decode(drawn), np.uint8)
    if pixels.size != shape[0] * shape[1]:
        return
    values = pixels.reshape(shape[0], shape[1], 1)
    brought.choose(folder, ("made", _("Drawn by you"), Sample(values)))
    st.session_state[brought.FAILED] = None


def _microphone(folder: str) -> None:
    recording = st.audio_input(_("Say it, then stop the recording"), key="sample-microphone")
    if recording is None:
        return
    data = recording.getvalue()
    digest = hashlib.blake2b(data, digest_size=8).hexdigest()
    if st.session_state.get(SPOKEN) == digest:
        return
    st.session_state[SPOKEN] = digest
    st.session_state[brought.FAILED] = None
    try:
        file = brought.read("recording.wav", data, "series")
    except AttnvizError as error:
        st.session_state[brought.FAILED] = error
        return
    brought.choose(folder, ("made", _("Spoken by you"), file.samples[0]))
