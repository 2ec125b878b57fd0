"""The Inspect page: from a file to a run, the list of runs, what becomes of each."""

import importlib
import json
import shutil

import pytest

from attnviz.folders import weights_digest
from attnviz.runs import Filter, Run, find_runs
from attnviz.runs.schema import later_schema
from attnviz.ui.components import figures
from attnviz.ui.components.inspection import frame
from attnviz.ui.components.inspection.chosen import VIEW
from attnviz.ui.components.inspection.frame import when
from tests.scored_runs import make_run
from tests.ui.page_driving import (
    CSV,
    EXPLORE_PAGE,
    INSPECT_PAGE,
    VIEWS,
    button,
    choose_model,
    done,
    messages,
    run,
    start,
    upload,
    visit,
)


@pytest.fixture
def put_run(shelf, request, tmp_path):
    """A function that puts a copy of the scored run on the shelf of runs, under a name."""

    def put(name, **changes):
        source = request.getfixturevalue("run")
        made = Run.open(shutil.copytree(source.folder, tmp_path / "runs" / name))
        changes = {"name": name, "model": str(shelf), "weights": weights_digest(shelf)} | changes
        made.change(**changes)
        made.write_later(later_schema().empty_table())
        return made

    return put


def open_page(**query):
    at = visit()
    for name, value in query.items():
        at.query_params[name] = value
    return run(at.switch_page(INSPECT_PAGE))


def said(at):
    kinds = (at.markdown, at.caption)
    return "\n".join([*messages(at), *(element.value for kind in kinds for element in kind)])


def title_of(at):
    """Of the run that is open; None where a file is asked for."""
    (title,) = [m.value[2:] for m in at.markdown if m.value.startswith("# ")]
    return None if title == "Which texts does the model get wrong?" else title


def test_the_first_visit_takes_a_file_or_a_sample_and_lists_no_runs(inspect_page):
    assert len(inspect_page.file_uploader) == 1
    assert button(inspect_page, "Reviews in English")
    assert "Your runs" not in said(inspect_page)


def test_a_file_is_scored_and_its_run_is_kept(inspect_page, classifier):
    upload(inspect_page, "reviews.csv", CSV)
    start(inspect_page)
    (kept,) = find_runs()
    assert kept.done
    assert inspect_page.query_params["run"] in (kept.folder.name, [kept.folder.name])
    assert title_of(inspect_page) == "reviews\\.csv"
    found = kept.page()
    assert found["text"].tolist() == ["a good film", "<b>bad</b> music", "  "]
    assert found["predicted"].tolist()[:2] == classifier.predict(found["text"].tolist()[:2]).labels
    assert found["line"].tolist() == [2, 3, 4]


def test_the_same_file_and_model_lead_to_the_same_run(inspect_page):
    for _ in range(2):
        upload(inspect_page, "reviews.csv", CSV)
        start(inspect_page)
        button(inspect_page, "All runs").click()
        run(inspect_page)
    assert len(find_runs()) == 1
    assert "Your runs" in said(inspect_page)


def test_a_run_opens_from_the_list_and_closes(put_run):
    kept = put_run("first")
    at = open_page()
    right = kept.count(Filter(outcome="right"))
    labelled = right + kept.count(Filter(outcome="wrong"))
    facts = next(c.value for c in at.caption if "rows: 113" in c.value)
    assert facts.startswith("model · reviews\\.csv · rows: 113 · labels: label")
    assert f"accuracy {right / labelled:.1%}" in facts
    assert when(kept.about.created) in facts
    at.button(key="inspect-open-first").click()
    run(at)
    assert title_of(at) == "first"
    assert at.segmented_control(key=VIEW).value == "overview"
    button(at, "All runs").click()
    run(at)
    assert title_of(at) is None
    assert "run" not in at.query_params


def test_the_address_opens_a_run_in_a_new_session(put_run):
    put_run("kept")
    assert title_of(open_page(run="kept")) == "kept"


def test_a_figure_of_a_run_is_called_by_its_view_and_names_the_file_and_the_model(put_run, shelf):
    kept = put_run("kept")
    at = open_page(run="kept")
    assert at.session_state[figures.CAPTION] == (kept.about.file, frame.model_name(str(shelf)))
    names = {noted.name for noted in at.session_state[figures.NOTED].values()}
    assert names == {"Overview"}


