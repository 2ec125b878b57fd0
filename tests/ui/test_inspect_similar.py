"""Similar texts on a page: neighbours, what they say of a label, the map and its rectangle."""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.evidence.similar import Neighbours
from attnviz.inspection.mapping import load_map, map_of, save_map
from attnviz.inspection.neighbours import neighbours, write_reference
from attnviz.inspection.scoring import score_run
from attnviz.runs import Filter
from attnviz.ui.components.inspection import similar, similar_map
from attnviz.ui.components.inspection.chosen import Opened
from tests.scored_runs import make_run, random_rows
from tests.ui.page_driving import chart_rows, done, messages, run


def page():
    import streamlit as st

    from attnviz.runs import Run
    from attnviz.ui.components.inspection import similar

    similar.show(Run.open(st.session_state["folder"]), "x")


def visit(folder, opened=None):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["folder"] = str(folder)
    if opened is not None:
        at.session_state["inspect-opened"] = {folder.name: Opened(opened)}
    return done(at)


@pytest.fixture
def mapped(own_run):
    """A copy of the scored run with its map, made of a few texts."""
    save_map(own_run, replace(map_of(own_run, sample=7), of=own_run.about.rows))
    return own_run


def select(at, element, selection):
    """What the browser sends for a click or a rectangle; AppTest itself knows no selections."""
    states = at._tree.get_widget_states()
    states.widgets.add(id=element.proto.id, string_value=json.dumps({"selection": selection}))
    at._run(states)
    assert not at.exception
    return at


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption))


def test_the_neighbours_of_the_open_text_stand_in_a_table(mapped):
    at = visit(mapped.folder, opened=5)
    found = neighbours(mapped, 5)
    table = at.dataframe[0].value
    assert table["Line"].tolist() == [row + 2 for row in found.rows]
    assert table["Similarity"].tolist() == pytest.approx(found.similarity.tolist())
    assert table["Text"].tolist() == list(found.texts)
    assert at.number_input[0].value == 7
    truth = mapped.page(Filter(rows=(5,)))["truth"][0]
    assert similar.sentence(truth, found) in said(at)


def test_without_an_open_text_the_worst_mistake_is_looked_at(mapped):
    worst = mapped.page(Filter(outcome="wrong"), "loss", most=1)["line"][0]
    assert visit(mapped.folder).number_input[0].value == worst


def test_another_text_is_named_by_its_line(mapped):
    at = visit(mapped.folder)
    at.number_input[0].set_value(11)
    done(at)
    found = neighbours(mapped, 9)
    assert at.dataframe[0].value["Line"].tolist() == [row + 2 for row in found.rows]


def test_what_was_found_for_a_text_stays(mapped, monkeypatch):
    at = visit(mapped.folder)
    first = at.number_input[0].value
    before = at.dataframe[0].value["Line"].tolist()
    at.number_input[0].set_value(11)
    done(at)
    assert at.dataframe[0].value["Line"].tolist() != before
    monkeypatch.setattr("attnviz.inspection.neighbours.neighbours", None)
    at.number_input[0].set_value(first)
    run(at)
    assert at.dataframe[0].value["Line"].tolist() == before


def test_a_click_on_a_neighbour_opens_it(mapped):
    at = visit(mapped.folder, opened=5)
    select(at, at.dataframe[0], {"rows": [], "columns": [], "cells": [[2, "Text"]]})
    opened = at.session_state["inspect-opened"][mapped.folder.name]
    assert opened == Opened(int(neighbours(mapped, 5).rows[2]))


def neighbours_of(*pairs):
    truths, predictions = zip(*pairs, strict=True)
    count = len(pairs)
    return Neighbours([1.0] * count, range(count), ("text",) * count, truths, predictions)


SENTENCES = {
    "Nearest texts labelled *negative*: 8 of 10; as it is, *positive*: 1. The label or": (
        "positive",
        [("negative", "negative")] * 8 + [("positive", "positive"), (None, "positive")],
    ),
    "Nearest texts labelled as it is, *positive*: 7 of 10.": (
        "positive",
        [("positive", "positive")] * 7 + [("negative", "negative")] * 3,
    ),
    "Nearest texts labelled as it is, *positive*: 7 of 10; mistaken of these: 4.": (
        "positive",
        [("positive", "negative")] * 4 + [("positive", "positive")] * 3 + [("negative", None)] * 3,
    ),
    "Nearest texts predicted *neutral*: 2 of 3.": (
        None,
        [("a", "neutral"), ("b", "positive"), ("a", "neutral")],
    ),
    "Nearest texts predicted *neutral*: 1 of 1.": ("a", [(None, "neutral")]),
}


