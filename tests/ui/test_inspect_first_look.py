"""What to look at first: the surest causes, each with its bar and texts."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.inspection.lift import Lift, number
from attnviz.runs import CAUSES, Filter
from attnviz.ui.components.inspection import first_look
from attnviz.ui.components.inspection.chosen import VIEW
from tests.scored_runs import finished_run
from tests.ui.page_driving import run


def page(folder):
    import streamlit as st

    from attnviz.runs import Run
    from attnviz.ui.components.inspection import first_look
    from attnviz.ui.components.inspection.chosen import VIEW

    if st.session_state.get(VIEW) is None:
        first_look.show(Run.open(folder), "first")


def visit(found):
    return run(AppTest.from_function(page, args=(str(found.folder),), default_timeout=60))


def bars(at):
    html = [part.proto.body for part in at.get("html") if 'class="lift"' in part.proto.body]
    return [re.sub(r"<[^>]+>", " ", body) for body in html]


@pytest.fixture
def phrased(own_run):
    """A phrase that stands in the first 30 mistakes and in one correct text."""
    import pyarrow as pa

    from attnviz.evidence.phrases import Phrase, Phrases
    from attnviz.runs.schema import later_schema

    rows = own_run.page(Filter(outcome="wrong"))["row"].tolist()
    right = own_run.count(Filter(outcome="right"))
    phrase = Phrase("won me over", 30, 1, len(rows), right, tuple(rows[:30]), (0.6, 0.99))
    notes = {"phrases": Phrases((phrase,), 40).to_json(), "temperature": "1.0"}
    planted = [{"row": row, "phrase": "won me over"} for row in rows[:30]]
    own_run.write_later(pa.Table.from_pylist(planted, later_schema()), notes)
    return own_run, phrase


def test_a_phrase_stands_there_with_its_counts_its_lift_and_the_lower_end(phrased):
    found, phrase = phrased
    at = visit(found)
    place = [text.value for text in at.markdown].index("**“won me over”**")
    lift = Lift("phrase", 30, 1, phrase.wrong_texts, phrase.right_texts, 31, 31)
    assert lift.systematic
    assert "wrong: 30 of 31" in [text.value for text in at.caption]
    bar = bars(at)[place]
    assert f"{number(lift.lift)} × as frequent in mistakes" in bar
    assert f"surely {number(lift.interval[0])} × or more" in bar
    at.button(key=f"first-lead-open-{place}").click().run()
    assert at.session_state["inspect-filters"]["run"] == Filter(outcome="wrong", rows=phrase.rows)
    assert at.session_state[VIEW] == "queue"


def test_causes_stand_in_the_order_of_the_lower_ends_and_mark_no_labels(phrased):
    found, _phrase = phrased
    visit(found)
    leads = first_look._leads.__wrapped__((str(found.folder),))
    lows = [lead.low for lead in leads]
    assert lows == sorted(lows, reverse=True)
    assert len(lows) >= 3
    assert not {lead.tag for lead in leads} & {"suspect", "duplicate"}
    assert len(bars(visit(found))) <= first_look.SHOWN


def test_without_a_sure_cause_those_that_come_nearest_say_so(own_run):
    at = visit(own_run)
    captions = [text.value for text in at.caption]
    leads = first_look._leads.__wrapped__((str(own_run.folder),))
    assert not any(lead.systematic for lead in leads)
    assert any("No cause stands at mistakes" in text for text in captions)
    assert "These come nearest to it:" in captions
    titles = [text.value for text in at.markdown if text.value.startswith("**")]
    assert titles == [f"**{CAUSES[lead.tag].title}**" for lead in leads[:3]]


def test_what_the_comparison_still_brings_is_said_until_it_is_there(phrased, own_run):
    found, _phrase = phrased
    waiting = "come with the comparison"
    assert not any(waiting in text.value for text in visit(found).caption)
    found.later_path.unlink()
    assert any(waiting in text.value for text in visit(own_run).caption)


def test_the_phrase_stands_in_its_examples_however_late_it_comes(tmp_path, classifier, saved):
    late = "A word. " * 60 + "It won me over."
    rows = [(late, classifier.labels[0], ""), ("It is.", classifier.labels[1], "")]
    found = finished_run(tmp_path / "run", classifier, rows, saved)
    lead = first_look.Lead("phrase", "won me over", Filter(rows=(0,)), 1, 1, 2.0, 1.0, True)
    texts = first_look._texts(found, lead)
    assert "<mark>won me over</mark>" in "".join(first_look._example(t, lead.phrase) for t in texts)


def test_a_text_is_cut_around_the_phrase_which_is_marked():
    text = "x" * 200 + " won <me> over at last"
    said = first_look._example(text, "won <me> over")
    assert "<mark>won &lt;me&gt; over</mark>" in said
    assert said.count("…") == 2
    assert "<mark>" not in first_look._example("short", "")
