"""Where a text denies, and the text without it; what decides it, shown by leaving words out."""

import pytest

from attnviz.classifier import Classifier
from attnviz.folders import PRETRAINED
from attnviz.inspection.checks import WORDS, Check
from attnviz.inspection.deletions import TESTS, check_evidence
from attnviz.inspection.negation import negations, not_understood, opposed
from attnviz.runs import CAUSES


@pytest.mark.parametrize(
    ("text", "undone"),
    {
        "It didn't work at all.": ["It did work."],
        "It didn’t work.": ["It did work."],
        "I cannot recommend it.": ["I can recommend it."],
        "Nobody complains any more.": ["somebody complains."],
        "There is nothing to dislike.": ["There is something to dislike."],
        "It is not bad": ["It is bad"],
        "never again": ["again"],
        "Works without noise.": ["Works with noise."],
        "dont buy": ["do buy"],
        "I couldn't be happier.": ["I am happier."],
        "It could not be more boring.": ["It is more boring."],
        "I couldn't be there.": ["I could be there."],
        "Not only cheap but good.": [],
        "I can't wait to use it.": [],
        "another knot": [],
        "没有异味": ["异味"],
        "一点都不好看": ["一点都好看"],
        "非常不错，差不多。": [],
        "是不是真的": [],
        "不知道好不好": ["知道好不好"],
        "千万别买": ["千万买"],
        "别人说的": [],
        "No, it is not good.": [", it is not good.", "No, it is good."],
    }.items(),
)
def test_a_negation_is_taken_out_with_no_more_change_than_grammar_needs(text, undone):
    assert [negation.undone(text) for negation in negations(text)] == undone


def test_a_clause_ends_at_punctuation_and_before_a_conjunction():
    text = "The room was big, but it was not clean. Never again!"
    first, second = negations(text)
    assert [first.alone(text), second.alone(text)] == ["but it was not clean.", " Never again!"]
    assert first.elsewhere(text) == "The room was big,  Never again!"
    (alone,) = negations("Not good...")
    assert alone.elsewhere("Not good...") == ""


def test_only_two_opposite_classes_have_an_opposite():
    assert opposed(("negative", "positive"))
    assert opposed(("好评", "差评"))
    assert opposed(("Negative", "POS"))
    assert opposed(("unhappy", "happy"))
    assert opposed(("推荐", "不推荐"))
    assert not opposed(("negative", "positive_or_neutral"))
    assert not opposed(("positive", "neutral", "negative"))
    assert not opposed(("spam", "ham"))
    assert not opposed(("no", "yes"))


def test_a_model_of_other_classes_is_asked_nothing(classifier):
    assert not opposed(classifier.labels)
    assert not_understood(classifier, ["not good"], [0], [0.9]) == {}


@pytest.fixture(scope="module")
def english():
    return Classifier.from_pretrained(PRETRAINED / "en-sentiment")


def test_the_decisive_phrase_is_the_one_that_the_outcome_hangs_on(english):
    first, swap = check_evidence(english, "The box came on Tuesday. It is awful.")
    assert (first.phrase, first.label, first.holds) == ("awful", "negative", True)
    assert first.before > 0.9 > 0.5 > first.after
    before, after = f"{first.before:.1%}", f"{first.after:.1%}"
    assert (
        first.said()
        == f"Without “awful” negative goes from {before} to {after}. The outcome turns."
    )
    assert swap.instead in ("something", "thing", "this", "part", "one")
    assert swap.after < first.before - 0.1


def test_where_nothing_short_decides_that_is_said(english):
    text = "Awful sound. Awful picture. Awful service. A terrible waste of money."
    (first,) = check_evidence(english, text)
    assert not first.holds
    assert first.said().startswith("No short phrase decides: ")
    assert first.after > 0.9


def test_a_negation_is_shown_with_the_other_sense(english):
    text = "I cannot say that I dislike it."
    *_, tested = check_evidence(english, text, ["negation"], {"negation_row": 1})
    assert (tested.kind, tested.holds, tested.instead) == (
        *("negation", True),
        "I can say that I dislike it.",
    )
    assert "the other sense, the same outcome" in tested.said()
    *_, tested = check_evidence(english, "This is not good.", ["negation"], {"negation_row": 2})
    assert not tested.holds
    assert "does not hold here" in tested.said()


def test_the_part_that_was_not_read_is_read(english):
    long = "good " * (english.network.config.max_tokens) + "terrible awful worst"
    *_, tested = check_evidence(english, long, ["cut"], {})
    assert tested.kind == "end"
    assert tested.holds
    assert tested.after < 0.1


def test_all_of_the_part_that_was_not_read_is_read_however_long(english):
    most = english.network.config.max_tokens
    long = "good " * (2 * most) + "terrible awful worst " * (2 * most)
    *_, tested = check_evidence(english, long, ["cut"], {})
    assert tested.holds
    assert tested.after < 0.3  # a seventh of the rest is good


def test_a_word_that_is_not_known_any_more_is_no_error(english):
    """A row behind the text, none, or a phrase that is not in it: the model has changed since."""
    for known in ({"rare_row": 99}, {"rare_row": None}, {}, {"phrase": "not here"}):
        tags = ["rare", "phrase", "close"]
        assert {tested.tag for tested in check_evidence(english, "So good.", tags, known)} == {
            "decides"
        }


def test_every_test_has_words_for_both_results():
    assert set(TESTS) <= set(CAUSES)
    kinds = {kind for kind, _ in WORDS}
    assert set(WORDS) == {(kind, holds) for kind in kinds for holds in (True, False)}
    for kind, holds in WORDS:
        said = Check("cut", kind, "p", "i", "l", 0.9, 0.1, holds).said()
        assert "10.0%" in said
