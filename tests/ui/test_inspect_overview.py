"""The overview of a run on a page: its numbers, its charts, and where a click leads."""

import json
import re
import shutil

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.charts.overview import confusion_rows
from attnviz.evidence import to_plain
from attnviz.inspection import sentences
from attnviz.inspection.metrics import metrics
from attnviz.inspection.scoring import score_run
from attnviz.runs import Filter, Run
from attnviz.ui.components.inspection import overview as page_module
from attnviz.ui.components.inspection.chosen import VIEW, Opened
from attnviz.ui.components.inspection.overview_parts import group_filter
from tests.scored_runs import make_run
from tests.ui.page_driving import chart_rows, english_words, run


def page(folder):
    import streamlit as st

    from attnviz.runs import Run
    from attnviz.ui.components.inspection import overview
    from attnviz.ui.components.inspection.chosen import VIEW

    if st.session_state.get(VIEW) is None:
        overview.show(Run.open(folder), "overview")


def visit(found, **state):
    at = AppTest.from_function(page, args=(str(found.folder),), default_timeout=60)
    for name, value in state.items():
        at.session_state[name] = value
    return run(at)


def filters(at):
    return [*at.session_state["inspect-filters"].values()]


PARTS = ("outcomes", "calibration", "groups", "curves", "each")
OPEN = {f"overview-part-{name}": True for name in PARTS}


def said(at):
    html = [re.sub(r"<[^>]+>", "", part.proto.body) for part in at.get("html")]
    folded = [part.label for part in at.expander]
    return "\n".join(
        [*(part.value for part in [*at.markdown, *at.caption, *at.info]), *html, *folded]
    )


@pytest.fixture
def unlabelled(own_run):
    own_run.change(label_column=None, label_map={})
    return own_run


def test_the_headline_holds_the_runs_numbers(run):
    at, found = visit(run), metrics(run)
    for number in (
        f"{found.accuracy:.1%} right",
        f"95% interval {sentences.interval(found.interval)}",
        f"Mistakes: {found.mistakes}",
        f"Macro-F1 {found.macro_f1:.3f}",
        f"Calibration error {found.calibration.error:.1%}",
    ):
        assert number in said(at)
    assert sentences.of_accuracy(found) in said(at)


def test_every_chart_draws_the_runs_numbers(run):
    at, found = visit(run, **OPEN), metrics(run)
    drawn = at.get("vega_lite_chart")
    assert len(drawn) == 5
    cells = chart_rows(drawn[0]).to_dict("records")
    assert [row["texts"] for row in cells] == [
        row["texts"] for row in confusion_rows(found, [0, 1, 2])
    ]
    for chart in drawn:
        json.loads(chart.proto.spec)


def test_charts_are_folded_behind_their_findings_at_first(run):
    at, found = visit(run), metrics(run)
    assert len(at.get("vega_lite_chart")) == 1  # the confusion
    for finding in (
        sentences.of_outcomes(found),
        sentences.of_calibration(found),
        sentences.of_curves(found),
        sentences.of_classes(found, found.labels),
    ):
        assert any(finding in part.label for part in at.expander)


def test_the_columns_that_were_taken_are_named_in_one_line(run):
    at, found = visit(run), metrics(run)
    (line,) = [part.value for part in at.caption if part.value.startswith("Text: **review**")]
    counts = ", ".join(
        f"{label} ({texts})" for label, texts in zip(found.labels, found.support, strict=True)
    )
    assert f"Labels: **label**: {counts}" in line.replace("\\", "")


def test_the_largest_mistakes_lead_to_their_texts(run):
    at, found = visit(run), metrics(run)
    ((truth, prediction, texts),) = found.confused(1)
    at.button(key=f"overview-cell-{truth}-{prediction}").click().run()
    (chosen,) = filters(at)
    assert chosen == Filter(truth=(found.labels[truth],), prediction=(found.labels[prediction],))
    assert run.count(chosen) == texts
    assert at.session_state[VIEW] == "queue"


def test_the_button_leads_to_all_mistakes(run):
    at = visit(run)
    at.button(key="overview-mistakes").click().run()
    assert filters(at) == [Filter(outcome="wrong")]
    assert run.count(filters(at)[0]) == metrics(run).mistakes


