"""Beginning a run: columns, labels, the same run for the same file, folders of files."""

import csv
import os
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from attnviz.data import open_rows
from attnviz.errors import FileError, ModelFolderError
from attnviz.inspection.export import export
from attnviz.inspection.gathering import open_source, source_digest
from attnviz.inspection.later import finish
from attnviz.inspection.scoring import score_run
from attnviz.inspection.sheets import EXPORTS
from attnviz.inspection.starting import start_run
from attnviz.runs import Filter, Run, files
from attnviz.runs.schema import later_schema

ROWS = [("good film", "positive", "web"), ("bad film", "negative", "web"), ("seats", "", "shop")]


def write(path: Path, rows=ROWS, columns=("review", "label", "source")) -> Path:
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.fixture
def start(saved, tmp_path):
    """A function that begins the run of a file with the tiny model."""

    def start(path: Path, model=saved, **options) -> Run:
        root = tmp_path / "runs"
        return start_run(model, open_source(path), digest=source_digest(path), root=root, **options)

    return start


def test_a_run_knows_its_file_and_its_model(start, tmp_path, classifier, saved):
    path, paces = write(tmp_path / "reviews.csv"), []
    run = start(path, progress=paces.append)
    about = Run.open(run.folder).about
    assert about == run.about
    assert (about.file, about.columns, about.rows) == (path.name, ("review", "label", "source"), 3)
    assert (about.text_column, about.label_column) == ("review", "label")
    assert about.label_map == {"positive": "positive", "negative": "negative"}
    assert about.labels == classifier.labels
    assert about.context == classifier.network.head.in_features
    assert about.temperature == classifier.network.config.temperature
    assert about.model == str(saved)
    assert paces == [3]
    assert run.page()[["line", "text", "truth"]].fillna("").values.tolist() == [
        [2, "good film", "positive"],
        [3, "bad film", "negative"],
        [4, "seats", ""],
    ]


def test_a_text_that_only_marks_a_missing_one_is_not_read_and_counted(start, tmp_path, classifier):
    rows = [*ROWS, ("[deleted]", "positive", "web"), ("\tNaN ", "", "web"), ("NaN", "", "web")]
    run = start(write(tmp_path / "reviews.csv", rows))
    assert (
        "Rows whose text only marks a missing one, so that it is not read: “NaN” (2), “[deleted]” "
        "(1)."
    ) in [str(notice) for notice in run.about.notices]
    score_run(classifier, run)
    page = run.page()
    assert page["text"].tolist()[3:] == ["[deleted]", "\tNaN ", "NaN"]  # the file stays as it is
    assert page["prediction"].isna().tolist() == [False] * 3 + [True] * 3


def test_the_same_file_has_the_same_run_which_keeps_its_scores(start, tmp_path, classifier):
    path = write(tmp_path / "reviews.csv")
    run = start(path, name="mine")
    score_run(classifier, run)
    written = run.rows_path.stat().st_mtime_ns
    again = start(path, label_map={"positive": "neutral"})
    assert again.folder == run.folder
    assert again.done
    assert again.rows_path.stat().st_mtime_ns == written
    assert again.about.name == "mine"
    assert again.about.label_map == {"positive": "neutral", "negative": "negative"}
    assert start(path, text_column="source").folder != run.folder
    write(path, ROWS[:2])
    assert start(path).folder != run.folder


def test_other_labels_make_what_was_compared_with_them_out_of_date(start, tmp_path):
    path = write(tmp_path / "reviews.csv")
    run = start(path)
    run.write_later(later_schema().empty_table())
    assert start(path, label_column="label").about.label_column == "label"
    assert run.compared
    run = start(path, label_column=None)
    assert (run.about.label_column, run.about.label_map) == (None, {})
    assert not run.compared


def test_a_run_without_its_rows_is_begun_anew(start, tmp_path, classifier):
    path = write(tmp_path / "reviews.csv")
    run = start(path)
    score_run(classifier, run)
    run.rows_path.unlink()
    assert (start(path).scored, start(path).about.rows) == (0, 3)


def test_a_run_without_its_rows_is_rebuilt_whatever_attnviz_has_put_into_its_folder(
    start, tmp_path, classifier
):
    path = write(tmp_path / "reviews.csv")
    run = start(path)
    score_run(classifier, run)
    finish(run)
    run.mark([1], "keep", note="mine")
    run.change_slices(lambda _: {"web": Filter(columns=(("source", "web"),))})
    for kind in EXPORTS:
        export(run, None, kind)
    for name in (files.METRICS, files.RESULTS, files.REPORT, files.MAP):
        (run.folder / name).write_text("")
    (run.folder / files.SCRATCH).mkdir(exist_ok=True)
    for spoil in (Path.unlink, lambda rows: rows.write_bytes(b"PAR1xPAR1")):
        spoil(run.rows_path)
        again = start(path)
        assert (again.scored, again.about.rows) == (0, 3)
        assert again.marks()[1]["note"] == "mine"
        assert list(again.slices()) == ["web"]
        score_run(classifier, again)
        assert again.page()["text"].tolist() == [row[0] for row in ROWS]


