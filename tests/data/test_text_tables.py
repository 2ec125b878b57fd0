"""Lines of text that are a table, and lines that are none."""

import re

import pytest

from attnviz.data import READERS, open_rows
from attnviz.data.endings import OPTIONS
from attnviz.errors import FileError
from tests.tables import (
    CHINESE,
    FASTTEXT_TOLD,
    GOOD,
    LABELS,
    NUMBERS,
    PERHAPS,
    TABLE,
    TEXTS,
    THREE,
    TWO,
    check,
    ids,
    lines,
    quoted,
    read,
)

# Lines of text that are a table, and those that are none

TABLES = {  # what a .txt holds: its text, its columns and its first row
    "cnews": (lines(LABELS, TEXTS, between="\t"), TWO, ("positive", GOOD)),
    "cnews of few rows": (
        lines(("体育", "财经", "房产", "教育", "科技"), CHINESE, between="\t"),
        TWO,
        ("体育", CHINESE[0]),
    ),
    "thucnews": (lines(CHINESE, "012345", between="\t"), TWO, (CHINESE[0], "0")),
    "toutiao": (
        lines(ids(), ["101"] * 18, ["news_story"] * 18, CHINESE * 3, between="_!_"),
        (*THREE, "column 4"),
        (ids()[0], "101", "news_story", CHINESE[0]),
    ),
    "genre": (
        lines(map(str, range(18)), TEXTS, LABELS, TEXTS, between=" ::: "),
        (*THREE, "column 4"),
        ("0", GOOD, "positive", GOOD),
    ),
    "bars": (lines(TEXTS, LABELS, between="|||"), TWO, (GOOD, "positive")),
    "movielens": (lines(map(str, range(18)), TEXTS, between="::"), TWO, ("0", GOOD)),
    "names": (
        lines(TEXTS, LABELS, head="text\tlabel", between="\t"),
        ("text", "label"),
        (GOOD, "positive"),
    ),
    "names of no list": (
        lines(TEXTS, LABELS, head="Kommentare\tUrteil", between="\t"),
        ("Kommentare", "Urteil"),
        (GOOD, "positive"),
    ),
    "csv": (
        lines(quoted(TEXTS), LABELS, head="text,label"),
        ("text", "label"),
        (GOOD, "positive"),
    ),
    "csv without header": (lines(LABELS, TEXTS), TWO, ("positive", GOOD)),
    "semicolons": (lines(TEXTS, NUMBERS, between=";"), TWO, (GOOD, "1")),
    "a title": (
        lines(TEXTS, LABELS, head="Export of 2024\n\ntext\tlabel", between="\t"),
        ("text", "label"),
        (GOOD, "positive"),
    ),
    "a quotation mark": (
        lines(['"' + GOOD, *TEXTS[1:]], LABELS, between="\t"),
        TWO,
        ('"' + GOOD, "positive"),
    ),
}


@pytest.mark.parametrize("ending", [".txt", ".text", ".dat", ".data"])
@pytest.mark.parametrize("kind", TABLES)
def test_a_text_file_that_is_a_table_is_read_as_one_and_can_be_read_otherwise(kind, ending):
    data, columns, first = TABLES[kind]
    stream = read(data, "a" + ending)
    assert (stream.columns, stream.rows[0][1]) == (columns, first)
    assert str(stream.notices[0]).startswith(TABLE)
    plain = read(data, "a" + ending, delimiter="")
    whole = [line for line in data.split("\n") if line]
    assert (plain.columns, plain.delimiter) == (("text",), None)
    assert [cells for _, cells in plain.rows] == [(line,) for line in whole]
    assert len(stream.rows) == len(whole) - stream.header + (kind == "a title")


def test_excel_s_unicode_text_is_a_table():
    data = lines(CHINESE, "101010", head="评论\t标签", between="\t").replace("\n", "\r\n")
    check(data.encode("utf-16"), ["评论", "标签"], (CHINESE[0], "1"), 6, [TABLE], "a.txt")


LINES = {  # what stays one text a line
    "commas": "Roses are red, violets are blue\nSugar is sweet, and so are you\nI, too\n",
    "a comma in each": "Roses are red, violets are blue\nSugar, sweet\nWell, yes\nNo, no\n" * 5,
    "prose": "\n".join(TEXTS) + "\n",
    "some tabs": "one\ttab\nno tab\ntwo\ttabs\there\nnone again\n",
    "a tab before each": "".join(f"\t{text}\n" for text in TEXTS),
    "dialogue": "A: well, how are you?\nB: fine; and you?\nA: fine | fine\n",
    "one line": "positive\tGood it was\n",
    "colons": "std::vector is fine\nI like it :::\n||| bars\n",
    "an ellipsis": "Well... fine\nSo... no\nYes... why\n",
    "quotation marks": '"Awful" is the word\n" he said\n"Whole"\n',
    "numbers": "1,5 litres\n2,5 litres\n3,5 litres\n",
    "a label marked once": "__label__x is how fastText marks labels\nthis is a text\nand this\n",
}


