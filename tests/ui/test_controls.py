"""The controls above the token table, and its twin in numbers."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.page_driving import (
    EXAMPLE_TEXT,
    messages,
    panel_of,
    picture,
    run,
    show_panels,
)


def test_controls_choose_layer_direction_units_and_range(app, classifier):
    trace = classifier.trace(EXAMPLE_TEXT)
    assert "layer 2 of 2" in picture(app)[0]["groups"]["remembers"]
    last = panel_of(app, "gates/forget")
    units = [int(name) for name in last[0]["columns"]]
    assert last[1].tolist() == trace.gates["forget"][:, 1, 0, units].tolist()
    app.segmented_control(key="explore-layer-2").set_value(0)
    app.segmented_control(key="explore-direction").set_value("backward")
    app.selectbox(key="explore-order").set_value("index")
    app.text_input(key="explore-units").set_value("2, 7-8")
    run(app)
    panel, values = panel_of(app, "gates/forget")
    assert panel["columns"] == ["2", "7", "8"]
    assert values.tolist() == trace.gates["forget"][:, 0, 1, [2, 7, 8]].tolist()
    assert (panel["low"], panel["high"]) == (0, 1)
    assert panel_of(app, "votes")[1].shape == trace.votes.shape
    assert "layer 1 of 2" in picture(app)[0]["groups"]["remembers"]
    assert "reading backwards" in picture(app)[0]["groups"]["remembers"]


def test_all_gates_and_states_show_the_same_units_in_one_order(app):
    shown = [p["columns"] for p in picture(app)[0]["panels"] if p["unit_of"]]
    assert len(shown) == 6
    assert all(columns == shown[0] for columns in shown)


def test_a_part_of_the_network_is_switched_off_in_the_strip(app):
    parts = next(pills for pills in app.pills if pills.key.startswith("explore-parts"))
    parts.set_value(["detects", "decides"])
    run(app)
    assert {panel["group"] for panel in picture(app)[0]["panels"]} == {"detects", "decides"}


def test_panels_alike_share_their_range(app):
    app.selectbox(key="explore-range").set_value("family")
    run(app)
    maps = [p for p in picture(app)[0]["panels"] if "feature_maps/" in p["key"]]
    assert len(maps) > 1
    assert len({(panel["low"], panel["high"]) for panel in maps}) == 1


def test_hidden_panels_are_not_drawn(app):
    show_panels(app, ["votes", "states/cell"])
    assert list(picture(app)[1]) == ["votes", "states/cell"]
    show_panels(app, [])
    assert list(picture(app)[1]) == ["votes"]


@pytest.mark.parametrize("wish", ["3, x", "5-", "-1", "１２ a", "**", "1;;y"])
def test_units_that_are_none_get_a_message(app, wish):
    before = picture(app)[1]
    app.text_input(key="explore-units").set_value(wish)
    run(app)
    assert len(messages(app)) == 1
    assert "names no units" in messages(app)[0]
    assert app.text_input(key="explore-units").value == wish
    assert {key: part.tolist() for key, part in picture(app)[1].items()} == {
        key: part.tolist() for key, part in before.items()
    }


def test_a_wrong_unit_is_shown_as_it_was_written(app):
    app.text_input(key="explore-units").set_value("![x](y)")
    run(app)
    assert r"“\!\[x\]\(y\)”" in messages(app)[0]


def test_units_that_do_not_exist_leave_an_empty_panel(app):
    app.text_input(key="explore-units").set_value("900-999")
    run(app)
    assert picture(app)[1]["gates/forget"].shape[1] == 0


def test_the_twin_holds_the_same_numbers(app, classifier):
    app.session_state["explore-twin"] = True
    run(app)
    trace = classifier.trace(EXAMPLE_TEXT)
    twin = app.dataframe[0].value
    assert twin["Votes · positive"].tolist() == trace.votes[:, 2].tolist()
    assert len(twin.columns) == 1 + sum(
        len(panel["columns"]) for panel in picture(app)[0]["panels"]
    )


def test_a_label_of_another_language_is_no_choice():
    """What a browser goes on to send of a box in a closed popover, after a switch of language."""

    def page():
        import streamlit as st

        from attnviz.ui.components import menus

        if "sent" in st.session_state:
            st.session_state["order"] = st.session_state["sent"]
        menus.selectbox("Order", ["index", "variance"], key="order")

    at = run(AppTest.from_function(page))
    at.selectbox(key="order").set_value("variance")
    run(at)
    for sent, chosen in (("标签", "variance"), ("标签", "variance"), ("index", "index")):
        at.session_state["sent"] = sent
        assert run(at).selectbox(key="order").value == chosen
