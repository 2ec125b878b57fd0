"""Nothing English is left on the Chinese pages."""

import re

import pytest

from attnviz.ui import translation
from attnviz.ui.components.panel_choice import SHIPPED_LABELS
from tests.ui.page_driving import (
    FILE_PAGE,
    english_words,
    open_row,
    picture,
    run,
    type_text,
    upload,
)


@pytest.fixture
def chinese(app, monkeypatch):
    """The app after a click on 中文."""
    app.segmented_control(key="language").set_value("zh")
    run(app)
    # AppTest asks widgets for their options' names outside of a run, where no session is known.
    monkeypatch.setattr(translation, "language", lambda: "zh")
    return app


def test_the_explore_page_is_all_chinese(chinese, classifier):
    assert english_words(chinese, classifier.labels) == set()
    chinese.session_state["explore-twin"] = True
    chinese.text_input(key="explore-units").set_value("x")
    type_text(chinese, "good film, " * 300)
    assert any("个互相重叠的窗口" in caption.value for caption in chinese.caption)
    assert english_words(chinese, classifier.labels) == set()
    type_text(chinese, " ")
    assert len(chinese.warning) == 2
    assert english_words(chinese, classifier.labels) == set()


def test_the_file_page_is_all_chinese(chinese, classifier):
    run(chinese.switch_page(FILE_PAGE))
    assert english_words(chinese) == set()
    upload(chinese, "r.txt", "un café très bon, déjà vu\n\nbien\n".encode("cp1252"))
    open_row(chinese, 0)
    assert picture(chinese)
    assert english_words(chinese, [*classifier.labels, "cp"]) == set()
    upload(chinese, "b.csv", bytes(range(256)))
    assert len(chinese.error) == 1
    assert english_words(chinese) == set()


def test_names_of_the_shipped_classes_are_translated(monkeypatch):
    monkeypatch.setattr(translation, "language", lambda: "zh")
    assert [translation._(name) for name in ("negative", "positive")] == ["负面", "正面"]
    translated = {translation._(name) for name in SHIPPED_LABELS}
    assert len(translated) == len(SHIPPED_LABELS)
    assert not [name for name in translated if re.search("[A-Za-z]", name)]
