"""From labelled texts to a model folder, in seconds: the classes are trivially separable."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import attnviz.training as module
from attnviz.classifier import Classifier
from attnviz.errors import ConfigurationError, FileError, TrainingError
from attnviz.evaluation import Labelled
from attnviz.tokenization import learn_tokenizer
from attnviz.training import Recipe, measure, start_from_vectors, train

NETWORK = {
    "embedding_size": 7,
    "kernel_sizes": [1, 3],
    "filters": 5,
    "hidden_size": 11,
    "attention_size": 3,
    "max_tokens": 13,
}
RECIPE = Recipe(epochs=2, batch_size=4, learning_rate=0.02, warmup=0.0)
GOOD, BAD = ("good", "wonderful", "lovely film"), ("bad", "terrible", "awful film")


def labelled(name: str, repeats: int) -> Labelled:
    pairs = [(text, "up") for text in GOOD] + [(text, "down") for text in BAD]
    pairs = [(f"{text} {'!' * (n % 3)}", label) for n in range(repeats) for text, label in pairs]
    return Labelled(name, [text for text, _ in pairs], [label for _, label in pairs])


TRAINING, VALIDATION = labelled("train", 12), labelled("dev", 3)


def run(folder, recipe: Recipe = RECIPE, **options) -> dict[str, float]:
    torch.set_num_threads(1)
    return train([TRAINING], [VALIDATION], folder, recipe, NETWORK, 300, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "model"
    return folder, run(folder)


def weights_of(folder) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def assert_same_weights(left, right) -> None:
    left, right = weights_of(left), weights_of(right)
    assert left.keys() == right.keys()
    for name in left:
        assert torch.equal(left[name], right[name]), name


def test_classes_that_are_trivially_apart_are_told_apart(trained):
    folder, metrics = trained
    assert metrics["dev"] == 1.0
    assert set(metrics) == {"dev"}
    found = Classifier.from_pretrained(folder).predict(["a lovely film", "an awful film"])
    assert found.labels == ["up", "down"]


def test_the_folder_holds_half_precision_weights_and_data_alone(trained):
    folder, _ = trained
    assert {values.dtype for values in weights_of(folder).values()} == {torch.float16}
    files = {path.name for path in folder.iterdir() if path.is_file()}
    assert files == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    }
    config = json.loads((folder / "config.json").read_text())
    assert config["id2label"] == {"0": "down", "1": "up"}
    assert {name: config[name] for name in NETWORK} == NETWORK
    assert config["vocab_size"] == len(Classifier.from_pretrained(folder).tokenizer) <= 300


def test_the_same_seed_gives_the_same_model_and_another_does_not(trained, tmp_path):
    folder, _ = trained
    run(tmp_path / "same")
    assert_same_weights(folder, tmp_path / "same")
    run(tmp_path / "other", replace(RECIPE, seed=1))
    other = weights_of(tmp_path / "other")
    assert not torch.equal(weights_of(folder)["head.weight"], other["head.weight"])


class Interrupted(module.Trainer):
    """A run that is cut off once the first epoch is on disk."""

    def _save_checkpoint(self, *arguments, **options):
        super()._save_checkpoint(*arguments, **options)
        raise KeyboardInterrupt


class Counting(module.Trainer):
    steps = 0

    def training_step(self, *arguments, **options):
        Counting.steps += 1
        return super().training_step(*arguments, **options)


def test_a_run_that_was_cut_off_goes_on_from_its_checkpoint(trained, tmp_path, monkeypatch):
    folder, _ = trained
    output = tmp_path / "cut"
    monkeypatch.setattr(module, "Trainer", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(output)
    kept = {path.name for path in (output / "checkpoints").iterdir()}
    assert kept == {"checkpoint-18", "tokenizer.json", "tokenizer_config.json"}
    assert not (output / "model.safetensors").exists()
    with pytest.raises(TrainingError, match="checkpoints of a run that was cut off"):
        run(output)  # without resume it would mix the two runs
    monkeypatch.setattr(module, "Trainer", Counting)
    metrics = run(output, resume=True)
    assert Counting.steps == 18  # of 2 × 72 / 4
    assert metrics["dev"] == 1.0
    assert_same_weights(output, folder)
    assert not (output / "checkpoints").exists()


def test_resuming_where_nothing_was_begun_starts_anew(trained, tmp_path):
    run(tmp_path / "new", resume=True)
    assert_same_weights(tmp_path / "new", trained[0])


def test_the_measure_is_the_share_of_texts_that_are_right(trained):
    texts = ["good", "bad", "lovely film", "awful film", " "]
    half = Labelled("half", texts, ["up", "up", "up", "up", "up"])
    none = Labelled("none", texts[:2], ["down", "up"])
    assert measure(trained[0], [half, none]) == {"half": 0.4, "none": 0.0}


# What cannot be learnt.


def refusal(error, training, validation, folder, **options) -> str:
    with pytest.raises(error) as caught:
        train(training, validation, folder, RECIPE, NETWORK, 300, **options)
    return str(caught.value)


def test_one_class_is_refused(tmp_path):
    one = Labelled("one", ["good", "bad"], ["up", "up"])
    message = refusal(TrainingError, [one], [one], tmp_path / "model")
    assert "1 different labels (up)" in message
    assert not (tmp_path / "model").exists()


def test_a_validation_label_that_training_lacks_is_refused_with_its_place(tmp_path):
    odd = Labelled("dev", ["good", "so so"], ["up", "middling"])
    message = refusal(TrainingError, [TRAINING], [odd], tmp_path / "model")
    assert message.startswith("dev: text 2 has the label 'middling'")
    assert "down, up" in message
    assert not (tmp_path / "model").exists()


def test_a_missing_label_is_refused_with_its_place(tmp_path):
    holed = Labelled("holed", ["good", "bad", "good"], ["up", "down", ""])
    with pytest.raises(TrainingError, match="holed: text 3 has no label"):
        train([holed], [VALIDATION], tmp_path, RECIPE, NETWORK, 300)


def test_two_validation_files_of_one_name_are_refused(tmp_path):
    with pytest.raises(TrainingError, match="Two validation files are called dev"):
        train([TRAINING], [VALIDATION, VALIDATION], tmp_path, RECIPE, NETWORK, 300)


@pytest.mark.parametrize("side", ["training", "validation"])
def test_files_without_a_readable_text_are_refused_by_name(tmp_path, side):
    blank = Labelled("blank", [" ", "<br>"], ["up", "down"])
    files = {"training": TRAINING, "validation": VALIDATION, side: blank}
    message = refusal(TrainingError, [files["training"]], [files["validation"]], tmp_path / "m")
    assert message == "blank: no text holds anything to read."


def test_texts_without_a_token_teach_nothing_and_harm_nothing(trained, tmp_path):
    texts = [*TRAINING.texts, " ", "\n"]
    more = Labelled("train", texts, [*TRAINING.labels, "up", "down"])
    train([more], [VALIDATION], tmp_path / "model", RECIPE, NETWORK, 300)
    assert_same_weights(tmp_path / "model", trained[0])


# Word vectors.


@pytest.fixture
def words():
    """A tokenizer that knows good, bad and film as one piece each, and a network of 3 numbers."""
    from attnviz.configuration import CnnLstmAttentionConfig
    from attnviz.modeling import CnnLstmAttentionForSequenceClassification

    tokenizer = learn_tokenizer(["good bad film"] * 5, 300)
    torch.manual_seed(0)
    config = CnnLstmAttentionConfig(vocab_size=len(tokenizer), embedding_size=3)
    return CnnLstmAttentionForSequenceClassification(config), tokenizer


def test_vectors_of_known_words_are_copied_and_scaled_together(words, tmp_path):
    model, tokenizer = words
    before = model.embedding.weight.detach().clone()
    path = tmp_path / "vectors.txt"
    path.write_text("4 3\nGood 1 2 3\nunheard 9 9 9\nfilm 4 0 -2\ngood 7 7 7\nbad 1 1\n")
    assert start_from_vectors(model, tokenizer, path) == 2
    after = model.embedding.weight.detach()
    rows = [tokenizer.get_vocab()["good"], tokenizer.get_vocab()["film"]]
    wanted = np.array([[1, 2, 3], [4, 0, -2]])
    factor = 3 * before.numpy().std(ddof=1) / wanted.std(ddof=1)
    np.testing.assert_allclose(after[rows].numpy(), wanted * factor, rtol=1e-4)
    others = [row for row in range(len(before)) if row not in rows]
    assert torch.equal(after[others], before[others])
    assert after.requires_grad is False
    assert model.embedding.weight.requires_grad


def test_longer_vectors_keep_their_geometry_on_their_principal_components(words, tmp_path):
    """Three vectors span three of five axes, so nothing of their inner products is lost."""
    model, tokenizer = words
    path = tmp_path / "vectors.txt"
    path.write_text("good 1 0 2 0 0\nbad 0 3 0 0 1\nfilm 1 0 0 0 -5\n")
    assert start_from_vectors(model, tokenizer, path) == 3
    rows = [tokenizer.get_vocab()[word] for word in ("good", "bad", "film")]
    found = model.embedding.weight.detach()[rows].double().numpy()
    products = found @ found.T
    wanted = np.array([[5, 0, 1], [0, 10, -5], [1, -5, 26]])
    np.testing.assert_allclose(products / products[0, 0] * 5, wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("good 1 2\nbad 3 4\n", "3"),
        ("unheard 1 2 3\n", "3"),
        ("", "3"),
        ("good a b c\n", "cannot be read"),
        (b"good \xff\xff\n", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_vectors_that_do_not_fit_are_refused_with_their_path(words, tmp_path, content, said):
    path = tmp_path / "vectors.txt"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FileError) as caught:
        start_from_vectors(*words, path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    if said == "3":
        assert "--embedding-size" in str(caught.value)


def test_training_starts_from_the_vectors(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("good 1 2 3 4 5 6 7\nbad -1 -2 -3 -4 -5 -6 -7\n")
    run(tmp_path / "model", replace(RECIPE, learning_rate=1e-6), vectors=path)
    pieces = Classifier.from_pretrained(tmp_path / "model").tokenizer.get_vocab()
    rows = weights_of(tmp_path / "model")["embedding.weight"].float().numpy()
    np.testing.assert_allclose(rows[pieces["good"]] / rows[pieces["good"]][0], range(1, 8), 5e-3)
    np.testing.assert_allclose(rows[pieces["bad"]], -rows[pieces["good"]], rtol=5e-3)


def test_a_model_is_never_overwritten_nor_touched_by_a_run_that_cannot_start(trained, tmp_path):
    folder, _ = trained
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(TrainingError, match="holds a model already"):
        run(folder)
    with pytest.raises(ConfigurationError, match="Kernel size 2"):
        train(
            [TRAINING], [VALIDATION], tmp_path / "new", RECIPE, NETWORK | {"kernel_sizes": [2]}, 300
        )
    assert before == {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert not (tmp_path / "new").exists()


def test_a_training_that_diverged_saves_nothing(tmp_path):
    model = module.CnnLstmAttentionForSequenceClassification(module.CnnLstmAttentionConfig())
    model.head.bias.data[0] = float("inf")
    with pytest.raises(TrainingError, match="head.bias is not finite"):
        module._refuse_infinite(model)


def test_a_header_and_words_with_spaces_are_understood(words, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("3 4\ngood 1 2 3 4\nnew york 5 6 7 8\nbad 4 3 2 1\n")
    found = module._known_vectors(path, {"good": 0, "bad": 1}, 4)
    assert {row: list(vector) for row, vector in found.items()} == {
        0: [1, 2, 3, 4],
        1: [4, 3, 2, 1],
    }
