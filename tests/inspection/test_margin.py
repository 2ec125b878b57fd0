"""Parts of the margin: each kind adds up to it, and filters are what a derivative says."""

import numpy as np
import pytest
import torch

from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError
from attnviz.evidence.contrast import BINS, KINDS
from attnviz.inspection.margin import margin_head, read_margins, split_margin
from tests.networks import NETWORKS

TEXTS = [
    "The film was good, good!  Wonderful actors: 电影 很好 😀",
    "bad",
    "I didn't like it: it's a bad, bad film! The music was terrible, and the seats were good.",
    "Not good.",
    "这部电影不好看，音乐也不好。",
]
PAIR = ("positive", "negative")


@pytest.fixture(scope="module", params=["plain", *NETWORKS])
def made(request, build_network, tokenizer):
    """A classifier of every kind of network, at a temperature."""
    changes = {} if request.param == "plain" else NETWORKS[request.param]
    return Classifier(build_network(**changes, temperature=1.7), tokenizer)


@pytest.fixture(scope="module")
def parts(made):
    weight, _ = margin_head(made, *PAIR)
    return read_margins(made, TEXTS, weight)


def margins(classifier):
    """(S,), text by text."""
    places = [classifier.labels.index(name) for name in PAIR]
    logits = np.array([classifier.trace(text).logits for text in TEXTS], dtype=float)
    return logits[:, places[0]] - logits[:, places[1]]


def test_words_units_and_positions_each_add_up_to_the_margin_of_every_text(made, parts):
    _, bias = margin_head(made, *PAIR)
    for kind in ("words", "units", "positions"):
        total = bias + parts[kind].values.sum(1)
        np.testing.assert_allclose(total, margins(made), rtol=1e-4, atol=1e-4, err_msg=kind)


def test_every_kind_has_names_for_all_its_things(made, parts):
    convolutions = "convolutions" in made.network.config.stages
    assert set(parts) == set(KINDS) - (set() if convolutions else {"filters"})
    for kind, found in parts.items():
        shape = (len(TEXTS), len(found.names))
        assert found.values.shape == found.counts.shape == found.places.shape == shape, kind
        assert len(set(found.names)) == shape[1], kind


def test_a_filter_is_the_rate_at_which_the_margin_grows_with_its_response(made, parts):
    """Against central differences in double precision, through everything behind the filter."""
    network = made.network
    if "convolutions" not in network.config.stages:
        assert "filters" not in parts
        return
    place = network.config.stages.index("convolutions")
    numbers = [made.labels.index(name) for name in PAIR]

    def margin(ids, filter_number, factor):
        mask = torch.ones_like(ids, dtype=torch.bool)
        states = network.embedding(ids)
        for number, name in enumerate(network.config.stages):
            states, _ = network.get_submodule(name)(states, mask, False)
            if number == place:
                scale = torch.ones(states.shape[2], dtype=states.dtype)
                scale[filter_number] = factor
                states = states * scale
        logits = network.conclude(states, mask)[0][0]
        return float(logits[numbers[0]] - logits[numbers[1]])

    network.double()
    try:
        with torch.inference_mode():
            for row, text in enumerate(TEXTS[:2]):
                ids = torch.tensor([made.encode([text])[0]])
                for filter_number in range(0, len(parts["filters"].names), 11):
                    rate = (
                        margin(ids, filter_number, 1 + 1e-5) - margin(ids, filter_number, 1 - 1e-5)
                    ) / 2e-5
                    found = parts["filters"].values[row, filter_number]
                    assert found == pytest.approx(rate, rel=1e-3, abs=1e-4)
    finally:
        network.float()


@pytest.mark.parametrize("attention", ["max", "mean", "uniform"])
def test_behind_convolutions_alone_filters_are_the_units_exactly(
    build_network, tokenizer, attention
):
    classifier = Classifier(build_network(order="cnn", attention=attention), tokenizer)
    weight, _ = margin_head(classifier, *PAIR)
    found = read_margins(classifier, TEXTS, weight)
    np.testing.assert_allclose(found["filters"].values, found["units"].values, atol=1e-5)


