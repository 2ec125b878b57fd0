"""Tagged texts: columns, records of tokens and tags, and texts in which stretches are marked."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from attnviz.errors import FileError
from attnviz.samples import read_tagged

SHARED = Path("/work/shared/data/tagging")
CONLLU = (
    "# sent_id = 1\n# text = It's done\n"
    "1-2\tIt's\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "1\tIt\tit\tPRON\tPRP\t_\t0\troot\t_\t_\n"
    "2\t's\tbe\tAUX\tVBZ\t_\t1\tcop\t_\t_\n"
    "2.1\tbeen\tbe\tAUX\tVBN\t_\t_\t_\t_\t_\n"
    "3\tdone\tdo\tVERB\tVBN\t_\t1\tx\t_\t_\n\n"
    "1\tNew York\tNew York\tPROPN\tNNP\t_\t0\troot\t_\t_\n"
)
CONLL_2003 = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n# NN B-NP O\n\n"
CONLL_2003 += "Peter NNP B-NP B-PER\n"


def read(data: str | bytes, name: str, **reading):
    file = read_tagged(data.encode() if isinstance(data, str) else data, name, **reading)
    return file, list(file), [str(notice) for notice in file.notices]


def refusal(data: str | bytes, name: str, **reading) -> str:
    with pytest.raises(FileError) as caught:
        read(data, name, **reading)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def pairs(text) -> str:
    return " ".join(f"{token}/{tag}" for token, tag in zip(text.tokens, text.tags, strict=True))


def lines(*items: object) -> str:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in items)


def test_conllu_gives_words_and_their_universal_tags():
    file, found, told = read(CONLLU, "a.conllu")
    assert list(map(pairs, found)) == ["It/PRON 's/AUX done/VERB", "New York/PROPN"]
    assert file.kind == "tagged"
    assert file.classes == ("AUX", "PRON", "PROPN", "VERB")
    assert told[0].startswith("Tags: universal parts of speech")
    _, found, _ = read(CONLLU, "a.conllu", tags="xpos")
    assert pairs(found[0]) == "It/PRP 's/VBZ done/VBN"


def test_conll_2003_has_the_entity_in_its_last_column_and_a_hash_is_a_token():
    _, found, told = read(CONLL_2003, "a.conll")
    assert list(map(pairs, found)) == ["EU/B-ORG rejects/O #/O", "Peter/B-PER"]
    assert told == ["Tags: column 4 of 4."]
    _, found, _ = read(CONLL_2003, "a.txt", tags=2)
    assert pairs(found[0]) == "EU/NNP rejects/VBZ #/NN"


@pytest.mark.parametrize("ending", [".bmes", ".bio", ".txt", ".tsv"])
@pytest.mark.parametrize("between", [" ", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_characters_and_tags_are_read_in_every_encoding(ending, between, encoding):
    text = "吴 B-NAME\n重 M-NAME\n阳 E-NAME\n中 O\n国 O\n".replace(" ", between)
    _, (found,), _ = read(text.encode(encoding), f"a{ending}")
    assert pairs(found) == "吴/B-NAME 重/M-NAME 阳/E-NAME 中/O 国/O"


def test_a_token_that_is_a_space_keeps_its_place():
    _, (found,), _ = read("上 B-LOC\n  O\n海 I-LOC\n", "a.bio")
    assert found.tokens == ("上", " ", "海")


def test_lines_of_tokens_alone_have_no_tags():
    _, (found,), told = read("one\ntwo\n", "a.txt")
    assert (found.tokens, found.tags) == (("one", "two"), None)
    assert told == ["The lines hold a token alone: the texts have no tags."]


def test_records_of_tokens_and_tags():
    data = lines(
        {
            "tokens": ["From", "AP"],
            "tags": ["ADP", "PROPN"],
            "xpos": ["IN", "NNP"],
            "text": "From AP",
        },
        {"tokens": ["No"], "tags": ["INTJ"], "xpos": ["UH"]},
    )
    file, found, told = read(data, "a.jsonl")
    assert list(map(pairs, found)) == ["From/ADP AP/PROPN", "No/INTJ"]
    assert (found[1].name, file.classes) == ("line 2", ("ADP", "INTJ", "PROPN"))
    assert told == ["Tags: “tags”. Not read: xpos."]
    assert pairs(read(data, "a.jsonl", tags="xpos")[1][0]) == "From/IN AP/NNP"
    whole = json.dumps([{"words": ["a"], "ner_tags": [3]}], indent=1)
    _, (found,), told = read(whole, "a.json")
    assert (pairs(found), told) == (
        "a/3",
        ["Tags are numbers (“ner_tags”), and nothing names them."],
    )


def test_parquet_holds_lists_of_tokens_and_tags():
    target = io.BytesIO()
    rows = {"id": ["7"], "tokens": [["Ann", "left"]], "ner_tags": [["B-PER", "O"]]}
    parquet.write_table(pa.table(rows), target)
    _, (found,), _ = read(target.getvalue(), "a.parquet")
    assert pairs(found) == "Ann/B-PER left/O"


TEXT = "Ann Lee left Paris."


@pytest.mark.parametrize(
    "record",
    [
        {"text": TEXT, "label": [[0, 7, "PER"], [13, 18, "LOC"]]},
        {"text": TEXT, "labels": [[13, 18, "LOC"], [0, 7, "PER"]]},
        {
            "text": TEXT,
            "entities": [
                {"id": 1, "start_offset": 0, "end_offset": 7, "label": "PER"},
                {"id": 2, "start_offset": 13, "end_offset": 18, "label": "LOC"},
            ],
        },
        {"text": TEXT, "label": {"PER": {"Ann Lee": [[0, 6]]}, "LOC": {"Paris": [[13, 17]]}}},
        {
            "id": 5,
            "data": {"text": TEXT},
            "annotations": [
                {
                    "result": [
                        {"type": "labels", "value": {"start": 0, "end": 7, "labels": ["PER"]}},
                        {"type": "labels", "value": {"start": 13, "end": 18, "labels": ["LOC"]}},
                        {"type": "choices", "value": {"choices": ["news"]}},
                    ]
                }
            ],
        },
        {
            "text": TEXT,
            "label": [
                {"start": 0, "end": 7, "text": "Ann Lee", "labels": ["PER"]},
                {"start": 13, "end": 18, "text": "Paris", "labels": ["LOC"]},
            ],
        },
    ],
    ids=["doccano", "doccano labels", "doccano relations", "cluener", "label studio", "json-min"],
)
def test_what_tools_export_becomes_tags_of_words(record):
    _, (found,), told = read(lines(record), "a.jsonl")
    assert pairs(found) == "Ann/B-PER Lee/I-PER left/O Paris/B-LOC ./O"
    assert told == ["Marked stretches of texts became BIO tags of their words."]
    _, (again,), _ = read(json.dumps([record]), "a.json")
    assert again.tags == found.tags


def test_chinese_is_tagged_by_characters():
    _, (found,), told = read(
        lines({"text": "吴重阳在IBM。", "label": [[0, 3, "NAME"], [4, 7, "ORG"]]}), "a.jsonl"
    )
    assert pairs(found) == "吴/B-NAME 重/I-NAME 阳/I-NAME 在/O IBM/B-ORG 。/O"
    assert told == ["Marked stretches of texts became BIO tags of their characters and words."]


def test_stretches_that_do_not_fit_are_counted():
    spans = [[0, 5, "PER"], [4, 7, "PER"], [0, 18, "ALL"], [90, 95, "LOC"], [3, 4, "LOC"]]
    _, (found,), told = read(lines({"text": TEXT, "label": spans}), "a.jsonl")
    assert pairs(found) == "Ann/B-ALL Lee/I-ALL left/I-ALL Paris/I-ALL ./O"
    assert told[1:] == [
        "Marked stretches that overlap a longer one, left out: 2 (“Ann L”).",
        "Marked stretches outside their text or without a word, left out: 2.",
    ]
    _, (found,), told = read(lines({"text": TEXT, "label": [[0, 5, "PER"]]}), "a.jsonl")
    assert pairs(found).startswith("Ann/B-PER Lee/I-PER left/O")
    assert told[1] == "Marked stretches that end inside a word, widened to it: 1 (“Ann L”)."


def test_stretches_are_found_where_a_browser_counted_characters():
    text = "😀 Ann left"
    value = {"start": 3, "end": 6, "text": "Ann", "labels": ["PER"]}
    record = {"data": {"text": text}, "annotations": [{"result": [{"value": value}]}]}
    _, (found,), _ = read(lines(record), "a.jsonl")
    assert pairs(found) == "😀/O Ann/B-PER left/O"


def test_texts_without_a_token_are_left_out_and_counted():
    data = lines(
        {"tokens": [], "tags": []}, {"text": "", "label": []}, {"tokens": ["a"], "tags": ["O"]}
    )
    _, (found,), told = read(data, "a.jsonl")
    assert found.tokens == ("a",)
    assert told[-1] == "Texts without a token, left out: 2."


def test_a_text_that_nobody_has_marked_has_no_tags():
    record = {"data": {"text": "Ann left"}, "annotations": []}
    _, (found,), told = read(lines(record), "a.jsonl")
    assert (found.tokens, found.tags) == (("Ann", "left"), None)
    assert told == ["Texts that nobody has marked, so without tags: 1."]
    _, (found,), _ = read(lines({"text": "Ann left", "label": []}), "a.jsonl")
    assert found.tags == ("O", "O")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        ("a NN O\nb NN\n", "a.conll", "line 2: other columns than above: 2, not 3"),
        ("a\tO\n\nb\n", "a.tsv", "line 3: other columns than above: 1, not 2"),
        ("Not a table at all.\nBut two lines of text, really.\n", "a.txt", "line 2: other columns"),
        (CONLLU, "a.conllu", "has no column 12"),
        ("", "a.conll", "a.conll is empty"),
        ("\n\n", "a.conll", "is empty"),
        ('{"tokens": ["a"], "tags": []}', "a.jsonl", "line 1: tags: 0, tokens: 1"),
        ('{"text": "fine", "label": "positive"}', "a.jsonl", "neither tokens with tags nor a text"),
        ('{"text": "fine", "label": ["positive"]}', "a.jsonl", "It has: text, label"),
        ('{"tokens": ["a"]\n{"tokens": ["b"]}', "a.jsonl", "no JSON"),
        ("[" * 100_000, "a.json", "no JSON"),
        ("[1, 2]", "a.json", "record 1: neither tokens with tags"),
        ("x", "a.docx", "does not end in one of .conllu"),
    ],
)
def test_a_bad_file_of_tags_gets_one_clear_line(data, name, said):
    options = {"tags": 12} if "12" in said else {}
    assert said in refusal(data, name, **options)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the project's own data")
@pytest.mark.parametrize(
    ("name", "count", "tags"),
    [("ud_english_ewt_dev", 2001, 17), ("ner_resume_zh_dev", 463, None)],
)
def test_the_data_of_the_project_read_right(name, count, tags):
    file = read_tagged(SHARED / f"{name}.jsonl")
    found = list(file)
    assert len(found) == count
    assert all(len(text.tokens) == len(text.tags) for text in found)
    assert len(file.classes) == tags or tags is None
