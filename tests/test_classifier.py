"""From texts to predictions and traces."""

import threading
import time
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.classifier import TOKENS_PER_BATCH, Classifier, buckets
from attnviz.errors import AttnvizError, TextError
from attnviz.threads import threads
from attnviz.trace import Trace

# 1 to 101 tokens; more than `max_tokens` in one.
TEXTS = [
    "A wonderful film!",
    "bad",
    "这部电影很好看，音乐也不好。",
    "good " * 40,
    "😀",
    "The music was terrible, and the actors weren't good.",
    "film " * 200,
]


def softmax(logits) -> np.ndarray:
    shares = np.exp(np.asarray(logits, dtype=np.float64))
    return shares / shares.sum()


def close(found, wanted) -> None:
    np.testing.assert_allclose(found, wanted, atol=1e-5, rtol=0)


# A trace.


def test_logits_are_the_bias_plus_the_votes(trace):
    close(trace.logits, trace.bias.astype(float) + trace.votes.astype(float).sum(0))
    for number, label in enumerate(trace.labels):
        close(trace.logits[number], trace.bias[number] + trace.votes[:, number].sum())
        assert np.abs(trace.votes[:, number]).max() > 0.001, label


def test_probabilities_are_the_softmax_of_the_logits(trace):
    close(trace.probabilities, softmax(trace.logits))
    assert trace.prediction == trace.labels[int(np.argmax(trace.logits))]


def test_attention_of_a_trace_sums_to_1(trace):
    close(trace.attention.sum(0), [1.0])
    assert trace.attention.min() > 0


def test_a_votes_row_is_the_attention_times_the_hidden_state_times_the_head(classifier, trace):
    head = classifier.network.head.weight.detach().double().numpy()
    hidden = trace.states["hidden"][:, -1].reshape(len(trace.tokens), -1)
    close(trace.votes, trace.attention * (hidden @ head.T))
    close(trace.bias, classifier.network.head.bias.detach().numpy())


def test_tokens_offsets_and_normalized_text_of_a_trace_agree(trace):
    assert trace.text == "The film was good, good!  Wonderful actors: 电影 很好 😀"
    assert trace.normalized == "the film was good, good!  wonderful actors: 电影 很好 😀"
    for token, surface in zip(trace.tokens, trace.surfaces, strict=True):
        assert token == surface.lower() or token.startswith("<0x")
    assert trace.truncated == 0
    assert trace.byte_pieces >= 4


def test_pieces_of_a_word_share_its_number_and_han_pieces_stand_alone(classifier):
    trace = classifier.trace("unwonderful 这好 电影")
    pairs = list(zip(trace.words, trace.surfaces, strict=True))
    assert {number for number, surface in pairs if surface in "unwonderful"} == {0}
    assert "".join(surface for number, surface in pairs if number == 0) == "unwonderful"
    han = [(number, surface) for number, surface in pairs if number > 0]
    distinct = dict.fromkeys(trace.offsets[len(pairs) - len(han) :])
    assert len({number for number, _ in han}) == len(distinct)
    assert sorted(trace.words) == list(trace.words)
    assert set(trace.words) == set(range(max(trace.words) + 1))


@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (2, True), (3, False)])
def test_predicting_in_batches_equals_tracing_one_by_one(
    build_network, tokenizer, layers, bidirectional
):
    network = build_network(num_hidden_layers=layers, bidirectional=bidirectional)
    classifier = Classifier(network, tokenizer)
    found = classifier.predict(TEXTS)
    for row, label, text in zip(found.probabilities, found.labels, TEXTS, strict=True):
        trace = classifier.trace(text)
        close(row, trace.probabilities)
        assert label == trace.prediction


def test_tracing_twice_gives_the_same_numbers(classifier):
    first, second = classifier.trace(TEXTS[0]), classifier.trace(TEXTS[0])
    for field in fields(Trace):
        left, right = getattr(first, field.name), getattr(second, field.name)
        if isinstance(left, np.ndarray):
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("temperature", [0.25, 3])
def test_a_temperature_divides_bias_votes_and_logits_and_changes_no_prediction(
    build_network, tokenizer, temperature
):
    plain, tempered = (
        Classifier(build_network(temperature=t), tokenizer) for t in (1, temperature)
    )
    for text in TEXTS:
        one, other = plain.trace(text), tempered.trace(text)
        for name in ("bias", "votes", "logits"):
            close(getattr(other, name), getattr(one, name).astype(float) / temperature)
        close(other.logits, other.bias.astype(float) + other.votes.astype(float).sum(0))
        close(other.probabilities, softmax(one.logits / temperature))
        assert other.prediction == one.prediction
        np.testing.assert_array_equal(other.attention, one.attention)
    found, wanted = tempered.predict(TEXTS), plain.predict(TEXTS)
    assert found.labels == wanted.labels
    close(found.probabilities[0], tempered.trace(TEXTS[0]).probabilities)
    surer = found.probabilities.max(1) - wanted.probabilities.max(1)
    assert (np.sign(surer) == np.sign(1 - temperature)).all()


