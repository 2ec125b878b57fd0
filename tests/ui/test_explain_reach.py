"""The gradient view on a page: one verdict, the norms along the text, the numbers."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.evidence.reach import Fade
from attnviz.explain import reach as explained
from attnviz.explain.reach import gradient_reach
from attnviz.ui.components.explanations import reach as view
from tests.networks import NETWORKS
from tests.ui.page_driving import chart_rows, picture, run

TEXT = "I didn't like it: it's a bad, bad film!"


def page():
    import streamlit as st

    from attnviz.ui.components.explanations import reach

    reach.show(st.session_state["model"], st.session_state["trace"], key="x")


def visit(folder, text=TEXT):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["model"] = str(folder)
    at.session_state["trace"] = Classifier.from_pretrained(folder).trace(text)
    at.session_state["x-details"] = True
    return run(at)


def curve(at, number):
    """The rows of a chart's curves as they were sent, without those of its dashes."""
    sent = chart_rows(at.get("vega_lite_chart")[number])
    return sent[sent["token"].notna()].to_dict("records")


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption))


def test_the_curves_are_the_norms_of_the_predicted_class(saved, classifier):
    at, record = visit(saved), gradient_reach(classifier, classifier.trace(TEXT))
    np.testing.assert_allclose([row["norm"] for row in curve(at, 0)], record.embedding, rtol=1e-6)
    norms = [row["norm"] for row in curve(at, 1)]
    np.testing.assert_allclose(norms, record.hidden.T.ravel(), rtol=1e-6)


def test_the_table_has_the_norms_at_every_token(saved, classifier):
    at, record = visit(saved), gradient_reach(classifier, classifier.trace(TEXT))
    _header, values = picture(at)
    np.testing.assert_allclose(values["reach/embedding"][:, 0], record.embedding, rtol=1e-6)
    np.testing.assert_allclose(values["reach/forward"][:, 0], record.hidden[:, 0], rtol=1e-6)
    np.testing.assert_allclose(values["reach/backward"][:, 0], record.hidden[:, 1], rtol=1e-6)
    assert f"{record.embedding.max():.3g} per unit step" in at.markdown[1].value


@pytest.mark.parametrize(
    ("ratio", "tokens", "words"),
    [
        (11.0, 25, "The signal reaches the beginning: 11 times as strong as at the end."),
        (1 / 43, 25, "The signal fades: at the beginning only 1/43 of the end’s strength."),
        (0.0, 25, "The signal does not reach the beginning: 0 of the end’s strength."),
        (np.nan, 25, "At neither end does the answer depend on most tokens."),
        (11.0, 9, "A text of fewer than 10 tokens is too short to fade."),
    ],
)
def test_the_verdict_says_whether_the_beginning_counts(ratio, tokens, words):
    assert view.verdict_line(Fade(ratio, 1.0, 1.0), tokens) == words
    assert len(words.split()) <= 13


def test_another_class_has_norms_of_its_own(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    other = (int(trace.logits.argmax()) + 1) % 3
    at.selectbox[0].set_value(other)
    run(at)
    wanted = gradient_reach(classifier, trace, other).embedding
    np.testing.assert_allclose([row["norm"] for row in curve(at, 0)], wanted, rtol=1e-6)


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_kind_of_network_has_a_verdict_and_a_line_for_each_direction(
    build_network, tokenizer, tmp_path, kind
):
    network = build_network(**NETWORKS[kind])
    network.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    at = visit(tmp_path)
    recurrent = "recurrent" in network.config.stages
    assert len(at.get("vega_lite_chart")) == 1 + recurrent
    assert "first tenth of the text" in said(at)
    assert ("Forward:" in said(at)) == recurrent
    assert ("Backward:" in said(at)) == (recurrent and network.config.bidirectional)


def test_nothing_is_derived_again_for_the_same_text_and_class(saved, monkeypatch):
    asked = []
    derive = explained.gradient_reach

    def count(classifier, trace, label):
        asked.append(label)
        return derive(classifier, trace, label)

    monkeypatch.setattr(explained, "gradient_reach", count)
    at = visit(saved)
    run(at)
    assert len(asked) == 1
    at.selectbox[0].set_value((asked[0] + 1) % 3)
    run(at)
    assert len(asked) == 2


def test_a_text_too_short_to_fade_is_told_so_and_drawn(saved):
    at = visit(saved, "good")
    assert "fewer than 10 tokens" in said(at)
    assert "first tenth of the text" not in said(at)
    assert len(at.get("vega_lite_chart")) == 2


def test_the_norms_stand_in_a_table(saved, classifier):
    at, record = visit(saved), gradient_reach(classifier, classifier.trace(TEXT))
    assert not at.dataframe
    at.session_state["x-twin"] = True
    table = run(at).dataframe[0].value
    np.testing.assert_allclose(table["Embedding"], record.embedding, rtol=1e-6)
    sides = table[["Hidden state · Forward", "Hidden state · Backward"]]
    np.testing.assert_allclose(sides, record.hidden, rtol=1e-6)


# Sentences.


@pytest.mark.parametrize(
    ("ratio", "verdict", "words"),
    [
        (3.2, "reaches", "3.2 times"),
        (0.58, "reaches", "0.58 times"),
        (np.inf, "reaches", "∞ times"),
        (1 / 43, "fades", "1/43 times"),
        (1 / 70_000, "lost", "1/70,000 times"),
        (3e-16, "lost", "$10^{-16}$ times"),
        (0.0, "lost", "0 times"),
        (np.nan, "unknown", "At neither end"),
    ],
)
def test_a_ratio_is_said_as_people_say_it(ratio, verdict, words):
    fade = Fade(ratio, float("inf"), 1.0)
    assert fade.verdict == verdict
    assert words in view._verdict(fade, 100)


def test_every_verdict_has_its_sentences():
    verdicts = {Fade(r, 1.0, 1.0).verdict for r in (1.0, 0.01, 0.0, np.nan)}
    assert verdicts == set(view.VERDICTS) == set(view.STATE_VERDICTS) == set(view.LINES)


def test_a_half_distance_is_said_only_where_the_signal_fades_within_the_text():
    assert "halves every 7.0 tokens" in view._verdict(Fade(0.01, 7.0, 1.0), 100)
    assert "halves" not in view._verdict(Fade(0.01, 101.0, 1.0), 100)
    assert "halves" not in view._verdict(Fade(0.5, 7.0, 1.0), 100)


def test_a_middle_to_which_the_logit_is_deaf_is_said():
    assert "1/500 times as much as the weaker end" in view._verdict(Fade(1.0, 9.0, 0.002), 100)
    assert "weaker end" not in view._verdict(Fade(1.0, 9.0, 0.5), 100)
