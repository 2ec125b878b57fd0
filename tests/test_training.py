"""From labelled texts to a model folder, in seconds: the classes are trivially separable."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import attnviz.training as module
from attnviz.classifier import Classifier
from attnviz.errors import ConfigurationError, TrainingError
from attnviz.evaluation import MAX_TEMPERATURE, MIN_TEMPERATURE, Labelled, fit_temperature, hold_out
from attnviz.history import History
from attnviz.overlap import Texts, shared
from attnviz.training import Recipe, judging, measure, train
from tests.training_runs import (
    BAD,
    GOOD,
    NETWORK,
    RECIPE,
    TRAINING,
    VALIDATION,
    assert_same_weights,
    labelled,
    run,
    weights_of,
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "model"
    return folder, run(folder, command="train it")


def test_classes_that_are_trivially_apart_are_told_apart(trained):
    folder, history = trained
    assert history.accuracy == {"dev": 1.0}
    found = Classifier.from_pretrained(folder).predict(["a lovely film", "an awful film"])
    assert found.labels == ["up", "down"]


def test_the_folder_holds_half_precision_weights_and_data_alone(trained):
    folder, _ = trained
    assert {values.dtype for values in weights_of(folder).values()} == {torch.float16}
    assert {path.name for path in folder.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        *("training.json", "language.json"),
    }
    config = json.loads((folder / "config.json").read_text())
    assert config["id2label"] == {"0": "down", "1": "up"}
    assert {name: config[name] for name in NETWORK} == NETWORK
    assert config["vocab_size"] == len(Classifier.from_pretrained(folder).tokenizer) <= 300


def test_the_history_that_is_returned_is_the_one_in_the_folder(trained):
    folder, history = trained
    assert History.load(folder) == history
    assert (history.command, history.seed) == ("train it", 0)
    assert Recipe(**history.recipe) == RECIPE
    assert history.data == [
        {"name": "train", "texts": 72, "use": "training"},
        {"name": "dev", "texts": 18, "use": "validation", "shared": 0.5},
    ]


def test_the_same_seed_gives_the_same_model_and_another_does_not(trained, tmp_path):
    folder, _ = trained
    run(tmp_path / "same")
    assert_same_weights(folder, tmp_path / "same")
    run(tmp_path / "other", replace(RECIPE, seed=1))
    other = weights_of(tmp_path / "other")
    assert not torch.equal(weights_of(folder)["head.weight"], other["head.weight"])


def test_the_measure_is_the_share_of_texts_that_are_right(trained):
    texts = ["good", "bad", "lovely film", "awful film", " "]
    half = Labelled("half", texts, ["up", "up", "up", "up", "up"])
    none = Labelled("none", texts[:2], ["down", "up"])
    assert measure(trained[0], [half, none]) == {"half": 0.4, "none": 0.0}


# Calibration.


@pytest.fixture(scope="module")
def unsure(tmp_path_factory):
    """A model that is surer of its labels than a file is where one in three contradicts it."""
    texts = [text for text in (*GOOD, *BAD) for _ in range(60)]
    labels = [
        ("up" if (text in GOOD) != (number % 3 == 0) else "down")
        for number, text in enumerate(texts)
    ]
    folder = tmp_path_factory.mktemp("unsure") / "model"
    file = Labelled("dev", texts, labels)
    sure = labelled("train", 28)
    history = train([sure], [file], folder, replace(RECIPE, epochs=1), NETWORK, 300)
    return folder, history, file


def plain_logits(folder, texts) -> np.ndarray:
    """Logits before the temperature, text by text."""
    classifier = Classifier.from_pretrained(folder)
    classifier.network.config.temperature = 1.0
    return np.stack([classifier.trace(text).logits for text in texts]).astype(np.float64)


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


def calibration_error(shares: np.ndarray, truth: np.ndarray) -> float:
    """Guo et al. 2017, eq. 3, bin by bin."""
    sure, right = shares.max(1), shares.argmax(1) == truth
    total = 0.0
    for number in range(15):
        inside = (sure > number / 15) & (sure <= (number + 1) / 15)
        if inside.any():
            total += inside.mean() * abs(sure[inside].mean() - right[inside].mean())
    return total


def best_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    grid = np.geomspace(MIN_TEMPERATURE, MAX_TEMPERATURE, 2_001)
    losses = [-np.log(softmax(logits / t)[np.arange(len(truth)), truth]).sum() for t in grid]
    return grid[int(np.argmin(losses))]


def test_the_calibration_is_what_a_plain_computation_finds(unsure):
    folder, history, file = unsure
    logits = plain_logits(folder, file.texts)
    truth = np.array([("down", "up").index(label) for label in file.labels])
    found = history.calibration
    error = calibration_error(softmax(logits), truth)
    assert found["temperature"] == pytest.approx(best_temperature(logits, truth), rel=5e-3)
    assert found["ece_before"] == pytest.approx(error, abs=2e-3)  # the folder holds float16
    assert 0.1 < found["temperature"] < 10


def test_each_half_is_judged_by_the_temperature_of_the_other():
    generator = np.random.default_rng(0)
    truth = generator.integers(3, size=211)
    logits = 4 * (np.eye(3)[truth] + generator.normal(size=(211, 3)))

    class Trainer:
        model = SimpleNamespace(config=SimpleNamespace(temperature=1.0, task="classify"))

        def predict(self, judged):
            return SimpleNamespace(predictions=logits.astype(np.float32), label_ids=truth)

    found = judging.calibrate(Trainer(), [])
    halves = np.arange(211) % 2
    cooled = np.empty_like(logits)
    for half in (0, 1):
        here, there = halves == half, halves != half
        cooled[here] = logits[here] / best_temperature(logits[there], truth[there])
    assert Trainer.model.config.temperature == found["temperature"]
    assert found == {
        "temperature": pytest.approx(best_temperature(logits, truth), rel=1e-2),
        "ece_before": pytest.approx(calibration_error(softmax(logits), truth), abs=1e-6),
        "ece_after": pytest.approx(calibration_error(softmax(cooled), truth), abs=5e-3),
    }
    assert found["ece_after"] < found["ece_before"]


def test_a_temperature_that_is_no_gain_is_not_kept():
    truth = np.array([0, 1] * 10)
    logits = np.where(np.arange(20)[:, None] % 2 == [0, 1], 2.0, 0.0)  # all right, nine to one sure
    logits[0] = logits[0, ::-1]  # the first half alone holds a mistake

    class Trainer:
        model = SimpleNamespace(config=SimpleNamespace(temperature=1.0, task="classify"))

        def predict(self, judged):
            return SimpleNamespace(predictions=logits, label_ids=truth)

    found = judging.calibrate(Trainer(), [])
    assert found["temperature"] == Trainer.model.config.temperature == 1
    assert found["ece_after"] == found["ece_before"]
    assert fit_temperature(logits, truth) < 1, "it would be likelier"


def test_every_reader_of_the_folder_applies_the_temperature(unsure):
    from transformers import pipeline

    folder, history, file = unsure
    temperature = history.calibration["temperature"]
    assert json.loads((folder / "config.json").read_text())["temperature"] == temperature
    assert temperature != 1
    wanted = softmax(plain_logits(folder, file.texts) / temperature)
    found = Classifier.from_pretrained(folder).predict(file.texts)
    np.testing.assert_allclose(found.probabilities, wanted, atol=1e-5)
    classify = pipeline("text-classification", model=str(folder), device="cpu", dtype="float32")
    for text, row in zip(file.texts[::5], wanted[::5], strict=True):
        scores = {item["label"]: item["score"] for item in classify(text, top_k=None)}
        assert scores == pytest.approx({"down": row[0], "up": row[1]}, abs=1e-5)


def test_the_temperature_changes_no_prediction(unsure):
    folder, history, file = unsure
    right = plain_logits(folder, file.texts).argmax(1) == [
        ("down", "up").index(label) for label in file.labels
    ]
    assert history.accuracy == {"dev": pytest.approx(right.mean())}


# What cannot be learnt.


def refusal(error, training, validation, folder, **options) -> str:
    with pytest.raises(error) as caught:
        train(training, validation, folder, RECIPE, NETWORK, 300, **options)
    assert not folder.exists()
    return str(caught.value)


def test_one_class_is_refused(tmp_path):
    one = Labelled("one", ["good", "bad"], ["up", "up"])
    message = refusal(TrainingError, [one], [one], tmp_path / "model")
    assert "Different labels in the training files: 1 (up)" in message


def test_a_validation_label_that_training_lacks_is_refused_with_its_place(tmp_path):
    odd = Labelled("dev", ["good", "so so"], ["up", "middling"])
    message = refusal(TrainingError, [TRAINING], [odd], tmp_path / "model")
    assert message.startswith("dev: text 2 has the label 'middling'")
    assert "down, up" in message


@pytest.mark.parametrize("blank", ["", " \t"])
def test_a_missing_label_is_refused_with_its_place(tmp_path, blank):
    holed = Labelled("holed", ["good", "bad", "good"], ["up", "down", blank])
    message = refusal(TrainingError, [holed], [VALIDATION], tmp_path / "model")
    assert "holed: text 3 has no label" in message


def test_two_validation_files_of_one_name_are_refused(tmp_path):
    message = refusal(TrainingError, [TRAINING], [VALIDATION, VALIDATION], tmp_path / "model")
    assert "Two validation files are called dev" in message


@pytest.mark.parametrize("side", ["training", "validation"])
def test_files_without_a_readable_text_are_refused_by_name(tmp_path, side):
    blank = Labelled("blank", [" ", "<br>"], ["up", "down"])
    files = {"training": TRAINING, "validation": VALIDATION, side: blank}
    message = refusal(TrainingError, [files["training"]], [files["validation"]], tmp_path / "m")
    assert message == "blank: no text holds anything to read."


def test_texts_without_labels_are_refused_where_nobody_teaches(tmp_path):
    options = {"unlabelled": ["so so"]}
    message = refusal(TrainingError, [TRAINING], [VALIDATION], tmp_path / "model", **options)
    assert "teach nothing without a teacher" in message


def test_texts_without_a_token_teach_nothing_and_harm_nothing(trained, tmp_path):
    texts = [*TRAINING.texts, " ", "\n"]
    more = Labelled("train", texts, [*TRAINING.labels, "up", "down"])
    run(tmp_path / "model", training=more)
    assert_same_weights(tmp_path / "model", trained[0])


def test_half_a_surrogate_pair_is_learnt_from_like_any_other_text(tmp_path):
    broken = Labelled("train", ["good \ud83d", *TRAINING.texts], ["up", *TRAINING.labels])
    history = run(tmp_path / "model", replace(RECIPE, epochs=1), training=broken)
    assert history.data[0]["texts"] == 73


def test_a_model_is_never_overwritten_nor_touched_by_a_run_that_cannot_start(trained, tmp_path):
    folder, _ = trained
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    for resume in (False, True):
        with pytest.raises(TrainingError, match="holds a model already"):
            run(folder, resume=resume)
    with pytest.raises(ConfigurationError, match="Kernel size 2"):
        train(
            [TRAINING], [VALIDATION], tmp_path / "new", RECIPE, NETWORK | {"kernel_sizes": [2]}, 300
        )
    assert before == {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert not (tmp_path / "new").exists()


def test_a_training_that_diverged_saves_nothing(tmp_path):
    model = module.NETWORKS["classify"](module.CnnLstmAttentionConfig())
    model.head.bias.data[0] = float("inf")
    with pytest.raises(TrainingError, match="head.bias is not finite"):
        module._refuse_infinite(model)


# A file that is both.


def test_a_tenth_is_held_out_and_equal_texts_stay_together():
    texts = [f"Text {number % 4_000} of  many" for number in range(5_000)]
    texts += [text.upper().replace("  ", " ") for text in texts[:1_000]]
    file = Labelled("all", texts, [str(number) for number in range(6_000)])
    rest, held = hold_out(file)
    assert (rest.name, held.name) == ("all", "all_held_out")
    assert sorted([*rest.labels, *held.labels], key=int) == file.labels  # each row once
    for part in (rest, held):
        assert [file.texts[int(label)] for label in part.labels] == part.texts
        assert part.labels == sorted(part.labels, key=int)
    bare = [{" ".join(text.lower().split()) for text in part.texts} for part in (rest, held)]
    assert not bare[0] & bare[1]
    assert 0.08 < len(held.texts) / len(texts) < 0.12
    assert hold_out(file) == (rest, held)
    assert len(hold_out(file, 0.5)[1].texts) / len(texts) == pytest.approx(0.5, abs=0.03)


def test_no_held_out_text_is_one_to_train_with_but_for_case_punctuation_or_width():
    """400 reviews in five spellings each, which `train` reports as texts that files share."""
    reviews = [f"A lovely, quiet room in hotel {number}" for number in range(400)]
    texts = [form.format(text) for form in ("{}", "{}!!", "“{}”", "{} …") for text in reviews]
    texts += [text.upper().replace("HOTEL", "ＨＯＴＥＬ") for text in reviews]
    rest, held = (Texts(part.texts) for part in hold_out(Labelled("all", texts, texts)))
    assert shared(held, rest).equal == 0
    assert 0.05 < len(held.bare) / len(texts) < 0.15
    assert len(held.bare) % 5 == 0  # all spellings of a review, or none


def test_a_row_more_moves_no_other_row():
    texts = [f"text {number}" for number in range(100)]
    _, held = hold_out(Labelled("a", texts, texts))
    _, more = hold_out(Labelled("a", ["another", *texts], ["another", *texts]))
    assert [text for text in more.texts if text != "another"] == held.texts
