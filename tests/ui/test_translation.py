"""The Chinese catalogue holds every text of ours, whole, and nothing else."""

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from attnviz import errors
from attnviz.data import Notice
from attnviz.errors import AttnvizError, Phrase
from attnviz.ui import translation
from attnviz.ui.components.token_table import STRINGS

ROOT = Path(__file__).parents[2]
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, AttnvizError)
}
KEYWORDS = dict.fromkeys({"_", "N_", "translate", Notice.__name__} | ERRORS)


def messages_in_the_source():
    found = extract_from_dir(ROOT / "attnviz", [("**.py", "python")], keywords=KEYWORDS)
    messages = {message for _, _, message, _, _ in found}
    own = extract_from_file("python", ROOT / "app.py", keywords=KEYWORDS)
    return messages | {message for _, message, _, _ in own}


@pytest.fixture(scope="module")
def catalogue():
    path = translation.CATALOGUES / "zh" / "LC_MESSAGES" / "attnviz.po"
    with path.open("rb") as source:
        return {message.id: message for message in read_po(source, locale="zh") if message.id}


def fields(template):
    """Each field with its conversion and format, as often as it stands there."""
    parts = Formatter().parse(template)
    return sorted((name, form, convert or "") for _, name, form, convert in parts if name)


def test_every_text_of_ours_is_translated(catalogue):
    assert sorted(messages_in_the_source() - set(catalogue)) == []
    assert [text for text, message in catalogue.items() if not message.string] == []


def test_the_catalogue_holds_nothing_superfluous(catalogue):
    assert sorted(set(catalogue) - messages_in_the_source()) == []


def test_nothing_in_the_catalogue_is_a_guess(catalogue):
    assert [text for text, message in catalogue.items() if message.fuzzy] == []


def test_translations_keep_exactly_the_fields(catalogue):
    for text, message in catalogue.items():
        assert fields(text) == fields(message.string), text


def test_translations_keep_bold_type(catalogue):
    for text, message in catalogue.items():
        assert text.count("**") == message.string.count("**"), text


ALWAYS_MANY = (  # how texts begin that are said of two at least, or of a fixed or broken number
    *(
        "(in the first",
        "At step {step}",
        "A figure holds",
        "A random sample",
        "A text of fewer",
        "All {count}",
        "{detail} tokens",
    ),
    *("Calibration and curves", "Drawn are the", "Each of {count} permutations", "If attention"),
    *(
        "Half of {token}",
        "More than",
        "Norm of",
        "On average it halves",
        "Permuting moves",
        "Read all",
        "Self-attent",
    ),
    *("The first {shown}", "The product holds", "The text has {count:,}", "The text has {total}"),
    *("The {count}", "mean of", "num_attention_heads", "{count} classes", "{count} of {total} tok"),
    *("{folder}: the tokenizer", "{method} of the context"),
)


def test_no_number_asks_a_noun_to_agree_with_it(catalogue):
    """“Rows: 1” is right whatever the number; “1 rows” is not."""
    nouns = "rows|texts|mistakes|tokens|units|layers|labels|predictions|pages|places|windows|cells"
    nouns += "|classes|heads|positions|filters|runs|fields|columns|seconds|minutes|differences"
    counted = re.compile(rf"\{{(?!most|limit)\w+(?::,)?\}}\**(?: \w+)? (?:{nouns})\b")
    found = [text for text in catalogue if counted.search(text)]
    assert [text for text in found if not text.startswith(ALWAYS_MANY)] == []


def test_a_percent_sign_follows_its_number_at_once(catalogue):
    texts = [*catalogue, *(message.string for message in catalogue.values())]
    assert [text for text in texts if re.search(r"[\d}] %(?! )", text)] == []


def test_a_space_parts_chinese_from_latin(catalogue):
    tight = re.compile(r"[一-鿿][A-Za-z0-9]|[A-Za-z0-9%][一-鿿]")
    assert [m.string for m in catalogue.values() if tight.search(m.string)] == []


