"""JSON in the layouts that tools write: texts and labels come out, or a word why they do not."""

import json
from time import perf_counter

import pytest

from attnviz.data import (
    Table,
    choose_columns,
    jsonl,
    open_rows,
    read_table,
    value_counts,
)
from attnviz.errors import FileError
from tests.tables import chosen

A, B, C = "I loved every minute of it", "I hated every minute of it", "It was fine on the whole"
PAIRS = ((A, "positive"), (B, "negative"), (C, "positive"))
RECORDS = [{"text": text, "label": label} for text, label in PAIRS]
KEY = "Read the records under the key “{}”."
READ_AS = "Read as {}."
PANDAS = READ_AS.format("an object of columns, as pandas writes it")
PAIR_LISTS = READ_AS.format("lists of values, one a row")
HEADED = READ_AS.format("lists of values, one a row, the first of which names the columns")
STUDIO = READ_AS.format("tasks of Label Studio")
PRODIGY = READ_AS.format("annotations of Prodigy")
SPACY = READ_AS.format("texts with spaCy's categories (cats)")


def lines(records) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def each(make) -> list:
    return [make(text, label) for text, label in PAIRS]


def columns_of(rows) -> dict:
    return {name: {str(i): row[name] for i, row in enumerate(rows)} for name in rows[0]}


def studio(text, label, **annotation) -> dict:
    result = [{"value": {"choices": [label]}, "from_name": "mood", "type": "choices"}]
    return {"id": 1, "data": {"text": text}, "annotations": [{"result": result} | annotation]}


def table(content, name="a.json", **reading) -> Table:
    written = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return read_table(written.encode(), name, **reading)


def told(found: Table) -> list[str]:
    return [str(notice) for notice in found.notices]


def dotted(*names) -> str:
    return f"Objects in the records became columns: {', '.join(f'“{n}”' for n in names)}."


