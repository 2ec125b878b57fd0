"""The trust check on a page: what was measured is what it says and draws; how it is cancelled."""

import re
import time
from dataclasses import replace
from threading import Event
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.charts import trust as drawing
from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError, ModelFolderError
from attnviz.evidence.trust import MEASURES, THRESHOLDS, TITLES, Reason, Verdict
from attnviz.explain import trust as explained
from attnviz.explain.trust import check_text, trust_check
from attnviz.panels import row_labels
from attnviz.ui import examples
from attnviz.ui.components import background
from attnviz.ui.components.explanations import (
    trust,
    trust_details,
    trust_parts,
    trust_sample,
    trust_tests,
)
from attnviz.ui.components.explanations.trust_parts import because, number, verdict_line
from tests.networks import NETWORKS
from tests.ui.page_driving import chart_rows, done, run

TEXT = "Wonderful music, and good actors!"
SAMPLE = {"one": "The second film was bad.", "two": "Good music!", "three": "电影 很好"}


def page(folder, text):
    import streamlit as st

    from attnviz.ui.components.explanations import trust
    from attnviz.ui.state import read_text

    st.fragment(trust.show)(folder, read_text(folder, text), "trust")


@pytest.fixture
def put(build_network, tokenizer, tmp_path, monkeypatch):
    """A function that saves a network built with changes, and gives its folder."""
    folder = tmp_path / "tiny"
    monkeypatch.setitem(examples.FITTING, folder.name, SAMPLE)

    def save(**changes):
        build_network(**changes).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return str(folder)

    return save


def visit(folder, text=TEXT):
    """The page with its details unfolded."""
    return done(opened(folder, text))


def opened(folder, text=TEXT):
    at = AppTest.from_function(page, args=(str(folder), text), default_timeout=60)
    at.session_state["trust-details"] = True
    return at


def check_sample(folder):
    at = visit(folder)
    at.segmented_control(key="trust-scope").set_value("sample")
    run(at)
    at.button(key="trust-sample-check").click()
    return at


def expected(folder, text=TEXT):
    classifier = Classifier.from_pretrained(folder)
    trace = classifier.trace(text)
    return trust_check(classifier, trace), row_labels(trace)


def said(at):
    return "\n".join(part.value for part in [*at.markdown, *at.caption])


def drawn(at):
    """The rows of every chart, in the order of the page."""
    return [chart_rows(chart) for chart in at.get("vega_lite_chart")]


def assert_rows(found, wanted):
    wanted = pd.DataFrame(wanted)
    pd.testing.assert_frame_equal(found[wanted.columns], wanted, check_dtype=False)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_verdict_comes_first_and_every_measure_stands_below_it(name, put):
    folder = put(**NETWORKS[name])
    at = visit(folder)
    record, _tokens = expected(folder)
    assert at.markdown[0].value == "### " + verdict_line(record)
    assert len(at.markdown[0].value.split()) <= 1 + 13  # the mark, twelve words and a number
    if record.pooling != "attention":
        assert (len(at.markdown), len(at.caption)) == (2, 0)  # the two lines alone
        return
    assert because(record) in said(at)
    for measure in trust_details.MEANINGS:
        value = record.measures[measure]
        shown = f"{value:.0%}" if measure == "changed" else number(value)
        shown = "not defined" if np.isnan(value) else shown
        assert f"**{shown}** · {TITLES[measure]}" in said(at)


def test_the_charts_draw_what_was_measured(saved):
    at = visit(saved)
    record, tokens = expected(saved)
    permutations, comprehensiveness, sufficiency, attentions = drawn(at)
    assert_rows(permutations, drawing.permutation_rows(record))
    assert_rows(comprehensiveness, drawing.removal_rows(record, "comprehensiveness"))
    assert_rows(sufficiency, drawing.removal_rows(record, "sufficiency"))
    assert_rows(attentions, drawing.attention_rows(record, tokens))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("uniform", "takes the mean of all tokens"),
        ("mean", "takes the mean of all tokens"),
        ("max", "takes its largest value"),
        ("last", "reads its last states alone"),
    ],
)
def test_where_there_is_no_attention_a_sentence_says_so_and_no_number_follows(kind, words, put):
    at = visit(put(attention=kind))
    assert words in at.markdown[0].value
    assert "Nothing to trust or doubt" in at.markdown[0].value
    assert not drawn(at)
    assert not at.caption
    assert not at.segmented_control


