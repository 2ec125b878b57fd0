"""A tagger's trace: what it says of every position, and the same pass seen from each of them."""

import numpy as np
import pytest
import torch
from transformers import pipeline

from attnviz.classifier import Classifier
from attnviz.errors import TextError
from attnviz.folders import describe
from attnviz.panels import panels
from attnviz.samples import Tagged
from attnviz.spans import Span
from attnviz.spelling import letters_of
from attnviz.tags import Tags
from attnviz.tokenization import open_tokenizer
from attnviz.trace import Trace
from tests.taggers import KINDS, NAMES, small_tagger

TYPED = "The dogs bark 清华 😀 loud"
WORDS = Tagged(("The", "dogs", "清", "华", " "))


@pytest.fixture(params=KINDS)
def tagger(request):
    return small_tagger(request.param)


@pytest.mark.parametrize("value", [TYPED, WORDS], ids=["typed", "in words"])
def test_a_trace_seen_from_a_position_is_that_of_the_network_seen_from_it(tagger, value):
    trace = tagger.trace(value)
    batch = tagger.processor.batch(tagger.processor.encode([value]))
    for place in range(len(trace.tokens)):
        seen = trace.at(place)
        with torch.inference_mode():
            output = tagger.at(place).network(**batch, output_trace=True)
        assert seen.logits == pytest.approx(output.logits[0].numpy(), abs=1e-5)
        assert seen.votes == pytest.approx(output.votes[0].numpy(), abs=1e-5)
        assert seen.attention == pytest.approx(output.attention[0].numpy(), abs=1e-6)
        assert seen.bias + seen.votes.sum(0) == pytest.approx(seen.logits, abs=1e-5)
        assert seen.attention.sum(0) == pytest.approx(1, abs=1e-6)
        assert seen.prediction == NAMES[seen.tags.path[place]]
        assert seen.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_turning_to_another_position_copies_nothing(tagger):
    trace = tagger.trace(TYPED)
    seen = trace.at(3)
    assert seen.embeddings is trace.embeddings
    assert seen.tags is trace.tags
    for name, gate in trace.gates.items():
        assert seen.gates[name] is gate
    with pytest.raises(IndexError, match="none has number 99"):
        trace.at(99)


def test_a_trace_is_read_back_as_it_was_saved(tagger, tmp_path):
    trace = tagger.trace(WORDS).at(2)
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    assert (again.place, again.prediction, again.task) == (2, trace.prediction, "tag")
    for name, array in vars(trace.tags).items():
        other = getattr(again.tags, name)
        assert (other is None and array is None) or np.array_equal(other, array), name
    assert np.array_equal(again.at(1).votes, trace.at(1).votes)
    assert again.to_dict()["tags"]["path"] == trace.tags.path.tolist()


def test_each_word_of_a_cut_text_has_a_position_and_its_own_characters(tagger):
    trace = tagger.trace(WORDS)
    assert trace.text == "The dogs清华 "
    assert trace.tags.tagged.sum() == len(WORDS.tokens)
    starts = [trace.offsets[place][0] for place in np.flatnonzero(trace.tags.tagged)]
    assert [trace.text[start] for start in starts] == ["T", "d", "清", "华", " "]
    assert len(set(trace.words)) == len(WORDS.tokens)


def test_a_text_without_anything_to_tag_is_refused(tagger):
    for value in ("", "  ", Tagged(())):
        with pytest.raises(TextError, match="nothing to read"):
            tagger.trace(value)
    with pytest.raises(TextError, match="only str can be read"):
        tagger.processor.all_of([3])


def test_spans_and_overruled_tags_by_hand():
    logits = np.zeros((5, 5), dtype=np.float32)
    logits[range(5), [2, 2, 0, 3, 4]] = 1  # M M O E S: the chain opens and closes them
    zeros = np.zeros(5, dtype=np.float32)
    tags = Tags(
        logits=logits,
        own=logits,
        offered=None,
        marginals=np.full((5, 5), 0.2, dtype=np.float32),
        path=np.array([1, 1, 3, 0, 4]),  # the second position is a later piece of the first word
        tagged=np.array([True, False, True, True, True]),
        begin=zeros,
        follow=np.zeros((5, 5), dtype=np.float32),
        end=zeros,
    )
    assert tags.alone.tolist() == [2, 2, 0, 3, 4]
    assert tags.overruled.tolist() == [True, False, True, True, False]
    assert tags.spans(tuple(NAMES)) == [Span(0, 3, "X"), Span(4, 5, "X")]
    assert tags.spans(("NOUN", "VERB", "ADJ", "ADV", "X")) == []


def test_letters_are_bytes_with_the_beginning_and_the_end_of_a_long_word():
    assert letters_of("Ab", 3) == [1 + ord("A"), 1 + ord("b"), 0]
    assert bytes(number - 1 for number in letters_of("internationally", 7)) == b"in" + b"nally"
    assert letters_of("’s", 2) == [1 + ord("'"), 1 + ord("s")]


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_the_pipeline_of_transformers_says_the_logits_own_tags(kind, tmp_path):
    tagger = small_tagger(kind)
    tagger.network.save_pretrained(tmp_path)
    tagger.tokenizer.save_pretrained(tmp_path)
    found = pipeline("token-classification", str(tmp_path), ignore_labels=[])("dogs bark")
    trace = tagger.trace("dogs bark")
    own = trace.tags.logits.argmax(1)
    assert [each["entity"] for each in found] == [NAMES[number] for number in own]
    assert [(each["start"], each["end"]) for each in found] == list(trace.offsets)
    open_tokenizer(tmp_path)  # whose parts are all known


def test_a_folder_is_opened_as_it_was_saved(tagger, tmp_path):
    tagger.network.save_pretrained(tmp_path)
    tagger.tokenizer.save_pretrained(tmp_path)
    again = Classifier.from_pretrained(tmp_path).trace(TYPED)
    trace = tagger.trace(TYPED)
    assert again.logits == pytest.approx(trace.logits, abs=1e-6)
    assert again.tags.path.tolist() == trace.tags.path.tolist()
    assert again.tokens == trace.tokens


def test_panels_show_how_probable_each_tag_is(tagger):
    trace = tagger.trace(TYPED).at(2)
    found = {panel.key: panel for panel in panels(trace, voted=3)}
    order = np.argsort(-trace.tags.marginals.sum(0), kind="stable")[:3]
    panel = found["tags/chosen"]
    assert panel.columns == tuple(NAMES[number] for number in order)
    assert panel.values == pytest.approx(trace.tags.marginals[:, order])
    assert (panel.low, panel.high, panel.group) == (0, 1, "decides")
    assert ("tags/alone" in found) == bool(trace.tags.overruled.any())


def test_a_tagger_is_described_by_its_chain():
    config = {"task": "tag", "attention": "none", "transitions": "rules", "input": "words"}
    assert describe(config) == "words with letters → CNN → BiLSTM → tags by rules"
    config |= {"attention": "multi_head", "num_attention_heads": 2, "transitions": "none"}
    assert describe(config).endswith("BiLSTM → multi-head attention (2) → tags")
