"""A student learns what its teacher says, and asks only a teacher that it understands."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

import attnviz.training as module
from attnviz.errors import TrainingError
from attnviz.evaluation import Labelled
from attnviz.history import History
from attnviz.training import loop, train
from attnviz.training.teacher import teacher_logits
from tests.training_runs import (
    BAD,
    GOOD,
    NETWORK,
    RECIPE,
    STEPS,
    TRAINING,
    VALIDATION,
    assert_same_weights,
    run,
)

WORDS = ("the", "film", "was", "good", "bad", "not", "very", "a", "wonderful", "evening", "!", ",")
TEXTS = ["the film was good", "bad", "", "not very good !, !", "a wonderful evening", "unheard"]
LABELS = ("negative", "neutral", "positive")


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    """A random BERT whose labels stand in another order and in capitals."""
    folder = tmp_path_factory.mktemp("teachers") / "bert"
    pieces = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=17,
        max_position_embeddings=19,
        initializer_range=0.7,
        id2label={0: "POSITIVE", 1: "Negative", 2: "neutral"},
        label2id={"POSITIVE": 0, "Negative": 1, "neutral": 2},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_bert_says_of_many_texts_what_it_says_of_each_alone(bert):
    read = []
    found = teacher_logits(bert, TEXTS * 7, LABELS, 11, read.append)
    assert found.shape == (42, 3)
    assert found.dtype == np.float32
    assert sum(read) == 42
    network = BertForSequenceClassification.from_pretrained(bert).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(bert)
    for number, text in enumerate(TEXTS):
        with torch.no_grad():
            logits = network(**tokenizer(text, return_tensors="pt", return_token_type_ids=False))
        positive, negative, neutral = logits.logits[0].tolist()
        wanted = np.tile([negative, neutral, positive], (7, 1))
        np.testing.assert_allclose(found[number::6], wanted, atol=1e-5)
    assert np.ptp(found[:6], axis=0).min() > 0.1, "or all texts would be the same"


def test_one_of_our_own_models_can_teach(saved, classifier):
    found = teacher_logits(
        saved, ["a good film", "bad", "电影"], ("Positive", "neutral", "NEGATIVE"), 9
    )
    for row, text in zip(found, ["a good film", "bad", "电影"], strict=True):
        np.testing.assert_allclose(row, classifier.trace(text).logits[::-1], atol=1e-5)


def test_a_text_that_the_teacher_would_have_to_cut_is_left_unsaid(bert):
    texts = ["good " * 8, "good " * 9, "good", " good" * 400]
    found = teacher_logits(bert, texts, LABELS, 10)  # two of them special
    assert np.isnan(found).tolist() == [[False] * 3, [True] * 3, [False] * 3, [True] * 3]


def test_a_text_without_an_end_takes_the_teacher_no_time(bert):
    started = time.perf_counter()
    found = teacher_logits(bert, ["good " * 4_000_000, "good", "\ud83d good"], LABELS, 10)
    assert np.isnan(found[:, 0]).tolist() == [True, False, False]
    assert time.perf_counter() - started < 30  # uncut it takes minutes


# Who cannot teach.


def refusal(teacher, labels=LABELS) -> str:
    started = time.perf_counter()
    with pytest.raises(TrainingError) as caught:
        teacher_logits(teacher, TEXTS, labels, 11)
    assert time.perf_counter() - started < 20
    return str(caught.value)


@pytest.fixture
def copied(bert, tmp_path):
    """A function that copies the teacher without some files."""

    def copied(*without: str) -> Path:
        (tmp_path / "teacher").mkdir()
        for path in bert.iterdir():
            if path.name not in without:
                (tmp_path / "teacher" / path.name).write_bytes(path.read_bytes())
        return tmp_path / "teacher"

    return copied


@pytest.mark.parametrize(
    "labels",
    [
        ("down", "up"),
        ("negative", "positive"),
        ("negative", "neutral", "positive", "mixed"),
        ("negative", "Negative", "positive"),
    ],
)
def test_a_teacher_of_other_labels_is_refused_with_both(bert, labels):
    message = refusal(bert, labels)
    assert "The teacher tells POSITIVE, Negative, neutral apart" in message
    assert f"the training files {', '.join(labels)}." in message


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors", "config.json"])
def test_a_teacher_without_one_of_its_files_is_refused(copied, name):
    folder = copied(name)
    message = refusal(folder)
    assert message.startswith(f"{folder}: no teacher can be opened there")


def test_a_teacher_whose_head_would_be_made_up_is_refused(copied):
    from safetensors.torch import load_file, save_file

    folder = copied()
    weights = load_file(folder / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert "lack classifier.weight" in refusal(folder)


def test_a_teacher_that_cannot_pad_is_refused(copied):
    folder = copied("tokenizer_config.json")
    settings = json.loads((folder / "tokenizer.json").read_text())
    settings["padding"] = None
    (folder / "tokenizer.json").write_text(json.dumps(settings))
    assert "padding" in refusal(folder)


@pytest.mark.parametrize("name", ["nowhere", "nobody/nothing"])
def test_a_name_that_the_hub_may_have_is_refused_at_once_without_a_network(name):
    assert refusal(name).startswith(
        f"{name}: there is no such folder, and no such model on the hub"
    )


@pytest.mark.parametrize("name", ["/nowhere/at/all", "../up", ""])
def test_what_is_no_folder_and_no_name_on_the_hub_is_refused(name):
    assert refusal(name).startswith(f"{name}: no teacher can be opened there")


def test_a_file_is_no_teacher(tmp_path):
    path = tmp_path / "teacher.bin"
    path.write_bytes(b"\x80\x04")
    assert "no teacher can be opened there" in refusal(path)


def test_a_teacher_that_is_refused_leaves_nothing_behind(tmp_path, bert):
    with pytest.raises(TrainingError, match="The teacher tells POSITIVE"):
        run(tmp_path / "model", teacher=bert)
    assert not (tmp_path / "model").exists()


# What is learnt from it.


@pytest.fixture(scope="module")
def expert(tmp_path_factory) -> Path:
    """A teacher that knows which of the words are good."""
    folder = tmp_path_factory.mktemp("teachers") / "expert"
    run(folder, replace(RECIPE, epochs=4))
    return folder


def test_a_student_reaches_its_teachers_verdicts_on_texts_that_nobody_labelled(expert, tmp_path):
    """The two labels say nothing of the words that the student is asked about."""
    unlabelled = [text for text in (*GOOD[1:], *BAD[1:]) for _ in range(20)]
    two = Labelled("two", ["good", "bad"], ["up", "down"])
    dev = Labelled("dev", [*GOOD[1:], *BAD[1:]], ["up", "up", "down", "down"])
    recipe = replace(RECIPE, epochs=4, patience=9)
    taught = train(
        [two], [dev], tmp_path / "m", recipe, NETWORK, 300, teacher=expert, unlabelled=unlabelled
    )
    assert taught.accuracy == {"dev": 1.0}
    unlabelled = {"name": "unlabelled", "texts": 80, "use": "unlabelled"}
    assert taught.data[-2:] == [unlabelled, {"name": "expert", "use": "teacher"}]
    assert taught.evaluations[-1]["step"] == 4 * 21  # 82 texts, 4 at a time
    alone = train([two], [dev], tmp_path / "alone", recipe, NETWORK, 300)
    assert alone.accuracy["dev"] < 1


def test_texts_too_long_for_the_teacher_count_by_their_label_or_not_at_all(expert, tmp_path):
    """With the teacher at its wits' end everywhere, the run is one without a teacher."""
    recipe = replace(RECIPE, epochs=1, teacher_tokens=1)
    file = replace(TRAINING, texts=[f"{text} . ." for text in TRAINING.texts])
    run(tmp_path / "without", recipe, training=file)
    run(tmp_path / "with", recipe, training=file, teacher=expert)
    assert_same_weights(tmp_path / "with", tmp_path / "without")
    options = {"teacher": expert, "unlabelled": ["too long for it"] * 9}
    history = run(tmp_path / "more", recipe, training=file, **options)
    assert history.steps[-1]["step"] == STEPS


