"""The memory is the sum of what its tokens wrote, and every sentence about it is true."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from attnviz.classifier import Classifier
from attnviz.evidence.memory import Memory, halved
from attnviz.explain.memory import (
    RECURRENCES,
    erasures,
    fate,
    fits,
    is_coupled,
    memory,
    remnants,
    word_half_lives,
)
from attnviz.recurrent import RECURRENTS
from tests.networks import NETWORKS
from tests.shipped_models import text_models

TEXT = "The film was good, good!  Wonderful actors: 电影 😀"
RECURRENT = [name for name, changes in NETWORKS.items() if changes.get("order") != "cnn"]


@pytest.fixture(scope="module")
def traced(build_network, tokenizer):
    """A function that gives the trace of a text in a network built with changes."""
    return lambda **changes: Classifier(build_network(**changes), tokenizer).trace(TEXT)


def places(trace):
    """Every (position, layer, direction) of a trace."""
    tokens, layers, directions, _units = trace.states["hidden"].shape
    return [(p, n, d) for p in range(tokens) for n in range(layers) for d in range(directions)]


def ends(trace):
    """Every (position, layer, direction) at which a direction has read the whole text."""
    last = {0: len(trace.tokens) - 1, 1: 0}
    return [place for place in places(trace) if place[0] == last[place[2]]]


def unrolled(trace, position, layer, direction):
    """Contributions (T, H) by walking through the text and letting every gate act on them all."""
    gates = {name: values[:, layer, direction] for name, values in trace.gates.items()}
    states = {name: values[:, layer, direction] for name, values in trace.states.items()}
    left = np.zeros(states["hidden"].shape)
    order = list(range(len(left)))
    for token in order[::-1] if direction else order:
        if "update" in gates:
            left *= gates["update"][token]
            left[token] = (1 - gates["update"][token].astype(float)) * states["new"][token]
        else:
            left *= gates["forget"][token]
            left[token] = gates["input"][token] * states["candidate"][token].astype(float)
        if token == position:
            return left
    raise AssertionError


def constructed(trace, kept, written, direction=0):
    """The trace with forget gates and writes (T, H) of one layer, in the direction's own place."""
    kept, written = np.asarray(kept), np.asarray(written)
    tokens, units = kept.shape
    cell, cells = np.zeros(units), np.zeros(kept.shape)
    order = range(tokens)[::-1] if direction else range(tokens)
    for token in order:
        cell = cells[token] = kept[token] * cell + written[token]

    def placed(values):
        whole = np.zeros((tokens, 1, direction + 1, units))
        whole[:, 0, direction] = values
        return whole

    gates = {"input": np.ones_like(kept), "forget": kept, "output": np.ones_like(kept)}
    states = {"candidate": written, "cell": cells, "hidden": np.tanh(cells)}
    pieces = {name: getattr(trace, name)[:tokens] for name in ("offsets", "words", "tokens")}
    arrays = {name: getattr(trace, name)[:tokens] for name in ("embeddings", "attention", "votes")}
    return replace(
        trace,
        **pieces,
        **arrays,
        feature_maps={size: values[:tokens] for size, values in trace.feature_maps.items()},
        gates={name: placed(values) for name, values in gates.items()},
        states={name: placed(values) for name, values in states.items()},
    )


# The identity


@pytest.mark.parametrize("cell", RECURRENTS)
def test_every_cell_has_exactly_one_way_to_keep_and_write(traced, cell):
    trace = traced(recurrent=cell)
    assert fits(trace)
    assert sum(gate in trace.gates for gate in RECURRENCES) == 1
    assert RECURRENCES[memory(trace, 0).gate].state in trace.states


@pytest.mark.parametrize("cell", RECURRENTS)
def test_the_contributions_of_every_cell_add_up_to_its_state(traced, cell):
    trace = traced(recurrent=cell)
    for place in places(trace):
        found = memory(trace, *place)
        np.testing.assert_allclose(found.contributions.sum(axis=0), found.state, atol=1e-5)
        assert np.abs(found.state).max() > 0.01


@pytest.mark.parametrize("name", RECURRENT)
def test_a_contribution_is_a_write_weakened_by_every_gate_since(traced, name):
    trace = traced(**NETWORKS[name])
    for place in places(trace):
        np.testing.assert_allclose(
            memory(trace, *place).contributions, unrolled(trace, *place), atol=1e-6
        )


@pytest.mark.parametrize("folder", text_models(), ids=lambda path: path.name)
def test_the_identity_holds_in_every_shipped_model(folder):
    trace = Classifier.from_pretrained(folder).trace(TEXT * 3)
    for place in places(trace) if fits(trace) else []:
        found = memory(trace, *place)
        total = found.contributions.sum(axis=0)
        # A cell state may count up to 50 and more, and is traced in single precision.
        np.testing.assert_allclose(total, found.state, atol=1e-5, rtol=1e-6)


def test_a_network_without_recurrence_has_no_memory(traced):
    assert not fits(traced(**NETWORKS["cnn"]))


