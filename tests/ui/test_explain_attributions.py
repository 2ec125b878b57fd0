"""Attributions on a page: what it says and draws, what is computed when, how it is cancelled."""

import time
from threading import Event

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.charts.attributions import ORDERS
from attnviz.errors import AttnvizError
from attnviz.evidence.attributions import TITLES, Attributions
from attnviz.explain import attributions
from attnviz.ui.components import background
from attnviz.ui.components.explanations.attribution_details import (
    HOW,
    ORDER_NAMES,
    WITHOUT,
    _convergence,
)
from attnviz.ui.components.explanations.attribution_scores import KEPT, UNASKED
from attnviz.ui.components.explanations.attributions import (
    SIDE_BY_SIDE,
    verdict_line,
    why_line,
)
from attnviz.ui.translation import LANGUAGES, translations
from tests.ui.page_driving import chart_rows, done, picture, run

TEXT = "The film wasn't good; unbelievably bad actors, 电影 good!"
LONG = "I didn't like the film, and the music was bad. " * 9


def page(folder, text):
    import streamlit as st

    from attnviz.ui.components.explanations.attributions import show
    from attnviz.ui.state import read_text

    st.fragment(show)(folder, read_text(folder, text), "here")


def page_of(folder, text):
    """The page with its details unfolded."""
    kwargs = {"folder": folder, "text": text}
    at = AppTest.from_function(page, kwargs=kwargs, default_timeout=60)
    at.session_state["here-details"] = True
    return at


@pytest.fixture
def opened(saved):
    """A function that opens a text with the tiny model and waits for what is computed at once."""

    def open_text(text=TEXT, folder=saved):
        return done(page_of(str(folder), text))

    open_text.folder = str(saved)
    return open_text


def rows(at):
    """What the chart draws, as it was sent."""
    return chart_rows(at.get("vega_lite_chart")[0]).to_dict("records")


def words(at):
    return " ".join(element.value for element in at.markdown)


def test_every_method_has_a_formula_and_every_order_a_name():
    assert list(HOW) == list(TITLES)
    assert list(ORDER_NAMES) == list(ORDERS)


def test_the_page_draws_the_ranks_that_the_model_gives(opened, classifier):
    at = opened()
    trace = classifier.trace(TEXT)
    expected = attributions.attribute(classifier, trace)
    drawn = rows(at)
    assert len(drawn) == len(expected.ranking) * len(trace.tokens)
    for row in drawn:
        place = row["position"] - 1
        assert row["score"] == pytest.approx(expected.scores[row["name"]][place], abs=1e-5)
        assert row["best"] <= row["rank"] <= row["worst"]


def test_the_table_has_a_column_for_each_method(opened, classifier):
    expected = attributions.attribute(classifier, classifier.trace(TEXT))
    _header, values = picture(opened())
    assert len(values) == len(TITLES) == len(SIDE_BY_SIDE)
    for name, scores in expected.scores.items():
        key = name if name == "attention" else f"scores/{name}"
        np.testing.assert_allclose(values[key][:, 0], scores, atol=1e-5)


def scored(**scores):
    """Attributions of three tokens, a, b and c, from one string of ranks a method."""
    strengths = {"1": 9.0, "2": 4.0, "3": 1.0}
    values = {name: np.array([strengths[rank] for rank in ranks]) for name, ranks in scores.items()}
    return Attributions("good", values, 0.0, 0.0)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({"votes": "213", "attention": "213"}, "All 2 methods put “b” first."),
        (
            {"votes": "213", "attention": "312", "occlusion": "123"},
            "2 of 3 methods put “b” first; Occlusion puts “a”.",
        ),
        (
            {"votes": "213", "attention": "321", "occlusion": "123"},
            "The methods disagree on what comes first: “a”, “b”, “c”.",
        ),
        ({"votes": "231"}, "Votes puts “c” first."),
        ({"votes": "111"}, "No method tells these tokens apart."),
        ({"votes": "112", "attention": "213"}, "All 2 methods put “b” first."),  # a tie counts
    ],
)
def test_the_verdict_says_what_the_methods_put_first(scores, words):
    assert verdict_line(scored(**scores), ("a", "b", "c")) == words
    assert len(words.split()) <= 12