@pytest.mark.parametrize("name", ["gone", "../runs/kept", "../../etc", "<b>"])
def test_an_address_that_names_no_run_says_so_and_lists_the_others(put_run, name):
    put_run("kept")
    at = open_page(run=name)
    assert "There is no run" in at.warning[0].value
    assert at.button(key="inspect-open-kept")
    assert title_of(at) is None


def test_the_open_run_stays_while_one_visits_another_page(put_run):
    put_run("kept")
    at = open_page(run="kept")
    run(at.switch_page(EXPLORE_PAGE))
    at.query_params.clear()
    assert title_of(run(at.switch_page(INSPECT_PAGE))) == "kept"


def test_going_back_in_the_browser_leads_to_the_list(put_run):
    put_run("kept")
    at = open_page(run="kept")
    at.query_params.clear()
    assert title_of(run(at)) is None


def test_a_run_gets_another_name(put_run):
    kept = put_run("kept")
    at = open_page(run="kept")
    at.text_input(key="inspect-name-kept").set_value(" *Second* try ")
    run(at)
    assert title_of(at) == "\\*Second\\* try"
    assert Run.open(kept.folder).about.name == "*Second* try"
    at.text_input(key="inspect-name-kept").set_value("  ")
    run(at)
    assert Run.open(kept.folder).about.name == "*Second* try"


def test_a_run_is_deleted_after_a_second_click(put_run):
    gone, kept = put_run("gone"), put_run("kept")
    at = open_page(run="gone")
    button(at, "Delete this run").click()
    run(at)
    assert not gone.folder.exists()
    assert kept.folder.exists()
    assert title_of(at) is None
    assert at.button(key="inspect-open-kept")


def test_a_run_that_is_not_finished_offers_to_resume(put_run):
    kept = put_run("kept")
    kept.part_path(0).unlink()
    at = open_page()
    assert "0% scored" in said(at)
    assert at.button(key="inspect-resume-kept")


def test_damaged_files_of_one_run_leave_the_page_and_the_others(put_run):
    put_run("good")
    broken = put_run("broken")
    data = bytearray(broken.rows_path.read_bytes())
    data[4:-8] = bytes(len(data) - 12)
    broken.rows_path.write_bytes(data)
    at = open_page()
    assert "its files are damaged" in said(at)
    assert at.button(key="inspect-open-good")
    at.button(key="inspect-open-broken").click()
    run(at)
    assert "damaged" in said(at)


@pytest.mark.parametrize("name", ["..", ".", "../kept", "/"])
def test_an_address_opens_no_folder_elsewhere(put_run, name):
    put_run("kept")
    assert frame._find(name) is None


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_a_module_that_shows_a_run(view):
    assert callable(importlib.import_module(f"attnviz.ui.components.inspection.{view}").show)


def test_the_chosen_view_and_an_open_text_stay_while_one_visits_another_page(put_run, monkeypatch):
    put_run("kept")
    at = open_page(run="kept")
    at.segmented_control(key=VIEW).set_value("slices")
    run(at)
    run(at.switch_page(EXPLORE_PAGE))
    run(at.switch_page(INSPECT_PAGE))
    assert at.segmented_control(key=VIEW).value == "slices"


def test_a_file_without_labels_has_texts_and_no_mistakes(put_run):
    put_run("kept", label_column=None, label_map={})
    at = open_page(run="kept")
    assert at.segmented_control(key=VIEW).options[1] == "Texts"
    assert "no labels" in said(at)


def test_another_model_scores_the_same_rows_in_a_run_of_its_own(put, put_run, classifier):
    kept, other = put_run("kept"), put("other", seed=6)
    at = open_page(run="kept")
    assert not [b for b in at.button if b.key == "inspect-again"]
    assert "the model of this run" not in said(at)
    choose_model(at, other)
    assert "Everything below is of **model**, the model of this run" in said(at)
    assert "**other**, chosen above, has no part in it." in said(at)
    at.button(key="inspect-again").click()
    done(at)
    made = next(found for found in find_runs() if found.folder.name != "kept")
    assert made.about.weights == weights_digest(other)
    assert made.about.digest == kept.about.digest
    columns = ["text", "line", "label", "truth", "c2"]
    assert made.page(most=200)[columns].equals(kept.page(most=200)[columns])
    assert not made.page(most=200)["predicted"].equals(kept.page(most=200)["predicted"])