WHOLE = {  # layout → content, and what is said; the texts and labels are those of PAIRS
    "one object a line": (lines(RECORDS), []),
    "a list": (RECORDS, []),
    "a pretty list": (json.dumps(RECORDS, indent=2), []),
    "pretty objects one after the other": ("\n".join(json.dumps(r, indent=1) for r in RECORDS), []),
    "a mark of byte order": ("\ufeff" + lines(RECORDS), []),
    "under data": ({"version": "1.0", "data": RECORDS}, [KEY.format("data")]),
    "under data, pretty": (json.dumps({"data": RECORDS}, indent=2), [KEY.format("data")]),
    "under another key": ({"ok": True, "评论": RECORDS}, [KEY.format("评论")]),
    "two keys deep": ({"response": {"items": RECORDS, "n": 3}}, [KEY.format("response.items")]),
    "beside a message": (
        {"message": "Request was successful", "data": RECORDS},
        [KEY.format("data")],
    ),
    "table of pandas": (
        {"schema": {"fields": [{"name": "text", "type": "string"}] * 4}, "data": RECORDS},
        ["Read the records under the key “data”. Others: “schema.fields” (--part chooses)."],
    ),
    "columns of pandas": (columns_of(RECORDS), [PANDAS]),
    "columns of pandas, with words as rows' names": (
        {
            n: {"x": r[0][n], "y": r[1][n], "z": r[2][n]}
            for n in ("text", "label")
            for r in [RECORDS]
        },
        [PANDAS],
    ),
    "split of pandas": (
        {"columns": ["text", "label"], "index": [0, 1, 2], "data": list(PAIRS)},
        [READ_AS.format("pandas' layout “split”")],
    ),
    "values of pandas": (list(PAIRS), [PAIR_LISTS]),
    "label first": ([[label, text] for text, label in PAIRS], [PAIR_LISTS]),
    "lists a line": (lines(PAIRS), [PAIR_LISTS]),
    "lists with a header": ([["text", "label"], *PAIRS], [HEADED]),
    "lists a line with a header": (lines([["text", "label"], *PAIRS]), [HEADED]),
    "columns as lists": (
        {n: [r[n] for r in RECORDS] for n in ("text", "label")},
        [READ_AS.format("an object of columns, each a list")],
    ),
    "labels by text": (dict(PAIRS), [READ_AS.format("an object of labels by text")]),
    "texts by label": (
        {"positive": [A, C], "negative": [B]},
        [READ_AS.format("lists of texts by label")],
    ),
    "identifier to record": (
        {f"r{i}": r for i, r in enumerate(RECORDS)},
        [READ_AS.format("an object of records by identifier")],
    ),
    "index of pandas": (
        {str(i): r for i, r in enumerate(RECORDS)},
        [READ_AS.format("an object of records by identifier")],
    ),
    "rows of the data set server": (
        {
            "features": [{"feature_idx": i, "name": "text"} for i in range(9)],
            "rows": each(lambda t, b: {"row_idx": 0, "row": {"text": t, "label": b}}),
        },
        [
            "Read the records under the key “rows”. Others: “features” (--part chooses).",
            READ_AS.format("rows of the Hugging Face data set server"),
        ],
    ),
    "Elasticsearch": (
        {"took": 1, "hits": {"total": 3, "hits": [{"_id": "1", "_source": r} for r in RECORDS]}},
        [KEY.format("hits.hits"), READ_AS.format("hits of Elasticsearch")],
    ),
    "GeoJSON": (
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": None, "properties": r} for r in RECORDS],
        },
        [KEY.format("features"), READ_AS.format("features of GeoJSON")],
    ),
    "Label Studio": (each(studio), [STUDIO]),
    "Label Studio's old name": (
        [{"data": t["data"], "completions": t["annotations"]} for t in each(studio)],
        [STUDIO],
    ),
    "doccano": (lines(each(lambda t, b: {"id": 1, "text": t, "label": [b], "Comments": []})), []),
    "doccano, labels": (lines(each(lambda t, b: {"data": t, "labels": [b]})), []),
    "Prodigy, choice": (
        lines(each(lambda t, b: {"text": t, "accept": [b], "answer": "accept", "_task_hash": 1})),
        [PRODIGY],
    ),
    "Prodigy, choice with another answer": (
        lines(each(lambda t, b: {"text": t, "accept": [b], "answer": "ignore"})),
        [PRODIGY],
    ),
    "Prodigy, one label": (
        lines(each(lambda t, b: {"text": t, "label": b, "answer": "accept"})),
        [PRODIGY],
    ),
    "spaCy": (
        lines(each(lambda t, b: {"text": t, "cats": {b: 1.0, "other": 0.0}})),
        [SPACY],
    ),
    "spaCy, true and false": (
        each(lambda t, b: {"text": t, "cats": {b: True, "x": False}}),
        [SPACY],
    ),
    "spaCy, tuples": (each(lambda t, b: [t, {"cats": {b: 1, "x": 0}}]), [PAIR_LISTS, SPACY]),
    "spaCy, list": (
        each(
            lambda t, b: {"text": t, "cats": [{"label": b, "value": 1}, {"label": "x", "value": 0}]}
        ),
        [SPACY],
    ),
    "Ground Truth": (
        lines(each(lambda t, b: {"source": t, "a": 0, "a-metadata": {"class-name": b}})),
        [READ_AS.format("a manifest of SageMaker Ground Truth")],
    ),
    "Python dictionaries": (
        "".join(f"{record!r}\n" for record in RECORDS),
        [READ_AS.format("Python dictionaries in single quotes, which are no JSON")],
    ),
    "a Python list": (
        repr(RECORDS),
        [READ_AS.format("Python dictionaries in single quotes, which are no JSON")],
    ),
    "objects inside": (
        lines(each(lambda t, b: {"review": {"text": t}, "by": {"label": b}})),
        [dotted("review.text", "by.label")],
    ),
    "objects two deep": (
        lines(each(lambda t, b: {"a": {"b": {"text": t}, "label": b}})),
        [dotted("a.b.text", "a.label")],
    ),
    "a list of one object": (
        lines(each(lambda t, b: {"text": t, "annotations": [{"label": b, "user": 1}]})),
        [dotted("annotations.label", "annotations.user")],
    ),
    "Argilla": (
        lines(each(lambda t, b: {"fields": {"text": t}, "responses": {"label": [{"value": b}]}})),
        [dotted("fields.text", "responses.label.value")],
    ),
    "words": (
        lines(each(lambda t, b: {"tokens": t.split(), "label": b})),
        ["Lists of words or sentences were joined to texts in: “tokens”."],
    ),
    "a text of several lines": (
        lines(each(lambda t, b: {"text": t.split(" ", 2), "label": b})),
        ["Lists of words or sentences were joined to texts in: “text”."],
    ),
    "a decoy: entities beside each text": (
        lines(each(lambda t, b: {"text": t, "label": b, "entities": [{"text": "it"}, {"s": 2}]})),
        ["Nested values stay JSON in: “entities”."],
    ),
    "a decoy: data that is no task": (
        lines(each(lambda t, b: {"text": t, "label": b, "data": 3})),
        [],
    ),
    "a decoy: many keys inside": (
        lines(
            {"text": t, "label": b, "counts": {f"w{i}": 1 for i in range(40 * n, 40 * n + 40)}}
            for n, (t, b) in enumerate(PAIRS)
        ),
        ["Nested values stay JSON in: “counts”."],
    ),
    "a decoy: a row of the server's names": (
        lines(each(lambda t, b: {"text": t, "label": b, "row": 1, "_id": 2})),
        [],
    ),
}


