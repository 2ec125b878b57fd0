"""The equations on a page."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.explain.formulas import formulas
from attnviz.explain.units import stage_parts
from attnviz.panels import row_labels
from attnviz.ui.components.explanations.formulas import STEPS
from tests.networks import NETWORKS
from tests.ui.page_driving import run

TEXT = "Wonderful music, and good actors!"


def page(folder, text):
    from attnviz.ui.components.explanations import formulas
    from attnviz.ui.state import loaded_classifier

    formulas.show(folder, loaded_classifier(folder).trace(text), "formulas")


def visit(folder, text=TEXT):
    """The page with the equations of all parts."""
    arguments = {"folder": str(folder), "text": text}
    at = run(AppTest.from_function(page, kwargs=arguments, default_timeout=60))
    at.pills[0].set_value("all")
    return run(at)


def written(at) -> list[str]:
    return [part.value for part in at.latex]


def expected(folder, row, label, **chosen) -> list[str]:
    classifier = Classifier.from_pretrained(folder)
    found = formulas(classifier, classifier.trace(TEXT), row, label, **chosen)
    lines = [line for formula in found for line in (formula.symbolic, formula.numeric)]
    return [f"$$\n{line}\n$$" for line in lines]


def first_choice(folder):
    """Token, class, and the unit, filter and head with the largest part there."""
    classifier = Classifier.from_pretrained(folder)
    trace = classifier.trace(TEXT)
    row, label = int(trace.attention.mean(1).argmax()), int(trace.probabilities.argmax())
    parts, chosen = stage_parts(classifier, trace, label), {}
    if trace.states:
        _steps, layers, _directions, units = trace.states["hidden"].shape
        place = int(np.abs(parts["recurrent"][row]).argmax())  # of both directions
        chosen |= {"layer": layers - 1, "direction": place // units, "unit": place % units}
    if trace.feature_maps:
        sizes = {size: maps.shape[1] for size, maps in trace.feature_maps.items()}
        places = [(size, number) for size, count in sizes.items() for number in range(count)]
        place = int(np.abs(parts["convolutions"][row]).argmax())
        chosen |= dict(zip(("kernel_size", "filter"), places[place], strict=True))
    if trace.attention.shape[1] > 1:
        chosen["head"] = int(trace.attention[row].argmax())
    return row, label, chosen


def test_every_equation_stands_twice_in_the_order_in_which_data_flows(saved):
    row, label, chosen = first_choice(saved)
    assert chosen["layer"] == 1
    assert written(visit(saved)) == expected(saved, row, label, **chosen)


def test_what_is_chosen_is_what_is_computed(saved):
    at = visit(saved)
    at.selectbox(key="formulas-token").set_value(2)
    at.selectbox(key="formulas-layer-2").set_value(0)
    at.selectbox(key="formulas-kernel-1-3-5").set_value(3)
    at.selectbox[1].set_value(0)
    run(at)
    at.number_input(key="formulas-unit-11").set_value(5)
    at.number_input(key="formulas-filter-13").set_value(6)
    direction = ["forward", "backward"].index(at.button_group(key="formulas-direction").value)
    found = expected(saved, 2, 0, unit=5, filter=6, kernel_size=3, layer=0, direction=direction)
    assert written(run(at)) == found
    at.number_input(key="formulas-unit-11").set_value(6)
    assert written(run(at)) != found


def test_what_was_chosen_stays_for_this_text_and_not_for_another(saved):
    at = visit(saved)
    first = at.number_input(key="formulas-unit-11").value
    at.number_input(key="formulas-unit-11").set_value((first + 1) % 11)
    run(at)
    at.selectbox(key="formulas-token").set_value(0)
    assert run(at).number_input(key="formulas-unit-11").value == (first + 1) % 11
    classifier = Classifier.from_pretrained(saved)
    trace = classifier.trace(TEXT)
    filters = stage_parts(classifier, trace, int(trace.probabilities.argmax()))["convolutions"][0]
    assert filters.any()
    kernel = at.selectbox(key="formulas-kernel-1-3-5").value
    assert kernel == (1, 3, 5)[int(np.abs(filters).argmax()) // 13]  # follows the token


def test_another_language_keeps_what_is_chosen(saved):
    at = visit(saved)
    at.number_input(key="formulas-filter-13").set_value(6)
    before = written(run(at))
    at.session_state["language"] = "zh"
    assert written(run(at)) == before


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_its_equations(build_network, tokenizer, tmp_path, name):
    build_network(**NETWORKS[name]).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    at = visit(tmp_path)
    row, label, chosen = first_choice(tmp_path)
    assert written(at) == expected(tmp_path, row, label, **chosen)
    headings = [part.value for part in at.markdown if part.value.startswith("### ")][1:]
    assert len(set(headings)) == len(headings)
    assert {heading.removeprefix("### ") for heading in headings} <= set(STEPS.values())


def test_one_part_of_the_network_is_shown_at_a_time_that_with_the_unit_first(saved):
    arguments = {"folder": str(saved), "text": TEXT}
    at = run(AppTest.from_function(page, kwargs=arguments, default_timeout=60))
    headings = [part.value for part in at.markdown if part.value.startswith("### ")]
    assert headings[1:] == ["### Recurrent layer"]
    at.pills[0].set_value("convolution")
    run(at)
    headings = [part.value for part in at.markdown if part.value.startswith("### ")]
    assert headings[1:] == ["### Convolution"]


def test_the_verdict_names_the_unit_and_the_filter_that_count_most(saved):
    at = visit(saved)
    row, _label, chosen = first_choice(saved)
    token = row_labels(Classifier.from_pretrained(saved).trace(TEXT))[row].strip()
    line = at.markdown[0].value.replace("\\", "")
    assert line.startswith(
        f"### Unit {chosen['unit']} and filter {chosen['kernel_size']}/{chosen['filter']} count "
        f"most at “{token}”"
    )
    assert len(line.split()) <= 13
    unit = at.number_input(key="formulas-unit-11")
    unit.set_value((unit.value + 1) % 11)
    run(at)
    assert "in the units chosen" in at.markdown[0].value


def test_matrices_are_drawn_when_they_are_asked_for(saved):
    at = visit(saved)
    assert not at.get("image")
    at.session_state["formulas-gates/input-weights"] = True
    run(at)
    assert len(at.get("image")) == 2
    cell = Classifier.from_pretrained(saved).network.recurrent.layers[1][0]
    norm = float(cell.weight_hh_l0[:11].detach().norm())
    assert any(f"11 × 11, norm {norm:.3g}" in part.value for part in at.caption)


def test_a_matrix_opens_in_full_with_its_numbers(saved):
    at = visit(saved)
    at.session_state["formulas-gates/input-weights"] = True
    run(at)
    at.button(key="formulas-gates/input-1").click()
    run(at)
    cell = Classifier.from_pretrained(saved).network.recurrent.layers[1][0]
    weights = cell.weight_hh_l0[:11].detach().numpy()
    assert at.dataframe[0].value.to_numpy().tolist() == weights.tolist()


def test_a_matrix_too_large_for_a_table_says_so(saved, monkeypatch):
    from attnviz.ui.components.explanations import formulas as view

    monkeypatch.setattr(view, "MOST_NUMBERS", 120)
    at = visit(saved)
    at.session_state["formulas-gates/input-weights"] = True
    run(at)
    at.button(key="formulas-gates/input-1").click()
    run(at)
    assert not at.dataframe
    assert any("up to 120 weights; these are 121" in part.value for part in at.caption)