def test_a_text_whose_weights_are_all_alike_has_no_page_of_numbers(put):
    at = visit(put(), "a")
    assert "weighs every token alike" in at.markdown[0].value
    assert not drawn(at)


def shown_tests(at):
    """The rows of the table of tests: sign, name, value, limit."""
    html = next(part.proto.body for part in at.get("html") if "trust-tests" in part.proto.body)
    cells = re.findall(r'<td class="sign[^>]*>(.)</td><th[^>]*>(.*?)<small>', html)
    values = re.findall(r'<td class="value">(.*?)</td><td class="needed">(.*?)</td>', html)
    return [(*cell, *value) for cell, value in zip(cells, values, strict=True)]


def test_each_test_says_whether_it_was_passed_its_value_and_its_limit(saved):
    record, _tokens = expected(saved)
    signs = {True: "✓", False: "✗", None: "?"}
    rows = shown_tests(visit(saved))
    assert [name for _sign, name, *_ in rows] == [
        "Shuffle the weights",
        "Weigh all tokens alike",
        "Look somewhere else",
        "Take out what it looks at",
    ]
    assert [sign for sign, *_ in rows] == [
        signs[one.load_bearing] for one in record.verdict.reasons
    ]
    assert [value for *_, value, _needed in rows] == [
        number(np.median(record.permuted)),
        number(np.abs(record.uniform - record.probabilities).sum() / 2),
        number(record.divergence),
        number(record.comprehensiveness.mean() - record.random_comprehensiveness.mean()),
    ]
    assert [needed for *_, needed in rows] == ["> 0.05", "> 0.05", "≤ 0.35", "> 0.05"]


def test_every_trial_is_a_dot_on_an_axis_that_holds_them_all(saved):
    record, _tokens = expected(saved)
    votes = {reason.measure: reason.load_bearing for reason in record.verdict.reasons}
    for measure, count in (("permuted", 100), ("uniform", 1), ("adversarial", 1), ("removal", 1)):
        shown = trust_tests.trials(record, measure)
        assert len(shown.dots) == count
        assert shown.low <= min(*shown.dots, shown.high)
        assert max(*shown.dots, *shown.random, shown.low) <= shown.high
        if count == 1 and votes[measure] is not None:  # it lies in the tinted part if it passes
            assert ((shown.dots[0] > shown.limit) != shown.below) == votes[measure]
    assert len(trust_tests.trials(record, "removal").random) == 100


def test_the_lines_say_where_it_looks_and_what_the_answer_hangs_on(saved):
    record, _tokens = expected(saved)
    labels = ("a", "b", "c")

    def line(attention, lost):
        altered = replace(
            record,
            attention=np.array(attention)[:, None],
            leave_one_out=np.array(lost),
            adversarial=None,
        )
        return trust_parts.why_line(altered, labels)

    assert line([0.1, 0.7, 0.2], [0.0, 0.36, 0.01]) == (
        "It looks most at “b” (70%), and the answer hangs on it: without it, it moves by 0.36."
    )
    assert line([0.6, 0.2, 0.2], [0.03, 0.95, 0.68]) == (
        "It looks most at “a” (60%), without which the answer moves by 0.03; the answer hangs on "
        "“b” (0.95) and “c” (0.68)."
    )
    assert line([0.1, 0.2, 0.7], [0.05, 0.01, 0.0]) == (
        "It looks most at “c” (70%); the answer hangs on no token alone: none moves it by more "
        "than 0.05."
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (True, "Attention counts here: shuffling the weights changes the answer (0.18)."),
        (False, "Don’t rely on it here: shuffling the weights hardly changes the answer (0.18)."),
        (None, "Undecided: of 4 tests, 2 speak for it and 1 against."),
    ],
)
def test_the_verdict_is_one_line_of_plain_words(answer, words):
    votes = (True, False, None, True)
    reasons = tuple(Reason("permuted", 0.18, 0.05, vote) for vote in votes)
    given = SimpleNamespace(verdict=Verdict(answer, reasons), pooling="attention")
    assert verdict_line(given) == words
    assert len(words.split()) <= 13


def test_the_twin_holds_every_number(saved):
    at = visit(saved)
    at.session_state["trust-twin"] = True
    run(at)
    record, tokens = expected(saved)
    measures, removal, rows, permutations = (frame.value for frame in at.dataframe)
    assert measures["Value"].to_numpy() == pytest.approx(list(record.measures.values()))
    assert removal["Sufficiency"].tolist() == record.sufficiency.tolist()
    assert rows["Token"].tolist() == list(tokens)
    assert rows["Most different attention"].to_numpy() == pytest.approx(record.adversarial[:, 0])
    assert permutations["Permutations"].tolist() == record.permuted.tolist()


