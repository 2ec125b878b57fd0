"""The address of a page: a reload comes back to what was open, and finds nothing that is not so."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.runs import Filter
from attnviz.ui.address import LONGEST_TEXT
from attnviz.ui.components.inspection.chosen import FILTER, LONGEST_FILTER, first_filter
from tests.ui.page_driving import ROOT, choose_model, messages, run, type_text, visit
from tests.ui.test_inspect_page import open_page, put_run  # noqa: F401, a fixture

TEXT = "Good actors & a bad film?"


def reload(at=None, **query):
    """A new session at the address of another, or at one of its own."""
    fresh = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    said = query if at is None else dict(at.query_params)
    for name, value in said.items():
        fresh.query_params[name] = value[0] if isinstance(value, list) else value
    return run(fresh)


def address(at):
    return {
        name: value[0] if isinstance(value, list) else value
        for name, value in dict(at.query_params).items()
    }


def test_the_first_visit_has_nothing_in_its_address(app):
    assert address(app) == {}


def test_model_question_and_token_survive_a_reload_and_the_text_of_a_link(app, put):
    other = put("other", seed=6)
    at = choose_model(reload(text=TEXT), other)
    at.button(key="explore-ask-memory").click()
    run(at)
    at.session_state["token"] = 2
    run(at)
    assert address(at) == {"model": "other", "text": TEXT, "view": "memory", "token": "3"}
    again = reload(at)
    assert again.session_state["model"] == str(other)
    assert again.session_state["text"] == TEXT
    assert again.session_state["explore-question"] == "memory"
    assert again.session_state["token"] == 2
    assert address(again) == address(at)


@pytest.mark.parametrize("view", ["path", "formulas"])
def test_one_token_survives_a_reload(shelf, view):
    at = reload(text=TEXT, view=view, token="4")
    assert at.session_state["explore-question"] == view
    assert at.session_state["token"] == 3
    assert address(at) == {"text": TEXT, "view": view, "token": "4"}


def test_a_typed_text_stays_out_of_the_address(app):
    type_text(app, TEXT)
    assert address(app) == {}


def test_the_text_of_a_link_leaves_the_address_when_another_is_typed_and_can_be_brought_back(app):
    at = reload(text=TEXT)
    type_text(at, "good film")
    assert address(at) == {}
    at.query_params["text"] = TEXT  # the browser went back
    run(at)
    assert (at.session_state["text"], address(at)) == (TEXT, {"text": TEXT})
    at.button(key="bring-back").click()
    run(at)
    assert (at.session_state["text"], address(at)) == ("good film", {})


def test_a_link_holds_at_most_a_thousand_characters(shelf):
    assert len(reload(text="good film " * 200).session_state["text"]) == LONGEST_TEXT == 1_000


def test_an_address_that_names_what_is_not_there_opens_what_is(app, shelf):
    at = reload(model="nobody", view="nothing", token="999", text="good film")
    assert "The address names the model “nobody”, which is not here" in messages(at)[0]
    assert at.session_state["model"] == str(shelf)
    assert at.session_state["explore-question"] is None
    assert address(at) == {"text": "good film"}
    for token in ("0", "-1", "x", "²", "9" * 40):
        assert "token" not in address(reload(token=token))


def test_the_filter_of_a_run_survives_a_reload(put_run):  # noqa: F811
    kept = put_run("kept")
    chosen = Filter(outcome="wrong", words='"not bad"', columns=(("source", "web"),))
    said = json.dumps(chosen.to_dict())
    at = open_page(run="kept", view="queue", filter=said)
    assert at.session_state["inspect-filters"]["kept"] == chosen
    assert json.loads(address(at)[FILTER]) == json.loads(said)
    at.session_state["inspect-filters"]["kept"] = first_filter(kept)
    assert FILTER not in address(run(at))
    at.session_state["inspect-filters"]["kept"] = Filter(rows=tuple(range(LONGEST_FILTER)))
    assert FILTER not in address(run(at))


@pytest.mark.parametrize(
    "said",
    ["{", "[1]", '{"colour": 3}', '{"columns": [["nowhere", "x"]]}', '{"rows": [-1]}', "[" * 9_999],
)
def test_a_filter_that_does_not_fit_the_run_is_passed_over(put_run, said):  # noqa: F811
    kept = put_run("kept")
    at = open_page(run="kept", filter=said)
    assert at.session_state["inspect-filters"].get("kept", first_filter(kept)) == first_filter(kept)
    assert FILTER not in address(at)


def test_a_visit_to_another_page_changes_nothing(put, shelf):
    from tests.ui.page_driving import EXPLORE_PAGE, INSPECT_PAGE

    at = type_text(visit(), TEXT)
    run(at.switch_page(INSPECT_PAGE))
    run(at.switch_page(EXPLORE_PAGE))
    assert at.session_state["text"] == TEXT


def test_a_click_counts_more_than_the_address_that_its_page_was_asked_with(put_run):  # noqa: F811
    """Keys are faster than the browser learns of the new address."""
    run_of = put_run("kept")
    rows = run_of.page(Filter(outcome="wrong"), "loss", most=200)["row"].tolist()
    at = open_page(run="kept", view="queue", row=str(rows[0]))
    for step in (1, 2):
        at.button(key="inspect-queue-next").click()
        at.query_params["row"] = str(rows[0])  # as the browser still says
        run(at)
        assert at.session_state["inspect-opened"]["kept"].row == rows[step]
        assert address(at)["row"] == str(rows[step])
    at.query_params["row"] = str(rows[0])  # without a click: the browser went back
    run(at)
    assert at.session_state["inspect-opened"]["kept"].row == rows[0]