# Long texts.


@pytest.mark.parametrize(("words", "kept", "cut"), [(100, 100, 0), (101, 101, 0), (137, 101, 36)])
def test_tokens_that_do_not_fit_are_cut_and_counted(classifier, words, kept, cut):
    trace = classifier.trace("good " * words)
    assert (len(trace.tokens), trace.truncated) == (kept, cut)
    assert trace.offsets[-1] == (5 * kept - 5, 5 * kept - 1)


def test_what_was_cut_changes_nothing(classifier):
    short, long = (classifier.trace("good " * 101 + rest) for rest in ("", "bad " * 50))
    close(long.logits, short.logits)
    found = classifier.predict(["good " * 101, "good " * 101 + "bad " * 50])
    close(found.probabilities[0], found.probabilities[1])
    close(found.probabilities[0], short.probabilities)


def test_the_last_token_does_not_take_in_a_mark_that_was_cut(classifier):
    # q and U+0323 do not compose, so the mark is a token of its own, the first that is cut.
    trace = classifier.trace("good " * 100 + "q\u0323")
    assert trace.surfaces[-1] == "q"
    assert trace.truncated == 2  # two bytes


@pytest.mark.parametrize("text", ["good " * 20_000, "x" * 100_000, "😀" * 25_000, "好" * 100_000])
def test_a_text_of_100000_characters_is_cut_counted_and_quick(classifier, text):
    started = time.perf_counter()
    trace = classifier.trace(text)
    found = classifier.predict([text])
    assert time.perf_counter() - started < 5
    assert len(trace.tokens) == 101
    everything = classifier.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert trace.truncated == len(everything) - 101 > 10_000
    assert trace.text == text
    close(found.probabilities[0], trace.probabilities)


def test_a_trace_counts_what_it_cut_while_another_thread_predicts(classifier):
    """One classifier serves all sessions of the page."""
    going = True

    def predict():
        while going:
            classifier.predict(["good film " * 300])

    other = threading.Thread(target=predict)
    other.start()
    try:
        cuts = {classifier.trace("good " * 400).truncated for _ in range(60)}
    finally:
        going = False
        other.join()
    assert cuts == {299}


# Odd texts.


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("bad \ud83d film", "bad ? film"),
        ("\udfff", "?"),
        ("\x00\x01\x1b[31m", "\x00\x01\x1b[31m"),
        ("שלום עולם \u202egood", "שלום עולם \u202egood"),
        ("👩🏽‍🚀🇩🇪😀", "👩🏽‍🚀🇩🇪😀"),
        ("{text} %s <script>", "{text} %s <script>"),
        ("\u0301", "\u0301"),
    ],
)
def test_any_characters_are_read(classifier, text, kept):
    trace = classifier.trace(text)
    assert trace.text == kept
    assert len(trace.tokens) > 0
    assert np.isfinite(trace.logits).all()
    assert all(0 <= start < end <= len(kept) for start, end in trace.offsets)
    close(classifier.predict([text]).probabilities[0], trace.probabilities)


EMPTY = ["", "   ", "\n\t\u3000\xa0", "<br /> <br>"]


@pytest.mark.parametrize("text", EMPTY)
def test_a_text_without_a_token_cannot_be_traced(classifier, text):
    with pytest.raises(TextError, match="nothing to read") as caught:
        classifier.trace(text)
    assert isinstance(caught.value, AttnvizError)


def test_a_text_without_a_token_has_no_prediction(classifier):
    found = classifier.predict(["good", *EMPTY, "bad film"])
    assert found.labels[1:5] == ["", "", "", ""]
    assert np.isnan(found.probabilities[1:5]).all()
    assert np.isfinite(found.probabilities[[0, 5]]).all()
    assert found.labels[0] in classifier.labels
    close(found.probabilities[0], classifier.trace("good").probabilities)
    close(found.probabilities[5], classifier.trace("bad film").probabilities)


