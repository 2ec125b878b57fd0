"""What a training run in seconds needs: a tiny network, and classes that are trivially apart."""

from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file

from attnviz.evaluation import Labelled
from attnviz.history import History
from attnviz.processing.text import TextProcessor
from attnviz.training import Recipe, loop, train
from attnviz.training.texts import encode

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
STEPS = 18  # in an epoch: 72 texts, 4 at a time


def run(folder: Path, recipe: Recipe = RECIPE, training=TRAINING, **options) -> History:
    torch.set_num_threads(1)
    return train([training], [VALIDATION], folder, recipe, NETWORK, 300, **options)


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def assert_same_weights(left: Path, right: Path) -> None:
    left, right = weights_of(left), weights_of(right)
    assert left.keys() == right.keys()
    for name in left:
        assert torch.equal(left[name], right[name]), name


def checkpoints_of(folder: Path) -> set[str]:
    return {path.name for path in (folder / "checkpoints").glob("checkpoint-*")}


def trainer_of(build_network, tokenizer, folder: Path, recipe: Recipe = RECIPE, **changes):
    """A trainer of the tiny network of conftest, without its dropouts, on three texts."""
    dropouts = dict.fromkeys(("embedding_dropout", "recurrent_dropout", "head_dropout"), 0.0)
    network = build_network(**dropouts | changes)
    file = Labelled(
        "a", ["good film", "bad", "music was bad"], ["positive", "negative", "positive"]
    )
    texts = encode([file], tokenizer, network.config.label2id, 13)
    return loop.make_trainer(
        network, TextProcessor(network.config, tokenizer), texts, texts, folder, recipe
    )


# A run that something happens to.


def disturbed(monkeypatch, at: dict) -> None:
    """What happens in the middle of which step."""

    class Disturbed(loop.NetworkTrainer):
        def training_step(self, *arguments):
            if happens := at.pop(self.state.global_step + 1, None):
                happens()
            return super().training_step(*arguments)

    monkeypatch.setattr(loop, "NetworkTrainer", Disturbed)


def die() -> None:
    raise SystemExit("as if killed")


def assert_same_run(folder: Path, other: Path) -> None:
    """Weights, files and record, but for the time that it took."""
    assert_same_weights(folder, other)
    left, right = (asdict(History.load(each)) for each in (folder, other))
    for fields in (left, right):
        del fields["seconds"], fields["finished"]
    assert left == right
    assert {path.name for path in folder.iterdir()} == {path.name for path in other.iterdir()}
