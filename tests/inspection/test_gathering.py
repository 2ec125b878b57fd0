"""Folders as people keep them: splits, texts by class, data sets that were saved to disk."""

import bz2
import json
import lzma
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, ipc, parquet

from attnviz.data import classes_beside
from attnviz.errors import FileError
from attnviz.inspection.gathering import open_source, source_digest

TRAIN = pa.table({"text": ["good film", "bad film"], "label": [1, 0]})
TEST = pa.table({"text": ["so so"], "label": [0]})


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def save_to_disk(folder: Path, table: pa.Table) -> None:
    folder.mkdir(parents=True)
    for name in ("data-00000-of-00001.arrow", "cache-1f.arrow"):
        with ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table)
    put(folder / "state.json", b'{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    put(folder / "dataset_info.json", b"{}")


def rows(place: Path, **reading):
    stream = open_source(place, **reading)
    return stream, [cells for _, cells in stream]


def told(stream) -> list[str]:
    return [str(notice) for notice in stream.notices]


def test_a_data_set_that_was_saved_to_disk_is_read_without_its_caches(tmp_path):
    save_to_disk(tmp_path / "ds", TRAIN)
    stream, found = rows(tmp_path / "ds")
    assert stream.columns == ("text", "label", "file")
    assert [cells[:2] for cells in found] == [("good film", "1"), ("bad film", "0")]


def test_the_splits_of_a_saved_data_set_are_a_column_and_one_can_be_chosen(tmp_path):
    save_to_disk(tmp_path / "ds" / "train", TRAIN)
    save_to_disk(tmp_path / "ds" / "gold", TEST)
    put(tmp_path / "ds" / "dataset_dict.json", json.dumps({"splits": ["train", "gold"]}).encode())
    stream, found = rows(tmp_path / "ds")
    assert stream.columns == ("text", "label", "split", "file")
    assert [cells[2] for cells in found] == ["gold", "train", "train"]
    assert told(stream) == [
        "The column “split” says of which part a text is: “gold”, “train” (--part chooses)."
    ]
    stream, found = rows(tmp_path / "ds", part="gold")
    assert [cells[:2] for cells in found] == [("so so", "0")]
    assert told(stream) == ["The texts are of the part “gold”. Others: “train”."]
    with pytest.raises(FileError, match="no part “dev”. Choose one of: “gold”, “train”"):
        rows(tmp_path / "ds", part="dev")


def test_files_named_after_splits_are_those_splits(tmp_path):
    for name, table in (("train-00000-of-00001", TRAIN), ("test-00000-of-00001", TEST)):
        (tmp_path / "data").mkdir(exist_ok=True)
        parquet.write_table(table, tmp_path / "data" / f"{name}.parquet")
    stream, found = rows(tmp_path)
    assert [cells[2] for cells in found] == ["test", "train", "train"]
    assert stream.parts == ("test", "train")


def test_files_of_other_columns_are_refused_with_the_choice(tmp_path):
    put(tmp_path / "train.csv", b"text,label\na,1\n")
    put(tmp_path / "test.csv", b"text\nb\n")
    with pytest.raises(FileError, match="or choose one with --part"):
        rows(tmp_path)
    for part in ("train", "train.csv"):
        assert [cells[:2] for cells in rows(tmp_path, part=part)[1]] == [("a", "1")]


@pytest.mark.parametrize("name", ["testimonials.csv", "values.csv", "trainers.csv", "latest.csv"])
def test_a_word_that_only_begins_like_a_split_is_none(tmp_path, name):
    put(tmp_path / name, b"text\na\n")
    put(tmp_path / "train.csv", b"text\nb\n")
    assert rows(tmp_path)[0].columns == ("text", "file")


def test_a_folder_for_each_class_gives_the_labels(tmp_path):
    for split in ("train", "test"):
        for label in ("pos", "neg", "unsup"):
            for number in range(2):
                path = tmp_path / "aclImdb" / split / label / f"{number}_1.txt"
                put(path, f"{split} {label} {number}".encode())
    put(tmp_path / "aclImdb" / "README", b"x")
    stream, found = rows(tmp_path / "aclImdb")
    assert stream.columns == ("text", "label", "split", "file")
    assert len(found) == 12
    assert found[0] == ("test neg 0", "neg", "test", "test/neg/0_1.txt")
    assert {cells[1] for cells in found if "unsup" in cells[0]} == {""}
    stream, found = rows(tmp_path / "aclImdb" / "train")
    assert stream.columns == ("text", "label", "file")
    first = source_digest(tmp_path / "aclImdb")
    put(tmp_path / "aclImdb" / "test" / "pos" / "0_1.txt", b"other")
    assert source_digest(tmp_path / "aclImdb") != first


def test_a_folder_of_texts_is_a_text_a_file_and_few_are_read_by_line(tmp_path):
    for number in range(5):
        put(tmp_path / "many" / f"{number}.txt", b"one\ntwo\n")
    assert rows(tmp_path / "many")[1][0] == ("one\ntwo", "0.txt")
    put(tmp_path / "few" / "a.txt", b"one\ntwo\n")
    assert rows(tmp_path / "few")[1] == [("one", "a.txt"), ("two", "a.txt")]


@pytest.mark.parametrize(
    "ending", [".csv.bz2", ".psv", ".feather", ".ipc", ".dat", ".md", ".jsonl.xz"]
)
def test_a_folder_holds_files_of_every_ending_that_can_be_read(tmp_path, ending):
    data = {
        ".csv.bz2": bz2.compress(b"text,label\na film,1\n"),
        ".psv": b"text|label\na film|1\n",
        ".jsonl.xz": lzma.compress(b'{"text": "a film"}\n'),
    }.get(ending, b"a film\n")
    put(tmp_path / f"a{ending}", data)
    if ending in (".feather", ".ipc"):
        feather.write_feather(TRAIN, tmp_path / f"a{ending}")
    stream, found = rows(tmp_path)
    assert "film" in found[0][0]
    assert found[0][-1] == f"a{ending}"
    assert not any("left out" in line for line in told(stream))


def test_files_beside_the_tables_of_a_folder_are_named(tmp_path):
    put(tmp_path / "a.csv", b"text,label\na,1\n")
    put(tmp_path / "notes.txt", b"x\n")
    put(tmp_path / "README.md", b"x\n")
    put(tmp_path / "_SUCCESS", b"")
    stream, found = rows(tmp_path)
    assert found == [("a", "1", "a.csv")]
    assert told(stream) == ["Files of the folder that were left out: “notes.txt” (--part chooses)."]
    assert (stream.parts, stream.part) == (("a.csv", "notes.txt"), "a.csv")
    stream, found = rows(tmp_path, part="notes.txt")
    assert found == [("x", "notes.txt")]
    assert told(stream) == []
    before = source_digest(tmp_path)
    put(tmp_path / "notes.txt", b"y\n")
    assert source_digest(tmp_path) != before


def test_a_file_of_lines_for_each_side_gives_the_labels_of_a_folder(tmp_path):
    put(tmp_path / "pos.txt", b"good film\nfine\n")
    put(tmp_path / "neg.txt", b"bad film\n")
    stream, found = rows(tmp_path)
    assert stream.columns == ("text", "label", "file")
    assert sorted(found) == [
        ("bad film", "neg", "neg.txt"),
        ("fine", "pos", "pos.txt"),
        ("good film", "pos", "pos.txt"),
    ]


def test_what_cannot_be_read_in_a_folder_is_named_without_a_choice(tmp_path):
    put(tmp_path / "a.csv", b"text,label\na,1\n")
    put(tmp_path / "cover.png", b"x")
    assert told(rows(tmp_path)[0]) == ["Files of the folder that were left out: “cover.png”."]
    with pytest.raises(FileError, match="a.csv: --part has no meaning"):
        rows(tmp_path, part="cover.png")


def test_a_list_of_classes_in_a_folder_names_the_numbers_of_its_files(tmp_path):
    for name in ("train.txt", "test.txt"):
        put(tmp_path / name, b"a film about nothing\t1\nbad weather again\t0\n")
    put(tmp_path / "class.txt", b"news\nculture\n")
    assert {cells[-1] for cells in rows(tmp_path)[1]} == {"train.txt", "test.txt"}
    assert classes_beside(tmp_path).classes == ("news", "culture")


def test_options_that_texts_in_folders_cannot_follow_are_refused(tmp_path):
    for number in range(5):
        put(tmp_path / f"{number}.txt", b"one\n")
    with pytest.raises(FileError, match="--delimiter has no meaning for files that are a text"):
        rows(tmp_path, delimiter=";")