@pytest.mark.parametrize("kind", LINES)
def test_a_file_of_texts_stays_one_text_a_line(kind):
    data = LINES[kind]
    texts = [(line,) for line in data.splitlines()]
    stream = read(data, "a.txt")
    assert [cells for _, cells in stream.rows] == texts
    assert (stream.columns, stream.delimiter, stream.notices) == (("text",), None, [])


def test_two_texts_a_line_stay_together_and_are_told():
    data = lines(TEXTS, reversed(TEXTS), between="\t")
    check(data, ["text"], [f"{GOOD}\t{TEXTS[-1]}"], 18, [PERHAPS], "a.txt")
    check(data, TWO, [GOOD, TEXTS[-1]], 18, [], "a.txt", delimiter="\\t")


FASTTEXT = {  # lines, and the first row that they give
    "before": ("__label__2 {}\n", "2"),
    "several": ("__label__a __label__b {}\n", "a,b"),
    "behind": ("{} __label__good\n", "good"),
    "a tab": ("__label__good\t{}\n", "good"),
    "a comma": ("__label__4 , {}\n", "4"),
}


@pytest.mark.parametrize("ending", [".txt", ".csv", ".tsv", ".ft", ".train", ".valid", ".test"])
@pytest.mark.parametrize("kind", FASTTEXT)
def test_fasttext_s_labels_are_no_part_of_the_text(kind, ending):
    form, label = FASTTEXT[kind]
    data = "".join(map(form.format, TEXTS))
    check(data, ["label", "text"], (label, GOOD), 18, [FASTTEXT_TOLD], "a" + ending)
    assert read(data, "a.txt", delimiter="").rows[0][1] == (form.format(GOOD).rstrip("\n"),)


TREC = (("DESC", "manner"), ("ENTY", "cremat"), ("ABBR", "exp"))
FIRST_WORD = "The first word of each line was read as its label"


@pytest.mark.parametrize("ending", [".txt", ".label"])
def test_trec_s_labels_are_no_part_of_the_question(ending):
    data = "".join(f"{TREC[n % 3][0]}:{TREC[n % 3][1]} {text}\n" for n, text in enumerate(TEXTS))
    told = ["Each line was read as a label, a finer one behind a colon, and a text"]
    columns = ["label", "fine", "text"]
    check(data, columns, ["DESC", "manner", GOOD], 18, told, "a" + ending)
    assert read(data, "a" + ending, delimiter="").rows[0][1] == (f"DESC:manner {GOOD}",)


DATES = {
    "[12/05/2024, 10:11:02] Ann Lee: ": ["12/05/2024", "10:11:02"],
    "12.05.24, 10:11 - Ann Lee: ": ["12.05.24", "10:11"],
    "5/12/24, 9:05 PM - Ann Lee: ": ["5/12/24", "9:05 PM"],
    "2024-05-12 10:11 Ann Lee: ": ["2024-05-12", "10:11"],
    "2024/5/12 10:11:02 Ann Lee：\u2009".replace("\u2009", " "): ["2024/5/12", "10:11:02"],
}


@pytest.mark.parametrize("before", DATES)
def test_date_and_sender_of_a_chat_are_no_part_of_its_messages(before):
    data = "".join(f"{before}{text}\n" for text in TEXTS)
    told = ["The lines were read as messages of a chat: their date, time, sender and text."]
    first = [*DATES[before], "Ann Lee", GOOD]
    check(data, ["date", "time", "sender", "text"], first, 18, told, "a.txt")
    assert read(data, "a.txt", delimiter="").rows[0][1] == (f"{before}{GOOD}",)


