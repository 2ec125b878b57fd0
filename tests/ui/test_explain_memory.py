"""The view of the memory as Streamlit runs it: what it says and what it draws is in the trace."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.evidence.memory import Fate
from attnviz.explain import memory as view
from attnviz.explain.answer import answer
from attnviz.explain.memory import (
    RECURRENCES,
    erasures,
    fate,
    memory,
    remnants,
    word_half_lives,
)
from attnviz.panels import row_labels
from attnviz.recurrent import RECURRENTS
from attnviz.trace import Trace
from attnviz.ui.components.explanations import memory as page_view
from attnviz.ui.components.explanations import memory_details
from attnviz.ui.translation import escape_markdown
from tests.networks import NETWORKS
from tests.ui.page_driving import chart_rows, run
from tests.ui.test_token_table import read

TEXT = "The film was good, good!  Wonderful actors: 电影 很好 😀"


def page(file):
    from attnviz.trace import Trace
    from attnviz.ui.components.explanations import memory

    memory.show("nowhere", Trace.load(file), "memory")


def opened(trace: Trace, tmp_path):
    """The page with its details unfolded."""
    trace.save(tmp_path / "trace.npz")
    at = AppTest.from_function(page, args=(tmp_path / "trace.npz",), default_timeout=60)
    at.session_state["memory-details"] = True
    return run(at)


def opened_at_the_end(trace: Trace, tmp_path):
    at = opened(trace, tmp_path)
    at.button_group(key="memory-at-False").set_value("end")
    return run(at)


def drawn(at, number):
    return json.loads(at.get("vega_lite_chart")[number].proto.spec)


def rows(at, number):
    """The rows of one chart as they were sent."""
    return chart_rows(at.get("vega_lite_chart")[number])


def assert_shown(at, trace, position, layer, direction):
    """Table, bars and first sentences tell of this memory."""
    found = memory(trace, position, layer, direction)
    _header, values = read(at.get("bidi_component")[1].proto.bytes)
    left = values["states/contributions"].sum(axis=0)
    units = np.argsort(-np.abs(found.contributions).sum(axis=0), kind="stable")
    np.testing.assert_allclose(left, found.state[units], atol=1e-4)
    np.testing.assert_allclose(rows(at, 0)["share"], found.shares)
    assert rows(at, 1)["unit"].tolist() == np.argsort(-found.half_life, kind="stable").tolist()
    text = "\n".join(element.value for element in at.markdown)
    labels = row_labels(trace)
    for one in erasures(found, 5):
        assert re.search(
            rf"“{_said(labels[one.writer])}”.* wrote into unit {one.unit} .*was erased at "
            rf"“{_said(labels[one.eraser])}”",
            text,
        )
    for one in remnants(found, 1):
        assert f"wrote into unit {one.unit} " in text
        assert f"still stands at “{_said(labels[position], plain=True)}”" in text


def _said(label, plain=False):
    return escape_markdown(label) if plain else re.escape(escape_markdown(label))


def screen_of(at):
    """Header and numbers of the table under the verdict."""
    return read(at.get("bidi_component")[0].proto.bytes)


def verdict_of(at):
    return next(part.value for part in at.markdown if part.value.startswith("### "))


def test_the_screen_says_what_became_of_a_word_and_draws_it(trace, tmp_path):
    at = opened(trace, tmp_path)
    at.session_state["token"] = 2
    run(at)
    found = fate(trace, 2, 1)
    header, values = screen_of(at)
    assert header["pinned"] == 2
    np.testing.assert_allclose(
        values["memory/left_both_ways"][:, 0], found.left.max(axis=0), atol=1e-6
    )
    lives = word_half_lives(trace, 1, 0)
    assert np.isinf(lives).any()  # more than half of a word reaches the end
    np.testing.assert_allclose(values["memory/half_life"][:, 0], lives, rtol=1e-6)
    panel = next(part for part in header["panels"] if part["key"] == "gates/survival")
    units = [int(name) for name in panel["columns"]]
    np.testing.assert_allclose(values["gates/survival"], found.kept[0][:, units], atol=1e-6)
    written = np.abs(found.written[0])
    assert written[units].min() >= np.delete(written, units).max(initial=0)


FADING = [1.0, 0.6, 0.4, 0.1]


@pytest.mark.parametrize(
    ("row", "left", "words"),
    [
        (0, FADING, "Half of “a” is forgotten after 1.5 tokens; 10% reaches the end."),
        (0, [1.0, 0.9, 0.8, 0.7], "“a” is remembered: 70% of it reaches the end."),
        (3, [0.0, 0.0, 0.0, 1.0], "“d” is read last: nothing of it has faded yet."),
    ],
)
def test_the_verdict_says_whether_the_word_was_kept(row, left, words):
    kept = np.array(left)[None, :, None]
    found = Fate(row, 0, np.ones((1, 1)), kept)
    assert page_view.main_direction(found) == 0
    assert page_view.verdict_line(found, ("a", "b", "c", "d"), 0) == words
    assert len(words.split()) <= 12


def test_of_a_last_word_the_memory_that_reads_backwards_tells():
    kept = np.zeros((2, 4, 1))
    kept[0, 3], kept[1, :, 0] = 1, FADING[::-1]
    found = Fate(3, 0, np.ones((2, 1)), kept)
    direction = page_view.main_direction(found)
    assert page_view.verdict_line(found, ("a", "b", "c", "d"), direction) == (
        "Half of “d” is forgotten after 1.5 tokens; 10% reaches the start."
    )


def test_the_verdict_is_that_of_the_reading_direction_that_is_chosen(trace, tmp_path):
    at = opened(trace, tmp_path)
    at.session_state["token"] = 2
    run(at)
    found, labels = fate(trace, 2, 1), row_labels(trace)
    assert verdict_of(at).endswith(page_view.verdict_line(found, labels, 0))
    at.button_group(key="memory-direction").set_value("backward")
    run(at)
    assert verdict_of(at).endswith(page_view.verdict_line(found, labels, 1))


def test_a_word_that_wrote_nothing_is_said_to(trace):
    found = replace(fate(trace, 1), written=np.zeros_like(fate(trace, 1).written))
    said = page_view.verdict_line(found, row_labels(trace), 0)
    assert said.endswith(" wrote nothing into the memory.")


def test_it_opens_at_a_negation_else_at_the_word_that_the_answer_rests_on(classifier, tmp_path):
    trace = classifier.trace("It was not good!")
    at = opened(trace, tmp_path)
    labels = row_labels(trace)
    assert labels[screen_of(at)[0]["pinned"]].strip().startswith("n")
    assert trace.text[slice(*trace.offsets[screen_of(at)[0]["pinned"]])].strip() in "not"
    trace = classifier.trace("It was good!")
    assert screen_of(opened(trace, tmp_path))[0]["pinned"] == answer(trace).carriers[0].row


@pytest.mark.parametrize("cell", RECURRENTS)
def test_the_memory_where_most_attention_lies_is_shown_first(
    build_network, tokenizer, tmp_path, cell
):
    trace = Classifier(build_network(recurrent=cell), tokenizer).trace(TEXT)
    at = opened(trace, tmp_path)
    place = int(trace.attention.mean(axis=1).argmax())
    assert_shown(at, trace, place, 1, 0)
    letters = RECURRENCES[memory(trace, place).gate].letters
    assert letters[0] + "_p" in at.latex[0].value
    assert letters[2] in at.latex[0].value
    assert ("f_t = 1 - i_t" in at.latex[0].value) == (cell == "coupled_lstm")


def test_where_the_last_state_alone_is_read_its_memory_is_shown_first(
    build_network, tokenizer, tmp_path
):
    trace = Classifier(build_network(attention="last"), tokenizer).trace(TEXT)
    assert_shown(opened(trace, tmp_path), trace, len(trace.tokens) - 1, 1, 0)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([0.5, 0.2, 0.3], "The largest share, 50%, comes from “film”"),
        ([0.2, 0.3, 0.5], "Of the words, “good” has the largest share, 30%; a larger one, 50%,"),
        ([0, 0, 1], "The largest share, 100%, comes from “\\.”"),
    ],
)
def test_the_headline_names_a_word_beside_a_full_stop(trace, shares, words):
    column = np.array(shares, dtype=float)[:, None]
    found = replace(
        memory(trace, 0),
        position=2,
        written=column,
        survival=np.ones_like(column),
        kept=np.ones_like(column),
        state=column.sum(axis=0),
    )
    np.testing.assert_allclose(found.shares, shares)
    assert words in memory_details._reading(found, ("film", "good", "."))


def test_backwards_the_last_token_read_is_the_first_of_the_text(trace, tmp_path):
    at = opened_at_the_end(trace, tmp_path)
    at.button_group(key="memory-direction").set_value("backward")
    run(at)
    assert_shown(at, trace, 0, 1, 1)
    assert r"t \geq p" in at.latex[0].value


def test_layer_and_token_can_be_chosen(trace, tmp_path):
    at = opened(trace, tmp_path)
    at.selectbox(key="memory-layer-2").set_value(0)
    at.selectbox(key="memory-token").set_value(9)
    run(at)
    assert_shown(at, trace, 9, 0, 0)
    assert at.session_state["token"] == 9


def test_sentences_can_be_asked_of_one_token(trace, tmp_path):
    at = opened_at_the_end(trace, tmp_path)
    at.selectbox(key=f"memory-writer-{len(trace.tokens)}").set_value(2)
    run(at)
    sentences = [m.value for m in at.markdown if m.value.startswith("- ")]
    said = "\n".join(sentences).splitlines()
    writer = _said(row_labels(trace)[2])
    assert said
    assert all(re.match(rf"- What “{writer}”", line) for line in said)


def test_what_happened_to_a_memory_is_searched_for_once(trace, tmp_path, monkeypatch):
    calls = []
    original = view.erasures
    monkeypatch.setattr(view, "erasures", lambda *given: calls.append(given[2]) or original(*given))
    at = opened(trace, tmp_path)
    run(at)
    assert calls == [None]
    writer = at.selectbox(key=f"memory-writer-{len(trace.tokens)}")
    writer.set_value(2)
    run(run(at))
    assert calls == [None, 2]
    at.button_group(key="memory-direction").set_value("backward")
    run(run(at))
    assert calls == [None, 2, 2]
    at.selectbox(key="memory-layer-2").set_value(0)
    run(at)
    assert calls == [None, 2, 2, 2]


def test_the_numbers_stand_in_tables_when_asked_for(trace, tmp_path):
    at = opened_at_the_end(trace, tmp_path)
    assert not at.dataframe
    at.session_state["memory-twin"] = True
    run(at)
    tokens, units = (frame.value for frame in at.dataframe)
    found = memory(trace, len(trace.tokens) - 1, 1, 0)
    assert tokens["Share of the memory"].tolist() == found.shares.tolist()
    assert units["State"].tolist() == found.state.tolist()
    assert units["Half-life in tokens"].tolist() == found.half_life.tolist()


@pytest.mark.parametrize("name", [n for n in NETWORKS if NETWORKS[n].get("order") != "cnn"])
def test_every_network_that_remembers_is_shown(build_network, tokenizer, tmp_path, name):
    trace = Classifier(build_network(**NETWORKS[name]), tokenizer).trace(TEXT)
    assert len(opened(trace, tmp_path).get("bidi_component")) == 2


HOSTILE = ["x", "😀", "**x** [a](http://e.com) $x$ <b>", "good film, " * 90, "x" * 900]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_no_text_breaks_the_view(classifier, tmp_path, text):
    opened(classifier.trace(text), tmp_path)


def test_one_token_has_no_half_lives_and_the_page_says_so(classifier, tmp_path):
    trace = classifier.trace("x")
    assert len(trace.tokens) == 1
    at = opened(trace, tmp_path)
    assert any("no half-lives" in caption.value for caption in at.caption)
    assert len(at.get("vega_lite_chart")) == 1


def test_of_a_long_text_the_page_says_how_many_shares_it_draws(classifier, tmp_path):
    trace = classifier.trace("good film, " * 90)
    at = opened(trace, tmp_path)
    assert len(rows(at, 0)) == 60
    said = f"The 60 largest shares of {len(trace.tokens)} tokens"
    assert any(said in caption.value for caption in at.caption)


def test_templates_hold_no_data_but_the_rows(trace, tmp_path):
    at = opened(trace, tmp_path)
    for number in (0, 1):
        spec = drawn(at, number)
        assert "datasets" not in spec
        assert all("data" not in layer for layer in spec.get("layer", []))
