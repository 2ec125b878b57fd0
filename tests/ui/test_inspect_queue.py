"""The mistake queue: filter, order, one text after the other, marks, evidence."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.folders import weights_digest
from attnviz.runs import Filter, Run
from attnviz.ui.components.inspection.chosen import Opened
from tests.scored_runs import make_run
from tests.ui.page_driving import messages, picture, run

NAME = "queue"


def page():
    import streamlit as st

    from attnviz.runs import Run
    from attnviz.ui.components.inspection import queue

    queue.show(Run.open(st.session_state["folder"]), "queue")


@pytest.fixture
def known_run(own_run, saved):
    """A run whose model is the tiny one, unchanged."""
    own_run.change(weights=weights_digest(saved))
    return own_run


def visit(own_run, chosen=None, opened=None):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["folder"] = str(own_run.folder)
    name = own_run.folder.name
    at.session_state["inspect-filters"] = {} if chosen is None else {name: chosen}
    at.session_state["inspect-opened"] = {name: opened}
    return run(at)


def rows_of(at):
    return at.dataframe[0].value


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption)).replace("\\", "")


def button(at, label):
    return next(one for one in at.button if one.label == label)


def click(at, label):
    button(at, label).click()
    return run(at)


def open_line(at):
    """The line of the open text, or None."""
    found = [text.value for text in at.markdown if text.value.startswith("#### Line ")]
    return int(found[0].split()[2]) if found else None


def click_row(at, place):
    """What the browser sends for a click on a cell; AppTest itself knows no selections."""
    states = at._tree.get_widget_states()
    cell = {"selection": {"rows": [], "columns": [], "cells": [[place, "Text"]]}}
    states.widgets.add(id=at.dataframe[0].proto.id, string_value=json.dumps(cell))
    at._run(states)
    assert not at.exception
    return at


# The filter and the table


def test_at_first_the_mistakes_stand_there_the_worst_on_top(known_run):
    at = visit(known_run)
    expected = known_run.page(Filter(outcome="wrong"), "loss", most=200)
    assert rows_of(at)["Line"].tolist() == expected["line"].tolist()
    assert rows_of(at)["Text"].tolist() == [text[:300] for text in expected["text"]]
    assert rows_of(at)["True class"].tolist() == expected["truth"].tolist()
    assert rows_of(at)["Predicted class"].tolist() == expected["predicted"].tolist()
    assert rows_of(at)["Probability"].tolist() == (100 * expected["confidence"]).tolist()
    assert f"Texts: {len(expected)} of 113 (wrong)" in said(at)
    assert open_line(at) is None


CHOICES = {
    "outcome": (lambda at: at.segmented_control[0].set_value("right"), Filter(outcome="right")),
    "words": (
        lambda at: at.text_input(key="queue-filter-words").set_value("GOOD film"),
        Filter(outcome="wrong", words="GOOD film"),
    ),
    "tags": (
        lambda at: at.multiselect(key="queue-filter-tags").set_value(["close"]),
        Filter(outcome="wrong", tags=("close",)),
    ),
    "truth": (
        lambda at: at.multiselect(key="queue-filter-truth").set_value(["neutral", "positive"]),
        Filter(outcome="wrong", truth=("neutral", "positive")),
    ),
    "prediction": (
        lambda at: at.multiselect(key="queue-filter-prediction").set_value(["negative"]),
        Filter(outcome="wrong", prediction=("negative",)),
    ),
    "marks": (
        lambda at: at.multiselect(key="queue-filter-marks").set_value(["drop"]),
        Filter(outcome="wrong", marks=("drop",)),
    ),
    "confidence": (
        lambda at: at.slider(key="queue-filter-confidence").set_value((0, 80)),
        Filter(outcome="wrong", confidence=(None, 0.8)),
    ),
    "tokens": (
        lambda at: at.number_input(key="queue-filter-tokens0").set_value(20),
        Filter(outcome="wrong", tokens=(20, None)),
    ),
    "columns": (
        lambda at: at.selectbox(key="queue-filter-value").set_value("web"),
        Filter(outcome="wrong", columns=(("source", "web"),)),
    ),
}


@pytest.mark.parametrize("name", CHOICES)
def test_every_field_of_the_filter_can_be_chosen(known_run, name):
    known_run.mark(range(0, 113, 3), "drop")
    at = visit(known_run)
    if name == "columns":
        at.selectbox(key="queue-filter-column-of-run").set_value("source")
        run(at)
    choose, expected = CHOICES[name]
    choose(at)
    run(at)
    assert at.session_state["inspect-filters"]["run"] == expected
    lines = known_run.page(expected, "loss", most=200)["line"].tolist()
    assert 0 < len(lines) < 113 or name == "tags"
    assert (rows_of(at)["Line"].tolist() if lines else []) == lines
    assert f"Texts: {len(lines)} of 113 (" in said(at)
    click(at, "Clear")
    assert "All texts: 113" in said(at)
    assert len(rows_of(at)) == 100


def test_a_filter_chosen_elsewhere_stands_in_the_bar(known_run):
    chosen = Filter(
        outcome="right",
        truth=("positive",),
        words="good",
        tags=("close",),
        confidence=(0.25, None),
        tokens=(3, 30),
        columns=(("label", "positive"),),
    )
    at = visit(known_run, chosen)
    assert at.segmented_control[0].value == "right"
    assert at.text_input(key="queue-filter-words").value == "good"
    assert at.multiselect(key="queue-filter-tags").value == ["close"]
    assert at.multiselect(key="queue-filter-truth").value == ["positive"]
    assert at.slider(key="queue-filter-confidence").value == (25, 100)
    assert [box.value for box in at.number_input] == [3, 30]
    assert at.selectbox(key="queue-filter-value").value == "positive"
    at.number_input(key="queue-filter-tokens1").set_value(None)
    run(at)
    assert at.session_state["inspect-filters"]["run"].tokens == (3, None)


def test_the_order_can_be_chosen(known_run):
    at = visit(known_run)
    at.selectbox(key="queue-sort-True").set_value("long")
    run(at)
    expected = known_run.page(Filter(outcome="wrong"), "long", most=200)
    assert rows_of(at)["Line"].tolist() == expected["line"].tolist()


def test_nothing_left_says_what_to_do(known_run):
    at = visit(known_run, Filter(words="nowhere"))
    assert "No text is left" in messages(at)[0]
    assert not at.dataframe


def test_a_filter_of_another_file_says_so(known_run):
    at = visit(known_run, Filter(columns=(("gone", "x"),)))
    assert "no column “gone”" in messages(at)[0].replace("\\", "")
    click(at, "Clear")
    assert "All texts: 113" in said(at)


def test_pages_follow_the_open_text(known_run):
    at = visit(known_run, Filter(), Opened(99))
    at.selectbox(key="queue-sort-True").set_value("line")
    run(at)
    assert rows_of(at)["Line"].tolist() == [98, 99, 100, 101]
    click(at, "Next")
    assert rows_of(at)["Line"].tolist() == [102, 103, 104, 105]
    assert open_line(at) == 102
    click(at, "Previous")
    assert rows_of(at)["Line"].tolist() == [98, 99, 100, 101]
    click(at, "Close")
    assert rows_of(at)["Line"].tolist() == list(range(2, 102))


# One text after the other


def test_a_click_on_a_row_opens_it(known_run, classifier):
    at = visit(known_run)
    expected = known_run.page(Filter(outcome="wrong"), "loss")
    click_row(at, 3)
    row = expected.iloc[3]
    assert open_line(at) == row["line"]
    assert f"4 of {known_run.count(Filter(outcome='wrong'))}" in said(at)
    assert f"True class: **{row['truth']}** {row['p_truth']:.1%}" in said(at)
    assert f"Predicted: **{row['predicted']}** {row['confidence']:.1%}" in said(at)
    trace = classifier.trace(row["text"])
    assert len(picture(at)[0]["rows"]) == len(trace.tokens)
    assert not messages(at)


def test_next_and_previous_walk_the_order_to_its_ends(known_run):
    chosen = Filter(rows=(5, 8, 13))
    lines = known_run.page(chosen, "loss")["line"].tolist()
    at = visit(known_run, chosen)
    assert button(at, "Previous").disabled
    click(at, "Open")
    seen = [open_line(at)]
    for _ in range(2):
        assert not button(at, "Next").disabled
        seen.append(open_line(click(at, "Next")))
    assert seen == lines
    assert button(at, "Next").disabled
    assert open_line(click(at, "Previous")) == lines[1]
    assert open_line(click(at, "Close")) is None
    assert open_line(click(at, "Open")) == lines[1]


def test_a_text_that_its_mark_takes_out_of_the_filter_stays_open_and_the_next_follows(known_run):
    chosen = Filter(outcome="wrong", marks=("none",))
    lines = known_run.page(chosen, "loss")["line"].tolist()
    at = visit(known_run, chosen)
    click(at, "Open")
    click(at, "Next")
    click(at, "Drop")
    assert open_line(at) == lines[1]
    assert "not in this filter" in said(at)
    assert open_line(click(at, "Next")) == lines[2]
    assert open_line(click(at, "Previous")) == lines[0]


def test_every_step_has_a_key_of_its_own(known_run):
    at = visit(known_run, None, Opened(5))
    keys = [one.proto.shortcut for one in at.button if one.proto.shortcut]
    assert sorted(keys) == ["0", "1", "2", "3", "j", "k", "x"]
    shown = next(text.value for text in at.markdown if "next" in text.value)
    for key in (*keys, "o"):
        assert f"**{key.upper()}**" in shown


# Marks


def test_marks_and_notes_are_kept_at_once(known_run):
    at = visit(known_run, None, Opened(5))
    click(at, "Keep")
    at.text_input(key="queue-text-note-5").set_value("=so *so*")
    run(at)
    marks = Run.open(known_run.folder).marks()
    assert (marks[5]["mark"], marks[5]["note"]) == ("keep", "=so *so*")
    at.selectbox(key="queue-text-label-5").set_value("neutral")
    run(at)
    assert known_run.marks()[5]["mark"] == "keep"
    click(at, "Relabel")
    assert known_run.marks()[5]["label"] == "neutral"
    at.selectbox(key="queue-text-label-5").set_value("positive")
    run(at)
    assert known_run.marks()[5]["label"] == "positive"
    assert known_run.marks()[5]["note"] == "=so *so*"
    click(at, "No mark")
    assert (known_run.marks()[5]["mark"], known_run.marks()[5]["note"]) == ("", "=so *so*")


def test_the_table_shows_marks(known_run):
    known_run.mark([5], "relabel", "neutral", "why")
    known_run.mark([8], "drop")
    at = visit(known_run, Filter(rows=(5, 8, 13)))
    table = rows_of(at).set_index("Line")
    assert table["Mark"][[7, 10, 15]].tolist() == ["→ neutral ✎", "drop", ""]


def test_the_new_label_is_at_first_what_the_model_would_say(known_run):
    wrong = known_run.page(Filter(outcome="wrong")).iloc[0]
    right = known_run.page(Filter(outcome="right")).iloc[0]
    for row, expected in ((wrong, wrong["predicted"]), (right, right["runner"])):
        at = visit(known_run, Filter(), Opened(int(row["row"])))
        assert at.selectbox(key=f"queue-text-label-{row['row']}").value == expected


# Evidence


@pytest.fixture
def tagged(known_run):
    """Rows 3 and 4 are near-duplicates of each other; the label of row 3 is in doubt."""
    import pyarrow as pa

    from attnviz.runs.schema import later_schema

    doubt = {"suspect": True, "label_quality": 0.01}
    planted = [{"row": 3, "duplicate_of": 4} | doubt, {"row": 4, "duplicate_of": 3}]
    known_run.write_later(pa.Table.from_pylist(planted, later_schema()))
    return known_run


def test_tags_are_buttons_with_their_titles(tagged):
    at = visit(tagged, Filter(rows=(3, 4)))
    shown = rows_of(at).set_index("Line")["Tags"]
    assert "Label or model?" in shown[5]
    assert "Label or model?" not in shown[6]
    click_row(at, rows_of(at)["Line"].tolist().index(5))
    assert button(at, "Label or model?").help
    click(at, "Open the near-duplicate")
    assert open_line(at) == 6


def question(at):
    """The question that is open in the text below the list."""
    known = "queue-text-question" in at.session_state
    return at.session_state["queue-text-question"] if known else None


def test_a_row_opened_for_its_evidence_opens_the_question_at_its_token(known_run):
    at = visit(known_run, None, Opened(5, "memory", 2))
    assert question(at) == "memory"
    assert at.session_state["token"] == 2
    at.button(key="queue-text-close").click()
    run(at)
    assert question(run(at)) is None


def test_a_tag_leads_to_its_evidence(known_run, monkeypatch):
    from attnviz.runs import causes

    cause = causes.Cause("Planted", "Why.", "row = 5", "There.", "strongest_row", "reach")
    monkeypatch.setitem(causes.CAUSES, "planted", cause)
    at = visit(known_run, None, Opened(5))
    assert question(at) is None
    click(at, "Planted")
    assert question(at) == "reach"
    assert at.session_state["token"] == known_run.page(Filter(rows=(5,)))["strongest_row"][0]


def test_without_a_question_the_token_s_path_opens(known_run):
    assert question(visit(known_run, None, Opened(5, None, 1))) == "path"


def test_a_question_that_does_not_fit_the_network_gives_way_to_the_token(known_run, monkeypatch):
    from attnviz.ui.components.depths import QUESTIONS

    monkeypatch.setattr(QUESTIONS["reach"][1], "fits", lambda trace: False, raising=False)
    at = visit(known_run, None, Opened(5, "reach", 1))
    assert question(at) == "path"
    assert at.session_state["token"] == 1
    at = visit(known_run, None, Opened(5, "ledger", 10_000))
    assert question(at) == "ledger"
    assert "token" not in at.session_state


def test_what_is_open_stays_open_in_the_next_text(known_run):
    at = visit(known_run, None, Opened(5, "reach", 0))
    click(at, "Next")
    assert question(at) == "reach"


# What may be missing


def test_a_model_that_has_gone_leaves_the_text_and_its_marks(known_run, tmp_path):
    known_run.change(model=str(tmp_path / "gone"))
    at = visit(known_run, None, Opened(5))
    assert "no model folder" in messages(at)[0]
    assert open_line(at) == 7
    click(at, "Drop")
    assert known_run.marks()[5]["mark"] == "drop"
    assert picture(at) is None


def test_a_model_that_has_changed_is_said(own_run):
    at = visit(own_run, None, Opened(5))
    assert "has changed since" in messages(at)[0]
    assert picture(at) is not None


def test_an_unlabelled_run_has_texts_and_no_mistakes(known_run):
    known_run.change(label_column=None, label_map={})
    at = visit(known_run)
    assert "All texts: 113" in said(at)
    assert not {"True class"} & set(rows_of(at))
    assert not at.segmented_control
    click_row(at, 0)
    assert open_line(at) == 2
    assert "True class" not in said(at)


def test_texts_that_are_not_scored_have_no_prediction(tmp_path, classifier, saved):
    rows = [("good", "positive", ""), (" ", "no class", "")]
    at = visit(make_run(tmp_path / "new", classifier, rows, model=saved), Filter(), Opened(1))
    assert rows_of(at)["Predicted class"].tolist() == ["", ""]
    assert "not scored" in said(at)
    assert "“no class”, which the model does not know" in said(at)
    assert "nothing to read" in messages(at)[0] or "holds" in messages(at)[0]


def test_a_row_that_is_not_there_says_so(known_run):
    assert "no row 500" in messages(visit(known_run, None, Opened(500)))[0]


def test_names_from_the_file_are_text(tmp_path, classifier, saved):
    mark = "**b** [x](http://x)"
    rows = [(mark, mark, mark)]
    known_run = make_run(tmp_path / "run", classifier, rows, ("review", "label", mark), model=saved)
    chosen = Filter(columns=((mark, mark),))
    at = visit(known_run, chosen, Opened(0))
    for text in (*at.markdown, *at.caption):
        assert "](http" not in text.value.replace("\\]\\(", "")


def test_a_link_opens_its_row_once(known_run):
    def linked():
        import streamlit as st

        from attnviz.runs import Run
        from attnviz.ui.components.inspection import chosen, queue

        run = Run.open(st.session_state["folder"])
        chosen.follow_link(run, ["queue"])
        queue.show(run, "queue")

    at = AppTest.from_function(linked, default_timeout=60)
    at.session_state["folder"] = str(known_run.folder)
    at.query_params["row"] = "5"
    assert open_line(run(at)) == 7
    click(at, "Next")
    assert at.query_params["row"] == str(open_line(at) - 2)
    assert open_line(click(at, "Close")) is None
    assert "row" not in at.query_params


def test_an_open_text_says_what_decides_it_and_whether_its_evidence_holds(known_run):
    at = visit(known_run, None, Opened(5))
    (said,) = [caption.value for caption in at.caption if ":material/c" in caption.value]
    first = said.split("\n")[0]
    assert first.startswith(("- :material/check: Without “", "- :material/close: No short phrase"))
    assert "%" in first
