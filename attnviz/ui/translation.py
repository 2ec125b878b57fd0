"""The interface in English and 中文, from one gettext catalogue per language.

English is the source. `_("text")` translates for the current page; `N_("text")` of
`attnviz.errors` only marks a text for the catalogue where it is translated later.
"""

import gettext
import re
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from string import Formatter

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from attnviz.data.table import Notice, visible
from attnviz.errors import AttnvizError, Phrase
from attnviz.inspection.wording import of_samples

LANGUAGES = {"en": "English", "zh": "中文"}
TAGS = {"en": "en", "zh": "zh-CN"}
"""Key of `LANGUAGES` → what a browser calls it, for its fonts, its hyphens and screen readers."""
SAMPLES = "speak-of-samples"  # in the session: whether the open run is of samples
CATALOGUES = Path(__file__).parent / "locale"


def language() -> str:
    """The key of `LANGUAGES` that the user chose; before that, the browser's."""
    chosen = st.session_state.get("language")
    return chosen if chosen in LANGUAGES else browser_language()


def browser_language() -> str:
    """The browser's first language where it is one of `LANGUAGES`, else English."""
    name = (st.context.locale or "").partition("-")[0].lower()
    return name if name in LANGUAGES else "en"


GAPS = {"zh": {" ": "", ", ": "、", "; ": "；", ": ": "："}}
"""Language → what stands between sentences, and in a list, in place of the English mark."""


def gap(english: str) -> str:
    """What stands between two texts of ours, as the current language writes it."""
    return GAPS.get(language(), {}).get(english, english)


def _(text: str) -> str:
    """The text in the current language, or as it is where the catalogue lacks it."""
    translate = translations(language()).gettext
    if st.session_state.get(SAMPLES):
        translate = of_samples(translate)
    return translate(text) if text else ""


def speak_of_samples(samples: bool) -> None:
    """From now on what is said of texts is said of samples, or no longer."""
    st.session_state[SAMPLES] = samples


def explain_error(error: AttnvizError) -> str:
    """An error's message in the current language, as Markdown; see `fill`."""
    return fill(error.template, error.values)


def fill(template: str, values: Mapping[str, object]) -> str:
    """A template in the current language, as Markdown, with its fields filled.

    Text from outside stays as it was: an image in a file's header must not be fetched.
    """
    return _Escaping().format(_(template), **{n: _said(value) for n, value in values.items()})


def _said(value: object) -> object:
    """A value in the current language where it is ours; a message may stand in another."""
    if isinstance(value, Phrase):
        return _(value)
    if isinstance(value, AttnvizError | Notice):
        return _(value.template).format(**{n: _said(part) for n, part in value.values.items()})
    return value


class _Escaping(Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        return escape_markdown(super().format_field(value, format_spec))


def escape_markdown(text: str) -> str:
    """Text from outside as it is: no formatting, no links, no icons."""
    text = visible(text)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])", r"\\\1", text)


@cache
def translations(name: str) -> gettext.NullTranslations:
    """The catalogue of a language, compiled in memory from its `.po` file."""
    path = CATALOGUES / name / "LC_MESSAGES" / "attnviz.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as source:
        catalogue = read_po(source, locale=name)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
