"""The frame around every page: the bar with pages, model and language."""

from pathlib import Path

import streamlit as st

from attnviz.errors import N_
from attnviz.kinds import INPUT_KINDS
from attnviz.ui import address, state
from attnviz.ui.components import figures, model_sheet
from attnviz.ui.examples import is_example
from attnviz.ui.translation import LANGUAGES, TAGS, _, browser_language, language

SHORT_NAMES = {"en": "EN", "zh": "中"}

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
PAGE_STYLE = (Path(__file__).parent / "frame.css").read_text(encoding="utf-8")

TOOLS = "bar-tools"  # in the session: what the browser's part of the bar says
_FOLDER = Path(__file__).parent
_tools = st.components.v2.component(
    "attnviz_bar_tools",
    js=(_FOLDER / "bar_tools.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "bar_tools.css").read_text(encoding="utf-8"),
)


def begin() -> tuple:
    """The bar's places, and what must be known before the first text: language and model.

    The language is asked for first, so that everything is drawn in it, and stands last.
    """
    models = state.models()
    model_sheet.follow_link(models)
    if state.model_folder() is None and models:
        state.choose_model(models[0])
    with st.container(horizontal=True, vertical_alignment="center", key="top-bar"):
        left = st.container(horizontal=True, vertical_alignment="center", key="bar-pages")
        st.space("stretch")
        middle = st.container(horizontal=True, vertical_alignment="center", key="bar-model")
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            default=_first_language(),
            required=True,
            key="language",
            format_func=SHORT_NAMES.get,
            label_visibility="collapsed",
            bind="query-params",
            persist_state="session",
            width="content",
        )
    scheme = f":root {{ color-scheme: {st.context.theme.type or 'light'}; }}"  # popovers need it
    st.html(f"<style>{scheme}{PAGE_STYLE}{_widget_texts()}</style>")
    script = f"document.documentElement.lang = '{TAGS[language()]}'"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
    return left, middle


def _first_language() -> str:
    """Before anybody chose: the language of a link that names it in full or by its code, else the
    browser's."""
    names = {name: key for key, name in LANGUAGES.items()} | {key: key for key in LANGUAGES}
    linked = names.get(st.query_params.get("language", ""), browser_language())
    return st.session_state.setdefault("first_language", linked)


def bar(places: tuple, pages: list, page) -> bool:
    """The bar above every page; says whether there is a model to work with."""
    models = state.models()
    with places[0]:
        st.markdown("**attnviz**", width="content")
        for entry in pages:
            name = "on" if entry is page else entry.url_path or "explore"
            with st.container(key=f"nav-{name}", width="content"):
                st.page_link(entry, label=entry.title)
    with places[1]:
        if models:
            model_sheet.button(models)
            figures.button()
        _tools(
            key=TOOLS,
            data=_tool_texts() | _typed_text() | _addresses(pages, page),
            on_restored_change=_bring_back_the_text,
        )
    if not models:
        model_sheet.none_at_hand()
    return bool(models)


def _addresses(pages: list, page) -> dict[str, object]:
    """The last part of each page's address, "" for the first, and of the one that is open."""
    return {"pages": [entry.url_path for entry in pages], "page": page.url_path}


def _typed_text() -> dict[str, object]:
    """What the person typed, for a link that they want to hold it and for a reload of the page.

    `fresh` says that the session has no text yet, as after a reload: then the text that the tab had
    before comes back, unless the address names another.
    """
    text, linked = state.text(), st.query_params.get(address.TEXT, "")
    reads = state.settings_of(state.model_folder() or "").get("input", "text")
    of_texts = INPUT_KINDS[reads].tokenizer if reads in INPUT_KINDS else True
    own = text is not None and not is_example(text) and of_texts
    return {
        "text": text if own else "",
        "typed": own and text != linked,
        "too_long": own and len(text) > address.LONGEST_TEXT,
        "fresh": text is None and not linked and of_texts,
        "without_text": _("Link without the text"),
        "with_text": _("Link with the text (at most {most} characters)").format(
            most=address.LONGEST_TEXT
        ),
    }


def _bring_back_the_text() -> None:
    """After a reload: the text that the browser kept, and what was open of it."""
    kept = st.session_state[TOOLS].restored
    if kept is None or st.query_params.get(address.TEXT):
        return
    state.choose_text(str(kept["text"]))
    address.open_again(kept["opened"])


def _tool_texts() -> dict[str, object]:
    return {
        "copy": _("Copy link"),
        "copied": _("Copied"),
        "copy_help": _("The address of what is open"),
        "theme_help": _("Theme"),
        "light_name": _("light"),
        "dark_name": _("dark"),
        "dark": st.context.theme.type == "dark",
    }


def _widget_texts() -> str:
    if language() == "en":
        return ""
    return "".join(
        f"{place}, {place} * {{ font-size: 0 !important; }}"
        f'{place}::after {{ content: "{_(text)}"; font-size: 0.85rem; }}'
        for place, text in WIDGET_TEXTS.items()
    )
