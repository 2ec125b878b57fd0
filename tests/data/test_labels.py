"""A file's labels and a model's: by name, by number, by meaning, and never by chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.data import match_labels

TWO = ("negative", "positive")
THREE = ("negative", "neutral", "positive")
TOPICS = ("World news", "sci-tech", "体育")


def mapped(found, known, given=None) -> tuple[dict, tuple, str]:
    counts = dict.fromkeys(found, 7) if not isinstance(found, dict) else found
    match = match_labels(counts, known, given)
    return dict(match.mapping), match.unknown, match.how


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("World news", "World news"),
        (" world_news ", "World news"),
        ("WORLD-NEWS", "World news"),
        ("Ｗｏｒｌｄ　ｎｅｗｓ", "World news"),
        ("SciTech", "sci-tech"),
        ("体育", "体育"),
    ],
)
def test_names_match_whatever_their_case_spaces_and_width(raw, label):
    assert mapped([raw], TOPICS) == ({raw: label}, (), "name")


def test_labels_that_differ_by_case_alone_are_kept_apart():
    assert mapped(["us", "US"], ("us", "US")) == ({"us": "us", "US": "US"}, (), "name")


@pytest.mark.parametrize("form", ["{}", "{}.0", "LABEL_{}", "label {}", "class-{}", " {} "])
def test_numbers_count_from_zero_as_the_model_does(form):
    found = [form.format(number) for number in range(3)]
    assert mapped(found, TOPICS) == (dict(zip(found, TOPICS, strict=True)), (), "number")


def test_numbers_from_one_are_seen_where_zero_is_missing_and_told():
    match = match_labels({"1": 3, "2": 5, "3": 2}, TOPICS)
    assert match.mapping == {"1": "World news", "2": "sci-tech", "3": "体育"}
    assert str(match.scheme).startswith(
        "taken for positions from 1 in the model's order, as nothing says what they mean: "
        "1 = World news; 2 = sci-tech; 3 = 体育."
    )
    assert match_labels({"1": 3, "2": 5}, TOPICS).mapping == {"1": "sci-tech", "2": "体育"}


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        *[("neg", "pos"), ("Negative", "Positive"), ("NEG", "positive"), ("-1", "1"), ("0", "1")],
        *[("差评", "好评"), ("负面", "正面"), ("消极", "积极"), ("負面", "正面"), ("差評", "好評")],
        *[("False", "True"), ("bad", "good"), ("-1.0", "+1"), ("no", "yes")],
    ],
)
@pytest.mark.parametrize("known", [TWO, ("POS", "NEG"), ("差评", "好评")])
def test_two_way_sentiment_is_known_by_what_it_means(negative, positive, known):
    mapping, unknown, _ = mapped([negative, positive], known)
    sides = known[::-1] if known[0] == "POS" else known  # 0 means negative, wherever it stands
    assert mapping == {negative: sides[0], positive: sides[1]}
    assert unknown == ()


def test_stars_become_sides_and_three_of_them_none():
    found = {str(stars): 7 for stars in range(1, 6)}
    match = match_labels(found, TWO)
    assert list(match.mapping.values()) == ["negative", "negative", "", "positive", "positive"]
    assert (match.unknown, match.how) == ((), "scale")
    assert str(match.scheme) == (
        "taken for stars from 1 to 5: 1, 2 = negative; 4, 5 = positive; neither, so without a "
        "label: 3 (7)"
    )
    assert match_labels({"1.0": 3, "5.0": 4}, TWO).mapping == {"1.0": "negative", "5.0": "positive"}


def test_a_model_of_something_else_knows_no_sentiment():
    assert mapped({"pos": 2, "neg": 3}, TOPICS) == ({}, ("neg", "pos"), "nothing")
    assert mapped(["good"], ("0", "1")) == ({}, ("good",), "nothing")
    assert mapped(["4", "5"], TOPICS) == ({}, ("4", "5"), "nothing")


def test_a_model_with_a_neutral_label_gets_what_lies_between():
    assert mapped(["1", "3", "5"], THREE) == (
        {"1": "negative", "3": "neutral", "5": "positive"},
        (),
        "scale",
    )


def test_what_has_no_counterpart_is_unknown_the_most_frequent_first():
    found = {"positive": 5, "mixed": 2, "neutral": 9, "": 3, " ": 1}
    assert mapped(found, TWO) == ({"positive": "positive"}, ("neutral", "mixed"), "name")


def test_the_user_s_word_wins():
    given = {"positive": "negative", "mixed": "", "not there": "positive"}
    mapping, unknown, how = mapped(["positive", "negative", "mixed"], TWO, given)
    assert mapping == {"positive": "negative", "negative": "negative", "mixed": ""}
    assert (unknown, how) == ((), "name")
    assert mapped(["x"], TWO, {"x": "positive"}) == ({"x": "positive"}, (), "given")


def test_no_labels_are_nothing_to_match():
    assert mapped({}, TWO) == ({}, (), "nothing")


LABELS = st.dictionaries(st.text(max_size=7) | st.sampled_from(["0", "1", "2", "-1", "pos", "5.0"]),
                         st.integers(1, 9), max_size=7)  # fmt: skip


@given(LABELS, st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4, unique=True))
def test_each_label_is_either_mapped_to_one_of_the_model_s_or_unknown(found, known):
    match = match_labels(found, known)
    assert set(match.mapping) | set(match.unknown) == {raw for raw in found if raw.strip()}
    assert not set(match.mapping) & set(match.unknown)
    assert set(match.mapping.values()) <= {*known, ""}