def click(folder, selection, number):
    """What the browser makes of a click: the chart's state, then its callback."""
    import streamlit as st

    from attnviz.inspection.metrics import metrics
    from attnviz.runs import Run
    from attnviz.ui.components.inspection import overview_parts

    opened = Run.open(folder)
    found = metrics(opened)
    st.session_state["chart"] = {"selection": selection}
    if "cell" in selection:
        overview_parts.choose_cell(opened, found, "chart")
    else:
        overview_parts.choose_group(opened, found.groups[number], "chart")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_click_on_a_group_leads_to_its_mistakes(run, number):
    groups = metrics(run).groups[number]
    for place, (texts, right) in enumerate(zip(groups.texts, groups.right, strict=True)):
        assert run.count(group_filter(groups, place)) == texts - right
    selection = {"group": [{"place": 1}]}
    at = AppTest.from_function(click, args=(str(run.folder), selection, number)).run(timeout=60)
    assert not at.exception
    assert filters(at) == [group_filter(groups, 1)]
    assert at.session_state[VIEW] == "queue"


def test_a_click_on_a_cell_leads_to_its_texts(run):
    found = metrics(run)
    selection = {"cell": [{"truth": 1, "prediction": 2}]}
    at = AppTest.from_function(click, args=(str(run.folder), selection, 0)).run(timeout=60)
    assert not at.exception
    (chosen,) = filters(at)
    assert run.count(chosen) == found.confusion[1, 2]
    assert at.session_state[VIEW] == "queue"


@pytest.mark.parametrize("selection", [{"cell": []}, {"group": []}, {"cell": None}])
def test_a_click_beside_everything_leads_nowhere(run, selection):
    at = AppTest.from_function(click, args=(str(run.folder), selection, 0)).run(timeout=60)
    assert not at.exception
    assert VIEW not in at.session_state


def test_accuracy_can_be_told_by_a_column(run):
    at, found = visit(run, **OPEN), metrics(run)
    column = next(n for n, groups in enumerate(found.groups) if groups.kind == "column")
    at.selectbox(key="overview-by").set_value(column).run()
    rows = chart_rows(at.get("vega_lite_chart")[3]).dropna(subset=["group"])
    assert rows["group"].tolist() == list(found.groups[column].values)
    assert rows["accuracy"].tolist() == pytest.approx(found.groups[column].accuracy)


def test_the_twin_holds_what_is_drawn(run):
    at, found = visit(run, **{"overview-twin": True, "overview-part-each": True}), metrics(run)
    tables = [frame.value for frame in at.dataframe]
    each, matrix = tables[0], tables[1]
    assert each["F1"].tolist() == pytest.approx(sorted(100 * found.f1))
    assert matrix.iloc[:, 1:].to_numpy().tolist() == found.confusion.tolist()
    assert any(
        "Mean probability" in table and table["Texts"].tolist() == found.calibration.texts.tolist()
        for table in tables
    )
    assert len(tables) == 2 + 1 + len(found.groups) + 2  # one calibration: no temperature


def test_the_download_is_the_record(run, monkeypatch):
    kept = {}
    monkeypatch.setattr(
        page_module.st, "download_button", lambda label, data, *args, **options: kept.update(a=data)
    )
    visit(run)
    assert json.loads(kept["a"]()) == to_plain(metrics(run))


def test_without_labels_the_page_shows_what_the_model_says(unlabelled):
    at = visit(unlabelled)
    assert "Macro-F1" not in said(at)
    drawn = [chart_rows(chart) for chart in at.get("vega_lite_chart")]
    assert drawn[0]["texts"].sum() == drawn[1]["texts"].sum() == unlabelled.about.rows
    buttons = [button.key for button in at.button if "unsure" in button.key]
    expected = unlabelled.page(sort="unsure", most=8)["row"].tolist()
    assert buttons == [f"overview-unsure-{row}" for row in expected]
    at.button(key=buttons[3]).click().run()
    assert [*at.session_state["inspect-opened"].values()] == [Opened(expected[3])]


def test_a_run_that_is_not_scored_says_so(tmp_path, classifier):
    rows = [("a good film", "positive", "web")] * 7
    assert "No text is scored yet." in said(visit(make_run(tmp_path / "new", classifier, rows)))


def test_of_a_run_that_is_half_scored_the_page_says_how_far(run, tmp_path, monkeypatch):
    from attnviz.runs import about as about_module

    monkeypatch.setattr(about_module, "CHUNK", 31)
    monkeypatch.setattr("tests.scored_runs.CHUNK", 31)
    at = visit(_half(tmp_path, run))
    assert "Texts scored so far: 31" in said(at)
    assert "Macro-F1" in said(at)


