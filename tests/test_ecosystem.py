"""A shipped model is an ordinary Transformers model: other people's tools work on it, unchanged.

Where a tool needs a detour, the test shows the shortest one, and its docstring says why.
"""

import re
import shutil

import numpy as np
import onnxruntime
import pytest
import torch
from captum.attr import LayerIntegratedGradients
from huggingface_hub import HfApi, ModelCard
from huggingface_hub.errors import EntryNotFoundError
from sklearn.model_selection import cross_val_score
from torch.utils.data import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
    pipeline,
)
from transformers.utils import logging as transformers_logging

import attnviz
from attnviz.attention import ATTENTIONS
from attnviz.configuration import ORDERS
from attnviz.folders import PRETRAINED
from attnviz.recurrent import RECURRENTS

SHIPPED = PRETRAINED / "en-sentiment"
TEXTS = [
    "A wonderful film, and the actors were not bad at all!",
    "bad",
    "I didn't like it. The music was terrible, the story worse; I left after an hour & a half.",
    "这部电影 😀",
]
NETWORKS = [
    {"recurrent": "lstm", "attention": "additive", "num_attention_heads": 2},
    {"recurrent": "coupled_lstm", "attention": "max", "order": "lstm-cnn"},
    {"recurrent": "peephole_lstm", "attention": "general", "bidirectional": False},
    {"recurrent": "gru", "attention": "multi_head", "num_attention_heads": 2, "order": "lstm"},
    {"order": "cnn", "attention": "linear", "channel_attention": "squeeze_excitation"},
]


@pytest.fixture(autouse=True)
def quiet():
    transformers_logging.disable_progress_bar()
    yield
    transformers_logging.enable_progress_bar()


@pytest.fixture(scope="module")
def shipped():
    return attnviz.Classifier.from_pretrained(SHIPPED)


def close(found, wanted, within: float = 1e-5) -> None:
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), atol=within, rtol=0)


def auto_model(folder, **options):
    return AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, **options
    )


# Transformers: Auto classes, pipeline, Trainer, folders and the hub.


@pytest.fixture(scope="module")
def cooled(shipped, tmp_path_factory):
    """The shipped model with a temperature that nobody could overlook."""
    folder = shutil.copytree(SHIPPED, tmp_path_factory.mktemp("cooled") / "model")
    network = auto_model(folder)
    network.config.temperature = 3.0
    network.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("temperature", ["as shipped", "3"])
def test_a_pipeline_says_what_the_classifier_says(cooled, batch_size, temperature):
    folder = SHIPPED if temperature == "as shipped" else cooled
    classifier = attnviz.Classifier.from_pretrained(folder)
    wanted = classifier.predict(TEXTS)
    if temperature == "3":
        assert classifier.network.config.temperature == 3.0
    pipe = pipeline(
        "text-classification",
        model=auto_model(folder),
        tokenizer=PreTrainedTokenizerFast.from_pretrained(folder),
        top_k=None,
    )
    found = pipe(TEXTS, batch_size=batch_size)
    for entries, row, label in zip(found, wanted.probabilities, wanted.labels, strict=True):
        scores = {entry["label"]: entry["score"] for entry in entries}
        close([scores[name] for name in classifier.labels], row)
        assert entries[0]["label"] == label


def test_a_pipeline_needs_no_more_than_the_folder(shipped):
    """`import attnviz.modeling` registers the model; weights stay float16, as they are stored."""
    found = pipeline("text-classification", model=str(SHIPPED))(TEXTS, batch_size=2)
    wanted = shipped.predict(TEXTS)
    assert [entry["label"] for entry in found] == wanted.labels
    close([entry["score"] for entry in found], wanted.probabilities.max(1), 0.01)


@pytest.mark.parametrize("name", ["en-sentiment", "family/last", "family/multi-head"])
def test_a_pipeline_that_pads_on_the_left_says_what_the_classifier_says(name):
    classifier = attnviz.Classifier.from_pretrained(PRETRAINED / name)
    pipe = pipeline(
        "text-classification",
        model=auto_model(PRETRAINED / name),
        tokenizer=PreTrainedTokenizerFast.from_pretrained(PRETRAINED / name, padding_side="left"),
        top_k=None,
    )
    found = pipe(TEXTS, batch_size=len(TEXTS))
    for entries, row in zip(found, classifier.predict(TEXTS).probabilities, strict=True):
        scores = {entry["label"]: entry["score"] for entry in entries}
        close([scores[name] for name in classifier.labels], row)


class Labelled(Dataset):
    """Texts of four new labels, told apart by one word each, as Trainer reads them."""

    NAMES = ("food", "sport", "money", "travel")
    WORDS = ("soup", "football", "bank", "train")

    def __init__(self, tokenizer) -> None:
        texts = [f"It is about the {word}{'!' * n}" for n in range(8) for word in self.WORDS]
        self.encoded = tokenizer(texts)["input_ids"]

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, number: int) -> dict:
        return {"input_ids": self.encoded[number], "labels": number % 4}