def test_a_message_of_several_lines_is_one_text_and_the_program_s_lines_are_no_part_of_it():
    before = "5/12/24, 9:05 PM - "
    own = ["Messages are encrypted.", "Alice created group", "Alice added you", "Bob joined"]
    data = "".join(f"{before}{line}\n" for line in own)
    data += "".join(f"{before}Ann Lee: {text}\n" for text in TEXTS)
    data += f"{before}Bob: First line\n\nthird line\n{before}Bob left\n"
    rows = read(data, "a.txt").head().rows
    assert len(rows) == len(own) + len(TEXTS) + 2
    assert rows[0] == ("", "", "", before + own[0])
    assert rows[-2] == ("5/12/24", "9:05 PM", "Bob", "First line\n\nthird line")
    assert rows[-1][-1] == f"{before}Bob left"


def test_texts_that_mention_a_time_are_no_chat():
    data = "".join(f"{text}\n" for text in TEXTS) + "On 12/05/2024, 10:11 Ann said: no\n"
    check(data, ["text"], [GOOD], 19, [], "a.txt")


def test_lines_of_which_one_has_no_such_label_stay_texts():
    data = "".join(f"DESC:manner {text}\n" for text in TEXTS) + "NOTE: nothing fine\n"
    check(data, ["text"], [f"DESC:manner {GOOD}"], 19, [], "a.txt")


@pytest.mark.parametrize("labels", ["01", "12345", ("pos", "neg"), ("Negative", "Positive")])
def test_a_label_before_every_text_is_no_part_of_it(labels):
    pairs = [(labels[n % len(labels)], text) for n, text in enumerate(TEXTS)]
    data = "".join(f"{label} {text}\n" for label, text in pairs)
    check(data, ["label", "text"], [labels[0], GOOD], 18, [FIRST_WORD], "a.txt")
    assert read(data, "a.txt", delimiter="").rows[0][1] == (f"{labels[0]} {GOOD}",)


@pytest.mark.parametrize("firsts", [range(1, 19), (1,), (*[1, 2] * 8, 1, 7), ("pos", "Very")])
def test_numbers_and_words_that_are_no_labels_stay_in_the_text(firsts):
    begun = [f"{firsts[n % len(firsts)]} {text}" for n, text in enumerate(TEXTS)]
    check("".join(f"{line}\n" for line in begun), ["text"], [begun[0]], 18, [], "a.txt")


@pytest.mark.parametrize("rule", ["|---|:---:|", "| --- | --- |", "|=====|=====|"])
def test_the_rule_below_the_names_of_a_table_in_markdown_is_no_row(rule):
    data = lines(TEXTS, LABELS, between=" | ").replace("\n", " |\n| ").removesuffix("| ")
    head = f"| text | label |\n{rule}\n| "
    stream = read(head + data, "a.md")
    assert {"text", "label"} <= set(stream.columns)
    assert len(stream.rows) == 18
    assert any("Rows left out below the header" in str(notice) for notice in stream.notices)


BESIDE = {  # a text and its label → the line, and what is said
    "FinancialPhraseBank": ("{1}@{0}", "The last word of each line was read as its label"),
    "an unquoted comma": ("{1}, or so,{0}", "The last word of each line was read as its label"),
    "a colon": ("{0}: {1}", FIRST_WORD),
    "Chinese": ("{0}：{1}", FIRST_WORD),
}


@pytest.mark.parametrize("labels", [("positive", "negative"), ("好评", "差评"), ("Pos", "Neg")])
@pytest.mark.parametrize("form", BESIDE)
def test_a_label_beside_a_sign_is_no_part_of_the_text(form, labels):
    line, told = BESIDE[form]
    pairs = [(labels[n % 2], text) for n, text in enumerate(TEXTS)]
    data = "".join(line.format(*pair) + "\n" for pair in pairs)
    text = GOOD + ", or so" * ("or so" in line)
    check(data, ["label", "text"], [labels[0], text], 18, [told], "a.txt")


def test_a_line_without_its_label_has_none():
    data = "".join(f"{text}\t{n % 2}\n" for n, text in enumerate(TEXTS[:14])) + "Nothing here.\n"
    stream = read(data, "a.txt")
    assert stream.columns == ("label", "text")
    assert stream.rows[0][1] == ("0", GOOD)
    assert stream.rows[-1][1] == ("", "Nothing here.")


def test_trees_give_their_words_and_the_number_of_the_whole():
    trees = ["(3 (2 Good) (2 (2 -LRB-) (2 (2 really) (2 -RRB-))))", "(1 (2 Bad) (2 .))"] * 3
    told = ["The lines were read as trees of the Stanford Sentiment Treebank"]
    check("\n".join(trees), ["label", "text"], ["3", "Good ( really )"], 6, told, "a.txt")


