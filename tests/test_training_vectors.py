"""Pretrained word vectors as a start of the embedding."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import FileError
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.tokenization import learn_tokenizer
from attnviz.training import start_from_vectors, vectors
from tests.training_runs import RECIPE, run, weights_of


@pytest.fixture
def words():
    """A tokenizer that knows good, bad and film as one piece each, and a network of 3 numbers."""
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
        ("unheard 1 2 3\n", "any piece of the vocabulary"),
        ("", "any piece of the vocabulary"),
        ("bad 1 2 3\ngood a b c\n", "line 2: no word vector"),
        (b"\x1f\x8b\x08good\n", "line 1: no word vector"),
        ("good 1 nan 3\n", "not finite, or all equal"),
        ("good 0 0 0\nbad 0 0 0\n", "not finite, or all equal"),
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


def test_a_header_and_words_with_spaces_are_understood(words, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("3 4\ngood 1 2 3 4\nnew york 5 6 7 8\nbad 4 3 2 1\n")
    found = vectors._known_vectors(path, {"good": 0, "bad": 1}, 4)
    assert {row: list(vector) for row, vector in found.items()} == {
        0: [1, 2, 3, 4],
        1: [4, 3, 2, 1],
    }