def test_trainer_tunes_a_shipped_model_to_new_labels(shipped, tmp_path, capsys):
    """One head is new, all else goes on from where it was."""
    torch.manual_seed(0)
    names = dict(enumerate(Labelled.NAMES))
    network = auto_model(
        SHIPPED,
        id2label=names,
        label2id={name: number for number, name in names.items()},
        ignore_mismatched_sizes=True,
    )
    assert torch.equal(network.embedding.weight, shipped.network.embedding.weight)
    assert network.head.weight.shape == (4, 256)
    trainer = Trainer(
        model=network,
        args=TrainingArguments(
            output_dir=str(tmp_path / "checkpoints"),
            max_steps=24,
            per_device_train_batch_size=8,
            learning_rate=5e-3,
            logging_steps=4,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            seed=0,
        ),
        train_dataset=Labelled(shipped.tokenizer),
        data_collator=DataCollatorWithPadding(shipped.tokenizer),
        processing_class=shipped.tokenizer,
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[-1] < 0.3 < 1 < losses[0]
    trainer.save_model(tmp_path / "tuned")
    again = attnviz.Classifier.from_pretrained(tmp_path / "tuned")
    assert again.labels == Labelled.NAMES
    found = again.predict([f"It is about the {word}" for word in Labelled.WORDS])
    assert found.labels == list(Labelled.NAMES)
    trace = again.trace("It is about the train")
    close(trace.bias + trace.votes.sum(0), trace.logits, 1e-4)


def test_a_number_of_labels_alone_makes_a_new_head():
    network = auto_model(SHIPPED, num_labels=4, ignore_mismatched_sizes=True)
    assert network.head.weight.shape == (4, 256)
    assert network.head.weight.isfinite().all()
    assert network.config.id2label == {number: f"LABEL_{number}" for number in range(4)}


@pytest.mark.parametrize("changes", NETWORKS, ids=str)
def test_a_saved_folder_is_complete_and_opens_the_same(build_network, tokenizer, changes, tmp_path):
    network = build_network(**changes)
    network.config.temperature = 1.7
    network.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    }
    again = attnviz.Classifier.from_pretrained(tmp_path)
    assert (
        again.predict(TEXTS).labels == attnviz.Classifier(network, tokenizer).predict(TEXTS).labels
    )
    assert again.network.config.temperature == 1.7
    for name, values in network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], values), name


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub without a network: what is committed to it lies in a folder."""
    folder = tmp_path / "hub"
    folder.mkdir()

    class Answer(str):
        repo_id = "someone/model"

    def commit(self, repo_id, operations, **options):
        assert repo_id == Answer.repo_id
        for operation in operations:
            shutil.copy(operation.path_or_fileobj, folder / operation.path_in_repo)
        return Answer("https://example.org")

    def no_card(*arguments, **options):
        raise EntryNotFoundError("there is no model card yet")

    monkeypatch.setattr(HfApi, "create_repo", lambda self, *arguments, **options: Answer("repo"))
    monkeypatch.setattr(HfApi, "create_commit", commit)
    monkeypatch.setattr(ModelCard, "load", no_card)
    return folder


def test_what_is_pushed_to_the_hub_opens_as_a_model_folder(shipped, hub):
    shipped.network.push_to_hub("someone/model")
    shipped.tokenizer.push_to_hub("someone/model")
    assert {path.name for path in hub.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        "README.md",
    }
    again = attnviz.Classifier.from_pretrained(hub)
    close(again.predict(TEXTS).probabilities, shipped.predict(TEXTS).probabilities, 0)


# Captum.


def attributions(network, ids, mask, target: int):
    """Each token's integrated gradient (B, T), and how far their sums miss the difference."""

    def logits(ids, mask):
        return network(ids, mask).logits

    method = LayerIntegratedGradients(logits, network.embedding)
    found, delta = method.attribute(
        ids,
        baselines=torch.zeros_like(ids),
        additional_forward_args=(mask,),
        target=target,
        n_steps=64,
        internal_batch_size=64,
        return_convergence_delta=True,
    )
    with torch.no_grad():
        difference = (logits(ids, mask) - logits(torch.zeros_like(ids), mask))[:, target]
    return found.sum(2), delta, difference


def test_integrated_gradients_of_a_shipped_model_add_up(shipped):
    batch = shipped.tokenizer(TEXTS, padding=True, return_tensors="pt")
    ids, mask = batch["input_ids"], batch["attention_mask"]
    found, delta, difference = attributions(shipped.network, ids, mask, target=1)
    assert found.shape == ids.shape
    assert (found[mask == 0] == 0).all()
    assert difference.abs().max() > 1
    close(found.sum(1), difference, 0.05)
    close(found.sum(1) - difference, delta, 1e-3)


