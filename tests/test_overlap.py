"""Texts in two files: equal, nearly equal, neither, and too short to say."""

import random
from time import process_time

import pytest

from attnviz.cli.shared import compared
from attnviz.evaluation import Labelled
from attnviz.history import History
from attnviz.overlap import Texts, bare, minhashes, shared, size
from attnviz.training.texts import entries_of

ENGLISH = [
    "The soup was cold and the waiter forgot our drinks twice.",
    "We walked along the river until the sun went down behind the hills.",
    "The committee will meet again on Thursday to discuss next year's budget.",
    "Her new novel is about two brothers who run a bakery in a small town.",
]
CHINESE = [
    "这家酒店的房间很干净，服务员也很热情，下次还会再来。",
    "手机用了两天就坏了，打电话给客服也没有人理我，真失望。",
    "快递太慢了，等了一个星期才收到，包装也破了一个大洞。",
]
NEAR = [
    "The soup was cold and the waiter forgot our drinks once!",
    "这家酒店的房间很干净，服务员也很热情，下次一定再来。",
]


def counts(file, other):
    found = shared(Texts(file), Texts(other))
    return found.equal, found.near, found.texts


@pytest.mark.parametrize(
    "text",
    [
        "THE SOUP was cold, and the waiter forgot our drinks twice",
        "  The soup was cold  and\u3000the waiter\nforgot our drinks twice!!",
        "\uff34he soup was cold and the waiter forgot our drinks twice.",
        "“The soup was cold” and the waiter forgot our drinks – twice.",
    ],
    ids=["case", "space", "width", "punctuation"],
)
def test_case_space_width_and_punctuation_do_not_tell_texts_apart(text):
    assert counts([text], ENGLISH) == (1, 0, 1)


def test_equal_near_and_other_texts_are_counted_apart():
    file = [ENGLISH[1], CHINESE[1], *NEAR, "A text of its own that stands in no other file.", "好"]
    assert counts(file, ENGLISH + CHINESE) == (2, 2, 6)
    assert counts(file, []) == (0, 0, 6)
    assert counts([], ENGLISH) == (0, 0, 0)
    assert shared(Texts(file), Texts(ENGLISH + CHINESE)).share == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    "text", ["", " ", "ok", "OK!!", "好", "很好", "不错不错", "not bad", "3/10"]
)
def test_short_texts_are_no_leak(text):
    assert counts([text], [text]) == (0, 0, 1)


def test_from_nine_letters_on_or_six_chinese_characters_a_text_counts():
    assert [
        size(bare(text)) for text in ("good film", "a good film", "质量非常好", "质量非常不好")
    ] == [*(8, 9, 7.5, 9)]
    texts = ["good film", "a good film", "质量非常好", "质量非常不好"]
    assert counts(texts, texts) == (2, 0, 4)


def test_texts_of_one_pattern_are_near_only_when_they_are_long():
    assert counts(["a good film 3"], ["a good film 4"]) == (0, 0, 1)
    assert counts(
        ["Today I watched a really good film about 3 men"],
        ["Today I watched a really good film about 4 men"],
    ) == (0, 1, 1)


def test_emoji_tell_texts_apart():
    assert counts(["a good film 😀"], ["a good film 😡"]) == (0, 0, 1)


def test_minhash_agrees_with_the_similarity():
    letters = random.Random(5)
    text = "".join(letters.choices("abcdefghijklmnop", k=500))
    half = text[:333] + "".join(letters.choices("qrstuvwxyz", k=167))  # 330 of 664 shingles: 0.497
    values = minhashes([text, half, text, "abcd", "ab"])
    agreeing = (values[0] == values[1]).mean()
    assert agreeing == pytest.approx(330 / 664, abs=0.2)
    assert (values[0] == values[2]).all()
    assert not (values[3] == values[4]).any()


def test_a_hundred_thousand_texts_are_compared_in_seconds():
    words = [f"{a}{b}" for a in "bcdfghjklm" for b in ("ad", "elo", "in", "oru", "ust")]
    draw = random.Random(1)
    training = [" ".join(draw.choices(words, k=15)) for _ in range(90_000)]
    changed = [text + " indeed" for text in training[:3_000]]
    validation = (
        changed
        + training[3_000:5_000]
        + [" ".join(draw.choices(words, k=15)) for _ in range(5_000)]
    )
    start = process_time()
    assert counts(validation, training) == (2_000, pytest.approx(3_000, rel=0.02), 10_000)
    assert process_time() - start < 15  # about 4 where nothing else runs


def file(name, texts):
    return Labelled(name, texts, ["a"] * len(texts))


def test_train_names_every_two_files_that_share_texts_leaks_first():
    lines, shares = compared(
        [file("hotels", ENGLISH), file("meals", ENGLISH[:1] + CHINESE)],
        [file("dev", [ENGLISH[0], NEAR[1], "neither of them", "ok"])],
        [CHINESE[1]],
    )
    assert lines == [
        "Of the 4 texts in dev, 1 (25%) are in hotels too, so its accuracy will flatter the model. "
        "Take them out of one of them.",
        "Of the 4 texts in dev, 2 (50%) are in meals too, 1 of them nearly, so its accuracy will "
        "flatter the model. Take them out of one of them.",
        "Of the 4 texts in meals, 1 (25%) are in hotels too, so they count twice. Take them out of "
        "one of them.",
        "Of the 1 texts in the unlabelled texts, 1 (100%) are in meals too, so they count twice. "
        "Take them out of one of them.",
    ]
    assert shares == [0.5]  # the first text, which is in both, and the one nearly the same
    assert compared([file("a", ENGLISH)], [file("b", CHINESE)], []) == ([], [0.0])


def test_the_share_that_is_trained_on_is_that_of_all_training_files_together():
    training = [file("a", ENGLISH[:1]), file("b", ENGLISH[:2])]
    validation = [file("dev", [ENGLISH[0], ENGLISH[1], "something else"]), file("other", CHINESE)]
    _, shares = compared(training, validation, [CHINESE[1]])
    assert shares == [pytest.approx(2 / 3), pytest.approx(1 / len(CHINESE))]
    data = entries_of(training, validation, [CHINESE[1]], {}, shares)
    assert data == entries_of(training, validation, [CHINESE[1]], {})


def test_an_accuracy_is_too_high_from_a_twentieth_on():
    data = [{"name": "a", "shared": 0.05}, {"name": "b", "shared": 0.049}, {"name": "c"}]
    assert History("", 0, 0.0, "", {}, data).too_high == {"a": 0.05}