def test_only_texts_without_a_token_are_fine_too(classifier):
    found = classifier.predict(["", " "])
    assert found.labels == ["", ""]
    assert np.isnan(found.probabilities).all()
    assert list(classifier.predict_batches(["", " "])) == []


def test_no_texts_have_no_predictions(classifier):
    found = classifier.predict([])
    assert found.labels == []
    assert found.probabilities.shape == (0, 3)


# Predictions.


def test_predictions_keep_the_order_of_the_texts(classifier):
    forwards, backwards = classifier.predict(TEXTS), classifier.predict(TEXTS[::-1])
    close(backwards.probabilities[::-1], forwards.probabilities)
    assert backwards.labels[::-1] == forwards.labels
    # The rows differ so clearly that a swap would show.
    gaps = np.abs(forwards.probabilities[:, None] - forwards.probabilities[None]).max(2)
    assert gaps[~np.eye(len(TEXTS), dtype=bool)].min() > 1e-3


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
def test_the_batch_size_changes_no_prediction(classifier, batch_size):
    found = classifier.predict(TEXTS, batch_size=batch_size)
    wanted = np.array([classifier.trace(text).probabilities for text in TEXTS])
    close(found.probabilities, wanted)


def test_probabilities_are_float32_one_row_a_text_and_sum_to_1(classifier):
    found = classifier.predict(TEXTS)
    assert found.probabilities.dtype == np.float32
    assert found.probabilities.shape == (7, 3)
    close(found.probabilities.sum(1), np.ones(7))
    winners = found.probabilities.argmax(1)
    assert found.labels == [("negative", "neutral", "positive")[winner] for winner in winners]


def test_batches_bring_every_text_once(classifier):
    batches = list(classifier.predict_batches(TEXTS, batch_size=3))
    assert [len(numbers) for numbers, _ in batches] == [3, 3, 1]
    assert sorted(number for numbers, _ in batches for number in numbers) == list(range(7))
    for numbers, probabilities in batches:
        assert probabilities.shape == (len(numbers), 3)


@settings(max_examples=200)
@given(st.lists(st.integers(0, 2 * TOKENS_PER_BATCH), max_size=60), st.integers(1, 9))
def test_buckets_hold_every_text_once_within_the_budget(lengths, batch_size):
    found = list(buckets(lengths, batch_size))
    readable = [number for number, length in enumerate(lengths) if length]
    assert sorted(number for bucket in found for number in bucket) == readable
    for bucket in found:
        longest = max(lengths[number] for number in bucket)
        assert 1 <= len(bucket) <= batch_size
        assert len(bucket) == 1 or len(bucket) * longest <= TOKENS_PER_BATCH
    order = [lengths[number] for bucket in found for number in bucket]
    assert order == sorted(order, reverse=True)


def test_a_bucket_is_filled_as_far_as_the_budget_goes():
    assert [len(bucket) for bucket in buckets([1000] * 9, 64)] == [4, 4, 1]
    assert [len(bucket) for bucket in buckets([10] * 9, 5)] == [5, 4]
    assert [len(bucket) for bucket in buckets([9000, 5000, 4000, 0], 64)] == [1, 1, 1]


# Surroundings.


def test_threads_are_given_back_even_after_an_error(classifier, monkeypatch):
    import torch

    from attnviz import threads as turns

    seen = []
    monkeypatch.setattr(turns, "_ALL", 2)

    def broken(*_, **__):
        seen.append(torch.get_num_threads())
        raise KeyError

    try:
        with threads(64):
            assert torch.get_num_threads() == 2  # never more than there are
        monkeypatch.setattr(classifier.network, "forward", broken)
        with pytest.raises(KeyError):
            classifier.trace("good")
        with pytest.raises(KeyError):
            classifier.predict(["good"])
        assert torch.get_num_threads() == 2
        assert seen == [1, 2]
    finally:
        torch.set_num_threads(1)


def test_a_thread_that_began_in_anothers_turn_gets_all_cores_in_its_own(monkeypatch):
    import torch

    from attnviz import threads as turns

    monkeypatch.setattr(turns, "_ALL", 2)
    began, seen = threading.Event(), []

    def other():
        torch.ones(9).sum()  # its first look at torch, which has one thread just now
        began.set()
        with threads(2):
            seen.append(torch.get_num_threads())

    with threads(1):
        thread = threading.Thread(target=other)
        thread.start()
        assert began.wait(20)
    thread.join(20)
    assert seen == [2]
    with threads(2):
        assert torch.get_num_threads() == 2
    torch.set_num_threads(1)