def test_the_twin_of_several_heads_has_a_column_for_each(put):
    at = visit(put(attention="linear", num_attention_heads=5))
    at.session_state["trust-twin"] = True
    run(at)
    columns = at.dataframe[2].value.columns
    assert sum(name.startswith("Attention · ") for name in columns) == 5
    assert sum(name.startswith("Most different attention · ") for name in columns) == 5


@pytest.fixture
def endless(monkeypatch):
    """A check without an end in place of the true one: events of its beginning and its end."""
    began, ended = Event(), Event()

    def work(*args, progress, **settings):
        began.set()
        try:
            while True:
                progress(1, 3)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(explained, "trust_check", work)
    monkeypatch.setattr(background, "AT_ONCE", 0.05)
    return began, ended


def test_a_long_text_is_asked_about_first(saved, monkeypatch):
    monkeypatch.setattr(trust, "UNASKED", 3)
    at = visit(saved)
    assert not drawn(at)
    assert "without each of its" in said(at)
    at.button(key="trust-check").click()
    assert len(drawn(done(at))) == 4
    assert "without each of its" not in said(at)


def test_a_click_cancels_a_check_and_the_page_asks_before_the_next(saved, endless, monkeypatch):
    began, ended = endless
    at = run(opened(saved))
    assert began.wait(5)
    assert at.get("progress")
    at.button(key="trust-cancel").click()
    run(at)
    assert ended.wait(5)
    assert not at.get("progress")
    assert not drawn(at)
    monkeypatch.undo()
    at.button(key="trust-again").click()
    assert len(drawn(done(at))) == 4


def test_the_check_of_another_text_ends_the_one_before(saved, endless):
    ended = endless[1]
    at = run(opened(saved))
    at.args = (str(saved), "Bad!")
    assert not ended.is_set()
    run(at)
    assert ended.wait(5)
    assert len(at.session_state["trust"]) == 1
    at.button(key="trust-cancel").click()
    run(at)


def test_an_error_in_the_check_is_a_warning(saved, monkeypatch):
    def fail(*args, **settings):
        raise AttnvizError("There is nothing in {place}.", place="here")

    monkeypatch.setattr(explained, "trust_check", fail)
    assert [warning.value for warning in visit(saved).warning] == ["There is nothing in here."]
    at = done(check_sample(saved))
    assert [warning.value for warning in at.warning] == ["There is nothing in here."]


def test_a_check_that_fails_is_made_once_and_can_be_asked_for_again(saved, monkeypatch):
    tried = []

    def fail(*args, **settings):
        tried.append(1)
        raise MemoryError("no room for 512 × 512")

    monkeypatch.setattr(explained, "trust_check", fail)
    at = visit(saved)
    run(run(at))
    assert len(tried) == 1
    said = "This could not be computed: MemoryError: no room for 512 × 512."
    assert [warning.value.replace("\\", "") for warning in at.warning] == [said]
    monkeypatch.undo()
    at.button(key="trust-retry").click()
    assert len(drawn(done(at))) == 4
    assert not at.warning


def test_a_sample_that_fails_can_be_asked_for_again(put, monkeypatch):
    folder = put()
    with monkeypatch.context() as patch:
        patch.setattr(explained, "check_text", lambda *args, **settings: 1 / 0)
        at = done(check_sample(folder))
        assert "ZeroDivisionError" in at.warning[0].value
    at.button(key="trust-sample-retry").click()
    done(at)
    assert not at.warning
    assert drawn(at)


def test_a_check_is_made_once_for_a_text(saved, monkeypatch):
    at = visit(saved)
    monkeypatch.setattr(explained, "trust_check", None)  # a second call would fail
    assert len(drawn(run(at))) == 4


