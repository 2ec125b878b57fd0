"""What is read off a batch, against plain loops over traces and numbers that a person can check."""

import math

import numpy as np
import pytest
import torch

from attnviz.attention import ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.explain.memory import memory
from attnviz.inspection.reading import CHOSEN, SCORED, measure, read_texts
from attnviz.inspection.vocabulary import IDLE, NEGATION, NEGATION_START, RARE, cut, vocabulary_of
from attnviz.recurrent import RECURRENTS
from attnviz.runs.causes import FORGOTTEN, UNHEARD
from tests.networks import NETWORKS

TEXTS = [
    "The film was good, and the music was not good; the actors were bad 😀!",
    "不好看，音乐不好。",
    "they said it was not as bad as the film, and that was a good thing in the end, all in all",
    "good",
    "it was bad . bad . bad . the music was wonderful and the film was good and good and good",
]
EVERY_KIND = NETWORKS | {
    f"attention {kind}": {"attention": kind} for kind in ATTENTIONS if kind != "multi_head"
}
EVERY_KIND |= {f"cell {kind}": {"recurrent": kind} for kind in RECURRENTS}
EVERY_KIND["channels, own convolution"] = {"channel_attention": "squeeze_excitation"}


def measured(classifier, texts=TEXTS):
    """Column → one value a text, in their order."""
    found = [{} for _ in texts]
    for numbers, batch in read_texts(classifier, vocabulary_of(classifier.tokenizer), texts):
        for name, values in measure(batch).items():
            for number, value in zip(numbers, values, strict=True):
                found[number][name] = float(value)
    return found


def notes(tokenizer, text):
    vocabulary = vocabulary_of(tokenizer)
    found = cut(tokenizer, vocabulary, [text], 1_000)[0]
    return [vocabulary.pieces[number] for number in found.ids], found.notes


def margin_votes(trace):
    second, best = np.argsort(trace.logits)[-2:]
    return (trace.votes[:, best] - trace.votes[:, second]).astype(float)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_batch_gives_the_logits_and_votes_of_each_text_alone(build_network, tokenizer, kind):
    classifier = Classifier(build_network(**EVERY_KIND[kind]), tokenizer)
    traces = [classifier.trace(text) for text in TEXTS]  # it is our turn while we hold a batch
    for numbers, batch in read_texts(classifier, vocabulary_of(tokenizer), TEXTS):
        for place, number in enumerate(numbers):
            trace = traces[number]
            np.testing.assert_allclose(batch.logits[place], trace.logits, atol=2e-4)
            votes = batch.votes[place, : len(trace.tokens)]
            np.testing.assert_allclose(votes, margin_votes(trace), atol=2e-4)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_text_alone_is_measured_as_in_a_batch(build_network, tokenizer, kind):
    classifier = Classifier(build_network(**EVERY_KIND[kind]), tokenizer)
    for text, together in zip(TEXTS, measured(classifier), strict=True):
        (alone,) = measured(classifier, [text])
        for name, value in together.items():
            np.testing.assert_allclose(alone.get(name, math.nan), value, rtol=2e-3, atol=1e-4)


# Vocabulary


def test_words_are_looked_up_whole_however_many_pieces_they_have(tokenizer):
    pieces, found = notes(tokenizer, "he didn't say nothing wonderful , zoom")
    words = dict.fromkeys(["n", "'t"], NEGATION)
    assert [piece for piece, note in zip(pieces, found, strict=True) if note & NEGATION] == [
        *words,
        *("n", "o", "t", "h", "in", "g"),
    ]
    assert sum(note & NEGATION_START > 0 for note in found) == 2
    for piece, note in zip(pieces, found, strict=True):
        assert bool(note & IDLE) == (piece in {"he", "d", "i", ","}), piece
    assert found[pieces.index("wonderful")] == 0


def test_a_word_in_two_pieces_is_known_and_one_in_three_is_not(tokenizer):
    pieces, found = notes(tokenizer, "filmad filmadc")
    assert pieces == ["film", "ad", "film", "ad", "c"]
    assert found.tolist() == [0, 0, RARE, RARE, RARE]


def test_single_bytes_are_hardly_known_and_single_han_signs_are_not(tokenizer):
    pieces, found = notes(tokenizer, "乐影 龘")
    assert pieces[:2] == ["乐", "影"]
    assert found[:2].tolist() == [0, 0]
    assert found[2:].tolist() == [RARE] * 3