def test_a_run_whose_run_json_is_broken_is_begun_anew_in_its_place(start, tmp_path):
    path = write(tmp_path / "reviews.csv")
    run = start(path)
    run.mark([1], "keep")
    (run.folder / files.ABOUT).write_text('{"name":5}')
    again = start(path)
    assert again.folder == run.folder
    assert again.marks()[1]["mark"] == "keep"
    own = start(path, run_folder=tmp_path / "mine")
    (own.folder / files.ABOUT).write_text("{}")  # in a folder of another name: perhaps not ours
    with pytest.raises(FileError, match="no run that can be read"):
        start(path, run_folder=tmp_path / "mine")


def test_what_a_killed_process_left_in_a_run_goes_when_the_run_is_opened_again(start, tmp_path):
    path = write(tmp_path / "reviews.csv")
    run = start(path)
    left = run.folder / "scores" / "00000.parquet.tmp"
    left.parent.mkdir()
    left.write_bytes(b"PAR1")
    os.utime(left, (0, 0))
    start(path)
    assert not left.exists()


def test_labels_that_the_model_knows_none_of_leave_no_run(start, tmp_path):
    path = write(tmp_path / "reviews.csv", [("good", "up", "web"), ("bad", "down", "web")])
    with pytest.raises(FileError, match="“down”, “up”.*negative, neutral, positive"):
        start(path)
    assert not list((tmp_path / "runs").rglob("*.*"))
    run = start(path, label_map={"up": "positive", "down": ""})
    assert run.page()["truth"].fillna("").tolist() == ["positive", ""]
    with pytest.raises(FileError, match="no label “great”"):
        start(path, label_map={"up": "great"})


def test_labels_that_are_only_guessed_may_be_none(start, tmp_path):
    rows = [(f"a long enough text {n}", str(n), "ab"[n % 2]) for n in range(6)]
    run = start(write(tmp_path / "reviews.csv", rows, ("review", "id", "branch")))
    assert (run.about.label_column, run.about.label_map) == (None, {})
    said = str(run.about.label_notices[-1])
    assert "no labels: no column looks like them. Some have few values (“branch”: a, b;" in said


def test_a_column_of_texts_holds_no_labels(start, tmp_path):
    rows = [("good", f"label {n}", "") for n in range(1_001)]
    with pytest.raises(FileError, match="more than 1,000 different"):
        start(write(tmp_path / "reviews.csv", rows))


def test_some_unknown_labels_are_counted_in_a_notice(start, tmp_path):
    rows = [*ROWS, ("fine", "great", ""), ("fine", "great", ""), ("fine", "ok", "")]
    run = start(write(tmp_path / "reviews.csv", rows))
    told = "“great” (2), “ok” (1). Rows with them, which count as unlabelled: 3."
    assert told in str(run.about.told[-2])
    assert str(run.about.told[-1]).startswith("Rows without a label, of which only the prediction")
    assert str(run.about.told[-1]).endswith(": 1.")  # the row whose cell is empty
    assert Run.open(run.folder).about == run.about
    run = start(tmp_path / "reviews.csv", label_map={"great": "positive", "ok": "neutral"})
    assert "does not know" not in " ".join(map(str, run.about.label_notices))
    with pytest.raises(FileError, match="no label “grate”.*“great”"):
        start(tmp_path / "reviews.csv", label_map={"grate": "positive"})


@pytest.mark.parametrize("name", ["thesis.md", "scores/mine.txt", "report.html", "00000.parquet"])
def test_a_folder_with_other_things_in_it_is_left_alone(start, tmp_path, name):
    theirs = tmp_path / "project" / name
    theirs.parent.mkdir(parents=True)
    theirs.write_text("precious")
    with pytest.raises(FileError, match="not of a run"):
        start(write(tmp_path / "reviews.csv"), run_folder=tmp_path / "project")
    assert theirs.read_text() == "precious"


def test_a_folder_of_ones_own_takes_one_run(start, tmp_path):
    path, place = write(tmp_path / "reviews.csv"), tmp_path / "mine"
    assert start(path, run_folder=place).folder == place
    moved = shutil.move(path, tmp_path / "renamed.csv")
    with pytest.raises(FileError, match="holds the run of another file"):
        start(moved, run_folder=place)
    assert start(write(path), run_folder=place).about.rows == 3