@pytest.mark.parametrize("layout", WHOLE)
def test_every_known_layout_gives_its_texts_and_labels_and_says_what_it_is(layout):
    content, said = WHOLE[layout]
    found = table(content)
    cells = {tuple(sorted(set(row) & {t for pair in PAIRS for t in pair})) for row in found.rows}
    assert cells == {tuple(sorted(pair)) for pair in PAIRS}
    assert len(found.rows) == 3
    assert told(found) == said


CELLS = {  # what is no plain text and label: content → columns, rows
    "an annotation that was cancelled has no label": (
        [studio(A, "positive"), studio(B, "negative", was_cancelled=True)],
        ("text", "label"),
        [(A, "positive"), (B, "")],
    ),
    "annotations that disagree have no label": (
        [
            {**studio(A, "x"), "annotations": [studio(A, b)["annotations"][0] for b in "xy"]},
            studio(B, "y"),
        ],
        ("text", "label"),
        [(A, ""), (B, "y")],
    ),
    "a task without an annotation has no label": (
        [studio(A, "x"), {"data": {"text": B}, "annotations": []}],
        ("text", "label"),
        [(A, "x"), (B, "")],
    ),
    "a rejected label is none": (
        [
            {"text": A, "label": "x", "answer": "accept"},
            {"text": B, "label": "x", "answer": "reject"},
        ],
        ("text", "answer", "label"),
        [(A, "accept", "x"), (B, "reject", "")],
    ),
    "a rejected choice is none": (
        [
            {"text": A, "accept": ["x"], "answer": "accept"},
            {"text": B, "accept": ["x"], "answer": "reject"},
        ],
        ("text", "answer", "label"),
        [(A, "accept", "x"), (B, "reject", "")],
    ),
    "no category above one half is no label": (
        [{"text": A, "cats": {"x": 0.9, "y": 0.1}}, {"text": B, "cats": {"x": 0.5, "y": 0.5}}],
        ("text", "label"),
        [(A, "x"), (B, "")],
    ),
    "two categories are no single label": (
        [{"text": A, "cats": {"x": 1, "y": 0}}, {"text": B, "cats": {"x": 1, "y": 1}}],
        ("text", "label"),
        [(A, "x"), (B, "")],
    ),
    "Chinese words take no spaces": (
        [{"tokens": ["这", "部", "电影", "OK", "!"]}],
        ("tokens",),
        [("这部电影 OK !",)],
    ),
    "pieces of words are put together": (
        [{"tokens": ["un", "##believ", "##able", "film"]}, {"tokens": ["▁so", "▁go", "od"]}],
        ("tokens",),
        [("unbelievable film",), ("so good",)],
    ),
    "tags of words are no text": (
        [{"tokens": ["I", "left"], "ner_tags": [0, 3]}],
        ("tokens", "ner_tags"),
        [("I left", "[0, 3]")],
    ),
    "what pandas writes for nothing is empty": (
        '{"text": "a", "score": NaN}\n{"text": "b", "score": 1}\n',
        ("text", "score"),
        [("a", ""), ("b", "1")],
    ),
    "an object in some records only stays whole": (
        [{"text": A, "by": {"name": "x"}}, {"text": B, "by": "y"}, {"text": C, "by": None}],
        ("text", "by"),
        [(A, '{"name": "x"}'), (B, "y"), (C, "")],
    ),
    "an object that some records lack is taken apart": (
        [{"text": A, "by": None}, {"text": B, "by": {"name": "y"}}],
        ("text", "by.name"),
        [(A, ""), (B, "y")],
    ),
    "lists of several objects stay whole": (
        [{"text": A, "e": [{"s": 1}]}, {"text": B, "e": [{"s": 1}, {"s": 2}]}],
        ("text", "e"),
        [(A, '[{"s": 1}]'), (B, '[{"s": 1}, {"s": 2}]')],
    ),
    "a list of texts": ([A, B], ("text",), [(A,), (B,)]),
    "texts by number": (
        {"0": A, "1": B, "2": C},
        ("id", "text"),
        [("0", A), ("1", B), ("2", C)],
    ),
    "one record is one row": (
        {"text": A, "ents": [{"text": "it"}]},
        ("text", "ents.text"),
        [(A, "it")],
    ),
    "quotes of both kinds in Python": (
        "{'text': \"It's good\", u'n': None, 'ok': True, 'at': (1, 2)}\n",
        ("text", "n", "ok", "at"),
        [("It's good", "", "true", "[1, 2]")],
    ),
}


