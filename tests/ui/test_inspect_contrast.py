"""Contrast on a page: the cell that is chosen, what is found in it, the way to its examples."""

import re
import shutil

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from streamlit.testing.v1 import AppTest

from attnviz.errors import TextError
from attnviz.evidence.contrast import KINDS
from attnviz.inspection.contrast import contrast
from attnviz.runs import Filter, Run
from attnviz.runs.schema import CHUNK
from attnviz.ui.components.inspection.chosen import Opened
from attnviz.ui.components.inspection.contrast_parts import QUESTIONS, excerpt
from attnviz.ui.components.inspection.contrast_words import NAMED
from tests.balanced_runs import balanced_run
from tests.ui.page_driving import chart_rows, done, messages, run
from tests.ui.test_inspect_similar import select


def page():
    import streamlit as st

    from attnviz.runs import Run
    from attnviz.ui.components.inspection import contrast

    contrast.show(Run.open(st.session_state["folder"]), "x")


@pytest.fixture(scope="module")
def balanced(build_network, tokenizer, tmp_path_factory):
    return balanced_run(tmp_path_factory.mktemp("balanced"), build_network, tokenizer)


@pytest.fixture
def own(balanced, tmp_path):
    """A copy of the balanced run that a test may change."""
    return Run.open(shutil.copytree(balanced[0].folder, tmp_path / "run"))


@pytest.fixture(scope="module")
def cells(balanced):
    return balanced[0].query(
        "SELECT truth, predicted, count(*) AS count FROM texts WHERE outcome = 'wrong' "
        "GROUP BY ALL ORDER BY count DESC, truth, predicted"
    )


def visit(folder, chosen=None):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["folder"] = str(folder)
    if chosen is not None:
        at.session_state["inspect-filters"] = {folder.name: chosen}
    return done(at)


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption))


def boxes(at):
    return {box.label: box.value for box in at.selectbox}


def show_kind(at, kind):
    at.button_group(key="x-kind").set_value(kind)
    return done(at)


def choose_truth(at, name):
    next(box for box in at.selectbox if box.label == "True class").set_value(name)
    return done(at)


def test_the_largest_cell_of_mistakes_stands_first(balanced, cells):
    at = visit(balanced[0].folder)
    assert boxes(at)["True class"] in cells["truth"].tolist()
    truth = boxes(at)["True class"]
    of_truth = cells[cells["truth"] == truth]
    assert boxes(at)["Taken for"] == of_truth["predicted"].iloc[0]
    assert (truth, boxes(at)["Taken for"]) == tuple(cells.iloc[0][["truth", "predicted"]])


def test_the_cell_of_the_queue_is_taken_over(balanced, cells):
    truth, predicted, _ = cells.iloc[-1]
    at = visit(balanced[0].folder, Filter(truth=(truth,), prediction=(predicted,)))
    assert (boxes(at)["True class"], boxes(at)["Taken for"]) == (truth, predicted)


def test_every_kind_has_its_chart_its_sentence_and_its_numbers(balanced):
    at = visit(balanced[0].folder)
    truth, predicted = boxes(at)["True class"], boxes(at)["Taken for"]
    record = contrast(balanced[1], balanced[0], truth, predicted)
    margin = f"{record.margin[0]:.2f} above that of *{truth}*"
    assert margin in said(at)
    assert f"{-record.margin[1]:.2f} below" in said(at)
    assert set(NAMED) == set(QUESTIONS) == set(KINDS)
    for kind in KINDS:
        show_kind(at, kind)
        compared = record.kinds[kind]
        parts = [part for part in (False, True) if len(compared.ranked(part))]
        for missing, chart in zip(parts, at.get("vega_lite_chart"), strict=True):
            rows = chart_rows(chart)
            shown = compared.ranked(missing)[:20].tolist()
            assert sorted(rows["thing"]) == sorted(shown)
            drawn = dict(zip(rows["thing"], rows["drawn"], strict=True))
            for thing in shown:
                sign = -1 if missing else 1
                assert drawn[thing] == pytest.approx(sign * compared.difference[thing], abs=1e-5)
        first = compared.first
        size = f"{abs(compared.difference[first]):.3f}"
        more = "more" if compared.difference[first] > 0 else "less"
        assert (f"**{size} {more}**" in said(at)) == (not compared.missing[first])
        assert ("may be chance:** " in said(at)) == (not compared.certain[first])
        if len(missing := compared.ranked(True)):
            assert re.search("(Missing|Rarer) here: “", said(at))
            size = f"{abs(compared.mean[1, missing[0]]):.3f}"
            assert size in said(at)
        at.session_state[f"x-{kind}-twin"] = True
        table = run(at).dataframe[0].value
        assert len(table) == len(compared.names)
        assert table["Difference"].tolist() == pytest.approx(
            compared.difference[
                np.concatenate([compared.ranked(False), compared.ranked(True)])
            ].tolist(),
            abs=1e-5,
        )


def test_an_example_opens_its_text_at_the_token(balanced):
    at = visit(balanced[0].folder)
    show_kind(at, "words")
    truth, predicted = boxes(at)["True class"], boxes(at)["Taken for"]
    compared = contrast(balanced[1], balanced[0], truth, predicted).kinds["words"]
    thing = compared.order[1]
    box = next(box for box in at.selectbox if box.label == "Examples of the word")
    box.set_value(thing)
    run(at)
    rows = [int(row) for row in compared.examples[:, thing].ravel() if row >= 0]
    buttons = {b.key: b for b in at.button if "-example-" in (b.key or "")}
    assert sorted(int(key.rpartition("-")[2]) for key in buttons) == sorted(rows)
    key = next(iter(buttons))
    row = int(key.rpartition("-")[2])
    place = compared.examples[:, thing].ravel().tolist().index(row)
    buttons[key].click()
    run(at)
    opened = at.session_state["inspect-opened"][balanced[0].folder.name]
    assert opened == Opened(row, "ledger", int(compared.places[:, thing].ravel()[place]))
    assert at.session_state["view"] == "queue"


