"""The export view: what is written is what the run says; marks come back from a spreadsheet."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.data import read_table
from attnviz.runs import Filter
from attnviz.ui.components.inspection.export import KINDS, MEDIA, PRODUCTS
from tests.scored_runs import make_run
from tests.ui.page_driving import done, messages, run


def page():
    import streamlit as st

    from attnviz.runs import Run
    from attnviz.ui.components.inspection import export

    export.show(Run.open(st.session_state["folder"]), "export")


def visit(own_run, chosen=None):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["folder"] = str(own_run.folder)
    at.session_state["inspect-filters"] = {own_run.folder.name: chosen or Filter()}
    return run(at)


def write(at, what="table", kind=None):
    """The file that the button writes; its path is said beside the download."""
    at.segmented_control(key="export-what").set_value(what)
    run(at)
    if kind:
        at.segmented_control(key="export-kind").set_value(kind)
        run(at)
    at.button(key="export-write").click()
    done(at)
    return written(at)


def written(at):
    said = [text.value.replace("\\", "") for text in at.caption if "also here: " in text.value]
    return Path(said[0].partition("also here: ")[2]) if said else None


def downloads(at):
    return [one.proto.label.replace("\\", "") for one in at.get("download_button")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_written_in_each_kind(own_run, kind):
    at = visit(own_run)
    path = write(at, kind=kind)
    assert path.suffix == f".{kind}"
    assert downloads(at) == [f"Download {path.name}"]
    table = read_table(path)
    assert table.column("attnviz_prediction") == own_run.page(most=200)["predicted"].tolist()


def test_every_product_has_a_file_that_the_browser_knows(own_run):
    at = visit(own_run)
    for what in PRODUCTS:
        path = write(at, what)
        assert path.stat().st_size > 100, what
        assert path.suffix in MEDIA
        assert not messages(at)


def test_the_filter_of_the_queue_can_be_exported_alone(own_run):
    chosen = Filter(outcome="wrong", truth=("neutral",))
    at = visit(own_run, chosen)
    assert len(read_table(write(at)).rows) == own_run.about.rows
    at.radio[0].set_value("filter")
    run(at)
    assert written(at) is None
    lines = own_run.page(chosen, most=200)["line"].tolist()
    table = read_table(write(at))
    assert [int(line) for line in table.column("attnviz_line")] == lines
    assert json.loads(write(at, "metrics").read_text())["rows"] == len(lines)


def test_a_file_is_offered_only_while_it_says_what_the_run_says(own_run):
    own_run.mark([3], "drop")
    at = visit(own_run)
    assert len(read_table(write(at, "corrected")).rows) == own_run.about.rows - 1
    own_run.mark([5], "drop")
    run(at)
    assert written(at) is None
    assert len(read_table(write(at, "corrected")).rows) == own_run.about.rows - 2
    assert "drop 2" in " ".join(text.value for text in at.caption)


def test_a_corrected_csv_says_how_many_cells_have_an_apostrophe(tmp_path, classifier):
    rows = [("@user good", "positive", "-1"), ("fine", "positive", "=1")]
    risky = make_run(tmp_path / "risky", classifier, rows)
    at = visit(risky)
    for kind in KINDS:
        write(at, "corrected", kind)
        said = [text for text in messages(at) if "apostrophe in front: 2" in text]
        assert bool(said) == (kind == "csv")


def test_marks_come_back_from_an_exported_file(own_run):
    own_run.mark([3], "relabel", "neutral", "=why")
    at = visit(own_run)
    data = write(at).read_bytes()
    (own_run.folder / "marks.jsonl").unlink()
    at.file_uploader[0].set_value(("out.csv", data, "text/csv"))
    run(at)
    assert "came back: 1" in at.success[0].value
    assert own_run.marks()[3]["note"] == "=why"
    own_run.mark([3], "drop")
    run(at)
    assert own_run.marks()[3]["mark"] == "drop"


def test_another_file_is_refused_in_words(own_run):
    at = visit(own_run)
    at.file_uploader[0].set_value(("other.csv", b"text,x\ngood,1\n", "text/csv"))
    run(at)
    assert "has no column" in messages(at)[0]
    assert own_run.marks() == {}


def test_a_run_whose_model_has_gone_still_has_its_report(own_run, tmp_path):
    own_run.change(model=str(tmp_path / "gone"))
    assert "<html" in write(visit(own_run), "report").read_text(encoding="utf-8")


def test_a_disk_that_is_full_is_said(own_run, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("attnviz.inspection.export.export", full)
    at = visit(own_run)
    assert write(at) is None
    assert "No space left" in messages(at)[0]
