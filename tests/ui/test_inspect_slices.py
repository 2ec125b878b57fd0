"""Slices and the comparison of two runs as Streamlit runs them, without a browser."""

import json
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.inspection.comparing import compare
from attnviz.inspection.scoring import score_run
from attnviz.inspection.slicing import slice_table, suggest_slices
from attnviz.runs import Filter
from attnviz.ui.components.inspection import slices
from attnviz.ui.components.inspection.chosen import VIEW, in_words
from tests.scored_runs import make_run, random_rows

WEB = Filter(columns=(("source", "web"),))
SHORT = Filter(outcome="wrong", tokens=(None, 20))


def page(view, run, **session):
    """A page that shows one view of a run."""

    def script():
        import importlib

        import streamlit as st

        from attnviz.runs import Run

        run = Run.open(st.session_state["folder"])
        name = st.session_state["shown view"]
        importlib.import_module(f"attnviz.ui.components.inspection.{name}").show(run, name)

    at = AppTest.from_function(script, default_timeout=60)
    for name, value in {"shown view": view, "folder": str(run.folder), **session}.items():
        at.session_state[name] = value
    return rerun(at)


def rerun(at):
    at.run()
    assert not at.exception
    return at


def with_filter(run, chosen):
    return {"inspect-filters": {run.folder.name: chosen}}


def button(at, label):
    return next(button for button in at.button if button.label.startswith(label))


def click(at, label):
    button(at, label).click()
    return rerun(at)


def select(at, key, row):
    at.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return rerun(at)