def _half(tmp_path, run):
    """A copy of the run with the scores of its first 31 rows."""
    from pyarrow import parquet

    half = Run.open(shutil.copytree(run.folder, tmp_path / "half"))
    scores = parquet.read_table(half.part_path(0))
    half.part_path(0).unlink()
    half.write_part(0, scores.slice(0, 31))
    return half


@pytest.mark.parametrize("rows", [1, 5])
def test_few_rows_of_one_class_are_no_trouble(tmp_path, classifier, rows):
    found = make_run(tmp_path / "one", classifier, [("a good film", "neutral", "web")] * rows)
    score_run(classifier, found)
    at = visit(found)
    assert "Curves need texts of at least two classes." in said(at)
    assert "Macro-F1" in said(at)


def test_texts_that_hold_nothing_are_no_trouble(tmp_path, classifier):
    found = make_run(tmp_path / "blank", classifier, [(" ", "neutral", "web")] * 3)
    score_run(classifier, found)
    at = visit(found)
    assert "No labelled text could be read." in said(at)
    assert "Texts with a label but without anything to read" in said(at)


def test_many_classes_are_zoomed_to_those_with_most_mistakes(tmp_path, saved):
    found = _many_classes(tmp_path / "many", 151)
    at = visit(found)
    cells = chart_rows(at.get("vega_lite_chart")[0])
    assert 2 <= cells["truth"].nunique() <= 20
    at.segmented_control(key="overview-classes").set_value(True).run()
    cells = chart_rows(at.get("vega_lite_chart")[0])
    assert cells["truth"].nunique() == 151
    assert cells["texts"].sum() == found.about.rows
    assert not at.exception


def _many_classes(folder, classes):
    """A run of that many classes, its scores drawn at random."""
    import pyarrow as pa
    from pyarrow import parquet

    from attnviz.runs import About
    from attnviz.runs.schema import EVIDENCE, scores_schema

    generator, rows = np.random.default_rng(0), 3 * classes
    labels = tuple(f"class {number}" for number in range(classes))
    truth = np.arange(rows) % classes
    logits = generator.normal(size=(rows, classes)).astype("float32")
    logits[range(rows), truth] += 6
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    order = np.argsort(-logits, axis=1)
    folder.mkdir()
    cells = {"row": range(rows), "line": range(2, rows + 2)}
    cells |= {"c0": ["a text"] * rows, "c1": [labels[number] for number in truth]}
    parquet.write_table(pa.table(cells), folder / "rows.parquet")
    plain = ("many", "2026", "gone", "0" * 12, labels, 1, 1.0, "many.csv", "1", "utf-8", ",")
    same = {label: label for label in labels}
    run = Run.create(folder, About(*plain, ("text", "label"), "text", "label", same, rows))
    schema = scores_schema(classes, 1)
    columns = {name: np.ones(rows) for name in EVIDENCE} | {"row": np.arange(rows)}
    columns |= {"prediction": order[:, 0], "runner_up": order[:, 1], "margin": np.ones(rows)}
    columns |= {"confidence": shares.max(axis=1), "lse": np.log(np.exp(logits).sum(axis=1))}
    columns |= {"logits": list(logits), "context": list(np.ones((rows, 1), "float16"))}
    run.write_part(
        0, pa.table({n: pa.array(columns[n], schema.field(n).type) for n in schema.names})
    )
    return run


KNOWN = {
    "FOUND",
    "LABEL",
    "positive",
    "negative",
    "review",
    "neutral",
    "ROC",
    "AUC",
    "F1",
    "Wilson",
    "web",
    "shop",
    "source",
}


def test_labels_that_fit_better_as_other_classes_are_doubted_at_the_top(tmp_path, saved):
    found = _many_classes(tmp_path / "many", 7)
    assert not visit(found).warning
    labels = found.about.labels
    found.change(label_map=dict(zip(labels, [*labels[1:], labels[0]], strict=True)))
    (doubt,) = visit(found).warning
    assert "class 6 = class 6" in doubt.value.replace("\\", "")


@pytest.mark.parametrize("labels", [True, False])
def test_the_page_speaks_chinese(own_run, labels):
    if not labels:
        own_run.change(label_column=None, label_map={})
    at = visit(own_run, language="zh", **OPEN | {"overview-twin": True})
    texts = set(re.findall("[A-Za-z]+", " ".join(own_run.page(most=1_000)["text"])))
    assert english_words(at, KNOWN | texts) == set()
