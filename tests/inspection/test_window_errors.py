"""A forecaster on a file: each number against one that is computed by hand."""

import json

import numpy as np
import pytest
import torch
from pyarrow import parquet

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.inspection.window_errors import window_errors
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.samples import Sample
from tests.command_line import fails_with_one_line, run_in_full

BACK, AHEAD, STEPS = 11, 3, 41


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network of random weights that says three hours of one of two channels."""
    torch.manual_seed(5)
    names = {step: f"P (W) +{step + 1} h" for step in range(AHEAD)}
    config = CnnLstmAttentionConfig(
        **{"input": "series", "task": "forecast", "channels": ["P (W)", "T (°C)"]},
        **{"target": ["P (W)"], "horizon": AHEAD, "season": 5, "step": 1.0, "step_unit": "h"},
        **{"kernel_sizes": [3], "filters": 7, "hidden_size": 5, "max_tokens": BACK},
        **{"id2label": names, "spread": [1.0, 2.0, 3.0], "naive_error": 2.0},
    )
    folder = tmp_path_factory.mktemp("model") / "hours"
    CnnLstmAttentionForSequenceClassification(config).save_pretrained(folder)
    return folder


def series():
    values = np.random.default_rng(0).normal(0, 3, (STEPS, 2)).astype(np.float32)
    values[25, 0] = np.nan
    times = [f"2026-11-{27 + hour // 24:02d} {hour % 24:02d}:00" for hour in range(STEPS)]
    about = {"channels": ("P (W)", "T (°C)"), "step": 1.0, "step_unit": "h"}
    return Sample(values, name="plant", times=tuple(times), **about)


@pytest.fixture(scope="module")
def errors(model):
    return window_errors(Classifier.from_pretrained(model), [series()])


def test_errors_are_those_of_each_window_computed_alone(model, errors):
    sample, classifier = series(), Classifier.from_pretrained(model)
    power = sample.values[:, 0].astype(float)
    nows = range(BACK, STEPS - AHEAD + 1)
    assert errors.said.shape == (len(nows), AHEAD)
    for row, now in enumerate(nows):
        said = classifier.predict([sample.values[now - BACK : now]]).values[0]
        np.testing.assert_allclose(errors.said[row], said, atol=1e-5)
        np.testing.assert_array_equal(errors.truth[row], power[now : now + AHEAD])
        assert errors.starts[row] == sample.times[now]
        past = power[now - 5 : now]
        season = np.where(np.isnan(past), np.nanmean(past), past)
        np.testing.assert_allclose(errors.naive[row], season[:AHEAD], rtol=1e-6)


def test_figures_are_means_of_the_known_errors(errors):
    found = errors.figures()
    size = np.abs(errors.said - errors.truth)
    assert found["windows"] == len(size) == 28
    assert found["mae"] == pytest.approx(np.nanmean(size))
    assert found["mase"] == pytest.approx(np.nanmean(size) / 2)
    assert found["rmse"] == pytest.approx(np.sqrt(np.nanmean(size**2)))
    inside = (size <= [1, 2, 3])[~np.isnan(size)].mean()
    assert found["coverage"] == pytest.approx(inside)
    assert [one["step"] for one in found["by_step"]] == [1, 2, 3]
    assert found["by_step"][1]["mae"] == pytest.approx(np.nanmean(size[:, 1]))
    wrong = np.nanmean(size, axis=1) / 2 > 1
    assert found["windows_worse_than_scale"] == wrong.sum()
    np.testing.assert_array_equal(errors.by_window()["mistake"], wrong)


def test_errors_are_told_by_the_hour_and_weekday_of_what_came(errors):
    found = errors.figures()
    size = np.abs(errors.said - errors.truth)
    hours = (np.arange(BACK, STEPS - AHEAD + 1)[:, None] + np.arange(AHEAD)) % 24
    assert set(found["by_hour"]) == {str(hour) for hour in range(24)}
    assert found["by_hour"]["13"]["mae"] == pytest.approx(np.nanmean(size[hours == 13]))
    assert list(found["by_weekday"]) == ["Friday", "Saturday"]  # 27 and 28 November 2026
    assert "by_month" not in found


def test_evaluate_writes_a_row_for_each_window(capsys, model, tmp_path):
    sample = series()
    rows = [f"{t},{p},{c}" for t, (p, c) in zip(sample.times, sample.values, strict=True)]
    text = "\n".join(["time,P (W),T (°C)", *rows]).replace("nan", "")
    (tmp_path / "plant.csv").write_text(text, encoding="utf-8")
    words = ("evaluate", tmp_path / "plant.csv", "--model", model, "--output", tmp_path / "run")
    code, said, told = run_in_full(capsys, *words)
    found = json.loads(said)
    assert (code, found["windows"]) == (0, 28)
    assert "Windows: 28, each of 11 steps before and 3 that came." in told
    naive = found["naive_mae"] < found["mae"]
    assert ("Worse than the seasonal naive" in told) == naive
    table = parquet.read_table(tmp_path / "run" / "results.parquet")
    assert table.num_rows == 28
    assert json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8")) == found
    found = run_in_full(capsys, *words, "--fail-under", "accuracy=0.9")
    fails_with_one_line(found, "--fail-under is for models that say a class")
