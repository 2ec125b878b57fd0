"""The line that says that the model does not know the language: Explore, and a file's preview."""

import pytest

from attnviz.folders import PRETRAINED
from attnviz.language import Language
from attnviz.tokenization import load_tokenizer
from attnviz.ui import state
from tests.ui.page_driving import INSPECT_PAGE, messages, run, type_text, visit

ENGLISH = ["the room was clean and the waiter was friendly but the soup was cold"] * 200
FRENCH = "Ce film est vraiment très beau et je l'ai adoré."
CHINESE = "这部电影太好看了，我哭了三次"


@pytest.fixture
def english_app(shelf):
    """A first visit, with a tiny model that was trained on English."""
    Language.of(ENGLISH, load_tokenizer(shelf).backend_tokenizer).save(shelf)
    return visit()


def test_a_text_in_the_language_of_the_model_gets_no_line(english_app):
    type_text(english_app, "The soup was cold and the room was not clean.")
    assert messages(english_app) == []


def test_a_text_in_another_language_gets_a_line_with_its_numbers(english_app):
    type_text(english_app, CHINESE)
    assert messages(english_app) == [
        "This text seems to be in a language that the model was not trained on: 100% of it is in "
        "Chinese characters, which the training texts hardly have."
    ]


def test_the_button_opens_the_model_that_knows(english_app, put, shelf):
    put("chinese")
    other = shelf.parent / "chinese"
    tokenizer = load_tokenizer(PRETRAINED / "zh-sentiment").backend_tokenizer
    Language.of([CHINESE] * 50, tokenizer).save(other)
    tokenizer.save(str(other / "tokenizer.json"))
    state.models_at_hand.clear()
    type_text(english_app, CHINESE)
    button = next(b for b in english_app.button if b.label == "Read it with chinese")
    button.click()
    run(english_app)
    assert english_app.session_state["model"] == str(other)


def test_each_model_s_language_is_read_once_for_all_reruns(english_app, put, shelf, monkeypatch):
    put("chinese")
    Language.of([CHINESE] * 50, load_tokenizer(shelf).backend_tokenizer).save(
        shelf.parent / "chinese"
    )
    state.models_at_hand.clear()
    read, load = [], Language.load
    monkeypatch.setattr(Language, "load", lambda folder: read.append(str(folder)) or load(folder))
    for text in (CHINESE, CHINESE * 2, CHINESE * 3):
        type_text(english_app, text)
    assert len(read) == len(set(read))
    assert str(shelf.parent / "chinese") in read


def test_without_the_file_nothing_is_said(app):
    type_text(app, CHINESE)
    assert messages(app) == []


def test_a_file_gets_the_line_before_it_is_scored(english_app, tmp_path):
    path = tmp_path / "chinese.txt"
    path.write_text("\n".join([CHINESE] * 3), encoding="utf-8")
    english_app.switch_page(INSPECT_PAGE)
    run(english_app)
    english_app.text_input(key="inspect-path").set_value(str(path))
    run(english_app)
    assert any("3 of 3 looked at" in said for said in messages(english_app))
