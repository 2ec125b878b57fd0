"""What is read off a batch, against plain loops over traces and numbers that a person can check."""

import math

import numpy as np
import pytest
import torch

from attnviz.attention import ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.inspection.reading import SCORED, measure, read_texts
from attnviz.inspection.vocabulary import IDLE, RARE, cut, vocabulary_of
from attnviz.recurrent import RECURRENTS
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
    for piece, note in zip(pieces, found, strict=True):
        assert bool(note & IDLE) == (piece in {"he", "d", "i", ","}), piece
    denying = {"n", "'t"} | {"o", "t", "h", "in", "g"}  # n't and nothing: known, and not idle
    assert all(note == 0 for piece, note in zip(pieces, found, strict=True) if piece in denying)
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
        share = trace.attention.mean(1)[idle].sum() if kind in SCORED else math.nan
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


# A beginning that is outvoted


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_beginning_is_outvoted_if_its_votes_go_against_the_outcome(
    build_network, tokenizer, kind
):
    last = EVERY_KIND[kind].get("attention") == "last"
    for seed in range(4):
        classifier = Classifier(build_network(seed, **EVERY_KIND[kind]), tokenizer)
        for text, found in zip(TEXTS, measured(classifier), strict=True):
            votes = margin_votes(classifier.trace(text))
            early = votes[: (len(votes) + 1) // 2]
            against = len(votes) >= 8 and early.sum() <= -0.05 * abs(votes).sum()
            row = early.argmin() if against and not last else math.nan
            np.testing.assert_equal(found.get("outvoted_row", math.nan), row)