@pytest.mark.parametrize("changes", NETWORKS, ids=str)
def test_integrated_gradients_of_every_kind_of_network_add_up(build_network, changes):
    network = build_network(num_hidden_layers=1, **changes)
    ids, mask = texts_of([7, 3], seed=1)
    found, _, difference = attributions(network, ids, mask, target=2)
    assert found.abs().max() > 0.01
    assert (found[mask == 0] == 0).all()
    if network.config.attention != "max":  # which jumps from token to token on the way
        close(found.sum(1), difference, 0.02)


# ONNX.


def texts_of(lengths: list[int], seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask (B, T) of texts so long; padding holds ids that matter elsewhere."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, 300, (len(lengths), max(lengths)), generator=generator)
    mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    return ids, mask.long()


def exported(network, path) -> onnxruntime.InferenceSession:
    """A network in ONNX, for any number of texts of any lengths.

    By tracing (`dynamo=False`): torch 2.13's other exporter, on torch.export, fixes the length of
    whatever follows a recurrent layer (pytorch/pytorch#193192). One text is example enough.
    """
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        network,
        texts_of([5], seed=0),
        path,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "texts"}},
        dynamo=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def assert_same_logits(session, network, batches) -> None:
    for ids, mask in batches:
        with torch.inference_mode():
            wanted = network(ids, mask).logits
        inputs = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
        found = session.run(["logits"], inputs)[0]
        close(found, wanted)


@pytest.mark.filterwarnings("ignore")
def test_the_export_in_the_readme_runs_at_any_length(tmp_path, monkeypatch):
    readme = (PRETRAINED.parent / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    opening, exporting = (
        next(block for block in blocks if word in block)
        for word in ('pipeline("text-classification"', "torch.onnx.export(")
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pretrained").symlink_to(PRETRAINED)
    exec(opening + exporting, names := {})
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    assert_same_logits(
        session, names["network"], [texts_of(lengths, seed=1) for lengths in LENGTHS]
    )


# What the tracer says of itself, and of `if`s: that it follows one way, which is always the same.
by_tracing = [
    pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export"),
    pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Converting a tensor to a Python boolean"),
    pytest.mark.filterwarnings("ignore:Exporting a model to ONNX with a batch_size other than 1"),
]


def traced(test):
    for mark in by_tracing:
        test = mark(test)
    return test


LENGTHS = ([5], [1], [19, 1, 7, 2], [11, 11, 11])


@traced
@pytest.mark.parametrize("bidirectional", [True, False], ids=["both directions", "forwards"])
@pytest.mark.parametrize("cell", RECURRENTS)
def test_every_cell_runs_in_onnx_at_any_length(build_network, tmp_path, cell, bidirectional):
    network = build_network(recurrent=cell, bidirectional=bidirectional)
    session = exported(network, tmp_path / "model.onnx")
    assert_same_logits(session, network, (texts_of(lengths, 1) for lengths in LENGTHS))


@traced
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_every_attention_runs_in_onnx_at_any_length(build_network, tmp_path, attention):
    heads = {"additive": 3, "linear": 3, "multi_head": 2}.get(attention, 1)
    network = build_network(
        attention=attention, num_attention_heads=heads, num_hidden_layers=1, recurrent="gru"
    )
    session = exported(network, tmp_path / "model.onnx")
    assert_same_logits(session, network, (texts_of(lengths, 2) for lengths in LENGTHS))


@traced
@pytest.mark.parametrize("order", ORDERS)
def test_every_order_runs_in_onnx_at_any_length(build_network, tmp_path, order):
    weighed = {} if order == "lstm" else {"channel_attention": "squeeze_excitation"}
    network = build_network(order=order, **weighed)
    network.config.temperature = 1.7
    session = exported(network, tmp_path / "model.onnx")
    assert_same_logits(session, network, (texts_of(lengths, 3) for lengths in LENGTHS))


@traced
def test_a_shipped_model_reads_texts_in_onnx(shipped, tmp_path):
    session = exported(shipped.network, tmp_path / "model.onnx")
    wanted = shipped.predict(TEXTS).probabilities
    for side in ("right", "left"):
        tokenizer = PreTrainedTokenizerFast.from_pretrained(SHIPPED, padding_side=side)
        batch = tokenizer(TEXTS, padding=True, return_tensors="np")
        logits = session.run(["logits"], {name: batch[name] for name in batch})[0]
        close(torch.tensor(logits).softmax(1), wanted)


# scikit-learn.


def test_scikit_learn_cross_validates_it():
    texts = [f"a {word} film{'!' * n}" for n in range(24) for word in ("good", "bad")]
    labels = ["up", "down"] * 24
    model = attnviz.AttnvizClassifier(
        embedding_size=7,
        filters=5,
        hidden_size=11,
        vocab_size=300,
        epochs=5,
        batch_size=4,
        learning_rate=0.02,
        embedding_dropout=0.0,
        head_dropout=0.0,
        validation_fraction=0.3,
    )
    assert cross_val_score(model, texts, labels, cv=2).mean() > 0.8
