"""From labelled files to a model folder, on Transformers' `Trainer`."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)
from transformers import set_seed as seed_everything
from transformers.trainer_utils import get_last_checkpoint

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import FileError, TrainingError
from attnviz.evaluation import Labelled
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.tokenization import learn_tokenizer, load_tokenizer


@dataclass(frozen=True)
class Recipe:
    """How to train; every field is an option of `python -m attnviz train`."""

    epochs: int = 5
    batch_size: int = 32
    learning_rate: float = 1e-3
    schedule: str = "linear"
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    label_smoothing: float = 0.0
    training_tokens: int = 400
    patience: int = 3
    seed: int = 0


def train(
    training: Sequence[Labelled],
    validation: Sequence[Labelled],
    output: str | Path,
    recipe: Recipe,
    network: Mapping[str, object],
    vocab_size: int = 8_000,
    vectors: str | Path | None = None,
    resume: bool = False,
) -> dict[str, float]:
    """Learn a tokenizer and a network, keep the best epoch, save it as float16 in `output`.

    `network` holds fields of `CnnLstmAttentionConfig`. Returns the accuracy on each validation
    file, 0…1, measured on the folder as saved. A run that was cut off leaves its checkpoints in
    `output/checkpoints`; `resume` goes on from the last; a run that ends takes them away.

    Raises
    ------
    TrainingError
        If there is nothing to learn from, a label is missing or never occurs in training, or
        `output` holds checkpoints that the run would mix with its own.
    """
    output, checkpoints = Path(output), Path(output) / "checkpoints"
    if not resume:
        _refuse_occupied(output, checkpoints)
    names = _label_names(training, validation)
    seed_everything(recipe.seed)
    tokenizer = _tokenizer(checkpoints, training, vocab_size)
    config = CnnLstmAttentionConfig(
        vocab_size=len(tokenizer),
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
        **network,
    )
    model = CnnLstmAttentionForSequenceClassification(config)
    if vectors:
        start_from_vectors(model, tokenizer, vectors)
    trainer = _trainer(model, tokenizer, training, validation, output, recipe)
    checkpoints.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(checkpoints)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(checkpoints)) if resume else None)
    _refuse_infinite(trainer.model.half())
    trainer.model.save_pretrained(output)
    tokenizer.save_pretrained(output)
    accuracies = measure(output, validation)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return accuracies


def measure(folder: str | Path, files: Sequence[Labelled]) -> dict[str, float]:
    """The accuracy (0…1) of a saved model on each file, by the file's name."""
    classifier = Classifier.from_pretrained(folder)
    return {
        file.name: float(
            np.mean(np.array(classifier.predict(file.texts).labels) == np.array(file.labels))
        )
        for file in files
    }


def start_from_vectors(
    model: CnnLstmAttentionForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    path: str | Path,
) -> int:
    """Copy the vectors of known words into the embedding; returns how many were found.

    `path` is a text file as GloVe and word2vec write it: a word and its numbers on each line.
    Vectors longer than the embedding are projected on their leading singular directions. All are
    scaled together to three times the spread of the embedding's own initial values.

    Raises
    ------
    FileError
        If the file cannot be read, or holds no vector long enough of any piece.
    """
    weight = model.embedding.weight.data
    found = _known_vectors(Path(path), tokenizer.get_vocab(), weight.shape[1])
    vectors = torch.tensor(np.stack(list(found.values())))
    if vectors.shape[1] > weight.shape[1]:
        _, components = torch.linalg.eigh(vectors.T @ vectors)  # ascending by their share
        vectors = vectors @ components[:, -weight.shape[1] :]
    weight[list(found)] = vectors * (3 * weight.std() / vectors.std())
    return len(found)


def _known_vectors(path: Path, vocabulary: Mapping[str, int], size: int) -> dict[int, np.ndarray]:
    """Row of the embedding → vector, of the first word that spells the piece in any case."""
    found: dict[int, np.ndarray] = {}
    width = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                # word2vec's header has two fields; later on, a word may hold spaces.
                if not width and len(line.split()) == 2:
                    continue
                width = width or len(line.split()) - 1
                word, *numbers = line.rstrip().rsplit(" ", width)
                row = vocabulary.get(word.lower())
                if row is not None and row not in found and len(numbers) == width >= size:
                    found[row] = np.array(numbers, dtype=np.float32)
    except (OSError, ValueError) as error:
        raise FileError("{path} cannot be read: {error}", path=path, error=error) from error
    if not found:
        raise FileError(
            "{path} holds no vector of {size} or more numbers for any piece of the vocabulary. "
            "Set --embedding-size to the length of its vectors.",
            path=path,
            size=size,
        )
    return found