def said(at):
    kinds = (at.markdown, at.caption, at.info, at.error, at.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


WORDS = {
    "all texts": Filter(),
    "wrong · truth negative · tag Votes cancel": Filter(
        outcome="wrong", truth=("negative",), tags=("cancelled",)
    ),
    "predicted neutral / positive · confidence 40%–80%": Filter(
        prediction=("neutral", "positive"), confidence=(0.4, 0.8)
    ),
    "confidence ≥ 90% · tokens ≤ 1,000": Filter(confidence=(0.9, None), tokens=(None, 1000)),
    'marked drop / without a mark · words good "the film"': Filter(
        words=' good "the film"', marks=("drop", "none")
    ),
    "source = web · chosen rows: 2": Filter(columns=(("source", "web"),), rows=(3, 7)),
}


@pytest.mark.parametrize("words", WORDS)
def test_a_filter_is_said_in_words(words):
    assert in_words(WORDS[words]) == words


def test_the_filter_of_the_queue_is_saved_under_the_name_that_is_typed(own_run):
    at = page("slices", own_run, **with_filter(own_run, WEB))
    assert at.text_input[0].value == "source = web"
    at.text_input[0].set_value("From the web")
    click(at, "Save as a slice")
    assert own_run.slices() == {"From the web": WEB}
    table = at.dataframe[0].value
    (expected,) = slice_table(own_run, {"From the web": WEB})
    assert table["Slice"].tolist() == ["From the web"]
    assert table["Texts"].tolist() == [expected.rows]
    assert table["Mistakes"].tolist() == [expected.wrong]
    assert table["Accuracy"].tolist() == [100 * expected.accuracy]
    assert table["Lift of mistakes"].tolist() == [f"{expected.lift:.2f}"]
    low, high = expected.interval
    assert table["95% interval"].tolist() == [f"{low:.1%} – {high:.1%}"]
    assert "It is saved below" in said(at)


def test_a_slice_opens_in_the_queue_is_renamed_and_deleted(own_run):
    own_run.change_slices(lambda _: {"web": WEB, "short": SHORT})
    at = select(page("slices", own_run), "slices-saved", 1)
    click(at, "Show its texts")
    assert at.session_state["inspect-filters"] == {own_run.folder.name: SHORT}
    assert at.session_state[VIEW] == "queue"
    at.text_input(key="slices-rename-short").set_value(" web ")
    rerun(at)
    assert list(own_run.slices().items()) == [("web", WEB), ("web (2)", SHORT)]
    select(at, "slices-saved", 0)
    click(at, "Show its mistakes")
    chosen = at.session_state["inspect-filters"][own_run.folder.name]
    assert chosen == Filter(outcome="wrong", columns=WEB.columns)
    click(at, "Delete")
    assert own_run.slices() == {"web (2)": SHORT}


def test_what_errs_more_than_elsewhere_is_suggested_and_saved(own_run):
    expected = suggest_slices(own_run)
    assert expected
    at = page("slices", own_run)
    words = [in_words(one.chosen) for one in expected]
    assert at.dataframe[0].value["Slice"].tolist() == words
    assert f"errs {expected[0].lift:.2f} times as often" in said(at)
    select(at, "slices-suggested", 0)
    at.button(key="slices-keep").click()
    rerun(at)
    assert own_run.slices() == {words[0]: expected[0].chosen}


def test_a_slice_that_means_nothing_any_more_says_why_and_can_go(own_run):
    own_run.change_slices(lambda _: {"gone": Filter(columns=(("no such", "x"),)), "web": WEB})
    at = page("slices", own_run)
    assert "no such" in at.warning[0].value
    assert at.dataframe[0].value["Slice"].tolist() == ["web"]
    click(at, "Delete")
    assert own_run.slices() == {"web": WEB}


def test_names_never_become_markdown_and_never_collide():
    assert slices.free_name("a", {"a": 1, "a (2)": 1}) == "a (3)"
    assert len(slices.free_name("x" * 500, {})) == slices.LONGEST_NAME


@pytest.fixture
def unlabelled(tmp_path, classifier):
    run = make_run(tmp_path / "new", classifier, random_rows(31, classifier.labels), label=None)
    run.change(label_map={})
    score_run(classifier, run)
    return run


def test_slices_of_a_file_without_labels_have_sizes_alone(unlabelled):
    unlabelled.change_slices(lambda _: {"web": WEB})
    table = page("slices", unlabelled).dataframe[0].value
    assert table["Texts"].tolist() == [unlabelled.count(WEB)]
    assert table["Lift of mistakes"].tolist() == [""]


# Two runs


@pytest.fixture
def runs(tmp_path, monkeypatch, run, classifier, build_network, tokenizer):
    """A folder of runs: the rows of `run` read by two models, the second a day later."""
    from attnviz.classifier import Classifier

    monkeypatch.setenv("ATTNVIZ_RUNS", str(tmp_path / "runs"))
    rows = random_rows(run.about.rows, classifier.labels)
    found = []
    for day, model in ((1, classifier), (2, Classifier(build_network(seed=6), tokenizer))):
        made = make_run(tmp_path / "runs" / f"run-{day}", model, rows, model="/models/m")
        created = datetime(2026, 11, day, tzinfo=UTC).isoformat()
        made.change(name=f"day {day}", created=created)
        score_run(model, made)
        found.append(made)
    return found


@pytest.mark.parametrize("side", [0, 1])
def test_a_comparison_counts_tests_and_leads_to_the_texts(runs, side):
    """Whichever of the two is open, the one that was begun first is before."""
    at = page("compare", runs[side])
    found = compare(*runs)
    fixed, broken = found.counts["fixed"], found.counts["broken"]
    assert f"{fixed} fixed, {broken} broken" in said(at)
    assert "Before: **day 1** (m), after: **day 2** (m)" in said(at)
    old, new = found.accuracies
    assert f"went from {old:.1%} to {new:.1%}" in said(at)
    crossed = at.dataframe[0].value
    assert crossed["right after"].tolist() == [found.counts["right"], fixed]
    assert crossed["wrong after"].tolist() == [broken, found.counts["wrong"]]
    assert at.dataframe[1].value["Texts"].sum() == found.labelled
    click(at, "Newly fixed")
    chosen = at.session_state["inspect-filters"][runs[side].folder.name]
    assert chosen == Filter(rows=tuple(found.rows["fixed"][:, side].tolist()))
    assert at.session_state[VIEW] == "queue"


def test_a_mark_in_the_chart_opens_its_text(runs):
    at = page("compare", runs[1])
    chart = at.get("vega_lite_chart")[0]
    spec = json.loads(chart.proto.spec)
    assert [param["name"] for param in spec["params"]] == ["opened"]
    at.session_state["compare-points"] = {"selection": {"opened": [{"place": 3}]}}
    rerun(at)
    click(at, "Open the chosen text")
    row = int(compare(*runs).point_rows[3, 1])
    assert at.session_state["inspect-opened"][runs[1].folder.name].row == row


def test_runs_of_the_same_file_are_offered_first(runs, classifier, tmp_path):
    other = make_run(tmp_path / "runs" / "zzz", classifier, random_rows(31, classifier.labels))
    other.change(name="elsewhere", digest="9" * 64, created="2027-01-01T00:00:00+00:00")
    options = page("compare", runs[1]).selectbox[0].options
    assert [option.partition(" · ")[0] for option in options] == ["day 1", "elsewhere"]
    assert options[0].endswith("same file")
    assert options[1].endswith("another file")


def test_a_run_without_a_second_one_says_what_to_do(own_run, tmp_path, monkeypatch):
    monkeypatch.setenv("ATTNVIZ_RUNS", str(tmp_path / "none"))
    assert "This is the only run" in said(page("compare", own_run))


def test_without_labels_predictions_are_compared(runs):
    for run in runs:
        run.change(label_column=None, label_map={})
    at = page("compare", runs[0])
    count = compare(*runs).counts["other"]
    assert f"Predictions that are others now: {count}" in said(at)
    assert button(at, "Another prediction")
    assert len(at.dataframe) == 0


def test_runs_that_share_no_text_are_not_offered(runs, classifier):
    rows = [("something else entirely", "positive", "web")]
    other = make_run(runs[0].folder.parent / "other", classifier, rows)
    score_run(classifier, other)
    other.change(digest="3" * 64, created="2026-11-03T00:00:00+00:00")
    at = page("compare", other)
    assert "No other run has a text in common with this one" in said(at)
    assert not at.selectbox
    assert len(at.get("vega_lite_chart")) == 0
    at = page("compare", runs[0])
    assert len(at.selectbox[0].options) == 1
    assert "Runs without a text of this one, which are not offered: 1." in said(at)


def test_two_runs_of_one_file_and_name_can_be_told_apart_in_the_list(runs, classifier):
    rows = random_rows(runs[0].about.rows, classifier.labels)
    for name in ("x1", "x2"):
        made = make_run(runs[0].folder.parent / name, classifier, rows, model="/models/m")
        made.change(name="day 1", created=runs[0].about.created)
    options = page("compare", runs[1]).selectbox[0].options
    assert len(options) == len(set(options)) == 3
    assert {option.rpartition(" · ")[2] for option in options} == {"run-1", "x1", "x2"}


@pytest.mark.parametrize("side", [0, 1])
def test_two_models_are_not_called_before_and_after(runs, side):
    """The open run stands first, whichever was begun first; nothing is fixed or broken."""
    runs[0].change(model="/models/small")
    at = page("compare", runs[side])
    names = ["small", "m"] if side == 0 else ["m", "small"]
    found = compare(runs[side], runs[1 - side])
    old, new = found.accuracies
    first, second = names
    assert (
        f"Accuracy of {first}: {old:.1%}, of {second}: {new:.1%}. Only {second} right: "
        f"{found.counts['fixed']}, only {first} right: {found.counts['broken']}." in said(at)
    )
    for word in ("before", "Before", "after", "fixed", "broken"):
        assert word not in said(at)
    crossed = at.dataframe[0].value
    assert list(crossed.columns) == ["", f"{second} right", f"{second} wrong"]
    assert crossed[f"{second} right"].tolist() == [found.counts["right"], found.counts["fixed"]]
    click(at, f"Only {second} right")
    chosen = at.session_state["inspect-filters"][runs[side].folder.name]
    assert chosen == Filter(rows=tuple(found.rows["fixed"][:, 0].tolist()))


def test_a_sample_is_told_only_where_one_is_drawn(runs, monkeypatch):
    at = page("compare", runs[0])
    found = compare(*runs)
    assert found.drawable == len(found.points) <= found.matched
    assert "random sample" not in said(at)
    monkeypatch.setattr("attnviz.inspection.comparing.MOST_POINTS", 7)
    monkeypatch.setattr("attnviz.ui.components.inspection.compare_parts.MOST_POINTS", 7)
    fewer = page("compare", runs[1])
    assert f"A random sample is drawn: 7 of {found.drawable} texts." in said(fewer)
