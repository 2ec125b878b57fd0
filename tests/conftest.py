"""A tiny random model whose sizes are all different primes, so that a swapped axis cannot pass."""

import os

# Before torch is imported, which tests do through fixtures: two cores, and others use them too.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# On a busy machine a single example may take long; that is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

SENTENCES = [
    "The movie was wonderful, and the actors were good.",
    "I didn't like it: it's a bad, bad film!",
    "A wonderful evening; really wonderful music, and good seats.",
    "The second film was bad and the music was terrible.",
    "They’ve seen it twice and they'll see it again in 2024.",
    "这部电影很好看。",
    "这部电影不好看，音乐也不好。",
]
LABELS = ("negative", "neutral", "positive")
SIZES = {
    "embedding_size": 7,
    "kernel_sizes": [1, 3, 5],
    "filters": 13,
    "hidden_size": 11,
    "num_hidden_layers": 2,
    "attention_size": 17,
    "max_tokens": 101,
}


@pytest.fixture(scope="session")
def tokenizer():
    """347 pieces: padding, 256 bytes, and what a few sentences teach."""
    from attnviz.tokenization import learn_tokenizer

    return learn_tokenizer(SENTENCES, 347, min_frequency=1)


@pytest.fixture(scope="session")
def build_network(tokenizer):
    """A function that makes a network from changes to `SIZES`, with numbers far from zero."""
    import torch

    from attnviz.configuration import CnnLstmAttentionConfig
    from attnviz.modeling import CnnLstmAttentionForSequenceClassification

    torch.set_num_threads(1)

    def build(seed: int = 0, **changes):
        settings = {
            "vocab_size": len(tokenizer),
            "id2label": dict(enumerate(LABELS)),
            "label2id": {label: number for number, label in enumerate(LABELS)},
        }
        config = CnnLstmAttentionConfig(**settings | SIZES | changes)
        network = CnnLstmAttentionForSequenceClassification(config)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.normal_(std=0.4, generator=generator)
        return network.eval()

    return build


@pytest.fixture(scope="session")
def saved(build_network, tokenizer, tmp_path_factory) -> Path:
    """The one model folder on disk; nobody writes into it."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    build_network().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def model_folder(saved, tmp_path) -> Path:
    """A copy of the model folder that a test may spoil."""
    return shutil.copytree(saved, tmp_path / "model")


@pytest.fixture(scope="session")
def classifier(saved):
    from attnviz.classifier import Classifier

    return Classifier.from_pretrained(saved)


@pytest.fixture(scope="session")
def trace(classifier):
    """A trace of 19 tokens or so, with repeated words, Chinese and pieces of words."""
    return classifier.trace("The film was good, good!  Wonderful actors: 电影 很好 😀")


@pytest.fixture
def edit_json():
    """A function that changes some settings of a JSON file."""

    def edit(path: Path, **changes) -> None:
        settings = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(settings | changes), encoding="utf-8")

    return edit


@pytest.fixture(scope="session")
def run(classifier, saved, tmp_path_factory):
    """A scored run of 113 texts of three classes by the tiny model; nobody changes it."""
    from tests.scored_runs import scored_run

    return scored_run(tmp_path_factory.mktemp("runs") / "reviews", classifier, model=saved)


@pytest.fixture
def own_run(run, tmp_path):
    """A copy of the scored run that a test may change."""
    from attnviz.runs import Run

    return Run.open(shutil.copytree(run.folder, tmp_path / "run"))
