"""The view of a gate as Streamlit runs it: what it says and what it draws is in the network."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.evidence.gates import SATURATED
from attnviz.explain.gates import gate_anatomy, gate_names, gate_weights, saturation_over
from attnviz.explain.units import stage_parts
from attnviz.panels import TITLES, row_labels
from attnviz.recurrent import RECURRENTS
from attnviz.ui import examples
from attnviz.ui.components.explanations.gate_details import LETTERS, SYMBOLS
from attnviz.ui.components.explanations.gates import LARGEST, PUSHES, VERDICTS, verdict_line
from attnviz.ui.translation import escape_markdown
from tests.networks import NETWORKS
from tests.ui.page_driving import chart_rows, run
from tests.ui.test_token_table import read

TEXT = "The film was good, good!  Wonderful actors: 电影 很好 😀"
SAMPLE = {"one": "The second film was bad.", "two": "Good music!"}


def page(folder, text):
    from attnviz.ui.components.explanations import gates
    from attnviz.ui.state import loaded_classifier

    gates.show(folder, loaded_classifier(folder).trace(text), "gates")


@pytest.fixture
def put(build_network, tokenizer, tmp_path, monkeypatch):
    """A function that saves a network built with changes, and gives its folder."""
    folder = tmp_path / "tiny"
    monkeypatch.setitem(examples.FITTING, folder.name, SAMPLE)

    def save(**changes):
        build_network(**changes).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return str(folder)

    return save


def opened(folder, text=TEXT):
    """The page with its details unfolded."""
    at = AppTest.from_function(page, args=(folder, text), default_timeout=60)
    at.session_state["gates-details"] = True
    return run(at)


def rows(at, number):
    return chart_rows(at.get("vega_lite_chart")[number])


def unit_of(at):
    return int(at.number_input[0].value)


def assert_shown(at, classifier, gate, layer, direction, token):
    """Formula, sentence and both charts tell of this gate."""
    trace = classifier.trace(TEXT)
    found, unit = gate_anatomy(classifier, trace, gate, layer, direction), unit_of(at)
    drawn = rows(at, 0)
    for part, name in enumerate(found.parts):
        values = drawn["logit"][part :: len(found.parts)]
        np.testing.assert_allclose(values, found.parts[name][:, unit], rtol=1e-5)
    assert drawn["chosen"].to_numpy().nonzero()[0][0] == token * len(found.parts)
    formula = at.latex[0].value
    assert f"{LETTERS[gate]}_t" in formula
    for values in found.parts.values():
        assert f"{values[token, unit]:+.3f}".lstrip("+") in formula
    assert f"{found.value[token, unit]:.3f}" in formula
    assert at.markdown[0].value == "### " + verdict_line(found, unit, token, row_labels(trace))
    assert f"in unit {unit}" in at.markdown[1].value
    highest = row_labels(trace)[found.value[:, unit].argmax()]
    assert f"highest at “{escape_markdown(highest.strip())}" in at.markdown[1].value
    _header, values = read(at.get("bidi_component")[0].proto.bytes)
    pushed = [values[f"push/{name}"][:, 0] for name in found.parts if name != "bias"]
    bias = found.parts["bias"][:, unit]
    np.testing.assert_allclose(sum(pushed) + bias, values["push/sum"][:, 0], atol=1e-5)
    drawn = values.get(f"gates/{gate}", values.get(f"states/{gate}"))[:, 0]
    np.testing.assert_allclose(drawn, found.value[:, unit], rtol=1e-5)
    counted = saturation_over(classifier, SAMPLE.values())[gate]
    sampled = rows(at, 1).query("text >= 0 and sample >= 0")
    assert sampled["sample"].max() == counted.shares[1][layer, direction].max()
    _low, high = SATURATED[found.activation]
    assert f"above {high:g} (up)" in at.caption[0].value
    assert f"(2, tokens: {counted.tokens})" in at.caption[0].value


def test_every_gate_and_part_has_its_name_and_letter(build_network, tokenizer):
    for cell in RECURRENTS:
        classifier = Classifier(build_network(recurrent=cell), tokenizer)
        trace = classifier.trace(TEXT)
        for name in gate_names(trace):
            found = gate_anatomy(classifier, trace, name)
            assert name in LETTERS
            assert name in TITLES
            assert found.activation in SYMBOLS
            assert found.parts.keys() <= LARGEST.keys()
            assert found.parts.keys() - {"bias"} <= PUSHES.keys()
            said = verdict_line(found, 3, 0, ("a",) * len(trace.tokens))
            assert name in VERDICTS
            assert len(said.split()) <= 12
            assert "unit 3 " in said


@pytest.mark.parametrize("cell", RECURRENTS)
def test_every_gate_of_every_cell_is_shown(put, cell):
    folder = put(recurrent=cell)
    classifier = Classifier.from_pretrained(folder)
    trace = classifier.trace(TEXT)
    at = opened(folder)
    token = int(trace.attention.mean(axis=1).argmax())
    names = gate_names(trace)
    first = "forget" if "forget" in names else names[0]
    label = int(trace.probabilities.argmax())
    parts = stage_parts(classifier, trace, label)["recurrent"].sum(axis=0)
    units = trace.states["hidden"].shape[3]
    assert unit_of(at) == np.abs(parts[:units]).argmax()  # what counts most comes first
    assert_shown(at, classifier, first, 1, 0, token)
    for name in names:
        at.selectbox(key=f"gates-gate-{'-'.join(names)}").set_value(name)
        assert_shown(run(at), classifier, name, 1, 0, token)


def test_layer_direction_unit_and_token_can_be_chosen(put):
    folder = put()
    at = opened(folder)
    at.selectbox(key="gates-layer-2").set_value(0)
    at.button_group(key="gates-direction").set_value("backward")
    at.number_input(key="gates-unit-11").set_value(7)
    at.selectbox(key="gates-token").set_value(4)
    run(at)
    assert unit_of(at) == 7
    assert_shown(at, Classifier.from_pretrained(folder), "forget", 0, 1, 4)
    assert "the token to the right" in at.markdown[1].value


@pytest.mark.parametrize("name", [n for n in NETWORKS if NETWORKS[n].get("order") != "cnn"])
def test_every_network_with_gates_is_shown(put, name):
    assert len(opened(put(**NETWORKS[name])).get("vega_lite_chart")) == 2


def test_weights_are_drawn_exactly_when_they_are_asked_for(put):
    folder = put(recurrent="peephole_lstm")
    at = opened(folder)
    assert len(at.get("bidi_component")) == 1
    at.session_state["gates-weights"] = True
    run(at)
    header, values = read(at.get("bidi_component")[1].proto.bytes)
    weights = gate_weights(Classifier.from_pretrained(folder), 1, 0)["forget"]
    assert values["weights/input"].tolist() == weights.input.tolist()
    assert values["states/U"].tolist() == weights.recurrent.tolist()
    assert values["weights/b"][:, 0].tolist() == weights.bias.tolist()
    assert values["weights/p"][:, 0].tolist() == weights.peephole.tolist()
    assert header["strings"]["token"] == "Unit"
    assert header["rows"] == [str(unit) for unit in range(11)]


def test_the_numbers_stand_in_tables_when_asked_for(put):
    folder = put()
    at = opened(folder)
    at.session_state["gates-twin"] = True
    run(at)
    tokens, units = (frame.value for frame in at.dataframe)
    parts = tokens[["input", "previous hidden state", "bias"]].sum(axis=1)
    np.testing.assert_allclose(parts, tokens["Sum"], atol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-tokens["Sum"])), tokens["Value"], atol=1e-5)
    expected = saturation_over(Classifier.from_pretrained(folder), [TEXT])["forget"].shares
    assert units["This text < 0.05"].tolist() == expected[0][1, 0].tolist()
    assert units["This text > 0.95"].tolist() == expected[1][1, 0].tolist()


def test_of_a_long_text_the_page_says_how_many_tokens_it_draws(put):
    at = opened(put(), "good film, " * 90)
    tokens = 101
    assert any(f"60 of {tokens} tokens" in caption.value for caption in at.caption)
    assert rows(at, 0)["once"].sum() == 60


@pytest.mark.parametrize("text", ["x", "😀", "**x** [a](http://e.com) $x$ <b>"], ids=ascii)
def test_no_text_breaks_the_view(put, text):
    opened(put(), text)


def test_templates_hold_no_data_but_the_rows(put):
    at = opened(put())
    for chart in at.get("vega_lite_chart"):
        spec = json.loads(chart.proto.spec)
        assert "datasets" not in spec
        assert '"data"' not in json.dumps(spec.get("layer"))
