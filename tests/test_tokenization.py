"""Every token knows its characters, no character is lost, and no text dissolves into unknowns."""

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from attnviz import invisible
from attnviz.invisible import without_invisible
from attnviz.tokenization import BYTES, PAD, cover_marks, learn_tokenizer, load_tokenizer

BREAK = re.compile(r"<br\s*/?>")


@pytest.fixture(scope="module")
def reloaded(saved):
    return load_tokenizer(saved)


def offsets_of(tokenizer, text: str) -> list[tuple[int, int]]:
    encoding = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return cover_marks(text, encoding["offset_mapping"])


def surfaces(tokenizer, text: str) -> list[str]:
    """The distinct stretches of text that tokens stand for, in order."""
    seen = dict.fromkeys(offsets_of(tokenizer, text))
    return [text[start:end] for start, end in seen]


def ids_of(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


# Offsets: pieces joined again are what the reader saw.


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("good  film", "good|film"),
        ("  good\n\tfilm\r\n", "good|film"),
        ("good 😀 film", "good|😀|film"),
        ("👍🏽!", "👍|🏽|!"),
        ("a👩‍🚀b", "a|👩|\u200d|🚀|b"),
        ("电影好看", "电影|好看"),
        ("film电影", "film|电影"),
        ("cafe\u0301", "c|a|f|e\u0301"),
        ("q\u0323 z", "q|\u0323|z"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af x", "\u1112\u1161\u11ab|\u1100\u1173\u11af|x"),
        ("ﬁlm ﬁ-", "ﬁlm|ﬁ|-"),
        ("ＢＡＤ film", "ＢＡＤ|film"),
        ("bad<br />good<br>film< br>", "bad|good|film|<|br|>"),
        ("\xa0good\u3000film\u2003", "good|film"),
        ("it's", "it|'s"),
        ("didn’t", "didn|’t"),
        ("İt", "İ|t"),
        ("a\u200bb", "a|b"),  # nobody sees what stands between them
        ("a \x00b", "a|b"),
        ("½", "½"),
        ("שלום", "ש|ל|ו|ם"),
    ],
)
def test_offsets_cut_out_what_the_reader_saw(tokenizer, text, seen):
    cuts = "|".join(surfaces(tokenizer, text))
    # Whether a known word is one piece or several is the vocabulary's affair, not this test's:
    # each expected stretch must start and end at a cut.
    assert cuts.replace("|", "") == seen.replace("|", "")
    assert boundaries(seen) <= boundaries(cuts)


def boundaries(cut: str) -> set[int]:
    ends, total = set(), 0
    for part in cut.split("|"):
        total += len(part)
        ends.add(total)
    return ends


@pytest.mark.parametrize("word", ["movie", "wonderful", "电影"])
def test_offsets_of_known_words_count_characters_of_the_text(tokenizer, word):
    text = f"😀  <br/>Ünï\n{word} x"
    start = text.index(word)
    inside = [pair for pair in offsets_of(tokenizer, text) if start <= pair[0] < start + len(word)]
    assert inside[0][0] == start
    assert inside[-1][1] == start + len(word)


def is_seen(character: str) -> bool:
    """False for Unicode white space, before or after NFKC. Rust counts U+001C…F as seen."""
    parts = unicodedata.normalize("NFKC", character)
    return any(not part.isspace() or "\x1c" <= part <= "\x1f" for part in parts)


def is_spacing_accent(character: str) -> bool:
    """¨ and its like, which NFKC turns into a space and a mark that other marks may pass by."""
    parts = unicodedata.normalize("NFKC", character)
    return parts[0] == " " and len(parts) > 1


def is_settled(character: str) -> bool:
    """False where NFKC depends on the version of Unicode, of which `tokenizers` has an older."""
    known = unicodedata.ucd_3_2_0.category(character) != "Cn"
    plain = unicodedata.is_normalized("NFKC", character) and not unicodedata.combining(character)
    return known or plain


