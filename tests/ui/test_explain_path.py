"""The signal path on a page: which cards, in which order, with which numbers."""

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.classifier import Classifier
from attnviz.explain.path import signal_path
from attnviz.modeling import STAGES
from attnviz.ui.components.explanations.path_cards import STAGE_CARDS
from attnviz.ui.components.explanations.path_flow import STAGE_STEPS, own_share
from tests.networks import NETWORKS
from tests.ui.page_driving import run

TEXT = "Wonderful music, and good actors!"


def page(folder, text, language):
    import streamlit as st

    from attnviz.ui.components.explanations import path
    from attnviz.ui.state import loaded_classifier

    st.session_state["language"] = language
    path.show(folder, loaded_classifier(folder).trace(text), "path")


def visit(folder, text=TEXT, language="en"):
    arguments = {"folder": str(folder), "text": text, "language": language}
    """The page with its details unfolded."""
    at = AppTest.from_function(page, kwargs=arguments, default_timeout=60)
    at.session_state["path-details"] = True
    return run(at)


def cards(at) -> list[str]:
    """What stands in bold before the first point of each card."""
    found = [re.match(r"\*\*([^*]+)\*\* · ", part.value) for part in at.markdown]
    return [match[1] for match in found if match]


def said(at) -> str:
    return "\n".join(part.value for kind in (at.markdown, at.caption) for part in kind)


def open_expander(at, key):
    at.session_state[key] = True
    return run(at)


def test_every_stage_has_its_card():
    assert set(STAGE_CARDS) == set(STAGE_STEPS) == set(STAGES)


@pytest.fixture
def put(build_network, tokenizer, tmp_path):
    def put_network(**changes):
        build_network(**changes).save_pretrained(tmp_path)
        tokenizer.save_pretrained(tmp_path)
        return tmp_path

    return put_network


LAYERS = [f"Recurrent layer {layer} · {way}" for layer in (1, 2) for way in ("Forward", "Backward")]
BEFORE, AFTER = ["Text", "Embedding"], ["Attention", "Vote"]


@pytest.mark.parametrize(
    ("order", "between"),
    [
        ("cnn-lstm", ["Convolution", *LAYERS]),
        ("lstm-cnn", [*LAYERS, "Convolution"]),
        ("cnn", ["Convolution"]),
        ("lstm", LAYERS),
    ],
)
def test_cards_stand_in_the_order_in_which_data_flows(put, order, between):
    assert titles(visit(put(order=order))) == [*BEFORE, *between, *AFTER]


def titles(at) -> list[str]:
    found = [re.match(r"\*\*([^*]+)\*\* · (Forward|Backward)?", m.value) for m in at.markdown]
    return [f"{match[1]} · {match[2]}" if match[2] else match[1] for match in found if match]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_told(put, name):
    changes = NETWORKS[name]
    found = titles(visit(put(**changes)))
    assert ("Channel attention" in found) == ("channel_attention" in changes)
    assert ("Self-attention" in found) == (changes.get("attention") == "multi_head")


def test_the_cards_bear_the_numbers_of_the_path(saved):
    at = visit(saved)
    classifier = Classifier.from_pretrained(saved)
    trace = classifier.trace(TEXT)
    row = int(trace.attention[:, 0].argmax())
    path = signal_path(classifier, trace, row)
    text = said(at)
    label = trace.labels.index(trace.prediction)
    assert f"token {row + 1} of {len(trace.tokens)}" in text
    assert f"length **{path.embedding_norm:.3f}**" in text
    assert f"share **{path.attention[0]:.1%}**, place 1 of" in text
    assert f"**{path.votes[label]:.4f}**".replace("-", "−") in text
    assert f"kept **{path.memories[3].norms['kept']:.2f}**" in text
    for found in path.filters.values():
        assert f"filter {found.numbers[0]}: **{found.activations[0]:.3f}**" in text


def test_the_buttons_and_the_tokens_move_along_the_text(saved):
    at = visit(saved)
    last = len(Classifier.from_pretrained(saved).trace(TEXT).tokens)
    at.session_state["token"] = 3  # so that the second is among its neighbours
    run(at)
    at.button_group(key="path-pills").set_value(1)
    run(at)
    assert "token 2 of" in said(at)
    at.button(key="path-next").click()
    assert "token 3 of" in said(run(at))
    at.button(key="path-previous").click()
    at = run(at)
    at.button(key="path-previous").click()
    at = run(at)
    assert f"token 1 of {last}" in said(at)
    assert at.button(key="path-previous").disabled
    assert not at.button(key="path-next").disabled


LONG = "good music, bad actors and a film that I liked. " * 3