@pytest.mark.parametrize(
    ("run", "denying"),
    {
        "没有意思": "没有",
        "一点都不好看": "不",
        "非常特别": "",
        "是不是真的": "",
        "真的不错": "",
        "不知道好不好": "不",
        "千万别买": "别",
        "别人说的": "",
        "从未来过": "",
        "并非如此": "并非",
        "无法不笑": "无不",
    }.items(),
)
def test_han_text_denies_where_a_reader_would_say_so(run, denying):
    from attnviz.inspection.vocabulary import _han_negations

    found = _han_negations(tuple(run))
    assert "".join(sign for sign, note in zip(run, found, strict=True) if note) == denying


def test_every_text_gives_the_pieces_that_the_classifier_gives(classifier):
    found = cut(classifier.tokenizer, vocabulary_of(classifier.tokenizer), TEXTS * 3, 7)
    for text, ids in zip(found, classifier.encode(TEXTS * 3), strict=True):
        assert text.ids.tolist() == ids[:7]
        assert (text.total, len(text.notes)) == (len(ids), len(ids[:7]))


# Attention


@pytest.mark.parametrize("kind", ATTENTIONS)
def test_entropy_and_idle_share_are_those_of_the_trace(build_network, tokenizer, kind):
    heads = 2 if kind == "multi_head" else 1
    network = build_network(attention=kind, num_attention_heads=heads)
    classifier = Classifier(network, tokenizer)
    for text, found in zip(TEXTS, measured(classifier), strict=True):
        trace, idle = classifier.trace(text), notes(tokenizer, text)[1] & IDLE > 0
        entropy = math.nan
        if kind in SCORED and len(trace.tokens) > 1:
            parts = [sum(-a * math.log(a) for a in head if a) for head in trace.attention.T]
            entropy = np.mean(parts) / math.log(len(trace.tokens))
        np.testing.assert_allclose(found.get("attention_entropy", math.nan), entropy, atol=1e-4)
        share = trace.attention.mean(1)[idle].sum() if kind in CHOSEN else math.nan
        np.testing.assert_allclose(found.get("attention_idle", math.nan), share, atol=1e-4)
        if found.get("attention_idle", 0) > 0.01:
            row = int(found["idle_row"])
            assert idle[row]
            assert trace.attention.mean(1)[row] >= trace.attention.mean(1)[idle].max() - 1e-5


@pytest.mark.parametrize("kind", ATTENTIONS)
def test_only_kinds_that_score_tokens_can_be_flat(build_network, tokenizer, kind):
    """SCORED is what the weights themselves say: they depend on the text, alike for all units."""
    heads = 2 if kind == "multi_head" else 1
    classifier = Classifier(build_network(attention=kind, num_attention_heads=heads), tokenizer)
    for _, batch in read_texts(classifier, vocabulary_of(tokenizer), TEXTS[:1]):
        weights = batch.attended.weights[0]
        per_unit, constant = weights.shape[2] > 1, bool((weights == weights[:1]).all())
        assert (kind in SCORED) == (not per_unit and not constant)


def test_equal_weights_are_flat_and_one_token_is_neither(build_network, tokenizer):
    network = build_network()
    with torch.no_grad():
        network.attention.query.weight.zero_()
    found = measured(Classifier(network, tokenizer))
    assert found[0]["attention_entropy"] == pytest.approx(1)
    assert math.isnan(found[3]["attention_entropy"])
    _, noted = notes(tokenizer, TEXTS[0])
    assert found[0]["attention_idle"] == pytest.approx((noted & IDLE > 0).mean())


# Rare pieces


def test_the_strongest_of_three_votes_on_a_hardly_known_piece_is_named(build_network, tokenizer):
    seen = set()
    texts = [*TEXTS, "good 😀 film", "龘 film zzz bad", "the movies; the movies: the movies!"]
    for seed in range(3):
        classifier = Classifier(build_network(seed), tokenizer)
        for text, found in zip(texts, measured(classifier, texts), strict=True):
            sizes = abs(margin_votes(classifier.trace(text)))
            hardly = notes(tokenizer, text)[1] & RARE > 0
            strongest = [row for row in np.argsort(-sizes)[:3] if hardly[row]]
            expected = strongest[0] if strongest else math.nan
            np.testing.assert_equal(found["rare_row"], expected)
            seen.add(bool(strongest))
    assert seen == {True, False}