def test_a_text_alone_and_in_a_batch_has_the_same_parts(made, parts):
    weight, _ = margin_head(made, *PAIR)
    alone = read_margins(made, TEXTS[2:3], weight)
    for kind in set(parts) - {"vocabulary"}:
        known = dict(zip(parts[kind].names, parts[kind].values[2], strict=True))
        for name, value in zip(alone[kind].names, alone[kind].values[0], strict=True):
            assert value == pytest.approx(known[name], rel=1e-3, abs=1e-4), (kind, name)


def test_words_are_those_of_the_trace_each_with_the_votes_of_its_pieces(classifier):
    weight, _ = margin_head(classifier, *PAIR)
    found = read_margins(classifier, TEXTS, weight)["words"]
    assert {"n't", "didn't"} & set(found.names) == {"n't"}
    for row, text in enumerate(TEXTS):
        trace = classifier.trace(text)
        votes = trace.votes[:, 2] - trace.votes[:, 0]
        expected, counts = {}, {}
        for word in sorted(set(trace.words)):
            pieces = [n for n, other in enumerate(trace.words) if other == word]
            name = text[trace.offsets[pieces[0]][0] : trace.offsets[pieces[-1]][1]].lower()
            name = name.replace("，", ",")  # as the tokenizer normalizes it
            expected[name] = expected.get(name, 0) + votes[pieces].sum()
            counts[name] = counts.get(name, 0) + 1
        there = {n: v for n, v in zip(found.names, found.values[row], strict=True) if n in counts}
        assert there == pytest.approx(expected, abs=1e-5)
        assert dict(zip(found.names, found.counts[row], strict=True)) == {
            name: counts.get(name, 0) for name in found.names
        }
    trace, good = classifier.trace(TEXTS[0]), found.names.index("good")
    places = [n for n, piece in enumerate(trace.surfaces) if piece == "good"]
    sizes = np.abs(trace.votes[:, 2] - trace.votes[:, 0])
    assert found.places[0, good] == max(places, key=lambda place: sizes[place])
    assert found.counts[0, good] == len(places) == 2


def test_the_vocabulary_gives_a_word_the_same_vote_wherever_it_occurs(parts):
    words, vocabulary = parts["words"], parts["vocabulary"]
    np.testing.assert_allclose(vocabulary.values.sum(0), words.values.sum(0))
    for number in range(len(words.names)):
        there = vocabulary.counts[:, number] > 0
        each = vocabulary.values[there, number] / vocabulary.counts[there, number]
        np.testing.assert_allclose(each, each[0])
        assert not vocabulary.values[~there, number].any()


def test_positions_share_out_a_vote_by_how_much_of_it_lies_in_each_tenth(made, parts):
    for row, text in enumerate(TEXTS):
        trace = made.trace(text)
        votes = trace.votes[:, 2] - trace.votes[:, 0]
        steps = 1_000  # each token in so many grains, each in the tenth where it lies
        grains = np.repeat(votes, steps) / steps
        tenths = (np.arange(len(grains)) + 0.5) * BINS // len(grains)
        expected = [grains[tenths == number].sum() for number in range(BINS)]
        np.testing.assert_allclose(parts["positions"].values[row], expected, atol=1e-2)
        assert parts["positions"].counts[row] == pytest.approx(len(votes) / BINS)


def test_padding_has_no_part(made):
    weight, _ = margin_head(made, *PAIR)
    ids = torch.tensor([made.encode([TEXTS[3]])[0] + [0] * 5])
    mask = torch.arange(ids.shape[1])[None] < ids.shape[1] - 5
    units, filters = split_margin(made.network, ids, mask, weight)
    assert not units[:, -5:].any()
    assert filters is None or not filters[0][:, -5:].any()


@pytest.mark.parametrize("pair", [("positive", "positive"), ("positive", "fine"), ("", "negative")])
def test_a_margin_needs_two_classes_that_the_model_has(classifier, pair):
    with pytest.raises(AttnvizError):
        margin_head(classifier, *pair)