def test_where_the_text_goes_on_beyond_the_neighbours_it_says_so(saved):
    at = visit(saved, LONG)
    count = len(Classifier.from_pretrained(saved).trace(LONG).tokens)
    for row, signs in ((0, 1), (count // 2, 2), (count - 1, 1)):
        at.session_state["token"] = row
        run(at)
        assert [part.value for part in at.markdown].count("…") == signs
    assert not [part for part in visit(saved, "good").markdown if part.value == "…"]


def flow(at):
    """Each step of the way: title, number, lines."""
    html = next(part.proto.body for part in at.get("html") if 'class="flow"' in part.proto.body)
    found = re.findall(r"<small>(.*?)</small><strong><bdi>(.*?)</bdi></strong>(.*?)</li>", html)
    return [(name, value, re.findall("<span>(.*?)</span>", lines)) for name, value, lines in found]


def test_the_way_goes_from_left_to_right_with_the_numbers_of_the_path(saved):
    classifier = Classifier.from_pretrained(saved)
    trace = classifier.trace(TEXT)
    at = visit(saved)
    row = int(trace.attention[:, 0].argmax())
    path = signal_path(classifier, trace, row)
    steps = flow(at)
    assert [name for name, *_ in steps] == [
        *("Word", "Embedding", "Detectors", "Memory 1", "Memory 2", "Attention", "Vote"),
    ]
    values = {name: (value, lines) for name, value, lines in steps}
    assert values["Detectors"][0] == str(sum(found.active for found in path.filters.values()))
    assert values["Attention"][0] == f"{path.attention[0]:.0%}"
    label = int(trace.probabilities.argmax())
    assert values["Vote"][0] == f"{path.votes[label]:+.2f}".replace("-", "−")
    assert f"→ written {path.memories[2].norms['written']:.3g}" in values["Memory 2"][1]
    best = max(
        (found.activations[0], size, found.numbers[0]) for size, found in path.filters.items()
    )
    assert f"filter {best[1]}/{best[2]} {best[0]:.3g}" in values["Detectors"][1]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_its_way(put, name):
    steps = [title.rstrip(" 12") for title, *_ in flow(visit(put(**NETWORKS[name])))]
    assert steps[:2] == ["Word", "Embedding"]
    assert steps[-1] == "Vote"
    assert ("Self-attention" in steps) == (NETWORKS[name].get("attention") == "multi_head")


def test_of_a_memory_the_shares_of_what_was_kept_and_written_sum_to_1(saved):
    classifier = Classifier.from_pretrained(saved)
    path = signal_path(classifier, classifier.trace(TEXT), 3)
    kept = [replace(one, written=one.kept, kept=one.written) for one in path.memories[:2]]
    assert own_share(path.memories[:2]) + own_share(kept) == pytest.approx(1, abs=1e-5)
    first = replace(path.memories[0], written=path.memories[0].state)
    assert own_share([first]) == pytest.approx(1)


def test_the_verdict_says_what_the_token_gets_and_adds(saved):
    trace = Classifier.from_pretrained(saved).trace(TEXT)
    at, row = visit(saved), int(trace.attention[:, 0].argmax())
    label = int(trace.probabilities.argmax())
    line = at.markdown[0].value
    vote = f"{trace.votes[row, label]:+.2f}".replace("-", "−")
    assert line.endswith(
        f" gets {trace.attention[row, 0]:.0%} of the attention and adds {vote} to "
        f"{trace.labels[label]}."
    )
    assert len(line.split()) <= 13


def test_a_rule_that_learns_nothing_is_not_called_attention(put):
    assert " of the weight and adds " in visit(put(attention="mean")).markdown[0].value


def test_equal_tokens_are_told_apart(saved):
    at = visit(saved, "bad, bad, bad film")
    options = [option.content for option in at.button_group(key="path-pills").proto.options]
    assert len(set(options)) == len(options)
    assert sum("bad" in option for option in options) == 3


def test_the_token_that_was_chosen_elsewhere_is_told(saved):
    at = AppTest.from_function(
        page, kwargs={"folder": str(saved), "text": TEXT, "language": "en"}, default_timeout=60
    )
    at.session_state["token"] = 2
    at.session_state["path-details"] = True
    assert "token 3 of" in said(run(at))


def test_another_class_brings_its_vote(saved):
    at = visit(saved)
    trace = Classifier.from_pretrained(saved).trace(TEXT)
    row = int(trace.attention[:, 0].argmax())
    for label in range(3):
        at.selectbox[0].set_value(label)
        at = run(at)
        assert f"**{trace.votes[row, label]:.4f}**".replace("-", "−") in said(at)


def test_a_formula_is_made_only_when_it_is_opened(saved, monkeypatch):
    at = visit(saved)
    assert not at.latex
    at = open_expander(at, "path-attention-formula")
    written = [part.value for part in at.latex]
    assert any(r"\alpha_t = \frac" in latex for latex in written)
    assert not any("W_f" in latex for latex in written)
    at = open_expander(at, "path-recurrent-1-0-formula")
    assert any("W_f" in part.value for part in at.latex)


def test_the_twin_holds_the_numbers_of_the_charts(saved):
    at = open_expander(visit(saved), "path-twin")
    trace = Classifier.from_pretrained(saved).trace(TEXT)
    assert at.dataframe[0].value["Attention"].tolist() == trace.attention[:, 0].tolist()
    assert len(at.dataframe) == 1 + 4
    table = at.dataframe[1].value
    assert (table["kept"] + table["written"] - table["state"])[1:].abs().max() < 1e-5


def test_an_operator_of_markdown_in_a_token_is_text(saved):
    at = visit(saved, "good :red[*bad*] $x$ <b> ` film")
    assert r"\*" in said(at) or r"\$" in said(at)


def test_a_text_of_one_token_has_no_neighbours(saved):
    at = visit(saved, "good")
    assert at.button(key="path-previous").disabled
    assert "token 1 of" in said(at)