def test_where_the_methods_agree_no_line_says_that_they_do_not():
    assert why_line(scored(votes="213", attention="213"), ("a", "b", "c")) == ""
    said = why_line(scored(votes="213", attention="312"), ("a", "b", "c"))
    assert said.startswith("The methods are farthest apart on “")


def test_the_convergence_error_is_shown_with_its_sum(opened, classifier):
    expected = attributions.attribute(classifier, classifier.trace(TEXT))
    total = expected.scores["integrated_gradients"].sum()
    assert f"add up to {total:.4f}".replace("-", "−") in words(opened())
    assert f"error {expected.convergence:.4f}".replace("-", "−") in words(opened())


def test_the_most_disputed_token_is_named_with_both_ranks(opened, classifier):
    expected = attributions.attribute(classifier, classifier.trace(TEXT))
    place = expected.most_disputed(1)[0]
    best, worst = expected.rank_range[:, place]
    said = words(opened())
    assert f"({place + 1}): rank {best:.4g} by" in said
    assert f", {worst:.4g} by" in said


def test_what_was_computed_is_not_computed_again(opened, monkeypatch):
    calls = []
    original = attributions.attribute
    monkeypatch.setattr(
        attributions, "attribute", lambda *given: calls.append(given[3]) or original(*given)
    )
    at = run(opened())
    at.pills[0].set_value(["votes", "occlusion"])
    run(at)
    assert {row["name"] for row in rows(at)} == {"votes", "occlusion"}
    run(at)
    assert calls == [list(TITLES)]
    at.selectbox[0].set_value((at.selectbox[0].value + 1) % 3)
    done(at)
    assert calls == [list(TITLES), ["occlusion", "votes"]]
    assert len(at.session_state["attributions"]) == 2 <= KEPT


def test_other_weights_are_computed_anew(opened, model_folder, build_network):
    at = opened(folder=model_folder)
    before = [row["score"] for row in rows(at)]
    build_network(11).save_pretrained(model_folder)
    assert [row["score"] for row in rows(done(at))] != before


def test_a_long_text_waits_to_be_asked_for_what_takes_long(opened):
    at = opened(LONG)
    assert len(LONG) > UNASKED
    assert {row["name"] for row in rows(at)} == {"gradient_x_input", "attention", "votes"}
    assert "about" in words(at)
    assert "Occlusion" in words(at)
    at.button(key="here-compute").click()
    assert {row["name"] for row in rows(done(at))} == set(TITLES)
    assert not [button for button in at.button if button.key == "here-compute"]


def test_a_click_cancels_what_is_running(opened, monkeypatch):
    at = opened(LONG)
    began, ended = Event(), Event()

    def endless(classifier, trace, label, methods, progress):
        began.set()
        try:
            while True:
                progress(1, 3)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(attributions, "attribute", endless)
    monkeypatch.setattr("attnviz.ui.components.explanations.attribution_scores.AT_ONCE", 0.05)
    at.button(key="here-compute").click()
    run(at)
    assert began.wait(5)
    assert at.get("progress")
    at.button(key="here-cancel").click()
    monkeypatch.undo()
    run(at)
    assert ended.wait(5)
    assert [button.label for button in run(at).button if button.key == "here-compute"]


@pytest.mark.parametrize("text", [TEXT, LONG])
def test_after_a_cancel_nothing_is_computed_until_asked_for(opened, monkeypatch, text):
    monkeypatch.setattr("attnviz.ui.components.explanations.attribution_scores.AT_ONCE", 0.05)
    calls = []

    def endless(classifier, trace, label, methods, progress):
        calls.append(methods)
        while True:
            progress(1, 3)
            time.sleep(0.01)

    with monkeypatch.context() as patch:
        patch.setattr(attributions, "attribute", endless)
        at = run(page_of(opened.folder, text))
        at.button(key="here-cancel").click()
        run(run(at))
        assert not at.get("progress")
    assert len(calls) == 1
    at.button(key="here-compute").click()
    assert {row["name"] for row in rows(done(at))} == set(TITLES)


