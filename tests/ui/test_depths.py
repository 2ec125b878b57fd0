"""What holds for every explanation on the Explore page, at every depth."""

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.ui.components.depths import ONE_TOKEN, PARTS, _fitting
from tests.networks import NETWORKS
from tests.ui.page_driving import run

NEEDS_A_RECURRENT_LAYER = {"memory", "gates"}


def page():
    import streamlit as st

    from attnviz.ui.components import depths

    depths.show(st.session_state["model"], st.session_state["trace"], key="here")


def visit(folder, trace, depth, **chosen):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["model"], at.session_state["trace"] = str(folder), trace
    at.session_state["here-depth"] = depth
    for key, value in chosen.items():
        at.session_state[key] = value
    return run(at)


def questions(at):
    return next(box for box in at.segmented_control if "-question-" in box.key)


@pytest.mark.parametrize("kind", NETWORKS)
def test_questions_are_offered_that_fit_the_network(build_network, tokenizer, kind):
    trace = Classifier(build_network(**NETWORKS[kind]), tokenizer).trace("a good film")
    unfit = set() if trace.gates else NEEDS_A_RECURRENT_LAYER
    assert list(_fitting(trace)) == [name for name in PARTS if name not in unfit]


@pytest.mark.parametrize(
    ("depth", "question"),
    [("part", name) for name in PARTS] + [("token", name) for name in ONE_TOKEN],
)
def test_a_model_that_cannot_be_opened_is_said_once(trace, tmp_path, depth, question):
    at = visit(tmp_path / "none", trace, depth)
    questions(at).set_value(question)
    run(at)
    needs_the_model = question != "memory"  # which the trace alone tells
    assert len(at.warning) == needs_the_model
    assert bool(at.get("vega_lite_chart")) != needs_the_model