@pytest.mark.parametrize("cell", RECURRENTS)
def test_only_the_coupled_cell_is_coupled(traced, cell):
    assert is_coupled(traced(recurrent=cell)) == (cell == "coupled_lstm")


@pytest.mark.parametrize("direction", [0, 1])
def test_what_is_not_read_yet_has_left_nothing_and_the_last_write_is_whole(trace, direction):
    found = memory(trace, 5, 1, direction)
    unread = slice(0, 5) if direction else slice(6, None)
    assert not found.survival[unread].any()
    assert (found.survival[5] == 1).all()
    read = found.survival[6:] if direction else found.survival[:5]
    assert ((read > 0) & (read < 1)).all()


def test_closing_gates_leave_zeros_and_no_warning(trace):
    tokens = len(trace.tokens)
    kept = np.full((tokens, 3), 1e-30)
    kept[:, 1] = 0
    kept[:, 2] = 1
    found = memory(constructed(trace, kept, np.ones_like(kept)), tokens - 1)
    assert found.contributions[0].tolist() == [0, 0, 1]
    assert found.half_life.tolist() == [pytest.approx(np.log(0.5) / np.log(1e-30)), 0, np.inf]
    assert [one.unit for one in erasures(found)] == [0, 1]


# Shares and half-lives


def test_shares_add_up_to_one_and_opposite_writes_count_negative(trace):
    tokens = len(trace.tokens)
    written = np.zeros((tokens, 2))
    written[0], written[1], written[2] = (4, 3), (-2, 0), (2, 1)
    found = memory(constructed(trace, np.ones((tokens, 2)), written), tokens - 1)
    # The state is (4, 4): 16 + 12, −8 and 8 + 4 of 32.
    np.testing.assert_allclose(found.shares[:4], [28 / 32, -8 / 32, 12 / 32, 0])
    np.testing.assert_allclose(found.norms[:4], [5, 2, 5**0.5, 0])


def test_an_empty_memory_has_no_shares(trace):
    nothing = np.zeros((len(trace.tokens), 2))
    assert not memory(constructed(trace, nothing, nothing), 0).shares.any()


@pytest.mark.parametrize("cell", RECURRENTS)
def test_the_half_life_tells_what_is_left_of_the_first_write(traced, cell):
    trace = traced(recurrent=cell)
    steps = len(trace.tokens) - 1
    for position, layer, direction in ends(trace):
        found = memory(trace, position, layer, direction)
        first = -1 if direction else 0
        expected = 0.5 ** (steps / found.half_life)
        np.testing.assert_allclose(found.survival[first], expected, rtol=1e-6)


def test_a_constant_gate_halves_after_the_known_number_of_tokens(trace):
    kept = np.full((len(trace.tokens), 2), [0.5, 0.5 ** (1 / 7)])
    kept[0] = 0.01  # keeps an empty memory
    found = memory(constructed(trace, kept, np.ones_like(kept)), 3)
    np.testing.assert_allclose(found.half_life, [1, 7], rtol=1e-5)


def test_one_token_has_no_half_life(trace):
    one = memory(constructed(trace, [[0.25, 0.5]], [[3.0, 5.0]]), 0)
    assert np.isnan(one.half_life).all()
    assert one.state.tolist() == [3, 5]
    assert erasures(one) == remnants(one) == []


# Sentences


def test_a_write_is_erased_at_the_token_whose_gate_closes(trace):
    kept = np.full((7, 3), 0.9)
    kept[4, 1] = 0.1
    written = np.zeros((7, 3))
    written[2, 1] = -0.8
    (only,) = erasures(memory(constructed(trace, kept, written), 6))
    assert (only.writer, only.unit, only.eraser) == (2, 1, 4)
    assert only.written == pytest.approx(-0.8)
    assert only.lost == pytest.approx(0.9 - 0.09)  # of 90 % after one token, nine tenths
    assert only.left == pytest.approx(0.09 * 0.9 * 0.9)


def test_backward_the_eraser_stands_before_the_writer(trace):
    kept = np.full((7, 3), 0.9)
    kept[4, 1] = 0.1
    written = np.zeros((7, 3))
    written[[2, 5], 1] = 0.7, 0.5
    found = memory(constructed(trace, kept, written, direction=1), 1, direction=1)
    (only,) = erasures(found)
    assert (only.writer, only.eraser) == (5, 4)
    assert only.lost == pytest.approx(0.9)
    assert only.left == pytest.approx(0.1 * 0.9**3)
    (other,) = remnants(found)
    assert (other.writer, other.left) == (2, pytest.approx(0.9))


def test_slow_fading_is_no_erasure_and_a_gate_after_the_position_takes_nothing(trace):
    kept = np.full((7, 2), 0.6)
    kept[5] = 0.1
    written = np.zeros((7, 2))
    written[0] = 1
    found = constructed(trace, kept, written)
    assert erasures(memory(found, 4)) == []
    assert erasures(memory(found, 6)) == []  # only 0.6⁴ was left to take
    assert [one.left for one in remnants(memory(found, 4))] == pytest.approx([0.6**4] * 2)


