"""Class names that a file brings: in its metadata, in a list beside it, in a column for each."""

import json

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from attnviz.data import classes_beside, collect, gathered, open_rows
from attnviz.data.class_names import ClassFile, names_of_numbers, schema_classes
from attnviz.data.table import Table

NAMES = ["sadness", "joy", "love"]


def with_features(features: object, kind=None) -> pa.Table:
    found = pa.table({"text": ["a", "b", "c"], "label": pa.array([2, 0, -1], kind or pa.int64())})
    told = features if isinstance(features, bytes) else json.dumps(features).encode()
    return found.replace_schema_metadata({"huggingface": told})


def features(**label: object) -> dict:
    return {"info": {"features": {"text": {"_type": "Value"}, "label": label}}}


def write_arrow(table: pa.Table, path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def write_stream(table: pa.Table, path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    "a.parquet": parquet.write_table,
    "a.arrow": write_stream,  # as `save_to_disk` writes it
    "a.ipc": write_arrow,
    "a.feather": feather.write_feather,
}


@pytest.mark.parametrize("name", WRITERS)
def test_integers_of_a_file_become_the_names_of_classes_in_its_metadata(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](with_features(features(_type="ClassLabel", names=NAMES)), path)
    table = collect(open_rows(path))
    assert table.column("label") == ["love", "sadness", ""]  # -1 marks a hidden label
    assert [str(notice) for notice in table.notices] == [
        "The file names the classes of “label”, so their numbers were read as these names."
    ]


@pytest.mark.parametrize(
    "told",
    [
        b"no JSON",
        b"[]",
        b'{"info": 3}',
        b'{"info": {"features": [1]}}',
        features(_type="ClassLabel", names="abc"),
        features(_type="ClassLabel", names=["a", 3]),
        features(_type="Value", names=NAMES),
    ],
)
def test_malformed_metadata_name_nothing(told):
    assert schema_classes(with_features(told).schema) == {}


def test_only_whole_numbers_are_classes():
    table = with_features(features(_type="ClassLabel", names=NAMES), pa.float64())
    assert schema_classes(table.schema) == {}


def test_a_list_of_classes_beside_a_file_is_found_and_broken_ones_are_not(tmp_path):
    path = tmp_path / "test.tsv"
    path.write_text("text\tlabel\n")
    assert classes_beside(path) is None
    (tmp_path / "labels.txt").write_bytes(b"\xff\xfe\x00")
    assert classes_beside(path) is None
    (tmp_path / "class.txt").write_text("finance\n房产\n\n", encoding="utf-8")
    assert classes_beside(path).classes == ("finance", "房产")
    assert classes_beside(tmp_path / "class.txt") is None  # it is not beside itself
    assert classes_beside("hub:a/b:test") is None


def test_a_list_beside_a_file_names_its_numbers_however_they_are_spelled():
    named = ClassFile("class.txt", ("finance", "realty", "stocks"))
    found = {"0": "finance", "2.0": "stocks", "LABEL_1": "realty", " 1": "realty"}
    assert names_of_numbers(found, named) == found
    assert names_of_numbers(["0"], named) == {"0": "finance"}


@pytest.mark.parametrize("other", ["3", "-1", "0.5", "joy", "2 stars", ""])
def test_a_list_beside_a_file_names_nothing_where_a_label_is_none_of_its_lines(other):
    assert names_of_numbers(["0", "1", other], ClassFile("class.txt", ("a", "b", "c"))) == {}


# One column a class.


def one_hot(text: str, known=("negative", "positive")) -> Table:
    return collect(gathered(open_rows(text.encode(), "a.csv"), known))


def test_a_column_for_each_class_becomes_the_label():
    table = one_hot("text,negative,positive\ngood,0,1\nbad,1,0\nso so,0,0\n")
    assert table.columns == ("text", "negative", "positive", "label")
    assert table.column("label") == ["positive", "negative", ""]
    assert [str(notice) for notice in table.notices] == [
        "The columns “negative”, “positive” hold one 1 a row: which of them it is became the "
        "column “label”.",
        "Rows with no 1 or several in these columns, which have no label: 1.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "text,negative,positive\na,1,1\nb,1,1\nc,0,1\n",  # several at once
        "text,negative,positive\na,0.2,0.8\nb,1,0\n",  # scores
        "text,positive,seen\na,1,0\nb,0,1\n",  # one class alone
        "text,label,negative,positive\na,x,0,1\nb,y,1,0\n",  # it has labels
    ],
)
def test_other_columns_of_numbers_stay_what_they_are(text):
    assert "label (2)" not in one_hot(text).columns
    assert len(one_hot(text).columns) == len(text.split("\n")[0].split(","))


def test_where_no_labels_are_known_every_row_has_a_single_1():
    text = "text,sports,news,is_long\na,1,0,1\nb,0,1,1\nc,0,1,0\n"
    assert one_hot(text, None).column("label") == ["sports", "news", "news"]
    assert "label" not in one_hot(text + "d,1,1,0\n", None).columns