def _refuse_occupied(output: Path, checkpoints: Path) -> None:
    if (output / "model.safetensors").exists():
        raise TrainingError(
            "{folder} holds a model already. Choose another --output, or delete that one.",
            folder=output,
        )
    if checkpoints.is_dir():
        raise TrainingError(
            "{folder} holds checkpoints of a run that was cut off. Go on with --resume, or delete "
            "them to start anew.",
            folder=checkpoints,
        )


def _label_names(training: Sequence[Labelled], validation: Sequence[Labelled]) -> list[str]:
    for file in [*training, *validation]:
        if "" in file.labels:
            raise TrainingError(
                "{file}: text {row} has no label. Fill it in, or take the row out.",
                file=file.name,
                row=file.labels.index("") + 1,
            )
    doubled = [
        name for name, count in Counter(file.name for file in validation).items() if count > 1
    ]
    if doubled:
        raise TrainingError(
            "Two validation files are called {name}, so their results could not be told apart. "
            "Rename one.",
            name=doubled[0],
        )
    names = sorted({label for file in training for label in file.labels})
    if len(names) < 2:
        raise TrainingError(
            "The training files hold {count} different labels ({names}); a classifier needs two "
            "or more.",
            count=len(names),
            names=", ".join(names),
        )
    for file in validation:
        for row, label in enumerate(file.labels):
            if label not in names:
                raise TrainingError(
                    "{file}: text {row} has the label {label!r}, which no training text has. "
                    "Known labels: {known}.",
                    file=file.name,
                    row=row + 1,
                    label=label,
                    known=", ".join(names),
                )
    return names


def _tokenizer(
    checkpoints: Path, training: Sequence[Labelled], vocab_size: int
) -> PreTrainedTokenizerFast:
    """That of the run to be resumed, else a new one; nothing is written yet."""
    if (checkpoints / "tokenizer.json").is_file():
        return load_tokenizer(checkpoints)
    return learn_tokenizer((text for file in training for text in file.texts), vocab_size)


def _refuse_infinite(model: CnnLstmAttentionForSequenceClassification) -> None:
    for name, values in model.named_parameters():
        if not values.isfinite().all():
            raise TrainingError(
                "Training diverged: {name} is not finite. Try a smaller --learning-rate.",
                name=name,
            )


def _encode(
    files: Sequence[Labelled],
    tokenizer: PreTrainedTokenizerFast,
    label2id: Mapping[str, int],
    max_tokens: int,
) -> list[dict]:
    """One dict per text as `Trainer` wants them; texts without a token teach nothing."""
    encoded = []
    for file in files:
        pieces = tokenizer(
            file.texts, add_special_tokens=False, truncation=True, max_length=max_tokens
        )["input_ids"]
        encoded += [
            {"input_ids": ids, "labels": label2id[label]}
            for ids, label in zip(pieces, file.labels, strict=True)
            if ids
        ]
    if not encoded:
        raise TrainingError("{files}: no text holds anything to read.", files=files[0].name)
    return encoded


def _trainer(
    model: CnnLstmAttentionForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    training: Sequence[Labelled],
    validation: Sequence[Labelled],
    output: Path,
    recipe: Recipe,
) -> Trainer:
    config = model.config
    return Trainer(
        model=model,
        args=_arguments(output, recipe),
        train_dataset=_encode(training, tokenizer, config.label2id, recipe.training_tokens),
        eval_dataset=_encode(validation, tokenizer, config.label2id, config.max_tokens),
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=lambda found: {
            "accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())
        },
        callbacks=[EarlyStoppingCallback(recipe.patience)],
    )


def _arguments(output: Path, recipe: Recipe) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(output / "checkpoints"),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=recipe.batch_size,
        train_sampling_strategy="group_by_length",
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.clip_norm,
        label_smoothing_factor=recipe.label_smoothing,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="accuracy",
        logging_steps=50,
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available(),  # without one, torch warns
        seed=recipe.seed,
    )