def test_what_still_stands_is_ranked_by_what_is_left(trace):
    kept = np.full((5, 3), [0.9, 1.0, 0.5])
    written = np.zeros((5, 3))
    written[0] = 0.5, -0.4, 3.0
    written[4] = 7.0  # just written, so nothing to tell
    found = remnants(memory(constructed(trace, kept, written), 4))
    assert [(one.unit, one.writer) for one in found] == [(1, 0), (0, 0), (2, 0)]
    assert [one.left for one in found] == pytest.approx([1, 0.9**4, 0.5**4])


@pytest.mark.parametrize("name", RECURRENT)
def test_every_sentence_about_a_random_network_is_true_and_none_is_missing(traced, name):
    trace = traced(**NETWORKS[name])
    for position, layer, direction in ends(trace):
        found = memory(trace, position, layer, direction)
        expected = {}
        order = range(len(trace.tokens))[:: -1 if direction else 1]
        for writer in order:
            for unit in range(found.kept.shape[1]):
                loss = _loss(found, order, writer, unit)
                if loss and abs(loss[0]) > abs(expected.get(unit, (0,))[0]):
                    expected[unit] = loss
        told = {
            one.unit: (abs(one.written) * one.lost, one.writer, one.eraser)
            for one in erasures(found)
        }
        assert told.keys() == expected.keys()
        for unit, (lost, *tokens) in expected.items():
            assert told[unit][0] == pytest.approx(lost)
            assert list(told[unit][1:]) == tokens
        for one in [*erasures(found), *remnants(found)]:
            assert one.written == found.written[one.writer, one.unit]
            assert one.left == found.survival[one.writer, one.unit]


def _loss(found: Memory, order, writer, unit):
    """(amount, writer, eraser) where one token took more than half of a write, by following it."""
    left = 1.0
    for token in list(order)[list(order).index(writer) + 1 :]:
        after = left * found.kept[token, unit]
        if left - after > 0.5:
            return abs(found.written[writer, unit]) * (left - after), writer, token
        left = after
    return None


def test_sentences_come_in_order_as_many_as_asked_and_of_one_writer(trace):
    found = memory(trace, len(trace.tokens) - 1)
    told = erasures(found)
    losses = [abs(one.written) * one.lost for one in told]
    assert losses == sorted(losses, reverse=True)
    assert len(told) > 3
    assert erasures(found, 3) == told[:3]
    writer = told[-1].writer
    for sentences in (erasures(found, writer=writer), remnants(found, writer=writer)):
        assert sentences
        assert {one.writer for one in sentences} == {writer}
    assert len({one.unit for one in told}) == len(told)


def test_the_memory_of_a_trace_needs_no_torch():
    code = "import sys, attnviz.explain.memory; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_what_is_left_of_a_word_is_its_write_times_every_later_gate(trace):
    """By hand: loops over tokens, in the order in which each direction reads them."""
    row, layer, count = 2, 1, len(trace.tokens)
    found = fate(trace, row, layer)
    for direction in range(2):
        gates, states = trace.gates, trace.states
        written = (gates["input"] * states["candidate"])[row, layer, direction].astype(float)
        later = range(row - 1, -1, -1) if direction else range(row + 1, count)
        expected = np.zeros(count)
        expected[row], left = 1.0, written.copy()
        for place in later:
            left = left * gates["forget"][place, layer, direction]
            expected[place] = np.sqrt((left**2).sum()) / np.sqrt((written**2).sum())
        np.testing.assert_allclose(found.left[direction], expected, rtol=1e-5)
        assert found.reaches_the_end(direction) == pytest.approx(expected[list(later)[-1]])
    np.testing.assert_allclose(found.written[0], memory(trace, row, layer, 0).written[row])


def test_a_half_life_lies_between_the_tokens_where_half_is_passed():
    assert halved(np.array([1.0, 0.6, 0.4, 0.1])) == pytest.approx(1.5)
    assert halved(np.array([1.0, 0.25])) == pytest.approx(2 / 3)
    assert halved(np.array([1.0, 0.5])) == 1.0
    assert halved(np.array([1.0, 0.9, 0.8])) == np.inf
    assert halved(np.array([0.0, 0.0])) == 0.0


def test_every_word_s_half_life_is_that_of_its_own_fate(trace):
    for direction in range(2):
        found = word_half_lives(trace, 1, direction)
        expected = [fate(trace, row, 1).half_life(direction) for row in range(len(trace.tokens))]
        np.testing.assert_allclose(found, expected)


def test_a_word_that_is_never_forgotten_has_no_half_life(trace):
    opened = replace(trace, gates={**trace.gates, "forget": np.ones_like(trace.gates["forget"])})
    assert fate(opened, 0).half_life(0) == np.inf
    assert fate(opened, 0).reaches_the_end(0) == 1
    assert np.isinf(word_half_lives(opened)).all()
    closed = replace(trace, gates={**trace.gates, "forget": np.zeros_like(trace.gates["forget"])})
    assert fate(closed, 0).half_life(0) == pytest.approx(0.5)
    assert fate(closed, 0).reaches_the_end(0) == 0
