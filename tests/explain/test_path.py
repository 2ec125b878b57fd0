"""The signal path says what the network did to one token."""

import numpy as np
import pytest
import torch

from attnviz.classifier import Classifier
from attnviz.configuration import ORDERS
from attnviz.explain.memory import RECURRENCES
from attnviz.explain.path import ranks, signal_path
from attnviz.recurrent import RECURRENTS
from tests.networks import NETWORKS

TEXT = "Wonderful music, and a bad, bad film!"


def opened(build_network, tokenizer, **changes):
    classifier = Classifier(build_network(**changes), tokenizer)
    return classifier, classifier.trace(TEXT)


def rank(values, value) -> int:
    """Place of a value among others, by counting those above it."""
    return 1 + sum(other > value for other in values)


@pytest.mark.parametrize("kind", RECURRENTS)
def test_every_cell_has_one_gate_that_keeps(build_network, tokenizer, kind):
    _, trace = opened(build_network, tokenizer, recurrent=kind)
    assert len(RECURRENCES.keys() & trace.gates.keys()) == 1


@pytest.mark.parametrize("kind", RECURRENTS)
def test_what_was_kept_and_what_was_written_make_the_state(build_network, tokenizer, kind):
    classifier, trace = opened(build_network, tokenizer, recurrent=kind)
    for row in range(len(trace.tokens)):
        memories = signal_path(classifier, trace, row).memories
        assert [(m.layer, m.direction) for m in memories] == [(0, 0), (0, 1), (1, 0), (1, 1)]
        for memory in memories:
            place = (row, memory.layer, memory.direction)
            np.testing.assert_allclose(memory.kept + memory.written, memory.state, atol=1e-5)
            assert memory.state.tolist() == trace.states[memory.state_name][place].tolist()


@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        ("lstm", lambda at: at("input") * at("candidate")),
        ("coupled_lstm", lambda at: (1 - at("forget")) * at("candidate")),
        ("peephole_lstm", lambda at: at("input") * at("candidate")),
        ("gru", lambda at: (1 - at("update")) * at("new")),
    ],
)
def test_what_is_written_follows_the_cells_equation(build_network, tokenizer, kind, formula):
    classifier, trace = opened(build_network, tokenizer, recurrent=kind)
    both = dict(trace.gates) | dict(trace.states)
    memory = signal_path(classifier, trace, 4).memories[2]
    expected = [formula(lambda name, u=u: float(both[name][4, 1, 0, u])) for u in range(11)]
    np.testing.assert_allclose(memory.written, expected, atol=1e-6)
    assert memory.gates == pytest.approx(
        {name: sum(gate[4, 1, 0].tolist()) / 11 for name, gate in trace.gates.items()}
    )
    assert memory.norms["written"] == pytest.approx(sum(w * w for w in expected) ** 0.5, rel=1e-5)
    by_size = sorted(range(11), key=lambda unit: -abs(expected[unit]))
    assert memory.strongest(3).tolist() == by_size[:3]


def test_nothing_is_kept_where_reading_begins(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer)
    first = signal_path(classifier, trace, 0).memories
    last = signal_path(classifier, trace, len(trace.tokens) - 1).memories
    assert not first[0].kept.any()
    assert not last[1].kept.any()
    assert first[1].kept.all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("both_ways", [True, False])
def test_a_position_knows_exactly_the_tokens_that_change_it(
    build_network, tokenizer, order, both_ways
):
    classifier, trace = opened(
        build_network, tokenizer, order=order, bidirectional=both_ways, attention="linear"
    )
    network = build_network(order=order, bidirectional=both_ways, attention="linear").double()
    inputs = torch.from_numpy(trace.embeddings.copy()).double()[None]
    before = parts(network, inputs)
    known = {name: [set() for _ in trace.tokens] for name in before}
    for token in range(len(trace.tokens)):
        moved = inputs.clone()
        moved[0, token] += 3
        for name, values in parts(network, moved).items():
            changed = (values != before[name]).any(axis=1)
            for row in np.flatnonzero(changed):
                known[name][row].add(token)
    for row in range(len(trace.tokens)):
        path = signal_path(classifier, trace, row)
        found = {f"kernel {size}": filters.reach for size, filters in path.filters.items()}
        found |= {f"memory {m.layer} {m.direction}": m.reach for m in path.memories}
        for name, (first, last) in found.items():
            assert known[name][row] == set(range(first, last + 1)), (name, row)
        outputs = [name for name in found if name.startswith(LAST[order])]
        everything = set.union(*(known[name][row] for name in outputs))
        assert everything == set(range(path.reach[0], path.reach[1] + 1))


LAST = {"cnn-lstm": "memory 1", "lstm-cnn": "kernel", "cnn": "kernel", "lstm": "memory 1"}


