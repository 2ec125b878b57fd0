"""A run whose files are damaged, or changed by several at once: nothing is lost, all is said."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from attnviz.errors import FileError, WriteError
from attnviz.inspection.later import finish
from attnviz.inspection.neighbours import neighbours
from attnviz.inspection.scoring import score_run
from attnviz.runs import Filter, Run, files
from tests.scored_runs import scored_run

ROOT = Path(__file__).parents[2]
CHANGE = """
import sys
from attnviz.runs import Filter, Run
me, what = sys.argv[2:]
for number in range(40):
    run = Run.open(sys.argv[1])
    if what == "slices":
        run.change_slices(lambda now: now | {f"{me} {number}": Filter(words=me)})
    elif what == "about":
        mapping = {**Run.open(sys.argv[1]).about.label_map}
        run.change(**{"name" if me == "0" else "model": f"{me} {number}"})
    else:
        run.mark([int(me) * 40 + number, 10_000], "keep", note="é" * 2_000)
"""


def processes(run, what):
    """Four processes that change a run forty times each, at once."""
    started = [
        subprocess.Popen([sys.executable, "-c", CHANGE, str(run.folder), str(n), what], cwd=ROOT)
        for n in range(4)
    ]
    assert [process.wait(300) for process in started] == [0] * 4


def test_slices_that_four_processes_save_at_once_are_all_kept(own_run):
    processes(own_run, "slices")
    assert len(own_run.slices()) == 160


def test_marks_of_four_processes_are_all_kept(own_run):
    processes(own_run, "marked")
    assert own_run.marks().keys() == {*range(160), 10_000}
    assert own_run.unreadable_marks == 0


def test_a_name_is_not_lost_as_another_process_changes_something_else(own_run):
    processes(own_run, "about")
    about = Run.open(own_run.folder).about
    assert about.name == "0 39"
    assert about.model.endswith(" 39")


def test_a_slice_that_was_deleted_elsewhere_does_not_come_back(own_run):
    own_run.change_slices(lambda _: {"a": Filter(words="a"), "b": Filter(words="b")})
    mine, other = Run.open(own_run.folder), Run.open(own_run.folder)
    assert [*mine.slices()] == ["a", "b"]
    other.change_slices(lambda now: {name: chosen for name, chosen in now.items() if name != "a"})
    mine.change_slices(lambda now: now | {"c": Filter(words="c")})
    assert [*own_run.slices()] == ["b", "c"]


# A full disk.


def test_marks_that_find_no_room_are_not_half_kept(own_run):
    (own_run.folder / files.MARKS).symlink_to("/dev/full")
    with pytest.raises(WriteError, match="No space left"):
        own_run.mark(range(50), "keep")


def test_what_cannot_be_written_changes_nothing(own_run, monkeypatch):
    own_run.change_slices(lambda _: {"a": Filter(words="a")})
    own_run.mark([3], "keep")
    before = {path.name: path.read_bytes() for path in own_run.folder.glob("*.json*")}

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("attnviz.writing.os.fsync", full)
    for change in (
        lambda: own_run.change_slices(lambda _: {}),
        lambda: own_run.change(name="new"),
        lambda: own_run.mark([5, 7], "drop"),
    ):
        with pytest.raises(WriteError, match="No space left"):
            change()
    assert {path.name: path.read_bytes() for path in own_run.folder.glob("*.json*")} == before
    assert own_run.about.name != "new"


# Damaged files.

DAMAGES = {
    "short": lambda data: b"PAR1xPAR1",
    "cut": lambda data: data[: len(data) // 2],
    "zeros": lambda data: data[:4] + bytes(len(data) - 12) + data[-8:],
    "inside": lambda data: data[:200] + bytes(400) + data[600:],
    "empty": lambda data: b"",
    "text": lambda data: b"not a Parquet file at all",
}


def damage(path, how):
    path.write_bytes(DAMAGES[how](path.read_bytes()))


def said_by(ask):
    """The message of the `FileError` that `ask` ends with, "" where it ends well."""
    try:
        ask()
    except FileError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_comparison_is_computed_again(own_run, how):
    finish(own_run)
    before = own_run.page(most=200)
    damage(own_run.later_path, how)
    said = said_by(own_run.page)
    assert not said or "taken away: later.parquet. Resume the run" in said
    assert own_run.done
    assert not own_run.compared
    finish(own_run)
    assert own_run.page(most=200).equals(before)


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_scores_are_computed_again(own_run, classifier, how):
    before = own_run.page(most=200)
    damage(own_run.part_path(0), how)
    said = said_by(own_run.page)
    assert not said or "taken away: 00000.parquet. Resume the run" in said
    assert own_run.missing() == [0]
    score_run(classifier, own_run)
    assert own_run.page(most=200).equals(before)


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_rows_are_one_line(own_run, how):
    damage(own_run.rows_path, how)
    with pytest.raises(FileError, match="are damaged"):
        own_run.page()
    assert own_run.done  # nothing sound was taken away


def test_a_table_with_other_columns_counts_as_damaged(own_run):
    other = pa.table({"row": [0], "x": ["y"]})
    parquet.write_table(other, own_run.part_path(0))
    parquet.write_table(other, own_run.later_path)
    assert own_run.missing() == [0]
    assert not own_run.compared


def test_what_reads_a_damaged_part_itself_says_so(own_run):
    data = own_run.part_path(0).read_bytes()
    own_run.missing()
    own_run.part_path(0).write_bytes(DAMAGES["inside"](data))
    with pytest.raises(FileError, match=r"taken away: 00000\.parquet"):
        neighbours(own_run, 3)
    own_run.part_path(0).write_bytes(DAMAGES["inside"](data))
    with pytest.raises(FileError, match="taken away"):
        finish(own_run)


LINES = ['{"row": 1}', '{"row": "x", "mark": "keep"}', "[]", "7", '{"row": 2, "mark": "burn"}']
LINES += ['{"row": 4, "mark": 5}', '{"row": 1e400, "mark": "keep"}', "\xff\xfe", "{" * 100_000]


def test_marks_that_cannot_be_read_are_counted_and_leave_the_others(own_run):
    own_run.mark([3], "keep")
    with open(own_run.folder / files.MARKS, "ab") as file:
        for line in LINES:
            file.write(b"\n" + line.encode("latin-1"))
    own_run.mark([5], "drop")
    assert own_run.marks().keys() == {3, 5}
    assert own_run.unreadable_marks == len(LINES) - 1  # the first says that there is no mark
    assert own_run.count(Filter(marks=("drop",))) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", "7", '{"a": 5}', '{"a": {"words": 5}}', '{"a": {"rows": ["x"]}}', "\x00" * 9),
        *('{"a": {"columns": [["source"]]}}', '{"a": {"tokens": 3}}', '{"a": {"outcome": "good"}}'),
    ],
)
def test_slices_that_cannot_be_read_are_one_line_with_the_way_on(own_run, text):
    (own_run.folder / files.SLICES).write_text(text)
    with pytest.raises(FileError, match=r"slices\.json cannot be read: .*delete it"):
        own_run.slices()
    with pytest.raises(FileError):
        own_run.change_slices(lambda _: {"b": Filter(words="b")})
    assert (own_run.folder / files.SLICES).read_text() == text


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"name": 5}', "null"])
def test_a_broken_run_json_is_one_line(own_run, text):
    (own_run.folder / files.ABOUT).write_text(text)
    with pytest.raises(FileError, match="no run that can be read"):
        Run.open(own_run.folder)


def test_a_run_json_with_values_of_the_wrong_kind_is_one_line(own_run):
    known = json.loads((own_run.folder / files.ABOUT).read_text())

    def ask():
        run = Run.open(own_run.folder)
        run.page(), run.about.told, run.scored, run.compared, run.about.to_json()

    for name in known:
        for value in (None, 5, "x", [5], {"x": 5}, {"x": "y"}, [], -1):
            (own_run.folder / files.ABOUT).write_text(json.dumps(known | {name: value}))
            assert "\n" not in said_by(ask), (name, value)
    (own_run.folder / files.ABOUT).write_text(json.dumps(known | {"text_column": "gone"}))
    assert "no run that can be read" in said_by(ask)


def test_a_run_of_nothing_but_what_attnviz_writes_has_no_strangers(tmp_path, classifier):
    from attnviz.inspection.export import export

    run = scored_run(tmp_path / "run", classifier)
    finish(run)
    export(run, None, "csv")
    run.mark([1], "keep")
    run.change_slices(lambda _: {"a": Filter(words="a")})
    assert files.strangers(run.folder) == []
    (run.folder / "thesis.docx").write_text("mine")
    assert files.strangers(run.folder) == [run.folder / "thesis.docx"]
