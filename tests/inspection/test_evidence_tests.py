"""When leaving words out shows that they decide, and when it proves nothing."""

import pytest

from attnviz.classifier import Classifier
from attnviz.folders import PRETRAINED
from attnviz.inspection.checks import Check, effect
from attnviz.inspection.deletions import check_evidence
from attnviz.inspection.phrases import _sure


@pytest.fixture(scope="module")
def english():
    return Classifier.from_pretrained(PRETRAINED / "en-sentiment")


@pytest.mark.parametrize(
    ("before", "after", "turned", "whole", "expected"),
    [
        (0.992, 0.071, True, False, "turns"),
        (0.992, 0.692, False, False, "falls"),
        (0.992, 0.792, False, False, "weakens"),
        (0.992, 0.9, False, False, ""),
        (0.6, 0.8, False, False, "strengthens"),
        (0.992, 0.071, True, True, "whole"),
    ],
)
def test_words_decide_where_the_outcome_turns_or_30_points_are_lost(
    before, after, turned, whole, expected
):
    assert effect(before, after, turned, whole) == expected


def test_a_weaker_outcome_is_said_to_be_the_same():
    check = Check("phrase", "phrase", "a b", "", "good", 0.992, 0.792, False, "weakens")
    assert check.said() == (
        "Recurring phrase: without “a b” good goes from 99.2% to 79.2%. That weakens it; the "
        "outcome is the same."
    )


@pytest.mark.parametrize("text", ["Awful.", "It is awful", "won me over"])
def test_without_nearly_the_whole_text_nothing_is_proved(english, text):
    *_, check = check_evidence(english, text, ["phrase"], {"phrase": text.lower().rstrip(".")})
    assert not check.holds
    assert check.effect == "whole"
    assert "nearly the whole text" in check.said()


def test_a_single_word_must_be_surer_than_a_phrase():
    """Both stand in 11 of 25 mistakes and 2 of 58 correct texts, among 62 that were searched."""
    others = {(f"x{number}", "y"): (2, 4) for number in range(60)}
    counts = {("quality",): (11, 2), ("won", "me", "over"): (11, 2)} | others
    assert _sure(counts, 25, 58) == [("won", "me", "over")]
    assert _sure({("quality",): (20, 2)} | others, 25, 58) == [("quality",)]
