"""A run on disk: what is asked, what is kept, what a killed process leaves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from attnviz.errors import FileError
from attnviz.inspection.scoring import score_run
from attnviz.runs import CAUSES, SORTS, Filter, Run
from attnviz.runs.filters import split_words
from attnviz.runs.schema import later_schema
from tests.scored_runs import make_run, random_rows


def test_every_text_has_the_prediction_of_the_classifier(run, classifier):
    found = run.page(most=1_000)
    expected = classifier.predict(found["text"].tolist())
    assert found["predicted"].tolist() == expected.labels
    np.testing.assert_allclose(found["confidence"], expected.probabilities.max(1), atol=1e-6)


def test_outcomes_compare_the_label_with_the_prediction(run):
    found = run.page(most=1_000)
    labelled = found["label"] != ""
    assert 0 < labelled.sum() < len(found)
    assert found["outcome"][~labelled].isna().all()
    right = found["label"] == found["predicted"]
    assert ((found["outcome"] == "right") == (right & labelled)).all()
    assert run.count(Filter(outcome="wrong")) == (labelled & ~right).sum() > 0


def test_the_probability_of_the_true_class_is_that_of_the_classifier(run, classifier):
    found = run.page(most=1_000).dropna(subset=["truth"])
    expected = classifier.predict(found["text"].tolist()).probabilities
    places = [classifier.labels.index(name) for name in found["truth"]]
    np.testing.assert_allclose(found["p_truth"], expected[range(len(found)), places], atol=1e-6)


FILTERS = {
    "truth": (Filter(truth=("neutral",)), lambda d: d["truth"] == "neutral"),
    "prediction": (Filter(prediction=("positive",)), lambda d: d["predicted"] == "positive"),
    "confidence": (
        Filter(confidence=(0.4, 0.8)),
        lambda d: (d["confidence"] >= 0.4) & (d["confidence"] <= 0.8),
    ),
    "tokens": (Filter(tokens=(None, 20)), lambda d: d["tokens"] <= 20),
    "words": (
        Filter(words="GOOD '电影'"),
        lambda d: d["text"].str.contains("good") & d["text"].str.contains("'电影'"),
    ),
    "phrase": (Filter(words='"the film"'), lambda d: d["text"].str.contains("the film")),
    "column": (Filter(columns=(("source", "web"),)), lambda d: d["c2"] == "web"),
    "rows": (Filter(rows=(3, 7)), lambda d: d["row"].isin([3, 7])),
    "tag": (Filter(tags=("close",)), lambda d: d["margin"] < 0.1),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_leaves_the_texts_that_it_names(run, name):
    chosen, expected = FILTERS[name]
    rows = run.page(most=1_000)
    wanted = rows["row"][expected(rows)].tolist()
    assert run.page(chosen, most=1_000)["row"].tolist() == wanted
    assert run.count(chosen) == len(wanted)
    assert Filter.from_dict(chosen.to_dict()) == chosen


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_holds_every_text_once(run, sort):
    rows = run.page(sort=sort, most=1_000)["row"].tolist()
    assert sorted(rows) == list(range(run.about.rows))
    assert run.page(sort=sort, start=5, most=7)["row"].tolist() == rows[5:12]


@pytest.mark.parametrize("tag", CAUSES)
def test_every_tag_is_a_condition_that_the_database_understands(run, tag):
    found = run.page(most=1_000)
    tagged = [tag in tags for tags in found["tags"]]
    assert run.count(Filter(tags=(tag,))) == sum(tagged)


def test_marks_last_and_the_latest_counts(own_run):
    own_run.mark([3, 5], "drop")
    own_run.mark([5], "relabel", "neutral", 'says "so so"')
    own_run.mark([3], "")
    found = Run.open(own_run.folder).page(Filter(marks=("relabel", "drop")))
    assert found[["row", "mark", "new_label", "note"]].values.tolist() == [
        [5, "relabel", "neutral", 'says "so so"']
    ]
    assert own_run.count(Filter(marks=("none",))) == own_run.about.rows - 1


def test_slices_come_back_as_they_were_saved(own_run):
    slices = {name: chosen for name, (chosen, _) in FILTERS.items()}
    own_run.change_slices(lambda _: slices)
    assert Run.open(own_run.folder).slices() == slices


def test_a_broken_run_says_so(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(FileError, match="holds no run"):
        Run.open(tmp_path)


def test_a_run_without_scores_can_be_asked_all_the_same(tmp_path, classifier):
    run = make_run(tmp_path / "new", classifier, random_rows(7, classifier.labels))
    assert (run.scored, run.done, run.missing()) == (0, False, [0])
    assert run.page()["predicted"].isna().all()


@pytest.mark.parametrize("note", ["a\u2028b", "c\u0085d", "e\u2029f", "two\nlines"])
def test_a_note_may_hold_any_kind_of_line_break(own_run, note):
    own_run.mark([1], "keep", "", note)
    assert own_run.marks()[1]["note"] == note
    assert own_run.page(Filter(rows=(1,)))["note"].tolist() == [note]


def test_a_mark_after_a_torn_line_is_kept(own_run):
    own_run.mark([1], "keep")
    with open(own_run.folder / "marks.jsonl", "a") as file:
        file.write('\n{"row": 3, "ma')
    own_run.mark([3], "drop")
    assert {row: found["mark"] for row, found in own_run.marks().items()} == {1: "keep", 3: "drop"}


def test_a_change_in_an_old_tab_keeps_what_another_has_changed(own_run):
    other = Run.open(own_run.folder)
    own_run.change(label_map={"positive": "negative"})
    other.change(name="renamed")
    found = Run.open(own_run.folder).about
    assert (found.name, found.label_map) == ("renamed", {"positive": "negative"})


def test_two_writers_of_one_part_do_not_disturb_each_other(own_run):
    table = parquet.read_table(own_run.part_path(0))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: own_run.write_part(0, table), range(60)))
    assert parquet.read_table(own_run.part_path(0)).equals(table)
    assert not list(own_run.folder.rglob("*.tmp"))


def test_scores_that_were_cut_off_count_as_missing(own_run, classifier):
    before = own_run.page(most=200)
    path = own_run.part_path(0)
    path.write_bytes(path.read_bytes()[:-100])
    assert own_run.missing() == [0]
    assert own_run.page()["predicted"].isna().all()
    score_run(classifier, own_run)
    assert own_run.page(most=200).equals(before)


def test_damaged_rows_are_one_message(own_run):
    data = bytearray(own_run.rows_path.read_bytes())
    data[4:-8] = bytes(len(data) - 12)
    own_run.rows_path.write_bytes(data)
    with pytest.raises(FileError, match="are damaged"):
        own_run.count()


def test_what_compared_the_texts_counts_for_the_labels_of_then(own_run):
    own_run.write_later(later_schema().empty_table())
    assert own_run.compared
    own_run.change(label_map={"positive": "negative"})
    assert not own_run.compared


def test_a_backslash_in_a_search_is_one():
    assert split_words("C:\\temp don't") == ["C:\\temp", "don't"]


@pytest.mark.parametrize("tag", CAUSES)
def test_the_readme_tells_every_tag_as_the_page_does(tag):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"| {CAUSES[tag].title} | {CAUSES[tag].says} |" in readme
