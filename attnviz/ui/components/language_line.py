"""The line that says that a model does not know the language of a text, or of a file."""

from pathlib import Path

import streamlit as st

from attnviz.language import FILE_NAME, Language, model_that_knows
from attnviz.ui import state
from attnviz.ui.translation import _, escape_markdown, fill

LOOKED_AT = 200  # rows of a preview


def of_text(folder: str, text: str, key: str | None = None) -> None:
    """The line under a prediction; with a `key`, a button opens the model that would know."""
    language = _language(folder)
    notice = language and language.text_notice(text)
    if not notice:
        return
    other = model_that_knows([text], folder, state.models_at_hand(), _language)
    said = fill(notice.template, notice.values)
    if other is None or key is None:
        st.warning(said + _that_knows(other), icon=":material/translate:")
        return
    st.warning(said, icon=":material/translate:")
    st.button(
        _("Read it with {model}").format(model=escape_markdown(other.name)),
        on_click=state.choose_model,
        args=(str(other),),
        key=f"{key}-knows",
    )


def of_rows(folder: str, texts: list[str]) -> None:
    """The line over a file that is about to be scored."""
    language = _language(folder)
    notice = language and language.rows_notice(texts[:LOOKED_AT])
    if notice:
        other = model_that_knows(texts[:LOOKED_AT], folder, state.models_at_hand(), _language)
        said = fill(notice.template, notice.values) + _that_knows(other)
        st.warning(said, icon=":material/translate:")


def _that_knows(other: Path | None) -> str:
    if other is None:
        return ""
    said = _("Choose {model} above, which was trained on such texts.")
    return " " + said.format(model=f"**{escape_markdown(other.name)}**")


def _language(folder: str | Path) -> Language | None:
    path = Path(folder) / FILE_NAME
    try:
        version = path.stat().st_mtime_ns
    except OSError:
        return None
    return _loaded(str(folder), version)


@st.cache_resource(show_spinner=False, max_entries=64)  # all models at hand are asked
def _loaded(folder: str, version: int) -> Language | None:
    return Language.load(folder)
