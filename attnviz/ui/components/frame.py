"""The frame around every page: which model, which language."""

from collections import Counter
from pathlib import Path

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.ui import state
from attnviz.ui.translation import LANGUAGES, _, explain_error, language

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

# Streamlit fades captions, and writes white on any primary colour, below a contrast of 4.5.
PAGE_STYLE = """
[data-testid="stCaptionContainer"] { opacity: 1; color: light-dark(#5d6771, #a3abb3); }
[data-testid="stBaseButton-primary"] { color: light-dark(#ffffff, #11161c); }
[data-testid="stMainBlockContainer"] { padding: 3.6rem 2rem 2rem; }
.st-key-top-bar { margin-bottom: -0.5rem; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 3.6rem 0.8rem 1rem; } }
"""


def top_bar() -> bool:
    """Model on the left, language on the right; says whether there is a model to work with."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="top-bar"):
        model = st.container(horizontal=True, vertical_alignment="bottom")
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            default="en",
            required=True,
            key="language",
            format_func=LANGUAGES.get,
            label_visibility="collapsed",
            bind="query-params",
            persist_state="session",
            width="content",
        )
    st.html(f"<style>{PAGE_STYLE}{_widget_texts()}</style>")
    with model:
        return _model_picker()


def _model_picker() -> bool:
    models = state.shipped_models() + st.session_state.setdefault("own_models", [])
    if models:
        st.selectbox(
            _("Model"),
            models,
            format_func=_model_names(models).get,
            key="model",
            width=240,
            persist_state="session",
        )
    with st.popover(_("Open another…"), width="content"):
        st.text_input(
            _("Model folder on this computer"),
            key="folder",
            on_change=_add_folder,
            placeholder="/home/me/my-model",
        )
        if error := st.session_state.get("folder_error"):
            st.error(explain_error(error))
    if not models:
        st.error(
            _(
                "There is no model in the folder pretrained. Open one of your own, or train one "
                "with “python -m attnviz train”."
            )
        )
    return bool(models)


def _model_names(models: list[str]) -> dict[str, str]:
    """Path → the folder's name, or the whole path where two folders share one."""
    counts = Counter(Path(path).name for path in models)
    return {path: Path(path).name if counts[Path(path).name] == 1 else path for path in models}


def _add_folder() -> None:
    st.session_state["folder_error"] = None
    if not (typed := st.session_state["folder"].strip()):
        return
    path = str(Path(typed).expanduser().resolve())
    try:
        state.loaded_classifier(path)  # a folder may look sound and hold broken weights
    except AttnvizError as error:
        st.session_state["folder_error"] = error
        return
    if path not in st.session_state["own_models"]:
        st.session_state["own_models"].append(path)
    st.session_state["model"] = path


def _widget_texts() -> str:
    if language() == "en":
        return ""
    return "".join(
        f"{place}, {place} * {{ font-size: 0 !important; }}"
        f'{place}::after {{ content: "{_(text)}"; font-size: 0.85rem; }}'
        for place, text in WIDGET_TEXTS.items()
    )
