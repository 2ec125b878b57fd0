"""Files that hold several: which one is read, and that each can be chosen."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pyarrow as pa
import pytest
from pyarrow import feather, ipc

from attnviz.data import open_rows
from attnviz.errors import FileError

GOOD, BAD = "I loved every minute of it", "I hated every minute of it"
TRAIN = f"id,text,label\n1,{GOOD},positive\n2,{BAD},negative\n".encode()
TEST = f"id,text\n3,{GOOD} too\n".encode()
IDS = b"id,label\n3,0\n4,0\n"
BY_CLASS = {
    "aclImdb/README": b"What this is",
    "aclImdb/imdb.vocab": b"the\nand\n",
    "aclImdb/test/pos/0_10.txt": GOOD.encode(),
    "aclImdb/test/neg/0_2.txt": BAD.encode(),
    "aclImdb/train/pos/0_9.txt": b"A fine film\r\n",
    "aclImdb/train/neg/0_1.txt": "Too long, caf\xe9".encode("latin-1"),
    "aclImdb/train/unsup/0_0.txt": b"Nobody says",
    "aclImdb/train/unsup/1_0.txt": b"Nor here",
    "aclImdb/train/labeledBow.feat": b"9 0:9",
    "aclImdb/train/urls_pos.txt": b"http://a\nhttp://b\n",
}


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            item = tarfile.TarInfo(name)
            item.size = len(data)
            archive.addfile(item, io.BytesIO(data))
        link = tarfile.TarInfo("link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


PACKED = {  # ending → what packs members so
    ".zip": zipped,
    ".tar": tarred,
    ".tar.gz": lambda members: gzip.compress(tarred(members)),
    ".tgz": lambda members: gzip.compress(tarred(members)),
    ".tar.bz2": lambda members: bz2.compress(tarred(members)),
    ".tar.xz": lambda members: lzma.compress(tarred(members)),
}


def rows(data: bytes, name: str, **reading):
    stream = open_rows(data, name, **reading)
    return stream, [cells for _, cells in stream]


def told(stream) -> list[str]:
    return [str(notice) for notice in stream.notices]


def refusal(data: bytes, name: str, **reading) -> str:
    with pytest.raises(FileError) as caught:
        rows(data, name, **reading)
    return str(caught.value)


@pytest.mark.parametrize("ending", PACKED)
def test_the_file_with_texts_and_labels_is_read_and_the_others_can_be_chosen(ending):
    members = {"d/sample_submission.csv": IDS, "d/test.csv": TEST, "d/train.csv": TRAIN}
    data = PACKED[ending](members)
    stream, found = rows(data, f"all{ending}")
    assert found == [("1", GOOD, "positive"), ("2", BAD, "negative")]
    assert (stream.parts, stream.part) == (tuple(sorted(members)), "d/train.csv")
    assert told(stream) == [
        "Read from the archive: d/train.csv. Left out: “d/sample_submission.csv”, “d/test.csv” "
        "(--part chooses)."
    ]
    for part in ("test.csv", "d/test.csv"):
        assert rows(data, f"all{ending}", part=part)[1] == [("3", f"{GOOD} too")]
    assert refusal(data, f"all{ending}", part="dev.csv") == (
        f"all{ending} has no part “dev.csv”. Choose one of: “d/sample_submission.csv”, "
        "“d/test.csv”, “d/train.csv”."
    )


@pytest.mark.parametrize("ending", [".psv", ".feather", ".dat", ".jsonlines"])
def test_notes_beside_a_table_of_any_ending_are_not_read_in_its_place(ending):
    table = {
        ".feather": b"",
        ".jsonlines": f'{{"text": "{GOOD}", "label": "positive"}}\n'.encode(),
    }.get(ending, f"text|label\n{GOOD}|positive\n{BAD}|negative\n".encode())
    if ending == ".feather":
        out = io.BytesIO()
        feather.write_feather(pa.table({"text": [GOOD], "label": ["positive"]}), out)
        table = out.getvalue()
    notes = {f"notes/{n}.txt": b"to be done" for n in range(6)}
    stream, found = rows(zipped({f"reviews{ending}": table, **notes}), "a.zip")
    assert stream.part == f"reviews{ending}"
    assert found[0][:2] == (GOOD, "positive")


def test_a_part_that_is_no_member_is_one_of_the_single_member():
    data = zipped({"a.json": b'{"x": [{"text": "a"}], "y": [{"text": "b"}]}', "readme.bin": b""})
    assert rows(data, "a.zip", part="y")[1] == [("b",)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_single_compressed_file_is_read(pack):
    ending = {gzip: ".gz", bz2: ".bz2", lzma: ".xz"}[__import__(pack.__module__)]
    stream, found = rows(pack(TRAIN), f"train.csv{ending}")
    assert found == [("1", GOOD, "positive"), ("2", BAD, "negative")]
    assert told(stream) == []


@pytest.mark.parametrize("ending", PACKED)
def test_a_folder_for_each_class_gives_labels_and_parts(ending):
    data = PACKED[ending](BY_CLASS)
    stream, found = rows(data, f"aclImdb{ending}")
    assert stream.columns == ("text", "label", "split", "file")
    assert found == [
        (GOOD, "pos", "test", "aclImdb/test/pos/0_10.txt"),
        (BAD, "neg", "test", "aclImdb/test/neg/0_2.txt"),
        ("A fine film", "pos", "train", "aclImdb/train/pos/0_9.txt"),
        ("Too long, café", "neg", "train", "aclImdb/train/neg/0_1.txt"),
        ("Nobody says", "", "train", "aclImdb/train/unsup/0_0.txt"),
        ("Nor here", "", "train", "aclImdb/train/unsup/1_0.txt"),
    ]
    assert told(stream) == [
        "Each file is a text, and its folder the label: “neg”, “pos”.",
        "The column “split” says of which part a text is: “test”, “train” (--part chooses).",
        "Files that are not UTF-8: 1 (the first is aclImdb/train/neg/0_1.txt). Their encoding was "
        "guessed: cp1252.",
    ]
    stream, found = rows(data, f"aclImdb{ending}", part="test")
    assert [cells[1] for cells in found] == ["pos", "neg"]
    assert told(stream)[1] == "The texts are of the part “test”. Others: “train”."


SIDES = {  # files of lines that are named after a class → their labels, and their splits
    ("pos.txt", "neg.txt"): ("neg", "pos"),
    ("rt/rt-polarity.pos", "rt/rt-polarity.neg", "rt/data.README.1.0.txt"): ("neg", "pos"),
    ("positive.txt", "negative.txt", "neutral.txt"): ("negative", "neutral", "positive"),
}


@pytest.mark.parametrize("names", SIDES)
@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_a_file_of_lines_for_each_side_of_sentiment_gives_the_labels(names, ending):
    members = {name: f"{name} one\r\n\n{name} two\n".encode() for name in names}
    stream, found = rows(PACKED[ending](members), f"a{ending}")
    assert stream.columns == ("text", "label", "file")
    labelled = {name: label for name in names for label in SIDES[names] if label in name[-12:]}
    wanted = [(f"{n} {word}", labelled[n], n) for n in labelled for word in ("one", "two")]
    assert found == wanted
    listed = ", ".join(f"“{label}”" for label in SIDES[names])
    assert told(stream) == [f"Each line is a text, and the name of its file the label: {listed}."]


def test_a_file_for_each_side_and_split_gives_both():
    names = ("train_pos.txt", "train_neg.txt", "test_pos.txt", "test_neg.txt")
    data = zipped(dict.fromkeys(names, b"one\ntwo\n"))
    stream, found = rows(data, "a.zip", part="test")
    assert stream.columns == ("text", "label", "split", "file")
    assert {cells[1:3] for cells in found} == {("pos", "test"), ("neg", "test")}
    assert stream.parts == ("test", "train")


@pytest.mark.parametrize(
    "names",
    [
        ("pos.txt",),
        ("pos.txt", "positive.txt"),
        ("pos_1.txt", "pos_2.txt", "neg_1.txt"),
        ("pos.txt", "neg.txt", "other.txt"),
        ("yes.txt", "no.txt"),
        ("good_and_bad.txt", "bad.txt"),
    ],
)
def test_names_that_are_no_two_sides_give_no_labels(names):
    stream, _ = rows(zipped(dict.fromkeys(names, b"one\ntwo\n")), "a.zip")
    assert stream.columns == ("text",)


def test_numbers_are_names_of_texts_as_well():
    members = {f"20news/{group}/{n}": b"Subject: x\n\nA letter" for group in "ab" for n in (1, 2)}
    stream, found = rows(zipped(members), "20news.zip")
    assert stream.columns == ("text", "label", "file")
    assert [cells[1] for cells in found] == ["a", "a", "b", "b"]


def test_texts_without_folders_are_a_text_each_where_they_are_many():
    members = {f"letters/{n}.txt": f"Letter\n{n}".encode() for n in range(5)}
    stream, found = rows(zipped(members), "letters.zip")
    assert found[0] == ("Letter\n0", "letters/0.txt")
    assert told(stream) == ["Each file is a text. Files: 5."]


def test_tables_in_folders_are_no_texts_by_class():
    members = {
        "train/a.csv": TRAIN,
        "train/notes.txt": b"x",
        "test/b.csv": TEST,
        "test/n.txt": b"y",
    }
    assert rows(zipped(members), "a.zip")[1][0] == ("1", GOOD, "positive")


def test_a_tar_that_unpacks_to_a_giant_is_refused():
    data = gzip.compress(tarred({"a.csv": b"text\n" + b"good\n" * 3_000_000}), 9)
    assert "unpacks to more than" in refusal(data, "a.tar.gz", max_bytes=1_000_003)


@pytest.mark.parametrize("cut", [13, 100, -9])
def test_a_tar_that_is_cut_off_is_refused(cut):
    data = gzip.compress(tarred({"a.csv": TRAIN * 99, "b.csv": TRAIN}))
    assert refusal(data[:cut], "a.tar.gz").startswith("a.tar.gz")
    assert refusal(tarred({"a.csv": TRAIN})[:600], "a.tar").startswith("a.tar")


ENDINGS = {
    ".ndjson": b'{"text": "good", "label": 1}\n',
    ".jsonlines": b'{"text": "good", "label": 1}\n',
    ".geojson": b'{"features": [{"geometry": null, "properties": {"text": "good", "label": 1}}]}',
    ".tab": b"text\tlabel\ngood\t1\n",
    ".psv": b"text|label\ngood|1\n",
    ".CSV": b"text,label\ngood,1\n",
    ".csv.zip": zipped({"a.csv": b"text,label\ngood,1\n"}),
    "": b"text,label\ngood,1\n",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_usual_endings_are_known(ending):
    stream, found = rows(ENDINGS[ending], f"reviews{ending}")
    assert stream.columns == ("text", "label")
    assert found == [("good", "1")]


@pytest.mark.parametrize(
    ("data", "columns", "ending"),
    [
        (b'{"text": "good"}\n{"text": "bad"}\n', ("text",), ".json"),
        (b'[{"text": "good"}]', ("text",), ".json"),
        (b"Good, but long.\nBad, and short.\n", ("text",), ".txt"),
        (b"label\ttext\n1\tgood\n", ("label", "text"), ".csv"),
    ],
)
def test_a_file_without_an_ending_is_what_it_holds(data, columns, ending):
    stream, _ = rows(data, "part-00000")
    assert stream.columns == columns
    assert told(stream) == [f"part-00000 is a {ending} file by what it holds, and was read as one."]


def test_arrow_is_read_in_both_of_its_forms():
    table = pa.table({"text": [GOOD, BAD], "label": [1, 0]})
    for write in (ipc.new_file, ipc.new_stream):
        out = io.BytesIO()
        with write(out, table.schema) as writer:
            writer.write_table(table)
        stream, found = rows(out.getvalue(), "data-00000-of-00001.arrow")
        assert (stream.columns, stream.encoding) == (("text", "label"), "Arrow")
        assert found == [(GOOD, "1"), (BAD, "0")]
        assert "cannot be read as Arrow" in refusal(out.getvalue()[:50], "a.arrow")
    out = io.BytesIO()
    feather.write_feather(table, out)
    assert rows(out.getvalue(), "a.feather")[1] == [(GOOD, "1"), (BAD, "0")]
