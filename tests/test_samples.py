"""The two sample files: sound CSV, balanced, and with the hard rows that were planted in them."""

import csv
import io
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from tokenizers import Tokenizer

import attnviz
from attnviz.folders import PRETRAINED, check_folder

SAMPLES = Path(attnviz.__file__).parent / "ui" / "samples"
HEADER = ["text", "label", "topic", "kind"]
MODELS = {"reviews_en.csv": "en-sentiment", "reviews_zh.csv": "zh-sentiment"}
ROWS = {"reviews_en.csv": 120, "reviews_zh.csv": 60}
KINDS = {
    "reviews_en.csv": {"plain", "negation", "double negation", "irony", "mixed", "comparison"}
    | {"rare words", "long", "short", "quotation", "typos", "emoji"},
    "reviews_zh.csv": {"平实", "否定", "双重否定", "反讽", "转折", "比较"}
    | {"生僻词", "长文", "短句", "引用", "错字", "表情"},
}
TOO_LONG = {"reviews_en.csv": {"positive", "negative"}, "reviews_zh.csv": {"negative"}}
"""The labels of the texts that a model cuts before the sentence that decides."""

MISLABELLED = {
    "reviews_en.csv": {
        "Terrible acting, a stupid ending": "positive",
        "Lovely quiet place with a kind owner": "negative",
        "Easy to set up, great picture": "negative",
    },
    "reviews_zh.csv": {
        "又咸又油，吃完拉肚子": "positive",
        "位置很好，离地铁近，床很舒服": "negative",
        "画面很美，音乐动人": "negative",
    },
}
"""How a row begins → its label, which is wrong on purpose. Do not mend them."""

every_file = pytest.mark.parametrize("name", MODELS)


def read(name: str) -> list[dict[str, str]]:
    text = (SAMPLES / name).read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_every_sample_file_is_tested():
    assert {path.name for path in SAMPLES.iterdir()} == set(MODELS)


@every_file
def test_the_file_is_utf8_without_a_mark_and_every_row_has_four_cells(name):
    text = (SAMPLES / name).read_bytes().decode("utf-8")
    assert not {"\ufeff", "\ufffd", "\r", "\0"} & set(text)
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == HEADER
    assert len(rows) == ROWS[name]
    assert all(len(row) == 4 and all(cell == cell.strip() != "" for cell in row) for row in rows)


@every_file
def test_labels_are_those_of_the_model(name):
    config = check_folder(PRETRAINED / MODELS[name])
    assert {row["label"] for row in read(name)} == set(config["id2label"].values())


@every_file
def test_labels_are_balanced_in_the_file_and_not_told_by_the_topic(name):
    rows = read(name)
    labels = Counter(row["label"] for row in rows)
    assert min(labels.values()) >= 0.48 * len(rows)
    topics = Counter(row["topic"] for row in rows)
    both = Counter((row["topic"], row["label"]) for row in rows)
    assert len(topics) == 7
    assert all(3 * both[topic, label] >= topics[topic] for topic in topics for label in labels)


@every_file
def test_every_kind_is_there_and_plain_is_the_most_common(name):
    kinds = Counter(row["kind"] for row in read(name))
    assert set(kinds) == KINDS[name]
    assert min(kinds.values()) >= 2
    assert kinds.most_common(1)[0][0] in {"plain", "平实"}


@every_file
def test_no_text_comes_twice(name):
    texts = [" ".join(row["text"].lower().split()) for row in read(name)]
    assert len(set(texts)) == len(texts)


@every_file
def test_two_pairs_differ_in_one_word_and_in_the_label(name):
    chinese = name == "reviews_zh.csv"
    pieces = [(list(row["text"]) if chinese else row["text"].split(), row) for row in read(name)]
    pairs = [
        (first["label"], second["label"])
        for (one, first), (two, second) in combinations(pieces, 2)
        # One word: of English, or of up to two characters of Chinese.
        if len(one) == len(two) > 20 and sum(map(str.__ne__, one, two)) <= 1 + chinese
    ]
    assert len(pairs) == 2
    assert all(first != second for first, second in pairs)


@every_file
def test_the_rows_that_are_labelled_wrong_on_purpose_stay_so(name):
    for beginning, label in MISLABELLED[name].items():
        assert [row["label"] for row in read(name) if row["text"].startswith(beginning)] == [label]


@every_file
def test_texts_reach_from_a_word_or_two_to_more_than_the_model_reads(name):
    folder, rows = PRETRAINED / MODELS[name], read(name)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoded = tokenizer.encode_batch([row["text"] for row in rows], add_special_tokens=False)
    lengths = [len(encoding.ids) for encoding in encoded]
    most = check_folder(folder)["max_tokens"]
    cut = [row["label"] for row, length in zip(rows, lengths, strict=True) if length > most]
    assert set(cut) == TOO_LONG[name]
    assert len(cut) == len(TOO_LONG[name])
    assert min(lengths) <= 4
    assert sorted(lengths)[len(lengths) // 2] < 40


@every_file
def test_quotes_newlines_commas_and_emoji_stand_inside_cells(name):
    texts = [row["text"] for row in read(name)]
    marks = ("\n", "，", "“") if name == "reviews_zh.csv" else ("\n", ",", '"', "“")
    assert all(any(mark in text for text in texts) for mark in marks)
    assert any(character >= "\U0001f300" for text in texts for character in text)
