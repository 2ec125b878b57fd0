"""Spans that tags spell out, against seqeval in its strict mode, and the kinds of mistakes."""

import numpy as np
import pytest
from seqeval import scheme as seqeval_schemes
from seqeval.metrics.v1 import precision_recall_fscore_support

from attnviz.spans import MISTAKES, Span, mistakes_of, scheme_of, score_spans, spans_of, steps

TAGS = {
    "BIO": ["O", "B-X", "I-X", "B-Y", "I-Y"],
    "IOBES": ["O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "E-Y", "S-Y"],
    "BMES": ["O", "B-X", "M-X", "E-X", "S-X", "B-Y", "M-Y", "E-Y", "S-Y"],
}
ORACLES = {"BIO": "IOB2", "IOBES": "IOBES", "BMES": "IOBES"}


def test_a_scheme_is_known_by_its_tags():
    for name, tags in TAGS.items():
        assert scheme_of(tags) == name
    assert scheme_of(["B", "M", "E", "S"]) == "BMES"
    assert scheme_of(["O", "B_LOC", "I_LOC"]) == "BIO"
    for tags in (["NOUN", "VERB"], ["O"], [], ["I-X", "O"], ["B-X", "noun"], ["BIG", "B"]):
        assert scheme_of(tags) is None, tags


def test_steps_that_a_scheme_forbids():
    begin, follow, end = steps(["O", "B-X", "M-X", "E-X", "S-X", "E-Y"])
    assert begin.tolist() == [True, True, False, False, True, False]
    assert end.tolist() == [True, False, False, True, True, True]
    assert follow[1].tolist() == [False, False, True, True, False, False]  # from B-X
    assert follow[3].tolist() == [True, True, False, False, True, False]  # from E-X
    begin, follow, end = steps(["O", "B-X", "I-X", "I-Y"])
    assert begin.tolist() == [True, True, False, False]
    assert end.all()
    assert follow.tolist() == [
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, False],
        [True, True, False, True],
    ]
    assert all(part.all() for part in steps(["NOUN", "VERB", "ADJ"]))


def test_spans_of_a_sentence_by_hand():
    tags = ["B-NAME", "M-NAME", "E-NAME", "O", "S-LOC", "B-ORG", "O", "E-ORG", "B-LOC"]
    assert spans_of(tags, "BMES") == [Span(0, 3, "NAME"), Span(4, 5, "LOC")]
    tags = ["I-X", "B-X", "B-X", "I-X", "I-Y", "O", "B-Y"]
    assert spans_of(tags, "BIO") == [Span(1, 2, "X"), Span(2, 4, "X"), Span(6, 7, "Y")]
    assert spans_of([], "BIO") == []


@pytest.mark.parametrize("scheme", TAGS)
@pytest.mark.parametrize("sound", [False, True], ids=["any tags", "tags of the scheme"])
def test_strict_scores_equal_those_of_seqeval(scheme, sound):
    generator = np.random.default_rng(11)
    names = TAGS[scheme]
    begin, follow, end = steps(names)

    def sentence():
        if not sound:
            return [names[k] for k in generator.integers(len(names), size=13)]
        tag = generator.choice(np.flatnonzero(begin))
        tags = [tag]
        while len(tags) < 13 or not end[tag]:
            tag = generator.choice(np.flatnonzero(follow[tag]))
            tags.append(tag)
        return [names[k] for k in tags]

    gold = [sentence() for _ in range(101)]
    said = [list(tags) for tags in gold]
    for tags in said:  # half of them right
        for place in generator.integers(len(tags), size=3):
            tags[place] = names[generator.integers(len(names))]
    found = score_spans(gold, said, scheme)
    as_iob = [[[tag.replace("M-", "I-") for tag in tags] for tags in each] for each in (gold, said)]
    precision, recall, f1, _ = precision_recall_fscore_support(
        *as_iob, scheme=getattr(seqeval_schemes, ORACLES[scheme]), average="micro"
    )
    assert found.right > 20
    assert (found.precision, found.recall, found.f1) == pytest.approx((precision, recall, f1))
    assert found.gold > 101
    assert found.right + sum(found.missed_by.values()) == found.gold
    assert found.right + sum(found.spurious_by.values()) == found.said


def test_each_mistake_has_one_kind():
    gold = [Span(0, 2, "X"), Span(3, 5, "X"), Span(6, 9, "Y"), Span(11, 12, "Y")]
    said = [Span(0, 2, "X"), Span(3, 5, "Y"), Span(7, 9, "Y"), Span(13, 14, "X")]
    assert [tuple(mistake) for mistake in mistakes_of(gold, said)] == [
        ("type", gold[1], said[1]),
        ("boundary", gold[2], said[2]),
        ("missed", gold[3], None),
        ("spurious", None, said[3]),
    ]
    assert {mistake.kind for mistake in mistakes_of(gold, said)} == set(MISTAKES)


def test_one_said_span_over_two_gold_ones_is_two_boundary_mistakes():
    gold, said = [Span(0, 3, "X"), Span(3, 5, "X")], [Span(0, 5, "X")]
    assert [mistake.kind for mistake in mistakes_of(gold, said)] == ["boundary", "boundary"]
    scores = score_spans(
        [["B-X", "I-X", "I-X", "B-X", "I-X"]], [["B-X", "I-X", "I-X", "I-X", "I-X"]], "BIO"
    )
    assert scores[:3] == (0, 2, 1)
    assert scores.missed_by == {"missed": 0, "spurious": 0, "boundary": 2, "type": 0}
    assert scores.spurious_by == {"missed": 0, "spurious": 0, "boundary": 1, "type": 0}


def test_nothing_said_and_nothing_there_scores_zero():
    scores = score_spans([["O", "O"]], [["O", "O"]], "BIO")
    assert (scores.precision, scores.recall, scores.f1) == (0, 0, 0)