def test_a_resumed_run_does_not_ask_its_teacher_again(expert, tmp_path, monkeypatch):
    options = {"teacher": expert, "unlabelled": ["so so", "good"]}
    run(tmp_path / "whole", **options)
    asked = []
    ask = module.teacher_logits
    monkeypatch.setattr(
        module, "teacher_logits", lambda *arguments: (asked.append(1), ask(*arguments))[1]
    )
    step = loop.NetworkTrainer.training_step

    def dies(self, *arguments):
        if self.state.global_step == 25:
            raise SystemExit
        return step(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop.NetworkTrainer, "training_step", dies)
        with pytest.raises(SystemExit):
            run(tmp_path / "cut", **options)
    kept = np.load(tmp_path / "cut" / "checkpoints" / "teacher.npy")
    assert kept.shape == (len(TRAINING.texts) + 2, 2)
    run(tmp_path / "cut", resume=True, **options)
    assert asked == [1]
    assert_same_weights(tmp_path / "cut", tmp_path / "whole")
    records = [History.load(tmp_path / name).steps for name in ("cut", "whole")]
    assert records[0] == records[1]


def test_the_files_that_validate_are_never_shown_to_the_teacher(expert, tmp_path, monkeypatch):
    shown = []
    ask = module.teacher_logits
    monkeypatch.setattr(
        module, "teacher_logits", lambda *rest: (shown.extend(rest[1]), ask(*rest))[1]
    )
    dev = replace(VALIDATION, texts=[f"unseen {text}" for text in VALIDATION.texts])
    recipe = replace(RECIPE, epochs=1)
    train([TRAINING], [dev], tmp_path / "m", recipe, NETWORK, 300, teacher=expert)
    assert shown == TRAINING.texts
