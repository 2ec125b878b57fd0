"""What a network reads at a position. Letters in shapes as in `attnviz.inputs`."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.nn import functional

from attnviz.attention import ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError
from attnviz.folders import ORDERS
from attnviz.inputs import INPUTS, LEVELS
from attnviz.kinds import INPUT_KINDS, LEVEL_KINDS, SAMPLE_INPUTS, TASK_KINDS
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.processing import PROCESSORS
from attnviz.samples import Sample
from attnviz.tasks import TASKS
from attnviz.training.material import MATERIALS

PICTURE = {"picture": [12, 8, 1], "picture_filters": [3, 5]}
FIELDS = {
    "series": {"channels": ["I (A)", "V (V)", "G"], "step": 10, "step_unit": "min"},
    "frames": PICTURE | {"embedding_size": 17},
    "rows": PICTURE,
    "columns": PICTURE,
    "filters": PICTURE | {"picture_filters": [3, 19]},
}
SHAPES = {"series": (23, 3), "frames": (11, 12, 8)} | dict.fromkeys(
    ("rows", "columns", "filters"), (12, 8)
)
ENDS = ("dot", "scaled_dot", "general", "last")  # which ask with the last state
LENGTHS = {"series": 23, "frames": 11, "rows": 3, "columns": 2, "filters": 19}


def network_of(kind: str, seed: int = 0, **changes):
    """Weights far from 0, so that no law holds by accident."""
    settings = {
        "id2label": {0: "low", 1: "middle", 2: "high"},
        "kernel_sizes": [1, 3],
        "filters": 13,
        "hidden_size": 7,
        "attention_size": 5,
        "max_tokens": 101,
    }
    config = CnnLstmAttentionConfig(**settings | {"input": kind} | FIELDS[kind] | changes)
    network = CnnLstmAttentionForSequenceClassification(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.4, generator=generator)
    return network.eval()


def sample_of(kind: str, seed: int = 0, length: int | None = None) -> np.ndarray:
    shape = SHAPES[kind] if length is None else (length, *SHAPES[kind][1:])
    generator = np.random.default_rng(seed)
    if kind == "series":
        return generator.normal(3, 2, shape).astype(np.float32)
    return generator.integers(0, 256, shape).astype(np.uint8)


def test_every_kind_of_input_and_task_has_its_rows_in_every_table():
    assert set(INPUTS) == set(INPUT_KINDS) == set(MATERIALS)
    assert set(SAMPLE_INPUTS) <= set(PROCESSORS)
    assert set(TASKS) == set(TASK_KINDS)
    assert set(LEVELS) == set(LEVEL_KINDS)


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", SAMPLE_INPUTS)
def test_the_laws_hold_for_every_input_order_and_attention(kind, order, attention):
    fields = {"order": order, "attention": attention}
    fields |= {"recurrent": "none"} if order == "cnn" else {}
    if attention in ENDS and ORDERS[order][-1] != "recurrent":
        with pytest.raises(ConfigurationError, match="Choose another"):
            network_of(kind, **fields)
        return
    trace = Classifier(network_of(kind, **fields)).trace(sample_of(kind))
    assert len(trace.tokens) == LENGTHS[kind]
    assert_allclose(trace.logits, trace.bias + trace.votes.sum(0), rtol=1e-4, atol=1e-5)
    assert_allclose(trace.attention.sum(0), 1, rtol=1e-5)
    assert trace.text is None
    assert trace.surfaces == trace.tokens


@pytest.mark.parametrize("kind", SAMPLE_INPUTS)
def test_a_sample_alone_and_in_a_batch_has_the_same_numbers(kind):
    classifier = Classifier(network_of(kind))
    lengths = (23, 5, 13) if kind in ("series", "frames") else (None, None, None)
    samples = [sample_of(kind, seed, length) for seed, length in enumerate(lengths)]
    together = classifier.predict(samples).probabilities
    alone = [classifier.trace(sample).probabilities for sample in samples]
    assert_allclose(together, alone, rtol=1e-4, atol=1e-6)


def test_a_missing_value_is_read_as_the_mean():
    network = network_of("series")
    network.embedding.mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    network.embedding.scale.copy_(torch.tensor([2.0, 0.5, 4.0]))
    missing, filled = sample_of("series"), sample_of("series")
    missing[7, 1], filled[7, 1] = np.nan, 2.0
    traces = [Classifier(network).trace(values) for values in (missing, filled)]
    assert_allclose(traces[0].embeddings, traces[1].embeddings)
    assert traces[0].embeddings[7, 1] == 0
    assert np.isnan(traces[0].values[7, 1])


def test_a_series_is_its_channels_standardised():
    network = network_of("series")
    network.embedding.mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    network.embedding.scale.copy_(torch.tensor([2.0, 0.5, 4.0]))
    values = sample_of("series")
    trace = Classifier(network).trace(values)
    assert_allclose(trace.embeddings, (values - [1, 2, 3]) / [2, 0.5, 4], rtol=1e-5, atol=1e-6)
    assert_allclose(trace.values, values)
    assert trace.channels == ("I (A)", "V (V)", "G")


def test_a_level_is_the_mean_of_what_is_there_in_the_sample_or_its_last_season():
    values = np.array([[1.0], [np.nan], [5.0], [7.0], [2.0]], dtype=np.float32)
    wanted = {"files": 11.0, "sample": 15 / 4, "season": 9 / 2}
    for level, mean in wanted.items():
        fields = {"task": "forecast", "target": ["I"], "horizon": 2, "season": 2, "level": level}
        fields |= {"channels": ["I"], "id2label": {0: "+1", 1: "+2"}}
        network = network_of("series", **fields)
        network.embedding.mean.fill_(11.0)
        padded = torch.zeros(1, 7, 1)
        padded[0, :5] = torch.from_numpy(values)
        mask = torch.arange(7)[None] < 5
        assert_allclose(network.embedding.level(padded, mask).numpy(), [[mean]], rtol=1e-6)


def test_a_channel_without_a_value_is_at_the_level_of_the_files():
    fields = {"channels": ["I"], "level": "sample"}
    network = network_of("series", **fields)
    network.embedding.mean.fill_(11.0)
    nothing = torch.full((1, 5, 1), torch.nan)
    assert network.embedding.level(nothing, torch.ones(1, 5, dtype=torch.bool)).item() == 11


def test_each_frame_passes_the_same_picture_network():
    network, film = network_of("frames"), sample_of("frames")
    pixels = torch.from_numpy(film).float()[None, ..., None]  # (1, T, h, w, 1)
    together = network.embedding(pixels)[0]
    for number in range(len(film)):
        maps = pixels[0, number].permute(2, 0, 1)[None] / 255
        for layer in network.embedding.picture.layers:
            convolved = functional.conv2d(maps, layer.weight, layer.bias, padding=1)
            maps = functional.max_pool2d(convolved.clamp(min=0), 2)
        wanted = network.embedding.project(maps.flatten(1))[0]
        assert_allclose(together[number].detach(), wanted.detach(), rtol=1e-4, atol=1e-5)


def test_rows_of_a_picture_are_columns_of_the_picture_that_is_turned():
    rows = network_of("rows", picture=[12, 8, 1], picture_filters=[])
    columns = network_of("columns", picture=[8, 12, 1], picture_filters=[])
    columns.load_state_dict(rows.state_dict())
    picture = sample_of("rows")
    traces = Classifier(rows).trace(picture), Classifier(columns).trace(picture.T)
    assert_allclose(traces[0].embeddings, traces[1].embeddings)
    assert_allclose(traces[0].logits, traces[1].logits, rtol=1e-5)
    assert_allclose(traces[0].embeddings[7], picture[7] / 255, rtol=1e-6)


def test_a_stride_averages_what_is_there_and_keeps_the_place_of_each_step():
    network = network_of("series", stride=5)
    values = sample_of("series")
    values[6, 0] = np.nan
    trace = Classifier(network).trace(values)
    assert trace.offsets == ((0, 5), (5, 10), (10, 15), (15, 20), (20, 23))
    assert trace.tokens == ("0 min", "50 min", "100 min", "150 min", "200 min")
    assert_allclose(trace.values[1, 0], np.nanmean(values[5:10, 0]), rtol=1e-6)
    assert_allclose(trace.values[4], values[20:23].mean(0), rtol=1e-6)
    marked = Sample(values, marks=((6, 11, "shade"),))
    assert Classifier(network).trace(marked).marks == ((1, 3, "shade"),)


def test_a_file_in_another_unit_order_and_rate_gives_the_model_what_it_reads():
    network = network_of("series", channels=["I (A)", "V (V)"], step=10, step_unit="min")
    steps = np.arange(25)
    values = np.stack([400 + steps, 1000.0 * steps], axis=1)  # every 5 minutes, in mA
    sample = Sample(values, channels=("V (V)", "I (mA)"), step=5, step_unit="min")
    trace = Classifier(network).trace(sample)
    assert_allclose(trace.values[:, 0], np.arange(0, 25, 2), rtol=1e-6)
    assert_allclose(trace.values[:, 1], 400 + np.arange(0, 25, 2), rtol=1e-6)
    said = " ".join(template.format(**values) for template, values in trace.notices)
    assert "I (mA) → A" in said
    assert "5 min" in said
    assert "10 min" in said


def test_a_long_sample_has_32_stretches_of_nearly_equal_length():
    trace = Classifier(network_of("series")).trace(sample_of("series", length=97))
    counts = np.bincount(trace.words)
    assert len(counts) == 32
    assert counts.min() >= 3
    assert counts.max() <= 4
    assert list(trace.words) == sorted(trace.words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"input": "smell"}, "smell"),
        ({"input": "series"}, "channels is missing"),
        ({"input": "series", "channels": ["a", "a"]}, "name of its own"),
        ({"input": "rows"}, "picture is missing"),
        ({"input": "rows", "picture": [3, 8, 2]}, "colours"),
        ({"input": "rows", "picture": [3, 8, 1], "picture_filters": [2, 2]}, "from 4"),
        ({"input": "filters", "picture": [8, 8, 1]}, "picture_filters is missing"),
        ({"channels": ["I"]}, "no use"),
        ({"task": "forecast"}, "cannot be asked of"),
        ({"input": "series", "channels": ["I"], "task": "forecast", "target": ["U"]}, "horizon"),
        ({"input": "series", "channels": ["I"], "level": "moon"}, "moon"),
        ({"input": "series", "channels": ["I"], "step_unit": "blink"}, "blink"),
        ({"input": "frames", "picture": [8, 8, 1], "horizon": 3}, "no use"),
    ],
)
def test_what_no_network_can_be_built_from_is_refused_with_the_reason(fields, words):
    with pytest.raises(ConfigurationError, match=words):
        CnnLstmAttentionConfig(**fields)


def test_a_forecast_has_as_many_values_as_targets_times_steps():
    fields = {"input": "series", "channels": ["I", "V"], "task": "forecast", "target": ["V"]}
    with pytest.raises(ConfigurationError, match="3 steps ahead, make 3"):
        CnnLstmAttentionConfig(**fields, horizon=3, id2label={0: "+1", 1: "+2"})


def test_a_saved_model_of_samples_comes_back_the_same(tmp_path):
    for kind in SAMPLE_INPUTS:
        network = network_of(kind)
        network.save_pretrained(tmp_path / kind)
        again = Classifier.from_pretrained(tmp_path / kind)
        before, after = (c.trace(sample_of(kind)) for c in (Classifier(network), again))
        assert_allclose(before.logits, after.logits, rtol=1e-6)
        assert before.labels == after.labels


def test_a_saved_trace_of_a_film_keeps_its_frames_as_bytes(tmp_path):
    from attnviz.trace import Trace

    trace = Classifier(network_of("frames")).trace(Sample(sample_of("frames"), name="a film"))
    trace.save(tmp_path / "film.npz")
    again = Trace.load(tmp_path / "film.npz")
    assert again.values.dtype == np.uint8
    assert (again.values[..., 0] == sample_of("frames")).all()
    assert again.identity == trace.identity
