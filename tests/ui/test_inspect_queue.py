"""The mistake queue: filter, order, one text after the other, marks, evidence."""

import json
import re

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.folders import weights_digest
from attnviz.runs import CAUSES, Filter, Run
from attnviz.ui.components.inspection import order
from attnviz.ui.components.inspection.chosen import Opened
from tests.scored_runs import finished_run, make_run
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


def listed(at):
    """What the list was sent."""
    sent = [json.loads(part.proto.json) for part in at.get("bidi_component") if part.proto.json]
    return next(data for data in sent if "items" in data)


def rows_of(at):
    """The list as a table."""
    items = listed(at)["items"]
    columns = {
        "Line": [int(item["help"].split()[1]) for item in items],
        "Text": [item["text"] for item in items],
        "Predicted class": [item["sides"][-1][0] for item in items],
        "Probability": [item["share"] for item in items],
        "Percent": [item["percent"] for item in items],
        "Tag": [item["tag"] for item in items],
        "Mark": [item["mark"] for item in items],
    }
    if any(len(item["sides"]) > 1 for item in items):
        columns["True class"] = [item["sides"][0][0] for item in items]
    return pd.DataFrame(columns)


def head(at):
    """The line above the open text, without its markup; "" where none is open."""
    html = [part.proto.body for part in at.get("html") if "opened-head" in part.proto.body]
    return re.sub(r"<[^>]+>", "", html[0]) if html else ""


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption)).replace("\\", "")


def button(at, label):
    return next(one for one in at.button if one.label.split(" to **")[0] == label)


def click(at, label):
    button(at, label).click()
    return run(at)


def open_line(at):
    """The line of the open text, or None."""
    return int(head(at).split()[1]) if head(at) else None


def click_row(at, place):
    """What a click on a text of the list does; AppTest itself knows no components."""
    row = listed(at)["items"][place]["row"]
    at.session_state["inspect-opened"] = {at.session_state["folder"].split("/")[-1]: Opened(row)}
    return run(at)


# The filter and the list


