"""The vote ledger on a page: what it says is what the network counted."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.evidence.ledger import VoteLedger
from attnviz.explain.ledger import vote_ledger
from attnviz.panels import row_labels
from attnviz.ui.components.explanations.ledger import verdict_line
from attnviz.ui.components.trace_view import signed
from attnviz.ui.translation import escape_markdown
from tests.networks import NETWORKS
from tests.ui.page_driving import chart_rows, picture, run

TEXT = "I didn't like it: it's a bad, bad film!"
LONG = TEXT * 5


def page():
    import streamlit as st

    from attnviz.ui.components.explanations import ledger

    ledger.show(st.session_state["model"], st.session_state["trace"], key="x")


def visit(folder, text=TEXT):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["model"] = str(folder)
    at.session_state["trace"] = Classifier.from_pretrained(folder).trace(text)
    at.session_state["x-details"] = True
    return run(at)


def rows(at, number):
    """The data of a chart as it was sent."""
    return chart_rows(at.get("vega_lite_chart")[number]).to_dict("records")


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.caption, *at.latex))


def chooser(at, label):
    (found,) = (box for box in at.selectbox if box.label == label)
    return found


def test_the_predicted_class_stands_against_its_runner_up(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    second, best = np.argsort(trace.logits)[-2:]
    record = vote_ledger(classifier, trace, int(best), int(second))
    assert (chooser(at, "Class").value, chooser(at, "Compared with").value) == (best, second)
    assert (
        f"logit of {record.label} − logit of {record.against} {signed(record.logit)} = "
        f"bias {signed(record.bias)} + all votes {signed(record.vote.sum())}" in said(at)
    )
    np.testing.assert_allclose([r["vote"] for r in rows(at, 0)], record.position_vote)
    assert rows(at, 1)[-1]["end"] == pytest.approx(record.logit)


def test_the_table_holds_attention_argument_vote_and_the_sum_so_far(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    second, best = np.argsort(trace.logits)[-2:].tolist()
    record = vote_ledger(classifier, trace, best, second)
    header, values = picture(at)
    columns = {key: numbers[:, 0] for key, numbers in values.items()}
    np.testing.assert_allclose(columns["attention"], trace.attention.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(columns["ledger/argument"], record.position_argument, rtol=1e-5)
    np.testing.assert_allclose(columns["ledger/vote"], record.position_vote, rtol=1e-5)
    product = columns["attention"] * columns["ledger/argument"]
    np.testing.assert_allclose(columns["ledger/vote"], product, atol=1e-5)
    assert columns["ledger/total"][-1] == pytest.approx(record.logit, abs=1e-5)
    assert columns["ledger/total"][0] == pytest.approx(record.bias + product[0], abs=1e-5)
    vote = next(panel for panel in header["panels"] if panel["key"] == "ledger/vote")
    assert vote["note"] == f"← {trace.labels[second]} · {trace.labels[best]} →"


def ledger_of(votes, bias=0.0):
    column = np.array(votes, dtype=float)[:, None]
    logit = bias + float(column.sum())
    return VoteLedger("good", "bad", bias, logit, np.ones_like(column), column, column, False)


@pytest.mark.parametrize(
    ("votes", "bias", "words"),
    [
        ([0.5, 4.0, -1.0], 0.0, "“b” alone outweighs all other votes: +4.00 of +3.50."),
        ([2.0, 1.5, -1.0], 0.0, "2 of 3 vote for good; “a” most (+2.00)."),
        ([-2.0, -1.5, 1.0], 0.0, "2 of 3 vote against good; “a” most (−2.00)."),
        (
            [-2.0, 1.5, 0.1],
            3.0,
            "The bias decides (+3.00): all votes together say the opposite (−0.40).",
        ),
        (
            [-2.0, -1.5, -0.1],
            5.0,
            "The bias decides (+5.00): all votes together say the opposite (−3.60).",
        ),
        (
            [2.0, -1.5, 1.0],
            -4.0,
            "The bias decides (−4.00): all votes together say the opposite (+1.50).",
        ),
    ],
)
def test_the_verdict_says_who_decided_it(votes, bias, words):
    assert verdict_line(ledger_of(votes, bias), ("a", "b", "c")) == words
    assert len(words.split()) <= 13  # twelve words and a number


def test_the_verdict_stands_first(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    second, best = np.argsort(trace.logits)[-2:]
    record = vote_ledger(classifier, trace, int(best), int(second))
    assert at.markdown[0].value == "### " + verdict_line(record, row_labels(trace))


def test_a_class_can_be_explained_alone(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    chooser(at, "Compared with").set_value(-1)
    run(at)
    assert f"logit of {trace.prediction} {signed(trace.logits.max())} = bias" in said(at)
    assert "w_d" not in said(at)
    np.testing.assert_allclose(
        [row["vote"] for row in rows(at, 0)], trace.votes[:, trace.logits.argmax()], atol=1e-5
    )


def test_another_class_brings_the_most_probable_other_one_as_its_rival(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    worst, best = int(trace.logits.argmin()), int(trace.logits.argmax())
    chooser(at, "Class").set_value(worst)
    run(at)
    assert chooser(at, "Compared with").value == best
    assert rows(at, 1)[-1]["end"] == pytest.approx(trace.logits[worst] - trace.logits[best])


def test_what_pulls_most_each_way_is_said_with_its_place(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    ways = set()
    for label in range(3):
        chooser(at, "Class").set_value(label)
        run(at)
        votes = trace.votes[:, label] - trace.votes[:, chooser(at, "Compared with").value]
        text = said(at).replace("\\", "")
        for place, side, way in ((votes.argmax(), 1, "towards"), (votes.argmin(), -1, "away")):
            sentence = f"“{row_labels(trace)[place]}” ({place + 1}) pulls most {way}"
            there = bool(votes[place] * side > 0)
            assert (sentence in text) == there
            assert (signed(votes[place]) in text) == there
            ways |= {(way, there)}
    assert ways >= {("towards", True), ("away", True)}


def test_who_disagrees_is_counted_and_named(saved, classifier):
    at, trace = visit(saved), classifier.trace(TEXT)
    second, best = np.argsort(trace.logits)[-2:]
    places = np.flatnonzero(vote_ledger(classifier, trace, int(best), int(second)).disagrees)
    marked = [row["position"] - 1 for row in rows(at, 0) if row["disagrees"]]
    assert marked == places.tolist()
    if len(places):
        assert f"{len(places)} of {len(trace.tokens)} positions" in said(at)
    else:
        assert "No position with more than the mean attention" in said(at)


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_kind_of_network_has_its_formula_and_its_charts(
    build_network, tokenizer, tmp_path, kind
):
    network = build_network(**NETWORKS[kind])
    network.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    at = visit(tmp_path)
    config = network.config
    (formula,) = (element.value for element in at.latex)
    assert r"\tau" not in formula
    if config.attention in ("max", "last"):
        assert r"\sum_n" in formula
        assert "a weight of its own" in said(at)
    else:
        assert (r"\sum_a" in formula) == (config.num_attention_heads > 1)
        assert ("The product holds in each" in said(at)) == (config.num_attention_heads > 1)
    assert len(at.get("vega_lite_chart")) == 2


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_formula_says_the_temperature_and_what_is_weighed(
    build_network, tokenizer, tmp_path, kind
):
    network = build_network(**NETWORKS[kind] | {"temperature": 1.7})
    network.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    at = visit(tmp_path)
    for alone in (False, True):
        if alone:
            chooser(at, "Compared with").set_value(-1)
            run(at)
        (formula,) = (element.value for element in at.latex)
        assert r"\tfrac{1}{\tau}\Bigl(b_c" in formula
        assert r"\Bigr) \\ &\tau = 1.7000" in formula
        config = network.config
        recurrent = "h" if config.num_hidden_layers == 1 else "h^{(2)}"
        maps = "m" if config.channel_attention == "none" else r"\tilde{m}"
        last = {"recurrent": recurrent, "convolutions": maps}[config.stages[-1]]
        letter = "u" if config.attention == "multi_head" else last
        assert re.search(rf"(?<![\w)}}]){re.escape(letter)}_(t|\{{t[an]\}})", formula), formula


def test_one_class_alone_has_a_sign_and_no_outcome(saved, classifier):
    at = visit(saved)
    seen = set()
    for label in range(3):
        chooser(at, "Class").set_value(label)
        run(at)
        assert "the sign of this logit" not in said(at)
        chooser(at, "Compared with").set_value(-1)
        at.session_state["x-twin"] = True
        run(at)
        places = vote_ledger(classifier, classifier.trace(TEXT), label).disagrees
        seen.add(bool(places.any()))
        assert "outcome" not in said(at)
        assert said(at).count("the sign of this logit") == 2
        assert at.dataframe[0].value["Against the sign"].tolist() == places.tolist()
    assert True in seen


def test_a_long_text_shows_its_strongest_votes_until_all_are_asked_for(saved, classifier):
    at, trace = visit(saved, LONG), classifier.trace(LONG)
    assert len(trace.tokens) > 40
    assert len(rows(at, 0)) == 40
    assert len(rows(at, 1)) == 27
    at.toggle[0].set_value(True)
    run(at)
    assert len(rows(at, 0)) == len(trace.tokens)


def test_a_short_text_needs_no_such_control(saved):
    assert not visit(saved).toggle


def test_the_numbers_stand_in_a_table_head_by_head(build_network, tokenizer, tmp_path):
    network = build_network(**NETWORKS["heads"])
    network.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    at = visit(tmp_path)
    assert not at.dataframe
    at.session_state["x-twin"] = True
    table = run(at).dataframe[0].value
    trace = Classifier(network, tokenizer).trace(TEXT)
    assert len(table) == len(trace.tokens)
    heads = [f"Attention, head {head}" for head in range(5)]
    np.testing.assert_allclose(table[heads], trace.attention, atol=1e-6)
    margin = np.sort(trace.logits)[-1] - np.sort(trace.logits)[-2]
    assert table["Running total"].iloc[-1] == pytest.approx(margin, abs=1e-4)


def test_tokens_are_shown_as_they_are(saved):
    for text in ("*****", "[x](http://x)", ":::", "$$$"):
        at = visit(saved, text)
        quoted = re.findall(r"“(.*?)” \(", said(at))
        assert quoted
        for token in quoted:
            assert escape_markdown(token.replace("\\", "")) == token