@pytest.mark.parametrize("law", CELLS)
def test_cells_are_what_the_records_say(law):
    content, columns, rows = CELLS[law]
    found = table(content)
    assert found.columns == columns
    assert list(found.rows) == rows


def test_a_list_of_several_labels_is_no_single_label_and_is_counted():
    found = table(lines([{"text": A, "label": ["x"]}, {"text": B, "label": ["x", "y"]}]))
    assert found.column("label") == ["x", '["x", "y"]']
    assert told(found) == [
        "Lists of several values in “label”, which are no single label and stay JSON: 1 (the first "
        "in line 2)."
    ]


def test_the_lines_are_those_where_the_records_start_however_deep_they_lie():
    content = json.dumps({"a": {"n": 1, "list": RECORDS}, "z": 2}, indent=1)
    found = table(content)
    starts = [i for i, line in enumerate(content.split("\n"), 1) if line.strip() == "{"][1:]
    assert list(found.lines) == starts


def test_another_key_can_be_chosen():
    content = {"train": RECORDS, "test": [{"text": C, "label": "negative"}]}
    found = table(content)
    notice = "Read the records under the key “train”. Others: “test” (--part chooses)."
    assert told(found) == [notice]
    assert table(content, part="test").rows == ((C, "negative"),)
    with pytest.raises(FileError) as caught:
        table(content, part="dev")
    assert str(caught.value) == (
        "a.json has no records under the key “dev”. Choose one of: “train”, “test”."
    )


@pytest.mark.parametrize("indent", [None, 1])
def test_pairs_under_several_keys_are_splits(indent):
    content = json.dumps(
        {"train": [[A, "x"], [B, "y"]], "oos": [[C, "z"]], "dev": []}, indent=indent
    )
    found = table(content)
    assert found.columns == ("text", "label", "split")
    assert found.rows == ((A, "x", "train"), (B, "y", "train"), (C, "z", "oos"))
    assert told(found) == [
        "Read the rows under 2 keys, “train”, “oos”; the column “split” names the key (--part "
        "takes one)."
    ]
    found = table(content, part="oos")
    assert (found.columns, found.rows) == (("text", "label"), ((C, "z"),))
    assert told(found) == [
        "Read the records under the key “oos”. Others: “train” (--part chooses)."
    ]
    with pytest.raises(FileError, match="“dev”. Choose one of: “train”, “oos”."):
        table(content, part="dev")


def test_a_file_without_parts_says_so_where_one_is_asked_for():
    with pytest.raises(FileError, match="a.json has no parts to choose from. Leave out --part."):
        table({"text": [A, B], "label": ["x", "y"]}, part="dev")


