"""Explore with a tagger: tags in the running text, and one position to look from."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.ui import state
from attnviz.ui.components.entrances import tag_answer
from tests.ui.page_driving import ROOT, run

ENTITIES = [
    ("李明华", "NAME"),
    ("中国国籍", "CONT"),
    ("清华大学", "ORG"),
    ("工学", "PRO"),
    ("硕士", "EDU"),
    ("华东电力股份有限公司", "ORG"),
    ("董事长", "TITLE"),
    ("总经理", "TITLE"),
]


def opened(name: str) -> AppTest:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.session_state["model"] = str(state.PRETRAINED / name)
    return run(at)


def html_of(at: AppTest) -> str:
    return " ".join(element.proto.body for element in at.get("html"))


def test_entities_stand_in_the_text_with_their_kinds():
    at = opened("zh-names")
    marked = re.findall(r"<mark[^>]*>(.*?)<small>(.*?)</small></mark>", html_of(at))
    assert marked == ENTITIES
    assert "Entities: 8" in html_of(at)
    assert "of 6 kinds" in html_of(at)


def test_each_word_has_its_tag_and_the_least_sure_one_is_named():
    at = opened("en-tags")
    classifier = Classifier.from_pretrained(state.PRETRAINED / "en-tags")
    trace = classifier.trace(at.session_state["text"])
    labels = [trace.labels[number] for number in trace.tags.path]
    shown = re.findall(r"<span title=[^>]*>(.*?)<small>(.*?)</small></span>", html_of(at))
    assert shown == [
        (word.replace("'", "&#x27;"), label)
        for word, label in zip(trace.surfaces, labels, strict=True)
    ]
    shares = trace.tags.marginals.max(1)
    least = int(shares.argmin())
    assert f"Least sure: {trace.surfaces[least]}" in html_of(at)
    assert f"{shares[least]:.1%}" in html_of(at)


def test_another_position_can_be_looked_from():
    at = opened("en-tags")
    box = next(box for box in at.selectbox if box.key.startswith(tag_answer.PLACE))
    box.set_value(0)
    at.run()
    assert not at.exception
    said = " ".join(caption.value for caption in at.caption)
    assert "**Apple**: PROPN" in said


@pytest.mark.parametrize("name", ["zh-names", "en-tags"])
def test_a_tagger_is_not_asked_what_it_has_no_answer_to(name):
    at = opened(name)
    labels = [button.label for button in at.button]
    assert "Who voted how?" in labels
    assert "Can attention be trusted?" not in labels