def test_a_classifier_never_drops_out(build_network, tokenizer):
    classifier = Classifier(build_network().train(), tokenizer)
    assert not classifier.network.training
    first, second = (classifier.predict(TEXTS).probabilities for _ in "ab")
    np.testing.assert_array_equal(first, second)


def test_labels_stand_in_the_order_of_the_logits(build_network, tokenizer, classifier):
    assert classifier.labels == ("negative", "neutral", "positive")
    names = {2: "z", 0: "y", 1: "x"}
    network = build_network(id2label=names, label2id={name: n for n, name in names.items()})
    assert Classifier(network, tokenizer).labels == ("y", "x", "z")


def test_traces_of_a_classifier_can_be_changed_only_as_copies(trace):
    changed = replace(trace, truncated=3)
    assert (changed.truncated, trace.truncated) == (3, 0)


def test_a_text_too_long_to_tokenize_is_refused_and_its_start_still_predicted(classifier):
    text = "a " * 600_000
    with pytest.raises(TextError, match="1,200,000 characters; at most 1,000,000"):
        classifier.trace(text)
    found = classifier.predict([text, "a " * 101]).probabilities
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_a_file_longer_than_one_helping_is_read_in_order(classifier, monkeypatch):
    texts = ["good film", "", "bad", "a wonderful evening", "music"]
    whole = classifier.predict(texts).probabilities
    monkeypatch.setattr("attnviz.classifier.TEXTS_AT_A_TIME", 2)
    np.testing.assert_allclose(classifier.predict(texts).probabilities, whole, atol=1e-6)


def test_progress_counts_every_text_that_was_read(classifier):
    counts = []
    classifier.predict(["good", "", "bad film", "music"], 2, progress=counts.append)
    assert sum(counts) == 3


# What is no list of texts.


def test_one_text_in_place_of_a_list_is_refused(classifier):
    for predict in (classifier.predict, lambda texts: list(classifier.predict_batches(texts))):
        for text in ("Not bad at all", b"bytes", np.str_("good")):
            with pytest.raises(TextError, match="Give a list of texts, not one text"):
                predict(text)


@pytest.mark.parametrize(
    ("texts", "row", "kind"),
    [
        (["fine", None], 1, "NoneType"),
        (["fine", "bad", float("nan")], 2, "float"),
        (pd.Series(["fine", np.nan], index=[7, 9]), 1, "float"),
        (pd.Series(["fine", None], dtype="string"), 1, "NAType"),
        (np.array([3, "good"], dtype=object), 0, "int"),
        ([["good"]], 0, "list"),
        ([b"good"], 0, "bytes"),
    ],
    ids=str,
)
def test_what_is_no_text_is_named_with_its_row(classifier, texts, row, kind):
    with pytest.raises(TextError, match=f"Text {row} is .*, of type {kind}"):
        classifier.predict(texts)


@pytest.mark.parametrize(
    "texts",
    [None, 3, pd.DataFrame({"text": ["good"]}), {"text": ["good"]}, {"good"}, np.array([["good"]])],
    ids=lambda texts: type(texts).__name__,
)
def test_a_table_or_something_without_order_is_no_list_of_texts(classifier, texts):
    with pytest.raises(TextError, match="Give a list of texts, not a value of type"):
        classifier.predict(texts)


@pytest.mark.parametrize(
    "texts",
    [
        tuple(TEXTS),
        (text for text in TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS, index=range(9, 9 + len(TEXTS))),
        pd.Series(TEXTS, dtype="string"),
    ],
    ids=lambda texts: type(texts).__name__,
)
def test_texts_come_in_any_kind_of_list(classifier, texts):
    wanted = classifier.predict(list(TEXTS))
    found = classifier.predict(texts)
    assert found.labels == wanted.labels
    np.testing.assert_array_equal(found.probabilities, wanted.probabilities)


@pytest.mark.parametrize("text", [None, float("nan"), 3, b"good", ["good"]], ids=str)
def test_only_a_text_can_be_traced(classifier, text):
    with pytest.raises(TextError, match=f"of type {type(text).__name__}; only str can be read"):
        classifier.trace(text)