AWKWARD = [
    *("<br>", "<br />", "  ", "\n", "\r\n", "e\u0301", "\u0323", "\u1100\u1161", "\u11a8", "ﬁ"),
    *("👩🏽‍🚀", "🇩🇪", "电影", "Ａ", "İ", "’s", "n't", "[PAD]", "<0x41>", "<", ">", "\x1c", "\x00"),
    *("\u200d", "\u202e", "\ufeff", "\ufffd", "\U000e0041", "ß", "Σ", "1\u20e3", "good", "Film"),
]
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(st.sampled_from(AWKWARD), max_size=12).map("".join),
)


UNSEEN = re.compile("|".join(invisible.UNSEEN))


@settings(max_examples=500)
@given(texts)
@example("e\u200b\u0301")
@example("\u1100\u1161")
@example("a\u0308\u0323b")
@example("<br><br/>")
def test_any_text_is_covered_in_order_and_keeps_its_ids_when_reloaded(tokenizer, reloaded, text):
    encoding = tokenizer(text, add_special_tokens=False)
    ids, offsets = encoding["input_ids"], offsets_of(tokenizer, text)
    assert len(ids) == len(offsets)
    assert ids == ids_of(reloaded, text)
    assert offsets == offsets_of(reloaded, text)
    assert all(0 <= start < end <= len(text) for start, end in offsets)
    starts = [start for start, _ in offsets]
    assert starts == sorted(starts)
    assert all(0 < number < len(tokenizer) for number in ids)  # no padding, nothing unknown
    covered = {place for start, end in offsets for place in range(start, end)}
    breaks = {place for match in BREAK.finditer(text) for place in range(*match.span())}
    unseen = {match.start() for match in UNSEEN.finditer(text)}  # may lie inside a token
    for place, character in enumerate(text):
        if place in unseen:
            continue
        if place in breaks or not is_seen(character):
            assert place not in covered, (place, character)
        elif not is_spacing_accent(character):
            assert place in covered, (place, character)


@settings(max_examples=300)
@given(texts)
def test_pieces_spell_the_normalized_text(tokenizer, text):
    """Nothing but white space, and what nobody sees, is lost between the text and its tokens."""
    text = "".join(filter(is_settled, text))
    bare = BREAK.sub(" ", without_invisible(text))
    wanted = unicodedata.normalize("NFKC", bare).replace("’", "'")
    wanted = "".join(part for part in wanted if is_seen(part))
    spelt = bytearray()
    for token in tokenizer.convert_ids_to_tokens(ids_of(tokenizer, text)):
        spelt += bytes([BYTES.index(token)]) if token in BYTES else token.encode()
    # Rust lowers letters one by one, Python looks at neighbours (final sigma).
    found = spelt.decode().replace("ς", "σ")
    assert found == "".join(part.lower() for part in wanted).replace("ς", "σ")


# Words.


def words_of(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False).word_ids()


def test_pieces_of_one_word_share_a_number_and_other_words_do_not(tokenizer):
    text = "unwonderfulness isn't good,good"
    words, offsets = words_of(tokenizer, text), offsets_of(tokenizer, text)
    assert len(words) > 6
    parts = {}
    for word, (start, end) in zip(words, offsets, strict=True):
        parts[word] = parts.get(word, "") + text[start:end]
    assert list(parts.values()) == ["unwonderfulness", "is", "n't", "good", ",", "good"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("didn't", ["did", "n't"]),
        ("didn’t", ["did", "n’t"]),
        ("did n't", ["did", "n't"]),
        ("it's they'll we've I'm you're he'd", None),
        ("rock'n'roll", ["rock", "'", "n", "'", "roll"]),
        ("abc123", ["abc", "123"]),
        ("a--b", ["a", "-", "-", "b"]),
    ],
)
def test_words_are_cut_as_the_penn_treebank_does(tokenizer, text, pieces):
    pieces = pieces or re.findall(r"[A-Za-z]+(?=')|'\w+", text)
    parts = {}
    for word, (start, end) in zip(
        words_of(tokenizer, text), offsets_of(tokenizer, text), strict=True
    ):
        parts[word] = parts.get(word, "") + text[start:end]
    assert list(parts.values()) == pieces


