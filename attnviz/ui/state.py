"""What a session remembers, and what all sessions share: models, traces, the chosen model."""

import gc
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.folders import PRETRAINED, check_folder, example_path, find_models
from attnviz.trace import Trace

FIELD = "text-field"  # in the session: what is being typed
EDITING = "editing"  # in the session: whether there is a field to type in
KEPT = 4  # traces of a session: the last text, and the windows of a long one that were opened


@st.cache_data(ttl=10, show_spinner=False)
def models_at_hand() -> list[str]:
    """Paths of the model folders in `pretrained/`: `en-sentiment` first, as the door to the app,
    then by name, groups of models last; and behind them those in the folder in which the app was
    started, where `train` writes them."""
    found = find_models(PRETRAINED)
    grouped = [(path.parent != PRETRAINED, path.name != "en-sentiment", path) for path in found]
    nearby = [path for path in _models_nearby() if path not in found]
    return [str(path) for path in [*(path for *_, path in sorted(grouped)), *nearby]]


def _models_nearby() -> list[Path]:
    """Nothing that lies there may keep the pages from being drawn."""
    try:
        found = find_models(Path.cwd(), levels=1)
    except OSError:  # the folder has gone, or one in it may not be entered
        return []
    return [path for path in found if str(path).encode("utf-8", "replace").decode() == str(path)]


def models() -> list[str]:
    """Those at hand, and behind them those that the user opened from elsewhere."""
    opened = st.session_state.setdefault("own_models", [])
    return list(dict.fromkeys(models_at_hand() + opened))


def model_folder() -> str | None:
    """The model that the user chose in the frame; None while there is none to choose."""
    return st.session_state.get("model")


def choose_model(folder: str) -> None:
    """Choose a model for all pages; one that lies elsewhere is offered from now on."""
    st.session_state["model"] = folder
    if folder not in models():
        st.session_state["own_models"].append(folder)


def text() -> str | None:
    """The text that Explore shows; None before the first."""
    return st.session_state.get("text")


def choose_text(text: str, editing: bool = False) -> None:
    """Another text for Explore, in its field where it is to be edited."""
    st.session_state["text"] = text
    st.session_state[EDITING] = editing
    st.session_state.pop(FIELD, None)


def loaded_classifier(folder: str):
    """The model of a folder, opened once per process and again when its weights change.

    Raises
    ------
    ModelFolderError
        If it cannot be opened.
    """
    check_folder(folder)
    return _open_classifier(folder, weights_version(folder))


def settings_of(folder: str) -> dict:
    """The configuration of a model as its folder has it; empty where the folder cannot be read."""
    try:
        return _settings(folder, weights_version(folder))
    except AttnvizError:
        return {}


@st.cache_data(show_spinner=False, max_entries=32)
def _settings(folder: str, version: int) -> dict:
    return check_folder(folder)


def weights_version(folder: str) -> int:
    """A number that changes when a model is changed in its place; 0 where there is none."""
    paths = (Path(folder) / name for name in ("model.safetensors", "config.json"))
    return max((path.stat().st_mtime_ns for path in paths if path.is_file()), default=0)


@st.cache_resource(show_spinner=False, max_entries=3)
def _open_classifier(folder: str, version: int):
    from attnviz.classifier import Classifier

    classifier = Classifier.from_pretrained(folder)
    # Streamlit collects garbage after each run, which walks every object of torch: half a rerun.
    gc.freeze()
    return classifier


@st.cache_resource(show_spinner=False, max_entries=8)
def _stored_example(folder: str, version: int) -> Trace | None:
    try:
        return Trace.load(example_path(folder))
    except (AttnvizError, OSError):
        return None


def stored_example(folder: str) -> Trace | None:
    """The trace saved with a model, so that a picture stands before the model is loaded."""
    return _stored_example(folder, weights_version(folder))


def read_text(folder: str, text: str) -> Trace:
    """The trace of a text; the same text on the next rerun costs nothing.

    Raises
    ------
    AttnvizError
        If the model cannot be opened or the text holds nothing to read.
    """
    example = stored_example(folder)
    if example is not None and example.text == text:
        return example
    key = (folder, weights_version(folder), text)
    return remembered("traces", key, lambda: loaded_classifier(folder).trace(text))


def read_windows(folder: str, text: str) -> list:
    """The windows of a text that is longer than the model reads at once, found once."""
    from attnviz.windows import windows

    key = (folder, weights_version(folder), text)
    return remembered("windows", key, lambda: windows(loaded_classifier(folder), text))


def remembered(kind: str, key: tuple, find: Callable[[], object], most: int = KEPT):
    """What the session found lately for this key, or what `find` finds now.

    Of each kind the session keeps the `most` that were asked for last.
    """
    known = st.session_state.setdefault(kind, {})
    known[key] = known.pop(key) if key in known else find()  # the latest stands last
    keep_latest(known, most)
    return known[key]


def keep_latest(known: dict, most: int) -> None:
    """Drop all but the `most` entries that were put in last."""
    for old in list(known)[:-most]:
        del known[old]
