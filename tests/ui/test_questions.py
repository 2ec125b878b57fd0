"""What holds for every explanation on the Explore page."""

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.ui.components import panel_choice
from attnviz.ui.components.questions import IN_SIGHT, QUESTIONS, _fitting
from tests.networks import NETWORKS
from tests.ui.page_driving import picture, run

NEEDS_A_RECURRENT_LAYER = {"memory", "gates"}


def page():
    import streamlit as st

    from attnviz.ui.components import questions

    questions.show(st.session_state["model"], st.session_state["trace"], key="here")


def visit(folder, trace, question=None):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["model"], at.session_state["trace"] = str(folder), trace
    at.session_state["here-question"] = question
    return run(at)


@pytest.mark.parametrize("kind", NETWORKS)
def test_questions_are_offered_that_fit_the_network(build_network, tokenizer, kind):
    trace = Classifier(build_network(**NETWORKS[kind]), tokenizer).trace("a good film")
    unfit = set() if trace.gates else NEEDS_A_RECURRENT_LAYER
    assert list(_fitting(trace)) == [name for name in QUESTIONS if name not in unfit]


def test_every_question_that_fits_is_a_link(trace, tmp_path):
    at = visit(tmp_path / "none", trace)
    links = [button.key for button in at.button if "-ask-" in button.key]
    assert links == [f"here-ask-{name}" for name in _fitting(trace)]
    assert len(links) > IN_SIGHT


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_model_that_cannot_be_opened_is_said_once(trace, tmp_path, question):
    at = visit(tmp_path / "none", trace, question)
    needs_the_model = question != "memory"  # which the trace alone tells
    assert len(at.warning) == needs_the_model
    columns = [panel["key"] for panel in picture(at)[0]["panels"]] if picture(at) else []
    assert ("memory/half_life" in columns) != needs_the_model


def test_an_open_question_does_not_wait_for_the_panels_of_the_table(trace, tmp_path, monkeypatch):
    built = []
    monkeypatch.setattr(panel_choice, "_picked", lambda kept, settings: built.append(1) or kept)
    visit(tmp_path / "none", trace, "memory")
    assert built == []
    visit(tmp_path / "none", trace)
    assert built == [1]


def test_a_question_stands_beside_the_table_and_a_second_click_closes_it(trace, tmp_path):
    at = visit(tmp_path / "none", trace)
    whole = [panel["key"] for panel in picture(at)[0]["panels"]]
    at.button(key="here-ask-memory").click()
    run(at)
    beside = [panel["key"] for panel in picture(at)[0]["panels"]]
    assert beside[:2] == ["votes", "attention"]
    at.button(key="here-asked-memory").click()
    run(at)
    assert [panel["key"] for panel in picture(at)[0]["panels"]] == whole