# Negations


def convolved(network, embeddings):
    """Responses (T, sum of F) before the activation, by plain loops in float64."""
    rows = []
    for position in range(len(embeddings)):
        row = []
        for size, convolution in network.convolutions.by_size.items():
            weight = convolution.weight.detach().double().numpy()
            response = convolution.bias.detach().double().numpy().copy()
            for place in range(int(size)):
                read = position + place - int(size) // 2
                if 0 <= read < len(embeddings):
                    response += weight[:, :, place] @ embeddings[read]
            row.append(response)
        rows.append(np.concatenate(row))
    return np.array(rows)


def reactions(network, trace, noted):
    """First row of each negation → how the filters react, by taking it out."""
    embeddings = trace.embeddings.astype(float)
    before = convolved(network, embeddings)
    weights = np.ones(before.shape[1])
    if trace.channel_attention is not None:
        weights = trace.channel_attention.astype(float)
    usual = np.sqrt((before**2).mean(0))
    found = {}
    for start in np.flatnonzero(noted & NEGATION_START):
        end = start + 1
        while end < len(noted) and noted[end] & NEGATION and not noted[end] & NEGATION_START:
            end += 1
        without = embeddings.copy()
        without[start:end] = 0
        after = convolved(network, without)
        change = abs(np.maximum(before, 0) - np.maximum(after, 0))
        found[int(start)] = (change * weights / usual).max()
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"order": "cnn", "attention": "max"},
        {"kernel_sizes": [3], "filters": 2},
        {"channel_attention": "squeeze_excitation", "kernel_sizes": [7, 1]},
    ],
)
def test_the_reaction_to_a_negation_is_what_changes_when_it_is_taken_out(
    build_network, tokenizer, changes
):
    network = build_network(**changes)
    classifier = Classifier(network, tokenizer)
    texts = [*TEXTS, "not", "no no no, never", "bad film not"]
    seen = set()
    for text, found in zip(texts, measured(classifier, texts), strict=True):
        expected = reactions(network, classifier.trace(text), notes(tokenizer, text)[1])
        if not expected:
            assert math.isnan(found["negation_response"])
            continue
        least = min(expected.values())
        assert found["negation_response"] == pytest.approx(least, rel=1e-3)
        unheard = min(row for row, value in expected.items() if value <= least * 1.0001)
        np.testing.assert_equal(
            found["negation_row"], unheard if least < UNHEARD else math.nan, err_msg=text
        )
        seen.add(least < UNHEARD)
    assert True in seen


@pytest.mark.parametrize("changes", [NETWORKS["lstm"], NETWORKS["lstm-cnn"]])
def test_without_a_convolution_in_front_nothing_is_said_of_negations(
    build_network, tokenizer, changes
):
    for found in measured(Classifier(build_network(**changes), tokenizer)):
        assert "negation_response" not in found


@pytest.fixture
def deaf(build_network):
    """A network with one filter that hears only the Han sign of negation, and says 1 to it."""
    return lambda hears, tokenizer: _hearing(build_network(kernel_sizes=[1]), hears, tokenizer)


def _hearing(network, hears, tokenizer):
    convolution = network.convolutions.by_size["1"]
    with torch.no_grad():
        network.embedding.weight.zero_()
        network.embedding.weight[tokenizer.get_vocab()["不"], 0] = 1
        convolution.weight.zero_()
        convolution.bias.zero_()
        convolution.weight[3, 0, 0] = hears
    return Classifier(network, tokenizer)


def test_filters_that_are_zero_hear_no_negation(deaf, tokenizer):
    """One token of three speaks, so the filter's usual size is 1/√3, and 1 is √3 times as much."""
    text = "很 不 很"
    assert measured(deaf(0, tokenizer), [text])[0]["negation_response"] == 0
    assert measured(deaf(0, tokenizer), [text])[0]["negation_row"] == 1
    (heard,) = measured(deaf(1, tokenizer), [text])
    assert heard["negation_response"] == pytest.approx(math.sqrt(3))
    assert math.isnan(heard["negation_row"])
    (silenced,) = measured(deaf(-1, tokenizer), [text])  # the activation cuts it off
    assert silenced["negation_response"] == 0


