"""The causes of a run on a page: numbers, the sentence on top, the way to a tag's texts."""

import pytest
from pyarrow import parquet
from streamlit.testing.v1 import AppTest

from attnviz.charts.causes import number
from attnviz.evidence.phrases import Phrase, Phrases
from attnviz.inspection.lift import tag_lifts
from attnviz.runs import CAUSES, Filter, causes_of
from tests.inspection.test_causes import CASES, run_of
from tests.scored_runs import make_run, random_rows
from tests.ui.page_driving import chart_rows, messages, run


def page():
    import streamlit as st

    from attnviz.runs import Run
    from attnviz.ui.components.inspection import causes

    causes.show(Run.open(st.session_state["folder"]), "x")


def visit(found):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["folder"] = str(found.folder)
    return run(at)


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption)).replace("\\", "")


@pytest.fixture
def tagged(tmp_path, classifier):
    """Votes cancel at 6 of 10 mistakes and 3 of 30 correct texts; 1 and 9 of them are cut."""
    cancelled, cut = CASES["cancelled"][0], CASES["cut"][0]
    columns = [cancelled] * 6 + [cut] + [{}] * 3 + [cancelled] * 3 + [cut] * 9 + [{}] * 18
    return run_of(tmp_path / "run", classifier, columns, [False] * 10 + [True] * 30)


def test_every_tag_says_where_its_evidence_is():
    assert all(cause.evidence for cause in causes_of("text").values())


def test_a_run_of_an_older_version_says_which_tags_it_lacks(tagged):
    path = tagged.part_path(0)
    parquet.write_table(parquet.read_table(path).drop_columns(["outvoted_row"]), path)
    assert "older version scored this file: Beginning outvoted. Delete" in said(visit(tagged))


def test_a_model_that_is_too_sure_of_itself_is_said_where_labels_are_doubted(tagged):
    assert "too sure of itself" not in said(visit(tagged))
    tagged.write_later(parquet.read_table(tagged.later_path), {"temperature": "2.96"})
    assert "flattened (temperature 2.96)" in said(visit(tagged))


def test_a_recurring_phrase_leads_to_its_mistakes(tagged):
    phrase = Phrase("won me over", 6, 1, 10, 30, (0, 1, 2, 3, 4, 5), (0.4869, 0.9743))
    notes = {"phrases": Phrases((phrase,), 191).to_json()}
    tagged.write_later(parquet.read_table(tagged.later_path), notes)
    at = visit(tagged)
    assert "wrong: **6 of 7** (49% to 97%)" in said(at)
    assert "phrases that were searched (191)" in said(at)
    next(button for button in at.button if button.label == "“won me over”").click()
    run(at)
    chosen = Filter(outcome="wrong", rows=phrase.rows)
    assert at.session_state["inspect-filters"][tagged.folder.name] == chosen


def test_the_systematic_cause_is_said_first(tagged):
    at = visit(tagged)
    text = "**Votes cancel** marks 60.0% of the mistakes and 10.0% of the correct texts: 6.0 ×."
    assert at.markdown[0].value == "## " + text
    assert "mistakes: 10, correct texts: 30" in said(at)
    drawn = chart_rows(at.get("vega_lite_chart")[0]).dropna(subset=["title"])
    first = drawn.sort_values("place").iloc[0]
    assert (first["title"], first["wrong"], first["right"]) == ("Votes cancel", 6, 3)
    for cause in causes_of("text").values():
        assert cause.says in said(at)


def test_the_headline_names_labels_and_phrases_that_are_surely_commoner(tmp_path, classifier):
    """Labels in doubt at 6 of 6 mistakes, a phrase at 5 of 6 and 2 of 40 correct texts."""
    doubt, phrase = CASES["suspect"][0], CASES["phrase"][0]
    columns = [doubt | phrase] * 5 + [doubt] + [phrase] * 2 + [{}] * 38
    outcomes = [False] * 6 + [True] * 40
    at = visit(run_of(tmp_path / "run", classifier, columns, outcomes))
    assert at.markdown[0].value == (
        "## No cause inside the network stands at mistakes surely more often, but: "
        "mistakes that may be wrong labels (6 of 6), Recurring phrase 17 ×."
    )
    assert "with ½ added to each count" in said(at)


def test_a_click_on_a_tag_leads_to_its_mistakes_in_the_queue(tagged):
    at = visit(tagged)
    buttons = {button.key: button for button in at.button}
    assert buttons["x-open-cancelled"].label == "Votes cancel · 6"
    assert buttons["x-open-flat"].disabled
    buttons["x-open-cancelled"].click()
    run(at)
    assert at.session_state["view"] == "queue"
    chosen = at.session_state["inspect-filters"][tagged.folder.name]
    assert chosen == Filter(outcome="wrong", tags=("cancelled",))
    assert tagged.count(chosen) == 6


def test_the_numbers_stand_in_a_table(tagged):
    at = visit(tagged)
    assert not at.dataframe
    at.session_state["x-twin"] = True
    table = run(at).dataframe[0].value
    assert table["Tag"].tolist() == [CAUSES[lift.tag].title for lift in tag_lifts(tagged)]
    row = table[table["Tag"] == "Cut before the end"].iloc[0]
    assert (row["Mistakes with it"], row["Correct texts with it"]) == (1, 9)
    assert row["Lift"] == pytest.approx(0.1 / 0.3)


def test_real_scores_are_counted(run):
    at = visit(run)
    for lift in tag_lifts(run):
        (button,) = (one for one in at.button if one.key == f"x-open-{lift.tag}")
        assert button.label.endswith(f"· {lift.wrong}")
        if lift.lift is not None:
            assert f"**{number(lift.lift)} ×**" in said(at)
    assert "found once all rows are scored" in said(at)


def test_without_labels_tags_are_counted_only(tagged):
    tagged.change(label_column=None, label_map={})
    at = visit(tagged)
    assert "The most frequent tag: **Cut before the end**. Texts that have it: 10 of 40." in said(
        at
    )
    assert not at.get("vega_lite_chart")
    assert CAUSES["suspect"].says not in said(at)
    next(button for button in at.button if button.key == "x-open-cut").click()
    run(at)
    assert at.session_state["inspect-filters"][tagged.folder.name] == Filter(tags=("cut",))


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([True] * 3, "No scored text with a label is predicted wrongly."),
        ([False] * 3, "Every text with a label is predicted wrongly"),
        ([False, True, True], "No cause stands at mistakes surely more often"),
        ([True], "No scored text with a label is predicted wrongly."),
    ],
)
def test_what_cannot_be_compared_is_said(tmp_path, classifier, outcomes, expected):
    columns = [CASES["close"][0]] + [{}] * (len(outcomes) - 1)
    assert expected in said(visit(run_of(tmp_path / "run", classifier, columns, outcomes)))


def test_a_run_that_is_not_scored_says_so(tmp_path, classifier):
    at = visit(make_run(tmp_path / "new", classifier, random_rows(7, classifier.labels)))
    assert messages(at) == ["No text is scored yet."]