@pytest.mark.parametrize("expected", SENTENCES)
def test_the_sentence_says_what_the_neighbours_say(expected):
    truth, pairs = SENTENCES[expected]
    assert similar.sentence(truth, neighbours_of(*pairs)).startswith(expected)


def test_a_text_that_was_not_read_is_said_and_the_map_stands(tmp_path, classifier):
    rows = [("good film", "positive", ""), ("bad", "negative", ""), (" ", "neutral", "")]
    scored = make_run(tmp_path / "run", classifier, rows)
    score_run(classifier, scored)
    at = visit(scored.folder, opened=2)
    assert "has not been read" in messages(at)[0]
    assert len(chart_rows(at.get("vega_lite_chart")[0])) == 2


def test_one_text_alone_has_no_neighbour_and_no_map(tmp_path, classifier):
    scored = make_run(tmp_path / "run", classifier, [("good film", "positive", "")])
    score_run(classifier, scored)
    at = visit(scored.folder)
    assert "no other text" in said(at)
    assert "two texts" in messages(at)[0]


def test_a_run_that_is_not_scored_says_so(tmp_path, classifier):
    fresh = make_run(tmp_path / "run", classifier, random_rows(7, classifier.labels))
    assert "No text is scored yet." in messages(visit(fresh.folder))


def test_the_map_is_made_once_and_kept(own_run):
    assert load_map(own_run) is None
    at = visit(own_run.folder)
    kept = (own_run.folder / "map.parquet").stat().st_mtime_ns
    rows = chart_rows(at.get("vega_lite_chart")[0])
    assert sorted(rows["row"]) == list(range(own_run.about.rows))
    visit(own_run.folder)
    assert (own_run.folder / "map.parquet").stat().st_mtime_ns == kept


def test_a_map_of_fewer_texts_is_called_old_and_can_be_made_again(mapped):
    save_map(mapped, replace(load_map(mapped), of=50))
    at = visit(mapped.folder)
    assert "More texts have been scored" in said(at)
    assert len(chart_rows(at.get("vega_lite_chart")[0])) == 7
    next(b for b in at.button if b.label == "Make the map again").click()
    done(at)
    assert len(chart_rows(at.get("vega_lite_chart")[0])) == mapped.about.rows


def test_colours_are_the_outcome_the_label_or_the_prediction(mapped):
    at = visit(mapped.folder)
    rows = chart_rows(at.get("vega_lite_chart")[0])
    assert set(rows["group"]) <= {"right", "wrong", "no label"}
    at.button_group(key="x-map-colour-True").set_value("truth")
    run(at)
    rows = chart_rows(at.get("vega_lite_chart")[0])
    assert set(rows["group"]) <= {"negative", "neutral", "positive", "no label"}
    mapped.change(label_column=None, label_map={})
    rows = chart_rows(visit(mapped.folder).get("vega_lite_chart")[0])
    assert set(rows["group"]) <= {"negative", "neutral", "positive"}


def test_a_rectangle_leads_to_its_texts_in_the_queue(mapped):
    found = load_map(mapped)
    low, high = found.points[:3].min(0).tolist(), found.points[:3].max(0).tolist()
    brush = {"x": [high[0], low[0]], "y": [low[1], high[1]]}
    at = visit(mapped.folder)
    assert not at.button
    select(at, at.get("vega_lite_chart")[0], {"brushed": brush})
    rows = tuple(found.inside((low[0], high[0]), (low[1], high[1])).tolist())
    assert set(found.rows[:3].tolist()) <= set(rows)
    wrong = mapped.count(Filter(outcome="wrong", rows=rows))
    assert f"Texts chosen: {len(rows)}. Mistakes among them: {wrong}." in said(at)
    at.button[0].click()
    run(at)
    assert at.session_state["inspect-filters"][mapped.folder.name] == Filter(rows=rows)
    assert at.session_state["view"] == "queue"


def test_the_texts_of_a_map_stand_in_its_order(mapped):
    found = load_map(mapped)
    texts = similar_map.map_texts(mapped, found)
    assert [text["line"] for text in texts] == [row + 2 for row in found.rows]
    assert all(text["outcome"] in ("right", "wrong", None) for text in texts)


def test_reference_texts_of_the_model_are_offered(mapped, classifier, model_folder):
    from attnviz.folders import weights_digest

    assert not visit(mapped.folder).expander
    write_reference(classifier, model_folder, ["good film", "bad film"], ["positive", "negative"])
    mapped.change(model=str(model_folder), weights=weights_digest(model_folder))
    at = visit(mapped.folder)
    at.session_state["x-reference"] = True
    table = run(at).dataframe[1].value
    assert set(table["Text"]) == {"good film", "bad film"}
    assert "Line" not in table
