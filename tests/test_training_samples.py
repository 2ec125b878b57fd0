"""Training with series, films and pictures, and for forecasts."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attnviz.classifier import Classifier
from attnviz.cli import samples as samples_on_the_command_line
from attnviz.errors import SampleError, TrainingError
from attnviz.evaluation import Labelled
from attnviz.forecasts import forecast_scores, half_widths, seasonal_naive
from attnviz.history import History
from attnviz.processing.samples import SeriesProcessor
from attnviz.samples import Sample
from attnviz.samples.windows import past, windows
from attnviz.training import Recipe, train
from attnviz.training.batches import Collator, blanked, shuffled
from attnviz.training.loop import alike_channels
from attnviz.training.samples import described, shared_samples

NETWORK = {
    "input": "series",
    "kernel_sizes": [1, 3],
    "filters": 5,
    "hidden_size": 7,
    "attention_size": 3,
    "max_tokens": 23,
    "bidirectional": True,
}
RECIPE = Recipe(epochs=6, batch_size=8, learning_rate=0.02, warmup=0.0)
CHANNELS = ("I (A)", "U (V)")


def labelled(name: str, count: int, seed: int) -> Labelled:
    """The current of a fault is half of the sound one; voltages are 400 V and say nothing."""
    generator = np.random.default_rng(seed)
    samples, labels = [], []
    for number in range(count):
        fault = number % 2 == 1
        means = np.array([2.0 if fault else 4.0, 400.0])
        values = means + generator.normal(0, 0.1, (11 + number % 7, 2))
        samples.append(
            Sample(values.astype(np.float32), channels=CHANNELS, step=10, step_unit="min")
        )
        labels.append("fault" if fault else "sound")
    return Labelled(name, samples, labels)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("series") / "model"
    files = labelled("train", 48, 0), labelled("dev", 24, 1)
    history = train([files[0]], [files[1]], folder, RECIPE, NETWORK)
    return folder, history, files


def test_a_fault_that_halves_the_current_is_learnt_and_the_folder_has_no_tokenizer(trained):
    folder, history, files = trained
    assert history.accuracy == {"dev": 1.0}
    assert history.metric == "accuracy"
    assert {path.name for path in folder.iterdir()} == {
        "config.json",
        "model.safetensors",
        "training.json",
    }
    assert History.load(folder) == history
    classifier = Classifier.from_pretrained(folder)
    assert classifier.predict(files[1].texts).labels == files[1].labels


def test_channels_step_and_unit_come_from_the_first_sample(trained):
    config = Classifier.from_pretrained(trained[0]).network.config
    assert config.channels == list(CHANNELS)
    assert (config.step, config.step_unit) == (10.0, "min")


def test_mean_and_scale_are_those_of_the_training_samples_in_single_precision(trained):
    folder, _history, files = trained
    embedding = Classifier.from_pretrained(folder).network.embedding
    together = np.concatenate([sample.values for sample in files[0].texts]).astype(np.float64)
    assert_allclose(embedding.mean, together.mean(0), rtol=1e-6)
    assert_allclose(embedding.scale, together.std(0), rtol=1e-5)
    assert embedding.mean[1] > 399.9  # which half precision would round to 400


def test_gradients_through_time_are_recorded_for_samples_too(trained):
    entries = trained[1].state_gradients
    assert {entry["direction"] for entry in entries} == {"forward", "backward"}
    assert all(len(entry["norms"]) == 17 for entry in entries)


def test_a_channel_without_any_value_is_refused_by_its_name(tmp_path):
    file = labelled("train", 6, 0)
    for sample in file.texts:
        sample.values[:, 1] = np.nan
    with pytest.raises(TrainingError, match=r"U \(V\)"):
        train([file], [labelled("dev", 4, 1)], tmp_path / "model", RECIPE, NETWORK)


def test_samples_without_labels_and_teachers_are_refused(tmp_path):
    files = [labelled("train", 6, 0)], [labelled("dev", 4, 1)]
    with pytest.raises(TrainingError, match="--teacher"):
        train(*files, tmp_path / "a", RECIPE, NETWORK, teacher="anything")
    with pytest.raises(TrainingError, match="--vectors"):
        train(*files, tmp_path / "b", RECIPE, NETWORK, vectors="anything")


def test_pictures_and_films_are_described_by_their_shape():
    film = Sample(np.zeros((5, 12, 8, 3), np.uint8), step=0.1, step_unit="s")
    fields = described([film], {"input": "frames"})
    assert (fields["picture"], fields["step"], fields["step_unit"]) == ([12, 8, 3], 0.1, "s")
    picture = Sample(np.zeros((12, 8, 1), np.uint8))
    assert described([picture], {"input": "rows"})["picture"] == [12, 8, 1]


def test_samples_that_are_trained_on_too_are_counted():
    first, second = labelled("train", 6, 0), labelled("dev", 4, 1)
    mixed = Labelled("mixed", [*second.texts, first.texts[2]], [*second.labels, "sound"])
    assert shared_samples([first], [second, mixed]) == [0.0, 1 / 5]


# Noise of training.


def batch_of(length: int = 97) -> dict:
    values = torch.arange(3 * length * 5, dtype=torch.float32).reshape(3, length, 5)
    return {"input_values": values, "attention_mask": torch.ones(3, length, dtype=torch.bool)}


def test_blanked_steps_are_missing_values_in_every_channel():
    torch.manual_seed(0)
    values = blanked(batch_of(), 0.3)["input_values"]
    gone = values.isnan()
    assert (gone.all(2) == gone.any(2)).all()
    assert 0.2 < gone.float().mean() < 0.4
    assert torch.equal(values[~gone], batch_of()["input_values"][~gone])


def test_channels_that_are_alike_are_shuffled_in_each_sample_and_others_stay():
    torch.manual_seed(0)
    chosen = alike_channels(["I1 (A)", "I2 (A)", "U (V)", "I3 (A)", "T"], ["I*"])
    assert chosen == [0, 1, 3]
    before, after = batch_of()["input_values"], shuffled(batch_of(), chosen)["input_values"]
    assert torch.equal(after[..., [2, 4]], before[..., [2, 4]])
    assert torch.equal(after[..., chosen].sort(2).values, before[..., chosen].sort(2).values)
    orders = {tuple((sample[0, chosen] - sample[0, 0]).tolist()) for sample in after}
    assert len(orders) > 1
    step = after[0, :, chosen] - after[0, :1, chosen]
    assert (step == step[:, :1]).all(), "one order for all steps of a sample"


def test_a_batch_is_padded_and_what_is_padded_is_not_there(trained):
    config = Classifier.from_pretrained(trained[0]).network.config
    collate = Collator(SeriesProcessor(config))
    series = [np.ones((5, 2), np.float32), np.full((3, 2), 7, np.float32)]
    batch = collate([{"inputs": values, "labels": 1} for values in series])
    assert batch["attention_mask"].tolist() == [[True] * 5, [True, True, True, False, False]]
    assert batch["labels"].tolist() == [1, 1]
    assert (batch["input_values"][1, 3:] == 0).all()


# Forecasts.

YEAR = 12


def wave(count: int = 240, seed: int = 0) -> Sample:
    """A trend, a year of twelve months and a little noise: the next value can be known."""
    time = np.arange(count)
    noise = np.random.default_rng(seed).normal(0, 0.05, count)
    values = 300 + 0.1 * time + 5 * np.sin(2 * np.pi * time / YEAR) + noise
    stamps = tuple(f"{2000 + month // 12}-{month % 12 + 1:02d}" for month in time)
    return Sample(values[:, None].astype(np.float32), None, "co2", ("CO2 (ppm)",), stamps)


def forecast_file(name: str, first: int, last: int) -> Labelled:
    sample = wave()
    part = Sample(sample.values[first:last], None, name, sample.channels, sample.times[first:last])
    pairs = list(windows(part, ["CO2 (ppm)"], 24, 5))
    return Labelled(name, [window for window, _ in pairs], [values for _, values in pairs])


@pytest.fixture(scope="module")
def forecaster(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("forecast") / "model"
    network = NETWORK | {
        "task": "forecast",
        "target": ["CO2 (ppm)"],
        "horizon": 5,
        "season": YEAR,
        "level": "season",
        "max_tokens": 24,
        "embedding_dropout": 0.0,
        "head_dropout": 0.0,
        "hidden_size": 13,
    }
    files = forecast_file("train", 0, 180), forecast_file("dev", 160, 240)
    recipe = Recipe(epochs=30, batch_size=16, learning_rate=0.01, patience=30)
    history = train([files[0]], [files[1]], folder, recipe, network)
    return Classifier.from_pretrained(folder), history, files[1]


def test_a_window_is_a_past_and_the_values_that_came():
    sample = wave()
    pairs = list(windows(sample, ["CO2 (ppm)"], 24, 5, every=7))
    assert len(pairs) == len(range(0, 240 - 24 - 5 + 1, 7))
    window, coming = pairs[3]
    assert_allclose(window.values[:, 0], sample.values[21:45, 0])
    assert_allclose(coming, sample.values[45:50, 0])
    assert window.times[-1] == sample.times[44]
    assert window.name == f"co2, {sample.times[44]}"


def test_a_series_that_is_too_short_is_refused_with_the_numbers():
    with pytest.raises(SampleError, match="30 steps are too few for a forecast of 7 from 24"):
        list(windows(wave(30), ["CO2 (ppm)"], 24, 7))
    with pytest.raises(SampleError, match="no channel CO3"):
        list(windows(wave(), ["CO3"], 24, 7))


def test_a_past_ends_before_now():
    assert_allclose(past(wave(), 31, 7).values, wave().values[24:31])
    assert len(past(wave(), 3, 7).values) == 3


def test_a_forecast_is_level_plus_bias_plus_votes_in_its_own_unit(forecaster):
    classifier, _history, dev = forecaster
    for window in dev.texts[:3]:
        trace = classifier.trace(window)
        level = np.nanmean(window.values[-YEAR:, 0], dtype=np.float64)
        assert_allclose(trace.level, np.full(5, level), rtol=1e-6)
        assert_allclose(trace.forecast, level + trace.bias + trace.votes.sum(0), rtol=1e-5)
        assert np.isnan(trace.probabilities).all()
        assert trace.prediction == "", "it names no label"
        assert_allclose(classifier.predict([window]).values[0], trace.forecast, rtol=1e-5)


def test_what_can_be_known_is_forecast_better_than_by_the_seasonal_naive(forecaster):
    _classifier, history, _dev = forecaster
    scores = history.scores["dev"]
    assert history.metric == "mae"
    assert history.accuracy == {}
    assert scores["mae"] < 0.5 * scores["naive_mae"]
    assert scores["naive_mae"] == pytest.approx(12 * 0.1, rel=0.1), "a year of trend"
    assert scores["mase"] < 0.5 * scores["naive_mase"]


def test_scores_are_those_of_an_independent_computation(forecaster):
    classifier, _history, dev = forecaster
    scores = forecast_scores(classifier, dev)
    said = np.array([classifier.trace(window).forecast for window in dev.texts], np.float64)
    truth = np.array(dev.labels, np.float64)
    naive = np.array([[window.values[-YEAR + h, 0] for h in range(5)] for window in dev.texts])
    pasts = [window.values.astype(np.float64) for window in forecast_file("train", 0, 180).texts]
    own = [np.abs(values[YEAR:] - values[:-YEAR]).mean() for values in pasts]
    assert scores["mae"] == pytest.approx(np.abs(said - truth).mean(), rel=1e-4)
    assert scores["rmse"] == pytest.approx(np.sqrt(((said - truth) ** 2).mean()), rel=1e-4)
    assert scores["naive_mae"] == pytest.approx(np.abs(naive - truth).mean(), rel=1e-5)
    assert scores["mase"] == pytest.approx(np.abs(said - truth).mean() / np.mean(own), rel=1e-4)
    spread = np.array(classifier.network.config.spread)
    inside = (np.abs(said - truth) <= spread).mean()
    assert scores["coverage"] == pytest.approx(inside, abs=0.02)
    assert 0.78 <= scores["coverage"] <= 0.9, "of the windows that made it"


def test_the_band_is_the_split_conformal_one_of_every_step():
    errors = np.arange(1, 10)[:, None] * [1.0, 3.0]  # 9 windows: the 8th smallest
    widths = half_widths(errors, np.zeros((9, 2)))
    assert widths.tolist() == [8.0, 24.0]
    errors[4, 1] = np.nan  # 8 are left: ⌈9 · 0.8⌉ = 8, the largest of them
    assert half_widths(errors, np.zeros((9, 2)))[1] == 27


def test_the_seasonal_naive_repeats_the_last_season_and_fills_gaps_with_its_mean(forecaster):
    classifier, _history, _dev = forecaster
    values = np.arange(24, dtype=np.float32)[:, None]
    values[13] = np.nan
    naive = seasonal_naive(Sample(values), classifier.network.config)
    rest = np.nanmean(values[12:])
    assert_allclose(naive, [12, rest, 14, 15, 16])


def test_windows_are_cut_in_the_channels_units_and_steps_of_the_first_file():
    plan = {"channels": ["T (°C)", "P (kW)"], "step": 1.0, "step_unit": "h"}
    steps = np.arange(9)
    values = np.stack([1000.0 * steps, 20.0 + steps], axis=1)  # every half hour, in W
    sample = Sample(values, channels=("P (W)", "T (°C)"), step=30, step_unit="min")
    brought, notices = samples_on_the_command_line._as_the_first(sample, plan)
    assert brought.channels == ("T (°C)", "P (kW)")
    assert_allclose(brought.values[:, 1], [0, 2, 4, 6, 8], rtol=1e-6)
    assert_allclose(brought.values[:, 0], [20, 22, 24, 26, 28], rtol=1e-6)
    assert any("30 min" in str(notice) for notice in notices)


def test_a_pattern_of_alike_channels_that_matches_none_or_the_target_is_refused():
    channels = ["I1", "I2", "P"]
    assert alike_channels(channels, ["I*"], ["P"]) == [0, 1]
    for pattern in (["X*"], ["P"], ["*"]):
        with pytest.raises(TrainingError, match="--shuffle-channels"):
            alike_channels(channels, pattern, ["P"])


def test_a_constant_channel_is_not_blown_up_by_rounding(tmp_path):
    file = labelled("train", 8, 0)
    for sample in file.texts:
        sample.values[:, 1] = 50.1
    network = NETWORK | {"level": "sample"}
    train([file], [labelled("dev", 4, 1)], tmp_path / "m", RECIPE, network)
    assert Classifier.from_pretrained(tmp_path / "m").network.embedding.scale[1] == 1
