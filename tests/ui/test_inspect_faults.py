"""A full disk, a folder that may only be read and damaged files: one line on the page each."""

import json

import pytest

from attnviz.inspection.later import finish
from attnviz.runs import Filter, Run, files
from attnviz.ui.components.inspection import chosen
from tests.scored_runs import finished_run, random_rows
from tests.ui.page_driving import (
    INSPECT_PAGE,
    VIEWS,
    button,
    done,
    messages,
    run,
    visit,
)

SHORT = Filter(tokens=(None, 20))
KINDS = {"full": OSError(28, "No space left on device"), "read-only": OSError(30, "Read-only")}


@pytest.fixture
def kept(shelf, classifier):
    """A finished run on the shelf, of 113 texts."""
    rows = random_rows(113, classifier.labels)
    return finished_run(shelf.parent / "runs" / "kept", classifier, rows, shelf)


@pytest.fixture
def unwritable(monkeypatch):
    """A function after which nothing can be written any more."""

    def spoil(kind):
        def refuse(*_arguments, **_options):
            raise KINDS[kind]

        monkeypatch.setattr("attnviz.writing.os.fsync", refuse)
        if kind == "read-only":
            monkeypatch.setattr("attnviz.writing._take", refuse)

    return spoil


def open_view(view, picked=None, **query):
    """The Inspect page with the run open, as a link opens it."""
    at = visit()
    named = {chosen.FILTER: json.dumps(picked.to_dict())} if picked else {}
    for name, value in {"run": "kept", "view": view, **named, **query}.items():
        at.query_params[name] = value
    return done(at.switch_page(INSPECT_PAGE))


def nothing_kept(at):
    said = [text for text in messages(at) if "Nothing was kept" in text]
    assert len(said) == 1
    assert "could not be written" in said[0]
    run(at)
    assert not [text for text in messages(at) if "Nothing was kept" in text]


@pytest.fixture(params=KINDS)
def spoil(request, unwritable, kept):
    return lambda: unwritable(request.param)


def test_a_mark_that_cannot_be_kept_is_said_where_it_was_clicked(kept, spoil):
    at = open_view("queue", row="3")
    spoil()
    button(at, "Keep").click()
    run(at)
    nothing_kept(at)
    assert kept.marks() == {}


def test_a_slice_that_cannot_be_kept_is_said(kept, spoil):
    kept.change_slices(lambda _: {"web": Filter(columns=(("source", "web"),))})
    at = open_view("slices", SHORT)
    spoil()
    button(at, "Save as a slice").click()
    run(at)
    nothing_kept(at)
    assert list(kept.slices()) == ["web"]


def test_a_name_that_cannot_be_kept_is_said(kept, spoil):
    at = open_view("overview")
    spoil()
    at.text_input(key="inspect-name-kept").set_value("Second try")
    run(at)
    nothing_kept(at)
    assert Run.open(kept.folder).about.name == "reviews.csv"


def test_a_run_that_cannot_be_deleted_is_said(kept, monkeypatch):
    def refuse(folder):
        raise OSError(30, "Read-only file system")

    at = open_view("overview")
    monkeypatch.setattr("attnviz.runs.run.shutil.rmtree", refuse)
    button(at, "Delete this run").click()
    run(at)
    assert "cannot be deleted: " in messages(at)[0]
    assert "Read-only" in messages(at)[0].replace("\\", "")


FILES = [("table", "csv"), ("table", "xlsx"), ("table", "parquet"), ("report", ""), ("metrics", "")]


@pytest.mark.parametrize(("what", "kind"), FILES)
def test_a_file_that_cannot_be_written_is_said(kept, spoil, what, kind):
    at = open_view("export")
    at.segmented_control(key="inspect-export-what").set_value(what)
    run(at)
    if kind:
        at.segmented_control(key="inspect-export-kind").set_value(kind)
        run(at)
    spoil()
    at.button(key="inspect-export-write").click()
    done(at)
    assert len([text for text in messages(at) if "could not be written" in text]) == 1
    assert not [path for path in kept.folder.glob("exports/*/*") if path.is_file()]


def test_a_map_that_cannot_be_kept_is_drawn_all_the_same(kept, spoil):
    spoil()
    at = open_view("similar")
    assert at.get("vega_lite_chart")
    assert not [text for text in messages(at) if "written" in text]
    assert not (kept.folder / files.MAP).exists()


# Damaged files.

BROKEN = b"PAR1xPAR1"


def spoilt(data):
    return data[:200] + bytes(400) + data[600:]


DAMAGES = {
    "comparison": (files.LATER, lambda data: BROKEN),
    "comparison inside": (files.LATER, spoilt),
    "scores": ("scores/00000.parquet", spoilt),
    "scores short": ("scores/00000.parquet", lambda data: BROKEN),
    "map": (files.MAP, lambda data: BROKEN),
    "marks": (files.MARKS, lambda data: b"\xff\xfe\n{\n[]\n" + data),
    "slices": (files.SLICES, lambda data: b'{"a": 5}'),
    "rows": (files.ROWS, lambda data: data[:4] + bytes(len(data) - 12) + data[-8:]),
    "run.json": (files.ABOUT, lambda data: b'{"name": 5}'),
}


EVERYWHERE = ("comparison", "rows", "run.json")  # the others are looked at where they are drawn
LOOKED_AT = [
    (damage, view)
    for damage in DAMAGES
    for view in (VIEWS if damage in EVERYWHERE else ("queue", "similar", "slices"))
]


@pytest.mark.parametrize(("damage", "view"), LOOKED_AT)
def test_no_damage_ends_in_an_error_page_in_any_view(kept, damage, view):
    finish(kept)
    kept.mark([3], "keep", note="why")
    kept.change_slices(lambda _: {"short": SHORT})
    name, change = DAMAGES[damage]
    path = kept.folder / name
    path.write_bytes(change(path.read_bytes() if path.exists() else b""))
    at = open_view(view)  # an exception on the page fails here
    if damage in ("rows", "run.json", "marks"):
        assert messages(at) or "its files are damaged" in " ".join(c.value for c in at.caption)


def test_damaged_scores_come_back_by_resume(kept):
    finish(kept)
    before = kept.page(most=200)
    path = kept.part_path(0)
    path.write_bytes(spoilt(path.read_bytes()))
    at = open_view("overview")
    run(at)
    button(at, "Resume").click()
    done(at)
    assert kept.page(most=200).equals(before)


def test_a_folder_without_a_readable_run_is_named_in_the_list(kept, shelf):
    (kept.folder / files.ABOUT).write_text("{")
    at = run(visit().switch_page(INSPECT_PAGE))
    assert "Folders whose run cannot be read: kept" in " ".join(text.value for text in at.caption)


def test_marks_that_cannot_be_read_are_counted_in_the_header(kept):
    kept.mark([3], "keep")
    with open(kept.folder / files.MARKS, "ab") as file:
        file.write(b"\n{broken\n\xff")
    assert "cannot be read: 2" in " ".join(messages(open_view("overview")))