def test_words_that_recur_beside_a_sign_are_said_where_they_stay_in_the_text():
    feelings = ("joy", "fear", "anger")
    data = "".join(f"{text};{feelings[n % 3]}\n" for n, text in enumerate(TEXTS[:17]))
    data += "No sign at all\n"
    said = "Nearly every line begins or ends with one of few words (“joy”, “fear”, “anger”)"
    check(data, ["text"], [f"{GOOD};joy"], 18, [said], "a.txt")
    assert read(data, "a.txt").notices[0].values["delimiter"] == ";"


def test_blocks_of_lines_between_blank_lines_are_said():
    words = "\n\n".join("\n".join(text.split()) for text in TEXTS[:3])
    said = "Blank lines stand between blocks of several lines"
    assert any(said in str(notice) for notice in read(words, "a.txt").notices)
    alone = "\n\n".join(TEXTS)
    assert not any(said in str(notice) for notice in read(alone, "a.txt").notices)


SAID = {  # field of a `Reading` → a value, and what the command line calls it
    "encoding": ("utf-8", "--encoding"),
    "delimiter": (";", "--delimiter"),
    "quoting": ("none", "--quoting"),
    "skip_bad_rows": (True, "--skip-bad-rows"),
    "part": ("train", "--part"),
}


REFUSED = [(e, field) for e in READERS for field in SAID if field not in OPTIONS.get(e, SAID)]


@pytest.mark.parametrize(("ending", "field"), REFUSED)
def test_an_option_that_a_format_cannot_follow_is_refused(ending, field):
    value, option = SAID[field]
    said = f"a{ending}: {option} has no meaning for files that end in {ending}. Leave it out."
    data = b"\0\xff\1" if ending == ".xlsx" else b"text\na\n"  # text in one is read as text
    with pytest.raises(FileError, match=re.escape(said)):
        open_rows(data, f"a{ending}", **{field: value})


@pytest.mark.parametrize(("header", "option"), [(0, "--no-header"), (2, "--header-row")])
def test_a_refused_header_is_called_as_the_user_called_it(header, option):
    with pytest.raises(FileError, match=f"a.jsonl: {option} has no meaning"):
        read('{"text": "a"}', "a.jsonl", header=header)


def test_json_without_parts_and_the_hub_refuse_a_part():
    with pytest.raises(FileError, match="a.jsonl has no parts to choose from. Leave out --part."):
        read('{"text": "a"}', "a.jsonl", part="train")
    with pytest.raises(FileError, match="hub:a/b:train: --part has no meaning for data sets of"):
        open_rows("hub:a/b:train", part="test")


R = {
    "write.table, .txt": ('"text" "label"', '"{n}" "{text}" "{label}"', "a.txt"),
    "without row names": ('"text" "label"', '"{text}" "{label}"', "a.txt"),
    "tabs": ("text\tlabel", "{n}\t{text}\t{label}", "a.txt"),
    "tabs, .tsv": ("text\tlabel", "{n}\t{text}\t{label}", "a.tsv"),
    "commas": ('"text","label"', '"{n}","{text}","{label}"', "a.csv"),
}


@pytest.mark.parametrize("kind", R)
@pytest.mark.parametrize("count", [3, 18])
def test_tables_as_r_writes_them_are_read_with_their_row_numbers_aside(kind, count):
    head, row, name = R[kind]
    labels = ["positive", "negative", "positive"] * 6
    rows = [
        row.format(n=n, text=text, label=label)
        for n, (text, label) in enumerate(zip(TEXTS[:count], labels, strict=False), 1)
    ]
    table = read("\n".join([head, *rows]) + "\n", name).head()
    assert table.column("text") == [text.strip() for text in TEXTS[:count]]
    assert table.column("label") == labels[:count]


def test_a_comma_too_many_in_each_row_is_no_row_number():
    with pytest.raises(FileError, match="another number of fields"):
        read(
            "text,label\ngood, but slow,positive\nbad, and late,negative\nso, so,positive\n",
            "a.csv",
        )


def test_rows_that_end_with_a_delimiter_have_no_row_numbers():
    rows = "".join(f"{n};{text.strip()};neg;\n" for n, text in enumerate(TEXTS[:4], 1))
    table = read("id;text;label\n" + rows, "a.csv").head()
    assert table.columns == ("id", "text", "label")
    assert table.column("text") == [text.strip() for text in TEXTS[:4]]


def test_quoted_sentences_side_by_side_with_words_between_are_texts():
    data = '"Good" she said "never"\n"Bad" he said "always"\n"Fine" they said "often"\n'
    assert len(read(data, "a.txt").columns) == 1