def test_a_click_on_a_bar_chooses_whose_examples_are_shown(balanced):
    at = show_kind(visit(balanced[0].folder), "vocabulary")
    rows = chart_rows(at.get("vega_lite_chart")[0])
    thing = int(rows["thing"].iloc[4])
    select(at, at.get("vega_lite_chart")[0], {"picked": [{"thing": thing}]})
    assert boxes(at)["Examples of the word"] == thing
    select(at, at.get("vega_lite_chart")[0], {"picked": []})
    assert boxes(at)["Examples of the word"] == thing


def test_a_cell_that_was_compared_is_not_read_again(balanced, cells, monkeypatch):
    at = visit(balanced[0].folder)
    first, other = boxes(at)["True class"], cells["truth"][cells["truth"] != cells["truth"][0]]
    shown = said(at)
    choose_truth(at, other.iloc[0])
    assert said(at) != shown
    monkeypatch.setattr("attnviz.inspection.contrast.contrast", None)
    choose_truth(at, first)
    assert said(at) == shown


def test_a_comparison_that_was_cancelled_can_be_asked_for_again(balanced):
    at = visit(balanced[0].folder)
    job = next(iter(at.session_state["contrasts"].values()))
    job.cancel()
    run(at)
    assert not at.get("vega_lite_chart")
    next(b for b in at.button if b.label == "Compare again").click()
    done(at)
    assert at.get("vega_lite_chart")


def test_a_comparison_that_fails_is_made_once_and_can_be_asked_for_again(balanced, monkeypatch):
    tried = []

    def fail(*args, **settings):
        tried.append(1)
        raise TextError("nothing to compare")

    with monkeypatch.context() as patch:
        patch.setattr("attnviz.inspection.contrast.contrast", fail)
        at = visit(balanced[0].folder)
        run(run(at))
    assert len(tried) == 1
    assert [text.value for text in at.warning] == ["nothing to compare"]
    next(b for b in at.button if b.label == "Try again").click()
    done(at)
    assert at.get("vega_lite_chart")
    assert not at.warning


def test_the_mistakes_of_the_cell_open_in_the_queue(balanced):
    at = visit(balanced[0].folder)
    next(b for b in at.button if b.label == "Open these mistakes").click()
    run(at)
    chosen = at.session_state["inspect-filters"][balanced[0].folder.name]
    assert chosen == Filter(truth=(boxes(at)["True class"],), prediction=(boxes(at)["Taken for"],))


def test_a_file_without_labels_is_told_what_is_missing(own):
    own.change(label_column=None, label_map={})
    at = visit(own.folder)
    assert "needs labels" in messages(at)[0]
    assert not at.get("vega_lite_chart")


def test_a_file_without_a_mistake_says_so(own):
    found = own.page(Filter(outcome="right"), most=1_000)
    labels = dict(zip(found["truth"], found["truth"], strict=True))
    own.change(label_map={next(iter(labels)): next(iter(labels))})
    scores = own.query("SELECT count(*) AS n FROM texts WHERE outcome = 'wrong'")["n"][0]
    assert scores  # one class in the file, and some of its texts are mistaken
    assert visit(own.folder).get("vega_lite_chart")
    shutil.rmtree(own.folder / "scores")
    assert "None of the texts that are scored is a mistake." in messages(visit(own.folder))[0]


def test_a_class_that_is_never_right_shows_what_its_mistakes_add(run):
    """The tiny model takes all for one class."""
    at = visit(run.folder)
    assert "No text of this class was right" in said(at)
    assert len(chart_rows(at.get("vega_lite_chart")[0]))
    assert "may be chance" in said(at)


def test_few_mistakes_are_called_few(own):
    rows = own.page(Filter(outcome="wrong"), most=1_000)
    truth, predicted = rows[["truth", "predicted"]].iloc[0]
    keep = rows[(rows["truth"] == truth) & (rows["predicted"] == predicted)]["row"].tolist()[:2]
    others = Filter(truth=(truth,), prediction=(predicted,))
    assert own.count(others) > 2
    table = parquet.read_table(own.rows_path).to_pydict()
    for row in own.page(others, most=1_000)["row"]:
        if row not in keep:
            table["c1"][row] = ""
    parquet.write_table(pa.table(table), own.rows_path, row_group_size=CHUNK)
    at = visit(own.folder, others)
    assert (boxes(at)["True class"], boxes(at)["Taken for"]) == (truth, predicted)
    assert "Such mistakes: 2, too few" in said(at)


def test_a_model_that_has_gone_or_changed_is_said(own):
    own.change(weights="0" * 12)
    assert "has changed since this file was scored" in messages(visit(own.folder))[0]
    own.change(model=str(own.folder / "gone"))
    assert "There is no model folder" in messages(visit(own.folder))[0].replace("\\", "")


def test_an_excerpt_holds_the_word_on_one_line():
    text = "before " * 40 + "the\nword\n" + "after " * 40
    assert "the word" in excerpt(text, "WORD")
    assert excerpt(text).startswith("before")
    assert excerpt(text).endswith("…")
    assert excerpt("a\n b", "b") == "a b"
    assert len(excerpt(text, "word")) <= 92
