"""What a run notes of its steps is what autograd says, whether it was cut off or not."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

import attnviz.training.loop as loop
from attnviz.errors import TrainingError
from attnviz.gradients import by_distance_from_the_end, state_gradients
from attnviz.history import History
from attnviz.training import train
from tests.training_runs import (
    NETWORK,
    RECIPE,
    VALIDATION,
    labelled,
    run,
    trainer_of,
)


@pytest.fixture
def trainer(build_network, tokenizer, tmp_path):
    """A function that makes a trainer of the tiny network of conftest, without its dropouts."""
    return lambda *recipe, **changes: trainer_of(
        build_network, tokenizer, tmp_path, *recipe, **changes
    )


# The steps.


@pytest.fixture
def watched(monkeypatch, tmp_path):
    """A run of 24 steps with entries for every 4, and the norms of each step by plain autograd."""
    monkeypatch.setattr(loop, "steps_per_entry", lambda steps: 4)
    seen = []

    class Watching(loop.NetworkTrainer):
        def training_step(self, model, inputs, num_items_in_batch=None):
            random = torch.get_rng_state()
            loss = super().training_step(model, inputs, num_items_in_batch)
            noted = {name: p.grad.clone() for name, p in model.named_parameters()}
            after = torch.get_rng_state()
            torch.set_rng_state(random)  # the same dropouts again
            ids, mask, labels = (inputs[n] for n in ("input_ids", "attention_mask", "labels"))
            torch.rand(ids.shape)  # which words to blank is drawn first, though none is
            replayed = model(input_ids=ids, attention_mask=mask, labels=labels).loss
            names, parameters = zip(*model.named_parameters(), strict=True)
            gradients = torch.autograd.grad(replayed, parameters)
            torch.set_rng_state(after)
            for name, gradient in zip(names, gradients, strict=True):
                torch.testing.assert_close(noted[name], gradient)
            rate = self.optimizer.param_groups[0]["lr"]
            seen.append((replayed.item(), rate, dict(zip(names, gradients, strict=True))))
            return loss

    monkeypatch.setattr(loop, "NetworkTrainer", Watching)
    recipe = replace(RECIPE, epochs=3, clip_norm=0.3, warmup=0.2)
    network = NETWORK | {"num_hidden_layers": 2}
    history = train([labelled("t", 5)], [VALIDATION], tmp_path / "m", recipe, network, 300)
    return history, seen


def norm(tensors) -> float:
    return math.sqrt(sum(float((tensor.double() ** 2).sum()) for tensor in tensors))


def test_entries_are_means_of_what_autograd_finds_at_every_step_before_clipping(watched):
    history, seen = watched
    assert len(seen) == 24
    assert [entry["step"] for entry in history.steps] == [4, 8, 12, 16, 20, 24]
    layers = {"embedding", "convolutions", "recurrent.layers.0", "recurrent.layers.1"}
    layers |= {"attention", "head"}
    for number, entry in enumerate(history.steps):
        steps = seen[4 * number : 4 * number + 4]
        assert entry["loss"] == pytest.approx(np.mean([loss for loss, _, _ in steps]), rel=1e-5)
        norms = [norm(gradients.values()) for _, _, gradients in steps]
        assert entry["gradient_norm"] == pytest.approx(np.mean(norms), rel=1e-4)
        assert entry["clipped"] == np.mean(np.array(norms) > 0.3)
        assert set(entry["gradient_norms"]) == layers
        for layer, found in entry["gradient_norms"].items():
            wanted = [
                norm(value for name, value in gradients.items() if name.startswith(f"{layer}."))
                for _, _, gradients in steps
            ]
            assert found == pytest.approx(np.mean(wanted), rel=1e-4), layer
        assert entry["learning_rate"] == steps[-1][1]
        assert entry["epoch"] == entry["step"] / 8
    shares = {entry["clipped"] for entry in history.steps}
    assert len(shares) > 1, "some steps must be clipped and some not, or nothing is tested"


def test_what_is_left_at_the_end_has_an_entry_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "steps_per_entry", lambda steps: 25)
    history = run(tmp_path / "model")
    assert [entry["step"] for entry in history.steps] == [25, 36]
    assert [entry["step"] for entry in history.evaluations] == [18, 36]
    assert [entry["epoch"] for entry in history.evaluations] == [1.0, 2.0]
    assert [entry["step"] for entry in history.state_gradients] == [0, 0, 18, 18, 36, 36]
    assert [e["direction"] for e in history.state_gradients] == ["forward", "backward"] * 3


def test_a_short_run_has_an_entry_for_every_step_and_a_long_one_two_hundred():
    assert [loop.steps_per_entry(steps) for steps in (1, 200, 201, 400, 11_373)] == [1, 1, 2, 2, 57]


def test_no_clipping_is_no_step_clipped(trainer):
    trained = trainer(replace(RECIPE, clip_norm=0.0, epochs=1))
    trained.go_on(None)
    assert [entry["clipped"] for entry in trained.recorder.steps] == [0.0]


def test_the_file_holds_numbers_alone_and_all_that_was_noted(watched, tmp_path):
    history, _ = watched

    def refuse(constant):
        raise AssertionError(constant)  # NaN, Infinity

    text = (tmp_path / "m" / "training.json").read_text()
    assert json.loads(text, parse_constant=refuse)["steps"] == history.steps
    assert History.load(tmp_path / "m") == history
    assert [entry["step"] for entry in history.state_gradients] == [0, 0, 8, 8, 16, 16, 24, 24]
    assert len({len(entry["norms"]) for entry in history.state_gradients}) == 1
    assert 0 < history.seconds < 600


def test_evaluations_say_how_many_have_passed_since_the_best(trainer):
    recorder = trainer().recorder
    for accuracy, wanted in ((0.5, 0), (0.5, 1), (0.6, 0), (0.4, 1), (0.6, 2)):
        recorder.evaluations.append({"accuracy": accuracy})
        assert recorder.evaluations_without_gain == wanted


# Gradients through the states.


def test_recorded_state_gradients_are_those_of_the_texts_that_are_watched(trainer):
    trained = trainer()
    trained.recorder.on_train_begin(None, trained.state, None)
    batch = dict(trained.recorder.probe)
    labels, mask = batch.pop("labels"), batch["attention_mask"]
    assert mask.sum(1).tolist() == sorted(mask.sum(1).tolist())
    norms = state_gradients(
        trained.model,
        batch,
        lambda logits: functional.cross_entropy(logits, labels, reduction="sum"),
    )
    lengths = mask.sum(1).numpy()
    for number, entry in enumerate(trained.recorder.state_gradients):
        wanted = by_distance_from_the_end(norms[:, number], lengths)
        np.testing.assert_allclose(entry["norms"], wanted, rtol=1e-6)
        assert entry["direction"] == ("forward", "backward")[number]


def test_watching_leaves_the_network_and_the_random_numbers_alone(trainer):
    trained = trainer()
    before, weights = torch.get_rng_state(), trained.model.state_dict()
    weights = {name: value.clone() for name, value in weights.items()}
    trained.model.train()
    trained.recorder.on_evaluate(None, trained.state, None)
    assert trained.model.training
    assert torch.equal(torch.get_rng_state(), before)
    assert all(parameter.grad is None for parameter in trained.model.parameters())
    for name, value in trained.model.state_dict().items():
        assert torch.equal(value, weights[name])


def test_what_overflows_is_left_out(trainer):
    trained = trainer()
    with torch.no_grad():
        trained.model.head.weight.fill_(float("inf"))
    trained.recorder.on_evaluate(None, trained.state, None)
    assert trained.recorder.state_gradients == []


def test_a_network_without_recurrence_has_no_states_to_watch(trainer):
    trained = trainer(order="cnn")
    trained.recorder.on_evaluate(None, trained.state, None)
    assert trained.recorder.state_gradients == []
    assert "recurrent" not in trained.recorder._groups


# What is no number.


def test_a_broken_weight_stops_the_run_with_step_and_cause(trainer):
    trained = trainer()
    step = trained.training_step

    def poisoned(*arguments):
        if trained.state.global_step == 1:
            trained.model.head.bias.data[0] = math.nan
        return step(*arguments)

    trained.training_step = poisoned
    with pytest.raises(TrainingError) as caught:
        trained.go_on(None)
    message = str(caught.value)
    assert message.startswith("Training diverged at step 2: the loss is nan")
    assert "Weights that are no numbers: head.bias." in message
    assert f"the gradient norm was {trained.recorder.steps[-1]['gradient_norm']:.3g}" in message
    assert "--learning-rate" in message


def test_an_absurd_learning_rate_stops_the_run_before_a_checkpoint_is_written(tmp_path):
    with pytest.raises(TrainingError, match="Training diverged at step [2-9]:"):
        run(tmp_path / "model", replace(RECIPE, learning_rate=1e30))
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["training.json"]
    run(tmp_path / "model")  # the folder is free for another try


def test_a_run_that_diverged_leaves_its_steps_and_says_why(tmp_path):
    with pytest.raises(TrainingError) as caught:
        run(tmp_path / "model", replace(RECIPE, learning_rate=1e30))
    history = History.load(tmp_path / "model")
    assert history.stopped["template"].format(**history.stopped["values"]) == str(caught.value)
    steps = [entry["step"] for entry in history.steps]
    assert steps == list(range(1, len(steps) + 1))
    assert str(caught.value).startswith(f"Training diverged at step {len(steps) + 1}:")
    assert (history.accuracy, history.calibration) == ({}, {})
    assert history.recipe["learning_rate"] == 1e30


def test_an_evaluation_that_is_no_number_stops_the_run_too(trainer):
    trained = trainer()
    with pytest.raises(TrainingError, match="after step 0, the loss on the validation files is"):
        trained.log({"eval_loss": math.inf, "eval_accuracy": 0.5})
    assert trained.recorder.evaluations == []
