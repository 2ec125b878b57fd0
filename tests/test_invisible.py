"""Characters that nobody sees change no prediction unseen, and are named."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, normalizers

from attnviz.classifier import Classifier
from attnviz.errors import TextError
from attnviz.invisible import UNSEEN, invisible, named, named_if_blank, without_invisible
from attnviz.panels import row_labels
from attnviz.tokenization import learn_tokenizer, wrap
from attnviz.windows import windows
from tests.shipped_models import text_models

UNSEEN_CHARACTERS = [
    *map(chr, range(0x200B, 0x2010)),
    *map(chr, range(0x2060, 0x2070)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0xFE00, 0xFE10)),
    *("\ufeff", "\u00ad", "\u034f", "\u061c", "\u180e", "\u180b", "\ufff9", "\ufffb"),
    *("\0", "\x01", "\x08", "\x0e", "\x1b", "\x1f", "\x7f", "\x80", "\x9f"),
    *("\U000e0001", "\U000e0041", "\U000e007f", "\U000e0100", "\U000e01ef", "\U0001d173"),
]


@pytest.mark.parametrize("character", UNSEEN_CHARACTERS, ids=lambda c: f"U+{ord(c):04X}")
def test_a_character_that_nobody_sees_changes_no_prediction(classifier, character):
    wanted = classifier.trace("The film was wonderful, not bad")
    for text in (
        f"The film was wonder{character}ful, not bad",
        f"{character}The {character}film was won{character}derful,{character} not bad{character}",
    ):
        found = classifier.trace(text)
        assert found.tokens == wanted.tokens
        np.testing.assert_array_equal(found.logits, wanted.logits)
        np.testing.assert_array_equal(
            classifier.predict([text]).probabilities, found.probabilities[None]
        )
        assert invisible(text) == {character: text.count(character)}
        assert text == found.text
        assert [surface.replace(character, "") for surface in found.surfaces] == list(
            wanted.surfaces
        )


def test_offsets_count_the_characters_of_the_text_as_it_was_typed(classifier):
    text = "\ufeffThe\u200b won\u00adder\u00adful\u200e film"
    trace = classifier.trace(text)
    starts = {trace.text[start:end].replace("\u00ad", ""): start for start, end in trace.offsets}
    assert starts["The"] == text.index("The") == 1
    assert starts["film"] == text.index("film")
    assert trace.text[slice(*trace.offsets[-1])] == "film"


@pytest.mark.parametrize("text", ["\u200b\u200d", "\ufeff", " \u00ad\n\u202e", "\u3164", "\u2800 "])
def test_a_text_of_nothing_else_is_empty(classifier, text):
    with pytest.raises(
        TextError, match="nothing to read: .* characters that nobody sees .U.[0-9A-F]"
    ):
        classifier.trace(text)
    found = classifier.predict([text, ""])
    assert found.labels == ["", ""]
    assert np.isnan(found.probabilities).all()


KEPT = {
    "an astronaut": "👩🏽‍🚀",
    "a family": "👨‍👩‍👧‍👦",
    "a red heart, on fire": "❤️ ❤️‍🔥",
    "a keycap": "1️⃣ #️⃣",
    "a sign as text": "☺︎ ✈︎",
    "a heading face": "🙂‍↔️",
    "a black cat": "🐈‍⬛",
    "the flag of England": "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "Persian": "می‌خواهم نمی‌شود",
    "an Arabic letter by itself": "ه‍",
    "Hindi": "क्‍ष राष्‍ट्र",
    "Sinhala": "ශ්‍රී",
    "Malayalam": "ന്‍",
    "Mongolian": "ᠭ᠋ᠠ",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_changes_how_a_text_looks_is_kept(text):
    assert without_invisible(text) == text
    assert not invisible(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u200db", "ab"),
        ("a\ufe0f\u200d❤", "a❤"),
        ("👩\u200d woman", "👩 woman"),
        ("\u200d🚀", "🚀"),
        ("می\u200c خواهم", "می خواهم"),
        ("bad\u200c", "bad"),
        ("b\ufe0fad", "bad"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f"),
        ("好\U000e0100", "好"),
        ("b\U000e0062ad", "bad"),
        ("a\u3164b", "a b"),
        ("a\u2800\uffa0b", "a  b"),
        ("a\tb\nc\u00a0d\u3000e\u2028f\x85", "a\tb\nc\u00a0d\u3000e\u2028f\x85"),
    ],
)
def test_the_same_characters_where_they_change_nothing_are_taken_out(text, seen):
    assert without_invisible(text) == seen
    assert invisible(text) == Counter(text) - Counter(seen)


LETTERS = [
    *"aB 1#",
    "é",
    "ب",
    "क",
    "्",
    "中",
    "❤",
    "👩",
    "🚀",
    "🏽",
    "🏴",
    "ᠭ",
    "\u20e3",
    "\u0301",
    "\u3164",
]


@given(st.text(st.sampled_from(LETTERS + UNSEEN_CHARACTERS), max_size=14))
def test_the_tokenizers_library_sees_what_python_sees(text):
    parts = [normalizers.Replace(Regex(pattern), content) for pattern, content in UNSEEN.items()]
    assert normalizers.Sequence(parts).normalize_str(text) == without_invisible(text)
    assert without_invisible(without_invisible(text)) == without_invisible(text)
    assert not invisible(without_invisible(text))


def test_invisible_characters_are_counted_and_named():
    found = invisible("a\u200bb\u200bc\ufeff\x01")
    assert found == {"\u200b": 2, "\ufeff": 1, "\x01": 1}
    assert named(found) == (
        "U+200B zero width space × 2, U+0001 control character, U+FEFF zero width no-break space"
    )
    assert named(invisible("\u200b\u200e\u200f\u2060")).endswith(", …")
    assert invisible("An ordinary text, 很好 😀") == {}


def test_a_row_of_the_table_that_would_be_blank_has_a_name(classifier):
    assert named_if_blank("\u200d") == "U+200D"
    assert named_if_blank("\ufe0f\u200d") == "U+FE0F U+200D"
    assert named_if_blank("❤\ufe0f") == "❤\ufe0f"
    rows = row_labels(classifier.trace("good 👩‍🚀 film"))
    assert "U+200D 1/3" in rows
    assert all(row.strip().strip("\u200d\ufe0f") for row in rows)


def test_every_shipped_tokenizer_leaves_out_what_nobody_sees_without_our_code():
    from transformers import PreTrainedTokenizerFast

    for folder in text_models():
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        ours = Classifier.from_pretrained(folder).tokenizer if folder.name == "gru" else None
        for text in ("I lo\u200bved it, won\u00adderful \u202e很好", *KEPT.values()):
            wanted = tokenizer(without_invisible(text))["input_ids"]
            assert tokenizer(text)["input_ids"] == wanted, (folder, text)
            assert ours is None or ours(text)["input_ids"] == wanted


def test_a_tokenizer_from_before_leaves_it_out_once_it_is_opened(model_folder, edit_json):
    import json

    path = model_folder / "tokenizer.json"
    normalizer = json.loads(path.read_text(encoding="utf-8"))["normalizer"]
    old = normalizer | {"normalizers": normalizer["normalizers"][2:]}
    for before in (old, {"type": "Lowercase"}, None):
        edit_json(path, normalizer=before)
        classifier = Classifier.from_pretrained(model_folder)
        assert classifier.trace("go\u200bod").tokens == classifier.trace("good").tokens
    edit_json(path, normalizer=normalizer)
    state = Classifier.from_pretrained(model_folder).tokenizer.backend_tokenizer.to_str()
    assert json.loads(state)["normalizer"] == normalizer  # not a second time


def test_what_nobody_sees_is_not_learnt():
    texts = ["go\u200bod film"] * 9
    vocabulary = wrap(learn_tokenizer(texts, 300, min_frequency=1).backend_tokenizer).get_vocab()
    assert "good" in vocabulary
    assert "\u200b" not in vocabulary


def test_windows_of_a_long_text_stand_where_they_stand_in_the_text(classifier):
    words = [f"go\u200bod{'.' * (n % 3)}" for n in range(200)]
    text = " ".join(words)
    found = windows(classifier, text)
    assert len(found) > 1
    bare = windows(classifier, without_invisible(text))
    assert [(w.first, w.last) for w in found] == [(w.first, w.last) for w in bare]
    for window, other in zip(found, bare, strict=True):
        part = text[window.start : window.end]
        assert without_invisible(part) == without_invisible(text)[other.start : other.end]
        assert len(classifier.trace(part).tokens) == window.last - window.first