def test_rejected_annotations_are_counted():
    records = [
        {"text": text, "label": "POSITIVE", "answer": answer}
        for text, answer in ((A, "accept"), (B, "reject"), (C, "reject"), (A, "ignore"))
    ]
    assert told(table(lines(records), "a.jsonl")) == [
        PRODIGY,
        "Annotations that were rejected, so without a label: 2 (the first in line 2).",
    ]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('[{"text": "a"},\n {"text": "b"},\n]', 3, "a comma that nothing follows"),
        ('{"data": [\n{"text": "a",}]}', 2, "a comma that nothing follows"),
        ('[\n// mine\n{"text": "a"}]', 2, "a comment, which JSON does not know"),
        ('{\n  text: "a"\n}', 2, "a key without double quotes"),
        ('{"text": "a"}{"text": "b"}\n', 1, "Extra data"),
        ('{"text": "a"}\n{"text": "b"} {"text": "c"}\n', 2, "Extra data"),
    ],
)
def test_what_is_nearly_json_is_refused_with_what_is_wrong(content, line, reason):
    with pytest.raises(FileError) as caught:
        table(content)
    message = str(caught.value)
    assert message.startswith(f"a.json, line {line}, ")
    assert f"broken JSON ({reason})" in message


def test_another_key_in_every_line_is_refused_at_once():
    start = perf_counter()
    with pytest.raises(FileError, match="more than 10,000 columns"):
        table("".join(f'{{"text": "hello film", "k{i}": {i}}}\n' for i in range(60_000)))
    assert perf_counter() - start < 5


def test_a_nested_value_is_never_the_text_nor_the_label():
    spans = [{"s": 1, "kind": "a long name of a kind"}, {"s": 2, "kind": "another long name"}]
    found = table(
        lines({"id": f"r{i}", "said": t, "spans": spans} for i, (t, _) in enumerate(PAIRS))
    )
    assert chosen(found).text == "said"
    assert chosen(found).label is None
    named = table(lines({"said": t, "content": [{"a": 1}, {"b": 2}]} for t, _ in PAIRS))
    assert chosen(named).text == "said"


def test_where_only_nested_values_could_be_texts_the_reason_is_said():
    turns = [{"said": A}, {"said": B}]
    with pytest.raises(FileError) as caught:
        chosen(table(lines({"id": f"r{i}", "turns": turns} for i in range(3))))
    assert str(caught.value) == (
        "The columns are “id”, “turns”. No texts were found in them but for the nested JSON in "
        '“turns”. Write each text as a value of its own, as {"text": "Not bad at all", "label": '
        '"positive"}.'
    )


CHAT = READ_AS.format("chats of one message and one reply")


@pytest.mark.parametrize(
    ("key", "who", "what", "roles"),
    [
        ("messages", "role", "content", ("system", "user", "assistant")),
        ("conversations", "from", "value", ("system", "human", "gpt")),
    ],
)
def test_a_chat_of_one_message_and_one_reply_is_a_text_and_its_label(key, who, what, roles):
    said = [("Is it positive or negative?", text, label) for text, label in PAIRS]
    records = [
        {key: [{who: role, what: words} for role, words in zip(roles, line, strict=True)]}
        for line in said
    ]
    table = read_table(lines(records).encode(), "a.jsonl")
    assert table.columns == ("text", roles[2])
    assert table.rows == PAIRS
    assert CHAT in [str(notice) for notice in table.notices]
    found = choose_columns(table, value_counts(table), ("negative", "positive"))
    assert (found.text, found.label, found.label_by) == ("text", roles[2], "values")


def test_a_longer_chat_is_no_text():
    turns = [{"role": role, "content": A} for role in ("user", "assistant", "user", "assistant")]
    with pytest.raises(FileError, match="nested JSON in “messages”"):
        chosen(table(lines([{"messages": turns}] * 3)))


def test_a_document_is_unwrapped_once_to_open_it_and_once_a_pass(monkeypatch):
    unwrapped, unwrap = [], jsonl.unwrap_document
    monkeypatch.setattr(
        jsonl, "unwrap_document", lambda *words: unwrapped.append(1) or unwrap(*words)
    )
    stream = open_rows(b'{"data": [\n{"text": "a"},\n\n{"text": "b"}]}', "a.json")
    assert len(unwrapped) == 1
    for passes in (1, 2):
        assert list(stream) == [(2, ("a",)), (4, ("b",))]
        assert len(unwrapped) == 1 + passes
