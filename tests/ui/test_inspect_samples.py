"""The Inspect page with a model of series: a file is scored, its views open, none says "text"."""

import io
import json
import re

import numpy as np
import pytest

from attnviz.runs import find_runs
from attnviz.ui import state
from attnviz.ui.components.inspection.chosen import VIEW
from tests.sample_models import bumps, save_bumps, save_model
from tests.ui.page_driving import (
    EXPLORE_PAGE,
    INSPECT_PAGE,
    button,
    choose_model,
    done,
    messages,
    run,
    start,
    visit,
)

SAMPLE_VIEWS = ("overview", "queue", "causes", "similar", "slices", "compare", "export")


@pytest.fixture
def series(shelf):
    """A model of series on the shelf, beside the one of texts."""
    folder = shelf.parent / "bumps"
    save_model(folder)
    state.models_at_hand.clear()
    return folder


def packed(count=59, seed=5, **more) -> bytes:
    values, classes, _ = bumps(count, seed)
    classes[::7] = (classes[::7] + 1) % 3
    file = io.BytesIO()
    save_bumps(file, values, classes, **more)
    return file.getvalue()


def said(at):
    kinds = (at.markdown, at.caption)
    return "\n".join([*messages(at), *(element.value for kind in kinds for element in kind)])


def opened(series):
    at = choose_model(visit(), series)
    return run(at.switch_page(INSPECT_PAGE))


def upload(at, name, data):
    at.file_uploader(key="inspect-upload-samples").upload(name, data, "")
    return run(at)


def scored(series, data=None):
    at = upload(opened(series), "days.npz", packed() if data is None else data)
    start(at)
    return done(at)


def test_a_file_of_samples_is_looked_at_and_scored(series):
    at = opened(series)
    assert "# Which samples does the model get wrong?" in said(at)
    assert "The model reads series: I (A), V (V), T (°C)" in said(at).replace("\\", "")
    upload(at, "days.npz", packed())
    assert len(at.get("html")) >= 8  # the first samples
    start(at)
    done(at)
    (kept,) = find_runs()
    assert (kept.done, kept.compared, kept.about.input, kept.about.rows) == (
        True,
        True,
        "series",
        59,
    )
    assert "Right: 50 of 59" in "".join(element.proto.body for element in at.get("html"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_opens_and_speaks_of_samples(series, language):
    at = scored(series)
    at.session_state["language"] = language
    control = at.segmented_control(key=VIEW)
    assert len(control.options) == len(SAMPLE_VIEWS)
    for view in SAMPLE_VIEWS:
        at.session_state[VIEW] = view
        done(at)
        found = re.findall(r"[^\n]*\b[Tt]exts?\b[^\n]*|[^\n]*文本[^\n]*", said(at))
        assert found == [], view


def test_the_opened_row_shows_why_and_its_marks_work(series):
    at = scored(series)
    at.session_state[VIEW] = "queue"
    done(at)
    heads = "".join(element.proto.body for element in at.get("html"))
    assert re.search(r">Sample \d+<", heads)
    assert "31 steps of 10 min" in said(at).replace("\\", "")
    at.button(key="inspect-queue-text-mark-drop").click()
    run(at)
    (kept,) = find_runs()
    assert [mark["mark"] for mark in kept.marks().values()] == ["drop"]


def test_a_sample_opens_in_explore(series):
    at = scored(series)
    at.session_state[VIEW] = "queue"
    done(at)
    at.button(key="inspect-queue-text-explore").click()
    done(at)
    assert "31 steps of 10 min" in said(at).replace("\\", "")


def test_labels_can_be_left_aside(series):
    at = upload(opened(series), "days.npz", packed())
    at.toggle[0].set_value(False)
    start(run(at))
    done(at)
    (kept,) = find_runs()
    assert kept.about.label_column is None
    assert "So there are no mistakes to count" in said(at)


def test_another_model_scores_the_same_samples_where_it_reads_them(series, shelf):
    at = scored(series)
    choose_model(at, shelf)  # reads texts
    assert not [b for b in at.button if b.key == "inspect-again"]
    other = shelf.parent / "other"
    save_model(other)
    config = json.loads((other / "config.json").read_text(encoding="utf-8"))
    (other / "config.json").write_text(json.dumps(config | {"temperature": 2.0}), encoding="utf-8")
    state.models_at_hand.clear()
    choose_model(at, other)
    at.button(key="inspect-again").click()
    done(at)
    assert len(find_runs()) == 2
    at.session_state[VIEW] = "compare"
    done(at)
    assert "same file" in "".join(at.selectbox[-1].options)


def test_runs_of_different_samples_with_the_same_names_have_nothing_in_common(series):
    at = scored(series)
    button(at, "All runs").click()
    run(at)
    upload(at, "others.npz", packed(seed=11))
    start(at)
    done(at)
    at.session_state[VIEW] = "compare"
    done(at)
    assert "No other run has a sample in common with this one" in said(at)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.npz", b"", "is empty"),
        ("a.npz", b"PK\x03\x04 no archive", "cannot be read as .npz"),
        ("a.txt", b"not bad\n", "has no column of numbers"),
        ("a.csv", b"text,label\nnot bad,current\n", "text"),
    ],
)
def test_a_file_that_holds_no_samples_is_one_line(series, name, data, words):
    at = upload(opened(series), name, data)
    assert words in said(at).replace("\\", "")
    assert not [b for b in at.button if b.key == "inspect-start"]


def test_a_file_of_other_channels_is_refused_when_it_is_scored(series):
    file = io.BytesIO()
    np.savez(file, X=np.zeros((5, 31, 2), np.float32), y=np.zeros(5, int))
    at = upload(opened(series), "two.npz", file.getvalue())
    start(at)
    assert "other channels than the model reads" in said(at).replace("\\", "")
    assert find_runs() == []


def test_explore_speaks_of_texts_again(series, shelf):
    at = scored(series)
    choose_model(at, shelf)
    at.switch_page(EXPLORE_PAGE)
    run(at)
    assert [b for b in at.button if b.label == "Edit text"]


def test_a_model_that_says_no_class_is_sent_to_the_command(series):
    config = json.loads((series / "config.json").read_text(encoding="utf-8"))
    more = {"task": "forecast", "target": ["V (V)"], "horizon": 3}
    (series / "config.json").write_text(json.dumps(config | more), encoding="utf-8")
    state.models_at_hand.clear()
    at = opened(series)
    assert "python -m attnviz evaluate FILE" in said(at)
    assert len(at.file_uploader) == 0