def test_a_stop_while_the_rows_are_read_leaves_no_run(start, tmp_path):
    def stop(_rows):
        raise KeyboardInterrupt

    path = write(tmp_path / "reviews.csv")
    with pytest.raises(KeyboardInterrupt):
        start(path, progress=stop)
    assert not list((tmp_path / "runs").rglob("*.*"))


def test_a_model_whose_weights_cannot_be_read_is_one_message(start, tmp_path, model_folder):
    (model_folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelFolderError, match="model.safetensors cannot be opened"):
        start(write(tmp_path / "reviews.csv"), model=model_folder)


def test_weights_without_their_last_layer_are_one_message(start, tmp_path, model_folder):
    weights = load_file(model_folder / "model.safetensors")
    del weights["head.weight"]
    save_file(weights, model_folder / "model.safetensors")
    with pytest.raises(ModelFolderError, match="the weights lack head.weight, the last layer"):
        start(write(tmp_path / "reviews.csv"), model=model_folder)


# Folders of files.


@pytest.fixture
def parts(tmp_path) -> Path:
    """Four files in two folders, the columns of one the other way round, and one without rows."""
    folder = write(tmp_path / "parts" / "b.csv", ROWS[:2]).parent
    write(folder / "a" / "1.csv", [row[::-1] for row in ROWS[2:]], ("source", "label", "review"))
    write(folder / "c.csv", [])
    write(folder / "_temporary.csv", [("not read", "", "")])
    (folder / "README.md").write_text("not read")
    return folder


def test_a_folder_is_its_files_in_the_order_of_their_names(parts):
    for place in (parts, parts.as_uri()):
        stream = open_source(place)
        assert stream.columns == ("source", "label", "review", "file")
        assert list(stream) == [
            (2, ("shop", "", "seats", "a/1.csv")),
            (2, ("web", "positive", "good film", "b.csv")),
            (3, ("web", "negative", "bad film", "b.csv")),
        ]


def test_files_of_an_object_store_come_over_one_by_one(parts, monkeypatch):
    here = list(open_source(parts))
    from attnviz.inspection import gathering

    monkeypatch.setattr(gathering._Folder, "is_here", False)
    assert list(open_source(parts.as_uri())) == here
    assert source_digest(parts) == source_digest(parts)


def test_a_digest_changes_with_every_name_and_byte(parts):
    seen = {source_digest(parts)}
    (parts / "b.csv").rename(parts / "d.csv")
    seen.add(source_digest(parts))
    write(parts / "d.csv", ROWS[:1])
    seen.add(source_digest(parts))
    assert len(seen) == 3
    assert source_digest("hub:a:train") != source_digest("hub:a:test")


def test_files_that_do_not_fit_together_are_named(parts):
    write(parts / "e.csv", [("a", "b")], ("review", "stars"))
    with pytest.raises(FileError, match=r"e\.csv has other columns than a/1\.csv.*“stars”"):
        list(open_source(parts))


@pytest.mark.parametrize("place", ["empty", "nowhere://bucket/folder"])
def test_a_place_without_files_is_one_message(tmp_path, place):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="empty holds no file|nowhere://.* cannot be opened"):
        open_source(place if "://" in place else tmp_path / place)


def test_a_single_file_stays_as_it_is(parts):
    assert list(open_source(parts / "b.csv")) == list(open_rows(parts / "b.csv"))


def test_an_exported_file_brings_its_marks_along(start, tmp_path, own_run):
    own_run.mark([3], "relabel", "neutral", "=so so")
    export(own_run, tmp_path / "exported.csv", "csv")
    run = start(tmp_path / "exported.csv", text_column="review", label_column="label")
    (mark,) = run.marks().values()
    assert (mark["row"], mark["mark"], mark["label"], mark["note"]) == (
        3,
        "relabel",
        "neutral",
        "=so so",
    )
    assert run.page(most=200)["text"].tolist() == own_run.page(most=200)["text"].tolist()


def test_a_mark_that_is_none_is_told_and_stops_nothing(start, tmp_path, own_run):
    path = tmp_path / "exported.csv"
    own_run.mark([3], "drop")
    export(own_run, path, "csv")
    path.write_text(path.read_text("utf-8-sig").replace(",drop,", ",maybe,"), "utf-8")
    run = start(path, text_column="review", label_column="label")
    assert "“maybe” is no mark" in str(run.about.notices[-1])
    assert run.marks() == {}


def test_text_and_label_that_seem_exchanged_are_refused_with_that_reason(start, tmp_path):
    rows = [(("good", "bad")[n % 2], f"a long enough text {n}") for n in range(6)]
    with pytest.raises(FileError, match="Text and label seem exchanged"):
        start(write(tmp_path / "reviews.csv", rows, ("text", "label")))
