"""JSON as people have it: every slip must end in a table or a clear word at its line."""

import json
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.data import Table, open_rows, read_table
from attnviz.errors import FileError

EXAMPLE = '{"text": "Not bad at all", "label": "positive"}'


def read(text: str, name: str = "a.jsonl", encoding: str = "utf-8") -> Table:
    return read_table(text.encode(encoding), name)


def refusal(text: str, name: str = "a.jsonl") -> str:
    with pytest.raises(FileError) as caught:
        read(text, name)
    return str(caught.value)


def told(table: Table) -> list[str]:
    return [str(notice) for notice in table.notices]


# What is read


def test_each_line_is_a_row_and_each_key_a_column():
    table = read('{"text": "good\\nreally", "label": "好"}\r\n{"label": "bad", "text": ""}\n')
    assert table.columns == ("text", "label")
    assert table.rows == (("good\nreally", "好"), ("", "bad"))
    assert (table.lines, table.encoding, table.notices) == ((1, 2), "utf-8", ())


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_a_list_of_objects_is_read_with_the_line_of_each(ending):
    table = read(
        '\n [\n {"text": "a",\n "label": 1},{"text": "b", "label": 2}\n,\n{}\n]\n', "x" + ending
    )
    assert table.rows == (("a", "1"), ("b", "2"))
    assert table.lines == (3, 4)
    assert told(table) == ["Blank lines skipped: 1 (the first is line 6)."]


def test_a_json_file_may_hold_one_object_a_line():
    assert read('{"text": "a"}\n{"text": "b"}', "a.json").rows == (("a",), ("b",))


def test_values_are_spelled_as_in_the_file():
    table = read('{"a": 1.50, "b": -0, "c": 1e3, "d": true, "e": null, "f": 9007199254740993}')
    assert table.rows == (("1.50", "-0", "1e3", "true", "", "9007199254740993"),)
    assert {type(cell) for cell in table.rows[0]} == {str}
    digits = "7" * 5_003  # more than Python's int() takes
    assert read(f'{{"a": {digits}}}').rows == ((digits,),)


def test_objects_become_columns_and_lists_stay_json_and_both_are_told():
    table = read('{"text": "a", "tags": ["x", "好", 1.50], "by": {"name": null, "ok": true}}\n')
    assert table.columns == ("text", "tags", "by.name", "by.ok")
    assert table.rows == (("a", '["x", "好", 1.50]', "", "true"),)
    assert told(table) == [
        "Objects in the records became columns: “by.name”, “by.ok”.",
        "Nested values stay JSON in: “tags”.",
    ]


def test_mixed_keys_make_empty_cells_and_are_told():
    table = read(
        '{"text": "a"}\n\n{"text": "b", "label": 1}\n{"label": 2}\n{"label": 3, "text": "d"}'
    )
    assert table.columns == ("text", "label")
    assert table.rows == (("a", ""), ("b", "1"), ("", "2"), ("d", "3"))
    assert table.lines == (1, 3, 4, 5)
    assert told(table) == [
        "Rows that lack a key: 2 (the first in line 1, without “label”). Their cells are empty.",
        "Blank lines skipped: 1 (the first is line 2).",
    ]


def test_a_byte_order_mark_is_no_part_of_the_text():
    for codec in ("utf-8-sig", "utf-16"):
        assert read('{"text": "好"}\n', encoding=codec).rows == (("好",),)


def test_escapes_of_what_is_no_character_are_marked_and_told():
    table = read('{"text": "fine"}\n{"text": "a\\u0000b\\ud800c \\ud83d\\ude00"}\n')
    assert table.column("text") == ["fine", "a\ufffdb\ufffdc 😀"]
    notice = "Characters that no text holds became “\ufffd”. Places: 2 (the first in line 2)."
    assert told(table) == [notice]