def test_a_sample_says_how_often_attention_counts(put):
    folder = put()
    at = visit(folder)
    at.segmented_control(key="trust-scope").set_value("sample")
    run(at)
    assert at.text_area[0].value == "\n".join(SAMPLE.values())
    assert not at.dataframe
    at.button(key="trust-sample-check").click()
    done(at)
    records = [expected(folder, text)[0] for text in SAMPLE.values()]
    verdicts = [record.verdict.load_bearing for record in records]
    assert (
        f"in {verdicts.count(True)} of them, hardly in {verdicts.count(False)}, "
        f"undecided in {verdicts.count(None)}." in said(at)
    )
    spread = at.dataframe[0].value
    assert spread["Measure"].tolist() == [TITLES[name] for name in MEASURES]
    for row, name in enumerate(MEASURES):
        values = [record.measures[name] for record in records]
        wanted = [min(values), np.median(values), max(values)]
        found = spread.loc[row, ["Lowest", "Median", "Highest"]].tolist()
        assert found == pytest.approx(wanted, nan_ok=True)
    found = drawn(at)[0].dropna(subset="text")  # beside the lines where votes turn
    assert found["x"].tolist() == [record.measures["permuted"] for record in records]


def test_a_sample_that_is_cancelled_keeps_what_it_found(put, monkeypatch):
    last, ended = Event(), Event()

    def stuck(classifier, text, progress):
        if text != SAMPLE["three"]:
            return check_text(classifier, text, progress=progress)
        last.set()
        try:
            while True:
                progress(1, 3)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(explained, "check_text", stuck)
    monkeypatch.setattr(trust_sample, "AT_ONCE", 0.05)
    at = run(check_sample(put()))
    assert at.get("progress")
    assert last.wait(60)
    at.button(key="trust-sample-cancel").click()
    assert "Cancelled. Texts checked: 2 of 3." in said(run(at))
    assert ended.wait(5)
    assert not at.get("progress")
    at.session_state["trust-sample-twin"] = True
    run(at)
    assert len(at.dataframe[1].value) == 2


def test_a_sample_that_is_cancelled_ends_between_texts_that_cannot_be_read(put, monkeypatch):
    began, calls = Event(), []

    def unreadable(classifier, text, progress):
        calls.append(text)
        began.set()
        time.sleep(0.01)

    monkeypatch.setattr(explained, "check_text", unreadable)
    monkeypatch.setattr(trust_sample, "AT_ONCE", 0.05)
    monkeypatch.setattr(trust_sample, "MOST_TEXTS", 10_000)
    monkeypatch.setitem(examples.FITTING, "tiny", {"all": "\n".join(map(str, range(10_000)))})
    at = run(check_sample(put()))
    assert began.wait(5)
    at.button(key="trust-sample-cancel").click()
    run(at)
    assert at.session_state["trust-run"].job.finished(5)
    assert len(calls) < 5_000


def test_texts_that_cannot_be_read_are_counted(put, monkeypatch):
    monkeypatch.setattr("attnviz.processing.text.LONGEST_TEXT", 30)
    at = visit(put(), "A bad film!")
    at.segmented_control(key="trust-scope").set_value("sample")
    run(at)
    at.text_area[0].set_value(f"Good music!\n\n{'too long ' * 9}")
    run(at)
    at.button(key="trust-sample-check").click()
    done(at)
    assert "Texts that cannot be read: 1." in said(at)
    at.text_area[0].set_value("too long " * 9)
    run(at)
    assert "Below is still the sample before." in said(at)
    at.button(key="trust-sample-check").click()
    assert "None of these texts can be read." in said(done(at))


def test_a_model_that_cannot_be_opened_is_a_warning_and_no_traceback(put, monkeypatch):
    at = visit(put())
    at.session_state["trust"].clear()

    def refuse(folder):
        raise ModelFolderError("{folder} is gone.", folder="here")

    monkeypatch.setattr(trust, "loaded_classifier", refuse)
    assert [warning.value for warning in run(at).warning] == ["here is gone."]


def test_every_vote_has_its_words():
    votes = {(measure, answer) for measure in THRESHOLDS for answer in (True, False)}
    votes |= {("permuted", None), ("removal", None)}  # of which chance is a part
    assert trust_parts.REASONS.keys() == votes
    assert trust_parts.VERDICTS.keys() == {True, False, None}
    assert trust_parts.BECAUSE.keys() == {True, False, None}
    assert trust_tests.NAMES.keys() == THRESHOLDS.keys()
    assert trust_tests.OUTCOMES.keys() == {True, False, None}
    assert trust_details.MEANINGS.keys() <= MEASURES.keys()


def test_numbers_have_a_true_minus_and_never_a_minus_before_zero():
    assert [number(value) for value in (-0.126, -0.001, 0.0, 1.0)] == [
        "−0.13",
        "0.00",
        "0.00",
        "1.00",
    ]
