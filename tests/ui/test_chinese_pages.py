"""Nothing English is left on the Chinese pages."""

import re

import pytest

from attnviz.data import ENCODINGS
from attnviz.inspection.checks import DECIDES, Check
from attnviz.runs import find_runs
from attnviz.ui import translation
from attnviz.ui.components.inspection import evidence_tests
from attnviz.ui.components.inspection.chosen import VIEW
from attnviz.ui.components.shipped_labels import SHIPPED_LABELS
from tests.ui.page_driving import (
    INSPECT_PAGE,
    VIEWS,
    done,
    english_words,
    messages,
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


REVIEWS = "评论,标签,来源\n这部电影很好看。,positive,网\n音乐不好,negative,店\n不好看,positive,网\n"


def test_the_inspect_page_is_all_chinese(chinese, classifier):
    run(chinese.switch_page(INSPECT_PAGE))
    known = [*classifier.labels, *re.findall("[A-Za-z]{2,}", " ".join(ENCODINGS))]
    sample = ["label", "topic", "kind"]  # columns of the sample file
    assert english_words(chinese, [*known, *sample]) == set()
    upload(chinese, "b.csv", bytes(range(256)))
    assert len(messages(chinese)) == 1
    assert english_words(chinese, known) == set()
    chinese.button(key="inspect-another").click()
    run(chinese)
    upload(chinese, "评论.csv", REVIEWS.encode())
    assert english_words(chinese, known) == set()
    chinese.button(key="inspect-start").click()
    done(chinese)
    paths = re.findall("[A-Za-z]{2,}", " ".join(str(run.folder) for run in find_runs()))
    for view in VIEWS:
        chinese.session_state[VIEW] = view
        run(chinese)
        assert english_words(chinese, [*known, *paths]) == set(), view


def test_names_of_the_shipped_classes_are_translated(monkeypatch):
    monkeypatch.setattr(translation, "language", lambda: "zh")
    assert [translation._(name) for name in ("negative", "positive")] == ["负面", "正面"]
    translated = {translation._(name) for name in SHIPPED_LABELS}
    assert len(translated) == len(SHIPPED_LABELS)
    assert not [name for name in translated if re.search("[A-Za-z]", name)]


def test_what_decides_a_text_is_said_of_the_class_by_its_chinese_name(monkeypatch):
    monkeypatch.setattr(translation, "language", lambda: "zh")
    found = Check(DECIDES, DECIDES, "差评", "", "negative", 0.98, 0.97, False)
    said = evidence_tests.line(found)
    assert "负面" in said
    assert "negative" not in said