def test_keys_become_unique_names():
    assert read('{"": 1, " text": 2, "text": 3, "a\\ud800": 4}').columns == (
        "column 1",
        "text",
        "text (2)",
        "a\ufffd",
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ROWS = st.lists(st.tuples(TEXTS, TEXTS).filter(lambda row: any(map(str.strip, row))), min_size=1)


@given(ROWS, st.booleans(), st.sampled_from([None, 1]), st.booleans())
def test_what_json_wrote_is_read_back_exactly(rows, ascii_only, indent, whole):
    objects = [{"text": text, "label": label} for text, label in rows]
    if whole:
        written = json.dumps(objects, ensure_ascii=ascii_only, indent=indent)
    else:
        written = "\n".join(json.dumps(item, ensure_ascii=ascii_only) for item in objects)
    table = read(written)
    assert table.rows == tuple(rows)
    assert table.notices == ()


SCRAPS = ['{"a": 1}', "{}", "[", "]", ",", ":", '"a"', "1", "null", "\n", "\ud800", "\0", "{", "}"]


@given(st.lists(st.sampled_from(SCRAPS), max_size=9).map("".join), st.booleans())
def test_any_scraps_end_in_a_table_or_a_file_error(text, whole):
    data = text.encode("utf-8", "surrogatepass")
    try:
        table = read_table(data, "a.json")
    except FileError as error:
        assert str(error).startswith("a.json")  # noqa: PT017  either end is a good one
    else:
        assert len(table.rows) == len(table.lines) > 0
        assert {len(row) for row in table.rows} == {len(table.columns)}


# Refusals


@pytest.mark.parametrize(
    ("text", "line", "character"),
    [
        ('{"text": "a"}\n{"text": "b"\n{"text": "c"}', 2, 13),
        ('{"text": "a"}\n\n  {"text": b}\n', 3, 12),
        ('{"text": "a"}\n{"text": "b"} {"text": "c"}\n', 2, 15),
        ('{"text": "a"}\n{"text": "never closed}\n', 2, 10),
        ('[{"text": "a"},\n {"text": "b"}\n {"text": "c"}]', 3, 2),
        ('[{"text": "a"},\r\n {"text": b}]', 2, 11),
        ('[{"text": "a"},\n', 2, 1),
        ('[{"text": "a"}\n]\n {"text": "b"}\n', 3, 2),
        ('{\n  "text": "a",\n  "label": b\n}\n', 3, 12),
    ],
)
def test_broken_json_is_refused_at_its_place(text, line, character):
    message = refusal(text)
    assert message.startswith(f"a.jsonl, line {line}, character {character}: broken JSON (")
    whole = text.startswith(("[", "{\n"))  # no line of it may be left out
    other = "a list of them" if whole else "leave out such lines (--skip-bad-rows)"
    assert message.endswith(f"). Write one whole object a line, as {EXAMPLE}, or {other}.")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("[1, 2]", "a list"),
        ('"text"', "a string"),
        ("7", "a number"),
        ("NaN", "a number"),
        ("true", "true or false"),
        ("null", "null"),
    ],
)
def test_what_is_no_object_is_refused_at_its_line(value, kind):
    said = f"a.jsonl, line 3: {kind} where an object should be."
    assert refusal(f'{{"text": "a"}}\n\n{value}\n').startswith(said)
    assert refusal(f'[{{"text": "a"}},\n\n{value}\n]').startswith(said)


@pytest.mark.parametrize("text", ["{}", "[]", "{}\n{}\n", " [ ] "])
def test_no_key_at_all_is_an_empty_file(text):
    assert refusal(text).startswith("a.jsonl is empty.")


def test_keys_without_a_value_anywhere_are_refused():
    assert refusal('{"text": ""}\n').startswith("a.jsonl has a header (“text”) but no rows.")


@pytest.mark.parametrize("depth", [700, 5_003, 1_000_003])
def test_a_thousand_lists_in_one_another_are_refused_and_never_crash(depth):
    try:
        table = read(f'{{"a": 1}}\n{{"a": {"[" * depth}{"]" * depth}}}')
    except FileError as error:
        assert "a.jsonl, line 2, character 1: broken JSON (nested too deeply)" in str(error)  # noqa: PT017
    else:
        assert len(table.rows[1][0]) == 2 * depth


def test_another_key_on_every_line_is_refused_before_it_fills_the_memory():
    message = refusal("".join(f'{{"k{i}": 1}}\n' for i in range(20_011)))
    assert message.startswith("a.jsonl has more than 10,000 columns. Save it with those that hold")
    message = refusal("".join(f'{{"k{i}": 1}}\n' for i in range(7_001)))
    assert message == "a.jsonl has more than 20,000,000 cells. Split it into smaller files."


def test_an_object_over_several_lines_is_a_row():
    assert read('{\n  "text": "a"\n}\n').rows == (("a",),)


def test_a_cell_of_ten_million_characters_takes_no_time():
    start = perf_counter()
    assert len(read('{"text": "' + "x\\n" * 5_000_000 + '"}').rows[0][0]) == 10_000_000
    assert "line 1, character 10" in refusal('{"text": "' + "x\\n" * 5_000_000)
    assert perf_counter() - start < 10


def with_broken_lines(count: int, broken: dict[int, str]) -> bytes:
    """A record on each line, but for those that are broken."""
    lines = [json.dumps({"text": f"text {n}"}) for n in range(1, count + 1)]
    for line, cells in broken.items():
        lines[line - 1] = cells
    return "\n".join(lines).encode()


@pytest.mark.parametrize("line", [1, 2, 17, 20])
@pytest.mark.parametrize("cells", ['{"text": "cut o', "{text: 1}", '{"text": "a"} {"text": "b"}'])
def test_a_few_broken_lines_are_left_out_counted_and_named(line, cells):
    stream = open_rows(with_broken_lines(20, {line: cells}), "a.jsonl")
    assert [number for number, _ in stream] == [n for n in range(1, 21) if n != line]
    assert [str(notice) for notice in stream.notices] == [
        f"Lines left out that are no whole JSON: 1 (lines {line})."
    ]


def test_many_broken_lines_are_refused_with_the_first_unless_they_may_be_left_out():
    data = with_broken_lines(20, {3: "{", 4: "{", 9: "{"})
    with pytest.raises(FileError) as caught:
        open_rows(data, "a.jsonl")
    assert str(caught.value).startswith("a.jsonl, line 3, character 2: broken JSON")
    assert str(caught.value).endswith("or leave out such lines (--skip-bad-rows).")
    stream = open_rows(data, "a.jsonl", skip_bad_rows=True)
    assert len(list(stream)) == 17
    assert "Lines left out that are no whole JSON: 3 (lines 3, 4, 9)." in map(str, stream.notices)


def test_json_that_is_one_document_has_no_rows_to_leave_out():
    with pytest.raises(FileError, match="--skip-bad-rows has no meaning for JSON that is not one"):
        open_rows(b'[{"text": "a"}]', "a.json", skip_bad_rows=True)