def test_the_model_above_is_that_of_the_run_that_is_opened(put, put_run):
    other = put("other", seed=6)
    put_run("kept", model=str(other), weights=weights_digest(other))
    at = open_page()
    assert at.session_state["model"] != str(other)
    at.button(key="inspect-open-kept").click()
    run(at)
    assert at.session_state["model"] == str(other)
    assert open_page(run="kept").session_state["model"] == str(other)


def test_one_row_and_one_class_are_enough(shelf, classifier, tmp_path):
    rows = [("a good film", "positive", "web")]
    made = make_run(tmp_path / "runs" / "one", classifier, rows, model=shelf)
    made.change(weights=weights_digest(shelf))
    at = open_page(run="one")
    button(at, "Resume").click()
    done(at)
    assert made.done
    for view in VIEWS:
        at.segmented_control(key=VIEW).set_value(view)
        run(at)


def test_a_model_that_has_gone_leaves_the_numbers(put_run, tmp_path):
    kept = put_run("kept", model=str(tmp_path / "nowhere"))
    at = open_page(run="kept")
    assert title_of(at) == "kept"
    kept.part_path(0).unlink()
    run(at)
    button(at, "Resume").click()
    run(at)
    assert "There is no model folder" in at.error[0].value


UNREADABLE = {
    "empty.csv": b"",
    "header.csv": b"text,label\n",
    "binary.csv": bytes(range(256)) * 9,
    "ragged.csv": b"text,n\na,1,2\nb,1\nc,3,4\nd,5,6,7\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_files_that_cannot_be_read_get_a_message_and_make_no_run(inspect_page, name):
    upload(inspect_page, name, UNREADABLE[name])
    (said,) = messages(inspect_page)
    assert name in said.replace("\\", "")
    assert find_runs() == []


def test_a_file_that_breaks_while_it_is_read_says_so_and_makes_no_run(inspect_page, monkeypatch):
    """What stands beyond the first rows is met only now."""
    from attnviz.errors import FileError
    from attnviz.inspection import starting

    def refuse(*_, **__):
        raise FileError("row {line} is broken", line=7)

    monkeypatch.setattr(starting, "start_run", refuse)
    upload(inspect_page, "reviews.csv", CSV)
    start(inspect_page)
    assert "row 7 is broken" in messages(inspect_page)
    assert button(inspect_page, "Score this file")


def test_a_whole_file_can_be_one_text(inspect_page, classifier):
    upload(inspect_page, "plain.txt", b"good film\n\nbad film\n")
    start(inspect_page)
    button(inspect_page, "All runs").click()
    run(inspect_page)
    upload(inspect_page, "plain.txt", b"good film\n\nbad film\n")
    inspect_page.toggle[0].set_value(True)
    run(inspect_page)
    start(inspect_page)
    texts = sorted(tuple(kept.page()["text"]) for kept in find_runs())
    assert texts == [("good film", "bad film"), ("good film\n\nbad film\n",)]


def test_the_address_names_the_view_and_an_address_opens_it(put_run):
    put_run("kept")
    at = open_page(run="kept", view="causes")
    assert at.session_state[VIEW] == "causes"
    at.session_state[VIEW] = "slices"
    assert run(at).query_params["view"] == "slices"
    at.query_params["view"] = "export"  # as the browser does when it goes back
    assert run(at).session_state[VIEW] == "export"
    at.query_params["view"] = "nonsense"
    assert run(at).session_state[VIEW] == "overview"
    assert "view" not in at.query_params
    at.button(key="inspect-close").click()
    assert not {"view", "row", "run"} & set(run(at).query_params)


def test_going_back_in_the_browser_opens_the_row_of_then_and_closes_it(put_run):
    put_run("kept")
    at = open_page(run="kept", view="queue", row="5")
    opened = at.session_state["inspect-opened"]
    assert opened["kept"].row == 5
    at.query_params["row"] = "3"
    assert run(at).session_state["inspect-opened"]["kept"].row == 3
    del at.query_params["row"]
    assert run(at).session_state["inspect-opened"]["kept"] is None


def test_a_run_of_an_older_version_opens(put_run):
    kept = put_run("kept")
    path = kept.folder / "run.json"
    found = json.loads(path.read_text("utf-8"))
    del found["notices"], found["label_notices"]
    path.write_text(json.dumps(found), "utf-8")
    assert Run.open(kept.folder).about == kept.about