def test_chinese_has_its_own_punctuation(catalogue):
    western = re.compile(r"[一-鿿][,;:!?]|[一-鿿]\(|\)[一-鿿]|[，。；：！？] ")
    assert [m.string for m in catalogue.values() if western.search(m.string)] == []


TERMS = {
    r"\b[Mm]istakes?\b": ("误判", "(?<!预测)错误(?!发现率|类别)"),
    r"^(?!.*(?:\b[Mm]arks?\b|line-break)).*\b[Tt]ags?\b": ("线索", "标记"),
    r"\b(this|the|other|[Tt]wo|[Yy]our) runs?\b": ("运行", "记录|本次结果"),
    r"\b[Ss]cor(?:e|ed|es|ing)\b": ("评分", "打分"),
}
"""English term → its one Chinese word, and what it was also called."""


def test_a_term_has_one_chinese_word(catalogue):
    for english, (word, others) in TERMS.items():
        texts = [m for text, m in catalogue.items() if re.search(english, text)]
        assert sum(word in message.string for message in texts) > 3
        assert [m.string for m in texts if re.search(others, m.string)] == [], english


def test_the_reader_is_addressed_in_one_way(catalogue):
    assert [m.string for m in catalogue.values() if "你" in m.string] == []


def test_every_text_of_the_token_table_is_translated(catalogue):
    assert [text for text in STRINGS.values() if text not in catalogue] == []


def test_templates_of_errors_are_literals_that_can_be_found():
    """A template that is put together while running is in no catalogue."""
    for path in sorted((ROOT / "attnviz").rglob("*.py")):
        for raised in re.findall(rf"\b(?:{'|'.join(ERRORS)})\(\s*(\S)", path.read_text("utf-8")):
            assert raised in "\"'" or raised.isalpha(), path
        assert not re.search(rf"\b(?:{'|'.join(ERRORS)})\(\s*f[\"']", path.read_text("utf-8")), path


def test_the_readme_names_the_same_keywords():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = next(line for line in readme.splitlines() if line.startswith("pybabel extract"))
    assert set(re.findall(r"-k (\w+)", command)) | {"_"} == set(KEYWORDS)


def test_errors_are_explained_in_the_language_with_our_phrases_translated(monkeypatch):
    error = errors.FileError(
        "{name} is no text file: it looks like {kind}. Save its texts as .csv or .txt in UTF-8.",
        name="Attention",
        kind=Phrase("a PNG image"),
    )
    assert str(error).startswith("Attention is no text file: it looks like a PNG image.")
    monkeypatch.setattr(translation, "language", lambda: "zh")
    explained = translation.explain_error(error)
    assert "PNG 图片" in explained
    assert explained.startswith("Attention")  # a file's name is nobody's to translate


def test_a_text_that_no_catalogue_holds_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(translation, "language", lambda: "zh")
    assert translation._("reset") == "reset"
    assert translation._("") == ""  # gettext would answer with the catalogue's header


def test_chinese_texts_have_chinese_marks_between_chinese_words(catalogue):
    wide = r"[\u4e00-\u9fff]"
    for text, message in catalogue.items():
        bare = re.sub(r"\$[^$]*\$", "", message.string)  # formulas keep theirs
        assert not re.search(rf"{wide}[,;:!?]|[,;:!?] ?{wide}|[。，：；！？] ", bare), text
    assert set(translation.GAPS["zh"]) == {" ", ", ", "; ", ": "}


def test_no_page_draws_a_select_box_that_keeps_another_language():
    """`menus` draws them; Streamlit's own would show the old language until a reload."""
    for path in (ROOT / "attnviz" / "ui").rglob("*.py"):
        if path.name != "menus.py":
            source = path.read_text(encoding="utf-8")
            assert not re.search(r"st\.(selectbox|multiselect)\(", source), path