def test_text_that_was_tokenized_before_gives_the_same_pieces(tokenizer):
    assert ids_of(tokenizer, "I didn't like it; it's bad!") == ids_of(
        tokenizer, "i did n't like it ; it 's bad !"
    )


# What is learnt.


def test_a_vocabulary_starts_with_padding_and_all_bytes(tokenizer):
    assert tokenizer.convert_ids_to_tokens(range(257)) == [PAD, *BYTES]
    assert BYTES[0] == "<0x00>"
    assert BYTES[255] == "<0xFF>"


def test_a_vocabulary_never_grows_beyond_what_was_asked():
    texts = ["a wonderful film about wonderful films"] * 5
    assert len(learn_tokenizer(texts, 263)) <= 263
    small, large = learn_tokenizer(texts, 270), learn_tokenizer(texts, 290)
    assert len(small) == 270
    assert 270 < len(large) <= 290


def test_learning_twice_gives_the_same_tokenizer():
    texts = ["a wonderful film about wonderful films", "这部电影很好看"] * 5
    first, second = (learn_tokenizer(texts, 300).backend_tokenizer.to_str() for _ in "ab")
    assert first == second


def test_frequent_words_become_one_piece_and_rare_ones_do_not():
    tokenizer = learn_tokenizer(["wonderful"] * 5 + ["terrible"] * 2, 300, min_frequency=3)
    assert tokenizer.tokenize("wonderful") == ["wonderful"]
    assert len(tokenizer.tokenize("terrible")) > 1


def test_a_character_that_was_never_seen_becomes_its_utf8_bytes(tokenizer):
    assert tokenizer.tokenize("😀") == ["<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]
    assert "😀".encode() == b"\xf0\x9f\x98\x80"


def test_padding_typed_by_a_user_is_text(tokenizer, saved):
    for one in (tokenizer, load_tokenizer(saved), PreTrainedTokenizerFast.from_pretrained(saved)):
        ids = ids_of(one, "[PAD] good [PAD]")
        assert one.pad_token_id == 0
        assert 0 not in ids
        assert len(ids) > 3


def test_a_byte_typed_by_a_user_is_text(tokenizer):
    assert "".join(tokenizer.tokenize("<0x41>")).startswith(("<0x3C>", "<"))
    assert ids_of(tokenizer, "<0x41>") != ids_of(tokenizer, "A")
    assert len(ids_of(tokenizer, "<0x41>")) > 1


def test_transformers_alone_reads_a_text_in_the_same_way(tokenizer, saved):
    plain = PreTrainedTokenizerFast.from_pretrained(saved)
    text = "A wonderful film: 电影 😀 cafe\u0301<br />didn’t"
    assert plain(text, add_special_tokens=False)["input_ids"] == ids_of(tokenizer, text)
    padded = plain(["good", text], padding=True, return_tensors="np")
    assert set(padded) == {"input_ids", "attention_mask"}
    assert padded["input_ids"][0, -1] == 0
    assert padded["attention_mask"][0, -1] == 0
    assert padded["attention_mask"][1].all()


# Marks.


@pytest.mark.parametrize("letter", ["x", "7", "好"])
def test_a_run_without_end_is_learnt_from_in_no_time(letter):
    """Uncut, a run of a million would take minutes: this is a test that would not end."""
    learned = learn_tokenizer([letter * 1_000_000, *["good film"] * 9], 300)
    assert learned.tokenize("good") == ["good"]
    assert "".join(learned.tokenize(letter * 3)) == letter * 3


def test_marks_go_to_the_token_before_them_and_never_to_one_that_has_its_own():
    assert cover_marks("e\u0301\u0323 x", [(0, 1), (4, 5)]) == [(0, 3), (4, 5)]
    assert cover_marks("e\u0301x", [(0, 1), (1, 2), (2, 3)]) == [(0, 1), (1, 2), (2, 3)]
    assert cover_marks("e\u0301", [(0, 1), (0, 1)]) == [(0, 2), (0, 2)]
    assert cover_marks("e x", [(0, 1)]) == [(0, 1)]
    assert cover_marks("", []) == []
