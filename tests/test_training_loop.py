"""The learning rate of every step, and what its loss is made of."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from attnviz.training.texts import NO_LABEL
from tests.training_runs import RECIPE, trainer_of


@pytest.fixture
def trainer(build_network, tokenizer, tmp_path):
    """A function that makes a trainer of the tiny network of conftest, without its dropouts."""
    return lambda *recipe, **changes: trainer_of(
        build_network, tokenizer, tmp_path, *recipe, **changes
    )


def batch_of(rows: list[dict]) -> dict[str, torch.Tensor]:
    """Rows of any lengths, padded by hand."""
    longest = max(len(row["ids"]) for row in rows)
    padded = [row["ids"] + [0] * (longest - len(row["ids"])) for row in rows]
    mask = [[1] * len(row["ids"]) + [0] * (longest - len(row["ids"])) for row in rows]
    batch = {"input_ids": torch.tensor(padded), "attention_mask": torch.tensor(mask)}
    batch["labels"] = torch.tensor([row["label"] for row in rows])
    if "teacher" in rows[0]:
        batch["teacher_logits"] = torch.tensor([row["teacher"] for row in rows])
    return batch


# The learning rate.


def rates(trainer, accuracies=(), **changes) -> list[float]:
    """The rate of every step: 3 steps in each of 5 epochs, peak 0.01."""
    recipe = replace(RECIPE, epochs=5, batch_size=1, learning_rate=0.01, patience=99, **changes)
    trained = trainer(recipe)
    if accuracies:
        found = iter(accuracies)
        trained.compute_metrics = lambda _: {"accuracy": next(found)}
    rates, step = [], trained.training_step

    def noting(*arguments):
        loss = step(*arguments)
        rates.append(trained.optimizer.param_groups[0]["lr"])
        return loss

    trained.training_step = noting
    trained.go_on(None)
    assert trained.recorder.steps[-1]["learning_rate"] == rates[-1]
    return rates


def test_the_linear_rate_rises_to_its_peak_and_falls_to_nothing(trainer):
    found = rates(trainer, schedule="linear", warmup=0.2)  # 3 of 15 steps
    wanted = [0, 1 / 3, 2 / 3] + [(15 - step) / 12 for step in range(3, 15)]
    np.testing.assert_allclose(found, 0.01 * np.array(wanted), rtol=1e-9)


def test_the_cosine_rate_falls_along_half_a_wave(trainer):
    found = rates(trainer, schedule="cosine", warmup=0.2)
    falling = [(1 + math.cos(math.pi * (step - 3) / 12)) / 2 for step in range(3, 15)]
    np.testing.assert_allclose(found, 0.01 * np.array([0, 1 / 3, 2 / 3, *falling]), rtol=1e-9)


def test_the_constant_rate_stays(trainer):
    found = rates(trainer, schedule="constant", warmup=0.2)
    np.testing.assert_allclose(found, 0.01 * np.array([0, 1 / 3, 2 / 3] + [1] * 12), rtol=1e-9)


def test_the_plateau_rate_is_halved_after_every_evaluation_without_gain(trainer):
    accuracies = (0.5, 0.6, 0.6, 0.61, 0.4)
    found = rates(trainer, accuracies, schedule="plateau", warmup=0.3)  # 5 of 15 steps
    wanted = [1 / 5, 2 / 5, 3 / 5, 4 / 5, 1, 1, 1, 1, 1, *[1 / 2] * 6]
    np.testing.assert_allclose(found, 0.01 * np.array(wanted), rtol=1e-9)
    found = rates(trainer, (0.5, 0.4, 0.3, 0.2, 0.1), schedule="plateau", warmup=0.0)
    np.testing.assert_allclose(found, np.repeat(0.01 / np.array([1, 1, 2, 4, 8]), 3), rtol=1e-9)


# The loss.


ROWS = [
    {"ids": [5, 6, 7], "label": 2, "teacher": [1.0, -2.0, 0.5]},
    {"ids": [9], "label": 0, "teacher": [math.nan] * 3},
    {"ids": [11, 5], "label": NO_LABEL, "teacher": [0.0, 3.0, -1.0]},
    {"ids": [3, 3, 3, 3, 3], "label": 1, "teacher": [-1.0, -1.0, 4.0]},
]


def test_the_loss_mixes_labels_and_teacher_text_by_text(trainer):
    trained = trainer(replace(RECIPE, teacher_weight=0.7))
    model = trained.model.eval()
    loss = trained.compute_loss(model, batch_of(ROWS))
    total = 0.0
    for row in ROWS:
        with torch.no_grad():
            logits = model(torch.tensor([row["ids"]])).logits[0].double().numpy()
        shares = np.exp(logits) / np.exp(logits).sum()
        label = -np.log(shares[row["label"]]) if row["label"] != NO_LABEL else 0.0
        taught = np.mean((logits - row["teacher"]) ** 2)
        total += label if np.isnan(taught) else 0.3 * label + 0.7 * taught
    assert loss.item() == pytest.approx(total / 4, rel=1e-5)


def test_a_teacher_that_did_not_read_a_text_moves_nothing(trainer):
    model = (trained := trainer()).model.eval()
    untaught = [row | {"teacher": [math.nan] * 3} for row in (ROWS[0], ROWS[3])]
    taught = trained.compute_loss(model, batch_of(untaught))
    alone = [{"ids": row["ids"], "label": row["label"]} for row in untaught]
    assert torch.equal(taught, trained.compute_loss(model, batch_of(alone)))
    taught.backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_label_smoothing_is_for_training_alone(trainer):
    trained = trainer(replace(RECIPE, label_smoothing=0.2))
    batch = batch_of([{"ids": [5, 6, 7], "label": 2}, {"ids": [9], "label": 0}])
    model = trained.model.eval()
    with torch.no_grad():
        logs = model(batch["input_ids"], batch["attention_mask"]).logits.log_softmax(1)
    plain = -(logs[0, 2] + logs[1, 0]) / 2
    spread = -logs.mean()
    torch.testing.assert_close(trained.compute_loss(model, batch), plain)
    model.train()
    torch.testing.assert_close(trained.compute_loss(model, batch), 0.8 * plain + 0.2 * spread)


def test_word_dropout_blanks_the_said_share_and_only_in_training(trainer):
    trained = trainer(replace(RECIPE, word_dropout=0.3))
    batch = batch_of([{"ids": list(range(1, 301)), "label": 1}] * 50)
    seen = []
    trained.model.register_forward_pre_hook(
        lambda _, __, inputs: seen.append(inputs["input_ids"]), with_kwargs=True
    )
    for mode in (True, False):
        trained.compute_loss(trained.model.train(mode), batch)
    blanked = seen[0] == 0
    assert blanked.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert torch.equal(seen[0][~blanked], batch["input_ids"][~blanked])
    assert blanked.float().mean(0).max() < 0.7, "each text has its own blanks"
    assert torch.equal(seen[1], batch["input_ids"])


def test_without_word_dropout_nothing_is_blanked(trainer):
    trained = trainer()
    seen = []
    trained.model.register_forward_pre_hook(
        lambda _, __, inputs: seen.append(inputs["input_ids"]), with_kwargs=True
    )
    batch = batch_of([{"ids": [5, 6, 7], "label": 2}])
    trained.compute_loss(trained.model.train(), batch)
    assert torch.equal(seen[0], batch["input_ids"])