def test_the_estimate_is_timed_once_for_a_text(opened, monkeypatch):
    calls = []
    original = attributions.estimated_seconds
    monkeypatch.setattr(
        attributions, "estimated_seconds", lambda *given: calls.append(given[2]) or original(*given)
    )
    at = opened(LONG)
    run(run(at))
    assert calls == [["integrated_gradients", "occlusion"]]
    at.pills[0].set_value(["occlusion"])
    run(run(at))
    assert calls == [["integrated_gradients", "occlusion"], ["occlusion"]]


def test_a_network_with_the_same_attention_everywhere_says_so(
    opened, build_network, tokenizer, tmp_path
):
    build_network(order="cnn", attention="mean").save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    at = opened(folder=tmp_path)
    assert "is the same at every token" in words(at)
    assert "attention" not in {row["name"] for row in rows(at)}


def test_the_numbers_are_there_as_a_table(opened, classifier):
    at = opened()
    at.session_state["here-twin"] = True
    table, agreement = run(at).dataframe
    expected = attributions.attribute(classifier, classifier.trace(TEXT))
    np.testing.assert_allclose(table.value["Occlusion"], expected.scores["occlusion"], atol=1e-5)
    assert table.value["Votes, rank"].tolist() == expected.ranks["votes"].tolist()
    np.testing.assert_allclose(np.diag(agreement.value), 1)


def test_without_a_method_or_with_one_token_nothing_fails(opened):
    at = opened("a")
    assert "nothing to rank" in words(at)
    assert "Integrated gradients must" in words(at)
    at.pills[0].set_value([])
    assert "Choose a method" in run(at).info[0].value


def test_text_from_outside_stays_text(opened):
    assert "![](http" not in words(opened("![](http://evil.example) *good*"))


def test_much_convergence_error_is_a_warning(opened, monkeypatch):
    monkeypatch.setattr(attributions, "STEPS", 1)
    found = opened()
    assert "take their ranks with care" in words(found)


@pytest.mark.parametrize(
    ("scores", "logit", "share", "verdict"),
    [
        ([1.0, -1.01], 0.0, "0.5% of 2.0100", "That is little"),  # the text changes nothing
        ([1.0, -0.8], 0.0, "11.1% of 1.8000", "That is much"),
        ([0.1, 0.1], 0.5, "60.0% of 0.5000", "That is much"),
        ([0.0, 0.0], 0.0, "0.0% of 0.0000", "That is little"),
    ],
)
def test_the_convergence_error_is_a_share_of_the_size_of_the_scores(scores, logit, share, verdict):
    record = Attributions("positive", {"integrated_gradients": np.array(scores)}, logit, 0.0)
    said = _convergence(record)
    assert f", {share}, which" in said
    assert verdict in said


@pytest.mark.parametrize("name", LANGUAGES)
def test_formulas_speak_the_language_of_the_page(opened, name):
    at = opened()
    at.session_state["language"] = name
    run(at)
    formulas = " ".join(element.value for element in at.latex)
    assert rf"\text{{{translations(name).gettext(WITHOUT)}}}" in formulas
    assert "%s" not in formulas


def test_an_error_in_the_thread_is_raised_on_the_page_that_waits():
    def fail(progress):
        raise AttnvizError("There is nothing in {place}.", place="here")

    job = background.Job(fail)
    assert job.finished(5)
    with pytest.raises(AttnvizError, match="nothing in here"):
        job.result()


def test_a_job_reports_its_share_and_ends_when_cancelled():
    reports = Event()

    def count(progress):
        for number in range(1_000_000):
            progress(number, 1_000_000)
            reports.set()
            time.sleep(0.001)
        return Attributions

    job = background.Job(count)
    assert reports.wait(5)
    assert not job.finished()
    job.cancel()
    assert job.finished(5)
    assert 0 <= job.share < 0.5
    assert job.result() is None
