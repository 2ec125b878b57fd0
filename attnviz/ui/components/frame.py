"""The frame around every page: which model, which language."""

from collections import Counter
from pathlib import Path

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.folders import check_folder, describe, label_names
from attnviz.history import History
from attnviz.ui import address, state, visitors
from attnviz.ui.components import menus
from attnviz.ui.translation import (
    LANGUAGES,
    TAGS,
    _,
    browser_language,
    escape_markdown,
    explain_error,
    language,
)

# Texts inside Streamlit's own widgets that no parameter of theirs reaches.
WIDGET_TEXTS = {
    '[data-testid="stFileUploaderDropzoneInstructions"] > div': N_(
        "Drop a file here, up to 200 MB"
    ),
    '[data-testid="stFileUploaderDropzone"]'
    ':has([data-testid="stFileUploaderDropzoneInstructions"]) button': N_("Choose a file"),
    '[data-testid="stTextArea"] [data-testid="InputInstructions"]': N_("Ctrl + Enter to apply"),
    '[data-testid="stTextInput"] [data-testid="InputInstructions"]': N_("Enter to apply"),
}

MODEL = "model"  # in the address and in the session: the name, and the path, of the model
MOST_CHARACTERS = 200  # of a network in the picker: its configuration may hold anything

# Streamlit fades captions, and writes white on any primary colour, below a contrast of 4.5.
PAGE_STYLE = """
[data-testid="stCaptionContainer"] { opacity: 1; color: light-dark(#5d6771, #a3abb3); }
[data-testid="stBaseButton-primary"] { color: light-dark(#ffffff, #11161c); }
button[data-variant="segmented_control"][data-selected][data-hovered] p {
  color: light-dark(#17507f, #b5d6f5);
}
[data-testid="stMainBlockContainer"] { padding: 3.6rem 2rem 2rem; }
.st-key-top-bar { margin-bottom: -0.5rem; }
@media (min-width: 641px) {
  :has(> [class*="beside-the-cards"]) { position: sticky; top: 4.2rem; }
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 3.6rem 0.8rem 1rem; }
  .st-key-top-bar > :has(.st-key-models) { flex: 1 0 100%; }
}
"""


def top_bar() -> bool:
    """Model on the left, language on the right; says whether there is a model to work with."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="top-bar"):
        model = st.container(horizontal=True, vertical_alignment="bottom", key="models")
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            default=browser_language(),
            required=True,
            key="language",
            format_func=LANGUAGES.get,
            label_visibility="collapsed",
            bind="query-params",
            persist_state="session",
            width="content",
        )
    st.html(f"<style>{PAGE_STYLE}{_widget_texts()}</style>")
    script = f"document.documentElement.lang = '{TAGS[language()]}'"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
    with model:
        return _model_picker()


def _model_picker() -> bool:
    opened = st.session_state.setdefault("own_models", [])
    models = list(dict.fromkeys(state.models_at_hand() + opened))
    names = _names(models)
    _follow_link(names)
    if models:
        menus.selectbox(
            _("Model"),
            models,
            format_func={path: _outline(path, name) for path, name in names.items()}.get,
            key="model",
            width=760,
            persist_state="session",
        )
        _name_model(names)
    if visitors.may_type_paths():
        _path_box()
    if not models:
        st.error(
            _(
                "There is no model in the folder pretrained. Open one of your own, or train one "
                "with “python -m attnviz train”."
            )
        )
    return bool(models)


def _path_box() -> None:
    """A model folder anywhere on this computer."""
    with st.popover(_("Open another…"), width="content"):
        st.text_input(
            _("Model folder on this computer"),
            key="folder",
            on_change=_add_folder,
            placeholder="/home/me/my-model",
        )
        if error := st.session_state.get("folder_error"):
            st.error(explain_error(error))


def _follow_link(names: dict[str, str]) -> None:
    """Choose the model that the address names, if it is at hand."""
    if asked := address.linked(MODEL):
        found = [path for path, name in names.items() if name == asked]
        if found:
            st.session_state["model"] = found[0]
        else:
            text = _("The address names the model “{name}”, which is not here.")
            st.warning(text.format(name=escape_markdown(asked)), icon=":material/info:")


def _name_model(names: dict[str, str]) -> None:
    """The address names the model, unless it is the first, or one that a reload would not find."""
    at_hand, chosen = state.models_at_hand(), st.session_state["model"]
    address.write(MODEL, names[chosen] if chosen in at_hand[1:] else "")


def _names(models: list[str]) -> dict[str, str]:
    """Path → its place in `pretrained/`; else the folder's name, or the path where two share it."""
    counts = Counter(Path(path).name for path in models)
    names = {}
    for path in map(Path, models):
        if path.is_relative_to(state.PRETRAINED):
            names[str(path)] = path.relative_to(state.PRETRAINED).as_posix()
        else:
            names[str(path)] = path.name if counts[path.name] == 1 else str(path)
    return names


def _outline(folder: str, name: str) -> str:
    """A model in one line: its name, its network, how many classes it tells apart, its size."""
    version = state.weights_version(folder)
    return " · ".join([name, *_description(folder, version, language())])


@st.cache_data(show_spinner=False, max_entries=200)
def _description(folder: str, version: int, language_name: str) -> list[str]:
    try:
        config = check_folder(folder)
    except AttnvizError:  # a folder that has gone says so where it is opened
        return []
    classes = _("{count} classes").format(count=len(label_names(config)))
    size = (Path(folder) / "model.safetensors").stat().st_size
    weight = f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
    network = describe(config, _).encode("utf-8", "replace").decode()
    return [network[:MOST_CHARACTERS], classes, weight]


def _add_folder() -> None:
    st.session_state["folder_error"] = None
    if not (typed := st.session_state["folder"].strip()):
        return
    try:
        there = Path(typed).expanduser().resolve()
        path = str(there) if there.exists() else typed
    except (RuntimeError, OSError, ValueError):  # ~nobody, a circle of links, a null byte
        path = typed  # opening it says what is wrong
    try:
        state.loaded_classifier(path)  # a folder may look sound and hold broken weights
    except AttnvizError as error:
        if not _was_stopped(path):
            st.session_state["folder_error"] = error
            return
    if path not in st.session_state["own_models"]:
        st.session_state["own_models"].append(path)
    st.session_state["model"] = path


def _was_stopped(folder: str) -> bool:
    """Whether a training run ended there before it had a model: its record can be looked at."""
    try:
        history = History.load(folder)
    except AttnvizError:
        return False
    return bool(history and history.stopped)


def _widget_texts() -> str:
    if language() == "en":
        return ""
    return "".join(
        f"{place}, {place} * {{ font-size: 0 !important; }}"
        f'{place}::after {{ content: "{_(text)}"; font-size: 0.85rem; }}'
        for place, text in WIDGET_TEXTS.items()
    )