def test_a_negation_is_unheard_up_to_the_threshold(deaf, tokenizer):
    """Of two tokens √2 = 1.41, of three √3 = 1.73: between them lies the threshold."""
    assert math.sqrt(2) < UNHEARD < math.sqrt(3)
    assert measured(deaf(1, tokenizer), ["很 不"])[0]["negation_row"] == 1
    assert math.isnan(measured(deaf(1, tokenizer), ["很 不 很"])[0]["negation_row"])


# Forgetting


def forgotten(classifier, text):
    """(share, row) by a plain loop over the trace; NaN without a candidate."""
    trace, network = classifier.trace(text), classifier.network
    tokens, config = len(trace.tokens), network.config
    votes = margin_votes(trace)
    if config.stages[-1] == "recurrent" and trace.self_attention is None:
        votes = forward_votes(classifier, trace)
    shares = {}
    for row in np.argsort(-abs(votes))[:3]:
        strong = abs(votes[row]) >= 0.1 * abs(votes).sum()
        if tokens >= 8 and row < tokens / 2 and votes[row] < 0 and strong:
            found = memory(trace, tokens - 1, config.num_hidden_layers - 1, 0)
            written = abs(found.written[row])
            shares[int(row)] = (written * found.survival[row]).sum() / written.sum()
    if not shares:
        return math.nan, math.nan
    row = min(shares, key=shares.get)
    return shares[row], row if shares[row] < FORGOTTEN else math.nan


def forward_votes(classifier, trace):
    """The votes once more, without the units that read backwards."""
    network = classifier.network
    second, best = np.argsort(trace.logits)[-2:]
    weight = network.head.weight.detach().double() / network.config.temperature
    states = torch.from_numpy(trace.states["hidden"][:, -1].copy()).double().flatten(1)[None]
    with torch.inference_mode():
        attended = network.attention.double()(states, torch.ones(states.shape[:2]).bool())
    network.attention.float()
    arguments = (attended.weights * attended.values)[0]  # (T, A, N)
    margin = (weight[best] - weight[second]).unflatten(0, arguments.shape[1:])
    units = network.config.hidden_size
    return (arguments * margin)[..., :units].sum((1, 2)).detach().numpy()


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_is_left_of_an_early_vote_is_what_the_memory_says(build_network, tokenizer, kind):
    if EVERY_KIND[kind].get("order") == "cnn":
        classifier = Classifier(build_network(**EVERY_KIND[kind]), tokenizer)
        assert all("forgotten_share" not in found for found in measured(classifier))
        return
    for seed in range(4):
        classifier = Classifier(build_network(seed, **EVERY_KIND[kind]), tokenizer)
        for text, found in zip(TEXTS, measured(classifier), strict=True):
            share, row = forgotten(classifier, text)
            np.testing.assert_allclose(found.get("forgotten_share", math.nan), share, atol=1e-4)
            np.testing.assert_equal(found.get("forgotten_row", math.nan), row)


@pytest.mark.parametrize(("bias", "left"), [(-10, 0.0), (10, 1.0)])
def test_a_closed_forget_gate_forgets_and_an_open_one_keeps(build_network, tokenizer, bias, left):
    seen = 0
    for seed in range(8):
        network = build_network(seed, num_hidden_layers=1)
        with torch.no_grad():
            cell = network.recurrent.layers[0][0]
            size = network.config.hidden_size
            cell.bias_ih_l0[size : 2 * size] = bias
            cell.weight_ih_l0[size : 2 * size] = cell.weight_hh_l0[size : 2 * size] = 0
        for found in measured(Classifier(network, tokenizer)):
            share = found.get("forgotten_share", math.nan)
            if not math.isnan(share):
                assert share == pytest.approx(left, abs=5e-3)
                assert math.isnan(found["forgotten_row"]) == (bias > 0)
                seen += 1
    assert seen > 2


def test_the_backward_units_final_word_is_no_early_vote(build_network, tokenizer):
    """Where the context is the last state, the first token's vote is that of a whole reading."""
    for seed in range(6):
        classifier = Classifier(build_network(seed, attention="last"), tokenizer)
        assert all("forgotten_row" not in found for found in measured(classifier))