def test_at_first_the_mistakes_stand_there_the_worst_on_top_and_open(known_run):
    at = visit(known_run)
    expected = known_run.page(Filter(outcome="wrong"), "loss", most=200)
    assert rows_of(at)["Line"].tolist() == expected["line"].tolist()
    assert rows_of(at)["Text"].tolist() == [text[:300] for text in expected["text"]]
    assert rows_of(at)["True class"].tolist() == expected["truth"].tolist()
    assert rows_of(at)["Predicted class"].tolist() == expected["predicted"].tolist()
    assert rows_of(at)["Probability"].tolist() == expected["confidence"].tolist()
    assert rows_of(at)["Percent"][0] == f"{expected['confidence'][0]:.1%}"
    assert f"Texts: **{len(expected)}**" in said(at)
    assert open_line(at) == expected["line"][0]
    assert listed(at)["current"] == expected["row"][0]
    assert "row" not in at.query_params


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
    "pair": (
        lambda at: at.pills(key="queue-filter-pair").set_value(("neutral", "negative")),
        Filter(outcome="wrong", truth=("neutral",), prediction=("negative",)),
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
    assert f"Texts: **{len(lines)}**" in said(at)
    click(at, "Clear")
    assert "Texts: **113**" in said(at)
    assert len(rows_of(at)) == 100


def test_the_two_tags_of_most_mistakes_are_buttons_with_their_numbers(known_run):
    at = visit(known_run)
    first, second = [*order.counts(known_run).tags.items()][:2]
    buttons = at.pills(key="queue-filter-frequent")
    assert buttons.options == [f"{CAUSES[tag].title} {count}" for tag, count in (first, second)]
    buttons.set_value([second[0]])
    run(at)
    assert at.session_state["inspect-filters"]["run"] == Filter(outcome="wrong", tags=(second[0],))
    assert f"Texts: **{second[1]}**" in said(at)


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
    assert "No text matches" in said(at)
    assert rows_of(at).empty
    assert open_line(at) is None
    click(at, "Clear filters")
    assert len(rows_of(at)) == 100


def test_without_a_mistake_the_least_sure_right_texts_are_offered(tmp_path, classifier, saved):
    texts = ["good film", "bad film", "the music"]
    rows = [(text, classifier.trace(text).prediction, "") for text in texts]
    at = visit(finished_run(tmp_path / "right", classifier, rows, saved))
    assert "No mistake at all" in said(at)
    click(at, "Show the least sure right texts")
    expected = Run.open(tmp_path / "right").page(Filter(outcome="right"), "unsure")
    assert rows_of(at)["Line"].tolist() == expected["line"].tolist()


def test_a_filter_of_another_file_says_so(known_run):
    at = visit(known_run, Filter(columns=(("gone", "x"),)))
    assert "no column “gone”" in messages(at)[0].replace("\\", "")
    click(at, "Clear")
    assert "Texts: **113**" in said(at)


def test_pages_follow_the_open_text(known_run):
    at = visit(known_run, Filter(), Opened(99))
    at.selectbox(key="queue-sort-True").set_value("line")
    run(at)
    assert rows_of(at)["Line"].tolist() == list(range(2, 102))
    click(at, "Next")
    assert rows_of(at)["Line"].tolist() == list(range(102, 115))
    assert open_line(at) == 102
    click(at, "Back")
    assert rows_of(at)["Line"].tolist() == list(range(2, 102))
    click(at, "List")
    assert rows_of(at)["Line"].tolist() == list(range(2, 102))
    assert open_line(at) == 2


# One text after the other


def test_a_click_on_a_row_opens_it(known_run, classifier):
    at = visit(known_run)
    expected = known_run.page(Filter(outcome="wrong"), "loss")
    click_row(at, 3)
    row = expected.iloc[3]
    assert open_line(at) == row["line"]
    assert f"4 of {known_run.count(Filter(outcome='wrong'))}" in head(at)
    assert f"label {row['truth']} {row['p_truth']:.1%}" in head(at)
    assert f"model {row['predicted']} {row['confidence']:.1%}" in head(at)
    assert "✕ wrong" in head(at)
    trace = classifier.trace(row["text"])
    assert len(picture(at)[0]["rows"]) == len(trace.tokens)
    assert not messages(at)


def test_next_and_back_walk_the_order_to_its_ends(known_run):
    chosen = Filter(rows=(5, 8, 13))
    lines = known_run.page(chosen, "loss")["line"].tolist()
    at = visit(known_run, chosen)
    assert button(at, "Back").disabled
    seen = [open_line(at)]
    for _ in range(2):
        assert not button(at, "Next").disabled
        seen.append(open_line(click(at, "Next")))
    assert seen == lines
    assert button(at, "Next").disabled
    assert open_line(click(at, "Back")) == lines[1]
    assert open_line(click(at, "List")) == lines[0]


def test_a_text_that_its_mark_takes_out_of_the_filter_is_followed_by_the_one_behind_it(known_run):
    chosen = Filter(outcome="wrong", marks=("none",))
    lines = known_run.page(chosen, "loss")["line"].tolist()
    at = visit(known_run, chosen)
    click(at, "Next")
    assert open_line(click(at, "Drop")) == lines[2]
    assert open_line(click(at, "Back")) == lines[0]
    assert open_line(click(at, "Undo")) == lines[1]
    assert known_run.marks() == {}


def test_a_text_that_is_not_in_the_filter_says_so(known_run):
    at = visit(known_run, Filter(rows=(8, 13)), Opened(5))
    assert open_line(at) == 7
    assert "not in this filter" in head(at)


def test_every_button_of_the_open_text_has_a_key_that_presses_it(known_run):
    at = visit(known_run, None, Opened(5))
    keys = listed(at)["keys"]
    assert sorted(keys) == ["/", "d", "j", "k", "n", "o", "r", "shift+j", "z"]
    there = {one.key for one in at.button}
    for key, (pressed, _field) in keys.items():
        assert key == "/" or pressed.removeprefix(".st-key-") in there, key
    assert keys["/"][1].removeprefix(".st-key-") in {one.key for one in at.text_input}
    signs = next(p.proto.body for p in at.get("html") if "next button::after" in p.proto.body)
    for sign in ("J", "⇧J", "K", "R", "D", "N", "Z", "O"):
        assert f'content: "{sign}"' in signs


# Marks


def mark(at, name):
    """Mark the open text, and come back to it."""
    opened = at.session_state["inspect-opened"]["run"]
    at.button(key=f"queue-text-mark-{name}").click()
    run(at)
    at.session_state["inspect-opened"] = {"run": opened}
    return run(at)


def test_marks_and_notes_are_kept_at_once(known_run):
    at = visit(known_run, None, Opened(5))
    mark(at, "keep")
    click(at, "Note")
    at.text_input(key="queue-text-note-5").set_value("=so *so*")
    run(at)
    marks = Run.open(known_run.folder).marks()
    assert (marks[5]["mark"], marks[5]["note"]) == ("keep", "=so *so*")
    at.selectbox(key="queue-text-label-5").set_value("neutral")
    run(at)
    assert known_run.marks()[5]["mark"] == "keep"
    mark(at, "relabel")
    assert known_run.marks()[5]["label"] == "neutral"
    at.selectbox(key="queue-text-label-5").set_value("positive")
    run(at)
    assert known_run.marks()[5]["label"] == "positive"
    assert known_run.marks()[5]["note"] == "=so *so*"
    mark(at, "relabel")  # a mark that is there takes itself back
    assert (known_run.marks()[5]["mark"], known_run.marks()[5]["note"]) == ("", "=so *so*")


def test_a_key_that_was_faster_than_the_page_marks_no_text_that_nobody_saw(known_run):
    at = visit(known_run)
    behind = int(rows_of(at)["Line"][1]) - 2
    at.session_state["inspect-opened"] = {known_run.folder.name: Opened(behind)}
    at.button(key="queue-text-mark-drop").click()
    at.run()
    assert not at.exception
    assert known_run.marks() == {}


def test_a_mark_moves_on_to_the_next_text_and_undo_comes_back(known_run):
    lines = known_run.page(Filter(outcome="wrong"), "loss")["line"].tolist()
    at = visit(known_run)
    assert button(at, "Undo").disabled
    assert open_line(click(at, "Keep")) == lines[1]
    assert open_line(click(at, "Drop")) == lines[2]
    assert f"2 of {len(lines)} marked" in said(at)
    assert open_line(click(at, "Undo")) == lines[1]
    assert {row: entry["mark"] for row, entry in known_run.marks().items()} == {
        lines[0] - 2: "keep"
    }
    click(at, "Undo")
    assert known_run.marks() == {}
    assert button(at, "Undo").disabled


def test_all_that_the_filter_shows_is_marked_in_one_step_and_taken_back_in_one(known_run):
    known_run.mark([5], "drop", "", "why")
    chosen = Filter(rows=(5, 8, 13))
    predicted = known_run.page(chosen)["predicted"].tolist()
    at = visit(known_run, chosen)
    at.button(key="queue-text-bulk-relabel").click()
    run(at)
    marks = known_run.marks()
    assert [marks[row]["mark"] for row in (5, 8, 13)] == ["relabel"] * 3
    assert [marks[row]["label"] for row in (5, 8, 13)] == predicted
    assert [marks[row]["note"] for row in (5, 8, 13)] == ["why", "", ""]
    click(at, "Undo")
    assert {row: entry["mark"] for row, entry in known_run.marks().items()} == {5: "drop"}
    at.button(key="queue-text-bulk-keep").click()
    run(at)
    assert {row: entry["mark"] for row, entry in known_run.marks().items()} == dict.fromkeys(
        (5, 8, 13), "keep"
    )
    at.button(key="queue-text-bulk-none").click()
    run(at)
    assert {row: entry["note"] for row, entry in known_run.marks().items()} == {5: "why"}


def test_the_list_shows_marks(known_run):
    known_run.mark([5], "relabel", "neutral", "why")
    known_run.mark([8], "drop")
    at = visit(known_run, Filter(rows=(5, 8, 13)))
    table = rows_of(at).set_index("Line")
    assert table["Mark"][[7, 10, 15]].tolist() == ["✎", "✕", ""]


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
    shown = {item["row"]: (item["tag"], item["more"]) for item in listed(at)["items"]}
    tags = tagged.page(Filter(rows=(3, 4))).set_index("row")["tags"]
    assert "suspect" in tags[3]
    assert "suspect" not in tags[4]
    for row in (3, 4):
        assert shown[row][1] == (f"+{len(tags[row]) - 1}" if len(tags[row]) > 1 else "")
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
    from attnviz.ui.components.questions import QUESTIONS

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
    mark(at, "drop")
    assert known_run.marks()[5]["mark"] == "drop"
    assert picture(at) is None


def test_a_model_that_has_changed_is_said(own_run):
    at = visit(own_run, None, Opened(5))
    assert "has changed since" in messages(at)[0]
    assert picture(at) is not None


def test_an_unlabelled_run_has_texts_and_no_mistakes(known_run):
    known_run.change(label_column=None, label_map={})
    at = visit(known_run)
    assert "Texts: **113**" in said(at)
    assert not {"True class"} & set(rows_of(at))
    assert "queue-filter-outcome" not in {one.key for one in at.segmented_control}
    first = known_run.page(sort="unsure", most=1).iloc[0]
    assert open_line(at) == first["line"]  # the least sure is read first
    assert "label" not in head(at)
    at.button(key="queue-text-mark-relabel").click()
    run(at)
    assert known_run.marks()[first["row"]]["label"] == first["predicted"]
    assert at.button(key="queue-text-mark-relabel").label.startswith("Label as **")


def test_texts_that_are_not_scored_have_no_prediction(tmp_path, classifier, saved):
    rows = [("good", "positive", ""), (" ", "no class", "")]
    at = visit(make_run(tmp_path / "new", classifier, rows, model=saved), Filter(), Opened(1))
    assert rows_of(at)["Predicted class"].tolist() == ["–", "–"]
    assert "not scored" in head(at)
    assert "“no class”, which the model does not know" in head(at)
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
    assert open_line(click(at, "List")) == open_line(visit(known_run))
    assert "row" not in at.query_params


def test_an_open_text_says_what_decides_it_and_whether_its_evidence_holds(known_run):
    at = visit(known_run, None, Opened(5))
    lines = [caption.value for caption in at.caption if ":material/" in caption.value]
    first = lines[0].split("\n")[0]
    assert first.startswith((":material/check: Without “", ":material/close: No short phrase"))
    assert "%" in first