def parts(network, inputs) -> dict[str, np.ndarray]:
    """Name → (T, …): what every kernel size and every layer's direction made of the inputs."""
    with torch.inference_mode():
        output = network(inputs_embeds=inputs, output_trace=True)
    # Before the activation, for a filter that never responds would seem to know nothing.
    found = {f"kernel {size}": maps[0].numpy() for size, maps in output.feature_maps.items()}
    for name in output.states and ["hidden"]:
        values = output.states[name][0].numpy()
        for layer in range(values.shape[1]):
            for direction in range(values.shape[2]):
                found[f"memory {layer} {direction}"] = values[:, layer, direction]
    return found


def test_windows_are_clipped_at_the_ends_of_the_text(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer)
    last = len(trace.tokens) - 1
    windows = {
        row: {s: f.window for s, f in signal_path(classifier, trace, row).filters.items()}
        for row in (0, 3, last)
    }
    assert windows == {
        0: {1: (0, 0), 3: (0, 1), 5: (0, 2)},
        3: {1: (3, 3), 3: (2, 4), 5: (1, 5)},
        last: {1: (last, last), 3: (last - 1, last), 5: (last - 2, last)},
    }
    assert signal_path(classifier, trace, 3).window == (1, 5)


def test_a_convolution_of_states_knows_more_than_its_window(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer, order="lstm-cnn", bidirectional=False)
    filters = signal_path(classifier, trace, 4).filters[3]
    assert (filters.window, filters.reach) == ((3, 5), (0, 5))


@pytest.mark.parametrize("channels", ["none", "squeeze_excitation"])
def test_the_strongest_filters_are_told_with_their_place_and_peak(
    build_network, tokenizer, channels
):
    classifier, trace = opened(build_network, tokenizer, channel_attention=channels)
    weights = trace.channel_weights
    for row in range(len(trace.tokens)):
        for size, found in signal_path(classifier, trace, row).filters.items():
            passing = weights.get(size, np.ones(13))
            maps = (trace.feature_maps[size] * passing).tolist()  # T × F
            here = maps[row]
            order = sorted((f for f in range(13) if here[f] > 0), key=lambda f: -here[f])
            assert found.active == len(order)
            assert found.numbers.tolist() == order[:5]
            for place, number in enumerate(order[:5]):
                column = [line[number] for line in maps]
                assert found.activations[place] == pytest.approx(here[number])
                assert found.weights[place] == pytest.approx(float(passing[number]))
                assert found.ranks[place] == rank(column, here[number])
                peak = column.index(max(column))
                assert found.peaks[place] == peak
                half = size // 2
                expected = [max(0, peak - half), min(len(maps) - 1, peak + half)]
                assert found.peak_windows[place].tolist() == expected


@pytest.mark.parametrize("name", NETWORKS)
def test_embedding_attention_and_votes_are_those_of_the_token(build_network, tokenizer, name):
    classifier, trace = opened(build_network, tokenizer, **NETWORKS[name])
    path = signal_path(classifier, trace, 2)
    lengths = [sum(x * x for x in vector) ** 0.5 for vector in trace.embeddings.tolist()]
    assert path.embedding_norm == pytest.approx(lengths[2], rel=1e-5)
    assert path.embedding_rank == rank(lengths, lengths[2])
    for head, share in enumerate(trace.attention[2].tolist()):
        assert path.attention[head] == pytest.approx(share)
        assert path.attention_ranks[head] == rank(trace.attention[:, head].tolist(), share)
    for label, vote in enumerate(trace.votes[2].tolist()):
        assert path.votes[label] == pytest.approx(vote)
        assert path.vote_ranks[label] == rank(trace.votes[:, label].tolist(), vote)
    assert path.stages == tuple(ORDERS[classifier.network.config.order])
    assert (path.channel_weights is None) == (trace.channel_attention is None)


def test_self_attention_is_told_from_both_sides(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer, **NETWORKS["self-attention"])
    path = signal_path(classifier, trace, 3)
    for head in range(2):
        assert path.reads[head].tolist() == trace.self_attention[head, 3].tolist()
        assert path.read_by[head].tolist() == trace.self_attention[head, :, 3].tolist()
    np.testing.assert_allclose(path.reads.sum(1), 1, atol=1e-5)


def test_equals_share_the_better_place():
    values = np.array([[3.0, 0.0], [5.0, 0.0], [3.0, 2.0], [1.0, 0.0]])
    assert ranks(values).tolist() == [[2, 2], [1, 2], [2, 1], [4, 2]]
    assert ranks(values[:, 0]).tolist() == [2, 1, 2, 4]


@pytest.mark.parametrize("row", [-1, 99])
def test_a_token_that_does_not_exist_is_refused(classifier, trace, row):
    with pytest.raises(IndexError, match="none has number"):
        signal_path(classifier, trace, row)
